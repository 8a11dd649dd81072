"""The Compress page: waits for its report, draws it, says who wins, and opens its own files."""

import numpy as np
import pytest
import torch
from pages_kit import charts, link, shown, sound
from runs_kit import finished, is_sentence, taken_in
from test_pages import PAGES, engine, visit  # noqa: F401  whoever imports `engine` gets its setting

import ui.compress_parts
from aecore.jobs.reporter import Reporter
from aecore.paths import home
from aecore.reports import Findings, ReportSpec
from aecore.reports.compress import compressor
from aecore.runs.inference import load_model
from ui.compress_figures import rate_figure
from ui.compress_words import nearest, reached, titles, verdict, winners
from ui.figures import strip
from ui.selection import RUN

(COMPRESS,) = (page for page in PAGES if page.stem == "compress")
FEW = {"files": "20", "fitted": "200"}


@pytest.fixture
def run():
    return taken_in(finished(variant="autoencoder", latent_dim=4, epochs=3))


def opened(run, **asked):
    """The page once its report is there."""
    at = visit(COMPRESS, {RUN: run.id, **FEW, **asked})
    while Reporter(home()).tick():
        pass
    return sound(at.run())


def found_of(run, **values):
    spec = ReportSpec.from_flat({"report": "compress", "count": 20, "fit_on": 200, **values})
    return spec.report().make(run, load_model(run), lambda *_: None)


def test_it_measures_and_shows_what_was_measured(run):
    at = visit(COMPRESS, {RUN: run.id, **FEW})
    assert "waiting for its turn" in shown(at)
    at = opened(run)
    assert len(charts(at)) == 1
    assert "over 20 test images" in shown(at)
    assert "from 200 training images" in shown(at)
    found = found_of(run)
    for line in verdict(found, "psnr", "net"):
        assert line in shown(at)
    assert [b.proto.label for b in at.get("download_button")][1:] == [
        "Rates as CSV",
        "Decoder as CSV",
    ]
    assert len(at.dataframe[0].value) == len(found.tables["rates"])


def test_the_switches_stand_in_the_link(run):
    at = opened(run, measure="ssim", headers="file", rounding="1")
    assert "Best SSIM" in shown(at)
    assert at.selectbox(key="linked:rounding").value == "1"
    sound(at.selectbox(key="linked:rounding").set_value("0").run())
    assert link(at)["rounding"] == "0"


@pytest.mark.parametrize("asked", [{"rounding": "99"}, {"measure": "nonsense"}, {"files": "-1"},
                                   {"fitted": "x"}, {"headers": ""}])  # fmt: skip
def test_a_link_of_nonsense_shows_what_is_usual(run, asked):
    sound(visit(COMPRESS, {RUN: run.id, **FEW, **asked}))


def test_entries_of_a_book_leave_nothing_to_round():
    run = taken_in(finished(variant="vq_vae", latent_dim=8, epochs=1))
    at = opened(run)
    assert at.selectbox(key="linked:rounding").options == ["entries of the book"]
    assert "Download these images compressed" in at.get("download_button")[0].proto.label


def test_a_run_without_a_code_is_told():
    run = taken_in(finished(variant="unet_denoiser", corruption="gaussian", epochs=1))
    at = visit(COMPRESS, {RUN: run.id})
    assert "no code to explore" in shown(at)
    assert not charts(at)


def read(run, found, content):
    """What the page says of an uploaded file."""
    from streamlit.testing.v1 import AppTest

    def script(run, found, content):
        from ui.compress_parts import opened

        opened(run, found, content)

    named = {"run": run, "found": found, "content": content}
    return sound(AppTest.from_function(script, kwargs=named).run())


def test_a_file_of_the_page_is_opened_and_another_refused(run, monkeypatch):
    drawn, found = [], found_of(run)
    monkeypatch.setattr(
        ui.compress_parts, "strip", lambda made, columns: drawn.append(made) or strip(made, columns)
    )
    known = compressor(run, load_model(run), found, 3)
    images = torch.from_numpy(found.arrays["originals"])
    content = known.write(images)
    at = read(run, found, content)
    assert f"8 images from {len(content)} bytes" in shown(at)
    assert len(drawn) == 1
    assert torch.equal(drawn[0], known.read(content))
    other = finished(variant="autoencoder", latent_dim=4, epochs=1)
    foreign = compressor(other, load_model(other), found_of(other), 3).write(images)
    many = known.write(images[:1].expand(65, -1, -1, -1))
    for wrong in (b"", b"GIF89a", content[:-1], foreign, many):
        at = read(run, found, wrong)
        assert len(drawn) == 1
        (error,) = at.error
        assert is_sentence(error.value)


