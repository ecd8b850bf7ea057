"""The fee for keeping what nobody collects: so many days free, then so much a day, up to a cap; from the price list.

A price list says it in lines of the kind `storage`: `STO-DAY` is the fee of one day, `STO-CAP` the most that is charged
for one device, and `STO-FREE-n` (which costs nothing) that the first n days are free. A list without `STO-DAY` charges
nothing. Whatever a branch prints on its slips has to agree with its list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

PER_DAY: Final = "STO-DAY"
CAP: Final = "STO-CAP"
FREE: Final = "STO-FREE-"

USUAL_FREE_DAYS: Final = 30
"""Days free where a price list does not say it; the pickup slip names them."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a price list says about storage; amounts in fen, `cap_fen` 0 for none."""

    version: str
    free_days: int
    per_day_fen: int
    cap_fen: int = 0


@dataclass(frozen=True, slots=True)
class StorageFee:
    """A fee as it was reckoned for one device: days waited and charged, and by which terms; amounts in fen."""

    waited: int
    days: int
    fen: int
    terms: Terms

    @property
    def capped(self) -> bool:
        """Say whether the cap cut it."""
        return self.fen < self.days * self.terms.per_day_fen

    def to_record(self) -> dict[str, Any]:
        """Return the reckoning as the record of a decision keeps it; it is never reckoned again."""
        return {
            "waited": self.waited, "days": self.days, "fen": self.fen, "price_list": self.terms.version,
            "free_days": self.terms.free_days, "per_day_fen": self.terms.per_day_fen, "cap_fen": self.terms.cap_fen,
        }  # fmt: skip


def terms_of(version: str, prices: Mapping[str, int]) -> Terms:
    """Return the terms of a price list, given its lines by code (fen)."""
    free = [code.removeprefix(FREE) for code in prices if code.startswith(FREE)]
    days = [int(one) for one in free if one.isdigit()]
    return Terms(version, max(days, default=USUAL_FREE_DAYS), prices.get(PER_DAY, 0), prices.get(CAP, 0))


def reckon(terms: Terms, waited: int) -> StorageFee:
    """Return the fee after so many whole days on the shelf."""
    days = max(0, waited - terms.free_days)
    fen = days * terms.per_day_fen
    return StorageFee(waited, days, min(fen, terms.cap_fen) if terms.cap_fen else fen, terms)
