"""The field of r(y) - y: that of the best linear denoiser of a Gaussian, and its figure."""

import numpy as np
import torch

from aecore.latent.field import EDGE, best_linear, field
from ui.field_figures import HEAD, LONGEST, arrows, moved_points, shortening


def cloud(deviation, count=20_000, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return deviation * torch.randn(count, 1, 1, 2, generator=generator)


def test_the_arrows_of_the_best_denoiser_of_a_gaussian_follow_its_score():
    """Data of variance s² with noise sigma² have the score -y / (s² + sigma²): the arrows are
    sigma² times that. The denoiser is fitted to samples by least squares, not written down."""
    s, sigma = 1.5, 0.8
    clean = cloud(s)
    noisy = (clean + cloud(sigma, seed=1)).flatten(1)
    weights = torch.linalg.lstsq(noisy, clean.flatten(1)).solution
    found = field(lambda y: (y.flatten(1) @ weights).view_as(y), clean)
    expected = -found.places * sigma**2 / (s**2 + sigma**2)
    assert (found.moves - expected).norm() < 0.03 * expected.norm()
    assert expected.norm() > 1


def test_the_best_linear_map_is_that_of_least_squares():
    generator = torch.Generator().manual_seed(3)
    clean = torch.randn(20_000, 2, generator=generator) @ torch.tensor([[2.0, 1.0], [0.0, 0.3]])
    clean = (clean + torch.tensor([5.0, -1.0]))[:, None, None, :]
    noisy = clean + cloud(0.7, seed=1)
    ones = torch.ones(len(noisy), 1)
    given = torch.cat([noisy.flatten(1), ones], 1)
    fitted = given @ torch.linalg.lstsq(given, clean.flatten(1)).solution
    found = best_linear(clean, 0.7)(noisy)
    torch.testing.assert_close(found.flatten(1), fitted, atol=0.05, rtol=0)
    torch.testing.assert_close(best_linear(clean, 0.0)(clean), clean, atol=1e-3, rtol=0)


def test_arrows_are_shortened_to_the_grid_and_never_lengthened():
    places = np.array([[x, y] for x in range(5) for y in range(5)], np.float32)
    assert shortening(places, np.full_like(places, 0.1)) == 1
    assert shortening(places, np.zeros_like(places)) == 1
    share = shortening(places, np.full_like(places, 30))
    np.testing.assert_allclose(share * 30 * 2**0.5, LONGEST, rtol=1e-5)


def test_the_grid_reaches_evenly_around_the_data():
    points = torch.tensor([[0.0, 10.0], [2.0, 30.0]])[:, None, None, :]
    places = field(lambda y: y, points, side=5).places.flatten(1)
    assert places.shape == (25, 2)
    for axis, (low, high) in enumerate([(0.0, 2.0), (10.0, 30.0)]):
        margin = EDGE * (high - low)
        expected = torch.linspace(low - margin, high + margin, 5)
        torch.testing.assert_close(places[:, axis].unique(), expected)


def test_an_arrow_is_drawn_from_its_place_to_its_end_with_a_head():
    place, move = np.array([[1.0, 2.0]], np.float32), np.array([[3.0, 4.0]], np.float32)
    figure = arrows(place, place, move, ["x", "y"])
    (line,) = (trace for trace in figure.data if trace.mode == "lines")
    drawn = np.array([line.x, line.y], float).T
    np.testing.assert_allclose(drawn[:2], [[1, 2], [4, 6]])
    np.testing.assert_allclose(drawn[3], [4, 6])
    for side in (drawn[2], drawn[4]):
        np.testing.assert_allclose(np.linalg.norm(side - [4, 6]), HEAD * 5, rtol=1e-5)
        assert (side - [4, 6]) @ move[0] < 0
    assert not np.allclose(drawn[2], drawn[4])
    assert np.isnan(drawn[5]).all()


def test_points_in_space_are_drawn_in_space():
    points = np.zeros((4, 3), np.float32)
    figure = moved_points(points, points, points, ["x", "y", "z"])
    assert {trace.type for trace in figure.data} == {"scatter3d"}
    assert figure.layout.scene.zaxis.title.text == "z"
