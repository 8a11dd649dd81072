"""The report on compression: every figure against files that are written and read here."""

import json
from functools import partial
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image
from runs_kit import finished, is_sentence
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from sklearn.decomposition import PCA

from aecore.__main__ import main
from aecore.compression import FRAME, fit_codec
from aecore.compression.ways import BITS, QUALITIES
from aecore.datasets import open_data
from aecore.errors import InputError
from aecore.models import variants
from aecore.reports import ReportSpec
from aecore.reports.compress import compressor
from aecore.runs.inference import codes_of, load_model

N, FITTED = 40, 300
VALUES = {"report": "compress", "count": N, "fit_on": FITTED}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AECORE_HOME", str(tmp_path_factory.mktemp("home")))
        yield finished(variant="autoencoder", latent_dim=6, epochs=10)


def found_of(run, **values):
    report = ReportSpec.from_flat({**VALUES, **values}).report()
    return report.make(run, load_model(run), lambda share, doing: None)


@pytest.fixture(scope="module")
def found(run):
    return found_of(run)


@pytest.fixture(scope="module")
def images():
    return open_data("digits").part("test", N)


def row_of(found, method, setting):
    (row,) = (
        each
        for each in found.tables["rates"]
        if (each["method"], each["setting"]) == (method, setting)
    )
    return row


def quality(made, images):
    """Mean PSNR and SSIM of pairs of images (n, 1, 8, 8) uint8, by scikit-image."""
    pairs = [(x[0].numpy() / 255, y[0].numpy() / 255) for x, y in zip(images, made, strict=True)]
    psnr = [peak_signal_noise_ratio(x, y, data_range=1) for x, y in pairs]
    named = {"data_range": 1, "win_size": 7, "use_sample_covariance": False}
    ssim = [structural_similarity(x, y, **named) for x, y in pairs]
    return float(np.mean(psnr)), float(np.mean(ssim))


def check(row, sizes, made, images):
    psnr, ssim = quality(made, images)
    assert row["bytes_file"] == pytest.approx(np.mean(sizes))
    assert row["psnr"] == pytest.approx(psnr)
    assert row["ssim"] == pytest.approx(ssim)
    assert row["psnr_low"] < row["psnr"] < row["psnr_high"]
    assert row["bits_per_pixel"] == pytest.approx(8 * row["bytes_net"] / 64)


@pytest.mark.parametrize("bits", BITS)
def test_sizes_are_those_of_files_and_quality_is_that_of_what_they_are_read_as(
    run, found, images, bits
):
    known = compressor(run, load_model(run), found, bits)
    files = [known.write(image[None]) for image in images]
    made = torch.cat([known.read(file) for file in files])
    row = row_of(found, "model", f"{bits} bit{'s' * (bits > 1)}")
    check(row, [len(file) for file in files], made, images)
    assert row["bytes_net"] == pytest.approx(row["bytes_file"] - FRAME)


@pytest.mark.parametrize(("method", "axes", "bits"), [("pca", 6, 8), ("pca", 6, 2),
                                                      ("pca_wide", 64, 5)])  # fmt: skip
def test_pca_is_that_of_scikit_learn_with_the_same_rounding(found, images, method, axes, bits):
    train = open_data("digits").part("train", FITTED).flatten(1).numpy() / 255
    model = PCA(axes).fit(train)
    codes = model.transform(images.flatten(1).numpy() / 255).astype(np.float32)
    wide = method == "pca_wide"
    codec = fit_codec(model.transform(train).astype(np.float32), bits, one_step=wide)
    made = model.inverse_transform(codec.quantised(codes)).clip(0, 1) * 255
    pictures = torch.from_numpy(np.round(made).astype(np.uint8)).view(-1, 1, 8, 8)
    row = row_of(found, method, f"{bits} bits")
    assert (row["psnr"], row["ssim"]) == pytest.approx(quality(pictures, images), abs=0.02)
    sizes = [len(codec.pack(one[None])) for one in codes]
    assert row["bytes_net"] == pytest.approx(np.mean(sizes), rel=0.02)


def test_more_axes_of_pca_win_where_there_is_room(found):
    best = max(row["psnr"] for row in found.tables["rates"] if row["method"] == "pca")
    assert found.scope["pca_wide"] == 64
    assert row_of(found, "pca_wide", "6 bits")["psnr"] > best + 3


@pytest.mark.parametrize(("form", "quality_"), [("JPEG", 50), ("JPEG", 5), ("WEBP", 90)])
def test_pictures_are_files_of_pillow(found, images, form, quality_):
    def saved(image, **named):
        file = BytesIO()
        Image.fromarray(image[0].numpy()).save(file, form, quality=quality_, **named)
        return file.getvalue()

    ways = [saved, partial(saved, optimize=True)] if form == "JPEG" else [saved]
    files = [min((way(image) for way in ways), key=len) for image in images]
    made = [np.array(Image.open(BytesIO(file)).convert("L")) for file in files]
    row = row_of(found, form.lower(), f"quality {quality_}")
    check(row, [len(f) for f in files], torch.from_numpy(np.stack(made))[:, None], images)
    black = images[0] * 0
    net = [min(len(way(image)) - len(way(black)) for way in ways) for image in images]
    assert row["bytes_net"] == pytest.approx(np.mean(np.clip(net, 0, None)))


