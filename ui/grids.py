"""Images in rows and columns with their names: as a PNG, and films of such grids as GIFs."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from ui.figures import strip

CELL = 72
"""Pixels that an image is enlarged to, or nearly."""
GAP = 4
TEXT = 13
MILLISECONDS = 80
"""How long each picture of a film stands."""


@dataclass(frozen=True)
class Grid:
    """Images row by row, and what is said of them.

    images: (n, C, H, W) uint8, n a multiple of columns; rows: a name for each row; heads: one for
    each column, or none; notes: what each image is; captions: what stands below each, or none.
    """

    images: Tensor
    columns: int
    rows: tuple[str, ...]
    notes: tuple[str, ...]
    heads: tuple[str, ...] = ()
    captions: tuple[str, ...] = ()


def png(grid: Grid) -> bytes:
    """What a grid shows, names included, black on white."""
    font = ImageFont.load_default(TEXT)
    left = int(max(font.getlength(name) for name in grid.rows)) + 3 * GAP
    top = TEXT + 2 * GAP if grid.heads else 0
    lines = grid.images.split(grid.columns)
    pictures = [_on_white(line, grid.columns, CELL) for line in lines]
    wide, tall = pictures[0].size
    step = tall + GAP + (TEXT + 2 * GAP if grid.captions else 0)
    sheet = Image.new("RGB", (left + wide, top + step * len(lines)), "white")
    pen = ImageDraw.Draw(sheet)
    cell = (wide + GAP) / grid.columns

    def write(text: str, column: float, y: float) -> None:
        pen.text((left + (column + 0.5) * cell, y), text, "black", font, anchor="mt")

    for column, head in enumerate(grid.heads):
        write(head, column, GAP / 2)
    for row, picture in enumerate(pictures):
        y = top + row * step
        sheet.paste(picture, (left, y))
        pen.text((0, y + tall / 2), grid.rows[row], "black", font, anchor="lm")
        for column, text in enumerate(grid.captions[row * grid.columns :][: grid.columns]):
            write(text, column, y + tall + GAP)
    return _saved(sheet, "PNG")


def gif(frames: Tensor, columns: int) -> bytes:
    """A film that runs there and back for ever.

    frames: (frames, n, C, H, W) uint8; the n images of a frame stand in so many columns.
    """
    pictures = [_on_white(frame, columns, 2 * CELL) for frame in frames]
    pictures += pictures[-2:0:-1]
    return _saved(pictures[0], "GIF", save_all=True, append_images=pictures[1:],
                  duration=MILLISECONDS, loop=0)  # fmt: skip


def _on_white(images: Tensor, columns: int, cell: int) -> Image.Image:
    picture = Image.fromarray(strip(images, columns, cell, GAP))
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("RGB")


def _saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    target = BytesIO()
    picture.save(target, kind, **options)
    return target.getvalue()
