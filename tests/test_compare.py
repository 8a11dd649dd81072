"""Comparison of runs on the same images: the report's figures, what the page says of them."""

import numpy as np
import pytest
import torch
from pages_kit import link, shown
from runs_kit import finished, is_sentence, taken_in
from scipy.stats import bootstrap
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from sklearn.decomposition import PCA
from test_pages import PAGES, engine, visit  # noqa: F401  the fixture holds for pages here

from aecore.datasets import open_data
from aecore.errors import InputError
from aecore.jobs.reporter import Reporter
from aecore.metrics.pca import flat
from aecore.paths import home
from aecore.projections.umap_inverse import check_numbers, there_and_back
from aecore.projections.umap_learn import umap_learn
from aecore.reports import ReportSpec
from aecore.reports.base import unheard
from aecore.runs.inference import load_model
from ui.compare_parts import methods_table, names_of, scope_line, verdict
from ui.selection import RUN

(COMPARE,) = (page for page in PAGES if page.stem == "compare")


def found_of(run, *others, **values):
    beside = ",".join(other.id for other in others)
    spec = ReportSpec.from_flat({"report": "compare", "beside": beside, **values})
    runs = [(other, load_model(other)) for other in others]
    return spec.report(runs).make(run, load_model(run), unheard)


@pytest.fixture
def runs():
    return [finished(epochs=2, latent_dim=2), finished(variant="autoencoder", latent_dim=5)]


def copies_of(runs):
    """The first 60 test images, and what runs and PCA make of them, by the report's keys."""
    data = open_data("digits")
    clean = (data.part("test", 60) / 255).double().numpy()
    train = (data.part("train") / 255).double().flatten(1).numpy()
    copies = {
        run.id: load_model(run).model(data.part("test", 60) / 255).double().numpy() for run in runs
    }
    for size in (2, 5):
        linear = PCA(size, svd_solver="full").fit(train)
        flat = linear.inverse_transform(linear.transform(clean.reshape(60, -1)))
        copies[f"pca-{size}"] = flat.reshape(clean.shape)
    return clean, copies


def psnr_of(clean, made):
    """One an image, by scikit-image."""
    pairs = zip(clean, made.clip(0, 1), strict=True)
    return [peak_signal_noise_ratio(x, y, data_range=1) for x, y in pairs]


def test_figures_are_those_of_scikit_image_and_scikit_learn(runs):
    found = found_of(*runs, count=60)
    clean, copies = copies_of(runs)
    rows = {row["key"]: row for row in found.tables["methods"]}
    assert list(rows) == [runs[0].id, runs[1].id, "pca-2", "pca-5"]
    for key, made in copies.items():
        pairs = list(zip(clean, made.clip(0, 1), strict=True))
        mse = [((x - y) ** 2).mean() for x, y in pairs]
        ssim = [
            structural_similarity(x[0], y[0], data_range=1, win_size=7, use_sample_covariance=False)
            for x, y in pairs
        ]
        row = rows[key]
        assert row["mse"] == pytest.approx(np.mean(mse), rel=1e-4)
        assert row["psnr"] == pytest.approx(np.mean(psnr_of(clean, made)), abs=1e-3)
        assert row["ssim"] == pytest.approx(np.mean(ssim), abs=1e-3)
        assert row["psnr_low"] < row["psnr"] < row["psnr_high"]
        shown_copies = torch.from_numpy(found.arrays[key]).double() / 255
        assert (shown_copies - torch.from_numpy(made.clip(0, 1))).abs().max() < 0.003
    assert [rows[key]["numbers"] for key in rows] == [2, 5, 2, 5]


def test_what_is_worse_is_so_image_by_image(runs):
    rows = {row["key"]: row for row in found_of(*runs, count=60).tables["methods"]}
    clean, copies = copies_of(runs)
    for pair in ((runs[0].id, "pca-2"), (runs[1].id, "pca-5")):
        psnr = {key: psnr_of(clean, copies[key]) for key in pair}
        worse, better = sorted(pair, key=lambda key: np.mean(psnr[key]))
        gaps = np.subtract(psnr[better], psnr[worse])
        assert rows[better]["behind"] is None
        assert rows[worse]["behind"] == pytest.approx(gaps.mean(), abs=1e-3)
        limits = bootstrap((gaps,), np.mean, method="percentile", rng=0).confidence_interval
        width = limits.high - limits.low
        assert rows[worse]["behind_low"] == pytest.approx(limits.low, abs=0.1 * width)
        assert rows[worse]["behind_high"] == pytest.approx(limits.high, abs=0.1 * width)


def test_runs_on_other_images_or_splits_are_refused(runs):
    other = finished(epochs=1, split_seed=4)
    with pytest.raises(InputError, match="other images") as told:
        found_of(runs[0], other)
    assert is_sentence(told.value)


def test_a_run_without_a_code_is_compared_and_said_to_have_none(runs):
    bridged = finished(variant="unet_denoiser", corruption="gaussian", epochs=1)
    found = found_of(runs[0], bridged)
    names = names_of(found, {runs[0].id: "This run", bridged.id: "bridged"})
    assert methods_table(found, names)["Numbers"] == ["2", "", "2"]
    assert any("bridged has no code" in line for line in verdict(found, names))


