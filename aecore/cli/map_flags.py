"""The flags of `project` and `measure`: one for every knob of a map."""

from __future__ import annotations

import argparse

from aecore.cli.flags import Flag, add, others
from aecore.config import knobs
from aecore.maps.spec import CODE, MapConfig
from aecore.projections import projections

METHODS = (CODE, *projections)


def add_flags(project: argparse.ArgumentParser, measure: argparse.ArgumentParser) -> None:
    """Which maps, of what, with which settings."""
    names = ", ".join(METHODS)
    project.add_argument(
        "--method", metavar="NAME", default="umap", help=f"one of: {names} (default: umap)"
    )
    project.add_argument("--csv", metavar="FILE", help="write a table of the places to a file")
    measure.add_argument(
        "--methods",
        metavar="NAME,…",
        default=",".join(projections),
        help=f"maps to compare, of: {names} (default: all but {CODE})",
    )
    measure.add_argument(
        "--seeds",
        metavar="N",
        default="1",
        help="draw each map with so many seeds and give mean and deviation (default: 1)",
    )
    for command in (project, measure):
        group = command.add_argument_group("the map")
        add(group, (Flag(knob, knob.default) for knob in knobs(MapConfig)))
        add(group, others(projections, set()))
