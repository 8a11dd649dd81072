"""One image of any kind to pixels: every mode, size and orientation against known answers."""

import io

import numpy as np
import pytest
from intake_kit import image_file, noise, png
from PIL import Image, ImageOps

from aecore.intake.fitting import fitted
from aecore.intake.picture import read_picture, size_of, to_pixels
from aecore.intake.skipping import Skipped

SIZES = [(1, 1), (1, 7), (5, 3)]
"""(height, width)."""
each_size = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
each_background = pytest.mark.parametrize("background", ["white", "black"])


def read(content, background="black"):
    picture = read_picture(content, background)
    return np.asarray(picture.image), picture.notes


def values(size, channels=1, step=5, seed=0):
    """Multiples of `step`, so that fifths of them are whole."""
    shape = (*size, channels) if channels > 1 else size
    return np.random.default_rng(seed).integers(0, 255 // step + 1, shape, np.uint8) * np.uint8(step)


def over(colours, alpha, background):
    """Colours (H, W, C) laid over white or black: the definition, whole for alphas of fifths."""
    share = alpha[..., None] / 255
    below = 255 if background == "white" else 0
    exact = colours * share + below * (1 - share)
    assert np.allclose(exact, np.rint(exact))
    return np.rint(exact).astype(np.uint8)


@each_size
@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF"])
def test_a_single_bit_is_black_or_white(size, kind):
    bits = values(size) % 2
    found, notes = read(image_file(Image.fromarray(bits * 255).convert("1"), kind))
    assert np.array_equal(found if found.ndim == 2 else found[..., 0], bits * 255)
    assert notes == set()


@each_size
@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF"])
def test_grey_is_kept_to_the_bit(size, kind):
    grey = noise(*size, 1)
    found, notes = read(image_file(grey, kind))
    assert np.array_equal(found if found.ndim == 2 else found[..., 0], grey)
    assert notes == set()


@each_size
@pytest.mark.parametrize(
    ("kind", "options"), [("PNG", {}), ("BMP", {}), ("WEBP", {"lossless": True})]
)
def test_colour_is_kept_to_the_bit(size, kind, options):
    colours = noise(*size)
    found, notes = read(image_file(colours, kind, **options))
    assert np.array_equal(found, colours)
    assert notes == set()


@each_size
@each_background
@pytest.mark.parametrize(
    ("kind", "options"), [("PNG", {}), ("WEBP", {"lossless": True, "exact": True})]
)
def test_transparency_is_laid_over_the_background(size, background, kind, options):
    colours, alpha = values(size, 3), values(size, step=51, seed=1)
    alpha.flat[0] = 51  # one at least is transparent
    found, notes = read(image_file(np.dstack([colours, alpha]), kind, **options), background)
    assert np.array_equal(found, over(colours, alpha, background))
    assert notes == {"transparent"}


@each_size
@each_background
def test_grey_with_transparency_is_laid_over_the_background(size, background):
    grey, alpha = values(size), values(size, step=51, seed=1)
    image = Image.merge("LA", [Image.fromarray(grey), Image.fromarray(alpha)])
    found, notes = read(image_file(image), background)
    assert np.array_equal(found, over(np.dstack([grey] * 3), alpha, background))
    assert notes == {"transparent"}


@each_size
@each_background
@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_transparent_colour_of_a_palette_is_laid_over_the_background(size, background, kind):
    places = (values(size) % 4).astype(np.uint8)
    places.flat[0] = 2
    colours = np.array([[255, 0, 0], [0, 255, 0], [9, 9, 9], [0, 0, 255]], np.uint8)
    image = Image.fromarray(places).convert("P")
    image.putpalette(colours.tobytes())
    image.putdata(places.flatten().tolist())
    found, notes = read(image_file(image, kind, transparency=2), background)
    expected = colours[places]
    expected[places == 2] = 255 if background == "white" else 0
    assert np.array_equal(found, expected)
    assert notes == {"transparent"}


def test_a_transparent_colour_of_a_true_colour_image_is_one_too():
    colours = values((3, 3), 3)
    colours[1, 1] = (10, 20, 30)
    found, _ = read(image_file(Image.fromarray(colours), transparency=(10, 20, 30)), "white")
    expected = colours.copy()
    expected[1, 1] = 255
    assert np.array_equal(found, expected)


def test_two_images_that_differ_only_in_their_palettes_differ():
    places = Image.new("P", (4, 4), 1)
    one, two = places.copy(), places.copy()
    one.putpalette([0, 0, 0, 255, 0, 0])
    two.putpalette([0, 0, 0, 0, 255, 0])
    assert read(image_file(one))[0][0, 0].tolist() == [255, 0, 0]
    assert read(image_file(two))[0][0, 0].tolist() == [0, 255, 0]


@each_size
def test_sixteen_bits_are_scaled_and_not_clipped(size):
    deep = np.random.default_rng(0).integers(0, 65536, size).astype(np.uint16)
    deep.flat[0] = 65535
    found, notes = read(image_file(Image.fromarray(deep)))
    assert np.array_equal(found, np.rint(deep / 65535 * 255).astype(np.uint8))
    assert notes == {"deep"}


def test_sixteen_bits_of_colour_keep_their_upper_half():
    deep = np.random.default_rng(0).integers(0, 65536, (4, 5, 3)).astype(">u2")
    found, notes = read(png(5, 4, 16, 2, [row.tobytes() for row in deep]))
    assert np.array_equal(found, (deep >> 8).astype(np.uint8))
    assert notes == {"deep"}


@pytest.mark.parametrize(("depth", "most"), [(1, 1), (2, 3), (4, 15)])
def test_few_bits_of_grey_fill_the_whole_range(depth, most):
    levels = np.arange(most + 1)[-2:]
    row = bytes([int(levels[0]) << (8 - depth) | int(levels[1]) << (8 - 2 * depth)])
    found, _ = read(png(2, 1, depth, 0, [row]))
    assert found.tolist() == [[round(int(level) / most * 255) for level in levels]]


@each_size
@pytest.mark.parametrize(
    ("mode", "notes"),
    [("CMYK", {"colours"}), ("YCbCr", {"colours"}), ("HSV", {"colours"}), ("RGBX", set())],
)
def test_other_colour_spaces_become_rgb(size, mode, notes):
    image = Image.fromarray(noise(*size)).convert(mode)
    found, applied = to_pixels(image, "black")
    assert applied == notes
    assert np.array_equal(np.asarray(found), np.asarray(image.convert("RGB")))
    # CMYK and HSV of 8 bits do not hold every colour, but nearly.
    assert np.abs(np.asarray(found).astype(int) - noise(*size)).max() <= 6


def test_a_printers_jpeg_is_read():
    image = Image.new("CMYK", (6, 4), (255, 0, 0, 0))
    found, notes = read(image_file(image, "JPEG", quality=100))
    assert np.abs(found.astype(int) - [0, 255, 255]).max() <= 2
    assert notes == {"colours"}


@each_size
def test_floats_and_long_integers_fill_the_whole_range(size):
    numbers = np.random.default_rng(0).normal(0, 1000, size).astype(np.float32)
    low, high = numbers.min(), numbers.max()
    reach = (high - low) or 1
    expected = np.rint((numbers.astype(float) - low) / reach * 255)
    found, notes = to_pixels(Image.fromarray(numbers), "black")
    assert np.array_equal(np.asarray(found), expected)
    assert notes == {"ranged"}
    long = Image.fromarray((numbers * 1000).astype(np.int32))
    assert to_pixels(long, "black")[1] == {"ranged"}
    short = np.full(size, 65535, np.int32)
    found, notes = to_pixels(Image.fromarray(short), "black")
    assert (np.asarray(found).min(), notes) == (255, {"deep"})


def test_what_is_not_finite_is_no_image():
    with pytest.raises(Skipped, match="finite"):
        to_pixels(Image.fromarray(np.array([[np.nan, 1]], np.float32)), "black")


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_is_taken(kind):
    frames = [Image.new("RGB", (4, 3), colour) for colour in ("red", "lime", "blue")]
    options = {"save_all": True, "append_images": frames[1:]}
    found, notes = read(image_file(frames[0], kind, **options | {"lossless": True}))
    assert (found == [255, 0, 0]).all()
    assert "frames" in notes


TURNED = {
    1: lambda x: x,
    2: lambda x: x[:, ::-1],
    3: lambda x: x[::-1, ::-1],
    4: lambda x: x[::-1],
    5: lambda x: x.swapaxes(0, 1),
    6: lambda x: x.swapaxes(0, 1)[:, ::-1],
    7: lambda x: x[::-1, ::-1].swapaxes(0, 1),
    8: lambda x: x.swapaxes(0, 1)[::-1],
}
"""What each EXIF orientation asks for, with arrays."""


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_photographs_are_turned_upright(orientation, kind):
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    content = image_file(noise(5, 3), kind, exif=exif, **options)
    found, notes = read(content)
    stored = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    assert np.array_equal(found, TURNED[orientation](stored))
    theirs = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    assert np.array_equal(found, np.asarray(theirs.convert("RGB")))
    assert size_of(content) == found.shape[:2]
    assert notes == ({"turned"} if orientation > 1 else set())


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_there_is_not_turns_nothing(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert read(image_file(noise(5, 3), "PNG", exif=exif))[0].shape == (5, 3, 3)


def test_a_damaged_note_damages_no_image():
    content = image_file(noise(5, 3), "PNG", exif=b"Exif\0\0MM\0\x2a" + bytes(range(200, 256)))
    assert np.array_equal(read(content)[0], noise(5, 3))


def test_a_colour_profile_is_named():
    from PIL.ImageCms import ImageCmsProfile, createProfile

    profile = ImageCmsProfile(createProfile("sRGB")).tobytes()
    assert read(image_file(noise(), icc_profile=profile))[1] == {"profile"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"x" * 100, "not an image"),
        (image_file(noise(40, 40))[:200], "damaged or cut off"),
        (image_file(noise(40, 40), "JPEG")[:600], "damaged or cut off"),
        (image_file(noise(40, 40), "GIF")[:900], "damaged or cut off"),
        (image_file(noise(40, 40), "BMP")[:900], "damaged or cut off"),
        (image_file(noise(), "TIFF"), "a TIFF"),
        (image_file(noise(), "PDF"), "a PDF"),
        (image_file(noise(), "EPS"), "an EPS or PostScript file"),
        (image_file(noise(), "ICO"), "an icon"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"<?xml version='1.0'?>\n<!-- made by hand -->\n<svg/>", "an SVG drawing"),
        (b"<!DOCTYPE html><html>", "an HTML page"),
        (b"8BPS\0\1", "a Photoshop file"),
        (b"SIMPLE  =                    T", "a FITS file"),
        (b"\0\0\0\x1cftypheic", "a HEIC or AVIF image"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value,
)
def test_what_is_no_image_is_called_by_its_name(content, reason):
    with pytest.raises(Skipped, match=f"^{reason}$"):
        read(content)


# Sizes


def image(rows):
    return Image.fromarray(np.array(rows, np.uint8))


WIDE = [[10, 20, 30, 40], [50, 60, 70, 80]]


@pytest.mark.parametrize("background", ["white", "black"])
def test_padding_frames(background):
    frame = 255 if background == "white" else 0
    found = fitted(image(WIDE), (4, 4), "pad", background)
    assert np.asarray(found).tolist() == [[frame] * 4, *WIDE, [frame] * 4]


def test_cropping_cuts_the_middle():
    assert np.asarray(fitted(image(WIDE), (2, 2), "crop", "black")).tolist() == [[20, 30], [60, 70]]


def test_stretching_averages_over_what_a_pixel_covers():
    flat = image([[10] * 4 + [50] * 4] * 2)
    found = np.asarray(fitted(flat, (2, 4), "stretch", "black")).tolist()
    # A triangle two pixels wide to each side: 7/8 of its own half, 1/8 of the other.
    assert found == [[10, 15, 45, 50]] * 2


def test_an_image_of_the_size_keeps_every_pixel():
    pixels = noise(6, 9)
    for fit in ("pad", "crop", "stretch"):
        assert np.array_equal(fitted(Image.fromarray(pixels), (6, 9), fit, "black"), pixels)


@pytest.mark.parametrize("fit", ["pad", "crop", "stretch"])
@pytest.mark.parametrize("size", [(1, 1), (1, 9000), (9000, 1), (3, 200), (64, 64)])
def test_any_size_becomes_the_size_that_is_wanted(fit, size):
    found = fitted(Image.new("RGB", size, (7, 8, 9)), (16, 12), fit, "black")
    assert found.size == (12, 16)
    assert (7, 8, 9) in {colour for _, colour in found.getcolors()}
