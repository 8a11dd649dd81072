"""The browser of reconstructions: sheets of all test images, a span of errors, its link."""

import pytest

from tests.browser.steps import train_digits

pytestmark = pytest.mark.browser

SHEET = ".ael-pictures"
SHOWN = "[...document.querySelectorAll('.ael-pictures canvas')].map((one) => one.title)"


@pytest.fixture(scope="module")
def trained(lab, browser):
    return train_digits(lab, browser)


def test_every_test_image_is_on_one_of_the_sheets(lab, page, trained):
    page.goto(f"{lab.url}/reconstruct?run={trained}")
    page.locator(f"{SHEET}[data-pictures='100']").wait_for(timeout=60_000)
    names = page.evaluate(SHOWN)
    sheet = page.get_by_role("spinbutton", name="Sheet, of 4")
    for number, count in ((2, 100), (3, 100), (4, 59)):
        sheet.fill(str(number))
        sheet.press("Enter")
        page.wait_for_function(
            f"([count, last]) => {SHOWN}.length === count && {SHOWN}[0] !== last",
            arg=[count, names[-count if number == 4 else -100]],
        )
        names += page.evaluate(SHOWN)
    assert len({name.split(", ")[1] for name in names}) == 359
    errors = [float(name.rpartition(" ")[2]) for name in names]
    assert errors == sorted(errors, reverse=True)
    page.wait_for_url("**sheet=4*")


def test_a_span_of_errors_is_kept_by_the_link(lab, page, trained):
    page.goto(f"{lab.url}/reconstruct?run={trained}&order=first")
    page.locator(f"{SHEET}[data-pictures='100']").wait_for(timeout=60_000)
    low = page.get_by_role("slider", name="Errors from").first
    low.focus()
    for _ in range(60):
        page.keyboard.press("ArrowRight")
    page.wait_for_url("**errors=*")
    page.get_by_text("359 images of 359").wait_for(state="detached")
    page.wait_for_timeout(2000)  # the last of these presses has been heard
    told = page.locator("strong", has_text="image").last.inner_text()
    page.reload()
    page.get_by_text(told, exact=True).wait_for(timeout=60_000)


def test_classes_can_be_taken_away_as_a_table(lab, page, trained):
    page.goto(f"{lab.url}/reconstruct?run={trained}")
    with page.expect_download() as download:
        page.get_by_role("button", name="Classes as CSV").click(timeout=60_000)
    lines = download.value.path().read_text().splitlines()
    assert lines[0].startswith("class,images,mse")
    assert sum(int(line.split(",")[1]) for line in lines[1:]) == 359
