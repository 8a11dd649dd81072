"""Classical restorers: what all of them promise, and how their strength is chosen."""

import pytest
import torch
from corruption_kit import make
from kit import open_small
from torch import Generator

from aecore.corruptions import corruptions
from aecore.metrics.reconstruction import psnr_per_image
from aecore.restoration import Chosen, Damage, Sample, choose, restorers, suited
from aecore.restoration.base import Restorer
from aecore.samples import to_float

NAMES = list(restorers)


def noisy(x, seed=0, level=0.3):
    return x + level * torch.randn(x.shape, generator=torch.Generator().manual_seed(seed))


MADE_FOR = {
    "denoise": make("gaussian", clip=False),
    "fill": make("masking"),
    "enlarge": make("downsampling"),
    "colour": make("grey"),
}


def damage_for(name, seed=1):
    return Damage(MADE_FOR[restorers[name].tasks[0]], Generator().manual_seed(seed))


def damaged(name, clean, seed):
    """Images as a method gets them, with what counts in them."""
    corruption = damage_for(name).corruption
    seen = corruption(clean, Generator().manual_seed(seed))
    taken = None
    if corruption.task == "fill":
        taken = corruption.mask(clean, Generator().manual_seed(seed))
    return Sample(corruption.task, clean, seen, taken)


@pytest.fixture(scope="module")
def digits():
    return open_small("digits")


@pytest.fixture(scope="module")
def patches():
    return open_small("image_patches")


def fitted(name, clean):
    method = restorers[name]()
    method.fit(clean, damage_for(name))
    return method


def test_every_corruption_finds_methods_for_it():
    for kind in corruptions.values():
        assert {"pca", "wiener"} < set(suited(kind.task))
    assert suited("fill") == ("biharmonic", "neighbours", "pca", "wiener")
    assert "median_filter" in suited("denoise")
    assert "bicubic" not in suited("denoise")


@pytest.mark.parametrize("name", NAMES)
class TestEvery:
    def test_says_what_it_is(self, name):
        kind = restorers[name]
        assert kind.title
        assert kind.idea.endswith(".")
        assert bool(kind.strength) == (len(kind.strengths) > 1)
        assert list(kind.strengths) == sorted(kind.strengths)

    @pytest.mark.parametrize("shape", [(1, 8, 8), (3, 9, 11)])
    def test_keeps_shape_and_type_and_input(self, name, shape):
        if not damage_for(name).corruption.fits(shape):
            pytest.skip("there is no colour to be found")
        generator = torch.Generator().manual_seed(0)
        clean = torch.randint(0, 256, (40, *shape), generator=generator, dtype=torch.uint8)
        sample = damaged(name, to_float(clean[:3]), 0)
        seen = sample.given(restorers[name]())
        before = seen.clone()
        method = fitted(name, clean)
        for strength in (method.strengths[0], method.strengths[-1]):
            made = method.restore(seen, strength)
            assert made.shape == seen.shape
            assert made.dtype == torch.float32
            assert made.isfinite().all()
            assert torch.equal(method.restore(seen, strength), made)
        assert torch.equal(seen.isnan(), before.isnan())
        assert torch.equal(seen.nan_to_num(), before.nan_to_num())

    def test_an_image_is_restored_alike_alone_and_among_others(self, name, patches):
        method = fitted(name, patches.part("train", 300))
        seen = damaged(name, to_float(patches.part("test", 4)), 0).given(method)
        strength = method.strengths[len(method.strengths) // 2]
        together = method.restore(seen, strength)
        assert torch.allclose(method.restore(seen[2:3], strength), together[2:3], atol=1e-5)

    def test_images_come_out_better_than_they_went_in(self, name, digits, patches):
        if name == "median_filter":
            pytest.skip("a median over 3 x 3 of 8 x 8 pixels takes the strokes away")
        if name == "bilinear":
            pytest.skip("squares of 2 x 2 pixels are nearer to photographs than its lines")
        data = digits if restorers[name].tasks[0] == "denoise" else patches
        method = fitted(name, data.part("train"))
        chosen = choose(method, damaged(name, to_float(data.part("validation")), 2))
        sample = damaged(name, to_float(data.part("test")), 3)
        made = chosen.restore(sample.given(method))
        before, after = (sample.errors(x) for x in (sample.seen, made))
        assert after.mean() < 0.98 * before.mean()


class Scaled(Restorer):
    """Multiplies by its strength."""

    strengths = (0.5, 1.0, 2.0, 3.0)

    def restore(self, damaged, strength):
        return damaged * strength


class TestChoice:
    def test_the_best_strength_is_chosen_and_its_quality_told(self):
        clean = torch.rand(20, 1, 4, 4, generator=torch.Generator().manual_seed(0)) * 0.9
        seen = noisy(clean / 2, level=0.01)
        chosen = choose(Scaled(), Sample("denoise", clean, seen))
        assert chosen.strength == 2.0
        expected = psnr_per_image((seen * 2).clamp(0, 1), clean).mean()
        assert chosen.psnr == pytest.approx(float(expected))

    def test_what_leaves_the_range_of_pixels_is_cut_before_it_is_judged(self):
        clean = torch.tensor([0.0, 1.0]).view(1, 1, 1, 2)
        seen = torch.tensor([-0.4, 0.4]).view(1, 1, 1, 2)
        chosen = choose(Scaled(), Sample("denoise", clean, seen))
        assert chosen.strength == 3.0
        assert chosen.psnr == 100
        assert chosen.restore(clean).tolist() == clean.tolist()

    def test_it_can_be_stopped_between_strengths(self):
        heard = []

        def tick():
            heard.append(1)
            if len(heard) == 3:
                raise KeyboardInterrupt

        clean = torch.rand(2, 1, 4, 4)
        with pytest.raises(KeyboardInterrupt):
            choose(Scaled(), Sample("denoise", clean, clean), tick)
        assert len(heard) == 3

    def test_a_chosen_method_uses_its_own_strength(self):
        seen = torch.full((1, 1, 2, 2), 0.25)
        assert torch.equal(Chosen(Scaled(), 3.0, 0.0).restore(seen), seen * 3)
