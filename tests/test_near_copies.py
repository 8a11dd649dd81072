"""Copies across the split and facts on columns, against data made to hold them."""

import numpy as np
import pytest
import torch

from aecore.datasets import ImageData, open_data
from aecore.metrics.facts import class_counts, column_facts, pixel_histogram
from aecore.metrics.near_copies import near_copies
from aecore.samples import Column


def data_of(images, cut):
    count = len(images)
    splits = {
        "train": torch.arange(cut),
        "validation": torch.arange(0),
        "test": torch.arange(cut, count),
    }
    return ImageData("x", "X", "", images, torch.zeros(count).long(), ("a",), splits)


def test_exact_copies_are_counted_and_come_first():
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (60, 1, 4, 4), dtype=torch.uint8, generator=generator)
    images[45], images[52] = images[7], images[3]
    found = near_copies(data_of(images, 40), 5)
    assert (found.exact, found.tested, found.trained) == (2, 20, 40)
    pairs = dict(zip(found.test.tolist(), found.train.tolist(), strict=True))
    assert (pairs[45], pairs[52]) == (7, 3)
    assert found.distances[:2] == pytest.approx([0, 0], abs=1e-5)
    x = images.flatten(1).double() / 255
    distance = torch.cdist(x[40:], x[:40])
    nearest = distance.min(1).values.sort().values[:5]
    assert found.distances == pytest.approx(nearest.numpy(), abs=1e-4)


def test_an_original_outside_of_the_samples_looked_among_is_found(monkeypatch):
    monkeypatch.setattr("aecore.metrics.near_copies.AMONG", 10)
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (60, 1, 4, 4), dtype=torch.uint8, generator=generator)
    for place in range(40, 60):
        images[place] = images[place - 40]
    found = near_copies(data_of(images, 40), 20)
    assert found.exact == 20
    assert {int(a): int(b) for a, b in zip(found.test, found.train, strict=True)} == {
        place: place - 40 for place in range(40, 60)
    }


def test_facts_of_columns():
    columns = (Column("n"), Column("c", "category", ("x", "y")))
    rows = torch.tensor([[1.0, 1, 0], [3, 0, 1], [float("nan"), 0, 1]])[:, None, None]
    number, category = column_facts(rows, "table", columns)
    assert (number.count, number.missing, number.mean, number.deviation) == (3, 1, 2, 1)
    assert (number.least, number.greatest, sum(number.counts)) == (1, 3, 2)
    assert (category.values, category.counts, category.missing) == (("x", "y"), (1, 2), 0)
    assert column_facts(rows * float("nan"), "table", columns)[0].missing == 3


def test_facts_on_each_class_add_up_to_those_on_all():
    draw = torch.Generator().manual_seed(0)
    numbers, labels = torch.randn(200, 1, generator=draw), torch.arange(200) % 3
    numbers[::7] = torch.nan
    soil = torch.nn.functional.one_hot(labels % 2, 2).float()
    rows = torch.cat([numbers + labels[:, None], soil], 1)[:, None, None]
    columns = (Column("x"), Column("soil", "category", ("clay", "sand")))
    plain = column_facts(rows, "table", columns)
    assert all(each.by_class == () for each in plain)
    number, category = column_facts(rows, "table", columns, labels, 3)
    assert (number.counts, number.edges) == (plain[0].counts, plain[0].edges)
    assert np.sum(number.by_class, 0).tolist() == list(number.counts)
    for one in range(3):
        values = rows[labels == one, 0, 0, 0]
        known = values[~values.isnan()].numpy()
        expected = np.histogram(known, np.array(number.edges))[0]
        assert list(number.by_class[one]) == expected.tolist()
    assert category.by_class == ((67, 0), (0, 67), (66, 0))


def test_facts_on_each_class_of_windows():
    windows = torch.tensor([[0.0, 0, 1], [1, 1, 1], [0, 0, 0]])[:, None, None]
    (channel,) = column_facts(windows, "series", (Column("a"),), torch.tensor([0, 1, 0]), 2)
    assert [(part[0], part[-1]) for part in channel.by_class] == [(5, 1), (0, 3)]


def test_counts_of_classes_and_pixels():
    data = open_data("digits")
    counts = class_counts(data)
    assert {name: sum(each) for name, each in counts.items()} == {
        name: data.size(name) for name in data.splits
    }
    assert counts["test"][3] == int((data.part_labels("test") == 3).sum())
    pixels, images = pixel_histogram(data)
    assert images == data.size("train")
    assert pixels.sum() == images * 64
    assert pixels[0, 0] == np.sum(data.part("train").numpy() < 4)
