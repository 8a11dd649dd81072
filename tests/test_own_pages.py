"""Every page, route and report about runs whose samples are no images: rows, windows, points."""

import json
import re

import pytest
import torch
from own_kit import make_points, make_series, make_table
from pages_kit import charts, shown
from runs_kit import finished, is_sentence, taken_in
from test_pages import PAGES, TRAIN, engine, visit, widgets  # noqa: F401  the fixture holds here
from test_routes import ask, opened, url

import ui.maps
from aecore.catalog.reindex_data import reindex_data
from aecore.catalog.runs import change
from aecore.corruptions import corruptions
from aecore.datasets import open_data
from aecore.errors import InputError
from aecore.jobs.mapper import Mapper
from aecore.jobs.reporter import Reporter
from aecore.metrics.pca import fit_pca
from aecore.models import variants
from aecore.networks import networks
from aecore.reports import ReportSpec
from aecore.reports.base import as_csv, unheard
from aecore.runs.evaluate import evaluate, kept_score
from aecore.runs.inference import load_model
from ui.access import catalog
from ui.known_columns import known_columns
from ui.resources import run_data
from ui.selection import RUN
from ui.words import measured

PAGE = {page.stem: page for page in PAGES}
MAKE = {"table": make_table, "series": make_series, "points": make_points}
NOUN = {"table": "row", "series": "window", "points": "point"}
EPOCHS = 30


class Made:
    """A home with a finished run of each kind, which never saw the last class."""

    def __init__(self, home):
        self.home = home
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AECORE_HOME", str(home))
            self.runs = {kind: self.trained(make()) for kind, make in MAKE.items()}
            reindex_data(catalog())

    @staticmethod
    def trained(name):
        flat = {"network": "mlp", "width": 16, "latent_dim": 2, "leave_out": 1}
        return taken_in(finished(dataset=name, variant="vae", epochs=EPOCHS, **flat))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return Made(tmp_path_factory.mktemp("home"))


@pytest.fixture(params=MAKE)
def run(request, made, monkeypatch):
    """A run of each kind in turn, in the home where it was made; maps are drawn only on demand."""
    monkeypatch.setenv("AECORE_HOME", str(made.home))
    monkeypatch.setattr(ui.maps, "ensure_mapper", lambda root: False)
    return made.runs[request.param]


@pytest.fixture
def table(made, monkeypatch):
    monkeypatch.setenv("AECORE_HOME", str(made.home))
    return made.runs["table"]


def noun_of(run):
    return NOUN[run.spec.make_source().kind]


def seen(page, run, **link):
    """A page of a run once all that it asked for has been measured; what stands on it."""
    visit(PAGE[page], {RUN: run.id, **link})
    while Reporter(run.folder.parents[1]).tick():
        pass
    at = visit(PAGE[page], {RUN: run.id, **link})
    assert not at.warning
    return at


def hints(at):
    """Labels and helps of all widgets, and what charts say beside their bars and lines."""
    waiting = [at.main, at.sidebar]
    while waiting:
        node = waiting.pop()
        waiting += getattr(node, "children", {}).values()
        proto = getattr(node, "proto", None)
        yield from (str(getattr(proto, name, "") or "") for name in ("label", "help"))
    for figure in charts(at):
        layout = figure["layout"]
        axes = [value for name, value in layout.items() if name[1:5] == "axis"]
        yield from (axis.get("title", {}).get("text", "") for axis in axes)
        yield from (str(trace.get("hovertemplate", "")) for trace in figure["data"])
    for part in at.get("bidi_component"):
        yield str(json.loads(part.proto.json).get("alt", ""))


@pytest.mark.parametrize("page", ["home", "train", "latent", "reconstruct", "compare", "detect",
                                  "features", "runs", "queue"])  # fmt: skip
