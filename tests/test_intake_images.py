"""Zips, class folders and single files of images become samples, as their rules say."""

import base64
import io
from zipfile import ZipFile

import numpy as np
import pytest
from conftest import shared_data
from intake_kit import class_folders, image_file, made, noise, written, zipped
from PIL import Image
from runs_kit import is_sentence

from aecore.errors import InputError
from aecore.intake import images, reading
from aecore.intake.fitting import target

CIFAR = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def take(path, **options):
    return made("images", **options).take([path], [path.name])


def look(path, **options):
    return made("images", **options).look([path], [path.name])


def files_of(path):
    """(class, pixels) of each image of a zip of class folders, as Pillow alone reads them."""
    with ZipFile(path) as archive:
        for name in archive.namelist():
            yield name.split("/")[0], np.asarray(Image.open(io.BytesIO(archive.read(name))))


def real_or_like(name, tmp_path, **like):
    """A zip of the real data, or a small one made like it."""
    real = shared_data() / name
    return real if real.is_file() else zipped(tmp_path / name, class_folders(**like))


def test_a_zip_of_class_folders_is_taken_in_to_the_bit(tmp_path):
    path = real_or_like("cifar10_sample.zip", tmp_path, classes=CIFAR, height=32, width=32)
    taken = take(path)
    expected = list(files_of(path))
    assert taken.classes == CIFAR
    assert taken.kind == "image"
    assert taken.samples.shape == (len(expected), 3, 32, 32)
    assert [taken.classes[label] for label in taken.labels] == [name for name, _ in expected]
    pixels = np.stack([image for _, image in expected]).transpose(0, 3, 1, 2)
    assert np.array_equal(taken.samples, pixels)
    assert taken.skipped == {}


def test_grey_images_stay_grey(tmp_path):
    path = real_or_like("fashion_mnist_sample.zip", tmp_path, height=28, width=28, channels=1)
    taken, expected = take(path), list(files_of(path))
    assert taken.samples.shape == (len(expected), 1, 28, 28)
    assert np.array_equal(taken.samples[:, 0], np.stack([x for _, x in expected]))
    assert "Images were kept in grey, since all of them are grey." in taken.rules
    told = look(path)
    assert told["count"] == len(expected)
    assert told["shape"] == [1, 28, 28]
    assert sum(told["classes"].values()) == len(expected)


def test_files_side_by_side_have_one_class(tmp_path):
    paths, names = written(tmp_path, [(f"{i}.jpg", image_file(noise(seed=i))) for i in range(12)])
    taken = made("images").take(paths, names)
    assert (taken.classes, taken.label) == (("all",), "")
    assert taken.labels.dtype == np.int64
    assert taken.labels.tolist() == [0] * 12
    assert np.array_equal(taken.samples[3].transpose(1, 2, 0), noise(seed=3))


def test_a_flat_zip_has_one_class(tmp_path):
    path = zipped(tmp_path / "flat.zip", [(f"{i}.png", image_file(noise())) for i in range(12)])
    assert take(path).classes == ("all",)


def test_the_last_folder_is_the_class(tmp_path):
    names = ["a/train/cat/1.png", "a/test/cat/2.png", "a\\test\\dog\\3.png", "4.png", "./b/5.png"]
    taken = take(zipped(tmp_path / "z.zip", [(name, image_file(noise())) for name in names]))
    assert taken.classes == ("all", "b", "cat", "dog")
    assert taken.labels.tolist() == [2, 2, 3, 0, 1]
    assert any("folders of the same name are one class" in rule for rule in taken.rules)


def test_names_that_read_the_same_are_one_class(tmp_path):
    names = ["e\u0301te/1.png", "\u00e9te/2.png", "\u200b\u00e9te /3.png"]
    taken = take(zipped(tmp_path / "z.zip", [(name, image_file(noise())) for name in names]))
    assert taken.classes == ("\u00e9te",)


def test_old_zips_that_do_not_say_that_their_names_are_utf8(tmp_path):
    path = zipped(tmp_path / "z.zip", [("caf\u00e9/1.png", image_file(noise()))])
    content = bytearray(path.read_bytes())
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(sign) + place + 1] &= ~8  # bit 11: names are UTF-8
    path.write_bytes(content)
    assert take(path).classes == ("caf\u00e9",)


