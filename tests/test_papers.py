"""The papers' experiments in short settings: their figures lie where few images can bring them."""

import pytest
from conftest import shared_data

from aecore.training import Logged
from benchmarks.papers import anomaly, compression, denoising, hinton, teaching
from benchmarks.papers.fit import last_epoch
from benchmarks.papers.rows import Row, table


def by_method(rows):
    return {row.method: row for row in rows}


def test_an_autoencoder_of_few_images_is_near_pca_and_pca_is_where_it_was_published(
    mnist_root, monkeypatch
):
    monkeypatch.setenv("AECORE_DATA", str(mnist_root))
    found = by_method(hinton.run(short=True))
    assert found["PCA-30"].ours == pytest.approx(13.87, abs=0.3)
    assert found["PCA-30"].reached
    assert found["autoencoder, 30-D"].ours < 20
    assert found["autoencoder, 30-D"].reached is False


def test_neighbours_find_a_held_out_digit_better_than_reconstructions():
    found = by_method(anomaly.run(short=True))
    assert 0.75 < found["PCA, k = 8"].ours < found["AE, k = 8"].ours < found["KDE"].ours < 1
    assert found["1-NN distance"].ours > 0.95
    assert found["OC-SVM"].ours < found["PCA, k = 8"].ours
    assert found["Isolation forest"].ours < found["PCA, k = 8"].ours
    assert {row.published for row in found.values()} == {None}  # two digits are not ten


def test_classical_denoisers_are_where_they_were_measured_without_the_app(mnist_root, monkeypatch):
    monkeypatch.setenv("AECORE_DATA", str(mnist_root))
    found = by_method(denoising.run(short=True))
    for method in ("noisy input", "gaussian_filter", "median_filter", "pca", "wiener"):
        assert found[method].ours == pytest.approx(found[method].published, abs=0.3), method
    assert found["noisy input"].ours + 5 < found["denoising autoencoder"].ours
    assert found["denoising autoencoder"].ours < found["wiener"].ours  # of few images and steps
    assert found["denoising autoencoder"].reached is False


def test_an_autoencoder_compresses_better_than_pca_and_jpeg_better_than_both(
    mnist_root, monkeypatch
):
    monkeypatch.setenv("AECORE_DATA", str(mnist_root))
    found = {(row.method, row.measure): row.ours for row in compression.run(short=True)}
    psnr = {
        method: ours for (method, measure), ours in found.items() if measure != "bytes an image"
    }
    size = {
        method: ours for (method, measure), ours in found.items() if measure == "bytes an image"
    }
    for numbers, few, many in ((8, 14.0, 14.8), (16, 15.5, 16.5)):
        linear, learnt = f"PCA, {numbers} numbers", f"AE, {numbers} numbers"
        assert few < psnr[linear] < many
        assert psnr[linear] + 1 < psnr[learnt] < psnr["JPEG quality 5"]
        assert 0.8 * numbers < size[learnt] < numbers + 1  # the coder saves a little of 8 bits
    assert psnr["JPEG quality 50"] == pytest.approx(29.3, abs=0.5)
    assert psnr["WEBP quality 50"] == pytest.approx(36.6, abs=0.5)
    assert size["WEBP quality 50"] < size["JPEG quality 5"] < size["JPEG quality 50"] < 350


def test_the_teaching_repositorys_models_learn_in_a_few_steps(mnist_root, monkeypatch):
    monkeypatch.setenv("AECORE_DATA", str(mnist_root))
    monkeypatch.setenv("AECORE_TEST_DATASETS", str(shared_data()))
    trained, loss, bound, digits, photographs = teaching.run(short=True)
    assert 0.0585 < digits.ours < 0.18  # a perfect copy has 0.0585, the average image 0.264
    assert 0.54 < photographs.ours < 0.62  # here 0.541 and 0.689
    assert photographs.published is None  # a sample has other images
    assert "cifar10_sample.zip" in photographs.settings
    assert 150 < loss.ours < bound.ours < 206  # the average image has 207
    assert trained.ours == pytest.approx(loss.ours, rel=0.02)
    assert trained.reached is False
    assert {loss.reached, bound.reached} == {None}


@pytest.mark.parametrize("short", [True, False])
def test_without_data_a_row_says_so_and_has_no_figure(short, monkeypatch):
    monkeypatch.setenv("AECORE_TEST_DATASETS", "")
    rows = list(teaching.run(short=short))
    assert len(rows) == (3 if short else 8)
    assert {row.ours for row in rows} == {row.reached for row in rows} == {None}
    assert all("no data of" in row.settings for row in rows)
    assert "| not run | 142.3 | – |" in table(rows)


def test_a_sample_is_not_taken_for_the_whole(monkeypatch):
    monkeypatch.setenv("AECORE_TEST_DATASETS", str(shared_data()))
    cases = [case for case in teaching.CASES if not case.sample]
    monkeypatch.setattr(teaching, "CASES", cases)
    rows = list(teaching.run())
    assert len(rows) == 6
    assert {row.ours for row in rows} == {None}


def test_the_loss_of_the_last_epoch_is_the_mean_over_its_steps():
    logged = [
        Logged(*at, "train", {"loss": x}, 1.0) for at, x in (((8, 0), 9), ((9, 1), 5), ((12, 1), 1))
    ]
    assert last_epoch(logged) == {"loss": 2.0}


def test_what_is_measured_already_is_not_measured_again(monkeypatch):
    monkeypatch.setenv("AECORE_TEST_DATASETS", "")
    rows = list(teaching.run())  # without data, so at once
    known = frozenset((row.experiment, row.method) for row in rows[1:])
    assert list(teaching.run(known=known)) == rows[:1]


def row(better, ours, published, slack=0.0):
    return Row("E", "M", "m", better, ours, published, "s", "t", 1.0, slack)


def test_reached_is_told_by_the_better_side_and_the_slack():
    assert row("lower", 1.0, 2.0).reached
    assert not row("lower", 2.1, 2.0).reached
    assert row("lower", 2.1, 2.0, slack=0.2).reached
    assert row("higher", 2.0, 1.0).reached
    assert not row("higher", 0.9, 1.0).reached
    assert row("higher", 1.0, None).reached is None


def test_what_is_not_reached_stands_in_the_table_as_such():
    lines = table([row("higher", 0.5, 1.0), row("higher", 0.5, None)]).splitlines()
    assert "| 0.5 | 1 | not reached |" in lines[2]
    assert "| 0.5 | – | – |" in lines[3]
