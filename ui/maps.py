"""What the maps of a run ask for: the held-out images, what became of them, where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from aecore.jobs.mapper import ensure_mapper
from aecore.maps import MapSpec
from aecore.maps.samples import MOST_HELD_OUT
from aecore.maps.shelf import Asked, Shelf, ticket_of
from aecore.metrics.reconstruction import mse_per_image
from aecore.paths import home
from aecore.runs import Run
from aecore.runs.inference import CHUNK, LoadedModel
from aecore.training.batches import to_float
from aecore.training.snapshots import to_bytes
from ui.asked import whole
from ui.envelope import pack
from ui.resources import run_data, run_model

BLOCK = 1000
"""Images that are sent at a time."""


class Copies(NamedTuple):
    """Held-out images as the model gives them back, (m, C, H, W) uint8, and their errors (m,)."""

    images: Tensor
    errors: Tensor


def held_out(run: Run) -> bytes:
    """Class and error of each held-out image, as an envelope."""
    data, loaded = run_data(run), run_model(run)
    labels = data.part_labels("test", MOST_HELD_OUT)
    values = {"classes": data.classes, "step": loaded.step, "block": BLOCK}
    errors = all_copies(run, loaded).errors
    return pack(values, {"labels": labels.numpy(), "errors": errors.numpy()})


def pictures(run: Run, asked: Mapping[str, str]) -> bytes:
    """One block of held-out images and of what the model makes of them, as an envelope."""
    data, loaded = run_data(run), run_model(run)
    count = min(data.size("test"), MOST_HELD_OUT)
    start = BLOCK * whole(asked.get("block", "0"), "block", 0, (count - 1) // BLOCK)
    originals = data.part("test", MOST_HELD_OUT)[start : start + BLOCK]
    copies = all_copies(run, loaded).images[start : start + BLOCK]
    return pack(
        {"step": loaded.step}, {"originals": originals.numpy(), "reconstructions": copies.numpy()}
    )


def places(run: Run, asked: Mapping[str, str]) -> bytes:
    """Where the held-out images stand on a map, as an envelope; who asks has it drawn.

    values: state, share, message, title, and of a finished map fitted_on, together, seconds;
    arrays: places (m, 2), where there is a picture yet.
    """
    shelf, wish = asked_for(run, asked)
    drawn = shelf.known(wish.ticket)
    values = {"title": wish.spec.title, "step": run_model(run).step}
    if drawn is not None:
        made = {"fitted_on": len(drawn.train), "together": drawn.together}
        values |= {"state": "done", "share": 1.0, "seconds": drawn.seconds, **made}
        return pack(values, {"places": drawn.held_out})
    standing = shelf.standing(wish.ticket)
    if standing.state != "failed" or asked.get("again"):
        shelf.ask(wish)
        ensure_mapper(home())
        standing = shelf.standing(wish.ticket)
    values |= {"state": standing.state, "share": standing.share, "message": standing.message}
    frame = shelf.frame(wish.ticket)
    return pack(values, {} if frame is None else {"places": frame})


def cancel(run: Run, asked: Mapping[str, str]) -> None:
    """Nobody waits for this map any more."""
    shelf, wish = asked_for(run, asked)
    shelf.forget(wish.ticket)


def asked_for(run: Run, asked: Mapping[str, str]) -> tuple[Shelf, Asked]:
    """Where maps are kept, and the map that a link asks for. Raises InputError, UnknownName."""
    spec = MapSpec.from_flat({k: v for k, v in asked.items() if k not in ("step", "again")})
    return Shelf(home()), Asked(ticket_of(run, run_model(run), spec), run.id, spec)


@lru_cache(maxsize=4)
def all_copies(run: Run, loaded: LoadedModel) -> Copies:
    """What the model makes of the held-out images."""
    images, errors = [], []
    for part in run_data(run).part("test", MOST_HELD_OUT).split(CHUNK):
        with torch.inference_mode():
            x = to_float(part)
            made = loaded.model(x)
            errors.append(mse_per_image(made, x))
            images.append(to_bytes(made))
    return Copies(torch.cat(images), torch.cat(errors))