def test_a_copy_has_no_psnr_and_nothing_is_missing(found):
    rows = found.tables["rates"]
    png = row_of(found, "png", "exact")
    assert png["psnr"] is png["psnr_low"] is None
    assert png["ssim"] == pytest.approx(1)
    assert len(rows) == 3 * len(BITS) + 2 * len(QUALITIES) + 1
    for method in ("model", "pca", "pca_wide", "jpeg", "webp", "png"):
        same = [row for row in rows if row["method"] == method]
        assert found.arrays[f"made_{method}"].shape == (len(same), 8, 1, 8, 8)
    json.dumps(found.tables, allow_nan=False)


def test_what_is_shown_is_what_was_measured(run, found, images):
    known = compressor(run, load_model(run), found, 4)
    place = BITS.index(4)
    made = known.read(known.write(images[:8]))
    assert np.array_equal(found.arrays["made_model"][place], made.numpy())
    assert np.array_equal(found.arrays["originals"], images[:8].numpy())


def test_the_decoder_is_won_back_when_its_bytes_are_saved(run, found):
    model = load_model(run).model
    layers = sum(parameter.numel() for parameter in model.decoder.parameters())
    for row, bits in zip(found.tables["decoder"], BITS, strict=True):
        assert row["decoder_bytes"] == 4 * (layers + 64)
        assert row["codec_bytes"] == compressor(run, load_model(run), found, bits).codec.size
        ours = row_of(found, "model", row["setting"])
        jpegs = [each for each in found.tables["rates"] if each["method"] == "jpeg"]
        near = min(jpegs, key=lambda each: abs(each["psnr"] - ours["psnr"]))
        assert row["jpeg"] == near["setting"]
        for size in ("net", "file"):
            saved = near[f"bytes_{size}"] - ours[f"bytes_{size}"]
            if saved > 0:
                total = row["decoder_bytes"] + row["codec_bytes"]
                assert row[f"paid_after_{size}"] * saved == pytest.approx(total)
            else:
                assert row[f"paid_after_{size}"] is None


def test_entries_of_a_book_are_one_setting():
    run = finished(variant="vq_vae", latent_dim=8, epochs=2)
    found = found_of(run)
    ours = [row for row in found.tables["rates"] if row["method"] == "model"]
    assert [row["setting"] for row in ours] == ["entries of the book"]
    assert 0 < ours[0]["bytes_net"] <= 2 * 8 / 8 + 2  # two entries of a book of 256
    known = compressor(run, load_model(run), found, 0)
    images = open_data("digits").part("test", 3)
    codes = codes_of(load_model(run).model, images)
    assert np.array_equal(known.codec.quantised(codes.numpy()), codes.numpy())


@pytest.mark.parametrize("variant", [name for name, kind in variants.items() if kind.has_code])
def test_every_variant_with_a_code_writes_files_that_open_again(variant):
    run = finished(variant=variant, latent_dim=3, epochs=1)
    found, loaded = found_of(run, count=20, fit_on=100), load_model(run)
    known = compressor(run, loaded, found, 0 if variant == "vq_vae" else 8)
    images = open_data("digits").part("test", 8)
    assert np.array_equal(known.read(known.write(images)), found.arrays["made_model"][-1])


def test_what_cannot_be_is_told(run, found):
    with pytest.raises(InputError, match="7 bits") as caught:
        compressor(run, load_model(run), found, 7)
    assert is_sentence(caught.value)
    bridged = finished(variant="unet_denoiser", corruption="gaussian", epochs=1)
    with pytest.raises(InputError, match="has no code") as caught:
        found_of(bridged)
    assert is_sentence(caught.value)


def test_it_is_heard_and_can_be_ended(run):
    told = []

    def follow(share, doing):
        told.append((share, doing))
        if share > 0.5:
            raise KeyboardInterrupt

    report = ReportSpec.from_flat(VALUES).report()
    with pytest.raises(KeyboardInterrupt):
        report.make(run, load_model(run), follow)
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert len(told) > len(BITS)


def test_from_the_shell(capsys):
    run = finished(variant="autoencoder", latent_dim=2, epochs=1)
    words = ["compress", run.id, "--count", "20", "--fit-on", "200"]
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["n"], told["fitted_on"], told["split"]) == (20, 200, "test")
    rows = found_of(run, count=20, fit_on=200).tables["rates"]
    assert told["tables"]["rates"] == rows
    assert main(words) == 0
    assert f"{rows[0]['psnr']:.4g}" in capsys.readouterr().out
