"""Data sets by name: each file of this folder registers one source or one family."""

from aecore.datasets.base import (
    SPLITS,
    DataSource,
    ImageData,
    Pool,
    Progress,
    Report,
    Split,
    SplitConfig,
    datasets,
    open_data,
)
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
    "open_data",
]
