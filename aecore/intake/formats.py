"""What a file is by its first bytes, whatever it is called: to refuse it by its right name."""

from __future__ import annotations

import re

HEAD = 512
"""So many first bytes are enough."""
ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
NPY = b"\x93NUMPY"
PICKLED = re.compile(rb"\x80[\x02-\x05]")
SIGNS = (
    (re.compile(rb"%PDF"), "a PDF"),
    (re.compile(rb"%!PS|\xc5\xd0\xd3\xc6"), "an EPS or PostScript file"),
    (re.compile(rb"II[*+]\x00|MM\x00[*+]"), "a TIFF"),
    (re.compile(rb"8BPS"), "a Photoshop file"),
    (re.compile(rb"SIMPLE  ="), "a FITS file"),
    (re.compile(rb"....ftyp(hei|hev|mif|avi)", re.S), "a HEIC or AVIF image"),
    (re.compile(rb"\x00\x00\x00\x0cjP |\xff\x4f\xff\x51"), "a JPEG 2000 image"),
    (re.compile(rb"\x00\x00\x01\x00"), "an icon"),
    (re.compile(rb"\x1f\x8b"), "a gzip or tar.gz archive"),
    (re.compile(rb"BZh\d"), "a bzip2 archive"),
    (re.compile(rb"\xfd7zXZ\x00"), "an xz archive"),
    (re.compile(rb"7z\xbc\xaf\x27\x1c"), "a 7z archive"),
    (re.compile(rb"Rar!\x1a\x07"), "a RAR archive"),
    (re.compile(rb".{257}ustar", re.S), "a tar archive"),
    (PICKLED, "a pickled or PyTorch file"),
    (re.compile(rb"\x89HDF\r\n\x1a\n"), "an HDF5 file"),
    (re.compile(re.escape(NPY)), "a NumPy array"),
    (re.compile(rb"PAR1"), "a Parquet file"),
    (re.compile(rb"PK\x03\x04|PK\x05\x06"), "a zip"),
    (re.compile(rb"[^<]{0,8}<(svg|(\?xml|!--|!DOCTYPE svg).*<svg)", re.S), "an SVG drawing"),
    (re.compile(rb"\s*<(!doctype html|html)", re.I), "an HTML page"),
)  # fmt: skip
HINTS = {
    "a PDF": "export its pages as PNG",
    "an EPS or PostScript file": "export it as PNG",
    "an SVG drawing": "export it as PNG",
    "a TIFF": "save it as PNG, which keeps 16 bits",
    "a Photoshop file": "export it as PNG",
    "a FITS file": "save it as .npy",
    "a HEIC or AVIF image": "save it as JPEG or PNG",
    "a JPEG 2000 image": "save it as PNG",
    "a pickled or PyTorch file": "it can run code when opened: save arrays as .npy or .npz",
    "an HDF5 file": "save its arrays as .npz",
}
ARCHIVES = ("gzip", "bzip2", "xz", "7z", "RAR", "tar")


def named(head: bytes) -> str:
    """What a file with these first bytes is, such as "a PDF"; empty where we know no name."""
    return next((name for sign, name in SIGNS if sign.match(head[:HEAD])), "")


def hint(name: str) -> str:
    """What its owner can do instead, such as "export it as PNG"; empty where there is nothing."""
    if any(word in name for word in ARCHIVES):
        return "unpack it and make a .zip"
    return HINTS.get(name, "")
