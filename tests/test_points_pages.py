"""Pages about a run on points: charts instead of pictures."""

import json

import numpy as np
import pytest
from pages_kit import charts, shown
from runs_kit import finished, taken_in
from test_pages import PAGES, engine, visit  # noqa: F401  the fixture holds for pages here

from aecore.datasets import open_data
from aecore.runs.inference import load_model
from ui.selection import RUN

BY_NAME = {page.stem: page for page in PAGES}


def trained(**more):
    return taken_in(finished(variant="autoencoder", width=16, epochs=2, point_count=200, **more))


def component(at, name):
    found = (c.proto for c in at.get("bidi_component") if c.proto.component_name.endswith(name))
    return [json.loads(proto.json) for proto in found]


@pytest.mark.parametrize(("family", "numbers"), [("toy_plane", 1), ("toy_space", 2)])
def test_reconstruct_and_train_show_points_as_points(family, numbers):
    run = trained(dataset=family, latent_dim=numbers)
    at = visit(BY_NAME["reconstruct"], {RUN: run.id})
    (told,) = component(at, "ael_points")
    assert told["numbers"] == numbers
    assert told["url"].endswith(f"/runs/{run.id}/points?step={load_model(run).step}")
    assert not component(at, "ael_gallery")
    (live,) = component(visit(BY_NAME["train"], {RUN: run.id}), "ael_live")
    assert (live["kind"], live["numbers"]) == ("points", numbers)


def test_restore_shows_what_becomes_of_noisy_points_and_the_arrows():
    run = trained(dataset="toy_plane")
    at = visit(BY_NAME["denoise"], {RUN: run.id, "measured_on": "40", "strength": "gaussian:0.5"})
    moved, arrows = charts(at)
    data, loaded = open_data("toy_plane", run.spec.source), load_model(run)
    clean = data.part("test", 40)
    by_name = {trace["name"]: trace for trace in moved["data"]}
    scale, means = data.columns[0].scale, [column.mean for column in data.columns]
    xy = {name: (np.array([by_name[name][a] for a in "xy"]).T - means) / scale
          for name in ("clean", "noisy", "restored")}  # fmt: skip
    np.testing.assert_allclose(xy["clean"], clean.flatten(1), atol=1e-4)
    assert (xy["noisy"] - xy["clean"]).std() == pytest.approx(0.5, rel=0.3)
    error = ((xy["restored"] - xy["clean"]) ** 2).mean()
    before = ((xy["noisy"] - xy["clean"]) ** 2).mean()
    assert f"noisy {before:.4f}, restored {error:.4f}, by the best linear map" in shown(at)
    assert f"model of step {loaded.step}, noise seed 0" in shown(at)
    assert ("farther from the clean ones" in shown(at)) == (error >= before)
    assert "over 40 test points" in shown(at)
    assert {trace["name"] for trace in arrows["data"]} == {"clean", "moves"}


def test_in_space_restore_says_that_arrows_are_for_the_plane():
    at = visit(BY_NAME["denoise"], {RUN: trained(dataset="toy_space").id})
    (moved,) = charts(at)
    assert {trace["type"] for trace in moved["data"]} == {"scatter3d"}
    assert "Arrows are drawn for points in the plane." in shown(at)
