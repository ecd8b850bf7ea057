"""The journal's copy on another disk: caught up, left behind, made up for, and found by a restore."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from deskapp.commands.setup import add_shelf
from deskapp.models import backup, copy, replay
from deskapp.models.people import Shelf
from deskapp.models.second_copy import Standing, file_in, follow
from deskapp.models.store import Store
from deskapp.paths import Home
from tests.conftest import KEY, FixedClock, People


@pytest.fixture
def usb(tmp_path: Path) -> Path:
    folder = tmp_path / "usb"
    folder.mkdir()
    return folder


def codes(store: Store) -> list[str]:
    return store.ask(lambda session: list(session.scalars(select(Shelf.code).order_by(Shelf.code))))


def test_without_a_folder_there_is_no_second_place(store: Store) -> None:
    assert follow(store, "").standing is Standing.OFF


def test_every_act_is_there_once_however_often_it_is_looked_after(store: Store, people: People, usb: Path) -> None:
    for code in ("A-1", "A-2", "A-3"):
        store.run(add_shelf(code=code), by=people.admin)
        second = follow(store, str(usb))

    head = store.ask(replay.head)[0]
    entries = copy.read_entries(file_in(usb, store.facts.store_id), KEY, 0)
    assert second.standing is Standing.SAME_DISK and second.head == head
    assert [entry.seq for entry in entries] == list(range(1, head + 1))


def test_a_disk_that_is_gone_stops_nothing_and_is_made_up_for(store: Store, people: People, usb: Path) -> None:
    follow(store, str(usb))
    away = usb.rename(usb.with_name("pulled out"))
    for number in range(7):
        store.run(add_shelf(code=f"B-{number}"), by=people.admin)
        assert follow(store, str(usb)).standing is Standing.MISSING
    away.rename(usb)

    assert follow(store, str(usb)).head == store.ask(replay.head)[0]


def test_a_folder_that_takes_no_file_is_told_and_nothing_is_raised(store: Store, usb: Path) -> None:
    file_in(usb, store.facts.store_id).mkdir()

    assert follow(store, str(usb)).standing is Standing.FAILED


def test_a_damaged_copy_is_set_aside_and_begun_anew(store: Store, usb: Path) -> None:
    file_in(usb, store.facts.store_id).write_bytes(b"not a journal at all" * 500)

    assert follow(store, str(usb)).head == store.ask(replay.head)[0]
    assert len(list(usb.glob("*.damaged"))) == 1


def test_on_a_new_computer_a_restore_takes_the_copy_beside_the_backup(
    store: Store, people: People, home: Home, usb: Path, clock: FixedClock, tmp_path: Path
) -> None:
    store.run(add_shelf(code="BEFORE"), by=people.admin)
    file = usb / "desk.deskbackup"
    backup.back_up(home, KEY, file, clock())
    store.run(add_shelf(code="AFTER"), by=people.admin)
    last = max(store.ask(lambda session: session.scalars(select(Shelf.label_no)).all()))
    follow(store, str(usb))
    store.close()

    new = Home(tmp_path / "new")
    backup.restore(file, new, KEY, clock())

    with Store(new, KEY, clock=clock) as opened:
        assert codes(opened) == ["AFTER", "BEFORE"]
        opened.run(add_shelf(code="NEXT"), by=people.admin)
        assert max(opened.ask(lambda session: session.scalars(select(Shelf.label_no)).all())) > last


def test_after_an_older_backup_the_copy_begins_anew_and_the_other_branch_of_time_is_kept(
    store: Store, people: People, home: Home, usb: Path, clock: FixedClock, tmp_path: Path
) -> None:
    file = backup.back_up_daily(home, KEY, clock())
    store.run(add_shelf(code="LOST"), by=people.admin)
    follow(store, str(usb))
    store.close()
    home.journal_copy.unlink()
    backup.restore(file, home, KEY, clock())

    with Store(home, KEY, clock=clock) as opened:
        opened.run(add_shelf(code="OTHER"), by=people.admin)
        second = follow(opened, str(usb))
        entries = copy.read_entries(file_in(usb, opened.facts.store_id), KEY, 0)
        assert second.head == opened.ask(replay.head)[0] == len(entries)
        assert "OTHER" in entries[-1].body
    (old,) = usb.glob("*.old")
    assert "LOST" in copy.read_entries(old, KEY, 0)[-1].body
