"""The floor's server: bare rows over HTTP with the same parts as ours (FastAPI, uvicorn, orjson, zstd), and no rules.

`FLOOR_STORE` is sqlite, log or postgres, `FLOOR_DB` a file or an address. `log` keeps what a protocol like ours keeps
at least: the head of one scope, an encoded entry a record, a version for each field.
"""

from __future__ import annotations

import os
import sqlite3
from typing import Any

import orjson
import zstandard
from fastapi import FastAPI, Request, Response

from tests.bench.sync.matter import FIELDS

KIND = os.environ["FLOOR_STORE"]
app = FastAPI()
packer, unpacker = zstandard.ZstdCompressor(3), zstandard.ZstdDecompressor()
NAMES = ", ".join(FIELDS)


def connect() -> Any:
    """Open the store and make its tables."""
    columns = f"{FIELDS[0]} TEXT PRIMARY KEY, {', '.join(f'{name} TEXT' for name in FIELDS[1:])}"
    if KIND == "postgres":
        import psycopg

        opened: Any = psycopg.connect(os.environ["FLOOR_DB"])
        opened.execute(f"CREATE TABLE IF NOT EXISTS rec ({columns}, seq BIGINT)")
        opened.execute("CREATE INDEX IF NOT EXISTS rec_seq ON rec (seq)")
        opened.commit()
        return opened
    opened = sqlite3.connect(os.environ["FLOOR_DB"], check_same_thread=False)
    opened.execute("PRAGMA journal_mode=WAL")
    opened.execute("PRAGMA synchronous=FULL")
    if KIND == "log":
        opened.execute(f"CREATE TABLE rec ({columns}, seq INTEGER, versions TEXT)")
        opened.execute("CREATE TABLE log (n INTEGER PRIMARY KEY, body BLOB)")
    else:
        opened.execute(f"CREATE TABLE rec ({columns}, seq INTEGER)")
        opened.execute("CREATE INDEX rec_seq ON rec (seq)")
    opened.commit()
    return opened


database = connect()
MARK = "%s" if KIND == "postgres" else "?"
COUNT = {"head": 0}


def numbered(count: int) -> range:
    """Return the next numbers of the log."""
    first = COUNT["head"] + 1
    COUNT["head"] += count
    return range(first, first + count)


def many(sql: str, rows: list[Any]) -> None:
    """Run a statement for each row."""
    if KIND == "postgres":
        with database.cursor() as cursor:
            cursor.executemany(sql, rows)
    else:
        database.executemany(sql, rows)


def packed(value: Any) -> Response:
    """Return a value as it travels."""
    return Response(packer.compress(orjson.dumps(value)))


@app.post("/push")
async def push(request: Request) -> Response:
    """Take whole records."""
    rows = orjson.loads(unpacker.decompress(await request.body()))
    numbers = numbered(len(rows))
    marks = ", ".join([MARK] * (len(FIELDS) + 1))
    more = [(*row, number) for row, number in zip(rows, numbers, strict=True)]
    many(f"INSERT INTO rec ({NAMES}, seq) VALUES ({marks})", more)
    if KIND == "log":
        entries = [(number, orjson.dumps(row)) for row, number in zip(rows, numbers, strict=True)]
        many("INSERT INTO log VALUES (?, ?)", entries)
    database.commit()
    return packed({"cursor": COUNT["head"]})


@app.post("/edit")
async def edit(request: Request) -> Response:
    """Take one field of each of many records."""
    told = orjson.loads(unpacker.decompress(await request.body()))
    name, rows = told["field"], told["rows"]
    assert name in FIELDS
    numbers = numbered(len(rows))
    pairs = list(zip(rows, numbers, strict=True))
    if KIND == "log":
        for (record, value), number in pairs:
            (before,) = database.execute("SELECT versions FROM rec WHERE id = ?", (record,)).fetchone()
            versions = orjson.dumps({**(orjson.loads(before) if before else {}), name: number}).decode()
            database.execute(f"UPDATE rec SET {name} = ?, versions = ? WHERE id = ?", (value, versions, record))
        entries = [(number, orjson.dumps([record, name, value])) for (record, value), number in pairs]
        many("INSERT INTO log VALUES (?, ?)", entries)
    else:
        statement = f"UPDATE rec SET {name} = {MARK}, seq = {MARK} WHERE id = {MARK}"
        many(statement, [(value, number, record) for (record, value), number in pairs])
    database.commit()
    return packed({"cursor": COUNT["head"]})


@app.get("/pull")
async def pull(since: int = 0) -> Response:
    """Give what came after a number."""
    if KIND == "log":
        bodies = database.execute("SELECT body FROM log WHERE n > ? ORDER BY n", (since,)).fetchall()
        plain = b'{"rows":[' + b",".join([row[0] for row in bodies]) + b'],"cursor":%d}' % COUNT["head"]
        return Response(packer.compress(plain))
    rows = database.execute(f"SELECT {NAMES}, seq FROM rec WHERE seq > {MARK} ORDER BY seq", (since,)).fetchall()
    database.commit()
    return packed({"rows": rows, "cursor": COUNT["head"]})
