"""Our graph and layout for UMAP beside umap-learn's, and beside sums by hand."""

import subprocess
import sys
import threading

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix
from sklearn.manifold import trustworthiness

from aecore.datasets import open_data
from aecore.projections import fuzzy_graph as ours
from aecore.projections import projections, quick_layout
from aecore.projections import umap_learn as theirs
from aecore.projections.base import unwatched
from aecore.projections.neighbours import Search, nearest_others
from aecore.projections.pca import PCA
from aecore.projections.quick_layout import QuickLayout, forces_of


@pytest.fixture(scope="module")
def digits():
    return open_data("digits").part("train").flatten(1).numpy().astype(np.float32) / 255


def made(seed=0, **values):
    kind = projections["umap"]
    return kind(kind.Config(**values), seed)


@pytest.mark.parametrize("count", [1, 2, 14])
def test_the_weights_are_those_of_umap_learn(digits, count):
    """umap-learn lets a row's sum be wrong by 1e-5, and an edge is made of two."""
    x = np.concatenate([digits[:400], digits[:40], digits[:40]])  # some have equals
    near = nearest_others(x, count)
    graph, wanted = ours.fuzzy_graph(near), theirs.fuzzy_graph(near)
    assert graph.nnz == wanted.nnz
    assert abs(graph - wanted).max() < 2e-5


def test_the_bridge_and_where_it_leads_are_those_of_umap_learn(digits):
    near = Search(digits[:500]).of(digits[500:600], 15)
    bridge, wanted = ours.fuzzy_bridge(near, 500), theirs.fuzzy_bridge(near, 500)
    assert bridge.shape == (100, 500)
    assert abs(bridge - wanted).max() < 1e-5
    places = np.random.default_rng(0).normal(size=(500, 2)).astype(np.float32)
    known = theirs.umap_learn().init_graph_transform(wanted, places)
    assert ours.between(bridge, places) == pytest.approx(known, abs=1e-4)


@pytest.mark.parametrize("min_dist", [0.0, 0.1, 0.99])
def test_the_curve_is_umap_learns_own(min_dist):
    wanted = theirs.umap_learn().find_ab_params(1.0, min_dist)
    assert ours.curve(min_dist) == pytest.approx(wanted, rel=1e-9)


def test_forces_are_the_gradients_of_likelihoods():
    """Of log q and log(1 − q) with q = 1 / (1 + a d^2b); 0.001 keeps the second finite."""
    a, b = ours.curve(0.1)
    at = torch.logspace(-2, 1, 200, dtype=torch.float64).requires_grad_()
    q = 1 / (1 + a * at.square() ** b)
    wanted = [
        torch.autograd.grad(term.log().sum(), at, retain_graph=True)[0] for term in (q, 1 - q)
    ]
    squared = at.detach().square()
    wanted[1] *= squared / (0.001 + squared)
    octave = squared.log2().floor()
    cell = ((octave - quick_layout.LOW + squared / 2**octave - 1) * 2**quick_layout.FINE).long()
    found = torch.from_numpy(forces_of(a, b))[:, cell].double() * at.detach()
    torch.testing.assert_close(found, torch.stack(wanted), rtol=4e-3, atol=0)


def by_hand(place, share, epochs, step):
    """One sample and one fixed other at 0, which is its neighbour and every stranger as well."""
    a, b = ours.curve(0.1)
    for number in range(epochs):
        if int(share * (number + 1)) == int(share * number):
            continue
        for turn in range(6):
            squared = (place**2).sum()
            force = 2 * b / ((0.001 + squared) * (1 + a * squared**b))
            if turn == 0:
                force = -2 * a * b * squared ** (b - 1) / (1 + a * squared**b)
            place = place + step * (1 - number / epochs) * np.clip(force * place, -4, 4)
    return place


