"""The probes against arithmetic in numpy, and what each can and cannot see."""

import numpy as np
import pytest
import torch
from runs_kit import is_sentence
from scipy.optimize import minimize

from aecore.datasets import open_data
from aecore.errors import InputError
from aecore.metrics.probes import linear_accuracy, neighbour_accuracy


def clouds(count, gap=1.5, seed=0):
    """(codes, labels) of three overlapping classes in the plane."""
    dice = np.random.default_rng(seed)
    labels = dice.integers(3, size=count)
    centres = gap * np.array([[0, 0], [1, 0], [0, 1]])
    return dice.normal(size=(count, 2)) + centres[labels], labels


TRAIN, TEST = clouds(300), clouds(200, seed=1)


def votes(train, labels, test, k):
    """The nearest neighbours' vote, one code after the other; the lowest class wins a tie."""
    near = [np.argsort(((train - code) ** 2).sum(1))[:k] for code in test]
    return np.array([np.bincount(labels[row]).argmax() for row in near])


def softmax_regression(train, labels, test):
    """The same regression by its own loss: ½ |W|² + Σ cross-entropy, the bias unpunished."""
    mean, std = train.mean(0), train.std(0)
    x, y = (train - mean) / std, np.eye(3)[labels]

    def loss(flat):
        w = flat.reshape(3, 3)
        logits = x @ w[:2] + w[2]
        return np.log(np.exp(logits).sum(1)).sum() - (logits * y).sum() + (w[:2] ** 2).sum() / 2

    w = minimize(loss, np.zeros(9)).x.reshape(3, 3)
    return ((test - mean) / std @ w[:2] + w[2]).argmax(1)


@pytest.mark.parametrize("k", [1, 5, 300, 1000])
def test_neighbours_vote_as_by_hand(k):
    expected = (votes(*TRAIN, TEST[0], min(k, 300)) == TEST[1]).mean()
    assert neighbour_accuracy(*TRAIN, *TEST, k) == expected


def test_the_linear_probe_is_a_softmax_regression():
    expected = (softmax_regression(*TRAIN, TEST[0]) == TEST[1]).mean()
    assert linear_accuracy(*TRAIN, *TEST) == pytest.approx(expected, abs=0.006)


def test_classes_far_apart_are_told_apart_and_random_labels_are_not():
    train, test = clouds(300, 100), clouds(200, 100, seed=1)
    dice = np.random.default_rng(2)
    for probe in (linear_accuracy, neighbour_accuracy):
        assert probe(*train, *test) == 1
        assert probe(train[0], dice.integers(3, size=300), *test) < 0.6


def test_only_the_linear_probe_is_free_of_the_axes_lengths():
    stretch = np.array([1e-4, 1e4])
    train, test = (TRAIN[0] * stretch, TRAIN[1]), (TEST[0] * stretch, TEST[1])
    assert linear_accuracy(*train, *test) == linear_accuracy(*TRAIN, *TEST)
    assert neighbour_accuracy(*train, *test) < neighbour_accuracy(*TRAIN, *TEST) - 0.05


def test_nearest_neighbours_do_not_see_a_collapse():
    small = [(codes * 1e-9, labels) for codes, labels in (TRAIN, TEST)]
    assert neighbour_accuracy(*small[0], *small[1]) == neighbour_accuracy(*TRAIN, *TEST)


def test_a_ring_around_a_disc_is_seen_by_neighbours_only():
    dice = np.random.default_rng(0)
    angle, labels = dice.uniform(0, 2 * np.pi, 600), np.arange(600) % 2
    radius = 1 + 2 * labels
    ring = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
    parts = (ring[:400], labels[:400], ring[400:], labels[400:])
    assert neighbour_accuracy(*parts) == 1
    assert linear_accuracy(*parts) < 0.75


def test_raw_digits_score_what_is_known():
    data = open_data("digits")
    parts = [v for s in ("train", "test") for v in (data.part(s), data.part_labels(s))]
    assert neighbour_accuracy(*parts) == pytest.approx(0.98, abs=0.012)
    assert 0.93 < linear_accuracy(*parts) < 0.98


def test_axes_that_never_vary_do_no_harm():
    idle = [(np.hstack([codes, np.ones((len(codes), 2))]), y) for codes, y in (TRAIN, TEST)]
    assert linear_accuracy(*idle[0], *idle[1]) == linear_accuracy(*TRAIN, *TEST)


@pytest.mark.parametrize("probe", [linear_accuracy, neighbour_accuracy])
@pytest.mark.parametrize(
    "changed",
    [{0: TRAIN[0][:9]}, {1: np.zeros(300)}, {2: TEST[0][:, :1]}, {3: TEST[1][:9]},
     {0: torch.full((300, 2), torch.inf)}],
    ids=["rows", "one class", "columns", "labels", "infinite"],
)  # fmt: skip
def test_what_does_not_match_is_refused_with_a_sentence(probe, changed):
    given = dict(enumerate((*TRAIN, *TEST))) | changed
    with pytest.raises(InputError) as caught:
        probe(*given.values())
    assert is_sentence(caught.value)
