"""A report on a page: shown once it is known, waited for until then, with a way to cancel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from aecore.errors import StoreError
from aecore.jobs.reporter import ensure_reporter
from aecore.paths import home
from aecore.reports import Findings, ReportSpec, reports
from aecore.reports.base import as_csv
from aecore.reports.shelf import Asked, ReportShelf, ticket_of
from aecore.runs import Run
from ui.calm import to_the_end
from ui.resources import run_model
from ui.selection import held, hold, let_go
from ui.words import plain

STOPPED = "stopped"


def report(
    run: Run, name: str, values: Mapping[str, Any], beside: Sequence[Run] = ()
) -> Findings | None:
    """What a report found; None while it is being made, which the page says by itself.

    values: its settings; beside: other runs that it looks at, all of which the visitor may see.
    What this tab asked for before and does not look at any more is cancelled.
    Raises InputError for settings that cannot be.
    """
    ids = [other.id for other in beside]
    spec = ReportSpec.from_flat({"report": name, "beside": ids, **values})
    subjects = [(each, run_model(each)) for each in (run, *beside)]
    asked = Asked(ticket_of(subjects[0], spec, subjects[1:]), run.id, spec)
    shelf = ReportShelf(home())
    found = shelf.known(asked.ticket)
    if found is None:
        _leave(shelf, name, asked.ticket)
        _wait(asked)
    else:
        let_go(_key(name))
    return found


@st.fragment(run_every=0.5)
def _wait(asked: Asked) -> None:
    """How far it is; the whole page again as soon as it is there."""
    shelf, name = ReportShelf(home()), asked.spec.name
    standing = shelf.standing(asked.ticket)
    if standing.state == "done" and shelf.known(asked.ticket) is not None:
        st.rerun()
    title = reports[name].title
    if standing.state == "failed":
        st.error(plain(standing.message))
        _again(asked, "Try again")
    elif held(_key(name)) == STOPPED + asked.ticket:
        st.caption(f"{title}: cancelled.")
        _again(asked, "Measure")
    else:
        if standing.state in ("absent", "done"):  # done, and damaged since
            _ask(asked)
        else:
            _keep_going()
        st.progress(standing.share, f"{title}: {standing.message or 'waiting for its turn'} …")
        st.button(cancels(title), key=f"report:cancel:{name}", on_click=_cancel, args=(asked,),
                  help="Ends the measuring; what was measured before stays.")  # fmt: skip


def cancels(what: str) -> str:
    """The label of a button that cancels this alone: several may stand on a page."""
    return f"Cancel “{what}”"


def _again(asked: Asked, label: str) -> None:
    st.button(label, key=f"report:again:{asked.spec.name}", on_click=_begin, args=(asked,),
              help="Measures it on the test images of this run.")  # fmt: skip


@to_the_end
def _cancel(asked: Asked) -> None:
    hold(_key(asked.spec.name), STOPPED + asked.ticket)
    ReportShelf(home()).forget(asked.ticket)


@to_the_end
def _begin(asked: Asked) -> None:
    _ask(asked)


def _ask(asked: Asked) -> None:
    hold(_key(asked.spec.name), asked.ticket)
    try:
        ReportShelf(home()).ask(asked)
    except StoreError as error:
        st.error(plain(str(error)))
    else:
        _keep_going()


def _keep_going() -> None:
    """Have a reporter at work, also where the one that was at it is lost."""
    try:
        ensure_reporter(home())
    except StoreError as error:
        st.error(plain(str(error)))


def _leave(shelf: ReportShelf, name: str, ticket: str) -> None:
    """Cancel what this tab has asked for before, where it is something else."""
    before = str(held(_key(name)) or "")
    if before and not before.startswith(STOPPED) and before != ticket:
        shelf.forget(before)
        let_go(_key(name))


def _key(name: str) -> str:
    return f"report:{name}"


def downloads(found: Findings, run: Run, name: str) -> None:
    """A button for each table of a report: the same figures as a file."""
    with st.container(horizontal=True):
        for title, rows in found.tables.items():
            st.download_button(
                f"{title.capitalize()} as CSV",
                as_csv(rows),
                f"{run.id}-{name}-{title}.csv",
                "text/csv",
                key=f"report:csv:{name}:{title}",
                on_click="ignore",
                help="The figures of this table, with all their digits.",
            )
