"""One's own data: dropped or drawn, looked at, taken in, trained on, deleted; in Chromium."""

import json

import pytest
from data_kit import zip_of_shapes
from playwright.sync_api import expect

from aecore.intake.drawn import FEWEST
from tests.browser.steps import press, start, wait_for_state

pytestmark = pytest.mark.browser

ZIP = {"name": "My shapes.zip", "mimeType": "application/zip", "buffer": zip_of_shapes(60, 20)}


def test_dropped_images_are_trained_on_and_deleted(lab, page):
    page.goto(f"{lab.url}/data")
    page.locator("input[type=file]").set_input_files(ZIP)
    press(page, "Take it in")
    page.get_by_role("link", name="Train on it").wait_for()
    page.wait_for_url("**/data?data=own-*")
    name = page.url.split("data=")[1]
    page.get_by_text("1 of 121 skipped").wait_for()
    page.get_by_text("always in this order").wait_for()
    page.get_by_role("link", name="Train on it").click()
    page.wait_for_url(f"**/train?dataset={name}**")
    page.get_by_text("My shapes").first.wait_for()
    page.goto(f"{page.url}&epochs=1&network=mlp&width=16")
    run = start(page)
    wait_for_state(page, "finished")
    page.goto(f"{lab.url}/data?data={name}")
    press(page, "Delete")
    page.get_by_text("1 run trained on it").wait_for()
    page.get_by_role("button", name="Delete for good").click()
    page.get_by_text("is deleted").wait_for()
    assert not list((lab.home / "datasets").rglob("samples.safetensors"))
    page.goto(f"{lab.url}/data?data={name}")
    page.get_by_text("not here, or not yours to see").wait_for()
    page.goto(f"{lab.url}/train?run={run}")
    wait_for_state(page, "finished")
    expect(page.get_by_text("Deleted data set").first).to_be_visible()


def test_two_drawn_blobs_become_a_data_set_of_as_many_points(lab, page):
    page.goto(f"{lab.url}/data")
    page.get_by_text("Draw your own points").click()
    pad = page.get_by_role("application", name="Spray pad")
    for colour, (across, down) in (("Blue", (90, 90)), ("Orange", (230, 200))):
        page.get_by_role("button", name=colour, exact=True).click()
        pad.hover(position={"x": across, "y": down})  # waits until the pad has come to rest
        page.mouse.down()
        page.wait_for_timeout(1000)  # it sprays while the button is held
        page.mouse.up()
    count = int(page.locator(".ael-spray").get_attribute("data-count"))
    assert count >= FEWEST
    page.get_by_role("button", name="Use these points").click()
    page.wait_for_url("**/data?data=own-*")
    about = lab.home / "datasets" / page.url.split("own-")[1] / "about.json"
    told = json.loads(about.read_text())
    assert (told["kind"], told["count"], len(told["classes"])) == ("points", count, 2)
    training = count - 2 * round(0.2 * count)
    page.get_by_text(f"{training:,} points to train on").wait_for()
    page.get_by_role("button", name="All data sets").click()
    page.get_by_role("heading", name="All data sets").wait_for()
    page.get_by_text("Drawn points").wait_for()
    page.get_by_text(f"{training:,} points to train on").wait_for()
