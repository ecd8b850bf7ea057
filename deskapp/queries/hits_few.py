"""Finding among the things of which a branch has few: parts, shelves, people, open visits. All are looked at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from deskapp.clock import shop_time
from deskapp.models.search import PINYIN
from deskapp.models.store import ReadSession
from deskapp.queries.hits import Hit, HitKind, Step, Why, ask, line, reason
from deskapp.queries.naming import in_window
from deskapp.rules import pinyin
from deskapp.rules.grams import Words, folded


def parts(session: ReadSession, wanted: Words, *, limit: int = 20) -> list[Hit]:
    """Return the parts that have every word in number or names."""
    rows = few(
        session,
        "SELECT id, part_no, name, name_en FROM part",
        "part_no || ' ' || name || ' ' || name_en",
        wanted,
        limit,
    )
    return [
        Hit(HitKind.PART, row.id, in_window(row.name, row.name_en), row.part_no, "", None, Step.STOCK, 2)
        for row in rows
    ]


def shelves(session: ReadSession, wanted: Words, *, limit: int = 20) -> list[Hit]:
    """Return the shelves in use that have every word in their code."""
    rows = few(session, "SELECT id, code, zone FROM shelf", "iif(active, code, '')", wanted, limit)
    return [Hit(HitKind.SHELF, row.id, row.code, row.zone, "", None, Step.SHELF, 2) for row in rows]


def staff(session: ReadSession, wanted: Words, *, limit: int = 20) -> list[Hit]:
    """Return the people who work here and have every word in name, staff number or the name's initials."""
    rows = ask(session, "SELECT id, name, staff_no FROM staff WHERE active ORDER BY n")
    found = []
    for row in rows:
        said = folded(f"{row.name} {row.staff_no} {_initials(row.name)}")
        if all(word in said for word in wanted.words):
            why, rank = reason(wanted, [(Why.NUMBER, row.staff_no), (Why.NAME, row.name),
                                        (Why.INITIALS, _initials(row.name))])  # fmt: skip
            found.append(Hit(HitKind.STAFF, row.id, row.name, row.staff_no, "", why, Step.OPEN, rank))
    return sorted(found, key=lambda hit: hit.rank)[:limit]


def visits(session: ReadSession, wanted: Words, *, limit: int = 20) -> list[Hit]:
    """Return the visits that have every word: open ones by number and whatever they say, others by their number."""
    rows = [*ask(session, f"{_VISITS} WHERE v.state IN ('planned', 'on_site') ORDER BY v.from_at, v.n LIMIT 500")]
    for word in wanted.words:
        if re.fullmatch(r"v\d{3,}[0-9a-z]?", word):
            known = {row.id for row in rows}
            named = ask(session, f"{_VISITS} WHERE v.number BETWEEN ? AND ? ORDER BY v.number DESC LIMIT ?",
                        word.upper(), f"{word.upper()}~", limit)  # fmt: skip
            rows += [row for row in named if row.id not in known]
    found = []
    for row in rows:
        fields = [
            (Why.NUMBER, row.number), (Why.MERCHANT, row.merchant), (Why.SERIAL, row.serial_no),
            (Why.PERSON, row.contact_name), (Why.PERSON, row.engineer), (Why.PHONE, row.contact_phone),
            (Why.ADDRESS, row.address),
        ]  # fmt: skip
        said = folded(" ".join(text for _why, text in fields))
        if all(word in said for word in wanted.words):
            why, rank = reason(wanted, fields)
            when = f"{shop_time(row.from_at):%m-%d %H:%M}"
            found.append(Hit(HitKind.VISIT, row.id, row.number, line(when, row.merchant, row.engineer), row.state, why,
                             Step.VISIT, rank))  # fmt: skip
    return sorted(found, key=lambda hit: hit.rank)[:limit]


_VISITS: Final = (
    "SELECT v.id, v.number, v.state, v.from_at, v.address, v.contact_name, v.contact_phone,"
    " coalesce(m.name, '') AS merchant, coalesce(d.serial_no, '') AS serial_no, coalesce(s.name, '') AS engineer"
    " FROM site_visit v LEFT JOIN service_ticket t ON t.id = v.ticket_id LEFT JOIN merchant m ON m.id = t.merchant_id"
    " LEFT JOIN device d ON d.id = t.device_id LEFT JOIN staff s ON s.id = v.engineer_id"
)


@lru_cache(maxsize=4096)
def _initials(name: str) -> str:
    return " ".join(pinyin.initials(name, PINYIN))


def few(session: ReadSession, question: str, text: str, wanted: Words, limit: int) -> Sequence[Any]:
    """Return rows of a small table with every word in an expression; all of them are looked at."""
    alike = " AND ".join(f"{text} LIKE ? ESCAPE '!'" for _word in wanted.words)
    patterns = ["%" + re.sub("[!%_]", r"!\g<0>", word) + "%" for word in wanted.words]
    return ask(session, f"{question} WHERE {alike} ORDER BY n LIMIT ?", *patterns, limit)
