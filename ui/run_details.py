"""What is known of one run, beneath its line: its settings, its words, and what can be done."""

from __future__ import annotations

import time
from io import BytesIO
from pathlib import Path

import streamlit as st

from aecore.catalog import runs
from aecore.catalog.people import Person
from aecore.catalog.rows import RunRow
from aecore.errors import AecoreError
from aecore.runs.about import NAME, NOTE, TAG, TAGS, read_about
from aecore.runs.archive import SUFFIX, write_archive
from ui.access import Seen, catalog, obey, see, visitor
from ui.calm import to_the_end
from ui.notes import attempt
from ui.selection import RUN, hold, unfold, widget_value
from ui.sharing import share_menu
from ui.words import plain, size, spec_line

PAGES = Path(__file__).parents[1] / "pages"
DELETED = "deleted"


def details(row: RunRow) -> None:
    """Everything about one run of the visitor."""
    try:
        seen = see(visitor(), row.id)
    except AecoreError as error:
        st.caption(plain(str(error)))
        return
    try:
        st.caption(spec_line(seen.run.spec))
        _ways(seen)
    except AecoreError as error:  # made by a newer version, or damaged
        st.caption(plain(str(error)))
    _words(seen)
    _deeds(seen)


def _ways(seen: Seen) -> None:
    again = seen.run.repeatable_spec().to_flat()
    with st.container(horizontal=True, gap="medium"):
        st.page_link(
            PAGES / "train.py", label="Its training", icon=":material/model_training:",
            query_params={RUN: seen.run.id}, help="Curves, reconstructions and code map over time.",
        )  # fmt: skip
        st.page_link(
            PAGES / "reconstruct.py", label="Its reconstructions", icon=":material/compare:",
            query_params={RUN: seen.run.id}, help="Test samples and what it makes of them.",
        )  # fmt: skip
        st.page_link(
            PAGES / "train.py", label="Train another like it", icon=":material/content_copy:",
            query_params=again, help="Opens the form filled with its settings; this run stays.",
        )  # fmt: skip


def _words(seen: Seen) -> None:
    row, key = seen.row, f"about:{seen.row.id}"
    name, tags = st.columns(2)
    name.text_input(
        "Name", row.name, NAME, key=f"{key}:name", on_change=_describe, args=(seen, "name"),
        placeholder="What you call it", help="Shown in all lists; the variant where left empty.",
    )  # fmt: skip
    tags.text_input(
        "Tags", ", ".join(row.tags), TAGS * (TAG + 2), key=f"{key}:tags",
        on_change=_describe, args=(seen, "tags"), placeholder="lecture 3, good",
        help=f"Up to {TAGS} words or short phrases, with commas between them, to search for.",
    )  # fmt: skip
    st.text_area(
        "Note", row.note, 80, NOTE, key=f"{key}:note", on_change=_describe, args=(seen, "note"),
        placeholder="What you tried, and what you saw",
        help="Plain text, for you; kept with the run and in its archive.",
    )  # fmt: skip
    came = read_about(seen.run).provenance
    if came:
        st.caption(plain(came))


@to_the_end
def _describe(seen: Seen, what: str) -> None:
    attempt(_write, seen.row.id, what, str(widget_value(f"about:{seen.row.id}:{what}")))


def _write(run_id: str, what: str, text: str) -> None:
    row = see(visitor(), run_id, "edit").row
    value = tuple(text.split(",")) if what == "tags" else text
    runs.describe(catalog(), row, **{what: value})  # type: ignore[arg-type]  # by name


def _deeds(seen: Seen) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        share_menu(seen)
        st.download_button(
            "Export",
            lambda: archive(seen.person, seen.run.id),
            f"{seen.run.id}{SUFFIX}",
            "application/zip",
            key=f"export:{seen.run.id}",
            icon=":material/download:",
            help="The whole run as one file: settings, curves, pictures, weights. It can be "
            "imported again, here or elsewhere.",
            on_click="ignore",
        )
        st.button(
            "Delete",
            key=f"delete:{seen.run.id}",
            icon=":material/delete:",
            help=f"Puts it into the trash for {runs.TRASH_DAYS} days; one that trains is stopped "
            "first.",
            on_click=attempt,
            args=(delete, seen.run.id),
        )
        st.caption(f"{size(seen.row.bytes)} on disk · id {seen.run.id}")


def archive(person: Person, run_id: str) -> bytes:
    """A run as one file, made when it is asked for. Raises UnknownName or StoreError."""
    content = BytesIO()
    write_archive(see(person, run_id, "export").run, content)
    return content.getvalue()


def delete(run_id: str) -> None:
    """Put a run into the trash; stop it before. Raises UnknownName or StoreError."""
    seen = see(visitor(), run_id, "delete")
    if seen.row.active or seen.row.waiting:
        obey(seen, "stop")
    runs.trash(catalog(), seen.person, seen.row)
    hold(DELETED, (run_id, time.time()))
    unfold("")
