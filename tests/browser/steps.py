"""What a person does on the pages, in words the tests share."""

from __future__ import annotations

import time

LIVE = ".ael-live"


def start(page) -> str:
    """Press Start; returns the run's id once the link names it."""
    button = page.get_by_role("button", name="Start", exact=True)
    button.wait_for()
    # What the form shows is let go of with it: a picture still on its way would not be found.
    page.wait_for_function("() => [...document.images].every((image) => image.complete)")
    button.click()
    page.wait_for_url("**/train?run=*")
    return page.url.split("run=")[1]


def press(page, name: str) -> None:
    """Press a button once the page has come to rest.

    While a page is drawn anew on a machine with far more to do than it can, the browser may send
    nothing for a press (seen with five busy processes on two cores).
    """
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.get_by_role("button", name=name).click()


def train_digits(lab, browser, latent_dim: int = 8) -> str:
    """Train a small VAE on digits to its end; returns the run's id."""
    page = browser.new_page()
    page.goto(f"{lab.url}/train?dataset=digits&variant=vae&latent_dim={latent_dim}&epochs=5")
    run = start(page)
    wait_for_state(page, "finished")
    page.close()
    return run


def wait_for_state(page, *states: str, timeout: float = 60_000) -> None:
    """Wait until the live view shows one of these states."""
    page.wait_for_selector(", ".join(f"{LIVE}[data-state={s}]" for s in states), timeout=timeout)


def drawn_step(page) -> int:
    """The last step on the drawn curve, -1 while there is none."""
    return int(page.locator(LIVE).get_attribute("data-drawn") or -1)


def wait_beyond(page, step: int, seconds: float = 60) -> int:
    """Wait until the drawn curve reaches beyond a step."""
    deadline = time.monotonic() + seconds
    while (drawn := drawn_step(page)) <= step:
        assert time.monotonic() < deadline, f"the curve stayed at step {drawn}"
        time.sleep(0.1)
    return drawn


def curve(page) -> list[float]:
    """The x values of the first training curve, as Plotly holds them."""
    return page.evaluate("() => document.querySelector('.ael-plot').data[0].x")


def answer(page, path: str):
    """What one of the app's routes says to this page."""
    return page.evaluate("(path) => fetch(path).then((r) => r.json())", path)
