"""Blurs, rotation, contrast and JPEG beside SciPy, Pillow and a computation by hand."""

from io import BytesIO

import numpy as np
import pytest
import torch
from corruption_kit import generator, make, near
from PIL import Image
from scipy import ndimage

from aecore.corruptions.rotation import turned


@pytest.fixture
def photograph():
    """Smooth colour, as of a photograph: (2, 3, 24, 30) in [0, 1]."""
    x = torch.rand(2, 3, 24, 30, generator=generator(1)).numpy()
    smooth = ndimage.gaussian_filter(x, (0, 0, 2, 2))
    return torch.from_numpy((smooth - smooth.min()) / np.ptp(smooth))


class TestGaussianBlur:
    @pytest.mark.parametrize("level", [0.5, 1.0, 3.7])
    @pytest.mark.parametrize("shape", [(2, 1, 28, 28), (2, 3, 4, 7)])
    def test_is_scipys(self, shape, level):
        x = torch.rand(shape, generator=generator())
        expected = ndimage.gaussian_filter(x.numpy(), (0, 0, level, level), mode="reflect")
        made = make("gaussian_blur", level=level)(x, generator())
        assert np.abs(made.numpy() - expected).max() < 1e-6

    def test_mean_stays(self, photograph):
        blurred = make("gaussian_blur", level=4)(photograph, generator())
        assert torch.allclose(blurred.mean((-2, -1)), photograph.mean((-2, -1)), atol=1e-6)


class TestMotionBlur:
    def test_a_point_becomes_a_line_of_the_length_asked_for(self):
        x = torch.zeros(300, 1, 31, 31)
        x[:, :, 15, 15] = 1
        blurred = make("motion_blur", level=12)(x, generator())
        assert torch.allclose(blurred.sum((1, 2, 3)), torch.ones(300), atol=1e-4)
        places = torch.arange(31) - 15.0
        down = (blurred[:, 0] * places[:, None].square()).sum((1, 2))
        right = (blurred[:, 0] * places.square()).sum((1, 2))
        # 25 places, evenly from −6 to 6, have a mean square of 13; each read spreads a little.
        assert ((down + right) - 13 < 0.5).all()
        assert ((down + right) - 13 > -0.01).all()
        across = (blurred[:, 0] * places[:, None] * places).sum((1, 2))
        angles = 0.5 * torch.atan2(2 * across, right - down)
        assert angles.std() > 0.8  # evenly from −90 to 90 degrees has 0.907
        line = blurred[:, 0].amax((1, 2))
        assert (line < 0.2).all()

    def test_flat_images_stay_flat(self):
        x = torch.full((3, 3, 6, 9), 0.4)
        assert torch.allclose(make("motion_blur", level=20)(x, generator()), x, atol=1e-5)


class TestRotation:
    @pytest.mark.parametrize("degrees", [-40.0, 10.0, 90.0])
    @pytest.mark.parametrize("shape", [(1, 1, 16, 16), (1, 3, 12, 17)])
    def test_is_scipys(self, shape, degrees):
        x = torch.rand(shape, generator=generator())
        made = turned(x, torch.full((1, 1, 1), degrees))
        expected = ndimage.rotate(
            x.numpy(), degrees, axes=(2, 3), reshape=False, order=1, mode="grid-constant"
        )
        assert np.abs(made.numpy() - expected).max() < 1e-4

    def test_angles_reach_both_bounds_evenly(self):
        columns = torch.arange(41.0).expand(2000, 1, 41, 41)
        rotated = make("rotation", level=20)(columns, generator())[:, 0]
        # Around the centre a slope of 1 to the right keeps its cosine, and has its sine downwards.
        right, down = rotated[:, 20].diff(dim=1)[:, 20], rotated[:, :, 20].diff(dim=1)[:, 20]
        assert torch.allclose(right.square() + down.square(), torch.ones(2000), atol=1e-3)
        angles = torch.rad2deg(torch.asin(down))
        assert -20.01 < angles.min() < -19.5
        assert 19.5 < angles.max() < 20.01
        assert near(angles.mean(), 0, 20 / 3**0.5 / 2000**0.5)


class TestContrast:
    @pytest.mark.parametrize("level", [0.3, 1.0])
    def test_mean_stays_and_deviation_shrinks(self, photograph, level):
        flat = make("contrast", level=level)(photograph, generator())
        assert torch.allclose(flat.mean((-2, -1)), photograph.mean((-2, -1)), atol=1e-6)
        kept = (1 - level) * photograph.std((-2, -1))
        assert torch.allclose(flat.std((-2, -1)), kept, atol=1e-6)


class TestJpeg:
    @pytest.mark.parametrize("level", [20, 85, 99])
    @pytest.mark.parametrize("channels", [1, 3])
    def test_is_pillows_file_read_again(self, photograph, channels, level):
        x = photograph[:, :channels]
        damaged = make("jpeg", level=level)(x, generator())
        for image, made in zip(x, damaged, strict=True):
            pixels = np.rint(image.numpy() * 255).astype(np.uint8)
            picture = Image.fromarray(pixels[0] if channels == 1 else pixels.transpose(1, 2, 0))
            file = BytesIO()
            picture.save(file, "JPEG", quality=100 - level)
            read = np.asarray(Image.open(file))
            read = read[None] if channels == 1 else read.transpose(2, 0, 1)
            assert np.array_equal(np.rint(made.numpy() * 255), read)

    def test_two_channels_are_two_grey_images(self, photograph):
        corrupt = make("jpeg")
        both = corrupt(photograph[:, :2], generator())
        assert torch.equal(both[:, 1:], corrupt(photograph[:, 1:2], generator()))

    def test_values_beyond_the_range_are_cut_as_bytes_are(self):
        x = torch.tensor([-3.0, 4.0]).view(1, 1, 1, 2).repeat(1, 1, 8, 4)
        damaged = make("jpeg", level=1)(x, generator())
        assert torch.equal(damaged, make("jpeg", level=1)(x.clamp(0, 1), generator()))
