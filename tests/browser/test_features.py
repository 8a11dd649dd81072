"""The Features page in a browser: units are measured in the background, shown, and sorted."""

import pytest

from tests.browser.steps import start, train_digits, wait_for_state

pytestmark = pytest.mark.browser


def test_units_are_shown_with_their_images_and_sorted(lab, browser, page):
    run = train_digits(lab, browser, latent_dim=4)
    page.goto(f"{lab.url}/features?run={run}")
    page.get_by_text("None of the 4 units is dead").wait_for(timeout=60_000)
    pictures = page.locator(".ael-pictures canvas")
    pictures.first.wait_for()
    assert pictures.count() == 4 * 9
    page.get_by_role("combobox", name="Which units").click()
    page.get_by_role("option", name="As they are numbered").click()
    page.wait_for_url("**sort=number*")
    with page.expect_download() as download:
        page.get_by_role("button", name="Units as CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["unit", "z1", "z2", "z3", "z4"]
    page.reload()
    page.get_by_text("Effective number of directions").wait_for()


def test_dead_units_of_colour_patches_are_told(lab, page):
    page.goto(f"{lab.url}/train?dataset=image_patches&variant=sparse&latent_dim=64&epochs=1")
    run = start(page)
    wait_for_state(page, "finished", timeout=120_000)
    page.goto(f"{lab.url}/features?run={run}")
    page.get_by_text("of the 64 units").or_(page.get_by_text("of 64 units are dead")).wait_for(
        timeout=60_000
    )
    page.get_by_text("Effective number of directions").wait_for()
