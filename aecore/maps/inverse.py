"""From a place on a map back to a code: what the decoder would make of this spot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aecore.datasets import ImageData
from aecore.maps.draw import Drawn
from aecore.maps.samples import chosen
from aecore.maps.spec import CODE, MapSpec
from aecore.projections.pca import PCA
from aecore.runs.inference import CHUNK, LoadedModel, codes_of, without_label

NEAR = 5
"""Training images between which a place lies, where a map cannot be turned round exactly."""
USUAL = 0.98
"""Share of the training images whose nearest other on the map is no farther than what is usual."""


@dataclass(frozen=True)
class Ground:
    """What lies under m places of a map.

    codes: (m, code_size); exact: the map is a straight view of the code, and these are its codes
    (with PCA those on the plane through the average code); else they are averages of the codes of
    the NEAR nearest training images. far: (m,) float32, the distance on the map to the nearest
    training image as a multiple of what is usual between training images: above 1, the map is
    empty there.
    """

    codes: Tensor
    exact: bool
    far: NDArray[np.float32]


class Inverse:
    """Turns one drawn map round.

    Attributes:
        axes: (2, d), what the map's axes are among the numbers of the code; None where it is no
            straight view of the code.
        code_spread: root mean square distance of training codes from their average.
    """

    def __init__(self, loaded: LoadedModel, data: ImageData, spec: MapSpec, drawn: Drawn) -> None:
        """Raises InputError where the model has no code."""
        from scipy.spatial import KDTree

        self._codes = codes_of(loaded.model, data.images[chosen(data, spec.config)])
        self._places, self._tree = drawn.train, KDTree(drawn.train)
        own = self._tree.query(drawn.train, 2)[0][:, 1]
        self._usual = max(float(np.quantile(own, USUAL)), 1e-12)
        plain = without_label(loaded.model, self._codes)
        self.code_spread = float((plain - plain.mean(0)).square().sum(1).mean().sqrt()) or 1.0
        self._label = self._codes[:, plain.shape[1] :].mean(0)
        self._centre = np.zeros(plain.shape[1])
        self.axes: NDArray[np.float64] | None = None
        if spec.method == CODE:
            self.axes = np.eye(2)
        elif spec.config.of == "code" and spec.method == "pca":
            pca = PCA().fit(plain.numpy())
            self.axes, self._centre = pca.axes_, pca.mean_

    def at(self, places: NDArray[np.float64]) -> Ground:
        """What lies under places (m, 2)."""
        distances, nearest = self._tree.query(places, min(NEAR, len(self._places)))
        distances = distances.reshape(len(places), -1)
        nearest = nearest.reshape(len(places), -1)
        far = (distances[:, 0] / self._usual).astype(np.float32)
        if self.axes is not None:
            codes = torch.from_numpy((places @ self.axes + self._centre).astype(np.float32))
            labelled = torch.cat([codes, self._label.expand(len(codes), -1)], 1)
            return Ground(labelled, True, far)
        weights = 1 / (distances + 1e-6 * self._usual)
        weights /= weights.sum(1, keepdims=True)
        mixed = torch.einsum(
            "mk,mkd->md", torch.from_numpy(weights.astype(np.float32)), self._codes[nearest]
        )
        return Ground(mixed, False, far)


def re_encoding_error(loaded: LoadedModel, codes: Tensor) -> tuple[Tensor, NDArray[np.float32]]:
    """What the decoder makes of codes, and how far from them the encoder puts that.

    Args:
        codes: (m, code_size).

    Returns images (m, C, H, W) float32, and (m,) |E(D(z)) − z|, without a label's numbers.
    """
    images, errors = [], []
    with torch.inference_mode():
        for part in codes.split(CHUNK):
            made = loaded.model.decode(part)
            seen = made.clamp(0, 1) if loaded.model.layout.kind == "image" else made
            again = loaded.model.encode(seen).flatten(1)
            images.append(made)
            errors.append(without_label(loaded.model, again - part).norm(dim=1))
    return torch.cat(images).clone(), torch.cat(errors).numpy()
