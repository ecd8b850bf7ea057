"""A person is erased with photos and signatures: at the server, at the desks that have them, and for ever."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select, text

from deskapp.commands.tickets import open_ticket
from deskapp.errors import Unavailable
from deskapp.models import sync_state
from deskapp.models.blobs import Blobs
from deskapp.models.stock import Attachment
from deskapp.models.sync_state import BlobTransfer
from deskapp.queries.orders import order_files
from deskapp.server import acts, blobs, erasing, erasing_photos, feed, missing, stations
from deskapp.server.check import check
from deskapp.server.service import Options, Server
from deskapp.sync.audit import sums
from deskapp.sync.framing import dump
from deskapp.sync.signing import read_header
from deskapp.sync.transport import READ_S, Answer
from tests.server.station import Clock, create, desk_at, fact
from tests.sync.desks import Desk
from tests.sync.direct import Direct
from tests.sync.test_disagreements import desks, settle  # noqa: F401 (a fixture)
from tests.sync.test_erasing import FORM, NAME, PHONE, Whole, bytes_of, server_of
from tests.sync.test_odd_stories import attached

DAY = 24 * 3600 * 1000


class Carrying(Direct):
    """A line that carries photos as well."""

    def __call__(self, _address: object) -> Carrying:
        return self

    def send(
        self, method: str, target: str, body: bytes, headers: Mapping[str, str], *, read_s: float = READ_S,
        half: bool = False,
    ) -> Answer:  # fmt: skip
        server, found = self.server, re.match(r"/v1/blob/([0-9a-f]{64})", target)
        with server.database.read() as tx:
            station = stations.find(tx, read_header(headers["Authorization"]).station)
            assert station is not None
            if target.startswith("/v1/missing"):
                return Answer(200, {}, dump({"files": missing.of_station(tx, station)}))
            if found is None:
                return super().send(method, target, body, headers, read_s=read_s, half=half)
            if method == "HEAD":
                state = blobs.wanted(tx, found[1])
                return Answer(200 if state.whole else 204, {"upload-offset": str(state.size)}, b"")
            if method == "GET":
                size = blobs.size_for(tx, station, found[1])
                whole = b"".join(bytes(row[0]) for row in tx.all(
                    "SELECT content FROM blob_piece WHERE sha256 = ? ORDER BY start", (found[1],)))  # fmt: skip
                return Answer(404, {}, dump({"error": "not_found"})) if size is None else Answer(200, {}, whole)
        asked = parse_qs(urlsplit(target).query)
        piece = blobs.Piece(found[1], int(asked["offset"][0]), body, asked["digest"][0], "last" in asked)
        state = blobs.append(server.database, station, piece, server.clock())
        return Answer(200 if state.whole else 204, {"upload-offset": str(state.size)}, b"")


@pytest.fixture
def both(desks: tuple[Desk, Desk]) -> tuple[Desk, Desk]:  # noqa: F811
    """Two desks of one branch whose line carries photos too."""
    line = Carrying(server_of(desks[0]))
    for desk in desks:
        desk.line, desk.exchange = line, None  # type: ignore[assignment]
    return desks


def name_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def has(desk: Desk, content: bytes) -> bool:
    try:
        return Blobs(desk.home.blobs, desk.store.key).fetch(name_of(content)) == content
    except Unavailable:
        return False


def at_server(server: Server) -> set[str]:
    with server.database.read() as tx:
        return {sha256 for (sha256,) in tx.all("SELECT sha256 FROM blob WHERE done = 1")}


def erased(server: Server, *words: str) -> int:
    with server.database.read() as tx:
        found = erasing.find(tx, words)
    return acts.erase(server, [one.id for one in found], words)


def test_photos_of_a_person_go_at_the_server_and_at_every_desk_and_nobody_brings_them_again(
    both: tuple[Desk, Desk],
) -> None:
    one, two = both
    server = server_of(one)
    ticket = one.store.run(open_ticket(form=FORM), by=one.boss).result.ticket_id
    other = one.store.run(open_ticket(form=FORM.__class__(**{
        **{name: getattr(FORM, name) for name in FORM.__slots__}, "caller_name": "别人", "callback_phone": "13900000999"
    })), by=one.boss).result.ticket_id  # fmt: skip
    photo, shared, kept = os.urandom(9_000), os.urandom(8_000), os.urandom(7_000)
    record = attached(one, ticket, "photo", photo)
    attached(one, ticket, "photo", shared)
    attached(one, other, "photo", shared)
    attached(one, other, "photo", kept)
    settle(both)
    assert at_server(server) == {name_of(each) for each in (photo, shared, kept)}
    assert [has(desk, photo) for desk in both] == [True, True]

    assert erased(server, NAME, PHONE) == 3
    settle(both)

    assert at_server(server) == {name_of(shared), name_of(kept)}, "another record names it"
    for desk in both:
        assert [has(desk, each) for each in (photo, shared, kept)] == [False, True, True]
        with desk.store.read() as session:
            row = session.get_one(Attachment, record)
            assert (row.sha256, row.size, row.kind) == ("", 0, "photo")
            assert session.scalars(select(BlobTransfer).where(BlobTransfer.sha256 == name_of(photo))).all() == []
            assert sync_state.state(session, "blobs_due") == ""
            assert order_files(session, [ticket], {}, {}) == (), "nothing is shown that cannot be"
    assert photo not in bytes_of(server)
    with server.database.read() as tx:
        told = [what for _at, what, subject, _who, _detail in stations.audit(tx) if subject == record]
        assert missing.find(tx) == []
    assert told == ["erase_photo"]
    with one.store.read() as mine, two.store.read() as yours:
        scope = f"site:{one.store.facts.site_id}"
        assert sums(mine, scope) == sums(yours, scope)
    # A desk that was set back to an old image has it again: it is told that it is here, and sends nothing.
    Blobs(two.home.blobs, two.store.key).keep(photo, "image/jpeg", 1)
    station = desk_row(server, two)
    piece = blobs.Piece(name_of(photo), 0, photo, name_of(photo), True)
    assert blobs.append(server.database, station, piece, server.clock()).whole
    assert name_of(photo) not in at_server(server)
    assert check(server.database) == []


def desk_row(server: Server, desk: Desk) -> stations.Station:
    with server.database.read() as tx:
        found = stations.find(tx, desk.store.facts.station)
    assert found is not None
    return found


def test_a_desk_that_was_away_for_long_destroys_its_copy_when_it_fetches_the_scope(both: tuple[Desk, Desk]) -> None:
    one, two = both
    server, photo = server_of(one), os.urandom(5_000)
    ticket = one.store.run(open_ticket(form=FORM), by=one.boss).result.ticket_id
    attached(one, ticket, "photo", photo)
    settle(both)
    assert has(two, photo)

    erased(server, NAME, PHONE)
    with server.database.write() as tx:
        feed.forget_before(tx, server.clock() + 1)
    two.line, two.exchange = Whole(server), None  # type: ignore[assignment]
    two.sync()
    two.sync()

    assert not has(two, photo)
    with two.store.read() as session:
        assert session.execute(text("SELECT count(*) FROM attachment WHERE sha256 = ''")).scalar_one() == 1


def signed(server: Server, *, out: bool, sides: bool = False) -> tuple[str, dict[str, str]]:
    """An order with what its deliverer and its collector signed, and a photo; returns the order and the files."""
    desk = desk_at(server, "B01")
    order = create("repair_order", number="R1", site_id=desk.site, deliverer_name=NAME, ticket_id="")
    item = create("repair_item", order_id=order["id"], label_no="D1", device_id="d1")
    pickup = fact("pickup", order_id=order["id"], receipt_no="C1", collector_name="王小明")
    files = {
        name: fact("attachment", subject_kind=kind, subject_id=subject, kind=what, sha256=name_of(name.encode()),
                   mime="image/png", size=1, caption="")
        for name, kind, subject, what in (
            ("delivered", "repair_order", order["id"], "signature"), ("collected", "pickup", pickup["id"], "signature"),
            ("looks", "repair_item", item["id"], "photo"),
        )
    }  # fmt: skip
    state = "picked_up" if out else "ready_for_pickup"
    moved = fact("work_event", item_id=item["id"], move="hand_out", to_state=state)
    desk.act(order, item, pickup, moved, *files.values())
    desk.sync()
    return order["id"], {name: one["id"] for name, one in files.items()}


@pytest.fixture
def alone(tmp_path: Path):  # type: ignore[no-untyped-def]
    server = Server(Options(str(tmp_path / "a.db"), tmp_path / "state", tmp_path / "archive"), Clock())
    yield server
    server.close()


def left(server: Server, files: Mapping[str, str]) -> set[str]:
    """The files that still have a name."""
    with server.database.read() as tx:
        named = {record for (record,) in tx.all("SELECT record FROM blob_ref")}
    return {name for name, record in files.items() if record in named}


def test_what_somebody_signed_is_held_until_nothing_can_be_claimed_from_it_and_then_goes_by_itself(
    alone: Server,
) -> None:
    order, files = signed(alone, out=True)
    with alone.database.read() as tx:
        found = {one.id: one.until for one in erasing_photos.find(tx, [order], [NAME], alone.clock())}
    assert set(found) == {files["delivered"], files["looks"]}, "what the collector signed is the collector's"
    assert found[files["looks"]] == 0 and 1_000 * DAY < found[files["delivered"]] - alone.clock() < 1_100 * DAY

    acts.erase(alone, [order], [NAME])
    assert left(alone, files) == {"delivered", "collected"}
    alone.clock.now += 1_000 * DAY  # type: ignore[attr-defined]
    assert acts.erase_due(alone) == 0
    alone.clock.now += 100 * DAY  # type: ignore[attr-defined]
    assert acts.erase_due(alone) == 1 and left(alone, files) == {"collected"}
    assert acts.erase_due(alone) == 0
    assert check(alone.database) == []


def test_a_photo_of_a_device_that_is_in_the_house_is_held_until_it_has_left(alone: Server) -> None:
    order, files = signed(alone, out=False)
    acts.erase(alone, [order], [NAME])
    assert left(alone, files) == {"delivered", "collected", "looks"}
    alone.clock.now += 2 * DAY  # type: ignore[attr-defined]
    assert acts.erase_due(alone) == 0, "it is still here"
    with alone.database.read() as tx:
        (item,) = tx.one("SELECT id FROM record WHERE entity = 'repair_item'")
    desk = desk_at(alone, "B01")
    desk.act(fact("work_event", item_id=item, move="hand_out", to_state="picked_up"))
    desk.sync()
    alone.clock.now += 2 * DAY  # type: ignore[attr-defined]
    assert acts.erase_due(alone) == 1 and left(alone, files) == {"delivered", "collected"}


def test_a_restore_destroys_again_what_came_back_with_the_backup(tmp_path: Path) -> None:
    clock = Clock()
    server = Server(Options(str(tmp_path / "a.db"), tmp_path / "state", tmp_path / "archive"), clock)
    server.database.backup(tmp_path / "older.db")
    order, files = signed(server, out=True)
    server.database.backup(tmp_path / "old.db")
    acts.erase(server, [order], [NAME])
    server.close()

    for name in ("old.db", "older.db"):  # with the records, and from before them
        back = Server(Options(str(tmp_path / name), tmp_path / "state", tmp_path / "archive"), clock)
        back.replay(tmp_path / "archive")
        assert left(back, files) <= {"delivered", "collected"}, name
        with back.database.read() as tx:
            assert [row[0] for row in tx.all("SELECT record FROM photo_held")] == [files["delivered"]], name
        assert check(back.database) == []
        back.close()
