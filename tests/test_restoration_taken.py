"""What fills, enlarges and colours, and what counts of it, beside scikit-image and Pillow."""

import numpy as np
import pytest
import torch
from corruption_kit import generator, make
from kit import open_small
from PIL import Image
from runs_kit import is_sentence
from skimage.color import rgb2ycbcr
from skimage.metrics import mean_squared_error
from skimage.restoration import inpaint_biharmonic

from aecore.errors import InputError
from aecore.restoration import Damage, Sample, restorers
from aecore.samples import to_float


@pytest.fixture(scope="module")
def patches():
    return open_small("image_patches")


def holes(clean, **settings):
    corruption = make("masking", **settings)
    seen = corruption(clean, generator(1))
    return Sample("fill", clean, seen, corruption.mask(clean, generator(1)))


def restored(name, sample):
    method = restorers[name]()
    return method.restore(sample.given(method), 0.0)


class TestHoles:
    def test_biharmonic_is_scikit_images(self, patches):
        sample = holes(to_float(patches.part("test", 4)), level=0.5)
        made = restored("biharmonic", sample).numpy()
        for image, seen, taken in zip(made, sample.seen, sample.taken, strict=True):
            expected = inpaint_biharmonic(seen.double().numpy(), taken[0].numpy(), channel_axis=0)
            assert np.abs(image - expected).max() < 1e-6

    def test_neighbours_fill_ring_by_ring(self):
        clean = torch.rand(1, 2, 7, 7, generator=generator())
        taken = torch.zeros(1, 1, 7, 7, dtype=torch.bool)
        taken[..., 1:6, 2:7] = True
        sample = Sample("fill", clean, clean.masked_fill(taken, 0), taken)
        made = restored("neighbours", sample)[0].double().numpy()
        expected = sample.given(restorers["neighbours"])[0].double().numpy()
        while np.isnan(expected).any():
            before = expected.copy()
            for row, column in np.argwhere(np.isnan(before[0])):
                up, left = max(row - 1, 0), max(column - 1, 0)
                around = before[:, up : row + 2, left : column + 2]
                if not np.isnan(around).all():
                    expected[:, row, column] = np.nanmean(around, (1, 2))
        assert np.abs(made - expected).max() < 1e-6

    @pytest.mark.parametrize("name", ["biharmonic", "neighbours"])
    def test_what_was_not_taken_stays_and_without_anything_left_all_is_black(self, name):
        clean = torch.rand(5, 1, 6, 6, generator=generator())
        sample = holes(clean, level=0.3)
        kept = ~sample.taken
        assert torch.equal(restored(name, sample)[kept], clean[kept])
        assert not restored(name, holes(clean, level=1)).any()


