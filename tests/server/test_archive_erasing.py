"""Old files of the archive are written anew without whoever was erased, also while a server appends; backups go."""

from __future__ import annotations

from pathlib import Path

import pytest

from deskapp.clock import system_clock
from deskapp.models.striking import MARK
from deskapp.server import acts, archive, archive_erasing, copies, erasing, keeping
from deskapp.server.archive import read_archive
from deskapp.server.check import check
from deskapp.server.service import Options, Server
from tests.server.live import command
from tests.server.station import Clock, change, create, desk_at, fact

NAME, PHONE, OTHER = "赵大力", "13800000222", "13900000777"


def said(folder: Path) -> str:
    return "\n".join(
        str([(one.body.decode(), one.personal, one.keys) for one in frame.sets]) for frame in read_archive(folder)
    )


def ticket_at(server: Server) -> str:
    """A ticket of the person whose words say the number, a note that says the name, and somebody else's ticket."""
    desk = desk_at(server, "B01")
    ticket = create("service_ticket", number="T1", site_id=desk.site, caller_name=NAME, callback_phone=PHONE,
                    words=f"回电 138-0000-0222 找{NAME}")  # fmt: skip
    other = create("service_ticket", number="T2", site_id=desk.site, caller_name="李娟", callback_phone=OTHER,
                   words="别的")  # fmt: skip
    desk.act(ticket, personal={"caller_name": NAME, "callback_phone": PHONE})
    desk.act(fact("ticket_event", ticket_id=ticket["id"], kind="note", to_state="", words=f"{NAME}来过", data={}))
    desk.act(other, personal={"caller_name": "李娟", "callback_phone": OTHER})
    desk.act(change("service_ticket", ticket["id"], "words", words=f"不再找{NAME}"))
    desk.sync()
    return str(ticket["id"])


def test_the_archive_is_written_anew_and_a_restore_from_it_has_no_person(tmp_path: Path, url: str) -> None:
    clock, folder = Clock(), tmp_path / "archive"
    server = Server(Options(url, tmp_path / "state", folder), clock)
    ticket = ticket_at(server)
    before = [frame.now for frame in read_archive(folder)]
    assert [word in said(folder) for word in (NAME, PHONE, "138-0000-0222", OTHER)] == [True] * 4

    archive_erasing.turn(folder)
    with server.database.read() as tx:
        ids = [one.id for one in erasing.find(tx, [NAME, PHONE])]
    assert (ids, acts.erase(server, ids, [NAME, PHONE])) == ([ticket], 2)
    with server.database.read() as tx:
        done = archive_erasing.erase(folder, erasing.erased_so_far(tx), [NAME, PHONE])
    again = archive_erasing.erase(folder, archive_erasing.Erased({ticket: ("caller_name",)}, frozenset()), [NAME])
    server.close()

    assert (done, again.files) == (archive_erasing.Rewritten(1), 0)
    told = said(folder)
    assert [word in told for word in (NAME, PHONE, "138-0000-0222", "李娟", OTHER, MARK)] == [False] * 3 + [True] * 3
    assert [frame.now for frame in read_archive(folder)][: len(before)] == before
    back = Server(Options(str(tmp_path / "new.db"), tmp_path / "state", folder), clock)
    assert back.replay(folder) == 5
    with back.database.read() as tx:
        assert erasing.find(tx, [NAME, PHONE]) == []
        assert erasing.texts_with(tx, [NAME, PHONE], [ticket], everywhere=True).hits == ()
    assert check(back.database) == []
    back.close()


def test_whoever_appends_goes_on_in_a_new_file_and_a_torn_end_is_named(tmp_path: Path) -> None:
    appending = archive.Archive(tmp_path)
    appending.note({"first": 1}, 1_780_000_000_000)
    archive_erasing.turn(tmp_path)
    (old,) = tmp_path.glob("*.deskarchive")
    torn = old.read_bytes() + b"\x00\x00\x00\x09torn"
    old.write_bytes(torn)
    appending.note({"second": 2}, 1_780_000_000_001)
    appending.note({"third": 3}, 1_780_000_000_002)

    done = archive_erasing.erase(tmp_path, archive_erasing.Erased({}, frozenset()), [NAME])
    appending.close()

    assert done == archive_erasing.Rewritten(0, (old.name,)) and old.read_bytes() == torn
    assert len(list(tmp_path.glob("*.deskarchive"))) == 2
    assert [frame.told for frame in read_archive(tmp_path)] == [{"first": 1}, {"second": 2}, {"third": 3}]


def test_a_backup_of_before_is_named_then_wrong_then_removed_by_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    server = Server(Options(str(tmp_path / "server.db"), tmp_path, tmp_path / "archive"))
    ticket_at(server)
    server.close()
    words = ("--archive", str(tmp_path / "archive"))
    command(tmp_path, *words, "backup", str(tmp_path / "old.deskserver"))

    shown = command(tmp_path, *words, "person", NAME, PHONE)
    told = command(tmp_path, *words, "person", NAME, PHONE, "--erase")

    assert NAME not in shown and "0222" not in shown and shown.count("words") == 2 and MARK in shown
    assert "old.deskserver is older" in told and "1 file of the archive was written anew" in told
    later = Server(Options(str(tmp_path / "server.db"), tmp_path), lambda: system_clock() + erasing.GRACE_MS + 1)
    assert [one.values["place"] for one in keeping.look(later)] == [str(tmp_path / "old.deskserver")]
    assert copies.backup(later.database, later.options.url, tmp_path / "new.deskserver") == ""
    keeping.backed_up(later, tmp_path / "new.deskserver")
    assert not (tmp_path / "old.deskserver").exists() and (tmp_path / "new.deskserver").exists()
    assert keeping.look(later) == []
    later.close()
