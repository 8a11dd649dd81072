"""What drives a number of the code, on the Latent space page: every variant, every kind of link."""

from dataclasses import replace

import pytest
from pages_kit import charts, link
from runs_kit import finished, taken_in
from test_pages import PAGES, engine, told, visit  # noqa: F401  the fixture holds for pages here

import ui.drives
from aecore.datasets import open_data
from aecore.latent.drives import eta_squared, gradient_map
from aecore.maps.samples import MOST_HELD_OUT
from aecore.models import variants
from aecore.runs.inference import load_model
from ui.decoding import known_axes
from ui.figures import bars_of_classes, heat
from ui.selection import RUN

(LATENT,) = (page for page in PAGES if page.stem == "latent")
TITLE = "What drives a number of the code"


@pytest.fixture
def run():
    return taken_in(finished(latent_dim=3, epochs=20))


def opened(run, **link):
    return visit(LATENT, {RUN: run.id, **link})


def number(at):
    return at.selectbox(key="linked:number")


def heads(at):
    return [element.value for element in at.subheader]


@pytest.mark.parametrize("variant", [name for name, kind in variants.items() if kind.has_code])
def test_it_is_there_for_every_variant_with_a_code(variant):
    at = opened(taken_in(finished(variant=variant, latent_dim=3, epochs=1)))
    assert TITLE in heads(at)
    assert len(number(at).options) >= 3
    words = told(at.caption)
    assert "99 % of 359 test images" in words
    assert "averaged over the first 256 test images" in words
    assert "eta squared" in words
    assert ("entry of the book" in words) == (variant == "vq_vae")
    assert len(charts(at)) == 2


def test_a_label_that_was_told_is_no_number_to_choose():
    at = opened(taken_in(finished(variant="conditional_vae", latent_dim=3, epochs=1)))
    names = sorted(option.split(" ")[0] for option in number(at).options)
    assert names == ["z1", "z2", "z3"]


def test_without_a_code_there_is_nothing():
    at = opened(taken_in(finished(variant="unet_denoiser", corruption="gaussian", epochs=1)))
    assert TITLE not in heads(at)
    assert not charts(at)


def test_the_link_chooses_the_number_and_a_choice_goes_into_the_link(run):
    at = opened(run, number="2")
    assert number(at).value == "2"
    number(at).set_value("3").run()
    assert link(at)["number"] == "3"
    assert "What the decoder makes of z3 from" in told(at.caption)


@pytest.mark.parametrize("given", ["", "0", "4", "-1", "two", "9" * 40])
def test_a_number_that_is_none_of_the_code_is_the_most_used_one(run, given):
    most = int(known_axes(run, load_model(run)).order[0]) + 1
    assert number(opened(run, number=given)).value == str(most)


def test_the_figures_are_those_of_the_chosen_number(run, monkeypatch):
    drawn = {}
    monkeypatch.setattr(ui.drives, "heat", lambda v, t: drawn.update(map=v) or heat(v, t))
    monkeypatch.setattr(
        ui.drives,
        "bars_of_classes",
        lambda c, m, d: drawn.update(means=m) or bars_of_classes(c, m, d),
    )
    at = opened(run, number="2")
    data, model = open_data("digits"), load_model(run).model
    images, labels = data.part("test", MOST_HELD_OUT), data.part_labels("test")
    values = model.encode(images / 255)[:, 1]
    assert drawn["map"] == pytest.approx(gradient_map(model, images[:256], 1).numpy(), rel=1e-4)
    means = [float(values[labels == kind].mean()) for kind in range(10)]
    assert drawn["means"] == pytest.approx(means, abs=1e-4)
    assert f"eta squared {eta_squared(values, labels):.3f}" in told(at.caption)
    low, high = values.sort().values[[0, 7]].tolist()
    assert f"lowest value, {low:.2f} to {high:.2f}, of 359" in told(at.caption)


def test_what_cannot_be_said_is_said(run, monkeypatch):
    monkeypatch.setattr(ui.drives, "gradient_map", lambda *_: None)
    at = opened(run, number="1")
    assert "This number has no gradient" in told(at.info)
    ui.drives._drives.cache_clear()
    monkeypatch.setattr(
        ui.drives, "gradient_map", lambda model, images, axis: images[0, 0].float() * 0
    )
    at = opened(run, number="1")
    assert "No small change of any of the pixels moves it" in told(at.info)
    assert len(charts(at)) == 1


def test_where_there_is_one_class_nothing_is_said_of_classes(run, monkeypatch):
    data = open_data("digits")
    alike = replace(data, labels=data.labels * 0 + 3)
    monkeypatch.setattr(ui.drives, "run_data", lambda run: alike)
    at = opened(run)
    assert "all of one class" in told(at.info)
    assert "eta squared" not in told(at.caption)


def test_of_a_diverged_run_nothing_is_drawn(run, monkeypatch):
    axes = known_axes(run, load_model(run))
    broken = axes._replace(codes=axes.codes / 0)
    monkeypatch.setattr(ui.drives, "known_axes", lambda *_: broken)
    at = opened(run)
    assert "are no finite numbers" in told(at.info)
    assert not charts(at)
