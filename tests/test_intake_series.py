"""Time series from tables and arrays: which steps land in which window, against known answers."""

import io
import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from runs_kit import is_sentence
from table_kit import intake_of, taken, written

from aecore.datasets.scaling import scaled
from aecore.errors import InputError
from aecore.intake.windows import cut, majority, windows_of


def table_of(rows=12, names="t,a,b,who,state"):
    """a counts the rows in their order of time, b the same doubled; they stand in reverse."""
    lines = [names]
    for row in reversed(range(rows)):
        who, state = "xy"[row >= 7], "pq"[row % 4 == 0]
        lines.append(f"2024-01-{1 + row:02d},{row + 0.5},{2 * row + 0.5},{who},{state}")
    return "\n".join(lines) + "\n"


def bytes_of(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def test_windows_of_a_table_in_the_order_of_time(tmp_path):
    made = taken(tmp_path, table_of(), "series", window=4, time="t")
    assert made.samples.shape == (3, 2, 1, 4)
    assert [each.name for each in made.columns] == ["a", "b"]
    assert made.samples[1, 0, 0].tolist() == [4.5, 5.5, 6.5, 7.5]
    assert made.samples[1, 1, 0].tolist() == [8.5, 10.5, 12.5, 14.5]
    assert made.metadata[0][1].tolist() == [0, 4, 8]
    assert "In the order of t." in made.rules


def test_without_a_time_the_order_is_that_of_the_rows(tmp_path):
    made = taken(tmp_path, table_of(), "series", window=4, stride=2, channels="a")
    assert made.samples.shape == (5, 1, 1, 4)
    assert made.samples[1, 0, 0].tolist() == [9.5, 8.5, 7.5, 6.5]


def test_no_window_crosses_two_series(tmp_path):
    made = taken(tmp_path, table_of(), "series", window=3, time="t", group="who", channels="a")
    assert made.samples[:, 0, 0, 0].tolist() == [7.5, 0.5, 3.5]  # y comes first
    assert "3 rows are in no window." in made.rules
    made = taken(tmp_path, table_of(), "series", window=6, time="t", group="who", channels="a")
    assert len(made.samples) == 1
    assert made.skipped == {"series shorter than a window": 1}


def test_the_class_of_a_window_is_its_most_frequent(tmp_path):
    made = taken(tmp_path, table_of(), "series", window=2, time="t", label="state", channels="a")
    assert made.classes == ("p", "q")
    assert made.labels.tolist() == [0] * 6  # of p and q once each, the first
    made = taken(tmp_path, table_of(), "series", window=5, time="t", label="state", channels="a")
    assert made.labels.tolist() == [0, 0]


def test_majority_against_counting():
    draw = np.random.default_rng(0)
    codes, starts = draw.integers(0, 4, 200), np.arange(0, 190, 3)
    expected = [np.bincount(codes[s : s + 9], minlength=4).argmax() for s in starts]
    assert majority(codes, starts, 9, 4).tolist() == expected


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=6), st.integers(2, 6), st.integers(1, 8))
def test_windows_against_a_plain_loop(lengths, window, stride):
    groups = np.repeat(np.arange(len(lengths)), lengths)
    values = np.arange(len(groups), dtype=np.float32)[:, None]
    expected = [
        first + at
        for first, length in zip(np.cumsum([0, *lengths[:-1]]), lengths, strict=True)
        for at in range(0, length - window + 1, stride)
    ]
    if not expected:
        with pytest.raises(InputError, match="shorter window"):
            cut(groups, window, stride)
        return
    found = cut(groups, window, stride)
    assert found.starts.tolist() == expected
    covered = {row for start in expected for row in range(start, start + window)}
    assert found.over == len(groups) - len(covered)
    samples = windows_of(values, found.starts, window)
    assert samples[:, 0, 0].tolist() == [list(range(s, s + window)) for s in expected]
    assert covered == {int(value) for value in np.unique(samples)}


def test_missing_values_stay_missing_and_are_told(tmp_path):
    text = table_of().replace("\n2024-01-03,2.5", "\n2024-01-03,inf")
    made = taken(tmp_path, text, "series", window=4, time="t")
    assert np.argwhere(np.isnan(made.samples)).tolist() == [[0, 0, 0, 2]]
    assert "1 values are missing (infinite ones among them)." in made.rules


def test_rows_without_a_time_are_skipped(tmp_path):
    text = table_of().replace("2024-01-03", "")
    made = taken(tmp_path, text, "series", window=4, time="t", channels="a")
    assert made.samples[0, 0, 0].tolist() == [0.5, 1.5, 3.5, 4.5]
    assert made.skipped == {"rows without a time": 1}


