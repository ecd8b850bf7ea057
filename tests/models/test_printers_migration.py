"""From format 1 to 2: the print queue of before stays, with a history, and new jobs have what the printers need."""

from __future__ import annotations

from pathlib import Path

import pytest

from deskapp import cipher
from deskapp.models import schema
from tests.conftest import KEY

OLD = (
    "id kind subject_kind subject_id number card card_sha256 copy_no of_job reason language medium printer state"
    " evidence error attempts created_at created_by state_at resolved_by"
).split()


def old_job(number: int, **values: object) -> dict[str, object]:
    plain: dict[str, object] = dict.fromkeys(OLD, "")
    return (
        plain
        | {"id": f"job-{number}", "copy_no": 0, "attempts": 0, "created_at": number, "state_at": 0, "state": "queued"}
        | values
    )


@pytest.fixture
def old(tmp_path: Path) -> cipher.Connection:
    connection = cipher.connect(tmp_path / "old.db", KEY, writer=True, create=True)
    schema.upgrade(connection, schema.shipped_migrations(), 1)
    jobs = [
        old_job(
            1, state="printed", state_at=9, printer="cups:a", evidence="cups:a-7", created_by="clerk", card='{"x":"李"}'
        ),
        old_job(2),
        old_job(3, state="unknown", state_at=8, error="doubt", resolved_by="boss"),
    ]
    names = ", ".join(OLD)
    connection.executemany(f"INSERT INTO print_job ({names}) VALUES ({', '.join(':' + name for name in OLD)})", jobs)
    return connection


def test_the_queue_of_before_stays_as_it_was(old: cipher.Connection) -> None:
    before = old.execute(f"SELECT {', '.join(OLD)} FROM print_job ORDER BY id").fetchall()
    schema.upgrade(old, schema.shipped_migrations(), 2)

    assert old.execute(f"SELECT {', '.join(OLD)} FROM print_job ORDER BY id").fetchall() == before
    new = old.execute(
        "SELECT DISTINCT batch_id, batch_seq, window_id, counter_before, counter_after, pieces, start_cell FROM print_job"
    )
    assert new.fetchall() == [("", 0, "", None, None, 1, 0)]
    assert not old.execute("SELECT name FROM sqlite_master WHERE name LIKE '%format_1%'").fetchall()


def test_the_papers_of_before_have_a_history(old: cipher.Connection) -> None:
    schema.upgrade(old, schema.shipped_migrations(), 2)

    assert old.execute(
        'SELECT job_id, at, state, printer, evidence, note, "by" FROM print_event ORDER BY n'
    ).fetchall() == [
        ("job-1", 1, "queued", "", "", "", "clerk"),
        ("job-2", 2, "queued", "", "", "", ""),
        ("job-3", 3, "queued", "", "", "", ""),
        ("job-3", 8, "unknown", "", "", "doubt", "boss"),
        ("job-1", 9, "printed", "cups:a", "cups:a-7", "", ""),
    ]


def test_history_is_added_to_and_never_changed(old: cipher.Connection) -> None:
    schema.upgrade(old, schema.shipped_migrations(), 2)
    with pytest.raises(cipher.DatabaseError):
        old.execute("UPDATE print_event SET state = 'printed'")
