"""Thirty tabs that each send a large file at the same moment (H24): what the server's memory does.

Run it with `python -m benchmarks.intake flood`. The server is the real one. Each tab opens a
session as a browser does and sends 200 MB, the most that a file may have, to Streamlit's own
route; no page takes them away, which is the worst that can be. Memory is the resident set of the
server, looked at ten times a second.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
import urllib.request
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from benchmarks.machine import describe
from tests.browser.lab import Lab

TABS, SIZE = 30, 200_000_000
CHUNK = bytes(1_000_000)
EDGE = "----flood"
TARGETS = {"peak_bytes": 2_000_000_000}


def measure() -> dict[str, Any]:
    """What became of the files, and the most memory that the server took."""
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder) / "home", Path(folder) / "data")
        try:
            found = asyncio.run(_flood(lab))
        finally:
            lab.stop()
    print(found)
    return {**found, "tabs": TABS, "bytes": SIZE, "targets": TARGETS, "machine": describe()}


async def _flood(lab: Lab) -> dict[str, Any]:
    server, began = psutil.Process(lab.process.pid), time.perf_counter()
    with urllib.request.urlopen(f"{lab.url}/_stcore/health") as answer:
        given = [text.split(";")[0] for text in answer.headers.get_all("set-cookie")]
    cookie = next(text for text in given if "xsrf" in text)
    tabs = [asyncio.create_task(_tab(lab, cookie)) for _ in range(TABS)]
    peak = before = server.memory_info().rss
    while not all(tab.done() for tab in tabs):
        peak = max(peak, server.memory_info().rss)
        await asyncio.sleep(0.1)
    answers = Counter(tab.result() for tab in tabs)
    return {
        "answers": dict(answers), "before_bytes": before, "peak_bytes": peak,
        "seconds": time.perf_counter() - began,
    }  # fmt: skip


async def _tab(lab: Lab, cookie: str) -> str:
    """What a tab is told when it sends its file."""
    headers = {"Cookie": cookie, "Origin": lab.url}
    async with connect(
        f"ws://localhost:{lab.port}/_stcore/stream", additional_headers=headers,
        subprotocols=[Subprotocol("streamlit")], max_size=None,
    ) as page:  # fmt: skip
        message = BackMsg()
        message.rerun_script.page_name = "queue"
        await page.send(bytes(message.SerializeToString()))
        while True:
            told = ForwardMsg.FromString(await page.recv())
            if told.WhichOneof("type") == "new_session":
                return await _sent(lab, cookie, told.new_session.initialize.session_id)


async def _sent(lab: Lab, cookie: str, session: str) -> str:
    head = (
        f'--{EDGE}\r\nContent-Disposition: form-data; name="f"; filename="f.csv"\r\n\r\n'
    ).encode()
    tail = f"\r\n--{EDGE}--\r\n".encode()
    lines = [
        f"PUT /_stcore/upload_file/{session}/{uuid.uuid4()} HTTP/1.1",
        f"Host: localhost:{lab.port}", f"Cookie: {cookie}",
        f"X-Xsrftoken: {cookie.partition('=')[2]}",
        f"Content-Type: multipart/form-data; boundary={EDGE}",
        f"Content-Length: {len(head) + SIZE + len(tail)}", "Connection: close",
    ]  # fmt: skip
    reader, writer = await asyncio.open_connection("127.0.0.1", lab.port)
    writer.write("\r\n".join([*lines, "", ""]).encode() + head)
    sending = asyncio.create_task(_body(writer, tail))
    try:
        return (await reader.readline()).decode().split(" ", 1)[1].strip()
    except (OSError, IndexError):
        return "the connection was closed"
    finally:
        sending.cancel()
        writer.close()


async def _body(writer: asyncio.StreamWriter, tail: bytes) -> None:
    for _ in range(SIZE // len(CHUNK)):
        writer.write(CHUNK)
        await writer.drain()
    writer.write(tail)
