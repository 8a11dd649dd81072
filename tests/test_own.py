"""A person's own image: where it lands on maps, what is told of it, and what is refused."""

import base64
import json
from urllib.parse import urlencode

import numpy as np
import pytest
import torch
from runs_kit import finished, is_sentence, taken_in
from test_routes import ask, opened, url

import ui.maps
import ui.routes
from aecore.datasets import open_data
from aecore.datasets.ink import ink_extent
from aecore.errors import InputError
from aecore.jobs.mapper import Mapper
from aecore.maps import CODE, MapSpec, draw, samples_of
from aecore.maps.place import Known, place_new
from aecore.maps.samples import chosen, rows_of
from aecore.metrics.reconstruction import mse_per_image
from aecore.projections import projections
from aecore.runs.inference import load_model

TYPED = {"content_type": "application/json"}
MAPS = [
    MapSpec.from_flat({"method": m, "of": of}) for m in projections for of in ("code", "pixels")
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A finished run whose code has two numbers, and its maps, drawn."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AECORE_HOME", str(tmp_path_factory.mktemp("home")))
        run = taken_in(finished(latent_dim=2, epochs=20))
        loaded = load_model(run)
        code = MapSpec.from_flat({"method": CODE})
        maps = {spec: draw(samples_of(run, loaded, spec), spec) for spec in (*MAPS, code)}
    return run, loaded, maps


def known_of(loaded, spec):
    data = open_data("digits")
    which = chosen(data, spec.config)
    return Known(which, rows_of(loaded, data.images[which], spec.config))


def placed(made, spec, images):
    """Where images (k, C, H, W) stand on a map of the run."""
    _, loaded, maps = made
    rows = rows_of(loaded, images, spec.config)
    return place_new(rows, spec, maps[spec], known_of(loaded, spec))


def named(method):
    return [spec for spec in MAPS if (spec.method == "pca") == (method == "pca")]


@pytest.mark.parametrize("spec", named("pca"), ids=lambda spec: spec.title)
def test_a_test_image_lands_where_the_pca_has_it(made, spec):
    images = open_data("digits").part("test", 50)
    found = placed(made, spec, images)
    assert found == pytest.approx(made[2][spec].held_out[:50], abs=1e-4)
    assert np.ptp(found, axis=0).min() > 0.1


def test_on_the_map_of_the_code_an_image_stands_where_its_code_is(made):
    images = open_data("digits").part("test", 50)
    spec = MapSpec.from_flat({"method": CODE})
    codes = made[1].model.encode(images / 255).numpy()
    assert placed(made, spec, images) == pytest.approx(codes, abs=1e-5)


@pytest.mark.parametrize("spec", named("other"), ids=lambda spec: spec.title)
def test_a_training_image_lands_on_its_own_place(made, spec):
    data = open_data("digits")
    which = chosen(data, spec.config)[:40]
    found = placed(made, spec, data.images[which])
    assert found == pytest.approx(made[2][spec].train[:40], abs=1e-3)


@pytest.mark.parametrize("spec", named("other"), ids=lambda spec: spec.title)
def test_another_image_lands_among_those_it_is_nearest_to(made, spec):
    data = open_data("digits")
    images = data.part("test", 20)
    rows = rows_of(made[1], data.images[chosen(data, spec.config)], spec.config)
    for place, row in zip(placed(made, spec, images), rows_of(made[1], images, spec.config),
                          strict=True):  # fmt: skip
        apart = np.linalg.norm(rows - row, axis=1)
        near = apart.argsort()[:5]
        theirs, weights = made[2][spec].train[near], 1 / apart[near]
        assert place == pytest.approx(weights @ theirs / weights.sum(), abs=1e-3)


def test_what_is_not_finite_has_no_place(made):
    spec = MAPS[0]
    known = known_of(made[1], spec)
    rows = np.full((1, 2), np.nan, np.float32)
    for action in (
        lambda: place_new(rows, spec, made[2][spec], known),
        lambda: known.nearest(rows),
        lambda: Known(known.which[:2], np.full((2, 2), np.inf, np.float32)),
        lambda: Known(known.which[:1], known.rows[:1]),
    ):
        with pytest.raises(InputError) as refused:
            action()
        assert is_sentence(refused.value)


def test_ink_is_measured_as_wide_as_it_is():
    image = torch.zeros(1, 1, 28, 28, dtype=torch.uint8)
    image[0, 0, 4:24, 10:17] = 200
    assert ink_extent(image) == pytest.approx(20 / 28)
    assert ink_extent(image.mT) == pytest.approx(20 / 28)
    faint = image // 2
    assert ink_extent(faint) == 1
    assert ink_extent(torch.cat([image, faint])) == pytest.approx(20 / 28)


