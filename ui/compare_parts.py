"""The parts of the Compare page: one sample in all copies, a wipe, the table, error over size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
import torch
from torch import Tensor

from aecore.config import knobs
from aecore.errors import InputError
from aecore.metrics.reconstruction import psnr_per_image
from aecore.projections.umap_inverse import check_numbers
from aecore.reports import Findings
from aecore.reports.compare import Compare
from aecore.runs import Run
from aecore.samples import to_float
from ui import components
from ui.grids import Grid, png
from ui.linked import choice, whole_number
from ui.resources import run_data
from ui.words import is_image, noun, plain, worded

Names = Mapping[str, str]
"""What each method is called, by its key."""
CLEAN = "clean"
UMAP = {"no": "Leave out", "yes": "Measure"}


def names_of(found: Findings, runs: Names) -> dict[str, str]:
    """Each method's name by its key, the original first; runs: names by ids."""
    named = {str(row["key"]): str(row["method"]) for row in found.tables["methods"]}
    return {CLEAN: "Original"} | {key: runs.get(key, name) for key, name in named.items()}


def choose_umap(run: Run) -> bool:
    """Whether the inverse of UMAP is measured as well; a sentence where it cannot be."""
    (declared,) = (knob for knob in knobs(Compare.Config) if knob.name == "umap")
    wanted = choice("umap", declared.label, UMAP, "no", worded(run.spec, declared.help))
    try:
        check_numbers(run_data(run).images[0].numel())
    except InputError as error:
        st.caption(plain(str(error)))
        return False
    return wanted == "yes"


def choose_sample(run: Run, found: Findings) -> int:
    """Which test sample is shown; the link says so."""
    most = len(found.arrays[CLEAN]) - 1
    return whole_number("sample", f"Test {noun(run.spec)}, 0 to {most}", (0, most), 0,
                        "Its number in the test split.")  # fmt: skip


def side_by_side(run: Run, found: Findings, names: Names, sample: int) -> None:
    """The sample and every copy of it, of an image with the PSNR of each."""
    images = torch.stack([torch.from_numpy(found.arrays[key][sample]) for key in names])
    captions: tuple[str, ...] = ()
    if is_image(run.spec):
        psnr = psnr_per_image(to_float(images), to_float(images[:1]).expand(images.shape)).tolist()
        captions = ("", *(f"{value:.1f} dB" for value in psnr[1:]))
    notes = tuple(f"{name}, test {noun(run.spec)} {sample}" for name in names.values())
    grid = Grid(images, len(names), ("",), notes, tuple(names.values()), captions)
    components.pictures("compare", grid)
    st.download_button(
        "Download as PNG", lambda: png(grid), f"compare-{sample}.png", "image/png",
        on_click="ignore", help="These pictures with their names.",
    )  # fmt: skip


def wipe_between(found: Findings, names: Names, sample: int) -> None:
    """A slider between two of the copies."""
    keys = list(names)
    line = st.grid(2, min_column_width=150)
    with line.cell():
        one = choice("one", "Left", names, keys[0], "What stands at the left of the line.")
    with line.cell():
        other = choice("other", "Right", names, keys[1], "What stands at its right.")
    images: Tensor = torch.stack(
        [torch.from_numpy(found.arrays[key][sample]) for key in (one, other)]
    )
    components.wipe("compare", images, (names[one], names[other]))


def methods_table(found: Findings, names: Names) -> dict[str, list[str]]:
    """Columns by their titles, a method a row."""
    rows: Sequence[Any] = found.tables["methods"]
    table = {
        "": [plain(names[row["key"]]) for row in rows],
        "Numbers": ["" if row["numbers"] is None else f"{row['numbers']:,}" for row in rows],
    }
    if rows[0]["psnr"] is not None:
        table["PSNR (dB)"] = [_with_limits(row, "psnr", 2) for row in rows]
    table["MSE"] = [_with_limits(row, "mse", 4) for row in rows]
    if "explained_variance" in rows[0]:
        table["R²"] = [f"{row['explained_variance']:.4f}" for row in rows]
    if rows[0]["ssim"] is not None:
        table["SSIM"] = [_with_limits(row, "ssim", 3) for row in rows]
    return table


def _with_limits(row: Mapping[str, Any], name: str, digits: int) -> str:
    low, high = (f"{row[f'{name}_{end}']:.{digits}f}" for end in ("low", "high"))
    return f"{row[name]:.{digits}f} ({low}\u00a0–\u00a0{high})"


def verdict(found: Findings, names: Names) -> list[str]:
    """Who wins at each number of code numbers, in sentences."""
    rows: Sequence[Any] = found.tables["methods"]
    told = []
    for size in sorted({row["numbers"] for row in rows if row["numbers"] is not None}):
        here = sorted((r for r in rows if r["numbers"] == size), key=_behind)
        if len(here) > 1:
            told.append(_who_wins(size, here[0], here[1], names))
    free = [row for row in rows if row["numbers"] is None]
    told += [
        f"{plain(names[row['key']])} has no code: its copies pass around the middle as well, so it "
        "is compared with nothing here."
        for row in free
    ]
    return told


def _who_wins(size: int, best: Any, second: Any, names: Names) -> str:
    first, then = plain(names[best["key"]]), plain(names[second["key"]])
    low, high = second["behind_low"], second["behind_high"]
    if best["psnr"] is None:
        ours, theirs = (f"an MSE of {row['mse']:.4f}" for row in (best, second))
        gap = f"{low:.4f} to {high:.4f}"
    else:
        ours, theirs = (f"{row['psnr']:.2f} dB" for row in (best, second))
        gap = f"{low:.2f} to {high:.2f} dB"
    if low <= 0:
        return (
            f"With codes of {size} numbers {first} ({ours}) and {then} ({theirs}) are too close to "
            f"tell: on the same samples the difference ({gap}) may be chance."
        )
    return (
        f"With codes of {size} numbers **{first}** wins with {ours}; next is {then} with {theirs}, "
        f"on the same samples {gap} worse."
    )


def _behind(row: Any) -> float:
    """How much worse than the best; the best itself has none."""
    return float(row["behind"] or 0)


def scope_line(found: Findings, one: str) -> str:
    """On what the figures were measured; one: what a sample is called."""
    scope = found.scope
    told = (
        f"Means over {scope['n']:,} test {one}s, in brackets the interval of 95 % (1,000 "
        f"bootstrap draws of them). PCA is fitted on all training {one}s, with as many axes "
        "as the codes have numbers."
    )
    if "umap_seed" not in scope:
        return told
    return (
        f"{told} The UMAP map has two dimensions and is made of the first "
        f"{scope['umap_fitted_on']:,} training {one}s, seed {scope['umap_seed']}; the way to the "
        "map and back is umap-learn's."
    )
