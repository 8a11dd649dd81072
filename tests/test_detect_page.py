"""The page that finds anomalies: its choices, its words, its figures, and images of one's own."""

from io import BytesIO

import numpy as np
import pytest
import torch
from intake_kit import image_file, png
from pages_kit import charts, link
from PIL import Image
from runs_kit import finished, taken_in
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec
from test_pages import PAGES, engine, told, visit  # noqa: F401  the fixture holds for pages here

from aecore.datasets import datasets, open_data
from aecore.detection import methods
from aecore.intake.sandboxed import read_images
from aecore.jobs.reporter import Reporter
from aecore.paths import home
from aecore.reports import reports
from aecore.reports.base import unheard
from aecore.runs.inference import load_model
from ui import own_suspects
from ui.detect_parts import View, verdict
from ui.own_suspects import _fitted, opened, ranked, score
from ui.selection import RUN
from ui.words import plain

(DETECT,) = (page for page in PAGES if page.stem == "detect")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path_factory.mktemp("home")
        patch.setenv("AECORE_HOME", str(root))
        yield taken_in(finished(variant="autoencoder", latent_dim=8, epochs=20, leave_out=3))


@pytest.fixture
def own_home(run, monkeypatch):
    """The home of `run`."""
    monkeypatch.setenv("AECORE_HOME", str(run.folder.parents[1]))


@pytest.fixture(scope="module")
def found(run):
    report = reports["detect"]
    return report(report.Config()).make(run, load_model(run), unheard)


def measured(run, **values):
    """The page once its report is made."""
    at = visit(DETECT, {RUN: run.id, **values})
    if Reporter(home()).tick():
        at.run()
    assert not at.exception
    return at


