"""The Admin page: for whoever has the token, what is at work, who is here, what may be asked."""

import time
from pathlib import Path

import pytest
from pages_kit import ANNA, BEN, become, engine, in_state, press, row, shown, sound, visit, waiting

import ui.identity
from aecore.catalog.people import Quotas, make_admin, person_of, quotas
from aecore.catalog.runs import get, trash
from aecore.catalog.tables import run as table
from ui.access import catalog, visitor

__all__ = ["become", "engine"]
ADMIN = Path(__file__).parents[1] / "pages" / "admin.py"
TOKEN = "correct-horse-battery"


@pytest.fixture(autouse=True)
def token(monkeypatch):
    monkeypatch.setenv("AECORE_ADMIN_TOKEN", TOKEN)
    monkeypatch.setattr(ui.identity, "_WRONG", [])


@pytest.fixture
def admin(become):
    """Anna looks after the machine."""
    become(ANNA)
    make_admin(catalog(), ANNA)


def enter(at, text):
    at.text_input(key="admin:token").set_value(text)
    return sound(labelled(at, "Enter").click().run())


def labelled(at, label):
    return next(button for button in at.button if button.label == label)


def tables(at):
    return " ".join(element.value.to_string() for element in at.table)


def test_on_a_laptop_everything_is_shown_but_people_and_quotas():
    in_state(waiting(name="busy one"), "running")
    told = shown(visit(ADMIN))
    assert "everything is yours already" in told
    assert "busy one" in told
    assert "People" not in told
    assert "Quotas" not in told


def test_a_visitor_of_a_server_sees_nothing_but_a_field_for_the_token(become):
    become(BEN)
    waiting(ANNA, name="secret")
    at = visit(ADMIN)
    assert len(at.text_input) == 1
    assert not any(word in shown(at) for word in ("secret", "At work", "People", ANNA[:8]))


def test_the_token_lets_in_a_wrong_one_does_not_and_leave_ends_it(become):
    become(BEN)
    at = enter(visit(ADMIN), "wrong")
    assert "not the administrator's token" in at.error[0].value.replace("\\", "")
    assert person_of(catalog(), BEN).role == "member"
    at = enter(at, TOKEN)
    assert person_of(catalog(), BEN).role == "admin"
    assert "At work" in shown(at)
    at = sound(labelled(at, "Leave").click().run())
    assert person_of(catalog(), BEN).role == "member"
    assert len(at.text_input) == 1


def test_after_five_wrong_tokens_the_right_one_must_wait(become):
    become(BEN)
    at = visit(ADMIN)
    for _ in range(5):
        at = enter(at, "wrong")
    at = enter(at, TOKEN)
    assert at.error[0].value == "Too many tries; wait a minute."
    assert person_of(catalog(), BEN).role == "member"


def test_a_browser_without_a_cookie_cannot_become_an_administrator(become):
    become("")
    assert "cookie" in enter(visit(ADMIN), TOKEN).error[0].value


def test_people_with_what_they_have_and_do(admin):
    in_state(waiting(BEN), "running", bytes=3_000_000)
    waiting(BEN)
    told = tables(visit(ADMIN))
    assert f"{ANNA[:8]} (administrator)" in told
    assert all(word in told for word in (BEN[:8], "3.0 MB", "just now"))
    assert BEN not in told


def test_what_is_at_work_can_be_stopped_and_failures_have_their_sentences(admin):
    busy = in_state(waiting(BEN, name="too *long*"), "running")
    in_state(waiting(BEN, name="sad"), "failed", message="The loss became NaN at step 7.")
    at = visit(ADMIN)
    assert "too \\*long\\*" in shown(at)
    assert "The loss became NaN at step 7." in shown(at)
    press(at, f"stop:{busy.id}")
    database = busy.database()
    assert [action for _, action, _ in database.commands(0)] == ["stop"]
    database.close()


def test_quotas_are_a_form_with_the_bounds_of_their_declaration(admin):
    at = visit(ADMIN)
    field = at.number_input(key="quota:queued")
    assert (field.value, field.min, field.max) == (3, 1, 1000)
    assert "Runs of one person that wait" in field.help
    field.set_value(5)
    at.number_input(key="quota:minutes").set_value(2.5)
    sound(labelled(at, "Save").click().run())
    assert quotas(catalog()) == Quotas(queued=5, minutes=2.5)


def test_a_form_that_outlived_the_rights_changes_nothing(admin, become):
    at = visit(ADMIN)
    at.number_input(key="quota:queued").set_value(9)
    become(BEN)
    sound(labelled(at, "Save").click().run())
    assert quotas(catalog()) == Quotas()


def test_clean_up_tells_first_and_then_does_it(admin):
    old = in_state(waiting(BEN), "stopped")
    trash(catalog(), visitor(), row(old))
    with catalog().write() as db:
        db.execute(table.update().values(deleted=time.time() - 8 * 86400))
    at = sound(labelled(visit(ADMIN), "What would go?").click().run())
    assert old.id in tables(at)
    assert get(catalog(), old.id) is not None
    at = sound(labelled(at, "Remove it").click().run())
    assert get(catalog(), old.id) is None
    assert not old.folder.exists()
    at = sound(labelled(at, "What would go?").click().run())
    assert "Nothing would be removed." in shown(at)
