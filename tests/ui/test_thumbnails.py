"""A photo's small picture is small whatever the photo is, and has nothing of what a camera writes beside the dots."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from deskapp.rules import small_pictures
from deskapp.ui.widgets.thumbnails import EDGE, shown, thumbnail_in, thumbnail_of
from tests.small_photos import jpeg_of, thumbnail


def size_of(text: str) -> tuple[int, int]:
    jpeg = small_pictures.read(text)
    assert jpeg is not None
    with Image.open(io.BytesIO(jpeg)) as opened:
        return opened.size


def test_a_stored_photo_with_words_places_and_profiles_has_a_plain_small_picture() -> None:
    exif, content = Image.Exif(), io.BytesIO()
    exif[0x8825] = {1: "N", 2: (26.0, 5.0, 0.0)}
    Image.new("RGB", (800, 600), "navy").save(
        content, "JPEG", exif=exif, comment=b"Zhao's camera", icc_profile=b"p" * 90, dpi=(300, 300)
    )
    text = thumbnail_in(content.getvalue())
    assert size_of(text) == (EDGE, EDGE * 3 // 4)
    assert b"Zhao" not in (small_pictures.read(text) or b"")


@pytest.mark.parametrize(
    ("size", "mode"),
    [((1600, 1200), "RGB"), ((30, 4_000), "RGB"), ((9, 7), "L"), ((500, 500), "P"), ((640, 480), "CMYK")],
)
def test_every_shape_and_colour_fits(size: tuple[int, int], mode: str) -> None:
    text = thumbnail_of(Image.new(mode, size))
    assert max(size_of(text)) <= EDGE and len(text) <= small_pictures.LONGEST_TEXT


def test_what_is_too_full_of_detail_becomes_smaller_instead_of_longer() -> None:
    noise = Image.merge("RGB", [Image.effect_noise((EDGE, EDGE), 220) for _colour in range(3)])
    text = thumbnail_of(noise)
    assert max(size_of(text)) < EDGE and len(text) <= small_pictures.LONGEST_TEXT


@pytest.mark.parametrize("content", [b"", b"no photo", jpeg_of(1)[:60]])
def test_what_cannot_be_read_has_none(content: bytes) -> None:
    assert thumbnail_in(content) == ""


def test_it_is_shown_as_it_was_made(qapp: object) -> None:
    picture = shown(thumbnail(2))
    assert picture is not None and (picture.width(), picture.height()) == (40, 30)
    assert shown("") is None and shown("nothing of the kind") is None
