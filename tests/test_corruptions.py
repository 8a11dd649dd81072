"""Corruptions: what all of them promise, then the mathematics of each."""

import pytest
import torch
from corruption_kit import generator, grey, make, near

from aecore.config import knobs
from aecore.corruptions import Erasing, corruptions

NAMES = list(corruptions)
LEVELLED = [name for name, kind in corruptions.items() if "level" in kind.Config.model_fields]
DRAW_NOTHING = {"centre_hole", "contrast", "downsampling", "gaussian_blur", "grey", "jpeg"}
ERASING = [name for name, kind in corruptions.items() if issubclass(kind, Erasing)]


@pytest.fixture
def batch():
    return torch.rand(6, 3, 10, 12, generator=generator(99))


def lowest(name):
    return min(k.low for k in knobs(corruptions[name].Config) if k.name == "level")


def at_share(name, share):
    """The corruption with its level at a share of the largest."""
    (declared,) = (knob for knob in knobs(corruptions[name].Config) if knob.name == "level")
    level = share * declared.high
    return make(name, level=round(level) if declared.kind == "int" else level)


@pytest.mark.parametrize("name", NAMES)
class TestEvery:
    def test_says_what_it_is(self, name):
        kind = corruptions[name]
        assert kind.name == name
        assert kind.title
        assert kind.idea.endswith(".")

    def test_keeps_shape_and_type_and_input(self, name, batch):
        before = batch.clone()
        damaged = make(name)(batch, generator())
        assert damaged.shape == batch.shape
        assert damaged.dtype == batch.dtype
        assert torch.equal(batch, before)

    def test_generator_state_decides(self, name, batch):
        corrupt = make(name)
        torch.manual_seed(1)
        first = corrupt(batch, generator(5))
        torch.manual_seed(2)
        assert torch.equal(first, corrupt(batch, generator(5)))

    def test_leaves_the_global_generator_alone(self, name, batch):
        before = torch.get_rng_state()
        make(name)(batch, generator())
        assert torch.equal(before, torch.get_rng_state())

    def test_works_on_an_empty_batch(self, name, batch):
        assert make(name)(batch[:0], generator()).shape == batch[:0].shape

    @pytest.mark.parametrize("shape", [(1, 4, 4), (3, 4, 4), (1, 5, 9), (3, 32, 32)])
    def test_takes_grey_and_colour_of_any_size(self, name, shape):
        x = torch.rand(3, *shape, generator=generator())
        if not corruptions[name].fits(shape):
            pytest.skip("a corruption of colours: see TestGrey")
        damaged = make(name)(x, generator())
        assert damaged.shape == x.shape
        assert damaged.isfinite().all()


@pytest.mark.parametrize("name", [name for name in LEVELLED if lowest(name) == 0])
def test_level_zero_is_the_identity(name):
    batch = torch.rand(6, 3, 10, 12, generator=generator(99))
    assert torch.equal(make(name, level=0)(batch, generator()), batch)


@pytest.mark.parametrize("name", LEVELLED)
class TestLevelled:
    def test_default_level_damages(self, name, batch):
        assert not torch.equal(make(name)(batch, generator()), batch)

    def test_next_batch_is_damaged_differently(self, name, batch):
        corrupt, state = make(name), generator()
        same = torch.equal(corrupt(batch, state), corrupt(batch, state))
        assert same == (name in DRAW_NOTHING)

    def test_more_level_more_damage(self, name):
        shades = torch.linspace(0, 1, 12).expand(200, 12, 12)  # from left to right, or down
        x = torch.stack([shades, shades.flip(-1), shades.mT], 1)
        weak, strong = (at_share(name, share)(x, generator()) for share in (0.1, 0.5))
        assert (strong - x).square().mean() > (weak - x).square().mean()

    def test_largest_level_stays_finite(self, name, batch):
        assert at_share(name, 1)(batch, generator()).isfinite().all()


@pytest.mark.parametrize("name", ERASING)
class TestErasing:
    def test_mask_is_what_the_same_generator_blackens(self, name, batch):
        corrupt = make(name)
        taken = corrupt.mask(batch, generator(3))
        assert taken.dtype == torch.bool
        assert taken.shape == (6, 1, 10, 12)
        assert torch.equal(corrupt(batch, generator(3)), batch * ~taken)
        assert taken.any()
        assert not taken.all()


def test_what_takes_pixels_away_can_say_which():
    assert ERASING == ["centre_hole", "dropped_rows", "masking", "occlusion"]


class TestGaussian:
    @pytest.mark.parametrize("level", [0.1, 0.3, 1.0])
    def test_moments(self, level):
        x = grey(0.5)
        noise = (make("gaussian", level=level, clip=False)(x, generator()) - x).double()
        n = noise.numel()
        assert near(noise.mean(), 0, level / n**0.5)
        assert near(noise.var(), level**2, level**2 * (2 / (n - 1)) ** 0.5)

    def test_clip_only_cuts(self, batch):
        free = make("gaussian", clip=False)(batch, generator())
        clipped = make("gaussian", clip=True)(batch, generator())
        assert torch.equal(clipped, free.clamp(0, 1))
        assert free.min() < 0
        assert free.max() > 1


class TestSaltAndPepper:
    @pytest.mark.parametrize("level", [0.05, 0.2, 0.9])
    def test_share_replaced_and_half_of_it_white(self, level):
        x = grey(0.5)
        damaged = make("salt_pepper", level=level)(x, generator())
        hit = damaged != x
        n, hits = x.numel(), int(hit.sum())
        assert near(hits / n, level, (level * (1 - level) / n) ** 0.5)
        assert set(damaged[hit].unique().tolist()) == {0.0, 1.0}
        assert near(damaged[hit].mean(), 0.5, 0.5 / hits**0.5)

    def test_pixels_that_have_the_value_already_do_not_change(self):
        x, level = grey(1.0), 0.4
        changed = make("salt_pepper", level=level)(x, generator()) != x
        expected = level * 0.5
        error = (expected * (1 - expected) / x.numel()) ** 0.5
        assert near(changed.double().mean(), expected, error)

    def test_hits_all_channels_of_a_pixel(self, batch):
        hit = make("salt_pepper")(batch, generator()) != batch
        assert torch.equal(hit.all(1), hit.any(1))

    def test_level_one_replaces_everything(self, batch):
        damaged = make("salt_pepper", level=1)(batch, generator())
        assert ((damaged == 0) | (damaged == 1)).all()


class TestMasking:
    @pytest.mark.parametrize("level", [0.1, 0.4, 0.75])
    def test_expectation_is_one_minus_level(self, level):
        x = grey(0.8)
        damaged = make("masking", level=level)(x, generator()).double()
        error = 0.8 * (level * (1 - level) / x.numel()) ** 0.5
        assert near(damaged.mean(), (1 - level) * 0.8, error)

    def test_what_is_left_is_not_rescaled(self, batch):
        damaged = make("masking")(batch, generator())
        kept = damaged != 0
        assert kept.any()
        assert torch.equal(damaged[kept], batch[kept])

    def test_hits_all_channels_of_a_pixel(self, batch):
        hit = make("masking")(batch, generator()) != batch
        assert torch.equal(hit.all(1), hit.any(1))

    def test_level_one_blackens_everything(self, batch):
        assert not make("masking", level=1)(batch, generator()).any()
