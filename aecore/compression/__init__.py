"""Codes as files: quantised, entropy-coded, and beside the formats that everybody has."""

from aecore.compression.codec import Codec, book_codec, fit_codec, from_arrays
from aecore.compression.file import FRAME, Compressor, header_of
from aecore.compression.pictures import can_be_pictures, decode_pictures, encode_pictures
from aecore.compression.trials import Trial, codecs_of, coded, pca_decoder, pictured
from aecore.compression.weight import decoder_bytes

__all__ = [
    "FRAME",
    "Codec",
    "Compressor",
    "Trial",
    "book_codec",
    "can_be_pictures",
    "coded",
    "codecs_of",
    "decode_pictures",
    "decoder_bytes",
    "encode_pictures",
    "fit_codec",
    "from_arrays",
    "header_of",
    "pca_decoder",
    "pictured",
]
