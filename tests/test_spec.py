"""Specs: what goes into a link or a file comes back the same, for everything there is."""

import itertools
import json
import math
import random

import pytest
from runs_kit import is_sentence

from aecore.corruptions import corruptions
from aecore.datasets import datasets
from aecore.errors import InputError, UnknownName
from aecore.models import variants
from aecore.networks import networks
from aecore.runs.spec import CHOICES, RunSpec, all_knobs, chosen_names, suggested

REGISTRIES = dict(zip(CHOICES, (datasets, variants, networks, corruptions), strict=True))
COMBINATIONS = [  # every two names that can meet: no knob belongs to more than one of the four
    chosen_names({first: one, second: other})
    for first, second in itertools.combinations(CHOICES, 2)
    for one, other in itertools.product(REGISTRIES[first], REGISTRIES[second])
]
EACH = [  # every name at least once
    chosen_names({choice: name}) for choice, registry in REGISTRIES.items() for name in registry
]


def draw(declared, dice):
    """A random value that a knob takes."""
    if declared.kind == "bool":
        return dice.random() < 0.5
    if declared.kind == "choice":
        return dice.choice(declared.choices)
    if declared.kind == "text":
        return dice.choice(["", "0", "0, 1", '=é,"&?#'])
    if declared.log:
        value = math.exp(dice.uniform(math.log(declared.low), math.log(declared.high)))
    else:
        value = dice.uniform(declared.low, declared.high)
    value = min(max(value, declared.low), declared.high)
    return int(value) if declared.kind == "int" else float(value)


def random_spec(names, seed):
    dice = random.Random(seed)
    chosen = [k for _, k in all_knobs(names) if dice.random() < 0.6]
    spec = RunSpec.from_flat({**names, **{k.name: draw(k, dice) for k in chosen}})
    if dice.random() < 0.3:
        steps = dice.sample(range(1, 10_000), 3)
        spec = spec.with_changes({step: dice.uniform(1e-6, 1) for step in steps})
    return spec


@pytest.mark.parametrize("number", range(len(COMBINATIONS)))
def test_round_trips(number):
    for seed in range(3):
        spec = random_spec(COMBINATIONS[number], (number, seed).__hash__())
        flat = spec.to_flat()
        assert all(isinstance(value, str) for value in flat.values())
        assert RunSpec.from_flat(flat) == spec
        text = json.dumps(spec.to_json(), allow_nan=False)
        assert RunSpec.from_json(json.loads(text)) == spec


def test_the_link_of_defaults_holds_nothing_but_names():
    for names in EACH:
        flat = RunSpec.from_flat(names).to_flat()
        assert flat.items() <= names.items()
        assert {"dataset", "variant"} <= set(flat)


def test_nothing_chosen_is_the_newcomers_run():
    spec = RunSpec.from_flat({})
    assert spec.names == CHOICES
    assert spec.make_network(spec.make_source().shape)


def test_suggestions_hold_until_something_is_chosen():
    names = chosen_names({"variant": "linear", "dataset": "digits"})
    hints = suggested(names)
    assert hints["epochs"] == variants["linear"].suggested["epochs"]
    assert RunSpec.from_flat(names).training.epochs == hints["epochs"]
    assert RunSpec.from_flat({**names, "epochs": 7}).training.epochs == 7


def test_a_flag_for_every_knob_and_no_name_twice():
    for names in COMBINATIONS:
        found = [knob.name for _, knob in all_knobs(names)]
        assert len(found) == len(set(found))
        assert not set(found) & {*CHOICES, "learning_rate_changes"}


def refused(values):
    with pytest.raises(InputError) as caught:
        RunSpec.from_flat(values)
    assert is_sentence(caught.value), str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("names", EACH, ids=lambda names: "-".join(names.values()))
def test_every_wrong_value_of_every_knob_is_told(names):
    for _, declared in all_knobs(names):
        wrong = [None, [], {}, "9" * 9999]
        if declared.kind != "text":  # what it must say is for whoever reads it to judge
            wrong += ["", "wrong"]
        if declared.kind in ("int", "float"):
            wrong += [declared.low - 1, declared.high + 1, "nan", "-inf", math.nan, math.inf]
        if declared.kind == "int":
            wrong += ["1.5", declared.low + 0.5]
        for value in wrong:
            assert declared.label in refused({**names, declared.name: value})


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("name", ["", "nope", "../../etc/passwd", "x" * 10**5, "é\n", None, 7])
def test_unknown_names_are_told(choice, name):
    assert "Known:" in refused({choice: name})


def test_unknown_settings_are_told():
    assert "the settings are" in refused({"colour": "red"})
    assert "level" in refused({"corruption": "none", "level": "0.5"})


@pytest.mark.parametrize(
    "text", ["x", "5", "5:", ":1", "5:nan", "5:inf", "0:0.1", "-3:0.1", "5:0", "5:1:2", "5:99", 7]
)
def test_learning_rate_changes_are_checked(text):
    refused({"learning_rate_changes": text})


def broken_files():
    whole = RunSpec.from_flat({}).to_json()
    for name in whole:
        yield {key: value for key, value in whole.items() if key != name}
        for value in (None, 5, "x", [1], {"x": 1}, [["a", "b"]], [[1, math.nan]]):
            yield {**whole, name: value}
    yield from ([], None, "x", 3, {})


def test_a_damaged_file_is_told():
    told = 0
    for values in broken_files():
        with pytest.raises(InputError) as caught:
            RunSpec.from_json(values)
        assert is_sentence(caught.value), (values, str(caught.value))
        told += 1
    assert told > 80


def test_a_file_of_another_version_says_what_to_do():
    with pytest.raises(InputError, match="open it with the version"):
        RunSpec.from_json({**RunSpec.from_flat({}).to_json(), "schema": 2})


def test_unknown_names_are_input_errors_of_their_own():
    with pytest.raises(UnknownName, match="did you mean 'linear'"):
        RunSpec.from_flat({"variant": "liner"})
