"""A run's figures on the test split, beside PCA's: the tables, and measuring on demand."""

from __future__ import annotations

from typing import Any

import streamlit as st

from aecore.errors import AecoreError
from aecore.metrics.descriptions import MEASURES
from aecore.runs import Run
from aecore.runs.evaluate import evaluate, known
from aecore.runs.status import worker_stays
from ui import resources
from ui.access import see, status_of, visitor
from ui.components import chart
from ui.figures import kl_bars
from ui.reports import cancels
from ui.words import NO_CODE, noun, numbers_word, plain, worded

TITLE = "Measured"
GROUPS = {
    "copies": "Copying clean {}s",
    "cleaning": "Cleaning damaged {}s",
    "code": "The code",
    "factors": "The code beside what the {}s were made from",
    "likelihood": "Likelihood",
}


def measures(run: Run) -> None:
    """The figures where they have been measured, else why not yet, and a way to measure now."""
    st.subheader(TITLE, help="On the test split, which training never saw.")
    found = known(run, resources.run_model(run))
    _watch(run, found is not None)
    if found is not None:
        _tables(run, found)
        return
    # Not in a fragment: only a press outside of one ends a script that is at work.
    if see(visitor(), run.id).may("control") and st.button(
        "Measure now", help="Measure the newest saved weights of this run."
    ):
        _measure(run)


@st.fragment(run_every=2.0)
def _watch(run: Run, shown: bool) -> None:
    """Draw the page anew as soon as there are figures, or newer weights without any."""
    if (known(run, resources.run_model(run)) is not None) != shown:
        st.rerun()
    if shown:
        return
    if status_of(see(visitor(), run.id)).state != "finished":
        st.caption("The figures of the test split are measured when training ends.")
    elif worker_stays(run):
        st.caption("Being measured on the test split; this takes seconds to minutes.")
    else:
        st.caption("Not measured yet on the test split; this takes seconds to minutes.")


def _measure(run: Run) -> None:
    bar = st.progress(0.0, "Measuring …")
    st.button(cancels(TITLE), help="Ends the measuring, as any other change on this page does.")

    def report(what: str, share: float) -> None:
        # A press asks for a rerun, which Streamlit raises here: that ends `evaluate`.
        bar.progress(share, f"Measuring {what} …")

    try:
        evaluate(run, report=report)
    except AecoreError as error:
        st.error(plain(str(error)))
        return
    st.rerun()


def _tables(run: Run, found: dict[str, Any]) -> None:
    size = resources.run_model(run).model.code_size
    for group, title in GROUPS.items():
        table = _table(found, group, f"PCA, {size}", noun(run.spec), numbers_word(run.spec))
        if table:
            st.markdown(f"**{title.format(noun(run.spec))}**")
            st.table(table, hide_index=True)
    kl = found["per_dimension"].get("kl")
    if kl:
        chart(kl_bars(kl), "measured-kl", "KL of each axis of the code, the largest first")
    st.caption(
        f"{found['n']:,} test {noun(run.spec)}s, seed {found['seed']}, model of step "
        f"{resources.run_model(run).step}. Slower measures take some of them, drawn by the "
        "seed; the last column tells how many."
    )
    if "mse" in found["metrics"] and "mse" in found["baselines"].get("pca", {}):
        st.markdown(_verdict(found["metrics"]["mse"], found["baselines"]["pca"]["mse"], size))
    if not run.spec.kind.has_code:
        st.markdown(NO_CODE)
    with st.expander("What the figures say"):
        st.markdown(worded(run.spec, _meanings(found)))


def _table(
    found: dict[str, Any], group: str, pca: str, one: str, numbers: str
) -> dict[str, list[str]]:
    """Columns by their titles: the measures of a group, one a row; nothing where there are none.

    one, numbers: what a sample and its numbers are called.
    """
    names = [n for n, words in MEASURES.items() if words.group == group and n in found["metrics"]]
    titles = {"pca": pca, "noisy_input": f"The damaged {one}", "pixels": f"The {numbers}"}
    sides = {"This run": found["metrics"]} | {
        title: found["baselines"][side]
        for side, title in titles.items()
        if any(name in found["baselines"].get(side, {}) for name in names)
    }
    if not names:
        return {}
    return {
        "": [MEASURES[name].title for name in names],
        **{title: [_say(name, scores) for name in names] for title, scores in sides.items()},
        f"{one.capitalize()}s": [f"{found['counts'].get(name, found['n']):,}" for name in names],
    }


def _say(name: str, scores: dict[str, float]) -> str:
    return MEASURES[name].say(scores[name]) if name in scores else ""


def _meanings(found: dict[str, Any]) -> str:
    """A list of what was measured, in words."""
    lines = []
    for name, words in MEASURES.items():
        if name in found["metrics"]:
            better = f" ({words.better} is better)" if words.better else ""
            lines.append(f"- **{words.title}**{better}: {words.meaning}")
    return "\n".join(lines)


def _verdict(ours: float, theirs: float, size: int) -> str:
    numbers = f"{size} {'number' if size == 1 else 'numbers'}"
    if ours < 0.99 * theirs:
        times = f"{theirs / ours:.2f}"
        return f"This run copies better than PCA with the same {numbers}: {times} times less error."
    if ours <= 1.01 * theirs:
        return f"This run and PCA with the same {numbers} are equal to within 1 %."
    return (
        f"**PCA wins here**: with the same {numbers} it makes {ours / theirs:.2f} times less "
        "error than this run."
    )
