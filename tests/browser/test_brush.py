"""Draw over it yourself, on the Denoise page: strokes are restored, undone and cleared."""

import re

import pytest
from playwright.sync_api import expect

from aecore.datasets import open_data
from tests.browser.steps import start, train_digits, wait_for_state

pytestmark = pytest.mark.browser

PAD = ".ael-brush .ael-pad"
ROOT = "document.querySelector('.ael-brush').dataset"
PIXELS = """(at) => {
  const canvas = document.querySelectorAll('.ael-brush figure canvas')[at];
  return [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data];
}"""


@pytest.fixture(scope="module")
def trained(lab, browser):
    return train_digits(lab, browser)


@pytest.fixture(scope="module")
def coloured(lab, browser):
    page = browser.new_page()
    page.goto(
        f"{lab.url}/train?dataset=image_patches&variant=denoising&corruption=masking&epochs=1"
    )
    run = start(page)
    wait_for_state(page, "finished")
    page.close()
    return run


def opened(lab, page, run, number=3):
    page.goto(f"{lab.url}/denoise?run={run}&measured_on=20&drawn_over={number}")
    page.locator(f".ael-brush[data-number='{number}']").wait_for()
    page.locator(PAD).scroll_into_view_if_needed()


def stroke(page, *corners):
    """Along corners, each a share of the pad's width and height, until it is restored."""
    before = int(page.evaluate(f"{ROOT}.restored"))
    box = page.locator(PAD).bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.mouse.move(*at[0])
    page.mouse.down()
    for corner in at[1:]:
        page.mouse.move(*corner, steps=4)
    page.wait_for_function(f"+{ROOT}.restored > {before}")  # while the mouse is still down
    page.mouse.up()
    page.wait_for_function(f"{ROOT}.restored === {ROOT}.wanted")


def channels(page, at):
    """The pixels of a picture below the pad, channel after channel."""
    values = page.evaluate(PIXELS, at)
    return [values[channel::4] for channel in range(3)]


def touched(page):
    return int(page.evaluate(f"{ROOT}.touched"))


def test_strokes_are_restored_as_they_are_drawn_and_taken_back(lab, page, trained):
    opened(lab, page, trained)
    pad = page.locator(".ael-brush")
    original = open_data("digits").part("test")[3].flatten().tolist()
    page.wait_for_function(f"{ROOT}.restored === {ROOT}.wanted")
    assert channels(page, 0)[0] == original
    assert touched(page) == 0
    expect(pad.get_by_role("button", name="Undo")).to_be_disabled()
    expect(pad.locator("figcaption").first).to_contain_text("of a perfect copy")
    stroke(page, (0.3, 0.5), (0.7, 0.5))
    expect(pad.locator("figure")).to_have_count(4)
    once = touched(page)
    assert once > 3
    expect(pad.locator("figcaption").first).to_have_text(
        re.compile(r"Drawn overPSNR \d+\.\d dBwhere drawn: -?\d+\.\d dB")
    )
    expect(pad.locator(".ael-note")).to_contain_text(f"On this image, {once} of 64 pixels")
    pad.get_by_role("button", name="Erase").click()
    stroke(page, (0.5, 0.1), (0.5, 0.9))
    assert touched(page) > once
    assert channels(page, 3)[0] == original
    pad.get_by_role("button", name="Undo").click()
    page.wait_for_function(f"{ROOT}.touched === '{once}'")
    pad.get_by_role("button", name="Clear").click()
    page.wait_for_function(f"{ROOT}.touched === '0'")
    assert channels(page, 0)[0] == original
    expect(pad.get_by_role("button", name="Undo")).to_be_disabled()


def test_what_is_erased_is_black_and_untouched_pixels_stay(lab, page, trained):
    opened(lab, page, trained)
    original = open_data("digits").part("test")[3].flatten().tolist()
    page.get_by_role("button", name="Erase").click()
    page.locator(".ael-brush input[type=range]").fill("1")
    stroke(page, (0.01, 0.56), (0.99, 0.56))
    assert touched(page) >= 8
    given, filled = channels(page, 0)[0], channels(page, 2)[0]
    for row in (0, 1, 2, 6, 7):
        assert given[8 * row : 8 * row + 8] == original[8 * row : 8 * row + 8]
        assert filled[8 * row : 8 * row + 8] == original[8 * row : 8 * row + 8]
    assert sum(given[32:40]) < sum(original[32:40]) / 10
    assert sum(filled[32:40]) > sum(given[32:40])


def test_the_link_holds_the_image_and_another_can_be_taken(lab, page, trained):
    opened(lab, page, trained)
    stroke(page, (0.3, 0.5), (0.7, 0.5))
    page.get_by_role("button", name="Another").click()
    page.wait_for_function(f"{ROOT}.number !== '3' && {ROOT}.touched === '0'")
    number = page.evaluate(f"{ROOT}.number")
    page.wait_for_url(f"**drawn_over={number}*")
    page.reload()
    page.locator(f".ael-brush[data-number='{number}']").wait_for()
    expect(page.get_by_text(f"Test image {number}, class")).to_be_visible()


def test_when_all_is_erased_nothing_is_filled(lab, page, trained):
    opened(lab, page, trained)
    page.locator(".ael-brush input[type=range]").fill("4")
    stroke(page, *[(x, y) for y in (0.1, 0.35, 0.65, 0.9) for x in (0.0, 1.0)])
    assert touched(page) == 64
    expect(page.locator(".ael-brush figure")).to_have_count(3)
    expect(page.locator(".ael-brush .ael-note")).to_contain_text("nothing is left")


def test_a_colour_image_is_drawn_over_in_colour(lab, page, coloured):
    opened(lab, page, coloured)
    original = open_data("image_patches").part("test")[3]
    assert channels(page, 0) == original.flatten(1).tolist()
    page.get_by_label("Colour of the brush").fill("#00ff00")
    stroke(page, (0.5, 0.2), (0.5, 0.8))
    assert touched(page) > 10
    red, green, blue = channels(page, 0)
    assert any(at == (0, 255, 0) for at in zip(red, green, blue, strict=True))
    expect(page.locator(".ael-brush figure")).to_have_count(4)
    restored = channels(page, 1)
    assert restored[0] != restored[1]
