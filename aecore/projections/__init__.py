"""From many numbers to a plane: PCA, UMAP, t-SNE, each one file of this folder."""

from aecore.projections.base import Map, Projection, Rows, Watch, projections
from aecore.registry import import_siblings

import_siblings(__name__, __path__)

__all__ = ["Map", "Projection", "Rows", "Watch", "projections"]
