"""The routes of the Latent space page: images, places of a map, its cancelling; hostile links."""

from urllib.parse import urlencode

import numpy as np
import pytest
from runs_kit import finished, is_sentence, taken_in
from test_routes import ask, opened, url

import ui.held_out
import ui.maps
from aecore.datasets import open_data
from aecore.jobs.mapper import Mapper
from aecore.maps import draw
from aecore.metrics.reconstruction import mse_per_image
from aecore.runs.inference import load_model

TYPED = {"content_type": "application/json"}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AECORE_HOME", str(tmp_path_factory.mktemp("home")))
        return taken_in(finished(epochs=2))


@pytest.fixture
def run(trained, monkeypatch):
    """The finished run, where the routes find it; maps are drawn only by whom a test calls."""
    monkeypatch.setenv("AECORE_HOME", str(trained.folder.parents[1]))
    monkeypatch.setattr(ui.maps, "ensure_mapper", lambda root: False)
    return trained


def test_every_held_out_image_has_its_class_and_its_error(run):
    values, arrays = opened(ask(url(run, "held-out")).body)
    data, model = open_data("digits"), load_model(run).model
    x = data.part("test") / 255
    assert values["classes"] == list(data.classes)
    assert (arrays["labels"] == data.part_labels("test").numpy()).all()
    _, arrays = opened(ask(url(run, "column?name=error")).body)
    assert arrays["values"] == pytest.approx(mse_per_image(model(x), x).numpy(), rel=1e-4)


def test_pictures_come_in_blocks_with_what_the_model_makes_of_them(run, monkeypatch):
    monkeypatch.setattr(ui.held_out, "BLOCK", 100)
    _, arrays = opened(ask(url(run, "pictures?block=3")).body)
    images = open_data("digits").part("test")[300:]
    assert (arrays["originals"] == images.numpy()).all()
    made = load_model(run).model(images / 255).clamp(0, 1) * 255
    assert np.abs(arrays["reconstructions"] - made.numpy()).max() <= 1
    for block in ("4", "-1", "x", "9" * 30):
        refused = ask(url(run, f"pictures?block={block}"))
        assert refused.code == 400
        assert is_sentence(refused.json()["error"])


def test_a_map_is_waited_for_drawn_once_and_then_there(run):
    place = url(run, "map?method=pca&of=code&map_seed=5")
    values, arrays = opened(ask(place).body)
    assert (values["state"], arrays) == ("waiting", {})
    assert Mapper(run.folder.parents[1]).tick()
    values, arrays = opened(ask(place).body)
    assert values["state"] == "done"
    assert values["title"] == "PCA of the code"
    assert (values["fitted_on"], values["together"]) == (1079, False)
    assert arrays["places"].shape == (359, 2)


def test_a_frame_says_how_many_landmarks_it_rests_on(run, monkeypatch):
    """From the mapper's first words to what a page reads, through the shelf's file."""
    wish = url(run, "map?method=umap&of=code&map_seed=7&fit_on=1000")
    assert opened(ask(wish).body)[1] == {}
    seen = []

    def drawing(samples, spec, follow, memory):
        for landmarks in (60, 0):
            follow(0.1, np.full((359, 2), landmarks, np.float32), landmarks)
            values, arrays = opened(ask(wish).body)
            seen.append((values["landmarks"], float(arrays["places"][0, 0])))
        return draw(samples, spec, follow, memory)

    monkeypatch.setattr("aecore.jobs.clerk.EVERY", 0)
    monkeypatch.setattr("aecore.jobs.mapper.draw", drawing)
    assert Mapper(run.folder.parents[1]).tick()
    assert seen == [([60, 1000], 60.0), ([0, 1000], 0.0)]
    assert "landmarks" not in opened(ask(wish).body)[0]


def test_a_cancelled_map_is_not_drawn(run):
    wish = "?method=pca&of=code&map_seed=6"
    ask(url(run, f"map{wish}"))
    assert ask(url(run, f"map/cancel{wish}"), "POST", b"{}", **TYPED).code == 200
    assert not Mapper(run.folder.parents[1]).tick()
    assert ask(url(run, f"map/cancel{wish}"), "POST", b"{}").code == 403
    evil = {**TYPED, "origin": "http://elsewhere", "host": "localhost"}
    assert ask(url(run, f"map/cancel{wish}"), "POST", b"{}", **evil).code == 403


@pytest.mark.parametrize(
    "wish",
    [{"method": "umpa"}, {"method": "pca", "neighbours": "5"}, {"of": "sound"}, {"fit_on": "nan"},
     {"map_seed": "1e9"}, {"x" * 500: "1"}, {"method": "\0"}],
)  # fmt: skip
@pytest.mark.parametrize("route", ["map", "map/cancel"])
def test_what_cannot_be_drawn_is_refused_in_one_sentence(run, wish, route):
    method = "POST" if route.endswith("cancel") else "GET"
    answer = ask(url(run, f"{route}?{urlencode(wish)}"), method, b"{}", **TYPED)
    assert answer.code == 400
    assert is_sentence(answer.json()["error"])
