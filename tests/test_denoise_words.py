"""The words and figures of the page on restoring, from rows made by hand."""

import numpy as np
import pytest

from ui.denoise_figures import gain_matrix, level_curves, side_by_side
from ui.denoise_words import method_table, scope_line, verdict


def row(method, psnr, half=0.1, **more):
    return {
        "method": method, "title": method.title(), "psnr": psnr, "psnr_low": psnr - half,
        "psnr_high": psnr + half, "ssim": psnr / 40, "ssim_low": psnr / 40 - 0.01,
        "ssim_high": psnr / 40 + 0.01, "strength": None, "meaning": "", "seconds": None, **more,
    }  # fmt: skip


def beside(*rows):
    """The lines with the difference to the run's, give or take 0.2 dB."""
    (run,) = (each["psnr"] for each in rows if each["method"] == "run")
    gaps = [each["psnr"] - run for each in rows]
    return [
        {**each, "ahead": gap, "ahead_low": gap - 0.2, "ahead_high": gap + 0.2}
        for each, gap in zip(rows, gaps, strict=True)
    ]


class TestVerdict:
    def test_names_the_best_classical_method_and_who_wins(self):
        rows = [row("input", 9), row("run", 18), row("median", 12), row("wiener", 17.1)]
        said = verdict(beside(*rows))
        assert "**Wiener**, which is linear, reaches 17.10 dB" in said
        assert "this run reaches 18.00 dB" in said
        assert said.endswith("this run wins here, by 0.70 to 1.10 dB on the same images.")

    def test_a_filter_that_wins_is_said_to(self):
        said = verdict(beside(row("input", 9), row("run", 15), row("median", 16)))
        assert "Median wins here, by 0.80 to 1.20 dB" in said
        assert "linear" not in said

    @pytest.mark.parametrize("run", [16.9, 17.1])
    def test_a_difference_that_may_be_chance_leaves_it_open(self, run):
        said = verdict(beside(row("input", 9), row("run", run), row("wiener", 17.0)))
        assert "may be chance, so which is better is open" in said

    def test_a_difference_on_the_same_images_decides_though_their_intervals_overlap(self):
        rows = row("input", 9), row("run", 17, half=2), row("wiener", 17.5, half=2)
        assert "Wiener wins here" in verdict(beside(*rows))

    def test_where_nothing_helps_it_says_so(self):
        said = verdict(beside(row("input", 30), row("run", 20), row("median", 25)))
        assert said.startswith("No classical method gains anything here; the images come in at 30")
        assert "the damaged images as they are win here" in said


class TestTable:
    def test_the_best_of_each_column_is_bold_and_nothing_else(self):
        rows = [row("run", 18), row("wiener", 17, ssim=0.9, strength=2.0, meaning="size")]
        table = method_table(rows, "denoise")
        assert table["PSNR (dB)"] == [
            "**18.00**\u00a0(17.90–\u206018.10)",
            "17.00\u00a0(16.90–\u206017.10)",
        ]
        assert [text.startswith("**") for text in table["SSIM"]] == [False, True]
        assert table[""] == ["Run", "Wiener, size: 2"]

    def test_images_too_small_for_ssim_have_no_such_column(self):
        none = {"ssim": None, "ssim_low": None, "ssim_high": None}
        assert "SSIM" not in method_table([row("run", 18, **none)], "denoise")

    def test_says_of_what_the_figures_are(self):
        for task, words in (("fill", "in the holes"), ("colour", "of the colours")):
            assert f"PSNR {words} (dB)" in method_table([row("run", 18)], task)


def test_images_that_lost_nothing_are_told():
    scope = {
        "n": 40, "scored": 38, "task": "fill", "corruption": "masking", "level": 0.01,
        "noise_seed": 0, "fitted_on": 100, "chosen_on": 20,
    }  # fmt: skip
    assert "2 of them have lost nothing and are left out" in scope_line(scope)
    assert "lost nothing" not in scope_line({**scope, "scored": 40})


def test_side_by_side_has_a_row_for_each_method_and_the_error_as_light():
    clean = np.full((3, 1, 2, 2), 100, np.uint8)
    arrays = {"clean": clean, "input": clean + 50, "run": clean + 20, "wiener": clean - 30}
    rows = [row("input", 9.04), row("run", 18), row("wiener", 17)]
    grid = side_by_side(arrays, rows)
    assert grid.rows == (
        "Original", "Damaged, 9.0 dB", "This run, 18.0 dB", "Error of this run",
        "Wiener filter, 17.0 dB",
    )  # fmt: skip
    assert grid.columns == 3
    values = [int(batch[0, 0, 0, 0]) for batch in grid.images.split(3)]
    assert values == [100, 150, 120, 40, 70]
    assert len(grid.notes) == len(grid.images) == 15


def test_curves_have_their_intervals_and_differ_in_more_than_colour():
    names = ("input", "run", "wiener", "median")
    rows = [
        {**row(name, level * 10 + i), "level": level}
        for level in (0.1, 0.2)
        for i, name in enumerate(names)
    ]
    figure = level_curves(rows, "Noise", 0.15)
    assert [trace.name for trace in figure.data] == ["Input", "Run", "Wiener", "Median"]
    assert list(figure.data[1].x) == [0.1, 0.2]
    assert list(figure.data[1].y) == [2.0, 3.0]
    assert figure.data[1].error_y.array == pytest.approx([0.1, 0.1])
    assert len({trace.line.dash for trace in figure.data}) == 4
    assert len({trace.marker.symbol for trace in figure.data}) == 4
    assert figure.layout.shapes[0].x0 == 0.15
    assert not level_curves(rows, "Noise", None).layout.shapes


def test_the_matrix_has_each_gain_where_it_belongs_and_zero_in_the_middle():
    rows = [{"run": run, "tested_on": kind, "gain": gain} for run, kind, gain in
            (("a", "x", 1.0), ("a", "y", -4.0), ("b", "x", 2.0), ("b", "y", 3.0))]  # fmt: skip
    figure = gain_matrix(rows, {"a": "first", "b": "second"}, {"y": "Why", "x": "Ex"})
    (heat,) = figure.data
    assert [list(line) for line in heat.z] == [[-4.0, 1.0], [3.0, 2.0]]
    assert list(heat.x) == ["Why", "Ex"]
    assert list(heat.y) == ["first", "second"]
    assert heat.zmin == -heat.zmax == -4.0
