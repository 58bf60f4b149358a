"""Pictures made fit to keep."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from jobs.pictures import LONGEST_SIDE, THUMBNAIL_SIDE, NotAPicture, clean


def made(kind: str = "JPEG", size: tuple[int, int] = (40, 20), **more: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "red").save(file, kind, **more)
    return file.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def sideways_with_place() -> bytes:
    """A phone's photo: turned by a tag, with the place where it was taken."""
    image = Image.new("RGB", (40, 20), "red")
    image.paste("blue", (0, 0, 20, 20))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Make] = "SecretPhone"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (36.0, 40.0, 1.0)
    file = io.BytesIO()
    image.save(file, "JPEG", exif=exif, comment=b"kept nowhere")
    return file.getvalue()


def test_a_sideways_photo_stands_upright_and_tells_nothing_of_phone_and_place() -> None:
    picture = clean(sideways_with_place())
    image = opened(picture.jpeg)
    assert (picture.width, picture.height) == image.size == (20, 40)
    red, _, blue = image.getpixel((10, 5))
    assert blue > 200 > red  # the left half has become the upper one
    assert not image.getexif()
    for part in (picture.jpeg, picture.thumbnail):
        assert b"SecretPhone" not in part
        assert b"kept nowhere" not in part
        assert b"Exif" not in part


def test_a_large_photo_is_made_smaller_and_keeps_its_shape() -> None:
    picture = clean(made(size=(5200, 2600)))
    assert (picture.width, picture.height) == (LONGEST_SIDE, LONGEST_SIDE // 2)
    assert max(opened(picture.thumbnail).size) == THUMBNAIL_SIDE


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP", "BMP"])
def test_other_kinds_become_jpeg(kind: str) -> None:
    assert opened(clean(made(kind)).jpeg).format == "JPEG"


def test_what_is_transparent_becomes_white() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(file, "PNG")
    assert min(opened(clean(file.getvalue()).jpeg).getpixel((4, 4))) > 250


def test_the_same_picture_has_the_same_hash() -> None:
    assert clean(made()).sha256 == clean(made()).sha256
    assert clean(made()).sha256 != clean(made(size=(20, 40))).sha256


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"%PDF-1.7",
        b"#!AMR\n",
        made()[:200],
        made("PNG", size=(9000, 9000)),
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    ],
    ids=["empty", "page", "pdf", "voice", "cut off", "bomb", "svg"],
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(NotAPicture):
        clean(content)


@pytest.mark.parametrize("kind", ["GIF", "JPEG", "PNG"])
def test_of_a_file_that_is_two_things_the_picture_alone_is_kept(kind: str) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("a.html", "<script>alert(1)</script>")
    script = b"*/=1;alert(document.cookie)//<script>"
    picture = clean(made(kind) + script + archive.getvalue())
    for kept in (picture.jpeg, picture.thumbnail):
        assert opened(kept).format == "JPEG"
        assert not zipfile.is_zipfile(io.BytesIO(kept))
        assert b"script" not in kept


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 600), st.binary(min_size=1, max_size=8))
def test_a_damaged_file_is_cleaned_or_refused_and_nothing_else(at: int, junk: bytes) -> None:
    whole = sideways_with_place()
    damaged = whole[:at] + junk + whole[at + len(junk) :]
    try:
        picture = clean(damaged)
    except NotAPicture:
        return
    assert opened(picture.jpeg).format == "JPEG"
    assert b"SecretPhone" not in picture.jpeg
