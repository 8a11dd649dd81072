"""Data sets by name: each file of this folder registers one source or one family."""

from aecore.datasets.base import (
    DataSource,
    ImageData,
    Progress,
    Report,
    datasets,
    open_data,
)
from aecore.datasets.from_python import from_array, from_frame, from_torchvision
from aecore.datasets.splits import SPLITS, Pool, Split, SplitConfig
from aecore.registry import import_siblings

import_siblings(__name__, __path__)

__all__ = [
    "SPLITS",
    "DataSource",
    "ImageData",
    "Pool",
    "Progress",
    "Report",
    "Split",
    "SplitConfig",
    "datasets",
    "from_array",
    "from_frame",
    "from_torchvision",
    "open_data",
]
