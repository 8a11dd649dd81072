"""Classical restorers: what all of them promise, and how their strength is chosen."""

import pytest
import torch
from kit import open_small

from aecore.metrics.reconstruction import psnr_per_image
from aecore.restoration import Chosen, choose, restorers
from aecore.restoration.base import Restorer
from aecore.training.batches import to_float

NAMES = list(restorers)


def noisy(x, seed=0, level=0.3):
    return x + level * torch.randn(x.shape, generator=torch.Generator().manual_seed(seed))


def damage(seed=1):
    generator = torch.Generator().manual_seed(seed)
    return lambda x: x + 0.3 * torch.randn(x.shape, generator=generator)


@pytest.fixture(scope="module")
def digits():
    return open_small("digits")


def fitted(name, clean):
    method = restorers[name]()
    method.fit(clean, damage())
    return method


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
        generator = torch.Generator().manual_seed(0)
        clean = torch.randint(0, 256, (40, *shape), generator=generator, dtype=torch.uint8)
        seen = noisy(to_float(clean[:3]))
        before = seen.clone()
        method = fitted(name, clean)
        for strength in (method.strengths[0], method.strengths[-1]):
            made = method.restore(seen, strength)
            assert made.shape == seen.shape
            assert made.dtype == torch.float32
            assert made.isfinite().all()
            assert torch.equal(method.restore(seen, strength), made)
        assert torch.equal(seen, before)

    def test_an_image_is_restored_alike_alone_and_among_others(self, name, digits):
        method = fitted(name, digits.part("train", 300))
        seen = noisy(to_float(digits.part("test", 4)))
        strength = method.strengths[len(method.strengths) // 2]
        together = method.restore(seen, strength)
        assert torch.allclose(method.restore(seen[2:3], strength), together[2:3], atol=1e-5)

    def test_digits_come_out_cleaner_than_they_went_in(self, name, digits):
        if name == "median_filter":
            pytest.skip("a median over 3 x 3 of 8 x 8 pixels takes the strokes away")
        method = fitted(name, digits.part("train"))
        held = to_float(digits.part("validation"))
        chosen = choose(method, held, noisy(held, 2))
        clean = to_float(digits.part("test"))
        seen = noisy(clean, 3)
        before = psnr_per_image(seen.clamp(0, 1), clean).mean()
        assert psnr_per_image(chosen.restore(seen), clean).mean() > before + 0.2


class Scaled(Restorer):
    """Multiplies by its strength."""

    strengths = (0.5, 1.0, 2.0, 3.0)

    def restore(self, damaged, strength):
        return damaged * strength


class TestChoice:
    def test_the_best_strength_is_chosen_and_its_quality_told(self):
        clean = torch.rand(20, 1, 4, 4, generator=torch.Generator().manual_seed(0)) * 0.9
        seen = noisy(clean / 2, level=0.01)
        chosen = choose(Scaled(), clean, seen)
        assert chosen.strength == 2.0
        expected = psnr_per_image((seen * 2).clamp(0, 1), clean).mean()
        assert chosen.psnr == pytest.approx(float(expected))

    def test_what_leaves_the_range_of_pixels_is_cut_before_it_is_judged(self):
        clean = torch.tensor([0.0, 1.0]).view(1, 1, 1, 2)
        chosen = choose(Scaled(), clean, torch.tensor([-0.4, 0.4]).view(1, 1, 1, 2))
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
            choose(Scaled(), clean, clean, tick)
        assert len(heard) == 3

    def test_a_chosen_method_uses_its_own_strength(self):
        seen = torch.full((1, 1, 2, 2), 0.25)
        assert torch.equal(Chosen(Scaled(), 3.0, 0.0).restore(seen), seen * 3)
