"""What the report on restoring tells, beside scikit-image and SciPy on the same images."""

# ruff: noqa: F811  a fixture that is imported is a name like any other

import json

import numpy as np
import pytest
from denoise_kit import COUNT, denoiser, denoiser_home, found, made, psnr, restored, rows  # noqa: F401
from runs_kit import finished
from scipy.ndimage import gaussian_filter
from scipy.stats import bootstrap
from skimage.metrics import structural_similarity

from aecore.__main__ import main
from aecore.corruptions import corruptions
from aecore.datasets import open_data
from aecore.reports.damaged import KINDS
from aecore.restoration import suited


class TestDenoise:
    def test_every_method_has_a_line_and_the_damaged_images_come_first(self, found):
        assert list(rows(found)) == ["input", "run", *suited("denoise")]
        assert len({tuple(row) for row in found.tables["methods"]}) == 1  # the same columns

    def test_says_on_what_it_was_measured(self, found):
        assert found.scope["split"] == "test"
        assert found.scope["n"] == COUNT
        assert (found.scope["corruption"], found.scope["level"]) == ("gaussian", 0.4)
        assert found.scope["fitted_on"] == open_data("digits").size("train")
        assert found.scope["chosen_on"] == 200

    def test_the_lines_of_input_and_run_are_scikit_images(self, denoiser, found):
        clean, seen, out = restored(denoiser)
        assert seen.min() < -0.2  # the run's own noise, which is not clipped
        for name, images in (("input", seen), ("run", out)):
            row = rows(found)[name]
            assert row["psnr"] == pytest.approx(psnr(images, clean), abs=1e-4)
            similar = [
                structural_similarity(
                    x[0], y[0], win_size=7, data_range=1, use_sample_covariance=False
                )
                for x, y in zip(clean, np.clip(images, 0, 1), strict=True)
            ]
            assert row["ssim"] == pytest.approx(np.mean(similar), abs=1e-4)

    def test_the_line_of_a_filter_is_scipys_with_the_strength_that_is_told(self, denoiser, found):
        clean, seen, _ = restored(denoiser)
        row = rows(found)["gaussian_filter"]
        filtered = gaussian_filter(seen, (0, 0, row["strength"], row["strength"]))
        assert row["psnr"] == pytest.approx(psnr(filtered, clean), abs=1e-4)

    def test_what_a_filter_is_ahead_of_the_run_is_told_image_by_image(self, denoiser, found):
        clean, seen, out = restored(denoiser)
        assert rows(found)["run"]["ahead"] is None
        row = rows(found)["gaussian_filter"]
        filtered = gaussian_filter(seen, (0, 0, row["strength"], row["strength"]))
        pairs = zip(filtered, out, clean, strict=True)
        gaps = [psnr(x[None], z[None]) - psnr(y[None], z[None]) for x, y, z in pairs]
        assert row["ahead"] == pytest.approx(np.mean(gaps), abs=1e-4)
        limits = bootstrap((gaps,), np.mean, method="percentile", rng=0).confidence_interval
        width = limits.high - limits.low
        assert row["ahead_low"] == pytest.approx(limits.low, abs=0.1 * width)
        assert row["ahead_high"] == pytest.approx(limits.high, abs=0.1 * width)

    def test_intervals_hold_their_figure_and_narrow_with_more_images(self, denoiser, found):
        for row in found.tables["methods"]:
            assert row["psnr_low"] < row["psnr"] < row["psnr_high"]
            assert row["ssim_low"] < row["ssim"] < row["ssim_high"]
        more = rows(made("denoise", denoiser, count=COUNT * 5))["run"]
        few = rows(found)["run"]
        ratio = (more["psnr_high"] - more["psnr_low"]) / (few["psnr_high"] - few["psnr_low"])
        assert 0.3 < ratio < 0.65  # one over the root of five is 0.45

    def test_the_images_are_those_that_were_measured(self, denoiser, found):
        clean, seen, out = restored(denoiser)
        assert set(found.arrays) == {"clean", "input", "run", *suited("denoise")}
        for name, images in (("clean", clean), ("input", seen), ("run", out)):
            expected = np.rint(np.clip(images[:8], 0, 1) * 255)
            assert np.array_equal(found.arrays[name], expected)

    def test_it_repeats_exactly_but_for_seconds(self, denoiser, found):
        again = made("denoise", denoiser, count=COUNT)
        for one, other in zip(found.tables["methods"], again.tables["methods"], strict=True):
            assert {**one, "seconds": 0} == {**other, "seconds": 0}
        assert all(np.array_equal(found.arrays[name], again.arrays[name]) for name in found.arrays)

    def test_another_seed_damages_other_pixels(self, denoiser, found):
        other = made("denoise", denoiser, count=COUNT, noise_seed=1)
        assert rows(other)["input"]["psnr"] != rows(found)["input"]["psnr"]

    def test_the_test_images_decide_no_strength(self, denoiser, found, monkeypatch):
        """With other test images, every method keeps the strength it had."""
        real = open_data("digits")
        turned = real.images.clone()
        turned[real.splits["test"]] = 255 - turned[real.splits["test"]]
        monkeypatch.setattr(
            "aecore.reports.damaged.open_data",
            lambda *values: type(real)(**{**vars_of(real), "images": turned}),
        )
        other = rows(made("denoise", denoiser, count=COUNT))
        assert other["run"]["psnr"] != rows(found)["run"]["psnr"]
        for name in suited("denoise"):
            assert other[name]["strength"] == rows(found)[name]["strength"]

    def test_it_ends_where_it_is_not_wanted_any_more(self, denoiser):
        heard = []

        def follow(share, doing):
            heard.append(share)
            if share > 0.3:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            made("denoise", denoiser, follow, count=COUNT)
        assert heard == sorted(heard)
        assert heard[-1] < 0.5

    def test_the_shell_tells_the_same(self, denoiser, denoiser_home, found, capsys, monkeypatch):
        monkeypatch.setenv("AECORE_HOME", str(denoiser_home))
        assert main(["denoise", denoiser.id, "--count", str(COUNT), "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        for one, other in zip(told["tables"]["methods"], found.tables["methods"], strict=True):
            assert {**one, "seconds": 0} == {**other, "seconds": 0}


def vars_of(data):
    names = ("name", "title", "licence", "images", "labels", "classes", "splits")
    return {name: getattr(data, name) for name in names}


@pytest.mark.parametrize("name", [n for n in KINDS if corruptions[n].fits((1, 8, 8))])
def test_every_corruption_can_be_asked_for(denoiser, name):
    found = made("denoise", denoiser, count=20, corruption=name)
    assert found.scope["corruption"] == name
    assert all(np.isfinite(row["psnr"]) for row in found.tables["methods"])


def test_colour_images_are_restored_too():
    run = finished(dataset="image_patches", epochs=1)
    found = made("denoise", run, count=20)
    assert found.arrays["wiener"].shape[1:] == open_data("image_patches").shape
    assert rows(found)["wiener"]["psnr"] > rows(found)["input"]["psnr"]
