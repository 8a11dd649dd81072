"""The Data page: files are looked at and taken in, data sets looked at, split, shared, deleted."""

import time
from urllib.parse import parse_qsl

import numpy as np
import pytest
import torch
from data_kit import in_process, own_data, zip_of_shapes
from own_kit import make_table
from pages_kit import ANNA, BEN, become, charts, link, press, shown, waiting  # noqa: F401  a fixture
from test_pages import TRAIN, engine, sound, visit  # noqa: F401  it holds for pages here

from aecore.catalog.data import links_of, listed, make_link
from aecore.catalog.people import OWNER, Person
from aecore.catalog.reindex_data import reindex_data
from aecore.catalog.uploads import UPLOADS, put
from aecore.intake import keep_python
from aecore.runs import RunSpec
from ui import background, data_card, data_page
from ui.access import catalog
from ui.data_found import csv_line, from_csv

DATA = TRAIN.with_name("data.py")
ME = Person(OWNER, "owner")
NOT_YOURS = "not here, or not yours to see"


@pytest.fixture(autouse=True)
def here(monkeypatch):
    """Intakes in this process, no pictures of built-in data sets, no work of other tests."""
    in_process(monkeypatch)
    works = type(background._works)()
    monkeypatch.setattr(background, "_works", works)
    small = torch.zeros(8, 1, 8, 8, dtype=torch.uint8)
    monkeypatch.setattr(data_card, "first_samples", lambda kind: small)
    yield
    for work in works.values():
        work.cancel()
    while not all(work.over for work in works.values()):
        time.sleep(0.05)


def settled(at, until):
    """A page run again until it shows something."""
    for _ in range(200):
        if until in shown(at):
            return at
        time.sleep(0.1)
        at = sound(at.run())
    raise AssertionError(shown(at))


def opened(**query):
    return sound(visit(DATA, query))


def test_files_become_a_data_set_and_the_page_shows_it():
    upload = put(catalog(), ME, [("My shapes.zip", zip_of_shapes())])
    at = settled(opened(upload=upload.id), "Take it in")
    assert "1 of 61 files skipped" in shown(at)
    at = settled(press(at, "take_in"), "Train on it")
    (row,) = listed(catalog(), ME)
    assert (row.title, row.count, row.kind) == ("My shapes", 60, "image")
    assert link(at) == {"data": row.name}
    assert not list((catalog().root / UPLOADS / OWNER).iterdir())
    at = settled(at, "always in this order")
    (train,) = [each for each in at.get("page_link") if each.proto.label == "Train on it"]
    assert f"dataset={row.name}" in train.proto.query_string


def test_what_cannot_be_read_is_told_and_let_go(tmp_path):
    upload = put(catalog(), ME, [("broken.zip", b"no zip at all")])
    at = settled(opened(upload=upload.id), "Other files")
    at = settled(at, "broken.zip")
    for _ in range(50):
        if at.error:
            break
        time.sleep(0.1)
        at = sound(at.run())
    assert at.error
    assert "Take it in" not in shown(at)
    at = press(at, "other_files")
    assert link(at) == {}
    assert not upload.folder.exists()


def test_the_split_of_the_link_is_handed_on_to_train(tmp_path):
    row = own_data(catalog(), ME, tmp_path)
    at = settled(opened(data=row.name, only_classes="1", imbalance="0.5"), "in this order")
    assert "12 samples here" not in shown(at)
    (train,) = [each for each in at.get("page_link") if each.proto.label == "Train on it"]
    assert "only_classes=1" in train.proto.query_string
    assert "imbalance=0.5" in train.proto.query_string
    at = opened(data=row.name, only_classes="7")
    assert "The default is used" in shown(at)


