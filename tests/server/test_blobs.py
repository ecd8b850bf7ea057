"""How much of the server's disk one station may fill with files that no record names."""

from __future__ import annotations

import hashlib

import pytest

from deskapp.server import blobs
from deskapp.server.service import Server
from tests.server.station import Desk, create, desk_at, fact


def brought(server: Server, desk: Desk, content: bytes, *, last: bool = True) -> str:
    """Bring a file in one piece; return its name."""
    name = hashlib.sha256(content).hexdigest()
    blobs.append(server.database, desk.row(), blobs.Piece(name, 0, content, name, last), server.clock())
    return name


def test_files_that_no_record_names_fill_no_more_than_their_room(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blobs, "MOST_OPEN", 1_000)
    desk, other = desk_at(server, "B01"), desk_at(server, "B02")
    first = brought(server, desk, b"a" * 600)
    brought(server, desk, b"b" * 600)

    with pytest.raises(blobs.NotTaken, match="busy"):
        brought(server, desk, b"c")
    brought(server, other, b"c" * 600)

    order = create("repair_order", number="R1", ticket_id="", site_id=desk.site)
    photo = fact("attachment", subject_kind="repair_order", subject_id=order["id"], kind="photo", sha256=first)
    desk.act(order, photo)
    desk.sync()

    assert brought(server, desk, b"d" * 600) != first


def test_whether_a_station_has_too_much_unfinished_is_found_by_an_index(server: Server) -> None:
    """Every piece of every photo asks that; the table holds millions of whole ones."""
    desk = desk_at(server, "B01")
    brought(server, desk, b"half", last=False)
    sql = "SELECT coalesce(sum(size), 0) FROM blob WHERE station = ? AND done = 0"

    with server.database.write() as tx:
        if tx.postgres:
            tx.run("SET LOCAL enable_seqscan = off")  # a table of one row is read as a whole, whatever there is
        steps = tx.all(("EXPLAIN " if tx.postgres else "EXPLAIN QUERY PLAN ") + sql, (desk.id,))

    assert "ix_blob" in str([tuple(step) for step in steps])
