"""Which maps stand side by side, and how they are drawn: what a link may say of it."""

import json
from urllib.parse import parse_qs, urlencode

import pytest
from runs_kit import finished, taken_in
from test_latent_lab import LATENT
from test_pages import engine, visit, widgets  # noqa: F401  engine is a setting of all here

from aecore.runs import RunStore
from ui.selection import RUN

WITHOUT_CODE = {"variant": "unet_denoiser", "corruption": "gaussian"}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Two runs on the same images, one on others' splits, one without a code."""
    root = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AECORE_HOME", str(root))
        for more in ({}, {"variant": "autoencoder"}, {"split_seed": 3}, WITHOUT_CODE):
            taken_in(finished(epochs=1, **more))
    return root


@pytest.fixture
def runs(home, monkeypatch):
    monkeypatch.setenv("AECORE_HOME", str(home))
    return {(run.spec.variant, run.spec.splits.split_seed): run for run in RunStore()}


def panels(at):
    """What the map component is asked to show."""
    (board,) = [p for p in at.get("bidi_component") if p.proto.component_name == "ael_maps"]
    return json.loads(board.proto.json)["panels"]


def asked(panel):
    return {name: value for name, (value,) in parse_qs(panel["query"]).items()}


def test_a_link_carries_settings_of_maps(runs):
    run = runs["vae", 0]
    given = urlencode({"umap.quality": "default", "umap.neighbours": "7", "map.map_seed": "4"})
    at = visit(LATENT, {RUN: run.id, "maps": "umap-code,pca-code", "set": given})
    first, second = map(asked, panels(at))
    assert (first["quality"], first["neighbours"], first["map_seed"]) == ("default", "7", "4")
    assert second["map_seed"] == "4"
    assert widgets(at)["neighbours"].value == 7


@pytest.mark.parametrize(
    "given",
    ["umap.neighbours=1", "umap.min_dist=nan", "map.fit_on=-3", "umap.quality=x", "x=1"],
)
def test_settings_that_cannot_be_are_as_if_they_were_not_there(runs, given):
    at = visit(LATENT, {RUN: runs["vae", 0].id, "maps": "umap-code", "set": given})
    (panel,) = panels(at)
    found = asked(panel)
    assert (found["neighbours"], found["min_dist"], found["fit_on"]) == ("15", "0.1", "10000")


def test_only_runs_on_the_same_test_images_can_stand_beside(runs):
    run, other = runs["vae", 0], runs["autoencoder", 0]
    wanted = ",".join(each.id for each in runs.values())
    at = visit(LATENT, {RUN: run.id, "beside": wanted, "maps": f"code,code@{other.id}"})
    (beside,) = [each for each in at.multiselect if each.key == "linked:beside"]
    assert beside.value == [other.id]
    mine, theirs = panels(at)
    assert (mine["run"], theirs["run"]) == (run.id, other.id)
    assert theirs["label"] == "autoencoder"
    assert (mine["spreads"], theirs["spreads"]) == (True, False)


def test_the_map_over_training_is_offered_where_there_is_a_code(runs):
    (panel,) = panels(visit(LATENT, {RUN: runs["vae", 0].id, "maps": "time"}))
    assert panel["time"]
    without = panels(visit(LATENT, {RUN: runs["unet_denoiser", 0].id, "maps": "time"}))
    assert not any(panel["time"] for panel in without)
