"""How long a step is said to take: that of warm steps, by a clock that the test moves."""

from itertools import accumulate, chain
from types import SimpleNamespace

import pytest

from aecore.runs import RunSpec
from aecore.training import estimate


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([5.0, 0.2, 0.1, 0.3, 9.9], 0.2),  # the budget is used up after the fourth
        ([5.0, 2.0, 9.9], 2.0),
        ([0.01] * 8 + [9.9], 0.01),
    ],
)
def test_the_first_step_does_not_count_and_time_is_not_spent_beyond_need(monkeypatch, steps, told):
    moments = chain.from_iterable(
        (end - step, end) for step, end in zip(steps, accumulate(steps), strict=True)
    )
    clock = SimpleNamespace(perf_counter=lambda: next(moments))
    monkeypatch.setattr(estimate, "time", clock)
    spec = RunSpec.from_flat({"dataset": "digits", "variant": "vae", "batch_size": 16})
    source = spec.make_source()
    found = estimate.seconds_per_step(
        spec.kind, spec.model, spec.make_network(source.shape), spec.make_corruption(),
        spec.training, source.layout,
    )  # fmt: skip
    assert found == pytest.approx(told)
