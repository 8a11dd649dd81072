"""LeNet-FD: the distance between Gaussians, and features that see what they should."""

import numpy as np
import pytest
import torch
from kit import noise_images
from runs_kit import is_sentence
from scipy.linalg import sqrtm

from aecore.datasets import open_data
from aecore.errors import InputError
from aecore.metrics.frechet import (
    Moments,
    features_of,
    frechet_distance,
    lenet_fd,
    moments,
    train_features,
)

DICE = np.random.default_rng(0)


def spread(size):
    """A random covariance."""
    wide = DICE.normal(size=(size, 2 * size))
    return wide @ wide.T / size


def by_sqrtm(first, second):
    """The formula as it is written, with scipy's matrix root."""
    both = np.trace(sqrtm(first.covariance @ second.covariance).real)
    shift = ((first.mean - second.mean) ** 2).sum()
    return shift + np.trace(first.covariance) + np.trace(second.covariance) - 2 * both


@pytest.mark.parametrize("size", [1, 2, 20])
def test_agrees_with_the_formula_as_it_is_written(size):
    first, second = (Moments(DICE.normal(size=size), spread(size)) for _ in range(2))
    found = frechet_distance(first, second)
    assert found == pytest.approx(by_sqrtm(first, second))
    assert found == pytest.approx(frechet_distance(second, first))


def test_of_equal_spread_the_shift_is_left():
    shift = np.array([3.0, -4])
    assert frechet_distance(
        Moments(np.zeros(2), np.eye(2)), Moments(shift, np.eye(2))
    ) == pytest.approx(25)


def test_in_one_dimension_it_is_the_difference_of_deviations():
    first, second = (
        Moments(np.array([1.0]), np.array([[4.0]])),
        Moments(np.array([2.0]), np.array([[9.0]])),
    )
    assert frechet_distance(first, second) == pytest.approx(1 + (2 - 3) ** 2)


def test_features_that_never_fire_do_no_harm():
    flat = np.diag([1.0, 0, 0])
    assert frechet_distance(Moments(np.zeros(3), flat), Moments(np.zeros(3), flat)) == (
        pytest.approx(0, abs=1e-12)
    )
    assert frechet_distance(Moments(np.zeros(3), flat), Moments(np.zeros(3), 4 * flat)) == (
        pytest.approx(1)
    )


def test_moments_are_numpys():
    rows = DICE.normal(size=(50, 3))
    found = moments(torch.from_numpy(rows))
    assert np.allclose(found.mean, rows.mean(0))
    assert np.allclose(found.covariance, np.cov(rows.T))


@pytest.fixture(scope="module")
def digits():
    return open_data("digits")


@pytest.fixture(scope="module")
def lenet(digits):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aecore.metrics.frechet.STEPS", 150)  # enough for digits
        return train_features(digits.part("train"), digits.part_labels("train"))


def test_the_classifier_has_learned_its_classes(lenet, digits):
    with torch.no_grad():
        seen = lenet.head(lenet(digits.part("test") / 255)).argmax(1)
    assert (seen == digits.part_labels("test")).double().mean() > 0.88
    assert not lenet.training


def test_noise_is_further_off_than_damage_and_damage_than_other_images(lenet, digits):
    images = digits.images
    halves = lenet_fd(lenet, images[::2], images[1::2])
    damaged = images / 255 + 0.2 * noise_images((1, 8, 8), len(images), seed=1)
    noise = noise_images((1, 8, 8), len(images))
    slight, much = (lenet_fd(lenet, images, other) for other in (damaged, noise))
    assert 0 < 5 * halves < slight < much / 5
    assert lenet_fd(lenet, images, images) == pytest.approx(0, abs=1e-6)


def test_bytes_and_floats_are_the_same_images(lenet, digits):
    images = digits.part("test")
    assert np.allclose(features_of(lenet, images), features_of(lenet, images / 255))
    assert features_of(lenet, images).shape == (359, 84)


def test_the_seed_alone_decides_the_features(digits, monkeypatch):
    monkeypatch.setattr("aecore.metrics.frechet.STEPS", 20)
    given = (digits.part("train"), digits.part_labels("train"))
    first = train_features(*given)
    torch.manual_seed(99)
    before = torch.get_rng_state()
    again = train_features(*given)
    assert torch.equal(torch.get_rng_state(), before)
    pairs = zip(again.parameters(), first.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert not torch.equal(train_features(*given, seed=1).head.weight, first.head.weight)


@pytest.mark.parametrize("shape", [(3, 16, 12), (1, 28, 28), (1, 4, 4)])
def test_it_takes_every_shape(shape, monkeypatch):
    monkeypatch.setattr("aecore.metrics.frechet.STEPS", 1)
    images = (noise_images(shape, 90) * 255).byte()
    model = train_features(images, torch.arange(90) % 3)
    assert lenet_fd(model, images[:86], images[:86]) == pytest.approx(0, abs=1e-6)


def test_what_cannot_be_measured_is_refused_with_a_sentence(lenet, digits):
    one = Moments(np.zeros(1), np.eye(1))
    asks = (
        lambda: train_features(digits.images, torch.zeros(len(digits.images), dtype=torch.int64)),
        lambda: train_features(digits.images[:0], digits.labels[:0]),
        lambda: lenet_fd(lenet, digits.images, digits.images[:84]),
        lambda: frechet_distance(one, Moments(np.zeros(2), np.eye(2))),
    )
    for ask in asks:
        with pytest.raises(InputError) as caught:
            ask()
        assert is_sentence(caught.value)
