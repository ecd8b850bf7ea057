"""The session of one act: rows are known before they are written, and the door's memory stays true."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from deskapp.errors import Refused
from deskapp.models.act_session import ActSession, driver_of, facts_of
from deskapp.models.local import Counter
from deskapp.models.people import Shelf, Site
from deskapp.models.repair import RepairItem, WorkEvent
from deskapp.models.store import Command, Store, Write


def act(run: object) -> Command[object]:
    return Command("probe", "probe", "", run)  # type: ignore[arg-type]


def shelf(write: Write, code: str) -> Shelf:
    row = Shelf(id=write.new_id(), site_id="here", code=code)
    write.session.add(row)
    return row


def test_a_new_row_is_found_by_its_key_by_every_question_and_is_the_same_object(store: Store) -> None:
    def run(write: Write) -> None:
        session = write.session
        assert isinstance(session, ActSession)
        row = shelf(write, "S-1")
        assert session.get(Shelf, row.id) is row
        assert session.find(Shelf, {"code": "S-1"}) == [row]
        row.code = "S-2"
        assert session.scalars(select(Shelf).where(Shelf.code == "S-2")).one() is row
        assert session.find(Shelf, {"code": "S-1"}) == []
        assert session.find(Shelf, {"code": "S-2"}) == [row]

    store.run(act(run))
    assert store.ask(lambda session: session.scalars(select(Shelf.code)).all()) == ["S-2"]


def test_what_is_changed_on_a_new_row_costs_no_second_statement(store: Store) -> None:
    def run(write: Write) -> int:
        row = shelf(write, "S-1")
        before = driver_of(write.session, Site).total_changes
        row.code = "S-2"
        write.session.write()  # type: ignore[attr-defined]
        return int(driver_of(write.session).total_changes - before)

    assert store.run(act(run)).result == 1


def test_what_hangs_on_a_new_device_is_answered_from_memory_in_order(store: Store) -> None:
    def run(write: Write) -> list[str]:
        item = RepairItem(id=write.new_id(), order_id="none", device_id="none", label_no="D")
        write.session.add(item)
        for move in ("check_in", "quarantine"):
            write.session.add(
                WorkEvent(id=write.new_id(), at=1, by="x", item_id=item.id, move=move, to_state="registered")
            )
        before = driver_of(write.session, Site).total_changes
        found = [row.move for row in facts_of(write.session, WorkEvent, item.id)]
        assert driver_of(write.session, Site).total_changes == before
        raise Refused(",".join(found))

    with pytest.raises(Refused, match="check_in,quarantine"):
        store.run(act(run))


def test_the_memory_of_the_door_forgets_what_an_act_changed_or_failed_to_change(store: Store) -> None:
    identity = store.run(act(lambda write: shelf(write, "OLD").id)).result

    def code(write: Write) -> str:
        return str(write.session.get_one(Shelf, identity).code)

    def rename(write: Write) -> None:
        write.session.get_one(Shelf, identity).code = "NEW"

    def rename_and_fail(write: Write) -> None:
        write.session.get_one(Shelf, identity).code = "NEVER"
        write.session.write()  # type: ignore[attr-defined]
        raise Refused("no")

    assert store.run(act(code)).result == "OLD"
    store.run(act(rename))
    assert store.run(act(code)).result == "NEW"
    with pytest.raises(Refused):
        store.run(act(rename_and_fail))
    assert store.run(act(code)).result == "NEW"


def test_a_refused_act_leaves_no_gap_in_the_journal_and_uses_no_number_up(store: Store) -> None:
    def number(write: Write) -> None:
        shelf(write, write.number("R") + write.number("R"))

    def refuse(write: Write) -> None:
        number(write)
        write.session.write()  # type: ignore[attr-defined]
        raise Refused("no")

    first = store.run(act(number))
    with pytest.raises(Refused):
        store.run(act(refuse))
    second = store.run(act(number))
    assert second.changes.seq == first.changes.seq + 1
    assert store.ask(lambda session: session.get_one(Counter, "R").value) == 4


def test_the_highest_numbers_are_on_the_disk_before_the_commit_that_uses_them(store: Store) -> None:
    path: Path = store.home.identity
    store.run(act(lambda write: shelf(write, write.number("R") + write.number("T") + write.number("K")).id))
    assert not store.identity.unsaved
    text = path.read_text("utf-8")
    assert all(f'"{letter}"' in text for letter in "RTK")


def test_checkpoints_keep_the_log_short_beside_the_work(store: Store) -> None:
    for count in range(60):
        store.run(act(lambda write, count=count: shelf(write, f"S{count}").id))
    store._checkpoints.close()
    log = store.home.database.with_name(store.home.database.name + "-wal")
    assert log.stat().st_size < 4 * 1024 * 1024
    raw = store.raw_writer()
    _busy, pages, moved = raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    raw.close()
    assert pages == moved