def test_junk_is_left_out_silently(tmp_path):
    junk = ["__MACOSX/a/._1.png", "a/.DS_Store", "a/Thumbs.db", "desktop.ini", "a/", ".git/x", "b/"]
    files = [(f"a/{i}.png", image_file(noise())) for i in range(3)]
    path = zipped(tmp_path / "z.zip", files + [(name, b"junk") for name in junk])
    taken = take(path)
    assert (len(taken.samples), taken.skipped, taken.classes) == (3, {}, ("a",))


def test_what_is_no_image_is_skipped_and_told(tmp_path):
    files = [(f"a/{i}.png", image_file(noise())) for i in range(10)]
    files += [("a/notes.txt", b"hello"), ("a/<b>page</b>.png", b"<html>"), ("a/empty.png", b""),
              ("a/cut.png", image_file(noise(40, 40))[:300])]  # fmt: skip
    path = zipped(tmp_path / "z.zip", files)
    reasons = {"not an image": 1, "an HTML page": 1, "empty": 1, "damaged or cut off": 1}
    taken, told = take(path), look(path)
    assert taken.skipped == told["skipped"] == reasons
    assert len(taken.samples) == len(taken.labels) == 10
    assert ["notes.txt", "not an image"] in told["skipped_names"]
    assert any(line.startswith("4 of 14 files skipped: ") for line in told["summary"])


@pytest.mark.parametrize(("good", "bad"), [(0, 1), (0, 3), (5, 6), (10, 100)])
def test_more_bad_than_good_is_refused_with_the_counts(tmp_path, good, bad):
    files = [(f"{i}.txt", b"text") for i in range(bad)]
    files += [(f"{i}.png", image_file(noise())) for i in range(good)]
    path = zipped(tmp_path / "z.zip", files)
    for action in (take, look):
        with pytest.raises(InputError, match="not an image") as refused:
            action(path)
        assert is_sentence(refused.value)


def test_as_many_bad_as_good_are_taken(tmp_path):
    files = [(f"{i}.txt", b"x") for i in range(5)]
    files += [(f"{i}.png", image_file(noise())) for i in range(5)]
    assert len(take(zipped(tmp_path / "z.zip", files)).samples) == 5


@pytest.mark.parametrize("colour", ["auto", "grey", "colour"])
def test_grey_or_colour_as_chosen(tmp_path, colour):
    grey, vivid = noise(channels=1, seed=1), noise(seed=2)
    files = [("1.png", image_file(grey)), ("2.png", image_file(vivid)),
             ("3.png", image_file(np.dstack([grey] * 3)))]  # fmt: skip
    samples = take(zipped(tmp_path / "z.zip", files), colour=colour).samples
    assert samples.shape[1] == (1 if colour == "grey" else 3)
    assert (samples[0] == grey).all()
    assert (samples[2] == grey).all()
    if colour == "grey":
        # ITU-R BT.601, as Pillow states it
        expected = vivid @ np.array([0.299, 0.587, 0.114])
        assert np.abs(samples[1, 0] - expected).max() <= 0.51
    else:
        assert np.array_equal(samples[1].transpose(1, 2, 0), vivid)
    only = zipped(tmp_path / "g.zip", [files[0], files[2]])
    assert take(only, colour=colour).samples.shape[1] == (3 if colour == "colour" else 1)


def test_sizes_become_the_most_frequent_one(tmp_path):
    sizes = [(12, 10)] * 3 + [(10, 12)] * 2 + [(50, 50)]
    files = [(f"{i}.png", image_file(noise(*size, seed=i))) for i, size in enumerate(sizes)]
    path = zipped(tmp_path / "z.zip", files)
    taken = take(path, fit="crop")
    assert taken.samples.shape == (6, 3, 12, 10)
    assert np.array_equal(taken.samples[0].transpose(1, 2, 0), noise(12, 10, seed=0))
    rule = next(rule for rule in taken.rules if "most frequent" in rule)
    assert "10×12 pixels, the most frequent size (3 of 6)" in rule
    assert "cut off" in rule
    assert look(path)["sizes"] == [["10×12", 3], ["12×10", 2], ["50×50", 1]]
    assert take(path, side=20).samples.shape == (6, 3, 20, 20)


