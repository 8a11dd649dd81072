"""Maps of a run: what they are drawn of, what is kept, and who waits for them."""

import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from runs_kit import clerk_process, finished, is_sentence

from aecore.datasets import open_data
from aecore.errors import InputError, StoreError
from aecore.jobs import mapper as jobs
from aecore.jobs.mapper import Mapper, ensure_mapper
from aecore.maps import CODE, MapSpec, draw, samples_of
from aecore.maps.measures import draw_and_judge
from aecore.maps.shelf import Asked, Shelf, Standing, ticket_of
from aecore.paths import home
from aecore.projections import projections
from aecore.runs.inference import load_model

PCA = MapSpec.from_flat({"method": "pca"})
PIXELS = MapSpec.from_flat({"method": "pca", "of": "pixels"})


@pytest.fixture
def run():
    return finished(epochs=1, latent_dim=3)


def test_a_spec_survives_plain_values_and_texts():
    for method in (CODE, *projections):
        spec = MapSpec.from_flat({"method": method, "map_seed": "3", "fit_on": 50})
        assert MapSpec.from_flat(spec.to_flat()) == spec
        assert (spec.config.map_seed, spec.config.fit_on) == (3, 50)
    assert MapSpec.from_flat({}).method == "umap"
    assert MapSpec.from_flat({"neighbours": "7"}).settings.neighbours == 7


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"method": "umpa"}, "umap"),
        ({"method": "pca", "neighbours": 3}, "neighbours"),
        ({"method": "umap", "neighbours": "many"}, "Neighbours"),
        ({"fit_on": 1}, "Fit on"),
        ({"of": "sound"}, "Of"),
        ({"method": CODE, "of": "pixels"}, "the code itself"),
    ],
)
def test_what_cannot_be_drawn_is_told(values, word):
    with pytest.raises(InputError, match=word) as told:
        MapSpec.from_flat(values)
    assert is_sentence(told.value)


def test_samples_are_codes_or_pixels_of_the_right_images(run):
    data, loaded = open_data("digits"), load_model(run)
    test = data.part("test") / 255
    codes = samples_of(run, loaded, PCA)
    assert codes.held_out == pytest.approx(loaded.model.encode(test).numpy(), abs=1e-5)
    pixels = samples_of(run, loaded, MapSpec.from_flat({"of": "pixels", "fit_on": 100}))
    assert pixels.held_out == pytest.approx(test.flatten(1).numpy())
    assert pixels.train.shape == (100, 64)
    train = {row.tobytes() for row in data.part("train").flatten(1).numpy()}
    assert all((row * 255).round().astype(np.uint8).tobytes() in train for row in pixels.train)
    more = samples_of(run, loaded, MapSpec.from_flat({"of": "pixels", "fit_on": 200}))
    assert (more.train[:100] == pixels.train).all()
    assert (more.classes[:100] == pixels.classes).all()


def test_a_code_is_drawn_as_it_is_only_where_it_is_of_two_numbers(run):
    with pytest.raises(InputError, match="The code has 3 numbers"):
        samples_of(run, load_model(run), MapSpec.from_flat({"method": CODE}))
    flat = finished(epochs=1, latent_dim=2)
    samples = samples_of(flat, load_model(flat), MapSpec.from_flat({"method": CODE}))
    drawn = draw(samples, MapSpec.from_flat({"method": CODE}))
    assert (drawn.held_out == samples.held_out).all()
    assert not drawn.together


def test_a_model_without_a_code_has_only_maps_of_pixels():
    run = finished(epochs=1, variant="unet_denoiser", corruption="gaussian")
    with pytest.raises(InputError, match="no code to draw"):
        samples_of(run, load_model(run), PCA)
    assert samples_of(run, load_model(run), PIXELS).held_out.shape == (359, 64)


def test_a_map_is_fitted_on_training_images_and_places_the_others(run):
    samples = samples_of(run, load_model(run), PCA)
    seen = []
    drawn = draw(samples, PCA, lambda share, places: seen.append((share, places)))
    projection = projections["pca"]().fit(samples.train)
    assert (drawn.train == projection.embedding_).all()
    assert (drawn.held_out == projection.transform(samples.held_out)).all()
    assert seen[-1][0] == 1.0
    assert (seen[-1][1] == drawn.held_out).all()
    assert drawn.seconds > 0


