"""Arrays, torchvision's data sets and pandas frames as data sets: known answers, and refusals."""

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torchvision.datasets import FakeData
from torchvision.transforms import ToTensor

from aecore.datasets import SplitConfig, datasets, from_array, from_frame, from_torchvision
from aecore.datasets.base import open_data
from aecore.errors import InputError
from aecore.intake import keep_python

DRAWS = np.random.default_rng(0)
BYTES = DRAWS.integers(0, 256, (20, 5, 4, 3), np.uint8)


@pytest.mark.parametrize(
    ("x", "wanted"),
    [
        (BYTES, BYTES.transpose(0, 3, 1, 2)),
        (BYTES.transpose(0, 3, 1, 2), BYTES.transpose(0, 3, 1, 2)),
        (BYTES[..., 0], BYTES[:, None, :, :, 0]),
        (BYTES[..., :1], BYTES[:, None, :, :, 0]),
        (torch.from_numpy(BYTES), BYTES.transpose(0, 3, 1, 2)),
        (BYTES[..., 0] / 255, BYTES[:, None, :, :, 0]),
        (BYTES[..., 0].astype(np.float32) / 255, BYTES[:, None, :, :, 0]),
        (BYTES[..., 0] > 99, 255 * (BYTES[:, None, :, :, 0] > 99)),
    ],
)
def test_images_of_bytes_and_of_floats_to_1_are_these_very_images(x, wanted):
    data = from_array(x)
    assert data.kind == "image"
    assert data.images.dtype == torch.uint8
    assert (data.images.numpy() == wanted).all()


def test_other_numbers_are_spread_from_the_lowest_to_the_highest():
    x = np.zeros((10, 2, 2))
    x[0], x[1] = [[-4, -2], [0, 6]], [[1, 1], [1, 1]]
    spread = from_array(x).images
    assert spread[0, 0].tolist() == [[0, 51], [102, 255]]  # 255 (x + 4) / 10
    assert spread[1, 0, 0, 0] == 128
    sixteen = np.zeros((10, 1, 2), np.uint16)
    sixteen[:, 0, 1] = 65535
    sixteen[0, 0, 0] = 257
    assert from_array(sixteen).images[0].flatten().tolist() == [1, 255]
    assert from_array(np.full((10, 2, 2), 7)).images.sum() == 0


def test_rows_are_a_table_scaled_by_its_training_split_and_what_is_missing_is_the_mean():
    x = DRAWS.normal(5, 3, (50, 4))
    x[:, 3] = 2.5
    x[7, 0], x[8, 1], x[9, 2] = np.nan, np.inf, -1e300
    data = from_array(x, splits=SplitConfig(split_seed=3))
    assert data.kind == "table"
    assert data.shape == (1, 1, 4)
    train = data.splits["train"].numpy()
    known = np.where(np.abs(x) < 1e38, x, np.nan)
    mean, sd = np.nanmean(known[train], 0), np.nanstd(known[train], 0)
    sd[3] = 1
    assert [column.mean for column in data.columns] == pytest.approx(mean, rel=1e-6)
    assert [column.scale for column in data.columns] == pytest.approx(sd, rel=1e-6)
    rows = data.images.flatten(1).numpy()
    assert rows == pytest.approx(np.nan_to_num((known - mean) / sd), abs=1e-5)
    assert (rows[7, 0], rows[8, 1], rows[9, 2]) == (0, 0, 0)


def test_points_share_a_scale_and_windows_have_their_channels_first():
    x = DRAWS.normal(0, (1, 9), (40, 2))
    assert len({column.scale for column in from_array(x, kind="points").columns}) == 1
    windows = DRAWS.normal(size=(12, 30, 2))
    data = from_array(windows, kind="series")
    assert data.shape == (2, 1, 30)
    column = data.columns[1]
    raw = data.images[3, 1, 0].numpy() * column.scale + column.mean
    assert raw == pytest.approx(windows[3, :, 1], abs=1e-5)
    assert from_array(x, kind="series").shape == (1, 1, 2)


