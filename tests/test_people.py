"""People and links, in both kinds of database: who acts for whom, and who sees what."""

import time

import pytest
from catalog_kit import ANNA, BEN, DAY, enter, put, row
from runs_kit import is_sentence
from sqlalchemy import select, update

from aecore.catalog import links, people
from aecore.catalog.access import ACTIONS, find, may
from aecore.catalog.people import (
    NOBODY,
    Person,
    carry_over,
    end_admin,
    log_in,
    log_out,
    make_admin,
    person_of,
)
from aecore.catalog.retention import AUDIT_DAYS, clean
from aecore.catalog.runs import purge, trash
from aecore.catalog.shares import make_share, open_share, revoke, shares_of
from aecore.catalog.tables import audit, browser, share
from aecore.errors import InputError, UnknownName


@pytest.fixture
def clock(monkeypatch):
    """Set what people.py and links.py take for the time."""
    started = time.time()

    class Clock:
        hours = 0.0

        def time(self):
            return started + self.hours * 3600

    made = Clock()
    monkeypatch.setattr(people, "time", made)
    monkeypatch.setattr(links, "time", made)
    monkeypatch.setattr("aecore.catalog.access.time", made)
    return made


def audited(catalog):
    with catalog.read() as db:
        return [tuple(each) for each in db.execute(select(audit.c.person, audit.c.action))]


def test_a_browser_is_a_private_space_of_its_own(catalog):
    assert person_of(catalog, "b1") == Person("b1", "member")
    assert person_of(catalog, "b2") == Person("b2", "member")
    assert not person_of(catalog, "b1").administers
    assert Person("x", "owner").administers


def test_two_browsers_of_one_login_are_one_person_until_it_ends(catalog, clock):
    first = log_in(catalog, "b1", "https://issuer user-1")
    assert log_in(catalog, "b2", "https://issuer user-1") == first
    assert log_in(catalog, "b3", "https://issuer user-2") != first
    assert first.id not in ("b1", "b2")
    log_out(catalog, "b2")
    assert person_of(catalog, "b2").id == "b2"
    clock.hours = 11.9
    assert person_of(catalog, "b1") == first
    clock.hours = 12.1
    assert person_of(catalog, "b1").id == "b1"


def test_a_login_ends_when_its_provider_says_if_that_is_sooner(catalog, clock):
    account = log_in(catalog, "b1", "https://issuer user-1", clock.time() + 3600)
    log_in(catalog, "b2", "https://issuer user-1", clock.time() + 90 * 86400)
    clock.hours = 1.1
    assert person_of(catalog, "b1").id == "b1"
    assert person_of(catalog, "b2") == account
    clock.hours = 12.1
    assert person_of(catalog, "b2").id == "b2"


def test_a_personal_link_carries_a_space_to_another_browser_for_a_year(catalog, clock):
    carry_over(catalog, "b2", "b1")
    log_out(catalog, "b2")
    clock.hours = 364 * 24
    assert person_of(catalog, "b2").id == "b1"
    clock.hours = 366 * 24
    assert person_of(catalog, "b2").id == "b2"
    with catalog.read() as db:
        assert len(db.execute(select(browser)).all()) == 1


def test_an_administrator_is_one_for_twelve_hours(catalog, clock):
    make_admin(catalog, "b1")
    assert person_of(catalog, "b1") == Person("b1", "admin")
    assert person_of(catalog, "b1").administers
    assert person_of(catalog, "b2").role == "member"
    clock.hours = 12.1
    assert person_of(catalog, "b1").role == "member"
    make_admin(catalog, "b1")
    end_admin(catalog, "b1")
    assert person_of(catalog, "b1").role == "member"
    assert audited(catalog) == [("b1", "administer")] * 2


def allowed(person, run, linked=False):
    return {action for action in ACTIONS if may(person, action, run, linked=linked)}


def test_who_may_do_what(catalog):
    mine = row(catalog, enter(catalog))
    everything = set(ACTIONS) - {"restore"}
    assert allowed(ANNA, mine) == allowed(Person("owner", "owner"), mine) == everything
    assert allowed(BEN, mine) == allowed(NOBODY, mine) == set()
    assert allowed(NOBODY, mine, linked=True) == set()
    assert allowed(BEN, mine, linked=True) == {"view", "duplicate"}
    assert allowed(Person("ben", "admin"), mine) == {"view", "control", "delete"}
    trashed = put(catalog, mine, deleted=time.time())
    assert allowed(ANNA, trashed) == {"restore"}
    assert allowed(BEN, trashed, linked=True) == allowed(Person("ben", "admin"), trashed) == set()
    shown = put(catalog, mine, deleted=None, demo=True)
    assert allowed(NOBODY, shown) == allowed(BEN, shown) == {"view", "duplicate"}


