"""What is deleted is gone: no file of the home and no cache of the app keeps an own data set."""

import importlib
import pkgutil
from functools import _lru_cache_wrapper

import pytest
import torch
from own_kit import kept, make_table
from pages_kit import press, shown, waiting
from runs_kit import finished, row_of, taken_in
from test_pages import TRAIN, engine, sound, visit  # noqa: F401  the fixture holds for pages here
from test_routes import ask, url
from test_suspects import make_images

import ui
from aecore.catalog.data import find, listed
from aecore.catalog.people import OWNER, Person
from aecore.catalog.reindex_data import reindex_data
from aecore.catalog.removal import bury_all, remove
from aecore.catalog.retention import clean
from aecore.catalog.runs import forget, get
from aecore.datasets import datasets, open_data
from aecore.datasets.own import ABOUT
from aecore.intake.base import Taken
from aecore.jobs.mapper import Mapper
from aecore.jobs.reporter import Reporter
from aecore.maps import MapSpec
from aecore.maps.shelf import Asked, Shelf, ticket_of
from aecore.paths import home
from aecore.reports import Findings, ReportSpec
from aecore.reports.shelf import Asked as AskedReport
from aecore.reports.shelf import ReportShelf, data_of
from aecore.reports.shelf import ticket_of as report_ticket
from aecore.runs.files import pack
from aecore.runs.inference import load_model
from ui import background, resources
from ui.access import catalog
from ui.selection import RUN

ME = Person(OWNER, "owner")
DATA = TRAIN.with_name("data.py")


@pytest.fixture(autouse=True)
def nothing_of_other_tests():
    """Caches of the app are empty before."""
    resources.forget_data()


def files_with(pattern):
    """Names of all files of the home that hold these bytes."""
    return sorted(
        path.name for path in home().rglob("*") if path.is_file() and pattern in path.read_bytes()
    )


def first_test_sample(name):
    """The bytes of one sample that pages and runs show."""
    return open_data(name).part("test", 1).numpy().tobytes()


def report_on(run, **values):
    """A report, made and kept as the reporter does it."""
    spec = ReportSpec.from_flat(values)
    subject = (run, load_model(run))
    shelf = ReportShelf(home())
    shelf.ask(AskedReport(report_ticket(subject, spec), run.id, spec))
    assert Reporter(home()).tick()
    found = shelf.known(report_ticket(subject, spec))
    assert found is not None
    return found


def map_of(run, **flat):
    """A map, drawn and kept as the mapper does it; its ticket."""
    spec = MapSpec.from_flat(flat)
    ticket = ticket_of(run, load_model(run), spec)
    Shelf(home()).ask(Asked(ticket, run.id, spec))
    assert Mapper(home()).tick()
    assert Shelf(home()).known(ticket) is not None
    return ticket


@pytest.fixture
def images():
    """An own data set of images whose bytes occur nowhere else."""
    name = make_images("Mine", OWNER, shape=(1, 8, 8))
    reindex_data(catalog())
    return name


def removed(name):
    remove(catalog(), ME, find(catalog(), ME, name, "delete"))


def test_no_file_keeps_a_sample(images):
    run = taken_in(finished(dataset=images, variant="autoencoder", epochs=1))
    other = taken_in(finished(variant="autoencoder", epochs=1, leave_out=3))
    pattern = first_test_sample(images)
    assert files_with(pattern) == ["fixed.safetensors", "samples.safetensors"]
    report_on(run, report="reconstruct")
    report_on(other, report="detect", suspects=images, fit_on=50)
    assert len([path for path in files_with(pattern) if path.endswith(".report")]) == 1
    kept_report = report_on(other, report="reconstruct")
    kept_map, lost_map = map_of(other, method="pca"), map_of(run, method="pca")
    removed(images)
    assert files_with(pattern) == []
    assert list(run.snapshots.iterdir()) == []
    assert list(other.snapshots.iterdir())
    assert [path.stem for path in Shelf(home()).folder.glob("*.map")] == [kept_map]
    assert not list(Shelf(home()).folder.glob(f"{lost_map}*"))
    assert len(list(ReportShelf(home()).folder.glob("*.report"))) == 1
    assert kept_report.scope
    assert load_model(run).model  # it can still be used


def test_no_file_keeps_the_numbers_of_a_row():
    name = make_table()
    reindex_data(catalog())
    taken_in(finished(dataset=name, variant="autoencoder", network="mlp", epochs=1))
    raw = datasets[name](datasets[name].Config()).read().images[7].numpy().tobytes()
    assert files_with(raw) == ["samples.safetensors"]
    removed(name)
    assert files_with(raw) == []
    assert files_with(b"height") == files_with(b"loam") == []


def test_what_comes_too_late_is_not_kept(images):
    """A worker or clerk that was at it while the data set was deleted."""
    run = taken_in(finished(dataset=images, variant="autoencoder", epochs=1))
    pattern = first_test_sample(images)
    spec = ReportSpec.from_flat({"report": "reconstruct"})
    found, subject = report_on(run, **spec.to_flat()), (run, load_model(run))
    removed(images)
    shelf = ReportShelf(home())
    shelf.keep(report_ticket(subject, spec), found, data_of(spec, [subject]))
    assert list(shelf.folder.iterdir()) == []
    late = {"originals": torch.frombuffer(bytearray(pattern), dtype=torch.uint8)}
    (run.snapshots / "fixed.safetensors").write_bytes(pack(late))
    assert files_with(pattern) == ["fixed.safetensors"]
    clean(catalog(), dry_run=True)
    assert files_with(pattern) == ["fixed.safetensors"]
    clean(catalog())
    assert files_with(pattern) == []


