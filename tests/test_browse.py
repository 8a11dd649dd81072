"""The browser of reconstructions: the report's figures, what is shown of them, and the page."""

import numpy as np
import pytest
import torch
from pages_kit import link, shown
from runs_kit import finished, taken_in
from sklearn.metrics import mean_squared_error
from test_pages import PAGES, engine, visit  # noqa: F401  the fixture holds for pages here

from aecore.corruptions import corruptions
from aecore.datasets import open_data
from aecore.jobs.reporter import Reporter
from aecore.paths import home
from aecore.reports import ReportSpec
from aecore.reports.base import unheard
from aecore.runs.groups import save_group
from aecore.runs.inference import load_model, reconstruct
from ui.browse_parts import ALL, _sheet, histogram, rows_to_show
from ui.selection import RUN

(RECONSTRUCT,) = (page for page in PAGES if page.stem == "reconstruct")


@pytest.fixture
def run():
    return finished(epochs=2, latent_dim=3)


def found_of(run, **values):
    spec = ReportSpec.from_flat({"report": "reconstruct", **values})
    return spec.report().make(run, load_model(run), unheard)


@pytest.mark.parametrize("kind", ["none", "gaussian"])
def test_errors_are_those_of_scikit_learn(run, kind):
    found = found_of(run, count=300, corruption=kind, level=0.2, noise_seed=5)
    images = open_data("digits").part("test", 300)
    config = corruptions[kind].Config(**({"level": 0.2} if kind == "gaussian" else {}))
    _, made = reconstruct(load_model(run).model, images, corruptions[kind](config), 5)
    clean = (images / 255).flatten(1).double().numpy()
    given = made.flatten(1).double().numpy()
    each = [mean_squared_error(x, y) for x, y in zip(clean, given, strict=True)]
    assert found.arrays["mse"].tolist() == pytest.approx(each, rel=1e-5)
    pixels = mean_squared_error(clean, given, multioutput="raw_values")
    assert found.arrays["pixels"].flatten().tolist() == pytest.approx(pixels.tolist(), rel=1e-4)
    whole = (made.clamp(0, 1) * 255).round().byte()
    assert (torch.from_numpy(found.arrays["outputs"]).int() - whole.int()).abs().max() <= 1
    assert found.scope["psnr"] == pytest.approx(float(np.mean(-10 * np.log10(each))), rel=1e-5)
    assert (found.scope["n"], found.scope["noise_seed"]) == (300, 5)


def test_classes_are_those_of_their_own_images(run):
    found = found_of(run)
    labels, errors = open_data("digits").part_labels("test").numpy(), found.arrays["mse"]
    rows = found.tables["classes"]
    assert sum(row["images"] for row in rows) == len(labels) == 359
    assert [row["mse"] for row in rows] == sorted((row["mse"] for row in rows), reverse=True)
    for row in rows:
        own = errors[labels == int(row["class"])]
        assert row["mse"] == pytest.approx(own.mean())
        assert (row["median mse"], row["worst mse"]) == (np.median(own), own.max())
        assert row["mse_low"] < row["mse"] < row["mse_high"]
        assert row["psnr"] == pytest.approx((-10 * np.log10(own)).mean())


def test_what_is_shown_is_of_the_span_the_class_and_the_group(run):
    errors = found_of(run).arrays["mse"]
    labels = open_data("digits").part_labels("test").numpy()
    asked, everything = {"label": "-1", "order": "worst"}, (0.0, 1.0)
    worst = rows_to_show(run, errors, everything, asked, ALL)
    assert worst.tolist() == np.argsort(-errors, kind="stable").tolist()
    best = rows_to_show(run, errors, everything, {**asked, "order": "best"}, ALL)
    assert (np.diff(errors[best]) >= 0).all()
    threes = rows_to_show(run, errors, everything, {"label": "3", "order": "first"}, ALL)
    assert threes.tolist() == np.flatnonzero(labels == 3).tolist()
    middle = float(np.median(errors))
    above = rows_to_show(run, errors, (middle, 1.0), asked, ALL)
    assert set(above) == set(np.flatnonzero(errors >= middle))
    save_group(run, "odd", np.array([4, 8, 300]))
    group = rows_to_show(run, errors, everything, asked, "odd")
    assert set(group) == {4, 8, 300}
    assert len(rows_to_show(run, errors, everything, asked, "gone")) == 0


def test_a_sheet_shows_originals_above_their_reconstructions(run):
    found = found_of(run)
    grid = _sheet(run, found, np.array([7, 2]), 200)
    test = open_data("digits").part("test")
    assert (grid.images[0, :, :8] == test[7]).all()
    assert (grid.images[1, :, 8:].numpy() == found.arrays["outputs"][2]).all()
    assert "test image 7" in grid.notes[0]
    assert f"error {found.arrays['mse'][2]:.4f}" in grid.notes[1]
    assert grid.rows == ("201",)


def test_the_histogram_counts_every_image_once():
    errors = np.random.default_rng(0).random(500)
    (bars,) = histogram(errors, (0.2, 0.4)).data
    assert sum(bars.y) == 500
    counted = dict.fromkeys(bars.marker.color, 0)
    for count, colour in zip(bars.y, bars.marker.color, strict=True):
        counted[colour] += count
    inside = ((errors >= 0.2) & (errors <= 0.4)).sum()
    assert abs(counted["#0072B2"] - inside) <= 20  # whole bars are coloured


def test_the_page_follows_its_link_and_survives_bad_ones():
    run = taken_in(finished(epochs=1))
    at = visit(RECONSTRUCT, {RUN: run.id})
    assert "Reconstructions:" in shown(at)
    assert Reporter(home()).tick()
    at = visit(RECONSTRUCT, {RUN: run.id, "sheet": "2"})
    assert "**359 images** of 359" in shown(at)
    assert at.number_input(key="linked:sheet").value == 2
    low, high = at.slider(key="browse:span").value
    middle = (low + high) / 2
    at.slider(key="browse:span").set_value((middle, high)).run()
    assert link(at)["errors"].startswith(f"{at.slider(key='browse:span').value[0]:g}-")
    assert "**359 images**" not in shown(at)
    for bad in ("x", "5", "9-1", "nan-2", "-", "1-2-3"):
        visit(RECONSTRUCT, {RUN: run.id, "errors": bad, "sheet": "99", "group": "x", "count": "7"})
