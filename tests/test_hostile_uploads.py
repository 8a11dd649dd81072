"""Files that somebody made to do harm (H1 to H18 and H26 of the reliability reference), through
the process with limits: refused in a sentence that helps, or harmless, and nothing left behind.

Everything hostile is made here, at the time of the test.
"""

import io
import os
import pickle
import stat
import struct
import tarfile
from zipfile import ZIP_BZIP2, ZIP_STORED, ZipFile, ZipInfo

import numpy as np
import psutil
import pytest
from intake_kit import class_folders, image_file, made, noise, npy, npz, png, written, zipped
from runs_kit import is_sentence

from aecore.datasets import datasets
from aecore.errors import InputError
from aecore.intake.sandboxed import keep, look, take_in
from aecore.paths import home

GROWTH = 50_000_000


class Watch:
    """How far this process grew while a child worked; asked as `cancelled` is, again and again."""

    def __init__(self):
        self.process = psutil.Process()
        self.before = self.most = self.process.memory_info().rss

    def __call__(self):
        self.most = max(self.most, self.process.memory_info().rss)
        return False


def everything(folder):
    """All files and folders outside the home."""
    return {found for found in folder.rglob("*") if home() not in (found, *found.parents)}


def beside():
    """What lies where the tests run, but for what pytest itself may write there meanwhile."""
    return set(os.listdir()) - {".pytest_cache"}


def watched(action, intake, paths, names, folder, **options):
    """Do it, and see that memory, disk and home stay as they were."""
    before, watch = everything(folder), Watch()
    here = beside()
    files = list(zip(paths, names, strict=True))
    try:
        if action is look:
            return look(intake, files, options, watch)
        return take_in(intake, files, "Title", options, cancelled=watch)
    finally:
        watch()
        assert watch.most - watch.before < GROWTH
        assert everything(folder) == before
        assert beside() == here
        partial = [found for found in (home() / "datasets").glob("*") if found.name[0] == "."]
        assert partial == []


def refused(intake, path, match, name="given", **options):
    """By `take_in`, and by `look` in this process, which is quicker and as strict."""
    with pytest.raises(InputError, match=match) as caught:
        watched(take_in, intake, [path], [name], path.parent, **options)
    assert is_sentence(caught.value), str(caught.value)
    assert list((home() / "datasets").glob("*")) == []
    with pytest.raises(InputError, match=match):
        made(intake, **options).look([path], [name])


def file_of(tmp_path, content):
    path = tmp_path / "given"
    path.write_bytes(content)
    return path


# H1: images that are small as files and huge in memory


def webp_header(width, height):
    size = struct.pack("<HBHB", (width - 1) & 0xFFFF, (width - 1) >> 16,
                       (height - 1) & 0xFFFF, (height - 1) >> 16)  # fmt: skip
    chunk = b"VP8X" + struct.pack("<I", 10) + bytes(4) + size
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk


def jpeg_header(width, height):
    content = bytearray(image_file(noise(), "JPEG"))
    at = content.index(b"\xff\xc0")
    content[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def bmp_header(width, height):
    content = bytearray(image_file(noise(), "BMP"))
    content[18:26] = struct.pack("<ii", width, height)
    return bytes(content)


def gif_header(width, height):
    content = bytearray(image_file(noise(), "GIF"))
    content[6:10] = struct.pack("<HH", width, height)
    return bytes(content)


@pytest.mark.parametrize(
    "make",
    [
        lambda: png(10_000, 10_000, 8, 2),
        lambda: png(13_000, 13_000, 1, 0),
        lambda: png(5001, 5000, 8, 0),
        lambda: webp_header(1 << 24, 1 << 24),
        lambda: jpeg_header(65_000, 65_000),
        lambda: bmp_header(60_000, 60_000),
        lambda: gif_header(65_535, 65_535),
    ],
    ids=["png", "bits", "just", "webp", "jpeg", "bmp", "gif"],
)
def test_an_image_of_too_many_pixels_is_refused_by_its_header(tmp_path, make):
    refused("images", file_of(tmp_path, make()), "larger than 25 megapixels")


# H2 to H4: zips that are small as files and huge when unpacked


def changed(path, change, content=b"x" * 1000, count=1):
    """A zip whose directory is changed before it is written."""
    with ZipFile(path, "w", 8) as archive:
        for number in range(count):
            archive.writestr(f"{number}.png", content)
        change(archive.filelist)
    return path


def claim(size):
    return lambda entries: setattr(entries[0], "file_size", size)


def overlap(entries):
    for number in range(200):
        copy = ZipInfo(f"a{number}.png")
        for name in ("header_offset", "CRC", "compress_size", "file_size", "compress_type"):
            setattr(copy, name, getattr(entries[0], name))
        entries.append(copy)


def encrypt(entries):
    entries[0].flag_bits |= 1


def test_a_zip_of_zeros_is_not_unpacked(tmp_path):
    refused("images", zipped(tmp_path / "given", [("a.png", bytes(120_000_000))]), "1/100")


@pytest.mark.parametrize(
    ("change", "content", "match"),
    [
        (claim(600_000_000), b"x" * 1000, "larger than 500 MB"),
        (claim(10), noise(1000, 1000).tobytes() * 10, "damaged in the zip"),
        (claim(900_000), b"x" * 1000, "not as large|damaged in the zip"),
        (overlap, noise(100, 100).tobytes(), "overlap"),
        (encrypt, b"x", "without a password"),
        (lambda entries: setattr(entries[0], "header_offset", 50_000), b"x", "overlap|damaged"),
        (lambda entries: setattr(entries[0], "compress_size", 1 << 31), b"x", "overlap"),
    ],
    ids=["sum", "small claim", "large claim", "overlaps", "encrypted", "offset", "packed size"],
)
def test_a_directory_that_lies_is_refused(tmp_path, change, content, match):
    refused("images", changed(tmp_path / "given", change, content), match)


def test_a_zip_in_a_zip_is_not_opened(tmp_path):
    inner = zipped(tmp_path / "inner", [("a.png", bytes(20_000_000))]).read_bytes()
    refused("images", zipped(tmp_path / "given", [("inner.zip", inner)]), "a zip")


def test_a_hundred_thousand_entries_are_refused(tmp_path):
    path = zipped(tmp_path / "given", [(f"{i}", b"") for i in range(20_001)], ZIP_STORED)
    refused("images", path, "more than 20,000 files")
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x05\x06")
    content[at + 8 : at + 12] = struct.pack("<HH", 1, 1)  # the count lies
    path.write_bytes(content)
    with pytest.raises(InputError, match="more than 20,000 files"):
        made("images").look([path], ["given"])
    content[at + 12 : at + 16] = struct.pack("<I", 17 << 20)
    path.write_bytes(content)
    with pytest.raises(InputError, match="table of contents"):
        made("images").look([path], ["given"])


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04",
        b"PK\x03\x04" + bytes(500),
        b"PK\x05\x06" + b"\xff" * 18,
        b"PK\x05\x06" + bytes(18),
    ],
    ids=["sign", "zeros", "full", "no entries"],
)
@pytest.mark.parametrize("intake", ["images", "arrays"])
def test_no_whole_zip_is_refused(tmp_path, intake, content):
    path = file_of(tmp_path, content)
    with pytest.raises(InputError) as caught:
        made(intake).look([path], ["given"])
    assert is_sentence(caught.value)


def test_odd_packing_is_refused(tmp_path):
    refused("images", zipped(tmp_path / "given", [("a.png", b"x")], ZIP_BZIP2), "than deflate")


# H5: names that lead elsewhere


NAMES = [
    "../../evil/1.png", "/abs/2.png", "..\\..\\evil\\3.png", "C:\\Windows\\4.png", "D:5.png",
    "\\\\server\\share\\6.png", "nul\0byte/7.png", "n" * 4000 + "/8.png", "\u202egnp.exe/9.png",
    "\U0001f600/10.png", "e\u0301/11.png", "CON", "aux.png", "a/../../../12.png",
    "<img src=x>/13.png",    "~/14.png", "$(touch evil)/15.png", "\x1b[2J/16.png", "/", "//17.png",
]  # fmt: skip


def test_names_lead_nowhere(tmp_path):
    link = ZipInfo("link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = zipped(tmp_path / "given", [(name, image_file(noise())) for name in NAMES])
    with ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    name = watched(take_in, "images", [path], ["../../etc/given.zip"], tmp_path)
    source = datasets[name]
    assert source.about.skipped == {"a link or no plain file": 1}
    assert source.about.count == len(NAMES) - 1  # a folder is none
    assert all(len(each) <= 80 and each.isprintable() for each in source.about.classes)
    kept = sorted(found.name for found in (home() / "datasets").rglob("*") if found.is_file())
    assert kept == ["about.json", "samples.safetensors"]
    assert source(source.Config()).read().images.shape == (len(NAMES) - 1, 3, 8, 8)


# H6, H8: other formats, refused by their names


def tar():
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("x.png"))
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (tar(), "tar.gz.*make a .zip"),
        (image_file(noise(), "TIFF"), "TIFF.*as PNG"),
        (image_file(noise(), "PDF"), "PDF.*PNG"),
        (image_file(noise(), "EPS"), "EPS.*PNG"),
        (b"<svg onload='alert(1)' xmlns='http://www.w3.org/2000/svg'/>", "SVG.*PNG"),
        (b"8BPS" + bytes(100), "Photoshop"),
        (b"SIMPLE  =" + bytes(100), "FITS"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(100), "7z.*zip"),
        (b"", "is empty"),
        (image_file(noise(40, 40))[:90], "damaged or cut off"),
        (b"<html><script>alert(1)</script>", "HTML"),
        (b"\x93NUMPY\1\0", "NumPy"),
        (struct.pack("<Q", 2**62) + b'{"a":{"dtype":"F32"}}', "not an image"),
    ],
    ids=["tar", "tiff", "pdf", "eps", "svg", "psd", "fits", "7z", "empty", "cut", "html", "npy",
         "safetensors"],
)  # fmt: skip
def test_other_formats_are_refused_by_their_names(tmp_path, content, match):
    for intake in ("images", "arrays"):
        path = file_of(tmp_path, content)
        with pytest.raises(InputError) as caught:
            made(intake).look([path], ["cat.png"])
        assert is_sentence(caught.value)
    with pytest.raises(InputError, match=match) as caught:
        made("images").look([path], ["cat.png"])