def test_a_method_that_places_nothing_new_is_fitted_on_all_and_says_so(run):
    spec = MapSpec.from_flat({"method": "umap", "densities": True, "fit_on": 60})
    samples = samples_of(run, load_model(run), spec)
    drawn = draw(samples, spec)
    assert drawn.together
    assert (len(drawn.train), len(drawn.held_out)) == (60, 359)


def test_a_ticket_is_what_decides_a_map(run):
    loaded = load_model(run)
    other = finished(epochs=2, latent_dim=3)

    def ticket(run, loaded, **values):
        return ticket_of(run, loaded, MapSpec.from_flat(values))

    assert ticket(run, loaded) == ticket(run, loaded, method="umap")
    assert ticket(run, loaded, of="pixels") == ticket(other, load_model(other), of="pixels")
    several = [
        ticket(run, loaded),
        ticket(other, load_model(other)),
        ticket(run, loaded, map_seed=1),
        ticket(run, loaded, neighbours=10),
        ticket(run, loaded, of="pixels"),
        ticket(run, loaded, method="pca"),
    ]
    assert len(set(several)) == len(several)


def asked_of(run, spec):
    return Asked(ticket_of(run, load_model(run), spec), run.id, spec)


def test_the_mapper_draws_what_is_asked_and_what_is_kept_is_what_was_drawn(run):
    mapper, asked = Mapper(home()), asked_of(run, PCA)
    assert mapper.shelf.standing(asked.ticket).state == "absent"
    assert not mapper.tick()
    mapper.shelf.ask(asked)
    assert mapper.shelf.standing(asked.ticket) == Standing("waiting")
    assert mapper.tick()
    assert mapper.shelf.standing(asked.ticket).state == "done"
    kept = mapper.shelf.known(asked.ticket)
    drawn = draw_and_judge(run, load_model(run), PCA)
    assert kept.measures == drawn.measures != {}
    assert (kept.held_out == drawn.held_out).all()
    assert (kept.train == drawn.train).all()
    assert not mapper.tick()
    assert sorted(path.suffix for path in mapper.shelf.folder.iterdir()) == [".map", ".of"]


def test_wishes_are_drawn_in_the_order_they_came(run):
    shelf = Shelf(home())
    for wish in (asked_of(run, PIXELS), asked_of(run, PCA), asked_of(run, PIXELS)):
        shelf.ask(wish)
        time.sleep(0.02)
    assert [asked.spec for asked in shelf.waiting()] == [PIXELS, PCA]


def test_not_too_many_wait(run, monkeypatch):
    monkeypatch.setattr("aecore.runs.desk.MOST_WAITING", 1)
    shelf = Shelf(home())
    for _ in range(2):
        shelf.ask(asked_of(run, PIXELS))
    with pytest.raises(StoreError, match="waiting already") as told:
        shelf.ask(asked_of(run, PCA))
    assert is_sentence(told.value)


def test_a_full_disk_stops_no_mapper(run, monkeypatch):
    mapper, asked = Mapper(home()), asked_of(run, PCA)
    mapper.shelf.ask(asked)

    def full(*_, **__):
        raise StoreError("Could not write x: No space left on device.")

    for module in ("aecore.maps.shelf", "aecore.runs.desk"):
        monkeypatch.setattr(f"{module}.write", full)
    assert mapper.tick()
    assert list(mapper.shelf.folder.iterdir()) == []


def test_who_cancels_leaves_nothing_behind(run, monkeypatch):
    mapper, asked = Mapper(home()), asked_of(run, PIXELS)
    monkeypatch.setattr("aecore.jobs.clerk.EVERY", 0)

    def cancelling(samples, spec, follow, memory):
        follow(0.1, np.zeros((359, 2), np.float32))
        assert mapper.shelf.frame(asked.ticket).places.shape == (359, 2)
        assert mapper.shelf.standing(asked.ticket) == Standing("working", 0.1)
        mapper.shelf.forget(asked.ticket)
        return draw(samples, spec, follow, memory)

    monkeypatch.setattr(jobs, "draw", cancelling)
    mapper.shelf.ask(asked)
    assert mapper.tick()
    assert list(mapper.shelf.folder.iterdir()) == []


