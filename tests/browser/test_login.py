"""A server where people log in: each sees what is theirs, in any browser, until the login ends."""

import base64
import hashlib
import json
import time
import urllib.request
from contextlib import closing
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc import jwt
from oidc_provider import CLIENT, CLIENT_SECRET, Provider
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from aecore.catalog.people import LAPTOP, Person, account_of
from aecore.catalog.store import Catalog
from aecore.catalog.submit import submit
from aecore.runs import RunSpec
from aecore.runs.about import About
from aecore.runs.store import new_id
from tests.browser.conftest import Watch
from tests.browser.lab import Lab

pytestmark = pytest.mark.browser
SECRET = "what Streamlit signs its own cookie with, here"
LONG = {"dataset": "digits", "variant": "vae", "latent_dim": "2", "epochs": "1"}


@pytest.fixture(scope="module")
def provider():
    with closing(Provider()) as opened:
        yield opened


@pytest.fixture(scope="module")
def server(tmp_path_factory, provider):
    """A server with its login set up, a run of alice's and one of bob's."""
    folder = tmp_path_factory.mktemp("guarded")
    told = {"redirect_uri": "http://localhost:{port}/oauth2callback", "cookie_secret": SECRET,
            "client_id": CLIENT, "client_secret": CLIENT_SECRET,
            "server_metadata_url": provider.metadata_url}  # fmt: skip
    lines = [f"{name} = {json.dumps(value)}" for name, value in told.items()]
    (folder / "secrets.toml").write_text("\n".join(["[auth]", *lines]))
    files = str(folder / "secrets.toml")
    served = Lab(folder / "home", folder, AECORE_MODE="server", STREAMLIT_SECRETS_FILES=files)
    served.runs = {who: run_of(served, provider, who) for who in ("alice", "bob")}
    yield served
    served.stop()


def run_of(served, provider, who):
    """The id of a new run of somebody who need not have been here yet."""
    owner = Person(account_of(f"{provider.url} {who}"), "member")
    about = About(name=f"Run of {who}")
    with closing(Catalog(served.home)) as catalog:
        return submit(catalog, owner, RunSpec.from_flat(LONG), LAPTOP, about=about).id


@pytest.fixture
def people(browser, server):
    """Opens a browser of its own for each who comes."""
    opened = []

    def come():
        context = browser.new_context()
        page = context.new_page()
        page.set_default_timeout(30_000)
        opened.append((context, Watch(page)))
        return page

    yield come
    for context, _ in opened:
        context.close()
    assert [problem for _, watch in opened for problem in watch.problems] == []


def with_login(page, server, provider, who, seconds=3600.0):
    """Give a browser the cookie that Streamlit gives it when it comes back from the provider."""
    now = time.time()
    claims = {"iss": provider.url, "sub": who, "name": who.title(), "iat": now - 60,
              "exp": now + seconds, "origin": server.url, "is_logged_in": True,
              "provider": "default"}  # fmt: skip
    value = create_signed_value(SECRET, "_streamlit_user", json.dumps(claims)).decode()
    page.context.add_cookies([{"name": "_streamlit_user", "value": value, "url": server.url}])


def open_runs(page, server, who):
    page.goto(f"{server.url}/runs")
    page.get_by_role("button", name=f"Run of {who}", exact=True).wait_for()


def asks_to_log_in(page, server):
    page.goto(f"{server.url}/runs")
    page.get_by_role("button", name="Log in").wait_for()
    assert page.get_by_text("Run of").count() == 0


def answer(page, server, run_id):
    """Code and body of a route, as this browser is answered; beside the page, which stays."""
    told = page.context.request.get(f"{server.url}/api/runs/{run_id}/live")
    return told.status, told.text()


def sees_only(page, server, who):
    """That the routes give a browser this one's run, and the other's as one that is not there."""
    unknown = answer(page, server, new_id())
    assert unknown[0] == 404
    codes = {name: answer(page, server, run_id) for name, run_id in server.runs.items()}
    assert [name for name, told in codes.items() if told[0] == 200] == ([who] if who else [])
    assert {told for name, told in codes.items() if name != who} == {unknown}


