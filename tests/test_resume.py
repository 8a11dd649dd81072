"""A run that is cut, stored and continued equals the run that was not, bit by bit."""

import json
from dataclasses import replace
from functools import partial

import pytest
import torch
from safetensors.torch import load, save

from aecore.corruptions import corruptions
from aecore.errors import CheckpointDamaged
from aecore.models import variants
from aecore.networks import networks
from aecore.training import Failed, Finished, SnapshotTaken, State, capture, restore
from aecore.training.optimizers import OPTIMIZERS
from aecore.training.schedules import SHAPES
from tests.kit import layer_knobs, logged, open_small, play, same, session_of, weights_of

DATA = open_small("digits", train_limit=200)
STEPS = 36  # 6 epochs of 6 batches; rows at 1–10, 12, 16, 18, 20, 24, 28, 30, 32, 36
CUTS = {"start": 0, "first step": 1, "mid-epoch": 8, "mid-row": 14, "epoch edge": 18, "last": 36}


@pytest.fixture(autouse=True)
def rows_of_several_steps(monkeypatch):
    monkeypatch.setattr("aecore.training.session.LOGS_A_RUN", 9)


def session(variant="vae", network="mlp", **knobs):
    """One that draws from every source of chance: dropout, corruption, posterior, batch order."""
    corruption = corruptions["gaussian"]
    train = {"batch_size": 32, "epochs": 6, "warmup": 0.1, "patience": 3, **knobs}
    return session_of(
        variant,
        network,
        DATA,
        corruption=corruption(corruption.Config(level=0.2)),
        network_knobs=layer_knobs(
            network, width=16, dropout=0.2, batch_norm=variants[variant].takes_batch_norm
        ),
        **train,
    )


def stored(state):
    """A state after it was a file: weights and the rest as safetensors, numbers as JSON."""
    model, rest = load(save(state.model)), load(save(state.rest))
    return State(model, rest, json.loads(json.dumps(state.numbers)))


def cut(make, step, tamper=lambda state: state):
    """A run until `step`, and what a new session makes of its stored state."""
    first = make()
    before = play(first, until=step) if step else []
    state = tamper(stored(capture(first)))
    torch.manual_seed(12345)  # another process has another random state
    second = make()
    restore(second, state)
    return before + play(second), second


def outcome(events, made):
    """All that can be compared: rows, points of snapshots, the end, the weights."""
    rows = [(r.step, r.epoch, r.split, dict(r.terms), r.learning_rate) for r in logged(events)]
    points = [e.points for e in events if isinstance(e, SnapshotTaken)]
    return rows, events[-1], points + weights_of(made.model)


def equal(left, right):
    return left[:2] == right[:2] and same(left[2], right[2])


def check(make, *steps):
    """Cut at each of these steps, against one run that was not."""
    whole = make()
    told = outcome(play(whole), whole)
    for step in steps:
        assert equal(told, outcome(*cut(make, step))), step


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_continues_bit_by_bit_with_every_optimizer(optimizer):
    make = partial(session, optimizer=optimizer, learning_rate=1e-3, weight_decay=0.01)
    check(make, *CUTS.values())


@pytest.mark.parametrize("schedule", SHAPES)
def test_continues_bit_by_bit_with_every_schedule(schedule, monkeypatch):
    monkeypatch.setattr("aecore.training.session.PLATEAU_PATIENCE", 1)
    check(partial(session, schedule=schedule, learning_rate=0.03, clip_norm=1.0), 8, 14)


@pytest.mark.parametrize("network", networks)
@pytest.mark.parametrize("variant", variants)
def test_continues_bit_by_bit_with_every_model(variant, network):
    check(partial(session, variant, network), 14)


@pytest.mark.parametrize("step", [14, 20, 27])
def test_early_stopping_looks_back_across_the_cut(step):
    def make():
        return session("autoencoder", epochs=30, patience=2, warmup=0, changes={19: 1.0})

    whole = make()
    events = play(whole)
    assert events[-1] == Finished(events[-1].step, events[-1].epoch, "early_stopping", 18)
    continued, made = cut(make, step)
    assert equal(outcome(events, whole), outcome(continued, made))


def test_a_failure_after_the_cut_goes_back_to_before_it():
    """The last checked weights are kept, not those of the cut, which nobody checked."""

    def fail(made):
        next(made.model.parameters()).data[0, 0] = float("inf")
        return made, play(made)

    whole = session()
    play(whole, until=14)
    first = session()
    play(first, until=14)
    second = session()
    restore(second, stored(capture(first)))
    (whole, told), (second, continued) = fail(whole), fail(second)
    assert isinstance(told[-1], Failed)
    assert told[-1].kept_step == 10
    assert continued[-1] == told[-1]
    assert logged(continued) == logged(told)
    assert same(weights_of(second.model), weights_of(whole.model))


def fresh(names):
    """Tampering that puts what a new session holds in place of what was captured."""

    def tamper(state):
        torch.manual_seed(0)  # or the new session would capture what the cut one left behind
        new = capture(session()).rest
        found = {name: t for name, t in state.rest.items() if name.startswith(names)}
        assert found
        empty = {
            name: new[name] if name in new and new[name].shape == t.shape else torch.zeros_like(t)
            for name, t in found.items()
        }
        return replace(state, rest=state.rest | empty)

    return tamper


@pytest.mark.parametrize("names", ["random.cpu", "random.noise", "optimizer", "sums"])
def test_leaving_out_any_part_of_the_state_shows(names):
    """The negative control: without it, the tests above could pass for a wrong reason."""
    whole = session()
    told = outcome(play(whole), whole)
    assert equal(told, outcome(*cut(session, 14)))
    without = outcome(*cut(session, 14, fresh(names)))
    assert not equal(told, without)
    if names != "sums":  # which only the curve shows
        assert not same(told[2], without[2])


@pytest.mark.parametrize(
    "numbers",
    [{"logged_steps": 0}, {"best_epoch": 9}, {"learning_rate": 0.5}, {"rate_factor": 0.5}],
)
def test_leaving_out_a_number_shows(numbers):
    whole = session()
    told = outcome(play(whole), whole)

    def tamper(state):
        assert all(state.numbers[name] != value for name, value in numbers.items())
        return replace(state, numbers=state.numbers | numbers)

    assert not equal(told, outcome(*cut(session, 14, tamper)))


def test_a_state_is_a_copy():
    made = session()
    play(made, until=8)
    state = capture(made)
    before = {name: tensor.clone() for name, tensor in (state.model | state.rest).items()}
    numbers = json.dumps(state.numbers)
    play(made)
    for name, tensor in (state.model | state.rest).items():
        assert torch.equal(tensor, before[name])
    assert json.dumps(state.numbers) == numbers


@pytest.mark.parametrize("part", ["optimizer.0", "random.cpu", "random.noise", "sums"])
def test_a_state_with_a_missing_part_is_refused(part):
    made = session()
    play(made, until=8)
    state = capture(made)
    broken = replace(state, rest={k: t for k, t in state.rest.items() if k != part})
    with pytest.raises(CheckpointDamaged, match="does not fit"):
        restore(session(), broken)


def test_a_state_of_another_model_is_refused():
    made = session()
    play(made, until=8)
    with pytest.raises(CheckpointDamaged, match="does not fit"):
        restore(session("vae", "conv"), capture(made))
