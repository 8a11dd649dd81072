"""From a map back to codes and images: places decoded, empty land, spreads; colours and lines."""

from urllib.parse import urlencode

import numpy as np
import pytest
import torch
from runs_kit import finished, is_sentence, taken_in
from test_routes import ask, opened, url

import ui.maps
from aecore.datasets import open_data
from aecore.jobs.mapper import Mapper
from aecore.maps import CODE, MapSpec
from aecore.maps.inverse import Inverse, re_encoding_error
from aecore.maps.samples import chosen, pixels_of
from aecore.maps.shelf import Shelf, ticket_of
from aecore.metrics.pointwise import pointwise
from aecore.paths import home
from aecore.runs.inference import codes_of, load_model

MAPS = {
    "code": MapSpec.from_flat({"method": CODE}),
    "pca": MapSpec.from_flat({"method": "pca"}),
    "pixels": MapSpec.from_flat({"method": "pca", "of": "pixels"}),
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A finished run, and its three maps drawn."""
    root = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AECORE_HOME", str(root))
        run = taken_in(finished(epochs=2))
        mapper, loaded = Mapper(root), load_model(run)
        for spec in MAPS.values():
            mapper.shelf.ask(ui.maps.Asked(ticket_of(run, loaded, spec), run.id, spec))
            assert mapper.tick()
    return run


@pytest.fixture
def run(trained, monkeypatch):
    monkeypatch.setenv("AECORE_HOME", str(trained.folder.parents[1]))
    monkeypatch.setattr(ui.maps, "ensure_mapper", lambda root: False)
    return trained


def drawn_of(run, name):
    loaded = load_model(run)
    return Shelf(home()).known(ticket_of(run, loaded, MAPS[name]))


def asked(run, route, name, **more):
    more["map"] = urlencode(MAPS[name].to_flat())
    return ask(url(run, f"{route}?{urlencode(more)}"))


@pytest.mark.parametrize("name", ["code", "pca"])
def test_where_an_image_stands_its_own_code_is_found(run, name):
    loaded, drawn = load_model(run), drawn_of(run, name)
    found = Inverse(loaded, open_data("digits"), MAPS[name], drawn).at(drawn.held_out[:20])
    codes = codes_of(loaded.model, open_data("digits").part("test")[:20])
    assert found.exact
    assert torch.allclose(found.codes, codes, atol=1e-4)


def test_between_training_images_their_codes_are_mixed_and_at_one_its_own_is_found(run):
    loaded, drawn, data = load_model(run), drawn_of(run, "pixels"), open_data("digits")
    inverse = Inverse(loaded, data, MAPS["pixels"], drawn)
    found = inverse.at(drawn.train[:3])
    assert not found.exact
    codes = codes_of(loaded.model, data.images[chosen(data, MAPS["pixels"].config)][:3])
    assert torch.allclose(found.codes, codes, atol=0.05)
    assert (found.far == 0).all()


def test_land_is_empty_where_no_training_image_stands(run):
    loaded, drawn = load_model(run), drawn_of(run, "code")
    inverse = Inverse(loaded, open_data("digits"), MAPS["code"], drawn)
    outside = np.array([drawn.train.max(0) + 100])
    assert inverse.at(drawn.held_out).far.mean() < 1
    assert inverse.at(outside).far[0] > 10


def test_decoding_and_encoding_again_is_measured(run):
    loaded = load_model(run)
    codes = torch.zeros(2, 2)
    images, errors = re_encoding_error(loaded, codes)
    made = loaded.model.decode(codes)
    again = loaded.model.encode(made.clamp(0, 1))
    assert torch.allclose(images, made, atol=1e-6)
    assert errors == pytest.approx((again - codes).norm(dim=1).detach().numpy(), abs=1e-5)


def test_a_plane_is_decoded_row_by_row_from_its_corner(run):
    edges = {"x": -1, "y": 1, "across_x": 2, "across_y": 0, "down_x": 0, "down_y": -2}
    values, arrays = opened(asked(run, "plane", "code", columns=4, rows=2, **edges).body)
    places = [[x, y] for y in (0.5, -0.5) for x in (-0.75, -0.25, 0.25, 0.75)]
    made = load_model(run).model.decode(torch.tensor(places)).clamp(0, 1) * 255
    assert values["exact"]
    assert np.abs(arrays["images"].astype(float) - made.numpy()).max() <= 1
    assert arrays["far"].shape == arrays["back"].shape == (8,)
    _, one = opened(asked(run, "spot", "code", x=-0.75, y=0.5).body)
    assert (one["images"][0] == arrays["images"][0]).all()


def test_what_cannot_be_decoded_is_refused_in_a_sentence(run):
    whole = {"x": 0, "y": 0, "across_x": 1, "across_y": 0, "down_x": 0, "down_y": 1, "rows": 1}
    for wrong in ({**whole, "columns": 99}, {**whole, "columns": 1, "x": "nan"}, {"columns": 1}):
        refused = asked(run, "plane", "code", **wrong)
        assert refused.code == 400
        assert is_sentence(refused.json()["error"])
    missing = ask(url(run, "spot?map=method%3Dtsne&x=0&y=0"))
    assert "not drawn yet" in missing.json()["error"]


def test_spreads_are_the_posteriors_own(run):
    _, arrays = opened(asked(run, "spread", "code").body)
    loaded = load_model(run)
    variance = loaded.model.posterior(open_data("digits").part("test") / 255).log_var.exp()
    assert arrays["xx"] == pytest.approx(variance[:, 0].detach().numpy(), rel=1e-4)
    assert arrays["yy"] == pytest.approx(variance[:, 1].detach().numpy(), rel=1e-4)
    assert (arrays["xy"] == 0).all()
    _, turned = opened(asked(run, "spread", "pca").body)  # a turn keeps the sum of both variances
    assert turned["xx"] + turned["yy"] == pytest.approx(arrays["xx"] + arrays["yy"], rel=1e-4)
    assert asked(run, "spread", "pixels").code == 400


def test_trust_in_each_point_is_found_out_by_whom_draws(run):
    query = urlencode(MAPS["pca"].to_flat())
    values, arrays = opened(ask(url(run, f"trust?{query}")).body)
    assert (values["state"], arrays) == ("waiting", {})
    assert Mapper(home()).tick()
    values, arrays = opened(ask(url(run, f"trust?{query}")).body)
    assert values["state"] == "done"
    pixels = pixels_of(open_data("digits").part("test"))
    known = pointwise(pixels, drawn_of(run, "pca").held_out)
    assert arrays["trustworthiness"] == pytest.approx(known.trustworthiness, rel=1e-5)
    assert arrays["continuity"] == pytest.approx(known.continuity, rel=1e-5)
    assert not Mapper(home()).tick()


def test_the_nearest_others_of_an_image_are_told_by_pixels_and_by_code(run):
    _, arrays = opened(ask(url(run, "near?point=7")).body)
    data, loaded = open_data("digits"), load_model(run)
    spaces = {
        "pixels": data.part("test").flatten(1) / 255,
        "code": codes_of(loaded.model, data.part("test")),
    }
    for name, space in spaces.items():
        order = (space - space[7]).norm(dim=1).argsort()
        assert arrays[name].tolist() == order[1:6].tolist()


def test_columns_and_thumbnails_are_those_of_the_images_asked_for(run):
    images = open_data("digits").part("test")
    _, arrays = opened(ask(url(run, "thumbnails?rows=5,3,5")).body)
    assert (arrays["images"] == images[[5, 3, 5]].numpy()).all()
    _, arrays = opened(ask(url(run, "column?name=brightness")).body)
    assert arrays["values"] == pytest.approx((images / 255).mean((1, 2, 3)).numpy(), rel=1e-5)
    _, arrays = opened(ask(url(run, "column?name=z2")).body)
    assert arrays["values"] == pytest.approx(codes_of(load_model(run).model, images)[:, 1].numpy())
    for wrong in ("column?name=x", "column?name=z3", "column?name=z", "thumbnails?rows=", "near",
                  "thumbnails?rows=" + ",".join(["1"] * 401)):  # fmt: skip
        refused = ask(url(run, wrong))
        assert refused.code == 400, wrong
        assert is_sentence(refused.json()["error"])
