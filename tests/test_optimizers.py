"""Our fused optimisers against torch.optim, and the schedules."""

import pytest
import torch

from aecore.training import TrainConfig
from aecore.training.optimizers import OPTIMIZERS, clip
from aecore.training.schedules import LOWEST, SHAPES, START, factor

REFERENCES = {
    "adamw": lambda p, decay: torch.optim.AdamW(p, lr=1e-3, weight_decay=decay),
    "adam": lambda p, decay: torch.optim.Adam(p, lr=1e-3, weight_decay=decay),
    "sgd": lambda p, decay: torch.optim.SGD(p, lr=1e-3, momentum=0.9, weight_decay=decay),
    "rmsprop": lambda p, decay: torch.optim.RMSprop(p, lr=1e-3, alpha=0.99, weight_decay=decay),
}
SIZES = [(7, 5), (5,), (3, 2, 3, 3), ()]


def draws(count=1):
    """Lists of tensors of SIZES, `count` of them, always the same."""
    generator = torch.Generator().manual_seed(0)
    return [[torch.randn(size, generator=generator) for size in SIZES] for _ in range(count)]


def test_every_rule_has_a_reference():
    assert REFERENCES.keys() == OPTIMIZERS.keys()


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_fifty_steps_equal_those_of_torch(name, decay):
    start, *gradients = draws(51)
    ours = [tensor.clone().requires_grad_() for tensor in start]
    theirs = [tensor.clone().requires_grad_() for tensor in start]
    optimizer, reference = OPTIMIZERS[name](ours, decay), REFERENCES[name](theirs, decay)
    for step, gradient in enumerate(gradients):
        rate = 1e-2 / (1 + step)  # a rate that moves, as schedules make it
        with torch.no_grad():
            optimizer.step([tensor.clone() for tensor in gradient], rate)
        for parameter, tensor in zip(theirs, gradient, strict=True):
            parameter.grad = tensor.clone()
        reference.param_groups[0]["lr"] = rate
        reference.step()
        for left, right in zip(ours, theirs, strict=True):
            torch.testing.assert_close(left, right, rtol=1e-6, atol=1e-6)
    assert not torch.allclose(ours[0], start[0], atol=1e-3)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_state_holds_all_that_outlives_a_step(name):
    start, *gradients = draws(7)
    parameters = [tensor.clone().requires_grad_() for tensor in start]
    optimizer = OPTIMIZERS[name](parameters, 0.1)
    with torch.no_grad():
        for gradient in gradients[:3]:
            optimizer.step([tensor.clone() for tensor in gradient], 1e-2)
        copies = [parameter.detach().clone().requires_grad_() for parameter in parameters]
        copy = OPTIMIZERS[name](copies, 0.1)
        for place, tensor in zip(copy.state(), optimizer.state(), strict=True):
            place.copy_(tensor)
        for gradient in gradients[3:]:
            optimizer.step([tensor.clone() for tensor in gradient], 1e-2)
            copy.step([tensor.clone() for tensor in gradient], 1e-2)
    assert all(torch.equal(a, b) for a, b in zip(parameters, copies, strict=True))


@pytest.mark.parametrize("longest", [0.1, 1.0, 1e6])
def test_clipping_equals_that_of_torch(longest):
    gradients = draws()[0]
    parameters = [torch.zeros(size, requires_grad=True) for size in SIZES]
    for parameter, tensor in zip(parameters, gradients, strict=True):
        parameter.grad = tensor.clone()
    torch.nn.utils.clip_grad_norm_(parameters, longest)
    clip(gradients, longest)
    for tensor, parameter in zip(gradients, parameters, strict=True):
        torch.testing.assert_close(tensor, parameter.grad, rtol=1e-6, atol=1e-7)


def curve(schedule, total=1000, **knobs):
    config = TrainConfig(schedule=schedule, **{"warmup": 0.0, **knobs})
    return [factor(config, step, total) for step in range(1, total + 1)]


@pytest.mark.parametrize("warmup", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("schedule", SHAPES)
@pytest.mark.parametrize("total", [1, 2, 7, 1000])
def test_factors_lie_between_0_and_1(schedule, warmup, total):
    assert all(0 < value <= 1 for value in curve(schedule, total, warmup=warmup))


@pytest.mark.parametrize("schedule", [name for name in SHAPES if name != "one_cycle"])
def test_warmup_rises_in_a_line_and_then_lets_go(schedule):
    plain, warmed = curve(schedule), curve(schedule, warmup=0.1)
    assert warmed[:99] == pytest.approx(
        [value * step / 100 for step, value in enumerate(plain[:99], start=1)]
    )
    assert warmed[99:] == plain[99:]


def test_constant_and_plateau_stay():
    assert set(curve("constant")) == set(curve("plateau")) == {1.0}


def test_cosine_falls_all_the_way_and_ends_low():
    values = curve("cosine")
    assert values == sorted(values, reverse=True)
    assert values[0] == pytest.approx(1, abs=1e-5)
    assert values[499] == pytest.approx((1 + LOWEST) / 2)
    assert values[-1] == pytest.approx(LOWEST)


def test_one_cycle_rises_and_falls_once():
    values = curve("one_cycle", warmup=0.5)  # it has a warm-up of its own
    top = values.index(max(values))
    assert values[0] == pytest.approx(START, abs=1e-3)
    assert top == pytest.approx(299, abs=1)
    assert values[top] == pytest.approx(1)
    assert values[:top] == sorted(values[:top])
    assert values[top:] == sorted(values[top:], reverse=True)
    assert values[-1] == pytest.approx(LOWEST)