# H7, H12, H26: polyglots, files that are bad among good ones, palettes


def test_what_hides_in_images_is_gone_once_they_are_kept(tmp_path):
    tail = b"<script>alert(1)</script>PK\x03\x04"
    good = [(f"{i}.png", image_file(noise(seed=i)) + tail) for i in range(10)]
    bad = [("empty.png", b""), ("page.png", b"<html>"), ("cut.png", good[0][1][:100])]
    one, two = (image_file(_paletted(colour)) for colour in ([255, 0, 0], [0, 255, 0]))
    (tmp_path / "kept").mkdir()
    paths, names = written(tmp_path, [*good, *bad, ("a.png", one), ("b.png", two)])
    taken = made("images").take(paths, names)
    keep(taken, tmp_path / "kept", "Title")
    kept = [found.read_bytes() for found in (tmp_path / "kept").iterdir()]
    assert len(kept) == 2
    assert not any(b"script" in content for content in kept)
    assert taken.skipped == {"empty": 1, "an HTML page": 1, "damaged or cut off": 1}
    images = taken.samples
    assert np.array_equal(images[3].permute(1, 2, 0), noise(seed=3))
    assert images[-2:, :, 0, 0].tolist() == [[255, 0, 0], [0, 255, 0]]


def _paletted(colour):
    from PIL import Image

    image = Image.new("P", (8, 8), 1)
    image.putpalette([0, 0, 0, *colour])
    return image


# H13 to H15: arrays


def claiming(shape, kind="<f4"):
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + bytes(64)


class Evil:
    def __init__(self, sentinel):
        self.command = f"touch {sentinel}"

    def __reduce__(self):
        return os.system, (self.command,)


def test_objects_in_arrays_are_refused_and_never_made(tmp_path):
    sentinel = tmp_path / "executed"
    array = np.array([[Evil(sentinel)] * 3] * 12, dtype=object)
    refused("arrays", file_of(tmp_path, npy(array, allow_pickle=True)), "Python objects")
    numbers = npz(tmp_path / "given.npz", x=array, allow_pickle=True)
    refused("arrays", numbers, "Python objects")
    assert not sentinel.exists()


@pytest.mark.parametrize("shape", ["(100000000000,)", "(200000000, 1)", "(9, 9, 99)"])
def test_an_array_that_claims_more_than_is_there_is_refused(tmp_path, shape):
    refused("arrays", file_of(tmp_path, claiming(shape)), "claims .* bytes of numbers but has")


def test_an_npz_of_zeros_is_not_unpacked(tmp_path):
    path = npz(tmp_path / "given.npz", x=np.zeros((120, 1_000_000 // 8)))
    refused("arrays", path, "1/100 of its size")


# H16, H17: PyTorch files


def torch_like(tmp_path, content):
    return zipped(tmp_path / "given", [("model/data.pkl", content), ("model/version", b"3\n")])


@pytest.mark.parametrize("intake", ["images", "arrays"])
@pytest.mark.parametrize("kind", ["zip", "pickle"])
def test_a_pytorch_file_is_refused_unopened(tmp_path, intake, kind):
    sentinel = tmp_path / "executed"
    content = pickle.dumps(Evil(sentinel))
    path = file_of(tmp_path, content) if kind == "pickle" else torch_like(tmp_path, content)
    refused(intake, path, "PyTorch file.*.npz", name="model.pt")
    assert not sentinel.exists()
    bomb = b"\x80\x02cbuiltins\nbytearray\nJ" + struct.pack("<i", 600_000_000) + b"\x85R."
    path = file_of(tmp_path, bomb) if kind == "pickle" else torch_like(tmp_path, bomb)
    refused(intake, path, "PyTorch file", name="model.pt")


# The process itself


def test_a_look_starts_without_torch():
    """It would take seconds to import, each time that somebody changes an option."""
    import subprocess
    import sys

    code = "import sys, aecore.intake.child; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_cancelled_look_is_told(tmp_path):
    path = zipped(tmp_path / "z.zip", class_folders())
    with pytest.raises(InputError, match="cancelled"):
        look("images", [(path, "z.zip")], cancelled=lambda: True)
    with pytest.raises(InputError, match="cancelled"):
        take_in("images", [(path, "z.zip")], "Title", cancelled=lambda: True)
    assert list((home() / "datasets").glob("*")) == []


def test_a_good_look_answers_from_the_child(tmp_path):
    path = zipped(tmp_path / "z.zip", class_folders())
    told = watched(look, "images", [path], ["z.zip"], tmp_path)
    assert told == made("images").look([path], ["z.zip"])
