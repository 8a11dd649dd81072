"""From an empty home to a trained model: the way that a person goes first."""

import time
from contextlib import suppress

import pytest
from playwright.sync_api import TimeoutError

from aecore.runs import RunStore
from tests.browser.steps import answer, curve, drawn_step, start, wait_beyond, wait_for_state

pytestmark = pytest.mark.browser


def test_the_first_visit_meets_a_demonstration_that_trains_by_itself(lab, page):
    page.goto(lab.url)
    page.get_by_role("heading", name="Autoencoder Lab").wait_for()
    wait_for_state(page, "running", "finished")
    wait_beyond(page, 0)
    page.wait_for_selector(".ael-live[data-snapshot]")
    page.get_by_role("link", name="Train your own").click()
    page.get_by_role("heading", name="Ready to train").wait_for()


def choose(page, label: str, option: str) -> None:
    """An entry of a list; the list closes where a choice just before still redraws the form."""
    wanted = page.get_by_role("option", name=option, exact=True)
    for _ in range(10):
        page.get_by_role("combobox", name=label).click()
        with suppress(TimeoutError):
            wanted.click(timeout=3000)
            return
    raise AssertionError(f"the list {label} does not offer {option}")


def test_choose_mnist_train_pause_resume_reload_reconstruct(lab, page):
    page.goto(f"{lab.url}/train")
    choose(page, "Data", "MNIST (28×28)")
    page.wait_for_url("**dataset=mnist**")
    choose(page, "Variant", "Denoising autoencoder")
    page.wait_for_url("**variant=denoising**")
    choose(page, "Network", "Convolutional")
    page.wait_for_url("**network=conv**")
    # While the form is drawn anew, the old field and the new one stand there together.
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.get_by_role("spinbutton", name="Epochs").fill("1")
    page.get_by_role("spinbutton", name="Epochs").press("Enter")
    page.wait_for_url("**epochs=1**")
    run = start(page)
    paused_at = watch_and_pause(page)
    reload_and_resume(page, paused_at)
    errors = distances(lab, page, run)
    assert errors[-1] < 0.6 * errors[0]
    page.get_by_role("button", name="Stop").click()
    wait_for_state(page, "stopped")
    page.get_by_role("main").get_by_role("link", name="Reconstruct").click()
    page.wait_for_selector(".ael-gallery[data-rows='12']")
    page.get_by_text("Cleaning damaged images").wait_for(timeout=240_000)  # all measures first


def watch_and_pause(page) -> int:
    """See the curve grow three times, pause, and see it stand still; returns where."""
    wait_for_state(page, "running")
    first = wait_beyond(page, 0)
    later = wait_beyond(page, first + 20)
    wait_beyond(page, later + 20)

    page.get_by_role("button", name="Pause").click()
    wait_for_state(page, "paused")
    paused_at = int(page.locator(".ael-live").get_attribute("data-step"))
    time.sleep(1)
    assert int(page.locator(".ael-live").get_attribute("data-step")) == paused_at
    return paused_at


def reload_and_resume(page, paused_at: int) -> None:
    """The same run, paused, is there after a reload, and goes on without a hole in its curve."""
    page.reload()
    wait_for_state(page, "paused")
    page.get_by_role("button", name="Resume").click()
    wait_for_state(page, "running")
    wait_beyond(page, paused_at + 20)
    steps = curve(page)
    assert steps == sorted(set(steps)), "a step is drawn twice or out of order"
    gaps = {b - a for a, b in zip(steps, steps[1:], strict=False)}
    assert max(gaps) <= 20, f"the curve has a hole: {gaps}"


def distances(lab, page, run: str) -> list[float]:
    """Mean squared error of the fixed test images at each snapshot, from the run's own folder."""
    from aecore.runs.files import unpack

    folder = RunStore(lab.home)[run].snapshots
    fixed = unpack((folder / "fixed.safetensors").read_bytes(), "fixed")["originals"].float()
    taken = sorted(folder.glob("step-*"))
    shown = [unpack(path.read_bytes(), path.name)["reconstructions"].float() for path in taken]
    assert len(answer(page, f"/api/runs/{run}/live")["snapshots"]) >= len(taken) - 1
    return [float((images - fixed).square().mean()) for images in shown]


def test_reconstruct_answers_every_control(lab, page):
    run = next(run for run in RunStore(lab.home) if run.spec.dataset == "mnist").id
    page.goto(f"{lab.url}/reconstruct?run={run}")
    rows = page.locator(".ael-gallery .ael-row .ael-what")
    rows.first.wait_for()
    worst = rows.first.inner_text()
    choose(page, "Order", "Best first")
    page.wait_for_function(
        "(text) => document.querySelector('.ael-what').innerText !== text", arg=worst
    )
    choose(page, "Class", "7")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.ael-what strong')].every((e) => e.innerText === '7')"
    )
    choose(page, "Corruption", "None")
    page.wait_for_selector(".ael-gallery[data-columns='3']")
    assert "order=best" in page.url
    assert "label=7" in page.url
    page.reload()
    page.wait_for_selector(".ael-gallery[data-columns='3']")
    assert rows.first.inner_text().startswith("7")


def test_the_learning_rate_changes_while_it_trains_and_is_recorded(lab, page):
    page.goto(f"{lab.url}/train?epochs=3000")
    run = start(page)
    wait_for_state(page, "running")
    wait_beyond(page, 0)
    page.get_by_text("Change the learning rate").click()
    page.get_by_label("New learning rate").fill("0.0005")
    page.get_by_role("button", name="Change", exact=True).click()
    page.get_by_text("Changed by hand: 0.0005 from step").wait_for()
    page.get_by_role("button", name="Stop").click()
    wait_for_state(page, "stopped")
    (step, value) = RunStore(lab.home)[run].repeatable_spec().learning_rate_changes[0]
    assert value == 0.0005
    assert 0 < step <= drawn_step(page) + 20


def test_the_time_machine_shows_the_past(lab, page):
    run = next(run for run in RunStore(lab.home) if run.spec.dataset == "mnist").id
    page.goto(f"{lab.url}/train?run={run}")
    page.wait_for_selector(".ael-live[data-snapshot]:not([data-snapshot='0'])")
    page.get_by_label("Time machine: choose a snapshot").fill("0")
    page.wait_for_selector(".ael-live[data-snapshot='0']")
    page.get_by_text("before training").wait_for()


@pytest.mark.parametrize("pause", [0, 30, 100, 300, 1000])
def test_what_is_typed_last_is_trained_however_fast_start_is_pressed(lab, page, pause):
    page.goto(f"{lab.url}/train?variant=autoencoder&latent_dim=7")
    page.get_by_role("spinbutton", name="Epochs").fill("3")
    page.wait_for_timeout(pause)
    page.get_by_role("spinbutton", name="Seed").fill(f"{4712 + pause}")
    page.wait_for_timeout(pause)
    run = RunStore(lab.home)[start(page)]
    assert (run.spec.training.epochs, run.spec.training.seed) == (3, 4712 + pause)
    assert (run.spec.variant, run.spec.model.latent_dim) == ("autoencoder", 7)
