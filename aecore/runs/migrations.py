"""Specs of older versions made readable: one pure function a step, from schema n to n + 1."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aecore.errors import InputError, NewerVersion
from aecore.runs.files import write, write_json

SCHEMA = 1
"""Of the specs that this version writes."""
STEPS: dict[int, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {}
"""By the schema that each starts from. A step never imports what it could outlive: it knows the
names of its time as plain text."""


def migrate(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """A spec's values as this version writes them.

    Raises NewerVersion, or InputError for a schema that never was.
    """
    schema = values.get("schema")
    if type(schema) is not int or schema < 1:
        raise InputError(
            f"This run has schema {str(schema)[:40]}, this version reads {SCHEMA}; "
            "it is no spec of Autoencoder Lab."
        )
    if schema > SCHEMA:
        raise NewerVersion(
            f"This run was made by a newer version of Autoencoder Lab (schema {str(schema)[:40]}, "
            f"this one reads {SCHEMA}); open it with the version that made it."
        )
    for number in range(schema, SCHEMA):
        values = {**STEPS[number](values), "schema": number + 1}
    return values


def write_spec(folder: Path, values: Mapping[str, Any]) -> None:
    """Put `spec.json` into a run's folder; one of an older schema there is kept beside it.

    Raises StoreError; what was there before stays.
    """
    path = folder / "spec.json"
    if path.exists():
        content = path.read_bytes()
        schema = json.loads(content)["schema"]
        if schema < values["schema"]:
            write(folder / f"spec.v{schema}.json", content)
    write_json(path, values)
