"""Arrays of NumPy become images or vectors with labels, as their rules say."""

import base64
import io
import struct

import numpy as np
import pytest
from intake_kit import class_folders, made, noise, npy, npz, written, zipped
from PIL import Image
from runs_kit import is_sentence

from aecore.errors import InputError
from aecore.intake.npy import read_header

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (12, 6, 5), np.uint8)
COLOUR = RNG.integers(0, 256, (12, 6, 5, 3), np.uint8)


def take(path, **options):
    return made("arrays", **options).take([path], [path.name])


def alone(tmp_path, array, **options):
    """An array as a lone .npy, taken in."""
    (tmp_path / "given").write_bytes(npy(array))
    return made("arrays", **options).take([tmp_path / "given"], ["given.npy"])


def refused(tmp_path, array, match, **options):
    with pytest.raises(InputError, match=match) as caught:
        alone(tmp_path, array, **options)
    assert is_sentence(caught.value)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (GREY, GREY[:, None]),
        (GREY[:, None], GREY[:, None]),
        (GREY[..., None], GREY[:, None]),
        (COLOUR, COLOUR.transpose(0, 3, 1, 2)),
        (COLOUR.transpose(0, 3, 1, 2), COLOUR.transpose(0, 3, 1, 2)),
        (np.asfortranarray(COLOUR), COLOUR.transpose(0, 3, 1, 2)),
        (COLOUR[:, :3, :3], COLOUR[:, :3, :3]),
    ],
    ids=["nhw", "n1hw", "nhw1", "nhw3", "n3hw", "fortran", "ambiguous"],
)
def test_axes_are_found(tmp_path, array, expected):
    taken = alone(tmp_path, array)
    assert taken.kind == "image"
    assert taken.samples.dtype == np.uint8
    assert np.array_equal(taken.samples, expected)
    assert taken.classes == ("all",)


@pytest.mark.parametrize(
    ("array", "axis", "expected"),
    [
        (COLOUR[:, :3, :3], "second", COLOUR[:, :3, :3]),
        (COLOUR[:, :3, :3], "last", COLOUR[:, :3, :3].transpose(0, 3, 1, 2)),
        (COLOUR, "last", COLOUR.transpose(0, 3, 1, 2)),
        (GREY, "second", GREY[:, None]),
    ],
)
def test_the_axis_of_the_channels_can_be_said(tmp_path, array, axis, expected):
    taken = alone(tmp_path, array, channel_axis=axis)
    assert np.array_equal(taken.samples, expected)
    refused(tmp_path, COLOUR, "as their second axis", channel_axis="second")


SHARES = RNG.random((12, 6, 5)) * 0.98 + 0.01
SHARES[0, 0, :2] = 0, 1
HALF = SHARES.astype(np.float16)
SPAN = int(GREY.max()) - int(GREY.min())


@pytest.mark.parametrize(
    ("array", "expected", "word"),
    [
        (SHARES, np.rint(SHARES * 255), "0 to 1"),
        (HALF, np.rint(HALF.astype(float) * 255), "0 to 1"),
        (SHARES.astype(">f4"), np.rint(SHARES.astype(np.float32).astype(float) * 255), "0 to 1"),
        (SHARES * 200, np.rint(SHARES * 200), "kept as they are"),
        (SHARES * 2 - 1, np.rint(SHARES * 255), "smallest, -1,"),
        (GREY.astype(np.int64), GREY, "kept as they are"),
        (GREY.astype(np.uint16) * 257, GREY, "16-bit"),
        (GREY.astype(np.int32) - 1000, np.rint((GREY - GREY.min()) / SPAN * 255), "smallest"),
        (GREY > 99, (GREY > 99) * 255, "0 to 1"),
        ((GREY > 99).astype(np.uint8), (GREY > 99) * 255, "0 to 1"),
        (GREY * 0, GREY * 0, "kept as they are"),
        (GREY * 0.0 + 7000, GREY * 0, "smallest"),
    ],
    ids=["floats", "half", "big endian", "bytes", "signed", "int64", "16 bits", "int32", "bool",
         "binary", "black", "flat"],
)  # fmt: skip
def test_numbers_become_bytes(tmp_path, array, expected, word):
    taken = alone(tmp_path, array)
    assert np.array_equal(taken.samples[:, 0], expected)
    assert any(word in rule for rule in taken.rules)
    assert all(is_sentence(rule) for rule in taken.rules)


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_images_miss_no_number(tmp_path, odd):
    array = SHARES.copy()
    array[3, 1, :3] = odd
    refused(tmp_path, array, "^3 numbers of the images are missing or infinite")


