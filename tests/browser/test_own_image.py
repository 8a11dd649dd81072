"""A person's own image on the Latent space page: drawn or uploaded, it lands in every map."""

import struct
import zlib

import pytest

from tests.browser.steps import start, wait_for_state
from tests.browser.test_latent import open_maps

pytestmark = pytest.mark.browser

MAPS = "pca-code,pca-pixels,tsne-pixels"
LANDED = "document.querySelectorAll('.ael-panel[data-guests=\"1\"]').length"
OVER = "() => [...document.querySelectorAll('.ael-over')].map((canvas) => canvas.toDataURL())"
GIVEN = "() => document.querySelector('.ael-own-row canvas').toDataURL()"


@pytest.fixture(scope="module")
def trained(lab, browser):
    """A finished run; the maps of the pixels are drawn once for all tests here."""
    page = browser.new_page()
    page.goto(f"{lab.url}/train?dataset=digits&variant=vae&latent_dim=8&epochs=5")
    run = start(page)
    wait_for_state(page, "finished")
    page.close()
    return run


@pytest.fixture
def at_pad(lab, page, trained):
    """The page with its maps drawn and the pad unfolded."""
    open_maps(lab, page, trained, MAPS)
    page.get_by_text("Your own image", exact=True).click()
    return page


def draw(page, *corners):
    """A stroke on the pad along corners, each a share of its width and height."""
    page.locator(".ael-pad").scroll_into_view_if_needed()
    box = page.locator(".ael-pad").bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.mouse.move(*at[0])
    page.mouse.down()
    for corner in at[1:]:
        page.mouse.move(*corner, steps=5)
    page.mouse.up()


def shown(page, times):
    """Wait until so many answers were shown."""
    page.wait_for_function(f"document.querySelector('.ael-own').dataset.shown === '{times}'")


def png(rows):
    """A grey PNG of rows of bytes."""

    def part(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(
            ">I", zlib.crc32(kind + content)
        )  # fmt: skip

    head = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows))
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", pixels) + part(b"IEND", b"")


def test_a_stroke_lands_in_every_map_with_what_the_model_makes_of_it(at_pad):
    page = at_pad
    assert page.evaluate(LANDED) == 0
    before = page.evaluate(OVER)
    draw(page, (0.5, 0.15), (0.5, 0.85))
    page.wait_for_function(f"{LANDED} === 3")
    first = page.evaluate(OVER)
    assert all(old != new for old, new in zip(before, first, strict=True))
    page.get_by_role("img", name="Its reconstruction").wait_for()
    page.get_by_text("of 359 test images (model of step").wait_for()
    assert page.get_by_text("Nearest of 1,079 training images").count() == 2
    assert page.locator(".ael-own figure").count() == 12
    draw(page, (0.3, 0.3), (0.7, 0.3), (0.7, 0.7), (0.3, 0.7), (0.3, 0.3))
    shown(page, 2)
    assert page.evaluate(OVER) != first
    spoken = page.locator(".ael-over").nth(0).get_attribute("aria-description")
    assert "star" in spoken
    page.get_by_role("button", name="Clear", exact=True).click()
    page.wait_for_function(f"{LANDED} === 0")


def test_a_map_that_is_chosen_later_gets_its_star_too(at_pad):
    page = at_pad
    draw(page, (0.5, 0.15), (0.5, 0.85))
    page.wait_for_function(f"{LANDED} === 3")
    page.get_by_role("combobox", name="Maps").click()
    page.get_by_role("option", name="t-SNE of the code").click()
    page.wait_for_function(f"{LANDED} === 4", timeout=120_000)


def test_centring_makes_place_and_size_of_a_drawing_all_one(at_pad):
    page = at_pad
    draw(page, (0.1, 0.1), (0.1, 0.3))
    shown(page, 1)
    corner = page.evaluate(GIVEN)
    page.get_by_label("Centre it").uncheck()
    shown(page, 2)
    assert page.evaluate(GIVEN) != corner
    ink = """() => {
      const { data } = document.querySelector('.ael-own-row canvas').getContext('2d').getImageData(0, 0, 8, 8);
      let [mass, x, tall] = [0, 0, new Set()];
      for (let at = 0; at < 64; at++) {
        mass += data[4 * at];
        x += data[4 * at] * (at % 8 + 0.5);
        if (data[4 * at] > 127) tall.add(at >> 3);
      }
      return [x / mass, tall.size];
    }"""  # noqa: E501
    x, tall = page.evaluate(ink)
    assert x < 2
    assert tall < 4
    page.get_by_label("Centre it").check()
    shown(page, 3)
    x, tall = page.evaluate(ink)
    assert abs(x - 4) < 0.3
    assert tall == 8


def test_an_uploaded_image_lands_and_can_be_inverted(at_pad):
    page = at_pad
    page.get_by_label("Centre it").uncheck()
    rows = [[255] * 4 + [0] * 12] * 16
    half = {"name": "half.png", "mimeType": "image/png", "buffer": png(rows)}
    page.locator(".ael-own input[type=file]").set_input_files(half)
    shown(page, 1)
    assert page.evaluate(LANDED) == 3
    row = """() => Array.from(document.querySelector('.ael-own-row canvas').getContext('2d')
      .getImageData(0, 3, 8, 1).data).filter((_, at) => at % 4 === 0)"""
    given = page.evaluate(row)
    assert given[0] > 240
    assert max(given[3:]) < 15
    page.get_by_label("Invert").check()
    shown(page, 2)
    assert page.evaluate(row) == [255 - value for value in given]


def test_what_is_no_image_is_told(at_pad):
    page = at_pad
    text = {"name": "notes.png", "mimeType": "image/png", "buffer": b"no image"}
    page.locator(".ael-own input[type=file]").set_input_files(text)
    page.get_by_text("This file is no image that the browser can read").wait_for()
    assert page.evaluate(LANDED) == 0
