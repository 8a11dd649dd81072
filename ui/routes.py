"""HTTP routes for what is large or fast; everything else goes through the pages.

Every route about a run finds it through `_about`, so that an unknown and a forbidden run look the
same. Routes are plain functions: Starlette runs them in threads, outside the event loop.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

import plotly
import plotly.offline
import streamlit as st
from anyio import from_thread
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aecore.catalog.access import Action
from aecore.errors import AecoreError, InputError, UnknownName
from aecore.runs import Run
from ui import brush, decoding, ground, held_out, maps, own, points, sheets
from ui.access import Seen, obey, see, visitor_of
from ui.asked import command, rate, whole
from ui.gallery import gallery
from ui.live import fixed, live, snapshot

FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}
OF_THIS_PERSON = {**FOREVER, "Vary": "Cookie"}
"""Kept by a browser until somebody else logs in there."""
NEVER = {"Cache-Control": "no-store"}
LOG = logging.getLogger("autoencoder-lab")
LONGEST_BODY = 4096
Answer = Callable[[Seen, Request], Response]
VIEWS = {
    "held-out": held_out.held_out,
    "pictures": held_out.pictures,
    "thumbnails": held_out.thumbnails,
    "column": held_out.column,
    "near": held_out.near,
    "map": maps.places,
    "trust": maps.trusted,
    "spot": ground.spot,
    "plane": ground.plane,
    "spread": ground.spread,
    "axes": decoding.axes,
    "decoded": decoding.decoded,
    "points": points.points,
    "sheet": sheets.sheet,
}
"""What the maps and the decoder of a run are made of, by route: envelopes, never kept."""
SENT = {"own": (own.own, own.longest), "brush": (brush.restored, brush.longest)}
"""Routes that are sent an image: what answers it, and how long a request to it may be."""
PLOTLY = f"plotly-{plotly.__version__}.js"


def base() -> str:
    """Prefix of all our routes; Streamlit does not add its own to them."""
    path = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"/{path}/api" if path else "/api"


def routes() -> list[Route]:
    """All of them, for `st.App`."""
    start, run = base(), base() + "/runs/{run}"
    return [
        Route(f"{start}/{PLOTLY}", _plotly),
        Route(f"{run}/live", _about(_live)),
        Route(f"{run}/fixed", _about(_fixed)),
        Route(f"{run}/snapshots/{{step}}", _about(_snapshot)),
        Route(f"{run}/gallery", _about(_gallery)),
        *[Route(f"{run}/{name}", _about(_view(view))) for name, view in VIEWS.items()],
        Route(f"{run}/map/cancel", _cancel_map, methods=["POST"]),
        *[Route(f"{run}/{name}", _sent(*view), methods=["POST"]) for name, view in SENT.items()],
        Route(f"{run}/commands", _command, methods=["POST"]),
        # Streamlit answers what nobody else does with its page, and that would look like success.
        Route(f"{start}/{{rest:path}}", _nothing, methods=["GET", "POST"]),
    ]


def _about(answer: Answer, action: Action = "view") -> Callable[[Request], Response]:
    """A route about one run, with every error of ours as one JSON sentence."""

    def endpoint(request: Request) -> Response:
        try:
            seen = see(visitor_of(request), request.path_params["run"], action)
        except UnknownName:
            return _nothing(request)
        except AecoreError as error:
            return _sentence(str(error), 503)
        return _answered(answer, seen, request)

    return endpoint


def _answered(answer: Answer, seen: Seen, request: Request) -> Response:
    try:
        return answer(seen, request)
    except InputError as error:
        return _sentence(str(error), 400)
    except AecoreError as error:
        return _sentence(str(error), 503)
    except Exception as error:
        LOG.error("a route broke off", exc_info=error)
        return _sentence("Something unexpected went wrong; the server's log tells what.", 500)


def _nothing(_: Request) -> Response:
    return _sentence("There is no such run, or it is not yours to see.", 404)


def _sentence(text: str, code: int) -> Response:
    return JSONResponse({"error": text}, code, headers=NEVER)


@lru_cache(maxsize=1)
def _plotly_source() -> bytes:
    return plotly.offline.get_plotlyjs().encode()


def _plotly(_: Request) -> Response:
    return Response(_plotly_source(), media_type="text/javascript", headers=FOREVER)


def _live(seen: Seen, request: Request) -> Response:
    since = whole(request.query_params.get("since", "-1"), "since")
    news = live(seen, since)
    try:
        return JSONResponse(news, headers=NEVER)
    except ValueError:
        return JSONResponse(_plain(news), headers=NEVER)


def _plain(values: Any) -> Any:
    """JSON has no NaN: what is not finite becomes null, a gap in the curve."""
    if isinstance(values, dict):
        return {name: _plain(value) for name, value in values.items()}
    if isinstance(values, list | tuple):
        return [_plain(value) for value in values]
    return None if isinstance(values, float) and not isfinite(values) else values


def _binary(content: bytes, headers: dict[str, str]) -> Response:
    return Response(content, media_type="application/octet-stream", headers=headers)


def _fixed(seen: Seen, _: Request) -> Response:
    return _binary(fixed(seen.run), NEVER)


def _snapshot(seen: Seen, request: Request) -> Response:
    step = whole(request.path_params["step"], "step", 0, 10**10)
    return _binary(snapshot(seen.run, step), OF_THIS_PERSON)


def _gallery(seen: Seen, request: Request) -> Response:
    content = gallery(seen.run, dict(request.query_params))
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {"Cache-Control": "private, no-cache", "ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return _binary(content, headers)


def _view(view: Callable[[Run, Mapping[str, str]], bytes]) -> Answer:
    def answer(seen: Seen, request: Request) -> Response:
        return _binary(view(seen.run, request.query_params), NEVER)

    return answer


async def _cancel_map(request: Request) -> Response:
    if not _same_site(request):
        return _sentence("This request does not come from the app itself.", 403)

    def answer(seen: Seen, request: Request) -> Response:
        maps.cancel(seen.run, dict(request.query_params))
        return JSONResponse({"ok": True}, headers=NEVER)

    return await run_in_threadpool(_about(answer), request)


def _sent(
    view: Callable[[Run, bytes], bytes], longest: Callable[[Run], int]
) -> Callable[[Request], Awaitable[Response]]:
    """A route about a run that is sent an image."""

    async def endpoint(request: Request) -> Response:
        if not _same_site(request):
            return _sentence("This request does not come from the app itself.", 403)

        def answer(seen: Seen, request: Request) -> Response:
            body = from_thread.run(_body, request, longest(seen.run))
            return _binary(view(seen.run, body), NEVER)

        return await run_in_threadpool(_about(answer), request)

    return endpoint


async def _command(request: Request) -> Response:
    """Pause, resume, stop, restart, or a new learning rate: {"action": …, "value": …}."""
    if not _same_site(request):
        return _sentence("This request does not come from the app itself.", 403)
    try:
        action, value = command(await _body(request))
    except InputError as error:
        return _sentence(str(error), 400)
    return await run_in_threadpool(
        _about(lambda seen, _: _obey(seen, action, value), "control"), request
    )


async def _body(request: Request, longest: int = LONGEST_BODY) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > longest:
            raise InputError("This request is too long.")
    return body


def _obey(seen: Seen, action: str, value: Any) -> Response:
    obey(seen, action, rate(value) if action == "learning_rate" else None)
    return JSONResponse({"ok": True}, headers=NEVER)


def _same_site(request: Request) -> bool:
    """A page of another site can neither send JSON here nor forge its Origin."""
    origin = request.headers.get("origin")
    typed = request.headers.get("content-type", "").split(";")[0].strip() == "application/json"
    return typed and (origin is None or _host(origin) == request.headers.get("host"))


def _host(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""
