"""Other runs that can stand beside one: of the very same images, and the visitor's to see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import streamlit as st

from aecore.catalog.rows import RunRow
from aecore.errors import AecoreError
from aecore.reports.robustness import same_images
from aecore.runs import Run
from ui.access import see, visitor
from ui.recent import recent
from ui.run_page import lacking
from ui.selection import linked, remember, set_widget, widget_value
from ui.words import plain, title

MOST_BESIDE = 4
MOST_LISTED = 50
KEY = "linked:beside"


def comparable(run: Run, run_id: str) -> Run | None:
    """Another run of the very same test images that the visitor may see, by its id."""
    if run_id == run.id:
        return None
    try:
        other = see(visitor(), run_id).run
        return other if same_images(run, other) else None
    except AecoreError:
        return None


def newest_beside(run: Run, most: int) -> dict[str, Run]:
    """The visitor's newest other runs on the same images that have weights, by their names."""
    found: dict[str, Run] = {}
    for row in recent(2 * MOST_LISTED):
        other = comparable(run, row.id) if row.dataset == run.spec.dataset else None
        if other is not None and not lacking(other):
            found[f"{plain(title(row))} {row.id[-4:]}"] = other
        if len(found) == most:
            break
    return found


def choose_beside(run: Run, help: str, *, with_code: bool) -> dict[str, str]:
    """Other runs to look at as well: names by ids; the link says which.

    with_code: whether only runs with a code will do.
    """

    def fits(run_id: str) -> bool:
        other = comparable(run, run_id)
        return other is not None and (other.spec.kind.has_code or not with_code)

    rows = [row for row in recent(MOST_LISTED) if row.dataset == run.spec.dataset]
    fitting = {row.id: row for row in rows if fits(row.id)}
    given = [name for name in linked("beside", "").split(",") if name]
    for name in given:
        if name not in fitting and fits(name):
            fitting[name] = see(visitor(), name).row
    known = _told_apart(fitting.values())
    set_widget(KEY, [name for name in given if name in known][:MOST_BESIDE])
    st.multiselect(
        "Beside other runs",
        list(known),
        format_func=lambda name: known[name],
        max_selections=MOST_BESIDE,
        key=KEY,
        placeholder="None" if known else "No other run on these samples",
        disabled=not known,
        help=f"Runs on the same samples, split alike; {help}",
        on_change=remember,
        args=("beside", KEY),
    )
    return {name: known[name] for name in widget_value(KEY)}


def _told_apart(rows: Iterable[RunRow]) -> dict[str, str]:
    """What runs are called, by their ids; the end of the id too where two are called alike."""
    titles = {row.id: title(row) for row in rows}
    count = Counter(titles.values())
    return {
        run_id: name if count[name] == 1 else f"{name} {run_id[-4:]}"
        for run_id, name in titles.items()
    }
