"""What a manifest's code carries, so that a desk without a line can begin to receive from the paper alone.

The text is `PS1:<manifest>:<part>-<parts>:<head>:<lines>:<check>`, upper-case letters, digits and `:-.` only
(docs/decisions/0009). `head` is kind, count, sender, addressee and seals, parted by dots; a line is the last six
characters of the serial number, the place of its bag's seal, the number of accessories, and how far its label's
number lies above that of the line before, in base 36. Up to `PER_CODE` lines stand in one code; a longer manifest
has several, to be scanned in any order.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from deskapp.errors import N_, Refused
from deskapp.rules.numbers import is_own_number, make_label
from deskapp.rules.papers_custody import ManifestType
from deskapp.rules.transfers import TAIL, tail_of

PER_CODE: Final = 40
"""Lines of one code: with six seals some 600 characters, a QR code of 81 modules at level M."""

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LETTERS: Final = {
    ManifestType.OUT: "O", ManifestType.RETURN: "R", ManifestType.VENDOR: "V", ManifestType.LOANER: "L",
}  # fmt: skip
_SITE: Final = re.compile(r"[0-9A-Z-]{1,16}")
_SEAL: Final = re.compile(r"[0-9A-Z-]{1,20}")
_LINE: Final = re.compile(r"([0-9A-Z-]{6})([0-9A-Z-])([0-9A-Z])([0-9A-Z]{1,8})")
_PART: Final = re.compile(r"([0-9]{1,2})-([0-9]{1,2})")
_LABEL: Final = re.compile(r"D([0-9]{11})[0-9]")
_CHECK: Final = 4


@dataclass(frozen=True, slots=True)
class CodeLine:
    """One device as the code says it: label, end of the serial number, place of its seal (-1: none), accessories."""

    label_no: str
    tail: str
    seal: int = -1
    accessories: int = 0


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a manifest: its number, which part of how many, what is in the whole van, and these lines."""

    number: str
    part: int
    parts: int
    type: ManifestType
    count: int
    from_code: str
    to_code: str
    seals: tuple[str, ...]
    lines: tuple[CodeLine, ...]


def codes(
    number: str, kind: ManifestType, from_code: str, to_code: str, seals: Sequence[str],
    lines: Sequence[tuple[str, str, str, int]],
) -> list[str]:  # fmt: skip
    """Return the texts of a manifest's codes.

    A line is label, serial number, bag seal and number of accessories. Lines without a label of this
    program are counted, not listed. Seals beyond the 36th are left to the paper.
    """
    sound = [seal for seal in seals if _SEAL.fullmatch(seal)][:36]
    listed = sorted((one for one in lines if _LABEL.fullmatch(one[0])), key=lambda one: one[0])
    parts = max(1, -(-len(listed) // PER_CODE))
    places = {seal: place for place, seal in enumerate(sound)}
    head = ".".join((
        _LETTERS[kind] + _whole(len(lines)), _site(from_code), _site(to_code), *sound,
    ))  # fmt: skip
    made = []
    for part in range(parts):
        before, body = 0, []
        for label, serial, seal, accessories in listed[part * PER_CODE : (part + 1) * PER_CODE]:
            value = int(label[1:12])
            place = _DIGITS[places[seal]] if seal in places else "-"
            tail = tail_of(serial).rjust(TAIL, "-")
            body.append(f"{tail}{place}{_DIGITS[min(accessories, 35)]}{_whole(value - before)}")
            before = value
        text = f"PS1:{number}:{part + 1}-{parts}:{head}:{'.'.join(body)}"
        made.append(f"{text}:{_check(text)}")
    return made


def read(text: str) -> Code:
    """Return what one code says; raises Refused with a sentence for one that was misread or is none."""
    clean = "".join(text.split()).upper()
    pieces = clean.split(":")
    if len(pieces) != 6 or pieces[0] != "PS1" or not pieces[1].startswith("M") or not is_own_number(pieces[1]):
        raise Refused(N_("This is not the large code of a manifest. Scan the code above the list."), field="code",
                      code="form")  # fmt: skip
    if _check(clean.rpartition(":")[0]) != pieces[5]:
        raise Refused(N_("The code was misread. Hold the scanner still and scan it again."), field="code", code="check")
    part = _PART.fullmatch(pieces[2])
    head = pieces[3].split(".")
    kinds = {letter: kind for kind, letter in _LETTERS.items()}
    if part is None or len(head) < 3 or head[0][:1] not in kinds or not 1 <= int(part[1]) <= int(part[2]):
        raise Refused(N_("This code was printed by a newer version of the program."), field="code", code="version")
    return Code(
        pieces[1], int(part[1]), int(part[2]), kinds[head[0][0]], _value(head[0][1:]), head[1].strip("-"),
        head[2].strip("-"), tuple(head[3:]), _lines(pieces[4]),
    )  # fmt: skip


def _lines(text: str) -> tuple[CodeLine, ...]:
    found, before = [], 0
    for piece in text.split(".") if text else []:
        one = _LINE.fullmatch(piece)
        if one is None:
            raise Refused(N_("This code was printed by a newer version of the program."), field="code", code="version")
        before += _value(one[4])
        seal = -1 if one[2] == "-" else _value(one[2])
        label = make_label("D", before // 1_000_000, before % 1_000_000)
        found.append(CodeLine(label, one[1].lstrip("-"), seal, _value(one[3])))
    return tuple(found)


def _site(code: str) -> str:
    upper = code.upper()
    return upper if _SITE.fullmatch(upper) else "-"


def _whole(value: int) -> str:
    digits = ""
    while value or not digits:
        value, rest = divmod(value, 36)
        digits = _DIGITS[rest] + digits
    return digits


def _value(text: str) -> int:
    return int(text or "0", 36)


def _check(text: str) -> str:
    """Four characters from a digest of everything before: one misread text in 1.6 million passes."""
    number = int(hashlib.sha256(text.encode()).hexdigest(), 16)
    return _whole(number % 36**_CHECK).rjust(_CHECK, "0")
