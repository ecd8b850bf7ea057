"""Captions and words of papers in two languages, and how values are written.

Captions stand in the catalogue under `paper|English words`: on paper "Order" has to be
short where the window may say it at length, so papers have texts of their own. Where
one English word needs two Chinese ones, a second mark tells them apart (`paper|part|Bin`).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from functools import cache

from deskapp.i18n import counted

CHINA = timezone(timedelta(hours=8))
DASH = "—"
_CHINESE = "zh_CN"

# By the kind's name first: members of two kinds with the same value (out of warranty, out to the depot) are equal.
# Names, because a label must not wait for the classes of every other paper.
_WORDS: dict[str, dict[str, str]] = {
    "WarrantyMark": {
        "IN": "paper|In warranty",
        "OUT": "paper|Out of warranty",
        "PENDING": "paper|To be decided",
    },
    "PartCondition": {
        "NEW": "paper|New",
        "USED": "paper|Used",
        "HOLD": "paper|Hold",
    },
    "ShelfUse": {
        "REPAIR": "paper|For repair",
        "PICKUP": "paper|For pickup",
        "QUARANTINE": "paper|Quarantine",
        "LOANER": "paper|Loaners",
    },
    "LineKind": {
        "PART": "paper|Part",
        "LABOUR": "paper|Labour",
        "VISIT": "paper|Visit",
        "INSPECTION": "paper|Inspection",
        "STORAGE": "paper|Storage",
    },
    "ChargeBasis": {
        "IN_WARRANTY": "paper|Free, in warranty",
        "OUT_OF_WARRANTY": "paper|Charged, out of warranty",
        "MISUSE": "paper|Charged, damage by handling",
        "MIXED": "paper|Partly charged, see lines",
        "GOODWILL": "paper|Free, goodwill",
    },
    "OldParts": {
        "NONE": "paper|No old parts",
        "RETURNED": "paper|Old parts returned",
        "KEPT": "paper|Old parts left for recycling",
    },
    "KeyStatus": {
        "NOT_INVOLVED": "paper|Not involved",
        "RELOADED": "paper|Keys loaded again",
    },
    "TamperResult": {
        "OK": "paper|Intact",
        "SUSPECT": "paper|Suspicious",
        "NOT_DUE": DASH,
    },
    "ManifestType": {
        "OUT": "paper|To repair",
        "RETURN": "paper|Going back",
        "VENDOR": "paper|To the maker",
        "LOANER": "paper|Loaners moved",
    },
    "VisitType": {
        "INSPECTION": "paper|visit|Inspection",
        "VISIT": "paper|visit|On site",
        "INSTALLATION": "paper|visit|Installation",
        "TRAINING": "paper|visit|Training",
    },
}


def say(msgid: str, language: str, **values: object) -> str:
    """Return one text of a paper in one language."""
    text = counted(msgid, values, language)
    if "|" in text and (language != _CHINESE or text == msgid):
        text = text.rpartition("|")[2]
    return text.format(**values) if values else text


def has_word(value: StrEnum) -> bool:
    """Say whether a fixed value has a word for paper."""
    return value.name in _WORDS.get(type(value).__name__, {})


def word(value: StrEnum, language: str) -> str:
    """Return a fixed word of a card in one language."""
    return say(_WORDS[type(value).__name__][value.name], language)


@cache
def caption(msgid: str, language: str) -> tuple[str, str]:
    """Return a caption twice: first as the reader's language has it, then small in the other."""
    chinese, other = say(msgid, _CHINESE), say(msgid, "en" if language == _CHINESE else language)
    return (chinese, other) if language == _CHINESE else (other, chinese)


def moment(instant_ms: int | None) -> str:
    """Write an instant (ms UTC) as China's clocks show it, to the minute."""
    return _local(instant_ms).strftime("%Y-%m-%d %H:%M") if instant_ms is not None else DASH


def day(instant_ms: int | None) -> str:
    """Write the day of an instant (ms UTC) in China."""
    return _local(instant_ms).strftime("%Y-%m-%d") if instant_ms is not None else DASH


def short_moment(instant_ms: int | None) -> str:
    """Write an instant without its year, for labels."""
    return _local(instant_ms).strftime("%m-%d %H:%M") if instant_ms is not None else DASH


def _local(instant_ms: int) -> datetime:
    return datetime.fromtimestamp(instant_ms // 1000, UTC).astimezone(CHINA)


def yuan(fen: int | None) -> str:
    """Write an amount with two decimals and thousands commas; a refund line may be negative."""
    if fen is None:
        return DASH
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // 100:,}.{fen % 100:02d}"


def copy_mark(copy_no: int, language: str) -> str:
    """Return the mark every paper carries: original, or the how-manieth reprint."""
    msgid = "paper|ORIGINAL" if copy_no == 0 else "paper|REPRINT {count}"
    first, second = caption(msgid, language)
    return f"{first} / {second}".replace("{count}", str(copy_no))