def log_out(page):
    page.get_by_role("button", name="Your space").click()
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="Log in").wait_for()


def test_who_has_not_logged_in_is_asked_to_and_sees_nothing(server, people):
    page = people()
    asks_to_log_in(page, server)
    sees_only(page, server, None)


def test_everybody_sees_their_own_in_every_browser_of_theirs(server, provider, people):
    for who in ("alice", "bob", "alice"):
        page = people()
        with_login(page, server, provider, who)
        open_runs(page, server, who)
        assert page.get_by_text(f"Run of {'bob' if who == 'alice' else 'alice'}").count() == 0
        sees_only(page, server, who)


def test_after_logging_out_another_sees_only_theirs_in_the_same_browser(server, provider, people):
    page = people()
    with_login(page, server, provider, "alice")
    open_runs(page, server, "alice")
    left_open = page.context.new_page()
    open_runs(left_open, server, "alice")
    log_out(page)
    sees_only(page, server, None)
    with_login(page, server, provider, "bob")
    open_runs(page, server, "bob")
    sees_only(page, server, "bob")
    # The tab that alice left open is nobody's as soon as it is drawn again.
    left_open.get_by_role("link", name="Train", exact=True).click()
    left_open.get_by_role("button", name="Log in").wait_for()
    sees_only(page, server, "bob")


def test_a_login_that_is_over_ends_pages_and_routes(server, provider, people):
    page = people()
    with_login(page, server, provider, "alice", seconds=8)
    open_runs(page, server, "alice")
    sees_only(page, server, "alice")
    page.wait_for_timeout(8_000)
    sees_only(page, server, None)
    asks_to_log_in(page, server)


def test_a_login_that_somebody_made_up_is_none(server, provider, people):
    page = people()
    with_login(page, server, provider, "alice")
    (forged,) = [c for c in page.context.cookies() if c["name"] == "_streamlit_user"]
    page.context.add_cookies([{**forged, "value": forged["value"][:-4] + "AAAA"}])
    asks_to_log_in(page, server)
    sees_only(page, server, None)


def test_the_whole_way_through_the_provider_and_back(server, provider, people):
    page = people()
    for who in ("alice", "bob"):
        provider.who = who
        asks_to_log_in(page, server)
        before = {c["name"]: c["value"] for c in page.context.cookies()}["ael_browser"]
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("button", name="Your space").wait_for()
        after = {c["name"]: c["value"] for c in page.context.cookies()}["ael_browser"]
        assert before != after, "a name that was known before the login must not be logged in"
        open_runs(page, server, who)
        sees_only(page, server, who)
        log_out(page)
        sees_only(page, server, None)


def test_the_provider_keeps_to_the_standard(provider):
    """A client that is not Authlib gets a signed token for its code, and only once."""
    metadata = json.load(urllib.request.urlopen(provider.metadata_url))
    verifier = "v" * 64
    digest = hashlib.sha256(verifier.encode()).digest()
    asked = {"state": "s", "nonce": "n", "redirect_uri": f"{provider.url}/back",
             "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode()}  # fmt: skip
    back = urllib.request.urlopen(f"{metadata['authorization_endpoint']}?{urlencode(asked)}").url
    query = parse_qs(urlsplit(back).query)
    assert query["state"] == ["s"]
    basic = base64.b64encode(f"{CLIENT}:{CLIENT_SECRET}".encode()).decode()
    form = urlencode({"code": query["code"][0], "code_verifier": verifier}).encode()
    request = urllib.request.Request(
        metadata["token_endpoint"], form, {"Authorization": f"Basic {basic}"}
    )
    given = json.load(urllib.request.urlopen(request))
    claims = jwt.decode(given["id_token"], provider.key, algorithms=["RS256"]).claims
    assert (claims["sub"], claims["nonce"], claims["aud"]) == (provider.who, "n", CLIENT)
    with pytest.raises(HTTPError):
        urllib.request.urlopen(request)