def row(method, setting, net, psnr, extra=100.0):
    return {
        "method": method, "setting": setting, "bytes_net": net, "bytes_file": net + extra,
        "bits_per_pixel": net / 98, "psnr": psnr, "psnr_low": psnr, "psnr_high": psnr,
        "ssim": psnr / 50, "ssim_low": psnr / 50, "ssim_high": psnr / 50,
    }  # fmt: skip


ROWS = [
    row("model", "1 bit", 2.0, 14.0, 32),
    row("model", "8 bits", 16.0, 17.0, 32),
    row("pca", "1 bit", 2.0, 13.0, 32),
    row("pca", "8 bits", 16.0, 15.0, 32),
    row("jpeg", "quality 5", 4.0, 10.0),
    row("jpeg", "quality 9", 64.0, 30.0),
]
PAID = {
    "setting": "8 bits", "psnr": 17.0, "decoder_bytes": 960_000, "codec_bytes": 40_000,
    "jpeg": "quality 5", "jpeg_psnr": 10.0, "saved_net": -12.0, "paid_after_net": None,
    "saved_file": 56.0, "paid_after_file": 1_000_000 / 56,
}  # fmt: skip
MADE_UP = Findings({"code_size": 16, "pca_wide": 256}, {"rates": ROWS, "decoder": [PAID]})


def test_a_size_between_two_settings_lies_on_the_line_between_them():
    jpegs = ROWS[-2:]
    assert reached(jpegs, "psnr", "net", 3.9) is None
    assert reached(jpegs, "psnr", "net", 16.0) == pytest.approx(20)
    assert reached(jpegs, "psnr", "net", 1000.0) == 30
    worse = [*jpegs, row("jpeg", "quality 10", 80.0, 25.0)]
    assert reached(worse, "psnr", "net", 90.0) == 30


def test_who_wins_depends_on_the_size_and_on_headers():
    assert winners(ROWS, "psnr", "net") == [(2.0, "model"), (16.0, "jpeg")]
    assert winners(ROWS, "psnr", "file") == [(34.0, "model"), (48.0, "model")]
    assert nearest(ROWS, "jpeg", "net", 40.0) == 1
    assert nearest(ROWS, "jpeg", "file", 40.0) == 0


def test_the_sentences_say_it():
    who, beyond, pca, header, weight = verdict(MADE_UP, "psnr", "net")
    assert "**This run** at 2.0, **JPEG** at 16.0 bytes an image" in who.replace(" bytes,", ",")
    assert "no better than 17.00 dB" in beyond
    assert "JPEG (quality 9): 30.00 dB in 64.0 bytes" in beyond
    assert "beats PCA, 16 numbers: 17.00 dB against 15.00 dB" in pca
    assert "quality 5, 104 bytes, 100 are the same for every image" in header
    assert "decoder, 960 kB" in weight
    assert "won back never without headers, after 17,857 images by whole files" in weight
    worse = [{**each, "psnr": 15.5} if each["method"] == "pca" else each for each in ROWS]
    told = verdict(Findings(MADE_UP.scope, {"rates": worse[1:], "decoder": [PAID]}), "psnr", "net")
    assert "this run beats PCA" in told[2]
    losing = [{**each, "psnr": 9.0} if each["method"] == "model" else each for each in ROWS]
    told = verdict(Findings(MADE_UP.scope, {"rates": losing, "decoder": [PAID]}), "psnr", "net")
    assert "**is beaten by** PCA" in told[2]
    assert "**PCA, 16 numbers** at 2.0" in told[0]


def test_the_figure_has_a_line_for_each_method_told_apart_without_colour(run):
    found = found_of(run)
    rows = found.tables["rates"]
    for measure, size in (("psnr", "net"), ("ssim", "file")):
        figure = rate_figure(rows, titles(found), measure, size)
        assert [line.name for line in figure.data] == [*titles(found).values()][:5]
        assert len({line.line.dash for line in figure.data}) == 5
        assert len({line.marker.symbol for line in figure.data}) == 5
        ours = [each for each in rows if each["method"] == "model"]
        assert list(figure.data[0].y) == [each[measure] for each in ours]
        assert list(figure.data[0].x) == [each[f"bytes_{size}"] for each in ours]
        (note,) = figure.layout.annotations
        png = rows[-1][f"bytes_{size}"]
        assert 10**note.x == pytest.approx(png)
        assert np.allclose(figure.layout.shapes[0].x0, png)
