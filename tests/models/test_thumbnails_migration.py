"""A store of format 7 becomes one of format 8: photos stay, and small pictures that were kept beside are taken up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from deskapp import cipher
from deskapp.models import schema
from tests.conftest import KEY
from tests.small_photos import thumbnail


def put(connection: cipher.Connection, record: str, sha256: str, n: int) -> None:
    connection.execute(
        'INSERT INTO attachment (subject_kind, subject_id, kind, sha256, mime, size, caption, at, "by", voids, n, id)'
        " VALUES ('repair_item', 'i1', 'front', ?, 'image/jpeg', 9, '', 1, 'p', '', ?, ?)",
        (sha256, n, record),
    )


def beside(connection: cipher.Connection, table: str, record: str, **values: Any) -> None:
    sql = 'INSERT INTO sync_extra (record_id, entity, "values") VALUES (?, ?, ?)'
    connection.execute(sql, (record, table, json.dumps(values)))


def test_photos_stay_and_small_pictures_of_newer_desks_are_taken_up_but_for_what_was_erased(tmp_path: Path) -> None:
    connection = cipher.connect(tmp_path / "old.db", KEY, writer=True, create=True)
    steps = schema.shipped_migrations()
    schema.upgrade(connection, {number: step for number, step in steps.items() if number < 8}, 7)
    connection.execute("BEGIN")
    put(connection, "own", "ab" * 32, 1)
    put(connection, "theirs", "cd" * 32, 2)
    put(connection, "erased", "", 3)
    put(connection, "odd", "ef" * 32, 4)
    beside(connection, "attachment", "theirs", thumbnail=thumbnail(1), mood="calm")
    beside(connection, "attachment", "erased", thumbnail=thumbnail(2))
    beside(connection, "attachment", "odd", thumbnail=["no text"])
    beside(connection, "attachment", "unheard-of", thumbnail=thumbnail(3))
    beside(connection, "weather", "w1", sky="blue")
    connection.execute("COMMIT")
    before = connection.execute("SELECT * FROM attachment ORDER BY n").fetchall()

    schema.upgrade(connection, steps, schema.VERSION)

    rows = connection.execute("SELECT * FROM attachment ORDER BY n").fetchall()
    assert [row[:-1] for row in rows] == before
    assert [row[-1] for row in rows] == ["", thumbnail(1), "", ""]
    left = {record: json.loads(text) for record, text in connection.execute('SELECT record_id, "values" FROM sync_extra')}
    assert left == {
        "theirs": {"mood": "calm"}, "odd": {"thumbnail": ["no text"]}, "unheard-of": {"thumbnail": thumbnail(3)},
        "w1": {"sky": "blue"},
    }  # fmt: skip
    plan = connection.execute("EXPLAIN QUERY PLAN SELECT id FROM attachment WHERE sha256 = ?", ("x",)).fetchall()
    assert "ix_attachment_sha256" in str(plan)
    connection.close()
