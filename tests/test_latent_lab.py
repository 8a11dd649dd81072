"""What can be done with a code on the Latent space page, for each kind of code; no browser."""

import json
from base64 import b64decode, b64encode

import numpy as np
import pytest
import torch
from runs_kit import taken_in
from test_pages import ROOT, engine, shown, sound, told, visit, widgets  # noqa: F401

from aecore.datasets import open_data
from aecore.jobs.drive import Driver
from aecore.latent.directions import separation
from aecore.latent.drawing import from_gaussian
from aecore.latent.paths import spherical, straight
from aecore.runs import RunSpec, RunStore
from aecore.runs.groups import FILE, read_groups, save_group
from aecore.runs.inference import codes_of, load_model
from ui.latent_parts import to_link
from ui.selection import RUN

LATENT = ROOT / "pages" / "latent.py"
KINDS = ("autoencoder", "vae", "conditional_vae", "vq_vae", "hyperspherical_vae")
VIEWS = ("traversal", "between", "groups", "draws")
QUICK = {"dataset": "digits", "width": "16", "epochs": "10"}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with a finished run of each kind of code."""
    root = tmp_path_factory.mktemp("home")
    for variant in (*KINDS, "unet_denoiser"):
        run = RunStore(root).create(RunSpec.from_flat({**QUICK, "variant": variant}))
        for _ in Driver(run).events():
            pass
        taken_in(run)
    return root


@pytest.fixture
def run_of(home, monkeypatch):
    monkeypatch.setenv("AECORE_HOME", str(home))
    return {run.spec.variant: run for run in RunStore()}.__getitem__


def open_lab(run, lab, **link):
    return visit(LATENT, {RUN: run.id, "maps": "pca-code", "lab": lab, **link})


def chosen(*rows):
    """The link's words for a selection of test images."""
    bits = np.zeros(359, bool)
    bits[list(rows)] = True
    return to_link(b64encode(np.packbits(bits, bitorder="little").tobytes()).decode())


def grid(at):
    """(images (n, C, H, W), what else is told of them) of the pictures on the page."""
    (found,) = [p for p in at.get("bidi_component") if p.proto.component_name == "ael_pictures"]
    data = json.loads(found.proto.json)
    images = np.frombuffer(b64decode(data["images"]), np.uint8).reshape(data["shape"])
    return images.astype(int), data


def images_of(run, codes):
    with torch.no_grad():
        made = load_model(run).model.decode(codes)
    return (made.clamp(0, 1) * 255).round().int().numpy()


def held_out_codes(run):
    return codes_of(load_model(run).model, open_data("digits").part("test"))


@pytest.mark.parametrize("variant", KINDS)
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_works_for_every_kind_of_code(run_of, variant, view):
    at = open_lab(run_of(variant), view)
    assert not at.info
    images, data = grid(at)
    assert len(images) == len(data["notes"]) == len(data["rows"]) * data["columns"]
    assert images.std() > 0


def without_charts(at):
    """The components on the page, other than those of what drives a number."""
    return [name for name in shown(at) if name != "ael_chart"]


def test_only_the_chosen_view_is_there_and_the_link_keeps_it(run_of):
    at = open_lab(run_of("vae"), "nonsense")
    assert without_charts(at) == ["ael_maps", "ael_decoder", "ael_live"]
    sound(widgets(at)["lab"].set_value("between").run())
    assert at.query_params["lab"] == "between"
    assert without_charts(at) == ["ael_maps", "ael_pictures", "ael_live"]


def test_without_a_code_there_is_nothing_of_it(run_of):
    at = visit(LATENT, {RUN: run_of("unet_denoiser").id, "lab": "draws"})
    assert shown(at) == ["ael_maps", "ael_live"]
    assert "lab" not in widgets(at)


