"""What is on record about hand-overs: the fold of a manifest, and the lists that commands and pages both need."""

from __future__ import annotations

from collections.abc import Iterable

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from deskapp.models.act_session import driver_of, find
from deskapp.models.device import Device
from deskapp.models.local import StoreInfo
from deskapp.models.people import Shelf, Site
from deskapp.models.repair import IN_HAND, CustodyEvent, RepairItem, RepairOrder, ReviewCard, WorkEvent
from deskapp.models.transfer import Manifest, ManifestEvent
from deskapp.rules.states import WorkState
from deskapp.rules.transfers import Difference, Fact, Kind, State, View, derived_id, fold

GOING = (State.UNDER_WAY.value, State.PARTLY.value)


def events_of(session: Session, manifest_id: str) -> list[ManifestEvent]:
    """Return what happened to a manifest, in journal order."""
    return find(session, ManifestEvent, manifest_id=manifest_id)


_KINDS = {kind.value: kind for kind in Kind}
_EVENTS = (
    'SELECT kind, id, at, "by", item_id, label_no, serial_no, seal_no, words, giver, taker, data, voids'
    " FROM manifest_event WHERE manifest_id = ? ORDER BY n"
)


def view_of(session: Session, manifest_id: str) -> View:
    """Return where a manifest stands.

    Asked at each scan of a van of two hundred: bare columns are read, no objects are made of them.
    """
    rows = driver_of(session, ManifestEvent).execute(_EVENTS, (manifest_id,)).fetchall()
    return fold(
        Fact(
            _KINDS[kind], uid, at, by, item, label, serial, seal, words, giver, taker, orjson.loads(data), voids or None
        )
        for kind, uid, at, by, item, label, serial, seal, words, giver, taker, data, voids in rows
        if kind in _KINDS
    )


def refold(session: Session, manifest_id: str) -> None:
    """Work the derived columns of a manifest out again; one that is known by its paper alone has none."""
    row = session.get(Manifest, manifest_id)
    if row is None:
        return
    view = view_of(session, manifest_id)
    receipts = [line.received.at_ms for line in view.lines if line.received is not None]
    row.state, row.lines, row.received = view.state.value, len(view.lines), view.received
    row.differences = view.open_differences
    row.sent_at = view.sent.at_ms if view.sent else 0
    row.arrived_at = min(receipts) if receipts else 0


def on_draft(session: Session, item_id: str) -> ManifestEvent | None:
    """Return the packing of a device on a manifest that was not handed over yet."""
    rows = list(session.scalars(select(ManifestEvent).where(ManifestEvent.item_id == item_id)))
    gone = {row.voids for row in rows if row.voids}
    for row in reversed(rows):
        if row.kind == Kind.PACK and row.id not in gone:
            manifest = session.get(Manifest, row.manifest_id)
            if manifest is not None and manifest.state == State.DRAFT:
                return row
    return None


def carried_by(session: Session, label_no: str) -> ManifestEvent | None:
    """Return the packing of a device on a manifest that is on its way, by the device's label."""
    rows = list(session.scalars(select(ManifestEvent).where(ManifestEvent.label_no == label_no)))
    gone = {row.voids for row in rows if row.voids}
    for row in reversed(rows):
        manifest = session.get(Manifest, row.manifest_id) if row.kind == Kind.PACK and row.id not in gone else None
        if manifest is not None and manifest.state in GOING:
            return row
    return None


def used_seals(session: Session, seal_no: str, except_manifest: str) -> bool:
    """Tell whether a seal was used on another manifest that was not withdrawn; a seal is used once."""
    rows = session.scalars(
        select(ManifestEvent.manifest_id).where(
            ManifestEvent.seal_no == seal_no, ManifestEvent.kind.in_((Kind.PACK.value, Kind.SEAL.value)),
            ManifestEvent.manifest_id != except_manifest,
        )
    ).all()  # fmt: skip
    states = [row.state for row in (session.get(Manifest, one) for one in set(rows)) if row is not None]
    return any(state != State.CANCELLED for state in states)


def work_id(receipt_id: str) -> str:
    """Return the id of the move that a receipt from paper becomes; the same at every desk."""
    return derived_id("received", receipt_id)


def unmatched(session: Session, site_id: str) -> list[ManifestEvent]:
    """Return the receipts made from paper at a site whose device's own record has not been moved yet."""
    rows = list(
        session.scalars(
            select(ManifestEvent)
            .where(ManifestEvent.item_id == "", ManifestEvent.kind == Kind.RECEIVE.value)
            .order_by(ManifestEvent.n)
        )
    )
    if not rows:
        return []
    gone = set(session.scalars(select(ManifestEvent.voids).where(ManifestEvent.voids.in_([row.id for row in rows]))))
    ids = [work_id(row.id) for row in rows]
    done = set(session.scalars(select(WorkEvent.id).where(WorkEvent.id.in_(ids))))
    return [
        row for row in rows
        if row.id not in gone and work_id(row.id) not in done and not row.data.get("loaner")
        and came_to(session, row, site_id)
    ]  # fmt: skip


def nameless_extras(session: Session) -> list[ManifestEvent]:
    """Return what came somewhere without a line and without a record, as far as it was not taken back."""
    rows = list(
        session.scalars(
            select(ManifestEvent)
            .where(ManifestEvent.item_id == "", ManifestEvent.kind == Kind.DIFFERENCE.value)
            .order_by(ManifestEvent.n)
        )
    )
    gone = set(session.scalars(select(ManifestEvent.voids).where(ManifestEvent.voids.in_([row.id for row in rows]))))
    return [row for row in rows if row.data.get("kind") == Difference.EXTRA and row.id not in gone]


