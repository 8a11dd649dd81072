"""Files of images: what was written is drawn again, and what is foreign or damaged is refused."""

import struct
from functools import partial
from io import BytesIO
from zlib import crc32

import numpy as np
import pytest
import torch
from kit import build, noise_images, open_small
from PIL import Image
from runs_kit import is_sentence

from aecore.compression import (
    FRAME,
    Compressor,
    book_codec,
    decode_pictures,
    decoder_bytes,
    encode_pictures,
    fit_codec,
    header_of,
)
from aecore.compression.file import HEADER
from aecore.datasets.pictures import to_bytes
from aecore.errors import InputError
from aecore.runs.inference import codes_of

SHAPE = (1, 8, 8)


def compressor(variant="autoencoder", bits=6, weights="a", **knobs):
    """An untrained model of the digits, with a codec for its codes."""
    data = open_small("digits")
    knobs = {"latent_dim": 6, **knobs}
    model = build(variant, "mlp", SHAPE, mean=data.mean, model_knobs=knobs).eval()
    model.requires_grad_(False)
    encode = partial(codes_of, model)
    codes = encode(data.part("train")).numpy()
    if variant == "vq_vae":
        codec = book_codec(codes, model.quantiser.book.numpy())
    else:
        codec = fit_codec(codes, bits)
    return Compressor(encode, model.decode, codec, SHAPE, weights)


def images(count=40):
    return open_small("digits").part("test", count)


@pytest.mark.parametrize("count", [0, 1, 40, 300])
@pytest.mark.parametrize("variant", ["autoencoder", "vae", "conditional_vae", "vq_vae"])
def test_a_file_is_drawn_as_the_decoder_draws_the_quantised_codes(variant, count):
    ours = compressor(variant)
    content = ours.write(images(count))
    codes = ours.encode(images(count)).numpy()
    made = [ours.decode(z) for z in torch.from_numpy(ours.codec.quantised(codes)).split(256)]
    expected = torch.cat([to_bytes(part) for part in made]) if count else images(0)
    assert torch.equal(ours.read(content), expected)
    assert header_of(content).images == count


def test_a_file_of_one_image_needs_no_other():
    ours = compressor()
    together = ours.read(ours.write(images(5)))
    for index in range(5):
        content = ours.write(images(5)[index : index + 1])
        assert torch.equal(ours.read(content)[0], together[index])
        assert FRAME < len(content) <= FRAME + 6 * 6 / 8 + 3


def test_the_header_says_what_is_inside():
    header = header_of(compressor(bits=5).write(images(7)))
    assert header[:3] == (b"AECZ", 1, 5)
    assert header[4:8] == (1, 8, 8, 7)


@pytest.mark.parametrize("other", [{"weights": "b"}, {"bits": 5}, {"latent_dim": 5}])
def test_a_file_of_another_model_is_refused(other):
    content = compressor().write(images())
    with pytest.raises(InputError, match="another model") as caught:
        compressor(**other).read(content)
    assert is_sentence(caught.value)


def test_any_damaged_bit_is_noticed():
    ours = compressor()
    content = ours.write(images(3))
    for at in range(len(content)):
        damaged = bytearray(content)
        damaged[at] ^= 1 << at % 8
        with pytest.raises(InputError) as caught:
            ours.read(bytes(damaged))
        assert is_sentence(caught.value)


