"""Judging free text: names, notes, and what must never stand in them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from deskapp.rules.card_numbers import find_card_numbers
from deskapp.rules.identifier_cleaning import BIDI_MARKS, plain
from deskapp.rules.identifier_types import Context, Finding, Judgement, Severity, verdict, warn
from deskapp.rules.key_material import KeyLike, find_key_like

NAME_LENGTH: Final = 60
SYMPTOM_LENGTH: Final = 200
NOTE_LENGTH: Final = 2000
"""Longest texts, in characters."""

_IGNORED: Final = str.maketrans(dict.fromkeys("\u200b\u2060\ufeff\u00ad"))
# A word for a secret, a few signs or one short word, and a code of 3 to 6 digits. The PIN pad
# (密码键盘) is a part of the terminal and no secret.
_SECRET_WORD: Final = re.compile(
    r"(?:(?<![0-9A-Z])(?:CVV2?|CVC2?|CVN2?|PIN(?!\s*-?PAD)|PASSWORD)(?![0-9A-Z])"
    r"|密码(?!键盘)|口令|安全码|校验码|验证码)"
    r"[^0-9A-Z\n]{0,8}(?:[A-Z]{2,4}[^0-9A-Z\n]{1,4})?[0-9]{3,6}(?![0-9])"
)


def judge_card_number_in_text(text: str, context: Context) -> Judgement:
    """Judge whether a text holds a payment card number or a code that belongs to one."""
    return verdict(text, (*_cards(text, context), *_secrets(text)))


def judge_key_material(text: str, context: Context) -> Judgement:
    """Judge whether a text may hold a key; what looks like digits only is refused in key-load fields."""
    return verdict(text, _keys(text, context))


def judge_name(text: str, context: Context) -> Judgement:
    """Judge the name of a person or a firm: one line, at most 60 characters."""
    name = " ".join(_composed(text).split())
    findings = [*_characters(name, allowed=""), *_cards(name, context)]
    if not name:
        findings.append(_error("name_empty"))
    if len(name) > NAME_LENGTH:
        findings.append(_error("name_too_long", str(len(name))))
    return verdict(name, findings)


def judge_symptom_words(text: str, context: Context) -> Judgement:
    """Judge the words for a fault: as a note, at most 200 characters."""
    return _judge_text(text, context, SYMPTOM_LENGTH)


def judge_note(text: str, context: Context) -> Judgement:
    """Judge a note: at most 2,000 characters, no card number, no key, no secret code."""
    return _judge_text(text, context, NOTE_LENGTH)


def _judge_text(text: str, context: Context, longest: int) -> Judgement:
    note = _composed(text).replace("\r\n", "\n").replace("\r", "\n").strip()
    findings = [
        *_cards(note, context),
        *_keys(note, context),
        *_characters(note, allowed="\n\t"),
        *_secrets(note),
    ]
    if len(note) > longest:
        findings.append(_error("text_too_long", f"{len(note)}/{longest}"))
    return verdict(note, findings)


def _composed(text: str) -> str:
    """Return the text in composed form (NFC) without invisible fillers; names keep their brackets."""
    return unicodedata.normalize("NFC", text).translate(_IGNORED)


def _characters(text: str, allowed: str) -> Iterator[Finding]:
    """Yield what cannot be printed or exported. GB 18030 holds all of Unicode but lone surrogates."""
    for char in text:
        category = unicodedata.category(char)
        if char in BIDI_MARKS:
            yield _error("text_direction_mark")
        elif category == "Cc" and char not in allowed:
            yield _error("text_control_character")
        elif category == "Cs":
            yield _error("text_broken_character")
        elif category in ("Cn", "Co"):
            # Some machines write rare surnames in the private area; other machines cannot show them.
            yield warn("text_unprintable", f"U+{ord(char):04X}")


def _cards(text: str, context: Context) -> Iterator[Finding]:
    cards = find_card_numbers(text, known=context.known_serials | context.known_numbers)
    if cards:
        yield _error("card_number_found", ", ".join(f"****{card.last4}" for card in cards))


def _keys(text: str, context: Context) -> Iterator[Finding]:
    likeness = find_key_like(text, known=context.known_serials | context.known_numbers)
    if likeness is KeyLike.MIXED or (context.key_load_field and likeness is not KeyLike.NONE):
        yield _error("key_material_found")
    elif likeness is not KeyLike.NONE:
        yield warn("key_material_possible")


def _secrets(text: str) -> Iterator[Finding]:
    if _SECRET_WORD.search(plain(text)):
        yield warn("secret_code_possible")


def _error(code: str, detail: str = "") -> Finding:
    return Finding(Severity.ERROR, code, detail)
