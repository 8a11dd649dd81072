"""A simulated browser that watches one live run: Streamlit's session, and the live route's polls.

It speaks what a browser speaks: GET / for the cookie, the websocket with its reruns (also those
that fragments ask for by themselves), and the questions of live.js, a quarter of a second after
each answer, or later where the server is slow. What it does not do is draw.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

FAST, SLOW = 0.25, 3.0


class Viewer:
    """One person with one page. `arrivals`: when news came, and beyond which step it was new."""

    def __init__(self, port: int, run: str) -> None:
        self.port = port
        self.run = run
        self.cookie = ""
        self.since = -1
        self.arrivals: list[tuple[float, int]] = []
        self.answers: list[float] = []
        self.errors: list[str] = []
        self.reruns = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def watch(self, seconds: float) -> None:
        """Open the page and look at it for so long."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        await self._ask(reader, writer, "/", "text/html")
        url = f"ws://localhost:{self.port}/_stcore/stream"
        headers = {"Cookie": self.cookie, "Origin": f"http://localhost:{self.port}"}
        protocols = [Subprotocol("streamlit")]
        async with connect(
            url, additional_headers=headers, subprotocols=protocols, max_size=None
        ) as page:
            await page.send(self._rerun())
            self._spawn(self._listen(page))
            self._spawn(self._poll(reader, writer))
            await asyncio.sleep(seconds)
            for task in self._tasks:
                task.cancel()
        writer.close()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))

    def _rerun(self, fragment: str = "") -> bytes:
        message = BackMsg()
        message.rerun_script.query_string = f"run={self.run}"
        message.rerun_script.page_name = "train"
        if fragment:
            message.rerun_script.fragment_id = fragment
            message.rerun_script.is_auto_rerun = True
        return bytes(message.SerializeToString())

    async def _listen(self, page: ClientConnection) -> None:
        """Take messages; where a fragment asks to be run again and again, do."""
        known: set[str] = set()
        with suppress(ConnectionClosed):
            async for content in page:
                message = ForwardMsg.FromString(content)
                kind = message.WhichOneof("type")
                if kind == "auto_rerun" and message.auto_rerun.fragment_id not in known:
                    known.add(message.auto_rerun.fragment_id)
                    self._spawn(self._again(page, message.auto_rerun))
                elif kind == "script_finished":
                    self.reruns += 1

    async def _again(self, page: ClientConnection, asked: Any) -> None:
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(asked.interval)
                await page.send(self._rerun(asked.fragment_id))

    async def _poll(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Ask as live.js does: the next question a while after each answer."""
        while True:
            begun = time.monotonic()
            path = f"/api/runs/{self.run}/live?since={self.since}"
            code, body = await self._ask(reader, writer, path, "application/json")
            took = time.monotonic() - begun
            self.answers.append(took)
            if code != 200:
                self.errors.append(f"{code} {body[:100]!r}")
            else:
                self._take(json.loads(body))
            await asyncio.sleep(max(FAST, min(SLOW, 4 * took)))

    def _take(self, news: dict[str, Any]) -> None:
        steps = [step for curve in news["curves"] for step in curve["steps"]]
        if not steps:
            return
        if self.since >= 0:  # the first answer is the past
            self.arrivals.append((time.time(), self.since))
        self.since = max(steps)

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, accept: str
    ) -> tuple[int, bytes]:
        lines = [f"GET {path} HTTP/1.1", f"Host: localhost:{self.port}", f"Accept: {accept}"]
        if self.cookie:
            lines.append(f"Cookie: {self.cookie}")
        writer.write("\r\n".join([*lines, "", ""]).encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        named = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:])}
        if "set-cookie" in named:
            self.cookie = named["set-cookie"].split(";")[0]
        body = await reader.readexactly(int(named.get("content-length", 0)))
        return int(head[0].split()[1]), body