class TestEnlargement:
    @pytest.mark.parametrize(("name", "kernel"), [("bicubic", 3), ("bilinear", 2)])
    @pytest.mark.parametrize("factor", [2, 3])
    def test_is_pillows(self, name, kernel, factor):
        """Of 10 x 12 pixels; where the factor does not divide that, the last block is cut off."""
        clean = torch.rand(2, 3, 10, 12, generator=generator())
        corruption = make("downsampling", level=factor)
        method = restorers[name]()
        method.fit(torch.zeros(1, 3, 10, 12), Damage(corruption, generator()))
        made = method.restore(corruption(clean, generator()), 0.0).numpy()
        height, width = (-(-side // factor) for side in (10, 12))
        for image, x in zip(made.reshape(6, 10, 12), clean.numpy().reshape(6, 10, 12), strict=True):
            small = np.array(
                [[x[r * factor :][:factor, c * factor :][:, :factor].mean() for c in range(width)]
                 for r in range(height)], np.float32,
            )  # fmt: skip
            size = (width * factor, height * factor)
            large = np.asarray(Image.fromarray(small).resize(size, Image.Resampling(kernel)))
            assert np.abs(image - large[:10, :12]).max() < 1e-5

    def test_it_is_for_what_was_made_smaller(self):
        with pytest.raises(InputError) as told:
            restorers["bicubic"]().fit(torch.zeros(1), Damage(make("masking"), generator()))
        assert is_sentence(told.value)


@pytest.mark.parametrize("level", [1.0, 0.6])
class TestColours:
    def fitted(self, name, patches, level):
        damage = Damage(make("grey", level=level), generator())
        method = restorers[name]()
        method.fit(patches.part("train"), damage)
        return method, damage(to_float(patches.part("test", 6)))

    def test_the_mean_is_that_of_the_training_images(self, patches, level):
        method, seen = self.fitted("mean_colour", patches, level)
        x = patches.part("train").double().numpy() / 255
        grey = np.tensordot(x, (0.299, 0.587, 0.114), (1, 0))
        chroma = (x - grey[:, None]).mean((0, 2, 3))
        made = (method.restore(seen, 0.0) - seen).numpy()
        assert np.abs(made - level * chroma[:, None, None]).max() < 1e-5

    def test_the_regression_is_least_squares_of_pixels(self, patches, level):
        method, seen = self.fitted("colour_regression", patches, level)
        x = patches.part("train").double().numpy().transpose(0, 2, 3, 1).reshape(-1, 3) / 255
        grey = x @ (0.299, 0.587, 0.114)
        told = np.c_[x + level * (grey[:, None] - x), np.ones(len(x))]
        solution = np.linalg.lstsq(told, x, rcond=1e-7)[0]
        rows = seen.double().numpy().transpose(0, 2, 3, 1)
        expected = np.concatenate([rows, np.ones((*rows.shape[:3], 1))], -1) @ solution
        made = method.restore(seen, 0.0).numpy().transpose(0, 2, 3, 1)
        assert np.abs(made - expected).max() < 1e-4


class TestScore:
    def test_of_holes_is_the_error_of_the_pixels_in_them(self, patches):
        sample = holes(to_float(patches.part("test", 5)))
        made = torch.rand(sample.clean.shape, generator=generator()) * 1.2
        expected = []
        for x, y, taken in zip(sample.clean, made.clamp(0, 1), sample.taken, strict=True):
            inside = taken[0].numpy()
            pairs = x.double().numpy()[:, inside], y.double().numpy()[:, inside]
            expected.append(mean_squared_error(*pairs))
        assert sample.errors(made).numpy() == pytest.approx(expected)
        outside = made.where(sample.taken, torch.zeros(()))
        assert torch.equal(sample.errors(outside), sample.errors(made))

    def test_images_without_a_hole_are_left_out_and_all_of_them_are_refused(self):
        clean = torch.rand(3, 1, 4, 4, generator=generator())
        taken = torch.zeros(3, 1, 4, 4, dtype=torch.bool)
        with pytest.raises(InputError) as told:
            Sample("fill", clean, clean, taken).errors(clean)
        assert is_sentence(told.value)
        taken[1, 0, 2, 3] = True
        off = (clean - 0.1).where(clean > 0.5, clean + 0.1)
        sample = Sample("fill", clean, clean, taken)
        assert sample.errors(off).tolist() == pytest.approx([0.01])
        assert sample.lost.tolist() == [False, True, False]

    def test_of_colours_is_what_is_left_of_the_error_without_the_luminance(self, patches):
        clean = to_float(patches.part("test", 5))
        sample = Sample("colour", clean, make("grey")(clean, generator()))
        made = torch.rand(clean.shape, generator=generator())
        expected = []
        for x, y in zip(clean, made, strict=True):
            pair = (image.double().numpy().transpose(1, 2, 0) for image in (x, y))
            # The Y of scikit-image runs from 16 to 235.
            chroma = [image - ((rgb2ycbcr(image) - 16) / 219)[..., :1] for image in pair]
            expected.append(mean_squared_error(*chroma))
        assert sample.errors(made).numpy() == pytest.approx(expected, rel=1e-5)
        half = clean * 0.5
        brighter, darker = (sample.errors(half + by * sample.seen) for by in (0.5, 0.2))
        assert torch.allclose(brighter, darker, rtol=1e-4)

    @pytest.mark.parametrize("task", ["denoise", "enlarge", "fill", "colour"])
    def test_what_may_be_lost_by_chance_counts_by_its_mean_error(self, task):
        """An image of which nothing is wrong would otherwise count as 100 dB."""
        clean = torch.zeros(40, 3, 2, 2)
        made, seen = clean.clone(), clean.clone()
        made[1:, 0], seen[1:, 0] = torch.linspace(0.2, 0.4, 39)[:, None, None], 0.5
        taken = torch.ones(40, 1, 2, 2, dtype=torch.bool) if task == "fill" else None
        sample = Sample(task, clean, seen, taken)
        errors = [sample.errors(x).numpy() for x in (made, seen)]
        after, before = (-10 * np.log10(each.clip(1e-10)) for each in errors)
        found, gain = sample.psnr(made), sample.gain(made)
        assert sample.gain(made, sample.seen) == gain
        assert sample.gain(sample.seen, made).value == pytest.approx(-gain.value)
        assert found.low < found.value < found.high
        assert gain.low < gain.value < gain.high
        if task in ("denoise", "enlarge"):
            assert found.value == pytest.approx(after.mean())
            assert gain.value == pytest.approx((after - before).mean())
        else:
            assert found.value == pytest.approx(-10 * np.log10(errors[0].mean()))
            assert gain.value == pytest.approx(10 * np.log10(errors[1].mean() / errors[0].mean()))
            draws = np.random.default_rng(3).integers(40, size=(4000, 40))
            levels = -10 * np.log10(errors[0][draws].mean(1))
            assert found[1:] == pytest.approx(np.percentile(levels, [2.5, 97.5]), abs=0.1)
