"""Loaners on manifests: from one site's pool into another's, line by line like devices, and lent only where they are."""

from __future__ import annotations

from typing import Any

import pytest

from deskapp.commands.loaners import lend, set_loaner, take_back
from deskapp.commands.transfers import cancel_manifest, hand_over, open_manifest, pack, unpack
from deskapp.commands.transfers_aside import take_manifest_back as van_back
from deskapp.commands.transfers_differences import undo_receive
from deskapp.commands.transfers_receive import Looked, finish_receipt, receive_line, take_paper
from deskapp.errors import N_, Refused
from deskapp.models import loaner_places, transfers
from deskapp.models.device import Device
from deskapp.models.local import PrintJob
from deskapp.models.store import Store, Write, command
from deskapp.models.transfer import Manifest
from deskapp.queries.loaners import LoanerRow, loaners
from deskapp.queries.transfers import manifest
from deskapp.queries.transfers_scan import Means, scan_in
from deskapp.queries.transfers_waiting import ready_to_pack
from deskapp.rules.paper_store import from_json
from deskapp.rules.papers_custody import ManifestCard
from tests.conftest import START, FixedClock, People
from tests.factories_transfers import COURIER, DEPOT, TOWN, Yard, elsewhere, yard
from tests.queries.test_next_steps import move_desk

DAY = 86_400_000
ONE, TWO = "LOAN00000017", "LOAN00000025"


@command(N_("Add loaners in a test"), right="")
def units(write: Write) -> None:
    for serial in (ONE, TWO):
        write.session.add(Device(id=write.new_id(), serial_no=serial, model_id="newland-n910"))


@pytest.fixture
def place(store: Store, people: People) -> Yard:
    made = yard(store, people)
    store.run(units())
    for serial in (ONE, TWO):
        made.do(set_loaner(serial_no=serial))
    return made


def packed(place: Yard, *serials: str) -> str:
    draft = place.do(open_manifest(kind="loaner", to=DEPOT))
    for serial in serials or (ONE,):
        place.do(pack(manifest_id=draft.manifest_id, scanned=serial, seal_no="FZ000009"))
    return draft.manifest_id


def sent(place: Yard, *serials: str) -> str:
    identity = packed(place, *serials)
    place.do(hand_over(manifest_id=identity, counted=serials or (ONE,), courier=COURIER, tamper_result="ok"))
    return identity


def receive(place: Yard, identity: str, serial: str, **seen: Any) -> Any:
    looked = Looked(**{"serial_no": "", "tamper": "ok", "seal_ok": True, **seen})
    return place.depot(receive_line(manifest_id=identity, scanned=serial, looked=looked, courier=COURIER, shelf="D-01"))


def pool(place: Yard) -> dict[str, LoanerRow]:
    return {row.serial_no: row for row in place.store.ask(lambda session: loaners(session, START))}


def refused(place: Yard, act: Any) -> str:
    with pytest.raises(Refused) as refusal:
        place.do(act)
    return refusal.value.code


def test_a_loaner_goes_into_the_depots_pool_and_is_lent_only_there(place: Yard, clock: FixedClock) -> None:
    (one,) = place.take(1)
    identity = sent(place)
    assert (pool(place)[ONE].where, pool(place)[ONE].place) == ("under_way", "维修中心")
    good = {"serial_no": ONE, "due_at": clock() + DAY, "order_id": one.order_id, "tamper_result": "ok"}
    assert refused(place, lend(**good)) == "place"

    done = receive(place, identity, ONE)
    assert (done.received, done.expected, done.waits, done.quarantined) == (1, 1, False, False)
    place.depot(finish_receipt(manifest_id=identity, rest="missing", courier=COURIER))

    assert ONE not in pool(place) and TWO in pool(place)
    assert refused(place, lend(**good)) == "place"
    place.depot(lend(**good))
    place.depot(take_back(serial_no=ONE, tamper_result="ok"))
    move_desk(place.store, DEPOT)
    assert pool(place)[ONE].where == "here"
    with place.store.read() as session:
        assert session.get_one(Manifest, identity).state == "arrived"
        assert transfers.unmatched(session, DEPOT) == []


def test_it_comes_home_by_another_manifest(place: Yard) -> None:
    receive(place, sent(place), ONE)
    back = place.depot(open_manifest(kind="loaner", to=place.store.facts.site_id))
    place.depot(pack(manifest_id=back.manifest_id, scanned=ONE, seal_no="DD000001"))
    assert ONE not in pool(place)
    place.depot(hand_over(manifest_id=back.manifest_id, counted=(ONE,), courier=COURIER, tamper_result="ok"))
    assert pool(place)[ONE].where == "under_way"
    looked = Looked(serial_no="", tamper="ok", seal_ok=True)
    boss = place.people.supervisor
    place.do(receive_line(manifest_id=back.manifest_id, scanned=ONE, looked=looked, courier=COURIER), boss)
    assert pool(place)[ONE].where == "here"


