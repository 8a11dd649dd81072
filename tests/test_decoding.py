"""The decoder under the hand: which numbers can be moved, and the image of any code."""

from urllib.parse import urlencode

import numpy as np
import pytest
import torch
from runs_kit import is_sentence, taken_in
from test_routes import ask, opened, url

from aecore.datasets import open_data
from aecore.jobs.drive import Driver
from aecore.metrics.likelihood import kl_per_dimension
from aecore.runs import RunSpec, RunStore
from aecore.runs.inference import load_model

RUN = {"dataset": "digits", "width": 16, "epochs": 2, "latent_dim": 5}


@pytest.fixture(scope="module")
def home_of(tmp_path_factory):
    """A finished run of a variant, trained once."""
    made = {}

    def get(variant):
        if variant not in made:
            spec = RunSpec.from_flat({**RUN, "variant": variant})
            run = RunStore(tmp_path_factory.mktemp("home")).create(spec)
            for _ in Driver(run).events():
                pass
            made[variant] = taken_in(run)
        return made[variant]

    return get


@pytest.fixture
def run_of(home_of, monkeypatch):
    """The same, where the routes find it."""

    def get(variant="vae"):
        run = home_of(variant)
        monkeypatch.setenv("AECORE_HOME", str(run.folder.parents[1]))
        return run

    return get


def codes_of(run):
    with torch.no_grad():
        return load_model(run).model.encode(open_data("digits").part("test") / 255)


def image_of(run, code):
    with torch.no_grad():
        made = load_model(run).model.decode(code)
    return (made.clamp(0, 1) * 255).numpy()


def close(left, right):
    return np.abs(left.astype(float) - right).max() <= 1


def test_numbers_stand_by_what_they_tell_and_reach_nearly_all_images(run_of):
    run = run_of()
    values, arrays = opened(ask(url(run, "axes")).body)
    codes, model = codes_of(run).numpy(), load_model(run).model
    nats = kl_per_dimension(model, open_data("digits").part("test") / 255).numpy()
    assert (values["numbers"], values["images"], values["draws"]) == (5, 359, True)
    assert (values["by"], values["classes"]) == ("kl", [])
    assert sorted(arrays["axis"]) == [0, 1, 2, 3, 4]
    assert arrays["use"] == pytest.approx(nats[arrays["axis"]], rel=1e-4)
    assert (np.diff(arrays["use"]) <= 0).all()
    for at, axis in enumerate(arrays["axis"]):
        inside = (codes[:, axis] >= arrays["low"][at]) & (codes[:, axis] <= arrays["high"][at])
        assert 0.98 < inside.mean() < 1


def test_numbers_without_a_prior_stand_by_how_much_they_vary(run_of):
    run = run_of("autoencoder")
    values, arrays = opened(ask(url(run, "axes")).body)
    codes = codes_of(run).numpy()
    assert (values["by"], values["draws"]) == ("variance", False)
    assert arrays["use"] == pytest.approx(codes.var(0)[arrays["axis"]], rel=1e-4)
    assert (np.diff(arrays["use"]) <= 0).all()


def test_a_label_that_the_model_is_told_is_no_number_to_move(run_of):
    run = run_of("conditional_vae")
    values, arrays = opened(ask(url(run, "axes")).body)
    assert values["numbers"] == 5
    assert sorted(arrays["axis"]) == [0, 1, 2, 3, 4]
    assert values["classes"] == [str(digit) for digit in range(10)]
    assert ask(url(run, "decoded?moved=5:1")).code == 400
    code = codes_of(run)[7:8].clone()
    code[0, 5:] = torch.eye(10)[3]
    assert close(
        opened(ask(url(run, "decoded?start=7&label=3")).body)[1]["image"], image_of(run, code)
    )
    for label in ("10", "x"):
        assert ask(url(run, f"decoded?label={label}")).code == 400


def test_the_image_is_that_of_the_code(run_of):
    run = run_of()
    codes = codes_of(run)
    _, arrays = opened(ask(url(run, "decoded?start=7")).body)
    assert close(arrays["image"], image_of(run, codes[7:8]))
    _, arrays = opened(ask(url(run, "decoded")).body)
    assert close(arrays["image"], image_of(run, codes.mean(0, keepdim=True)))
    moved = codes[7:8].clone()
    moved[0, 3], moved[0, 0] = 1.5, -2.0
    values, arrays = opened(ask(url(run, "decoded?start=7&moved=3:1.5,0:-2")).body)
    assert close(arrays["image"], image_of(run, moved))
    order = opened(ask(url(run, "axes")).body)[1]["axis"]
    assert arrays["numbers"] == pytest.approx(moved[0].numpy()[order], abs=1e-5)
    again = opened(ask(url(run, "decoded?start=7")).body)[1]["image"]
    assert close(again, image_of(run, codes[7:8]))  # what was moved was a copy


def test_a_draw_from_the_prior_is_fixed_by_its_seed(run_of):
    def image(seed):
        return opened(ask(url(run_of(), f"decoded?start=prior&seed={seed}")).body)[1]["numbers"]

    assert (image(1) == image(1)).all()
    assert (image(1) != image(2)).any()


@pytest.mark.parametrize(
    "wish",
    [{"start": "359"}, {"start": "-1"}, {"start": "x"}, {"moved": "5:1"}, {"moved": "1"},
     {"moved": "1:nan"}, {"moved": "a:1"}, {"moved": ",".join(["1:1"] * 40)},
     {"start": "prior", "seed": "x"}],
)  # fmt: skip
def test_what_is_no_code_is_refused_in_one_sentence(run_of, wish):
    answer = ask(url(run_of(), f"decoded?{urlencode(wish)}"))
    assert answer.code == 400
    assert is_sentence(answer.json()["error"])


def test_who_has_no_prior_or_no_code_says_so(run_of):
    answer = ask(url(run_of("autoencoder"), "decoded?start=prior"))
    assert (answer.code, "no prior" in answer.json()["error"]) == (400, True)
    for rest in ("axes", "decoded"):
        answer = ask(url(run_of("unet_denoiser"), rest))
        assert (answer.code, "no code" in answer.json()["error"]) == (400, True)


def test_far_away_codes_have_an_image_too(run_of):
    _, arrays = opened(ask(url(run_of(), "decoded?moved=0:1e30")).body)
    assert arrays["image"].shape == (1, 1, 8, 8)