@pytest.mark.parametrize(
    ("sizes", "side", "wanted"),
    [
        ({(28, 28): 5, (300, 300): 4}, 0, (28, 28)),
        ({(28, 28): 4, (300, 300): 5}, 0, (64, 64)),
        ({(64, 8): 1}, 0, (64, 8)),
        ({(65, 64): 1}, 0, (64, 64)),
        ({(1, 1): 9}, 0, (64, 64)),
        ({(28, 28): 1, (20, 20): 1}, 0, (20, 20)),
        ({(28, 28): 5}, 48, (48, 48)),
        ({}, 0, (64, 64)),
    ],
)
def test_the_size_that_all_are_brought_to(sizes, side, wanted):
    assert target(reading.Counter(sizes), side) == wanted


def test_every_rule_that_was_applied_is_told(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    clear = np.dstack([noise(), np.full((8, 8), 128, np.uint8)])
    frames, black = Image.fromarray(noise()), Image.new("RGB", (8, 8))
    files = [
        ("a/turned.jpg", image_file(noise(), "JPEG", exif=exif)),
        ("a/clear.png", image_file(clear)),
        ("a/deep.png", image_file(np.full((8, 8), 40_000, np.uint16))),
        ("a/moving.gif", image_file(frames, "GIF", save_all=True, append_images=[black])),
        ("a/printed.jpg", image_file(Image.new("CMYK", (8, 8)), "JPEG")),
        ("a/plain.png", image_file(noise())),
    ]  # fmt: skip
    path = zipped(tmp_path / "z.zip", files)
    rules = take(path, background="white").rules
    assert rules == tuple(look(path, background="white")["rules"])
    assert all(is_sentence(rule) for rule in rules)
    for word in ("upright", "transparent was laid over white", "16-bit", "first frame", "CMYK"):
        assert any(word in rule for rule in rules), word
    plain = take(zipped(tmp_path / "p.zip", files[-1:])).rules
    assert len(plain) == 3


def test_previews_are_what_would_be_taken(tmp_path):
    path = zipped(tmp_path / "z.zip", class_folders(height=9, width=16))
    told, taken = look(path, side=12, fit="pad"), take(path, side=12, fit="pad")
    assert len(told["previews"]) == 8
    chosen = [place * 18 // 8 for place in range(8)]
    for preview, sample in zip(told["previews"], taken.samples[chosen], strict=True):
        file = io.BytesIO(base64.b64decode(preview))
        assert np.array_equal(np.asarray(Image.open(file)), sample.transpose(1, 2, 0))


def test_a_look_says_on_how_many_it_rests(tmp_path, monkeypatch):
    monkeypatch.setattr(images, "LOOKED_AT", 5)
    path = zipped(tmp_path / "z.zip", class_folders())
    told = look(path)
    assert (told["count"], told["examined"]) == (18, 5)
    assert told["classes"] == {"ant": 6, "bee": 6, "cat": 6}
    assert any("rests on 5 of 18 files" in line for line in told["summary"])
    monkeypatch.setattr(images, "LOOK_SECONDS", -1.0)
    assert look(path)["examined"] == 0


def test_nothing_of_a_file_but_its_pixels_goes_on(tmp_path):
    tail = b"<script>alert(1)</script>"
    hidden = io.BytesIO()
    with ZipFile(hidden, "w") as archive:
        archive.writestr("evil.html", tail)
    polyglot = image_file(noise()) + tail + hidden.getvalue()
    files = [(f"{i}.png", polyglot) for i in range(12)]
    taken = made("images").take(*written(tmp_path, files))
    assert (taken.samples == noise().transpose(2, 0, 1)).all()
    told = made("images").look(*written(tmp_path, files))
    assert tail not in taken.samples.tobytes()
    assert all(tail not in base64.b64decode(preview) for preview in told["previews"])


def test_too_many_classes_and_too_many_pixels_are_refused(tmp_path, monkeypatch):
    path = zipped(tmp_path / "z.zip", class_folders())
    monkeypatch.setattr(images, "MOST_CLASSES", 2)
    with pytest.raises(InputError, match="3 folders") as refused:
        take(path)
    assert is_sentence(refused.value)
    monkeypatch.undo()
    monkeypatch.setattr("aecore.intake.fitting.MOST_NUMBERS", 18 * 3 * 8 * 8 - 1)
    for action in (take, look):
        with pytest.raises(InputError, match="smaller side") as refused:
            action(path)
        assert is_sentence(refused.value)


def test_no_file_is_refused():
    with pytest.raises(InputError, match="No file"):
        made("images").look([], [])
