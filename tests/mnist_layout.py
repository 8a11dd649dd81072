"""Files as MNIST's for machines that have none: scikit-learn's digits, enlarged to 28×28."""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

SIZES = {"train": 60_000, "t10k": 10_000}


def idx(array):
    """An array in the format of MNIST's files."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes()


def write_digits(root: Path) -> None:
    """`root/MNIST/raw` in MNIST's layout and sizes, the digits repeated until it is full."""
    images, labels = load_digits(return_X_y=True)
    large = np.rint(images.reshape(-1, 8, 8) * (255 / 16)).repeat(3, 1).repeat(3, 2)
    large = np.pad(large, ((0, 0), (2, 2), (2, 2)))
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for split, count in SIZES.items():
        rows = np.arange(count) % len(large)
        (raw / f"{split}-images-idx3-ubyte").write_bytes(idx(large[rows]))
        (raw / f"{split}-labels-idx1-ubyte").write_bytes(idx(labels[rows]))
