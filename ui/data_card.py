"""Data sets as cards: a strip of samples, what they are, how many, of which classes, whose."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from math import prod
from pathlib import Path
from threading import Lock

import streamlit as st
import torch
from safetensors import safe_open
from torch import Tensor

from aecore.datasets import DataSource, datasets
from aecore.datasets.base import Progress
from aecore.datasets.own import SAMPLES, OwnSource
from aecore.datasets.pictures import pictures
from aecore.datasets.scaling import scaled
from aecore.errors import InputError
from aecore.samples import NOUNS
from ui.background import Work, begin, forget, known
from ui.calm import to_the_end
from ui.data_choice import offered
from ui.figures import strip
from ui.image import image
from ui.selection import DATA
from ui.waiting import waited
from ui.words import count_of, plain, size

PAGE = Path(__file__).parents[1] / "pages" / "data.py"
SHOWN = 8
FITTED_ON = 256
"""Samples of which a strip's scale is taken."""
MOST_STRIPS = 256


class Strips:
    """The first samples of data sets as pictures, kept by name."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Tensor] = OrderedDict()
        self._lock = Lock()

    def known(self, name: str) -> Tensor | None:
        """Pictures (8, C, H, W) uint8, if they were made."""
        with self._lock:
            return self._kept.get(name)

    def make(self, name: str) -> None:
        """Make them. Raises DataUnavailable."""
        made = first_samples(datasets[name])
        with self._lock:
            self._kept[name] = made
            while len(self._kept) > MOST_STRIPS:
                self._kept.popitem(last=False)

    def forget(self, name: str) -> None:
        """Let go of them."""
        with self._lock:
            self._kept.pop(name, None)


strips = Strips()


def first_samples(kind: type[DataSource]) -> Tensor:
    """The first samples of a data set that is at hand, as pictures. Raises DataUnavailable."""
    source = kind(kind.Config())
    if isinstance(source, OwnSource) and not source.about.deleted:
        with safe_open(source.folder / SAMPLES, "pt") as file:  # not all of it, for eight
            samples = file.get_slice("samples")[:FITTED_ON]
    else:
        samples = source.read().images[:FITTED_ON]
    columns = source.columns
    if source.kind != "image":
        rows = torch.arange(len(samples))
        samples, columns = scaled(samples, rows, source.kind, columns)
    return pictures(samples[:SHOWN], source.kind, columns)


def all_cards() -> None:
    """A card for every data set that the visitor may use, their own first."""
    names = tuple(offered())
    pending = [name for name in names if _pending(name)]
    cells = st.grid(3, min_column_width=300, gap="medium", border=True)
    for name in names:
        with cells.cell():
            card(name)
    if pending:
        _refresh(names)


def _pending(name: str) -> bool:
    kind = datasets[name]
    if strips.known(name) is not None or not kind(kind.Config()).ready():
        return False
    work = begin(("strip", name), lambda _: strips.make(name), aside=True)
    return not work.over


@st.fragment(run_every=1.0)
def _refresh(names: tuple[str, ...]) -> None:
    """Draw the cards again as soon as their pictures are there."""
    if not any(_pending(name) for name in names):
        st.rerun()


def card(name: str) -> None:
    """One data set in a list."""
    kind = datasets[name]
    st.markdown(f"**{plain(kind.title)}**")
    made = strips.known(name)
    if made is not None:
        image(strip(made, SHOWN, 36, 3), f"The first samples of {kind.title}")
    st.caption(facts_line(name))
    st.caption(f"{plain(kind.summary)} Licence: {plain(kind.licence)}.")
    if kind(kind.Config()).ready():
        st.page_link(PAGE, label="Look at it", icon=":material/visibility:",
                     query_params={DATA: name})  # fmt: skip
    else:
        download(name)


def facts_line(name: str) -> str:
    """How many samples of what form, and classes."""
    kind = datasets[name]
    source = kind(kind.Config())
    noun = NOUNS[kind.kind][1]
    form = "×".join(map(str, source.shape))
    if kind.kind != "image":
        form = f"{count_of(prod(source.shape), 'number')} each"
    classes = len(source.classes)
    parts = [f"{source.train_size:,} {noun} to train on", form]
    if classes > 1:
        parts.append(f"{classes} classes")
    if isinstance(source, OwnSource):
        parts.append(size(source.about.bytes))
    return " · ".join(parts)


def download(name: str) -> None:
    """Fetch a data set that is not on this machine, with progress and a way to cancel."""
    key, what = ("fetch", name), f"Downloading {datasets[name].title}"
    if known(key) is None:
        st.caption("Its files are not on this machine yet.")
        st.button("Download now", icon=":material/download:", key=f"fetch:{name}",
                  on_click=to_the_end(lambda: begin(key, partial(_fetch, name))),
                  help="Fetches and checks them; training would do it too.")  # fmt: skip
        return
    work = waited(key, what, partial(_fetch, name))
    if work is not None and work.problem:
        st.error(plain(work.problem))
        st.button("Try again", key=f"fetch:again:{name}", help="Fetches it anew.",
                  on_click=to_the_end(lambda: forget(key)))  # fmt: skip


def _fetch(name: str, work: Work) -> bool:
    def report(progress: Progress) -> None:
        if work.cancelled():
            raise InputError("The download was cancelled.")
        share = progress.done / progress.total if progress.total else 0.0
        work.tell(f"{progress.what}, {size(progress.done)}", share)

    kind = datasets[name]
    kind(kind.Config()).fetch(report)
    return True
