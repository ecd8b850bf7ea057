"""Papers that no longer hold: voided check-ins, pickups and payments, corrected amounts."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from deskapp.rules.paper_store import NO_LONGER_VALID

_QUESTION = text(
    "SELECT mark.value, coalesce(json_extract(fact.data, '$.by'), ''), max(fact.n)"
    " FROM item_record AS fact, json_each(fact.data, '$.numbers') AS mark"
    " WHERE fact.kind = 'papers_superseded' AND mark.value IN :numbers GROUP BY mark.value"
).bindparams(bindparam("numbers", expanding=True))


def superseded(session: Session, numbers: Iterable[str]) -> dict[str, str]:
    """Return, of these paper numbers, those that no longer hold, each with what its paper has to say.

    That is the number of the paper that replaces it, or `NO_LONGER_VALID` where none does; the latest
    mark counts. SQLite takes the other columns from the row that holds the maximum.
    """
    wanted = sorted({number for number in numbers if number})
    if not wanted:
        return {}
    rows = session.execute(_QUESTION, {"numbers": wanted}).all()
    return {str(row[0]): str(row[1]) or NO_LONGER_VALID for row in rows}


_WHERE = text(
    "SELECT fact.item_id FROM item_record AS fact, json_each(fact.data, '$.numbers') AS mark"
    " WHERE fact.kind = 'papers_superseded' AND mark.value = :number ORDER BY fact.n DESC LIMIT 1"
)


def told_in(session: Session, number: str) -> str:
    """Return the device or order on whose record a paper was taken out of use, empty where none was."""
    return str(session.execute(_WHERE, {"number": number}).scalar() or "")
