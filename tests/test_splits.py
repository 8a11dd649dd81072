"""Subsets of classes and unequal classes: which samples are in which split."""

from collections import Counter

import pytest
import torch

from aecore.datasets import SplitConfig, open_data
from aecore.datasets.splits import Pool, split
from aecore.errors import InputError
from aecore.runs import RunSpec, check

CLASSES = ("a", "b", "c")
LABELS = torch.arange(300) % 3
POOL = Pool(torch.zeros(300, 1, 1, 1, dtype=torch.uint8), LABELS)


def cut(**named):
    return split(POOL, SplitConfig(**named), CLASSES)


def counts(rows):
    return Counter(LABELS[rows].tolist())


def test_only_these_classes_are_in_every_split_and_the_rest_as_it_was():
    whole, some = cut(), cut(only_classes="0, 2")
    for name, rows in whole.items():
        assert some[name].tolist() == [row for row in rows.tolist() if row % 3 != 1]


def test_the_long_tail_falls_by_equal_factors_and_touches_training_alone():
    whole, tail = cut(), cut(imbalance=0.75)
    before, after = counts(whole["train"]), counts(tail["train"])
    assert after == {k: round(before[k] * share) for k, share in enumerate((1, 0.5, 0.25))}
    for name in ("validation", "test"):
        assert torch.equal(tail[name], whole[name])
    assert set(tail["train"].tolist()) < set(whole["train"].tolist())


def test_the_tail_runs_over_the_classes_that_are_used():
    whole, tail = cut(only_classes="1,2"), cut(only_classes="1,2", imbalance=0.9)
    before, after = counts(whole["train"]), counts(tail["train"])
    assert after == {1: before[1], 2: round(before[2] * 0.1)}


def test_a_class_keeps_at_least_one_sample():
    pool = Pool(POOL.images[:12], LABELS[:12])
    rows = split(pool, SplitConfig(imbalance=0.99), CLASSES)["train"]
    whole = split(pool, SplitConfig(), CLASSES)["train"]
    assert set(pool.labels[rows].tolist()) == set(pool.labels[whole].tolist())


@pytest.mark.parametrize(
    "wrong",
    [
        {"only_classes": "0,3"},
        {"only_classes": "a"},
        {"only_classes": "-1"},
        {"only_classes": ","},
        {"only_classes": "1", "leave_out": 1},
        {"only_classes": "1", "leave_out": 2},
    ],
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(InputError):
        cut(**wrong)


def test_a_split_without_any_of_the_classes_is_refused():
    labels = torch.zeros(300, dtype=torch.int64)
    labels[cut()["train"][0]] = 2
    with pytest.raises(InputError, match="validation|test"):
        split(Pool(POOL.images, labels), SplitConfig(only_classes="2"), CLASSES)


@pytest.mark.parametrize(
    "flat",
    [
        {"only_classes": "0,1,7"},
        {"imbalance": "0.9"},
        {"leave_out": "2"},
        {"only_classes": "1,2,3", "imbalance": "0.5", "leave_out": "2"},
    ],
)
def test_the_estimate_of_training_images_is_near_what_is_trained_on(flat):
    spec = RunSpec.from_flat({"dataset": "digits", "variant": "autoencoder", **flat})
    assert RunSpec.from_flat(spec.to_flat()) == spec
    data = open_data("digits", splits=spec.splits)
    assert check(spec).train_images == pytest.approx(data.size("train"), rel=0.05)
