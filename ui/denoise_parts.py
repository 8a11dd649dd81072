"""The parts of the page on restoring: its controls, and the reports it shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from aecore.config import knobs
from aecore.corruptions import corruptions
from aecore.reports import Findings
from aecore.reports.damaged import KINDS
from aecore.runs import Run
from ui.beside import newest_beside
from ui.components import chart, gallery_view, pictures
from ui.denoise_figures import ERROR_TIMES, gain_matrix, level_curves, side_by_side
from ui.denoise_words import TASKS, method_table, scope_line, trained_on, verdict
from ui.grids import png
from ui.linked import choice
from ui.reconstruct_parts import choose_count, choose_damage, noise_seed
from ui.reports import downloads, report
from ui.resources import run_data, run_model
from ui.selection import linked

MOST_BESIDE = 7
USUAL_DAMAGE = {
    "denoise": "gaussian",
    "fill": "occlusion",
    "enlarge": "downsampling",
    "colour": "grey",
}
"""What each task begins with, where the run was trained for another one."""
ALSO = {
    "nothing": "Nothing more",
    "level": "Weaker and stronger damage",
    "kinds": "Other kinds of damage",
}
Values = dict[str, Any]


def controls(run: Run) -> Values:
    """The damage and the test images that the widgets (and so the link) ask for."""
    shape = run_data(run).shape
    fitting = [name for name in KINDS if corruptions[name].fits(shape)]
    own = run.spec.corruption
    task = _choose_task(fitting, own)
    kinds = [name for name in fitting if corruptions[name].task == task]
    line = st.grid(4, min_column_width=150)
    name, level = choose_damage(run, line, kinds, own if own in kinds else USUAL_DAMAGE[task])
    with line.cell():
        seed = noise_seed()
    with line.cell():
        count = choose_count(run)
    return {"corruption": name, "level": level, "noise_seed": seed, "count": count}


def _choose_task(fitting: Sequence[str], own: str) -> str:
    """What is to be undone; the link may name no more than the damage.

    fitting: corruptions that these images allow; own: that of the training.
    """
    given = linked("corrupt", own)
    default = corruptions[given].task if given in fitting else "denoise"
    possible = {corruptions[name].task for name in fitting}
    titles: dict[str, str] = {task: title for task, title in TASKS.items() if task in possible}
    told = "What was done to the test images decides which pixels count, and which methods help."
    return choice("task", "Task", titles, default, told, segments=True)


def preview(run: Run, asked: Values) -> None:
    """The first test images at once, while the figures are still being measured."""
    look = {"corruption": asked["corruption"], "level": asked["level"], "order": "first"}
    gallery_view(run, {**look, "seed": asked["noise_seed"], "step": run_model(run).step})


def methods(run: Run, asked: Values) -> Findings | None:
    """The table of methods and who wins; None while it is being measured."""
    st.subheader(
        "Beside classical methods",
        help="PSNR compares pixel by pixel, 10 dB more is a tenth of the squared error; SSIM "
        "compares patterns, and is 1 for a copy. More of both is better. Of holes and colours only "
        "what was taken away is compared.",
    )
    found = report(run, "denoise", asked)
    if found is None:
        return None
    rows = found.tables["methods"]
    st.markdown(verdict(rows))
    if run.spec.corruption != asked["corruption"]:
        st.markdown(f"This run was trained on {trained_on(run.spec)}, not on this damage.")
    st.table(method_table(rows, found.scope["task"]), hide_index=True)
    st.caption(scope_line(found.scope))
    downloads(found, run, "denoise")
    return found


def images(run: Run, found: Findings) -> None:
    """The same test images, restored by every method."""
    st.subheader("Side by side")
    grid = side_by_side(found.arrays, found.tables["methods"])
    pictures("denoise", grid)
    st.caption(
        f"The first {grid.columns} test images; beside each method its PSNR over "
        f"{found.scope['n']:,} test images, as in the table. The error is shown {ERROR_TIMES} "
        "times as bright as it is."
    )
    st.download_button(
        "Images as PNG", png(grid), f"{run.id}-denoise.png", "image/png", on_click="ignore",
        help="These images with the names of the methods.",
    )  # fmt: skip


def further(run: Run, asked: Values) -> None:
    """What takes longer, and so is measured on request."""
    told = "Each takes some seconds to minutes, once; it is kept."
    wanted = choice("also", "Measure also", ALSO, "nothing", told, segments=True)
    if wanted == "level":
        _over_level(run, asked)
    elif wanted == "kinds":
        _over_kinds(run, asked)


def _over_level(run: Run, asked: Values) -> None:
    st.subheader("Weaker and stronger damage")
    found = report(run, "levels", asked)
    if found is None:
        return
    kind = corruptions[asked["corruption"]]
    (declared,) = (knob for knob in knobs(kind.Config) if knob.name == "level")
    own = getattr(run.spec.noise, "level", None) if run.spec.corruption == kind.name else None
    figure = level_curves(found.tables["levels"], f"{kind.title}: {declared.label.lower()}", own)
    chart(figure, "denoise-levels", "PSNR over the level of the damage, a line for each method")
    st.caption(
        f"PSNR of {found.scope['n']:,} test images with 95 % intervals, noise seed "
        f"{found.scope['noise_seed']}, counted as above. The Wiener filter is computed for each "
        "level, and so is the best of the other methods but PCA, as validation images have it; the "
        "run is the same throughout."
    )
    downloads(found, run, "levels")


def _over_kinds(run: Run, asked: Values) -> None:
    st.subheader(
        "Trained on one damage, tested on another",
        help="How many dB a run's images are closer to the originals than the damaged ones. Less "
        "than 0 means that the run makes it worse.",
    )
    others = newest_beside(run, MOST_BESIDE)
    values = {name: asked[name] for name in ("count", "noise_seed")}
    found = report(run, "robustness", values, list(others.values()))
    if found is None:
        return
    rows = found.tables["gains"]
    runs = {run.id: f"this run: {trained_on(run.spec)}"}
    runs |= {other.id: f"{name}: {trained_on(other.spec)}" for name, other in others.items()}
    levels = {str(row["tested_on"]): row["level"] for row in rows}
    kinds = {name: f"{corruptions[name].title} {level:g}" for name, level in levels.items()}
    matrix = gain_matrix(rows, runs, kinds)
    chart(matrix, "denoise-kinds", "Gain in PSNR of each run on each kind of damage")
    missing = [corruptions[name].title for name in levels
               if name not in {one.spec.corruption for one in (run, *others.values())}]  # fmt: skip
    st.caption(
        f"Gain in PSNR (dB) over {found.scope['n']:,} test images, noise seed "
        f"{found.scope['noise_seed']}, each kind at its default level; of holes only the "
        "pixels in them count, of grey images only the colours. Rows are this run and up to "
        f"{MOST_BESIDE} of your newest runs on the same images. None of them was trained on: "
        f"{', '.join(missing) or 'nothing is missing'}."
    )
    downloads(found, run, "robustness")
