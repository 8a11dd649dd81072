"""Handwritten digits of 8×8 pixels: they ship inside scikit-learn, so they always work."""

import numpy as np
import torch

from aecore.datasets.base import DataSource, datasets
from aecore.datasets.splits import Pool


@datasets.register("digits")
class Digits(DataSource):
    """The test half of the UCI Optical Recognition of Handwritten Digits data set."""

    title = "Digits (8×8)"
    summary = "1,797 small handwritten digits. They need no download and train in seconds."
    licence = "CC BY 4.0 (Alpaydin and Kaynak 1998, UCI Machine Learning Repository)"
    suggested = {"epochs": 200, "learning_rate": 3e-3, "batch_size": 128}
    shape = (1, 8, 8)
    classes = tuple(str(digit) for digit in range(10))
    train_size = 1079

    def read(self) -> Pool:
        from sklearn.datasets import load_digits  # slow to import, and only this file needs it

        images, labels = load_digits(return_X_y=True)
        grey = np.rint(images * (255 / 16)).astype(np.uint8)  # stored in 17 levels, 0 to 16
        return Pool(torch.from_numpy(grey).view(-1, 1, 8, 8), torch.from_numpy(labels).long())