@pytest.mark.usefixtures("own_home")
class TestMeasured:
    def test_it_waits_for_its_report_and_then_shows_everything(self, run):
        at = visit(DETECT, {RUN: run.id, "suspects": "image_patches"})
        assert "Find anomalies" in at.get("progress")[0].proto.text
        assert not charts(at)
        Reporter(home()).tick()
        at.run()
        assert len(charts(at)) == 3
        assert f"of them odd ({plain(datasets['image_patches'].title)})" in told(at.caption)

    def test_the_threshold_lets_the_allowed_share_of_validation_images_pass(self, run, found):
        at = measured(run)
        words = told(at.markdown)
        threshold = np.quantile(found.arrays["validation:error"], 0.95)
        scores, odd = found.arrays["score:error"], found.arrays["odd"]
        alarms = scores > threshold
        assert f"Above a score of {threshold:.4g}" in words
        assert f"**{(alarms & odd).sum()} of {odd.sum()} odd images are found**" in words
        assert f"**{(alarms & ~odd).sum()} of {(~odd).sum()} normal images" in words
        assert f"{100 * odd[alarms].mean():.1f} % of all alarms" in words

    def test_dragging_it_changes_what_is_found_and_the_link(self, run, found):
        at = measured(run)
        at.slider(key="linked:alarms").set_value(30.0).run()
        assert link(at)["alarms"] == "30.0"
        threshold = np.quantile(found.arrays["validation:error"], 0.7)
        assert f"Above a score of {threshold:.4g}" in told(at.markdown)
        again = measured(run, alarms="30.0")
        assert told(again.markdown) == told(at.markdown)

    @pytest.mark.parametrize("given", ["", "-3", "101", "nan", "many"])
    def test_an_allowance_that_cannot_be_is_mended(self, run, given):
        value = measured(run, alarms=given).slider(key="linked:alarms").value
        assert value == {"-3": 0.0, "101": 100.0}.get(given, 5.0)

    @pytest.mark.parametrize("name", sorted(methods))
    def test_each_score_has_its_figures(self, run, found, name):
        at = measured(run, score=name)
        assert methods[name].idea in told(at.caption)
        threshold = np.quantile(found.arrays[f"validation:{name}"], 0.95)
        assert f"Above a score of {threshold:.4g}" in told(at.markdown)

    def test_the_table_has_the_reports_figures_and_says_on_what(self, run, found):
        at = measured(run)
        table = at.table[0].value
        for row, (_, shown) in zip(found.tables["scores"], table.iterrows(), strict=True):
            assert shown["Score"] == row["score"]
            assert shown["ROC-AUC"].startswith(f"{row['ROC-AUC']:.3f} ({row['ROC-AUC low']:.3f}")
        assert "On 359 images of the test split, 31 of them odd (class 3)" in told(at.caption)
        assert verdict(found.tables["scores"]) in told(at.markdown)

    def test_the_worst_are_counted_and_can_be_kept(self, run, found):
        at = measured(run)
        worst = np.argsort(-found.arrays["score:error"], kind="stable")[:20]
        count = found.arrays["odd"][worst].sum()
        assert f"with the highest score (Reconstruction error), {count} of them odd" in told(
            at.caption
        )
        labels = [button.proto.label for button in at.get("download_button")]
        assert labels == ["These as PNG", "Scores as CSV"]

    def test_a_file_gets_the_score_that_the_report_gives_the_same_image(self, run, found):
        image = open_data("digits").part("test", 1)[0]
        content = BytesIO()
        Image.fromarray(image[0].numpy()).save(content, "PNG")
        read = torch.from_numpy(np.stack(read_images([content.getvalue()], (1, 8, 8))))
        assert torch.equal(read[0], image)
        for name in ("error", "neighbour", "both"):
            values, _ = score(run, name, read)
            assert values == pytest.approx(found.arrays[f"score:{name}"][:1], rel=1e-5)
        _fitted.cache_clear()

    def test_each_file_becomes_an_image_of_the_run_or_a_reason(self):
        grey = np.arange(64, dtype=np.uint16).reshape(8, 8) * 257
        red = BytesIO()
        Image.new("RGB", (30, 17), (255, 0, 0)).save(red, "JPEG")
        contents = [
            image_file(grey), image_file(np.full((8, 8, 4), [9, 9, 9, 0], np.uint8)),
            red.getvalue(), b"", b"no image", b"\x89PNG\r\n\x1a\n" + b"0" * 40,
            png(10_000, 10_000, 1, 0),
        ]  # fmt: skip
        deep, clear, small, *reasons = read_images(contents, (1, 8, 8))
        assert deep.flatten().tolist() == list(range(64))
        assert clear.max() == 0
        assert small.shape == (1, 8, 8)
        assert small.mean() == pytest.approx(76, abs=2)
        assert [type(reason) for reason in reasons] == [str] * 4
        assert reasons[-1] == "larger than 25 megapixels"
        (coloured,) = read_images(contents[2:3], (3, 4, 5))
        assert coloured.shape == (3, 4, 5)
        assert coloured.mean((1, 2)) == pytest.approx([254, 0, 0], abs=2)

    def test_files_are_read_once_and_told_by_name(self, run, own_home, monkeypatch):
        asked = []
        monkeypatch.setattr(
            own_suspects, "read_images", lambda files, _: asked.append(files) or ["damaged"]
        )
        files = [UploadedFile(UploadedFileRec("1", "x.png", "", b"zz"), None)]
        for _ in range(2):
            assert opened(files, run) == [("x.png", "damaged")]
        assert asked == [[b"zz"]]


def test_a_score_is_ranked_among_the_normal_test_images():
    odd = np.array([False, False, False, False, True])
    view = View("error", np.array([1.0, 2.0, 3.0, 4.0, 0.0]), odd, 3.5)
    assert ranked("a*b", 3.2, view) == {
        "Image": "a\\*b", "Score": "3.2", "Odder than": "75.0 % of the normal test images",
        "Alarm": "no",
    }  # fmt: skip
    assert ranked("a", 9, view)["Alarm"] == "yes"


def test_a_run_that_has_seen_every_class_is_told_what_to_do():
    everything = taken_in(finished(epochs=1))
    at = visit(DETECT, {RUN: everything.id})
    assert "has seen every class" in told(at.info)
    (train,) = (x for x in at.get("page_link") if "without class 9" in x.proto.label)
    assert "leave_out=9" in train.proto.query_string
    assert not at.get("progress")
    assert visit(DETECT, {RUN: everything.id, "suspects": "image_patches"}).get("progress")


def line(name, low, high):
    kind = methods[name]
    return {"name": name, "score": kind.title, "ROC-AUC": 0.9, "ahead low": low, "ahead high": high}


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.01, 0.1, "Nearest image wins over"), (-0.1, -0.01, "own reconstruction error wins"),
     (-0.1, 0.1, "cannot be told apart")],
)  # fmt: skip
def test_who_wins_is_said_only_where_it_is_more_than_chance(low, high, said):
    rows = [line("both", 0.3, 0.4), line("neighbour", low, high), line("error", 0, 0)]
    assert said in verdict(rows)
