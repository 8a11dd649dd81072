"""One image file of a stranger to pixels: one stated rule for everything that files differ in.

What a file is decides its content, never its name. Only decoded pixels go on: what else a file
carries (comments, places, what is glued to its end) is gone.
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

import numpy as np
from PIL import Image, UnidentifiedImageError

from aecore.intake.formats import HEAD, named
from aecore.intake.skipping import Skipped

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
MOST_PIXELS = 25_000_000
ORIENTATION = 0x0112
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What brings an image upright, by its EXIF orientation (Exif 2.32, tag 0112)."""

Background = Literal["white", "black"]
Note = Literal["turned", "transparent", "deep", "ranged", "colours", "frames", "profile"]
"""A rule that was applied: RULES says it in a sentence."""
RULES: dict[Note, str] = {
    "turned": "Photographs were turned upright, as their EXIF orientation says.",
    "transparent": "What is transparent was laid over {background}.",
    "deep": "16-bit images were scaled to 8 bits, so that 65,535 became 255.",
    "ranged": "Images with other ranges of values were scaled from their own smallest to largest.",
    "colours": "Images in other colour spaces, such as CMYK, were converted to RGB.",
    "frames": "Of animations the first frame was taken.",
    "profile": "Colour profiles (ICC) were not applied.",
}


@dataclass(frozen=True)
class Picture:
    """Pixels as a PIL image of mode L or RGB, and the rules that were applied."""

    image: Image.Image
    notes: frozenset[Note]


def size_of(content: bytes) -> tuple[int, int]:
    """(height, width) of an image file, upright, by its header alone. Raises Skipped."""
    with _opened(content) as image:
        width, height = image.size
        return (width, height) if _orientation(image) >= 5 else (height, width)


def read_picture(content: bytes, background: Background) -> Picture:
    """Decode an image file. Raises Skipped."""
    with _opened(content) as image:
        notes: set[Note] = set()
        if getattr(image, "is_animated", False):
            notes.add("frames")
            image.seek(0)
        if image.info.get("icc_profile"):
            notes.add("profile")
        deep = image.format == "PNG" and content[24:25] == b"\x10"  # colour of 16 bits: PIL reads 8
        image.load()
        if (turn := TURNS.get(_orientation(image))) is not None:
            notes.add("turned")
        pixels, more = to_pixels(image, background)
        upright = pixels if turn is None else pixels.transpose(turn)
        return Picture(upright, frozenset(notes | more | ({"deep"} if deep else set())))


def to_pixels(image: Image.Image, background: Background) -> tuple[Image.Image, set[Note]]:
    """An image of any mode as L or RGB, and the rules that were applied. Raises Skipped.

    Transparency is laid over the background. Numbers of 16 bits are divided by 257 and rounded;
    numbers of 32 bits beyond that, and floats, go from their own smallest to 0 and their largest
    to 255. A single bit becomes 0 or 255.
    """
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _scaled(image)
    if image.has_transparency_data:
        return _composed(image.convert("RGBA"), background)
    if image.mode in ("1", "L"):
        return image.convert("L"), set()
    if image.mode in ("P", "RGB", "RGBX"):
        return image.convert("RGB"), set()
    if image.mode in ("CMYK", "YCbCr", "HSV"):
        return image.convert("RGB"), {"colours"}
    raise Skipped(f"in the colour mode {image.mode}, which is not read")


def _composed(image: Image.Image, background: Background) -> tuple[Image.Image, set[Note]]:
    if image.getchannel("A").getextrema() == (255, 255):
        return image.convert("RGB"), set()
    below = Image.new("RGBA", image.size, background)
    return Image.alpha_composite(below, image).convert("RGB"), {"transparent"}


def _scaled(image: Image.Image) -> tuple[Image.Image, set[Note]]:
    values = np.asarray(image)
    if not np.isfinite(values).all():
        raise Skipped("with values that are no finite numbers")
    low, high = float(values.min()), float(values.max())
    if image.mode != "F" and low >= 0 and high <= 65535:
        return Image.fromarray(np.rint(values / 257).astype(np.uint8)), {"deep"}
    reach = (high - low) or 1.0
    shares = (values.astype(np.float64) - low) / reach
    return Image.fromarray(np.rint(shares * 255).astype(np.uint8)), {"ranged"}


@contextmanager
def _opened(content: bytes) -> Iterator[Image.Image]:
    """The file, its header read and its size checked; all that goes wrong becomes Skipped."""
    if not content:
        raise Skipped("empty")
    _check_pixels(*_webp_size(content))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(BytesIO(content), formats=FORMATS) as image:
                _check_pixels(*image.size)
                yield image
        except Skipped:
            raise
        except UnidentifiedImageError as error:
            raise Skipped(named(content[:HEAD]) or "not an image") from error
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise _too_large() from error
        except MemoryError as error:
            raise Skipped("too large to decode") from error
        except Exception as error:  # decoders raise whatever their damaged input led them to
            raise Skipped("damaged or cut off") from error


def _too_large() -> Skipped:
    return Skipped(f"larger than {MOST_PIXELS // 10**6} megapixels")


def _check_pixels(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise _too_large()


def _webp_size(content: bytes) -> tuple[int, int]:
    """(width, height) by a WebP's extended header: its decoder takes memory for them on opening."""
    if content[:4] != b"RIFF" or content[8:16] != b"WEBPVP8X" or len(content) < 30:
        return 0, 0
    low_width, high_width, low_height, high_height = struct.unpack_from("<HBHB", content, 24)
    return (high_width << 16 | low_width) + 1, (high_height << 16 | low_height) + 1


def _orientation(image: Image.Image) -> int:
    """1 to 8; 1 where a file does not say, or says it wrongly."""
    if image.format not in ("JPEG", "WEBP") and "exif" not in image.info:
        return 1  # asking a PNG for what it has not would decode all of it
    try:
        found = image.getexif().get(ORIENTATION, 1)
    except Exception:  # as above: a damaged note on an image is no damaged image
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1
