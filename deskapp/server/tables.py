"""What the server keeps. The same tables on SQLite and PostgreSQL; JSON is stored as bytes, instants as ms UTC.

A record belongs to a tree (`root`); only the root's row says in which scopes the tree is. `ord` counts the records
of a tree in the order of the log; it is taken under the lock of the root, so log and tree agree.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, SmallInteger, Table, Text, text

metadata = MetaData()
SCHEMA = 6
"""Format of these tables, kept in `meta`. A newer one only adds tables, columns and indexes (`database.Database`)."""


def _text(name: str, **more: Any) -> Column[str]:
    more.setdefault("nullable", False)
    if not more.get("primary_key"):
        more.setdefault("server_default", "")
    return Column(name, Text, **more)


def _int(name: str, **more: Any) -> Column[int]:
    if not more.get("primary_key"):
        more.setdefault("server_default", "0")
    return Column(name, BigInteger, nullable=False, autoincrement=False, **more)


def _bytes(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


def _table(name: str, *columns: Any, rowless: bool = False) -> Table:
    return Table(name, metadata, *columns, sqlite_with_rowid=not rowless)


meta = _table("meta", _text("name", primary_key=True), _text("value"))

station = _table(
    "station",
    _text("id", primary_key=True), _int("no", unique=True), _text("site"), _text("name"), _text("public"),
    _int("seq"), _text("hash"), _text("state"), _text("extra"), _int("seen_at"), _int("enrolled_at"), _int("schema"),
)  # fmt: skip
station.append_column(_int("parked"))
station.append_column(_text("vouched_by"))
"""`state`: active, retiring, retired, lost. `extra`: further scopes, by commas. `parked`: change sets set aside.
`vouched_by`: the station whose key let this one in without a code, because one disk was at work twice."""

nonce = _table("nonce", _text("station", primary_key=True), _int("counter", primary_key=True), rowless=True)
code = _table(
    "enrol_code",
    _text("handle", primary_key=True), _text("site"), _text("hash"), _int("expires_at"), _int("tries"), _int("used_at"),
    _text("name"),
)  # fmt: skip
site = _table(
    "site", _text("id", primary_key=True), _text("code"), _text("depot_code"), _text("name"), _text("same_as")
)
"""`same_as`: the site under which the server knows this one, empty for itself."""

head = _table(
    "head",
    _text("scope", primary_key=True), _int("n"), _text("chain"), _int("floor"), _text("floor_chain"), _int("at"),
)  # fmt: skip
Index("ix_head_at", head.c.at)

log = _table(
    "log",
    _text("scope", primary_key=True), _int("n", primary_key=True), _text("chain"), _int("at"), _bytes("body"),
    rowless=True,
)  # fmt: skip

change_set = _table(
    "change_set",
    _text("uid", primary_key=True), _text("station"), _int("seq"), _text("hash"), _int("at"), _text("code"),
    _text("detail"), _int("cut"), _bytes("body"),
)  # fmt: skip
Index("ix_change_set_station", change_set.c.station, change_set.c.seq)
reissued = _table(
    "reissued", _text("station", primary_key=True), _int("seq", primary_key=True), _text("uid"), _text("hash"),
    rowless=True,
)  # fmt: skip
"""Change sets that came a second time under another identity: their place in the new station's chain."""

record = _table(
    "record",
    _text("id", primary_key=True), _text("entity"), _text("root"), _int("ord"), _text("parent"), _text("scopes"),
    Column("fact", SmallInteger, nullable=False), _bytes("vals"), _bytes("vers"),
)  # fmt: skip
Index("ix_record_root", record.c.root, record.c.ord)

member = _table("member", _text("scope", primary_key=True), _text("root", primary_key=True), rowless=True)
left = _table("left_scope", _text("scope", primary_key=True), _text("root", primary_key=True), _int("n"), rowless=True)
past = _table(
    "past",
    _text("record", primary_key=True), _text("grp", primary_key=True), _text("version", primary_key=True), _int("eff"),
    _text("staff"), _text("station"), _bytes("vals"),
    rowless=True,
)  # fmt: skip
"""All columns of a field group as each version left them: what texts are woven from, and what lost."""