def test_vectors_become_rows_and_keep_what_is_missing(tmp_path):
    rows = RNG.normal(size=(15, 4))
    rows[2, 1], rows[3, 3], rows[4, 0] = np.nan, np.inf, 1e300
    taken = alone(tmp_path, rows)
    assert taken.kind == "table"
    assert taken.samples.shape == (15, 1, 1, 4)
    assert [column.name for column in taken.columns] == ["x1", "x2", "x3", "x4"]
    rows[3, 3] = rows[4, 0] = np.nan
    expected = rows.astype(np.float32)
    found = taken.samples[:, 0, 0]
    assert np.isnan(found).sum() == 3
    assert np.array_equal(found, expected, equal_nan=True)
    assert any(rule.startswith("3 numbers are missing") for rule in taken.rules)
    told = made("arrays").look([tmp_path / "given"], ["given.npy"])
    assert told["columns"] == ["x1", "x2", "x3", "x4"]
    assert told["rows"][2][1] is None
    assert len(told["previews"]) == 8
    assert told["rows"][0] == pytest.approx(rows[0], rel=1e-6)


def test_columns_of_rows_are_labels_or_left_out(tmp_path):
    rows = np.column_stack([RNG.normal(size=(12, 3)), [7, 2**40 + 1, 2**40] * 4])
    taken = alone(tmp_path, rows, label="x4", leave_out="x1")
    assert [column.name for column in taken.columns] == ["x2", "x3"]
    assert np.array_equal(taken.samples[:, 0, 0], rows[:, 1:3].astype(np.float32))
    assert taken.classes == ("7", str(2**40), str(2**40 + 1))
    assert (taken.labels.tolist(), taken.label) == ([0, 2, 1] * 4, "x4")
    assert "The labels are the column x4, which is not learnt." in taken.rules
    assert "Left out: x1." in taken.rules
    told = made("arrays", label="x4", leave_out="x1").look([tmp_path / "given"], ["given.npy"])
    assert told["columns"] == ["x2", "x3"]
    assert told["classes"] == dict.fromkeys(taken.classes, 4)
    path = npz(tmp_path / "a.npz", x=rows, y=np.arange(12) % 2)
    assert take(path, label="x4").classes == taken.classes  # what is said goes before what is found
    assert take(path).classes == ("0", "1")
    with pytest.raises(InputError, match="both given"):
        take(path, label="x4", labels="y")


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"label": "x9"}, "no column 'x9'"),
        ({"leave_out": "x1, y"}, "no column 'y'"),
        ({"label": "x1"}, "not whole, or misses some"),
        ({"label": "x4", "leave_out": "x4"}, "once"),
        ({"leave_out": "x1,x2,x3,x4"}, "No column"),
    ],
)
def test_columns_that_cannot_be_are_told(tmp_path, options, match):
    refused(tmp_path, np.column_stack([RNG.normal(size=(12, 3)), np.arange(12)]), match, **options)
    refused(tmp_path, GREY, "holds images, which have no columns", **options)


@pytest.mark.parametrize(
    ("y", "classes", "labels"),
    [
        ([3, 1] * 6, ("1", "3"), [1, 0] * 6),
        ([[0.0], [2.0]] * 6, ("0", "2"), [0, 1] * 6),
        ([True, False] * 6, ("0", "1"), [1, 0] * 6),
        (["b", "a"] * 6, ("a", "b"), [1, 0] * 6),
        (["e\u0301", "\u00e9", "z"] * 4, ("\u00e9", "z"), [0, 0, 1] * 4),
        ([-2**63, 2**63 - 1] * 6, (str(-2**63), str(2**63 - 1)), [0, 1] * 6),
    ],
    ids=["ints", "whole floats", "bool", "words", "same words", "long"],
)  # fmt: skip
def test_labels_become_classes(tmp_path, y, classes, labels):
    taken = take(npz(tmp_path / "a.npz", x=GREY, y=np.array(y)))
    assert taken.classes == classes
    assert taken.labels.tolist() == labels
    assert taken.label == "y"


def test_other_numbers_are_known_of_each_sample(tmp_path):
    y = RNG.normal(size=12)
    taken = take(npz(tmp_path / "a.npz", x=GREY, y=y))
    assert taken.classes == ("all",)
    ((column, values),) = taken.metadata
    assert column.name == "y"
    assert np.array_equal(values, y.astype(np.float32))


@pytest.mark.parametrize(
    ("names", "options", "samples", "label"),
    [
        (["images", "labels", "big"], {}, "images", "labels"),
        (["small", "other"], {}, "other", ""),
        (["big", "X", "Y"], {}, "X", "Y"),
        (["images", "labels", "big"], {"samples": "Big", "labels": "none"}, "big", ""),
        (["images", "mine", "labels"], {"labels": "mine"}, "images", "mine"),
        (["images", "test_labels"], {}, "images", ""),
    ],
)
def test_the_arrays_that_are_meant(tmp_path, names, options, samples, label):
    kinds = {"big": RNG.integers(0, 255, (12, 9, 9), np.uint8), "small": GREY[:, :2], "other": GREY,
             "images": GREY, "X": GREY}  # fmt: skip
    arrays = {name: kinds.get(name, np.arange(12) % 2) for name in names}
    if "test_labels" in arrays:
        arrays["labels"] = np.arange(5)  # of others: it does not fit
    taken = take(npz(tmp_path / "a.npz", packed=False, **arrays), **options)
    assert np.array_equal(taken.samples[:, 0], arrays[samples])
    assert taken.label == label
    assert f"The samples are the array {samples}." in taken.rules


