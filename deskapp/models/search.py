"""The search index: which grams occur in which row, kept up in the same commit as the row itself.

One table per kind of record. A table holds grams and row numbers only, no text: every candidate
is compared with the record's own columns before it counts. Therefore grams of a value that was
changed may stay (they cost a comparison, never a wrong hit), and a row is indexed anew by
adding, without knowing what it said before. What was erased for good is taken out by `forget`
or by building the index again.

The tokenizer is `ascii`, which parts at blanks and leaves every other character alone. The
Unicode one knows no Chinese characters younger than its tables, and people have such names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from deskapp.models.act_session import ActSession, driver_of
from deskapp.paths import resource
from deskapp.rules import pinyin
from deskapp.rules.grams import PAIR, Words, grams, grams_of, size_of, words

PAGE = 3900
"""Bytes of a page of the index: it has to fit into one of the file, of which encryption takes 80 bytes."""

MERGED_PAGES = 16
"""Pages of the index that a save may merge: enough to keep up, too few to be felt."""

ODD = "oddly"
"""A word longer than any gram: it marks texts that the database's LIKE cannot compare as `folded` does."""

# What LIKE compares as we do: ASCII, Chinese characters and the usual punctuation. All else is odd:
# full-width letters, composed signs, capitals beyond ASCII, and the zero byte, where LIKE stops reading.
_ODD = re.compile(
    "[^ -~\n\r\t\u00b7\u2010-\u201f\u3000-\u3020\u3400-\u4dbf\u4e00-\u9fff"
    "\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]"
)

PINYIN = pinyin.PinyinTable(resource("catalogue", "pinyin.tsv.xz"))


@dataclass(frozen=True, slots=True)
class Index:
    """One kind of record: its table, and the text it is found by, as an SQL expression over `t`."""

    table: str
    text: str
    newest: int
    """Rows looked at first when a word is shorter than a gram: it may stand in every other row."""

    numbers_only: bool = False
    """Hardly ever a Chinese character in these texts, so the index says at once that one is in none."""

    @property
    def name(self) -> str:
        """The table of grams."""
        return f"search_{self.table}"


def _joined(*columns: str) -> str:
    return " || ' ' || ".join(columns)


def _many(columns: str, source: str, condition: str) -> str:
    return f"coalesce((SELECT group_concat({columns}, ' ') FROM {source} WHERE {condition}), '')"


TICKET = Index(
    "service_ticket",
    _joined("t.number", "t.callback_phone", "t.caller_name", "t.model_words", "t.words"),
    newest=400,
)
DEVICE = Index(
    "device", _joined("t.serial_no", "t.tusn", "t.terminal_no", "t.imei", "t.iccid"), newest=400, numbers_only=True
)
MERCHANT = Index(
    "merchant",
    _joined(
        "t.merchant_no", "t.name", "t.short_name", "t.address", "t.initials",
        _many("c.name || ' ' || c.phone", "merchant_contact c", "c.merchant_id = t.id"),
    ),
    newest=100,
)  # fmt: skip
ORDER = Index(
    "repair_order",
    _joined(
        "t.number", "t.slip_no", "t.deliverer_name", "t.deliverer_phone",
        _many("i.label_no || ' ' || i.receipt_no", "repair_item i", "i.order_id = t.id"),
    ),
    newest=100,
)  # fmt: skip
INDEXES = (TICKET, DEVICE, MERCHANT, ORDER)

# A row of the table on the left is found through the row that its column names.
_OWNERS: Mapping[str, tuple[Index, str]] = {
    "service_ticket": (TICKET, "id"),
    "device": (DEVICE, "id"),
    "terminal_binding": (DEVICE, "device_id"),
    "merchant": (MERCHANT, "id"),
    "merchant_contact": (MERCHANT, "merchant_id"),
    "repair_order": (ORDER, "id"),
    "repair_item": (ORDER, "order_id"),
}


_OWN_COLUMNS: Mapping[str, frozenset[str]] = {
    table: frozenset(re.findall(rf"\b{alias}\.(\w+)", _OWNERS[table][0].text))
    for table, alias in (
        ("service_ticket", "t"), ("device", "t"), ("terminal_binding", "b"), ("repair_order", "t"), ("repair_item", "i")
    )
}  # fmt: skip
"""Of each table the columns that stand in an index; where others are set there is nothing to be done."""


# -- keeping it up ---------------------------------------------------------------


def create(connection: Any) -> None:
    """Make the empty index; `connection` is a bare connection of the database library."""
    for index in INDEXES:
        connection.execute(
            f"CREATE VIRTUAL TABLE {index.name} USING fts5"
            "(grams, content='', columnsize=0, detail=none, tokenize='ascii')"
        )
        _set(connection, index, "pgsz", PAGE)
        # Left alone, it now and then merges for long inside somebody's save; `_add` merges a little each time.
        _set(connection, index, "automerge", 0)


def indexed(text: str) -> str:
    """Return what the index holds of a text."""
    return f"{grams(text)} {ODD}" if _ODD.search(text) else grams(text)