record_key = _table(
    "record_key", _text("record", primary_key=True), _text("key", primary_key=True), rowless=True
)  # fmt: skip
staff_told = _table(
    "staff_told", _text("staff", primary_key=True), _text("cs", primary_key=True), _bytes("vals"), rowless=True
)  # fmt: skip
"""What somebody was allowed to do after a change set (`cs`), as far as the server heard: {"is": columns, or null}."""

soft = _table("soft_key", _text("key", primary_key=True), _text("record", primary_key=True), rowless=True)
handed = _table(
    "handed",
    _text("event", primary_key=True), _text("site", primary_key=True), _text("root"), _text("item"), _text("kind"),
    rowless=True,
)  # fmt: skip
Index("ix_handed_root", handed.c.root)
orphan = _table("orphan", _text("parent", primary_key=True), _text("record", primary_key=True), rowless=True)
parked = _table(
    "parked",
    _text("uid", primary_key=True), _text("station"), _int("seq"), _text("waits_for"), _text("reason"), _int("tries"),
    _int("at"), _bytes("body"),
)  # fmt: skip
Index("ix_parked_waits", parked.c.waits_for)
set_aside = _table(
    "set_aside", _text("station", primary_key=True), _int("at", primary_key=True), _text("hash"), _bytes("body")
)
"""What a lost station tried to push, for a person to look at; nothing of it was applied. `hash` is of what came,
`body` holds it without card digits and keys."""

wipe = _table("wipe", _text("station", primary_key=True), _int("at"), _int("told_at"), _int("done_at"))
"""Lost stations that are to be wiped: since when, when they were told first, when they said that it was done."""

erasure = _table("erasure", _text("scope", primary_key=True), _int("n", primary_key=True), _int("due"), rowless=True)
"""Up to which entry a log tells in clear what was erased since, and from when on those entries are forgotten."""

snapshot = _table(
    "whole", _text("scope", primary_key=True), _text("tag"), _int("n"), _text("chain"), _int("rows"), _int("size"),
    _int("at"),
)  # fmt: skip
"""The stored snapshot of a scope: which pieces (`tag`) it is made of."""

whole_piece = _table(
    "whole_piece", _text("tag", primary_key=True), _int("start", primary_key=True), _int("size"), _int("at"),
    _bytes("body"),
)  # fmt: skip
blob = _table(
    "blob", _text("sha256", primary_key=True), _int("size"), _int("done"), _int("at"), _text("station"), _text("mime")
)
"""`size` received so far; `done` once it is whole and matches its name."""
_open = text("done = 0")
Index("ix_blob_open", blob.c.station, sqlite_where=_open)
Index("ix_blob_station", blob.c.station, blob.c.at)

piece = _table("blob_piece", _text("sha256", primary_key=True), _int("start", primary_key=True), _bytes("content"))
blob_ref = _table(
    "blob_ref", _text("sha256", primary_key=True), _text("record", primary_key=True), _text("station"), rowless=True
)  # fmt: skip
"""Which records name a file, and which station said so."""

erased_file = _table("erased_file", _text("sha256", primary_key=True), _int("at"), rowless=True)
"""Files of somebody who was erased; nobody brings them again."""

photo_held = _table("photo_held", _text("record", primary_key=True), _int("until"), rowless=True)
"""Files of somebody who was erased that are held for a while, because they prove something (`erasing_photos`)."""

missing_file = _table("missing_file", _text("sha256", primary_key=True), _int("at"), _text("card"), rowless=True)
"""When the desks were asked last for a file that a record names and that is not here, and the card that says so."""

audit = _table(
    "audit",
    Column("n", Integer, primary_key=True, autoincrement=True), _int("at"), _text("what"), _text("subject"),
    _text("who"), _text("detail"),
)  # fmt: skip


def speak_postgresql() -> None:
    """Let indexes over some of the rows be that in PostgreSQL too.

    Told where they are described, it would load all that speaks to PostgreSQL into a server whose database is a file.
    """
    for index in (index for table in metadata.sorted_tables for index in table.indexes):
        where = index.dialect_options["sqlite"]["where"]
        if where is not None:
            index.dialect_kwargs["postgresql_where"] = where
