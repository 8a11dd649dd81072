"""Finds a Chromium for the browser tests: `python -m tests.browser.chromium` makes sure of one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome")


def executable() -> str | None:
    """Path of the browser: AECORE_CHROMIUM, the system's, or the one playwright installed."""
    named = os.environ.get("AECORE_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, NAMES)), None)
    return found or _installed()


def _installed() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def main() -> int:
    """Install playwright's own browser where the system has none."""
    if executable() is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    if executable() is None:
        print("The browser tests need Chromium: install it, or name one in AECORE_CHROMIUM.")  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
