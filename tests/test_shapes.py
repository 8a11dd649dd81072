"""Shapes with known factors: each image is what its factors say."""

import colorsys
import math

import numpy as np
import pytest
import torch
from scipy.stats import chi2_contingency

from aecore.datasets import datasets, open_data
from aecore.datasets.shapes import PLACES, SIZES, draw

SIDE = 64
AREAS = {0: 4.0, 1: 0.6 * math.pi, 2: 1.2**2 * 3 * math.sqrt(3) / 4}
"""Of a shape of half side 1, by its number: square, ellipse, equilateral triangle."""


def shapes(**settings):
    return open_data("shapes", datasets["shapes"].Config(**settings))


@pytest.fixture(scope="module")
def large():
    return shapes(image_count=600, image_side=SIDE)


def moments(images):
    """Brightness, its centre (x, y), and the angle of its long axis, of (n, 1, H, W) uint8."""
    x = images[:, 0].double() / 255
    at = (torch.arange(x.shape[-1]) + 0.5) / x.shape[-1]
    mass = x.sum((1, 2))
    centre = [(x.sum(1) * at).sum(1) / mass, (x.sum(2) * at).sum(1) / mass]
    dx = at[None, None, :] - centre[0][:, None, None]
    dy = at[None, :, None] - centre[1][:, None, None]
    xx, yy, xy = ((x * part).sum((1, 2)) for part in (dx * dx, dy * dy, dx * dy))
    return mass, centre, torch.atan2(2 * xy, xx - yy) / 2


def half_of(factors):
    return (1 + factors["size"].double() / (SIZES - 1)) / 12 * SIDE


def test_a_shape_is_as_large_as_its_factors_say(large):
    areas = torch.tensor([AREAS[int(kind)] for kind in large.labels])
    expected = areas * half_of(large.factors) ** 2
    away = moments(large.images)[0] / expected - 1
    assert float(away.mean()) == pytest.approx(0, abs=0.003)
    assert (away.abs() < 0.07).all()  # an upright edge can fall between two of the points


def test_a_shape_lies_where_its_factors_say_and_is_never_cut(large):
    mass, (x, y), _ = moments(large.images)
    assert len(mass) == 600
    for name, found in (("x", x), ("y", y)):
        place = 0.25 + large.factors[name] / (2 * (PLACES - 1))
        assert ((found - place).abs() * SIDE < 0.25).all()
    edges = [large.images[..., 0], large.images[..., -1], large.images[..., 0, :],
             large.images[..., -1, :]]  # fmt: skip
    assert not any(edge.any() for edge in edges)


def test_an_ellipse_is_turned_as_its_factor_says(large):
    ellipses = large.labels == 1
    angle = moments(large.images[ellipses])[2] * 180 / math.pi
    away = (angle - 10 * large.factors["rotation"][ellipses] + 90) % 180 - 90
    assert (away.abs() < 2).all()


def test_a_triangle_points_up_before_it_is_turned():
    still = dict.fromkeys(("size", "rotation", "x", "y"), torch.tensor([5]))
    factors = still | {"shape": torch.tensor([2]), "rotation": torch.tensor([0])}
    rows = draw(factors, SIDE)[0, 0].sum(1)
    filled = rows[rows > 0]
    assert filled[0] < 0.2 * filled[-1]


def test_colours_are_those_of_the_circle():
    data = shapes(image_count=100, colours=6)
    assert data.shape == (3, 32, 32)
    for image, colour in zip(data.images, data.factors["colour"].tolist(), strict=True):
        expected = 255 * np.array(colorsys.hsv_to_rgb(colour / 6, 1, 1))
        assert image.flatten(1).max(1).values.numpy() == pytest.approx(expected, abs=1)


def test_factors_are_uniform_and_independent():
    data = shapes(image_count=5000, image_side=16, colours=3)
    names = list(data.factors)
    assert names == ["shape", "size", "rotation", "x", "y", "colour"]
    assert (data.factors["shape"] == data.labels).all()
    for i, first in enumerate(names):
        shares = data.factors[first].unique(return_counts=True)[1] / 5000
        error = (shares * (1 - shares) / 5000).sqrt()
        assert ((shares - 1 / len(shares)).abs() < 4 * error).all()
        for second in names[i + 1 :]:
            pair = (data.factors[name].long() for name in (first, second))
            table = np.zeros((16, 16))
            np.add.at(table, tuple(values.numpy() for values in pair), 1)
            kept = table[table.sum(1) > 0][:, table.sum(0) > 0]
            assert chi2_contingency(kept).pvalue > 1e-4


def test_a_seed_makes_the_same_images_again():
    assert torch.equal(shapes(image_count=100).images, shapes(image_count=100).images)
    assert not torch.equal(
        shapes(image_count=100).images, shapes(image_count=100, shape_seed=1).images
    )