def sentence(catalog, person, run_id, action="view"):
    with pytest.raises(UnknownName) as caught:
        find(catalog, person, run_id, action)
    assert is_sentence(caught.value)
    return str(caught.value).replace(run_id, "ID")


def test_an_unknown_and_a_forbidden_run_look_the_same(catalog):
    made = enter(catalog)
    assert find(catalog, ANNA, made.id, "delete").id == made.id
    unknown = sentence(catalog, BEN, "0" * 20)
    assert sentence(catalog, BEN, made.id) == unknown
    assert sentence(catalog, ANNA, made.id, "restore") == unknown
    for odd in ("", "../../etc", "A" * 20, "é" * 20, f"{made.id}\n"):
        with pytest.raises(UnknownName):
            find(catalog, ANNA, odd)


def test_a_link_shows_one_run_to_whoever_opens_it(catalog):
    made, other = row(catalog, enter(catalog)), enter(catalog)
    token = make_share(catalog, ANNA, made)
    assert len(token) >= 22, "128 bits"
    for _ in range(2):
        assert open_share(catalog, BEN, token) == made
    assert find(catalog, BEN, made.id) == made
    sentence(catalog, BEN, made.id, "control")
    sentence(catalog, BEN, other.id)
    sentence(catalog, Person("eve", "member"), made.id)
    (link,) = shares_of(catalog, made)
    assert link.holds
    assert link.visitors == 1
    with catalog.read() as db:
        assert token not in str(db.execute(select(share)).all())


def test_a_revoked_link_is_over_at_once_also_for_who_came_by_it(catalog):
    made, other = row(catalog, enter(catalog)), row(catalog, enter(catalog))
    token, second = (make_share(catalog, ANNA, made) for _ in range(2))
    open_share(catalog, BEN, token)
    first = shares_of(catalog, made)[-1]
    revoke(catalog, ANNA, other, first.id)
    assert find(catalog, BEN, made.id) == made, "that link is not one of the other run's"
    revoke(catalog, ANNA, made, first.id)
    assert [each.holds for each in shares_of(catalog, made)] == [True, False]
    sentence(catalog, BEN, made.id)
    with pytest.raises(UnknownName):
        open_share(catalog, BEN, token)
    assert open_share(catalog, BEN, second) == made


def test_a_link_expires(catalog, clock):
    made = row(catalog, enter(catalog))
    token = make_share(catalog, ANNA, made, days=2)
    open_share(catalog, BEN, token)
    clock.hours = 47
    assert find(catalog, BEN, made.id) == made
    clock.hours = 49
    sentence(catalog, BEN, made.id)
    with pytest.raises(UnknownName):
        open_share(catalog, BEN, token)
    assert not shares_of(catalog, made)[0].holds
    for days in (0, -1, 366, float("nan")):
        with pytest.raises(InputError) as caught:
            make_share(catalog, ANNA, made, days)
        assert is_sentence(caught.value)


def test_wrong_links_and_those_of_deleted_runs_open_nothing(catalog):
    made = row(catalog, enter(catalog))
    token = make_share(catalog, ANNA, made)
    with pytest.raises(UnknownName):
        open_share(catalog, NOBODY, token)
    for wrong in ("", token[:-1], token + "x", "\udc80", "\x00", "x" * 10**6):
        with pytest.raises(UnknownName) as caught:
            open_share(catalog, BEN, wrong)
        assert is_sentence(caught.value)
    trash(catalog, ANNA, made)
    with pytest.raises(UnknownName):
        open_share(catalog, BEN, token)
    purge(catalog, made)
    with pytest.raises(UnknownName):
        open_share(catalog, BEN, token)


def test_what_was_noted_and_links_long_over_are_forgotten(catalog):
    made = row(catalog, enter(catalog))
    token = make_share(catalog, ANNA, made)
    open_share(catalog, BEN, token)
    assert audited(catalog) == [("anna", "share")]
    soon = time.time() + AUDIT_DAYS * DAY
    clean(catalog, now=soon - DAY)
    assert audited(catalog)
    clean(catalog, now=soon + DAY)
    assert audited(catalog) == []
    assert len(shares_of(catalog, made)) == 1
    with catalog.write() as db:
        db.execute(update(share).values(expires=1.0))
    clean(catalog)
    assert shares_of(catalog, made) == []
