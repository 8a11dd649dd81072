"""Files that are whole or absent: temporary name, fsync, rename, and a checksum beside them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from safetensors.torch import save as save_safetensors
from torch import Tensor

from aecore.errors import CheckpointDamaged, StoreError


def write(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Put a file in place at once. Raises StoreError where the disk refuses; the old one stays.

    What is not durable outlives a killed process, but may be lost in a power cut.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        temporary.replace(path)
        if durable:
            sync_folder(path.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise StoreError(
            f"Could not write {path.name}: {error.strerror}. Free some disk space or check the "
            "rights of the folder; what was saved before is untouched."
        ) from error


def fill(folder: Path, contents: Mapping[str, bytes], durable: str) -> None:
    """Write files into a folder that nobody knows yet; one of them outlives a power cut.

    Raises OSError, with the folder in any state.
    """
    for name, content in contents.items():
        with (folder / name).open("wb") as file:
            file.write(content)
            if name == durable:
                file.flush()
                os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder outlive a power cut (not possible, nor needed, on Windows)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Strict JSON (no bare NaN), readable by eye."""
    write(path, json_bytes(values))


def json_bytes(values: Mapping[str, Any]) -> bytes:
    """Strict JSON as it stands in files."""
    return json.dumps(values, indent=1, allow_nan=False).encode()


def pack(tensors: Mapping[str, Tensor]) -> bytes:
    """Named tensors as safetensors bytes."""
    return save_safetensors({name: tensor.contiguous() for name, tensor in tensors.items()})


def unpack(content: bytes, what: str) -> dict[str, Tensor]:
    """The tensors of `pack`. Raises CheckpointDamaged."""
    try:
        return load_safetensors(content)
    except (SafetensorError, ValueError) as error:
        raise CheckpointDamaged(f"{what} is damaged: {error}.") from error


def digest(content: bytes) -> str:
    """sha256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
