"""A person's own image on the Latent space page: drawn or uploaded, it lands in every map."""

import base64
import json
import re
import struct
import urllib.request
import zlib
from urllib.parse import urlencode

import pytest
from test_routes import opened

from aecore.datasets import open_data
from aecore.maps import MapSpec
from tests.browser.steps import start, wait_beyond, wait_for_state
from tests.browser.test_latent import open_maps, trained  # noqa: F401  the fixture's name

pytestmark = pytest.mark.browser

MAPS = "pca-code,pca-pixels,tsne-pixels"
LANDED = "document.querySelectorAll('.ael-panel[data-guests=\"1\"]').length"
OVER = "() => [...document.querySelectorAll('.ael-over')].map((canvas) => canvas.toDataURL())"
GIVEN_PIXELS = """() => Array.from(document.querySelector('.ael-own-row canvas')
  .getContext('2d').getImageData(0, 3, 8, 1).data).filter((_, at) => at % 4 === 0)"""
PAD = "() => document.querySelector('.ael-pad').toDataURL()"
GIVEN = "() => document.querySelector('.ael-own-row canvas').toDataURL()"


@pytest.fixture
def at_pad(lab, page, trained):  # noqa: F811
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


def test_the_star_stands_where_the_map_has_the_image(lab, at_pad, trained):  # noqa: F811
    page = at_pad
    page.get_by_label("Centre it").uncheck()
    image = open_data("digits").part("test")[0]
    buffer = png(image[0].tolist())
    known = {"name": "known.png", "mimeType": "image/png", "buffer": buffer}
    page.locator(".ael-own input[type=file]").set_input_files(known)
    shown(page, 1)
    given = page.evaluate(GIVEN_PIXELS.replace("0, 3, 8, 1", "0, 0, 8, 8"))
    assert given == image.flatten().tolist()
    named = [dict(zip(("method", "of"), name.split("-"), strict=True)) for name in MAPS.split(",")]
    asked = [urlencode(MapSpec.from_flat(each).to_flat()) for each in named]
    body = {"image": base64.b64encode(bytes(given)).decode(), "maps": asked}
    guests = answer(lab, trained, "own", body)[0]["places"]
    for panel, (wish, guest) in enumerate(zip(asked, guests, strict=True)):
        places = answer(lab, trained, f"map?{wish}")[1]["places"]
        over = page.locator(".ael-over").nth(panel)
        over.scroll_into_view_if_needed()
        left, top = map(int, re.findall(r"\d+", over.get_attribute("aria-description")))
        box = over.bounding_box()
        page.mouse.move(box["x"] + left * box["width"] / 100, box["y"] + top * box["height"] / 100)
        tip = page.locator(".ael-panel .ael-tip").nth(panel)
        tip.wait_for()
        there = places[int(re.search(r"no\. (\d+)", tip.inner_text())[1])]
        span = (places.max(0) - places.min(0)).max()
        assert abs(there - guest).max() < 0.06 * span


def answer(lab, run, rest, body=None):
    """What a route about a run says, opened."""
    typed = {"Content-Type": "application/json"} if body else {}
    data = json.dumps(body).encode() if body else None
    asked = urllib.request.Request(f"{lab.url}/api/runs/{run}/{rest}", data, typed)
    with urllib.request.urlopen(asked) as response:
        return opened(response.read())


def test_an_uploaded_image_lands_and_can_be_inverted(at_pad):
    page = at_pad
    page.get_by_label("Centre it").uncheck()
    rows = [[255] * 4 + [0] * 12] * 16
    half = {"name": "half.png", "mimeType": "image/png", "buffer": png(rows)}
    page.locator(".ael-own input[type=file]").set_input_files(half)
    shown(page, 1)
    assert page.evaluate(LANDED) == 3
    given = page.evaluate(GIVEN_PIXELS)
    assert given[0] > 240
    assert max(given[3:]) < 15
    page.get_by_label("Invert").check()
    shown(page, 2)
    assert page.evaluate(GIVEN_PIXELS) == [255 - value for value in given]


def test_what_is_no_image_is_told(at_pad):
    page = at_pad
    text = {"name": "notes.png", "mimeType": "image/png", "buffer": b"no image"}
    page.locator(".ael-own input[type=file]").set_input_files(text)
    page.get_by_text("This file is no image that the browser can read").wait_for()
    assert page.evaluate(LANDED) == 0


def test_a_drawing_outlives_newer_weights_and_is_asked_about_again(lab, browser, page):
    training = browser.new_page()
    training.goto(f"{lab.url}/train?dataset=digits&variant=vae&latent_dim=3&epochs=5000&patience=0")
    run = start(training)
    wait_beyond(training, 20)
    training.get_by_role("button", name="Pause").click()
    wait_for_state(training, "paused")
    open_maps(lab, page, run, "pca-code,pca-pixels")
    page.get_by_text("Your own image", exact=True).click()
    draw(page, (0.5, 0.15), (0.5, 0.85))
    page.wait_for_function(f"{LANDED} === 2")
    drawing, step = page.evaluate(PAD), page.locator(".ael-maps").get_attribute("data-step")
    training.get_by_role("button", name="Resume").click()
    wait_beyond(training, int(step) + 20)
    training.get_by_role("button", name="Pause").click()
    wait_for_state(training, "paused")
    page.get_by_role("button", name="Select none").click()  # the page looks for newer weights
    page.wait_for_function(f"document.querySelector('.ael-maps').dataset.step > {step}")
    page.wait_for_function(f"{LANDED} === 2", timeout=60_000)
    assert page.evaluate(PAD) == drawing
    newer = page.locator(".ael-maps").get_attribute("data-step")
    page.get_by_text(f"(model of step {newer})").wait_for()
    training.get_by_role("button", name="Stop").click()
    wait_for_state(training, "stopped")
    training.close()
