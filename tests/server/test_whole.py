"""Snapshots, digests, floors, restores: a cursor that is of no use is always noticed, and nothing is lost by it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deskapp.server import feed, tables, wholes
from deskapp.server.check import check
from deskapp.server.database import Database
from deskapp.server.service import Options, Server
from deskapp.sync.messages import SnapshotHead, read_snapshot
from deskapp.sync.wire import bucket, row_digest
from tests.server.station import Clock, Desk, change, create, desk_at, fact

DAY = 24 * 3600 * 1000


def filled(desk: Desk, count: int = 30) -> list[dict[str, Any]]:
    made = [create("service_ticket", number=f"T{one}", site_id=desk.site, words="") for one in range(count)]
    for one in made:
        desk.act(one, fact("ticket_event", ticket_id=one["id"], kind="note", words="甲"))
    desk.act(change("service_ticket", made[0]["id"], "words", words="新"))
    desk.sync()
    return made


def pieces_of(server: Server, whole: wholes.Whole) -> Iterator[bytes]:
    """Read a snapshot as a response does."""
    at = 0
    while at < whole.size:
        piece = whole.body if whole.body is not None else wholes.piece(server.database, whole.tag, at)
        assert piece
        yield piece
        at += len(piece)


def rows_of_snapshot(server: Server, scope: str) -> tuple[SnapshotHead, list[Any]]:
    head, *pages = read_snapshot(pieces_of(server, wholes.snapshot(server.database, scope, server.clock())))
    assert isinstance(head, SnapshotHead)
    return head, [row for page in pages if isinstance(page, list) for row in page]


def test_a_snapshot_and_the_log_behind_it_make_the_whole(server: Server) -> None:
    desk = desk_at(server, "B01")
    made = filled(desk)
    scope = f"site:{desk.site}"

    head, rows = rows_of_snapshot(server, scope)

    assert head.rows == len(rows) == 60
    assert {row.id for row in rows} == desk.holds()
    first = next(row for row in rows if row.id == made[0]["id"])
    assert first.values["words"] == "新"
    assert first.versions == {"words": desk.told(made[0]["id"])[-1].uid}
    assert (head.n, head.chain) == desk.cursors[scope]


def test_a_stored_snapshot_serves_until_enough_has_changed(server: Server) -> None:
    desk = desk_at(server, "B01")
    filled(desk, 150)
    scope = f"site:{desk.site}"
    first, _rows = rows_of_snapshot(server, scope)
    filled(desk, 5)
    second, _rows = rows_of_snapshot(server, scope)
    filled(desk, 40)
    third, _rows = rows_of_snapshot(server, scope)

    assert first.n == second.n < third.n


def test_a_large_scope_is_made_and_read_page_by_page(server: Server, monkeypatch: Any) -> None:
    monkeypatch.setattr(wholes, "PAGE", 40)
    monkeypatch.setattr(wholes, "AT_ONCE", 7)
    monkeypatch.setattr(wholes, "ROOTS", 5)
    desk = desk_at(server, "B01")
    filled(desk, 150)

    whole = wholes.snapshot(server.database, f"site:{desk.site}", server.clock())
    pieces = list(pieces_of(server, whole))
    head, *pages = read_snapshot(pieces)
    from_the_middle = wholes.piece(server.database, whole.tag, len(pieces[0]) + 10)

    assert isinstance(head, SnapshotHead)
    assert [len(page) for page in pages] == [40] * 7 + [20]  # type: ignore[arg-type]
    assert head.rows == 300
    assert len({row.id for page in pages for row in page}) == 300  # type: ignore[union-attr]
    assert from_the_middle == pieces[1][10:]


def test_pieces_of_a_snapshot_that_was_replaced_stay_for_an_hour(server: Server) -> None:
    desk = desk_at(server, "B01")
    filled(desk, 110)
    scope = f"site:{desk.site}"
    first = wholes.snapshot(server.database, scope, server.clock())
    filled(desk, 60)
    second = wholes.snapshot(server.database, scope, server.clock())
    still = b"".join(pieces_of(server, first))
    with server.database.write() as tx:
        early = wholes.sweep(tx, server.clock())
        gone = wholes.sweep(tx, server.clock() + 2 * wholes.KEPT_MS)

    assert first.tag != second.tag
    assert len(still) == first.size
    assert (early, gone) == (0, 2)
    assert wholes.piece(server.database, first.tag, 0) == b""
    assert b"".join(pieces_of(server, second))


def test_a_digest_is_the_sum_of_the_rows_both_sides_hold(server: Server) -> None:
    desk = desk_at(server, "B01")
    filled(desk)
    scope = f"site:{desk.site}"
    _head, rows = rows_of_snapshot(server, scope)
    sums = [0] * 256
    for row in rows:
        sums[bucket(row.id)] = (sums[bucket(row.id)] + row_digest(row.entity, row.id, row.values)) % 2**64

    found = wholes.digest(server.database, scope)

    assert list(found.sums) == sums
    assert found.n == desk.cursors[scope][0]
    at = bucket(rows[0].id)
    assert rows[0] in wholes.rows_in_bucket(server.database, scope, at)


def test_a_cursor_below_the_floor_is_sent_to_the_snapshot(server: Server) -> None:
    one, two = desk_at(server, "B01"), desk_at(server, "B01")
    scope = f"site:{one.site}"
    filled(one, 3)
    two.sync()
    far = two.cursors[scope]
    filled(one, 3)
    with server.database.write() as tx:
        tx.run("UPDATE log SET at = 0 WHERE scope = ? AND n <= ?", (scope, far[0] + 1))
        gone = feed.forget_before(tx, 1)

    reply = two.exchange()
    one_reply = one.exchange()

    assert gone == far[0] + 1
    assert reply.resnapshot == {scope: "floor"}
    assert one_reply.resnapshot == {}
    assert check(server.database) == []
    two.cursors[scope] = rows_cursor(server, scope)
    assert two.exchange().resnapshot == {}


def rows_cursor(server: Server, scope: str) -> tuple[int, str]:
    head, _rows = rows_of_snapshot(server, scope)
    return head.n, head.chain


def test_a_cursor_at_the_floor_goes_on(server: Server) -> None:
    one, two = desk_at(server, "B01"), desk_at(server, "B01")
    scope = f"site:{one.site}"
    filled(one, 3)
    two.sync()
    filled(one, 3)
    with server.database.write() as tx:
        tx.run("UPDATE log SET at = 0 WHERE scope = ? AND n <= ?", (scope, two.cursors[scope][0]))
        feed.forget_before(tx, 1)

    two.sync()

    assert two.cursors == {**two.cursors, scope: one.cursors[scope]}


def test_a_cursor_on_another_chain_or_ahead_of_the_log_is_noticed(server: Server) -> None:
    desk = desk_at(server, "B01")
    filled(desk, 3)
    scope = f"site:{desk.site}"
    n, chain = desk.cursors[scope]
    desk.cursors[scope] = (n, "f" * 16)
    at_head = desk.exchange().resnapshot
    desk.cursors[scope] = (n - 1, "f" * 16)
    within = desk.exchange().resnapshot
    desk.cursors[scope] = (n + 5, chain)
    ahead = desk.exchange().resnapshot

    assert at_head == within == {scope: "chain"}
    assert ahead == {scope: "ahead"}


def test_a_database_of_the_first_format_is_brought_up_to_date(database: Database, url: str) -> None:
    with database.write() as tx:
        tx.run("ALTER TABLE station DROP COLUMN vouched_by")
        tx.run("DROP TABLE whole")
        tx.run("DROP INDEX ix_blob_open")
        tx.run("UPDATE meta SET value = '1' WHERE name = 'schema'")
    database.close()

    again = Database(url)
    with again.read() as tx:
        found = tx.all("SELECT vouched_by FROM station"), tx.all("SELECT tag FROM whole")
        schema = tx.one("SELECT value FROM meta WHERE name = 'schema'")
        indexes = tx.all("SELECT indexname FROM pg_indexes" if tx.postgres else "SELECT name FROM sqlite_master")
        where, name = ("indexdef FROM pg_indexes", "indexname") if tx.postgres else ("sql FROM sqlite_master", "name")
        partial = tx.one(f"SELECT {where} WHERE {name} = 'ix_blob_open'")
    again.close()

    assert found == ([], [])
    assert ("ix_blob_open",) in [tuple(row) for row in indexes]
    assert partial is not None and "done = 0" in str(partial[0]), "only files that are not whole yet"
    assert schema == (str(tables.SCHEMA),)


def copied(server: Server, target: Path) -> None:
    server.database.backup(target)


def test_a_server_set_back_is_noticed_and_filled_up_again_by_its_stations(tmp_path: Path) -> None:
    place, kept = tmp_path / "server.db", tmp_path / "old.db"
    clock = Clock()
    server = Server(Options(str(place), tmp_path / "state"), clock)
    one, two = desk_at(server, "B01"), desk_at(server, "B01")
    filled(one, 3)
    two.sync()
    copied(server, kept)
    made = filled(one, 2)
    two.act(fact("ticket_event", ticket_id=made[0]["id"], kind="note", words="乙"))
    two.sync()
    epoch = server.epoch.value
    server.close()
    for suffix in ("", "-wal", "-shm"):
        Path(str(place) + suffix).unlink(missing_ok=True)
    shutil.copyfile(kept, place)

    back = Server(Options(str(place), tmp_path / "state"), clock)
    one.server = two.server = back
    scope = f"site:{one.site}"
    first = one.exchange([])
    one.known = first.head
    one.cursors[scope] = rows_cursor(back, scope)
    one.sync()
    two.known = two.exchange([]).head
    two.cursors = dict.fromkeys(two.cursors, (0, ""))
    two.entries = []
    two.sync()

    assert back.epoch.value != epoch
    assert first.resnapshot == {scope: "ahead"}
    assert first.head[0] < len(one.journal)
    _head, rows = rows_of_snapshot(back, scope)
    assert {row.id for row in rows} == two.holds()
    assert len([row for row in rows if row.entity == "service_ticket"]) == 5
    assert [row.values["words"] for row in rows].count("乙") == 1
    assert check(back.database) == []
    back.close()


def test_the_archive_gives_back_what_server_and_stations_have_lost_together(server: Server, tmp_path: Path) -> None:
    desk = desk_at(server, "B01")
    desk.act(create("service_ticket", number="T0", site_id=desk.site, words="卡号 6222020000000000000 见"))
    made = filled(desk, 4)
    fresh = Server(Options(str(tmp_path / "fresh.db"), tmp_path / "state2"), server.clock)

    taken = fresh.replay(tmp_path / "archive")

    assert taken == len(desk.journal)
    assert desk.row().hash == desk.journal[-1].hash
    _head, rows = rows_of_snapshot(fresh, f"site:{desk.site}")
    assert {one["id"] for one in made} < {one.id for one in rows}
    assert fresh.replay(tmp_path / "archive") == 0
    assert check(fresh.database) == []
    fresh.close()


def test_nothing_is_said_to_be_accepted_when_the_archive_cannot_be_written(server: Server, monkeypatch: Any) -> None:
    import pytest

    desk = desk_at(server, "B01")
    desk.act(create("merchant", name="一"))

    def full(*_words: Any) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(server._archive, "append", full)
    with pytest.raises(OSError, match="no space"):
        desk.exchange()
    monkeypatch.undo()

    assert desk.row().seq == 0
    desk.sync()
    assert desk.row().seq == 1


def test_a_server_with_a_file_loads_nothing_that_speaks_to_postgresql() -> None:
    looks = "import sys, deskapp.server.cli, deskapp.server.service, deskapp.server.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", looks], capture_output=True, encoding="utf-8", timeout=60, check=False)

    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert "sqlalchemy.dialects.sqlite" in loaded, "the control: the other dialect is there"
    assert not any(name.startswith(("sqlalchemy.dialects.postgresql", "psycopg")) for name in loaded)
