"""SSIM and the cross-entropy above its floor: known answers and second implementations."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from kit import noise_images
from runs_kit import is_sentence

from aecore.errors import InputError
from aecore.metrics.reconstruction import bce_above_floor
from aecore.metrics.ssim import has_ssim, ssim_per_image

SHAPES = [(1, 7, 9), (1, 8, 8), (3, 10, 16), (1, 11, 11), (3, 16, 12), (1, 28, 28)]


def window(side):
    """The paper's Gaussian window, or a plain one where that does not fit: sums to 1."""
    if side < 11:
        return torch.full((7, 7), 1 / 49, dtype=torch.float64)
    line = torch.exp(-((torch.arange(11, dtype=torch.float64) - 5) ** 2) / (2 * 1.5**2))
    square = torch.outer(line, line)
    return square / square.sum()


def by_convolution(x_hat, x):
    """SSIM straight from the paper's equation 13, each channel as an image of its own."""
    kernel = window(min(x.shape[-2:]))[None, None]
    a, b = (v.double().flatten(0, 1)[:, None] for v in (x_hat, x))

    def mean(v):
        return F.conv2d(v, kernel)

    ma, mb = mean(a), mean(b)
    va, vb, both = mean(a * a) - ma**2, mean(b * b) - mb**2, mean(a * b) - ma * mb
    c1, c2 = 0.01**2, 0.03**2
    top = (2 * ma * mb + c1) * (2 * both + c2)
    values = top / ((ma**2 + mb**2 + c1) * (va + vb + c2))
    return values.mean((1, 2, 3)).view(x.shape[:2]).mean(1)


@pytest.mark.parametrize("shape", SHAPES)
def test_agrees_with_the_papers_equation(shape):
    x = noise_images(shape, 5, seed=1)
    x_hat = 0.7 * x + 0.5 * noise_images(shape, 5, seed=2)
    found = ssim_per_image(x_hat, x)
    assert found.dtype == torch.float64
    torch.testing.assert_close(found, by_convolution(x_hat, x))
    assert 0.2 < float(found.min()) < float(found.max()) < 0.95


@pytest.mark.parametrize("shape", SHAPES)
def test_a_copy_is_one_and_a_negative_is_below_zero(shape):
    x = noise_images(shape, 3)
    assert ssim_per_image(x, x).tolist() == pytest.approx([1] * 3)
    assert float(ssim_per_image(1 - x, x).max()) < -0.5


def test_of_two_flat_images_only_the_brightness_counts():
    a, b = torch.full((1, 1, 16, 16), 0.5), torch.full((1, 1, 16, 16), 0.25)
    expected = (2 * 0.5 * 0.25 + 1e-4) / (0.5**2 + 0.25**2 + 1e-4)
    assert ssim_per_image(a, b).item() == pytest.approx(expected)


@pytest.mark.parametrize("shape", [(1, 6, 28), (3, 28, 6), (1, 1, 1)])
def test_images_too_small_are_refused(shape):
    x = noise_images(shape, 2)
    assert not has_ssim(x)
    with pytest.raises(InputError, match="at least 7") as caught:
        ssim_per_image(x, x)
    assert is_sentence(caught.value)


@pytest.mark.parametrize("measure", [ssim_per_image, bce_above_floor])
def test_shapes_that_would_broadcast_are_refused(measure):
    with pytest.raises(InputError, match="one reconstruction for each image"):
        measure(torch.zeros(4, 1, 8, 8), torch.zeros(1, 1, 8, 8))


def bernoulli_kl(x, p):
    """KL between two coins, with 0 log 0 = 0."""
    return sum(a * math.log(a / b) for a, b in ((x, p), (1 - x, 1 - p)) if a > 0)


def test_bce_above_its_floor_is_the_kl_of_coins():
    x, p = noise_images((1, 3, 4), 5, seed=1), noise_images((1, 3, 4), 5, seed=2)
    x[0, 0, 0] = torch.tensor([0.0, 1, 0, 1])
    pairs = zip(x.flatten(1).tolist(), p.flatten(1).tolist(), strict=True)
    expected = [math.fsum(map(bernoulli_kl, true, made)) for true, made in pairs]
    found = bce_above_floor(p, x)
    assert found.tolist() == pytest.approx(expected)


def test_bce_of_a_copy_is_its_floor():
    x = torch.from_numpy(np.linspace(0.01, 0.99, 12)).view(1, 1, 3, 4)
    assert bce_above_floor(x, x).item() == pytest.approx(0, abs=1e-12)
    sure = torch.tensor([[0.0, 1.0]])
    assert bce_above_floor(sure, sure).item() == pytest.approx(0, abs=1e-6)
    assert bce_above_floor(sure, 1 - sure).item() == pytest.approx(-2 * math.log(1e-7))
