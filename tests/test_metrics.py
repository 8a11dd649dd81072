"""Metrics against closed forms and a second implementation in plain numpy."""

import math

import numpy as np
import pytest
import torch
from kit import noise_images

from aecore.errors import InputError
from aecore.metrics import fit_pca, mse_per_image, psnr_per_image
from aecore.metrics.reconstruction import HIGHEST_PSNR


def by_hand(x_hat, x):
    """MSE of each image with loops, and its PSNR."""
    errors = []
    for made, true in zip(x_hat.numpy(), x.numpy(), strict=True):
        squares = [(float(a) - float(b)) ** 2 for a, b in zip(made.flat, true.flat, strict=True)]
        errors.append(math.fsum(squares) / len(squares))
    return errors, [20 * math.log10(1 / math.sqrt(error)) for error in errors]


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 5, 7), (1, 1, 1)])
def test_agrees_with_a_second_implementation(shape):
    x, x_hat = noise_images(shape, 9, seed=1), noise_images(shape, 9, seed=2) * 1.4 - 0.2
    errors, decibels = by_hand(x_hat, x)
    assert mse_per_image(x_hat, x).tolist() == pytest.approx(errors, rel=1e-6)
    assert psnr_per_image(x_hat, x).tolist() == pytest.approx(decibels, rel=1e-6)


@pytest.mark.parametrize(("offset", "decibels"), [(0.1, 20), (0.01, 40), (1.0, 0), (10.0, -20)])
def test_a_constant_offset_has_a_known_psnr(offset, decibels):
    x = noise_images((1, 8, 8), 3)
    assert psnr_per_image(x + offset, x).tolist() == pytest.approx([decibels] * 3, abs=1e-3)


def test_a_perfect_copy_has_the_stated_psnr():
    x = noise_images((3, 4, 4), 2)
    assert mse_per_image(x, x).tolist() == [0, 0]
    assert psnr_per_image(x, x).tolist() == [HIGHEST_PSNR] * 2
    assert HIGHEST_PSNR == 100


def test_each_image_counts_for_itself():
    x = torch.zeros(2, 1, 2, 2)
    x_hat = x.clone()
    x_hat[1, 0, 0, 0] = 0.2
    assert mse_per_image(x_hat, x).tolist() == pytest.approx([0, 0.01])
    assert psnr_per_image(x_hat, x).tolist() == pytest.approx([100, 20])


def test_what_diverged_has_a_number_still():
    x = torch.zeros(1, 1, 2, 2)
    assert mse_per_image(x + 1e30, x).tolist() == pytest.approx([1e60])


def test_shapes_that_would_broadcast_are_refused():
    with pytest.raises(InputError, match="one reconstruction for each image"):
        mse_per_image(torch.zeros(4, 1, 8, 8), torch.zeros(1, 1, 8, 8))


def images(count, size, seed=0):
    generator = torch.Generator().manual_seed(seed)
    base = torch.rand(count, 4, generator=generator) @ torch.rand(4, size, generator=generator)
    noisy = base / 4 + 0.1 * torch.rand(count, size, generator=generator)
    return (noisy.clamp(0, 1) * 255).to(torch.uint8)


def svd_reconstruction(train, test, count):
    """PCA by the singular value decomposition, in float64."""
    x, y = train.double().numpy() / 255, test.double().numpy() / 255
    mean = x.mean(0)
    axes = np.linalg.svd(x - mean, full_matrices=False)[2][:count]
    return mean + (y - mean) @ axes.T @ axes


@pytest.mark.parametrize(("n", "d"), [(200, 30), (20, 50), (30, 30)])
@pytest.mark.parametrize("count", [1, 3, 10])
def test_pca_is_exact(n, d, count):
    train, test = images(n, d), images(40, d, seed=1)
    made = fit_pca(train, count).reconstruct(test)
    assert made.dtype == torch.float32
    assert made.shape == test.shape
    assert np.allclose(made.numpy(), svd_reconstruction(train, test, count), atol=2e-4)


def test_pca_with_as_many_components_as_pixels_copies():
    train, test = images(100, 12), images(10, 12, seed=1)
    made = fit_pca(train, 500).reconstruct(test)
    assert torch.allclose(made, test / 255, atol=1e-5)


def test_pca_of_few_images_copies_these():
    train = images(5, 64)
    pca = fit_pca(train, 64)
    assert len(pca.axes) == 5
    assert torch.allclose(pca.reconstruct(train), train / 255, atol=1e-5)


def test_pca_of_one_image_gives_that_image():
    train = images(1, 16)
    made = fit_pca(train, 3).reconstruct(images(4, 16, seed=1))
    assert torch.allclose(made, (train / 255).expand(4, 16), atol=1e-6)


def test_more_components_never_hurt_the_training_images():
    train = images(300, 24).view(-1, 1, 4, 6)
    errors = [
        float(mse_per_image(fit_pca(train, k).reconstruct(train), train / 255).mean())
        for k in range(1, 12)
    ]
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > 2 * errors[3]


def test_pca_in_chunks_is_the_same_as_at_once():
    train = images(2100, 12).view(-1, 3, 2, 2)
    pca = fit_pca(train, 2)
    parts = list(pca.chunks(train))
    assert [len(x) for x, _ in parts] == [1024, 1024, 52]
    assert torch.allclose(torch.cat([made for _, made in parts]), pca.reconstruct(train))
    assert torch.allclose(torch.cat([x for x, _ in parts]), train / 255)
