"""The figures of the Reconstruct page: measured on demand, ended by a press, told in tables."""

from contextlib import closing

import pytest
from pages_kit import charts
from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx
from test_pages import (  # noqa: F401  the fixtures are used by their names
    RECONSTRUCT,
    engine,
    finished,
    finished_home,
    sound,
    told,
    visit,
)

import ui.measured
from aecore.errors import StoreError
from aecore.metrics.descriptions import MEASURES
from aecore.runs.evaluate import evaluate, known
from aecore.runs.inference import load_model
from aecore.runs.status import worker_stays
from ui.figures import kl_bars
from ui.measured import GROUPS, _table
from ui.selection import RUN


def labels(at):
    return [button.label for button in at.button]


def measure(at):
    (button,) = (button for button in at.button if button.label == "Measure now")
    return sound(button.click().run())


@pytest.mark.parametrize(("there", "words"), [(True, "Being measured"), (False, "Not measured")])
def test_it_says_whether_somebody_is_measuring(finished, monkeypatch, there, words):  # noqa: F811
    monkeypatch.setattr(ui.measured, "worker_stays", lambda run: there)
    assert words in told(visit(RECONSTRUCT, {RUN: finished.id}).caption)


def test_the_process_that_trained_a_run_is_looked_for(finished):  # noqa: F811
    assert worker_stays(finished)  # this one
    with closing(finished.database()) as database:
        database.set_status({"pid_started": 0.0})
    assert not worker_stays(finished)


def test_measuring_tells_the_figures_beside_pca(finished):  # noqa: F811
    at = measure(visit(RECONSTRUCT, {RUN: finished.id}))
    assert len(at.get("table")) == 3
    assert "359 test images" in told(at.caption)
    assert "Measure now" not in labels(at)
    words = told(at.markdown)
    for name in evaluate(finished)["metrics"]:
        assert MEASURES[name].meaning in words
    assert len(charts(at)) == 1


def test_a_press_while_it_measures_ends_it_and_keeps_nothing(finished, monkeypatch):  # noqa: F811
    seen = []

    def interrupted(run, report):
        def pressed(what, share):
            seen.append(what)
            if what == "likeness":
                context = get_script_run_ctx()
                page, link = context.page_script_hash, context.query_string
                again = RerunData(query_string=link, page_script_hash=page)
                context.script_requests.request_rerun(again)
            report(what, share)

        evaluate(run, report=pressed)

    monkeypatch.setattr(ui.measured, "evaluate", interrupted)
    at = measure(visit(RECONSTRUCT, {RUN: finished.id}))
    assert seen[-1] == "likeness"
    assert known(finished, load_model(finished)) is None
    assert "Measure now" in labels(at)
    cancels = [label for label in labels(at) if label.startswith("Cancel")]
    assert cancels == ["Cancel “Reconstructions”"]  # that of the browser below


def test_what_goes_wrong_is_told(finished, monkeypatch):  # noqa: F811
    def broken(run, report):
        report("the data set", 0.0)
        raise StoreError("The disk is full; make room.")

    monkeypatch.setattr(ui.measured, "evaluate", broken)
    at = measure(visit(RECONSTRUCT, {RUN: finished.id}))
    assert "The disk is full" in told(at.error)
    assert {"Cancel “Measured”", "Measure now"} <= set(labels(at))


FOUND = {
    "n": 2500,
    "metrics": {"mse": 0.0123456, "ssim": 0.5, "knn_accuracy": 0.9, "active_units": 3.0},
    "baselines": {"pca": {"mse": 0.02, "knn_accuracy": 0.8}, "pixels": {"knn_accuracy": 0.98}},
    "counts": {"ssim": 2000},
}


def test_a_table_has_a_row_a_measure_and_a_column_for_each_who_has_one():
    copies = _table(FOUND, "copies", "PCA, 2", "image", "pixels")
    assert copies == {
        "": ["MSE", "SSIM"],
        "This run": ["0.01235", "0.500"],
        "PCA, 2": ["0.02000", ""],
        "Images": ["2,500", "2,000"],
    }
    assert list(_table(FOUND, "code", "PCA, 2", "image", "pixels")) == [
        "",
        "This run",
        "PCA, 2",
        "The pixels",
        "Images",
    ]
    assert _table(FOUND, "likelihood", "PCA, 2", "image", "pixels")["This run"] == ["3"]
    assert _table(FOUND, "cleaning", "PCA, 2", "image", "pixels") == {}


def test_every_measure_has_its_place_on_the_page():
    assert {words.group for words in MEASURES.values()} == set(GROUPS)


def test_a_value_is_said_with_its_unit():
    assert MEASURES["psnr"].say(12.345) == "12.35 dB"
    assert MEASURES["mse"].say(0.5) == "0.50000"


@pytest.mark.parametrize(("count", "bars"), [(3, 3), (100, 64)])
def test_the_axes_of_the_largest_kl_come_first(count, bars):
    figure = kl_bars([float(i) for i in range(count)])
    assert list(figure.data[0].y) == [float(count - 1 - i) for i in range(bars)]
    assert ("largest of 100" in figure.layout.xaxis.title.text) == (count > bars)
