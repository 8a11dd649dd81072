"""What was found in files before they are taken in, and the settings of how they are read."""

from __future__ import annotations

import base64
import binascii
import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from aecore.config import Knob, knobs
from aecore.intake import intakes
from aecore.intake.safe_text import safe_text
from ui.calm import to_the_end
from ui.forms import knob_widget
from ui.image import address
from ui.selection import set_widget, widget_value
from ui.words import count_of, plain

SHOWN = 12
SINGLE = ("label", "time", "order", "group")
"""Settings that name one column; the other texts name several."""
Changed = Callable[[str, Any], None]


def found(told: Mapping[str, Any]) -> None:
    """What `Intake.look` told, for a person."""
    sentences = [str(each) for each in told.get("summary", ())]
    st.markdown(plain(" ".join(sentences)))
    images = [png for each in told.get("previews", ())[:SHOWN] if (png := _png(each))]
    if images:
        alt = ["A sample as it would be taken in"] * len(images)
        st.image([address(each) for each in images], width=72, alt=alt)
        st.caption("The first samples as they would be taken in.")
    classes = told.get("classes")
    if isinstance(classes, Mapping) and len(classes) > 1:
        shown = [f"{safe_text(name)}: {count:,}" for name, count in list(classes.items())[:SHOWN]]
        more = len(classes) - SHOWN
        rest = f" and {count_of(more, 'more class')}" if more > 0 else ""
        st.caption(f"Classes: {plain(', '.join(shown))}{rest}.")
    st.caption(plain(" ".join(str(rule) for rule in told.get("rules", ()))))
    if not any("skipped" in sentence for sentence in sentences):
        skipped(told.get("skipped", {}))
    _columns(columns_of(told))


def skipped(reasons: Mapping[str, int], taken: int = 0) -> None:
    """What was left out, with the reasons; nothing where nothing was. taken: what was not."""
    total = sum(reasons.values())
    if total:
        whole = f" of {taken + total:,}" if taken else ""
        why = "; ".join(f"{n:,} × {reason}" for reason, n in reasons.items())
        st.warning(f"{total:,}{whole} skipped: {plain(why)}")


def _png(text: object) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except (ValueError, binascii.Error):
        return b""


def columns_of(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The columns that an intake found, where it says more of them than their names."""
    return [each for each in told.get("columns", ()) if isinstance(each, Mapping)]


def _columns(columns: Sequence[Mapping[str, Any]]) -> None:
    if not columns:
        return
    rows = [
        {
            "Column": plain(safe_text(each.get("name", ""))),
            "Holds": plain(str(each.get("type", ""))),
            "Examples": plain(safe_text(", ".join(map(str, each.get("examples", ())[:3])))),
            "Missing": f"{int(each.get('missing') or 0):,}",
            "Becomes": plain(str(each.get("becomes", ""))),
        }
        for each in columns
    ]
    with st.expander(f"{count_of(len(rows), 'column')} found", expanded=len(rows) <= SHOWN):
        st.table(rows, hide_index=True)


def options_of(
    intake: str, options: Mapping[str, Any], columns: Sequence[Mapping[str, Any]], changed: Changed
) -> None:
    """The settings of an intake; a change is told to `changed`, and looked at anew."""
    names = [str(each.get("name", "")) for each in columns]
    declared = knobs(intakes[intake].Config)
    if not declared:
        return
    with st.expander("How to read them", icon=":material/tune:", expanded=bool(names or options)):
        cells = st.grid(2, min_column_width=260)
        for knob in declared:
            value = options.get(knob.name, knob.default)
            with cells.cell():
                if knob.kind == "text" and names:
                    _column_choice(knob, str(value), names, changed)
                else:
                    knob_widget(
                        knob, value, f"intake:{intake}",
                        to_the_end(lambda name, key: _tell(name, key, changed)),
                    )  # fmt: skip


def _tell(name: str, key: str, changed: Changed) -> None:
    value = widget_value(key)
    if value is not None:
        changed(name, value)


def _column_choice(knob: Knob, value: str, names: Sequence[str], changed: Changed) -> None:
    key, one = f"columns:{knob.name}", knob.name in SINGLE
    shared: dict[str, Any] = {"label": knob.label, "key": key, "help": knob.help}
    shared |= {"format_func": safe_text, "on_change": to_the_end(lambda: changed(
        knob.name, (widget_value(key) or "") if one else csv_line(widget_value(key))))}  # fmt: skip
    if one:
        set_widget(key, value if value in names else None)
        st.selectbox(**shared, options=names, index=None, placeholder="None")
    else:
        set_widget(key, [name for name in from_csv(value) if name in names])
        st.multiselect(**shared, options=names, placeholder="None")


def csv_line(names: Sequence[str]) -> str:
    """Names as one line of CSV, as text settings of intakes hold them."""
    target = io.StringIO()
    csv.writer(target, lineterminator="").writerow(names)
    return target.getvalue() if names else ""


def from_csv(text: str) -> list[str]:
    """The names that `csv_line` wrote."""
    return [name for row in csv.reader([text], skipinitialspace=True) for name in row if name]
