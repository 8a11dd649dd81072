"""Points that were drawn by hand: what is taken, what is refused, and the data set they become."""

import json

import numpy as np
import pytest

from aecore.datasets import datasets, open_data
from aecore.errors import InputError
from aecore.intake.drawn import FEWEST, MOST, drawn
from aecore.intake.sandboxed import keep_taken
from aecore.paths import home


def drawing(count=60, colours=(0, 3)):
    return [[i / count, -i / count, colours[i % len(colours)]] for i in range(count)]


def test_colours_that_were_used_become_classes():
    taken = drawn(json.dumps(drawing()))
    assert taken.kind == "points"
    assert taken.classes == ("Blue", "Red")
    assert taken.labels.tolist() == [0, 1] * 30
    expected = np.array([[i / 60, -i / 60] for i in range(60)], np.float32)
    assert np.array_equal(taken.samples[:, 0, 0], expected)
    assert drawn(json.dumps(drawing(colours=(2,)))).classes == ("Green",)


def test_a_drawing_becomes_an_own_data_set_that_opens():
    name = keep_taken(drawn(json.dumps(drawing(80))), "My <b>spirals</b>\u202e", "somebody")
    assert datasets[name].title == "My <b>spirals</b>"
    assert datasets[name].about.owner == "somebody"
    data = open_data(name)
    assert data.kind == "points"
    assert data.shape == (1, 1, 2)
    assert data.classes == ("Blue", "Red")
    assert [data.size(part) for part in ("train", "validation", "test")] == [48, 16, 16]
    assert [path.name for path in (home() / "datasets").iterdir()] == [name.removeprefix("own-")]


@pytest.mark.parametrize("count", [0, FEWEST - 1, MOST + 1])
def test_too_few_and_too_many_are_told(count):
    with pytest.raises(InputError, match=r"needs 50 to 5,000 points .* draw (more|fewer)\.$"):
        drawn(json.dumps(drawing(count)))


@pytest.mark.parametrize(
    "wrong",
    [[1.01, 0, 0], [0, -1.5, 0], [0, 0, 4], [0, 0, -1], [0, 0, 0.5], [0, 0], [0, 0, 0, 0],
     ["0", 0, 0], [None, 0, 0], [True, 0, 0], {"x": 0}, 5, [[0], 0, 0]],
    ids=str,
)  # fmt: skip
def test_what_is_no_point_is_refused(wrong):
    with pytest.raises(InputError, match=r"^A drawing is a list of \[x, y, colour\]"):
        drawn(json.dumps([*drawing(), wrong]))


@pytest.mark.parametrize(
    "text",
    ["", "{}", "null", "[", '"x"', "[[NaN, 0, 0]]", "[[Infinity, 0, 0]]", "[" * 100_000, "\x00"],
    ids=lambda text: text[:12],
)
def test_what_is_no_drawing_is_refused(text):
    with pytest.raises(InputError, match=r"^A drawing (is a list|needs)"):
        drawn(text)