def test_every_page_shows_a_run_of_any_kind_in_its_own_words(page, run):
    at = seen(page, run)
    words = shown(at)
    assert "PSNR" not in words
    assert " pixel" not in words
    if page != "home":  # which tells of the demonstration, whose samples are images
        of_images = [
            told for told in hints(at) if re.search(r"\b(image|pixel)s?\b|PSNR|SSIM", told)
        ]
        assert not [told for told in of_images if "×" not in told], of_images
    if page in ("latent", "reconstruct", "compare", "detect", "features"):
        assert f"test {noun_of(run)}s" in words
        assert "test image" not in words


@pytest.mark.parametrize("page", ["compress", "denoise"])
def test_what_is_for_images_alone_says_so(page, run):
    if page == "denoise" and noun_of(run) == "point":  # arrows stand there instead
        assert not visit(PAGE[page], {RUN: run.id}).info
        return
    (told,) = visit(PAGE[page], {RUN: run.id}).info
    assert f"this run works on {noun_of(run)}s" in told.value
    assert is_sentence(told.value)


@pytest.mark.parametrize("view", ["traversal", "between", "groups", "draws"])
def test_the_decoder_shows_what_no_image_is(view, run):
    for more in ({}, {"lab_ends": "groups"} if view == "between" else {}):
        words = shown(visit(PAGE["latent"], {RUN: run.id, "lab": view, **more}))
        assert f"{noun_of(run)}" in words
        assert "image" not in words.split("The decoder under your hand")[1].split("What drives")[0]


def test_measures_are_those_that_make_sense(run):
    found = evaluate(run)
    data, model = run_data(run), load_model(run).model
    x = data.part("test").double()
    around = float((x - data.mean).square().mean())
    mse = float((model(data.part("test")).double() - x).square().mean())
    assert found["metrics"]["mse"] == pytest.approx(mse, rel=1e-5)
    assert found["metrics"]["explained_variance"] == pytest.approx(1 - mse / around, rel=1e-5)
    linear = fit_pca(data.part("train"), 2).reconstruct(data.part("test")).double()
    theirs = 1 - float((linear - x).square().mean()) / around
    assert found["baselines"]["pca"]["explained_variance"] == pytest.approx(theirs, rel=1e-5)
    assert not {"psnr", "ssim", "bce_above_floor"} & set(found["metrics"])
    assert kept_score(run) == found["metrics"]["explained_variance"]


def test_the_list_of_runs_says_what_its_figure_is(table):
    evaluate(table)
    change(catalog(), next(r for r in [row_of(table)]), score=kept_score(table))
    assert measured(row_of(table)).startswith("R² 0.")


def row_of(run):
    from runs_kit import row_of as found

    return found(run)


@pytest.mark.parametrize("report", ["reconstruct", "compare", "detect", "features"])
def test_reports_show_pictures_and_measure_numbers(report, run):
    found = ReportSpec.from_flat({"report": report}).report().make(run, load_model(run), unheard)
    pictures = {"reconstruct": "outputs", "compare": "clean", "detect": "originals",
                "features": "drawn"}[report]  # fmt: skip
    height, width = run_data(run).pictures(run_data(run).part("test", 1)).shape[2:]
    assert found.arrays[pictures].shape[1:] == (1, height, width)
    assert found.arrays[pictures].dtype == "uint8"
    if report == "compare":
        rows = {row["key"]: row for row in found.tables["methods"]}
        assert all(row["psnr"] is row["ssim"] is None for row in rows.values())
        result = evaluate(run)["metrics"]
        assert rows[run.id]["mse"] == pytest.approx(result["mse"], rel=1e-5)  # nothing is cut off
        assert rows[run.id]["explained_variance"] == pytest.approx(result["explained_variance"])
    if report == "reconstruct":
        data, model = run_data(run), load_model(run).model
        x = data.part("test")
        errors = (model(x) - x).square().mean((0, 1))
        assert torch.from_numpy(found.arrays["pixels"]).float().allclose(errors, rtol=1e-4)


