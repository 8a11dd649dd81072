"""Files from a person's own machine: onto the disk at once, looked at, and taken in."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import partial
from typing import Any

import streamlit as st

from aecore.catalog.data import add, check_room
from aecore.catalog.people import Person
from aecore.catalog.uploads import Upload, drop, find_upload, put
from aecore.errors import AecoreError, UnknownName
from aecore.intake import intakes
from aecore.intake.choose import fitting, suffixes
from aecore.intake.safe_text import safe_text
from aecore.intake.sandboxed import look, take_in
from ui.access import catalog, limits, visitor
from ui.background import Work, begin, forget, forget_about, known
from ui.calm import to_the_end
from ui.data_found import columns_of, found, options_of
from ui.selection import (
    DATA,
    UPLOAD,
    held,
    hold,
    leave_note,
    linked,
    note_in_link,
    set_widget,
    widget_value,
    write_link,
)
from ui.space import NO_COOKIE
from ui.uploads import MOST_OF_A_TAB, let_go
from ui.waiting import waited
from ui.words import plain, size

MOST_MB = 200
Options = dict[str, Any]


def bring_your_own() -> None:
    """The place to drop files, or what was found in those that were dropped."""
    number = linked(UPLOAD, "")
    if not number:
        _drop_here()
        return
    try:
        upload = find_upload(catalog(), visitor(), number)
    except AecoreError:
        _gone(number)
        return
    _looked_at(upload)


def _drop_here() -> None:
    st.caption(
        "Images, as a zip with a folder for each class or as many files at once; tables, as CSV or "
        "Parquet; NumPy's arrays; time series from a table or an array. Nothing is kept before you "
        "say so, and nobody else sees it."
    )
    turn = int(held("turn") or 0)
    files = st.file_uploader(
        "Drop files here",
        type=[suffix[1:] for suffix in suffixes()],
        accept_multiple_files=True,
        key=f"uploader:{turn}",
        max_upload_size=MOST_MB,
        help=f"One file or many at once, each up to {MOST_MB} MB and {MOST_OF_A_TAB // 10**6} MB "
        "together; larger ones go in by the shell: python -m aecore datasets add PATH. An error of "
        "status 503 means that others are sending much just now: try again in a minute.",
    )
    if not files:
        return
    hold("turn", turn + 1)  # another widget next time, an empty one
    try:
        person = visitor()
        if person.role == "nobody":
            leave_note(NO_COOKIE)
        else:
            with catalog().read() as db:
                check_room(db, person, limits(), sum(file.size for file in files))
            given = ((file.name, file.getvalue()) for file in files)
            note_in_link(UPLOAD, put(catalog(), person, given).id)
    except AecoreError as error:
        leave_note(str(error))
    let_go(files)
    st.rerun()


def _gone(number: str) -> None:
    work = known(("take", number))
    if work is not None and not work.over:
        waited(("take", number), "Taking it in", lambda _: None)
        return
    if work is not None and work.result:
        write_link({DATA: work.result})
        st.rerun()
    note_in_link(UPLOAD, "")
    leave_note("What was uploaded is not here any more; drop the files again.")
    st.rerun()


def _looked_at(upload: Upload) -> None:
    names = [name for _, name in upload.files]
    st.markdown(f"**{plain(_called(names))}**, {size(_bytes(upload))}")
    taking = known(("take", upload.id))
    if taking is not None and not (taking.over and (taking.problem or taking.cancelled())):
        _taking(upload, taking)
        return
    if taking is not None and taking.problem:
        st.error(plain(taking.problem))
    try:
        intake = _intake(upload, fitting(names))
    except AecoreError as error:
        st.error(plain(str(error)))
        _other_files(upload)
        return
    options = dict(held(f"options:{upload.id}:{intake}") or {})
    key = ("look", upload.id, intake, json.dumps(options))
    work = waited(key, "Looking at the files", partial(_look, intake, upload, options))
    changed = partial(_option, upload, intake)
    if work is not None and work.problem:
        st.error(plain(work.problem))
        options_of(intake, options, held(f"columns:{upload.id}") or [], changed)
    elif work is not None:
        hold(f"columns:{upload.id}", columns_of(work.result))
        found(work.result)
        options_of(intake, options, columns_of(work.result), changed)
        _offer(upload, intake, options)
    _other_files(upload)


def _look(intake: str, upload: Upload, options: Options, work: Work) -> dict[str, Any]:
    work.tell("reading them in a process of its own", 0.3)
    return look(intake, upload.files, options, work.cancelled)


def _intake(upload: Upload, fits: tuple[str, ...]) -> str:
    if len(fits) == 1:
        return fits[0]
    key, kept = f"as:{upload.id}", str(held(f"as:{upload.id}"))
    set_widget(key, kept if kept in fits else fits[0])
    st.segmented_control(
        "Read as", fits, format_func=lambda name: intakes[name].title, key=key, required=True,
        help="More than one reader knows files of this kind.",
        on_change=to_the_end(lambda: hold(f"as:{upload.id}", widget_value(key))),
    )  # fmt: skip
    return str(widget_value(key))


def _option(upload: Upload, intake: str, name: str, value: Any) -> None:
    kept = f"options:{upload.id}:{intake}"
    hold(kept, {**(held(kept) or {}), name: value})


def _offer(upload: Upload, intake: str, options: Options) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        title = st.text_input(
            "Title", upload.title, max_chars=80, key=f"title:{upload.id}",
            help="What the data set is called; it can be changed later.",
        )  # fmt: skip
        st.button(
            "Take it in", type="primary", icon=":material/add:", key="take_in",
            help="Makes a data set of it that only you see.",
            on_click=to_the_end(lambda: _begin(upload, intake, options, title)),
        )  # fmt: skip


def _begin(upload: Upload, intake: str, options: Options, title: str) -> None:
    work = known(("take", upload.id))
    if work is not None and work.over:  # what failed or was cancelled may be tried again
        forget(("take", upload.id))
    begin(("take", upload.id), partial(_take, visitor(), upload, intake, options, title))


def _take(
    person: Person, upload: Upload, intake: str, options: Options, title: str, work: Work
) -> str:
    work.tell("reading and checking every sample", 0.2)
    room = limits()
    with catalog().read() as db:
        check_room(db, person, room)
    name = take_in(intake, upload.files, title, options, person.id, cancelled=work.cancelled)
    work.tell("entering it among your data sets", 0.95)
    add(catalog(), person, name, room)
    drop(upload)
    forget_about("look", upload.id)
    return name


def _taking(upload: Upload, work: Work) -> None:
    if work.over and work.result:
        write_link({DATA: work.result})
        st.rerun()
    waited(("take", upload.id), "Taking it in", lambda _: None)


def _other_files(upload: Upload) -> None:
    st.button(
        "Other files", icon=":material/close:", key="other_files",
        help="Lets go of these; nothing of them stays.",
        on_click=to_the_end(lambda: _let_go(upload)),
    )  # fmt: skip


def _let_go(upload: Upload) -> None:
    with suppress(UnknownName):
        drop(find_upload(catalog(), visitor(), upload.id))
    forget_about("look", upload.id)
    note_in_link(UPLOAD, "")


def _called(names: list[str]) -> str:
    first = safe_text(names[0])
    return first if len(names) == 1 else f"{first} and {len(names) - 1:,} more"


def _bytes(upload: Upload) -> int:
    return sum(path.stat().st_size for path, _ in upload.files)
