"""What the page on restoring says in words: its table, who wins, and on what it was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aecore.corruptions import corruptions

Row = Mapping[str, Any]
WIENER = "wiener"
SPACE, JOINER = "\u00a0", "\u2060"
"""A space, and nothing at all, where no line may end."""


def method_table(rows: Sequence[Row]) -> dict[str, list[str]]:
    """Columns by their titles, a method a row; the highest PSNR and SSIM are bold."""
    table = {"": [_method(row) for row in rows], "PSNR (dB)": _figures(rows, "psnr", 2)}
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
    first, second = (run, best) if run["psnr"] >= best["psnr"] else (best, run)
    if first["psnr_low"] > second["psnr_high"]:
        sure = f"the 95 % intervals do not overlap, so {_winner(first)} here"
    else:
        sure = "the 95 % intervals overlap, so which is better is open"
    return f"{gained}; this run reaches {_db(run)}: {sure}."


def _winner(row: Row) -> str:
    named = {"run": "this run wins", "input": "the damaged images as they are win"}
    return named.get(row["method"], f"{row['title']} wins")


def _db(row: Row) -> str:
    return f"{row['psnr']:.2f} dB"


def scope_line(scope: Mapping[str, Any]) -> str:
    """On what the table was measured."""
    kind = corruptions[str(scope["corruption"])].title
    return (
        f"{scope['n']:,} test images, {kind} of level {scope['level']:g}, noise seed "
        f"{scope['noise_seed']}. In brackets the 95 % interval (bootstrap over images). PCA and "
        f"the Wiener filter learn from {scope['fitted_on']:,} training images; strengths are "
        f"those with the best PSNR on {scope['chosen_on']:,} validation images. All images are "
        "cut to 0–1 before they are compared, but for the figures under single images at the "
        "left. Seconds are for restoring, without learning."
    )
