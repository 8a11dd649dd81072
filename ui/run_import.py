"""An archive from elsewhere becomes a run of the visitor."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from aecore.catalog.intake import bring_in
from aecore.errors import AecoreError, InputError
from aecore.runs import Run
from aecore.runs.archive import SUFFIX
from aecore.runs.files import write
from ui.access import catalog, limits, visitor
from ui.selection import unfold
from ui.space import NO_COOKIE
from ui.words import plain


def import_menu() -> None:
    """Choose a file, and take it in."""
    with (
        st.popover("Import", icon=":material/upload:", help="Take in a run from a file."),
        st.form("import", clear_on_submit=True, border=False),
    ):
        uploaded = st.file_uploader(
            "A run's archive",
            type="zip",
            help=f"A file that Export made, ending in {SUFFIX}, or a run's folder as a zip file.",
        )
        if st.form_submit_button("Take in", help="It becomes a run of yours, with a new id."):
            _take(uploaded)


def _take(uploaded: UploadedFile | None) -> None:
    if uploaded is None:
        st.warning("Choose a file first.")
        return
    try:
        with st.spinner("Checking the file and taking it in …"):
            run = taken(uploaded.name, uploaded.getvalue())
    except AecoreError as error:
        st.error(plain(str(error)))
        return
    unfold(run.id)
    st.rerun()


def taken(name: str, content: bytes) -> Run:
    """A new run of the visitor, from an archive's name and bytes.

    Raises InputError for whatever is no run's archive, StoreError where the disk refuses.
    """
    person = visitor()
    if person.role == "nobody":
        raise InputError(NO_COOKIE)
    with TemporaryDirectory() as folder:
        path = Path(folder) / (re.sub(r".*[/\\]|[^\w.-]", "", name)[-80:].lstrip(".") or "run.zip")
        write(path, content, durable=False)
        return bring_in(catalog(), person, path, limits())
