"""Speckle, Poisson noise and the mixture: moments, shares and what they never touch."""

import pytest
import torch
from corruption_kit import generator, grey, make, near

from aecore.corruptions.mixture import HARDEST, Mixture


class TestSpeckle:
    @pytest.mark.parametrize(("value", "level"), [(0.5, 0.2), (0.8, 1.0)])
    def test_deviation_is_a_share_of_the_pixel(self, value, level):
        x = grey(value)
        noise = (make("speckle", level=level, clip=False)(x, generator()) - x).double()
        n, variance = noise.numel(), (level * value) ** 2
        assert near(noise.mean(), 0, level * value / n**0.5)
        assert near(noise.var(), variance, variance * (2 / (n - 1)) ** 0.5)

    def test_black_stays_black(self):
        assert not make("speckle", level=2)(grey(0.0), generator()).any()


class TestPoisson:
    @pytest.mark.parametrize(("value", "level"), [(0.5, 0.1), (0.25, 0.01), (1.0, 1.0)])
    def test_mean_is_the_pixel_and_variance_level_times_it(self, value, level):
        x = grey(value)
        noisy = make("poisson", level=level, clip=False)(x, generator()).double()
        n, variance, rate = noisy.numel(), level * value, value / level
        assert near(noisy.mean(), value, (variance / n) ** 0.5)
        # A Poisson number of rate r has the fourth central moment r (1 + 3 r).
        spread = level**4 * rate * (1 + 3 * rate) - variance**2
        assert near(noisy.var(), variance, (spread / n) ** 0.5)

    def test_counts_whole_particles(self):
        noisy = make("poisson", level=0.1, clip=False)(grey(0.5), generator())
        assert torch.allclose(noisy * 10, (noisy * 10).round(), atol=1e-5)

    def test_anscombes_square_root_has_a_variance_of_a_quarter(self):
        noisy = make("poisson", level=0.02, clip=False)(grey(0.9), generator()).double()
        stable = (noisy / 0.02 + 3 / 8).sqrt()
        assert float(stable.var()) == pytest.approx(0.25, abs=0.005)


@pytest.mark.parametrize("name", ["speckle", "poisson"])
def test_clip_only_cuts(name):
    x = grey(0.9)
    free, cut = (make(name, level=1, clip=clip)(x, generator()) for clip in (False, True))
    assert torch.equal(cut, free.clamp(0, 1))
    assert free.max() > 1


class TestMixture:
    def test_each_image_has_one_of_the_corruptions_as_often_as_the_others(self, monkeypatch):
        names = ["gaussian", "masking"]
        monkeypatch.setattr(
            "aecore.corruptions.mixture.HARDEST", {name: HARDEST[name] for name in names}
        )
        x = torch.full((4000, 1, 4, 8), 0.5)
        damaged = make("mixture", level=0.5)(x, generator())
        masked = ((damaged == 0) | (damaged == 0.5)).flatten(1).all(1)
        assert near(masked.double().mean(), 0.5, (0.25 / 4000) ** 0.5)
        assert near(
            (damaged[masked] == 0).double().mean(), 0.4, (0.24 / damaged.numel() * 2) ** 0.5
        )
        assert float((damaged[~masked] - 0.5).std()) == pytest.approx(0.36, abs=0.02)  # clipped

    @pytest.mark.parametrize("name", HARDEST)
    def test_each_kind_is_as_strong_as_declared(self, name, monkeypatch):
        monkeypatch.setattr("aecore.corruptions.mixture.HARDEST", {name: HARDEST[name]})
        x, state = torch.rand(5, 1, 9, 9, generator=generator(4)), generator(7)
        mixed = make("mixture", level=0.5)(x, generator(7))
        torch.rand(5, generator=state)  # which corruption each image has was drawn first
        assert torch.equal(mixed, make(name, level=0.5 * HARDEST[name])(x, state))

    def test_the_hardest_levels_are_ones_that_each_allows(self):
        x = torch.rand(100, 1, 8, 8, generator=generator())
        damaged = Mixture(Mixture.Config(level=1))(x, generator())
        assert (damaged != x).flatten(1).any(1).all()
