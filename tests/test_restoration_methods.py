"""Each classical restorer beside its formula, computed another way."""

from threading import Event

import numpy as np
import pytest
import torch
from torch import Generator

from aecore.corruptions.gaussian_blur import blur_matrix
from aecore.restoration import restorers, wiener
from aecore.restoration.wavelet import haar_shrunk


class By:
    """Damage that a function does, where no corruption does it."""

    def __init__(self, function, tick=lambda: None):
        self.function, self.tick = function, tick

    def __call__(self, x):
        return self.function(x)


def uniform(*shape, seed=0):
    return torch.rand(shape, generator=Generator().manual_seed(seed))


def test_gaussian_filter_is_a_product_with_the_blur_of_each_line():
    x = uniform(3, 2, 9, 12)
    expected = blur_matrix(9, 1.2).float() @ x @ blur_matrix(12, 1.2).float().T
    assert torch.allclose(restorers["gaussian_filter"]().restore(x, 1.2), expected, atol=1e-6)


def test_median_filter_takes_the_middle_of_the_square_around_each_pixel():
    x = uniform(2, 3, 9, 9)
    made = restorers["median_filter"]().restore(x, 3.0)
    windows = x.unfold(2, 3, 1).unfold(3, 3, 1).flatten(-2)
    assert torch.equal(made[:, :, 1:-1, 1:-1], windows.median(-1).values)


def test_total_variation_finds_the_least_of_what_it_minimises():
    x = uniform(1, 1, 16, 16)
    weight = 0.1
    made = restorers["total_variation"]().restore(x, weight)

    def cost(z):
        ups = torch.diff(z, dim=2, append=z[:, :, -1:])
        downs = torch.diff(z, dim=3, append=z[..., -1:])
        steepness = (ups.square() + downs.square()).sqrt().sum()
        return float((z - x).square().sum() / 2 + weight * steepness)

    assert cost(made) < 0.8 * min(cost(x), cost(x.mean().expand_as(x)))
    for seed in range(20):
        step = uniform(*x.shape, seed=seed) - 0.5
        assert cost(made + 0.05 * step) > cost(made)
    assert cost(0.9 * made + 0.1 * x) > cost(made)
    assert cost(0.9 * made + 0.1 * made.mean()) > cost(made)


def test_non_local_means_keeps_a_repeated_pattern_that_a_filter_blurs():
    stripes = torch.arange(24) % 4 < 2
    clean = stripes.float().expand(1, 1, 24, 24).contiguous()
    seen = clean + 0.15 * torch.randn(clean.shape, generator=Generator().manual_seed(1))
    errors = {
        name: float((restorers[name]().restore(seen, strength) - clean).square().mean())
        for name, strength in (("non_local_means", 0.3), ("gaussian_filter", 0.7))
    }
    assert errors["non_local_means"] < 0.3 * 0.15**2 < 0.5 * errors["gaussian_filter"]


class TestWavelet:
    def test_is_the_average_over_all_shifts_of_the_orthonormal_transform(self):
        x, threshold = uniform(1, 1, 8, 8), 0.3
        expected = np.zeros((8, 8))
        for down in range(8):
            for right in range(8):
                shifted = np.roll(x[0, 0].double().numpy(), (down, right), (0, 1))
                expected += np.roll(_orthonormal(shifted, threshold, 3), (-down, -right), (0, 1))
        made = haar_shrunk(x, threshold, 3)[0, 0].numpy()
        assert np.abs(made - expected / 64).max() < 1e-5

    def test_threshold_zero_gives_the_image_back(self):
        x = uniform(2, 3, 10, 14)
        assert torch.allclose(restorers["wavelet"]().restore(x, 0.0), x, atol=1e-6)

    def test_edges_do_not_meet(self):
        x = torch.zeros(1, 1, 12, 12)
        x[..., 6:] = 1
        made = restorers["wavelet"]().restore(x, 0.3)
        assert (made[..., 0] < 0.03).all()
        assert (made[..., -1] > 0.97).all()


