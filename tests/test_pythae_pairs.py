"""The comparison with pythae: our half of it on few images, and what its table says.

pythae itself is not installed here; whoever runs the comparison gets both gradients compared.
"""

from dataclasses import replace
from math import isfinite

import pytest
import torch

from aecore.models import variants
from benchmarks.variants import ours
from benchmarks.variants.pairs import BATCH, PAIRS, SHORT
from benchmarks.variants.rows import BETTER, Row, line
from benchmarks.variants.trained import images_of, measures

TINY = replace(SHORT, train=3 * BATCH, test=100, epochs=1)


@pytest.fixture
def mnist(mnist_or_like, monkeypatch):
    monkeypatch.setenv("AECORE_DATA", str(mnist_or_like))


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.variant)
def test_our_half_trains_from_the_weights_that_it_gives_away(pair, mnist):
    values = pair.ours(TINY, seed=3)
    data = images_of(values, TINY)
    assert {split: data.size(split) for split in data.splits} == {
        "train": 300, "validation": 256, "test": 100
    }  # fmt: skip
    first = ours.fresh(values, data)
    for one, other in zip(ours.halves(first), ours.halves(ours.fresh(values, data)), strict=True):
        assert torch.equal(one, other)
    trained = ours.train(values, data)
    code, x_hat = trained.copy(data.part("test") / 255)
    assert code.shape == (100, first.code_size)
    assert x_hat.shape == (100, *data.shape)
    found = measures(trained, data)
    assert list(found) == list(BETTER)
    assert all(isfinite(value) for value in found.values())
    untrained = measures(replace(trained, copy=lambda x: (first.encode(x), first(x))), data)
    assert found["MSE per pixel"] < untrained["MSE per pixel"]


def test_gradients_are_those_of_the_whole_loss_and_the_same_for_the_same_seed(mnist):
    pair = next(pair for pair in PAIRS if pair.variant == "beta_vae")
    values = pair.ours(TINY, 0)
    data = images_of(values, TINY)
    x = data.part("train", 8) / 255
    model = ours.fresh(values, data)
    found = ours.gradients(model, x, 1)
    torch.manual_seed(1)
    terms = model.loss(x, x)
    (terms["reconstruction"] + terms["kl"]).backward()
    for gradient, parameter in zip(found, model.parameters(), strict=True):
        torch.testing.assert_close(gradient, parameter.grad)


def test_a_pair_sets_only_knobs_that_our_variant_has():
    for pair in PAIRS:
        values = variants[pair.variant].Config(**pair.knobs)
        assert {name: getattr(values, name) for name in pair.knobs} == dict(pair.knobs)


def row(measure, mine, its):
    return Row("vae", measure, mine, its)


def test_as_good_means_better_or_within_the_larger_spread():
    assert row("MSE per pixel", [1.0, 1.0], [2.0, 2.0]).reached
    assert not row("MSE per pixel", [2.0, 2.0], [1.0, 1.0]).reached
    assert row("MSE per pixel", [2.0, 2.0], [1.0, 2.0]).reached
    assert row("5-NN accuracy", [0.9, 0.9], [0.8, 0.8]).reached
    assert not row("5-NN accuracy", [0.8, 0.8], [0.9, 0.9]).reached
    assert row("linear accuracy", [0.7, 0.9], [0.9, 0.9]).reached


def test_speed_is_compared_seed_by_seed():
    fast = row("seconds", [1.0, 10.0, 1.0], [1.6, 16.0, 9.0])
    assert fast.times_as_fast == pytest.approx(1.6)
    assert fast.reached
    assert fast.to_json()["times_as_fast"] == pytest.approx(1.6)
    assert not row("seconds", [1.0], [1.4]).reached
    assert not row("seconds", [1.6], [1.0]).reached


def test_what_is_not_reached_stands_in_the_table_as_such():
    assert "| 1.40 times as fast, ≥ 1.5: not reached |" in line(row("seconds", [1.0], [1.4]))
    assert "| as good: not reached |" in line(row("5-NN accuracy", [0.5], [0.6]))
    told = line(row("MSE per pixel", [0.01, 0.03], [0.05, 0.05]))
    assert (
        told
        == "| vae | MSE per pixel | 0.02 (0.01 to 0.03) | 0.05 (0.05 to 0.05) | as good: reached |"
    )
