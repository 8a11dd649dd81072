"""Reports: asked for, made by the reporter, kept by content; from the page and from the shell."""

import json
import time

import numpy as np
import pytest
from runs_kit import clerk_process, finished, is_sentence, wait
from test_pages import engine, visit  # noqa: F401  whoever imports `engine` gets its setting

import aecore.cli.parser
import ui.reports
from aecore.__main__ import main
from aecore.config import Settings, knob
from aecore.datasets import open_data
from aecore.errors import InputError
from aecore.jobs.reporter import Reporter, ensure_reporter
from aecore.metrics.intervals import bootstrap, mean_interval
from aecore.paths import home
from aecore.reports import Findings, Report, ReportSpec, reports
from aecore.reports.base import as_csv
from aecore.reports.shelf import Asked, ReportShelf, ticket_of
from aecore.runs.desk import Standing
from aecore.runs.inference import load_model


class Brightness(Report):
    """A toy: how bright the first test images are, and what others are beside."""

    name, title, idea = "brightness", "Brightness", "Says how bright images are."

    class Config(Settings):
        count: int = knob(5, "How many images.", low=1, high=100)

    config: Config

    def make(self, run, loaded, follow):
        images = open_data(run.spec.dataset).part("test", self.config.count)
        means = images.float().flatten(1).mean(1)
        follow(0.5, "looking")
        rows = [{"image": i, "brightness": value} for i, value in enumerate(means.tolist())]
        return Findings(
            {"split": "test", "n": len(rows), "beside": [one.id for one, _ in self.beside]},
            {"images": rows},
            {"images": images.numpy(), "means": means.numpy()},
        )


@pytest.fixture(autouse=True)
def toy(monkeypatch):
    monkeypatch.setitem(reports._entries, "brightness", Brightness)
    monkeypatch.setitem(aecore.cli.parser.REPORTS, "brightness", "say how bright images are")


@pytest.fixture
def run():
    return finished(epochs=1)


def asked_of(run, **values):
    spec = ReportSpec.from_flat({"report": "brightness", **values})
    return Asked(ticket_of((run, load_model(run)), spec), run.id, spec)


def test_every_report_is_a_command_and_the_other_way_round():
    assert set(aecore.cli.parser.REPORTS) == set(reports)


def test_a_spec_survives_plain_values_and_texts():
    spec = ReportSpec.from_flat({"report": "brightness", "count": "7", "beside": "a,b"})
    assert (spec.config.count, spec.beside) == (7, ("a", "b"))
    assert ReportSpec.from_flat(spec.to_flat()) == spec


@pytest.mark.parametrize(
    "values",
    [{}, {"report": "nonsense"}, {"report": "brightness", "count": "many"},
     {"report": "brightness", "count": 0}, {"report": "brightness", "size": 1}],
)  # fmt: skip
def test_what_is_no_report_is_told(values):
    with pytest.raises(InputError) as told:
        ReportSpec.from_flat(values)
    assert is_sentence(told.value)


def test_what_is_asked_is_made_and_what_is_kept_is_what_was_made(run):
    reporter, asked = Reporter(home()), asked_of(run, count=3)
    assert not reporter.tick()
    reporter.shelf.ask(asked)
    assert reporter.shelf.standing(asked.ticket) == Standing("waiting")
    assert reporter.tick()
    assert reporter.shelf.standing(asked.ticket).state == "done"
    kept = reporter.shelf.known(asked.ticket)
    made = asked.spec.report().make(run, load_model(run), lambda share, doing: None)
    assert (kept.scope, kept.tables) == (made.scope, made.tables)
    assert (kept.arrays["images"] == made.arrays["images"]).all()
    assert (kept.arrays["means"] == made.arrays["means"]).all()
    assert sorted(path.suffix for path in reporter.shelf.folder.iterdir()) == [".of", ".report"]


def test_a_ticket_is_what_decides_a_report(run, monkeypatch):
    other = finished(epochs=2)
    subject, beside = (run, load_model(run)), (other, load_model(other))
    spec = ReportSpec.from_flat({"report": "brightness"})
    several = [
        ticket_of(subject, spec),
        ticket_of(beside, spec),
        ticket_of(subject, spec, [beside]),
        ticket_of(subject, ReportSpec.from_flat({"report": "brightness", "count": 6})),
    ]
    monkeypatch.setattr(Brightness, "version", 2)
    assert len({*several, ticket_of(subject, spec)}) == 5


def test_who_cancels_leaves_nothing_behind(run, monkeypatch):
    reporter, asked = Reporter(home()), asked_of(run)
    monkeypatch.setattr("aecore.jobs.clerk.EVERY", 0)

    def cancelled(self, run, loaded, follow):
        follow(0.2, "looking")
        assert reporter.shelf.standing(asked.ticket) == Standing("working", 0.2, "looking")
        reporter.shelf.forget(asked.ticket)
        follow(0.3, "looking")
        raise AssertionError("it went on")

    monkeypatch.setattr(Brightness, "make", cancelled)
    reporter.shelf.ask(asked)
    assert reporter.tick()
    assert list(reporter.shelf.folder.iterdir()) == []


def test_a_damaged_report_is_as_if_it_was_not_there(run):
    reporter, asked = Reporter(home()), asked_of(run)
    reporter.shelf.ask(asked)
    reporter.tick()
    reporter.shelf.path(asked.ticket, "report").write_bytes(b"\x08\0\0\0\0\0\0\0nonsense")
    assert reporter.shelf.known(asked.ticket) is None


