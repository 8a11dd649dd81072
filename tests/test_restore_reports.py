"""Holes, enlargements and colours in the reports, beside scikit-image and Pillow on the same."""

# ruff: noqa: F811  a fixture that is imported is a name like any other

import csv
import json

import numpy as np
import pytest
import torch
from denoise_kit import COUNT, denoiser, denoiser_home, made, psnr, restored, rows  # noqa: F401
from PIL import Image
from runs_kit import finished, is_sentence
from skimage.color import rgb2ycbcr
from skimage.metrics import peak_signal_noise_ratio
from skimage.restoration import inpaint_biharmonic

from aecore.__main__ import main
from aecore.corruptions import corruptions
from aecore.datasets import open_data
from aecore.errors import InputError
from aecore.restoration import suited
from aecore.runs.inference import load_model, reconstruct
from aecore.samples import to_float


@pytest.fixture(scope="module")
def filler(denoiser_home):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AECORE_HOME", str(denoiser_home))
        return finished(variant="denoising", corruption="occlusion", epochs=6)


@pytest.fixture(scope="module")
def painter(denoiser_home):
    """A run on photographs in colour, which it is to give back to grey ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AECORE_HOME", str(denoiser_home))
        return finished(
            dataset="image_patches", variant="denoising", corruption="grey", latent_dim=16, epochs=3
        )


def holes_of(run):
    """Where white images become black, with the damage of the same seed: (n, H, W)."""
    white = torch.full_like(open_data("digits").part("test", COUNT), 255)
    seen, _ = reconstruct(load_model(run).model, white, run.spec.make_corruption(), 0)
    return seen[:, 0].numpy() == 0


def psnr_in(holes, made, clean):
    """Of all pixels in holes of one size, as one image."""
    cut = np.clip(made, 0, 1)[:, 0]
    return peak_signal_noise_ratio(clean[:, 0][holes], cut[holes], data_range=1)


class TestHoles:
    def test_only_the_pixels_in_them_count(self, filler):
        found = made("denoise", filler, count=COUNT)
        assert list(rows(found)) == ["input", "run", *suited("fill")]
        assert (found.scope["task"], found.scope["scored"]) == ("fill", COUNT)
        clean, seen, out = restored(filler)
        holes = holes_of(filler)
        assert set(holes.sum((1, 2)).tolist()) == {9}  # three by three pixels of eight by eight
        smooth = [inpaint_biharmonic(x[0], h) for x, h in zip(seen, holes, strict=True)]
        expected = {"input": seen, "run": out, "biharmonic": np.array(smooth)[:, None]}
        for name, images in expected.items():
            row = rows(found)[name]
            assert row["psnr"] == pytest.approx(psnr_in(holes, images, clean), abs=1e-4)
            assert row["psnr_low"] < row["psnr"] < row["psnr_high"]
            assert row["ssim"] is None
        shown = np.rint(np.clip(expected["biharmonic"][:8], 0, 1) * 255)
        assert np.abs(found.arrays["biharmonic"] - shown).max() <= 1

    def test_where_nothing_is_taken_there_is_nothing_to_tell(self, filler):
        with pytest.raises(InputError) as told:
            made("denoise", filler, count=COUNT, corruption="masking", level=0)
        assert is_sentence(told.value)
        assert "higher level" in str(told.value)

    def test_images_that_lost_nothing_are_counted(self, filler):
        found = made("denoise", filler, count=COUNT, corruption="masking", level=0.01)
        assert 0 < found.scope["scored"] < COUNT == found.scope["n"]

    def test_levels_at_which_nothing_is_taken_are_left_out(self, filler):
        found = made("levels", filler, count=COUNT, corruption="centre_hole", level=0.1)
        levels = [row["level"] for row in found.tables["levels"] if row["method"] == "run"]
        assert levels == [0.1, pytest.approx(0.15), 0.2]  # of eight pixels 0.8, 1.2 and 1.6
        assert found.scope["best_filter"] in ("biharmonic", "neighbours")


class TestEnlarging:
    def test_every_pixel_counts_and_bicubic_is_pillows(self, denoiser):
        found = made("denoise", denoiser, count=COUNT, corruption="downsampling")
        assert list(rows(found)) == ["input", "run", *suited("enlarge")]
        assert (found.scope["task"], found.scope["level"]) == ("enlarge", 2)
        clean = to_float(open_data("digits").part("test", COUNT)).numpy()
        small = clean.reshape(-1, 1, 4, 2, 4, 2).mean((3, 5))
        assert rows(found)["input"]["psnr"] == pytest.approx(
            psnr(small.repeat(2, 2).repeat(2, 3), clean), abs=1e-4
        )
        large = [
            np.asarray(Image.fromarray(x[0]).resize((8, 8), Image.Resampling.BICUBIC))
            for x in small
        ]
        bicubic = rows(found)["bicubic"]
        assert bicubic["psnr"] == pytest.approx(psnr(np.array(large)[:, None], clean), abs=1e-4)
        assert bicubic["ssim_low"] < bicubic["ssim"] < bicubic["ssim_high"]

    def test_the_levels_are_whole_factors_that_there_are(self, denoiser):
        found = made("levels", denoiser, count=COUNT, corruption="downsampling")
        levels = [row["level"] for row in found.tables["levels"] if row["method"] == "run"]
        assert levels == [2, 3, 4]

    def test_the_shell_and_its_table_tell_the_same(
        self, denoiser, denoiser_home, capsys, monkeypatch, tmp_path
    ):
        monkeypatch.setenv("AECORE_HOME", str(denoiser_home))
        found = made("denoise", denoiser, count=COUNT, corruption="downsampling", level=3)
        words = ["denoise", denoiser.id, "--corruption", "downsampling", "--level", "3"]
        table = tmp_path / "table.csv"
        assert main([*words, "--count", str(COUNT), "--json", "--csv", str(table)]) == 0
        told = json.loads(capsys.readouterr().out)
        assert {name: told[name] for name in found.scope} == found.scope
        for one, other in zip(told["tables"]["methods"], found.tables["methods"], strict=True):
            assert {**one, "seconds": 0} == {**other, "seconds": 0}
        with table.open() as lines:
            written = {row["method"]: float(row["psnr"]) for row in csv.DictReader(lines)}
        assert written == {name: row["psnr"] for name, row in rows(found).items()}


def psnr_of_colour(made, clean):
    """Of all images as one; the Y of scikit-image runs from 16 to 235."""
    pair = (np.moveaxis(images, 1, -1) for images in (clean, made))
    chroma = [images - ((rgb2ycbcr(images) - 16) / 219)[..., :1] for images in pair]
    return peak_signal_noise_ratio(*chroma, data_range=1)


class TestColour:
    def test_only_colours_count(self, painter):
        found = made("denoise", painter, count=COUNT)
        assert list(rows(found)) == ["input", "run", *suited("colour")]
        images = open_data("image_patches").part("test", COUNT)
        clean = to_float(images).double().numpy()
        kind = corruptions["grey"]
        _, out = reconstruct(load_model(painter).model, images, kind(kind.Config()), 0)
        grey = np.tensordot(clean, (0.299, 0.587, 0.114), (1, 0))[:, None].repeat(3, 1)
        train = to_float(open_data("image_patches").part("train")).double().numpy()
        luminance = np.tensordot(train, (0.299, 0.587, 0.114), (1, 0))[:, None]
        tinted = np.clip(grey + (train - luminance).mean((0, 2, 3))[:, None, None], 0, 1)
        run = np.clip(out.double().numpy(), 0, 1)
        for name, images in (("input", grey), ("run", run), ("mean_colour", tinted)):
            row = rows(found)[name]
            assert row["psnr"] == pytest.approx(psnr_of_colour(images, clean), abs=1e-3)
            assert row["psnr_low"] < row["psnr"] < row["psnr_high"]
            assert row["ssim"] is None
        assert np.ptp(found.arrays["input"], axis=1).max() == 0
        assert np.ptp(found.arrays["colour_regression"], axis=1).max() > 0

    def test_what_is_left_of_the_colour_is_enough_for_a_line(self, painter):
        found = made("denoise", painter, count=COUNT, corruption="grey", level=0.5)
        assert rows(found)["colour_regression"]["psnr"] > 60 > rows(found)["run"]["psnr"]

    def test_images_without_colour_are_refused(self, denoiser):
        with pytest.raises(InputError) as told:
            made("denoise", denoiser, count=COUNT, corruption="grey")
        assert is_sentence(told.value)

    def test_robustness_has_it_where_there_is_colour(self, painter):
        found = made("robustness", painter, count=20)
        gain = {row["tested_on"]: row for row in found.tables["gains"]}["grey"]
        table = rows(made("denoise", painter, count=20))
        expected = table["run"]["psnr"] - table["input"]["psnr"]
        assert gain["gain"] == pytest.approx(expected, abs=1e-9)
