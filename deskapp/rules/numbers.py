"""The numbers this program gives out itself, and what a scanned text means.

A number is unique without a network because the station's five digits are in it. It is upper-case
ASCII, describes itself by its first letter and ends in a check character of ISO/IEC 7064: MOD 37,36
for papers, MOD 11,10 for labels. Printed numbers are labels for people; records have UUIDs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from deskapp.errors import N_
from deskapp.rules.identifier_cleaning import compact, has_serial_form, is_code, without_blanks


class ScanKind(StrEnum):
    """What a scanned text turned out to be."""

    ORDER = "order"
    TICKET = "ticket"
    MANIFEST = "manifest"
    SLIP = "slip"
    RECEIPT = "receipt"
    QUOTE = "quote"
    VISIT = "visit"
    LABEL = "label"
    ACCESSORY = "accessory"
    PART = "part"
    SHELF = "shelf"
    BADGE = "badge"
    COMMAND = "command"
    SERIAL = "serial"
    UNKNOWN = "unknown"


DOCUMENT_KINDS: Final = {
    "R": ScanKind.ORDER,
    "T": ScanKind.TICKET,
    "M": ScanKind.MANIFEST,
    "K": ScanKind.SLIP,
    "C": ScanKind.RECEIPT,
    "Q": ScanKind.QUOTE,
    "V": ScanKind.VISIT,
}
"""Letters of papers: letter, station (5), yymmdd, sequence of the day (3, from 1000 on 4), check."""

LABEL_KINDS: Final = {
    "D": ScanKind.LABEL,
    "A": ScanKind.ACCESSORY,
    "P": ScanKind.PART,
    "L": ScanKind.SHELF,
    "U": ScanKind.BADGE,
}
"""Letters of labels: letter, station (5), sequence (6), check."""

COMMANDS: Final = frozenset(
    {"OK", "NEXT", "UNDO", "PRINT", "TAMPEROK", "QUARANTINE", "RELEASE", "SCRAP", "VOID"}
)
"""The verbs on the laminated command sheet."""

DANGEROUS_COMMANDS: Final = frozenset({"TAMPEROK", "QUARANTINE", "RELEASE", "SCRAP", "VOID"})
"""Verbs that count only after the badge or the PIN of whoever acts (`ui.grave_verbs`)."""

MIN_SCAN_LENGTH: Final = 6
"""Characters from which on a fast burst of keys is a scan."""

MIN_COMMAND_LENGTH: Final = 4
"""The same for a text that begins with `X:`; the shortest command is X:OK."""

MAX_MEAN_GAP_MS: Final = 35
"""A burst is a scan while the mean time between two keys is below this (ms)."""

REPEAT_IGNORED_MS: Final = 1500
"""The same code again within this time (ms) is one scan."""

TOKEN_LENGTH: Final = 8
TOKEN_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Characters of new slip tokens: 32, without the pairs 0/O and 1/I."""

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PREFIX: Final = "PS1"
_DOCUMENT: Final = re.compile(r"([RTMKCQV])([0-9]{5})([0-9]{6})([0-9]{3,4})([0-9A-Z])")
_LABEL: Final = re.compile(r"([DAPLU])([0-9]{5})([0-9]{6})([0-9])")
_TOKEN: Final = re.compile(rf"[0-9A-Z]{{{TOKEN_LENGTH}}}")
_EXTRA: Final = re.compile(r"[0-9A-Z $%*+\-./:]+")
_SHORT: Final = re.compile(r"[0-9]{6}[0-9A-Z]")
_GS1_SIGNS: Final = ("]C1", "]D2", "]Q3", "]E0")
_GS1: Final = re.compile(r"01([0-9]{14})(?:1[1357][0-9]{6})?21([0-9A-Z\-/.]{1,20})")
_GS1_WRITTEN: Final = re.compile(r"\(01\)([0-9]{14})(?:\(1[1357]\)[0-9]{6})?\(21\)([0-9A-Z\-/.]{1,20})")

PROBLEMS: Final = {
    "check": N_("This number was misread or mistyped: its check character is wrong. Please scan it again."),
    "date": N_("This number has a date that does not exist. Please scan it again."),
    "token": N_("The code on this slip is incomplete. Please scan it again or use another way to identify."),
    "command": N_("This command is not known here."),
    "version": N_("This code was printed by a newer version of the program."),
    "ime": N_(
        "Chinese characters arrived. Perhaps the input method is on. Please switch it off and scan again."
    ),
    "form": N_("This code is not known here."),
    "empty": N_("Nothing was scanned."),
}
"""What to say for each `Scan.problem`."""


