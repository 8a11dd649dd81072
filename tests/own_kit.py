"""Small own data sets of every kind, kept without reading a file: for tests of pages and runs."""

import math
from collections.abc import Sequence
from dataclasses import replace

import torch

from aecore.datasets.own import PREFIX
from aecore.intake.base import Taken
from aecore.intake.sandboxed import keep
from aecore.paths import home
from aecore.runs.store import new_id
from aecore.samples import Column

COUNT = 120


def kept(taken: Taken, title: str, owner: str = "") -> str:
    """Keeps samples as an own data set of this home; its name in a spec, "own-" and an id."""
    number = new_id()
    folder = home() / "datasets" / number
    folder.mkdir(parents=True)
    keep(as_arrays(taken), folder, title, owner)
    return f"{PREFIX}{number}"


def as_arrays(taken: Taken) -> Taken:
    """The same, its tensors as the arrays that intakes make."""
    return replace(
        taken,
        samples=taken.samples.numpy(),
        labels=taken.labels.numpy(),
        metadata=tuple((column, values.numpy()) for column, values in taken.metadata),
    )


def make_table(
    title: str = "Plants",
    classes: Sequence[str] = ("small", "tall"),
    names: Sequence[str] = ("height", "width", "weight", "soil"),
    count: int = COUNT,
) -> str:
    """Rows with numbers of two clusters a class, then one category of three values, and metadata.

    names: of the columns; the last is the category. A few numbers are missing.
    """
    draw = torch.Generator().manual_seed(0)
    labels = torch.arange(count) % len(classes)
    size = labels[:, None] / max(1, len(classes) - 1)
    widths = 10.0 ** torch.arange(len(names) - 1)
    numbers = (3 * size + torch.randn(count, len(names) - 1, generator=draw)) * widths + 50
    numbers[::17, 0] = torch.nan
    soil = torch.nn.functional.one_hot((labels + (torch.arange(count) % 5 == 0)) % 3, 3).float()
    samples = torch.cat([numbers, soil], 1)[:, None, None]
    columns = *(Column(name) for name in names[:-1]), Column(
        names[-1], "category", ("clay", "loam", "sand")
    )  # fmt: skip
    year = 2000.0 + torch.arange(count) % 7
    year[3] = torch.nan
    place = (torch.arange(count) % 2).float()
    metadata = (
        (Column("year"), year),
        (Column("place", "category", ("north", "south")), place),
    )
    taken = Taken("table", samples, labels, tuple(classes), tuple(columns), metadata, "size")
    return kept(taken, title)


def make_series(title: str = "Waves", count: int = COUNT, steps: int = 24) -> str:
    """Windows of two channels: sines and squares of any phase, with noise."""
    draw = torch.Generator().manual_seed(1)
    labels = torch.arange(count) % 2
    phase = torch.rand(count, 1, generator=draw) * 2 * math.pi
    wave = torch.sin(torch.linspace(0, 4 * math.pi, steps)[None] + phase)
    wave = torch.where(labels[:, None] == 1, wave.sign(), wave)
    both = torch.stack([wave, 10 * wave.roll(3, 1)], 1)
    samples = (both + 0.1 * torch.randn(both.shape, generator=draw))[:, :, None]
    columns = (Column("left"), Column("right"))
    return kept(Taken("series", samples, labels, ("sine", "square"), columns), title)


def make_points(title: str = "Ring", count: int = COUNT) -> str:
    """Points in the plane: a ring and its middle."""
    draw = torch.Generator().manual_seed(2)
    labels = torch.arange(count) % 2
    angle = torch.rand(count, generator=draw) * 2 * math.pi
    ring = torch.stack([angle.cos(), angle.sin()], 1) * labels[:, None]
    samples = (ring + 0.1 * torch.randn(count, 2, generator=draw))[:, None, None]
    columns = (Column("x"), Column("y"))
    return kept(Taken("points", samples, labels, ("middle", "ring"), columns), title)
