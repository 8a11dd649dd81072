"""Fairness and leases: nobody trains a second run while somebody waits for a first."""

import time
from collections import Counter

import pytest
from catalog_kit import ANNA, BEN, claim, enter, limits, put, report, row
from hypothesis import given, settings
from hypothesis import strategies as st

from aecore.catalog import queue
from aecore.catalog.fair import Waiting, order, starts
from aecore.catalog.people import LAPTOP, Person
from aecore.catalog.queue import active, anyone_waits, counts, enqueue, places, renew
from aecore.catalog.runs import change, trash
from aecore.catalog.store import clock

SECONDS = st.integers(0, 1000).map(float)  # training turns off the smallest floats
PEOPLE = st.sampled_from("abcdef")
QUEUES = st.lists(
    st.builds(
        Waiting,
        id=st.uuids().map(str),
        owner=PEOPLE,
        queued=SECONDS,
        recovering=st.booleans(),
        seconds=st.none() | SECONDS,
    ),
    unique_by=lambda run: run.id,
    max_size=25,
)
AT_WORK = st.dictionaries(PEOPLE, st.integers(0, 4))
SERVED = st.dictionaries(PEOPLE, SECONDS)

# Hypothesis times every example unless told not to, and a busy machine is no fault of the queue.
patient = settings(deadline=None)


@patient
@given(QUEUES, AT_WORK, SERVED)
def test_everybody_who_waits_is_served_once(waiting, at_work, served):
    served_order = order(waiting, at_work, served)
    assert sorted(run.id for run in served_order) == sorted(run.id for run in waiting)
    assert order(reversed(waiting), at_work, served) == served_order


@patient
@given(QUEUES, AT_WORK, SERVED)
@pytest.mark.fault("F10")
def test_nobody_gets_another_run_while_somebody_with_fewer_waits(waiting, at_work, served):
    has = Counter(at_work)
    left = order(waiting, at_work, served)
    while left:
        run = left.pop(0)
        if not run.recovering:
            assert not [other for other in left if has[other.owner] < has[run.owner]]
        has[run.owner] += 1


@patient
@given(QUEUES, AT_WORK, SERVED)
def test_what_a_dead_worker_left_goes_first_then_first_come_first_served(waiting, at_work, served):
    result = order(waiting, at_work, served)
    assert [run.recovering for run in result] == sorted(
        (r.recovering for r in result), reverse=True
    )
    for owner in "abcdef":
        own = [run for run in result if run.owner == owner]
        assert own == sorted(own, key=lambda run: (not run.recovering, run.queued, run.id))


def test_between_equals_it_is_the_turn_of_who_was_served_longest_ago():
    waiting = [Waiting("1", "a", 1.0), Waiting("2", "b", 2.0), Waiting("3", "c", 3.0)]
    assert [run.owner for run in order(waiting, {}, {"a": 9.0, "b": 8.0})] == ["c", "b", "a"]
    assert [run.owner for run in order(waiting, {"c": 1}, {"a": 9.0, "b": 9.0})] == ["a", "b", "c"]


@patient
@given(QUEUES, st.integers(1, 5), st.lists(st.none() | SECONDS, max_size=5))
def test_starts_are_those_of_slots_that_serve_in_turn(waiting, slots, left):
    times = starts(waiting, slots, left)
    assert len(times) == len(waiting)
    known = [seconds for seconds in times if seconds is not None]
    assert known == sorted(known)
    assert None not in times[: len(known)], "after what nobody knows nobody knows more"
    if slots > len(left):
        assert times[: slots - len(left)] == [0.0] * min(slots - len(left), len(times))


def test_starts_of_known_times():
    queue_of = [Waiting(str(n), "a", 0.0, seconds=10.0) for n in range(4)]
    assert starts(queue_of, 2, [3.0, 5.0]) == [3.0, 5.0, 13.0, 15.0]
    assert starts(queue_of, 1, [None]) == [None] * 4
    assert starts(queue_of, 2, [None, 4.0]) == [4.0, 14.0, 24.0, 34.0]


STORY = "aaabbcaacb"
"""Who submits, in turn."""


def filled(catalog, story=STORY):
    made = [enter(catalog, Person(owner, "member")) for owner in story]
    for number, each in enumerate(made):
        put(catalog, each, queued=1000.0 + number)
    return made


def test_places_tell_the_order_in_which_runs_are_claimed(catalog):
    made = filled(catalog)
    put(catalog, made[7], state="recovering")
    promised = places(catalog, 2)
    served = [claim(catalog).id for _ in made]
    assert sorted(promised, key=lambda run_id: promised[run_id].ahead) == served
    assert served[0] == made[7].id
    assert claim(catalog) is None
    assert not anyone_waits(catalog)


def test_places_change_as_claims_do(catalog):
    made = filled(catalog)
    ends = []
    while anyone_waits(catalog):
        first = min(places(catalog, 2).items(), key=lambda item: item[1].ahead)[0]
        claimed = claim(catalog)
        assert claimed.id == first
        ends.append(claimed)
        if len(ends) % 2 == 0:
            put(catalog, ends[-2], state="finished")
    assert len(ends) == len(made)


