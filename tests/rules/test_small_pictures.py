"""A small picture is a plain JPEG and nothing else, and its text is never taken for a card number or a key."""

from __future__ import annotations

import base64
import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from deskapp.rules import small_pictures
from deskapp.rules.small_pictures import LARGEST, LONGEST_TEXT, is_small_picture, read, spelled
from deskapp.server import screening
from tests.small_photos import jpeg_of


def saved(picture: Image.Image, **how: object) -> bytes:
    content = io.BytesIO()
    picture.save(content, "JPEG", **how)  # type: ignore[arg-type]
    return content.getvalue()


def plain(width: int = 40, height: int = 30, mode: str = "RGB") -> Image.Image:
    return Image.new(mode, (width, height))


def with_exif() -> bytes:
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (26.0, 5.0, 0.0)}
    return saved(plain(), exif=exif)


@pytest.mark.parametrize("number", range(5))
def test_a_picture_comes_back_from_its_text_as_it_was(number: int) -> None:
    jpeg = jpeg_of(number)
    text = spelled(jpeg)
    assert read(text) == jpeg and len(text) <= LONGEST_TEXT
    assert read(spelled(saved(plain(mode="L")))) == saved(plain(mode="L")), "grey too"


@pytest.mark.parametrize(
    ("jpeg", "what"),
    [
        (b"", "nothing"), (b"\xff\xd8\xff\xd9", "no picture in it"), (b"GIF89a" + bytes(40), "another kind"),
        (with_exif(), "where it was taken"), (saved(plain(), comment=b"Zhao"), "words of the camera"),
        (saved(plain(), icc_profile=b"p" * 60), "a profile"), (saved(plain(), progressive=True), "in several scans"),
        (saved(plain(mode="CMYK")), "four colours"), (saved(plain(300, 20)), "too wide"),
        (saved(plain(20, 300)), "too high"), (jpeg_of(1) + b"6222021234567890128", "something behind its end"),
        (jpeg_of(1) + jpeg_of(2), "another picture behind its end"), (jpeg_of(1)[:-2], "cut"),
        (jpeg_of(1)[: len(jpeg_of(1)) // 2], "half"), (b"\xff\xd8\xff\xfe\x00\x04ab" + jpeg_of(1)[2:], "a note before it"),
        (jpeg_of(1).replace(b"JFIF\x00", b"JFXX\x00"), "a picture within it"),
        (jpeg_of(1, width=256, height=256, quality=100) + bytes(LARGEST), "too much"),
    ],
)  # fmt: skip
def test_what_is_anything_else_than_a_small_picture_is_none(jpeg: bytes, what: str) -> None:
    assert not is_small_picture(jpeg), what
    with pytest.raises(ValueError, match="no small picture"):
        spelled(jpeg)
    text = base64.b64encode(jpeg).decode().rstrip("=").translate(
        str.maketrans("0123456789+/", "!#$%()*,.;=@")
    )  # fmt: skip
    assert read(text) is None


@pytest.mark.parametrize(
    "text",
    ["", "A", "不是照片", "6222021234567890128", "=" * (LONGEST_TEXT + 1), "A" * 400, "\n" + spelled(jpeg_of(1)),
     spelled(jpeg_of(1)) + "A", spelled(jpeg_of(1))[:-1], spelled(jpeg_of(1)) + "===="],
)  # fmt: skip
def test_what_does_not_say_a_picture_says_none(text: str) -> None:
    assert read(text) is None


def test_a_picture_has_one_text_only() -> None:
    jpeg = next(one for one in map(jpeg_of, range(20)) if len(one) % 3)
    text = spelled(jpeg)
    letters = small_pictures._OURS
    other = text[:-1] + letters[letters.index(text[-1]) + 1]  # the bits that say nothing are others
    assert read(text) == jpeg and read(other) is None


@given(st.binary(max_size=400))
def test_whatever_comes_is_told_from_a_picture_without_a_fault(content: bytes) -> None:
    assert is_small_picture(content) in (True, False)
    assert is_small_picture(b"\xff\xd8" + content) in (True, False)


@given(st.data())
def test_a_picture_with_a_byte_changed_is_a_picture_or_none(data: st.DataObject) -> None:
    jpeg = bytearray(jpeg_of(3))
    jpeg[data.draw(st.integers(0, len(jpeg) - 1))] = data.draw(st.integers(0, 255))
    if is_small_picture(bytes(jpeg)):
        assert read(spelled(bytes(jpeg))) == bytes(jpeg)


def test_no_text_of_a_picture_looks_like_a_card_or_a_key() -> None:
    chance = random.Random(7)
    for _try in range(200):
        text = small_pictures._text(chance.randbytes(LARGEST))
        assert not any(char.isdigit() for char in text) and '"' not in text and "\\" not in text
        assert screening.look(text) == (False, False) and screening.screen_text(text) == (text, 0)
    digits = small_pictures._text(bytes.fromhex("d35db7e39ebbf3d35db7e39ebbf3") * 40)  # what base64 writes as digits
    assert screening.screen_text(digits) == (digits, 0)
