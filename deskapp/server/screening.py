"""What must never be stored: digits of payment cards and key material. Cut out before anything is written.

The desk refuses both at the keyboard; what arrives in spite of that is taken all the same, because what happened
has happened, but without those digits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from deskapp.rules.card_numbers import strip_card_numbers
from deskapp.rules.key_material import KeyLike, find_key_like

NUMBERS: Final = frozenset((
    "number", "slip_no", "label_no", "receipt_no", "serial_no", "tusn", "imei", "iccid", "terminal_no", "merchant_no",
    "uscc", "staff_no", "badge_no", "part_no", "sha256", "slip_token", "prev_hash", "version", "code",
    "new_serial_no", "old_serial_no",
))  # fmt: skip
"""Columns that hold numbers and names of our own making or of devices; there is a rule for each at the desk."""

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

_DIGITS: Final = re.compile(r"(?<!\d)\d(?:(?:[^\w\n]|_){0,6}\d){12,}")
"""What might be a card number at all: 13 digits with little between them."""

_MAY_BEGIN: Final = re.compile(
    r"(?<![0-9])(?:6[^0-9]{0,6}[02]|8[^0-9]{0,6}1|9[^0-9]{0,6}5|4|5[^0-9]{0,6}[1-5]|2[^0-9]{0,6}[2-7]|3[^0-9]{0,6}[04-8])"
    r"(?:[^0-9]{0,6}[0-9]){11}"
)
"""A group of digits that begins as an issuer's numbers do, with enough behind it."""

_HIGH: Final = bytes(range(0x80, 0x100))
_AS_DIGITS: Final = bytes(0x30 if chr(byte) in "0123456789" else 0x78 for byte in range(256))
_AS_HEX: Final = bytes(0x30 if chr(byte) in "0123456789abcdefABCDEF" else 0x78 for byte in range(256))
_BETWEEN_DIGITS: Final = bytes(set(range(0x20)) - set(b"\n\r\x0b\x0c")) + b" -./\\_+=~&" + _HIGH
_BETWEEN_HEX: Final = bytes(range(0x20)) + b" -:" + _HIGH
_THIRTEEN, _SIXTEEN = b"0" * 13, b"0" * 16
_OTHER_DIGITS: Final = re.compile(
    rb"[\xd0-\xe1\xf0-\xf4]|\xea[\x98-\xaf]|\xef\xbc[\x90-\x99\xa1-\xa6]|\xef\xbd[\x81-\x86]"
)
"""Bytes with which digits of other scripts begin, and digits in full width."""

_KEYS: Final = re.compile(r"(?<![0-9A-Za-z])(?:[0-9A-Fa-f]{48}|[0-9A-Fa-f]{32}|[0-9A-Fa-f]{16})(?![0-9A-Za-z])")
_GROUPS: Final = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{2,16}(?:[ :\-]{1,3}[0-9A-Fa-f]{2,16}){1,23}(?![0-9A-Za-z])")
CUT: Final = "****"
LARGEST: Final = 4 * 10**12
"""No number of a card is smaller."""


