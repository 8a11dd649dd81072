"""Groups: the difference of two groups' codes, given to any image, and what it is worth."""

from __future__ import annotations

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from aecore.errors import InputError
from aecore.latent.directions import direction, separation
from aecore.latent.paths import straight
from ui.decoder_parts import (
    COLUMNS,
    FRAMES,
    WIDTH,
    Group,
    Lab,
    choose_group,
    choose_start,
    groups_of,
    show,
    told,
)
from ui.grids import Grid
from ui.linked import level
from ui.words import noun, plain

STRONGEST = 3.0


def groups_view(lab: Lab) -> None:
    """Two groups, the way from one to the other, and an image that goes it."""
    groups = groups_of(lab)
    with st.container(horizontal=True, width=WIDTH):
        a = choose_group(lab, groups, "lab_from", "From the mean of", 0)
        b = choose_group(lab, groups, "lab_to", "To the mean of", 1)
    with st.container(horizontal=True, width=WIDTH):
        start, said = choose_start(lab)
        start = told(lab, start)
        strength = level("lab_strength", "Strength", (-STRONGEST, STRONGEST), 1.0,
                         "How much of the difference is added: 1 is all of it, below 0 leads the "
                         "other way.")  # fmt: skip
    step = direction(lab.axes.codes[a.rows], lab.axes.codes[b.rows])
    step[lab.found :] = 0  # a label that the model was told stays
    codes = _along(start, step, strength, COLUMNS)
    shares = torch.linspace(0, strength, COLUMNS).tolist()
    grid = Grid(
        lab.decode(codes),
        COLUMNS,
        rows=("Code",),
        notes=tuple(f"strength {share:.2f}" for share in shares),
        heads=("0", *[""] * (COLUMNS - 2), f"{strength:g}"),
    )
    st.caption(
        f"The difference of the mean codes, from {a.said} to {b.said}, is added to "
        f"{said} with growing strength."
    )
    show(lab, "groups", grid,
         lambda: lab.decode(_along(start, step, strength, FRAMES))[:, None], 1)  # fmt: skip
    st.markdown(_worth(lab, a, b))


def _along(start: Tensor, step: Tensor, strength: float, steps: int) -> Tensor:
    return straight(start, start + strength * step, steps)


def _worth(lab: Lab, a: Group, b: Group) -> str:
    """How well the direction tells the groups apart, on images that it was not fitted on."""
    both = np.intersect1d(a.rows, b.rows)
    rest = [np.setdiff1d(group.rows, both) for group in (a, b)]
    own = lab.axes.codes[:, : lab.found]
    try:
        found = separation(own[rest[0]], own[rest[1]])
    except InputError as error:
        return plain(str(error))
    counts = " against ".join(f"{count:,}" for count in found.counts)
    text = (
        f"How far this direction tells the two groups apart: ROC-AUC **{found.mean:.3f} ± "
        f"{found.deviation:.3f}** over {found.splits} seeded splits of {counts} test "
        f"{noun(lab.run.spec)}s. One half of each group fits the direction, the other half is "
        "judged; 0.5 is chance, 1 is without a mistake."
    )
    return text + (f" {len(both):,} in both groups are left out." if len(both) else "")
