"""What is refused before anything starts, and what it would cost."""

import random
from collections import Counter
from math import prod

import pytest
from runs_kit import SMALL, is_sentence
from test_spec import COMBINATIONS, draw

from aecore.datasets import open_data
from aecore.errors import InputError
from aecore.models import new_model
from aecore.runs import RunSpec, check, checks
from aecore.runs.spec import all_knobs
from aecore.training import TrainingSession


def refused(**flat):
    with pytest.raises(InputError) as caught:
        check(RunSpec.from_flat(flat))
    assert is_sentence(caught.value)
    return str(caught.value)


EXTREME = (0, -1, 1e9, 10**30, "1e400", "nan", "-inf", "", "x", None, True, [], {}, "९")


def hostile_settings(dice):
    """Settings of any run: some at their bounds, some anywhere, a few far beyond."""
    names = dice.choice(COMBINATIONS)
    flat = dict(names)
    for _, knob in all_knobs(names):
        chance = dice.random()
        if chance < 0.01:
            flat[knob.name] = dice.choice(EXTREME)
        elif chance < 0.2 and knob.low is not None:
            flat[knob.name] = dice.choice((knob.low, knob.high))
        elif chance < 0.4:
            flat[knob.name] = draw(knob, dice)
    return flat


def test_whatever_is_asked_for_has_a_cost_or_is_refused_in_a_sentence():
    dice, ended = random.Random(0), Counter()
    for _ in range(300):
        try:
            cost = check(RunSpec.from_flat(hostile_settings(dice)))
        except InputError as error:
            told = error
        else:
            assert min(cost.memory, cost.steps, cost.parameters, cost.train_images) > 0
            ended["cost"] += 1
            continue
        assert is_sentence(told), str(told)
        ended["refused"] += 1
    assert min(ended.values()) > 30


def test_a_denoiser_needs_noise():
    assert "choose a corruption" in refused(variant="denoising", corruption="none")


def test_what_takes_colour_away_needs_colour():
    grey = {"variant": "denoising", "corruption": "grey"}
    told = refused(**grey, dataset="digits")
    assert "1 channel" in told
    assert "a data set in colour" in told
    assert check(RunSpec.from_flat({**grey, "dataset": "image_patches"}))


@pytest.mark.parametrize("how", [{"batch_size": 1}, {"train_limit": 1}])
def test_batch_norm_needs_two_images(how):
    assert "two images" in refused(batch_norm=True, **how)


def test_small_images_cannot_be_halved_for_ever():
    assert "depth" in refused(network="conv", depth=6)


def test_what_does_not_fit_into_memory_is_refused(monkeypatch):
    largest = {"width": 4096, "depth": 6, "latent_dim": 4096}
    assert check(RunSpec.from_flat(SMALL))
    monkeypatch.setattr(checks, "ROOM", 1e-3)
    assert "GB of memory" in refused(**largest)


@pytest.mark.parametrize("variant", ["wae_mmd", "info_vae", "beta_tc_vae", "topological"])
def test_a_loss_over_pairs_of_images_costs_the_square_of_the_batch(variant):
    """Four times as many pairs; of the memory that does not grow with them, no part is counted."""

    def memory(kind, batch):
        flat = {"dataset": "mnist", "variant": kind, "latent_dim": 8, "batch_size": batch}
        return checks.estimate(RunSpec.from_flat(flat)).memory

    small, large = (memory(variant, n) - memory("autoencoder", n) for n in (8_192, 16_384))
    assert large == pytest.approx(4 * small, rel=0.01)
    assert small > 3e9
    assert "smaller batch" in refused(dataset="mnist", variant=variant, batch_size=54_000)


@pytest.mark.parametrize("network", ["mlp", "conv"])
@pytest.mark.parametrize("variant", ["autoencoder", "vae", "linear"])
@pytest.mark.parametrize(
    "limits", [{}, {"train_limit": 100, "batch_size": 64}, {"batch_size": 65_536, "epochs": 3}]
)
def test_the_cost_is_what_training_then_takes(variant, network, limits):
    spec = RunSpec.from_flat({**SMALL, "variant": variant, "network": network, **limits})
    cost = check(spec)
    data = open_data(spec.dataset, spec.source, spec.splits)
    model = new_model(variant, spec.model, spec.make_network(data.shape), data.mean, 0)
    session = TrainingSession(model, data, spec.make_corruption(), spec.training)
    assert cost.parameters == sum(p.numel() for p in model.parameters())
    assert cost.steps == session.total_steps
    assert cost.code_size == model.code_size == 2
    assert cost.train_images == data.size("train")
    assert cost.pixels == prod(data.shape)
    assert cost.memory > 4 * 7 * cost.parameters


def test_the_largest_model_is_counted_without_being_made():
    cost = checks.empty_model
    spec = RunSpec.from_flat({"width": 4096, "depth": 6, "latent_dim": 4096})
    model = cost(spec.variant, spec.model, spec.make_network((1, 8, 8)))
    assert model.parameter_count() > 10**7
    assert all(parameter.is_meta for parameter in model.parameters())
