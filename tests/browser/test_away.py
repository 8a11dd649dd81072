"""People who leave: a closed browser, a lid that is shut, a Wi-Fi that drops."""

import os
import time

import pytest
from playwright.sync_api import expect

from aecore.runs import RunStore
from tests.browser.steps import curve, start, wait_beyond, wait_for_state

pytestmark = pytest.mark.browser
AWAY = float(os.environ.get("AECORE_AWAY", "10"))
"""Seconds; beyond 120 Streamlit forgets the session too (AECORE_AWAY=150 tries that)."""


@pytest.mark.fault("F11")
def test_who_closes_the_browser_finds_the_run_at_work_in_the_list(lab, browser):
    first = browser.new_context()
    page = first.new_page()
    page.goto(f"{lab.url}/train?epochs=20000&variant=autoencoder")
    run = RunStore(lab.home)[start(page)]
    wait_for_state(page, "running")
    seen = wait_beyond(page, 0)
    first.close()
    time.sleep(AWAY)
    later = browser.new_context()
    page = later.new_page()
    page.goto(f"{lab.url}/runs")
    row = page.locator(f".st-key-run-{run.id}")
    row.get_by_text("Running").first.wait_for()
    page.goto(f"{lab.url}/train?run={run.id}")
    wait_beyond(page, seen + 100)
    page.get_by_role("button", name="Stop").click()
    wait_for_state(page, "stopped")
    later.close()


@pytest.mark.fault("F12")
def test_after_a_time_without_wifi_the_curve_is_whole_and_the_form_as_it_was(lab, page):
    page.goto(f"{lab.url}/train?epochs=20000&variant=autoencoder")
    start(page)
    wait_for_state(page, "running")
    seen = wait_beyond(page, 100)
    form = page.context.new_page()
    form.goto(f"{lab.url}/train?latent_dim=24")
    expect(form.get_by_role("spinbutton", name="Code size")).to_have_value("24")
    page.context.set_offline(True)
    page.get_by_text("does not answer").wait_for()
    time.sleep(AWAY)
    page.context.set_offline(False)
    wait_beyond(page, seen + 100, seconds=20)
    steps = curve(page)
    assert steps[:10] == list(range(1, 11)), "the beginning is missing"
    assert steps == sorted(set(steps)), "a step is drawn twice"
    gaps = [b - a for a, b in zip(steps[10:], steps[11:], strict=False)]
    assert max(gaps) <= 4 * min(gaps), f"the curve has a hole: {max(gaps)} among {min(gaps)}"
    expect(form.get_by_role("spinbutton", name="Code size")).to_have_value("24")
    form.get_by_role("spinbutton", name="Code size").fill("25")
    form.get_by_role("spinbutton", name="Code size").press("Enter")
    form.wait_for_url("**latent_dim=25**")
    page.watch.problems.clear()  # the requests that the dead network refused
    page.get_by_role("button", name="Stop").click()
    wait_for_state(page, "stopped")
