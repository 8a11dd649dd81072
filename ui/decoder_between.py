"""Between two: a path through the code, beside the cross-fade of the pixels."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st
import torch
from torch import Tensor

from aecore.latent.paths import on_sphere, spherical, straight
from aecore.maps.samples import MOST_HELD_OUT
from aecore.models.vq_vae import VQVAE
from ui.decoder_parts import (
    COLUMNS,
    FRAMES,
    WIDTH,
    Lab,
    choose_group,
    choose_image,
    groups_of,
    show,
)
from ui.grids import Grid
from ui.linked import choice
from ui.words import noun, numbers_word, worded

PATHS = {"straight": "Straight", "spherical": "Spherical"}
ENDS = {"images": "Two images", "groups": "The means of two groups"}


class End(NamedTuple):
    """Where a path starts or ends: code (d,), sample (C, H, W), and words."""

    code: Tensor
    picture: Tensor
    title: str


def between_view(lab: Lab) -> None:
    """From one image or group to another, through the code and through the pixels."""
    ends = {name: worded(lab.run.spec, title) for name, title in ENDS.items()}
    with st.container(horizontal=True):
        which = choice("lab_ends", "Between", ends, "images",
                       "What the path leads from and to.", segments=True)  # fmt: skip
        usual = "spherical" if on_sphere(lab.axes.codes[:, : lab.found]) else "straight"
        path = choice("lab_path", "Path", PATHS, usual,
                      "Straight mixes the two codes. Spherical turns the one towards the other, "
                      "so that codes in between are as long as those of samples.",
                      segments=True)  # fmt: skip
    with st.container(horizontal=True, width=WIDTH):
        a, b = _two_images(lab) if which == "images" else _two_means(lab)
    one, numbers = noun(lab.run.spec), numbers_word(lab.run.spec)
    st.caption(
        f"From {a.title} to {b.title}, a {path} path. Look at the middle: where the code has "
        f"learned what {one}s have in common, there is one {one}, while the {numbers} show both "
        f"laid over each other.{_aside(lab)}"
    )
    frames = _frames(lab, a, b, path, COLUMNS)
    shares = [round(100 * step / (COLUMNS - 1)) for step in range(COLUMNS)]
    names = ("Code", numbers.capitalize())
    grid = Grid(
        frames.transpose(0, 1).flatten(0, 1),
        COLUMNS,
        rows=names,
        notes=tuple(f"{name}, {share} % of the way" for name in names for share in shares),
        heads=("from", *[""] * (COLUMNS - 2), "to"),
    )
    show(lab, "between", grid, lambda: _frames(lab, a, b, path, FRAMES), 2)


def _frames(lab: Lab, a: End, b: End, path: str, steps: int) -> Tensor:
    """The image of the code and that of the pixels, step by step: (steps, 2, C, H, W) uint8."""
    own = slice(0, lab.found)
    way = spherical if path == "spherical" else straight
    # A label that the model was told has no angle: it goes over evenly.
    labels = straight(a.code[lab.found :], b.code[lab.found :], steps)
    codes = torch.cat([way(a.code[own], b.code[own], steps), labels], 1)
    faded = straight(a.picture, b.picture, steps)
    faded = faded.round().byte() if lab.data.kind == "image" else lab.data.pictures(faded)
    return torch.stack([lab.decode(codes), faded], 1)


def _two_images(lab: Lab) -> tuple[End, End]:
    labels = lab.data.part_labels("test", MOST_HELD_OUT)
    other = int((labels != labels[0]).long().argmax())  # 0 where there is but one class
    usual = lab.selected.tolist() if len(lab.selected) == 2 else (0, other or len(labels) - 1)
    names = ("lab_from_image", "lab_to_image")
    first, second = (
        choose_image(lab, name, default, label)
        for name, default, label in zip(names, usual, ("From", "To"), strict=True)
    )
    return _end(lab, first), _end(lab, second)


def _end(lab: Lab, image: int) -> End:
    return End(lab.axes.codes[image], lab.images[image].float(), lab.describe(image))


def _two_means(lab: Lab) -> tuple[End, End]:
    groups = groups_of(lab)
    chosen = (
        choose_group(lab, groups, "lab_from", "From", 0),
        choose_group(lab, groups, "lab_to", "To", 1),
    )
    first, second = (
        End(
            lab.axes.codes[group.rows].mean(0),
            lab.images[group.rows].float().mean(0),
            f"the mean of {group.said} ({len(group.rows):,} test {noun(lab.run.spec)}s)",
        )
        for group in chosen
    )
    return first, second


def _aside(lab: Lab) -> str:
    if isinstance(lab.loaded.model, VQVAE):
        return " In between, codes are not made of entries of this model's book."
    return ""
