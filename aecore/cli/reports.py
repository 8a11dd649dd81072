"""`denoise`, `detect` and the like: a report on a run, as tables or JSON."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from aecore.cli.flags import Flag, add
from aecore.cli.output import say, say_json, say_table, write_over, write_text
from aecore.config import knobs
from aecore.paths import home
from aecore.reports import Findings, ReportSpec, reports
from aecore.reports.base import Row, as_csv
from aecore.reports.shelf import ReportShelf, Subject, data_of, ticket_of
from aecore.runs import RunStore
from aecore.runs.inference import load_model

OWN = ("handler", "json", "id", "csv", "train")
BESIDE_HELP = "ids of other runs to look at as well, with commas between"


def add_flags(command: argparse.ArgumentParser, name: str) -> None:
    """One for each knob of the report."""
    group = command.add_argument_group("the report")
    add(group, (Flag(knob, knob.default) for knob in knobs(reports[name].Config)))
    if name != "sweep":  # which finds the others by itself
        group.add_argument("--beside", metavar="RUN,…", default=argparse.SUPPRESS, help=BESIDE_HELP)


def make(arguments: argparse.Namespace) -> int:
    """Make a report, or take it from the shelf, and tell it."""
    spec = ReportSpec.from_flat({k: v for k, v in vars(arguments).items() if k not in OWN})
    subject, *beside = (_subject(name) for name in (arguments.id, *spec.beside))
    found = _found(subject, spec, beside)
    if arguments.csv:
        write_text(arguments.csv, as_csv(next(iter(found.tables.values()))))
    if arguments.json:
        told = {"run": arguments.id, **spec.to_flat(), **found.scope}
        say_json({**told, "tables": found.tables})
        return 0
    for title, rows in found.tables.items():
        say(f"{title.capitalize()}:")
        _say_rows(rows)
    say(", ".join(f"{name} {value}" for name, value in found.scope.items()) + ".")
    return 0


def _subject(name: str) -> Subject:
    run = RunStore()[name]
    return run, load_model(run)


def _found(subject: Subject, spec: ReportSpec, beside: Sequence[Subject]) -> Findings:
    shelf, ticket = ReportShelf(home()), ticket_of(subject, spec, beside)
    known = shelf.known(ticket)
    if known is not None:
        return known
    made = spec.report(beside).make(*subject, _follow)
    if sys.stderr.isatty():
        write_over("")
    shelf.keep(ticket, made, data_of(spec, (subject, *beside)))
    return made


def _follow(share: float, doing: str) -> None:
    if sys.stderr.isatty():
        write_over(f"{share:.0%}  {doing}")


def _say_rows(rows: Sequence[Row]) -> None:
    if rows:
        say_table(list(rows[0]), [[_shown(value) for value in row.values()] for row in rows])


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
