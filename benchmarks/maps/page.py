"""The Latent space page with three maps, in Chromium, beside the same in `st.plotly_chart`.

A made copy of MNIST has as many test images as are shown, and the maps are drawn beforehand, so
that the page alone is timed, on a server that has shown it before. Every round opens it in a fresh
browser context. The other page counts as drawn as soon as its canvases are there.
"""

from __future__ import annotations

import os
import struct
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright
from torchvision.datasets import MNIST

from aecore.catalog.reindex import take_in
from aecore.catalog.store import Catalog
from aecore.datasets.mnist import Mnist
from aecore.jobs.drive import Driver
from aecore.maps import MapSpec, draw, samples_of
from aecore.maps.shelf import Shelf, ticket_of
from aecore.paths import data_root
from aecore.runs import Run, RunSpec, RunStore
from aecore.runs.inference import load_model
from benchmarks.maps.plotly_app import Served
from tests.browser.chromium import FLAGS, executable
from tests.browser.lab import Lab

SIZES = (10_000, 70_000)
MAPS = {"code": {"method": "code"}, "pca-code": {"method": "pca"},
        "pca-pixels": {"method": "pca", "of": "pixels"}}  # fmt: skip
RUN = {"dataset": "mnist", "variant": "vae", "latent_dim": 2, "epochs": 1, "train_limit": 10_000}
DRAWN = "document.querySelectorAll('.ael-panel[data-state=done][data-drawn]').length === 3"
PLOTTED = "document.querySelectorAll('.gl-canvas-context').length >= 3"
TARGETS = {"opened to drawn, s": 2.5, "redraw, ms": 16.0, "lasso to server, s": 0.25}
"""At 70,000 points in each of three panels."""
DECODES = 20

HOVER = """() => {
  const over = document.querySelector('.ael-over'), box = over.getBoundingClientRect();
  const times = [], y = box.top + box.height / 2;
  for (let at = 0; at < 60; at++) {
    const spot = { clientX: box.left + box.width * (0.4 + at / 300), clientY: y };
    const begun = performance.now();
    over.dispatchEvent(new PointerEvent('pointermove', { ...spot, bubbles: true }));
    times.push(performance.now() - begun);
  }
  return times.sort((a, b) => a - b)[30];
}"""
LISTEN = """(told) => {
  window.lasso = {};
  addEventListener('pointerup', () => { window.lasso.begun = performance.now(); }, true);
  addEventListener('mouseup', () => { window.lasso.begun ??= performance.now(); }, true);
  const says = (node) => {
    const texts = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    do if (texts.currentNode.data?.trim() === told) return true; while (texts.nextNode());
    return false;
  };
  new MutationObserver((changes) => {
    if (!window.lasso.begun || window.lasso.took) return;
    if (changes.some((change) => says(change.target)))
      window.lasso.took = performance.now() - window.lasso.begun;
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""
DECODE = """() => new Promise((resolve) => {
  const root = document.querySelector('.ael-decoder');
  const slider = root.querySelector('input[type=range]');
  const begun = performance.now();
  const watch = new MutationObserver(() => {
    watch.disconnect();
    resolve(performance.now() - begun);
  });
  watch.observe(root, { attributes: true, attributeFilter: ['data-decoded'] });
  slider.value = +slider.min + Math.random() * (slider.max - slider.min);
  slider.dispatchEvent(new Event('input', { bubbles: true }));
})"""


def measure(rounds: int) -> list[dict[str, Any]]:
    """A row for each size, ours and Streamlit's own chart."""
    rows = []
    halves = [MNIST(data_root(), train=train) for train in (True, False)]
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        for count in SIZES:
            root = Path(folder) / str(count)
            places, run = _prepared(root, halves, count)
            with _lab(root, count) as lab:
                url = f"{lab.url}/latent?run={run.id}&maps={','.join(MAPS)}"
                sent = _sent(browser, url, DRAWN)  # also what wakes the server
                each = [_ours(browser, url, count) for _ in range(rounds)]
            rows.append({"page": "ours", "points": count, "sent, MB": sent, **_medians(each)})
            with Served(root, places) as url:
                sent = _sent(browser, url, PLOTTED)
                each = [_plotly(browser, url, count) for _ in range(rounds)]
            theirs = {"page": "st.plotly_chart", "points": count, "sent, MB": sent}
            rows.append(theirs | _medians(each))
        browser.close()
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Measures down, pages across."""
    names = dict.fromkeys(name for row in rows for name in row if name not in ("page", "points"))
    head = [f"{row['page']}, {row['points']:,}" for row in rows]
    lines = [f"| | {' | '.join(head)} | target at 70,000 |", "|---" * (len(head) + 2) + "|"]
    for name in names:
        cells = [f"{row[name]:.4g}" if name in row else "" for row in rows]
        lines.append(f"| {name} | {' | '.join(cells)} | {TARGETS.get(name, '')} |")
    return "\n".join(lines)


def _medians(each: list[dict[str, float]]) -> dict[str, float]:
    return {name: median(found[name] for found in each) for name in each[0]}


@contextmanager
def _lab(root: Path, count: int) -> Iterator[Lab]:
    path = f"{Path(__file__).parent / 'site'}{os.pathsep}{Path(__file__).parents[2]}"
    lab = Lab(root / "home", root / "data", BENCH_TEST_IMAGES=str(count), PYTHONPATH=path)
    try:
        yield lab
    finally:
        lab.stop()


def _prepared(root: Path, halves: list[MNIST], count: int) -> tuple[np.ndarray[Any, Any], Run]:
    """Data, a trained run and its three maps: places (3, count, 2), and the run."""
    _write_data(root / "data" / "MNIST" / "raw", halves, count)
    (root / "home").mkdir()
    os.environ |= {"AECORE_HOME": str(root / "home"), "AECORE_DATA": str(root / "data")}
    Mnist.test_images = count
    run = RunStore(root / "home").create(RunSpec.from_flat(RUN))
    for _ in Driver(run).events():
        pass
    catalog = Catalog(root / "home")
    take_in(catalog, run)
    catalog.close()
    shelf, loaded, places = Shelf(root / "home"), load_model(run), []
    for flat in MAPS.values():
        spec = MapSpec.from_flat(flat)
        drawn = draw(samples_of(run, loaded, spec), spec)
        shelf.keep(ticket_of(run, loaded, spec), drawn)
        places.append(drawn.held_out)
    return np.stack(places), run


def _write_data(folder: Path, halves: list[MNIST], count: int) -> None:
    """MNIST's layout with `count` test images: first its own, then those of the training split."""
    folder.mkdir(parents=True)
    images, labels = (
        np.concatenate([part.numpy() for part in parts])[:count]
        for parts in ([half.data for half in halves[::-1]], [half.targets for half in halves[::-1]])
    )
    train = halves[0].data.numpy(), halves[0].targets.numpy()
    for name, (pictures, kinds) in {"t10k": (images, labels), "train": train}.items():
        head = struct.pack(">IIII", 2051, len(pictures), 28, 28)
        (folder / f"{name}-images-idx3-ubyte").write_bytes(head + pictures.tobytes())
        head = struct.pack(">II", 2049, len(kinds))
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(head + kinds.astype(np.uint8).tobytes())


