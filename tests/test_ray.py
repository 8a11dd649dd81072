"""The engine for clusters: a node that is lost, an agent that dies, and what comes home when."""

import os
import signal

import pytest
from engine_kit import ENDLESS, NEED, begin, home_for_module, log, stored, worker_of
from ray_kit import cluster_of, ready_ray
from runs_kit import curves, finished, is_sentence, new_run, table, wait, weights

from aecore.errors import Fenced, InputError
from aecore.jobs.engine import Need, Polled
from aecore.jobs.engines import make_engine
from aecore.runs import read_status
from aecore.runs.checkpoints import listed, load_last
from aecore.runs.control import ask

# A cluster's own processes fill the machine.
pytestmark = pytest.mark.alone

ray_mirror = pytest.importorskip("aecore.jobs.ray_mirror")
LONG = {"epochs": 400, "width": 64}


@pytest.fixture(scope="module", autouse=True)
def own_folders(tmp_path_factory):
    yield from home_for_module(tmp_path_factory)


@pytest.fixture(scope="module")
def cluster(own_folders):
    with cluster_of(1) as made:
        yield made


@pytest.fixture(scope="module")
def engine(cluster):
    with ready_ray() as made:
        yield made


def test_commands_go_out_and_curves_snapshots_and_checkpoints_come_home(engine):
    begun = begin(engine, new_run(**LONG))
    begun.until_step(200)
    ask(begun.run, "learning_rate", 0.001)
    wait(lambda: begun.polled() and table(begun.run, "SELECT * FROM change"), "the new rate")
    wait(lambda: begun.polled() and listed(begun.run.checkpoints), "a checkpoint")
    assert read_status(begun.run).live
    assert load_last(begun.run.checkpoints)[1] == []
    shown = table(begun.run, "SELECT step FROM snapshot")
    names = {path.name for path in begun.run.snapshots.iterdir()}
    assert {f"step-{step:010d}.safetensors" for (step,) in shown} | {"fixed.safetensors"} <= names
    ask(begun.run, "stop")
    assert begun.end() == Polled("exited", 0), log(begun.run)
    assert read_status(begun.run).state == "stopped"
    assert load_last(begun.run.checkpoints)[0].numbers["step"] == read_status(begun.run).step
    assert (begun.run.folder / "evaluation-test-0.json").exists()


def test_a_node_that_is_lost_is_told_and_the_run_goes_on_elsewhere(cluster, engine):
    extra = cluster.add_node(num_cpus=4, include_dashboard=False)
    begun = begin(engine, new_run(**LONG), Need(NEED.memory, threads=3))  # fits there only
    begun.until_step(200)
    wait(lambda: begun.polled() and listed(begun.run.checkpoints), "a checkpoint")
    worker = worker_of(begun.run)
    cluster.remove_node(extra, allow_graceful=False)
    wait(lambda: begun.polled().state != "running", "word of the node")
    wait(lambda: begun.polled() and not read_status(begun.run).live, "no hope for the worker")
    assert begun.polled() == Polled("lost")
    wait(lambda: not worker.is_running(), "the end of a worker that nobody fetches from")
    again = begin(engine, begun.run)
    assert again.end() == Polled("exited", 0), log(begun.run)
    twin = finished(**LONG)
    assert weights(begun.run) == weights(twin)
    assert curves(begun.run) == curves(twin)


def test_a_worker_ends_with_its_agent(engine):
    begun = begin(engine, new_run(**ENDLESS))
    begun.until_step(20)
    worker = worker_of(begun.run)
    os.kill(worker.ppid(), signal.SIGKILL)
    assert begun.end() == Polled("exited")
    wait(lambda: not worker.is_running(), "the worker's end")
    assert read_status(begun.run).state == "interrupted"


def test_what_the_whole_cluster_lacks_is_refused(engine):
    for need in (Need(10**15), Need(NEED.memory, threads=1000)):
        with pytest.raises(InputError) as caught:
            engine.start(new_run().id, 1, need)
        assert is_sentence(caught.value)


# The mirror


def told(attempt, **more):
    """What an agent hands over, with nothing new in it."""
    rows = {"metric": [], "rate": [], "snapshot": [], "change": []}
    status = {"attempt": str(attempt), "state": '"running"', "step": "7"}
    empty = {"node": "n", "code": None, "checkpoint": None, "files": {}, "log": b""}
    return {**empty, "rows": rows, "status": status, **more}


def test_nothing_is_taken_from_an_attempt_that_has_been_replaced():
    run = new_run()
    old, new = ray_mirror.Mirror(run, 1), ray_mirror.Mirror(run, 2)
    old.take(told(1))
    new.take(told(2))
    before = stored(run)
    with pytest.raises(Fenced) as caught:
        old.take(told(1, log=b"late"))
    assert is_sentence(caught.value)
    old.lose()
    assert stored(run) == before
    assert log(run) == ""


def test_a_checkpoint_that_arrives_damaged_is_asked_for_again():
    run, twin = new_run(), finished()
    mirror, name = ray_mirror.Mirror(run, 1), listed(twin.checkpoints)[-1]
    whole = {path.name: path.read_bytes() for path in name.iterdir()}
    for wrong in ({**whole, "rest.safetensors": b"x"}, {"manifest.json": b"{"}, {}):
        mirror.take(told(1, checkpoint=wrong))
        assert listed(run.checkpoints) == []
        assert mirror.wanted()["checkpoints"] == []
    mirror.take(told(1, checkpoint=whole))
    assert mirror.wanted()["checkpoints"] == [name.name]
    assert weights(run) == weights(twin)


def test_a_worker_elsewhere_is_gone_once_nothing_is_heard_of_it():
    run = new_run()
    mirror = ray_mirror.Mirror(run, 1)
    mirror.take(told(1))
    assert read_status(run).state == "running"
    mirror.take(told(1, code=-9))
    assert read_status(run).state == "interrupted"


# Which engine


def test_an_engine_that_there_is_none_of_is_refused(monkeypatch):
    monkeypatch.setenv("AECORE_ENGINE", "abacus")
    with pytest.raises(InputError) as caught:
        make_engine()
    assert is_sentence(caught.value)


def test_the_engine_is_chosen_by_the_environment(cluster, monkeypatch):
    monkeypatch.setenv("AECORE_ENGINE", "ray")
    name, engine = make_engine()
    assert (name, type(engine).__name__) == ("ray", "RayEngine")
    engine.close()
