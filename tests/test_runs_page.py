"""The Runs page: found, described, shared, exported, imported, deleted and brought back."""

import io
import zipfile
from pathlib import Path

import pytest
from pages_kit import (
    ANNA,
    BEN,
    become,
    engine,
    in_state,
    link,
    press,
    row,
    shown,
    visit,
    waiting,
    write,
)
from runs_kit import finished, is_sentence, taken_in

from aecore.catalog import runs
from aecore.catalog.people import Quotas, set_quotas
from aecore.catalog.shares import shares_of
from aecore.catalog.tables import run as table
from aecore.errors import InputError, UnknownName
from aecore.runs.about import read_about
from ui import run_import, runs_parts
from ui.access import catalog, visitor
from ui.resources import run_thumbnail
from ui.run_details import archive
from ui.selection import RUN, SHARE

__all__ = ["become", "engine"]
PAGES = Path(__file__).parents[1] / "pages"
RUNS, TRAIN, RECONSTRUCT = (PAGES / f"{name}.py" for name in ("runs", "train", "reconstruct"))


@pytest.fixture
def two():
    return waiting(name="First *try*", tags=("good",)), waiting(variant="linear", note="blurry")


def names(at):
    return [b.label for b in at.button if str(b.key).startswith("unfold:")]


def test_an_empty_list_says_what_will_be_here(become):
    become(ANNA)
    at = visit(RUNS)
    assert "Every run that you train will be here" in shown(at)
    assert "Train one" in shown(at)
    assert not names(at)


def test_newest_first_with_data_set_variant_tags_and_age(two):
    at = visit(RUNS)
    assert names(at) == ["linear", "First \\*try\\*"]
    assert "Digits (8×8) · Variational autoencoder (VAE) · just now · \\#good" in shown(at)


@pytest.mark.parametrize(
    ("asked", "found"),
    [({"q": "good"}, 1), ({"q": "blurry linear"}, 1), ({"q": "blurry vae"}, 0), ({}, 2),
     ({"show": "Waiting"}, 2), ({"show": "Failed"}, 0), ({"show": "nonsense"}, 2)],
)  # fmt: skip
def test_words_and_states_come_from_the_link(two, asked, found):
    at = visit(RUNS, asked)
    assert len(names(at)) == found
    assert (f"{found} run" in shown(at)) or "No run of yours is like this" in shown(at)


def test_what_is_searched_for_lands_in_the_link(two):
    at = write(visit(RUNS), "runs:words", "blurry")
    assert link(at)["q"] == "blurry"
    assert names(at) == ["linear"]
    at.selectbox(key="runs:state").set_value("Finished").run()
    assert link(at)["show"] == "Finished"
    assert not names(at)


def test_a_click_unfolds_a_run_and_makes_it_the_current_one(two):
    at = press(visit(RUNS, {"q": "good"}), f"unfold:{two[0].id}")
    assert link(at) == {RUN: two[0].id, "q": "good"}
    assert at.sidebar.selectbox(key="picked").value == two[0].id
    assert "Its reconstructions" in shown(at)
    at = press(at, f"unfold:{two[0].id}")
    assert link(at) == {"q": "good"}
    assert "Its reconstructions" not in shown(at)


def test_a_linked_run_is_shown_whatever_is_searched_for(two):
    assert names(visit(RUNS, {RUN: two[0].id, "q": "blurry"})) == ["First \\*try\\*", "linear"]


def test_name_tags_and_note_are_written_down_at_once(two):
    at, key = visit(RUNS, {RUN: two[1].id}), f"about:{two[1].id}"
    at = write(at, f"{key}:name", "  # Better   now ")
    at = write(at, f"{key}:tags", "a, b b , ,a")
    at = write(at, f"{key}:note", "![x](http://e.example/a.png)\nsecond line")
    about = read_about(two[1])
    assert (about.name, about.tags) == ("# Better now", ("a", "b b"))
    assert about.note == "![x](http://e.example/a.png)\nsecond line"
    assert row(two[1]).name == "# Better now"
    assert "\\# Better now" in names(at)
    assert "e.example" not in shown(at)  # a note is in its field only, never drawn as Markdown


def test_the_form_opens_with_the_settings_of_a_run(two):
    at = visit(RUNS, {RUN: two[1].id})
    links = {link.proto.label: link.proto for link in at.get("page_link")}
    assert "variant=linear" in links["Train another like it"].query_string
    assert two[1].id not in links["Train another like it"].query_string
    assert links["Its training"].query_string == f"run={two[1].id}"


def test_deleting_a_waiting_run_takes_it_out_of_the_queue_and_undo_brings_it_back(two):
    at = press(visit(RUNS, {RUN: two[0].id}), f"delete:{two[0].id}")
    assert RUN not in link(at)
    assert not at.warning
    assert names(at) == ["linear"]
    assert "Deleted: First \\*try\\*." in shown(at)
    assert (row(two[0]).state, row(two[0]).deleted is not None) == ("stopped", True)
    at = press(at, f"Undo:{two[0].id}")
    assert row(two[0]).deleted is None
    assert "Deleted:" not in shown(at)
    assert link(at)[RUN] == two[0].id


def test_deleting_a_run_in_training_stops_it_first(two):
    in_state(two[0], "running")
    press(visit(RUNS, {RUN: two[0].id}), f"delete:{two[0].id}")
    database = two[0].database()
    assert [name for _, name, _ in database.commands(0)] == ["stop"]
    database.close()


