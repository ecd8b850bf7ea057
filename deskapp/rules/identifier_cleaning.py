"""One way to clean what was typed, pasted or scanned, before any rule looks at it.

Compatibility forms become plain ones (NFKC: full-width digits and letters of a Chinese input
method), every kind of hyphen becomes "-", and invisible characters go. Only ASCII letters are
upper-cased, so that no foreign letter turns into two.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_HYPHENS: Final = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u00ad", "-"))
_UPPER: Final = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_INVISIBLE: Final = frozenset({"Cc", "Cf"})

BIDI_MARKS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the reading direction; on a paper they can disguise what is written."""

_SERIAL: Final = re.compile(r"[0-9A-Z][0-9A-Z\-/.]{4,29}")


def plain(text: str) -> str:
    """Return the text in compatibility form, ASCII letters in upper case, hyphens made one kind."""
    return unicodedata.normalize("NFKC", text).translate(_HYPHENS).translate(_UPPER)


def without_blanks(text: str) -> str:
    """Return the plain text without blanks, control and other invisible characters; hyphens stay."""
    cleaned = plain(text)
    if cleaned.isascii() and cleaned.isprintable() and " " not in cleaned:
        return cleaned  # what a scanner gives: nothing to take out
    return "".join([char for char in cleaned if not char.isspace() and unicodedata.category(char) not in _INVISIBLE])


def compact(text: str) -> str:
    """Return the plain text without blanks, invisible characters and hyphens."""
    return without_blanks(text).replace("-", "")


def clean_serial(text: str) -> str:
    """Return a serial number as it is kept: upper case, `- / .` kept, blanks and controls dropped."""
    return without_blanks(text)


def has_serial_form(serial: str) -> bool:
    """Return whether a cleaned text has the general form of a maker's serial number."""
    return _SERIAL.fullmatch(serial) is not None


def is_digits(text: str) -> bool:
    """Return whether a text consists of ASCII digits only, and of at least one."""
    return text.isascii() and text.isdigit()


def is_code(text: str) -> bool:
    """Return whether a cleaned text consists of ASCII digits and capital letters only."""
    return text.isascii() and text.isalnum() and text == text.translate(_UPPER)
