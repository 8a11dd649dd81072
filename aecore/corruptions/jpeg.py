"""JPEG artefacts: the image as a JPEG file of quality 100 − level, read again."""

from io import BytesIO

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from aecore.config import Settings, knob
from aecore.corruptions.base import Corruption, corruptions


@corruptions.register("jpeg")
class JpegArtefacts(Corruption):
    """Writes and reads a JPEG with Pillow, as RGB where there are three channels.

    Any other number of channels is stored as that many grey images. Pixels are rounded to bytes
    before. The images go through the processor one by one, which on a graphics card makes this
    the slowest corruption. At level 0 nothing is stored, and so nothing lost.
    """

    title = "JPEG artefacts"
    idea = "Stores the image in too small a JPEG file, which leaves blocks and ripples."

    class Config(Settings):
        level: int = knob(
            85,
            "100 minus the quality of the JPEG file: 85 is quality 15, and 0 leaves all as it is.",
            low=0,
            high=99,
            label="Loss of quality",
        )

    config: Config

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:  # noqa: ARG002
        if self.config.level == 0 or not len(x):
            return x
        pixels = x.clamp(0, 1).mul(255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
        stored = np.stack([self._stored(image) for image in pixels])
        return torch.from_numpy(stored).permute(0, 3, 1, 2).to(x).div_(255)

    def _stored(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """An image (H, W, C) as it comes back."""
        quality = 100 - self.config.level
        if image.shape[2] == 3:
            return through_jpeg(image, quality)
        channels = np.moveaxis(image, 2, 0)
        return np.stack([through_jpeg(channel, quality) for channel in channels], 2)


def through_jpeg(image: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """One image, (H, W) grey or (H, W, 3) RGB, written as JPEG and read again."""
    from PIL import Image  # slow to import

    file = BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))
