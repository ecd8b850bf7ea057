"""How a text is found in the compiled catalogue, against the standard library's own reader."""

from __future__ import annotations

import gettext
from pathlib import Path

import pytest

from deskapp import i18n
from deskapp.paths import resource


@pytest.fixture(scope="module")
def theirs() -> dict[str, str]:
    """Every text of the shipped catalogue without forms for numbers, as the standard library reads it."""
    with Path(resource("locale", "zh_CN", "LC_MESSAGES", "deskapp.mo")).open("rb") as file:
        read = vars(gettext.GNUTranslations(file))["_catalog"]
    return {text: said for text, said in read.items() if isinstance(text, str) and text}


def test_every_text_of_the_shipped_catalogue_is_found(theirs: dict[str, str]) -> None:
    assert len(theirs) > 1000
    assert {text: i18n.translate(text, "zh_CN") for text in theirs} == theirs


@pytest.mark.parametrize("text", ["\x01", "Nobody wrote this sentence.", "~~~", "\U0010ffff", "工单"])
def test_a_text_that_is_not_in_the_catalogue_stays_as_it_is(text: str) -> None:
    assert i18n.translate(text, "zh_CN") == text


def test_the_start_of_a_text_is_not_the_text(theirs: dict[str, str]) -> None:
    longest = max(theirs, key=len)
    assert i18n.translate(longest[:-1], "zh_CN") == longest[:-1]