def update(session: Session, touched: Mapping[tuple[str, str], object]) -> None:
    """Index every touched record anew; called by the write door inside the open commit."""
    due: dict[str, dict[str, None]] = {}
    parts: dict[tuple[Index, tuple[str, ...]], list[str]] = {}
    for (table, record_id), row in touched.items():
        owner = _OWNERS.get(table)
        if owner is None:
            continue
        names = _indexed_news(session, owner[0], table, row)
        if names is None:
            due.setdefault(owner[0].table, {})[getattr(row, owner[1])] = None
        elif names:
            parts.setdefault((owner[0], names), []).append(record_id)
    for (index, names), ids in parts.items():
        rest = [one for one in ids if one not in due.get(index.table, ())]
        for some in _slices(rest, 500):
            _add(session, index, some, _joined(*(f"t.{name}" for name in names)))
    for index in INDEXES:
        ids = list(due.get(index.table, ()))
        if index is MERCHANT and ids:
            _derive_initials(session, ids)
        for some in _slices(ids, 500):
            _add(session, index, some)


def _indexed_news(session: Session, index: Index, table: str, row: object) -> tuple[str, ...] | None:
    """Return the indexed columns of a row that were set; None where its record has to be indexed as a whole."""
    if index is MERCHANT or not isinstance(session, ActSession):
        return None
    told = session.news(row)
    if told is None:
        return None
    names = tuple(sorted(told & _OWN_COLUMNS[table]))
    return names if table == index.table or not names else None


def drop_and_rebuild(session: Session, *, progress: Callable[[str], None] = lambda _table: None) -> None:
    """Build the whole index from the records, as after a restore or a large import."""
    driver: Any = session.connection().connection.driver_connection
    driver.create_function("grams", 1, indexed, deterministic=True)
    driver.create_function("initials", 1, _initials, deterministic=True)
    driver.execute(f"UPDATE merchant AS t SET initials = initials({_NAMES})")
    for index in INDEXES:
        progress(index.table)
        driver.execute(f"DROP TABLE IF EXISTS {index.name}")
    create(driver)
    for index in INDEXES:
        progress(index.table)
        # A larger buffer makes fewer, larger pieces; afterwards the usual size is set again.
        _set(driver, index, "hashsize", 64 << 20)
        driver.execute(
            f"INSERT INTO {index.name} (rowid, grams) SELECT t.n, grams({index.text}) FROM {index.table} t ORDER BY t.n"
        )
        _settle(driver, index)
        _set(driver, index, "hashsize", 1 << 20)


def _set(connection: Any, index: Index, option: str, value: int) -> None:
    connection.execute(f"INSERT INTO {index.name} ({index.name}, rank) VALUES (?, ?)", (option, value))


def _settle(connection: Any, index: Index) -> None:
    """Merge a built index into one piece, and lift it above the levels where saves put theirs.

    Sixteen pieces on one level are merged at once: on the lowest level the whole index would be
    one of them, and be written again in the fifteenth save. Merging pieces of different levels
    gives one on a higher level, so each round adds a small piece; the row -1 stands for no record.
    """
    for _round in range(2):
        connection.execute(f"INSERT INTO {index.name} (rowid, grams) VALUES (-1, 'settled')")
        connection.execute(f"INSERT INTO {index.name} ({index.name}) VALUES ('optimize')")


def forget(session: Session, index: Index, n: int, text: str) -> None:
    """Take the grams of an erased value out of the index, as far as the row's present text lacks them."""
    execute = session.connection().exec_driver_sql
    present = execute(f"SELECT {index.text} FROM {index.table} t WHERE t.n = ?", (n,)).scalar() or ""
    gone = set(indexed(text).split()) - set(indexed(present).split())
    if gone:
        execute(
            f"INSERT INTO {index.name} ({index.name}, rowid, grams) VALUES ('delete', ?, ?)",
            (n, " ".join(sorted(gone))),
        )


_NAMES = _joined("t.name", "t.short_name", _many("c.name", "merchant_contact c", "c.merchant_id = t.id"))


def _derive_initials(session: Session, ids: list[str]) -> None:
    driver = driver_of(session)
    for some in _slices(ids, 500):
        marks = ", ".join("?" * len(some))
        names = driver.execute(f"SELECT {_NAMES}, t.n FROM merchant t WHERE t.id IN ({marks})", some).fetchall()
        derived = [(_initials(text), n) for text, n in names]
        driver.executemany("UPDATE merchant SET initials = ? WHERE n = ?", derived)


def _initials(text: str) -> str:
    """All spellings in initials of each name in a text, parted by blanks."""
    found = {spelling: None for name in text.split() for spelling in pinyin.initials(name, PINYIN)}
    return " ".join(found)