def test_only_what_lies_in_the_pool_here_is_packed_and_only_once(place: Yard, clock: FixedClock) -> None:
    (one,) = place.take(1)
    identity = packed(place)
    assert refused(place, pack(manifest_id=identity, scanned=ONE, seal_no="FZ000009")) == "again"
    assert refused(place, pack(manifest_id=identity, scanned="NOTINPOOL01", seal_no="FZ000009")) == "unknown"
    assert refused(place, pack(manifest_id=identity, scanned=one.label_no, seal_no="FZ000009")) == "unknown"
    other = place.do(open_manifest(kind="loaner", to=TOWN))
    assert refused(place, pack(manifest_id=other.manifest_id, scanned=ONE, seal_no="FZ000010")) == "other"
    place.do(lend(serial_no=TWO, due_at=clock() + DAY, order_id=one.order_id, tamper_result="ok"))
    assert refused(place, pack(manifest_id=identity, scanned=TWO, seal_no="FZ000009")) == "out"
    suspect = pack(manifest_id=identity, scanned=TWO, seal_no="FZ000009", tamper_result="suspect")
    assert refused(place, suspect) == "tamper"
    assert [row.label_no for row in place.store.ask(lambda s: ready_to_pack(s, "loaner"))] == []


def test_the_count_by_scan_holds_for_loaners_too(place: Yard) -> None:
    identity = packed(place, ONE, TWO)
    assert (
        refused(place, hand_over(manifest_id=identity, counted=(ONE,), courier=COURIER, tamper_result="ok")) == "count"
    )


def test_taken_off_withdrawn_or_brought_back_it_is_in_the_pool_again(place: Yard) -> None:
    identity = packed(place)
    assert pool(place)[ONE].where == "packed"
    place.do(unpack(manifest_id=identity, label_no=ONE, reason="不送了"))
    assert pool(place)[ONE].where == "here"
    place.do(pack(manifest_id=identity, scanned=ONE, seal_no="FZ000009"))
    place.do(cancel_manifest(manifest_id=identity, reason="车坏了"))
    assert pool(place)[ONE].where == "here"

    again = sent(place, ONE)
    place.do(van_back(manifest_id=again, reason="走错路", courier=COURIER, tamper_result="ok"))
    assert pool(place)[ONE].where == "packed"


def test_a_suspicious_loaner_leaves_the_pool_until_its_receipt_is_undone(place: Yard) -> None:
    identity = sent(place)
    done = receive(place, identity, ONE, tamper="suspect", words="螺丝松动")
    assert done.quarantined and done.differences == ("tamper",)
    assert _in_pool(place) == [TWO]
    place.depot(undo_receive(event_id=done.event_id))
    assert _in_pool(place) == [ONE, TWO]


def _in_pool(place: Yard) -> list[str]:
    with place.store.read() as session:
        return sorted(row.serial_no for row in session.query(Device).filter(Device.loaner))


def test_one_that_did_not_come_is_missing_and_is_lent_by_nobody(place: Yard) -> None:
    identity = sent(place, ONE, TWO)
    receive(place, identity, ONE)
    done = place.depot(finish_receipt(manifest_id=identity, rest="missing", courier=COURIER))
    assert (done.received, done.missing, done.differences) == (1, 1, 1)
    assert pool(place)[TWO].where == "under_way"


def test_the_paper_lists_loaners_and_is_enough_to_receive_them(place: Yard) -> None:
    identity = sent(place, ONE, TWO)
    with place.store.read() as session:
        job = session.query(PrintJob).filter(PrintJob.kind == "manifest").one()
    card = from_json(job.card)
    assert isinstance(card, ManifestCard)
    assert [(line.serial_no, line.model) for line in card.lines] == [(ONE, "新大陆 N910"), (TWO, "新大陆 N910")]

    place.store.run(_forget(identity=identity))  # as at a depot that heard of nothing yet
    taken = place.depot(take_paper(code=card.code_1))
    assert (taken.known, taken.manifest_id) == (False, identity)
    seen = place.store.ask(lambda session: scan_in(session, identity, ONE))
    assert seen.means is Means.LINE and seen.line is not None and seen.line.state == "open"
    done = receive(place, identity, ONE)
    assert (done.received, done.expected) == (1, 2)
    assert place.store.ask(lambda session: scan_in(session, identity, ONE)).means is Means.AGAIN
    assert place.store.ask(lambda session: scan_in(session, identity, "STRANGE00001")).means is Means.SERIAL
    view = place.store.ask(lambda session: manifest(session, identity, START))
    assert view is not None and [line.state for line in view.lines] == ["received"]


@command(N_("Forget a manifest in a test"), right="")
def _forget(write: Write, *, identity: str) -> None:
    for table in ("manifest_event", "manifest"):
        column = "id" if table == "manifest" else "manifest_id"
        write.session.connection().exec_driver_sql(f"DELETE FROM {table} WHERE {column} = ?", (identity,))


def test_another_sites_units_are_not_in_this_pool(place: Yard) -> None:
    place.store.run(_stranger())
    assert "LOAN00000099" not in pool(place)
    assert place.do(set_loaner(serial_no="LOAN00000099"))
    assert pool(place)["LOAN00000099"].where == "here"
    place.store.run(elsewhere(site_id=DEPOT, act=set_loaner(serial_no="LOAN00000099", pool=False)))
    assert "LOAN00000099" not in pool(place)


@command(N_("Add a unit of another site in a test"), right="")
def _stranger(write: Write) -> None:
    write.session.add(Device(id=write.new_id(), serial_no="LOAN00000099", model_id="newland-n910", loaner=True))


def test_a_unit_that_never_travelled_has_no_place_of_its_own(place: Yard) -> None:
    with place.store.read() as session:
        assert loaner_places.places_of(session, DEPOT, [ONE, TWO]) == {}
