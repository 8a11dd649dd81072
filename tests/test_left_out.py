"""A class left out: training and validation never see it, the test split keeps it."""

import pytest
import torch
from runs_kit import SMALL, finished, is_sentence

from aecore.datasets import SplitConfig, datasets, open_data
from aecore.errors import InputError
from aecore.runs import RunSpec
from aecore.runs.checks import check
from ui.words import spec_line


def opened(**splits):
    return open_data("digits", splits=SplitConfig(**splits))


@pytest.mark.parametrize("left_out", [0, 3, 9])
def test_training_and_validation_never_see_it_and_the_rest_stays_as_it_was(left_out):
    whole, data = opened(), opened(leave_out=left_out)
    assert torch.equal(data.splits["test"], whole.splits["test"])
    assert (data.part_labels("test") == left_out).sum() > 20
    for part in ("train", "validation"):
        rows = whole.splits[part]
        assert torch.equal(data.splits[part], rows[whole.labels[rows] != left_out])


def test_a_limit_counts_the_images_that_are_left():
    data = opened(leave_out=3, train_limit=500)
    assert torch.equal(data.splits["train"], opened(leave_out=3).splits["train"][:500])


def test_by_default_there_is_none():
    assert opened().size("train") == datasets["digits"].train_size
    spec = RunSpec.from_flat(SMALL)
    assert "leave_out" not in spec.to_flat()
    assert "left out" not in spec_line(spec)
    assert RunSpec.from_flat({**SMALL, "leave_out": "3"}).to_flat()["leave_out"] == "3"


def test_a_run_of_before_leaves_none_out():
    values = RunSpec.from_flat(SMALL).to_json()
    del values["splits"]["leave_out"]
    assert RunSpec.from_json(values) == RunSpec.from_flat(SMALL)


def test_a_class_that_is_not_there_is_told_before_anything_starts():
    spec = RunSpec.from_flat({**SMALL, "leave_out": "10"})
    for refused in (check, lambda spec: open_data(spec.dataset, spec.source, spec.splits)):
        with pytest.raises(InputError, match="Leave out class: there are 10") as caught:
            refused(spec)
        assert is_sentence(caught.value)
    assert "left out" not in spec_line(spec)


def test_of_one_class_none_can_be_left_out():
    with pytest.raises(InputError, match="all of one class") as caught:
        SplitConfig(leave_out=0).left_out(("all",))
    assert is_sentence(caught.value)
    assert SplitConfig().left_out(("all",)) == ""


def test_the_cost_takes_its_share_to_be_even():
    data = opened(leave_out=3)
    cost = check(RunSpec.from_flat({**SMALL, "leave_out": 3}))
    assert cost.train_images == 1079 - 107
    assert cost.train_images == pytest.approx(data.size("train"), rel=0.02)
    assert check(RunSpec.from_flat({**SMALL, "leave_out": 3, "train_limit": 50})).train_images == 50


def test_a_run_is_trained_without_it_and_says_so():
    run = finished(leave_out=3, epochs=1)
    assert run.spec.splits.leave_out == 3
    assert "class 3 left out" in spec_line(run.spec)
