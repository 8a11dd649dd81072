"""Files that somebody made to do harm: H1 to H17, H19 and H26 of the reliability reference, each
with what must be said of it. tests/test_hostile_uploads.py takes every one in, and `python -m
benchmarks.intake hostile` measures what that takes.

Everything is made at the time of use; nothing hostile lies in the repository.
"""

from __future__ import annotations

import io
import os
import pickle
import random
import stat
import struct
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from zipfile import ZIP_BZIP2, ZIP_STORED, ZipFile, ZipInfo

import numpy as np
import psutil
from PIL import Image

from tests.intake_kit import image_file, noise, npy, npz, png, zipped

Maker = Callable[[Path], object]


class Case(NamedTuple):
    """A file: make writes it; called: what its owner calls it; said: what the refusal says, a
    regular expression, or nothing where it is taken in and harmless."""

    name: str
    intake: str
    make: Maker
    said: str = ""
    called: str = "given"


class Watch:
    """How far this process grew while a child worked; asked as `cancelled` is, again and again."""

    def __init__(self) -> None:
        self.process = psutil.Process()
        self.before = self.most = self.process.memory_info().rss

    def __call__(self) -> bool:
        self.most = max(self.most, self.process.memory_info().rss)
        return False

    @property
    def grown(self) -> int:
        """Bytes, up to now."""
        self()
        return self.most - self.before


# H1: images that are small as files and huge in memory


def webp_header(width: int, height: int) -> bytes:
    size = struct.pack("<HBHB", (width - 1) & 0xFFFF, (width - 1) >> 16,
                       (height - 1) & 0xFFFF, (height - 1) >> 16)  # fmt: skip
    chunk = b"VP8X" + struct.pack("<I", 10) + bytes(4) + size
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk


def jpeg_header(width: int, height: int) -> bytes:
    content = bytearray(image_file(noise(), "JPEG"))
    at = content.index(b"\xff\xc0")
    content[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def bmp_header(width: int, height: int) -> bytes:
    content = bytearray(image_file(noise(), "BMP"))
    content[18:26] = struct.pack("<ii", width, height)
    return bytes(content)


def gif_header(width: int, height: int) -> bytes:
    content = bytearray(image_file(noise(), "GIF"))
    content[6:10] = struct.pack("<HH", width, height)
    return bytes(content)


# H2 to H5: zips that are small as files and huge when unpacked, or whose names lead elsewhere

NAMES = [
    "../../evil/1.png", "/abs/2.png", "..\\..\\evil\\3.png", "C:\\Windows\\4.png", "D:5.png",
    "\\\\server\\share\\6.png", "nul\0byte/7.png", "n" * 4000 + "/8.png", "\u202egnp.exe/9.png",
    "\U0001f600/10.png", "e\u0301/11.png", "CON", "aux.png", "a/../../../12.png",
    "<img src=x>/13.png", "~/14.png", "$(touch evil)/15.png", "\x1b[2J/16.png", "/", "//17.png",
]  # fmt: skip
"""Of which "/" is a folder."""


def changed(change: Callable[[list[ZipInfo]], object], content: bytes = b"x" * 1000) -> Maker:
    """A zip whose directory is changed before it is written."""

    def make(path: Path) -> None:
        with ZipFile(path, "w", 8) as archive:
            archive.writestr("0.png", content)
            change(archive.filelist)

    return make


def claim(**values: int) -> Callable[[list[ZipInfo]], None]:
    def change(entries: list[ZipInfo]) -> None:
        for name, value in values.items():
            setattr(entries[0], name, value)

    return change


def overlap(entries: list[ZipInfo]) -> None:
    for number in range(200):
        copy = ZipInfo(f"a{number}.png")
        for name in ("header_offset", "CRC", "compress_size", "file_size", "compress_type"):
            setattr(copy, name, getattr(entries[0], name))
        entries.append(copy)


def encrypt(entries: list[ZipInfo]) -> None:
    entries[0].flag_bits |= 1


def nested(path: Path) -> None:
    inner = zipped(path, [("a.png", bytes(20_000_000))]).read_bytes()
    zipped(path, [("inner.zip", inner)])


def crowd(path: Path, **lies: int) -> None:
    """20,001 entries; count, size: what the end of the directory claims instead."""
    zipped(path, [(f"{i}", b"") for i in range(20_001)], ZIP_STORED)
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x05\x06")
    if "count" in lies:
        content[at + 8 : at + 12] = struct.pack("<HH", lies["count"], lies["count"])
    if "size" in lies:
        content[at + 12 : at + 16] = struct.pack("<I", lies["size"])
    path.write_bytes(content)


def led_elsewhere(path: Path) -> None:
    """A zip of NAMES and of a link to the list of users."""
    zipped(path, [(name, image_file(noise())) for name in NAMES])
    link = ZipInfo("link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")


# H6, H8: other formats


def tar() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("x.png"))
    return file.getvalue()


