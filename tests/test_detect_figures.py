"""Figures of the page that finds anomalies: they show the numbers they are given."""

import numpy as np
import pytest
import torch

from aecore.detection.judge import Confusion, confusion, precision_recall, roc
from ui.detect_figures import (
    error_pictures,
    histogram,
    precision_figure,
    roc_figure,
    worst_grid,
)
from ui.grids import png

GENERATOR = np.random.default_rng(0)
ODD = np.arange(300) < 60
SCORES = GENERATOR.normal(size=300) + 2 * ODD


def test_bars_of_each_kind_add_up_to_100_percent_of_the_images():
    figure = histogram(SCORES, ODD, 1.5, "Error")
    normal, odd = figure.data
    assert (sum(normal.customdata), sum(odd.customdata)) == (240, 60)
    assert (sum(normal.y), sum(odd.y)) == pytest.approx((100, 100))
    (line,) = figure.layout.shapes
    assert (line.x0, line.x1) == (1.5, 1.5)
    assert figure.layout.xaxis.title.text == "Error"
    above = sum(c for c, x in zip(odd.customdata, odd.x, strict=True) if x > 1.5)
    assert above == pytest.approx((SCORES[ODD] > 1.5).sum(), abs=8)


def test_the_thresholds_point_lies_where_its_counts_are():
    counts = confusion(SCORES, ODD, 1.5)
    line, chance, point = roc_figure(roc(SCORES, ODD), counts).data
    assert point.x[0] == counts.false_alarms / 240
    assert point.y[0] == counts.found / 60
    assert (line.x[0], line.y[0], line.x[-1], line.y[-1]) == (0, 0, 1, 1)
    line, chance, point = precision_figure(precision_recall(SCORES, ODD), counts, 0.2).data
    assert (point.x[0], point.y[0]) == (
        counts.found / 60,
        counts.found / (counts.found + counts.false_alarms),
    )
    assert list(chance.y) == [0.2, 0.2]
    assert len(line.x) <= 400


def test_without_an_alarm_there_is_no_precision_to_show():
    curve = precision_recall(SCORES, ODD)
    assert precision_figure(curve, Confusion(0, 60, 0, 240), 0.2).data[2].y[0] is None


def test_errors_are_white_where_equal_orange_where_too_bright_blue_where_too_dark():
    original = torch.tensor([0, 255, 100, 100], dtype=torch.uint8).view(1, 1, 2, 2)
    made = torch.tensor([255, 0, 100, 151], dtype=torch.uint8).view(1, 1, 2, 2)
    found = error_pictures(original, made)[0].flatten(1).T.tolist()
    assert found[:3] == [[213, 94, 0], [0, 114, 178], [255, 255, 255]]
    assert found[3] == pytest.approx([255 + (end - 255) * 0.4 for end in (213, 94, 0)], abs=1)


@pytest.mark.parametrize(("count", "channels"), [(3, 1), (10, 3), (13, 1)])
def test_the_oddest_stand_in_rows_of_ten_each_above_its_copy_and_its_error(count, channels):
    images = torch.randint(0, 255, (2, count, channels, 4, 4), dtype=torch.uint8)
    names, kinds, scores = ([f"{word}{i}" for i in range(count)] for word in "nks")
    grid = worst_grid(images[0], images[1], names, kinds, scores)
    width, blocks = min(count, 10), -(-count // 10)
    assert grid.columns == width
    assert grid.rows == ("Original", "Reconstruction", "Error") * blocks
    assert len(grid.images) == len(grid.notes) == len(grid.captions) == 3 * blocks * width
    last = count - 1
    at = (last // width) * 3 * width + last % width
    assert torch.equal(grid.images[at], images[0, last].expand(3, -1, -1))
    assert torch.equal(grid.images[at + width], images[1, last].expand(3, -1, -1))
    assert torch.equal(grid.images[at + 2 * width], error_pictures(*images[:, last:])[0])
    assert grid.notes[at + width] == f"Reconstruction: n{last}"
    assert (grid.captions[at], grid.captions[at + width]) == (f"k{last}", "")
    assert grid.captions[at + 2 * width] == f"s{last}"
    assert png(grid).startswith(b"\x89PNG")
