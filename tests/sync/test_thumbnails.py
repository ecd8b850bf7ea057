"""The small picture of a photo is at the other desk with its record, on whatever way that comes, and goes with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from deskapp.clock import new_uuid7
from deskapp.commands.tickets import open_ticket
from deskapp.models import backup, schema
from deskapp.models.act_session import driver_of
from deskapp.models.columns import travelling
from deskapp.models.erasing import finish
from deskapp.models.piece import Entry, Piece, Result
from deskapp.models.stock import Attachment
from deskapp.models.store import Changes
from deskapp.models.sync_state import BlobTransfer, SyncExtra
from deskapp.queries.around import journal_details
from deskapp.queries.orders import order_files
from deskapp.queries.outbox import acts_after
from deskapp.queries.sync_page import outcomes
from deskapp.queries.syncing import refused_acts
from deskapp.rules.small_pictures import LONGEST_TEXT
from deskapp.server import acts, aside, erasing, feed
from deskapp.server.archive import read_archive
from deskapp.server.check import check
from deskapp.server.service import Options, Server
from deskapp.sync.audit import sums
from deskapp.sync.exchange import Exchange
from deskapp.sync.framing import dump
from deskapp.sync.outbox import unsent
from deskapp.sync.transport import Answer
from tests.conftest import KEY
from tests.server.station import Clock, change, create, desk_at, fact
from tests.small_photos import thumbnail
from tests.sync.desks import Desk
from tests.sync.test_disagreements import desks, settle  # noqa: F401 (a fixture of a fixture)
from tests.sync.test_erasing import FORM, NAME, PHONE, Whole, bytes_of, readable, server_of
from tests.sync.test_erasing_photos import Carrying, both, erased, has, name_of  # noqa: F401 (a fixture)
from tests.sync.test_odd_stories import attached


def ticket_of(desk: Desk) -> str:
    return str(desk.store.run(open_ticket(form=FORM), by=desk.boss).result.ticket_id)


def seen(desk: Desk, record: str) -> str:
    with desk.store.read() as session:
        return session.get_one(Attachment, record).thumbnail


class Slow(Carrying):
    """A line on which no photo has come down yet."""

    def send(self, method: str, target: str, *rest: Any, **more: Any) -> Answer:
        if method == "GET" and target.startswith("/v1/blob"):
            return Answer(404, {}, dump({"error": "not_found"}))
        return super().send(method, target, *rest, **more)


def test_it_is_there_with_the_record_while_the_photo_is_still_on_its_way(both: tuple[Desk, Desk]) -> None:  # noqa: F811
    one, two = both
    two.line, two.exchange = Slow(server_of(one)), None  # type: ignore[assignment]
    ticket, photo = ticket_of(one), os.urandom(9_000)
    record = attached(one, ticket, "photo", photo, thumbnail(1))
    attached(one, ticket, "signature", b"<svg/>")
    settle(both)

    with two.store.read() as session:
        files = order_files(session, [ticket], {}, {})
        assert [file.thumbnail for file in files] == [thumbnail(1), ""]
        waits = session.scalars(select(BlobTransfer).where(BlobTransfer.attachment_id == record)).one()
        assert (waits.way, waits.state, waits.done) == ("down", "waiting", 0)
    assert not has(two, photo)
    with one.store.read() as mine, two.store.read() as yours:
        scope = f"site:{one.store.facts.site_id}"
        assert sums(mine, scope) == sums(yours, scope)
    assert check(server_of(one).database) == []


def test_a_desk_that_fetches_the_whole_scope_has_it_too(both: tuple[Desk, Desk]) -> None:  # noqa: F811
    one, two = both
    record = attached(one, ticket_of(one), "photo", os.urandom(900), thumbnail(2))
    one.sync()
    server = server_of(one)
    with server.database.write() as tx:
        feed.forget_before(tx, server.clock() + 1)
    two.line, two.exchange = Whole(server), None  # type: ignore[assignment]
    two.sync()
    two.sync()
    assert seen(two, record) == thumbnail(2)


def test_the_journal_has_only_its_digest_and_heals_with_it(both: tuple[Desk, Desk], tmp_path: Path) -> None:  # noqa: F811
    one, _two = both
    record = attached(one, ticket_of(one), "photo", os.urandom(900), thumbnail(3))
    with one.store.read() as session:
        driver = driver_of(session)
        bodies = [body for (body,) in driver.execute("SELECT body FROM change_set ORDER BY seq")]
        assert thumbnail(3) not in "".join(bodies) and '"thumbnail":{"hmac":' in bodies[-1]
        (kept,) = driver.execute("SELECT value FROM personal_value WHERE name = 'thumbnail'").fetchone()
        assert kept == thumbnail(3)
        seq = driver.execute("SELECT max(seq) FROM change_set").fetchone()[0]
        shown = [value for change in journal_details(session, seq) for value in change.values.values()]
        assert thumbnail(3) not in shown and "image/jpeg" in shown, "nothing that anybody reads"
    backup.back_up(one.home, KEY, tmp_path / "x.deskbackup", 1)
    assert one.store.ask(lambda session: session.get_one(Attachment, record).thumbnail) == thumbnail(3)


def test_a_refused_act_shows_every_text_that_was_typed_and_no_small_picture(both: tuple[Desk, Desk]) -> None:  # noqa: F811
    one, _two = both
    attached(one, ticket_of(one), "photo", os.urandom(900), thumbnail(11))
    with one.store.read() as session:
        uid = driver_of(session).execute("SELECT uid FROM change_set ORDER BY seq DESC LIMIT 1").fetchone()[0]
    one.store.absorb(Piece(results=[Result(uid, "rejected", {"reason": "value"})]))
    with one.store.read() as session:
        shown = [*refused_acts(session)[0].words, *outcomes(session)[0].texts]
    assert thumbnail(11) not in shown and "image/jpeg" in shown


def test_a_record_that_lost_only_its_small_picture_keeps_its_photo(both: tuple[Desk, Desk]) -> None:  # noqa: F811
    one, two = both
    photo = os.urandom(900)
    record = attached(one, ticket_of(one), "photo", photo, thumbnail(12))
    settle(both)
    with two.store.read() as session:
        row = session.get_one(Attachment, record)
        told = {name: getattr(row, name) for name in travelling(Attachment)} | {"thumbnail": ""}
    scope = f"site:{two.store.facts.site_id}"
    two.store.absorb(Piece(entries=[Entry("fact", "attachment", record, told, scope=scope)], whole=True))
    finish(two.store)
    assert (seen(two, record), has(two, photo)) == ("", True)
    with two.store.read() as session:
        assert session.scalars(select(BlobTransfer.sha256)).all() == [name_of(photo)], "and carries it on"


def test_a_push_weighs_its_small_pictures_so_that_it_never_grows_too_large(both: tuple[Desk, Desk]) -> None:  # noqa: F811
    one, two = both
    ticket = ticket_of(one)
    one.sync()
    for number in range(12):
        attached(one, ticket, "photo", os.urandom(50), thumbnail(number))
    attached(one, ticket, "signature", b"<svg/>")
    with one.store.read() as session:
        newest = driver_of(session).execute("SELECT max(seq) FROM change_set").fetchone()[0]
        some, more = acts_after(session, newest - 13, most=2_000, most_bytes=5 * LONGEST_TEXT)
        assert (len(some), more) == (4, True)
        assert len(unsent(session, newest - 13).sets) == 13, "but as a rule all go at once"
    settle(both)
    with two.store.read() as session:
        rows = session.scalars(select(Attachment).order_by(Attachment.n)).all()
        assert [row.thumbnail for row in rows] == [*map(thumbnail, range(12)), ""]


# -- it goes with the photo ----------------------------------------------------------------


def test_erased_with_the_photo_it_stands_nowhere_at_the_server_or_at_any_desk(both: tuple[Desk, Desk]) -> None:  # noqa: F811
    one, two = both
    server, ticket, photo = server_of(one), ticket_of(one), os.urandom(9_000)
    record = attached(one, ticket, "photo", photo, thumbnail(4))
    settle(both)
    assert thumbnail(4) in readable(one.store) and thumbnail(4).encode() in bytes_of(server)
    assert [seen(desk, record) for desk in both] == [thumbnail(4)] * 2

    erased(server, NAME, PHONE)
    settle(both)
    with server.database.write() as tx:
        assert erasing.forget_in_logs(tx, server.clock() + erasing.GRACE_MS) > 0
    settle(both)

    assert thumbnail(4).encode() not in bytes_of(server)
    for desk in both:
        assert (seen(desk, record), has(desk, photo)) == ("", False)
        assert thumbnail(4) not in readable(desk.store)
        assert backup.back_up(desk.home, KEY, desk.home.root / "x.deskbackup", 1)  # the chain still holds
    with one.store.read() as mine, two.store.read() as yours:
        scope = f"site:{one.store.facts.site_id}"
        assert sums(mine, scope) == sums(yours, scope)
    assert check(server.database) == []


def test_a_desk_that_was_away_for_long_lets_it_go_when_it_fetches_the_scope(both: tuple[Desk, Desk]) -> None:  # noqa: F811
    one, two = both
    server = server_of(one)
    record = attached(one, ticket_of(one), "photo", os.urandom(500), thumbnail(5))
    settle(both)
    assert seen(two, record) == thumbnail(5)

    erased(server, NAME, PHONE)
    with server.database.write() as tx:
        feed.forget_before(tx, server.clock() + 1)
    two.line, two.exchange = Whole(server), None  # type: ignore[assignment]
    two.sync()
    two.sync()

    assert thumbnail(5) not in readable(two.store)


def test_an_act_that_was_never_sent_goes_without_what_was_erased_of_it(both: tuple[Desk, Desk]) -> None:  # noqa: F811
    one, two = both
    server, ticket, photo = server_of(one), ticket_of(one), os.urandom(700)
    record = attached(one, ticket, "photo", photo, thumbnail(6))
    settle(both)
    erased(server, NAME, PHONE)
    settle(both)
    with one.store.read() as session:
        acts_of = [one for one in unsent(session, 0).sets if record in one.body.decode()]
    assert [one.personal for one in acts_of] == [()]
    other = desk_at(server, "FZ-A1")  # somebody else brings the same: digests alone are taken
    other.act(fact("attachment", subject_kind="service_ticket", subject_id=ticket, kind="photo", sha256=name_of(photo),
                   mime="image/jpeg", size=700, caption="", thumbnail={"hmac": "ab" * 32}))  # fmt: skip
    assert other.sync().results == ()


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Server]:
    """A server that writes an archive."""
    server = Server(Options(str(tmp_path / "a.db"), tmp_path / "state", tmp_path / "archive"), Clock())
    yield server
    server.close()


def test_what_was_held_for_a_while_goes_out_of_the_archive_too_when_its_time_is_over(
    kept: Server, tmp_path: Path
) -> None:
    desk = desk_at(kept, "B01")
    desk.version = schema.VERSION
    order = create("repair_order", number="R1", site_id=desk.site, deliverer_name=NAME, ticket_id="")
    item = create("repair_item", order_id=order["id"], label_no="D1", device_id="d1")
    photo = fact("attachment", subject_kind="repair_item", subject_id=item["id"], kind="front", sha256="ab" * 32,
                 mime="image/jpeg", size=9, caption="", thumbnail=thumbnail(7))  # fmt: skip
    desk.act(order, item, fact("work_event", item_id=item["id"], move="check_in", to_state="checked_in"))
    desk.act(photo, personal={"thumbnail": thumbnail(7)})
    desk.sync()

    def said() -> str:
        frames = read_archive(tmp_path / "archive")
        return "".join(str((one.personal, one.keys)) for frame in frames for one in frame.sets)

    acts.erase(kept, [order["id"]], [NAME])
    assert thumbnail(7) in said() and photo["id"] in said(), "the device is in the house"
    desk.act(fact("work_event", item_id=item["id"], move="hand_out", to_state="picked_up"))
    desk.sync()
    kept.clock.now += 2 * 24 * 3_600_000  # type: ignore[attr-defined]
    assert (acts.erase_due(kept), acts.erase_due(kept)) == (1, 0)
    with kept.database.write() as tx:
        erasing.forget_in_logs(tx, kept.clock() + erasing.GRACE_MS)

    assert thumbnail(7) not in said() and photo["id"] not in said()
    assert thumbnail(7).encode() not in bytes_of(kept)
    assert check(kept.database) == []
    clock = kept.clock
    back = Server(Options(str(tmp_path / "new.db"), tmp_path / "state", tmp_path / "archive"), clock)
    back.replay(tmp_path / "archive")
    assert thumbnail(7).encode() not in bytes_of(back) and check(back.database) == []
    back.close()


def test_it_goes_where_acts_wait_and_where_they_were_set_aside(kept: Server) -> None:
    desk = desk_at(kept, "B01")
    desk.version = schema.VERSION
    order = create("repair_order", number="R1", site_id=desk.site, deliverer_name=NAME, ticket_id="")
    photo = fact("attachment", subject_kind="repair_order", subject_id=order["id"], kind="front", sha256="cd" * 32,
                 mime="image/jpeg", size=9, caption="", thumbnail=thumbnail(8))  # fmt: skip
    desk.act(order)
    desk.act(photo, personal={"thumbnail": thumbnail(8)})
    desk.sync()
    again = desk_at(kept, "B01")
    again.version = schema.VERSION
    again.act(
        {**photo, "uid": photo["uid"][:-1] + "0", "values": {**photo["values"], "thumbnail": thumbnail(8)}},
        change("repair_order", new_uuid7(), "note", note="下午来取"),
        personal={"thumbnail": thumbnail(8)},
    )  # fmt: skip
    again.sync()
    with kept.database.read() as tx:
        parked = [bytes(body) for (body,) in tx.all("SELECT body FROM parked")]
    assert parked and thumbnail(8).encode() in parked[0]
    kept.set_aside(again.row(), again.request(again.journal[-1:]).to_bytes(plain=True))
    with kept.database.read() as tx:
        assert thumbnail(8) in str(aside.listed(tx, again.row()))

    acts.erase(kept, [order["id"]], [NAME])
    with kept.database.write() as tx:
        erasing.forget_in_logs(tx, kept.clock() + erasing.GRACE_MS)

    assert thumbnail(8).encode() not in bytes_of(kept)
    with kept.database.read() as tx:
        listed = aside.listed(tx, again.row())
    assert listed and thumbnail(8) not in str(listed)
    assert check(kept.database) == []


# -- programs of other ages ----------------------------------------------------------------


def test_a_desk_without_room_for_it_keeps_it_beside_until_it_is_told_that_it_goes(
    both: tuple[Desk, Desk], monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:
    one, two = both
    server, ticket = server_of(one), ticket_of(one)
    strange = desk_at(server, "FZ-A1")
    strange.version = schema.VERSION + 1
    photo = fact("attachment", subject_kind="service_ticket", subject_id=ticket, kind="photo", sha256="ef" * 32,
                 mime="image/jpeg", size=9, caption="", thumbnail=thumbnail(9), face="赵大力的脸")  # fmt: skip
    one.sync()
    strange.act(photo)
    strange.sync()
    settle(both)
    with two.store.read() as session:
        assert session.get_one(SyncExtra, photo["id"]).values == {"face": "赵大力的脸"}

    told = {"face": "", **acts.erasing_photos.BLANK}  # as a server says it that knows this column
    monkeypatch.setattr(acts.erasing_photos, "BLANK", told)
    erased(server, NAME, PHONE)
    settle(both)

    assert "赵大力的脸" not in readable(two.store) and thumbnail(9) not in readable(two.store)


def test_a_photo_of_an_older_desk_has_none_and_nothing_is_amiss(both: tuple[Desk, Desk]) -> None:  # noqa: F811
    one, _two = both
    server, ticket = server_of(one), ticket_of(one)
    one.sync()
    older = desk_at(server, "FZ-A1")
    older.version = schema.VERSION - 1
    photo = fact("attachment", subject_kind="service_ticket", subject_id=ticket, kind="photo", sha256="0f" * 32,
                 mime="image/jpeg", size=9, caption="")  # fmt: skip
    older.act(photo)
    assert older.sync().results == ()
    settle(both)
    assert seen(one, photo["id"]) == ""
    with one.store.read() as session:
        assert session.execute(text("SELECT count(*) FROM sync_extra")).scalar_one() == 0


def test_whoever_shows_a_photo_hears_when_it_has_come_or_gone(both: tuple[Desk, Desk]) -> None:  # noqa: F811
    one, two = both
    photo = os.urandom(9_000)
    ticket = ticket_of(one)
    one.sync()
    attached(one, ticket, "photo", photo, thumbnail(10))
    heard: dict[str, list[Changes]] = {"one": [], "two": []}
    for name, desk in (("one", one), ("two", two)):
        told = heard[name].append
        desk.exchange = Exchange(desk.store, clock=desk.clock, line=desk.line, told=told)  # type: ignore[arg-type]
    settle(both)

    assert has(two, photo)
    for changes in heard.values():
        assert {f"{name_of(photo)}/{way}" for way in ("up", "down")} & {
            key for some in changes for key in some.ids("blob_transfer")
        }
