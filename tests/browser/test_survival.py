"""Reloads, closed tabs, second tabs, links, and a server that is killed: the run goes on."""

import pytest
from playwright.sync_api import expect

from aecore.runs import RunStore, read_status
from tests.browser.steps import curve, start, wait_beyond, wait_for_state

pytestmark = pytest.mark.browser


def test_a_deep_link_on_a_fresh_server_fills_the_form(lab, page):
    page.goto(f"{lab.url}/train?dataset=image_patches&variant=autoencoder&latent_dim=24")
    page.get_by_role("navigation").get_by_role("link", name="Home").wait_for()
    expect(page.get_by_role("spinbutton", name="Code size")).to_have_value("24")
    page.get_by_role("spinbutton", name="Code size").fill("25")
    page.get_by_role("spinbutton", name="Code size").press("Enter")
    page.wait_for_url("**latent_dim=25**")
    again = page.context.new_page()
    again.goto(page.url)
    expect(again.get_by_role("spinbutton", name="Code size")).to_have_value("25")


@pytest.mark.fault("F2")
def test_a_killed_server_loses_nothing(lab, page):
    page.goto(f"{lab.url}/train?epochs=20000&variant=autoencoder")
    run = RunStore(lab.home)[start(page)]
    wait_for_state(page, "running")
    seen = wait_beyond(page, 100)
    lab.kill()
    page.get_by_text("does not answer").wait_for()
    lab.start()
    assert read_status(run).state == "running"
    page.goto(f"{lab.url}/train?run={run.id}")
    wait_for_state(page, "running")
    wait_beyond(page, seen + 100)
    steps = curve(page)
    assert steps == sorted(set(steps))
    assert steps[:10] == list(range(1, 11)), "the beginning is missing"
    assert max(b - a for a, b in zip(steps[10:], steps[11:], strict=False)) <= 20 * thinning(steps)
    page.watch.problems.clear()  # the refused connections of the dead server
    page.get_by_role("button", name="Stop").click()
    wait_for_state(page, "stopped")


@pytest.mark.fault("F2")
def test_a_form_that_outlived_its_server_can_be_started(lab, page):
    page.goto(f"{lab.url}/train?epochs=1&variant=autoencoder&latent_dim=7")
    page.get_by_role("button", name="Start", exact=True).wait_for()
    page.get_by_text("training").first.wait_for()
    lab.restart()
    run = RunStore(lab.home)[start(page)]
    assert run.spec.model.latent_dim == 7
    wait_for_state(page, "finished")
    page.watch.problems.clear()  # the refused connections of the dead server


def thinning(steps: list[int]) -> int:
    """A long curve is sent thinned: by how much, read off its densest part."""
    return max(1, min(b - a for a, b in zip(steps[10:], steps[11:], strict=False)) // 20 + 1)


@pytest.mark.fault("F18")
def test_closing_the_tab_and_opening_two_changes_nothing(lab, browser, page):
    page.goto(f"{lab.url}/train?epochs=20000&variant=autoencoder")
    run = RunStore(lab.home)[start(page)]
    wait_for_state(page, "running")
    page.goto("about:blank")
    tabs = [page.context.new_page(), browser.new_context().new_page()]
    for tab in tabs:
        tab.goto(f"{lab.url}/train?run={run.id}")
        wait_for_state(tab, "running")
    for tab in tabs:  # both press Pause; the second finds it done or on its way
        button = tab.get_by_role("button", name="Pause")
        if button.is_visible():
            button.click()
    for tab in tabs:
        wait_for_state(tab, "paused")
    for tab in tabs:
        button = tab.get_by_role("button", name="Resume")
        if button.is_visible():
            button.click()
    wait_for_state(tabs[0], "running")
    tabs[1].get_by_role("button", name="Stop").click()
    for tab in tabs:
        wait_for_state(tab, "stopped")
    database = run.database()
    attempts = database.status()["attempt"]
    database.close()
    assert attempts == 2, "Resume in two tabs started two workers"
    tabs[1].context.close()


def test_a_double_click_on_start_starts_one_run(lab, page):
    page.goto(f"{lab.url}/train?epochs=5&seed=4711")
    page.get_by_text("The loss curves, reconstructions").wait_for()
    page.wait_for_timeout(1000)
    page.get_by_role("button", name="Start", exact=True).dblclick()
    page.wait_for_url("**/train?run=*")
    wait_for_state(page, "finished")
    page.wait_for_timeout(1000)
    assert sum(run.spec.training.seed == 4711 for run in RunStore(lab.home)) == 1


@pytest.mark.parametrize("link", ["/train?run=nothing", "/reconstruct?run=../../etc/passwd"])
def test_an_unknown_run_gets_a_sentence(lab, page, link):
    page.goto(f"{lab.url}{link}")
    page.get_by_text("names a run that is not here").wait_for()


def test_a_bad_link_gets_a_sentence_and_the_defaults(lab, page):
    page.goto(f"{lab.url}/train?variant=nonsense&latent_dim=0&epochs=many")
    page.get_by_text("There is no variant 'nonsense'").wait_for()
    page.get_by_text("expected a whole number, got 'many'").wait_for()
    page.get_by_role("button", name="Start", exact=True).wait_for()


@pytest.mark.parametrize("width", [1400, 800])
@pytest.mark.parametrize("path", ["/", "/train", "/reconstruct"])
def test_nothing_hangs_over_the_edge(lab, page, width, path):
    page.set_viewport_size({"width": width, "height": 1000})
    page.goto(f"{lab.url}{path}")
    page.get_by_role("heading", level=1).wait_for()
    page.wait_for_timeout(1500)
    over = page.evaluate("() => document.scrollingElement.scrollWidth - window.innerWidth")
    assert over <= 0
