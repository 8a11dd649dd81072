"""Neighbourhood metrics: known answers, scikit-learn, and a second, quadratic implementation."""

import numpy as np
import pytest
import torch
from runs_kit import is_sentence
from scipy.spatial.distance import cdist, pdist
from scipy.stats import spearmanr
from sklearn.manifold import trustworthiness
from sklearn.metrics import silhouette_score

from aecore.errors import InputError
from aecore.metrics import neighbours
from aecore.metrics.embedding import distance_correlation, neighbourhoods, silhouette

DICE = np.random.default_rng(0)
X = DICE.normal(size=(150, 6))
PLANE = X[:, :2] + 0.3 * DICE.normal(size=(150, 2))


def all_ranks(x):
    """Every rank at once, from every distance at once."""
    distances = cdist(x, x)
    np.fill_diagonal(distances, -1)
    return distances.argsort(1, kind="stable").argsort(1, kind="stable")


def by_sets(x, z, k):
    """Q_NX(k) from sets of neighbours."""
    near = [[set(np.flatnonzero((row > 0) & (row <= k))) for row in all_ranks(s)] for s in (x, z)]
    return sum(len(a & b) for a, b in zip(*near, strict=True)) / (k * len(x))


@pytest.mark.parametrize("most", [1 << 22, 1000, 1], ids=["at once", "six rows", "one row"])
def test_ranks_in_chunks_are_those_at_once(monkeypatch, most):
    monkeypatch.setattr(neighbours, "MOST_DISTANCES", most)
    chunks = list(neighbours.rank_chunks(X, PLANE))
    assert len(chunks) == -(-150 // max(1, most // 150))
    for place, space in enumerate((X, PLANE)):
        found = torch.cat([chunk[place] for chunk in chunks]).numpy()
        assert np.array_equal(found, all_ranks(space))


def test_of_equals_the_earlier_row_is_nearer():
    (ranks,) = next(neighbours.rank_chunks(np.ones((5, 2))))
    assert ranks.tolist()[2] == [1, 2, 0, 3, 4]


def test_far_from_the_origin_the_ranks_are_the_same():
    near, far = (next(neighbours.rank_chunks(X + shift))[0] for shift in (0, 1e6))
    assert torch.equal(near, far)


@pytest.mark.parametrize("k", [1, 5, 74])
def test_trustworthiness_and_continuity_are_scikit_learns(k):
    found = neighbourhoods(X, PLANE, k)
    assert found.trustworthiness == pytest.approx(trustworthiness(X, PLANE, n_neighbors=k))
    assert found.continuity == pytest.approx(trustworthiness(PLANE, X, n_neighbors=k))
    assert 0.5 < found.trustworthiness < 1


@pytest.mark.parametrize("k", [1, 2, 7, 80, 149])
def test_the_overlap_is_that_of_sets(k):
    assert neighbourhoods(X, PLANE).overlap[k - 1] == pytest.approx(by_sets(X, PLANE, k))


def test_a_turned_and_scaled_copy_is_perfect():
    turn, _ = np.linalg.qr(DICE.normal(size=(6, 6)))
    found = neighbourhoods(X, 7 * X @ turn + 3)
    assert (found.trustworthiness, found.continuity) == (1, 1)
    assert np.allclose(found.overlap, 1)
    assert np.allclose(found.beyond_chance, 1)
    assert found.area == pytest.approx(1)
    assert (found.split, found.local, found.distant) == (1, 1, 1)


def test_a_random_map_is_chance():
    found = neighbourhoods(DICE.normal(size=(800, 6)), DICE.normal(size=(800, 2)), 10)
    assert found.trustworthiness == pytest.approx(0.5, abs=0.02)
    assert found.continuity == pytest.approx(0.5, abs=0.02)
    k = np.arange(1, 800)
    assert np.abs(found.overlap - k / 799).max() < 0.01
    assert abs(found.area) < 0.01


def test_the_curve_and_its_summary_by_hand():
    """Four points on a line, of which the map swaps the two at one end."""
    found = neighbourhoods(np.array([[0.0], [1], [3], [7]]), np.array([[1.0], [0], [3], [7]]), 1)
    # Nearest in the first space: 1 0 1 2; in the second: 1 0 0 2. Two nearest: {1,2} {0,2} {1,0}
    # {2,1} and {1,2} {0,2} {0,1} {2,0}.
    assert found.overlap.tolist() == pytest.approx([3 / 4, 7 / 8, 1])
    assert found.beyond_chance.tolist() == pytest.approx([(3 * 3 / 4 - 1) / 2, 3 * 7 / 8 - 2])
    assert found.area == pytest.approx((0.625 + 0.625 / 2) / 1.5)
    assert found.split == 1
    assert (found.local, found.distant) == pytest.approx((3 / 4, 15 / 16))


def test_the_area_weighs_each_size_by_its_logarithm():
    found = neighbourhoods(X, PLANE)
    curve = [(149 * by_sets(X, PLANE, k) - k) / (149 - k) for k in (1, 2, 7)]
    assert found.beyond_chance[[0, 1, 6]].tolist() == pytest.approx(curve)
    sums = [sum(value / k for k, value in enumerate(values, 1))
            for values in (found.beyond_chance, np.ones(148))]  # fmt: skip
    assert found.area == pytest.approx(sums[0] / sums[1])
    assert found.area < found.beyond_chance.mean() - 0.05


def test_what_tears_is_continuous_less_than_trustworthy():
    """A ring cut open tears its ends apart; a ring flattened lays far points on each other."""
    angle = np.sort(DICE.uniform(0, 2 * np.pi, 300))
    ring = np.stack([np.cos(angle), np.sin(angle)], 1)
    cut, flat = neighbourhoods(ring, angle[:, None]), neighbourhoods(ring, ring[:, :1])
    assert cut.continuity < cut.trustworthiness
    assert flat.trustworthiness < flat.continuity


def test_codes_that_all_fell_together_are_not_praised():
    found = neighbourhoods(X, np.zeros((150, 2)))
    assert found.trustworthiness < 0.7
    assert found.continuity < 0.7
    assert abs(found.area) < 0.05


def test_silhouette_is_scikit_learns_and_of_a_sample_where_asked():
    labels = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
    assert silhouette(torch.from_numpy(X), torch.from_numpy(labels)) == pytest.approx(
        silhouette_score(X, labels)
    )
    apart = np.concatenate([X, X + 1000])
    kinds = np.arange(300) // 150
    assert silhouette(apart, kinds) > 0.99
    some = silhouette(apart, kinds, sample=50, seed=3)
    assert some > 0.99
    assert some == silhouette(apart, kinds, sample=50, seed=3) != silhouette(apart, kinds, 50, 4)


def test_distances_in_the_same_order_correlate_fully():
    assert distance_correlation(X, -3 * X + 1) == pytest.approx(1)
    line = np.array([[0.0], [1], [3]])
    assert distance_correlation(line, 1 / (line + 1)) == pytest.approx(
        spearmanr(pdist(line), pdist(1 / (line + 1))).statistic, abs=0.05
    )
    every = spearmanr(pdist(X), pdist(PLANE)).statistic
    assert distance_correlation(X, PLANE) == pytest.approx(every, abs=0.02)
    assert np.isnan(distance_correlation(X, np.zeros((150, 2))))


@pytest.mark.parametrize(
    "ask",
    [
        lambda: neighbourhoods(X, PLANE[:9]),
        lambda: neighbourhoods(X, PLANE, 75),
        lambda: neighbourhoods(X, PLANE, 0),
        lambda: neighbourhoods(X, np.full((150, 2), np.nan)),
        lambda: neighbourhoods(X[:0], X[:0]),
        lambda: silhouette(X, np.zeros(150)),
        lambda: silhouette(X, np.arange(150)),
        lambda: silhouette(X, np.arange(9)),
        lambda: distance_correlation(X[:2], X[:2]),
    ],
)
def test_what_cannot_be_measured_is_refused_with_a_sentence(ask):
    with pytest.raises(InputError) as caught:
        ask()
    assert is_sentence(caught.value)
