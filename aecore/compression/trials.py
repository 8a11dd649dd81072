"""One way to compress, tried on images: how large each becomes, and what is left of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aecore.compression.codec import Codec, book_codec, fit_codec
from aecore.compression.file import FRAME, Half, drawn
from aecore.compression.pictures import Format, decode_pictures, encode_pictures
from aecore.compression.quantise import Codes
from aecore.metrics.pca import PcaBaseline
from aecore.models import Autoencoder
from aecore.models.vq_vae import VQVAE


class Trial(NamedTuple):
    """Of n images, each in a file of its own.

    net: (n,) int64, bytes without what is the same in all files; whole: (n,) int64, bytes of the
    file; made: (n, C, H, W) uint8, what is read again.
    """

    net: NDArray[np.int64]
    whole: NDArray[np.int64]
    made: Tensor


def coded(codec: Codec, codes: Codes, decode: Half, shape: tuple[int, int, int]) -> Trial:
    """Codes (n, d) in files of `aecore.compression.file`, drawn again by a decoder."""
    net = np.array([len(codec.pack(codes[i : i + 1])) for i in range(len(codes))], np.int64)
    return Trial(net, net + FRAME, drawn(decode, codec.quantised(codes), shape))


def pictured(images: Tensor, form: Format, quality: int = 75) -> Trial:
    """Images (n, C, H, W) uint8 in a picture format; see `encode_pictures`."""
    found = encode_pictures(images, form, quality)
    whole = np.array([len(file) for file in found.files], np.int64)
    return Trial(found.net, whole, decode_pictures(found.files, images.shape[1]))


def codecs_of(model: Autoencoder, codes: Codes, bits: Sequence[int]) -> list[Codec]:
    """A codec for each number of bits; one alone where the codes are entries of a book.

    codes: (n, d) of training images.
    """
    if isinstance(model, VQVAE):
        return [book_codec(codes, model.quantiser.book.numpy())]
    return [fit_codec(codes, each) for each in bits]


def pca_decoder(pca: PcaBaseline, shape: tuple[int, int, int]) -> Half:
    """The way back from PCA's codes (n, k) to images (n, C, H, W)."""

    def decode(codes: Tensor) -> Tensor:
        return torch.addmm(pca.mean, codes, pca.axes).view(-1, *shape)

    return decode
