"""What lies under a map of the code: decoded images, empty land, the spread of a code."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import parse_qsl

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aecore.errors import InputError
from aecore.maps import MapSpec
from aecore.maps.inverse import Inverse, re_encoding_error
from aecore.maps.samples import MOST_HELD_OUT
from aecore.maps.shelf import Shelf, ticket_of
from aecore.models.variational import GaussianVariational
from aecore.paths import home
from aecore.runs import Run
from aecore.runs.inference import CHUNK, LoadedModel
from aecore.samples import to_float
from ui.asked import number, whole
from ui.envelope import pack
from ui.resources import of_samples, run_data, run_model
from ui.words import NO_CODE

MOST_TILES = 24
"""Decoded images along each side of a map."""


def spot(run: Run, asked: Mapping[str, str]) -> bytes:
    """What the decoder makes of one place, as an envelope; `plane` says what is in it.

    asked: map, x, y.
    """
    return _decoded(run, asked, _pair(asked, "x", "y")[None])


def code_at(run: Run, asked: Mapping[str, str]) -> Tensor:
    """The code under one place of a map, (1, code_size); asked: as for `spot`."""
    return _turned(run, run_model(run), _spec(asked)).at(_pair(asked, "x", "y")[None]).codes


def plane(run: Run, asked: Mapping[str, str]) -> bytes:
    """What the decoder makes of a grid of places, as an envelope.

    asked: map; x, y: a corner, in the map's units; across_x, across_y and down_x, down_y: from
    there to the next corners; columns, rows: how many images, whose centres lie within. values:
    step, exact; arrays, row by row from that corner: images (n, C, H, W) uint8, far and back (n,)
    as of `Ground.far` and `re_encoding_error`, the latter as a multiple of how far codes lie from
    their average.
    """
    corner = _pair(asked, "x", "y")
    across, down = _pair(asked, "across_x", "across_y"), _pair(asked, "down_x", "down_y")
    columns, rows = (
        whole(asked.get(name, ""), name, 1, MOST_TILES) for name in ("columns", "rows")
    )
    x, y = (np.arange(count) + 0.5 for count in (columns, rows))
    grid = corner + across * x[None, :, None] / columns + down * y[:, None, None] / rows
    return _decoded(run, asked, grid.reshape(-1, 2))


def _pair(asked: Mapping[str, str], *names: str) -> NDArray[np.float64]:
    return np.array([number(asked.get(name, ""), name) for name in names])


def spread(run: Run, asked: Mapping[str, str]) -> bytes:
    """The covariance of each held-out image's posterior as a map shows it, as an envelope.

    Of maps that are straight views of a code with one Gaussian an image; xx, xy, yy: (m,).
    Raises InputError for others.
    """
    loaded = run_model(run)
    if not isinstance(loaded.model, GaussianVariational):
        raise InputError(f"{loaded.model.title} has no Gaussian around each code.")
    axes = _turned(run, loaded, _spec(asked)).axes
    if axes is None:
        raise InputError("A spread can be drawn on the code itself and on PCA of the code only.")
    variance = _variances(run, loaded)
    terms = {"xx": axes[0] ** 2, "xy": axes[0] * axes[1], "yy": axes[1] ** 2}
    return pack({"step": loaded.step}, {name: variance @ term for name, term in terms.items()})


def _decoded(run: Run, asked: Mapping[str, str], places: NDArray[np.float64]) -> bytes:
    loaded = run_model(run)
    if not loaded.model.has_code:
        raise InputError(NO_CODE)
    turned = _turned(run, loaded, _spec(asked))
    ground = turned.at(places)
    images, error = re_encoding_error(loaded, ground.codes)
    back = error / turned.code_spread
    arrays = {"images": run_data(run).pictures(images).numpy(), "far": ground.far, "back": back}
    return pack({"step": loaded.step, "exact": ground.exact}, arrays)


def _spec(asked: Mapping[str, str]) -> MapSpec:
    return MapSpec.from_flat(dict(parse_qsl(asked.get("map", ""))))


def _turned(run: Run, loaded: LoadedModel, spec: MapSpec) -> Inverse:
    # By ticket: a spec's configs cannot be hashed.
    return _inverse(run, loaded, tuple(sorted(spec.to_flat().items())))


@of_samples
@lru_cache(maxsize=12)
def _inverse(run: Run, loaded: LoadedModel, flat: tuple[tuple[str, object], ...]) -> Inverse:
    spec = MapSpec.from_flat(dict(flat))
    drawn = Shelf(home()).known(ticket_of(run, loaded, spec))
    if drawn is None:
        raise InputError("This map is not drawn yet.")
    return Inverse(loaded, run_data(run), spec, drawn)


@of_samples
@lru_cache(maxsize=4)
def _variances(run: Run, loaded: LoadedModel) -> NDArray[np.float32]:
    """Of the posterior of each held-out image, (m, d)."""
    model = loaded.model
    assert isinstance(model, GaussianVariational)
    images = run_data(run).part("test", MOST_HELD_OUT)
    with torch.inference_mode():
        parts = [model.posterior(to_float(part)).log_var.exp() for part in images.split(CHUNK)]
    return torch.cat(parts).numpy()
