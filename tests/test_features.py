"""Features: what units draw, which images are strongest, the Jacobian; the report and its page."""

import numpy as np
import pytest
import torch
from pages_kit import charts, shown
from runs_kit import finished, is_sentence, taken_in
from test_pages import PAGES, engine, visit  # noqa: F401  the fixture holds for pages here
from torch.autograd.functional import jacobian

from aecore.datasets import open_data
from aecore.errors import InputError
from aecore.jobs.reporter import Reporter
from aecore.latent.features import as_pictures, drawn_by, strongest, units_of
from aecore.metrics.jacobian import jacobian_rank, singular_values
from aecore.paths import home
from aecore.reports import ReportSpec
from aecore.reports.base import unheard
from aecore.runs.inference import load_model
from ui.features_parts import chosen, dead_line
from ui.selection import RUN

(FEATURES,) = (page for page in PAGES if page.stem == "features")


def found_of(run, **values):
    spec = ReportSpec.from_flat({"report": "features", **values})
    return spec.report().make(run, load_model(run), unheard)


def test_units_are_counted_as_they_are():
    codes = torch.tensor([[0.0, 1, -2], [0, 0, 2], [0, 3, 0], [0, 0, 0]])
    found = units_of(codes)
    assert found.active.tolist() == [0, 0.5, 0.5]
    assert found.mean.tolist() == [0, 1, 0]
    assert found.deviation.tolist() == pytest.approx(codes.numpy().std(0).tolist())
    assert strongest(codes, 2).tolist() == [[0, 1], [2, 0], [1, 2]]


def test_a_unit_of_a_linear_decoder_draws_its_column():
    generator = torch.Generator().manual_seed(0)
    columns = torch.randn(5, 6, generator=generator)
    codes = torch.randn(40, 5, generator=generator)
    drawn = drawn_by(lambda z: (z @ columns + 3).view(-1, 1, 2, 3), codes, [4, 1])
    for picture, unit in zip(drawn, (4, 1), strict=True):
        expected = columns[unit] * codes[:, unit].std(unbiased=False)
        assert picture.flatten().tolist() == pytest.approx(expected.tolist(), abs=1e-5)
    pictures = as_pictures(torch.tensor([[[[-2.0, 0.0, 1.0, 2.0]]], [[[0.0, 0.0, 0.0, 0.0]]]]))
    assert pictures[0].flatten().tolist() == [0, 128, 191, 255]
    assert set(pictures[1].flatten().tolist()) == {128}


def test_singular_values_are_those_of_the_jacobian():
    model = load_model(finished(variant="autoencoder", epochs=2, latent_dim=5)).model
    x = open_data("digits").part("test", 3) / 255
    values = singular_values(model.encode, x)
    for image, own in zip(x, values, strict=True):
        whole = jacobian(lambda one: model.encode(one[None])[0], image).flatten(1).double()
        right = torch.linalg.svdvals(whole)
        assert own.tolist() == pytest.approx(right.tolist(), abs=1e-5)
        squares = right.square()
        rank = float(squares.sum() ** 2 / squares.square().sum())
        assert float(jacobian_rank(model, image[None])[0]) == pytest.approx(rank, rel=1e-4)


def test_dead_units_of_a_sparse_code_are_found():
    run = finished(variant="sparse", latent_dim=40, epochs=1)
    found, model = found_of(run, count=100, slopes=2), load_model(run).model
    codes = model.encode(open_data("digits").part("test", 100) / 255).numpy()
    active = (codes != 0).mean(0)
    assert [row["active"] for row in found.tables["units"]] == pytest.approx(active.tolist())
    assert found.scope["dead"] == int((active == 0).sum())
    assert (found.arrays["strongest"][:, 0] == codes.argmax(0)).all()
    order = chosen(found, "rare", 5)
    assert active[order].tolist() == sorted(active)[:5]
    line = dead_line(run, found)
    assert (f"{found.scope['dead']} of 40" in line) == (found.scope["dead"] > 0)


def test_the_table_names_the_class_of_the_strongest():
    found = found_of(finished(epochs=3, latent_dim=3), count=200, slopes=1)
    data = open_data("digits")
    labels = data.part_labels("test").numpy()
    for row, strong in zip(found.tables["units"], found.arrays["strongest"], strict=True):
        kinds, counts = np.unique(labels[strong], return_counts=True)
        assert row["share of that class"] == counts.max() / 8
        assert row["class of strongest"] == data.classes[kinds[counts.argmax()]]


def test_a_label_that_is_told_is_no_unit():
    found = found_of(finished(variant="conditional_vae", epochs=1, latent_dim=3), slopes=2)
    assert [row["unit"] for row in found.tables["units"]] == ["z1", "z2", "z3"]


@pytest.mark.parametrize("variant", ["vq_vae", "hyperspherical_vae", "contractive", "masked"])
def test_it_works_for_unusual_codes(variant):
    found = found_of(finished(variant=variant, epochs=1, latent_dim=3), count=50, slopes=2)
    assert len(found.arrays["drawn"]) == len(found.tables["units"]) >= 3
    assert np.isfinite(found.arrays["spectrum"]).all()
    assert found.scope["effective_rank"] > 0


def test_without_a_code_there_are_no_features():
    run = finished(variant="unet_denoiser", corruption="gaussian", epochs=1)
    with pytest.raises(InputError, match="no code") as told:
        found_of(run)
    assert is_sentence(told.value)
    at = visit(FEATURES, {RUN: taken_in(run).id})
    assert "There is no code to explore" in shown(at)


def test_the_page_waits_shows_and_follows_its_link():
    run = taken_in(finished(latent_dim=5, epochs=2))
    at = visit(FEATURES, {RUN: run.id, "sort": "number"})
    assert "Features:" in shown(at)
    assert Reporter(home()).tick()
    at = visit(FEATURES, {RUN: run.id, "sort": "number"})
    words = shown(at)
    assert "None of the 5 units is dead" in words
    assert "of the first 359" in words
    assert "Effective number of directions" in words
    assert at.selectbox(key="linked:sort").value == "number"
    assert len(charts(at)) == 1
    for link in ({"sort": "x"}, {"shown_units": "-1"}):
        visit(FEATURES, {RUN: run.id, **link})


def test_without_a_run_the_page_says_what_to_do():
    assert "First choose a run" in shown(visit(FEATURES))
