"""Every page that looks at what a run makes of images, on images in colour: one run for all."""

import pytest
from playwright.sync_api import expect

from tests.browser.steps import start, wait_for_state

pytestmark = pytest.mark.browser
WAIT = 120_000
PAGES = {
    "reconstruct": ("", 2),
    "denoise": ("&measured_on=20", 0),
    "detect": ("&suspects=digits", 3),
    "compress": ("&files=20&fitted=100", 1),
    "features": ("&shown_units=8", 1),
    "compare": ("&measured_on=20", 1),
}
"""What the link says besides the run, and how many charts the page has at least."""
COLOURED = """(pictures) => [...pictures.querySelectorAll('canvas')].some((canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value, at) => at % 4 === 0 && value !== data[at + 2]);
})"""
"""Whether any picture has a pixel whose red is not its blue."""


@pytest.fixture(scope="module")
def coloured(lab, browser):
    """A run on photo patches that has a code and was trained to undo damage."""
    page = browser.new_page()
    page.goto(
        f"{lab.url}/train?dataset=image_patches&variant=denoising&corruption=gaussian"
        "&latent_dim=8&width=32&epochs=1"
    )
    run = start(page)
    wait_for_state(page, "finished")
    page.close()
    return run


@pytest.mark.parametrize("name", PAGES)
def test_pictures_are_in_colour_and_charts_are_drawn(lab, page, coloured, name):
    link, charts = PAGES[name]
    page.goto(f"{lab.url}/{name}?run={coloured}{link}")
    pictures = page.locator(".ael-pictures[data-pictures]").first
    pictures.wait_for(timeout=WAIT)
    assert pictures.evaluate(COLOURED)
    boxes = page.locator(".ael-chart-box")
    if charts:
        boxes.nth(charts - 1).wait_for(timeout=WAIT)
    for box in boxes.all():
        box.scroll_into_view_if_needed()
        expect(box).to_have_class("ael-chart-box js-plotly-plot")
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_the_wipe_is_in_colour(lab, page, coloured):
    page.goto(f"{lab.url}/compare?run={coloured}&measured_on=20")
    stage = page.locator(".ael-wipe-stage")
    stage.wait_for(timeout=WAIT)
    assert stage.evaluate(COLOURED)
