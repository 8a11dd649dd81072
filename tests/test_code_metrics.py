"""What of a code is in use, and how well a score finds the odd ones: known answers."""

import math

import numpy as np
import pytest
import torch
from runs_kit import is_sentence
from scipy.stats import entropy, rankdata

from aecore.errors import InputError
from aecore.metrics.anomaly import detection
from aecore.metrics.codes import dead_units, perplexity, sparsity

CODES = torch.tensor([[0.0, 2, 0, 0], [0, 0, -1, 0], [0, 3, 1, 0]])


def test_zeros_and_dead_units_are_counted():
    assert sparsity(CODES) == 8 / 12
    assert dead_units(CODES) == 2
    assert (sparsity(CODES + 1e-6), dead_units(CODES + 1e-6)) == (0, 0)
    assert (sparsity(torch.zeros(3, 4)), dead_units(torch.zeros(3, 4))) == (1, 4)


def test_top_k_codes_have_the_sparsity_that_they_must():
    generator = torch.Generator().manual_seed(0)
    dense = torch.rand(200, 10, generator=generator) + 1
    kept = torch.zeros_like(dense).scatter(1, dense.topk(3).indices, 1.0)
    assert sparsity(kept) == pytest.approx(0.7)


def test_perplexity_counts_what_is_used():
    assert perplexity(np.arange(8).repeat(5)) == pytest.approx(8)
    assert perplexity(torch.full((4, 3, 3), 2)) == 1
    assert perplexity([7, 7, 1, 1]) == pytest.approx(2)
    assert perplexity([0, 0, 0, 1]) == pytest.approx(4 / 27**0.25)


def test_perplexity_agrees_with_scipys_entropy():
    indices = np.random.default_rng(0).integers(12, size=(50, 4)) ** 2 // 12
    expected = math.exp(entropy(np.bincount(indices.ravel())))
    assert perplexity(indices) == pytest.approx(expected)


def by_ranks(scores, truth):
    """ROC-AUC as the rank sum of Mann and Whitney."""
    ranks, odd = rankdata(scores), truth.sum()
    return (ranks[truth == 1].sum() - odd * (odd + 1) / 2) / (odd * (len(truth) - odd))


def by_thresholds(scores, truth):
    """Average precision, one anomaly after the other; scores without ties."""
    falling = truth[np.argsort(-scores)]
    precision = falling.cumsum() / np.arange(1, len(truth) + 1)
    return precision[falling == 1].mean()


def test_detection_agrees_with_a_second_implementation():
    dice = np.random.default_rng(0)
    truth = (dice.random(300) < 0.2).astype(int)
    scores = dice.normal(size=300) + truth
    found = detection(scores, truth)
    assert found.roc_auc == pytest.approx(by_ranks(scores, truth))
    assert found.average_precision == pytest.approx(by_thresholds(scores, truth))
    assert found.prevalence == truth.mean()
    tied = scores.round()
    assert detection(tied, truth).roc_auc == pytest.approx(by_ranks(tied, truth))


def test_detection_by_hand():
    truth = torch.tensor([True, False, False, False])
    best = detection(torch.tensor([9.0, 1, 2, 3]), truth)
    assert (best.roc_auc, best.average_precision, best.prevalence) == (1, 1, 0.25)
    worst = detection(torch.tensor([0.0, 1, 2, 3]), truth)
    assert (worst.roc_auc, worst.average_precision) == (0, 0.25)
    blind = detection(torch.zeros(4), truth)
    assert (blind.roc_auc, blind.average_precision) == (0.5, 0.25)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: sparsity(CODES[:0]),
        lambda: dead_units(CODES / 0),
        lambda: perplexity([]),
        lambda: perplexity([3, -1]),
        lambda: detection(np.arange(4), np.zeros(4)),
        lambda: detection(np.arange(4), np.arange(4)),
        lambda: detection(np.arange(4), np.zeros(3)),
        lambda: detection(np.ones((4, 2)), np.arange(4) % 2),
    ],
)
def test_what_cannot_be_measured_is_refused_with_a_sentence(ask):
    with pytest.raises(InputError) as caught:
        ask()
    assert is_sentence(caught.value)
