"""What the program does by itself about transports: records that meet their paper, and vans that are overdue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from deskapp.commands.moves import raise_card
from deskapp.commands.transfers_desk import ON_MANIFEST
from deskapp.commands.transfers_taking import differ, number_of, seal_result
from deskapp.errors import N_
from deskapp.models import folding, transfers
from deskapp.models.act_session import driver_of
from deskapp.models.device import Device
from deskapp.models.local import StoreInfo
from deskapp.models.repair import CustodyEvent, RepairItem, ReviewCard, WorkEvent
from deskapp.models.store import ReadSession, Write, command
from deskapp.models.transfer import Manifest, ManifestEvent
from deskapp.rules.custody import Holder, TamperResult
from deskapp.rules.states import HELD, WorkState
from deskapp.rules.transfers import (
    IN_TRANSIT,
    TO_QUARANTINE,
    Age,
    Difference,
    age_of,
    derived_id,
    plain_serial,
    receive_move,
)

OTHERS_WAIT_MS = 24 * 3_600_000
"""How long another computer of the site leaves the matching to the one that scanned."""


def waits_for_matching(session: ReadSession) -> bool:
    """Tell whether something received here without a record may have met it."""
    nameless = "SELECT 1 FROM manifest_event WHERE item_id = '' LIMIT 1"  # asked in every contact, hardly ever so
    if driver_of(session, ManifestEvent).execute(nameless).fetchone() is None:
        return False
    here = session.get(StoreInfo, "site_id")
    site = here.value if here is not None else ""
    if transfers.extras_to_match(session, site):
        return True
    items = (transfers.item_by_label(session, row.label_no) for row in transfers.unmatched(session, site))
    return any(item is not None and WorkState(item.work_state) in IN_TRANSIT for item in items)


@command(N_("Match what was received from paper"), right="")
def match_arrivals(write: Write) -> int:
    """Move every device whose record came after it was received on paper; returns how many.

    The facts bear the time and the person of the scan, and ids that follow from the receipt: done twice, at
    two computers, they are the same facts.
    """
    count = 0
    for row in transfers.unmatched(write.session, write.site_id):
        item = transfers.item_by_label(write.session, row.label_no)
        ours = row.data.get("station") == write.station_no or write.now - row.at > OTHERS_WAIT_MS
        if item is not None and ours and WorkState(item.work_state) in IN_TRANSIT:
            _match(write, row, item)
            count += 1
    _name_extras(write)
    return count


def _name_extras(write: Write) -> None:
    """Match what came without a line with its record, once both are known; the card tells of it, once.

    The device has a gap in its chain, so it goes into quarantine as if the record had been there when it came. An
    order that was begun from the device meanwhile ends, for its own goes on; where somebody worked on it, or
    something was done with the device since, a person decides.
    """
    session = write.session
    for row, item in transfers.extras_to_match(session, write.site_id):
        if not _turn(write, row, item):
            continue
        number, double = transfers.begun_for(session, row)
        just_begun = double is None or WorkState(double.work_state) in transfers.JUST_BEGUN
        chain = folding.custody_of(session, item.id).chain
        still = not chain or chain[-1].at_ms <= row.at
        away = not transfers.same_site(session, item.at_site, str(row.data.get("to_site", "")))
        if just_begun and still and away and WorkState(item.work_state) in HELD:
            _astray(write, row, item)
        if double is not None and just_begun and WorkState(double.work_state) in transfers.JUST_BEGUN:
            _work(write, row, double, "double", "end_double", WorkState.CANCELLED, {"same_as": item.label_no})
        _card(write, derived_id("extra", row.id), "extra_known", item, {"of": row.id, "order": number},
              row.label_no or row.serial_no)  # fmt: skip


def _turn(write: Write, row: ManifestEvent, item: RepairItem) -> bool:
    """Tell whether this desk does it: the one that noted it or, at the device's own site, the one that labelled it.

    After a day any desk does, for that one may be gone.
    """
    here = transfers.came_to(write.session, row, write.site_id)
    desk = int(row.data.get("station") or write.station_no) if here else _label_station(item.label_no)
    return desk in (0, write.station_no) or write.now - row.at > OTHERS_WAIT_MS


def _label_station(label_no: str) -> int:
    return int(label_no[1:6]) if label_no[1:6].isdigit() else 0


def _astray(write: Write, row: ManifestEvent, item: RepairItem) -> None:
    reason = "; ".join(part for part in (Difference.EXTRA.value, row.words) if part)
    records = {"reason": reason, "finder": row.by, "site": str(row.data.get("to_site", ""))}
    _work(write, row, item, "astray", "quarantine", WorkState.QUARANTINED, records)
    before = folding.custody_of(write.session, item.id).chain
    write.session.add(
        CustodyEvent(
            id=derived_id("astray_hop", row.id), at=row.at, by=row.by, item_id=item.id,
            from_holder=f"{Holder.COURIER.value}:site:{row.data.get('to_site', '')}",
            to_holder=Holder.QUARANTINE.value, place=number_of(write, row.manifest_id),
            tamper_result=TamperResult.SUSPECT.value, giver=row.giver, taker=row.taker,
            prev_hash=before[-1].uid if before else "",
        )
    )  # fmt: skip
    item.shelf_id = ""
    _card(write, derived_id("quarantine", row.id), "quarantine", item, {})
    write.session.flush()


def _card(write: Write, identity: str, kind: str, item: RepairItem, data: dict[str, str], words: str = "") -> None:
    """Raise a card that two desks raise only once between them."""
    if write.session.get(ReviewCard, identity) is None:
        write.session.add(
            ReviewCard(id=identity, kind=kind, subject_kind="repair_item", subject_id=item.id, words=words, data=data,
                       raised_at=write.now)
        )  # fmt: skip


def _match(write: Write, row: ManifestEvent, item: RepairItem) -> None:
    found = [Difference(one) for one in row.data.get("differences", [])]
    device = write.session.get(Device, item.device_id)
    other = device is not None and plain_serial(device.serial_no) != plain_serial(row.serial_no)
    if device is not None and other and Difference.WRONG_SERIAL not in found:
        # On the paper stood only the end of the number; the whole of it is compared now.
        found.append(Difference.WRONG_SERIAL)
        differ(
            write, row.manifest_id, Difference.WRONG_SERIAL, expected=device.serial_no, found=row.serial_no,
            of=row.id, identity=derived_id("wrong_serial", row.id), item_id=item.id, label_no=row.label_no,
            serial_no=row.serial_no,
        )  # fmt: skip
    bad = [kind for kind in found if kind in TO_QUARANTINE]
    out = WorkState(item.work_state) is WorkState.IN_TRANSIT_OUT
    move = "receive" if out else receive_move(folding.work_of(write.session, item.id).history)
    back = WorkState.CHECKED_IN if move == "receive_home" else WorkState.READY_FOR_PICKUP
    code = str(row.data.get("shelf", ""))
    records = {
        "manifest_no": number_of(write, row.manifest_id), "seal_result": seal_result(row.seal_no, row.data, found),
        "serial_match": Difference.WRONG_SERIAL not in found, "accessories": [row.data.get("accessories_ok")],
        "tamper_result": row.data.get("tamper", ""), "courier": "hop", "signature": ON_MANIFEST,
        "site": row.data.get("to_site", ""), "photos": row.data.get("photos", 0),
        "shelf": Holder.QUARANTINE.value if bad else code, "from_paper": row.id,
    }  # fmt: skip
    _work(write, row, item, "received", move, WorkState.DEPOT_RECEIVED if out else back, records)
    if not out and not bad and not code:
        _card(write, derived_id("shelf", row.id), "todo", item, {"key": "shelf", "move": move})
    shelf = transfers.shelf_at(write.session, write.site_id, code) if code and not bad else None
    item.shelf_id = shelf.id if shelf else ""
    holder = Holder.QUARANTINE.value if bad else Holder.SHELF.value + (f":{code}" if code else "")
    _hop(write, row, item, holder, TamperResult.SUSPECT if bad else TamperResult.OK)
    if bad:
        reason = "; ".join(kind.value for kind in bad)
        _work(write, row, item, "quarantined", "quarantine", WorkState.QUARANTINED, {"reason": reason, "finder": "hop"})
        raise_card(write, "quarantine", "repair_item", item.id)
    write.session.flush()


def _work(
    write: Write, row: ManifestEvent, item: RepairItem, word: str, move: str, to: WorkState, records: Mapping[str, Any]
) -> None:
    write.session.flush()
    view = folding.work_of(write.session, item.id)
    resumes = view.state.value if move == "quarantine" and view.state else ""
    write.session.add(
        WorkEvent(
            id=transfers.work_id(row.id) if word == "received" else derived_id(word, row.id), at=row.at, by=row.by,
            item_id=item.id, move=move, to_state=to.value, resumes=resumes,
            second_by=str(row.data.get("second", "")), reason=str(records.get("reason", "")), data=dict(records),
        )
    )  # fmt: skip


def _hop(write: Write, row: ManifestEvent, item: RepairItem, holder: str, tamper: TamperResult) -> None:
    before = folding.custody_of(write.session, item.id).chain
    last = before[-1] if before else None
    write.session.add(
        CustodyEvent(
            id=derived_id("hop", row.id), at=row.at, by=row.by, item_id=item.id,
            from_holder=last.to_holder if last else Holder.COURIER.value, to_holder=holder,
            place=str(row.data.get("shelf", "")), seal_in=row.seal_no, tamper_result=tamper.value, giver=row.giver,
            taker=row.taker, prev_hash=last.uid if last else "",
        )
    )  # fmt: skip


@command(N_("Look after transports"), right="")
def warn_of_late(write: Write) -> int:
    """Raise a card for every transport to or from here that is an alarm; one card each. Returns how many are new."""
    rows = write.session.scalars(select(Manifest).where(Manifest.state.in_(transfers.GOING))).all()
    new = 0
    for row in rows:
        age = age_of(row.sent_at, row.planned_at, write.now)
        known = write.session.scalars(
            select(ReviewCard.id).where(ReviewCard.subject_id == row.id, ReviewCard.kind == "late_transfer").limit(1)
        ).first()
        mine = any(transfers.same_site(write.session, write.site_id, one) for one in (row.site_id, row.to_site_id))
        if mine and row.kind != "vendor" and age is Age.ALARM and known is None:
            raise_card(write, "late_transfer", "manifest", row.id, words=row.number)
            new += 1
    return new
