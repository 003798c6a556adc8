"""Pictures that people hand in: decoded by a short list of formats, drawn anew, and nothing else kept.

What is stored is always a WebP of our own making, so neither metadata (where a photo was taken) nor
whatever hides behind the last byte of a file goes any further.
"""

import math
import uuid
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import IO

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 25_000_000
# The WebP decoder keeps four copies of what it decodes; a picture may cost us 256 MB, no more.
MOST_PIXELS_OF = {"WEBP": 15_000_000}
AVATAR = (192, 192)
COVER = (480, 640)
ENOUGH = (2 * COVER[0], 2 * COVER[1])
QUALITY = 82

# Pillow only warns between one and two times its own limit. Ours is lower, but a warning that
# reaches us means a header that lied, and then nothing more is done with the file.
warnings.simplefilter("error", Image.DecompressionBombWarning)


@dataclass(frozen=True)
class Picture:
    """A decoded picture: upright, RGB or RGBA, without metadata."""

    image: Image.Image

    @property
    def hue(self) -> int:
        """What `Character.hue` wants: 0 to 23, or -1 for grey."""
        return hue_of(self.image)

    def avatar(self) -> "ContentFile[bytes]":
        """A square of the upper middle, where faces are, as a WebP under a random name."""
        return _file(ImageOps.fit(self.image, AVATAR, Image.Resampling.LANCZOS, 0, (0.5, 0.25)))

    def cover(self) -> "ContentFile[bytes]":
        """A 3:4 cut as a WebP under a random name."""
        return _file(ImageOps.fit(self.image, COVER, Image.Resampling.LANCZOS, 0, (0.5, 0.3)))


def read_picture(file: IO[bytes]) -> Picture:
    """The picture in this file. Raises a ValidationError that says what to do instead.

    Of an animation the first frame is taken. Size and number of pixels are checked before anything
    is decoded.
    """
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValidationError(
            _("This picture is larger than 10 MB. Choose a smaller one."), code="too_big"
        )
    return Picture(_decode(data))


def hue_of(image: Image.Image) -> int:
    """The picture's hue in steps of fifteen degrees, 0 to 23; -1 where it is grey.

    The average OKLCH hue of the pixels with a chroma above 0.04, weighted by chroma; a mean chroma
    below 0.03 counts as grey. Transparent pixels do not count. About 15 ms: it looks at a thumbnail.
    """
    true = image if image.mode in ("RGB", "RGBA") else image.convert("RGBA")
    small = true.resize((64, 64), Image.Resampling.BOX).convert("RGBA").tobytes()
    points = [
        _oklab(small[i], small[i + 1], small[i + 2])
        for i in range(0, len(small), 4)
        if small[i + 3] >= 128
    ]
    chromas = [math.hypot(a, b) for a, b in points]
    if not points or sum(chromas) / len(points) < 0.03:
        return -1
    # A pixel's (a, b) is its hue as a unit vector times its chroma: the sum is the weighted average.
    vivid = [point for point, chroma in zip(points, chromas, strict=True) if chroma > 0.04]
    angle = math.degrees(math.atan2(sum(b for _a, b in vivid), sum(a for a, _b in vivid)))
    return round(angle / 15) % 24


def _decode(data: bytes) -> Image.Image:
    try:
        image: Image.Image = Image.open(BytesIO(data), formats=FORMATS)
        most = MOST_PIXELS_OF.get(image.format or "", MOST_PIXELS)
        if image.width * image.height <= most:
            return _plain(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        most = MOST_PIXELS
    except Exception as error:
        # Decoders stumble over broken files in a dozen ways; for the person they are all one.
        raise ValidationError(
            _("This cannot be read as a picture. Choose a PNG, JPEG, WebP or GIF file."),
            code="unreadable",
        ) from error
    raise ValidationError(
        _(
            "This picture has more than %(most)d million pixels."
            " Make it smaller and choose it again."
        ),
        code="too_many_pixels",
        params={"most": most // 1_000_000},
    )


def _plain(image: Image.Image) -> Image.Image:
    """Decoded, turned upright, in RGB or RGBA, and with nothing attached."""
    image.draft("RGB", ENOUGH)  # lets a large JPEG be decoded at a fraction
    if image.mode.startswith("I"):  # sixteen bits of grey
        image = image.convert("I")
    elif image.mode == "P" or "transparency" in image.info:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    # Nothing below needs more than twice the cover: what stays in memory is small from here on.
    times = min(image.width // ENOUGH[0], image.height // ENOUGH[1])
    image = image.reduce(times) if times > 1 else image
    ImageOps.exif_transpose(image, in_place=True)
    if image.mode == "I":
        image = image.point(lambda value: value / 256).convert("L")
    mode = "RGBA" if image.has_transparency_data else "RGB"
    plain = image if image.mode == mode else image.convert(mode)
    plain.info = {}
    return plain


def _file(image: Image.Image) -> "ContentFile[bytes]":
    out = BytesIO()
    image.save(out, "WEBP", quality=QUALITY, method=6)
    return ContentFile(out.getvalue(), name=f"{uuid.uuid4().hex}.webp")


def _oklab(red: int, green: int, blue: int) -> tuple[float, float]:
    """The a and b of a colour in OKLab (sRGB, 0 to 255 each)."""
    r, g, b = LINEAR[red], LINEAR[green], LINEAR[blue]
    long = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    middle = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return (
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else math.pow((value + 0.055) / 1.055, 2.4)


LINEAR = [_linear(value / 255) for value in range(256)]
