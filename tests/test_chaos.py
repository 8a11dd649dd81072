"""The storm, short: see chaos.py. `make chaos` makes it last an hour."""

import pytest

from tests.chaos import storm


@pytest.mark.browser
def test_nothing_is_lost_stuck_doubled_or_seen_by_others():
    chaos = storm(seed=1, seconds=30)
    assert chaos.wrong == []
    assert chaos.done["finished"] >= 30
    assert chaos.done["kill_worker"] >= 5
    assert chaos.done["kill_supervisor"] >= 2
    assert chaos.done["restart"] >= 1
    assert chaos.done["answers 404"] > 30
