"""HTTP routes for what is large or fast; everything else goes through the pages.

Every route about a run finds it through `_run`, so that an unknown and a forbidden run look the
same. Routes are plain functions: Starlette runs them in threads, outside the event loop.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import lru_cache
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

import plotly
import plotly.offline
import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aecore.errors import AecoreError, UnknownName
from aecore.runs import Run, RunStore
from aecore.runs.control import ask
from ui.gallery import gallery
from ui.live import fixed, live, snapshot
from ui.resources import engine

FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}
NEVER = {"Cache-Control": "no-store"}
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
        Route(f"{run}/snapshots/{{step:int}}", _about(_snapshot)),
        Route(f"{run}/gallery", _about(_gallery)),
        Route(f"{run}/commands", _command, methods=["POST"]),
    ]


def _about(answer: Callable[[Run, Request], Response]) -> Callable[[Request], Response]:
    """A route about one run, with every error of ours as one JSON sentence."""

    def endpoint(request: Request) -> Response:
        try:
            return answer(RunStore()[request.path_params["run"]], request)
        except UnknownName:
            return _sentence("There is no such run, or it is not yours to see.", 404)
        except (AecoreError, ValueError) as error:
            return _sentence(str(error), 400)

    return endpoint


def _sentence(text: str, code: int) -> Response:
    return JSONResponse({"error": text}, code, headers=NEVER)


@lru_cache(maxsize=1)
def _plotly_source() -> bytes:
    return plotly.offline.get_plotlyjs().encode()


def _plotly(_: Request) -> Response:
    return Response(_plotly_source(), media_type="text/javascript", headers=FOREVER)


def _live(run: Run, request: Request) -> Response:
    since = int(request.query_params.get("since", -1))
    return JSONResponse(_plain(live(run, since)), headers=NEVER)


def _plain(values: Any) -> Any:
    """JSON has no NaN: what is not finite becomes null, a gap in the curve."""
    if isinstance(values, dict):
        return {name: _plain(value) for name, value in values.items()}
    if isinstance(values, list | tuple):
        return [_plain(value) for value in values]
    return None if isinstance(values, float) and not isfinite(values) else values


def _binary(content: bytes, headers: dict[str, str]) -> Response:
    return Response(content, media_type="application/octet-stream", headers=headers)


def _fixed(run: Run, _: Request) -> Response:
    return _binary(fixed(run), NEVER)


def _snapshot(run: Run, request: Request) -> Response:
    return _binary(snapshot(run, request.path_params["step"]), FOREVER)


def _gallery(run: Run, request: Request) -> Response:
    content = gallery(run, dict(request.query_params))
    tag = hashlib.sha256(content).hexdigest()[:16]
    return _binary(content, {"Cache-Control": "private, no-cache", "ETag": f'"{tag}"'})


async def _command(request: Request) -> Response:
    """Pause, resume, stop, or a new learning rate: {"action": …, "value": …}."""
    if not _same_site(request):
        return _sentence("This request does not come from the app itself.", 403)
    try:
        asked = json.loads(await request.body())
        action, value = asked["action"], asked.get("value")
    except (ValueError, KeyError, TypeError, AttributeError):
        return _sentence('Expected JSON such as {"action": "pause"}.', 400)
    return await _in_thread(_about(lambda run, _: _obey(run, action, value)), request)


async def _in_thread(endpoint: Callable[[Request], Response], request: Request) -> Response:
    from starlette.concurrency import run_in_threadpool

    return await run_in_threadpool(endpoint, request)


def _obey(run: Run, action: object, value: object) -> Response:
    if action == "resume":
        engine().start(run)
    elif action in ("pause", "stop"):
        ask(run, "pause" if action == "pause" else "stop")
    elif action == "learning_rate":
        rate = float(str(value))
        if not (isfinite(rate) and 1e-6 <= rate <= 10):
            return _sentence(f"Learning rate: expected 0.000001 to 10, got {value}.", 400)
        ask(run, "learning_rate", rate)
    else:
        return _sentence("The actions are pause, resume, stop and learning_rate.", 400)
    return JSONResponse({"ok": True}, headers=NEVER)


def _same_site(request: Request) -> bool:
    """A page of another site can neither send JSON here nor forge its Origin."""
    origin = request.headers.get("origin")
    typed = request.headers.get("content-type", "").startswith("application/json")
    return typed and (origin is None or urlsplit(origin).netloc == request.headers.get("host"))
