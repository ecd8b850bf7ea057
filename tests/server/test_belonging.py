"""Who belongs and who does not any more: what an old key can still do, what the book says, what a restore forgets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deskapp.clock import new_uuid7
from deskapp.server import acts, aside, stations
from deskapp.server.database import Database
from deskapp.server.identity import Epoch
from deskapp.server.known import Station
from deskapp.server.service import Options, Server
from deskapp.sync.messages import EnrolReply, EnrolRequest
from deskapp.sync.signing import StationKey, sign_words
from tests.server.station import Clock, Desk, create, desk_at, fact, new_code, open_site


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Server]:
    """A server on a file, where nothing depends on the database."""
    opened = Server(Options(str(tmp_path / "server.db"), tmp_path / "state", tmp_path / "archive"), Clock())
    yield opened
    opened.close()


def asked(key: StationKey, code: str = "", **more: Any) -> EnrolRequest:
    """Return a request to belong, signed by its own new key."""
    plain = EnrolRequest(code, key.public, more.pop("station", new_uuid7()), more.pop("number", 0), **more)
    return replace(plain, proof=sign_words(key, plain.words()))


def vouched(server: Server, by: Station) -> EnrolReply:
    return server.enrol(asked(StationKey.make()), by)


def book(server: Server, what: str) -> list[tuple[str, str, dict[str, Any]]]:
    """What the audit book says of one kind of act, oldest first: subject, by whom, detail."""
    with server.database.read() as tx:
        rows = reversed(stations.audit(tx))
        return [(subject, who, json.loads(detail)) for _at, kind, subject, who, detail in rows if kind == what]


def shut(server: Server, desk: Desk, **more: bool) -> list[Station]:
    with server.database.write() as tx:
        return stations.revoke(tx, desk.row(), server.clock(), "root", **more)


def test_whoever_an_old_key_let_in_is_shut_out_with_it(server: Server) -> None:
    stolen, other = desk_at(server, "B01"), desk_at(server, "B01")
    child = vouched(server, stolen.row())
    with server.database.read() as tx:
        row = stations.find(tx, child.station)
    assert row is not None
    grandchild = vouched(server, row)

    gone = shut(server, stolen)

    assert {one.id for one in gone} == {stolen.id, child.station, grandchild.station}
    assert other.row().state == "active"
    assert [subject for subject, _who, _detail in book(server, "revoke_lost")] == [one.id for one in gone]
    with pytest.raises(stations.CodeRefused):
        vouched(server, stolen.row())
    assert shut(server, stolen) == []


def test_the_family_is_found_from_any_of_its_members(small: Server) -> None:
    first = desk_at(small, "B01")
    second = vouched(small, first.row())
    with small.database.read() as tx:
        child = stations.find(tx, second.station)
        assert child is not None
        family = stations.family(tx, child)
    one = Desk(small, id=second.station)

    assert [member.id for member in family] == [
        member.id for member in sorted((first.row(), child), key=lambda m: m.no)
    ]
    assert [member.id for member in shut(small, one, only=True)] == [second.station]
    assert first.row().state == "active"


def test_a_key_vouches_no_longer_once_its_station_is_lost_retiring_or_retired(small: Server) -> None:
    desk = desk_at(small, "B01")
    before = desk.row()
    for state in ("lost", "retiring", "retired"):
        with small.database.write() as tx:
            tx.run("UPDATE station SET state = ? WHERE id = ?", (state, desk.id))

        with pytest.raises(stations.CodeRefused):
            vouched(small, before)  # let in a moment before, judged by what holds now
    with small.database.read() as tx:
        assert len(stations.listed(tx)) == 1


def test_one_key_takes_so_many_names_a_day_and_no_more(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stations, "MOST_VOUCHED", 3)
    desk = desk_at(server, "B01")
    for _one in range(3):
        vouched(server, desk.row())

    with pytest.raises(stations.CodeRefused):
        vouched(server, desk.row())

    assert book(server, "enrol_refused")[-1][2]["why"] == "too many by one key"
    server.clock.now += stations.DAY_MS  # type: ignore[attr-defined]
    vouched(server, desk.row())


def test_a_lost_station_comes_in_under_its_own_name_by_no_code(small: Server) -> None:
    desk = desk_at(small, "B01")
    shut(small, desk)
    code = new_code(small, "B01")

    with pytest.raises(stations.CodeRefused):
        small.enrol(asked(desk.key, code, station=desk.id))
    with pytest.raises(stations.CodeRefused):
        small.enrol(asked(StationKey.make(), code, station=desk.id))

    assert small.enrol(asked(StationKey.make(), code)).site_id == desk.site  # the code was not spent on them


def test_the_name_of_the_server_itself_and_names_that_are_none_belong_to_nobody(small: Server) -> None:
    open_site(small, "B01")
    code = new_code(small, "B01")
    wrong = (acts.SERVER, "0" * 36, new_uuid7().upper(), "-" * 36, new_uuid7()[:-1] + "\n")

    for name in wrong:
        with pytest.raises(stations.CodeRefused):
            small.enrol(asked(StationKey.make(), code, station=name))
    for more in ({"name": "a\0b"}, {"site_name": "x" * 201}):
        with pytest.raises(stations.CodeRefused):
            small.enrol(asked(StationKey.make(), code, **more))

    small.enrol(asked(StationKey.make(), code))


def test_the_book_tells_of_every_try_with_a_code_that_was_given_out(small: Server) -> None:
    open_site(small, "B01")
    code = new_code(small, "B01")
    tried = [code[:4] + "-2222-2222", "2222-2222-2222", code, code]
    for one in tried:
        try:
            small.enrol(asked(StationKey.make(), one))
        except stations.CodeRefused:
            continue

    assert [detail["why"] for _subject, _who, detail in book(small, "enrol_refused")] == ["wrong", "used"]
    assert len(book(small, "enrol")) == 1
    assert len(book(small, "code")) == 1


def test_what_a_lost_station_sends_is_kept_without_its_card_numbers_until_somebody_decides(server: Server) -> None:
    desk = desk_at(server, "B01")
    desk.act(create("merchant", name="店"))
    desk.sync()
    shut(server, desk)
    ticket = create("service_ticket", number="T1", site_id=desk.site, words="卡号 6222020000000000000 见")
    desk.act(ticket, personal={"number": "T1"})
    plain = desk.request().to_bytes()
    server.set_aside(desk.row(), plain)
    server.set_aside(desk.row(), plain)
    server.set_aside(desk.row(), b"{")
    with server.database.read() as tx:
        found = aside.listed(tx, desk.row())
        raw = b"".join(bytes(body) for (body,) in tx.all("SELECT body FROM set_aside"))
        waiting = aside.waiting(tx)

    assert waiting == [(desk.no, "窗口", 1)]
    assert [one.command for push in found for one in push.sets] == ["test"]
    assert b"6222020000000000000" not in raw
    sets = [one for push in found for one in push.sets]
    assert sets[0].ops[0].values["words"].endswith("0000 见")
    assert server.take_again(desk.row(), sets) == 1
    assert desk.row().seq == 2
    assert len(book(server, "set_aside")) == 1


def test_only_so_much_of_a_lost_station_is_kept(small: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "MOST", 3)
    desk = desk_at(small, "B01")
    shut(small, desk)
    for number in range(5):
        desk.act(create("merchant", name=f"店{number}"))
        small.set_aside(desk.row(), desk.request().to_bytes())

    with small.database.read() as tx:
        assert tx.one("SELECT count(*) FROM set_aside") == (3,)


# -- restores ----------------------------------------------------------------------------


def opened(place: Path, folder: Path, clock: Clock, archive: Path | None = None) -> Server:
    return Server(Options(str(place), folder, archive), clock)


def test_a_restore_lets_nobody_in_who_was_lost_since(tmp_path: Path) -> None:
    place, kept, clock = tmp_path / "server.db", tmp_path / "old.db", Clock()
    server = opened(place, tmp_path / "state", clock)
    desk = desk_at(server, "B01")
    server.database.backup(kept)
    desk.act(create("merchant", name="店"))
    desk.sync()
    server.epoch.shut_out(one.id for one in shut(server, desk))
    before = server.epoch.value
    server.close()
    kept.replace(place)

    back = opened(place, tmp_path / "state", clock)
    desk.server = back

    assert back.epoch.value != before
    assert desk.row().state == "lost"
    assert book(back, "revoke_lost") == [(desk.id, "restore", {"no": desk.no, "named": desk.no})]
    back.close()


def test_the_archive_knows_who_came_and_who_was_shut_out_since_the_backup(tmp_path: Path) -> None:
    place, kept, archive, clock = tmp_path / "server.db", tmp_path / "old.db", tmp_path / "archive", Clock()
    server = opened(place, tmp_path / "state", clock, archive)
    old = desk_at(server, "B01")
    server.database.backup(kept)
    fresh, lost = desk_at(server, "B02"), desk_at(server, "B02")
    with server.database.write() as tx:
        acts.act(tx, "add_site", [acts.site_record(new_uuid7(), "B09", "新局")], clock(), server.archive)
    for desk in (old, fresh, lost):
        desk.act(create("service_ticket", number="T", site_id=desk.site))
        desk.sync()
    with server.database.write() as tx:
        for one in stations.revoke(tx, lost.row(), clock()):
            server.archive_station(tx, one.id)
    server.close()
    kept.replace(place)

    back = opened(place, tmp_path / "elsewhere", clock, archive)
    taken = back.replay(archive)
    for desk in (old, fresh, lost):
        desk.server = back

    assert taken == 4
    assert [desk.row().seq for desk in (old, fresh, lost)] == [1, 1, 1]
    assert [desk.row().state for desk in (old, fresh, lost)] == ["active", "active", "lost"]
    assert fresh.row().public == fresh.key.public
    with back.database.read() as tx:
        assert [site.code for site in stations.sites(tx)] == ["B01", "B02", "B09"]
    assert back.replay(archive) == 0
    back.close()


def test_two_processes_with_folders_of_their_own_agree_on_one_epoch(url: str, tmp_path: Path) -> None:
    clock = Clock()
    one = Server(Options(url, tmp_path / "one"), clock)
    two = Server(Options(url, tmp_path / "two"), clock)
    assert one.epoch.value == two.epoch.value == two.gate.epoch
    desk = desk_at(one, "B01")
    desk.act(create("merchant", name="店"))
    desk.sync()
    for server in (one, two):
        server.remember()
    with one.database.write() as tx:
        tx.run("DELETE FROM log WHERE n > 0")
        tx.run("UPDATE head SET n = 0, chain = ''")

    two.remember()
    one.remember()

    assert one.epoch.value == two.epoch.value == one.gate.epoch
    assert one.epoch.count == 2
    one.close()
    two.close()
    assert Epoch.at(tmp_path / "one" / "epoch.json").value == Epoch.at(tmp_path / "two" / "epoch.json").value


def test_an_epoch_raised_by_hand_reaches_a_server_that_is_at_work(tmp_path: Path) -> None:
    server = opened(tmp_path / "server.db", tmp_path / "state", Clock())
    Epoch.at(tmp_path / "state" / "epoch.json").raise_()

    server.remember()

    assert server.epoch.count == 2
    assert server.gate.epoch == server.epoch.value == Epoch.at(tmp_path / "state" / "epoch.json").value
    server.close()


def test_a_damaged_file_of_the_epoch_costs_an_epoch_and_nothing_else(tmp_path: Path) -> None:
    server = opened(tmp_path / "server.db", tmp_path / "state", Clock())
    server.close()
    (tmp_path / "state" / "epoch.json").write_text("{")

    back = opened(tmp_path / "server.db", tmp_path / "state", Clock())

    assert back.epoch.value == server.epoch.value  # the database knew it
    back.close()


def test_half_a_frame_of_the_archive_hides_nothing_behind_it(small: Server, tmp_path: Path, monkeypatch: Any) -> None:
    import os

    desk = desk_at(small, "B01")
    desk.act(create("merchant", name="一"))
    true_fsync, failed = os.fsync, []

    def full(handle: int) -> None:
        if not failed:
            failed.append(handle)
            os.ftruncate(handle, os.fstat(handle).st_size - 5)
            raise OSError(28, "no space left")
        true_fsync(handle)

    monkeypatch.setattr("deskapp.server.archive.os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        desk.exchange()
    desk.sync()
    desk.act(fact("ticket_event", ticket_id=new_uuid7(), kind="note", words="二"))
    desk.sync()
    empty = Server(Options(str(tmp_path / "empty.db"), tmp_path / "other"), small.clock)

    assert empty.replay(tmp_path / "archive") == 2
    empty.close()


def test_a_database_that_is_not_there_is_told_in_words() -> None:
    from deskapp.errors import Unavailable

    with pytest.raises(Unavailable, match="cannot be reached"):
        Database("postgresql://desk@127.0.0.1:1/desk")
