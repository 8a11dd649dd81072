"""Named arrays in one HTTP response: a JSON header with offsets, then the raw bytes.

Layout: uint32 length of the header (little endian), the header, then each array at an offset
that is a multiple of 8, counted from the end of the padded header.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

NARROW = {"float64": np.float32, "int64": np.int32}
"""What a picture or a label does not need in full."""


def pack(values: Mapping[str, Any], arrays: Mapping[str, np.ndarray[Any, Any]]) -> bytes:
    """Values (JSON-able) and arrays, sent as uint8, int8, int32 or float32, little endian."""
    entries, chunks, offset = {}, [], 0
    for name, array in arrays.items():
        dtype = np.dtype(NARROW.get(array.dtype.name, array.dtype))
        content = np.ascontiguousarray(array).astype(dtype.newbyteorder("<")).tobytes()
        padded = content + bytes(-len(content) % 8)
        entries[name] = {"dtype": dtype.name, "shape": array.shape, "offset": offset}
        chunks.append(padded)
        offset += len(padded)
    header = json.dumps({"values": values, "arrays": entries}, allow_nan=False).encode()
    header += b" " * (-(len(header) + 4) % 8)
    return struct.pack("<I", len(header)) + header + b"".join(chunks)
