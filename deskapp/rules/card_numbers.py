"""Finding payment card numbers in free text, so that none is ever stored.

A card number is 13 to 19 digits with blanks or hyphens between them, in an issuer's range and length,
with a Luhn check digit. Luhn alone would refuse every IMEI and every SIM number; ranges with their
lengths refuse none of them. Resident identity numbers (some begin with 62 as UnionPay cards do), own
numbers and numbers the caller knows are no cards.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final, NamedTuple

from deskapp.rules.identifier_cleaning import clean_serial, compact
from deskapp.rules.identifier_people import has_resident_id_form
from deskapp.rules.numbers import is_own_number

SHORTEST: Final = 13
LONGEST: Final = 19
_SHORTEST_EXEMPT: Final = 8

_ISSUERS: Final = re.compile(
    r"(?:62|60|81)[0-9]{14,17}"  # UnionPay and its partners
    r"|955[0-9]{16}"  # Chinese debit cards from before the 62 range, the postal bank's among them
    r"|4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})"  # Visa
    r"|(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}"  # Mastercard
    r"|3[47][0-9]{13}"  # American Express
    r"|35[0-9]{14}"  # JCB
    r"|3[068][0-9]{12}"  # Diners Club
)
_WORD: Final = re.compile(r"[0-9A-Z]+(?:[\-/.][0-9A-Z]+)*")
_HYPHENS: Final = frozenset("-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u00ad\ufe63\uff0d")
_LINE_ENDS: Final = frozenset("\n\r\x0b\x0c\x85\u2028\u2029")


class Found(NamedTuple):
    """A card number at `text[start:end]`; of its digits only the last four are told."""

    start: int
    end: int
    last4: str


class _Group(NamedTuple):
    start: int
    end: int
    digits: str


def find_card_numbers(text: str, known: Iterable[str] = ()) -> list[Found]:
    """Return the card numbers in a text from left to right, with positions in the text as given.

    `known` are serial numbers, IMEI, merchant numbers and the like that are certainly none.
    """
    # Position by position, because compatibility forms of other characters change the length.
    if len(text) < SHORTEST:
        return []
    chars = "".join(_plain_char(char) for char in text)
    if sum(char.isdigit() for char in chars) < SHORTEST:
        return []
    exempt = _exempt_forms(known)
    chars = _without_own_words(chars, exempt)
    found: list[Found] = []
    for run in _runs(chars):
        found += _cards_in(run, chars, exempt)
    return found


def strip_card_numbers(text: str, known: Iterable[str] = ()) -> tuple[str, int]:
    """Return the text with every card number cut to `****` and its last four, and how many there were."""
    numbers = tuple(known)
    count = 0
    # Once more after a cut: the four digits left may stand beside further ones.
    while found := find_card_numbers(text, numbers):
        for card in reversed(found):
            text = f"{text[: card.start]}****{card.last4}{text[card.end :]}"
        count += len(found)
    return text, count


def _exempt_forms(known: Iterable[str]) -> set[str]:
    """Return the forms of the known numbers; one of a few digits must not shield part of a card."""
    forms = {form for number in known for form in (clean_serial(number), compact(number))}
    return {form for form in forms if len(form) >= _SHORTEST_EXEMPT}


def _plain_char(char: str) -> str:
    """Return one character for one: a digit as ASCII, a separator as blank or hyphen, a line end as |."""
    if char.isascii():
        return "|" if char in _LINE_ENDS else " " if char.isspace() or char < " " else char.upper()
    digit = unicodedata.digit(char, -1)
    if digit >= 0:
        return str(digit)
    if char in _HYPHENS:
        return "-"
    if char in _LINE_ENDS:
        return "|"
    # Invisible characters between digits hide a number from the eye of the filter only.
    if char.isspace() or unicodedata.category(char) in ("Cf", "Mn", "Me"):
        return " "
    plain = unicodedata.normalize("NFKC", char).upper()
    return plain if len(plain) == 1 and plain.isascii() else "|"


def _without_own_words(chars: str, exempt: set[str]) -> str:
    """Return the text with known words, own numbers and identity numbers ending in X blotted out."""

    def is_exempt(word: str) -> bool:
        return word in exempt or is_own_number(word) or has_resident_id_form(word)

    def blot(match: re.Match[str]) -> str:
        word = match[0]
        if is_exempt(word):
            return "|" * len(word)
        parts = re.split(r"([\-/.])", word)
        return "".join("|" * len(part) if is_exempt(part) else part for part in parts)

    return _WORD.sub(blot, chars)


def _runs(chars: str) -> list[list[_Group]]:
    """Return the runs of digit groups that only blanks and hyphens (at most three) keep apart."""
    runs: list[list[_Group]] = []
    last_end = -1
    for match in re.finditer(r"[0-9]+", chars):
        group = _Group(match.start(), match.end(), match[0])
        between = chars[last_end : group.start] if runs else "|"
        if re.fullmatch(r"[ \-]{1,3}", between):
            runs[-1].append(group)
        else:
            runs.append([group])
        last_end = group.end
    return runs


def _cards_in(run: list[_Group], chars: str, exempt: set[str]) -> list[Found]:
    found = []
    first = 0
    while first < len(run):
        last, is_card = _longest(run, first, chars, exempt)
        if is_card:
            digits = "".join(group.digits for group in run[first : last + 1])
            found.append(Found(run[first].start, run[last].end, digits[-4:]))
        first = last + 1
    return found


def _longest(run: list[_Group], first: int, chars: str, exempt: set[str]) -> tuple[int, bool]:
    """Return the last group to leave behind, and whether the groups up to it are a card number.

    The longest reading from the first group on decides. Groups that together are an identity number or
    a known one are left behind as a whole.
    """
    digits = ""
    card = -1
    for last in range(first, len(run)):
        digits += run[last].digits
        if len(digits) > LONGEST:
            break
        ends_in_x = len(digits) == 17 and chars[run[last].end : run[last].end + 1] == "X"
        if digits in exempt or has_resident_id_form(digits + "X" if ends_in_x else digits):
            return last, False
        if len(digits) >= SHORTEST and _ISSUERS.fullmatch(digits) and _has_luhn(digits):
            card = last
    return (card, True) if card >= 0 else (first, False)


def _has_luhn(digits: str) -> bool:
    from stdnum import luhn  # see identifier_device._luhn

    return bool(luhn.is_valid(digits))
