"""The decoder under the hand: sliders, and an image that follows while one is dragged."""

import pytest
from playwright.sync_api import expect

from tests.browser.steps import start, wait_for_state
from tests.browser.test_latent import DRAWN

pytestmark = pytest.mark.browser
PICTURE = "document.querySelector('.ael-decoded canvas').toDataURL()"


@pytest.fixture(scope="module")
def trained(lab, browser):
    """A finished run of a VAE on digits."""
    page = browser.new_page()
    page.goto(f"{lab.url}/train?dataset=digits&variant=vae&latent_dim=8&epochs=5")
    run = start(page)
    wait_for_state(page, "finished")
    page.close()
    return run


def open_decoder(lab, page, run, link=""):
    page.goto(f"{lab.url}/latent?run={run}&maps=pca-code{link}")
    page.wait_for_selector(".ael-decoder[data-decoded]")


def decoded(page):
    return int(page.locator(".ael-decoder").get_attribute("data-decoded"))


def changed_by(page, act):
    """Whether the picture is another after a person did something, once it is decoded anew."""
    before, count = page.evaluate(PICTURE), decoded(page)
    act()
    page.wait_for_function(
        "(count) => +document.querySelector('.ael-decoder').dataset.decoded > count", arg=count
    )
    return page.evaluate(PICTURE) != before


def test_the_image_follows_a_slider_while_it_is_dragged(lab, page, trained):
    open_decoder(lab, page, trained)
    sliders = page.locator(".ael-sliders input[type=range]")
    expect(sliders).to_have_count(8)
    page.get_by_text("the one that tells most first").wait_for()
    box = sliders.first.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()

    def drag():
        page.mouse.move(box["x"] + 0.95 * box["width"], middle, steps=10)

    assert changed_by(page, drag)  # the mouse is still down
    page.mouse.up()
    assert float(page.locator(".ael-sliders output").first.inner_text()) > 0.5
    average = page.get_by_role("button", name="The average code")
    assert changed_by(page, average.click)
    expect(average).to_have_attribute("aria-pressed", "true")


def test_keys_move_a_slider_too(lab, page, trained):
    open_decoder(lab, page, trained)
    page.locator(".ael-sliders input[type=range]").first.focus()
    assert changed_by(page, lambda: page.keyboard.press("End"))


def test_the_prior_gives_another_image_each_time(lab, page, trained):
    open_decoder(lab, page, trained)
    button = page.get_by_role("button", name="Draw from the prior")
    assert changed_by(page, button.click)
    assert changed_by(page, button.click)


def test_one_image_selected_in_a_map_is_where_it_starts(lab, page, trained):
    open_decoder(lab, page, trained)
    page.wait_for_function(f"{DRAWN} === 1", timeout=120_000)
    box = page.locator(".ael-over").bounding_box()
    number = page.get_by_label("Number of the test image to start from")
    expect(number).to_have_value("")
    before = page.evaluate(PICTURE)
    for share in [i / 60 for i in range(18, 43)]:
        page.mouse.move(box["x"] + share * box["width"], box["y"] + 0.5 * box["height"])
        if page.locator(".ael-tip:not([hidden])").count():
            page.mouse.down()
            page.mouse.up()
            break
    page.get_by_role("heading", name="1 selected", exact=True).wait_for()
    expect(number).not_to_have_value("")
    page.wait_for_function(f"(before) => {PICTURE} !== before", arg=before)
