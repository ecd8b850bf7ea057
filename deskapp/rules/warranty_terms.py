"""Which terms a warranty is reckoned with: months of grace, and how long a repair is covered; and who says so.

A contract of the merchant goes before what the model says, and that before the usual term. Which one counted is copied
into the decision and never worked out again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from deskapp.rules.warranty import Reason

CONTRACT, MODEL, USUAL = "contract", "model", "usual"


@dataclass(frozen=True, slots=True)
class Term:
    """A term in months, who set it, and the name of that: the contract's number or the model."""

    months: int
    source: str
    name: str = ""

    def reason(self, code: str) -> Reason:
        """Return it as a reason of a decision."""
        return Reason(code, {"months": self.months, "source": self.source, "name": self.name})

    def to_record(self) -> dict[str, Any]:
        """Return it as the warranty of a repair keeps it."""
        return {"months": self.months, "source": self.source, "name": self.name}


@dataclass(frozen=True, slots=True)
class Said:
    """What one source says: terms in months by their key; what it leaves out is for the next source to say."""

    source: str
    name: str
    months: Mapping[str, int]


GRACE: Final = "grace_months"
"""Months between making and selling a terminal of which only the date of manufacture is known."""

REPAIR: Final = "repair_months"
"""Months for which a finished repair is covered; a fitted part carries its own term."""

LONGEST: Final = {GRACE: 24, REPAIR: 60}
"""No term is longer than so many months; anything else is a slip of the pen."""


def term(key: str, said: Iterable[Said], usual: int) -> Term:
    """Return the term that counts: of the first source that says one, the longest where several contracts do."""
    found: Term | None = None
    for one in said:
        months = one.months.get(key)
        if months is None or (found is not None and one.source != found.source):
            continue
        if found is None or months > found.months:
            found = Term(months, one.source, one.name)
    return found or Term(usual, USUAL)


def from_entry(entry: Mapping[str, Any]) -> Term | None:
    """Return the term kept with the warranty of a repair; None for one of an older version."""
    if not entry.get("source"):
        return None
    return Term(int(entry.get("months") or 0), str(entry["source"]), str(entry.get("name", "")))