def test_a_failure_is_told_once_and_can_be_tried_again(run, monkeypatch):
    mapper, asked = Mapper(home()), asked_of(run, MapSpec.from_flat({"method": CODE}))
    mapper.shelf.ask(asked)
    assert mapper.tick()
    told = mapper.shelf.standing(asked.ticket)
    assert (told.state, "The code has 3 numbers" in told.message) == ("failed", True)
    assert not mapper.tick()
    mapper.shelf.ask(asked)
    assert mapper.shelf.standing(asked.ticket).state == "waiting"

    def broken(*_):
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr(jobs, "draw", broken)
    assert mapper.tick()
    told = mapper.shelf.standing(asked.ticket)
    assert told.state == "failed"
    assert is_sentence(told.message)
    assert "nobody thought" not in told.message


def test_a_map_of_weights_that_are_gone_is_forgotten(run):
    mapper, asked = Mapper(home()), asked_of(run, PCA)
    mapper.shelf.ask(Asked("0" * 32, run.id, asked.spec))
    assert mapper.tick()
    assert mapper.shelf.standing("0" * 32).state == "absent"


def test_a_map_that_kills_its_mapper_is_given_up(run):
    mapper, asked = Mapper(home()), asked_of(run, PCA)
    mapper.shelf.ask(asked)
    mapper.shelf.tell(asked.ticket, Standing("working", 0.5, deaths=1))  # and the mapper is gone
    assert mapper.tick()
    told = mapper.shelf.standing(asked.ticket)
    assert told.state == "failed"
    assert "lost 2 times" in told.message
    assert is_sentence(told.message)


def test_damaged_files_are_as_if_they_were_not_there(run):
    mapper, asked = Mapper(home()), asked_of(run, PCA)
    mapper.shelf.ask(asked)
    mapper.tick()
    for path in mapper.shelf.folder.iterdir():
        path.write_bytes(b"\x08\0\0\0\0\0\0\0nonsense")
    assert mapper.shelf.known(asked.ticket) is None
    (mapper.shelf.folder / "x.asked").write_text("{")
    assert list(mapper.shelf.waiting()) == []


def test_the_least_recently_looked_at_go_first(run, monkeypatch):
    shelf = Shelf(home())
    monkeypatch.setattr("aecore.maps.shelf.MOST_KEPT", 2)
    drawn = draw(samples_of(run, load_model(run), PCA), PCA)
    for ticket in ("a", "b", "c"):
        shelf.keep(ticket, drawn)
        time.sleep(0.02)
        shelf.known("a")
    assert sorted(path.stem for path in shelf.folder.glob("*.map")) == ["a", "c"]


def test_one_process_draws_for_all_and_survives_its_own_death(run):
    """kill -9 amid a map: the next mapper goes on with it."""
    root = home()
    spec = MapSpec.from_flat({"method": "tsne", "iterations": "default", "fit_on": 1000})
    asked, shelf = asked_of(run, spec), Shelf(root)
    shelf.ask(asked)
    assert ensure_mapper(root)
    assert not ensure_mapper(root)
    first = clerk_process("mapper", root)
    try:
        wait(lambda: shelf.frame(asked.ticket) is not None)
        first.send_signal(signal.SIGKILL)
        first.wait(10)
        assert shelf.known(asked.ticket) is None
        wait(lambda: ensure_mapper(root))
        wait(lambda: shelf.standing(asked.ticket).state == "done")
        assert shelf.known(asked.ticket).held_out.shape == (359, 2)
        second = subprocess.run([sys.executable, "-m", "aecore.jobs.mapper"], timeout=60)
        assert second.returncode == 0
    finally:
        for process in (first, clerk_process("mapper", root)):
            if process is not None and process.is_running():
                process.kill()


def wait(condition, seconds=90):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