def test_what_does_not_say_of_which_data_it_tells_goes_too(images):
    shelf = ReportShelf(home())
    shelf.keep("old", Findings({}, {}))
    shelf.keep("of-digits", Findings({}, {}), {"digits"})
    shelf.path("damaged", "report").write_bytes(b"x")
    shelf.path("damaged", "of").write_bytes(b"{")
    removed(images)
    assert sorted(path.stem for path in shelf.folder.glob("*.report")) == ["of-digits"]


def test_wishes_about_it_are_forgotten_and_others_stay(images):
    run, other = (
        taken_in(finished(dataset=name, variant="autoencoder", epochs=1, leave_out=1))
        for name in (images, "digits")
    )
    shelf, wishes = ReportShelf(home()), []
    for made, flat in (
        (run, {"report": "reconstruct"}),
        (other, {"report": "detect", "suspects": images}),
        (other, {"report": "reconstruct"}),
    ):
        spec = ReportSpec.from_flat(flat)
        wishes.append(AskedReport(report_ticket((made, load_model(made)), spec), made.id, spec))
        shelf.ask(wishes[-1])
    removed(images)
    assert [asked.ticket for asked in shelf.waiting()] == [wishes[-1].ticket]


def test_runs_on_it_are_stopped_and_buried_with_the_last(images):
    run = waiting(dataset=images, variant="autoencoder")
    assert get(catalog(), run.id).state == "queued"
    removed(images)
    assert get(catalog(), run.id).state == "stopped"
    number = images.removeprefix("own-")
    folder = home() / "datasets" / number
    bury_all(catalog())
    assert [path.name for path in folder.iterdir()] == [ABOUT]
    with catalog().write() as db:
        forget(db, run.id)
    bury_all(catalog())
    assert not folder.exists()


def caches():
    """Every cache of the app that remembers answers, by its place."""
    for found in pkgutil.iter_modules(ui.__path__, "ui."):
        module = importlib.import_module(found.name)
        for value in vars(module).values():
            if isinstance(value, _lru_cache_wrapper) and value.__module__.startswith("ui."):
                yield f"{value.__module__}.{value.__qualname__}", value


NO_SAMPLES = {
    "ui.access._catalog", "ui.access._counts", "ui.access._supervisor", "ui.components._component",
    "ui.cookies._signer", "ui.identity._links", "ui.resources._model", "ui.resources._visit",
    "ui.resources.cost", "ui.resources.step_seconds", "ui.routes._plotly_source",
}  # fmt: skip
"""Caches of what is no sample, nor made of samples."""


def test_every_cache_is_known_to_hold_samples_or_none():
    held = {place for place, cache in caches() if cache in resources._HOLDING}
    assert {place for place, _ in caches()} - held <= NO_SAMPLES


def test_the_page_lets_go_of_everything_in_memory(images):
    run = taken_in(finished(dataset=images, variant="vae", epochs=1))
    for path in ("pictures", "gallery", "near?point=0", "column?name=z1", "thumbnails?rows=0"):
        assert ask(url(run, path)).code == 200, path
    strip = background.begin(("strip", images), lambda _: None)
    filled = {place for place, cache in caches() if cache.cache_info().currsize} - NO_SAMPLES
    assert len(filled) >= 4
    at = press(visit(DATA, {"data": images}), "delete_data")
    assert "is deleted" in shown(at)
    left = {place for place, cache in caches() if cache.cache_info().currsize} - NO_SAMPLES
    assert left == set()
    assert background.known(("strip", images)) is not strip
    answer = ask(url(run, "pictures"))
    assert answer.code == 400
    assert "was deleted" in answer.json()["error"]
    assert listed(catalog(), ME) == []


def test_one_that_the_shell_deleted_is_not_shown_from_memory(images):
    run = taken_in(finished(dataset=images, variant="autoencoder", epochs=1))
    assert ask(url(run, "pictures")).code == 200
    removed(images)
    assert ask(url(run, "pictures")).code == 400
    assert resources._data.cache_info().currsize == 0


def test_the_page_of_a_run_says_what_is_gone(images):
    run = taken_in(finished(dataset=images, variant="autoencoder", epochs=1))
    assert "was deleted" not in shown(visit(TRAIN, {RUN: run.id}))
    before = ask(url(run, "live")).json()
    assert before["snapshots"]
    removed(images)
    assert "every picture of its samples" in shown(sound(visit(TRAIN, {RUN: run.id})))
    after = ask(url(run, "live")).json()
    assert after["snapshots"] == []
    assert after["curves"] == before["curves"]
    assert row_of(run).state == "finished"
    for page in ("reconstruct", "latent", "detect"):
        assert "was deleted" in shown(sound(visit(TRAIN.with_name(f"{page}.py"), {RUN: run.id})))


def test_a_kept_array_of_a_script_goes_like_any_other():
    samples = torch.arange(640, dtype=torch.int64).remainder(251).to(torch.uint8).view(10, 1, 8, 8)
    name = kept(Taken("image", samples, torch.zeros(10).long(), ("x",)), "Kept", OWNER)
    pattern = samples[0].numpy().tobytes()
    assert files_with(pattern) == ["samples.safetensors"]
    removed(name)
    assert files_with(pattern) == []