@pytest.mark.parametrize("report", ["denoise", "levels", "robustness", "compress"])
def test_reports_for_images_alone_refuse_in_one_sentence(report, run):
    with pytest.raises(InputError) as refused:
        ReportSpec.from_flat({"report": report}).report().make(run, load_model(run), unheard)
    assert is_sentence(refused.value)
    assert f"{noun_of(run)}s" in str(refused.value)


def test_another_data_set_is_no_suspect_of_a_table(table):
    spec = ReportSpec.from_flat({"report": "detect", "suspects": "digits"})
    with pytest.raises(InputError, match="other images only"):
        spec.report().make(table, load_model(table), unheard)
    offered = visit(PAGE["detect"], {RUN: table.id}).selectbox(key="linked:suspects").options
    assert offered == ["Class tall, which this run never saw"]


def test_routes_send_pictures(run):
    data = run_data(run)
    x = data.part("test")
    clean = data.pictures(x)
    _, blocks = opened(ask(url(run, "pictures")).body)
    assert (blocks["originals"] == clean.numpy()).all()
    assert blocks["reconstructions"].shape == tuple(clean.shape)
    _, few = opened(ask(url(run, "thumbnails?rows=2,5")).body)
    assert (few["images"] == clean[[2, 5]].numpy()).all()
    values, rows = opened(ask(url(run, "gallery?order=best&count=5&corruption=gaussian")).body)
    assert values["noun"] == noun_of(run)
    assert rows["mse_out"].tolist() == sorted(rows["mse_out"])
    assert "psnr_out" not in rows
    made, there = rows["outputs"].astype(int), rows["originals"].astype(int)
    assert abs(rows["errors"] - (made - there) * 127 / 255).max() <= 1
    _, decoded = opened(ask(url(run, "decoded?start=3")).body)
    assert decoded["image"].shape[1:] == tuple(clean.shape[1:])
    assert opened(ask(url(run, "fixed")).body)[0]["noun"] == noun_of(run)


def test_the_ground_of_a_map_is_decoded(run):
    ask(url(run, "map?method=code"))
    while Mapper(run.folder.parents[1]).tick():
        pass
    _, found = opened(ask(url(run, "spot?map=method%3Dcode&x=0&y=0")).body)
    model, data = load_model(run).model, run_data(run)
    zero = torch.zeros(1, 2)
    assert (found["images"] == data.pictures(model.decode(zero)).numpy()).all()
    again = float(model.encode(model.decode(zero)).norm())  # nothing is cut to the range of pixels
    codes = model.encode(data.part("train"))
    spread = float((codes - codes.mean(0)).square().sum(1).mean().sqrt())
    assert found["back"][0] == pytest.approx(again / spread, rel=1e-3)


@pytest.mark.parametrize("route", ["own", "brush"])
def test_nobody_draws_a_row(route, table):
    answer = ask(url(table, route), "POST", b"{}", content_type="application/json")
    assert answer.code == 400
    assert "rows" in answer.json()["error"]