@dataclass(frozen=True, slots=True)
class Scan:
    """The meaning of one scanned or typed text.

    `number` is the normalised number: of a paper, a label, a serial number, the verb of a command, or
    the cleaned text when the kind is unknown (it may still be searched for). `token` is what a QR code
    carries beyond the number: the secret of a slip, the order of a label. `problem` is a key of
    `PROBLEMS` or None.
    """

    kind: ScanKind
    number: str
    token: str | None = field(default=None, repr=False)
    raw: str = field(default="", repr=False)
    problem: str | None = None

    @property
    def ime_suspected(self) -> bool:
        """Return whether full-width or Chinese characters came in: the input method was on."""
        return any("\u2e80" <= char <= "\uffef" or char >= "\U00020000" for char in self.raw)


def make(letter: str, station_no: int, day: date, sequence: int) -> str:
    """Return the number of a paper: order R, ticket T, manifest M, slip K, receipt C, quote Q, visit V.

    The sequence counts the papers of the day and widens from three to four digits at 1000. Raises
    ValueError for anything that does not fit the form.
    """
    if letter not in DOCUMENT_KINDS:
        raise ValueError(f"not the letter of a paper: {letter!r}")
    if not 2000 <= day.year <= 2099:
        raise ValueError(f"two digits of the year mean 2000 to 2099: {day.year}")
    body = f"{letter}{_whole(station_no, 99_999, 5)}{day:%y%m%d}{_whole(sequence, 9_999, 3)}"
    return body + _check_character(body, _ALPHABET)


def make_label(letter: str, station_no: int, sequence: int) -> str:
    """Return the number of a label: device D, accessory A, part P, shelf L, staff badge U.

    Raises ValueError for anything that does not fit the form.
    """
    if letter not in LABEL_KINDS:
        raise ValueError(f"not the letter of a label: {letter!r}")
    body = f"{_whole(station_no, 99_999, 5)}{_whole(sequence, 999_999, 6)}"
    return letter + body + _check_character(body, _ALPHABET[:10])


def is_own_number(text: str) -> bool:
    """Return whether a text is exactly a number of this program, with date and check in order."""
    return isinstance(_own_number(text), ScanKind)


def slip_payload(slip_no: str, token: str) -> str:
    """Return the text of the QR code on a slip: the slip's number and its random token.

    The pickup code is never part of it. Raises ValueError when one of the two is malformed.
    """
    if not is_own_number(slip_no) or not slip_no.startswith("K"):
        raise ValueError("not the number of a slip")
    if _TOKEN.fullmatch(token) is None:
        raise ValueError("not the token of a slip")
    return f"{_PREFIX}:{slip_no}:{token}"


def payload(number: str, *extras: str) -> str:
    """Return the text of a code: the bare number, or with extras the form PS1:number:extra:extra.

    Raises ValueError for a foreign number or for characters beyond the alphanumeric mode of QR.
    """
    if not is_own_number(number):
        raise ValueError("not a number of this program")
    if not extras:
        return number
    text = ":".join((_PREFIX, number, *extras))
    if not all(extras) or _EXTRA.fullmatch(text) is None:
        raise ValueError("a code holds upper-case ASCII only")
    return text


def parse_scan(text: str) -> Scan:
    """Return what a scanned or typed text means, judged by its form alone.

    Both forms of our codes are read: the bare number and PS1:number:extra. A text in the form of our
    own numbers with a wrong check character is `unknown` with the problem `check`, never a guess.
    """
    gs1 = _gs1(text)
    if gs1 is not None:
        return Scan(ScanKind.SERIAL, gs1[1], gs1[0], text)
    clean = without_blanks(text)
    if not clean:
        return Scan(ScanKind.UNKNOWN, "", None, text, "empty")
    if clean.startswith("X:"):
        return _command(clean, text)
    if re.match(r"PS[0-9]+:", clean):
        return _code_with_extras(clean, text)
    found = _own_number(clean.replace("-", ""))
    if isinstance(found, ScanKind):
        return Scan(found, clean.replace("-", ""), None, text)
    if found:
        return Scan(ScanKind.UNKNOWN, clean, None, text, found)
    # Makers print a caption into some of their codes; the number is what follows it.
    serial = re.sub(r"^S/?N:", "", clean)
    if has_serial_form(serial) or (is_code(serial) and 30 < len(serial) <= 50):
        return Scan(ScanKind.SERIAL, serial, None, text)
    return Scan(ScanKind.UNKNOWN, clean, None, text, "form" if clean.isascii() else "ime")


