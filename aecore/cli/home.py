"""`reindex` and `clean`: the catalogue of runs, built anew and tidied."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict

from aecore.catalog.reindex import reindex as build
from aecore.catalog.retention import clean as tidy
from aecore.catalog.store import Catalog
from aecore.cli.output import say, say_json, say_table


def reindex(arguments: Namespace) -> int:
    """Take in every run folder that the catalogue does not know."""
    done = build(Catalog())
    if arguments.json:
        say_json(asdict(done))
        return 0
    say(f"Taken in: {len(done.added)}. Dropped, for their folders are gone: {len(done.gone)}.")
    if done.data:
        say(f"Data sets taken in: {len(done.data)}.")
    for run in done.unreadable:
        say(f"Run {run} cannot be read and was left alone.")
    return 0


def clean(arguments: Namespace) -> int:
    """Delete what is due, or tell what would be."""
    removed = tidy(Catalog(), dry_run=arguments.dry_run)
    if arguments.json:
        say_json([asdict(each) for each in removed])
        return 0
    if removed:
        say_table(["WHAT", "WHY", "MB"], [[r.what, r.why, f"{r.bytes / 1e6:.1f}"] for r in removed])
    freed = sum(each.bytes for each in removed) / 1e6
    verb = "would be" if arguments.dry_run else "was"
    say(f"{freed:.1f} MB {verb} freed." if removed else "There is nothing to clean up.")
    return 0
