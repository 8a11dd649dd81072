"""Own data sets for the tests of the catalogue and the Data page, made without a child process."""

import io
import json
import zipfile
from importlib import import_module

import numpy as np
from PIL import Image

from aecore.catalog.data import DataRow, add
from aecore.catalog.people import LAPTOP, Person, Quotas
from aecore.catalog.store import Catalog
from aecore.intake import sandboxed

CLASSES = ("discs", "squares")


def zip_of_shapes(each: int = 30, side: int = 12) -> bytes:
    """A zip of two class folders with grey PNG images, and a text among them."""
    rng, target = np.random.default_rng(0), io.BytesIO()
    rows, columns = np.mgrid[:side, :side]
    with zipfile.ZipFile(target, "w") as archive:
        for name in CLASSES:
            for number in range(each):
                y, x, size = rng.integers(3, side - 3), rng.integers(3, side - 3), 3
                down, across = abs(rows - y), abs(columns - x)
                inside = (
                    down**2 + across**2 <= size**2
                    if name == "discs"
                    else np.maximum(down, across) < size
                )
                content = io.BytesIO()
                Image.fromarray((255 * inside).astype(np.uint8)).save(content, "PNG")
                archive.writestr(f"{name}/{number}.png", content.getvalue())
        archive.writestr("discs/notes.txt", "no image")
    return target.getvalue()


def in_process(monkeypatch) -> None:
    """Have intakes run here instead of in a child, which takes seconds to start."""

    def call(function, values, limits, what, cancelled=None):  # noqa: ARG001
        module, name = function.split(":")
        return json.loads(json.dumps(getattr(import_module(module), name)(**values)))

    monkeypatch.setattr(sandboxed, "call", call)


def own_data(
    catalog: Catalog, who: Person, tmp_path, title="Shapes", limits: Quotas = LAPTOP
) -> DataRow:
    """A new small data set of images of somebody; call `in_process` before."""
    path = tmp_path / "given"
    path.write_bytes(zip_of_shapes())
    name = sandboxed.take_in("images", [(path, "shapes.zip")], title, owner=who.id)
    return add(catalog, who, name, limits)
