"""The tasks of the Restore page: which damage and which methods each has, and its link."""

import pytest
from pages_kit import link, shown
from runs_kit import finished, taken_in
from test_denoise_page import gallery_url, measured, opened
from test_pages import engine  # noqa: F401  the setting holds for pages here

from aecore.restoration import restorers, suited


@pytest.fixture
def run():
    return taken_in(finished(variant="denoising", corruption="gaussian", level=0.4, epochs=1))


def task(at):
    return at.segmented_control(key="linked:task")


def damages(at):
    return at.selectbox(key="linked:corrupt").options


def test_the_task_is_that_of_the_training_and_has_its_own_damages(run):
    at = opened(run)
    assert task(at).value == "denoise"
    assert {"Masking", "Occlusion", "Downsampling", "Grey"}.isdisjoint(damages(at))
    other = opened(taken_in(finished(variant="denoising", corruption="masking", epochs=1)))
    assert task(other).value == "fill"
    assert other.selectbox(key="linked:corrupt").value == "masking"
    assert damages(other) == ["Hole in the middle", "Dropped rows", "Masking", "Occlusion"]


def test_a_link_that_names_only_the_damage_leads_to_its_task(run):
    at = opened(run, corrupt="downsampling", strength="downsampling:3")
    assert task(at).value == "enlarge"
    assert "corruption=downsampling&level=3" in gallery_url(at)


def test_another_task_brings_its_damage_and_goes_into_the_link(run):
    at = opened(run)
    task(at).set_value("fill").run()
    assert link(at)["task"] == "fill"
    assert at.selectbox(key="linked:corrupt").value == "occlusion"
    at.selectbox(key="linked:corrupt").set_value("centre_hole").run()
    assert "corruption=centre_hole&level=0.5" in gallery_url(at)
    task(at).set_value("denoise").run()
    assert at.selectbox(key="linked:corrupt").value == "gaussian"
    assert "corruption=gaussian&level=0.4" in gallery_url(at)


def test_colour_is_only_for_images_that_have_it(run):
    assert "Colour" not in task(opened(run)).options
    assert task(opened(run, task="colour", corrupt="grey")).value == "denoise"
    at = opened(taken_in(finished(dataset="image_patches", epochs=1)), task="colour")
    assert damages(at) == ["Grey"]
    assert "corruption=grey&level=1" in gallery_url(at)


@pytest.mark.parametrize(
    ("name", "kind", "column", "words"),
    [
        ("fill", "centre_hole", "PSNR in the holes (dB)", "Only the pixels in the holes count"),
        ("enlarge", "downsampling", "PSNR (dB)", "Every pixel counts"),
    ],
)
def test_it_says_what_counts_and_that_the_run_learnt_something_else(run, name, kind, column, words):
    at = measured(run, task=name, corrupt=kind)
    (table,) = at.table
    titles = [restorers[method].title for method in suited(name)]
    shown_titles = [method.partition(",")[0] for method in table.value[""]]
    assert shown_titles == ["Damaged images", "This run", *titles]
    assert column in table.value
    assert ("SSIM" in table.value) == (name == "enlarge")
    said = shown(at)
    assert words in said
    assert "This run was trained on Gaussian noise 0.4, not on this damage." in said


def test_a_run_on_its_own_damage_is_not_said_to_be_a_stranger(run):
    assert "not on this damage" not in shown(measured(run))
