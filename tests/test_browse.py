"""The browser of reconstructions: the report's figures, what is shown of them, and the page."""

import json

import numpy as np
import pytest
import torch
from pages_kit import link, shown
from runs_kit import finished, is_sentence, taken_in
from sklearn.metrics import mean_squared_error
from test_pages import PAGES, engine, visit  # noqa: F401  the fixture holds for pages here
from test_routes import ask, opened, url

from aecore.corruptions import corruptions
from aecore.datasets import open_data
from aecore.jobs.reporter import Reporter
from aecore.paths import home
from aecore.reports import ReportSpec
from aecore.reports.base import unheard
from aecore.reports.shelf import ReportShelf, ticket_of
from aecore.runs.groups import save_group
from aecore.runs.inference import load_model, reconstruct
from ui.browse_parts import histogram
from ui.selection import RUN
from ui.sheets import ALL, rows_of

(RECONSTRUCT,) = (page for page in PAGES if page.stem == "reconstruct")


@pytest.fixture
def run():
    return finished(epochs=2, latent_dim=3)


def found_of(run, **values):
    spec = ReportSpec.from_flat({"report": "reconstruct", **values})
    return spec.report().make(run, load_model(run), unheard)


def told(at):
    """How many sheets the browser is told of, and which of them the link says."""
    (part,) = (
        json.loads(part.proto.json)
        for part in at.get("bidi_component")
        if part.proto.component_name.endswith("ael_sheets")
    )
    return part["sheets"], part["sheet"]


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
    asked = {"low": "0", "high": "1"}
    worst = rows_of(run, errors, {**asked, "order": "worst", "label": "-1", "group": ALL})
    assert worst.tolist() == np.argsort(-errors, kind="stable").tolist()
    assert (np.diff(errors[rows_of(run, errors, {**asked, "order": "best"})]) >= 0).all()
    threes = rows_of(run, errors, {**asked, "label": "3", "order": "first"})
    assert threes.tolist() == np.flatnonzero(labels == 3).tolist()
    middle = float(np.median(errors))
    above = rows_of(run, errors, {**asked, "low": middle})
    assert set(above) == set(np.flatnonzero(errors >= middle))
    save_group(run, "odd", np.array([4, 8, 300]))
    assert set(rows_of(run, errors, {**asked, "group": "odd"})) == {4, 8, 300}
    assert len(rows_of(run, errors, {**asked, "group": "gone"})) == 0


def test_a_sheet_shows_originals_above_their_reconstructions():
    run = taken_in(finished(epochs=2, latent_dim=3))
    asked = url(run, "sheet?corruption=none&count=500&noise_seed=0&low=0&high=1")
    refused = ask(asked)
    assert refused.code == 400
    assert "load the page again" in refused.json()["error"]
    found = found_of(run, count=500)
    spec = ReportSpec.from_flat({"report": "reconstruct", "count": 500})
    ReportShelf(home()).keep(ticket_of((run, load_model(run)), spec), found)
    test, order = open_data("digits").part("test"), np.argsort(-found.arrays["mse"], kind="stable")
    for sheet, rows in ((1, order[:100]), (4, order[300:])):
        values, arrays = opened(ask(f"{asked}&sheet={sheet}").body)
        assert (arrays["images"][:, :, :8] == test.numpy()[rows]).all()
        assert (arrays["images"][:, :, 8:] == found.arrays["outputs"][rows]).all()
        assert (
            f"test image {rows[3]}, error {found.arrays['mse'][rows[3]]:.4f}" in values["notes"][3]
        )
        first = 100 * sheet - 99
        assert values["rows"] == [str(first + at) for at in range(0, len(rows), values["columns"])]
    _, arrays = opened(ask(f"{asked}&sheet=1&order=first&label=3").body)
    labels = open_data("digits").part_labels("test").numpy()
    assert (arrays["images"][:, :, :8] == test.numpy()[labels == 3]).all()
    for bad in ("sheet=5", "sheet=0", "sheet=x", "label=-2", "low=nan", "level=x", "count=7"):
        refused = ask(f"{asked}&{bad}")
        assert refused.code == 400, bad
        assert is_sentence(refused.json()["error"])


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
    assert told(at) == (4, 2)
    low, high = at.slider(key="browse:span").value
    middle = (low + high) / 2
    at.slider(key="browse:span").set_value((middle, high)).run()
    assert link(at)["errors"].startswith(f"{at.slider(key='browse:span').value[0]:g}-")
    assert "**359 images**" not in shown(at)
    for bad in ("x", "5", "9-1", "nan-2", "-", "1-2-3"):
        visit(RECONSTRUCT, {RUN: run.id, "errors": bad, "sheet": "99", "group": "x", "count": "7"})
    assert told(visit(RECONSTRUCT, {RUN: run.id, "sheet": "99"})) == (4, 1)
