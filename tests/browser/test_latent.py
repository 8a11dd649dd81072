"""The Latent space page: linked maps, a lasso that reaches the server, a link that restores it."""

import base64

import numpy as np
import pytest

from tests.browser.steps import train_digits

pytestmark = pytest.mark.browser

TWO_FRAMES = "() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))"
TIP = ".ael-panel .ael-tip:not([hidden]):has-text(' no. ')"
"""What is said of an image; an empty place is told of without a number."""
DRAWN = "document.querySelectorAll('.ael-panel[data-state=done][data-drawn]').length"


@pytest.fixture(scope="module")
def trained(lab, browser):
    """A finished run; the maps of the pixels are drawn once for all tests here."""
    return train_digits(lab, browser)


def open_maps(lab, page, run, maps="pca-code,pca-pixels,tsne-pixels"):
    page.goto(f"{lab.url}/latent?run={run}&maps={maps}")
    count = len(maps.split(","))
    page.wait_for_function(f"{DRAWN} === {count}", timeout=120_000)


def drag(page, panel, *corners, shift=False):
    """Along corners, each a share of the panel's width and height."""
    box = page.locator(".ael-over").nth(panel).bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    if shift:
        page.keyboard.down("Shift")
    page.mouse.move(*at[0])
    page.mouse.down()
    for corner in at[1:]:
        page.mouse.move(*corner, steps=5)
    page.mouse.up()
    if shift:
        page.keyboard.up("Shift")


AROUND = ((0.005, 0.005), (0.995, 0.005), (0.995, 0.995), (0.005, 0.995))


def hover_a_point(page):
    """Move over the first map until a point under the mouse shows its image.

    The map is looked up before each move, as text that comes above it moves it, and the tip two
    frames after.
    """
    for share in np.linspace(0.3, 0.7, 30):
        box = page.locator(".ael-over").nth(0).bounding_box()
        page.mouse.move(box["x"] + share * box["width"], box["y"] + 0.5 * box["height"])
        page.evaluate(TWO_FRAMES)
        if page.locator(TIP).count():
            return
    pytest.fail("no point of the map shows its image")


def test_a_hover_in_one_map_shows_the_image_in_all(lab, page, trained):
    open_maps(lab, page, trained)
    hover_a_point(page)
    assert page.locator(TIP).count() == 3
    page.wait_for_function("document.querySelectorAll('.ael-panel .ael-tip canvas').length === 6")
    texts = page.evaluate(
        "[...document.querySelectorAll('.ael-panel .ael-tip')].map((tip) => tip.innerText)"
    )
    assert len(set(texts)) == 1
    assert page.get_by_text("359 test images, fitted on").count() == 3


def test_a_lasso_of_all_reaches_the_server_and_the_link_brings_it_back(lab, page, trained):
    open_maps(lab, page, trained)
    drag(page, 0, *AROUND, AROUND[0], shift=True)
    page.get_by_text("359 of 359 selected").wait_for()
    page.get_by_role("heading", name="359 selected").wait_for()
    page.wait_for_url("**chosen=*")
    page.reload()
    page.wait_for_function(f"{DRAWN} === 3", timeout=60_000)
    page.get_by_role("heading", name="359 selected").wait_for()
    page.get_by_role("button", name="Select none").click()
    page.get_by_role("heading", name="359 selected").wait_for(state="detached")


def test_a_box_selects_exactly_what_lies_in_it(lab, page, trained):
    open_maps(lab, page, trained)
    page.get_by_role("button", name="Box", exact=True).click()
    drag(page, 0, (0.01, 0.01), (0.5, 0.99))
    page.wait_for_url("**chosen=*")
    inside = page.evaluate(
        """() => {
          const over = document.querySelectorAll('.ael-over')[0];
          return [over.clientWidth, over.clientHeight];
        }"""
    )
    assert all(inside)
    selected = int(page.locator(".ael-maps").get_attribute("data-selected"))
    assert 20 < selected < 339
    page.get_by_role("heading", name=f"{selected} selected").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert len(lines) == selected + 1


def test_the_legend_hides_a_class_and_colours_can_mean_errors(lab, page, trained):
    open_maps(lab, page, trained)
    drawn = int(page.locator(".ael-panel").nth(0).get_attribute("data-drawn"))
    page.get_by_role("button", name="3", exact=True).click()
    page.wait_for_function("+document.querySelector('.ael-panel').dataset.drawn < 359")
    left = int(page.locator(".ael-panel").nth(0).get_attribute("data-drawn"))
    assert 359 == drawn > left > 250
    page.get_by_role("combobox", name="Colour by").click()
    page.get_by_role("option", name="Reconstruction error").click()
    page.get_by_text("as many images in each colour").wait_for()
    page.wait_for_url("**colour=error*")


def test_maps_are_measured_and_another_map_is_drawn_on_demand(lab, page, trained):
    open_maps(lab, page, trained, "pca-code")
    page.get_by_text("359 test images, against their pixels").wait_for(timeout=60_000)
    page.get_by_role("combobox", name="Maps").click()
    page.get_by_role("option", name="PCA of the pixels").click()
    page.wait_for_function(f"{DRAWN} === 2", timeout=60_000)
    page.get_by_text("Of these maps, trust here").wait_for(timeout=60_000)


def test_keys_move_and_zoom_a_map(lab, page, trained):
    open_maps(lab, page, trained, "pca-code")
    picture = "() => document.querySelector('.ael-dots').toDataURL()"
    before = page.evaluate(picture)
    page.locator(".ael-over").focus()
    page.keyboard.press("+")
    page.wait_for_function(f"before => ({picture})() !== before", arg=before)
    page.keyboard.press("0")
    page.wait_for_function(f"before => ({picture})() === before", arg=before)
    assert base64.b64decode(before.split(",")[1])[:4] == b"\x89PNG"


def test_a_map_can_be_cancelled_and_drawn_after_all(lab, page, trained):
    page.goto(f"{lab.url}/latent?run={trained}&maps=tsne-pixels&set=tsne.iterations%3Ddefault")
    page.get_by_role("button", name="Cancel").click(timeout=60_000)
    page.get_by_text("Cancelled.").wait_for()
    page.get_by_role("button", name="Draw it").click()
    page.wait_for_function(f"{DRAWN} === 1", timeout=120_000)
