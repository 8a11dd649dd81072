"""Colour patches of two photographs: they ship inside scikit-learn, so they always work."""

import torch
from torch import Tensor

from aecore.config import Settings, knob
from aecore.datasets.base import DataSource, datasets
from aecore.datasets.splits import HELD_OUT_SHARE, Pool

PHOTO_SHAPE = (427, 640)
"""Height and width of both photographs in pixels."""


@datasets.register("image_patches")
class ImagePatches(DataSource):
    """Tiles of scikit-learn's two sample photographs, cut without overlap.

    No pixel is in two tiles, hence none is in two splits. What is left at the right and bottom
    edge is dropped.
    """

    title = "Photo patches (colour)"
    summary = (
        "Small colour squares cut from two photographs, a temple and a flower. "
        "They need no download and show how an autoencoder treats colour and texture."
    )
    licence = "CC BY 2.0 (photographs by danielbuechele and vultilion, Flickr, in scikit-learn)"
    suggested = {"epochs": 100, "learning_rate": 2e-3, "batch_size": 128, "classes": 2}
    classes = ("Temple", "Flower")

    class Config(Settings):
        patch_size: int = knob(
            16, "Height and width of each patch in pixels.", low=8, high=64, label="Patch size"
        )

    config: Config

    @property
    def shape(self) -> tuple[int, int, int]:
        """(3, patch_size, patch_size)."""
        return 3, self.config.patch_size, self.config.patch_size

    @property
    def train_size(self) -> int:
        """How many patches train: what `base.split` leaves of both photographs."""
        height, width = PHOTO_SHAPE
        size = self.config.patch_size
        count = 2 * (height // size) * (width // size)
        return count - 2 * round(HELD_OUT_SHARE * count)

    def read(self) -> Pool:
        """Cut both photographs: images (n, 3, patch_size, patch_size)."""
        from sklearn.datasets import load_sample_images  # slow to import

        photos = [torch.tensor(photo) for photo in load_sample_images().images]
        parts = [tiles(photo, self.config.patch_size) for photo in photos]
        labels = torch.arange(2).repeat_interleave(torch.tensor([len(part) for part in parts]))
        return Pool(torch.cat(parts), labels)


def tiles(photo: Tensor, size: int) -> Tensor:
    """Cut (height, width, 3) into (n, 3, size, size), row by row and without overlap."""
    rows, columns = photo.shape[0] // size, photo.shape[1] // size
    grid = photo[: rows * size, : columns * size].reshape(rows, size, columns, size, 3)
    return grid.permute(0, 2, 4, 1, 3).reshape(-1, 3, size, size)
