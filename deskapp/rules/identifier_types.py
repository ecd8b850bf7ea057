"""What a judgement about a typed or scanned identifier consists of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

OK: Final = "ok"
"""The code of a judgement that found nothing to say."""

OWN_ACQUIRER_PREFIXES: Final = frozenset({"100", "403"})
"""First three digits of the merchant numbers of the postal bank; the site may set others."""


class Severity(StrEnum):
    """How much a finding weighs: `ok < info < warning < error`. Only `error` blocks saving."""

    OK = "ok"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """Return the place in the order, 0 for `ok` to 3 for `error`."""
        return _RANKS[self.value]

    # A string enumeration would compare by the alphabet, in which an error is less than "ok".
    def __lt__(self, other: str) -> bool:
        return self.rank < Severity(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank <= Severity(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank > Severity(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank >= Severity(other).rank


_RANKS: Final = {"ok": 0, "info": 1, "warning": 2, "error": 3}


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one text.

    `value` is the normalised text and None only together with `Severity.ERROR`; it stays out of the
    representation, because phone and identity numbers must not reach a log that way. `code` names the
    most severe finding (the first of equals) and is stable; `detail` is a language-free particle for
    its sentence, never a card or identity number.
    """

    value: str | None = field(repr=False)
    severity: Severity
    code: str = OK
    detail: str = ""

    @property
    def blocks(self) -> bool:
        """Return whether saving is refused."""
        return self.severity is Severity.ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the caller knows about the surroundings; a check without its part of it is left out.

    All collections hold normalised values. `serial` is the serial number of the device whose TUSN is
    judged, `serial_pattern` the regular expression of its model, `open_terminal_nos` the terminal
    numbers bound elsewhere under the same acquirer and merchant, `known_numbers` further numbers that
    are certainly no payment cards (merchant numbers, IMEI, ICCID, terminal numbers).
    """

    own_acquirer_prefixes: frozenset[str] = OWN_ACQUIRER_PREFIXES
    merchant_categories: frozenset[str] = frozenset()
    merchant_regions: frozenset[str] = frozenset()
    known_serials: frozenset[str] = frozenset()
    known_numbers: frozenset[str] = frozenset()
    used_seals: frozenset[str] = frozenset()
    open_terminal_nos: frozenset[str] = frozenset()
    serial_pattern: str = ""
    serial: str = ""
    from_case_barcode: bool = False
    key_load_field: bool = False
    today: date | None = None


NO_CONTEXT: Final = Context()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing noticed about a text, before the most severe is chosen."""

    severity: Severity
    code: str
    detail: str = ""


_FINE: Final = Finding(Severity.OK, OK)


def refuse(code: str, detail: str = "") -> Judgement:
    """Return a judgement that blocks saving."""
    return Judgement(None, Severity.ERROR, code, detail)


def verdict(value: str, findings: Iterable[Finding] = ()) -> Judgement:
    """Return the judgement of the most severe finding, the first of equals; `ok` without any."""
    worst = _FINE
    for finding in findings:
        if finding.severity > worst.severity:
            worst = finding
    kept = None if worst.severity is Severity.ERROR else value
    return Judgement(kept, worst.severity, worst.code, worst.detail)


def warn(code: str, detail: str = "") -> Finding:
    """Return a finding that is saved and marked for review."""
    return Finding(Severity.WARNING, code, detail)


def inform(code: str, detail: str = "") -> Finding:
    """Return a finding that is only worth a word."""
    return Finding(Severity.INFO, code, detail)
