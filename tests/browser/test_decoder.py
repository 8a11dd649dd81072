"""The decoder under the hand: sliders, and an image that follows while one is dragged."""

from contextlib import suppress

import pytest
from playwright.sync_api import TimeoutError, expect

from tests.browser.steps import press, train_digits
from tests.browser.test_latent import DRAWN, hover_a_point

pytestmark = pytest.mark.browser
PICTURE = "document.querySelector('.ael-decoded canvas')?.toDataURL()"


@pytest.fixture(scope="module")
def trained(lab, browser):
    """A finished run of a VAE on digits."""
    return train_digits(lab, browser)


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
    sliders.first.scroll_into_view_if_needed()
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
    number = page.get_by_label("Number of the test image to start from")
    expect(number).to_have_value("")
    before = page.evaluate(PICTURE)
    hover_a_point(page)
    page.mouse.down()
    page.mouse.up()
    page.get_by_role("heading", name="1 selected", exact=True).wait_for()
    expect(number).not_to_have_value("")
    page.wait_for_function(f"(before) => {PICTURE} !== before", arg=before)


def choose(page, view):
    page.get_by_role("radio", name=view, exact=True).click()


def test_each_thing_to_do_with_a_code_shows_its_pictures_and_stays_in_the_link(lab, page, trained):
    open_decoder(lab, page, trained)
    for view, name, count in (
        ("Traversal", "traversal", 72),
        ("Between two", "between", 18),
        ("Groups", "groups", 9),
        ("Draw new ones", "draws", 32),
    ):
        choose(page, view)
        page.wait_for_selector(f".ael-pictures[data-pictures='{count}']")
        page.wait_for_url(f"**lab={name}*")
    expect(page.locator(".ael-decoder")).to_have_count(0)
    page.reload()
    page.wait_for_selector(".ael-pictures[data-pictures='32']")
    first = page.locator(".ael-pictures canvas").first
    before = first.evaluate("(canvas) => canvas.toDataURL()")
    page.get_by_role("button", name="Draw again").click()
    page.wait_for_url("**lab_seed=1*")
    page.wait_for_function(
        "(before) => document.querySelector('.ael-pictures canvas').toDataURL() !== before",
        arg=before,
    )


@pytest.mark.parametrize(("kind", "start"), [("GIF", b"GIF89a"), ("PNG", b"\x89PNG")])
def test_what_is_shown_can_be_taken_away(lab, page, trained, kind, start, tmp_path):
    page.goto(f"{lab.url}/latent?run={trained}&maps=pca-code&lab=between")
    page.wait_for_selector(".ael-pictures")
    with page.expect_download() as taken:
        page.get_by_role("button", name=f"Download as {kind}").click()
    path = tmp_path / "taken"
    taken.value.save_as(path)
    assert taken.value.suggested_filename == f"{trained}-between.{kind.lower()}"
    assert path.read_bytes().startswith(start)


def pick(page, label, option):
    """An entry of a list, which closes again where the page still takes in what was saved."""
    for _ in range(10):
        page.get_by_role("combobox", name=label).click()
        page.get_by_role("combobox", name=label).fill(option)
        with suppress(TimeoutError):
            page.get_by_role("option", name=option).click(timeout=3000)
            return
    raise AssertionError(f"the list {label} does not offer {option}")


def test_a_selection_saved_under_a_name_can_be_a_group(lab, page, trained):
    page.goto(f"{lab.url}/latent?run={trained}&maps=pca-code&lab=groups")
    page.wait_for_function(f"{DRAWN} === 1", timeout=120_000)
    page.get_by_role("button", name="Box", exact=True).click()
    box = page.locator(".ael-over").bounding_box()
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 2, steps=5)
    page.mouse.up()
    page.get_by_role("textbox", name="Save these").fill("the left half")
    page.get_by_role("button", name="Save group").click()
    page.get_by_text("the left half ·").wait_for()
    pick(page, "From the mean of", "the left half")
    page.wait_for_url("**lab_from=named-the*left*half*")
    page.get_by_text("from the left half to class 1").wait_for()
    press(page, "Delete")
    page.get_by_text("Deleted: the left half.").wait_for()
    press(page, "Undo")
    page.get_by_text("the left half ·").wait_for()