CHANGES = {
    "shorter": lambda content: content[:-1],
    "longer": lambda content: content + b"x",
    "the header alone": lambda content: content[:20],
    "nothing": lambda content: b"",
    "the first four bytes": lambda content: content[:4],
    "the other way round": lambda content: content[::-1],
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_cut_short_or_of_something_else_is_refused(change):
    ours = compressor()
    with pytest.raises(InputError) as caught:
        ours.read(change(ours.write(images(3))))
    assert is_sentence(caught.value)


def forged(content, field, value):
    """The same file with another entry in its header and a checksum that fits."""
    header = list(HEADER.unpack_from(content))
    header[field] = value
    body = HEADER.pack(*header) + content[HEADER.size : -4]
    return body + struct.pack("<I", crc32(body))


@pytest.mark.parametrize("field", [1, 4, 5, 6, 7, 8])
@pytest.mark.parametrize("value", [0, 2, 250])
def test_a_forged_header_is_refused_or_read_within_bounds(field, value):
    ours = compressor()
    content = ours.write(images(3))
    if field == 7 and value < 10:  # the number of images alone may be believed
        assert ours.read(forged(content, field, value)).shape == (value, *SHAPE)
        return
    with pytest.raises(InputError) as caught:
        ours.read(forged(content, field, value), most=9)
    assert is_sentence(caught.value)


@pytest.mark.parametrize("count", [10_001, 2**32 - 1])
def test_a_forged_number_of_images_takes_no_memory(count, monkeypatch):
    ours = compressor()
    content = forged(ours.write(images(3)), 7, count)
    monkeypatch.setattr("aecore.compression.codec.decode", lambda *_: pytest.fail("read"))
    with pytest.raises(InputError):
        ours.read(content)


def test_no_more_images_are_read_than_asked_for():
    ours = compressor()
    content = ours.write(images(9))
    assert len(ours.read(content, 9)) == 9
    with pytest.raises(InputError, match="9 images and at most 8") as caught:
        ours.read(content, 8)
    assert is_sentence(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        torch.zeros(2, 1, 8, 8),
        torch.zeros(2, 3, 8, 8).byte(),
        torch.zeros(1, 1, 8, 8).byte().expand(10_001, -1, -1, -1),
    ],
)
def test_images_that_do_not_fit_are_refused(given):
    with pytest.raises(InputError) as caught:
        compressor().write(given)
    assert is_sentence(caught.value)


def test_the_decoder_is_counted_and_nothing_else():
    model = build("autoencoder", "mlp", SHAPE, model_knobs={"latent_dim": 6})
    layers = sum(parameter.numel() for parameter in model.decoder.parameters())
    assert decoder_bytes(model) == 4 * (layers + 64)
    linear = build("linear", "mlp", SHAPE, model_knobs={"latent_dim": 6})
    assert decoder_bytes(linear) == 4 * (6 * 64 + 64)
    book = build("vq_vae", "mlp", SHAPE, model_knobs={"latent_dim": 8})
    assert decoder_bytes(book) < 4 * book.parameter_count()
    assert all(parameter.grad is None for parameter in model.parameters())


def saved(image, form, **named):
    """One image (C, H, W) as Pillow saves it."""
    pixels = image[0] if len(image) == 1 else image.permute(1, 2, 0)
    file = BytesIO()
    Image.fromarray(pixels.numpy()).save(file, form, **named)
    return file.getvalue()


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 16, 24)])
@pytest.mark.parametrize("form", ["JPEG", "WEBP", "PNG"])
def test_pictures_are_those_of_pillow_and_the_shorter_way_counts(shape, form):
    made = to_bytes(noise_images(shape, 3, seed=1))
    made[2] = 0
    ways = {
        "JPEG": [{"quality": 40}, {"quality": 40, "optimize": True}],
        "WEBP": [{"quality": 40}],
        "PNG": [{"optimize": True}],
    }[form]
    found = encode_pictures(made, form, 40)
    for file, net, image in zip(found.files, found.net, made, strict=True):
        direct = [saved(image, form, **named) for named in ways]
        blank = [len(saved(image * 0, form, **named)) for named in ways]
        assert file == min(direct, key=len)
        assert net == min(len(d) - b for d, b in zip(direct, blank, strict=True))
    assert found.net[2] == 0
    back = decode_pictures(found.files, shape[0])
    assert back.shape == made.shape
    assert torch.equal(back, made) == (form == "PNG")
    first = np.array(Image.open(BytesIO(found.files[0])), np.int64)
    grey = first[..., 0] if shape[0] == 1 and first.ndim == 3 else first
    same = back[0, 0] if shape[0] == 1 else back[0].permute(1, 2, 0)
    assert abs(same.numpy() - grey).max() <= 1


def test_a_jpeg_of_28_pixels_is_mostly_header():
    grey = to_bytes(0.5 + 0 * noise_images((1, 28, 28), 1))
    found = encode_pictures(grey, "JPEG", 5)
    assert len(found.files[0]) > 150
    assert found.net[0] < 10


def test_what_is_no_picture_is_refused():
    with pytest.raises(InputError, match="1 or 3 channels") as caught:
        encode_pictures(torch.zeros(1, 2, 8, 8).byte(), "JPEG")
    assert is_sentence(caught.value)
