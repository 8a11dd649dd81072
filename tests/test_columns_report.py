"""Errors by column: known answers, scikit-learn beside it, the report, the command, the page."""

import csv
import io
import json
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from runs_kit import finished, is_sentence, new_run
from table_kit import mixed, taken
from test_pages import engine  # noqa: F401  whoever imports `engine` gets its setting

from aecore.__main__ import main
from aecore.datasets import open_data
from aecore.datasets.own import PREFIX, folder_of
from aecore.errors import InputError
from aecore.intake.sandboxed import keep
from aecore.metrics.columns import (
    category_fit,
    masked_mse,
    number_fit,
    smoothed,
    worst_places,
)
from aecore.metrics.pca import fit_pca
from aecore.paths import home
from aecore.reports import ReportSpec
from aecore.reports.base import as_csv
from aecore.reports.csv_text import csv_text, harmless
from aecore.reports.shelf import ReportShelf, ticket_of
from aecore.runs.inference import load_model
from aecore.runs.store import new_id
from aecore.samples import Column
from ui.column_parts import beside
from ui.sample_figures import lines


def made_of(run, **values):
    spec = ReportSpec.from_flat({"report": "columns", **values})
    return spec.report().make(run, load_model(run), lambda share, doing: None)


def kept(tmp_path, text, kind="table", **options):
    """The name of an own data set."""
    name = PREFIX + new_id()
    folder_of(name).mkdir(parents=True)
    keep(taken(tmp_path, text, kind, **options), folder_of(name), "Own")
    return name


class TestMeasures:
    def test_numbers_against_scikit_learn(self):
        from sklearn.metrics import r2_score, root_mean_squared_error

        draw = torch.Generator().manual_seed(0)
        x, made = torch.randn(2, 80, generator=draw).unbind()
        known = torch.rand(80, generator=draw) < 0.8
        found = number_fit(made, x, known)
        assert found.count == int(known.sum())
        assert found.rmse == pytest.approx(root_mean_squared_error(x[known], made[known]), rel=1e-6)
        assert found.r2 == pytest.approx(r2_score(x[known], made[known]), rel=1e-6)

    def test_numbers_by_hand(self):
        x, known = torch.tensor([1.0, 2, 3, 9]), torch.tensor([True, True, True, False])
        found = number_fit(torch.tensor([1.0, 2, 5, 0]), x, known)
        assert (found.count, found.rmse) == (3, pytest.approx(math.sqrt(4 / 3)))
        assert found.r2 == pytest.approx(1 - 4 / 2)
        assert number_fit(x, x, known).r2 == 1
        assert math.isnan(number_fit(x, torch.ones(4), known).r2)
        assert number_fit(x, x, torch.zeros(4, dtype=torch.bool)).count == 0

    def test_categories_against_scikit_learn(self):
        from sklearn.metrics import accuracy_score, log_loss

        draw = torch.Generator().manual_seed(0)
        labels = torch.randint(4, (90,), generator=draw)
        shares = torch.randn(90, 4, generator=draw).double().softmax(1)
        found = category_fit(shares, F.one_hot(labels, 4))
        assert found.accuracy == pytest.approx(accuracy_score(labels, shares.argmax(1)))
        expected = log_loss(labels, shares, labels=range(4))
        assert found.cross_entropy == pytest.approx(expected, rel=1e-6)

    def test_shares_of_what_was_never_seen(self):
        assert smoothed(torch.tensor([0.75, 0.25, 0]), 4).tolist() == [4 / 7, 2 / 7, 1 / 7]

    def test_what_is_not_known_does_not_count(self):
        x, made = torch.zeros(2, 1, 1, 3), torch.tensor([[1.0, 2, 9], [0, 0, 0]]).view(2, 1, 1, 3)
        known = torch.tensor([[True, True, False], [False] * 3]).view(2, 1, 1, 3)
        assert masked_mse(made, x, known).tolist() == [2.5, 0]
        assert worst_places(made, x, known).tolist() == [1, 0]