def short_fragment(text: str) -> str | None:
    """Return the end of a number typed from a damaged code, None when the text has another form.

    Typed are the last six digits and the check character; it is what such a number ends with.
    """
    short = compact(text)
    return short if _SHORT.fullmatch(short) else None


def matches_short(number: str, fragment: str) -> bool:
    """Return whether a number of this program is meant by a fragment of `short_fragment`."""
    return is_own_number(number) and number.endswith(fragment)


def is_scan_burst(text: str, mean_gap_ms: float) -> bool:
    """Return whether a burst of keys, its closing Enter or Tab left out, came from a scanner."""
    clean = without_blanks(text)
    enough = MIN_COMMAND_LENGTH if clean.startswith("X:") else MIN_SCAN_LENGTH
    return len(clean) >= enough and mean_gap_ms < MAX_MEAN_GAP_MS


def _command(clean: str, raw: str) -> Scan:
    verb = clean[2:]
    if verb in COMMANDS:
        return Scan(ScanKind.COMMAND, verb, None, raw)
    return Scan(ScanKind.UNKNOWN, clean, None, raw, "command")


def _code_with_extras(clean: str, raw: str) -> Scan:
    """Read PS1:number, PS1:slip:token, PS1:manifest:... and PS1:label:order."""
    prefix, _, rest = clean.partition(":")
    number, _, extra = rest.partition(":")
    if prefix != _PREFIX:
        return Scan(ScanKind.UNKNOWN, clean, None, raw, "version")
    kind = _own_number(number)
    if not isinstance(kind, ScanKind):
        return Scan(ScanKind.UNKNOWN, number, None, raw, kind or "form")
    if kind is ScanKind.SLIP and extra and _TOKEN.fullmatch(extra) is None:
        return Scan(kind, number, None, raw, "token")
    if any(_own_number(part) == "check" for part in extra.split(":")) and kind is not ScanKind.MANIFEST:
        return Scan(ScanKind.UNKNOWN, number, None, raw, "check")
    return Scan(kind, number, extra or None, raw)


def _own_number(text: str) -> ScanKind | str:
    """Return the kind of an own number, else the problem with it, else "" for another form."""
    label = _LABEL.fullmatch(text)
    if label:
        right = _check_character(text[1:-1], _ALPHABET[:10]) == text[-1]
        return LABEL_KINDS[label[1]] if right else "check"
    paper = _DOCUMENT.fullmatch(text)
    if paper is None:
        return ""
    if _check_character(text[:-1], _ALPHABET) != text[-1]:
        return "check"
    return DOCUMENT_KINDS[paper[1]] if _is_day(paper[3]) else "date"


def _is_day(yymmdd: str) -> bool:
    try:
        date(2000 + int(yymmdd[:2]), int(yymmdd[2:4]), int(yymmdd[4:]))
    except ValueError:
        return False
    return True


def _gs1(text: str) -> tuple[str, str] | None:
    """Return GTIN and serial number of a GS1 carton code with the parts 01 and 21, or None.

    Without a sign that it is GS1 (symbology identifier, group separator, brackets) a run of digits
    counts only when its GTIN has the right check digit.
    """
    stripped = "".join(text.split(" ")).strip("\r\n\t").upper()
    for sign in _GS1_SIGNS:
        stripped = stripped.removeprefix(sign)
    groups = stripped.strip("\x1d").split("\x1d")
    found = _GS1_WRITTEN.fullmatch(groups[0]) or _GS1.fullmatch(groups[0])
    if found is None:
        return None
    weighted = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(found[1]))
    return (found[1], found[2]) if weighted % 10 == 0 else None


def _check_character(body: str, alphabet: str) -> str:
    """Return the check character of a hybrid system of ISO/IEC 7064: MOD (n + 1), n."""
    size = len(alphabet)
    carry = size
    for char in body:
        carry = (carry + alphabet.index(char)) % size or size
        carry = carry * 2 % (size + 1)
    return alphabet[(size + 1 - carry) % size]


def _whole(value: int, largest: int, digits: int) -> str:
    """Return a whole number with leading zeros; ValueError outside 0..largest."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= largest:
        raise ValueError(f"not a whole number from 0 to {largest}: {value!r}")
    return f"{value:0{digits}d}"
