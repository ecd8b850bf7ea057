"""What two processes do at the same moment, where neither sees what the other has not finished."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from deskapp.clock import new_uuid7
from deskapp.server import acts, archive_erasing, blobs, erasing, push, wholes
from deskapp.server.archive import Archive, read_archive
from deskapp.server.database import Database, Transaction
from deskapp.server.service import Server
from deskapp.sync.packing import PushedSet
from deskapp.sync.wire import ReadRequest, read_request
from tests.server.station import START, Desk, create, desk_at


def while_open(database: Database, first: Callable[[Transaction], object], second: Callable[[], object]) -> None:
    """Do the second while the transaction of the first is not over; it may have to wait for it."""
    thread = threading.Thread(target=second)
    with database.write() as tx:
        first(tx)
        thread.start()
        thread.join(0.5)
    thread.join(20)
    assert not thread.is_alive()


def pushed(server: Server, desk: Desk) -> Callable[[Transaction], object]:
    asked: ReadRequest = read_request(desk.request().to_bytes())
    station = desk.row()
    return lambda tx: push.push(
        tx, station, asked.known, asked.sets, offset=0, now=server.clock(), cursors={}, archive=None
    )


def test_two_records_with_one_number_made_at_the_same_moment_are_on_a_card(server: Server) -> None:
    one, other = desk_at(server, "B01"), desk_at(server, "B02")
    one.act(create("device", serial_no="SN12345678"))
    other.act(create("device", serial_no="SN12345678"))
    if server.database.postgres:
        while_open(server.database, pushed(server, one), other.sync)
    else:
        one.sync()
        other.sync()
    one.sync()
    other.sync()

    with server.database.read() as tx:
        assert tx.one("SELECT count(*) FROM record WHERE entity = 'review_card'") == (1,)


def test_acts_of_the_servers_own_stand_in_one_row_whichever_process_does_them(server: Server) -> None:
    def add(tx: Transaction, code: str) -> None:
        acts.act(tx, "add_site", [acts.site_record(new_uuid7(), code, code)], START, server.archive)

    def second() -> None:
        server.database.retrying(lambda tx: add(tx, "B2"))

    if server.database.postgres:
        while_open(server.database, lambda tx: add(tx, "B1"), second)
    else:
        server.database.retrying(lambda tx: add(tx, "B1"))
        second()

    with server.database.read() as tx:
        rows = tx.all("SELECT seq FROM change_set WHERE station = ? ORDER BY seq", (acts.SERVER,))
    assert [seq for (seq,) in rows] == [1, 2]


def test_a_snapshot_that_was_begun_before_somebody_was_erased_is_not_kept(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wholes, "SMALL", 0)
    monkeypatch.setattr(wholes, "PAGE", 1)
    desk = desk_at(server, "B01")
    contact = create("merchant_contact", name="王小明", phone="13812345678")
    desk.act(contact, create("merchant", name="店"), create("merchant", name="又一家"))
    desk.sync()
    pages, erased = wholes._pages, []

    def and_meanwhile(tx: Transaction, scope: str):  # type: ignore[no-untyped-def]
        yield from pages(tx, scope)
        if not erased:
            erased.append(acts.erase(server, [contact["id"]], ["王小明"]))

    monkeypatch.setattr(wholes, "_pages", and_meanwhile)
    found = wholes.snapshot(server.database, "ref", server.clock())

    assert erased == [1]
    whole, at = b"", 0
    while at < found.size:
        whole += (some := wholes.piece(server.database, found.tag, at))
        at += len(some)
    assert "又一家".encode() in whole
    assert "王小明".encode() not in whole
    with server.database.read() as tx:
        assert not any("王小明".encode() in bytes(body) for (body,) in tx.all("SELECT body FROM whole_piece"))


def test_what_is_appended_to_a_file_of_the_archive_while_it_is_written_anew_is_found(tmp_path: Path) -> None:
    archive = Archive(tmp_path)

    def act(record: str, name: str) -> PushedSet:
        body = f'{{"ops":[{{"entity":"merchant_contact","id":"{record}","uid":"u-{record}","values":{{}}}}]}}'
        return PushedSet(body.encode(), record, ((f"u-{record}", "name", name),))

    archive.append("s", [act("a", "王小明")], START)
    assert archive_erasing.erase(tmp_path, erasing.Erased({"a": ("name",)}, frozenset()), ()).files == 1
    archive.append("s", [act("b", "李四")], START + 1)
    archive.close()

    kept = [one for frame in read_archive(tmp_path) for one in frame.sets]
    assert [(one.hash, one.personal) for one in kept] == [("a", ()), ("b", (("u-b", "name", "李四"),))]


def test_a_photo_that_was_erased_while_it_came_does_not_stay(server: Server) -> None:
    desk = desk_at(server, "B01")
    content = b"a" * 1000
    name, digest = hashlib.sha256(content * 2).hexdigest(), hashlib.sha256(content).hexdigest()
    blobs.append(server.database, desk.row(), blobs.Piece(name, 0, content, digest, False), START)
    with server.database.write() as tx:  # as an erasure leaves it that did not see the piece
        tx.put("erased_file", [(name, START)])

    state = blobs.append(server.database, desk.row(), blobs.Piece(name, 1000, content, digest, True), START)

    assert state == blobs.State(0, True)
    with server.database.write() as tx:
        assert blobs.sweep(tx, START) == 1
        assert tx.all("SELECT start FROM blob_piece") == []


def test_an_empty_piece_that_is_not_the_last_leaves_nothing_behind(server: Server) -> None:
    desk = desk_at(server, "B01")
    one = blobs.Piece("0" * 64, 0, b"", hashlib.sha256(b"").hexdigest(), False)

    assert blobs.append(server.database, desk.row(), one, START) == blobs.State(0, False)
    with server.database.read() as tx:
        assert tx.all("SELECT sha256 FROM blob") == []
