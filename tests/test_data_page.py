"""The Data page: files are looked at and taken in, data sets looked at, split, shared, deleted."""

import time

import pytest
from data_kit import in_process, own_data, zip_of_shapes
from pages_kit import ANNA, BEN, become, link, press, shown  # noqa: F401  a fixture among them
from test_pages import PAGES, TRAIN, engine, sound, visit  # noqa: F401

from aecore.catalog.data import listed
from aecore.catalog.people import OWNER, Person
from aecore.catalog.uploads import UPLOADS, put
from ui import background
from ui.access import catalog

DATA = TRAIN.with_name("data.py")
ME = Person(OWNER, "owner")


@pytest.fixture(autouse=True)
def here(monkeypatch):
    """Intakes in this process, and no work of other tests."""
    in_process(monkeypatch)
    monkeypatch.setattr(background, "_works", type(background._works)())


def settled(at, until):
    """A page run again until it shows something."""
    for _ in range(100):
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
