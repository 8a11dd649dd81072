"""Cookies, tokens, headers and host names: who somebody is, and what they cannot pretend to be."""

import asyncio
import stat
import threading
from multiprocessing import get_context

import pytest
import streamlit as st
from starlette.responses import HTMLResponse

import ui.access
import ui.cookies
import ui.identity
import ui.login
from aecore.catalog.people import (
    NOBODY,
    Person,
    account_of,
    carry_over,
    log_in,
    make_admin,
    person_of,
)
from aecore.errors import InputError
from aecore.paths import home
from app import app
from ui.access import catalog, follow_login, log_out_here, visitor
from ui.cookies import COOKIE, SAFE_COOKIE, GiveCookie, browser_of, new_cookie, secret
from ui.headers import HEADERS, AddHeaders, KnownHosts
from ui.identity import (
    THE_OWNER,
    is_admin_token,
    personal_token,
    read_personal_token,
    whoever,
)
from ui.login import Login, tab_login
from ui.uploads import BoundUploads

HOUR = 3600
NOW = 1_800_000_000.0


def answered(middleware, path="/", kind="http", scheme="http", **headers):
    """What a middleware makes of a request to a page: the first message that goes out."""
    sent = []
    scope = {
        "type": kind,
        "method": "GET",
        "scheme": scheme,
        "path": path,
        "query_string": b"",
        "headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()],
    }

    async def page(scope, receive, send):
        if scope["type"] == "http":
            await HTMLResponse("page")(scope, receive, send)
        else:
            await send({"type": "websocket.accept"})

    async def send(message):
        sent.append(message)

    # In a thread of its own: where browser tests ran before, this one has a loop already.
    call = middleware(page)(scope, None, send)
    thread = threading.Thread(target=asyncio.run, args=(call,))
    thread.start()
    thread.join()
    return sent[0]


def header(message, name):
    found = [v.decode() for k, v in message["headers"] if k.decode().lower() == name]
    return found[0] if found else None


def cookie_of(message):
    """(name, value) of the cookie that an answer brings."""
    given = header(message, "set-cookie")
    return tuple(given.split(";")[0].split("=", 1)) if given else None


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("AECORE_MODE", "server")


@pytest.fixture
def oidc(server, monkeypatch):
    """A server where people log in; `tab(...)` sets whose tab it is."""
    for module in (ui.access, ui.cookies, ui.identity):
        monkeypatch.setattr(module, "login_configured", lambda: True)
    value = new_cookie(secure=False).split(";")[0].split("=", 1)[1]

    class Context:
        cookies = {COOKIE: value}

    def tab(login):
        monkeypatch.setattr(ui.access, "tab_login", lambda: login)

    monkeypatch.setattr(st, "context", Context)
    monkeypatch.setattr(st, "logout", lambda: None)
    return tab


def test_a_laptop_has_one_owner_and_gives_no_cookie():
    assert whoever(catalog(), {}) == THE_OWNER
    assert cookie_of(answered(GiveCookie, accept="text/html")) is None


def test_on_a_server_a_browser_without_our_cookie_is_nobody(server):
    good = new_cookie(secure=False).split(";")[0].split("=", 1)[1]
    other = good[:-9] + ("a" if good[-9] != "a" else "b") + good[-8:]
    for value in ("", "b" + "0" * 32, other, good + "x", good * 10, "\x00", "日本", "x" * 10**6):
        assert whoever(catalog(), {COOKIE: value}) == NOBODY
    assert whoever(catalog(), {COOKIE: good}).role == "member"


def test_a_page_gives_a_browser_one_cookie_for_itself(server):
    message = answered(GiveCookie, accept="text/html")
    name, value = cookie_of(message)
    assert header(message, "cache-control") == "private, no-store"
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(header(message, "set-cookie").split("; "))
    assert name == COOKIE
    assert browser_of({name: value}) != browser_of(
        dict([cookie_of(answered(GiveCookie, accept="text/html"))])
    )
    assert cookie_of(answered(GiveCookie, accept="text/html", cookie=f"{name}={value}")) is None
    assert cookie_of(answered(GiveCookie, accept="*/*")) is None


def test_over_https_a_cookie_that_a_sibling_site_has_planted_counts_for_nothing(server):
    planted = new_cookie(secure=False).split(";")[0]
    for given in ({"scheme": "https"}, {"x_forwarded_proto": "https"}):
        message = answered(GiveCookie, accept="text/html", cookie=planted, **given)
        name, value = cookie_of(message)
        assert name == SAFE_COOKIE
        assert "Secure" in header(message, "set-cookie")
        both = {COOKIE: planted.split("=", 1)[1], name: value}
        assert browser_of(both) == browser_of({name: value}) != browser_of({COOKIE: both[COOKIE]})
        spoilt = f"{planted}; {SAFE_COOKIE}=x"
        assert cookie_of(answered(GiveCookie, accept="text/html", cookie=spoilt, **given))


