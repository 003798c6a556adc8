"""What comes in as a picture, and what is left of it."""

import struct
import zlib
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from PIL import Image, ImageDraw, PngImagePlugin

from roleplay.pictures import AVATAR, COVER, MOST_BYTES, hue_of, read_picture

RED, GREEN, BLUE = (200, 40, 40), (40, 160, 60), (50, 80, 200)


def saved(image, kind, **options):
    file = BytesIO()
    image.save(file, kind, **options)
    file.seek(0)
    return file


def plain(colour=RED, size=(300, 400)):
    return Image.new("RGB", size, colour)


def opened(content):
    return Image.open(BytesIO(content.read()))


def png_that_claims(width, height):
    """A PNG of a few bytes whose header promises this many pixels."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    start = b"\x89PNG\r\n\x1a\n"
    return BytesIO(start + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b""))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_becomes_a_square_portrait_and_an_upright_cover_in_webp(kind):
    picture = read_picture(saved(plain(), kind))

    avatar, cover = opened(picture.avatar()), opened(picture.cover())

    assert (avatar.format, avatar.size) == ("WEBP", AVATAR)
    assert (cover.format, cover.size) == ("WEBP", COVER)


def test_every_file_gets_a_name_of_its_own_that_says_nothing_of_the_upload():
    upload = saved(plain(), "PNG")
    upload.name = "../../holiday with mum.svg"
    picture = read_picture(upload)

    names = {picture.avatar().name, picture.avatar().name, picture.cover().name}

    assert len(names) == 3
    assert all(len(name) == 37 and name.endswith(".webp") for name in names)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_photo_taken_sideways_stands_upright_and_forgets_where_it_was_taken(kind):
    photo = plain(BLUE, (400, 300))
    photo.paste(RED, (0, 0, 200, 300))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera lay on its side: turn it clockwise
    exif[0x010E] = "at home"
    exif.get_ifd(0x8825)[2] = (30.0, 15.0, 0.0)

    picture = read_picture(saved(photo, kind, exif=exif, quality=95))
    cover = opened(picture.cover())

    assert picture.image.size == (300, 400)
    top, bottom = cover.getpixel((240, 60)), cover.getpixel((240, 600))
    assert top[0] > top[2] and bottom[2] > bottom[0]
    assert dict(cover.getexif()) == {}
    assert not {"exif", "xmp", "icc_profile"} & set(cover.info)


def test_comments_profiles_and_whatever_hides_behind_the_end_are_gone():
    notes = PngImagePlugin.PngInfo()
    notes.add_text("chara", "a whole card")
    file = saved(plain(), "PNG", pnginfo=notes, icc_profile=b"profile of a screen" * 20)
    file = BytesIO(file.getvalue() + b"<script>alert(1)</script>")

    content = read_picture(file).cover().read()

    for trace in (b"a whole card", b"profile of a screen", b"<script>"):
        assert trace not in content


def test_only_the_first_frame_of_an_animation_is_taken():
    file = saved(plain(RED), "GIF", save_all=True, append_images=[plain(BLUE)], duration=50)

    cover = opened(read_picture(file).cover())

    red, _green, blue = cover.convert("RGB").getpixel((100, 100))
    assert red > 150 > blue
    assert getattr(cover, "n_frames", 1) == 1


def test_what_was_transparent_stays_transparent():
    image = Image.new("RGBA", (300, 400), (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((50, 50, 250, 250), fill=(*GREEN, 255))

    avatar = opened(read_picture(saved(image, "PNG")).avatar())

    assert avatar.mode == "RGBA"
    assert avatar.getpixel((2, 2))[3] == 0


@pytest.mark.parametrize(
    ("mode", "colour"),
    [("L", 90), ("1", 1), ("P", 3), ("LA", (90, 200)), ("I;16", 30000), ("CMYK", (10, 200, 90, 0))],
)
def test_every_way_of_storing_colours_is_understood(mode, colour):
    kind = "JPEG" if mode == "CMYK" else "PNG"

    picture = read_picture(saved(Image.new(mode, (60, 80), colour), kind))

    assert picture.image.mode in {"RGB", "RGBA"}
    assert opened(picture.avatar()).size == AVATAR


def test_sixteen_bits_of_grey_keep_their_brightness():
    picture = read_picture(saved(Image.new("I;16", (60, 80), 128 * 256), "PNG"))

    assert picture.image.getpixel((5, 5)) == (128, 128, 128)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture at all",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"<!doctype html><script>alert(1)</script>",
        saved(plain(), "PNG").getvalue()[:200],
        saved(plain(), "BMP").getvalue(),
        saved(plain(), "TIFF").getvalue(),
        saved(plain(), "ICO", sizes=[(32, 32)]).getvalue(),
        b"GIF89a" + b"\xff" * 200,
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
    ],
    ids=["empty", "words", "svg", "html", "cut", "bmp", "tiff", "ico", "gif-noise", "postscript"],
)
def test_what_is_no_picture_of_ours_is_refused_with_what_to_do(data):
    with pytest.raises(ValidationError) as refusal:
        read_picture(BytesIO(data))

    assert refusal.value.code == "unreadable"
    assert refusal.value.messages[0].strip()


def test_a_file_above_ten_megabytes_is_refused_however_sound_the_picture_in_it():
    sound = saved(plain(), "PNG").getvalue()

    with pytest.raises(ValidationError) as refusal:
        read_picture(BytesIO(sound + bytes(MOST_BYTES)))

    assert refusal.value.code == "too_big"


@pytest.mark.parametrize("side", [5_001, 12_000, 60_000])
def test_too_many_pixels_are_refused_by_the_header_alone(side):
    with pytest.raises(ValidationError) as refusal:
        read_picture(png_that_claims(side, side))

    assert refusal.value.code == "too_many_pixels"


def test_a_webp_may_have_fewer_pixels_since_its_decoder_is_hungry():
    with pytest.raises(ValidationError) as refusal:
        read_picture(saved(plain(size=(4000, 4000)), "WEBP", lossless=True, method=0))

    with translation.override("en"):
        assert "15 million" in refusal.value.messages[0]


def test_a_large_photo_is_read_at_a_size_that_is_enough():
    picture = read_picture(saved(plain(size=(2000, 3000)), "PNG"))

    assert picture.image.size == (1000, 1500)
    assert opened(picture.cover()).size == COVER


@pytest.mark.parametrize(
    ("colour", "hue"),
    [((255, 0, 0), 2), ((0, 160, 0), 9), ((0, 0, 255), 18), ((128, 128, 128), -1)],
)
def test_a_hue_is_the_nearest_of_twenty_four(colour, hue):
    # sRGB red, green and blue lie at 29, 142 and 264 degrees of OKLCH.
    assert hue_of(plain(colour)) == hue


def test_vivid_pixels_decide_the_hue_and_pale_ones_do_not():
    image = plain((236, 232, 224), (100, 100))
    image.paste(BLUE, (0, 0, 40, 100))

    assert hue_of(image) == hue_of(plain(BLUE))


def test_a_grey_picture_with_a_speck_of_colour_is_grey():
    image = plain((120, 120, 120), (100, 100))
    image.paste(RED, (0, 0, 10, 10))

    assert hue_of(image) == -1


def test_transparent_pixels_have_no_say_in_the_hue():
    image = Image.new("RGBA", (100, 100), (255, 0, 0, 0))
    image.paste((*GREEN, 255), (0, 0, 50, 100))

    assert hue_of(image) == hue_of(plain(GREEN))
    assert hue_of(Image.new("RGBA", (10, 10), (255, 0, 0, 0))) == -1


def test_reds_on_both_sides_of_zero_degrees_average_to_red():
    image = plain((222, 60, 130), (100, 100))  # 358 degrees or so
    image.paste((222, 70, 60), (0, 0, 50, 100))  # 28 degrees or so

    assert hue_of(image) in {0, 1}
