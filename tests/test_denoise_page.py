"""The Denoise page: what it asks for, and that it shows what the reports found."""

import json

import pytest
from denoise_kit import made
from pages_kit import charts, link, shown
from runs_kit import finished, taken_in
from test_pages import PAGES, engine, visit  # noqa: F401  the fixture holds for pages here

from aecore.datasets import open_data
from aecore.jobs.reporter import Reporter
from aecore.paths import home
from aecore.runs.inference import load_model, reconstruct
from aecore.samples import to_float
from ui.gallery import gallery
from ui.selection import RUN

(DENOISE,) = (page for page in PAGES if page.stem == "denoise")
FEW = {"measured_on": "40"}


@pytest.fixture
def run():
    own = {"corruption": "gaussian", "level": 0.4, "clip": False}
    return taken_in(finished(variant="denoising", epochs=2, **own))


def opened(run, **link):
    return visit(DENOISE, {RUN: run.id, **FEW, **link})


def measured(run, **link):
    """The page once what it asks for is there."""
    at = opened(run, **link)
    while Reporter(home()).tick():
        pass
    return at.run()


def gallery_url(at):
    (view,) = (c for c in at.get("bidi_component") if "gallery" in c.proto.component_name)
    return json.loads(view.proto.json)["url"]


def test_without_a_run_it_says_what_it_would_show():
    assert "how well a run restores" in shown(visit(DENOISE, {}))


def test_the_damage_of_the_training_is_measured_and_shown_at_once(run):
    at = opened(run)
    assert "waiting for its turn" in shown(at)
    assert "corruption=gaussian&level=0.4&order=first&seed=0" in gallery_url(at)
    assert at.selectbox(key="linked:corrupt").value == "gaussian"
    assert "none" not in at.selectbox(key="linked:corrupt").options


def test_what_was_found_is_shown_with_what_it_was_measured_on(run):
    at = measured(run)
    found = made("denoise", run, corruption="gaussian", level=0.4, count=40)
    (table,) = at.table
    cells = table.value
    for row in found.tables["methods"]:
        line = cells[cells[""].str.startswith(row["title"])].iloc[0]
        assert f"{row['psnr']:.2f}" in line["PSNR (dB)"]
        assert f"{row['ssim_low']:.3f}" in line["SSIM"]
        strong = f", {row['meaning']}: {row['strength']:g}" if row["meaning"] else ""
        assert line[""] == row["title"] + strong
    words = shown(at)
    assert "40 test images, Gaussian noise of level 0.4, noise seed 0" in words
    assert "1,079 training images" in words
    assert "this run reaches" in words
    labels = {button.proto.label for button in at.get("download_button")}
    assert labels == {"Methods as CSV", "Images as PNG"}


def test_a_run_that_learnt_from_clean_images_is_shown_gaussian_noise():
    at = opened(taken_in(finished(epochs=1)))
    assert at.selectbox(key="linked:corrupt").value == "gaussian"
    assert "corruption=gaussian&level=0.3" in gallery_url(at)


class TestLevel:
    @pytest.mark.parametrize(
        ("given", "kind", "level"),
        [
            ("masking:0.7", "masking", 0.7),
            ("rotation:20.0", "masking", 0.4),
            ("0.2", "masking", 0.2),
            ("masking:5", "masking", 0.4),
            ("masking:x", "masking", 0.4),
            ("jpeg:35.0", "jpeg", 35.0),
            ("jpeg:35.5", "jpeg", 85.0),
        ],
    )
    def test_of_the_link_holds_for_its_own_corruption(self, run, given, kind, level):
        at = opened(run, corrupt=kind, strength=given)
        assert at.slider(key=f"reconstruct:level:{kind}").value == level
        assert f"corruption={kind}&level={level}" in gallery_url(at)

    def test_goes_into_the_link_with_its_corruption(self, run):
        at = opened(run)
        at.slider(key="reconstruct:level:gaussian").set_value(0.9).run()
        assert link(at)["strength"] == "gaussian:0.9"
        at.selectbox(key="linked:corrupt").set_value("rotation").run()
        assert at.slider(key="reconstruct:level:rotation").value == 30.0


def test_the_curve_over_the_level_is_measured_on_request(run):
    at = measured(run)
    assert not charts(at)
    at = measured(run, also="level")
    (figure,) = charts(at)
    found = made("levels", run, corruption="gaussian", level=0.4, count=40)
    names = [trace["name"] for trace in figure["data"]]
    assert names == list(dict.fromkeys(row["title"] for row in found.tables["levels"]))
    assert figure["layout"]["xaxis"]["title"]["text"] == "Gaussian noise: noise level"
    assert "PSNR of 40 test images" in shown(at)


def test_the_matrix_takes_runs_on_the_same_images_and_no_others(run):
    other = taken_in(finished(variant="denoising", corruption="masking", epochs=1))
    taken_in(finished(epochs=1, split_seed=3))
    at = measured(run, also="kinds")
    (chart,) = charts(at)
    figure = chart["data"][0]
    assert [name.split(": ")[1] for name in figure["y"]] == ["Gaussian noise 0.4", "Masking 0.4"]
    assert other.id[-4:] in figure["y"][1]
    assert len(figure["x"]) == 15
    words = shown(at)
    assert "None of them was trained on: Hole in the middle" in words
    assert "Masking" not in words.split("None of them was trained on")[1]


def test_the_preview_damages_as_the_report_does(run):
    """The noise of this run is not clipped, and neither is that of the preview."""
    view = {"corruption": "gaussian", "level": "0.4", "order": "first", "count": "8"}
    envelope = gallery(run, view)
    images = open_data("digits").part("test", 256)
    _, out = reconstruct(load_model(run).model, images, run.spec.make_corruption(), 0)
    expected = (out[:8].clamp(0, 1) * 255).round().byte().numpy().tobytes()
    assert expected in envelope
    assert not to_float(images)[:8].equal(out[:8])


class TestBrush:
    def told(self, at):
        (part,) = (c for c in at.get("bidi_component") if "brush" in c.proto.component_name)
        return json.loads(part.proto.json)

    def test_the_image_of_the_link_lies_on_the_pad(self, run):
        at = opened(run, drawn_over="7")
        assert self.told(at)["number"] == 7
        assert self.told(at)["shape"] == [1, 8, 8]
        label = int(open_data("digits").part_labels("test")[7])
        assert f"Test image 7, class {label}." in shown(at)

    @pytest.mark.parametrize("wrong", ["-1", "359", "two", ""])
    def test_a_number_that_is_none_means_the_first(self, run, wrong):
        assert self.told(opened(run, drawn_over=wrong))["number"] == 0

    def test_another_image_is_another_one_and_in_the_link(self, run):
        at = opened(run, drawn_over="7")
        at.button(key="brush:another").click().run()
        number = self.told(at)["number"]
        assert number != 7
        assert link(at)["drawn_over"] == str(number)
