"""Configs: every declaration is whole, and every wrong value is answered by one sentence."""

import unicodedata
from typing import Literal, Optional

import pytest
from pydantic import ValidationError
from runs_kit import is_sentence

from aecore.config import Knob, Settings, knob, knobs
from aecore.corruptions import corruptions
from aecore.datasets import SplitConfig, datasets
from aecore.errors import InputError
from aecore.models import variants
from aecore.networks import networks
from aecore.training import TrainConfig

REGISTRIES = (datasets, variants, networks, corruptions)
CONFIGS = [SplitConfig, TrainConfig, *(kind.Config for r in REGISTRIES for kind in r.values())]


class Example(Settings):
    count: int = knob(3, "How many there are.", low=1, high=9, log=True, label="Number")
    share: float = knob(0.5, "Which part is taken.", low=0, high=1)
    swift: bool = knob(False, "Whether to hurry.")
    colour: Literal["red", "blue"] = knob("red", "What it looks like.")
    title: str = knob("", "What it is called.")


def test_knobs_are_read_back_as_declared():
    assert knobs(Example) == (
        Knob("count", "Number", "How many there are.", "int", 3, 1, 9, log=True),
        Knob("share", "Share", "Which part is taken.", "float", 0.5, 0, 1),
        Knob("swift", "Swift", "Whether to hurry.", "bool", False),
        Knob("colour", "Colour", "What it looks like.", "choice", "red", choices=("red", "blue")),
        Knob("title", "Title", "What it is called.", "text", ""),
    )


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (int, 3),
        (int, knob(3, "No bounds at all.")),
        (float, knob(3.0, "One bound only.", low=0)),
        (float, knob(3.0, "", low=0, high=9)),
        (bytes, knob(b"x", "Bytes.")),
        (Optional[int], knob(3, "Maybe.", low=0, high=9)),  # noqa: UP045  both spellings
        (int | None, knob(3, "Maybe.", low=0, high=9)),
        (list, knob([], "Many.")),
    ],
)
def test_a_field_that_is_not_fully_declared_is_refused_where_it_is_defined(kind, value):
    with pytest.raises(TypeError):
        type("Wrong", (Settings,), {"__annotations__": {"x": kind}, "x": value})


def test_a_field_without_a_default_is_refused():
    with pytest.raises(TypeError, match="needs a default"):
        type("Wrong", (Settings,), {"__annotations__": {"x": bool}})


def test_a_default_out_of_bounds_is_refused():
    class Wrong(Settings):
        x: int = knob(10, "Too many.", low=0, high=9)

    with pytest.raises(InputError):
        Wrong.parse({})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"count": 0}, "Number (count): expected a whole number from 1 to 9, got 0."),
        ({"count": 10**9}, "Number (count): expected a whole number from 1 to 9, got 1000000000."),
        ({"count": 1.5}, "Number (count): expected a whole number from 1 to 9, got 1.5."),
        ({"count": None}, "Number (count): expected a whole number from 1 to 9, got None."),
        ({"share": float("nan")}, "Share (share): expected a number from 0 to 1, got nan."),
        ({"share": float("inf")}, "Share (share): expected a number from 0 to 1, got inf."),
        ({"share": "much"}, "Share (share): expected a number from 0 to 1, got 'much'."),
        ({"swift": "perhaps"}, "Swift (swift): expected true or false, got 'perhaps'."),
        ({"title": 3}, "Title (title): expected text of at most 1000 characters, got 3."),
        ({"colour": "green"}, "Colour (colour): expected one of red, blue, got 'green'."),
        (
            {"size": 1},
            "There is no setting 'size' here; the settings are: "
            "count, share, swift, colour, title.",
        ),
    ],
)
def test_a_wrong_value_is_told_in_one_sentence(values, words):
    with pytest.raises(InputError) as caught:
        Example.parse(values)
    assert str(caught.value) == words
    assert is_sentence(caught.value)


def test_long_input_is_not_repeated_in_full():
    with pytest.raises(InputError) as caught:
        Example.parse({"count": "9" * 100_000})
    assert len(str(caught.value)) < 200


def test_settings_cannot_be_changed_afterwards():
    with pytest.raises(ValidationError):
        Example().count = 4


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("count", "7", 7),
        ("share", "1e-3", 1e-3),
        ("swift", "True", True),
        ("swift", "off", False),
        ("colour", "blue", "blue"),
    ],
)
def test_text_is_parsed(name, text, value):
    declared = {k.name: k for k in knobs(Example)}[name]
    assert declared.parse(text) == value
    assert type(declared.parse(text)) is type(value)


@pytest.mark.parametrize(
    ("name", "text"),
    [("count", "7.5"), ("count", ""), ("share", "half"), ("swift", "2"), ("count", "9" * 9999)],
)
def test_text_that_means_nothing_is_refused(name, text):
    declared = {k.name: k for k in knobs(Example)}[name]
    with pytest.raises(InputError) as caught:
        declared.parse(text)
    assert is_sentence(caught.value)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.__qualname__)
def test_every_registered_config_explains_itself(config):
    assert config.parse({}) == config()
    for declared in knobs(config):
        assert declared.help.endswith("."), declared.name
        first = declared.label[0]
        # The case of a Greek letter says which quantity it is.
        assert first.isupper() or unicodedata.name(first).startswith("GREEK"), declared.name
        if declared.kind in ("int", "float"):
            assert declared.low <= declared.default <= declared.high, declared.name
        if declared.log:
            assert declared.low > 0, declared.name
