"""The last look at what travels: no words of any row may hold the number of a payment card.

Commands judge what was typed at its own field (`commands/entry.py`). This looks once more, at every value that is
about to enter the journal, so that a field somebody forgot keeps no card number either. It refuses and cuts
nothing: the person sees what is wrong and still has the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from deskapp.errors import Refused
from deskapp.rules.card_numbers import find_card_numbers

if TYPE_CHECKING:
    from deskapp.models.act_session import ActSession

NUMBERS: Final = frozenset((
    "number", "order_no", "slip_no", "slip_token", "label_no", "receipt_no", "merchant_no", "terminal_no", "uscc",
    "serial_no", "old_serial_no", "new_serial_no", "serials", "tusn", "imei", "iccid", "part_no", "code", "version",
    "staff_no", "badge_no", "prev_hash", "sha256", "waybill", "seal_no", "seal_in", "seal_out", "devices",
))  # fmt: skip
"""Columns and keys that hold numbers, not words; each has a rule of its own."""

_MANY_DIGITS: Final = re.compile(r"\d(?:\W{0,3}\d){12}")
_IDENTITY: Final = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
"""Ids of our own, as in a holder `shelf:…`; one in a few thousand would pass for a card."""
_SHORTEST: Final = 13
_DEVICE: Final = ("serial_no", "tusn", "imei", "iccid")


def refuse_card_numbers(
    values: Mapping[str, Any], known: Callable[[str], Iterable[str]], wordy: Collection[str] | None = None
) -> None:
    """Look at the values of one row; raises Refused at the column whose words hold a card number.

    `known` is asked, when there is something to doubt, for numbers in a text that are certainly none, such
    as the serial number of a device. `wordy` are the columns that can hold words at all (`may_hold_words`).
    """
    _look(values if wordy is None else wordy, values, values, known)


def may_hold_words(name: str, *, composed: bool) -> bool:
    """Say whether a column may hold words: a text that is no number or id, or a composed value with keys of its own."""
    return composed or not _is_number(name)


def _look(
    names: Iterable[str], some: Mapping[str, Any], values: Mapping[str, Any], known: Callable[[str], Iterable[str]]
) -> None:
    """Look at some of the values of a row: hardly ever is anything long enough for a second look."""
    for name in names:
        value: Any = some.get(name)
        kind = type(value)
        if kind is str:
            if len(value) >= _SHORTEST and _MANY_DIGITS.search(value) is not None:
                _look_closely(name, value, values, known)
        elif kind is int or not value:
            continue
        elif kind is dict:
            _look(value, value, values, known)
        elif kind is list or kind is tuple:
            for one in value:
                _look((name,), {name: one}, values, known)


def _look_closely(name: str, text: str, values: Mapping[str, Any], known: Callable[[str], Iterable[str]]) -> None:
    if _is_number(name):
        return
    words = _IDENTITY.sub("|", text)
    if find_card_numbers(words):
        own = [one for key, one in _texts(values) if key in NUMBERS]
        if find_card_numbers(words, [*own, *known(words)]):
            _refuse(name, words)


def _is_number(name: str) -> bool:
    return name in NUMBERS or name.endswith("_id")


def numbers_on_record(session: ActSession, text: str, at_hand: Iterable[object]) -> set[str]:
    """Return the numbers in a text that belong to a device or a merchant, in this act or on record."""
    found = {getattr(row, name, "") for row in at_hand for name in _DEVICE} - {""}
    driver = session.driver()
    for card in find_card_numbers(text):
        digits = "".join(char for char in text[card.start : card.end] if char.isdigit())
        wanted = " OR ".join(f"{name} = ?1" for name in _DEVICE)
        if driver.execute(f"SELECT 1 FROM device WHERE {wanted} LIMIT 1", (digits,)).fetchone():
            found.add(digits)
    return found


def _refuse(name: str, text: str) -> None:
    from deskapp.rules.identifiers import judge, sentence  # not needed before somebody types such a number

    words, more = sentence(judge("note", text))
    raise Refused(words, field=name, code="card_number_in_text", **more)


def _texts(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield every text of a row with its column, or with the key it has inside one."""
    for name, value in values.items():
        if type(value) is str:
            yield name, value
        elif value and type(value) in (dict, list, tuple):
            yield from _inside(name, value)


def _inside(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if type(value) is str:
        yield name, value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _inside(str(key), one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _inside(name, one)
