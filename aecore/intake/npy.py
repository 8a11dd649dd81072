"""A stranger's .npy: its header is checked against the bytes that are there before any is read.

The format is numpy.lib.format's, versions 1 to 3. Plain numbers and text only: no Python objects,
so that nothing in a file is ever run.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from math import prod
from typing import Any

import numpy as np
from numpy.lib import format as npy_format

from aecore.errors import InputError

LONGEST_HEADER = 10_000
"""Bytes: numpy's own limit, far more than an array without fields needs."""
NUMBERS, TEXT = "biuf", "U"
Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Header:
    """What stands before the numbers. start: byte at which they begin."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran: bool
    start: int

    @property
    def bytes(self) -> int:
        """How many the numbers take."""
        return prod(self.shape) * self.dtype.itemsize


def read_header(head: bytes, size: int, name: str) -> Header:
    """What the first bytes (LONGEST_HEADER and a few) of a file of `size` bytes say.

    Args:
        name: what the array is called in messages, fit to be shown.

    Raises InputError, also where the numbers that it claims are not there.
    """
    file = BytesIO(head)
    try:
        version = npy_format.read_magic(file)
        if version not in ((1, 0), (2, 0), (3, 0)):
            raise ValueError("unknown version")
        first = version == (1, 0)
        # Version 3 differs from 2 only for fields with names beyond Latin-1; fields are refused.
        read = npy_format.read_array_header_1_0 if first else npy_format.read_array_header_2_0
        shape, fortran, dtype = read(file, max_header_size=LONGEST_HEADER)
    except Exception as error:  # it evaluates a literal, which fails in as many ways as text can
        raise InputError(
            f"{name} is no whole .npy array; save it again with numpy.save."
        ) from error
    header = Header(tuple(int(n) for n in shape), dtype, bool(fortran), file.tell())
    _check(header, size, name)
    return header


def _check(header: Header, size: int, name: str) -> None:
    dtype = header.dtype
    if dtype.hasobject:
        raise InputError(
            f"{name} holds Python objects, which can run code when they are read; save it as "
            "numbers, such as array.astype('float32')."
        )
    if dtype.kind not in NUMBERS + TEXT or dtype.subdtype is not None or dtype.itemsize == 0:
        raise InputError(
            f"{name} holds values of type {str(dtype)[:40]}; give whole numbers or floats."
        )
    if min(header.shape, default=1) <= 0:
        raise InputError(f"{name} is empty; give an array with samples along its first axis.")
    if header.start + header.bytes > size:
        raise InputError(
            f"{name} claims {header.bytes:,} bytes of numbers but has {size - header.start:,}; "
            "it is cut off, save or upload it again."
        )


def from_bytes(content: bytes, header: Header) -> Array:
    """The array in a whole file's bytes, read-only and without a copy."""
    flat = np.frombuffer(content, header.dtype, prod(header.shape), header.start)
    return flat.reshape(header.shape, order="F" if header.fortran else "C")
