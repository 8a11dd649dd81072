"""UMAP of MNIST, ours beside umap-learn's defaults, in one run and in turns.

settled: seconds of a `fit`, everything compiled. first picture: seconds from the start of `draw`
to the first picture of 10,000 other images, as the app shows it; drawn: until those images have
their final places. first use: seconds from the start of Python to a settled map of 10,000 codes.
Ours runs on one thread, as in the app (`OMP_NUM_THREADS=1`); umap-learn's defaults are `UMAP()`:
unseeded, on all cores. All seconds are wall time, but for those of the processor, named `_cpu`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from aecore.maps import MapSpec, draw
from aecore.maps.samples import Samples
from aecore.metrics.embedding import neighbourhoods
from aecore.metrics.probes import neighbour_accuracy
from aecore.projections import Map, projections
from benchmarks.maps.digits import Digits, digits

JUDGED = 2000
K = 5
HELD_OUT = 10_000
TARGETS = {"10,000 codes": (0.2, 2.0), "70,000 codes": (1.0, 12.0)}
"""Seconds to the first picture and to a settled map, on two quiet cores."""
FIRST_USE = {
    "ours": "from aecore.projections import projections; projections['umap']().fit(x)",
    "umap-learn": "from umap import UMAP; UMAP().fit(x)",
}
Found = dict[str, list[float]]
"""Seconds and measures by name, one number a round."""


class Case(NamedTuple):
    """rows: (n, d) that are fitted; classes: theirs; samples: as `draw` takes them."""

    name: str
    rows: NDArray[np.float32]
    classes: NDArray[np.int64]
    samples: Samples


def measure(rounds: int) -> list[dict[str, Any]]:
    """One row for each case and each of both."""
    torch.set_num_threads(1)
    known = digits()
    few, both = known.codes[:5000], (_ours, _umap_learn)
    for fit in both:
        fit(few)  # compiles
    rows = []
    for case in _cases(known):
        found: dict[str, Found] = {"ours": {}, "umap-learn": {}}
        for number in range(rounds):
            for name, fit in zip(found, both, strict=True):
                _note(found[name], _fitted(case, fit))
                print(f"{case.name}, round {number + 1}: {name} is ready", flush=True)
            _note(found["ours"], _drawn(case))
        rows += _rows(case.name, found)
    return rows + _rows("first use", _first_uses(known.codes[:HELD_OUT], rounds))


def _cases(known: Digits) -> list[Case]:
    cases = []
    for name, rows, count in (
        ("10,000 codes", known.codes, 10_000),
        ("10,000 images of 784 pixels", known.pixels, 10_000),
        ("70,000 codes", known.codes, 70_000),
    ):
        train = min(count, len(rows) - HELD_OUT)
        samples = Samples(rows[:train], known.classes[:train], rows[-HELD_OUT:])
        cases.append(Case(name, rows[:count], known.classes[:count], samples))
    return cases


def _ours(x: NDArray[np.float32]) -> Map:
    return projections["umap"]().fit(x).embedding_


def _umap_learn(x: NDArray[np.float32]) -> Map:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from umap import UMAP

        return UMAP().fit(x).embedding_


def _fitted(case: Case, fit: Callable[[NDArray[np.float32]], Map]) -> dict[str, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    places = fit(case.rows)
    seconds = {"settled": time.perf_counter() - wall, "settled_cpu": time.process_time() - cpu}
    near = neighbourhoods(case.rows[:JUDGED], places[:JUDGED], K)
    told = places[:-JUDGED], case.classes[:-JUDGED], places[-JUDGED:], case.classes[-JUDGED:]
    return {
        **seconds,
        "trustworthiness": near.trustworthiness,
        "knn_accuracy": neighbour_accuracy(*told, K),
    }


def _drawn(case: Case) -> dict[str, float]:
    shown: list[tuple[float, float]] = []
    wall, cpu = time.perf_counter(), time.process_time()

    def follow(_: float, places: Map | None, _landmarks: int = 0) -> None:
        if places is not None:
            shown.append((time.perf_counter() - wall, time.process_time() - cpu))

    drawn = draw(case.samples, MapSpec.from_flat({"method": "umap"}), follow)
    first, second = shown[:2]
    return {
        "first_picture": first[0],
        "first_picture_cpu": first[1],
        "second_picture": second[0],
        "second_picture_cpu": second[1],
        "drawn": drawn.seconds,
        "drawn_cpu": shown[-1][1],
    }


def _first_uses(x: NDArray[np.float32], rounds: int) -> dict[str, Found]:
    found: dict[str, Found] = {name: {"settled": []} for name in FIRST_USE}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.npy"
        np.save(path, x)
        for _ in range(rounds):
            for name, work in FIRST_USE.items():
                script = f"import numpy; x = numpy.load({str(path)!r}); {work}"
                begun = time.perf_counter()
                subprocess.run([sys.executable, "-W", "ignore", "-c", script], check=True)
                found[name]["settled"].append(time.perf_counter() - begun)
    return found


def _note(found: Found, more: dict[str, float]) -> None:
    for name, value in more.items():
        found.setdefault(name, []).append(value)


def _rows(case: str, found: dict[str, Found]) -> list[dict[str, Any]]:
    first, settled = TARGETS.get(case, (None, None))
    ours, theirs = (found[name]["settled"] for name in ("ours", "umap-learn"))
    faster = median(b / a for a, b in zip(ours, theirs, strict=True))
    rows = [
        {
            "case": case,
            "method": name,
            **{measure: round(median(each), 4) for measure, each in values.items()},
            "rounds": {measure: [round(v, 4) for v in each] for measure, each in values.items()},
        }
        for name, values in found.items()
    ]
    rows[0] |= {"times_faster": round(faster, 2), "target": {"first": first, "settled": settled}}
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as text; seconds are wall time, medians."""
    columns = {
        "first_picture": "first picture",
        "first_picture_cpu": "first, CPU",
        "settled": "settled",
        "settled_cpu": "settled, CPU",
        "drawn": "drawn",
        "times_faster": "times faster",
        "trustworthiness": "trust",
        "knn_accuracy": "5-NN",
    }
    lines = [f"{'':<28}{'':<12}" + "".join(f"{title:>14}" for title in columns.values())]
    for row in rows:
        cells = "".join(f"{row[c]:>14.4g}" if c in row else f"{'':>14}" for c in columns)
        lines.append(f"{row['case']:<28}{row['method']:<12}{cells}{_verdict(row)}")
    return "\n".join(lines)


def _verdict(row: dict[str, Any]) -> str:
    target = row.get("target", {})
    if target.get("settled") is None:
        return ""
    met = row["first_picture"] <= target["first"] and row["settled"] <= target["settled"]
    return f"  target {target['first']:g} / {target['settled']:g} s {'met' if met else 'MISSED'}"
