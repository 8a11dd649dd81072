"""The maximum mean discrepancy: unbiased, and equal to closed forms."""

import math

import pytest
import torch
from scipy.integrate import quad

from aecore.models.mmd import SCALES, imq_kernel, mmd_u, rbf_kernel
from tests.kit import build, noise_images

KERNELS = {"imq": imq_kernel, "rbf": rbf_kernel}


def normal(rows, size, seed, shift=0.0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(rows, size, generator=generator, dtype=torch.float64) + shift


def mean_and_error(values):
    values = torch.tensor(values, dtype=torch.float64)
    return float(values.mean()), float(values.std()) / math.sqrt(len(values))


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
def test_the_estimate_is_zero_in_the_mean_where_both_are_alike(kernel):
    """A statistic that keeps pairs of a row with itself would be far above."""
    draws = [float(mmd_u(normal(40, 8, s), normal(40, 8, 10_000 + s), kernel)) for s in range(1000)]
    mean, error = mean_and_error(draws)
    assert abs(mean) < 3 * error
    with_itself = float(2 / 40 * (kernel(x := normal(40, 8, 0), x).diagonal().mean() - 0.5))
    assert with_itself > 20 * error
    assert 0.3 < sum(value < 0 for value in draws) / len(draws) < 0.7


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
def test_the_mean_does_not_depend_on_the_sizes_of_the_samples(kernel):
    few = [mmd_u(normal(5, 3, s), normal(9, 3, 10_000 + s, 0.7), kernel) for s in range(1500)]
    many = [mmd_u(normal(150, 3, s), normal(100, 3, 10_000 + s, 0.7), kernel) for s in range(60)]
    (left, left_error), (right, right_error) = mean_and_error(few), mean_and_error(many)
    assert abs(left - right) < 3 * math.hypot(left_error, right_error)
    assert right > 20 * right_error


def estimate(kernel):
    """Mean of 400 estimates, and its standard error, for a shift of 0.5 in eight dimensions."""
    pairs = ((normal(100, 8, s), normal(100, 8, 10_000 + s, 0.5)) for s in range(400))
    mean, error = mean_and_error([mmd_u(x, y, kernel) for x, y in pairs])
    assert error < 0.02 * mean
    return mean, error


def test_the_gaussian_kernel_has_its_closed_form():
    """x - y ~ N(m, 2 I) has E exp(-|x - y|² / 2w) = (1 + 2/w)^(-d/2) exp(-|m|² / (2w + 4))."""
    mean, error = estimate(rbf_kernel)
    same = (1 + 2 / 8) ** -4
    exact = 2 * same * (1 - math.exp(-2 / (2 * 8 + 4)))
    assert abs(mean - exact) < 3 * error


def test_a_known_shift_has_its_known_value():
    """C / (C + r²) is the integral over t of C exp(-t C) exp(-t r²), whose mean is known."""

    def integrand(t, size):
        spread = 1 + 4 * t
        return size * math.exp(-t * size) * spread**-4 * (1 - math.exp(-2 * t / spread))

    exact = 2 * sum(quad(integrand, 0, math.inf, (16 * scale,))[0] for scale in SCALES)
    assert exact == pytest.approx(0.265, abs=0.003)  # as measured elsewhere
    mean, error = estimate(imq_kernel)
    assert abs(mean - exact) < 3 * error


def test_kernels_equal_their_formulas_pair_by_pair():
    x, y = normal(4, 3, 0), normal(5, 3, 1)
    imq, rbf = imq_kernel(x, y), rbf_kernel(x, y)
    assert imq.shape == rbf.shape == (4, 5)
    for i, row in enumerate(x):
        for j, other in enumerate(y):
            distance = float(((row - other) ** 2).sum())
            sizes = [6 * scale for scale in SCALES]
            assert float(imq[i, j]) == pytest.approx(sum(c / (c + distance) for c in sizes))
            assert float(rbf[i, j]) == pytest.approx(math.exp(-distance / 6))


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
def test_its_gradient_pulls_codes_to_the_prior(kernel):
    codes = normal(200, 16, 0, shift=2.0).requires_grad_()
    mmd_u(codes, normal(200, 16, 1), kernel).backward()
    assert bool((codes.grad.mean(0) > 0).all())  # downhill is towards 0
    assert bool((codes.grad * 200 > 1e-3).any())


def test_a_single_row_has_no_pairs():
    assert float(mmd_u(normal(1, 3, 0), normal(1, 3, 1), imq_kernel)) == 0


# The variant that is built on it


def info(x, seed=0, variant="info_vae", **knobs):
    model = build(variant, "mlp", (1, 8, 8), model_knobs={"latent_dim": 4, **knobs})
    torch.manual_seed(seed)
    with torch.no_grad():
        terms = model.loss(x, x)
    return model, {name: float(value) for name, value in terms.items()}


def test_info_vae_without_its_two_weights_is_the_vae():
    x = noise_images((1, 8, 8), 20)
    _, terms = info(x, alpha=0.0, match=1.0)
    _, expected = info(x, variant="vae")
    assert terms == {**expected, "mmd": 0.0}


@pytest.mark.parametrize("kernel", KERNELS)
def test_info_vae_weighs_its_terms(kernel):
    x = noise_images((1, 8, 8), 20)
    model, terms = info(x, alpha=0.75, match=30.0, kernel=kernel)
    _, whole = info(x, variant="vae")
    torch.manual_seed(0)
    with torch.no_grad():
        code = model.posterior(x).sample()
        distance = float(mmd_u(code, torch.randn_like(code), KERNELS[kernel]))
    assert terms["kl"] == pytest.approx(0.25 * whole["kl"])
    assert terms["mmd"] == pytest.approx((0.75 + 30 - 1) * distance)
