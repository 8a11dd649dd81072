"""`sweep`: the error over the code size, of the runs there are or of runs trained for it."""

from __future__ import annotations

from argparse import Namespace

from aecore.cli.reports import make
from aecore.cli.train import follow
from aecore.runs import Run, RunStore, check, read_status
from aecore.runs.about import About
from aecore.runs.status import RESUMABLE
from aecore.runs.sweep import members, name_of, sweep_of


def sweep(arguments: Namespace) -> int:
    """Make the report on all finished runs of the sweep; with --train, first train the others.

    Runs that others train just now are left alone and out.
    """
    run = RunStore()[arguments.id]
    specs = sweep_of(run.repeatable_spec())
    found = members(RunStore(), specs)
    own = run.spec.model.latent_dim
    beside = []
    for size, spec in specs.items():
        if size == own:
            continue
        state, one = _best(found[size])
        if state != "finished" and arguments.train and (one is None or state in RESUMABLE):
            if one is None:
                one = RunStore().create(spec, About(name=name_of(spec)))
            status = follow(one, check(one.spec), arguments.json)
            if status or read_status(one).state != "finished":
                return status
            state = "finished"
        if one is not None and state == "finished":
            beside.append(one.id)
    arguments.beside = ",".join(beside)
    return make(arguments)


def _best(runs: list[Run]) -> tuple[str, Run | None]:
    """The run to use and its state: a finished one, else one that can go on, else one at work."""
    states = [(read_status(run).state, run) for run in runs]
    for wanted in (("finished",), RESUMABLE):
        for state, run in states:
            if state in wanted:
                return state, run
    alive = [(state, run) for state, run in states if state != "failed"]
    return alive[0] if alive else ("", None)
