"""What images were made from, as colours of the maps and as measures of a run."""

import json

import numpy as np
import pytest
from runs_kit import finished, is_sentence, taken_in
from test_latent_lab import LATENT
from test_pages import engine, visit, widgets  # noqa: F401  engine is a setting of all here
from test_routes import ask, opened, url

from aecore.datasets import datasets, open_data
from aecore.runs.evaluate import evaluate
from ui.selection import RUN

SMALL = {"image_count": 200, "image_side": 16}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AECORE_HOME", str(tmp_path_factory.mktemp("home")))
        return taken_in(finished(dataset="shapes", epochs=1, latent_dim=4, **SMALL))


@pytest.fixture
def run(trained, monkeypatch):
    monkeypatch.setenv("AECORE_HOME", str(trained.folder.parents[1]))
    return trained


def test_a_column_of_a_factor_is_what_the_held_out_images_were_made_from(run):
    data = open_data("shapes", datasets["shapes"].Config(**SMALL))
    rows = data.splits["test"]
    for name, values in data.factors.items():
        _, arrays = opened(ask(url(run, f"column?name=factor:{name}")).body)
        assert (arrays["values"] == values[rows].numpy()).all()
    for wrong in ("factor:colour", "x", "factor:"):
        refused = ask(url(run, f"column?name={wrong}"))
        assert refused.code == 400
        assert is_sentence(refused.json()["error"])
        assert "factor:shape" in refused.json()["error"]


def test_maps_can_be_coloured_by_each_factor(run):
    at = visit(LATENT, {RUN: run.id, "maps": "pca-code", "colour": "factor:rotation"})
    (board,) = [p for p in at.get("bidi_component") if p.proto.component_name == "ael_maps"]
    assert "factor:rotation" in json.dumps(json.loads(board.proto.json))
    options = widgets(at)["colour"].options
    assert "Rotation (factor)" in options


def test_an_evaluation_tells_how_factors_are_kept_apart(run):
    result = evaluate(run)
    assert np.isfinite([result["metrics"][name] for name in ("mig", "sap", "modularity")]).all()
    assert result["counts"]["mig"] == 40
    assert "mig" in result["baselines"]["pca"]
