"""The maps of the Latent space page: ground, colours, morph, export, thumbnails, time machine."""

import pytest

from tests.browser.steps import start, train_digits, wait_for_state
from tests.browser.test_latent import AROUND, DRAWN, drag, open_maps

pytestmark = pytest.mark.browser

PANEL = "document.querySelectorAll('.ael-panel')[{}]"


@pytest.fixture(scope="module")
def trained(lab, browser):
    """A finished run with a code of two numbers."""
    return train_digits(lab, browser, latent_dim=2)


def told(page, panel, name):
    return page.locator(".ael-panel").nth(panel).get_attribute(f"data-{name}")


def wait_told(page, panel, name, value):
    page.wait_for_function(f"{PANEL.format(panel)}.dataset.{name} === '{value}'", timeout=60_000)


def at(page, panel, x, y):
    box = page.locator(".ael-over").nth(panel).bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def test_an_empty_place_is_decoded_and_a_click_brings_it_to_the_sliders(lab, page, trained):
    open_maps(lab, page, trained, "code,pca-pixels")
    page.wait_for_selector(".ael-decoder[data-decoded]")
    before = page.locator(".ael-decoder").get_attribute("data-decoded")
    page.mouse.move(*at(page, 0, 0.97, 0.03))
    page.get_by_text("decoded from this place").wait_for()
    page.mouse.click(*at(page, 0, 0.97, 0.03))
    page.wait_for_function(f"document.querySelector('.ael-decoder').dataset.decoded > {before}")
    values = page.locator(".ael-decoder output").all_inner_texts()
    page.mouse.click(*at(page, 0, 0.03, 0.97))
    outputs = "[...document.querySelectorAll('.ael-decoder output')]"
    changed = f"{outputs}.some((output, i) => output.innerText !== before[i])"
    page.wait_for_function(
        f"(before) => {changed}",
        arg=values,
    )


def test_decoded_images_lie_under_the_points_and_the_link_says_so(lab, page, trained):
    open_maps(lab, page, trained, "code,pca-pixels")
    page.get_by_label("Under the points").select_option("Decoded samples")
    for panel in (0, 1):
        wait_told(page, panel, "ground", "decoded")
    page.wait_for_url("**view=under*")
    page.reload()
    page.wait_for_function(f"{DRAWN} === 2", timeout=60_000)
    wait_told(page, 0, "ground", "decoded")
    page.get_by_label("Under the points").select_option("Land without training samples")
    wait_told(page, 0, "ground", "empty")


def test_colours_show_where_each_map_lies(lab, page, trained):
    open_maps(lab, page, trained, "pca-code,pca-pixels")
    page.get_by_role("combobox", name="Colour by").click()
    page.get_by_role("option", name="Trustworthiness of each map").click()
    for panel in (0, 1):
        wait_told(page, panel, "trusted", "1")
    page.get_by_text("1: none is").wait_for()


def test_one_map_is_laid_out_as_another_and_saved(lab, page, trained):
    open_maps(lab, page, trained, "pca-code,pca-pixels")
    picture = "() => document.querySelectorAll('.ael-dots')[0].toDataURL()"
    before = page.evaluate(picture)
    page.locator(".ael-panel summary").nth(0).click()
    page.get_by_label("Lay these points out as another map").nth(0).select_option(
        "PCA of the pixels"
    )
    page.get_by_role("heading", name="PCA of the code → PCA of the pixels").wait_for()
    page.wait_for_timeout(900)
    assert page.evaluate(picture) != before
    endings = {}
    for title in ("Save as PNG", "Save as SVG"):
        with page.expect_download() as download:
            page.get_by_role("button", name=title).nth(0).click()
        endings[title[-3:]] = download.value.path().read_bytes()
    assert endings["PNG"].startswith(b"\x89PNG")
    assert endings["SVG"].count(b"<use ") == 359
    page.get_by_label("Lay these points out as another map").nth(0).select_option("itself")
    page.wait_for_timeout(900)
    assert page.evaluate(picture) == before


def test_maps_that_come_before_their_labels_are_offered_all_the_same(lab, page, trained):
    held = []
    page.route("**/held-out?*", lambda route: held.append(route))
    page.goto(f"{lab.url}/latent?run={trained}&maps=pca-code,pca-pixels")
    done = "document.querySelectorAll('.ael-panel[data-state=done]').length === 2"
    page.wait_for_function(done, timeout=120_000)
    assert page.locator(".ael-panel[data-drawn]").count() == 0
    held[0].continue_()
    page.wait_for_function(f"{DRAWN} === 2", timeout=60_000)
    page.locator(".ael-panel summary").nth(0).click()
    others = page.get_by_label("Lay these points out as another map").nth(0)
    assert others.locator("option").all_inner_texts() == ["itself", "PCA of the pixels"]


def test_images_take_over_as_one_zooms_in(lab, page, trained):
    open_maps(lab, page, trained, "pca-pixels")
    assert told(page, 0, "thumbnails") == "0"
    page.mouse.move(*at(page, 0, 0.5, 0.5))
    for _ in range(4):
        page.mouse.wheel(0, -200)
    page.wait_for_function(f"+{PANEL.format(0)}.dataset.thumbnails > 3", timeout=30_000)
    page.get_by_role("button", name="Show all").click()
    page.get_by_label("Pictures when zoomed in").uncheck()
    wait_told(page, 0, "thumbnails", "0")


def test_spreads_are_drawn_around_what_is_selected(lab, page, trained):
    open_maps(lab, page, trained, "code")
    page.get_by_label("Spread of codes").check()
    drag(page, 0, *AROUND, AROUND[0], shift=True)
    wait_told(page, 0, "spreads", "60")


def test_the_time_machine_moves_curves_images_and_the_map(lab, page, trained):
    open_maps(lab, page, trained, "time,pca-pixels")
    last = told(page, 0, "step")
    page.get_by_label("Time machine: choose a snapshot").fill("0")
    page.wait_for_function(f"{PANEL.format(0)}.dataset.step === '0'")
    assert page.locator(".ael-plot").get_attribute("data-pointed") == "0"
    page.get_by_role("button", name="Play").click()
    wait_told(page, 0, "step", last)
    page.get_by_role("button", name="Play").wait_for()
    assert page.locator(".ael-plot").get_attribute("data-pointed") == ""


def test_maps_of_another_run_stand_beside(lab, page, trained):
    page.goto(f"{lab.url}/train?dataset=digits&variant=autoencoder&latent_dim=2&epochs=1")
    other = start(page)
    wait_for_state(page, "finished")
    open_maps(lab, page, trained, "code")
    page.get_by_role("combobox", name="Beside other runs").click()
    page.get_by_role("option", name="autoencoder").first.click()
    page.keyboard.press("Escape")
    page.get_by_role("combobox", name="Maps").click()
    page.get_by_role("option", name="The code itself · autoencoder").click()
    page.keyboard.press("Escape")
    page.wait_for_function(f"{DRAWN} === 2", timeout=60_000)
    page.wait_for_url(f"**beside={other}*")
    page.get_by_role("heading", name="The code itself · autoencoder").wait_for()
