"""Taking a stranger's archive apart, inside the sandbox: every file is read, judged, written anew.

What comes out is a run folder as this version itself writes it, whatever went in.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from math import isfinite
from pathlib import Path
from typing import Any

from aecore.errors import NewerVersion, StoreError
from aecore.runs.about import clean_text, read_about, write_about
from aecore.runs.archive_rows import WORD, copy_rows
from aecore.runs.archive_tensors import take_checkpoints, take_snapshots
from aecore.runs.archive_zip import MANIFEST, extract, refused
from aecore.runs.evaluate import VERSION as EVALUATION
from aecore.runs.files import write, write_json
from aecore.runs.groups import FILE as GROUPS
from aecore.runs.groups import groups_bytes, read_groups
from aecore.runs.migrations import write_spec
from aecore.runs.spec import RunSpec
from aecore.runs.store import Run

VERSION = 1
"""Of the archives that this version writes."""
MOST_LOG = 1 << 20
UNKNOWN = "an unknown version"
PARTS = ("metrics", "baselines", "counts", "per_dimension")
"""What a measured result holds beside its key."""


def take_in(archive: str, staging: str, run_id: str, limit: int) -> dict[str, Any]:
    """Make `staging/run` from an archive; called in the sandbox.

    Returns {"made_by": the version that exported it, "notes": a sentence on each file that was
    damaged and left out}. Raises InputError, NewerVersion or StoreError.
    """
    raw, made = Run(run_id, Path(staging) / "raw"), Run(run_id, Path(staging) / "run")
    names = extract(Path(archive), raw.folder, limit)
    made_by = _check_manifest(raw.folder, names)
    made.checkpoints.mkdir(parents=True)
    made.snapshots.mkdir()
    spec = _take_spec(raw.folder, made.folder)
    copy_rows(raw.folder / "metrics.db", made.folder / "metrics.db")
    notes = take_checkpoints(raw.checkpoints, made.checkpoints, spec)
    notes += take_snapshots(raw, made, spec)
    for path in sorted(raw.folder.glob("evaluation-*.json")):
        _take_evaluation(path, made)
    write_about(made, read_about(raw))
    notes += _take_groups(raw, made)
    _take_log(raw.folder, made.folder)
    return {"made_by": made_by, "notes": notes}


def _json(path: Path) -> dict[str, Any]:
    """Raises InputError for anything but one table of values."""
    try:
        values = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise refused(f"its {path.name} is no JSON") from error
    if not isinstance(values, dict):
        raise refused(f"its {path.name} is no table of values")
    return values


def _check_manifest(folder: Path, names: list[str]) -> str:
    """Which version exported it; a folder zipped by hand has no manifest and cannot be checked."""
    if MANIFEST not in names:
        return UNKNOWN
    manifest = _json(folder / MANIFEST)
    version, sums = manifest.get("version"), manifest.get("sha256")
    if type(version) is int and version > VERSION:
        raise NewerVersion(
            f"This archive was made by a newer version of Autoencoder Lab (archive {version}, this "
            f"one reads {VERSION}); open it with the version that made it."
        )
    if not isinstance(sums, dict) or set(sums) != set(names) - {MANIFEST}:
        raise refused("its files are not those that its manifest lists")
    for name, expected in sums.items():
        with (folder / name).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != expected:
                raise refused(f"its {name} does not match its checksum")
    return clean_text(str(manifest.get("made_by", UNKNOWN)), 40)


def _take_spec(raw: Path, made: Path) -> RunSpec:
    """The spec, as this version writes it; one of an older schema is kept beside it."""
    values = _json(raw / "spec.json")
    spec = RunSpec.from_json(values)
    write_json(made / "spec.json", values)
    write_spec(made, spec.to_json())
    return spec


def _take_evaluation(path: Path, made: Run) -> None:
    """Keep a measured result under the run's new id; what is none can be measured anew."""
    kept = _json(path)
    result = kept.get("result")
    key = {"version": EVALUATION, "step": kept.get("step"), "weights": kept.get("weights")}
    if not isinstance(result, dict) or kept.get("version") != EVALUATION:
        return
    split, seed = path.stem.removeprefix("evaluation-").split("-", 1)
    plain: dict[str, Any] = {"run": made.id, "split": split, "n": result.get("n")}
    whole = all(isinstance(value, int) for value in (key["step"], plain["n"]))
    if whole and isinstance(key["weights"], str) and _measured(result):
        plain |= {"seed": int(seed), **{name: result[name] for name in PARTS}}
        write_json(made.folder / path.name, {**key, "result": plain})


def _measured(result: dict[str, Any]) -> bool:
    """Whether each part of a result is what it should be."""
    return (
        _named(result.get("metrics"), _is_number)
        and _named(result.get("baselines"), lambda scores: _named(scores, _is_number))
        and _named(result.get("counts"), lambda count: type(count) is int and count >= 0)
        and _named(result.get("per_dimension"), _are_numbers)
    )


def _named(values: Any, fits: Callable[[Any], bool]) -> bool:
    """Whether these are values of a kind by harmless names."""
    return isinstance(values, dict) and all(
        WORD.fullmatch(name) and fits(value) for name, value in values.items()
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, float) and isfinite(value)


def _are_numbers(values: Any) -> bool:
    return isinstance(values, list) and all(map(_is_number, values))


def _take_groups(raw: Run, made: Run) -> list[str]:
    try:
        groups = read_groups(raw)
    except StoreError:
        return [f"{GROUPS} was damaged, and its named groups were left out."]
    if groups:
        write(made.folder / GROUPS, groups_bytes(groups))
    return []


def _take_log(raw: Path, made: Path) -> None:
    """The end of the log, without anything that a terminal would obey."""
    path = raw / "log.txt"
    if path.is_file():
        text = path.read_bytes()[-MOST_LOG:].decode("utf-8", "replace")
        write(made / "log.txt", clean_text(text, MOST_LOG, lines=True).encode() + b"\n")
