"""Files of images that the decoder of one model draws again.

Layout, whole numbers little endian: "AECZ", version (1 byte), bits of a number (1), the first 8
bytes of the fingerprint of decoder and codec, channels, height and width (2 each), images (4),
bytes of codes (4); the codes as `aecore.compression.coder` writes them; the CRC-32 of all before
(4). A file says nothing of what an image is: without its decoder it cannot be read.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple
from zlib import crc32

import torch
from torch import Tensor

from aecore.compression.codec import Codec
from aecore.compression.quantise import Codes
from aecore.datasets.pictures import to_bytes
from aecore.errors import InputError

MAGIC, VERSION = b"AECZ", 1
HEADER = struct.Struct("<4sBB8s3HII")
CHECKSUM = struct.Struct("<I")
FRAME = HEADER.size + CHECKSUM.size
"""Bytes of a file besides its codes."""
MOST_IMAGES = 10_000
CHUNK = 256

Half = Callable[[Tensor], Tensor]


class Header(NamedTuple):
    """What the first bytes of a file say."""

    magic: bytes
    version: int
    bits: int
    fingerprint: bytes
    channels: int
    height: int
    width: int
    images: int
    length: int


@dataclass(frozen=True)
class Compressor:
    """A model as a codec of images.

    encode: images (n, C, H, W) uint8 to codes (n, d); decode: codes to images, float in [0, 1];
    codec: for these codes; shape: (C, H, W); weights: a fingerprint of the model's, any text.
    """

    encode: Half
    decode: Half
    codec: Codec
    shape: tuple[int, int, int]
    weights: str

    def write(self, images: Tensor) -> bytes:
        """Images (n, C, H, W) uint8 as a file.

        Raises InputError for images of another shape, for more than 10,000, and for codes that
        are no numbers.
        """
        count = len(images)
        if tuple(images.shape[1:]) != self.shape or images.dtype != torch.uint8:
            raise InputError(
                f"Expected images of {_size(self.shape)} bytes, got {_size(images.shape[1:])} of "
                f"{images.dtype}."
            )
        if count > MOST_IMAGES:
            raise InputError(f"A file holds at most {MOST_IMAGES:,} images, got {count:,}.")
        codes = self.codec.pack(self.encode(images).numpy())
        known = self.codec.bits, self._fingerprint, *self.shape
        content = HEADER.pack(MAGIC, VERSION, *known, count, len(codes)) + codes
        return content + CHECKSUM.pack(crc32(content))

    def read(self, content: bytes, most: int = MOST_IMAGES) -> Tensor:
        """The images of a file: (n, C, H, W) uint8.

        Args:
            most: images that are read at most.

        Raises InputError for a file that is damaged, of another model, or of more images.
        """
        header = header_of(content)
        if header.fingerprint != self._fingerprint or header[4:7] != self.shape:
            raise InputError(
                "This file was made with another model or other settings; open it where it was "
                "made."
            )
        if header.images > most:
            raise InputError(
                f"This file has {header.images:,} images and at most {most:,} are read here."
            )
        codes = self.codec.unpack(content[HEADER.size : -CHECKSUM.size], header.images)
        return drawn(self.decode, codes, self.shape)

    @property
    def _fingerprint(self) -> bytes:
        return sha256(f"{self.weights} {self.codec.fingerprint}".encode()).digest()[:8]


def drawn(decode: Half, codes: Codes, shape: tuple[int, int, int]) -> Tensor:
    """What a decoder draws for codes (n, d), as a file can hold it: (n, C, H, W) uint8."""
    if not len(codes):
        return torch.empty(0, *shape, dtype=torch.uint8)
    with torch.inference_mode():
        return torch.cat([to_bytes(decode(z)) for z in torch.from_numpy(codes).split(CHUNK)])


def header_of(content: bytes) -> Header:
    """What a file says of itself. Raises InputError where it is none of ours, or damaged."""
    if len(content) < FRAME or not content.startswith(MAGIC):
        raise InputError("This is no file of compressed images; choose one that was made here.")
    header = Header(*HEADER.unpack_from(content))
    if header.version != VERSION:
        raise InputError(
            f"This file is of version {header.version} and only {VERSION} can be read; make it "
            "again."
        )
    (checksum,) = CHECKSUM.unpack(content[-CHECKSUM.size :])
    whole = len(content) == FRAME + header.length
    if not whole or checksum != crc32(content[: -CHECKSUM.size]):
        raise InputError("This file of compressed images is damaged; make or fetch it again.")
    return header


def _size(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))