class TestColours:
    """Maps can be coloured by all that is known of samples."""

    def test_columns_come_in_their_own_units(self, table):
        data, names = open_data(table.spec.dataset), known_columns(table)
        assert [each.said for each in names.values()] == [
            "height (column)", "width (column)", "weight (column)", "soil (column)",
            "year (metadata)", "place (metadata)",
        ]  # fmt: skip
        values, arrays = opened(ask(url(table, "column?name=column:2")).body)
        raw = table.spec.make_source().read()
        rows = run_data(table).splits["test"]
        assert values["title"] == "width"
        assert arrays["values"] == pytest.approx(raw.images[rows, 0, 0, 1].numpy(), rel=1e-4)
        values, arrays = opened(ask(url(table, "column?name=column:4")).body)
        assert values["classes"] == ["clay", "loam", "sand"]
        wanted = raw.images[rows, 0, 0, 3:].argmax(1)
        assert arrays["values"].tolist() == wanted.tolist()
        assert data.kind == "table"

    def test_metadata_keep_what_is_missing(self, table):
        rows = run_data(table).splits["test"]
        wanted = table.spec.make_source().read().metadata
        for name, classes in (("year", []), ("place", ["north", "south"])):
            values, arrays = opened(ask(url(table, f"column?name=metadata:{name}")).body)
            assert (values["title"], values["classes"]) == (name, classes)
            assert arrays["values"] == pytest.approx(wanted[name][rows].numpy(), nan_ok=True)

    def test_others_are_refused(self, table):
        for name in ("column:9", "metadata:price", "factor:x", "column:"):
            answer = ask(url(table, f"column?name={name}"))
            assert answer.code == 400
            assert is_sentence(answer.json()["error"])

    def test_the_page_offers_them(self, run):
        options = visit(PAGE["latent"], {RUN: run.id}).selectbox(key="linked:colour").options
        assert "Brightness" not in options
        assert [each.said for each in known_columns(run).values()] == [
            option for option in options if option.endswith(("(column)", "(metadata)"))
        ]


class TestForm:
    """The Train form offers what fits."""

    def test_it_offers_what_fits_the_kind(self, made, monkeypatch):
        monkeypatch.setenv("AECORE_HOME", str(made.home))
        for kind, run in made.runs.items():
            at = visit(TRAIN, {"dataset": run.spec.dataset, "variant": "vae", "network": "mlp"})
            found = widgets(at)
            for name, registry in (("variant", variants), ("corruption", corruptions)):
                fitting = [one.title for one in registry.values() if kind in one.kinds]
                assert sorted(found[name].options) == sorted(fitting)
            fitting = [one.title for one in networks.values() if kind in one.kinds]
            if len(fitting) > 1:
                assert sorted(found["network"].options) == sorted(fitting)
            assert "bce" not in found["likelihood"].options
            assert at.button(key="start")
            assert not at.error

    def test_a_table_is_told_in_words(self, table):
        words = shown(visit(TRAIN, {"dataset": table.spec.dataset}))
        assert "4 columns: height, width, weight, soil." in words

    def test_what_a_link_asks_and_cannot_be_is_one_sentence(self, table):
        for wrong in ({"variant": "unet_denoiser"}, {"likelihood": "bce"},
                      {"network": "conv"}, {"corruption": "gaussian_blur"}):  # fmt: skip
            at = visit(TRAIN, {"dataset": table.spec.dataset, **wrong})
            (error,) = at.error
            assert "These settings cannot work" in error.value


def test_column_importance_is_that_of_a_linear_encoder(table):
    from aecore.latent.drives import column_importance

    data = run_data(table)
    weights = torch.tensor([2.0, -3.0, 0.0, 1.0, -1.5, 0.5])

    class Linear:
        def encode(self, x):
            return torch.stack([x.flatten(1) @ weights, x.flatten(1).sum(1)], 1)

    found = column_importance(Linear(), data.part("test"), 0, data.columns)
    assert found.tolist() == pytest.approx([2.0, 3.0, 0.0, 2.5])


def test_what_moves_a_number_is_told_by_column(table):
    at = visit(PAGE["latent"], {RUN: table.id})
    (bars,) = [c for c in charts(at) if c["data"][0].get("orientation") == "h"]
    assert sorted(bars["data"][0]["y"]) == ["height", "soil", "weight", "width"]
    assert "Which columns move it" in shown(at)


def test_cells_that_a_spreadsheet_would_run_are_quoted():
    rows = [
        {"=name": "=1+1", "value": -1.5},
        {"=name": "@x", "value": 2},
        {"=name": "a", "value": 3},
    ]
    assert as_csv(rows).splitlines() == ["'=name,value", "'=1+1,-1.5", "'@x,2", "a,3"]
