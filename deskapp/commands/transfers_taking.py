"""What a receipt does to the device itself: the move, the hop, and quarantine where something does not match."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from deskapp.commands.checkin import attach
from deskapp.commands.checkin_forms import Photo
from deskapp.commands.moves import hop, move, raise_card, settle
from deskapp.commands.transfers_desk import ON_MANIFEST, event
from deskapp.commands.transfers_papers import listed_words
from deskapp.errors import N_, Refused
from deskapp.models import folding, transfers
from deskapp.models.people import Shelf
from deskapp.models.repair import CustodyEvent, RepairItem, ReviewCard
from deskapp.models.store import Write
from deskapp.models.transfer import Manifest, ManifestEvent
from deskapp.rules.custody import Holder, TamperResult
from deskapp.rules.transfers import DIFFERENCE_TITLES, TO_QUARANTINE, Difference, Kind, receive_move


@dataclass(frozen=True, slots=True)
class Receipt:
    """One device as it was received: who gave and took, its seal, and the answers as the fact keeps them."""

    manifest_id: str
    giver: str
    taker: str
    seal_no: str = ""
    words: str = ""
    data: dict[str, Any] = field(default_factory=dict)


def take_in(write: Write, item: RepairItem, receipt: Receipt, found: Sequence[Difference]) -> dict[str, Any]:
    """Make the move and the hop of a receipt; what does not match goes on into quarantine.

    Returns the ids of both, so that the receipt can be taken back.
    """
    data, bad = receipt.data, [kind for kind in found if kind in TO_QUARANTINE]
    records = {
        "manifest_no": number_of(write, receipt.manifest_id), "seal_result": seal_result(receipt.seal_no, data, found),
        "serial_match": Difference.WRONG_SERIAL not in found, "accessories": [data.get("accessories_ok")],
        "tamper_result": data["tamper"], "courier": "hop", "signature": ON_MANIFEST, "site": write.site_id,
        "photos": data.get("photos") or ("" if found else "not_due"),
        "shelf": Holder.QUARANTINE.value if bad else data.get("shelf") or "",
    }  # fmt: skip
    name = receive_move(folding.work_of(write.session, item.id).history)
    move(write, item, name, records, second_id=str(data["second"]))
    work = [last_move(write, item)]
    shelf = shelf_named(write, str(data["shelf"])) if data.get("shelf") else None
    item.shelf_id = shelf.id if shelf and not bad else ""
    holder = Holder.QUARANTINE.value if bad else Holder.SHELF.value + (f":{shelf.code}" if shelf else "")
    tamper = TamperResult.SUSPECT if bad else TamperResult.OK
    made = hop(
        write, item, holder, giver=receipt.giver, taker=receipt.taker, tamper_result=tamper,
        place=shelf.code if shelf and not bad else "", seal_in=receipt.seal_no,
    )  # fmt: skip
    if bad:
        reason = listed_words(write, [*(DIFFERENCE_TITLES[kind] for kind in bad), receipt.words or ""])
        work.append(isolate(write, item, reason, photos=ON_MANIFEST if data.get("photos") else ""))
    return {"work": work, "hops": [made.id]}


def seal_result(seal_no: str, data: Mapping[str, Any], found: Sequence[Difference]) -> str:
    """Return what was seen of a bag's seal: broken, intact, `none` where it had none, `not_looked` where nobody did."""
    if Difference.SEAL_BROKEN in found:
        return "broken"
    if not seal_no:
        return "none"
    return "intact" if data.get("seal_ok") else "not_looked"


def isolate(write: Write, item: RepairItem, reason: str, *, photos: str | list[str] = "", site: str = "") -> str:
    """Put a device into quarantine as it came; returns the id of the move. The hop is the caller's.

    The finder goes by number: names stay out of what can never be erased. `site` is where a device was found that
    by its record is elsewhere.
    """
    records = {"reason": reason, "finder": write.actor.staff_no or "system", "witness": "", "photos": photos}
    if site:
        records["site"] = site
    move(write, item, "quarantine", records, reason=reason)
    raise_card(write, "quarantine", "repair_item", item.id)
    return last_move(write, item)


def note_astray(
    write: Write, item: RepairItem, manifest_id: str, giver: str, reason: str, photos: bool
) -> dict[str, Any]:
    """Quarantine a device that came without a paper: the hop is written as it was, so that the gap shows."""
    finder = write.actor.name or write.actor.staff_no
    work = isolate(write, item, reason, photos=ON_MANIFEST if photos else "", site=write.site_id)
    before = transfers.hop_rows(write.session, item.id)
    row = CustodyEvent(
        id=write.new_id(), at=write.now, by=write.actor.staff_id or write.actor.staff_no, item_id=item.id,
        from_holder=f"{Holder.COURIER.value}:site:{write.site_id}", to_holder=Holder.QUARANTINE.value,
        place=number_of(write, manifest_id), tamper_result=TamperResult.SUSPECT.value, giver=giver, taker=finder,
        prev_hash=before[-1].id if before else "",
    )  # fmt: skip
    write.session.add(row)
    item.shelf_id = ""
    return {"work": [work], "hops": [row.id]}


def differ(
    write: Write, manifest_id: str, kind: Difference, *, expected: str = "", found: str = "", of: str = "",
    photos: Sequence[Photo] = (), identity: str = "", more: dict[str, Any] | None = None, **values: str,
) -> ManifestEvent:  # fmt: skip
    """Keep a difference with its photos, and put it on somebody's list."""
    data = {"kind": kind.value, "expected": expected, "found": found, "of": of, "to_site": write.site_id,
            "station": write.station_no}  # fmt: skip
    row = event(write, manifest_id, Kind.DIFFERENCE, identity=identity, data={**data, **(more or {})}, **values)
    for photo in photos:
        attach(write, "manifest_event", row.id, photo)
    raise_card(write, "difference", "manifest", manifest_id, words=row.label_no or row.serial_no,
               data={"of": row.id, "kind": kind.value})  # fmt: skip
    return row


def settle_card(write: Write, difference: ManifestEvent, how: str) -> None:
    """Take a difference off the list."""
    rows = write.session.scalars(
        select(ReviewCard).where(
            ReviewCard.subject_id == difference.manifest_id, ReviewCard.kind == "difference",
            ReviewCard.settled_at == 0,
        )
    ).all()  # fmt: skip
    for card in rows:
        if card.data.get("of") == difference.id:
            settle(write, card, how)


def last_move(write: Write, item: RepairItem) -> str:
    """Return the id of the newest move of a device."""
    write.session.flush()
    return folding.work_of(write.session, item.id).history[-1].uid


def number_of(write: Write, manifest_id: str) -> str:
    """Return the number of a manifest, from its record or its paper."""
    row = write.session.get(Manifest, manifest_id)
    if row is not None:
        return row.number
    papers = transfers.view_of(write.session, manifest_id).papers
    return str(papers[0].data.get("number", "")) if papers else manifest_id


def shelf_named(write: Write, code: str) -> Shelf:
    """Return a shelf of this site by code or label; raises Refused where there is none."""
    row = transfers.shelf_at(write.session, write.site_id, code)
    if row is None:
        raise Refused(N_("There is no shelf “{shelf}”."), field="shelf", shelf=code.strip().upper()[:40])
    return row