def test_a_report_on_numbers_is_in_their_units():
    run = finished(dataset="wine", variant="autoencoder", latent_dim=3, epochs=8)
    found, data = made_of(run), open_data("wine")
    raw = run.spec.make_source().read().images[data.splits["test"]].flatten(1).double()
    with torch.inference_mode():
        made = load_model(run).model(data.part("test")).flatten(1).double()
    pca = fit_pca(data.part("train"), 3).reconstruct(data.part("test")).flatten(1).double()
    rows = found.tables["numbers"]
    assert [row["column"] for row in rows] == [column.name for column in data.columns]
    for place, (row, column) in enumerate(zip(rows, data.columns, strict=True)):
        true = raw[:, place]
        for ours, copy in (("", made), ("pca ", pca)):
            told = copy[:, place] * column.scale + column.mean
            error = (told - true).square().mean().sqrt().item()
            assert row[f"{ours}rmse"] == pytest.approx(error, rel=1e-4)
            r2 = 1 - (told - true).square().sum() / (true - true.mean()).square().sum()
            assert row[f"{ours}r2"] == pytest.approx(r2.item(), abs=1e-4)
        mean = (true - column.mean).square().mean().sqrt().item()
        assert row["mean rmse"] == pytest.approx(mean, rel=1e-4)
        assert row["mean r2"] < 0.01
    assert "categories" not in found.tables
    assert found.scope["pca_fitted_on"] == data.size("train") == 106
    worst = found.tables["worst rows"]
    assert worst[0]["error"] == found.arrays["errors"].max() == max(row["error"] for row in worst)


def test_a_report_on_categories_and_missing_values(tmp_path):
    name = kept(tmp_path, mixed(200), label="kind")
    run = finished(dataset=name, variant="autoencoder", latent_dim=2, epochs=3)
    found, data = made_of(run), open_data(name)
    assert found.scope["n"] == 40
    rows = {row["column"]: row for row in found.tables["numbers"]}
    known = found.arrays["known"][:, 0, 0]
    assert rows["skewed"]["n"] == known[:, -1].sum() < 40
    assert rows["size"]["n"] == 40
    (colour,) = found.tables["categories"]
    x = data.part("test").flatten(1)[:, 1:4]
    frequent = data.part("train").flatten(1)[:, 1:4].mean(0).argmax()
    assert colour["most frequent"] == data.columns[1].values[int(frequent)]
    assert colour["its accuracy"] == pytest.approx(x[:, frequent].mean().item())
    shares = smoothed(data.part("train").flatten(1)[:, 1:4].mean(0), data.size("train"))
    expected = -(x.double() @ shares.log()).mean().item()
    assert colour["its cross-entropy"] == pytest.approx(expected, rel=1e-5)
    assert 0 <= colour["accuracy"] <= 1
    assert colour["values"] == 3


def test_a_report_on_channels(tmp_path):
    steps = np.arange(800)
    lines = ["fast,slow", *(f"{np.sin(t / 2)},{5 * np.cos(t / 9) + 7}" for t in steps)]
    name = kept(tmp_path, "\n".join(lines), "series", window=16)
    run = finished(dataset=name, variant="autoencoder", network="mlp", latent_dim=4, epochs=3)
    found = made_of(run)
    assert [row["column"] for row in found.tables["numbers"]] == ["fast", "slow"]
    assert [row["n"] for row in found.tables["numbers"]] == [16 * found.scope["n"]] * 2
    for row in found.tables["numbers"]:
        assert row["pca r2"] > row["mean r2"]
    assert set(found.tables["worst rows"][0]) == {"test window", "class", "error", "furthest off"}


def test_images_have_no_columns():
    run = finished(epochs=1)
    with pytest.raises(InputError, match="reconstruct") as told:
        made_of(run)
    assert is_sentence(told.value)


