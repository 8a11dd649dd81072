"""Killed at random moments and started again, a run ends bit by bit as if nothing had happened.

AECORE_KILLS sets how many runs; 40 take a few minutes.
"""

import os
import random
import time

import pytest
from engine_kit import begin, home_for_module, log, ready_local
from runs_kit import curves, finished, new_run, table, weights

from aecore.jobs import launch
from aecore.jobs.engine import Polled
from aecore.runs import read_status
from aecore.runs.checkpoints import load_last

KILLS = int(os.environ.get("AECORE_KILLS", "8"))
TINY = {"epochs": 40, "dropout": 0.1, "batch_norm": True}
"""320 steps that draw from every random state there is."""


@pytest.fixture(scope="module", autouse=True)
def own_folders(tmp_path_factory):
    yield from home_for_module(tmp_path_factory)


@pytest.fixture(scope="module")
def engine(own_folders):
    real = launch._spawn

    def spawn(module, *arguments, stdin):
        assert module == "aecore.jobs.nursery"
        return real("tests.eager_nursery", *arguments, stdin=stdin)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launch, "_spawn", spawn)
        with ready_local() as made:
            yield made


@pytest.fixture(scope="module")
def twin(own_folders):
    return finished(**TINY)


@pytest.fixture(scope="module")
def seconds(engine):
    """How long a worker takes that nobody kills."""
    whole = begin(engine, new_run(**TINY))
    whole.until_step(1)
    before = time.monotonic()
    whole.end()
    return time.monotonic() - before


@pytest.mark.parametrize("seed", range(KILLS))
@pytest.mark.fault("F1")
def test_killed_anywhere_it_ends_like_its_twin(engine, twin, seconds, seed):
    run, dice = new_run(**TINY), random.Random(seed)
    for part in (0.5, 1):  # twice, so that the second may meet what the first left
        begun = begin(engine, run)
        begun.until_step(1)
        time.sleep(dice.uniform(0, part * seconds))
        engine.kill(begun.handle)
        begun.end()
        assert load_last(run.checkpoints)[1] == []
        if read_status(run).state == "finished":
            break
    else:
        assert begin(engine, run).end() == Polled("exited", 0), log(run)
    assert read_status(run).state == "finished"
    assert weights(run) == weights(twin)
    assert curves(run) == curves(twin)
    assert table(run, "PRAGMA integrity_check") == [("ok",)]
