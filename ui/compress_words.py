"""Who compresses best at which size, in sentences; pure functions of the table of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from math import log
from typing import Any

import numpy as np

from aecore.reports import Findings

Rows = Sequence[Mapping[str, Any]]
MEASURES = {"psnr": "PSNR", "ssim": "SSIM"}
SIZES = {"net": "Without headers", "file": "Whole files"}


def titles(found: Findings) -> dict[str, str]:
    """What each method is called."""
    size, wide = found.scope["code_size"], found.scope["pca_wide"]
    return {
        "model": "This run",
        "pca": f"PCA, {size} {'number' if size == 1 else 'numbers'}",
        "pca_wide": f"PCA, {wide} numbers",
        "jpeg": "JPEG",
        "webp": "WebP",
        "png": "PNG",
    }


def of_method(rows: Rows, method: str) -> list[Mapping[str, Any]]:
    """The rows of one method, in their order."""
    return [row for row in rows if row["method"] == method]


def nearest(rows: Rows, method: str, size: str, wished: float) -> int:
    """Which setting of a method is nearest in bytes, by its place among those of the method."""
    sizes = [row[f"bytes_{size}"] for row in of_method(rows, method)]
    return int(np.argmin([abs(each - wished) for each in sizes]))


def reached(rows: Rows, measure: str, size: str, most: float) -> float | None:
    """The best quality in at most so many bytes, between two settings on the line through both
    over the logarithm of the bytes; None where even the smallest file is larger."""
    points = sorted(
        (row[f"bytes_{size}"], row[measure]) for row in rows if row[measure] is not None
    )
    if not points or points[0][0] > most:
        return None
    sizes = [log(max(each, 1e-3)) for each, _ in points]
    best = np.maximum.accumulate([quality for _, quality in points])
    return float(np.interp(log(max(most, 1e-3)), sizes, best))


def winners(rows: Rows, measure: str, size: str) -> list[tuple[float, str]]:
    """For each setting of the model, its bytes and which method is best in as many."""
    found = []
    for row in sorted(of_method(rows, "model"), key=lambda row: row[f"bytes_{size}"]):
        bytes_ = row[f"bytes_{size}"]
        scores = {}
        for method in dict.fromkeys(each["method"] for each in rows):
            quality = reached(of_method(rows, method), measure, size, bytes_)
            if quality is not None:
                scores[method] = quality
        found.append((bytes_, max(scores, key=lambda name: scores[name])))
    return found


def verdict(found: Findings, measure: str, size: str) -> list[str]:
    """Sentences in Markdown: who wins where, and what the sizes leave out."""
    rows, names = found.tables["rates"], titles(found)
    return [
        _who(rows, names, measure, size),
        _beyond(rows, names, measure, size),
        _beside_pca(rows, names, measure, size),
        _header(found.tables["decoder"], rows),
        _weight(found.tables["decoder"]),
    ]


def _who(rows: Rows, names: Mapping[str, str], measure: str, size: str) -> str:
    spans = []
    for method, points in groupby(winners(rows, measure, size), lambda pair: pair[1]):
        sizes = [each for each, _ in points]
        span = f"from {count(sizes[0])} to {count(sizes[-1])}" if len(sizes) > 1 else (
            f"at {count(sizes[0])}"
        )  # fmt: skip
        spans.append(f"**{names[method]}** {span} bytes")
    return (
        f"Best {MEASURES[measure]} at the sizes that this run can have: {', '.join(spans)} an "
        "image. Between two settings of a method, the line between them counts."
    )


def _beyond(rows: Rows, names: Mapping[str, str], measure: str, size: str) -> str:
    best = max(_known(of_method(rows, "model"), measure))
    better = [
        row for row in rows
        if row["method"] != "model" and (row[measure] is None or row[measure] > best)
    ]  # fmt: skip
    if not better:
        return f"Nothing else that was measured is better than this run's best, {best:.3g}."
    least = min(better, key=lambda row: float(row[f"bytes_{size}"]))
    quality = "an exact copy" if least[measure] is None else said(measure, least[measure])
    return (
        f"This run gets no better than {said(measure, best)}, however many bytes it may take. The "
        f"smallest of the others that is better is {names[least['method']]} ({least['setting']}): "
        f"{quality} in {count(least[f'bytes_{size}'])} bytes."
    )


def _beside_pca(rows: Rows, names: Mapping[str, str], measure: str, size: str) -> str:
    ours = max(of_method(rows, "model"), key=lambda row: float(row[f"bytes_{size}"]))
    bytes_ = ours[f"bytes_{size}"]
    theirs = reached(of_method(rows, "pca"), measure, size, bytes_)
    if theirs is None:
        return f"{names['pca']} needs more than {count(bytes_)} bytes in every setting."
    word = "beats" if ours[measure] > theirs else "**is beaten by**"
    return (
        f"In {count(bytes_)} bytes this run {word} {names['pca']}: {said(measure, ours[measure])} "
        f"against {said(measure, theirs)}."
    )


def _header(paid: Rows, rows: Rows) -> str:
    jpegs = of_method(rows, "jpeg")
    if not jpegs:
        return "These images have neither 1 nor 3 channels: JPEG and WebP cannot hold them."
    row = next(each for each in jpegs if each["setting"] == paid[-1]["jpeg"])
    header = row["bytes_file"] - row["bytes_net"]
    return (
        f"Of a JPEG file of {row['setting']}, {count(row['bytes_file'])} bytes, "
        f"{count(header)} are the same for every image: for pictures this small the header decides "
        "who wins by whole files, and says nothing of how well they were compressed."
    )


def _weight(paid: Rows) -> str:
    last = paid[-1]
    told = (
        "None of these sizes counts what a reader must have beforehand: the decoder, "
        f"{kilobytes(last['decoder_bytes'])}, and the table of frequencies, "
        f"{kilobytes(last['codec_bytes'])} ({last['setting']})."
    )
    if "jpeg" not in last:
        return told
    net, whole = (_after(last[f"paid_after_{size}"]) for size in SIZES)
    return (
        f"{told} Beside the JPEG whose PSNR is nearest ({last['jpeg']}, "
        f"{last['jpeg_psnr']:.1f} dB; here {last['psnr']:.1f} dB) that is won back {net} without "
        f"headers, {whole} by whole files."
    )


def _after(images: float | None) -> str:
    return "never" if images is None else f"after {images:,.0f} images"


def _known(rows: Rows, measure: str) -> list[float]:
    return [100.0 if row[measure] is None else row[measure] for row in rows]


def count(bytes_: float) -> str:
    """Bytes of a file, as precise as they are worth telling."""
    return f"{bytes_:.1f}" if bytes_ < 100 else f"{bytes_:,.0f}"


def kilobytes(bytes_: float) -> str:
    """Bytes of a model."""
    return f"{bytes_ / 1000:,.1f} kB" if bytes_ < 100_000 else f"{bytes_ / 1000:,.0f} kB"


def said(measure: str, value: float) -> str:
    """A quality with its unit."""
    return f"{value:.2f} dB" if measure == "psnr" else f"{value:.3f}"