def test_whoever_logs_in_gets_a_new_name_that_nobody_knew_before(oidc):
    known = new_cookie(secure=False).split(";")[0]
    back = {"accept": "text/html", "cookie": known}
    assert cookie_of(answered(GiveCookie, "/oauth2callback", **back))
    assert cookie_of(answered(GiveCookie, "/train", **back)) is None


def test_a_login_callback_where_nobody_logs_in_takes_no_space_away(server):
    known = new_cookie(secure=False).split(";")[0]
    answer = answered(GiveCookie, "/oauth2callback", accept="text/html", cookie=known)
    assert cookie_of(answer) is None


def read_secret(root, start, found):
    start.wait()
    found.put(secret(root))


def test_servers_that_start_together_sign_with_the_same_secret():
    processes = get_context("fork")
    start, found = processes.Event(), processes.Queue()
    children = [
        processes.Process(target=read_secret, args=(home(), start, found)) for _ in range(8)
    ]
    for child in children:
        child.start()
    start.set()
    secrets = {found.get(timeout=60) for _ in children}
    for child in children:
        child.join()
    assert len(secrets) == 1
    assert len(secrets.pop()) >= 40
    assert stat.S_IMODE((home() / "secret.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("short", ["x", "password", "0" * 15])
def test_a_secret_that_could_be_guessed_is_refused(short, monkeypatch):
    monkeypatch.setenv("AECORE_SECRET", short)
    with pytest.raises(InputError, match="at least 16"):
        secret(home())
    monkeypatch.delenv("AECORE_SECRET")
    (home() / "secret.key").write_text(short)
    with pytest.raises(InputError, match="at least 16"):
        secret(home())


def test_a_personal_link_holds_for_its_space_and_not_as_a_cookie(server):
    token = personal_token(Person("b123", "member"))
    assert read_personal_token(token) == "b123"
    assert browser_of({COOKIE: token}) == ""
    cookie = new_cookie(secure=False).split(";")[0].split("=", 1)[1]
    for wrong in ("", token[:-2], token + "x", cookie, "x" * 10**6, "\x00", "日本", "\ud800"):
        with pytest.raises(InputError, match="does not hold"):
            read_personal_token(wrong)


def test_a_personal_link_ends_after_thirty_days(server, monkeypatch):
    token = personal_token(Person("b123", "member"))
    monkeypatch.setattr(ui.identity, "LINK_SECONDS", -1)
    with pytest.raises(InputError, match="does not hold"):
        read_personal_token(token)


def test_where_people_log_in_no_personal_link_goes_round_the_login(server, monkeypatch):
    token = personal_token(Person("b123", "member"))
    monkeypatch.setattr(ui.identity, "login_configured", lambda: True)
    with pytest.raises(InputError, match="log in"):
        personal_token(Person("b123", "member"))
    with pytest.raises(InputError, match="does not hold"):
        read_personal_token(token)
    value = new_cookie(secure=False).split(";")[0].split("=", 1)[1]
    carry_over(catalog(), browser_of({COOKIE: value}), "b123")
    assert whoever(catalog(), {COOKIE: value}) == NOBODY


@pytest.fixture
def admin_token(monkeypatch):
    monkeypatch.setenv("AECORE_ADMIN_TOKEN", "correct horse battery")
    monkeypatch.setattr(ui.identity, "_WRONG", [])
    return "correct horse battery"


def test_the_administrators_token_has_five_wrong_tries_a_minute(admin_token):
    for _ in range(7):
        assert is_admin_token(admin_token)
    for wrong in ("", "correct horse", "日本", "\ud800", admin_token + "x"):
        assert not is_admin_token(wrong)
    with pytest.raises(InputError, match="Too many tries"):
        is_admin_token(admin_token)


@pytest.mark.parametrize("token", ["", "short", " " * 40])
def test_without_a_long_administrators_token_nobody_gets_in(token, monkeypatch):
    monkeypatch.setenv("AECORE_ADMIN_TOKEN", token)
    for tried in ("", token):
        with pytest.raises(InputError, match="at least 12"):
            is_admin_token(tried)


def claims(**changed):
    return {"is_logged_in": True, "iss": "https://id.example", "sub": "alice", "iat": NOW - 60,
            "exp": NOW + HOUR, **changed}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "until"),
    [
        (claims(), NOW + HOUR),
        (claims(exp=NOW + 90 * HOUR), NOW - 60 + 12 * HOUR),
        (claims(exp=NOW - 1), None),
        (claims(exp="soon"), None),
        (claims(iat=NOW - 13 * HOUR), None),
        (claims(iat=None), None),
        (claims(is_logged_in=False), None),
        (claims(sub=""), None),
        ({}, None),
    ],
)
def test_a_login_is_believed_until_it_ends_and_twelve_hours_at_most(given, until, monkeypatch):
    monkeypatch.setattr(st, "user", type("User", (), {"to_dict": lambda self: given})())
    monkeypatch.setattr(ui.login.time, "time", lambda: NOW)
    found = tab_login()
    assert (found and found.until) == until
    assert found is None or found.subject == "https://id.example alice"


