"""Words that several pages say: short names of runs, durations, sizes."""

from __future__ import annotations

import re

from aecore.catalog.rows import RunRow
from aecore.datasets import datasets
from aecore.networks import networks
from aecore.runs import RunSpec


def spec_line(spec: RunSpec) -> str:
    """A spec in one line: "Digits (8×8) · VAE · …"."""
    parts = [datasets[spec.dataset].title, spec.kind.title]
    if spec.kind.uses_network:
        parts.append(networks[spec.network].title)
    count = spec.model.latent_dim
    parts.append(f"code of {count} {'number' if count == 1 else 'numbers'}")
    if spec.corruption != "none":
        parts.append(spec.make_corruption().title)
    return " · ".join([*parts, f"seed {spec.training.seed}"])


def run_name(row: RunRow) -> str:
    """A run as a list shows it."""
    return f"{title(row)} · {row.dataset} · {row.state} · {row.id[-4:]}"


def title(row: RunRow) -> str:
    """What a run is called: its name, else its variant."""
    return row.name or row.variant.replace("_", " ")


def plain(text: str) -> str:
    """Text of unknown origin for a place that reads Markdown: it shows, and does nothing."""
    return re.sub(r"([\\`*_\[\]<>#!|~$:&])", r"\\\1", " ".join(text.split()))


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds < 1:
        return "less than a second"
    if seconds < 90:
        return f"about {seconds:.0f} s"
    if seconds < 5400:
        return f"about {seconds / 60:.0f} min"
    return f"about {seconds / 3600:.1f} h"