@pytest.mark.parametrize(
    ("labels", "classes", "wanted"),
    [
        (None, ("all",), [0] * 12),
        ([10, 9, 2] * 4, ("2", "9", "10"), [2, 1, 0] * 4),
        (["b", "a", None] * 4, ("a", "b", "(missing)"), [1, 0, 2] * 4),
        ([1.0, 0.0, np.nan] * 4, ("0", "1", "(missing)"), [1, 0, 2] * 4),
        ([True, False] * 6, ("False", "True"), [1, 0] * 6),
    ],
)
def test_labels_become_classes_in_their_order(labels, classes, wanted):
    data = from_array(np.zeros((12, 3)), labels)
    assert data.classes == classes
    assert data.labels.tolist() == wanted


@pytest.mark.parametrize(
    ("x", "more", "reason"),
    [
        (np.zeros((12, 3)), {"labels": [1, 2]}, "Expected 12 labels"),
        (np.zeros((12, 3)), {"labels": [0.5] * 12}, "Labels are classes"),
        (np.zeros((9, 3)), {}, "9 samples are too few"),
        (np.zeros(12), {}, r"got one of the shape \(12,\)"),
        (np.zeros((12, 3)), {"kind": "image"}, "Expected an array"),
        (np.zeros((12, 5, 5, 4)), {}, "1 or 3 channels"),
        (np.full((12, 2, 2), np.nan), {}, "missing or infinite pixels"),
        (np.array(["a"] * 12), {}, "array of numbers"),
        ([[1], [1, 2]] * 6, {}, "array of numbers"),
        (np.zeros((12, 3)), {"splits": SplitConfig(leave_out=3)}, "Leave out class"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_a_sentence(x, more, reason):
    with pytest.raises(InputError, match=reason) as refused:
        from_array(x, **more)
    assert str(refused.value).endswith(".")


def test_torchvisions_data_sets_give_pictures_or_tensors():
    pictures = FakeData(14, (3, 6, 5), 4)
    data = from_torchvision(pictures)
    tensors = from_torchvision(FakeData(14, (3, 6, 5), 4, ToTensor()), title="Fake")
    for index in range(14):
        known = np.asarray(pictures[index][0]).transpose(2, 0, 1)
        assert (data.images[index].numpy() == known).all()
    assert (data.images == tensors.images).all()
    assert (data.title, tensors.title) == ("FakeData", "Fake")
    assert [data.classes[label] for label in data.labels] == [str(int(y)) for _, y in pictures]


class Listed(list):
    classes = ("cat", "dog", "bird")


def test_classes_have_their_names_and_grey_stays_grey():
    grey = [Image.fromarray(BYTES[i, ..., 0]) for i in range(12)]
    data = from_torchvision(Listed((image, i % 2) for i, image in enumerate(grey)))
    assert data.shape == (1, 5, 4)
    assert data.classes == ("cat", "dog", "bird")  # also one that nothing here is of
    assert data.labels.tolist() == [0, 1] * 6
    clear = Listed((image.convert("RGBA"), 0) for image in grey)
    assert from_torchvision(clear).shape == (3, 5, 4)
    ink = Listed((image.point(lambda v: 255 * (v > 99)).convert("1"), 0) for image in grey)
    assert set(from_torchvision(ink).images.unique().tolist()) == {0, 255}


def test_pairs_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match=r"Image 1 has the shape \(3, 3\)"):
        from_torchvision([(np.zeros((2, 2)), 0), (np.zeros((3, 3)), 0)])
    with pytest.raises(InputError, match="Item 0 is no pair"):
        from_torchvision([5])
    with pytest.raises(InputError, match="is empty"):
        from_torchvision([])


def frame():
    n = 20
    made = pd.DataFrame(
        {
            "size": DRAWS.normal(size=n).astype(np.float32),
            "count": pd.array([1, None, *range(n - 2)], dtype="Int64"),
            "colour": ["red", None, "blue", "red"] * 5,
            "sex": pd.Categorical(["f", "m"] * 10, categories=["m", "f", "x"]),
            "old": [True, False] * 10,
            "day": pd.date_range("2024-01-01", periods=n, freq="12h"),
            "same": 3,
            "name": [f"n{i}" for i in range(n)],
            "kind": [3, 3, 10, 10] * 5,
        }
    )
    made.loc[4, "day"] = pd.NaT
    return made


def test_columns_of_a_frame_are_taken_by_their_types():
    data = from_frame(frame(), "kind", ["name", "colour"])
    assert [(column.name, column.kind, column.values) for column in data.columns] == [
        ("size", "number", ()),
        ("count", "number", ()),
        ("sex", "category", ("f", "m")),
        ("old", "category", ("False", "True")),
        ("day", "number", ()),
        ("same", "number", ()),
    ]
    assert data.classes == ("3", "10")
    assert data.labels.tolist() == [0, 0, 1, 1] * 5
    rows = data.images.flatten(1)
    assert rows[0, 2:6].tolist() == [1, 0, 0, 1]
    assert rows[1, 1] == rows[4, 6] == 0  # missing: the mean
    day = data.columns[4]
    assert float(rows[5, 6] * day.scale + day.mean) == pytest.approx(2.5, abs=1e-5)
    assert data.columns[5].scale == 1
    assert data.metadata["name"].tolist()[:3] == [0, 1, 12]  # n0, n1, n10, …: by their letters
    colour = data.metadata["colour"][:4].tolist()
    assert [colour[0], colour[2], colour[3]] == [1, 0, 1]
    assert np.isnan(colour[1])
    taken = from_frame(frame()[["size", "colour"]])
    assert taken.columns[1].values == ("blue", "red", "(missing)")
    assert taken.images[1].flatten()[1:].tolist() == [0, 0, 1]


def test_frames_that_cannot_be_taken_are_refused():
    many = pd.DataFrame({"text": [f"t{i}" for i in range(60)], "x": range(60)})
    with pytest.raises(InputError, match="60 different texts are too many"):
        from_frame(many)
    assert from_frame(many, metadata=["text"]).shape == (1, 1, 1)
    with pytest.raises(InputError, match="no column 'y'"):
        from_frame(many, "y")
    with pytest.raises(InputError, match="No column is left"):
        from_frame(many, "text", ["x"])
    with pytest.raises(InputError, match="two columns of one name"):
        from_frame(pd.concat([many, many], axis=1))


def test_what_a_script_keeps_opens_as_it_would_in_the_script(tmp_path, monkeypatch):
    monkeypatch.setenv("AECORE_HOME", str(tmp_path))
    table = frame()
    given = {
        keep_python(table, "T", label="kind", metadata=["name", "colour"]): from_frame(
            table, "kind", ["name", "colour"]
        ),
        keep_python(BYTES, "A", [0, 1] * 10): from_array(BYTES, [0, 1] * 10),
        keep_python(FakeData(14, (3, 6, 5), 4), "F"): from_torchvision(FakeData(14, (3, 6, 5), 4)),
    }
    for name, known in given.items():
        assert datasets[name].about.owner == "owner"
        data = open_data(name)
        assert torch.equal(data.images, known.images)
        assert torch.equal(data.labels, known.labels)
        assert (data.classes, data.columns) == (known.classes, known.columns)
        for column, values in known.metadata.items():
            assert torch.equal(data.metadata[column].nan_to_num(-1), values.nan_to_num(-1))
    with pytest.raises(InputError, match="too few"):
        keep_python(np.zeros((3, 4)), "small")
    assert len(list((tmp_path / "datasets").iterdir())) == 3


@pytest.mark.parametrize(
    ("x", "kind"), [(BYTES, None), (BYTES[:, :, 0], "series"), (BYTES[:, :2, 0, 0], "points")]
)
def test_a_data_set_at_hand_can_be_kept_in_its_own_units(x, kind, tmp_path, monkeypatch):
    monkeypatch.setenv("AECORE_HOME", str(tmp_path))
    known = from_array(x, [0, 1] * 10, kind=kind)
    kept = open_data(keep_python(known, "again"))
    torch.testing.assert_close(kept.images, known.images, rtol=1e-5, atol=1e-5)
    assert [column.name for column in kept.columns] == [column.name for column in known.columns]
    assert (kept.classes, kept.kind) == (known.classes, known.kind)
