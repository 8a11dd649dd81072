"""Words that several pages say: short names of runs, durations, sizes."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from aecore.catalog.rows import RunRow
from aecore.datasets import datasets
from aecore.errors import InputError
from aecore.models import variants
from aecore.networks import networks
from aecore.runs import RunSpec

NO_CODE = (
    "There is no code to explore: this variant passes the picture around its narrow middle as well."
)
"""Stands wherever a code would be shown, for a variant that has none."""


def spec_line(spec: RunSpec) -> str:
    """A spec in one line: "Digits (8×8) · VAE · …"."""
    parts = [plain(datasets[spec.dataset].title), spec.kind.title]
    if spec.kind.uses_network:
        parts.append(networks[spec.network].title)
    count = spec.model.latent_dim
    code = f"code of {count} {'number' if count == 1 else 'numbers'}"
    parts.append(code if spec.kind.has_code else "no code")
    if spec.corruption != "none":
        parts.append(spec.make_corruption().title)
    with suppress(InputError):  # the form says what is wrong with it
        left_out = spec.splits.left_out(spec.make_source().classes)
        parts += [f"class {plain(left_out)} left out"] if left_out else []
    return " · ".join([*parts, f"seed {spec.training.seed}"])


def run_name(row: RunRow) -> str:
    """A run as a list shows it."""
    return f"{title(row)} · {row.dataset} · {row.state} · {row.id[-4:]}"


def title(row: RunRow) -> str:
    """What a run is called: its name, else its variant."""
    return row.name or row.variant.replace("_", " ")


def data_and_variant(row: RunRow) -> str:
    """What a run was trained on, and as what; names that this version lacks stay as they are."""
    data = plain(datasets[row.dataset].title if row.dataset in datasets else row.dataset)
    kind = variants[row.variant].title if row.variant in variants else plain(row.variant)
    return f"{data} · {kind}"


def plain(text: str) -> str:
    """Text of unknown origin for a place that reads Markdown: it shows, and does nothing."""
    return re.sub(r"([\\`*_\[\]<>#!|~$:&])", r"\\\1", " ".join(text.split()))


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds < 1:
        return "under 1 s"
    if seconds < 90:
        return f"about {seconds:.0f} s"
    if seconds < 5400:
        return f"about {seconds / 60:.0f} min"
    return f"about {seconds / 3600:.1f} h"


def ago(seconds: float) -> str:
    """How long since something was made, as a lab book says it."""
    if seconds < 60:
        return "just now"
    spans = ((86400, "day"), (3600, "hour"), (60, "minute"))
    length, unit = next(span for span in spans if seconds >= span[0])
    return f"{count_of(int(seconds // length), unit)} ago"


def day(at: float, zone: str | None = None) -> str:
    """A moment as a person's calendar has it: "Sat 28 November". zone: such as Europe/Berlin."""
    moment = datetime.fromtimestamp(at, ZoneInfo(zone) if zone else UTC)
    return f"{moment:%a} {moment.day} {moment:%B}"


def size(count: float) -> str:
    """Bytes as a person says them."""
    for unit, bytes_each in (("GB", 1e9), ("MB", 1e6)):
        if count >= bytes_each:
            return f"{count / bytes_each:.1f} {unit}"
    return f"{count / 1e3:.0f} kB"


def count_of(number: int, noun: str) -> str:
    """A number with its noun: "1 run", "2 runs"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def measured(row: RunRow) -> str:
    """The best figure of a run and on what it was measured; nothing while there is none."""
    return "" if row.score is None else f"PSNR {row.score:.1f} dB, test split"
