"""`datasets add`, `datasets show` and `datasets delete`: one's own data sets."""

from __future__ import annotations

import argparse
import os
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZIP_STORED, ZipFile

from aecore.catalog.data import DataRow, add, find, used_by
from aecore.catalog.people import LAPTOP, OWNER, Person
from aecore.catalog.removal import remove
from aecore.catalog.store import Catalog
from aecore.cli.flags import add as add_to_group
from aecore.cli.flags import given_flags, others
from aecore.cli.output import say, say_json
from aecore.config import knobs
from aecore.datasets.own import own
from aecore.errors import InputError
from aecore.intake import intakes
from aecore.intake.choose import fitting
from aecore.intake.sandboxed import take_in

SHELL = Person(OWNER, "owner")
MOST_FILES = 200_000
MOST_BYTES = 8 << 30
Files = list[tuple[Path, str]]


def add_flags(command: argparse.ArgumentParser) -> None:
    """A flag for every setting of every intake."""
    add_to_group(command.add_argument_group("how to read the files"), others(intakes, set()))


def take(arguments: Namespace) -> int:
    """Take files in as a new data set of the owner."""
    mine = ("paths", "title", "intake")
    options = {name: text for name, text in given_flags(arguments).items() if name not in mine}
    with _files([Path(path) for path in arguments.paths]) as files:
        kind = arguments.intake or fitting([name for _, name in files])[0]
        title = arguments.title or Path(files[0][1]).stem
        name = take_in(kind, files, title, _parsed(kind, options), owner=OWNER)
    row = add(Catalog(), SHELL, name, LAPTOP)
    if arguments.json:
        say_json(_told(row))
    else:
        say(row.name)
    return 0


def _parsed(kind: str, options: dict[str, str]) -> dict[str, Any]:
    """Flags as the settings of an intake. Raises InputError for one that it does not have."""
    known = {knob.name: knob for knob in knobs(intakes[kind].Config)}
    for name in options:
        if name not in known:
            flags = ", ".join(known) or "none"
            raise InputError(f"The intake {kind} has no setting {name!r}; it has: {flags}.")
    return {name: known[name].parse(text) for name, text in options.items()}


def show(arguments: Namespace) -> int:
    """What is known of a data set."""
    catalog = Catalog()
    row = find(catalog, SHELL, arguments.name)
    told = _told(row)
    if arguments.json:
        say_json({**told, "runs": used_by(catalog, row.name)})
        return 0
    about = own(row.name).about
    say(f"{row.name}  {about.title}")
    say(f"{about.count:,} samples ({about.kind}) of {'×'.join(map(str, about.shape))}.")
    shown = ", ".join(about.classes[:20]) + (" …" if len(about.classes) > 20 else "")
    say(f"{len(about.classes)} classes: {shown}")
    for line in (*about.rules, *(f"Skipped {n:,}: {why}" for why, n in about.skipped.items())):
        say(line)
    say(f"Runs trained on it: {used_by(catalog, row.name)}.")
    return 0


def delete(arguments: Namespace) -> int:
    """Delete a data set for good."""
    catalog = Catalog()
    row = find(catalog, SHELL, arguments.name, "delete")
    runs = used_by(catalog, row.name)
    remove(catalog, SHELL, row)
    if arguments.json:
        say_json({"deleted": row.name, "runs": runs})
    else:
        say(f"{row.name} is deleted. Runs that were trained on it and stay: {runs}.")
    return 0


def _told(row: DataRow) -> dict[str, Any]:
    about = own(row.name).about.to_json()
    return {"name": row.name, **{key: about[key] for key in about if key != "owner"}}


@contextmanager
def _files(paths: list[Path]) -> Iterator[Files]:
    """Files as intakes take them; a folder as a zip of all that is in it."""
    with TemporaryDirectory(prefix="aecore-") as folder:
        found: Files = []
        for at, path in enumerate(paths):
            if path.is_dir():
                packed = Path(folder) / f"{at}.zip"
                _zip(path, packed)
                found.append((packed, f"{path.resolve().name}.zip"))
            elif path.is_file():
                found.append((path.absolute(), path.name))
            else:
                raise InputError(f"There is no file or folder {str(path)[:200]!r}.")
        yield found


def _zip(folder: Path, target: Path) -> None:
    """Every file of a folder and those below it; links are not followed, hidden files left out."""
    count = size = 0
    with ZipFile(target, "w", ZIP_STORED, strict_timestamps=False) as archive:
        for place, folders, names in os.walk(folder, followlinks=False):
            folders[:] = sorted(each for each in folders if not each.startswith("."))
            for name in sorted(names):
                path = Path(place) / name
                if name.startswith(".") or path.is_symlink() or not path.is_file():
                    continue
                count, size = count + 1, size + path.stat().st_size
                if count > MOST_FILES or size > MOST_BYTES:
                    raise InputError(
                        f"{folder} holds more than {MOST_FILES:,} files or "
                        f"{MOST_BYTES >> 30} GB; give a smaller folder."
                    )
                archive.write(path, path.relative_to(folder))
    if not count:
        raise InputError(f"There is no file in {folder}, those that links lead to left out.")
