"""Parts of the page that finds anomalies: the score, the threshold, and what they find."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
import torch

from aecore.detection import Scores, methods
from aecore.detection.judge import (
    Confusion,
    Truth,
    confusion,
    precision_recall,
    roc,
    threshold_for,
)
from aecore.metrics.intervals import RESAMPLES
from aecore.reports import Findings
from aecore.reports.base import Row
from aecore.reports.detect import OWN, WORST
from aecore.runs import Run
from ui import components
from ui.detect_figures import histogram, precision_figure, roc_figure, worst_grid
from ui.grids import png
from ui.linked import choice, level
from ui.words import count_of, is_image, noun, plain, worded

ALLOWED = 5.0
"""Percent of normal validation images that raise an alarm, unless somebody chooses otherwise."""


class View(NamedTuple):
    """One score of a report, and where its threshold lies.

    name: of the score; scores: (n,) of the judged images; odd: (n,).
    """

    name: str
    scores: Scores
    odd: Truth
    threshold: float

    @property
    def counts(self) -> Confusion:
        """How many images lie on which side of the threshold."""
        return confusion(self.scores, self.odd, self.threshold)


def choose_score(run: Run, found: Findings) -> str:
    """Which score the figures below are of."""
    titles = {
        name: worded(run.spec, methods[name].title)
        for name in methods
        if f"score:{name}" in found.arrays
    }
    name = choice("score", "Score", titles, OWN, "What says how odd a sample is; high is odd.")
    st.caption(worded(run.spec, methods[name].idea))
    return name


def choose_threshold(found: Findings, name: str) -> View:
    """A slider over the false alarms that are allowed, and where that puts the threshold."""
    known = found.arrays[f"validation:{name}"]
    allowed = level(
        "alarms",
        "False alarms allowed (%)",
        (0.0, 100.0),
        ALLOWED,
        f"The threshold is the score that this share of the {len(known):,} validation samples "
        "exceeds. They are normal, and neither training nor the figures below use them.",
    )
    threshold = threshold_for(known, allowed / 100)
    return View(name, found.arrays[f"score:{name}"], found.arrays["odd"], threshold)


def figures(run: Run, view: View) -> None:
    """The histogram with the threshold, what it finds in words, and both curves."""
    title, counts, one = worded(run.spec, methods[view.name].title), view.counts, noun(run.spec)
    scope = f"{count_of(len(view.odd), f'test {one}')}, {int(view.odd.sum()):,} of them odd"
    scores = histogram(view.scores, view.odd, view.threshold, title, one)
    components.chart(
        scores, "detect-scores", f"Scores of normal and of odd {one}s, and the threshold"
    )
    st.caption(f"{title} of {scope}; bars of each kind add up to 100 %.")
    st.markdown(told(counts, view.threshold, one))
    grid = st.grid(2, min_column_width=320, gap="medium")
    with grid.cell():
        st.markdown("**ROC curve**")
        curve = roc_figure(roc(view.scores, view.odd), counts, one)
        components.chart(
            curve, "detect-roc", f"Share of odd {one}s found over the share of false alarms"
        )
    with grid.cell():
        st.markdown("**Precision and recall**")
        points = precision_recall(view.scores, view.odd)
        curve = precision_figure(points, counts, float(view.odd.mean()), one)
        components.chart(
            curve, "detect-precision", f"Share of right alarms over the share of odd {one}s found"
        )
    st.caption(
        f"On the same {scope}. The cross is the threshold; the dotted line is what chance does: "
        f"as many false alarms as finds, and a precision equal to the share of odd {one}s."
    )


def told(counts: Confusion, threshold: float, one: str) -> str:
    """What a threshold does, in words; one: what a sample is called."""
    odd, normal = counts.found + counts.missed, counts.false_alarms + counts.passed
    alarms = counts.found + counts.false_alarms
    right = f" {100 * counts.found / alarms:.1f} % of all alarms are right." if alarms else ""
    return (
        f"Above a score of {threshold:.4g}: **{counts.found:,} of {odd:,} odd {one}s are found**, "
        f"{counts.missed:,} are missed; **{counts.false_alarms:,} of {normal:,} normal {one}s "
        f"({100 * counts.false_alarms / normal:.1f} %) raise a false alarm**, {counts.passed:,} "
        f"pass.{right}"
    )


def gallery(run: Run, found: Findings, view: View) -> None:
    """The images with the highest scores: original, reconstruction, error."""
    rows = np.argsort(-view.scores, kind="stable")[:WORST]
    places = torch.from_numpy(np.searchsorted(found.arrays["shown"], rows))
    originals, made = (
        torch.from_numpy(found.arrays[name])[places] for name in ("originals", "reconstructions")
    )
    kinds = ["odd" if view.odd[row] else "normal" for row in rows]
    scores = [f"{view.scores[row]:.3g}" for row in rows]
    notes = [f"number {place}, {kind}" for place, kind in enumerate(kinds, 1)]
    grid = worst_grid(originals, made, notes, kinds, scores)
    components.pictures("worst", grid)
    images = is_image(run.spec)
    st.caption(
        f"The {len(rows)} test {noun(run.spec)}s with the highest score "
        f"({worded(run.spec, methods[view.name].title)}), {kinds.count('odd')} of them odd. "
        "Reconstructions are the run's own. Error: "
        + (
            "orange is too bright, blue too dark; full colour at half the range."
            if images
            else "orange is drawn in the reconstruction alone, blue in the original alone."
        )
    )
    st.download_button(
        "These as PNG", png(grid), f"{run.id}-worst.png", "image/png", on_click="ignore",
        help="The pictures as they stand here.",
    )  # fmt: skip


def comparison(run: Run, found: Findings) -> None:
    """All scores in one table, and in one sentence who wins."""
    rows, scope = found.tables["scores"], found.scope
    st.markdown(worded(run.spec, verdict(rows)))
    st.table([_line(run, row) for row in rows], hide_index=True)
    share = float(rows[0]["prevalence"] or 0)
    st.caption(
        f"On {scope['n']:,} {noun(run.spec)}s of the test split, {scope['odd']:,} of them odd "
        f"({plain(scope['what is odd'])}): by chance the ROC-AUC is 0.5 and the average precision "
        f"{share:.3f}, the share of odd {noun(run.spec)}s. In brackets 95 % intervals, from "
        f"{RESAMPLES:,} draws of them (bootstrap)."
    )


def _line(run: Run, row: Row) -> dict[str, Any]:
    def interval(name: str) -> str:
        return f"{row[name]:.3f} ({row[f'{name} low']:.3f} to {row[f'{name} high']:.3f})"

    return {
        "Score": worded(run.spec, str(row["score"])),
        "Made by": row["made by"],
        "ROC-AUC": interval("ROC-AUC"),
        "Average precision": interval("average precision"),
        "Learnt from": f"{row['fitted on']:,} {noun(run.spec)}s",
        "Set": worded(run.spec, str(row["setting"])),
        "Seconds": f"{row['seconds']:.2f}",
    }


def verdict(rows: Sequence[Mapping[str, Any]]) -> str:
    """Whether the run's own error or a classical method finds the odd images better.

    rows: the report's table `scores`, the best first.
    """
    own = next(row for row in rows if row["name"] == OWN)
    best = next(row for row in rows if not methods[row["name"]].of_run)
    gap = f"{best['ROC-AUC']:.3f} against {own['ROC-AUC']:.3f}"
    span = f"{best['ahead low']:+.3f} to {best['ahead high']:+.3f}"
    name = best["score"]
    if best["ahead low"] > 0:
        return (
            f"**{name} wins over the run's own reconstruction error**: its ROC-AUC is "
            f"{gap}, and the difference ({span}) is more than chance."
        )
    if best["ahead high"] < 0:
        return (
            "**The run's own reconstruction error wins over every classical method here**: the "
            f"best of them, {name}, has a ROC-AUC of {gap}; the difference ({span}) is more than "
            "chance."
        )
    return (
        f"**The run's own reconstruction error and the best classical method, {name}, cannot be "
        f"told apart here**: {name} has a ROC-AUC of {gap}, and the difference ({span}) "
        "may be chance."
    )
