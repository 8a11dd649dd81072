"""The error over the code size on the Compare page: what is known, and how more is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from aecore.catalog.rows import OVER, RunRow
from aecore.errors import AecoreError, InputError
from aecore.runs import Run
from aecore.runs.sweep import Specs, members, name_of, sweep_of
from ui.access import enter, obey, see, seen, status_of, visitor
from ui.components import chart
from ui.notes import attempt, show_note
from ui.recent import recent
from ui.reports import downloads, report
from ui.resources import cost
from ui.run_page import lacking
from ui.selection import held, hold, let_go
from ui.sweep_words import size_figure, sizes_table, verdict
from ui.train_form import seconds_of
from ui.words import count_of, duration, noun, plain

LOOKED_AT = 200
"""Of the visitor's newest runs, those that may belong to a sweep."""
ASKED = "sweep asked"
"""Under which a tab holds the run whose sweep waits for a yes."""


def sweep_view(run: Run, count: int) -> None:
    """The curve beside PCA, and a way to train the sizes that are missing.

    count: test images.
    """
    st.subheader(
        "Error over the code size",
        help="The same settings with codes of other sizes, each a run of its own, beside PCA with "
        "as many axes. Less is better.",
    )
    try:
        specs = _others(run)
    except InputError as error:
        st.info(plain(str(error)))
        return
    rows = _rows(run, specs)
    done = [see(visitor(), row.id).run for row in rows.values() if row.state == "finished"]
    found = report(run, "sweep", {"count": count}, [one for one in done if not lacking(one)])
    if found is not None:
        title, sizes, one = run.spec.kind.title, found.tables["sizes"], noun(run.spec)
        st.markdown(verdict(sizes, title))
        alt = f"Mean squared error of {title} and of PCA over the size of the code"
        chart(size_figure(sizes, title), "compare-sizes", alt)
        st.table(sizes_table(sizes, title), hide_index=True)
        st.caption(
            f"Means over {found.scope['n']:,} test {one}s, in brackets the interval of 95 % "
            f"(1,000 bootstrap draws of the {one}s); training seed {run.spec.training.seed}. PCA "
            f"is fitted on all training {one}s."
        )
        downloads(found, run, "sweep")
    with st.container():
        show_note()
        _onward(run, specs, rows)


def _others(run: Run) -> Specs:
    """The sweep without the run itself. Raises InputError where there can be none."""
    own = run.spec.model.latent_dim
    return {size: spec for size, spec in sweep_of(run.repeatable_spec()).items() if size != own}


def _rows(run: Run, specs: Specs) -> dict[int, RunRow]:
    """The visitor's run that stands for each size: one that is finished, or nearest to it."""
    spec = run.spec
    alike = [row for row in recent(LOOKED_AT)
             if (row.dataset, row.variant) == (spec.dataset, spec.variant)]  # fmt: skip
    by_id = {row.id: row for row in alike}
    runs = []
    for row in alike:
        try:
            runs.append(seen(row).run)
        except AecoreError:
            continue
    found: dict[int, RunRow] = {}
    for size, its in members(runs, specs).items():
        if its:
            found[size] = min((by_id[one.id] for one in its), key=_nearness)
    return found


def _nearness(row: RunRow) -> int:
    """0 where it is finished, 1 where it trains or waits, 2 where it came to rest before."""
    return 0 if row.state == "finished" else 2 if row.state in OVER else 1


def _onward(run: Run, specs: Specs, rows: Mapping[int, RunRow]) -> None:
    """How far the sweep is, or what is missing of it and a button to train that."""
    under_way = {size: row.id for size, row in rows.items() if _nearness(row) == 1}
    if under_way:
        _progress(under_way)
    missing = _missing(specs, rows)
    if not missing:
        return
    if held(ASKED) == run.id:
        _confirm(run, specs, missing)
        return
    sizes = ", ".join(map(str, missing))
    st.button(
        f"Train codes of {sizes}", icon=":material/play_arrow:", key="sweep:ask",
        help="The settings of this run with these code sizes. You are told how long it takes "
        "before anything starts.", on_click=hold, args=(ASKED, run.id),
    )  # fmt: skip


def _missing(specs: Specs, rows: Mapping[int, RunRow]) -> list[int]:
    """Sizes without a run that is finished, trains or waits."""
    return [size for size in specs if size not in rows or _nearness(rows[size]) == 2]


def _confirm(run: Run, specs: Specs, missing: Sequence[int]) -> None:
    """What would be started, and about how long it takes."""
    with st.container(border=True):
        st.markdown(f"{_estimate(specs, missing)} They wait in the queue like any other.")
        with st.container(horizontal=True):
            st.button("Start", type="primary", key="sweep:start", help="Queues these runs.",
                      on_click=attempt, args=(_start, run))  # fmt: skip
            st.button("Not now", key="sweep:leave", help="Starts nothing.",
                      on_click=let_go, args=(ASKED,))  # fmt: skip


def _estimate(specs: Specs, missing: Sequence[int]) -> str:
    told = f"This starts {count_of(len(missing), 'run')} with codes of " + ", ".join(
        map(str, missing)
    )
    try:
        each = _seconds(specs, missing)
    except InputError as error:
        return f"{told}. {plain(str(error))}"
    if each is None:
        return f"{told}; how long that takes shows once the first runs."
    return f"{told}: {duration(each * len(missing))} of training at most, one after the other."


def _seconds(specs: Specs, missing: Sequence[int]) -> float | None:
    """How long the largest of them takes, measured by a few steps; the others take less."""
    largest = specs[max(missing)]
    return seconds_of(largest, cost(largest).steps)


def _start(run: Run) -> None:
    """Queue what is missing now: a second press finds nothing left to start."""
    let_go(ASKED)
    specs = _others(run)
    rows = _rows(run, specs)
    missing = _missing(specs, rows)
    seconds = _seconds(specs, missing) if missing else None
    for size in missing:
        if size in rows:  # it was begun with these very settings
            obey(see(visitor(), rows[size].id, "control"), "resume")
        else:
            enter(specs[size], cost(specs[size]), seconds, name_of(specs[size]))


@st.fragment(run_every=2.0)
def _progress(under_way: Mapping[int, str]) -> None:
    """How far each is; the whole page again as soon as one of them is over."""
    try:
        met = {size: see(visitor(), run_id) for size, run_id in under_way.items()}
    except AecoreError:  # deleted in another tab
        st.rerun()
    if any(one.row.state in OVER for one in met.values()):
        st.rerun()
    statuses = {size: status_of(one) for size, one in met.items()}
    shares = [one.step / one.total_steps if one.total_steps else 0 for one in statuses.values()]
    lines = []
    for (size, one), share in zip(statuses.items(), shares, strict=True):
        told = f"{share:.0%} trained" if one.state == "running" else plain(one.message)
        lines.append(f"Code of {size}: {told}")
    st.caption("  \n".join(lines))
    st.progress(min(1.0, sum(shares) / len(shares)), f"{count_of(len(met), 'run')} under way …")
    st.button("Cancel the sweep", key="sweep:cancel", on_click=attempt,
              args=(_cancel, list(under_way.values())),
              help="Ends these runs; what is finished stays.")  # fmt: skip


def _cancel(run_ids: Sequence[str]) -> None:
    for run_id in run_ids:
        one = see(visitor(), run_id, "control")
        if one.row.state not in OVER:
            obey(one, "stop")
