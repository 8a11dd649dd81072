"""What the page on restoring says in words: its table, who wins, and on what it was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aecore.corruptions import corruptions
from aecore.corruptions.base import Task
from aecore.runs import RunSpec

Row = Mapping[str, Any]
WIENER = "wiener"
SPACE, JOINER = "\u00a0", "\u2060"
"""A space, and nothing at all, where no line may end."""
TASKS: dict[Task, str] = {
    "denoise": "Denoise",
    "fill": "Fill holes",
    "enlarge": "Enlarge",
    "colour": "Colour",
}
PSNR: dict[str, str] = {"fill": "PSNR in the holes (dB)", "colour": "PSNR of the colours (dB)"}
COUNTED: dict[str, str] = {
    "denoise": "Every pixel counts.",
    "fill": "Only the pixels in the holes count, not what was left; PSNR is that of their mean "
    "squared error over all images.",
    "enlarge": "Every pixel counts. The damaged images repeat each pixel of the small image.",
    "colour": "Only colours count, which are the pixels minus their luminance (Rec. 601), not the "
    "luminance; PSNR is that of their mean squared error over all images. Where all colour was "
    "taken, the damaged images are the grey images.",
}
"""What figures of each task are of."""


def method_table(rows: Sequence[Row], task: str) -> dict[str, list[str]]:
    """Columns by their titles, a method a row; the highest PSNR and SSIM are bold."""
    psnr = PSNR.get(task, "PSNR (dB)")
    table = {"": [_method(row) for row in rows], psnr: _figures(rows, "psnr", 2)}
    if rows[0]["ssim"] is not None:
        table["SSIM"] = _figures(rows, "ssim", 3)
    return {
        **table,
        "Seconds": ["" if row["seconds"] is None else f"{row['seconds']:.2f}" for row in rows],
    }


def _method(row: Row) -> str:
    """Its title and how strong it is: a column of its own would leave no room for the figures."""
    strong = f", {row['meaning']}: {row['strength']:g}" if row["meaning"] else ""
    return f"{row['title']}{strong}"


def _figures(rows: Sequence[Row], name: str, digits: int) -> list[str]:
    """Each with its interval, on one line."""
    best = max(row[name] for row in rows)
    texts = []
    for row in rows:
        value = f"{row[name]:.{digits}f}"
        value = f"**{value}**" if row[name] == best else value
        low, high = (f"{row[f'{name}_{end}']:.{digits}f}" for end in ("low", "high"))
        texts.append(f"{value}{SPACE}({low}–{JOINER}{high})")
    return texts


def verdict(rows: Sequence[Row]) -> str:
    """Who restores best, how the run compares with the best of the others, and if that is sure."""
    by_name = {row["method"]: row for row in rows}
    run = by_name["run"]
    best = max((row for row in rows if row["method"] != "run"), key=lambda row: row["psnr"])
    if best["method"] == "input":
        gained = f"No classical method gains anything here; the images come in at {_db(best)}"
    else:
        linear = ", which is linear," if best["method"] == WIENER else ""
        gained = f"The best classical method, **{best['title']}**{linear} reaches {_db(best)}"
    low, high = best["ahead_low"], best["ahead_high"]
    if low > 0 or high < 0:
        near, far = sorted((abs(low), abs(high)))
        winner = _winner(best if low > 0 else run)
        sure = f"{winner} here, by {near:.2f} to {far:.2f} dB on the same images"
    else:
        sure = (
            f"on the same images the difference ({low:+.2f} to {high:+.2f} dB) may be chance, so "
            "which is better is open"
        )
    return f"{gained}; this run reaches {_db(run)}: {sure}."


def _winner(row: Row) -> str:
    named = {"run": "this run wins", "input": "the damaged images as they are win"}
    return named.get(row["method"], f"{row['title']} wins")


def _db(row: Row) -> str:
    return f"{row['psnr']:.2f} dB"


def scope_line(scope: Mapping[str, Any]) -> str:
    """On what the table was measured."""
    kind = corruptions[str(scope["corruption"])].title
    whole = int(scope["n"]) - int(scope["scored"])
    left_out = f" {whole:,} of them have lost nothing and are left out." if whole else ""
    return (
        f"{scope['n']:,} test images, {kind} of level {scope['level']:g}, noise seed "
        f"{scope['noise_seed']}.{left_out} {COUNTED[str(scope['task'])]} In brackets the 95 % "
        "interval (bootstrap over images). What learns, as PCA and the Wiener filter do, learns "
        f"from {scope['fitted_on']:,} training images; strengths are those with the best PSNR on "
        f"{scope['chosen_on']:,} validation images. All images are cut to 0–1 before they are "
        "compared; the figures under single images at the left are of whole images, not cut. "
        "Seconds are for restoring, without learning."
    )


def trained_on(spec: RunSpec) -> str:
    """What a run was trained to undo."""
    if spec.corruption == "none":
        return "clean images"
    return f"{corruptions[spec.corruption].title} {getattr(spec.noise, 'level', 0):g}"
