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


def pack(values: Mapping[str, Any], arrays: Mapping[str, np.ndarray[Any, Any]]) -> bytes:
    """Values (JSON-able) and arrays (uint8, int8, int32 or float32, sent little endian)."""
    entries, chunks, offset = {}, [], 0
    for name, array in arrays.items():
        content = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()
        padded = content + bytes(-len(content) % 8)
        entries[name] = {"dtype": array.dtype.name, "shape": array.shape, "offset": offset}
        chunks.append(padded)
        offset += len(padded)
    header = json.dumps({"values": values, "arrays": entries}, allow_nan=False).encode()
    header += b" " * (-(len(header) + 4) % 8)
    return struct.pack("<I", len(header)) + header + b"".join(chunks)
