"""`runs export` and `runs import`: a run as one file, for another machine."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from aecore.catalog.reindex import take_in
from aecore.catalog.store import Catalog
from aecore.cli.output import say, say_json
from aecore.runs import RunStore
from aecore.runs.about import read_about
from aecore.runs.archive import SUFFIX, export_run, import_run


def export(arguments: Namespace) -> int:
    """Write a run's archive."""
    run = RunStore()[arguments.id]
    path = export_run(run, Path(arguments.file or f"{run.id}{SUFFIX}"))
    if arguments.json:
        say_json({"run": run.id, "file": str(path), "bytes": path.stat().st_size})
    else:
        say(f"Run {run.id} is in {path}.")
    return 0


def take(arguments: Namespace) -> int:
    """Take an archive in as a new run."""
    run = import_run(Path(arguments.file), RunStore())
    take_in(Catalog(), run)
    provenance = read_about(run).provenance
    if arguments.json:
        say_json({"run": run.id, "provenance": provenance})
    else:
        say(f"It is run {run.id} here. {provenance}")
    return 0
