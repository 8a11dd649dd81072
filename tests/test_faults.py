"""Each fault of the table has a test that injects it: `pytest -m fault` runs them all."""

import re
from pathlib import Path

TESTS = Path(__file__).parent
FAULTS = {
    "F1": "a worker is killed in the middle of an epoch",
    "F2": "the server is killed while a run trains",
    "F3": "the supervisor is killed, or started twice",
    "F4": "the machine restarts, or loses its power",
    "F5": "the disk is full",
    "F6": "the loss is no number any more",
    "F7": "memory runs out",
    "F8": "the card reports an error",
    "F9": "two people give the same name",
    "F10": "a hundred people press Train at once",
    "F11": "the browser is closed",
    "F12": "the browser loses its network, or its laptop sleeps",
    "F13": "the server sleeps, or its clock jumps",
    "F14": "a worker hangs",
    "F15": "a checkpoint is damaged or missing",
    "F16": "a download is damaged",
    "F17": "there is no network at all",
    "F18": "buttons are pressed at odd moments, twice, in two tabs",
    "F19": "runs of an older version are opened",
}


def test_each_fault_is_injected_by_a_test():
    marked = re.compile(r"mark\.fault\(([^)]*)\)")
    sources = [path.read_text() for path in TESTS.rglob("test_*.py") if path != Path(__file__)]
    named = {name for source in sources for names in marked.findall(source)
             for name in re.findall(r"F\d+", names)}  # fmt: skip
    assert named == FAULTS.keys()
