"""A disk that is full under the server's file: what went wrong is told as it is, and nothing of the act is left behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deskapp.cipher import DatabaseError
from deskapp.server.database import Database

LONG = "x" * 200_000


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Database]:
    """A database that can grow no more."""
    database = Database(str(tmp_path / "server.db"))
    limit(database, 0)
    yield database
    database.close()


def limit(database: Database, pages: int) -> None:
    with database.write() as tx:
        (here,) = tx.one("PRAGMA page_count")
        tx.run(f"PRAGMA max_page_count = {here + pages}")


def names(database: Database) -> set[str]:
    with database.read() as tx:
        return {name for (name,) in tx.all("SELECT name FROM meta")}


@pytest.mark.parametrize("inside", [False, True], ids=["plainly", "in a part"])
def test_a_full_disk_is_told_as_such_and_leaves_nothing_behind(full: Database, inside: bool) -> None:
    before = names(full)
    put = "INSERT INTO meta (name, value) VALUES (?, ?)"

    with pytest.raises(DatabaseError) as told, full.write() as tx:
        tx.run(put, ("small", "x"))
        if inside:
            with tx.savepoint():
                tx.run(put, ("long", LONG))
        else:
            tx.run(put, ("long", LONG))

    assert getattr(told.value, "sqlite_errorname", "") == "SQLITE_FULL"
    assert names(full) == before
    limit(full, 1_000)
    with full.write() as tx:
        tx.run(put, ("long", LONG))
    assert names(full) == before | {"long"}
