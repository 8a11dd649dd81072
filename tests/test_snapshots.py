"""The plane that codes are shown in: principal components, turned to match, whatever their size."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from aecore.training.snapshots import plane


def codes(count=200, size=5, seed=0):
    spread = torch.tensor([5.0, 3.0, 1.0, 0.5, 0.1][:size])
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, size, generator=generator) * spread + 7


@pytest.mark.parametrize("scale", [1.0, 1e-12, 1e25])
def test_it_shows_the_first_two_principal_components(scale):
    points, explained = plane(codes() * scale)
    pca = PCA(2).fit(codes().numpy())
    truth = pca.transform(codes().numpy())
    np.testing.assert_allclose(np.abs(points.numpy() / scale), np.abs(truth), rtol=1e-2, atol=1e-3)
    assert explained == pytest.approx(pca.explained_variance_ratio_.sum(), rel=1e-3)


@pytest.mark.parametrize("scale", [1.0, 1e30])
def test_it_turns_to_lie_closest_to_the_points_before(scale):
    first, _ = plane(codes())
    quarter = torch.tensor([[0.0, 1.0], [-1.0, 0.0]])
    turned, _ = plane(codes() * scale, first @ quarter)
    torch.testing.assert_close(turned / scale, first @ quarter, rtol=1e-3, atol=1e-3)


def test_two_numbers_are_shown_as_they_are_and_one_on_a_line():
    two, share = plane(codes(size=2))
    assert torch.equal(two, codes(size=2))
    assert share == 1.0
    one, _ = plane(codes(size=1))
    assert torch.equal(one[:, :1], codes(size=1))
    assert not one[:, 1].any()


def test_codes_that_are_all_alike_give_one_point():
    points, _ = plane(torch.ones(10, 4), torch.ones(10, 2))
    assert points.isfinite().all()
    assert points.abs().max() == 0
