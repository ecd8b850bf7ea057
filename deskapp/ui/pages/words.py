"""How pages name what the records hold: lists of codes as choices, instants as text, merchants as suggestions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from deskapp import catalogue
from deskapp.clock import shop_time
from deskapp.errors import N_
from deskapp.models.store import ReadSession
from deskapp.queries import registry
from deskapp.queries.checkin import merchants_like
from deskapp.rules import lifecycle
from deskapp.rules.depot import BATCH_SETTLED, TAMPERED, codes_of_reason
from deskapp.ui.kit import Choice, Suggestion, listed, spoken

MOVE_TITLES: Final[Mapping[str, str]] = {move.name: move.title for move in lifecycle.moves()}
"""What a move is called in a history."""


def choices(name: str) -> list[Choice]:
    """Return a list of codes as choices; they show their own words in both languages."""
    return [
        Choice(word.code, word.title(), word.short, raw=True, words=word.title)
        for word in catalogue.words(name).values()
    ]


def reason_words(reason: str) -> str:
    """Return the reason of a move in the window's language: codes by their titles, words as somebody typed them."""
    codes = codes_of_reason(reason)
    if codes:
        return listed(
            spoken(N_("tamper protection triggered")) if code == TAMPERED else catalogue.title("actions", code)
            for code in codes
        )
    return catalogue.title("decline_reasons", reason)


def settled_choices() -> list[Choice]:
    """Return how it can be known that nothing on a device is unsettled any more."""
    return [Choice(code, title) for code, title in BATCH_SETTLED.items()]


def suggestions(name: str, text: str) -> list[Suggestion]:
    """Return the codes of a list that fit what was typed: by short form first, then by words."""
    typed = text.strip().lower()
    found: list[tuple[int, Suggestion]] = []
    for word in catalogue.words(name).values():
        places = [word.short.lower() == typed, word.short.lower().startswith(typed), typed in word.zh.lower(),
                  typed in word.en.lower(), typed in word.code]  # fmt: skip
        if any(places):
            found.append((places.index(True), Suggestion(word.title(), data=word.code, key=word.short)))
    return [one for _rank, one in sorted(found, key=lambda pair: pair[0])]


def merchant_suggestions(session: ReadSession, text: str) -> Sequence[Suggestion]:
    """Return merchants found by any part of number, name, pinyin initials or phone."""
    return [
        Suggestion(
            row.short_name or row.name,
            f"{row.merchant_no}  {row.contacts[0].name} {row.contacts[0].masked}" if row.contacts else row.merchant_no,
            "building-store",
            data=row,
        )
        for row in merchants_like(session, text)
    ]


def device_suggestions(session: ReadSession, text: str) -> Sequence[Suggestion]:
    """Return units found by any part of their serial or terminal number."""
    return [
        Suggestion(row.serial_no, f"{row.model}  {row.merchant}".strip(), "device-mobile", data=row)
        for row in registry.devices(session, text=text, limit=8)
    ]


def moment(instant_ms: int) -> str:
    """Return an instant as shop time, such as 03-12 10:05; with the year when it is not this one's."""
    return f"{shop_time(instant_ms):%m-%d %H:%M}" if instant_ms else ""


def full_moment(instant_ms: int) -> str:
    """Return an instant as shop time with the year."""
    return f"{shop_time(instant_ms):%Y-%m-%d %H:%M}" if instant_ms else ""
