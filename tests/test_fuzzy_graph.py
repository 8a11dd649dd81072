"""UMAP's fuzzy graph beside scikit-learn's neighbours and umap-learn's weights, and its draws."""

import pytest
import torch
from scipy.stats import chisquare
from sklearn.neighbors import NearestNeighbors

from aecore.models import fuzzy_graph as graphs
from aecore.models.fuzzy_graph import Graph, fuzzy_graph, nearest
from aecore.projections.fuzzy_graph import curve, memberships

WEIGHTS = {
    (0, 1): 1.0, (0, 2): 0.7402, (0, 3): 0.7648, (1, 2): 1.0, (1, 3): 0.6367,
    (2, 3): 0.4697, (2, 4): 0.3517, (3, 4): 1.0, (3, 5): 0.3963, (4, 5): 1.0,
    (4, 6): 0.2045, (4, 7): 0.3958, (5, 6): 0.9189, (5, 7): 0.6042, (6, 7): 1.0,
}  # fmt: skip
"""umap-learn 0.5.12: `fuzzy_simplicial_set(X, 4, RandomState(0), "euclidean")` of `eight()`."""


def eight():
    at = torch.arange(8.0)
    return torch.stack([at**2, 5 * (at % 3), 3 * (at % 2)], 1)


def rows(count=500, size=6, seed=0):
    return torch.randn(count, size, generator=torch.Generator().manual_seed(seed))


def weights_of(graph, count):
    weights = torch.zeros(count, count, dtype=torch.float64)
    weights[graph.heads, graph.tails] = graph.sums.diff(prepend=torch.zeros(1).double())
    return weights


@pytest.mark.parametrize("far", [0, 1000], ids=["around 0", "far from 0"])
def test_the_nearest_are_those_of_scikit_learn(monkeypatch, far):
    monkeypatch.setattr(graphs, "CHUNK", 70)
    x = (rows() + far).double()
    distances, places = NearestNeighbors(n_neighbors=8).fit(x).kneighbors()
    found_places, found = nearest(x.float(), 8)
    assert (found_places.numpy() == places).all()
    assert found.numpy() == pytest.approx(distances, abs=1e-5)


def test_images_that_are_equal_have_no_distance_and_are_surely_neighbours():
    x = torch.cat([rows(40)] * 3)
    _, distances = nearest(x, 9)
    assert (distances[:, :2] == 0).all()
    assert (distances[:, 2:] > 0).all()
    sure = memberships(distances)
    assert (sure[:, :3] == 1).all()
    assert sure.isfinite().all()
    assert memberships(torch.zeros(3, 4)).eq(1).all()


def test_a_row_of_memberships_adds_up_to_the_logarithm_of_its_length():
    _, distances = nearest(rows(), 9)
    sure = memberships(distances)
    torch.testing.assert_close(sure.sum(1), torch.full((500,), 10.0).log2(), rtol=0, atol=1e-4)
    assert (sure.diff(dim=1) <= 0).all()
    torch.testing.assert_close(memberships(7 * distances), sure, rtol=0, atol=1e-4)


def test_the_weights_are_those_of_umap_learn():
    weights = weights_of(fuzzy_graph(eight(), 4), 8)
    assert torch.equal(weights, weights.T)
    found = {(a, b): float(weights[a, b]) for a, b in weights.triu().nonzero().tolist()}
    assert found == pytest.approx(WEIGHTS, abs=1e-4)


def test_few_images_are_all_neighbours():
    assert (weights_of(fuzzy_graph(rows(3), 15), 3) > 0).sum() == 6


def test_edges_are_drawn_as_often_as_they_weigh():
    weights = torch.tensor([1.0, 5.0, 0.5, 3.5], dtype=torch.float64)
    graph = Graph(torch.tensor([0, 1, 2, 3]), torch.tensor([3, 2, 1, 0]), weights.cumsum(0))
    torch.manual_seed(0)
    heads, tails = graph.draw(200_000)
    assert torch.equal(heads + tails, torch.full_like(heads, 3))
    counts = torch.bincount(heads, minlength=4)
    assert chisquare(counts.numpy(), (weights * 20_000).numpy()).pvalue > 0.01


def test_the_curve_is_that_of_umap_learn():
    """`find_ab_params(1.0, min_dist)` of umap-learn 0.5.12."""
    assert curve(0.1) == pytest.approx((1.57694, 0.89506), abs=1e-4)
    assert curve(0.5) == pytest.approx((0.58303, 1.33417), abs=1e-4)
