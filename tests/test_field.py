"""The field of r(y) - y: that of the best linear denoiser of a Gaussian, and its figure."""

import numpy as np
import torch

from aecore.latent.field import EDGE, field
from ui.field_figures import HEAD, arrows, moved_points


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
