"""The session: what it tells and in which order, and what it does when things go wrong."""

import numpy as np
import pytest
import torch

from aecore.corruptions import corruptions
from aecore.training import (
    EpochDone,
    Failed,
    Finished,
    LearningRateChanged,
    Logged,
    SnapshotTaken,
    StepDone,
)
from aecore.training.batches import Batches
from aecore.training.optimizers import OPTIMIZERS
from aecore.training.schedules import SHAPES
from aecore.training.snapshots import snapshot_steps
from tests.kit import logged, open_small, play, same, session_of, weights_of

DATA = open_small("digits", train_limit=200)  # 6 batches of 32; 8 images are left over
KNOBS = {"batch_size": 32, "epochs": 6, "schedule": "constant", "warmup": 0.0}


def session(variant="autoencoder", **knobs):
    return session_of(variant, "mlp", DATA, network_knobs={"width": 32}, **{**KNOBS, **knobs})


def watch(made):
    """All events, and the weights at each `StepDone` by step."""
    events, history = [], {0: weights_of(made.model)}
    for event in made.events():
        events.append(event)
        if isinstance(event, StepDone):
            history[event.step] = weights_of(made.model)
    return events, history


def rows(events):
    return [(r.step, r.epoch, r.split, dict(r.terms), r.learning_rate) for r in logged(events)]


ORDER = [LearningRateChanged, Logged, EpochDone, SnapshotTaken, StepDone]


def test_events_come_in_their_order():
    events = play(session(changes={3: 1e-4}))
    assert isinstance(events[0], SnapshotTaken)
    assert events[0].step == 0
    assert isinstance(events[-1], Finished)
    assert (events[-1].step, events[-1].reason, events[-1].kept_step) == (36, "completed", 36)
    body = events[1:-1]
    assert [event.step for event in body if isinstance(event, StepDone)] == list(range(1, 37))
    places = [(event.step, ORDER.index(type(event))) for event in body]
    assert places == sorted(places)
    epochs = [(event.step, event.epoch) for event in body if isinstance(event, EpochDone)]
    assert epochs == [(6 * epoch + 6, epoch) for epoch in range(6)]


def test_each_epoch_is_validated_after_its_last_training_row():
    found = logged(play(session()))
    assert [row.step for row in found if row.split == "validation"] == [6, 12, 18, 24, 30, 36]
    for before, row in zip(found, found[1:], strict=False):
        if row.split == "validation":
            assert (before.split, before.step) == ("train", row.step)


def test_a_training_row_is_the_mean_since_the_last_one(monkeypatch):
    every = [row for row in logged(play(session())) if row.split == "train"]
    monkeypatch.setattr("aecore.training.session.LOGS_A_RUN", 9)
    some = [row for row in logged(play(session())) if row.split == "train"]
    assert [row.step for row in every] == list(range(1, 37))
    assert [row.step for row in some] == [*range(1, 11), 12, 16, 18, 20, 24, 28, 30, 32, 36]
    last = 0
    for row in some:
        part = [single.terms["reconstruction"] for single in every[last : row.step]]
        assert row.terms["reconstruction"] == pytest.approx(np.mean(part), rel=1e-5)
        last = row.step