# H7, H9 to H12, H26: images in every mode, among which some hide something


TAIL = b"<script>alert(1)</script>PK\x03\x04"


def polyglots(path: Path) -> None:
    zipped(path, [(f"{i}.png", image_file(noise(seed=i)) + TAIL) for i in range(10)])


def deep(path: Path) -> None:
    zipped(path, [(f"{i}.png", image_file(noise(9, 7, 1, i).astype(np.uint16) * 257))
                  for i in range(10)])  # fmt: skip


def clear(path: Path) -> None:
    zipped(path, [(f"{i}.png", image_file(noise(9, 7, 4, i))) for i in range(10)])


def every_mode(path: Path) -> None:
    """Modes, sizes, frames, turns and profiles as files come with them."""
    grey, vivid = Image.fromarray(noise(40, 30, 1)), Image.fromarray(noise(40, 30))
    turned = Image.Exif()
    turned[0x0112] = 6
    frames = [Image.fromarray(noise(8, 8, 3, i)) for i in range(50)]
    files = [
        image_file(vivid.convert("CMYK"), "JPEG"),
        image_file(grey.convert("LA")),
        image_file(vivid.convert("P")),
        image_file(grey.convert("1")),
        image_file(noise(40, 30, 1).astype(np.uint16) * 99),
        image_file(vivid, "JPEG", exif=turned),
        image_file(vivid, icc_profile=b"no profile at all"),
        image_file(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        image_file(noise(1, 1)),
        image_file(noise(1, 3000)),
        image_file(noise(2000, 1)),
        image_file(noise(700, 500)),
    ]
    zipped(path, [(f"{i}.bin", content) for i, content in enumerate(files)])


def some_bad(path: Path) -> None:
    """Three bad files of 120."""
    good = [(f"{i}.png", image_file(noise(seed=i))) for i in range(117)]
    bad = [("empty.png", b""), ("page.png", b"<html>"), ("cut.png", good[0][1][:100])]
    zipped(path, [*good, *bad])


def paletted(colour: list[int]) -> Image.Image:
    image = Image.new("P", (8, 8), 1)
    image.putpalette([0, 0, 0, *colour])
    return image


def palettes(path: Path) -> None:
    """Images that differ in nothing but their palette."""
    zipped(path, [(f"{i}.png", image_file(paletted([20 * i, 255 - 20 * i, 0])))
                  for i in range(10)])  # fmt: skip


# H13 to H17: arrays, and what PyTorch writes


class Evil:
    """Runs a command where it is unpickled."""

    def __init__(self, sentinel: Path) -> None:
        self.command = f"touch {sentinel}"

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (self.command,)


def evil(path: Path) -> bytes:
    return pickle.dumps(Evil(path.with_name("executed")))


BOMB = b"\x80\x02cbuiltins\nbytearray\nJ" + struct.pack("<i", 600_000_000) + b"\x85R."
"""A pickle of 600 MB."""


def objects(path: Path) -> None:
    array = np.array([[Evil(path.with_name("executed"))] * 3] * 12, dtype=object)
    path.write_bytes(npy(array, allow_pickle=True))


def objects_in_npz(path: Path) -> None:
    array = np.array([[Evil(path.with_name("executed"))] * 3] * 12, dtype=object)
    with path.open("wb") as file:
        np.savez_compressed(file, x=array, allow_pickle=True)


def claiming(shape: str, kind: str = "<f4") -> bytes:
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + bytes(64)


def zeros(path: Path) -> None:
    npz(path.with_suffix(".npz"), x=np.zeros((120, 1_000_000 // 8)))
    path.with_suffix(".npz").replace(path)


def torch_zip(path: Path, content: bytes) -> None:
    zipped(path, [("model/data.pkl", content), ("model/version", b"3\n")])


# What is no table of columns, and cells that are no numbers (H19)


def csv_of(cells: Callable[[int], str], head: str, rows: int = 60) -> str:
    return head + "\n" + "".join(cells(row) + "\n" for row in range(rows))


def odd_cells(row: int) -> str:
    """Formulas, what is missing, infinite or too large, quotes, and words among numbers."""
    number = ["NaN", "inf", "-inf", "1e400", "", "3.5", f"{row}.25"][row % 7]
    mostly = "word" if row == 7 else str(row % 9)
    formula = ["=1+1", "+cmd|' /C calc'!A0", '"@SUM(1,2)"', "-2+3"][row % 4]
    return f'{number},{mostly},{formula},"two\nlines, ""quoted"" {row % 3}"'


def german(row: int) -> str:
    return f'{row},{row % 7}5;"n{row % 3}";{row % 28 + 1:02}.03.2024'


def writes(content: bytes | Callable[[], bytes]) -> Maker:
    """A file of these bytes, made when they are wanted."""
    return lambda path: path.write_bytes(content if isinstance(content, bytes) else content())


def too_large(path: Path) -> None:
    """A gigabyte that takes no room on the disk."""
    with path.open("wb") as file:
        file.write(b"a,b\n1,2\n")
        file.truncate(1_000_000_000)


PIXELS = "larger than 25 megapixels"
CLAIM = "claims .* bytes of numbers but has"
TORCH = "PyTorch file.*.npz"
CASES = (
    Case("H1 PNG of 10,000×10,000 in colour", "images",
         writes(lambda: png(10_000, 10_000, 8, 2)), PIXELS),
    Case("H1 PNG of 13,000×13,000 bits", "images",
         writes(lambda: png(13_000, 13_000, 1, 0)), PIXELS),
    Case("H1 PNG of 5,001×5,000", "images", writes(lambda: png(5001, 5000, 8, 0)), PIXELS),
    Case("H1 WebP", "images", writes(lambda: webp_header(1 << 24, 1 << 24)), PIXELS),
    Case("H1 JPEG", "images", writes(lambda: jpeg_header(65_000, 65_000)), PIXELS),
    Case("H1 BMP", "images", writes(lambda: bmp_header(60_000, 60_000)), PIXELS),
    Case("H1 GIF", "images", writes(lambda: gif_header(65_535, 65_535)), PIXELS),
    Case("H2 zip of 120 MB of zeros", "images",
         lambda path: zipped(path, [("a.png", bytes(120_000_000))]), "1/100"),
    Case("H2 zip in a zip", "images", nested, "a zip"),
    Case("H2 zip of 20,001 files", "images", crowd, "more than 20,000 files"),
    Case("H2 the same, claiming one", "images",
         lambda path: crowd(path, count=1), "more than 20,000 files"),
    Case("H2 the same, with 17 MB of directory", "images",
         lambda path: crowd(path, count=1, size=17 << 20), "table of contents"),
    Case("H3 zip that claims 600 MB", "images",
         changed(claim(file_size=600_000_000)), "larger than 500 MB"),
    Case("H3 zip that claims 10 bytes of 30 MB", "images",
         changed(claim(file_size=10), noise(1000, 1000).tobytes() * 10), "damaged in the zip"),
    Case("H3 zip that claims too much", "images",
         changed(claim(file_size=900_000)), "not as large|damaged in the zip"),
    Case("H4 200 entries of the same bytes", "images",
         changed(overlap, noise(100, 100).tobytes()), "overlap"),
    Case("H4 entry before the file", "images",
         changed(claim(header_offset=50_000), b"x"), "overlap|damaged"),
    Case("H4 entry of 2 GB packed", "images",
         changed(claim(compress_size=1 << 31), b"x"), "overlap"),
    Case("H5 names that lead elsewhere, and a link", "images", led_elsewhere,
         called="../../etc/given.zip"),
    Case("H5 encrypted zip", "images", changed(encrypt, b"x"), "without a password"),
    Case("H5 packed by bzip2", "images",
         lambda path: zipped(path, [("a.png", b"x")], ZIP_BZIP2), "than deflate"),
    Case("H6 tar.gz", "images", writes(tar), "tar.gz.*make a .zip"),
    Case("H7 PNG, page and zip at once", "images", polyglots),
    Case("H8 TIFF", "images", writes(lambda: image_file(noise(), "TIFF")), "TIFF.*as PNG"),
    Case("H8 PDF", "images", writes(lambda: image_file(noise(), "PDF")), "PDF.*PNG"),
    Case("H8 EPS", "images", writes(lambda: image_file(noise(), "EPS")), "EPS.*PNG"),
    Case("H8 SVG that runs a script", "images",
         writes(b"<svg onload='alert(1)' xmlns='http://www.w3.org/2000/svg'/>"), "SVG.*PNG"),
    Case("H8 Photoshop", "images", writes(b"8BPS" + bytes(100)), "Photoshop"),
    Case("H8 FITS", "images", writes(b"SIMPLE  =" + bytes(100)), "FITS"),
    Case("H8 7z", "images", writes(b"7z\xbc\xaf\x27\x1c" + bytes(100)), "7z.*zip"),
    Case("H9 16-bit images", "images", deep),
    Case("H10 transparent images", "images", clear),
    Case("H11 every mode, size and frame", "images", every_mode),
    Case("H12 empty file", "images", writes(b""), "is empty"),
    Case("H12 PNG that is cut off", "images",
         writes(lambda: image_file(noise(40, 40))[:90]), "damaged or cut off", "cat.png"),
    Case("H12 page called .png", "images",
         writes(b"<html><script>alert(1)</script>"), "HTML", "cat.png"),
    Case("H12 three bad files of 120", "images", some_bad),
    Case("H13 objects in .npy", "arrays", objects, "Python objects"),
    Case("H13 objects in .npz", "arrays", objects_in_npz, "Python objects"),
    Case("H14 .npy that claims 400 GB", "arrays", writes(claiming("(100000000000,)")), CLAIM),
    Case("H14 .npy that claims 800 MB", "arrays", writes(claiming("(200000000, 1)")), CLAIM),
    Case("H15 .npz of 120 MB of zeros", "arrays", zeros, "1/100 of its size"),
    Case("H16 .pt that runs a command", "arrays",
         lambda path: torch_zip(path, evil(path)), TORCH, "model.pt"),
    Case("H16 the same as a pickle", "images",
         lambda path: path.write_bytes(evil(path)), TORCH, "model.pt"),
    Case("H17 .pt of 600 MB", "images", lambda path: torch_zip(path, BOMB), TORCH, "model.pt"),
    Case("H17 the same as a pickle", "arrays", writes(BOMB), TORCH, "model.pt"),
    Case("H19 formulas, NaN, inf, 1e400, quotes, words", "table",
         writes(lambda: csv_of(odd_cells, "=SUM(A1),b,c,d").encode())),
    Case("H19 UTF-8 with a mark", "table",
         writes(lambda: csv_of(german, "Größe;Name;Tag").encode("utf-8-sig"))),
    Case("H19 UTF-16, semicolons, decimal commas", "table",
         writes(lambda: csv_of(german, "Größe;Name;Tag").encode("utf-16"))),
    Case("H19 CSV of 1 GB", "table", too_large, "at most 500 MB"),
    Case("H19 1,000,000 columns", "table",
         writes(lambda: b",".join(b"%d" % i for i in range(1_000_000)) + b"\n"),
         "first line is longer"),
    Case("H19 3,000 columns", "table",
         writes(lambda: b",".join(b"%d" % i for i in range(3000)) + b"\n"), "3,000"),
    Case("H19 no rows", "table", writes(b"a,b\n"), "no rows"),
    Case("H19 noise", "table", writes(lambda: random.Random(0).randbytes(100_000)), "."),
    Case("H26 images that differ in their palette", "images", palettes),
)  # fmt: skip