def login_of(name, seconds=HOUR):
    return Login(f"https://id.example {name}", ui.login.time.time() + seconds)


def test_pages_and_routes_know_who_is_logged_in_and_end_with_the_login(oidc):
    oidc(None)
    follow_login()
    assert visitor() == NOBODY
    oidc(login_of("alice"))
    follow_login()
    assert visitor().id == account_of("https://id.example alice")
    assert whoever(catalog(), st.context.cookies) == visitor()
    log_out_here()
    assert visitor() == whoever(catalog(), st.context.cookies) == NOBODY


def test_a_tab_that_was_left_open_is_nobodys_after_another_login(oidc):
    oidc(login_of("alice"))
    follow_login()
    oidc(login_of("bob"))  # in another tab of the same browser
    follow_login()
    assert visitor().id == account_of("https://id.example bob")
    oidc(login_of("alice"))
    assert visitor() == NOBODY
    assert whoever(catalog(), st.context.cookies).id == account_of("https://id.example bob")


def test_a_tab_without_login_ends_that_of_its_browser(oidc):
    oidc(login_of("alice"))
    follow_login()
    oidc(None)
    follow_login()
    assert whoever(catalog(), st.context.cookies) == NOBODY


def test_rights_of_an_administrator_follow_the_account(oidc):
    oidc(login_of("alice"))
    follow_login()
    make_admin(catalog(), visitor().id)
    assert visitor().role == "admin"
    oidc(login_of("bob"))
    follow_login()
    assert visitor().role == "member"


def test_a_login_that_is_over_is_nobody_to_the_routes(oidc):
    browser = browser_of(st.context.cookies)
    log_in(catalog(), browser, "https://id.example alice", 1.0)
    assert person_of(catalog(), browser).id == browser
    assert whoever(catalog(), st.context.cookies) == NOBODY


def test_a_secrets_file_that_cannot_be_read_lets_nobody_in(tmp_path, monkeypatch):
    path = tmp_path / "secrets.toml"
    monkeypatch.setattr(st, "get_option", lambda name: [str(path)])
    assert not ui.login.login_configured()

    class Broken:
        def __contains__(self, name):
            raise FileNotFoundError

    path.write_text("[auth")
    monkeypatch.setattr(st, "secrets", Broken())
    with pytest.raises(InputError, match="cannot be read"):
        ui.login.login_configured()


@pytest.mark.parametrize("path", ["/", "/train", "/api/runs/x/live", "/media/x.png"])
def test_every_answer_has_the_headers_that_make_a_browser_careful(path):
    message = answered(AddHeaders, path)
    assert {name: header(message, name.lower()) for name in HEADERS} == HEADERS


@pytest.fixture
def option(monkeypatch):
    """Sets Streamlit's options; what is not set is as on a laptop."""
    values = {"server.allowedHosts": [], "server.address": "localhost"}
    monkeypatch.setattr(st, "get_option", values.__getitem__)
    return values


HOSTS = ("localhost", "LOCALHOST:8501", "127.0.0.1:8501", "[::1]:8501", "localhost.")
STRANGE = ("", "evil.example", "localhost.evil.example", "evil.example:8501",
           "127.0.0.1.evil.example", "evil@evil.example", "localhost@evil.example", "[::1",
           "10.0.0.5", "xlocalhost")  # fmt: skip


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_a_laptop_answers_to_its_own_names_only(option, kind):
    for host in (*HOSTS, *STRANGE):
        message = answered(KnownHosts, kind=kind, host=host)
        known = message.get("status") == 200 or message["type"] == "websocket.accept"
        assert known == (host in HOSTS), host
        assert known or message.get("status") == 403 or message["type"] == "websocket.close"


def test_further_names_can_be_allowed(option):
    option["server.address"] = "10.0.0.5"
    assert answered(KnownHosts, host="10.0.0.5:8501")["status"] == 200
    option["server.allowedHosts"] = ["Lab.example", "*.school.example"]
    for host, code in {"lab.example": 200, "a.school.example:80": 200, "school.example": 403,
                       "aschool.example": 403, "localhost": 200}.items():  # fmt: skip
        assert answered(KnownHosts, host=host)["status"] == code


def test_a_server_answers_to_any_name_unless_some_are_named(option, server):
    assert answered(KnownHosts, host="lab.example")["status"] == 200
    option["server.allowedHosts"] = ["lab.example"]
    assert answered(KnownHosts, host="lab.example")["status"] == 200
    assert answered(KnownHosts, host="localhost")["status"] == 403


def test_the_app_has_all_four_around_it():
    kinds = [middleware.cls for middleware in app._user_middleware]
    assert kinds == [AddHeaders, KnownHosts, GiveCookie, BoundUploads]
