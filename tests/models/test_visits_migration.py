"""A store of format 6 becomes one of format 7: what is there stays, and visits can be kept."""

from __future__ import annotations

from pathlib import Path

from deskapp import cipher
from deskapp.models import schema
from tests.conftest import KEY


def test_tickets_stay_as_they_are_and_the_list_of_open_visits_reads_its_index(tmp_path: Path) -> None:
    connection = cipher.connect(tmp_path / "old.db", KEY, writer=True, create=True)
    steps = schema.shipped_migrations()
    schema.upgrade(connection, {number: step for number, step in steps.items() if number < 7}, 6)
    columns = connection.execute("PRAGMA table_info(ticket_event)").fetchall()
    values = {"ticket_id": "t1", "kind": "note", "words": "已回电", "data": "{}", "n": 1, "id": "e1"}
    blank = {name: values.get(name, 0 if kind == "INTEGER" else "") for _no, name, kind, *_rest in columns}
    connection.execute("BEGIN")
    connection.execute(
        f"INSERT INTO ticket_event ({', '.join(f'{chr(34)}{name}{chr(34)}' for name in blank)})"
        f" VALUES ({', '.join('?' * len(blank))})",
        list(blank.values()),
    )
    connection.execute("COMMIT")
    before = connection.execute("SELECT * FROM ticket_event").fetchall()

    schema.upgrade(connection, steps, schema.VERSION)

    assert connection.execute("SELECT * FROM ticket_event").fetchall() == before
    assert connection.execute("SELECT count(*) FROM site_visit").fetchone() == (0,)
    plan = connection.execute(
        "EXPLAIN QUERY PLAN SELECT id FROM site_visit v WHERE v.state IN ('planned', 'on_site') ORDER BY v.from_at, v.n"
    ).fetchall()
    assert "ix_site_visit_open" in str(plan)
    connection.close()
