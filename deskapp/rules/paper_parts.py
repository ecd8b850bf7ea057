"""The pieces of cards that labels have too: words with a fixed meaning, and the head of a branch.

`deskapp.rules.papers` hands all of them on; import from there. Money is integer
fen, an instant integer milliseconds UTC, `None` means "not known".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# ---------------------------------------------------------------- words on papers


class WarrantyMark(StrEnum):
    """First view of the warranty, as marked on label and slip."""

    IN = "in"
    OUT = "out"
    PENDING = "pending"


class PartCondition(StrEnum):
    """What a stock keeper may do with a part."""

    NEW = "new"
    USED = "used"
    HOLD = "hold"


class ShelfUse(StrEnum):
    """What a shelf is for."""

    REPAIR = "repair"
    PICKUP = "pickup"
    QUARANTINE = "quarantine"
    LOANER = "loaner"


# ---------------------------------------------------------------- pieces


@dataclass(frozen=True, slots=True)
class Site:
    """The head of a paper: who stands behind it and how to reach them."""

    name: str = ""
    code: str = ""
    address: str = ""
    phone: str = ""
    hours: str = ""
    station: str = ""
