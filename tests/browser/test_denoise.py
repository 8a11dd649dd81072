"""The Restore page, denoising: the preview at once, every method, and a link that asks for it."""

import pytest
from playwright.sync_api import expect

from tests.browser.steps import train_digits

pytestmark = pytest.mark.browser

ROWS = ".ael-gallery[data-rows='12'] .ael-row:not(.ael-head)"
GRID = ".ael-pictures[data-pictures]"


@pytest.fixture(scope="module")
def trained(lab, browser):
    return train_digits(lab, browser)


def opened(lab, page, run, link=""):
    page.goto(f"{lab.url}/denoise?run={run}&measured_on=40{link}")
    page.locator(ROWS).first.wait_for()


def test_the_preview_comes_first_and_the_table_and_the_images_follow(lab, page, trained):
    opened(lab, page, trained)
    assert page.locator(ROWS).count() == 12
    page.get_by_text("this run reaches").wait_for(timeout=120_000)
    expect(page.locator("table tbody tr")).to_have_count(9)
    page.locator(GRID).wait_for()
    assert page.locator(GRID).get_attribute("data-pictures") == str(8 * 11)
    page.get_by_text("40 test images, Gaussian noise of level 0.3").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Methods as CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert lines[0].startswith("method,title,psnr,psnr_low,psnr_high")
    assert len(lines) == 10


def test_another_damage_goes_into_the_link_and_comes_back_with_it(lab, page, trained):
    opened(lab, page, trained)
    page.get_by_role("combobox", name="Corruption").click()
    page.get_by_role("option", name="Speckle").click()
    page.wait_for_url("**corrupt=speckle*")
    page.get_by_text("40 test images, Speckle of level 0.5").wait_for(timeout=120_000)
    said = page.get_by_text("this run reaches").inner_text()
    page.reload()
    page.get_by_text("40 test images, Speckle of level 0.5").wait_for(timeout=60_000)
    assert page.get_by_text("this run reaches").inner_text() == said


def test_the_curve_and_the_matrix_are_drawn_on_request(lab, page, trained):
    opened(lab, page, trained)
    page.get_by_text("this run reaches").wait_for(timeout=120_000)
    for choice, words in (
        ("Weaker and stronger damage", "the run is the same throughout"),
        ("Other kinds of damage", "None of them was trained on"),
    ):
        page.get_by_role("radio", name=choice).or_(
            page.get_by_role("button", name=choice)
        ).first.click()
        page.get_by_text(words).wait_for(timeout=120_000)
        page.locator(".js-plotly-plot").wait_for()