def test_the_least_recently_looked_at_go_first(monkeypatch):
    shelf = ReportShelf(home())
    monkeypatch.setattr("aecore.reports.shelf.MOST_KEPT", 2)
    for ticket in ("a", "b", "c"):
        shelf.keep(ticket, Findings({}, {"x": [{"y": 1}]}))
        time.sleep(0.02)
        shelf.known("a")
    assert sorted(path.stem for path in shelf.folder.iterdir()) == ["a", "c"]


def test_from_the_shell_as_tables_json_and_csv(run, capsys, tmp_path):
    path = tmp_path / "found.csv"
    words = ["brightness", run.id, "--count", "4"]
    assert main([*words, "--json", "--csv", str(path)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["run"], told["n"], told["count"]) == (run.id, 4, 4)
    rows = told["tables"]["images"]
    assert path.read_text().splitlines() == as_csv(rows).splitlines()
    assert len(rows) == 4
    assert main(words) == 0
    text = capsys.readouterr().out
    assert "brightness" in text
    assert f"{rows[0]['brightness']:.4g}" in text
    assert main(["brightness", run.id, "--count", "0"]) == 2
    assert is_sentence(capsys.readouterr().err.strip())
    assert main([*words, "--csv", str(tmp_path / "no" / "x.csv")]) == 1


def test_a_report_goes_on_where_its_reporter_was_killed(run):
    root, spec = home(), ReportSpec.from_flat({"report": "levels", "count": 300})
    asked = Asked(ticket_of((run, load_model(run)), spec), run.id, spec)
    shelf = ReportShelf(root)
    shelf.ask(asked)
    assert ensure_reporter(root)
    assert not ensure_reporter(root)
    first = clerk_process("reporter", root)
    try:
        wait(lambda: shelf.standing(asked.ticket).state == "working", "the report to begin")
        first.kill()
        first.wait(10)
        assert shelf.known(asked.ticket) is None
        wait(lambda: ensure_reporter(root), "a new reporter")
        wait(lambda: shelf.standing(asked.ticket).state == "done", "the report", 90)
        assert shelf.known(asked.ticket).scope["n"] == 300
    finally:
        for process in (first, clerk_process("reporter", root)):
            if process is not None and process.is_running():
                process.kill()


def page(run_id: str, count: int) -> None:
    import streamlit as st

    from aecore.runs import RunStore
    from ui.reports import downloads, report

    run = RunStore()[run_id]
    found = report(run, "brightness", {"count": count})
    if found is not None:
        st.markdown(f"found {found.scope['n']}")
        downloads(found, run, "brightness")


@pytest.fixture
def opened(run):
    from streamlit.testing.v1 import AppTest

    return AppTest.from_function(page, kwargs={"run_id": run.id, "count": 2}).run()


def test_a_page_waits_for_its_report_and_shows_it(opened, run):
    shelf, asked = ReportShelf(home()), asked_of(run, count=2)
    assert shelf.wanted(asked.ticket)
    assert "waiting for its turn" in opened.get("progress")[0].proto.text
    assert Reporter(home()).tick()
    opened.run()
    assert opened.markdown[0].value == "found 2"
    assert opened.get("download_button")[0].proto.label == "Images as CSV"


@pytest.mark.parametrize("state", ["waiting", "working"])
def test_a_page_that_waits_keeps_a_reporter_at_work(opened, run, monkeypatch, state):
    ReportShelf(home()).tell(asked_of(run, count=2).ticket, Standing(state, 0.5))
    begun = []
    monkeypatch.setattr(ui.reports, "ensure_reporter", begun.append)
    opened.run()
    assert begun == [home()]


def test_a_page_cancels_and_begins_again(opened, run):
    shelf, asked = ReportShelf(home()), asked_of(run, count=2)
    opened.button[0].click().run()
    assert not shelf.wanted(asked.ticket)
    assert "cancelled" in opened.caption[0].value
    opened.run()
    assert not shelf.wanted(asked.ticket)
    opened.button[0].click().run()
    assert shelf.wanted(asked.ticket)


def test_a_failure_is_told_and_tried_again(opened, run):
    shelf, asked = ReportShelf(home()), asked_of(run, count=2)
    shelf.tell(asked.ticket, Standing("failed", message="Too small."))
    opened.run()
    assert opened.error[0].value == "Too small."
    opened.button[0].click().run()
    assert shelf.standing(asked.ticket).state == "waiting"


def test_the_interval_of_a_mean_covers_it_as_often_as_it_says():
    generator = np.random.default_rng(0)
    covered = 0
    for seed in range(200):
        found = mean_interval(generator.normal(3, 1, 60), seed, resamples=300)
        covered += found.low <= 3 <= found.high
    assert 180 <= covered <= 199
    values = generator.normal(size=50)
    assert mean_interval(values).value == pytest.approx(values.mean())
    assert mean_interval(values, 1) == mean_interval(values, 1) != mean_interval(values, 2)


def test_an_interval_of_any_figure():
    values = np.arange(40.0)
    found = bootstrap(lambda x: float(x.mean()), values, resamples=2000)
    assert found.value == 19.5
    spread = values.std() / np.sqrt(40)
    assert (found.high - found.low) / (2 * 1.96 * spread) == pytest.approx(1, abs=0.1)
    truth = np.array([1, 0, 0, 0])  # draws without a 1 are left out
    share = bootstrap(lambda t: float("nan") if t.sum() == 0 else 1.0, truth)
    assert share == (1.0, 1.0, 1.0)
    for wrong in ((np.array([]),), (values, values[:3])):
        with pytest.raises(InputError):
            bootstrap(lambda *x: 0.0, *wrong)
    with pytest.raises(InputError):
        mean_interval(np.array([np.nan]))
