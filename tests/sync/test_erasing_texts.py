"""A person is erased where people wrote: free texts, own acts, print jobs, papers kept as files, drafts, backups."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, text

from deskapp.clock import new_uuid7
from deskapp.commands.drafts import save_draft
from deskapp.commands.tickets import TicketForm, add_note, change_ticket, open_ticket
from deskapp.errors import N_, Corrupt
from deskapp.models import backup, backup_rotation, second_copy
from deskapp.models.absorb import Entry
from deskapp.models.columns import ERASED, ERASURE, REPLACED
from deskapp.models.copy import read_entries
from deskapp.models.erasing import finish
from deskapp.models.journal import ChangeSet
from deskapp.models.local import Draft, PrintJob
from deskapp.models.replay import verify_chain
from deskapp.models.store import Store, Write, command
from deskapp.models.striking import MARK, holds
from deskapp.models.sync_state import SyncShadow
from deskapp.models.ticket import ServiceTicket
from deskapp.queries.outbox import journal_end
from deskapp.server import acts, erasing, feed
from deskapp.server.check import check
from deskapp.server.service import Options, Server
from deskapp.sync.audit import sums
from tests.conftest import KEY, People
from tests.sync.desks import Desk
from tests.sync.feed import SCOPE, entries, take
from tests.sync.test_absorb import acknowledge
from tests.sync.test_disagreements import desks, settle  # noqa: F401 (a fixture)
from tests.sync.test_erasing import FORM, NAME, OTHER, PHONE, Whole, bytes_of, readable, server_of

SPACED = "138 0000 0222"
GROUPED = "+86-138-0000-0222"
WORDS = f"打印不清。{NAME}来电，改打 {SPACED} 找{NAME}"
CLEAN = f"打印不清。{MARK}来电，改打 {MARK} 找{MARK}"


@command(N_("Queue papers of a story"), right="")
def queue_papers(write: Write, *, ticket: str, folder: str) -> None:
    """Two papers of the ticket, one of another: the last one names somebody of the same name."""
    slip = {"number": "K1", "deliverer": "赵**", "deliverer_phone": "138****0222", "id_last4": "0222", "model": "N910"}
    full = {"number": "R1", "words": f"联系 {GROUPED}", "from_name": NAME}
    for place, (subject, card) in enumerate(((ticket, slip), (ticket, full), ("another", full))):
        write.session.add(PrintJob(
            id=f"job{place}", kind="slip", subject_kind="service_ticket", subject_id=subject, number=card["number"],
            card=json.dumps(card, ensure_ascii=False), created_at=write.now, state="printed",
            printer=f"pdf:{folder}", evidence=f"file:paper{place}.pdf",
        ))  # fmt: skip


def written(one: Desk, folder: Path) -> str:
    """A ticket with the person in its words, as they are and were, in a note, on papers, and in a draft."""
    ticket = one.store.run(open_ticket(form=replace(FORM, words=WORDS)), by=one.boss).result.ticket_id
    one.store.run(add_note(ticket_id=ticket, words=f"已电话告知{NAME}（{GROUPED}）"), by=one.boss)
    one.store.run(queue_papers(ticket=ticket, folder=str(folder)), by=one.boss)
    one.store.run(save_draft(draft_id="d1", page="ticket", title=NAME, form={"ticket": ticket, "words": f"{NAME} {PHONE}"}),
                  by=one.boss)  # fmt: skip
    for place in range(3):
        (folder / f"paper{place}.pdf").write_bytes(b"%PDF")
    return str(ticket)


def erased(desk: Desk, words: list[str]) -> int:
    server = server_of(desk)
    with server.database.read() as tx:
        found = erasing.find(tx, words)
    return acts.erase(server, [one.id for one in found], words)


DAY = 24 * 3600 * 1000


def test_the_person_goes_from_texts_acts_papers_drafts_copies_and_backups_and_every_chain_holds(
    desks: tuple[Desk, Desk], tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    one, two = desks
    server, began = server_of(one), one.clock()
    ticket = written(one, tmp_path)
    settle(desks)
    two.store.run(change_ticket(ticket_id=ticket, form=replace(FORM, words=f"改：{WORDS}")), by=two.boss)
    settle(desks)
    second_copy.follow(one.store, str(tmp_path))
    assert NAME in copied(one.store, tmp_path)
    old = backed_up_before(one, tmp_path, began)

    assert erased(one, [NAME, PHONE]) == 2
    settle(desks)
    with server.database.write() as tx:
        erasing.forget_in_logs(tx, server.clock() + erasing.GRACE_MS)

    for desk in desks:
        told = readable(desk.store)
        assert [word in told for word in (PHONE, SPACED, GROUPED, "138****0222")] == [False] * 4
        with desk.store.read() as session:
            assert session.get_one(ServiceTicket, ticket).words == f"改：{CLEAN}"
            assert verify_chain(session) == journal_end(session).newest
        made = backup.back_up(desk.home, KEY, desk.home.root / "x.deskbackup", 1)
        assert made.head_seq and backup.check_backup(desk.home.root / "x.deskbackup", KEY, desk.home.root, 1)
    assert NAME not in readable(two.store)
    there = bytes_of(server)
    assert [word.encode() in there for word in (NAME, PHONE, SPACED, GROUPED)] == [False] * 4
    assert check(server.database) == []
    with one.store.read() as mine, two.store.read() as yours:
        assert sums(mine, f"site:{one.store.facts.site_id}") == sums(yours, f"site:{one.store.facts.site_id}")
    look_at_papers(one, tmp_path)
    stands = second_copy.follow(one.store, str(tmp_path))
    assert NAME not in copied(one.store, tmp_path)
    with one.store.read() as session:
        assert stands.head == journal_end(session).newest
    look_at_backups(one, tmp_path / "stick", old, began)


def look_at_papers(one: Desk, folder: Path) -> None:
    """Papers of the ticket have lost the person, those of others only the number."""
    with one.store.read() as session:
        cards = {job.id: json.loads(job.card) for job in session.scalars(select(PrintJob))}
        draft = session.get_one(Draft, "d1")
    assert cards["job0"] == {"number": "K1", "deliverer": MARK, "deliverer_phone": MARK, "id_last4": "0222",
                             "model": "N910"}  # fmt: skip
    assert (cards["job1"]["words"], cards["job1"]["from_name"]) == (f"联系 {MARK}", MARK)
    assert (cards["job2"]["words"], cards["job2"]["from_name"]) == (f"联系 {MARK}", NAME)
    assert (draft.title, draft.form["words"]) == (MARK, f"{MARK} {MARK}")
    assert [path.name for path in sorted(folder.glob("*.pdf"))] == []


def copied(store: Store, folder: Path) -> str:
    entries = read_entries(second_copy.file_in(folder, store.facts.store_id), KEY, 0)
    return str([entry.body + entry.personal for entry in entries])


def backed_up_before(one: Desk, folder: Path, began: int) -> Path:
    one.home.backups.mkdir(exist_ok=True)
    backup.before_upgrade(one.home, KEY, 9, began - DAY)
    old = backup.back_up_daily(one.home, KEY, began - DAY)
    (folder / "stick").mkdir()
    (folder / "stick" / old.name).write_bytes(old.read_bytes())
    (one.home.quarantine / "20200101-000000").mkdir(parents=True)
    return old


def look_at_backups(one: Desk, stick: Path, old: Path, began: int) -> None:
    """Backups of before go when their time is over, wherever they lie, but never before a newer one is there."""
    home, store_id = one.home, one.store.facts.store_id
    early = backup.back_up_daily(home, KEY, began + 13 * DAY)
    assert old.exists() and early.exists()
    late = backup.back_up_daily(home, KEY, began + 15 * DAY)

    assert sorted(path.name for path in home.backups.iterdir()) == sorted({early.name, late.name})
    assert not (home.quarantine / "20200101-000000").exists()
    before = backup_rotation.cutoff(backup_rotation.erased_at(home, KEY), began + 15 * DAY)
    assert backup_rotation.rotate_in(stick, store_id, before) == []
    (stick / late.name).write_bytes(late.read_bytes())
    assert backup_rotation.rotate_in(stick, "another store", before) == []
    assert backup_rotation.rotate_in(stick, store_id, before) == [old.name]


def test_a_name_stays_where_it_is_somebody_elses(desks: tuple[Desk, Desk]) -> None:  # noqa: F811
    one, _two = desks
    mine = one.store.run(open_ticket(form=replace(FORM, words=WORDS)), by=one.boss).result.ticket_id
    form = TicketForm(kind="repair", channel="phone", callback_phone=OTHER, caller_name="李娟", model_words="N910",
                      words=f"{NAME}介绍来的，无关号码 2{PHONE}0", business_stopped=False)  # fmt: skip
    other = one.store.run(open_ticket(form=form), by=one.boss).result.ticket_id
    settle(desks)
    server = server_of(one)

    with server.database.read() as tx:
        ids = [found.id for found in erasing.find(tx, [NAME, PHONE])]
        hits = {(hit.id, hit.near): hit for hit in erasing.texts_with(tx, [NAME, PHONE], ids).hits}
        every = erasing.texts_with(tx, [NAME, PHONE], ids, everywhere=True).hits
    assert (hits.keys(), {hit.near for hit in every}) == ({(mine, True), (other, False)}, {True})
    shown = hits[mine, True].shown
    assert (NAME in shown, any(char.isdigit() for char in shown), MARK in shown) == (False, False, True)
    erased(one, [NAME, PHONE])
    settle(desks)
    with one.store.read() as session:
        assert session.get_one(ServiceTicket, other).words == form.words
    tamper(one)
    with one.store.read() as session, pytest.raises(Corrupt):
        verify_chain(session)


def tamper(one: Desk) -> None:
    """Change an act, and let it say of itself that it was struck."""
    with one.store._writer.begin() as connection:
        row = connection.execute(text("SELECT seq, body FROM change_set ORDER BY seq DESC LIMIT 1")).one()
        body = json.dumps({**json.loads(row.body), "struck": new_uuid7()}, ensure_ascii=False)
        connection.execute(text("UPDATE change_set SET body = :body WHERE seq = :seq"), {"body": body, "seq": row.seq})


def test_what_was_not_sent_yet_is_taken_in_without_the_person(desks: tuple[Desk, Desk]) -> None:  # noqa: F811
    one, two = desks
    ticket = one.store.run(open_ticket(form=replace(FORM, words=WORDS)), by=one.boss).result.ticket_id
    settle(desks)
    one.store.run(change_ticket(ticket_id=ticket, form=replace(FORM, words=f"{WORDS}，另加充电器")), by=one.boss)
    erased(two, [NAME, PHONE])
    settle(desks)

    for desk in desks:
        with desk.store.read() as session:
            assert verify_chain(session) == journal_end(session).newest == journal_end(session).confirmed
    assert check(server_of(one).database) == []


def test_a_server_set_back_takes_the_struck_acts_again_from_the_desk(
    desks: tuple[Desk, Desk], tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    one, two = desks
    settle(desks)
    server = server_of(one)
    server.database.backup(tmp_path / "old.db")
    ticket = one.store.run(open_ticket(form=replace(FORM, words=WORDS)), by=one.boss).result.ticket_id
    settle(desks)
    erased(one, [NAME, PHONE])
    settle(desks)
    with one.store.read() as session:
        struck = [row for row in session.scalars(select(ChangeSet)) if '"struck"' in row.body]
        assert struck and all(holds(row.body, row.hash) for row in struck)
        assert not holds(struck[0].body.replace("repair", "advice"), struck[0].hash)

    back = set_back(one, two, tmp_path / "old.db")
    settle(desks)

    with back.database.read() as tx:
        assert tx.one("SELECT 1 FROM record WHERE id = ?", (ticket,)) is not None
    assert [word.encode() in bytes_of(back) for word in (NAME, PHONE, SPACED)] == [False] * 3
    assert check(back.database) == []


def set_back(one: Desk, two: Desk, old: Path) -> Server:
    """Let both desks go on at a server that was set back, with the epoch that it begins."""
    was = server_of(one)
    was.remember()
    server = Server(Options(str(old), was.options.state))
    for desk in (one, two):
        desk.line = Whole(server)
        desk.exchange = None
    return server


def test_a_desk_that_was_away_for_long_takes_its_own_texts_from_the_snapshot(
    desks: tuple[Desk, Desk]  # noqa: F811
) -> None:  # fmt: skip
    one, two = desks
    server = server_of(one)
    ticket = two.store.run(open_ticket(form=replace(FORM, words=WORDS)), by=two.boss).result.ticket_id
    two.store.run(add_note(ticket_id=ticket, words=f"回电{NAME}"), by=two.boss)
    settle(desks)

    erased(one, [NAME, PHONE])
    with server.database.write() as tx:
        feed.forget_before(tx, server.clock() + 1)
    two.line = Whole(server)  # type: ignore[assignment]
    two.exchange = None
    two.sync()
    two.sync()

    told = readable(two.store)
    assert [word in told for word in (NAME, PHONE, SPACED)] == [False] * 3
    with two.store.read() as session:
        assert verify_chain(session)


def test_what_waits_here_is_laid_over_an_image_without_the_person(store: Store, people: People) -> None:
    ticket = store.run(open_ticket(form=replace(FORM, words=WORDS)), by=people.clerk).result.ticket_id
    acknowledge(store, entries(store), 0)
    store.run(change_ticket(ticket_id=ticket, form=replace(FORM, words=f"{WORDS}，另加充电器")), by=people.clerk)
    uid = f"{ERASURE}{new_uuid7()[len(ERASURE) :]}"

    take(store, [
        Entry("set", "service_ticket", ticket, {"words": CLEAN, "answers": {"symptom": CLEAN}}, REPLACED, uid, {},
              SCOPE),
        Entry("set", "service_ticket", ticket, {"caller_name": "", "callback_phone": ""}, ERASED, uid, {}, SCOPE),
    ])  # fmt: skip

    finish(store)
    told = readable(store)
    assert [word in told for word in (PHONE, SPACED, NAME)] == [False] * 3
    with store.read() as session:
        shadows = {row.name: row.values for row in session.scalars(select(SyncShadow))}
        assert shadows["words"] == {"words": CLEAN} and verify_chain(session)
        assert session.get_one(ServiceTicket, ticket).words == f"{CLEAN}，另加充电器"
