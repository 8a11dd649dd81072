"""Anything at any time: presses, deaths, restarts in any order keep to the diagram and end well."""

import tempfile

import pytest
from catalog_kit import ANNA, BEN, LAPTOP, enter, row
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from supervisor_kit import RUNNING, Clock, Stage

from aecore.catalog.queue import SHELL, active, command, enqueue
from aecore.catalog.rows import ACTIVE, WAITING
from aecore.catalog.runs import listed
from aecore.catalog.store import Catalog

AT_WORK = {
    "running",
    "pausing",
    "stopping",
    "paused",
    "stopped",
    "finished",
    "recovering",
    "failed",
}
MOVES = {
    "queued": {"starting", "paused", "stopped"},
    "recovering": {"starting", "paused", "stopped"},
    "starting": AT_WORK,
    "running": AT_WORK,
    "paused": {"queued", "stopped"},
    "stopped": {"queued"},
    "failed": {"queued"},
    "finished": set(),
}
"""The diagram: from which state a run may go where."""
LOG = (
    "CREATE TABLE move (before TEXT, after TEXT)",
    "CREATE TRIGGER moved AFTER UPDATE OF state ON run WHEN OLD.state != NEW.state "
    "BEGIN INSERT INTO move VALUES (OLD.state, NEW.state); END",
)
SLOTS = 2


class Lab(RuleBasedStateMachine):
    """Two people, two slots, and a supervisor that does not live for ever."""

    def __init__(self):
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.folder = tempfile.TemporaryDirectory()
        self.patch.setenv("AECORE_HOME", self.folder.name)
        self.patch.setenv("AECORE_SLOTS", str(SLOTS))
        self.clock = Clock(self.patch)
        self.catalog = Catalog()
        with self.catalog.write() as db:
            for statement in LOG:
                db.exec_driver_sql(statement)
        self.stage = Stage(self.catalog)
        self.runs = []
        self.claimed = set()

    def teardown(self):
        try:
            self.let_all_end()
        finally:
            self.catalog.close()
            self.patch.undo()
            self.folder.cleanup()

    def some(self, data, of):
        return data.draw(st.sampled_from(of))

    def unborn(self):
        """Workers on their way."""
        return [handle for handle in self.stage.engine.running() if handle not in self.claimed]

    def begun(self):
        """Workers that train."""
        return [handle for handle in self.stage.engine.running() if handle in self.claimed]

    def begin(self, handle):
        self.stage.engine.begins(handle)
        self.claimed.add(handle)

    @rule(who=st.sampled_from([ANNA, BEN]))
    @precondition(lambda self: len(self.runs) < 6)
    def submit(self, who):
        self.runs.append(enter(self.catalog, who))

    @rule(data=st.data(), action=st.sampled_from(["pause", "stop", "restart"]))
    @precondition(lambda self: self.runs)
    def press(self, data, action):
        command(self.catalog, ANNA, row(self.catalog, self.some(data, self.runs)), action, None)

    @rule(data=st.data())
    @precondition(lambda self: self.runs)
    def resume(self, data):
        enqueue(self.catalog, row(self.catalog, self.some(data, self.runs)), LAPTOP)

    @rule()
    def tick(self):
        self.stage.tick()

    @rule()
    def time_passes(self):
        self.clock.passes(6)
        self.stage.tick()

    @rule()
    def another_supervisor(self):
        self.stage.another_supervisor()

    @rule(data=st.data())
    @precondition(lambda self: self.unborn())
    def worker_begins(self, data):
        self.begin(self.some(data, self.unborn()))

    @rule(data=st.data())
    @precondition(lambda self: self.stage.engine.running())
    def worker_dies(self, data):
        self.stage.engine.dies(self.some(data, self.stage.engine.running()))

    @rule(data=st.data())
    @precondition(lambda self: self.begun())
    def worker_obeys(self, data):
        self.stage.engine.obeys(self.some(data, self.begun()))

    @rule(data=st.data())
    @precondition(lambda self: self.begun())
    def worker_finishes(self, data):
        self.stage.engine.leaves(self.some(data, self.begun()), "finished")

    @invariant()
    def no_run_has_two_workers(self):
        at = [handle.run for handle in self.stage.engine.running()]
        assert len(at) == len(set(at))

    @invariant()
    def no_more_are_at_work_than_there_are_slots(self):
        assert len(self.stage.engine.running()) <= SLOTS
        assert len([each for each in active(self.catalog) if each.engine != SHELL]) <= SLOTS

    @invariant()
    def states_move_only_along_the_diagram(self):
        with self.catalog.read() as db:
            moves = {tuple(move) for move in db.exec_driver_sql("SELECT DISTINCT * FROM move")}
        assert not [(before, after) for before, after in moves if after not in MOVES[before]]

    def let_all_end(self):
        """Whatever happened: left alone, everything comes to rest, and nothing is lost."""
        for _ in range(4 * len(self.runs) + 4):
            self.clock.passes(6)
            self.stage.tick()
            for handle in self.unborn():
                self.begin(handle)
            for handle in self.begun():
                self.stage.engine.obeys(handle)
            for handle in self.begun():
                self.stage.engine.leaves(handle, "finished")
        rows = listed(self.catalog, None)
        assert {each.id for each in rows} == {each.id for each in self.runs}
        assert not [each for each in rows if each.state in (*ACTIVE, *WAITING)]
        assert RUNNING not in self.stage.engine.workers.values()


Lab.TestCase.settings = settings(max_examples=15, stateful_step_count=30, deadline=None)
TestLab = pytest.mark.fault("F18")(Lab.TestCase)