def test_a_traversal_starts_where_somebody_says(run_of):
    run = run_of("autoencoder")
    codes = held_out_codes(run)
    at = open_lab(run, "traversal", lab_start="image", lab_image="7")
    images, data = grid(at)
    axis = int(data["rows"][0][1:]) - 1
    low = codes[:, axis].sort().values[1]
    code = codes[7].clone()
    code[axis] = low
    assert np.abs(images[0] - images_of(run, code[None])[0]).max() <= 1
    assert data["notes"][0] == f"z{axis + 1} = {low:.2f}"
    assert "test image 7" in told(at.caption)
    at = open_lab(run, "traversal", chosen=chosen(3))
    assert "test image 3" in told(at.caption)
    assert "average code" in told(open_lab(run, "traversal", chosen=chosen(3, 4)).caption)


def test_a_path_leads_from_image_to_image_beside_a_cross_fade(run_of):
    run = run_of("autoencoder")
    codes, test = held_out_codes(run), open_data("digits").part("test").int().numpy()
    far = int((codes @ codes[3]).argmin())  # nearly opposite, where the two paths differ most
    link = {"lab_from_image": "3", "lab_to_image": str(far), "lab_path": "spherical"}
    images, _ = grid(open_lab(run, "between", **link))
    known = images_of(run, spherical(codes[3], codes[far], 9))
    assert np.abs(images[:9] - known).max() <= 1
    assert np.abs(images_of(run, straight(codes[3], codes[far], 9)) - known).max() > 1
    assert (images[9] == test[3]).all()
    assert (images[17] == test[far]).all()
    assert np.abs(images[13] - (test[3] + test[far]) / 2).max() <= 1


def test_a_path_starts_with_images_of_two_classes_and_suits_the_code(run_of):
    at = open_lab(run_of("vae"), "between")
    labels = open_data("digits").part_labels("test")
    ends = [widgets(at)[name].value for name in ("lab_from_image", "lab_to_image")]
    assert labels[ends[0]] != labels[ends[1]]
    assert widgets(at)["lab_path"].value == "straight"
    assert widgets(open_lab(run_of("hyperspherical_vae"), "between"))["lab_path"].value == (
        "spherical"
    )
    at = open_lab(run_of("vae"), "between", chosen=chosen(20, 30))
    assert [widgets(at)[n].value for n in ("lab_from_image", "lab_to_image")] == [20, 30]


def test_groups_are_added_with_a_strength_and_a_held_out_score(run_of):
    run = run_of("autoencoder")
    codes, labels = held_out_codes(run), open_data("digits").part_labels("test")
    link = {"lab_from": "class-3", "lab_to": "class-8", "lab_start": "image", "lab_image": "5"}
    at = open_lab(run, "groups", lab_strength="2", **link)
    a, b = codes[labels == 3], codes[labels == 8]
    code = codes[5] + 2 * (b.mean(0) - a.mean(0))
    assert np.abs(grid(at)[0][8] - images_of(run, code[None])[0]).max() <= 1
    found = separation(a, b)
    assert f"{found.mean:.3f} ± {found.deviation:.3f}" in told(at.markdown)
    assert f"{len(a)} against {len(b)}" in told(at.markdown)


def test_what_is_told_to_a_model_stays_unless_another_class_is_chosen(run_of):
    run = run_of("conditional_vae")
    codes, labels = held_out_codes(run), open_data("digits").part_labels("test")
    link = {"lab_from": "class-3", "lab_to": "class-8", "lab_start": "image", "lab_image": "5"}
    step = codes[labels == 8].mean(0) - codes[labels == 3].mean(0)
    step[-10:] = 0
    last = grid(open_lab(run, "groups", **link))[0][8]
    assert np.abs(last - images_of(run, (codes[5] + step)[None])[0]).max() <= 1
    code = codes[5] + step
    code[-10:] = torch.eye(10)[2]
    last = grid(open_lab(run, "groups", lab_class="2", **link))[0][8]
    assert np.abs(last - images_of(run, code[None])[0]).max() <= 1