@pytest.mark.parametrize(("seconds", "offered"), [(599.0, 0), (6000.0, 1)])
def test_what_takes_long_can_be_tried_for_ten_minutes(seconds, offered, tmp_path, monkeypatch):
    monkeypatch.setattr(data_page, "seconds_of", lambda spec, steps: seconds)
    row = own_data(catalog(), ME, tmp_path)
    at = settled(opened(data=row.name), "by a few steps just timed")
    links = [each.proto for each in at.get("page_link")]
    usual, *short = [each.query_string for each in links if each.label.startswith("Train ")]
    asked = [dict(parse_qsl(each)) for each in (usual, *short)]
    every, *few = [RunSpec.from_flat(each).training.epochs for each in asked]
    assert few == [every // 10] * offered


def test_delete_says_which_runs_used_it_and_deletes(tmp_path):
    row = own_data(catalog(), ME, tmp_path)
    waiting(dataset=row.name, variant="autoencoder")
    at = settled(opened(data=row.name), "Train on it")
    assert "1 run trained on it" in shown(at)
    at = press(at, "delete_data")
    assert "“Shapes” is deleted." in shown(at)
    assert listed(catalog(), ME) == []
    assert NOT_YOURS in shown(opened(data=row.name))


def test_nobody_sees_or_trains_on_what_is_not_theirs(become, tmp_path):  # noqa: F811
    row = own_data(catalog(), Person(ANNA, "member"), tmp_path, title="[evil](http://x) *bold*")
    become(ANNA)
    at = settled(opened(data=row.name), "Train on it")
    assert "\\[evil\\]" in shown(at)
    assert "Shapes" not in shown(at)
    become(BEN)
    for unknown in (row.name, "own-" + "0" * 20):
        at = opened(data=unknown)
        assert NOT_YOURS in shown(at)
        assert "evil" not in shown(at)
        form = sound(visit(TRAIN, {"dataset": unknown}))
        assert f"There is no data set '{unknown}'." in shown(form).replace("\\", "")
        assert "evil" not in shown(form)
    token = make_link(catalog(), Person(ANNA, "member"), row)
    at = settled(opened(shared_data=token), "Train on it")
    assert link(at) == {"data": row.name}
    assert "Shared with you" in shown(at)
    assert "Delete" not in shown(at)
    assert [each.visitors for each in links_of(catalog(), row)] == [1]
    assert "There is no data set" not in shown(sound(visit(TRAIN, {"dataset": row.name})))


class TestDamage:
    """The preview of a corruption, with the settings that Train has."""

    def test_a_level_is_chosen_and_kept_in_the_link(self, tmp_path):
        row = own_data(catalog(), ME, tmp_path)
        at = settled(opened(data=row.name, pictured="damage", corrupt="masking"), "Train has")
        before = pictured(at)
        (key,) = (each.key for each in at.slider if each.label == "Noise level")
        at = settled(sound(at.slider(key=key).set_value(0.9).run()), "Train has")
        assert link(at)["level"] == "0.9"
        assert pictured(at) != before
        again = settled(opened(**link(at)), "Train has")
        assert again.slider(key=key).value == 0.9
        assert pictured(again) == pictured(at)

    def test_what_cannot_be_is_told_and_the_default_taken(self, tmp_path):
        row = own_data(catalog(), ME, tmp_path)
        asked = {"data": row.name, "pictured": "damage", "corrupt": "masking", "level": "7"}
        at = settled(opened(**asked), "Train has")
        assert "The default is used" in shown(at)
        assert [each.value for each in at.slider if each.label == "Noise level"] == [0.4]

    def test_rows_have_no_range_to_be_cut_back_to(self):
        name = make_table()
        reindex_data(catalog())
        at = settled(opened(data=name, pictured="damage", corrupt="gaussian"), "Train has")
        assert [each.label for each in at.toggle] == []
        assert "test rows" in shown(at)


def test_what_a_script_keeps_stands_among_ones_own_at_once():
    name = keep_python(np.zeros((20, 4, 4), np.uint8), "From a script")
    assert "**From a script**" in shown(opened())
    offered = sound(visit(TRAIN, {"dataset": name})).selectbox(key="choice:dataset")
    assert "From a script" in offered.options[0]


def test_values_of_a_table_are_drawn_class_by_class():
    name = make_table()
    reindex_data(catalog())
    for column, kind in (("0", "scatter"), ("3", "bar")):
        at = settled(opened(data=name, pictured="values", column=column), "Class by class")
        classes = charts(at)[-1]["data"]
        assert [each["type"] for each in classes] == [kind] * 2
        assert [each["name"].split()[0] for each in classes] == ["small", "tall"]
        assert all(sum(each["y"]) == pytest.approx(100) for each in classes)


def pictured(at):
    """What the browser is given to draw."""
    parts = [part.proto.json for part in at.get("bidi_component")]
    return [part for part in parts if "damaged" in part]


def test_two_people_in_turn_never_see_each_others_data(become, tmp_path):  # noqa: F811
    for who in (ANNA, BEN):
        own_data(catalog(), Person(who, "member"), tmp_path, title=f"Secret of {who}")
    for turn in range(8):
        who, other = (ANNA, BEN)[:: -1 if turn % 2 else 1]
        become(who)
        page = shown(opened())
        assert f"Secret of {who}" in page
        assert f"Secret of {other}" not in page


@pytest.mark.parametrize("names", [[], ["a"], ["a", "b, c", 'd "e"']])
def test_names_of_columns_pass_through_a_line_of_csv(names):
    assert from_csv(csv_line(names)) == names
