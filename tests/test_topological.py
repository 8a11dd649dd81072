"""The topological autoencoder's term: the distances that hold a batch together."""

import pytest
import torch
from scipy.cluster.hierarchy import linkage
from torch import nn

from aecore.models.topological import spanning, topology
from tests.kit import build, noise_images, open_small, play, session_of


def points(count, size, seed=0):
    return torch.randn(count, size, generator=torch.Generator().manual_seed(seed))


def lengths(x):
    """Edges of the tree, shortest first."""
    far = torch.cdist(x, x)
    start, end = spanning(far)
    return far[start, end].sort().values


def test_the_tree_has_the_lengths_at_which_single_linkage_merges():
    x = points(60, 5)
    expected = linkage(x.double().numpy(), "single")[:, 2]
    assert lengths(x).numpy() == pytest.approx(expected, rel=1e-4)


def test_equal_points_stay_connected():
    x = torch.tensor([[0.0, 0.0], [0.0, 0.0], [3.0, 4.0], [3.0, 4.0]])
    assert lengths(x).tolist() == pytest.approx([0, 0, 5])


def test_three_points_by_hand():
    """On a line at 0, 1 and 4, their largest distance 4; codes at 0, 1/2 and 0.6.

    The tree of the points has the edges 1/4 and 3/4, that of the codes 1/2 and 0.1, between the
    same: each tree gives (1/4 - 1/2)² + (3/4 - 0.1)².
    """
    x, z = torch.tensor([[0.0], [1.0], [4.0]]), torch.tensor([[0.0], [0.5], [0.6]])
    once = (0.25 - 0.5) ** 2 + (0.75 - 0.1) ** 2
    assert float(topology(x, z)) == pytest.approx(2 * once / (2 * 3))


def test_both_trees_count():
    """Codes whose neighbours are others: the two trees share no more than their middle edge."""
    x = torch.tensor([[0.0], [1.0], [2.0], [3.0]]) / 3
    z = torch.tensor([[0.0], [1.0], [1.2], [0.1]])
    pairs = {"x": [(0, 1), (1, 2), (2, 3)], "z": [(0, 3), (1, 2), (1, 3)]}
    by_hand = sum(
        (abs(float(x[i] - x[j])) - abs(float(z[i] - z[j]))) ** 2
        for tree in pairs.values()
        for i, j in tree
    )
    assert float(topology(x, z)) == pytest.approx(by_hand / 8, rel=1e-5)


def test_a_code_with_the_same_proportions_costs_nothing_however_it_is_turned():
    x = points(40, 3)
    turn, _ = torch.linalg.qr(points(3, 3, seed=1))
    same = x @ turn / torch.cdist(x, x).max()
    assert float(topology(5 * x, same)) == pytest.approx(0, abs=1e-10)
    assert float(topology(5 * x, 2 * same)) > 1e-4


def test_the_slope_is_that_of_finite_differences_and_finite_where_codes_agree():
    x, z = points(12, 4).double(), points(12, 2, seed=1).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda z: topology(x, z), z)
    together = torch.zeros(12, 2, requires_grad=True)
    (slope,) = torch.autograd.grad(topology(x.float(), together), together)
    assert slope.isfinite().all()
    assert float(topology(x[:1].float(), together[:1].detach())) == 0


class FirstNumbers(nn.Module):
    def forward(self, x):
        return x.flatten(1)[:, :2]


def test_the_term_is_that_of_the_batch_and_has_its_weight():
    x = noise_images((1, 8, 8), 20)
    found = {}
    for weight in (1.0, 7.0):
        knobs = {"latent_dim": 2, "topology_weight": weight}
        model = build("topological", "mlp", (1, 8, 8), mean=torch.zeros(1, 8, 8), model_knobs=knobs)
        model.encoder = FirstNumbers()
        found[weight] = float(model.loss(x, x)["topology"])
    assert found[1.0] == pytest.approx(float(topology(x.flatten(1), x.flatten(1)[:, :2])))
    assert found[7.0] == pytest.approx(7 * found[1.0])


def test_free_points_find_the_distances_that_hold_the_others_together():
    x = points(40, 6)
    z = (0.1 * points(40, 2, seed=1)).requires_grad_()
    before = float(topology(x, z).detach())
    steps = torch.optim.Adam([z], lr=0.02)
    for _ in range(300):
        steps.zero_grad()
        topology(x, z).backward()
        steps.step()
    assert float(topology(x, z).detach()) < 0.5 * before


def test_training_holds_the_code_to_the_distances_of_digits():
    data = open_small("digits")
    x = data.part("test") / 255
    found = {}
    for weight in (0.0, 1000.0):
        session = session_of(
            "topological",
            "mlp",
            data,
            epochs=60,
            batch_size=128,
            model_knobs={"latent_dim": 2, "topology_weight": weight},
            network_knobs={"width": 64},
        )
        play(session)
        with torch.no_grad():
            found[weight] = float(topology(x.flatten(1), session.model.eval().encode(x)))
    assert found[1000.0] < 0.5 * found[0.0]