def _orthonormal(x, threshold, scales):
    """The Haar transform by its matrix, with soft thresholds on all details."""
    if scales == 0:
        return x
    size = len(x)
    low, high = (np.zeros((size // 2, size)) for _ in range(2))
    for row in range(size // 2):
        low[row, 2 * row : 2 * row + 2] = np.array([1, 1]) / 2**0.5
        high[row, 2 * row : 2 * row + 2] = np.array([1, -1]) / 2**0.5

    def soft(z):
        return np.sign(z) * np.maximum(np.abs(z) - threshold, 0)

    smooth = _orthonormal(low @ x @ low.T, threshold, scales - 1)
    details = [(low, high), (high, low), (high, high)]
    made = low.T @ smooth @ low
    return made + sum(a.T @ soft(a @ x @ b.T) @ b for a, b in details)


class TestPca:
    def test_is_the_nearest_point_of_the_plane_of_the_leading_axes(self):
        clean = (uniform(60, 1, 4, 4) * 255).to(torch.uint8)
        method = restorers["pca"]()
        method.fit(clean, lambda x: x)
        rows = (clean.flatten(1) / 255).double().numpy()
        mean = rows.mean(0)
        axes = np.linalg.svd(rows - mean, full_matrices=False)[2][:5]
        y = uniform(7, 1, 4, 4, seed=3)
        expected = mean + (y.flatten(1).numpy() - mean) @ axes.T @ axes
        assert np.abs(method.restore(y, 5).flatten(1).numpy() - expected).max() < 1e-5

    def test_all_axes_give_the_image_back(self):
        method = restorers["pca"]()
        method.fit((uniform(60, 1, 4, 4) * 255).to(torch.uint8), lambda x: x)
        y = uniform(7, 1, 4, 4, seed=3)
        assert torch.allclose(method.restore(y, 256), y, atol=1e-5)


class TestWiener:
    """Images of 16 pixels that vary mostly in a few directions."""

    @pytest.fixture
    def clean(self):
        latent = torch.randn(3000, 4, generator=Generator().manual_seed(0))
        mixing = torch.randn(4, 16, generator=Generator().manual_seed(1)) * 0.1
        pixels = (0.5 + latent @ mixing).clamp(0, 1)
        return (pixels * 255).round().to(torch.uint8).view(-1, 1, 4, 4)

    def test_shrinks_each_axis_by_its_share_of_the_variance(self, clean):
        sigma, generator = 0.2, Generator().manual_seed(2)
        method = restorers["wiener"]()
        method.fit(clean, By(lambda x: x + sigma * torch.randn(x.shape, generator=generator)))
        rows = (clean.flatten(1) / 255).double().numpy()
        mean = rows.mean(0)
        variances, axes = np.linalg.eigh(np.cov(rows.T, bias=True))
        y = uniform(50, 1, 4, 4, seed=3)
        shrunk = ((y.flatten(1).numpy() - mean) @ axes) * (variances / (variances + sigma**2))
        expected = mean + shrunk @ axes.T
        made = method.restore(y, 0.0).flatten(1).numpy()
        assert np.abs(made - expected).max() < 0.03
        assert np.abs(made - expected).mean() < 0.006

    @pytest.mark.parametrize("mixing", ["contrast", "mirror"])
    def test_undoes_what_is_linear_and_can_be_undone(self, clean, mixing):
        def damage(x):
            return 0.3 * x + 0.2 if mixing == "contrast" else x.flip(-1)

        method = restorers["wiener"]()
        method.fit(clean, By(damage))
        x = clean[:20] / 255
        assert torch.allclose(method.restore(damage(x), 0.0), x, atol=2e-3)

    def test_with_a_ridge_it_is_the_least_squares_with_rows_added(self, clean):
        method, ridge = restorers["wiener"](), 0.1
        method.fit(clean, By(lambda x: x.square()))
        x = (clean.flatten(1) / 255).double().numpy()
        y = x**2
        from_mean, wanted = y - y.mean(0), x - x.mean(0)
        weight = np.sqrt(ridge * len(y) * y.var(0).mean())
        design = np.vstack([from_mean, weight * np.eye(16)])
        solution = np.linalg.lstsq(design, np.vstack([wanted, np.zeros((16, 16))]), rcond=None)[0]
        expected = x.mean(0) + from_mean[:30] @ solution
        made = method.restore((clean[:30] / 255).square(), ridge).flatten(1).numpy()
        assert np.abs(made - expected).max() < 1e-4

    def test_pixels_that_never_vary_do_no_harm(self, clean):
        clean[:, :, 0] = 0
        method = restorers["wiener"]()
        method.fit(clean, By(lambda x: x * (torch.arange(4) > 0)))
        made = method.restore((clean[:20] / 255) * (torch.arange(4) > 0), 0.0)
        assert made.isfinite().all()
        assert (made - clean[:20] / 255).square().mean() < 0.01

    def test_is_the_least_squares_map_of_the_same_pairs(self, clean):
        """With as many images as pairs, each is damaged once."""
        many = clean.repeat(21, 1, 1, 1)[:60_000]
        seen = []

        def damage(x):
            seen.append((x + 0.1).square())
            return seen[-1]

        method = restorers["wiener"]()
        method.fit(many, By(damage))
        y = torch.cat(seen).flatten(1).double().numpy()
        x = (many.flatten(1) / 255).double().numpy()
        design = np.hstack([y, np.ones((len(y), 1))])
        solution = np.linalg.lstsq(design, x, rcond=None)[0]
        made = method.restore(torch.cat(seen)[:30], 0.0).flatten(1).numpy()
        assert np.abs(made - design[:30] @ solution).max() < 2e-3

    def test_ends_where_it_is_not_wanted_any_more(self, clean):
        class Cancelled(Exception):
            pass

        def tick():
            raise Cancelled

        with pytest.raises(Cancelled):
            restorers["wiener"]().fit(clean, By(lambda x: x, tick))


def test_long_work_is_watched(monkeypatch):
    monkeypatch.setattr(wiener, "PATIENCE", 0.01)
    ticks = []
    done = Event()

    def tick():
        ticks.append(1)
        if len(ticks) == 3:
            done.set()

    assert wiener.patiently(lambda: done.wait(60), tick)
    assert len(ticks) >= 3
