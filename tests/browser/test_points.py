"""Points while a run trains: data, decoder and code in one view, moved by the time machine."""

import numpy as np
import pytest

from tests.browser.steps import start, wait_for_state

pytestmark = pytest.mark.browser
TRACE = """(name) => {
  const boxes = [...document.querySelectorAll('.ael-points')];
  const trace = boxes.flatMap((box) => box.data || []).find((each) => each.name === name);
  return { type: trace.type, x: trace.x, y: trace.y, z: trace.z };
}"""


def trace(page, name):
    return page.evaluate(TRACE, name)


def test_the_decoder_moves_to_the_data_and_back_in_time(lab, page):
    page.goto(f"{lab.url}/train?dataset=toy_plane&point_count=300&epochs=20")
    start(page)
    wait_for_state(page, "finished")
    page.wait_for_selector(".ael-points[data-charts]")
    data, made = trace(page, "data"), trace(page, "reconstructions")
    assert data["type"] == "scatter"
    assert len(data["x"]) == len(made["x"]) == 60
    after = trace(page, "decoder")
    assert np.ptp([x for x in after["x"] if x is not None]) > 0.5 * np.ptp(data["x"])
    page.get_by_label("Time machine: choose a snapshot").fill("0")
    page.wait_for_function(
        "(x) => [...document.querySelectorAll('.ael-points')].some((box) => box.data?.some("
        "(t) => t.name === 'decoder' && JSON.stringify([...t.x]) !== JSON.stringify(x)))",
        arg=after["x"],
    )
    assert trace(page, "data")["x"] == data["x"]
