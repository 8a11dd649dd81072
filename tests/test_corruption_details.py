"""What takes details and colours away, beside scikit-image, Pillow and sums by hand."""

import numpy as np
import pytest
import torch
from corruption_kit import generator, make
from PIL import Image
from runs_kit import is_sentence
from skimage.color import rgb2ycbcr
from skimage.measure import block_reduce

from aecore.errors import InputError


@pytest.fixture
def batch():
    return torch.rand(4, 3, 10, 12, generator=generator(7))


class TestDownsampling:
    @pytest.mark.parametrize("factor", [2, 3, 5])
    def test_each_block_has_its_mean(self, batch, factor):
        """Blocks at the edge too: what scikit-image adds to them is not counted."""
        made = make("downsampling", level=factor)(batch, generator()).numpy()
        blocks = (1, 1, factor, factor)
        small = block_reduce(batch.double().numpy(), blocks, np.nanmean, cval=np.nan)
        large = np.kron(small, np.ones((factor, factor)))[..., :10, :12]
        assert np.abs(made - large).max() < 1e-6

    def test_a_factor_beyond_the_image_leaves_its_mean(self, batch):
        made = make("downsampling", level=16)(batch, generator())
        assert torch.allclose(made, batch.mean((2, 3), keepdim=True).expand_as(batch))


class TestGrey:
    def test_is_the_luminance_of_scikit_image_and_pillow(self, batch):
        made = make("grey")(batch, generator())
        assert torch.equal(made[:, 0], made[:, 1])
        assert torch.equal(made[:, 0], made[:, 2])
        pixels = (batch * 255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
        made = make("grey")(torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255, generator())
        expected = (rgb2ycbcr(pixels)[..., 0] - 16) / 219  # its Y runs from 16 to 235
        assert np.abs(made[:, 0].numpy() - expected).max() < 1e-6
        for image, grey in zip(pixels, made[:, 0].numpy(), strict=True):
            assert np.abs(np.asarray(Image.fromarray(image).convert("L")) - grey * 255).max() < 1

    def test_part_of_the_colour_can_be_left(self, batch):
        made, whole = (make("grey", level=level)(batch, generator()) for level in (0.25, 1))
        assert torch.allclose(made, 0.75 * batch + 0.25 * whole)

    def test_images_without_colour_are_refused(self):
        with pytest.raises(InputError) as told:
            make("grey")(torch.rand(2, 1, 8, 8), generator())
        assert is_sentence(told.value)
        assert "1 channel" in str(told.value)