@pytest.mark.parametrize("start", [(0.3, 0.2), (6.0, -1.0), (0.001, 0.01)])
@pytest.mark.parametrize("step", [1.0, 0.25])
def test_a_sample_goes_where_sums_by_hand_send_it(start, step):
    """The second sample has the weight 1, by which the first's is measured."""
    places = np.array([start, (5.0, 5.0)], np.float32)
    graph = csr_matrix(np.array([[0.4], [1.0]], np.float32))
    layout = QuickLayout(20, ours.curve(0.1), 0, step)
    moved = layout.run(places, graph, unwatched, np.zeros((1, 2), np.float32))
    assert moved[0] == pytest.approx(by_hand(np.array(start), 0.4, 20, step), rel=0.02)
    assert moved[1] == pytest.approx(by_hand(np.array([5.0, 5.0]), 1.0, 20, step), rel=0.02)
    assert (places == np.array([start, (5.0, 5.0)], np.float32)).all()


def test_an_edge_moves_both_of_its_ends():
    """The second sample has no edge of its own: only the first's moves it."""
    places = np.array([[-9.0, 0.0], [9.0, 0.0]], np.float32)
    one_way = csr_matrix(np.array([[0, 1], [0, 0]], np.float32))
    a, b = ours.curve(0.1)
    moved = QuickLayout(1, (a, b), 0).run(places, one_way, unwatched)
    towards = 18 * 2 * a * b * 324 ** (b - 1) / (1 + a * 324**b)
    assert moved[1] == pytest.approx([9 - towards, 0], rel=1e-3)
    assert moved[0, 0] == pytest.approx(-9 + towards, abs=0.2)  # strangers push it a little


def test_it_is_as_trustworthy_as_umap_learns_layout_of_the_same_graph(digits):
    near = nearest_others(digits, 14)
    start = made()._spread(PCA().fit(digits).embedding_)
    curve = ours.curve(0.1)
    mine = QuickLayout(100, curve, 0).run(start, ours.fuzzy_graph(near), unwatched)
    known = theirs.Layout(100, curve, 0).run(start, theirs.fuzzy_graph(near), unwatched)
    assert trustworthiness(digits, mine) == pytest.approx(trustworthiness(digits, known), abs=0.01)
    assert trustworthiness(digits, mine) > trustworthiness(digits, start) + 0.1


def test_a_seed_repeats_every_bit_whatever_the_threads(digits):
    maps = []
    for threads in (1, 2, 1):
        torch.set_num_threads(threads)
        fitted = made(seed=3).fit(digits[:700])
        maps.append(np.concatenate([fitted.embedding_, fitted.transform(digits[700:800])]))
    torch.set_num_threads(1)
    assert (maps[0] == maps[1]).all()
    assert (maps[0] == maps[2]).all()
    graph = ours.fuzzy_graph(nearest_others(digits[:50], 5))
    one, other = (
        QuickLayout(9, ours.curve(0.1), seed).run(digits[:50, 10:12], graph, unwatched)
        for seed in (0, 1)
    )
    assert (one != other).any()


def test_it_is_heard_as_it_goes_and_stops_when_told(digits, monkeypatch):
    monkeypatch.setattr(quick_layout, "SECONDS", 0)
    graph = ours.fuzzy_graph(nearest_others(digits[:100], 5))
    before, heard = threading.active_count(), []

    class Cancelled(Exception):
        pass

    def watch(share, places):
        heard.append((share, places.copy()))
        if len(heard) == 3:
            raise Cancelled

    start = digits[:100, 10:12]
    with pytest.raises(Cancelled):
        QuickLayout(50, ours.curve(0.1), 0).run(start, graph, watch)
    assert [share for share, _ in heard] == pytest.approx([0.02, 0.04, 0.06])
    assert (heard[0][1] != heard[1][1]).any()
    assert threading.active_count() == before


def test_the_quick_way_does_not_wait_for_umap_learn():
    script = (
        "import sys, numpy as np; from aecore.projections import projections; "
        "x = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32); "
        "projections['umap']().fit(x).transform(x[:5]); sys.exit('umap' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", script]).returncode == 0