@pytest.mark.parametrize("schedule", SHAPES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_rule_with_every_schedule_learns(optimizer, schedule):
    rate = {"sgd": 1e-3, "rmsprop": 1e-3}.get(optimizer, 1e-2)
    made = session(optimizer=optimizer, schedule=schedule, learning_rate=rate, warmup=0.1)
    found = [sum(row.terms.values()) for row in logged(play(made)) if row.split == "validation"]
    assert found[-1] < 0.95 * found[0]


def test_plateau_halves_the_rate_when_validation_stalls(monkeypatch):
    monkeypatch.setattr("aecore.training.session.PLATEAU_PATIENCE", 2)
    made = session(schedule="plateau", learning_rate=1e-3)
    monkeypatch.setattr(made.validation, "terms", lambda model: {"reconstruction": 1.0})
    rates = [row.learning_rate for row in logged(play(made)) if row.split == "train"]
    assert rates == [1e-3] * 18 + [5e-4] * 12 + [2.5e-4] * 6


@pytest.mark.parametrize("variant", ["vae", "denoising"])
def test_the_seed_decides_every_number(variant):
    first, again, other = session(variant), session(variant), session(variant, seed=1)
    told, repeated, different = (play(made) for made in (first, again, other))
    assert rows(told) == rows(repeated)
    assert same(weights_of(first.model), weights_of(again.model))
    assert all(a != b for a, b in zip(rows(told), rows(different), strict=True))


def test_a_rate_changed_by_hand_is_told_and_can_be_repeated():
    live, events = session(), []
    for event in live.events():
        events.append(event)
        if isinstance(event, StepDone) and event.step == 7:
            live.set_learning_rate(5e-4)
    assert [e for e in events if isinstance(e, LearningRateChanged)] == [
        LearningRateChanged(8, 5e-4)
    ]
    rates = {row.step: row.learning_rate for row in logged(events)}
    assert (rates[7], rates[8], rates[36]) == (2e-3, 5e-4, 5e-4)
    repeat, untouched = session(changes={8: 5e-4}), session()
    assert rows(play(repeat)) == rows(events)
    assert same(weights_of(repeat.model), weights_of(live.model))
    assert rows(play(untouched)) != rows(events)


@pytest.mark.fault("F6")
def test_too_fast_a_rate_ends_with_the_last_finite_weights():
    made = session(optimizer="sgd", learning_rate=10.0)
    events, history = watch(made)
    check_failed(made, events[-1], history)


@pytest.mark.parametrize("step", [4, 13, 14, 15])
def test_an_infinite_weight_is_found_at_the_next_row(step, monkeypatch):
    monkeypatch.setattr("aecore.training.session.LOGS_A_RUN", 9)
    made, events, history = session(), [], {}
    for event in made.events():
        events.append(event)
        if isinstance(event, StepDone):
            history[event.step] = weights_of(made.model)
            if event.step == step:
                next(made.model.parameters()).data[0, 0] = float("inf")
    check_failed(made, events[-1], history)
    assert events[-1].step == (5 if step == 4 else 16)
    assert events[-1].kept_step == (3 if step == 4 else 10)


def check_failed(made, failed, history):
    assert isinstance(failed, Failed)
    assert failed.reason == "non_finite_loss"
    assert failed.kept_step < failed.step
    assert str(failed.kept_step) in failed.message
    assert made.finite()
    assert same(weights_of(made.model), history[failed.kept_step])


def test_early_stopping_goes_back_to_the_best_weights():
    made = session(patience=2, epochs=30, changes={19: 1.0})
    events, history = watch(made)
    last = events[-1]
    assert isinstance(last, Finished)
    assert last.reason == "early_stopping"
    found = {r.step: sum(r.terms.values()) for r in logged(events) if r.split == "validation"}
    assert last.kept_step == min(found, key=found.get)
    assert (last.kept_step, last.step) == (18, 30)
    assert same(weights_of(made.model), history[18])
    assert not same(weights_of(made.model), history[30])
    assert any(isinstance(event, SnapshotTaken) and event.step == 30 for event in events)


def test_with_patience_a_run_to_the_end_keeps_the_best_too():
    made = session(patience=20, changes={19: 1.0})
    events, history = watch(made)
    assert (events[-1].reason, events[-1].kept_step) == ("completed", 18)
    assert same(weights_of(made.model), history[18])


@pytest.mark.parametrize("total", [1, 5, 40, 2000, 100_000])
def test_snapshots_are_spaced_by_their_logarithm(total):
    steps = sorted(snapshot_steps(total))
    assert steps[0] == 1
    assert steps[-1] == total
    assert len(steps) <= 30
    gaps = np.diff(np.log(steps)) - np.log(total) / 29
    rounding = np.array([1 / step for step in steps[:-1]])
    assert all(gaps <= rounding + 1e-9)


def test_snapshots_are_taken_at_the_start_and_at_their_steps():
    taken = [event.step for event in play(session()) if isinstance(event, SnapshotTaken)]
    assert taken == [0, *sorted(snapshot_steps(36))]


@pytest.mark.parametrize("variant", ["vae", "denoising"])
def test_validation_repeats_itself_and_disturbs_nothing(variant):
    made = session(variant)
    play(made, until=5)
    before, noise = torch.get_rng_state(), made.batches.noise.get_state()
    first = made.validation.terms(made.model)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(made.batches.noise.get_state(), noise)
    torch.manual_seed(99)
    assert made.validation.terms(made.model) == first


def batches(count=20, size=6, seed=0):
    images = (torch.arange(count) % 256).to(torch.uint8).view(-1, 1, 1, 1)
    kind = corruptions["none"]
    return Batches(images, size, kind(kind.Config()), seed)


def epoch_of(made, epoch):
    return [
        made.get(epoch, place)[1].mul(255).round().flatten().tolist() for place in range(len(made))
    ]


def test_an_epoch_shows_each_image_once_and_leaves_out_the_rest():
    made = batches()
    assert len(made) == 3
    left_out = set()
    for epoch in range(30):
        shown = sum(epoch_of(made, epoch), [])
        assert len(shown) == len(set(shown)) == 18
        left_out |= set(range(20)) - {int(value) for value in shown}
    assert len(left_out) > 15  # each epoch leaves out others


def test_order_follows_from_seed_and_epoch_alone():
    forward = [epoch_of(batches(), epoch) for epoch in range(4)]
    made = batches()
    assert [epoch_of(made, epoch) for epoch in (3, 1, 2, 0)] == [forward[i] for i in (3, 1, 2, 0)]
    assert forward[0] != forward[1]
    assert epoch_of(batches(seed=1), 0) != forward[0]


def test_a_batch_larger_than_the_split_is_the_whole_split():
    made = batches(count=10, size=64)
    assert len(made) == 1
    assert sorted(epoch_of(made, 0)[0]) == list(range(10))


def test_pixels_run_from_0_to_1():
    images = torch.tensor([0, 51, 255], dtype=torch.uint8).view(-1, 1, 1, 1)
    kind = corruptions["none"]
    _, target = Batches(images, 3, kind(kind.Config()), 0).get(0, 0)
    torch.testing.assert_close(target.flatten().sort().values, torch.tensor([0, 0.2, 1]))
    assert target.dtype == torch.float32
