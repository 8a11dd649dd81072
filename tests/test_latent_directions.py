"""Directions between groups and draws of new codes, against known answers."""

import numpy as np
import pytest
import torch
from kit import open_small
from runs_kit import is_sentence

from aecore.errors import InputError
from aecore.latent.directions import FEWEST, SPLITS, direction, separation
from aecore.latent.drawing import MOST_FULL, fit_mixture, from_gaussian, from_mixture, nearest


def cloud(count, at=0.0, size=4, seed=0):
    return torch.randn(count, size, generator=torch.Generator().manual_seed(seed)) + at


def test_groups_far_apart_are_told_apart_without_a_mistake():
    found = separation(cloud(40), cloud(30, at=50, seed=1))
    assert (found.mean, found.deviation) == (1.0, 0.0)
    assert (found.splits, found.counts) == (SPLITS, (40, 30))


def test_groups_of_one_kind_are_told_apart_by_chance_only():
    """Fitted and judged on the same images, 60 numbers would tell 40 images apart."""
    scores = [
        separation(cloud(20, size=60, seed=2 * i), cloud(20, size=60, seed=2 * i + 1)).mean
        for i in range(40)
    ]
    assert np.mean(scores) == pytest.approx(0.5, abs=0.04)


def test_the_score_is_that_of_two_shifted_normals():
    """AUC of N(0, 1) and N(δ, 1) is Φ(δ/√2): 0.760 for δ = 1."""
    found = separation(cloud(20_000, size=1), cloud(20_000, at=1, size=1, seed=1))
    assert found.mean == pytest.approx(0.7602, abs=0.01)
    assert 0 < found.deviation < 0.01


def test_the_same_groups_give_the_same_score():
    a, b = cloud(30), cloud(30, at=0.5, seed=1)
    assert separation(a, b) == separation(a, b)


@pytest.mark.parametrize("counts", [(3, 10), (10, 3), (0, 10)])
def test_groups_that_are_too_small_are_refused_in_one_sentence(counts):
    with pytest.raises(InputError) as refused:
        separation(*(cloud(count) for count in counts))
    assert is_sentence(refused.value)
    assert separation(cloud(FEWEST), cloud(FEWEST, at=9)).mean == 1.0


def test_a_direction_leads_from_mean_to_mean():
    a, b = cloud(10), cloud(20, at=2, seed=1)
    assert torch.allclose(a.mean(0) + direction(a, b), b.mean(0), atol=1e-6)


def test_a_fitted_gaussian_has_the_moments_of_the_codes():
    mixing = torch.tensor([[2.0, 0.0, 0.0], [1.5, 0.5, 0.0], [0.0, 0.0, 0.1]])
    codes = cloud(500, size=3) @ mixing + torch.tensor([1.0, -2.0, 3.0])
    drawn = from_gaussian(codes, 50_000, seed=1)
    assert drawn.mean(0).tolist() == pytest.approx(codes.mean(0).tolist(), abs=0.06)
    assert drawn.T.cov().flatten().tolist() == pytest.approx(
        codes.T.cov().flatten().tolist(), abs=0.15
    )


def test_a_gaussian_of_fewer_codes_than_numbers_stays_where_they_are():
    codes = torch.zeros(5, 20)
    codes[:, 3] = torch.arange(5.0)
    drawn = from_gaussian(codes, 100, seed=0)
    assert (drawn[:, [i for i in range(20) if i != 3]] == 0).all()
    assert drawn[:, 3].std() > 0.5


def test_a_gaussian_of_one_code_is_that_code():
    assert (from_gaussian(torch.ones(1, 3), 4, seed=0) == 1).all()


def test_a_mixture_draws_from_each_of_two_clouds_and_not_between():
    codes = torch.cat([cloud(200, at=-20), cloud(200, at=20, seed=1)])
    drawn = from_mixture(fit_mixture(codes, 2), 100, seed=3)
    assert drawn.dtype == torch.float32
    assert (drawn.mean(1).abs() > 15).all()
    assert 20 < (drawn.mean(1) > 0).sum() < 80


def test_mixtures_of_few_or_long_codes_know_their_limits():
    assert fit_mixture(cloud(6), 10).parts == 6
    assert fit_mixture(cloud(100), 2).covariance == "full"
    assert fit_mixture(cloud(100, size=MOST_FULL + 1), 2).covariance == "diag"
    with pytest.raises(InputError) as refused:
        fit_mixture(torch.full((10, 2), torch.nan), 2)
    assert is_sentence(refused.value)


def test_draws_are_fixed_by_their_seed():
    codes = cloud(60)
    mixture = fit_mixture(codes, 3)
    for draw in (lambda s: from_gaussian(codes, 8, s), lambda s: from_mixture(mixture, 8, s)):
        assert torch.equal(draw(1), draw(1))
        assert not torch.equal(draw(1), draw(2))


def test_the_nearest_training_image_of_one_is_itself():
    images = open_small("digits").part("train", 300)
    images = images.unique(dim=0)
    found = nearest(images[40:60], images)
    assert found.places.tolist() == list(range(40, 60))
    assert found.distances.tolist() == [0.0] * 20


def test_distances_to_training_images_are_of_a_pixel_from_0_to_1():
    others = torch.stack([torch.full((1, 4, 4), value, dtype=torch.uint8) for value in (0, 255)])
    found = nearest(torch.full((1, 1, 4, 4), 204, dtype=torch.uint8), others)
    assert found.places.tolist() == [1]
    assert found.distances.tolist() == pytest.approx([0.2], abs=1e-6)
