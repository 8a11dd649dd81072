"""The maps of a run: where the held-out images stand, and how far that can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from aecore.jobs.mapper import ensure_mapper
from aecore.maps import MapSpec
from aecore.maps.shelf import Asked, Shelf, ticket_of, trust_ticket
from aecore.paths import home
from aecore.runs import Run
from ui.envelope import pack
from ui.map_choice import title_of
from ui.resources import run_model


def places(run: Run, asked: Mapping[str, str]) -> bytes:
    """Where the held-out images stand on a map, as an envelope; who asks has it drawn.

    values: state, share, message, title, settings; once done fitted_on, together, seconds; before
    that, where there is a picture, landmarks: the two numbers of a `Frame`;
    arrays: places (m, 2), where there is a picture yet.
    """
    shelf, wish = asked_for(run, asked)
    drawn = shelf.known(wish.ticket)
    line = f"Seed {wish.spec.config.map_seed}, {wish.spec.settings_line}".rstrip(", ")
    values = {"title": title_of(run, wish.spec), "settings": line, "step": run_model(run).step}
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
    if frame is None:
        return pack(values, {})
    return pack({**values, "landmarks": frame.landmarks}, {"places": frame.places})


def trusted(run: Run, asked: Mapping[str, str]) -> bytes:
    """How far each point of a drawn map can be trusted, as an envelope; who asks has it found out.

    values: state, share, message; arrays, once known: trustworthiness, continuity: (k,) of the
    first k held-out images, against their pixels.
    """
    shelf, wish = asked_for(run, asked)
    known = shelf.trusted(wish.ticket)
    if known is not None:
        arrays = {"trustworthiness": known.trustworthiness, "continuity": known.continuity}
        return pack({"state": "done"}, arrays)
    if shelf.known(wish.ticket) is None:
        return pack({"state": "waiting"}, {})
    ticket = trust_ticket(wish.ticket)
    standing = shelf.standing(ticket)
    if standing.state != "failed":
        shelf.ask(replace(wish, ticket=ticket))
        ensure_mapper(home())
        standing = shelf.standing(ticket)
    return pack({"state": standing.state, "message": standing.message}, {})


def cancel(run: Run, asked: Mapping[str, str]) -> None:
    """Nobody waits for this map any more."""
    shelf, wish = asked_for(run, asked)
    shelf.forget(wish.ticket)


def asked_for(run: Run, asked: Mapping[str, str]) -> tuple[Shelf, Asked]:
    """Where maps are kept, and the map that a link asks for. Raises InputError, UnknownName."""
    spec = MapSpec.from_flat({k: v for k, v in asked.items() if k not in ("step", "again")})
    return Shelf(home()), Asked(ticket_of(run, run_model(run), spec), run.id, spec)