def test_series_of_arrays(tmp_path):
    array = np.arange(24).reshape(2, 12)
    made = taken(tmp_path, bytes_of(array), "series", window=6)
    assert made.samples.shape == (4, 1, 1, 6)
    assert made.samples[2, 0, 0].tolist() == [12, 13, 14, 15, 16, 17]
    channels = np.stack([array, -array], 2).astype(np.float64)
    channels[0, 0, 1] = np.inf
    made = taken(tmp_path, bytes_of(channels), "series", window=4, stride=4)
    assert made.samples.shape == (6, 2, 1, 4)
    assert made.samples[1, 1, 0].tolist() == [-4, -5, -6, -7]
    assert np.isnan(made.samples[0, 1, 0, 0])
    made = taken(tmp_path, bytes_of(np.arange(9.0)), "series", window=4)
    assert made.samples[1, 0, 0].tolist() == [4, 5, 6, 7]


def test_channels_of_arrays_are_chosen_and_may_come_first(tmp_path):
    array = np.arange(48.0).reshape(2, 8, 3)
    made = taken(tmp_path, bytes_of(array), "series", window=4, channels="channel 3, channel 1")
    assert [each.name for each in made.columns] == ["channel 3", "channel 1"]
    assert made.samples[1, :, 0].tolist() == array[0, 4:, [2, 0]].tolist()
    assert "of which channel 3, channel 1 are learnt" in made.rules[0]
    first = bytes_of(array.transpose(0, 2, 1))
    again = taken(tmp_path, first, "series", window=4, channels_first=True)
    assert np.array_equal(
        again.samples, taken(tmp_path, bytes_of(array), "series", window=4).samples
    )
    for options, said in (
        ({"group": "a"}, "no columns of groups"),
        ({"channels": "x"}, "no column"),
    ):
        with pytest.raises(InputError, match=said) as told:
            taken(tmp_path, bytes_of(array), "series", window=4, **options)
        assert is_sentence(told.value)


def test_labels_of_arrays_go_to_every_window_of_a_series(tmp_path):
    file = io.BytesIO()
    np.savez(file, x=np.arange(24.0).reshape(2, 12), y=np.array(["calm", "burst"]))
    made = taken(tmp_path, file.getvalue(), "series", window=6)
    assert made.classes == ("burst", "calm")
    assert made.labels.tolist() == [1, 1, 0, 0]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"window": 500}, "do not fit"),
        ({"window": 4, "channels": "who"}, "cannot be taken as a number"),
        ({"window": 4, "channels": "a", "label": "a"}, "named for two things"),
        ({"window": 4, "group": "nobody"}, "no column 'nobody'"),
        ({"window": 4, "time": "who"}, "cannot be taken as a number"),
    ],
)
def test_what_cannot_be_is_told(tmp_path, options, said):
    for ask in (intake_of("series", **options).take, intake_of("series", **options).look):
        with pytest.raises(InputError, match=said) as told:
            ask(*written(tmp_path, table_of()))
        assert is_sentence(told.value)


def test_arrays_that_hold_no_series_are_told(tmp_path):
    with pytest.raises(InputError, match="series, steps") as told:
        taken(tmp_path, bytes_of(np.zeros((2, 3, 4, 5))), "series")
    assert is_sentence(told.value)
    with pytest.raises(InputError, match="Python objects"):
        taken(tmp_path, bytes_of(np.array([{}], object)), "series")


def test_a_look_tells_windows_and_columns(tmp_path):
    found = intake_of("series", window=4, time="t", group="who", label="state").look(
        *written(tmp_path, table_of())
    )
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["count"] == 2
    roles = {each["name"]: each["role"] for each in found["columns"]}
    assert roles == {"t": "time", "a": "channel", "b": "channel", "who": "group", "state": "label"}
    assert len(found["previews"]) == 2


def test_channels_are_scaled_each_for_itself(tmp_path):
    made = taken(tmp_path, table_of(), "series", window=4, time="t")
    known, columns = scaled(
        torch.tensor(made.samples), torch.tensor([0, 1]), "series", made.columns
    )
    assert torch.allclose(known[:2].mean((0, 2, 3)), torch.zeros(2), atol=1e-6)
    assert torch.allclose(known[:2].std((0, 2, 3), correction=0), torch.ones(2), atol=1e-6)
    assert columns[1].scale == pytest.approx(2 * columns[0].scale)
