"""Grids of images to take away: a PNG with names, and a film that runs there and back."""

from io import BytesIO

import numpy as np
import torch
from PIL import Image, ImageSequence

from ui.grids import CELL, GAP, MILLISECONDS, Grid, gif, png


def opened(content):
    return Image.open(BytesIO(content))


def grid(captions=(), heads=()):
    images = torch.arange(0, 240, 40, dtype=torch.uint8).view(6, 1, 1, 1).expand(6, 1, 8, 8)
    notes = tuple(str(i) for i in range(6))
    return Grid(images, 3, ("z1", "z2"), notes, heads, captions)


def has_ink(part):
    return (part < 128).any()


def test_a_png_holds_the_images_enlarged_and_their_names():
    sheet = np.asarray(opened(png(grid(heads=("low", "", "high")))).convert("L"))
    right = sheet[:, -3 * (CELL + GAP) + GAP :]
    top = sheet.shape[0] - 2 * (CELL + GAP)
    for row in range(2):
        for column in range(3):
            y, x = top + row * (CELL + GAP), column * (CELL + GAP)
            assert (right[y : y + CELL, x : x + CELL] == 40 * (3 * row + column)).all()
    left = sheet[:, : sheet.shape[1] - right.shape[1]]
    assert has_ink(left[top : top + CELL])
    assert has_ink(left[top + CELL :])
    assert has_ink(right[:top, :CELL])
    assert not has_ink(right[:top, CELL + GAP : 2 * CELL])
    assert has_ink(right[:top, -CELL:])


def test_captions_stand_below_their_images():
    plain, told = opened(png(grid())), opened(png(grid(captions=("", "", "", "0.1", "", ""))))
    assert plain.width == told.width
    assert plain.height < told.height
    below = np.asarray(told.convert("L"))[-18:, -3 * (CELL + GAP) :]
    assert has_ink(below[:, :CELL])
    assert not has_ink(below[:, CELL + GAP :])


def test_a_film_runs_there_and_back_for_ever():
    shades = [0, 60, 120, 180]
    frames = torch.tensor(shades, dtype=torch.uint8).view(4, 1, 1, 1, 1).expand(4, 1, 1, 8, 8)
    film = opened(gif(frames, 1))
    seen = [int(np.asarray(frame.convert("L")).mean()) for frame in ImageSequence.Iterator(film)]
    assert seen == [0, 60, 120, 180, 120, 60]
    assert film.info["loop"] == 0
    assert film.info["duration"] == MILLISECONDS
    assert film.size == (2 * CELL, 2 * CELL)


def test_a_frame_holds_its_images_side_by_side_in_colour():
    frames = torch.zeros(2, 2, 3, 4, 4, dtype=torch.uint8)
    frames[:, 1, 0] = 255
    film = np.asarray(opened(gif(frames, 2)).convert("RGB"))
    assert (film[:, : 2 * CELL] == 0).all()
    assert (film[:, -2 * CELL :] == [255, 0, 0]).all()
