"""The Compress page in a browser: measured, looked at, and a file that opens again."""

import pytest
from playwright.sync_api import expect

from tests.browser.steps import train_digits

pytestmark = pytest.mark.browser
FEW = "files=20&fitted=300"
PICTURES = ".ael-pictures"
WAIT = 120_000


@pytest.fixture(scope="module")
def trained(lab, browser):
    """A finished run of a VAE on digits."""
    return train_digits(lab, browser)


def open_page(lab, page, run, link=""):
    """The page once everything is measured."""
    page.goto(f"{lab.url}/compress?run={run}&{FEW}{link}")
    page.wait_for_selector(f"{PICTURES}[data-pictures]", timeout=WAIT)


def settled(page):
    """Wait until the page is drawn to its end."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def second_row(page):
    """The first picture of the row of this run."""
    return page.evaluate("() => document.querySelectorAll('.ael-pictures canvas')[8].toDataURL()")


def test_the_page_measures_and_the_switches_change_what_is_seen(lab, page, trained):
    open_page(lab, page, trained)
    page.get_by_text("Best PSNR at the sizes").wait_for()
    expect(page.locator(".js-plotly-plot .scatterlayer .trace")).to_have_count(5)
    expect(page.locator(PICTURES)).to_have_attribute("data-pictures", "48")
    before = second_row(page)
    settled(page)
    rounding = page.get_by_role("combobox", name="Rounding")
    rounding.evaluate("(box) => box.scrollIntoView({ block: 'center' })")
    page.wait_for_timeout(500)  # a list closes again while the page still scrolls
    rounding.click()
    page.get_by_role("option", name="1 bit", exact=True).click()
    page.wait_for_url("**rounding=0**")
    page.get_by_text("This run · 1 bit,").wait_for()
    assert second_row(page) != before
    page.get_by_text("SSIM", exact=True).first.click()
    page.get_by_text("Best SSIM at the sizes").wait_for()
    page.wait_for_url("**measure=ssim**")
    page.get_by_text("Whole files", exact=True).click()
    page.get_by_text("Bytes an image (whole files)").wait_for()


def test_a_compressed_file_opens_again_and_a_damaged_one_is_refused(lab, page, trained, tmp_path):
    open_page(lab, page, trained, "&rounding=6")
    with page.expect_download() as coming:
        page.get_by_role("button", name="Download these images compressed").click()
    path = tmp_path / coming.value.suggested_filename
    coming.value.save_as(path)
    content = path.read_bytes()
    assert path.name == f"{trained}.aecz"
    assert len(content) < 8 * 64 / 4
    chosen = page.locator("input[type=file]")
    chosen.set_input_files(path)
    page.get_by_text(f"8 images from {len(content)} bytes").wait_for()
    expect(page.get_by_test_id("stImage")).to_have_count(1)
    path = tmp_path / "damaged.aecz"  # a browser does not notice the same name again
    path.write_bytes(content[:-5] + b"xxxxx")
    chosen.set_input_files(path)
    page.get_by_text("This file of compressed images is damaged").wait_for()
    expect(page.get_by_test_id("stImage")).to_have_count(0)
