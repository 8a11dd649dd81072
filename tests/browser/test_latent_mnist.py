"""The Latent space page with MNIST's 10,000 test digits in three linked maps."""

import pytest

from tests.browser.steps import start, wait_for_state
from tests.browser.test_latent import AROUND, DRAWN, TIP, drag, open_maps
from tests.browser.test_maps import PANEL, at, told
from tests.browser.test_own_image import LANDED, draw

pytestmark = pytest.mark.browser

MAPS = "code,pca-code,pca-pixels"
COUNT = 10_000


@pytest.fixture(scope="module")
def trained(lab, browser):
    """A run of a few steps on MNIST, with a code of two numbers."""
    page = browser.new_page()
    page.goto(
        f"{lab.url}/train?dataset=mnist&variant=vae&latent_dim=2&epochs=1&train_limit=2000&width=64"
    )
    run = start(page)
    wait_for_state(page, "finished", timeout=120_000)
    page.close()
    return run


def selected_rows(page):
    """The numbers of the selected images, as the server has them."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    lines = download.value.path().read_text().splitlines()[1:]
    return [int(line.split(",")[0]) for line in lines]


def test_a_hover_shows_the_image_in_all_three(lab, page, trained):
    open_maps(lab, page, trained, MAPS)
    assert {told(page, panel, "drawn") for panel in range(3)} == {str(COUNT)}
    page.mouse.move(*at(page, 1, 0.5, 0.5))
    page.wait_for_function("document.querySelectorAll('.ael-panel .ael-tip canvas').length === 6")
    assert page.locator(TIP).count() == 3


def test_a_lasso_of_all_reaches_the_server_with_exactly_these(lab, page, trained):
    open_maps(lab, page, trained, MAPS)
    drag(page, 0, *AROUND, AROUND[0], shift=True)
    page.get_by_role("heading", name="10,000 selected").wait_for()
    page.wait_for_url("**chosen=*")
    assert selected_rows(page) == list(range(COUNT))


def test_a_lasso_of_some_comes_back_from_the_link(lab, page, trained):
    open_maps(lab, page, trained, MAPS)
    drag(page, 1, (0.4, 0.4), (0.5, 0.4), (0.5, 0.5), (0.4, 0.4), shift=True)
    page.wait_for_url("**chosen=*")
    count = int(page.locator(".ael-maps").get_attribute("data-selected"))
    assert 0 < count < COUNT
    page.get_by_role("heading", name=f"{count:,} selected").wait_for()
    before = selected_rows(page)
    page.reload()
    page.wait_for_function(f"{DRAWN} === 3", timeout=120_000)
    page.get_by_role("heading", name=f"{count:,} selected").wait_for()
    assert selected_rows(page) == before
    assert len(before) == count


def test_a_click_decodes_and_a_map_is_laid_out_as_another(lab, page, trained):
    open_maps(lab, page, trained, MAPS)
    page.wait_for_selector(".ael-decoder[data-decoded]")
    before = int(page.locator(".ael-decoder").get_attribute("data-decoded"))
    page.mouse.click(*at(page, 0, 0.97, 0.03))
    page.wait_for_function(f"document.querySelector('.ael-decoder').dataset.decoded > {before}")
    page.locator(".ael-panel summary").nth(1).click()
    page.get_by_label("Lay these points out as another map").nth(1).select_option(
        "PCA of the pixels"
    )
    page.get_by_role("heading", name="PCA of the code → PCA of the pixels").wait_for()


def test_the_scrubber_moves_the_map_and_a_drawn_digit_lands(lab, page, trained):
    open_maps(lab, page, trained, f"{MAPS},time")
    page.get_by_label("Time machine: choose a snapshot").fill("0")
    page.wait_for_function(f"{PANEL.format(3)}.dataset.step === '0'")
    page.get_by_text("Your own image", exact=True).click()
    draw(page, (0.5, 0.2), (0.5, 0.8))
    page.wait_for_function(f"{LANDED} >= 3", timeout=60_000)
