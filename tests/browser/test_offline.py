"""A machine without any network: the lesson works, and what does not says why."""

from pathlib import Path

import pytest

from tests.browser.lab import Lab
from tests.browser.steps import start, wait_for_state

pytestmark = [pytest.mark.browser, pytest.mark.fault("F17")]
CUT_OFF = Path(__file__).parents[1] / "offline"


@pytest.fixture
def tried(tmp_path):
    """Where the server writes down which addresses it looked for."""
    path = tmp_path / "tried"
    path.touch()
    return path


@pytest.fixture
def lab(tmp_path, tried):
    """The app, its supervisor and its workers, without a network and without downloaded data."""
    told = {"PYTHONPATH": str(CUT_OFF), "AECORE_TEST_TRIED": str(tried)}
    served = Lab(tmp_path / "home", tmp_path / "data", **told)
    yield served
    served.stop()


def test_the_lesson_needs_no_network_and_a_download_waits_for_one(lab, page, tried):
    page.goto(lab.url)
    wait_for_state(page, "running", "finished")
    page.goto(f"{lab.url}/train?dataset=digits&variant=denoising&epochs=2")
    run = start(page)
    wait_for_state(page, "finished")
    page.goto(f"{lab.url}/reconstruct?run={run}")
    page.wait_for_selector(".ael-gallery[data-rows]")
    assert tried.read_text() == ""
    page.goto(f"{lab.url}/train?dataset=fashion_mnist&epochs=1")
    start(page)
    wait_for_state(page, "paused")
    page.get_by_text("internet").or_(page.get_by_text("network")).first.wait_for()
    page.get_by_role("button", name="Resume").wait_for()
