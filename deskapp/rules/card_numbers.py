"""Finding payment card numbers in free text, so that none is ever stored.

A card number is 13 to 19 digits with blanks or hyphens between them, in an issuer's range and length,
with a Luhn check digit. Dots, strokes and the like count as well where the digits stand in groups as on a card:
never in groups of three or of different sizes, as amounts, dates, versions and addresses of computers do. Commas and
colons part other things. Luhn alone would refuse every IMEI and every SIM number; ranges with their
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
_UUID: Final = re.compile(
    r"(?<![0-9A-Z])(?=[0-9-]*[A-F])[0-9A-F]{8}-[0-9A-F]{4}-[1-8][0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}(?![0-9A-Z])"
)
"""Ids: two in a million end in sixteen digits that might be a card's."""

_USUAL: Final = re.compile(r"[ \-]{1,3}")
_UNUSUAL: Final = re.compile(r"[ \-./\\_+=~&]{1,3}")
_DOTS: Final = frozenset("\u00b7\u2022\u2024\u2219\u22c5\u30fb\uff65\u3002\uff61")
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
    usual: bool = True
    """Whether only blanks and hyphens part it from the group before."""


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
    # Once more after a cut, to be sure: what is left stands beside other words.
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
    if char in _DOTS:
        return "."
    if char in _LINE_ENDS:
        return "|"
    # Invisible characters between digits hide a number from the eye of the filter only.
    if char.isspace() or unicodedata.category(char) in ("Cf", "Mn", "Me"):
        return " "
    plain = unicodedata.normalize("NFKC", char).upper()
    return plain if len(plain) == 1 and plain.isascii() else "|"


def _without_own_words(chars: str, exempt: set[str]) -> str:
    """Return the text with ids, known words, own numbers and identity numbers ending in X blotted out."""

    def is_exempt(word: str) -> bool:
        return word in exempt or is_own_number(word) or has_resident_id_form(word)

    def blot(match: re.Match[str]) -> str:
        word = match[0]
        if is_exempt(word):
            return "|" * len(word)
        parts = re.split(r"([\-/.])", word)
        return "".join("|" * len(part) if is_exempt(part) else part for part in parts)

    return _WORD.sub(blot, _UUID.sub(lambda match: "|" * len(match[0]), chars))


def _runs(chars: str) -> list[list[_Group]]:
    """Return the runs of digit groups that at most three separators keep apart."""
    runs: list[list[_Group]] = []
    last_end = -1
    for match in re.finditer(r"[0-9]+", chars):
        between = chars[last_end : match.start()] if runs else "|"
        group = _Group(match.start(), match.end(), match[0], _USUAL.fullmatch(between) is not None)
        if group.usual or _UNUSUAL.fullmatch(between):
            runs[-1].append(group)
        else:
            runs.append([group])
        last_end = group.end
    return runs


def _cards_in(run: list[_Group], chars: str, exempt: set[str]) -> list[Found]:
    found: list[Found] = []
    first, left_over = 0, False
    while first < len(run):
        last, is_card = _longest(run, first, chars, exempt)
        if not is_card:
            first, left_over = last + 1, False
            continue
        last4 = "".join(group.digits for group in run[first : last + 1])[-4:]
        # The four digits that stay may begin another number together with those behind them.
        start = found.pop().start if left_over else run[first].start
        found.append(Found(start, run[last].end, last4))
        run[last] = run[last]._replace(digits=last4)
        first, left_over = last, True
    return found


def _longest(run: list[_Group], first: int, chars: str, exempt: set[str]) -> tuple[int, bool]:
    """Return the last group to leave behind, and whether the groups up to it are a card number.

    The longest reading from the first group on decides. Groups that together are an identity number or
    a known one are left behind as a whole.
    """
    digits = ""
    card = -1
    usual = True
    for last in range(first, len(run)):
        digits += run[last].digits
        usual = usual and (last == first or run[last].usual)
        if len(digits) > LONGEST:
            break
        ends_in_x = len(digits) == 17 and chars[run[last].end : run[last].end + 1] == "X"
        if digits in exempt or has_resident_id_form(digits + "X" if ends_in_x else digits):
            return last, False
        if (
            len(digits) >= SHORTEST
            and (usual or _as_on_a_card([len(group.digits) for group in run[first : last + 1]]))
            and _ISSUERS.fullmatch(digits)
            and _has_luhn(digits)
        ):
            card = last
    return (card, True) if card >= 0 else (first, False)


def _as_on_a_card(sizes: list[int]) -> bool:
    """Say whether digits stand in groups as a card's do, or one by one, or two by two."""
    *ahead, last = sizes
    if ahead[0] <= 2:
        return len(set(ahead)) == 1 and last <= ahead[0]
    return min(ahead) >= 4 and (last >= 4 or len(ahead) >= 3)


def _has_luhn(digits: str) -> bool:
    from stdnum import luhn  # see identifier_device._luhn

    return bool(luhn.is_valid(digits))