def item_of_extra(session: Session, row: ManifestEvent) -> RepairItem | None:
    """Return the device that came without a line: by its label or, without one, by its serial number elsewhere.

    A later visit of the same unit is another matter.
    """
    if row.label_no:
        return item_by_label(session, row.label_no)
    found = session.get(WorkEvent, derived_id("astray", row.id))
    if found is not None:
        return session.get(RepairItem, found.item_id)
    return session.scalars(
        select(RepairItem)
        .join(Device, Device.id == RepairItem.device_id)
        .join(RepairOrder, RepairOrder.id == RepairItem.order_id)
        .where(
            Device.serial_no == row.serial_no, RepairOrder.opened_at <= row.at, IN_HAND,
            RepairItem.at_site.in_(other_sites(session, str(row.data.get("to_site", "")))),
        )
        .order_by(RepairItem.n.desc())
    ).first()  # fmt: skip


def begun_for(session: Session, row: ManifestEvent) -> tuple[str, RepairItem | None]:
    """Return the order that was begun where a device came without a line, and its device as far as that is here."""
    rows = session.scalars(
        select(ManifestEvent).where(
            ManifestEvent.manifest_id == row.manifest_id, ManifestEvent.kind == Kind.SETTLE.value
        )
    )
    fact = next((one for one in rows if one.data.get("of") == row.id and one.data.get("begun")), None)
    return (fact.words, session.get(RepairItem, str(fact.data["begun"]))) if fact is not None else ("", None)


def extras_to_match(session: Session, site_id: str) -> list[tuple[ManifestEvent, RepairItem]]:
    """Return what came without a line and can be matched at a site now, with its record.

    A site matches what came to it, and what it is missing: the record of a device is nowhere but at its own site
    until a fact names the place where the device stands.
    """
    found = []
    extras = nameless_extras(session)
    told = set(
        session.scalars(select(ReviewCard.id).where(ReviewCard.id.in_([derived_id("extra", row.id) for row in extras])))
    )
    settled = set(
        session.scalars(
            select(ManifestEvent.manifest_id).where(
                ManifestEvent.kind == Kind.SETTLE.value,
                ManifestEvent.manifest_id.in_([row.manifest_id for row in extras]),
            )
        )
    )
    for row in extras:
        double = begun_for(session, row)[1] if row.manifest_id in settled else None
        twice = double is not None and WorkState(double.work_state) in JUST_BEGUN
        if derived_id("extra", row.id) in told and not twice:
            continue
        item = item_of_extra(session, row)
        order = session.get(RepairOrder, item.order_id) if item is not None else None
        if item is not None and order is not None and (
            came_to(session, row, site_id) or same_site(session, order.site_id, site_id)
        ):  # fmt: skip
            found.append((row, item))
    return found


JUST_BEGUN = frozenset({WorkState.CHECKED_IN, WorkState.DEPOT_RECEIVED})
"""States of an order begun from the device on which nobody has worked yet."""


def came_to(session: Session, row: ManifestEvent, site_id: str) -> bool:
    """Tell whether a fact of receiving was made at a site."""
    return same_site(session, str(row.data.get("to_site", "")), site_id)


def item_by_label(session: Session, label_no: str) -> RepairItem | None:
    """Return the device on an order that bears a label."""
    return session.scalars(
        select(RepairItem).where(RepairItem.label_no == label_no).order_by(RepairItem.n.desc())
    ).first()


def this_site(session: Session) -> str:
    """Return the id of this desk's site, empty before there is one."""
    row = session.get(StoreInfo, "site_id")
    return row.value if row is not None else ""


def other_sites(session: Session, site_id: str) -> list[str]:
    """Return the ids of all sites that are not this one, under whichever of its ids it is asked for."""
    codes = {row.id: row.code for row in session.scalars(select(Site))}
    own = codes.get(site_id, "")
    return sorted(one for one, code in codes.items() if one != site_id and code != own)


def same_site(session: Session, one: str, other: str) -> bool:
    """Tell whether two ids mean one site: what was made before a server knew the branch bears another id of it."""
    if one == other:
        return True
    first, second = session.get(Site, one), session.get(Site, other)
    return first is not None and second is not None and first.code == second.code


def shelf_at(session: Session, site_id: str, code: str) -> Shelf | None:
    """Return a shelf of a site by its code or its label; another site may have a shelf of the same code."""
    wanted = code.strip().upper()
    return session.scalars(
        select(Shelf).where(
            (Shelf.code == wanted) | (Shelf.label_no == wanted), Shelf.active,
            Shelf.site_id.not_in(other_sites(session, site_id)),
        )
    ).first()  # fmt: skip


def elsewhere(session: Session, site_id: str, item_ids: Iterable[str]) -> set[str]:
    """Return which of these devices another site than this one took in last."""
    others = other_sites(session, site_id)
    ids = list(item_ids) if others else []
    found: set[str] = set()
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        found.update(
            session.scalars(select(RepairItem.id).where(RepairItem.id.in_(some), RepairItem.at_site.in_(others)))
        )
    return found


def hop_rows(session: Session, item_id: str) -> list[CustodyEvent]:
    """Return the hand-overs of a device in journal order."""
    return find(session, CustodyEvent, item_id=item_id)
