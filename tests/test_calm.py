"""A callback goes to its end, however many messages come from the browser meanwhile."""

import pytest
from streamlit.runtime.scriptrunner import RerunException
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

from ui.calm import Calm, to_the_end


class Interrupted(dict):
    """State that is touched while messages wait, as a page's is."""

    def __init__(self, *messages):
        super().__init__()
        self.messages = list(messages)

    def __setitem__(self, key, value):
        if self.messages:
            raise RerunException(self.messages.pop(0))
        super().__setitem__(key, value)


def test_nothing_is_left_out_and_the_last_message_is_heard():
    first, second = RerunData(query_string="first"), RerunData(query_string="second")
    state, done = Interrupted(first, second), []
    calm = Calm(lambda: state)

    @to_the_end
    def inner():
        calm["b"] = 2

    @to_the_end
    def press():
        done.append("queued")
        calm["a"] = 1
        inner()

    with pytest.raises(RerunException) as heard:
        press()
    assert heard.value.rerun_data == second
    assert done == ["queued"]
    assert state == {"a": 1, "b": 2}
    press()  # and it is as before when nothing comes between


def test_a_part_that_redraws_itself_does_not_keep_the_page_from_being_drawn():
    itself = RerunData(fragment_id_queue=["clock"], is_auto_rerun=True)
    pressed = RerunData(query_string="pressed", fragment_id_queue=["part"])
    state = Interrupted(itself)
    calm = Calm(lambda: state)

    @to_the_end
    def press():
        calm["a"] = 1

    press()
    assert state == {"a": 1}
    state.messages.append(pressed)
    with pytest.raises(RerunException) as heard:
        press()
    assert heard.value.rerun_data == RerunData(query_string="pressed")


def test_a_page_that_is_drawn_stops_at_once():
    calm = Calm(lambda: state)
    state = Interrupted(RerunData())
    with pytest.raises(RerunException):
        calm["a"] = 1
    assert state == {}
