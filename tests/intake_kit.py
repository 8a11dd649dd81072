"""Files for the intakes, made at the time of the test: images, zips and arrays."""

import io
import struct
import zlib
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
from PIL import Image

from aecore.intake import intakes


def made(intake, **options):
    """An intake with options."""
    kind = intakes[intake]
    return kind(kind.Config.parse(options))


def image_file(pixels, kind="PNG", **options):
    """An array (H, W), (H, W, 3) or a PIL image as the bytes of a file."""
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def noise(height=8, width=8, channels=3, seed=0):
    """A colour or grey image of random pixels."""
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def png(width, height, depth, colour_type, rows=None):
    """A PNG made by hand: any depth, any size; rows of zeros are packed without taking memory."""
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour_type]
    long = (width * depth * samples + 7) // 8
    packer = zlib.compressobj()
    packed = b"".join(
        packer.compress(b"\0" + (rows[i] if rows is not None else bytes(long)))
        for i in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", packed + packer.flush()), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )


def zipped(path, files, kind=ZIP_DEFLATED):
    """A zip of (name, content), names as they are, also twice the same."""
    with ZipFile(path, "w", kind) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return path


def written(folder, files):
    """Files (name, content) side by side; the arguments of `look`: paths of ours, and names."""
    paths = []
    for number, (_, content) in enumerate(files):
        paths.append(folder / f"{number:06d}")
        paths[-1].write_bytes(content)
    return paths, [name for name, _ in files]


def class_folders(classes=("ant", "bee", "cat"), each=6, height=8, width=8, channels=3):
    """(name, content) of noise in class folders."""
    return [
        (f"{name}/{number}.png", image_file(noise(height, width, channels, 100 * place + number)))
        for place, name in enumerate(classes)
        for number in range(each)
    ]


def npy(array, **options):
    """The bytes of an .npy file."""
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def npz(path, packed=True, **arrays):
    """An .npz file."""
    (np.savez_compressed if packed else np.savez)(path, **arrays)
    return path
