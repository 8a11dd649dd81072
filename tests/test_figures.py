"""Pictures made of images."""

import pytest
import torch

from ui.figures import strip


@pytest.mark.parametrize(("channels", "size"), [(1, (8, 8)), (3, (16, 16)), (1, (5, 9))])
@pytest.mark.parametrize(("count", "columns"), [(1, 8), (8, 8), (7, 3)])
def test_a_strip_holds_every_pixel_of_every_image(channels, size, count, columns):
    generator = torch.Generator().manual_seed(0)
    shape = (count, channels, *size)
    images = torch.randint(256, shape, dtype=torch.uint8, generator=generator)
    gap, zoom = 4, round(56 / max(size))
    picture = strip(images, columns, 56, gap)
    rows = -(-count // columns)
    tall, wide = size[0] * zoom + gap, size[1] * zoom + gap
    assert picture.shape == (rows * tall - gap, columns * wide - gap, 4)
    for index, image in enumerate(images.numpy()):
        top, left = index // columns * tall, index % columns * wide
        found = picture[top : top + tall - gap : zoom, left : left + wide - gap : zoom]
        assert (found[..., :3] == image.transpose(1, 2, 0)).all()
        assert (found[..., 3] == 255).all()
    # All that is not an image is transparent.
    assert (picture[..., 3] == 255).sum() == count * size[0] * size[1] * zoom**2


def test_a_large_image_is_not_made_smaller():
    assert strip(torch.zeros(1, 3, 64, 64, dtype=torch.uint8), 1).shape == (64, 64, 4)