def _add(session: Session, index: Index, ids: list[str], text: str = "") -> None:
    """Index records by all of their text, or by a part of it that is new."""
    driver = driver_of(session)
    marks = ", ".join("?" * len(ids))
    question = f"SELECT t.n, {text or index.text} FROM {index.table} t WHERE t.id IN ({marks})"
    rows = driver.execute(question, ids).fetchall()
    if rows:
        cut = grams_of([text for _n, text in rows])
        grammed = [
            (n, f"{some} {ODD}" if _ODD.search(text) else some) for (n, text), some in zip(rows, cut, strict=True)
        ]
        driver.executemany(f"INSERT INTO {index.name} (rowid, grams) VALUES (?, ?)", grammed)


def _slices(ids: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


# -- asking it -------------------------------------------------------------------

_FEW = 1500


@dataclass(frozen=True, slots=True)
class Fit:
    """A record that has the words: its local number, its id, and its indexed text."""

    n: int
    id: str
    text: str


def newest(session: Session, index: Index, text: str, limit: int) -> list[str]:
    """Return the ids of the newest records that have every word of a text, newest first."""
    wanted = words(text)
    return [] if wanted is None else [fit.id for fit in matching(session, index, wanted, limit)]


def matching(session: Session, index: Index, wanted: Words, limit: int) -> list[Fit]:
    """Return the newest records that have these words, newest first."""
    if limit < 1:
        return []
    short = wanted.short
    if index.numbers_only and any(size_of(run) == PAIR for run in short):
        return _collect(_candidates(session, index, _match(wanted.telling, short), None), wanted, limit)
    if short and wanted.full and _few(session, index, wanted):
        short = ()
    if short:
        first = _collect(_newest_rows(session, index, wanted), wanted, limit)
        if len(first) >= limit:
            return first
        # What begins a gram is in the text, so hardly any of these rows is refused: Python compares them all.
        return _collect(_candidates(session, index, _match(wanted.telling, short), None), wanted, limit)
    match = _match(wanted.telling, ())
    found = _collect(_candidates(session, index, match, wanted), wanted, limit)
    odd = _collect(_candidates(session, index, f"{ODD} AND {match}", None), wanted, limit)
    # A text that is found either way is the same record.
    return sorted({fit.n: fit for fit in [*found, *odd]}.values(), key=lambda fit: -fit.n)[:limit]


def _few(session: Session, index: Index, wanted: Words) -> bool:
    """Say whether the full grams alone leave so few rows that each can be compared.

    That is quicker than gathering all rows of all grams that begin with a short run.
    """
    counted = session.connection().exec_driver_sql(
        f"SELECT count(*) FROM (SELECT 1 FROM {index.name} WHERE {index.name} MATCH ? LIMIT {_FEW + 1})",
        (_match(wanted.telling, ()),),
    )
    return bool(counted.scalar_one() <= _FEW)


def _match(full: Iterable[str], short: Iterable[str]) -> str:
    """Return the question in the index's language; grams are letters and digits only, so quoting is safe."""
    return " AND ".join([f'"{gram}"' for gram in full] + [f'"{run}"*' for run in short])


def _candidates(session: Session, index: Index, match: str, wanted: Words | None, most: int = -1) -> Iterator[Fit]:
    """The rows of the index that may have the words, newest first, at most so many."""
    return _rows(
        session, wanted,
        f"SELECT t.n AS n, t.id AS id, {index.text} AS x"
        f" FROM {index.name} CROSS JOIN {index.table} t ON t.n = {index.name}.rowid"
        f" WHERE {index.name} MATCH ? ORDER BY {index.name}.rowid DESC LIMIT ?",
        match, most,
    )  # fmt: skip


def _newest_rows(session: Session, index: Index, wanted: Words) -> Iterator[Fit]:
    """The newest rows that have the full grams, or any: a short cut for words that stand in every other row.

    It may pass over an odd text; the index finds those when there are not enough others.
    """
    if wanted.full:
        return _candidates(session, index, _match(wanted.telling, ()), wanted, _FEW)
    return _rows(
        session, wanted,
        f"SELECT t.n AS n, t.id AS id, {index.text} AS x FROM {index.table} t ORDER BY t.n DESC LIMIT ?",
        index.newest,
    )  # fmt: skip


def _rows(session: Session, wanted: Words | None, source: str, *values: str | int) -> Iterator[Fit]:
    """Yield the rows of a source, and stop asking when nobody wants more.

    With `wanted` the database compares every piece first. The source ends in LIMIT, which keeps
    it from working out the text again for every comparison.
    """
    pieces = wanted.pieces if wanted else ()
    alike = " AND ".join(["x LIKE ?" for _piece in pieces] or ["1"])
    result = session.connection().exec_driver_sql(
        f"SELECT n, id, x FROM ({source}) WHERE {alike}", (*values, *(f"%{piece}%" for piece in pieces))
    )
    try:
        for n, identity, text in result:
            yield Fit(n, identity, text)
    finally:
        result.close()


def _collect(rows: Iterator[Fit], wanted: Words, limit: int) -> list[Fit]:
    return list(islice((fit for fit in rows if wanted.inside(fit.text)), limit))