@pytest.fixture
def run(made, monkeypatch):
    """The run, where the routes find it; maps are drawn only by whom a test calls."""
    run = made[0]
    monkeypatch.setenv("AECORE_HOME", str(run.folder.parents[1]))
    monkeypatch.setattr(ui.maps, "ensure_mapper", lambda root: False)
    return run


def body_of(image, maps=()):
    pixels = base64.b64encode(image.numpy().tobytes()).decode()
    return json.dumps({"image": pixels, "maps": list(maps)}).encode()


def post(run, body, **headers):
    return ask(url(run, "own"), "POST", body, **(TYPED | headers))


def test_the_answer_tells_what_becomes_of_an_image(run):
    data, model = open_data("digits"), load_model(run).model
    image, test = data.part("validation")[7:8], data.part("test") / 255
    values, arrays = opened(post(run, body_of(image)).body)
    error = float(mse_per_image(model(image / 255), image / 255))
    assert values["error"] == pytest.approx(error)
    assert values["larger_than"] == int((mse_per_image(model(test), test) < error).sum())
    assert (values["tested"], values["known"], values["places"]) == (359, 1079, [])
    wanted = (model(image / 255) * 255).round().clamp(0, 255)
    assert np.abs(arrays["reconstruction"] - wanted.numpy()).max() <= 1
    train, labels = data.part("train") / 255, data.part_labels("train")
    apart = (train - image / 255).flatten(1).norm(dim=1)
    nearest = apart.argsort()[:5]
    assert arrays["distances_pixels"] == pytest.approx(apart[nearest].numpy(), rel=1e-5)
    assert (arrays["labels_pixels"] == labels[nearest].numpy()).all()
    assert (arrays["near_pixels"] == data.part("train")[nearest].numpy()).all()
    apart = (model.encode(train) - model.encode(image / 255)).norm(dim=1).sort().values
    assert arrays["distances_code"] == pytest.approx(apart[:5].numpy(), rel=1e-3)
    assert list(run.folder.parents[1].glob("maps/*.asked")) == []


def test_it_lands_on_the_maps_that_are_drawn(run):
    image = open_data("digits").part("test")[7:8]
    pca, never = (urlencode({"method": "pca", "map_seed": seed}) for seed in (8, 9))
    ask(url(run, f"map?{pca}"))
    assert Mapper(run.folder.parents[1]).tick()
    there = opened(ask(url(run, f"map?{pca}")).body)[1]["places"][7]
    places = opened(post(run, body_of(image, [pca, never])).body)[0]["places"]
    assert places[0] == pytest.approx(there, abs=1e-4)
    assert places[1] is None


def test_a_model_without_a_code_has_neighbours_in_pixels_only(monkeypatch):
    bridged = taken_in(finished(variant="unet_denoiser", epochs=1, corruption="gaussian"))
    image = open_data("digits").part("test", 1)
    values, arrays = opened(post(bridged, body_of(image)).body)
    assert values["error"] > 0
    assert set(arrays) == {"reconstruction", "near_pixels", "labels_pixels", "distances_pixels"}


GOOD = base64.b64encode(bytes(64)).decode()


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"[" * 3000, b"null", b'{"image": 3, "maps": []}', b'{"image": "", "maps": []}',
     json.dumps({"image": "é", "maps": []}).encode(),
     json.dumps({"image": base64.b64encode(bytes(63)).decode(), "maps": []}).encode(),
     json.dumps({"image": GOOD}).encode(), json.dumps({"image": GOOD, "maps": "pca"}).encode(),
     json.dumps({"image": GOOD, "maps": [1]}).encode(),
     json.dumps({"image": GOOD, "maps": [""] * 7}).encode(),
     json.dumps({"image": GOOD, "maps": ["x" * 500]}).encode(),
     json.dumps({"image": GOOD, "maps": ["method=umpa"]}).encode(),
     json.dumps({"image": GOOD, "maps": ["of=sound"]}).encode(), b"9" * 100_000],
    ids=lambda body: ascii(body[:30]),
)  # fmt: skip
def test_what_is_no_image_is_refused_in_one_sentence(run, body):
    answer = post(run, body)
    assert answer.code == 400
    assert is_sentence(answer.json()["error"])


def test_who_comes_from_elsewhere_is_refused(run):
    image = open_data("digits").part("test", 1)
    assert ask(url(run, "own"), "POST", body_of(image)).code == 403
    evil = {"origin": "http://elsewhere", "host": "localhost"}
    assert post(run, body_of(image), **evil).code == 403


def test_a_colour_image_and_six_long_maps_fit_into_a_request(monkeypatch, run):
    monkeypatch.setattr("ui.own.shape_of", lambda run: (3, 32, 32))
    image = torch.zeros(3, 32, 32, dtype=torch.uint8)
    body = body_of(image, ["m" * 400] * 6)
    assert len(body) <= ui.routes.own.longest(run)
