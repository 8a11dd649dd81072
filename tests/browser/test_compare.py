"""The Compare page in a browser: copies side by side, the wipe, other runs, the link."""

import pytest
from playwright.sync_api import expect

from tests.browser.steps import start, train_digits, wait_for_state

pytestmark = pytest.mark.browser
PICTURES = ".ael-pictures canvas"
WIPE = ".ael-wipe"


@pytest.fixture(scope="module")
def first(lab, browser):
    """A finished run of a VAE on digits."""
    return train_digits(lab, browser, latent_dim=4)


@pytest.fixture(scope="module")
def second(lab, browser, first):
    """A finished autoencoder on the same images, trained after the first."""
    page = browser.new_page()
    page.goto(f"{lab.url}/train?dataset=digits&variant=autoencoder&latent_dim=8&epochs=5")
    run = start(page)
    wait_for_state(page, "finished")
    page.close()
    return run


def opened(lab, page, run, link=""):
    """The page once everything is measured."""
    page.goto(f"{lab.url}/compare?run={run}{link}")
    page.locator(f"{WIPE}[data-share]").wait_for(timeout=90_000)


def shown(page):
    """The picture at the right of the line."""
    return page.evaluate(
        f"() => document.querySelectorAll('{WIPE} .ael-wipe-stage canvas')[1].toDataURL()"
    )


def share(page, value):
    """Wait until the line stands there, in hundredths from the left."""
    expect(page.locator(WIPE)).to_have_attribute("data-share", str(value))


def test_the_line_follows_keys_and_pointer_and_stays_for_another_image(lab, page, first):
    opened(lab, page, first)
    share(page, 50)
    page.get_by_role("slider").press("ArrowRight")
    share(page, 51)
    stage = page.locator(".ael-wipe-stage")
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 30)
    page.mouse.up()
    page.wait_for_function(f"Math.abs(document.querySelector('{WIPE}').dataset.share - 25) < 2")
    clip = page.evaluate("document.querySelectorAll('.ael-wipe-stage canvas')[1].style.clipPath")
    moved = page.locator(WIPE).get_attribute("data-share")
    assert clip == f"inset(0px 0px 0px {moved}%)"
    before = shown(page)
    page.get_by_role("spinbutton", name="Test image, 0 to").fill("9")
    page.keyboard.press("Tab")
    page.wait_for_url("**sample=9*")
    page.locator("canvas[aria-label='Original, test image 9']").wait_for()
    page.wait_for_function(
        f"(before) => document.querySelectorAll('{WIPE} .ael-wipe-stage canvas')[1].toDataURL()"
        " !== before",
        arg=before,
    )
    share(page, moved)


def test_another_run_is_set_beside_it_and_comes_back_with_the_link(lab, page, first, second):
    opened(lab, page, first)
    expect(page.locator(PICTURES)).to_have_count(3)
    page.get_by_role("combobox", name="Beside other runs").click()
    page.get_by_role("option", name="autoencoder").click()
    page.wait_for_url(f"**beside={second}*")
    expect(page.locator(PICTURES)).to_have_count(5, timeout=90_000)
    page.keyboard.press("Escape")
    page.get_by_role("combobox", name="Right").click()
    page.get_by_role("option", name="PCA-8").click()
    page.wait_for_url("**other=pca-8*")
    page.locator(".ael-wipe-names").get_by_text("PCA-8").wait_for()
    said = page.get_by_text("With codes of 8 numbers").inner_text()
    page.reload()
    page.locator(".ael-wipe-names").get_by_text("PCA-8").wait_for()
    expect(page.locator(PICTURES)).to_have_count(5)
    assert page.get_by_text("With codes of 8 numbers").inner_text() == said
    with page.expect_download() as download:
        page.get_by_role("button", name="Methods as CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert [line.split(",")[1] for line in lines] == [
        "method", first, second, "PCA-4", "PCA-8",
    ]  # fmt: skip
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as PNG").click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG")


def test_where_no_other_run_fits_the_page_says_so(lab, browser, page):
    page.goto(f"{lab.url}/train?dataset=digits&split_seed=7&latent_dim=2&epochs=1&width=16")
    alone = start(page)
    wait_for_state(page, "finished")
    opened(lab, page, alone)
    page.get_by_text("No other run on these samples").or_(
        page.get_by_placeholder("No other run on these samples")
    ).first.wait_for()
    expect(page.get_by_role("combobox", name="Beside other runs")).to_be_disabled()


def test_a_sweep_is_trained_and_drawn_beside_pca(lab, page, first):
    opened(lab, page, first)
    page.get_by_role("button", name="Train codes of 2, 8, 16, 32, 64").click()
    page.get_by_text("This starts 5 runs with codes of 2, 8, 16, 32, 64").wait_for()
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_text("under way").first.wait_for()
    expect(page.get_by_text("under way")).to_have_count(0, timeout=180_000)
    expect(page.get_by_role("cell", name="not trained")).to_have_count(0, timeout=90_000)
    page.locator(".js-plotly-plot").wait_for()
    points = "document.querySelector('.js-plotly-plot').data.map((trace) => trace.x.length)"
    page.wait_for_function(f"String({points}) === '6,6'")
    expect(page.get_by_role("button", name="Train codes of")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("button", name="Sizes as CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["size", "2", "4", "8", "16", "32", "64"]
