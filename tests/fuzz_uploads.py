"""Files that chance has damaged, to every intake: nothing but an InputError may come of them.

`python -m tests.fuzz_uploads --count 10000 --seed 0` feeds so many; tests/test_fuzz_uploads.py a
few hundred. Good files are cut, bits of them flipped, pieces swapped, headers exchanged. A child
with limits takes some hundred of them, one after another, so that ten thousand take minutes; the
same seed makes the same files. It ends with a list of what went wrong, which must be empty.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil

from tests.intake_kit import class_folders, image_file, noise, npy, zipped

if TYPE_CHECKING:
    from aecore.intake import Taken

EACH = 500
"""Files that one child takes."""
SLOW = 5.0
"""Seconds of computing over one small file that count as a fault."""


def good_files() -> dict[str, bytes]:
    """Valid files by what they are."""
    arrays = io.BytesIO()
    np.savez_compressed(arrays, images=noise(12, 6, 5), labels=np.arange(12) % 3)
    with tempfile.TemporaryDirectory() as folder:
        path = zipped(Path(folder) / "z.zip", class_folders(each=4))
        images = path.read_bytes()
        stored = zipped(path, class_folders(each=4), 0).read_bytes()
    rows = "".join(f"{i},{i * 0.37:.3f},{'ab'[i % 2]},2026-01-{i % 28 + 1:02}\n" for i in range(40))
    table = ("id,size,kind,day\n" + rows).encode()
    return {
        "images.zip": images,
        "stored.zip": stored,
        "arrays.npz": arrays.getvalue(),
        "images.npy": npy(noise(12, 6, 5)),
        "vectors.npy": npy(np.linspace(0, 1, 60).reshape(15, 4)),
        "words.npy": npy(np.array(["a", "b"] * 6)),
        "grey.png": image_file(noise(9, 7, 1)),
        "colour.png": image_file(noise(9, 7)),
        "clear.png": image_file(noise(9, 7, 4)),
        "deep.png": image_file(noise(9, 7, 1).astype(np.uint16) * 257),
        "photo.jpg": image_file(noise(9, 7), "JPEG"),
        "moving.gif": image_file(noise(9, 7), "GIF"),
        "web.webp": image_file(noise(9, 7), "WEBP"),
        "map.bmp": image_file(noise(9, 7), "BMP"),
        "table.csv": table,
        "other.csv": table.decode().replace(",", ";").replace(".", ",").encode("utf-16"),
        "table.parquet": parquet(table),
        "series.npy": npy(np.sin(np.arange(2 * 80 * 3) / 9).reshape(2, 80, 3)),
    }


def parquet(table: bytes) -> bytes:
    """The same as a CSV holds."""
    from pyarrow import csv
    from pyarrow import parquet as files

    target = io.BytesIO()
    files.write_table(csv.read_csv(io.BytesIO(table)), target)
    return target.getvalue()


def damaged(content: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """A file after one to three accidents."""
    data = bytearray(content)
    for _ in range(chance.randint(1, 3)):
        place, kind = chance.randrange(len(data) + 1), chance.randrange(7)
        long = chance.choice((1, 2, 4, 8, 64))
        if kind == 0:
            del data[place:]
        elif kind == 1 and data:
            data[place % len(data)] ^= 1 << chance.randrange(8)
        elif kind == 2:
            data[place : place + long] = chance.randbytes(long)
        elif kind == 3:
            data[place : place + long] = chance.choice((b"\0", b"\xff", b"\x7f")) * long
        elif kind == 4:
            del data[place : place + long]
        elif kind == 5:
            piece = data[place : place + 100]
            data[chance.randrange(len(data) + 1) : 0] = piece
        else:
            head = chance.choice((4, 8, 16, 30))
            data[:head] = chance.choice(others)[:head]
    return bytes(data)


def case(number: int, seed: int, good: dict[str, bytes]) -> tuple[str, bytes]:
    """(name, content) of a damaged file; a few are noise from the first byte on."""
    chance = random.Random(seed * 1_000_003 + number)
    name = chance.choice(sorted(good))
    if chance.random() < 0.05:
        return name, chance.randbytes(chance.randrange(2000))
    return name, damaged(good[name], list(good.values()), chance)


def feed(first: int, count: int, seed: int, folder: str) -> dict[str, object]:
    """Entry point in the child: each file to each intake, to `look` and to `take`; what is taken
    is written."""
    from aecore.errors import InputError
    from aecore.intake import intakes

    good, wrong, ended = good_files(), [], Counter()
    path = Path(folder) / "given"
    for number in range(first, first + count):
        name, content = case(number, seed, good)
        path.write_bytes(content)
        for intake, kind in intakes.items():
            for do in ("look", "take"):
                began = time.process_time()
                try:
                    made = getattr(kind(kind.Config()), do)([path], [name])
                    told = made if do == "look" else kept(made, path.with_name("kept"))
                    json.dumps(told, allow_nan=False)
                    ended[f"{intake} took it" if do == "take" else "looked at"] += 1
                except InputError as error:
                    ended[f"{intake} refused it" if do == "take" else "refused a look"] += 1
                    if "\n" in str(error) or not str(error).endswith((".", "?")):
                        wrong.append(f"{number} {name} {intake}: no sentence: {str(error)[:200]}")
                except Exception:  # the very thing that must not be
                    trace = traceback.format_exc().strip().splitlines()
                    wrong.append(f"{number} {name} {intake}.{do}: {trace[-3:]}")
                if time.process_time() - began > SLOW:
                    wrong.append(f"{number} {name} {intake}.{do}: took {SLOW} s and more")
    return {"wrong": wrong, "ended": ended}


def kept(taken: Taken, target: Path) -> dict[str, object]:
    """What a child writes and tells; nothing of too few samples, which it would refuse."""
    from aecore.intake.keeping import FEWEST, write_samples

    return write_samples(taken, target) if len(taken.samples) >= FEWEST else {}


def fuzz(count: int, seed: int, each: int = EACH) -> dict[str, object]:
    """Feed `count` files. Raises nothing; what went wrong is in "wrong"."""
    from aecore.errors import InputError
    from aecore.runs.sandbox import Limits, call

    wrong: list[str] = []
    ended: Counter[str] = Counter()
    process, began = psutil.Process(), time.monotonic()
    before = process.memory_info().rss
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        for first in range(0, count, each):
            asked = {"first": first, "count": min(each, count - first), "seed": seed,
                     "folder": folder}  # fmt: skip
            try:
                limits = Limits(memory=2 << 30, cpu=1800, wall=3600)
                told = call("tests.fuzz_uploads:feed", asked, limits)
                wrong += told["wrong"]
                ended.update(told["ended"])
            except InputError as error:
                wrong.append(f"the child of files from {first} died: {error}")
        left = sorted(found.name for found in Path(folder).rglob("*"))
        if left != ["given", "kept"]:
            wrong.append(f"files were written: {left[:10]}")
    return {
        "files": count, "seed": seed, "ended": dict(ended), "wrong": wrong,
        "seconds": round(time.monotonic() - began),
        "grown_mb": round((process.memory_info().rss - before) / 1e6),
    }  # fmt: skip


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000, help="files (default: 10000)")
    parser.add_argument("--seed", type=int, default=0, help="of the accidents (default: 0)")
    arguments = parser.parse_args()
    done = fuzz(arguments.count, arguments.seed)
    print(json.dumps(done, indent=1))  # noqa: T201
    return 1 if done["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
