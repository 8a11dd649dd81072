"""Restoring over the level and over kinds of damage, and which damage is meant."""

# ruff: noqa: F811  a fixture that is imported is a name like any other

import pytest
from denoise_kit import COUNT, denoiser, denoiser_home, found, made, psnr, rows  # noqa: F401
from runs_kit import finished, is_sentence

from aecore.corruptions import corruptions
from aecore.datasets import open_data
from aecore.errors import InputError
from aecore.reports.damaged import KINDS, corruption_of, level_of
from aecore.reports.levels import levels_around
from aecore.runs import RunSpec
from aecore.runs.inference import load_model, reconstruct
from aecore.samples import to_float


class TestCorruptionOf:
    def test_a_runs_own_keeps_its_settings(self):
        spec = RunSpec.from_flat(
            {"variant": "denoising", "corruption": "gaussian", "level": 0.7, "clip": False}
        )
        assert corruption_of(spec).config.model_dump() == {"level": 0.7, "clip": False}
        assert corruption_of(spec, "gaussian", 0.2).config.model_dump() == {
            "level": 0.2,
            "clip": False,
        }
        assert corruption_of(spec, "speckle").config == corruptions["speckle"].Config()

    def test_without_a_corruption_it_is_gaussian(self):
        assert corruption_of(RunSpec.from_flat({"variant": "vae"})).name == "gaussian"

    def test_a_level_that_cannot_be_is_told(self):
        with pytest.raises(InputError) as told:
            corruption_of(RunSpec.from_flat({}), "masking", 3)
        assert is_sentence(told.value)


class TestLevels:
    @pytest.mark.parametrize(
        ("name", "level", "expected"),
        [
            ("gaussian", 0.4, [0.1, 0.2, 0.4, 0.6, 0.8]),
            ("masking", 0.8, [0.2, 0.4, 0.8, 1.0]),
            ("jpeg", 40, [10, 20, 40, 60, 80]),
            ("gaussian_blur", 0, [0.25, 0.5, 1.0, 1.5, 2.0]),
        ],
    )
    def test_are_around_the_one_asked_for_within_bounds(self, name, level, expected):
        corruption = corruption_of(RunSpec.from_flat({}), name, level)
        assert levels_around(corruption) == pytest.approx(expected)

    def test_the_middle_of_the_curve_is_the_table(self, denoiser, found):
        curve = made("levels", denoiser, count=COUNT)
        best = curve.scope["best_filter"]
        assert best not in ("pca", "wiener")
        table = [row for row in curve.tables["levels"] if row["level"] == 0.4]
        assert [row["method"] for row in table] == ["input", "run", "wiener", best]
        for row in table:
            assert row["psnr"] == pytest.approx(rows(found)[row["method"]]["psnr"], abs=1e-9)
        inputs = [row["psnr"] for row in curve.tables["levels"] if row["method"] == "input"]
        assert len(inputs) == 5
        assert inputs == sorted(inputs, reverse=True)


class TestRobustness:
    def test_a_gain_is_after_minus_before(self, denoiser):
        other = finished(variant="denoising", corruption="masking", epochs=6)
        found = made("robustness", denoiser, beside=[other], count=COUNT)
        table = {(row["run"], row["tested_on"]): row for row in found.tables["gains"]}
        kinds = [name for name in KINDS if name != "grey"]
        assert list(table) == [(one.id, name) for one in (denoiser, other) for name in kinds]
        assert {row["trained_on"] for row in table.values()} == {"gaussian", "masking"}
        speckle = corruptions["speckle"](corruptions["speckle"].Config())
        images = open_data("digits").part("test", COUNT)
        seen, out = reconstruct(load_model(other).model, images, speckle, 0)
        clean = to_float(images).numpy()
        row = table[other.id, "speckle"]
        assert row["level"] == level_of(speckle) > 0
        after = psnr(out.numpy(), clean)
        assert row["psnr"] == pytest.approx(after, abs=1e-4)
        assert row["gain"] == pytest.approx(after - psnr(seen.numpy(), clean), abs=1e-4)
        assert row["gain_low"] < row["gain"] < row["gain_high"]

    def test_runs_of_other_images_are_refused(self, denoiser):
        for other in (
            finished(epochs=1, split_seed=1),
            finished(epochs=1, dataset="image_patches"),
        ):
            with pytest.raises(InputError) as told:
                made("robustness", denoiser, beside=[other])
            assert is_sentence(told.value)
