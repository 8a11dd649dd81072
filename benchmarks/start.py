"""From pressing Start (digits) to the first point and the first picture, in a real browser.

Run it with `python -m benchmarks.start`. What is timed: from the click on Start until the curve
is drawn in the page (`data-drawn`), and until the first snapshot's reconstructions are
(`data-snapshot`), as a MutationObserver inside the page sees them. The server is warm: it has
served the form and holds a worker that waits. Each round starts a new run.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.machine import describe
from tests.browser.chromium import FLAGS, executable
from tests.browser.lab import Lab

ROUNDS = 7
SETTLE = 4.0
"""Seconds between rounds in which the server gets its next worker ready."""
TARGETS = {"first point": 1.5, "first reconstruction": 2.5}
RESULT = Path(__file__).parent / "results" / "start-cpu.json"

STOPWATCH = """() => {
  window.times = {};
  document.addEventListener("click", (event) => {
    const label = event.target.closest("button")?.innerText ?? "";
    if (label.includes("Start")) window.clicked = performance.now();
  }, true);
  const note = (name) => { window.times[name] ??= performance.now() - window.clicked; };
  new MutationObserver(() => {
    const live = document.querySelector(".ael-live");
    if (live?.dataset.drawn) note("first point");
    if (live?.dataset.snapshot) note("first reconstruction");
  }).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""


def one_round(page: Page, url: str) -> dict[str, float]:
    """Seconds to each target after one click on Start."""
    page.goto(f"{url}/train?dataset=digits")
    button = page.get_by_role("button", name="Start", exact=True)
    button.wait_for()
    time.sleep(SETTLE)
    page.evaluate(STOPWATCH)
    button.click()
    page.wait_for_function(f"() => Object.keys(window.times).length === {len(TARGETS)}")
    times = page.evaluate("() => window.times")
    page.wait_for_selector(".ael-live[data-state=finished]", timeout=60_000)
    return {name: times[name] / 1000 for name in TARGETS}


def measure() -> list[dict[str, float]]:
    """One warm-up round, then the counted ones."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        lab = Lab(Path(folder) / "home", Path(folder) / "data")
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        try:
            page = browser.new_page()
            return [one_round(page, lab.url) for _ in range(ROUNDS + 1)][1:]
        finally:
            browser.close()
            lab.stop()


def main() -> None:
    """Measure, print a table, keep the rows."""
    rounds = measure()
    rows = []
    print(f"{'from Start (digits) to':24} {'median':>8} {'min':>8} {'max':>8} {'target':>8}")
    for name, target in TARGETS.items():
        seconds = [taken[name] for taken in rounds]
        middle = statistics.median(seconds)
        print(f"{name:24} {middle:7.2f}s {min(seconds):7.2f}s {max(seconds):7.2f}s {target:7.2f}s")
        rows.append({"what": name, "median_seconds": middle, "seconds": seconds,
                     "target_seconds": target, "machine": describe()})  # fmt: skip
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