def made(method, numbers, psnr, best=None):
    """How far it is from the best, give or take 0.5 dB; the limits of the figures are far wider."""
    figures = {"psnr": psnr, "psnr_low": psnr - 5, "psnr_high": psnr + 5}
    gap = [None] * 3 if best is None else [best - psnr + x for x in (0, -0.5, 0.5)]
    behind = dict(zip(("behind", "behind_low", "behind_high"), gap, strict=True))
    return {"key": method, "method": method, "numbers": numbers, **figures, **behind}


def test_who_wins_is_said_only_where_the_difference_is_no_chance():
    class Found:
        tables = {"methods": [made("a", 4, 20), made("pca-4", 4, 18, best=20), made("b", 8, 21)]}

    names = {"a": "A", "pca-4": "PCA-4", "b": "B"}
    assert verdict(Found, names) == [
        "With codes of 4 numbers **A** wins with 20.00 dB; next is PCA-4 with 18.00 dB, on the "
        "same samples 1.50 to 2.50 dB worse."
    ]
    Found.tables["methods"][1] = made("pca-4", 4, 19.5, best=20)
    assert verdict(Found, names) == [
        "With codes of 4 numbers A (20.00 dB) and PCA-4 (19.50 dB) are too close to tell: on the "
        "same samples the difference (0.00 to 1.00 dB) may be chance."
    ]
    Found.tables["methods"][0] = made("a", 4, 20, best=22)
    Found.tables["methods"][1] = made("pca-4", 4, 22)
    assert "**PCA-4** wins" in verdict(Found, names)[0]


def test_the_page_shows_a_sample_and_follows_its_link(runs):
    first, second = (taken_in(run) for run in runs)
    at = visit(COMPARE, {RUN: first.id, "beside": second.id})
    assert "Comparison:" in shown(at)
    assert Reporter(home()).tick()
    at = visit(COMPARE, {RUN: first.id, "beside": second.id, "sample": "7", "other": "pca-5"})
    words = shown(at)
    assert "Means over 359 test images" in words
    assert "With codes of 5 numbers" in words
    assert at.number_input(key="linked:sample").value == 7
    assert at.selectbox(key="linked:other").value == "pca-5"
    at.number_input(key="linked:sample").set_value(9).run()
    assert link(at)["sample"] == "9"
    for bad in ({"sample": "-1"}, {"sample": "x"}, {"one": "nobody"}, {"beside": "x,y"}):
        visit(COMPARE, {RUN: first.id, **bad})


def test_the_inverse_of_umap_is_umap_learns_own_on_the_same_images(monkeypatch):
    monkeypatch.setattr("aecore.reports.copies.FIT_ON", 100)
    monkeypatch.setattr("aecore.reports.compare.MOST_IMAGES", 40)
    monkeypatch.setattr("aecore.projections.umap_inverse.EVERY", 0.001)
    run = finished(epochs=1)
    told = []
    spec = ReportSpec.from_flat({"report": "compare", "umap": True, "count": 300})
    found = spec.report().make(run, load_model(run), lambda *words: told.append(words))
    assert found.scope["n"] == 40
    data = open_data("digits")
    train, clean = (flat(data.part(*which)).numpy() for which in (("train", 100), ("test", 40)))
    model = umap_learn().UMAP(random_state=0, transform_seed=0, n_jobs=1).fit(train)
    places = model.transform(clean)
    back = [model.inverse_transform(places[i : i + 20]) for i in (0, 20)]
    errors = ((np.concatenate(back).clip(0, 1) - clean) ** 2).mean(1)
    rows = {row["key"]: row for row in found.tables["methods"]}
    assert list(rows) == [run.id, "umap", "pca-2"]
    assert rows["umap"]["mse"] == pytest.approx(errors.mean(), rel=1e-4)
    average = ((clean - train.mean(0)) ** 2).mean()
    assert rows["umap"]["mse"] < average
    assert rows["umap"]["numbers"] == 2
    assert sum(words == "UMAP inverse" for _, words in told) > 10
    assert "first 100 training images, seed 0" in scope_line(found, "image")


def test_the_inverse_of_umap_can_be_cancelled_and_asked_for_again(monkeypatch):
    monkeypatch.setattr("aecore.projections.umap_inverse.EVERY", 0.001)
    calls = []

    def tick():
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt

    images = np.random.default_rng(0).random((60, 16), np.float32)
    with pytest.raises(KeyboardInterrupt):
        there_and_back(images, images[:20], 0, tick)
    assert len(calls) == 5
    assert there_and_back(images, images[:20], 0, lambda: None).shape == (20, 16)


def test_images_too_large_for_the_inverse_of_umap_are_told():
    with pytest.raises(InputError, match="3,072 numbers") as told:
        check_numbers(3072)
    assert is_sentence(told.value)
    run = taken_in(finished(dataset="image_patches", patch_size=32, epochs=1))
    at = visit(COMPARE, {RUN: run.id, "umap": "yes"})
    assert "takes too long for images of 3,072 numbers" in shown(at)
    assert Reporter(home()).tick()
    assert "Means over" in shown(visit(COMPARE, {RUN: run.id, "umap": "yes"}))
