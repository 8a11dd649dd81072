"""What a corruption does to the samples of a data set, with its settings to try."""

from __future__ import annotations

from typing import Any

import streamlit as st
import torch
from torch import Generator

from aecore.config import Settings, knobs
from aecore.corruptions import Corruption, corruptions
from aecore.datasets import ImageData
from aecore.errors import InputError
from aecore.runs import RunSpec
from aecore.samples import NOUNS, to_float
from ui.components import pictures
from ui.data_split import into_link
from ui.fitting import damage_knobs
from ui.forms import in_words, knob_widget
from ui.grids import Grid
from ui.linked import choice
from ui.selection import linked
from ui.words import plain, worded

DAMAGED = 8


def damage(spec: RunSpec, found: ImageData) -> None:
    """One corruption, chosen in the link with its settings, on the first test samples."""
    titles = {
        name: kind.title for name, kind in corruptions.items()
        if name != "none" and found.kind in kind.kinds and kind.fits(found.shape, found.kind)
    }  # fmt: skip
    name = choice("corrupt", "Corruption", titles, next(iter(titles)), "A kind of damage.")
    kind = corruptions[name]
    st.caption(worded(spec, plain(kind.idea)))
    config = _settings(kind)
    cells = st.grid(3, min_column_width=220)
    for knob in damage_knobs(spec, kind):
        with cells.cell():
            value = getattr(config, knob.name)
            knob_widget(in_words(spec, knob), value, f"damage:{name}", into_link)
    try:
        corruption = kind(config).on(found.kind)
        corruption.check(found.shape, found.kind)
    except InputError as error:
        st.error(plain(str(error)))
        return
    samples = found.part("test", DAMAGED)
    damaged = corruption(to_float(samples), Generator().manual_seed(0))
    made = torch.cat([found.pictures(samples), found.pictures(damaged)])
    pictures("damage", Grid(made, len(samples), ("clean", "damaged"), ("",) * len(made)))
    st.caption(
        f"The first {len(samples)} test {NOUNS[found.kind][1]}, seed 0. Train has the same "
        "settings, under Corruption."
    )


def _settings(kind: type[Corruption]) -> Settings:
    """A corruption's settings as the link has them; what cannot be is told and left out."""
    flat: dict[str, Any] = {}
    for knob in knobs(kind.Config):
        given = linked(knob.name, "")
        if not given:
            continue
        try:
            value = knob.parse(given)
            kind.Config.parse({**flat, knob.name: value})
        except InputError as error:
            st.warning(f"{plain(str(error))} The default is used.")
        else:
            flat[knob.name] = value
    return kind.Config.parse(flat)
