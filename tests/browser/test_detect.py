"""The page that finds anomalies in a real browser: a class left out, a threshold that moves."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.steps import start, wait_for_state

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def run(lab, browser):
    """A run on digits that never saw a 3."""
    page = browser.new_page()
    page.goto(
        f"{lab.url}/train?dataset=digits&variant=autoencoder&latent_dim=8&epochs=20&leave_out=3"
    )
    made = start(page)
    wait_for_state(page, "finished")
    page.close()
    return made


def opened(page, lab, run, **link):
    """The page once its report is made."""
    more = "".join(f"&{name}={value}" for name, value in link.items())
    page.goto(f"{lab.url}/detect?run={run}{more}")
    expect(page.get_by_text("All scores beside each other")).to_be_visible(timeout=90_000)
    expect(page.locator(".ael-pictures")).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_have_count(3)


def sentence(page) -> str:
    """What the threshold finds, in words."""
    return page.get_by_text(re.compile("^Above a score of")).inner_text()


LINE = "document.querySelector('.js-plotly-plot').layout.shapes[0].x0"
"""Where the histogram's threshold stands."""


def drag(page, key: str) -> None:
    """Move the threshold by a key, and wait until the histogram shows it and stands still."""
    before = page.evaluate(LINE)
    page.get_by_role("slider").press(key)
    page.wait_for_function(f"(before) => {LINE} !== before", arg=before)
    page.wait_for_selector("[data-testid=stStatusWidget]", state="detached")


def test_dragging_the_threshold_changes_what_is_found_and_the_link_brings_it_back(page, lab, run):
    opened(page, lab, run)
    first = sentence(page)
    assert "of 31 odd images are found" in first
    drag(page, "End")
    expect(page.get_by_text("31 of 31 odd images are found")).to_be_visible()
    page.wait_for_url("**alarms=100.0*")
    drag(page, "ArrowLeft")
    page.wait_for_url("**alarms=99.9*")
    shown, line = sentence(page), page.evaluate(LINE)
    assert shown != first
    opened(page, lab, run, alarms="99.9")
    assert (sentence(page), page.evaluate(LINE)) == (shown, line)


def test_another_score_is_chosen_and_its_oddest_images_are_shown(page, lab, run):
    opened(page, lab, run, score="neighbour")
    expect(page.get_by_text("with the highest score (Nearest image)")).to_be_visible()
    expect(page.locator(".ael-pictures canvas")).to_have_count(60)
    expect(page.locator("table tr")).to_have_count(11)
    expect(page.get_by_text(re.compile("Nearest image wins|cannot be told apart"))).to_be_visible()


def test_other_data_are_odd_as_well(page, lab, run):
    opened(page, lab, run, suspects="image_patches")
    expect(page.get_by_text(re.compile(r"On 656 images of the test split, 328 of"))).to_be_visible()


def test_an_image_of_ones_own_is_ranked(page, lab, run):
    opened(page, lab, run)
    content = BytesIO()
    Image.effect_noise((60, 40), 90).save(content, "PNG")
    page.locator("input[type=file]").set_input_files(
        [{"name": "mine.png", "mimeType": "image/png", "buffer": content.getvalue()}]
    )
    expect(page.get_by_text("% of the normal test images")).to_be_visible()
    expect(page.locator(".ael-pictures")).to_have_count(2)
    expect(page.get_by_role("cell", name="mine.png")).to_be_visible()