def test_nobody_has_more_at_work_than_they_may(catalog):
    filled(catalog)
    claimed = [claim(catalog, running=1) for _ in range(4)]
    assert {each.owner for each in claimed[:3]} == {"a", "b", "c"}
    assert claimed[3] is None
    put(catalog, claimed[0], state="finished")
    assert claim(catalog, running=1).owner == claimed[0].owner


def test_runs_of_a_shell_count_for_nobody(catalog):
    first, second = enter(catalog), enter(catalog)
    put(catalog, first, state="running", engine=queue.SHELL)
    assert claim(catalog, running=1).id == second.id
    assert counts(catalog) == (2, 0)


def test_who_has_to_wait_a_while_lets_others_pass(catalog):
    later, other = enter(catalog), enter(catalog, BEN)
    put(catalog, later, state="recovering", not_before=time.time() + 30)
    assert claim(catalog).id == other.id
    assert claim(catalog) is None
    put(catalog, later, not_before=time.time() - 1)
    assert claim(catalog).id == later.id


def test_a_clock_that_was_set_back_delays_nobody(catalog):
    made = enter(catalog)
    put(catalog, made, not_before=time.time() + 7200, queued=time.time() + 7200)
    assert claim(catalog).id == made.id


def test_a_large_run_lets_others_pass_for_a_while_and_no_longer(catalog):
    large, small, next_small = enter(catalog), enter(catalog, BEN), enter(catalog, BEN)
    put(catalog, large, memory=10**12)

    def fits(found, _):
        return found.memory < 10**12

    now = time.time()
    put(catalog, large, queued=now - queue.PATIENCE + 60)
    assert claim(catalog, fits=fits).id == small.id
    put(catalog, large, queued=now - queue.PATIENCE - 1)
    assert claim(catalog, fits=fits) is None
    assert claim(catalog).id == large.id
    assert claim(catalog, fits=fits).id == next_small.id


def test_room_is_asked_for_beside_what_is_at_work(catalog):
    first, _ = enter(catalog), enter(catalog)
    seen = []

    def fits(found, busy):
        seen.append([each.id for each in busy])
        return True

    claim(catalog, fits=fits)
    claim(catalog, fits=fits)
    assert seen == [[], [first.id]]


def test_a_claim_is_leased_from_the_start_and_numbered(catalog):
    made = put(catalog, enter(catalog), message="old", handle="old", engine=queue.SHELL)
    claimed = claim(catalog)
    assert (claimed.state, claimed.attempt, claimed.supervisor) == ("starting", 1, "test")
    assert (claimed.message, claimed.handle, claimed.engine) == ("", "", "")
    with catalog.read() as db:
        assert 5 < claimed.lease_until - clock(db) <= 15
    assert row(catalog, made) == claimed
    assert active(catalog) == [claimed]


def test_leases_of_what_is_at_work_are_renewed_and_of_nothing_else(catalog):
    working, over = enter(catalog), enter(catalog)
    rows = [claim(catalog), claim(catalog)]
    put(catalog, working, lease_until=0.0)
    put(catalog, over, lease_until=0.0, state="finished")
    renew(catalog, "another", 15.0, rows)
    renew(catalog, "another", 15.0, [])
    assert row(catalog, working).lease_until > 0
    assert row(catalog, working).supervisor == "another"
    assert row(catalog, over).lease_until == 0


def test_who_has_an_older_attempt_changes_nothing(catalog):
    enter(catalog)
    first = claim(catalog)
    put(catalog, first, state="queued")
    second = claim(catalog)
    assert second.attempt == 2
    assert not change(catalog, first, state="failed", message="late")
    assert row(catalog, first) == second
    assert change(catalog, second, step=7)


def test_resumed_a_run_waits_again_with_a_clean_slate(catalog):
    made = put(catalog, enter(catalog), state="failed", reason="died", tries=3, attempt=4)
    put(catalog, made, saved_step=9, used_seconds=99.0, not_before=time.time() + 30, wish="time")
    enqueue(catalog, row(catalog, made), LAPTOP)
    found = row(catalog, made)
    assert (found.state, found.reason, found.tries, found.wish) == ("queued", "", 0, "")
    assert (found.saved_step, found.used_seconds, found.not_before) == (0, 0.0, 0.0)
    enqueue(catalog, found, limits(queued=1))
    assert row(catalog, made) == found, "twice is harmless"
    assert claim(catalog).attempt == 5


def test_attempts_of_a_shell_are_counted_too(catalog):
    made = put(catalog, enter(catalog), state="paused", attempt=1)
    report(made, state="paused", attempt=6)
    enqueue(catalog, made, LAPTOP)
    assert claim(catalog).attempt == 7


def test_a_finished_run_is_not_queued_again(catalog):
    made = put(catalog, enter(catalog), state="finished")
    enqueue(catalog, made, LAPTOP)
    assert row(catalog, made) == made


def test_what_is_in_the_trash_is_not_in_the_way(catalog):
    first, second = enter(catalog), enter(catalog)
    trash(catalog, ANNA, row(catalog, first))
    assert places(catalog, 1)[second.id].ahead == 0
    assert claim(catalog).id == second.id
    assert not anyone_waits(catalog)
