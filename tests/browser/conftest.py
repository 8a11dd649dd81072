"""A lab server of its own for each test module, and pages that tolerate no console error."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.chromium import FLAGS, executable
from tests.browser.lab import Lab

PATIENCE = 90_000
"""Milliseconds to wait for what must come: on a busy machine a page takes many times as long."""

expect.set_options(timeout=PATIENCE)

# Streamlit itself asks for these on a deep link, and is told that they are elsewhere.
PROBES = re.compile(r"/\w+/_stcore/(health|host-config)$")


@pytest.fixture(scope="module")
def lab(tmp_path_factory, mnist_or_like):
    """A server with an empty home and MNIST at hand."""
    served = Lab(tmp_path_factory.mktemp("lab") / "home", mnist_or_like)
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
    opened.set_default_timeout(PATIENCE)
    watch = Watch(opened)
    opened.watch = watch
    yield opened
    context.close()
    assert watch.problems == []
