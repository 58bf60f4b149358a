"""Pictures made fit to keep: checked by content, upright, without EXIF, of a sensible size."""

import hashlib
import io
from dataclasses import dataclass

from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
MOST_PIXELS = 60_000_000
LONGEST_SIDE = 2560
THUMBNAIL_SIDE = 320
QUALITY = 85


class NotAPicture(Exception):
    """The bytes are no picture that we can or want to open."""


@dataclass(frozen=True, slots=True)
class Picture:
    """图片 — a cleaned JPEG with its thumbnail."""

    jpeg: bytes
    thumbnail: bytes
    width: int
    height: int

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.jpeg).hexdigest()


def clean(content: bytes) -> Picture:
    """The picture anew, pixel by pixel: nothing of the file's other parts is carried over."""
    try:
        image = _upright(content)
    except NotAPicture:
        raise
    except Exception as failure:
        # Decoders meet damaged files with exceptions of every kind.
        raise NotAPicture(type(failure).__name__) from failure
    small = image.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return Picture(_jpeg(image), _jpeg(small), image.width, image.height)


def _upright(content: bytes) -> Image.Image:
    with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise NotAPicture("too many pixels")
        # A camera's JPEG is decoded at the size we keep, in a fraction of the memory.
        opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        # Before anything is done to it: what follows makes copies of all pixels.
        opened.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        image = ImageOps.exif_transpose(opened)
        if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
            layered = image.convert("RGBA")
            white = Image.new("RGBA", layered.size, "white")
            image = Image.alpha_composite(white, layered)
        bare = Image.new("RGB", image.size)
        bare.paste(image.convert("RGB"))
        return bare


def _jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=QUALITY, optimize=True)
    return file.getvalue()