def test_from_the_shell(capsys, tmp_path):
    run = finished(dataset="iris", variant="vae", epochs=1, latent_dim=2)
    path = tmp_path / "columns.csv"
    assert main(["columns", run.id, "--json", "--csv", str(path)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["column"] for row in told["tables"]["numbers"]][0] == "sepal length (cm)"
    assert len(path.read_text().splitlines()) == 5


def test_a_spec_for_a_table_fits_what_the_table_is():
    run = new_run(dataset="wine", variant="vae")
    assert run.spec.model.likelihood != "bce"


FORMULAS = ["=1+1", "+1", "-1", "@sum", "\tx", "\rx"]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_of_an_export_is_a_formula(text):
    assert harmless(text) == f"'{text}"
    rows = list(csv.reader(io.StringIO(as_csv([{text: text, "b": -1.5, "c": None}]), newline="")))
    assert rows == [[f"'{text}", "b", "c"], [f"'{text}", "-1.5", ""]]


def test_numbers_and_harmless_texts_stay():
    cells = ["a=b", "1", "", -2, -0.5, None, True]
    assert [harmless(cell) for cell in cells] == cells
    assert csv_text(["a"], [[-1], ["b"]]) == "a\r\n-1\r\nb\r\n"


COLUMNS = (Column("a", mean=10.0, scale=2.0), Column("c", "category", ("u", "v")), Column("b"))


def test_a_row_beside_its_copy_is_in_units_and_the_furthest_off_first():
    x = torch.tensor([1.0, 0, 1, 5]).view(1, 1, 4)
    made = torch.tensor([1.5, 0.9, 0.1, 0]).view(1, 1, 4)
    known = torch.tensor([True, True, True, False]).view(1, 1, 4)
    found = beside(x, made, known, COLUMNS)
    assert found["Column"] == ["c", "a", "b"]
    assert found["Original"] == ["v", "12", "(missing)"]
    assert found["Reconstruction"] == ["u (90%)", "13", "0"]
    assert found["Off by"] == [0.9, 0.5, 0]


def test_lines_of_a_window_are_in_units_with_gaps():
    x = torch.tensor([[0.0, 1, 2], [0, 0, 0]])
    known = torch.tensor([[True, False, True], [True, True, True]])
    columns = (Column("<b>a", mean=10.0, scale=2.0), Column("b"))
    figure = lines(x, x + torch.tensor([[0.5], [0]]), known, columns)
    assert list(figure.data[0].y) == [10, None, 14]
    assert list(figure.data[1].y) == [11, 13, 15]
    assert figure.layout.yaxis.title.text == "&lt;b>a"


def page(run_id: str) -> None:
    from aecore.runs import RunStore
    from ui.column_parts import columns_view

    columns_view(RunStore()[run_id])


def test_a_page_shows_columns_and_one_row_after_another(tmp_path):
    from streamlit.testing.v1 import AppTest

    run = finished(dataset=kept(tmp_path, mixed(200), label="kind"), variant="autoencoder",
                   latent_dim=2, epochs=2)  # fmt: skip
    loaded, spec = load_model(run), ReportSpec.from_flat({"report": "columns", "count": 2000})
    found = spec.report().make(run, loaded, lambda share, doing: None)
    ReportShelf(home()).keep(ticket_of((run, loaded), spec), found)
    at = AppTest.from_function(page, kwargs={"run_id": run.id}, default_timeout=60).run()
    assert not at.exception
    numbers, categories, row = (frame.value for frame in at.dataframe)
    assert numbers["Column"].tolist() == ["size", "day", "skewed"]
    assert numbers["R²"].tolist() == [each["r2"] for each in found.tables["numbers"]]
    assert categories["Column"].tolist() == ["colour"]
    assert set(row["Column"]) == {"size", "day", "skewed", "colour"}
    worst = int(found.arrays["errors"].argmax())
    assert f"Test row {worst}, class" in at.caption[-1].value
    at.selectbox(key="linked:row_order").select("best").run()
    best = int(found.arrays["errors"].argmin())
    assert f"Test row {best}, class" in at.caption[-1].value