class _Traffic:
    """Bytes that a page is sent, by HTTP from our routes and through Streamlit's socket."""

    def __init__(self, page: Page) -> None:
        self.bytes = 0
        page.on("websocket", lambda socket: socket.on("framereceived", self._frame))
        page.on("requestfinished", self._finished)

    def _frame(self, content: str | bytes) -> None:
        self.bytes += len(content)

    def _finished(self, request: Any) -> None:
        if "/api/" in request.url and "plotly" not in request.url:
            self.bytes += request.sizes()["responseBodySize"]


def _sent(browser: Browser, url: str, done: str) -> float:
    """Megabytes until the page rests; not in a timed round, since listening takes time."""
    page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
    traffic = _Traffic(page)
    page.goto(url)
    page.wait_for_function(done, timeout=120_000)
    time.sleep(5)
    page.context.close()
    return traffic.bytes / 1e6


def _ours(browser: Browser, url: str, count: int) -> dict[str, float]:
    page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
    begun = time.perf_counter()
    page.goto(url)
    page.wait_for_function(DRAWN, timeout=120_000)
    found = {"opened to drawn, s": time.perf_counter() - begun}
    page.wait_for_selector(".ael-decoder[data-decoded]", timeout=120_000)
    time.sleep(3)
    found["hover, ms"] = page.evaluate(HOVER)
    _wheel(page, ".ael-over")
    found["redraw, ms"] = median(_redraws(page))
    page.get_by_role("button", name="Show all").click()
    found["decode while dragging, ms"] = median(page.evaluate(DECODE) for _ in range(DECODES))
    page.get_by_role("button", name="Lasso").click()
    found["lasso to server, s"] = _lasso(page, ".ael-over", f"{count:,} selected")
    page.context.close()
    return found


def _plotly(browser: Browser, url: str, count: int) -> dict[str, float]:
    page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
    begun = time.perf_counter()
    page.goto(url)
    page.wait_for_function(PLOTTED, timeout=120_000)
    found = {"opened to drawn, s": time.perf_counter() - begun}
    time.sleep(5)
    found["lasso to server, s"] = _lasso(page, ".nsewdrag", f"{count:,} selected")
    page.context.close()
    return found


def _wheel(page: Page, selector: str) -> None:
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def _redraws(page: Page) -> list[float]:
    times = []
    for turn in range(12):
        page.mouse.wheel(0, -20 if turn % 2 else 20)
        time.sleep(0.15)
        times.append(float(page.locator(".ael-panel").first.get_attribute("data-ms") or "nan"))
    return times


def _lasso(page: Page, selector: str, told: str) -> float:
    """Seconds from letting go of a lasso around everything until the page has the server's word.

    Told by the page's own clock.
    """
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    corners = ((0.01, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99), (0.01, 0.02))
    for at, (x, y) in enumerate(corners):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=5)
        if at == 0:
            page.mouse.down()
    page.evaluate(LISTEN, told)
    page.mouse.up()
    page.wait_for_function("window.lasso.took", timeout=60_000)
    return float(page.evaluate("window.lasso.took")) / 1000