def test_the_trash_tells_until_when_restores_and_is_emptied(two):
    for made in two:
        runs.trash(catalog(), visitor(), row(in_state(made, "stopped")))
    with catalog().write() as db:
        db.execute(table.update().values(deleted=1_700_000_000.0))
    at = visit(RUNS)
    assert "Every run that you train will be here" in shown(at)
    assert "Trash: 2 runs" in [element.label for element in at.expander]
    assert "kept until Tue 21 November" in shown(at)
    at = press(at, f"Restore:{two[0].id}")
    assert names(at) == ["First \\*try\\*"]
    at.button[[b.label for b in at.button].index("Delete for good")].click().run()
    assert runs.get(catalog(), two[1].id) is None
    assert not two[1].folder.exists()
    assert two[0].folder.exists()
    assert not at.expander


def test_a_thousand_runs_come_page_by_page():
    like = row(waiting())
    values = {name: getattr(like, name) for name in ("owner", "dataset", "variant", "state")}
    copies = [{"id": f"{i:020d}", "name": f"number {i}", "created": float(i), **values}
              for i in range(1000)]  # fmt: skip
    with catalog().write() as db:
        db.execute(table.insert(), copies)
    at = visit(RUNS)
    assert "1,001 runs" in shown(at)
    assert names(at)[1:3] == ["number 999", "number 998"]
    assert len(names(at)) == runs_parts.PAGE
    assert names(visit(RUNS, {"q": "number 77"}))[:2] == ["number 977", "number 877"]


def test_a_picture_and_the_best_figure_of_a_finished_run():
    made = taken_in(finished(epochs=1))
    runs.change(catalog(), row(made), score=21.34)
    at = visit(RUNS)
    assert "PSNR 21.3 dB, test split" in shown(at)
    assert len(at.get("image")) == 1
    assert run_thumbnail(made).startswith(b"\x89PNG")
    for path in made.snapshots.glob("step-*"):
        path.write_bytes(b"no tensors")
    runs_parts.run_thumbnail.__globals__["_thumbnail"].cache_clear()
    assert run_thumbnail(made) == b""
    assert not visit(RUNS).get("image")


def test_what_goes_out_comes_in_again_as_a_run_of_ones_own():
    made = taken_in(finished(epochs=1))
    content = archive(visitor(), made.id)
    assert f"{made.id}/spec.json" in zipfile.ZipFile(io.BytesIO(content)).namelist()
    came = run_import.taken("../../my run.zip", content)
    assert came.id != made.id
    assert row(came).owner == visitor().id
    assert "Imported from myrun.zip" in shown(visit(RUNS, {RUN: came.id}))


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04broken"])
def test_what_is_no_archive_is_refused_in_one_sentence(content):
    with pytest.raises(InputError) as refusal:
        run_import.taken("x.zip", content)
    assert is_sentence(refusal.value)
    assert runs.how_many(catalog(), None) == 0


def test_an_import_must_fit_into_what_is_ones_own(become):
    become(ANNA)
    set_quotas(catalog(), Quotas(disk_gb=0.01))
    made = waiting(ANNA)
    runs.change(catalog(), row(made), bytes=10**7)
    with pytest.raises(InputError, match=r"of the 0\.01 GB that are yours"):
        run_import.taken("x.zip", b"0" * 100)


def test_nobody_sees_or_touches_what_is_somebody_elses(become):
    become(ANNA)
    hers = waiting(ANNA, name="secret plans")
    become(BEN)
    for asked in ({}, {RUN: hers.id}, {"q": "secret"}):
        at = visit(RUNS, asked)
        assert "secret" not in shown(at)
        assert not names(at)
    for page in (TRAIN, RECONSTRUCT):
        assert "not yours to see" in shown(visit(page, {RUN: hers.id}))
    with pytest.raises(UnknownName):
        archive(visitor(), hers.id)


def test_a_link_shows_a_run_view_only_until_it_is_revoked(become):
    become(ANNA)
    hers = waiting(ANNA, name="For Ben")
    at = press(visit(RUNS, {RUN: hers.id}), f"share:{hers.id}:make")
    address = at.code[0].value
    assert address.startswith("http://localhost/train?share=")
    token = address.split("=")[1]
    become(BEN)
    theirs = visit(TRAIN, {SHARE: token})
    assert link(theirs) == {RUN: hers.id}
    assert "Shared with you: view only." in shown(theirs)
    assert "Share" not in shown(theirs).splitlines()
    assert "Edit" in shown(theirs).splitlines()
    looked = visit(RECONSTRUCT, {RUN: hers.id})
    assert "Shared with you: view only." in shown(looked)
    assert "Measure now" not in shown(looked)
    assert names(visit(RUNS, {RUN: hers.id})) == []
    become(ANNA)
    at = visit(RUNS, {RUN: hers.id})
    assert token not in shown(at)
    assert "1 visitor." in shown(at)
    (made,) = shares_of(catalog(), row(hers))
    assert "revoked" in shown(press(at, f"share:{made.id}:revoke"))
    become(BEN)
    unknown = [warning.value for warning in visit(TRAIN, {RUN: "0"}).warning]
    for again in ({RUN: hers.id}, {SHARE: token}, {SHARE: "x" * 5000}):
        told = visit(TRAIN, again)
        assert [warning.value for warning in told.warning] == unknown


def test_on_a_laptop_there_is_nobody_to_share_with(two):
    assert "Share" not in shown(visit(RUNS, {RUN: two[0].id})).splitlines()
