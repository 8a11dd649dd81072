"""A lab server of its own for each test module, and pages that tolerate no console error."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.chromium import FLAGS, executable

REPOSITORY = Path(__file__).resolve().parents[2]
# Streamlit itself asks for these on a deep link, and is told that they are elsewhere.
PROBES = re.compile(r"/\w+/_stcore/(health|host-config)$")


class Lab:
    """The app's server as `make run` starts it, on a free port."""

    def __init__(self, home: Path, data: Path) -> None:
        self.home = home
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        self.environment = {**os.environ, "AECORE_HOME": str(home), "AECORE_DATA": str(data)}
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "streamlit", "run", "app.py"]
        with (self.home.parent / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--server.port", str(self.port)],
                cwd=REPOSITORY,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1) as answer:
                    if answer.read() == b"ok":
                        return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError((self.home.parent / "server.log").read_text())

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture(scope="module")
def lab(tmp_path_factory, mnist_root):
    """A server with an empty home and MNIST at hand."""
    served = Lab(tmp_path_factory.mktemp("lab") / "home", mnist_root)
    yield served
    served.stop()


@pytest.fixture(scope="session")
def browser():
    """One Chromium for all tests."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        yield opened
        opened.close()


class Watch:
    """Collects what must not happen on a page."""

    def __init__(self, page) -> None:
        self.problems: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        page.on("request", self._request)

    def _console(self, message) -> None:
        if message.type == "error" and not PROBES.search(message.location.get("url", "")):
            self.problems.append(f"console: {message.text} {message.location}")

    def _request(self, request) -> None:
        if not request.url.startswith(("http://localhost:", "ws://localhost:", "data:", "blob:")):
            self.problems.append(f"left the machine: {request.url}")


@pytest.fixture
def page(browser):
    """A fresh person's page; the test fails on a console error or a request to elsewhere."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    watch = Watch(opened)
    opened.watch = watch
    yield opened
    context.close()
    assert watch.problems == []
