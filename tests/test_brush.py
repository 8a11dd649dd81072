"""A test image that was drawn over: its restoration, its filling, their figures, and refusals."""

import base64
import json

import numpy as np
import pytest
import torch
from runs_kit import finished, is_sentence, taken_in
from skimage.metrics import peak_signal_noise_ratio
from skimage.restoration import inpaint_biharmonic
from test_routes import ask, opened, url

from aecore.datasets import open_data
from aecore.runs.inference import load_model
from ui.brush import filled, longest

TYPED = {"content_type": "application/json"}
NUMBER = 5


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AECORE_HOME", str(tmp_path_factory.mktemp("home")))
        return taken_in(finished(epochs=5))


@pytest.fixture
def run(made, monkeypatch):
    monkeypatch.setenv("AECORE_HOME", str(made.folder.parents[1]))
    return made


def body_of(image, touched, number=NUMBER):
    image, touched = (
        base64.b64encode(each.numpy().tobytes()).decode() for each in (image, touched)
    )
    return json.dumps({"number": number, "image": image, "touched": touched}).encode()


def post(run, body, **headers):
    return ask(url(run, "brush"), "POST", body, **(TYPED | headers))


def drawn():
    """The test image, the same with a white box on it, and where the box is."""
    clean = open_data("digits").part("test")[NUMBER : NUMBER + 1]
    touched = torch.zeros(8, 8, dtype=torch.uint8)
    touched[2:5, 3:6] = 200
    image = clean.clone()
    image[..., touched > 0] = 255
    return clean, image, touched


def psnr(image, clean):
    return peak_signal_noise_ratio(clean, image, data_range=1)


def test_the_figures_are_those_of_scikit_image(run):
    clean, image, touched = drawn()
    values, arrays = opened(post(run, body_of(image, touched)).body)
    x, y, where = clean[0, 0].numpy() / 255, image[0, 0].numpy() / 255, touched.numpy() > 0
    restored = load_model(run).model((image / 255).float()).clamp(0, 1)[0, 0].numpy()
    around = np.clip(inpaint_biharmonic(y, where), 0, 1)
    for name, made in {"drawn": y, "run": restored, "filled": around}.items():
        whole, part = values["psnr"][name]
        assert whole == pytest.approx(psnr(made, x), abs=1e-3)
        assert part == pytest.approx(psnr(made[where], x[where]), abs=1e-3)
    assert values["touched"] == 9
    assert (arrays["original"] == clean.numpy()).all()
    assert arrays["run"][0, 0] == pytest.approx(255 * restored, abs=0.51)
    assert arrays["filled"][0, 0] == pytest.approx(255 * around, abs=0.51)
    assert (arrays["filled"][0, 0][~where] == clean[0, 0].numpy()[~where]).all()


def test_where_nothing_is_drawn_there_is_nothing_to_fill(run):
    clean, _, touched = drawn()
    values, arrays = opened(post(run, body_of(clean, torch.zeros_like(touched))).body)
    assert values["touched"] == 0
    assert values["psnr"]["drawn"] == [100, None]
    assert set(arrays) == {"original", "run"}


def test_where_all_is_drawn_on_nothing_is_left_to_fill_from(run):
    clean, _, touched = drawn()
    values, arrays = opened(post(run, body_of(clean * 0, torch.ones_like(touched))).body)
    assert values["touched"] == 64
    assert set(values["psnr"]) == {"drawn", "run"}
    assert set(arrays) == {"original", "run"}


def test_a_ramp_is_filled_as_it_was_in_every_colour():
    ramp = torch.linspace(0.1, 0.9, 16).repeat(16, 1)
    image = torch.stack([ramp, ramp.T, 1 - ramp])[None]
    touched = torch.zeros(16, 16, dtype=torch.bool)
    touched[5:9, 6:11] = True
    erased = torch.where(touched, 0.0, image)
    assert filled(erased, touched).numpy() == pytest.approx(image.numpy(), abs=1e-3)


def test_a_colour_image_fits_into_a_request(monkeypatch, run):
    monkeypatch.setattr("ui.brush.shape_of", lambda run: (3, 32, 32))
    body = body_of(torch.zeros(3, 32, 32, dtype=torch.uint8), torch.zeros(32, 32).byte(), 10**8)
    assert len(body) <= longest(run) < 1.1 * len(body)


GOOD = base64.b64encode(bytes(64)).decode()


@pytest.mark.parametrize(
    "change",
    [{"number": -1}, {"number": 359}, {"number": "3"}, {"number": True}, {"number": 2.0},
     {"image": ""}, {"image": 7}, {"image": "é"}, {"touched": None}, {"touched": GOOD[:-4]},
     {"touched": [1]}, {"image": GOOD * 2}],
    ids=ascii,
)  # fmt: skip
def test_what_is_no_drawing_is_refused_in_one_sentence(run, change):
    body = json.dumps({"number": 0, "image": GOOD, "touched": GOOD, **change}).encode()
    answer = post(run, body)
    assert answer.code == 400
    assert is_sentence(answer.json()["error"])


@pytest.mark.parametrize("body", [b"", b"[]", b"[" * 300, b"null", b"{}", b"9" * 10_000])
def test_what_is_no_such_json_is_refused_in_one_sentence(run, body):
    answer = post(run, body)
    assert answer.code == 400
    assert is_sentence(answer.json()["error"])


def test_who_comes_from_elsewhere_is_refused(run):
    clean, _, touched = drawn()
    assert ask(url(run, "brush"), "POST", body_of(clean, touched)).code == 403
    evil = {"origin": "http://elsewhere", "host": "localhost"}
    assert post(run, body_of(clean, touched), **evil).code == 403