def screen(values: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """Return values without card digits and keys, and how many pieces were cut."""
    clean = dict(values)
    wordy, deep, bare = _worth_alook(tuple(clean), tuple(map(type, clean.values())))
    texts = [name for name in wordy if len(clean[name]) > 12 and not is_number(name, clean[name])]
    bare = tuple(name for name in bare if not -LARGEST < clean[name] < LARGEST)
    within = [name for name in deep if clean[name]]
    together = [clean[name] for name in texts]
    plain = all(gather(values[name], together, 0) for name in within)
    # One look at all of them together: hardly ever is there anything to be found.
    if plain and not bare and not (together and any(look("|".join(together)))):
        return clean, 0
    cuts = 0
    for name in bare:
        clean[name], found = _screen_number(values[name])
        cuts += found
    for name in texts:
        clean[name], found = screen_text(clean[name])
        cuts += found
    for name in within:
        clean[name], found = _screen_deep(values[name], 0)
        cuts += found
    return clean, cuts


@lru_cache(maxsize=4_096)
def _worth_alook(
    names: tuple[str, ...], kinds: tuple[type, ...]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return which of these columns may hold words, as texts and inside, and which hold bare numbers.

    It is the same for all rows of a kind.
    """
    told = list(zip(names, kinds, strict=True))
    wordy = (name for name, kind in told if kind is str and name not in NUMBERS)
    deep = (name for name, kind in told if kind in (dict, list))
    return tuple(wordy), tuple(deep), tuple(name for name, kind in told if kind in (int, float))


def is_number(name: str, text: str) -> bool:
    """Say whether a column, or what stands under a name in a form, holds a number or an id and no words."""
    return name in NUMBERS or (name.endswith("_id") and _UUID.fullmatch(text) is not None)


def gather(value: Any, found: list[str], depth: int) -> bool:
    """Collect the texts that `_screen_deep` would look at; False where there is more to be looked at than texts."""
    if depth > 20:
        return False
    for name, one in value.items() if type(value) is dict else enumerate(value):
        if type(name) is str and len(name) > 12:
            found.append(name)
        kind = type(one)
        if kind is str:
            if len(one) > 12 and not (type(name) is str and is_number(name, one)):
                found.append(one)
        elif kind is dict or kind is list:
            if not gather(one, found, depth + 1):
                return False
        elif kind is float or (kind is int and not -LARGEST < one < LARGEST):
            return False
    return True


def screen_text(text: str) -> tuple[str, int]:
    """Return a text with card numbers cut to their last four digits and keys cut out, and how many there were."""
    digits, hexes = look(text)
    cuts = 0
    if digits and _may_hold_card(text):
        text, cuts = strip_card_numbers(text)
    if hexes and find_key_like(text) is KeyLike.MIXED:
        text, keys = _without_keys(text)
        cuts += keys
    return text, cuts


def look(text: str) -> tuple[bool, bool]:
    """Say whether enough digits, and hexadecimal ones, might stand close together: a look, not yet the rule."""
    raw = text.encode("utf-8", "surrogatepass")
    if not text.isascii() and _OTHER_DIGITS.search(raw) is not None:
        return True, True
    digits = _THIRTEEN in raw.translate(_AS_DIGITS, _BETWEEN_DIGITS)
    return digits, _SIXTEEN in raw.translate(_AS_HEX, _BETWEEN_HEX)


def _may_hold_card(text: str) -> bool:
    """Say whether it is worth looking closely; in doubt (digits and signs of other scripts) it is."""
    return any(not run[0].isascii() or _MAY_BEGIN.search(run[0]) for run in _DIGITS.finditer(text))


def _without_keys(text: str) -> tuple[str, int]:
    count = 0

    def cut(match: re.Match[str]) -> str:
        nonlocal count
        if find_key_like(match[0]) is not KeyLike.MIXED:
            return match[0]
        count += 1
        return CUT

    for pattern in (_KEYS, _GROUPS):
        text = pattern.sub(cut, text)
    if find_key_like(text) is KeyLike.MIXED:
        return CUT, count + 1  # written so that it cannot be found alone: nothing of it stays
    return text, count


def _screen_deep(value: Any, depth: int) -> tuple[Any, int]:
    if type(value) is str:
        return screen_text(value) if len(value) > 12 else (value, 0)
    if depth > 20:
        return None, 1
    if type(value) is list:
        pairs = [_screen_deep(one, depth + 1) for one in value]
        return [pair[0] for pair in pairs], sum(pair[1] for pair in pairs)
    if type(value) is dict:
        kept: dict[str, Any] = {}
        cuts = 0
        for name, one in value.items():
            if type(one) is str and is_number(name, one):
                kept[name] = one
                continue
            name, dug = screen_text(name) if len(name) > 12 else (name, 0)
            kept[name], found = _screen_deep(one, depth + 1)
            cuts += found + dug
        return kept, cuts
    return _screen_number(value) if type(value) in (int, float) else (value, 0)


def _screen_number(value: float) -> tuple[Any, int]:
    """Return a bare number, or the last four digits of the card whose number it is, with a point in it or without."""
    written = str(value) if type(value) is int else f"{value:.0f}"
    for text in (written, repr(value).replace(".", "")):
        clean, cuts = strip_card_numbers(text)
        if cuts:
            return clean, cuts
    return value, 0
