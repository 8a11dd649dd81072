"""The Restore page: holes, enlargements and colours, on digits and on images in colour."""

import pytest
from playwright.sync_api import expect

from tests.browser.steps import start, train_digits, wait_for_state

pytestmark = pytest.mark.browser

GRID = ".ael-pictures[data-pictures]"


@pytest.fixture(scope="module")
def digits(lab, browser):
    return train_digits(lab, browser)


@pytest.fixture(scope="module")
def photographs(lab, browser):
    """A run that gives grey photographs their colours back."""
    page = browser.new_page()
    page.goto(f"{lab.url}/train?dataset=image_patches&variant=denoising&corruption=grey&epochs=2")
    run = start(page)
    wait_for_state(page, "finished")
    page.close()
    return run


def opened(lab, page, run, link=""):
    page.goto(f"{lab.url}/denoise?run={run}&measured_on=40{link}")
    expect(page.get_by_role("heading", name="Restore", exact=True)).to_be_visible()


def choose(page, task):
    page.get_by_role("radio", name=task, exact=True).click()


def measured(page, words):
    """Wait until what the table counts is told; who wins, in words."""
    page.get_by_text(words).wait_for(timeout=180_000)
    page.locator(GRID).wait_for()
    return page.get_by_text("this run reaches").inner_text()


def colours(page) -> list[int]:
    """How far red, green and blue of a row of the grid are apart at most, for each row."""
    return page.evaluate(
        """() => [...document.querySelectorAll('.ael-pictures canvas')].map((canvas) => {
            const context = canvas.getContext('2d');
            const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
            let most = 0;
            for (let i = 0; i < pixels.length; i += 4) {
                const [r, g, b] = pixels.slice(i, i + 3);
                most = Math.max(most, Math.max(r, g, b) - Math.min(r, g, b));
            }
            return most;
        })"""
    )


def test_each_task_has_its_damage_its_methods_and_its_link(lab, page, digits):
    opened(lab, page, digits)
    expect(page.get_by_role("radio", name="Colour", exact=True)).to_have_count(0)
    for task, words, method in (
        ("Fill holes", "40 test images, Occlusion of level 0.4", "Biharmonic"),
        ("Enlarge", "40 test images, Downsampling of level 2", "Bicubic"),
    ):
        choose(page, task)
        said = measured(page, words)
        expect(page.locator("table")).to_contain_text(method)
        page.get_by_text("trained on clean images, not on this damage").wait_for()
    page.wait_for_url("**task=enlarge*")
    page.reload()
    assert measured(page, words) == said


def test_only_where_there_is_colour_it_can_be_taken_and_given_back(lab, page, photographs):
    opened(lab, page, photographs)
    measured(page, "40 test images, Grey of level 1")
    expect(page.get_by_role("radio", name="Colour", exact=True)).to_be_checked()
    expect(page.get_by_role("columnheader", name="PSNR of the colours (dB)")).to_be_visible()
    expect(page.get_by_text("not on this damage")).to_have_count(0)
    assert max(colours(page)) > 30
    with page.expect_download() as download:
        page.get_by_role("button", name="Methods as CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == [
        "input", "run", "colour_regression", "mean_colour", "pca", "wiener",
    ]  # fmt: skip


def test_photographs_are_filled_and_enlarged_too(lab, page, photographs):
    opened(lab, page, photographs, "&corrupt=centre_hole")
    measured(page, "40 test images, Hole in the middle of level 0.5")
    expect(page.get_by_role("radio", name="Fill holes", exact=True)).to_be_checked()
    choose(page, "Enlarge")
    measured(page, "40 test images, Downsampling of level 2")
    expect(page.locator("table")).to_contain_text("Bilinear")
