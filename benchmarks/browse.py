"""From asking for another sheet of 100 reconstructions until it is drawn, in a real browser.

Run it with `AECORE_DATA=FOLDER python -m benchmarks.browse`, where FOLDER has MNIST. One epoch of
a small autoencoder is trained first; the page browses 10,000 test digits, worst first. What is
timed: from Enter in the field of the sheet's number until other pictures stand there, as a
MutationObserver inside the page sees them.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from aecore.catalog.reindex import take_in
from aecore.catalog.store import Catalog
from aecore.jobs.drive import Driver
from aecore.paths import data_root
from aecore.runs import RunSpec, RunStore
from benchmarks.machine import describe
from tests.browser.chromium import FLAGS, executable
from tests.browser.lab import Lab

RUN = {"dataset": "mnist", "variant": "autoencoder", "epochs": 1, "train_limit": 10_000}
IMAGES, SHEET, TURNS = 10_000, 100, 50
TARGET = 0.2
RESULT = Path(__file__).parent / "results" / "browse-cpu.json"

STOPWATCH = """() => {
  const first = () => document.querySelector('.ael-pictures canvas')?.title;
  window.turned = [];
  let begun = 0, before = first();
  addEventListener('keydown', (event) => {
    if (event.key === 'Enter') [begun, before] = [performance.now(), first()];
  }, true);
  new MutationObserver(() => {
    if (!begun || first() === before) return;
    window.turned.push(performance.now() - begun);
    begun = 0;
  }).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""


def measure() -> list[float]:
    """Seconds of each turn to another sheet; the first one, which loads the images, left out."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home, data = Path(folder) / "home", data_root()
        home.mkdir()
        os.environ |= {"AECORE_HOME": str(home), "AECORE_DATA": str(data)}
        run = RunStore(home).create(RunSpec.from_flat(RUN))
        for _ in Driver(run).events():
            pass
        catalog = Catalog(home)
        take_in(catalog, run)
        catalog.close()
        lab = Lab(home, data)
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        try:
            return _turns(browser, f"{lab.url}/reconstruct?run={run.id}&count={IMAGES}")[1:]
        finally:
            browser.close()
            lab.stop()


def _turns(browser: Browser, url: str) -> list[float]:
    page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
    page.goto(url)
    page.locator(f".ael-pictures[data-pictures='{SHEET}']").wait_for(timeout=120_000)
    page.wait_for_timeout(5000)  # the charts below are drawn
    page.evaluate(STOPWATCH)
    sheet = page.get_by_role("spinbutton", name=f"Sheet, of {IMAGES // SHEET}")
    for turn in range(TURNS + 1):
        sheet.fill(str((turn + 1) * 37 % (IMAGES // SHEET) + 1))  # never the one fetched ahead
        sheet.press("Enter")
        page.wait_for_function(f"window.turned.length === {turn + 1}")
        page.wait_for_timeout(300)
    return [taken / 1000 for taken in page.evaluate("window.turned")]


def main() -> None:
    """Measure, print a line, keep the figures."""
    machine = describe()
    seconds = sorted(measure())
    found = {
        "what": f"another sheet of {SHEET} of {IMAGES:,} MNIST test images",
        "turns": len(seconds),
        "median_seconds": median(seconds),
        "p95_seconds": seconds[int(0.95 * len(seconds))],
        "largest_seconds": seconds[-1],
        "target_seconds": TARGET,
        "machine": machine,
    }
    print(json.dumps(found, indent=1))
    RESULT.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
