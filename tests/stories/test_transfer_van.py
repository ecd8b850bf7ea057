"""Forty devices in one van: one never came, one nobody listed, one is another unit, one bag was opened."""

from __future__ import annotations

import time

from sqlalchemy import select

from deskapp.commands.checkin_forms import Photo
from deskapp.commands.transfers_differences import note_extra, settle_difference
from deskapp.commands.transfers_receive import finish_receipt, receive_line
from deskapp.models import custody_chain, folding, transfers
from deskapp.models.local import PrintJob
from deskapp.models.repair import RepairItem, ReviewCard
from deskapp.models.store import Store
from deskapp.models.transfer import Manifest
from deskapp.queries import transfers as lists
from deskapp.rules import papers
from deskapp.rules.paper_store import from_json
from tests.conftest import People
from tests.factories_transfers import COURIER, fine, yard

PHOTO = Photo("d" * 64, size=1000, kind="difference")


def test_forty_devices_in_one_van(store: Store, people: People) -> None:
    place = yard(store, people)
    draft = place.sent(40)
    on_board = list(place.devices)
    (stray,) = place.take(1)
    missing, other_unit, torn = on_board[7], on_board[18], on_board[29]

    slowest = 0.0
    for one in on_board:
        if one is missing:
            continue
        seen = {"serial_no": "N91077777777"} if one is other_unit else {}
        if one is torn:
            seen = {"seal_ok": False, "photos": (PHOTO,), "words": "封签断开，有VOID字样"}
        began = time.perf_counter()
        place.depot(
            receive_line(manifest_id=draft.manifest_id, scanned=one.label_no, looked=fine(one, **seen), courier=COURIER,
                         shelf="D-01")
        )  # fmt: skip
        slowest = max(slowest, time.perf_counter() - began)
    place.depot(note_extra(manifest_id=draft.manifest_id, scanned=stray.label_no, courier=COURIER, photos=(PHOTO,)))
    done = place.depot(finish_receipt(manifest_id=draft.manifest_id, rest="missing", courier=COURIER))

    assert (done.received, done.missing, done.differences) == (39, 1, 4)
    assert slowest < 2.0, "a scan answers at once"
    with store.read() as session:
        states = {row.id: row.work_state for row in session.scalars(select(RepairItem))}
        assert sum(state == "depot_received" for state in states.values()) == 37
        assert states[missing.item_id] == "in_transit_out"
        assert {states[one.item_id] for one in (other_unit, torn, stray)} == {"quarantined"}
        gaps = [one.item_id for one in (*on_board, stray) if not folding.custody_of(session, one.item_id).unbroken]
        assert gaps == [stray.item_id]
        row = session.get_one(Manifest, draft.manifest_id)
        assert (row.state, row.lines, row.received, row.differences) == ("arrived", 40, 39, 4)
        found = {(one.kind, one.label_no) for one in lists.open_differences(session)}
        assert found == {
            ("missing", missing.label_no), ("wrong_serial", other_unit.label_no), ("seal_broken", torn.label_no),
            ("extra", stray.label_no),
        }  # fmt: skip
        kinds = [card.kind for card in session.scalars(select(ReviewCard).where(ReviewCard.settled_at == 0))]
        assert (kinds.count("difference"), kinds.count("quarantine")) == (4, 3)
        jobs = session.scalars(select(PrintJob).where(PrintJob.kind == "discrepancy_note")).all()
        note = from_json(jobs[-1].card)
        assert isinstance(note, papers.DiscrepancyCard)
        assert len(note.lines) == 4 and sum(line.photos for line in note.lines) == 2

    # It turns up two days later, in the next van's corner.
    place.receive(draft.manifest_id, missing)
    for difference in transfers_of(store, draft.manifest_id):
        place.do(settle_difference(event_id=difference, decision="已与承运方核实"), people.supervisor)
    with store.read() as session:
        row = session.get_one(Manifest, draft.manifest_id)
        assert (row.received, row.differences) == (40, 0)
        chain = custody_chain.chain_of(session, torn.item_id)
        assert [link.to_holder.partition(":")[0] for link in chain.links] == ["shelf", "courier", "quarantine"]


def transfers_of(store: Store, manifest_id: str) -> list[str]:
    with store.read() as session:
        view = transfers.view_of(session, manifest_id)
        return [one.fact.uid for one in view.differences if one.settled is None]
