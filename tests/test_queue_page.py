"""The Queue page: one's own runs in full, of other people's only how many, and the buttons."""

from pathlib import Path

import pytest
from pages_kit import ANNA, BEN, become, engine, in_state, press, row, shown, visit, waiting

from aecore.catalog.people import Quotas, set_quotas
from aecore.catalog.runs import change
from aecore.runs.control import claim
from ui import resources
from ui.access import catalog

__all__ = ["become", "engine"]
QUEUE = Path(__file__).parents[1] / "pages" / "queue.py"


def running(made, **status):
    """The same run, as if a worker trained it."""
    database = made.database()
    assert claim(database)
    database.set_status({"state": "running", **status})
    database.close()
    return in_state(made, "running")


def test_an_empty_queue_says_what_will_be_here(become, monkeypatch):
    become(ANNA)
    monkeypatch.setattr(resources, "ensure_demo", lambda catalog: None)
    told = shown(visit(QUEUE))
    assert "Nothing trains and nothing waits." in told
    assert "Train one" in told
    assert "0 of 1 slot in use" in told


def test_own_runs_show_where_they_stand_and_about_when_they_start():
    running(waiting(name="first"), step=6, total_steps=12, epoch=1, steps_per_second=0.5)
    change(catalog(), row(waiting(name="second")), seconds=600.0)
    waiting(name="third")
    told = shown(visit(QUEUE))
    assert "Epoch 2 of 2, about 12 s left" in told
    assert "Next in the queue" in told
    assert "1 run ahead in the queue" in told
    assert all(name in told for name in ("first", "second", "third"))
    assert "1 of 1 slot in use" in told
    assert "Yours here" not in told


def test_pause_cancel_and_resume_do_what_they_say():
    first, second = waiting(), waiting()
    at = press(visit(QUEUE), f"pause:{first.id}")
    assert row(first).state == "paused"
    at = press(at, f"cancel:{second.id}")
    assert row(second).state == "stopped"
    assert f"resume:{second.id}" not in [button.key for button in at.button]
    at = press(at, f"resume:{first.id}")
    assert row(first).state == "queued"
    assert not at.error


def test_a_run_in_training_is_asked_to_stop():
    made = running(waiting())
    press(visit(QUEUE), f"stop:{made.id}")
    database = made.database()
    assert [action for _, action, _ in database.commands(0)] == ["stop"]
    database.close()


def test_of_others_only_places_and_counts_are_told(become):
    become(ANNA)
    theirs = [in_state(waiting(BEN, name="secret 0"), "running"), waiting(BEN, name="secret 1")]
    mine = waiting(ANNA, name="my own")
    theirs += [waiting(BEN, name=f"secret {i}") for i in (2, 3)]
    told = shown(visit(QUEUE))
    assert "1 run of somebody else." in told
    assert "my own" in told
    assert "Next in the queue" in told  # Ben has a run at work, so Anna's first goes first
    assert "Places 2 to 4: 3 runs of others." in told
    assert not any(word in told for word in ("secret", BEN, *(made.id for made in theirs)))
    become(BEN)
    other = shown(visit(QUEUE))
    assert "Place 1: a run of somebody else." in other
    assert "my own" not in other
    assert mine.id not in other


def test_what_is_allowed_is_told_beside_what_is_used(become):
    become(ANNA)
    set_quotas(catalog(), Quotas(queued=2, parameters=5000, epochs=7, minutes=2.0))
    waiting(ANNA)
    told = shown(visit(QUEUE))
    assert "Waiting: 1 of 2" in told
    assert "Training: 0 of 1" in told
    assert "up to 5,000 parameters and 7 epochs, and train for about 2 min" in told


def test_a_resume_that_is_refused_says_why(become):
    become(ANNA)
    set_quotas(catalog(), Quotas(queued=1))
    rests = in_state(waiting(ANNA), "paused")
    waiting(ANNA)
    at = press(visit(QUEUE), f"resume:{rests.id}")
    assert "You have 1 run waiting already" in at.error[0].value
    assert row(rests).state == "paused"


@pytest.mark.parametrize("mode", ["laptop", "server"])
def test_a_full_disk_is_told(mode, become, monkeypatch):
    if mode == "server":
        become(ANNA)
    monkeypatch.setenv("AECORE_DISK_RESERVE", "1e12")
    assert "The disk is almost full" in visit(QUEUE).warning[0].value