def test_arrays_in_two_files(tmp_path):
    files = [("x.npy", npy(GREY)), ("y.npy", npy(np.arange(12) % 3))]
    taken = made("arrays").take(*written(tmp_path, files))
    assert taken.classes == ("0", "1", "2")
    assert np.array_equal(taken.samples[:, 0], GREY)


def test_a_look_shows_images(tmp_path):
    path = npz(tmp_path / "a.npz", images=COLOUR, labels=np.arange(12) % 2)
    told = made("arrays").look([path], ["a.npz"])
    assert told["summary"] == ["12 colour images of 5×6 pixels.", "2 classes, told by labels."]
    assert told["classes"] == {"0": 6, "1": 6}
    assert ["images", [12, 6, 5, 3], "uint8"] in told["arrays"]
    first = Image.open(io.BytesIO(base64.b64decode(told["previews"][0])))
    assert np.array_equal(np.asarray(first), COLOUR[0])


@pytest.mark.parametrize(
    ("array", "match"),
    [
        (np.arange(5), "shape"),
        (np.float64(3), "shape"),
        (np.zeros((0, 5, 5)), "is empty"),
        (np.zeros((5, 0)), "is empty"),
        (np.zeros((5, 4, 4, 4)), "1 or 3 channels"),
        (np.zeros((2, 3, 4, 5, 6)), "shape"),
        (np.zeros((2, 600, 4), np.uint8), "at most 512"),
        (np.zeros((2, 10_001), np.uint8), "too large"),
        (np.zeros((5, 5), complex), "complex128"),
        (np.array([["a", "b"]] * 5), "shape"),
        (np.zeros((5, 5), "S3"), r"\|S3"),
        (np.zeros((5, 5), "datetime64[s]"), "datetime"),
        (np.zeros(5, [("a", "f4"), ("b", "f4")]), "values of type"),
        (np.array([[1, None]] * 5), "Python objects"),
    ],
    ids=lambda value: None if isinstance(value, np.ndarray) else value,
)
def test_what_is_no_set_of_samples_is_refused(tmp_path, array, match):
    refused(tmp_path, array, match)


def test_labels_that_do_not_fit_are_refused(tmp_path):
    path = npz(tmp_path / "a.npz", x=GREY, y=np.arange(11), z=np.arange(12))
    for options, match in (
        ({"labels": "y"}, r"shape \(11,\)"),
        ({"labels": "w"}, "no array 'w'"),
        ({"samples": "w"}, "the arrays are: x, y, z"),
    ):
        with pytest.raises(InputError, match=match) as caught:
            take(path, **options)
        assert is_sentence(caught.value)
    many = npz(tmp_path / "b.npz", x=np.zeros((1001, 2)), y=np.arange(1001))
    with pytest.raises(InputError, match="1,001 different values"):
        take(many)
    assert len(take(many, labels="none").samples) == 1001


def test_a_zip_of_images_is_sent_elsewhere(tmp_path):
    with pytest.raises(InputError, match="choose Images"):
        take(zipped(tmp_path / "z.zip", class_folders()))


def header(text, version=1, size=1000):
    body = text.encode()
    long = struct.pack("<H" if version == 1 else "<I", len(body))
    return read_header(b"\x93NUMPY" + bytes([version, 0]) + long + body, size, "it")


def test_headers_of_every_version_are_read():
    for version in (1, 2, 3):
        found = header("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n", version)
        assert (found.shape, found.dtype, found.bytes) == ((2, 3), np.float32, 24)
    with pytest.raises(InputError, match="no whole"):
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n", 4)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "__import__('os').system('true')",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (10**9,), }\n",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (100000000000,), }\n",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (" + "9" * 400 + ",), }\n",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1, -1), }\n",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (251,), }\n",
        "{'descr': '<U0', 'fortran_order': False, 'shape': (1000000000000,), }\n",
        "{'descr': 'V8', 'fortran_order': False, 'shape': (1,), }\n",
        "{'descr': ('<f4', (9, 9)), 'fortran_order': False, 'shape': (1,), }\n",
        "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n",
        "{'descr': [('a', '|O')], 'fortran_order': False, 'shape': (1,), }\n",
        "{'descr': '<f4', 'fortran_order': 3, 'shape': 'x', }\n",
        "(" * 5000,
        "[" * 9000 + "]" * 9000,
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }" + " " * 11_000 + "\n",
    ],
    ids=lambda text: text[:60] + str(len(text)),
)
def test_headers_that_lie_are_refused(text):
    with pytest.raises(InputError) as caught:
        header(text)
    assert is_sentence(caught.value)


def test_noise_is_refused():
    for seed in range(50):
        content = noise(8, 8, seed=seed).tobytes()
        with pytest.raises(InputError):
            read_header(b"\x93NUMPY" + content, len(content), "it")