def test_groups_that_are_too_small_or_the_same_say_so(run_of):
    at = open_lab(run_of("vae"), "groups", lab_from="selected", chosen=chosen(1, 2, 3))
    assert "at least 4 images" in told(at.markdown)
    at = open_lab(run_of("vae"), "groups", lab_from="class-3", lab_to="class-3")
    assert "0 and 0" in told(at.markdown)


def test_draws_repeat_with_their_seed_and_stand_above_what_they_are_nearest_to(run_of):
    run = run_of("autoencoder")
    at = open_lab(run, "draws", lab_source="gaussian", lab_seed="4")
    images, data = grid(at)
    train = open_data("digits").part("train")
    known = images_of(run, from_gaussian(codes_of(load_model(run).model, train), 16, 4))
    assert np.abs(images[:8] - known[:8]).max() <= 1
    far = np.sqrt(((images[0] - train.numpy().astype(int)) ** 2).mean((1, 2, 3))) / 255
    assert (images[8] == train.numpy()[far.argmin()]).all()
    assert float(data["captions"][8]) == pytest.approx(far.min(), abs=6e-4)
    again = next(button for button in at.button if button.label == "Draw again")
    sound(again.click().run())
    assert at.query_params["lab_seed"] == "5"
    assert (grid(at)[0][:8] != images[:8]).any()


def test_only_a_variational_model_has_a_prior_to_draw_from(run_of):
    assert widgets(open_lab(run_of("vae"), "draws"))["lab_source"].value == "prior"
    at = open_lab(run_of("autoencoder"), "draws", lab_source="prior")
    assert widgets(at)["lab_source"].value == "gaussian"


@pytest.mark.parametrize("view", ["sliders", *VIEWS])
def test_a_hostile_link_opens_the_usual_view(run_of, view):
    names = ("lab_start", "lab_image", "lab_ends", "lab_from_image", "lab_path", "lab_from",
             "lab_strength", "lab_source", "lab_parts", "lab_seed", "lab_class")  # fmt: skip
    for value in ("", "nan", "-1", "9" * 30, "<b>", "named-", "class-99", "1e400"):
        open_lab(run_of("vae"), view, **dict.fromkeys(names, value))


def test_a_selection_is_saved_used_deleted_and_taken_back(run_of):
    run = run_of("vae")
    at = open_lab(run, "groups", chosen=chosen(*range(10, 40)))
    at.text_input(key="group:name").set_value("thirty *of* them")
    save = next(button for button in at.button if button.label == "Save group")
    sound(save.click().run())
    assert read_groups(run)["thirty *of* them"].tolist() == list(range(10, 40))
    options = widgets(at)["lab_from"].options
    assert "thirty *of* them (30 images)" in options
    delete = next(button for button in at.button if button.label == "Delete")
    sound(delete.click().run())
    assert read_groups(run) == {}
    sound(at.button(key="group:undo").click().run())
    assert read_groups(run)["thirty *of* them"].tolist() == list(range(10, 40))
    assert not [button for button in at.button if button.label == "Undo"]


def test_damaged_groups_are_one_sentence_and_all_else_works(run_of):
    run = run_of("autoencoder")
    (run.folder / FILE).write_text("{")
    at = open_lab(run, "groups", chosen=chosen(1, 2))
    (run.folder / FILE).unlink()
    assert "damaged" in told(at.error)
    assert grid(at)[0].std() > 0


def test_who_only_looks_uses_groups_and_saves_none(run_of, monkeypatch):
    run = run_of("vq_vae")
    save_group(run, "mine", np.arange(20))
    monkeypatch.setattr(
        "aecore.catalog.access.may", lambda person, action, *_, **__: action == "view"
    )
    at = open_lab(run, "groups", chosen=chosen(1, 2), lab_from="named-mine")
    assert "mine (20 images)" in widgets(at)["lab_from"].options
    assert widgets(at)["lab_from"].value == "named-mine"
    assert not at.text_input
    assert not [button for button in at.button if button.label in ("Delete", "Save group")]
