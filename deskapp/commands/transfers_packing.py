"""What may go into a bag: a device that is here, on no other manifest, in a state in which it travels."""

from __future__ import annotations

from sqlalchemy import select

from deskapp.commands.entry import Entry
from deskapp.commands.moves import move
from deskapp.errors import N_, Refused
from deskapp.models import transfers
from deskapp.models.act_session import facts_of
from deskapp.models.device import Device
from deskapp.models.people import Site
from deskapp.models.repair import AccessoryItem, RepairItem, RepairOrder
from deskapp.models.store import Write
from deskapp.models.transfer import Manifest
from deskapp.rules.custody import is_ours
from deskapp.rules.numbers import PROBLEMS, ScanKind, parse_scan
from deskapp.rules.papers_custody import ManifestType
from deskapp.rules.states import STATE_TITLES, WorkState
from deskapp.rules.transfers import PACKED_FROM, View

MOST_LINES = 200
"""Devices on one manifest; a van with more takes two."""


def refuse_full(view: View) -> None:
    if len(view.lines) >= MOST_LINES:
        raise Refused(N_("This manifest is full ({count} devices). Begin another one."), field="scan", code="full",
                      count=MOST_LINES)  # fmt: skip


def found_device(write: Write, scanned: str) -> tuple[RepairItem, Device | None]:
    """Return the device that a scan means; raises Refused where there is none."""
    scan = parse_scan(scanned)
    if scan.problem == "check":
        raise Refused(PROBLEMS["check"], field="scan", code="check")
    session, item = write.session, None
    if scan.kind is ScanKind.LABEL:
        item = transfers.item_by_label(session, scan.number)
    elif scan.kind is ScanKind.SERIAL:
        rows = session.scalars(
            select(RepairItem).join(Device, Device.id == RepairItem.device_id).where(Device.serial_no == scan.number)
            .order_by(RepairItem.n.desc())
        ).all()  # fmt: skip
        item = next((one for one in rows if is_ours(one.holder or None)), rows[0] if rows else None)
    if scan.kind is ScanKind.ACCESSORY and (label := _device_of(write, scan.number)):
        raise Refused(
            N_("An accessory of {label}: it goes into the same bag."), field="scan", code="again", label=label
        )
    if item is None:
        raise Refused(N_("{number} is not a device that is here. Put it aside."), field="scan", code="unknown",
                      number=scan.number[:40])  # fmt: skip
    return item, session.get(Device, item.device_id)


def _device_of(write: Write, accessory_label: str) -> str:
    """Return the label of the device that an accessory belongs to; empty where it is not known here."""
    return write.session.scalar(
        select(RepairItem.label_no)
        .join(AccessoryItem, AccessoryItem.item_id == RepairItem.id)
        .where(AccessoryItem.label_no == accessory_label)
    ) or ""  # fmt: skip


def refuse_elsewhere(write: Write, item: RepairItem) -> None:
    other = transfers.on_draft(write.session, item.id)
    if other is not None:
        number = write.session.get_one(Manifest, other.manifest_id).number
        raise Refused(N_("{label} is on another manifest, {number}. Take it off there first."), field="scan",
                      code="other", label=item.label_no, number=number)  # fmt: skip


def refuse_state(write: Write, row: Manifest, item: RepairItem) -> None:
    state = WorkState(item.work_state)
    left_over = row.kind == ManifestType.OUT and state is WorkState.AWAITING_DISPATCH  # `refuse_elsewhere` went before
    if not left_over and state not in PACKED_FROM.get(ManifestType(row.kind), frozenset()):
        raise Refused(N_("{label} cannot travel now: it is “{state}”."), field="scan", code="state",
                      label=item.label_no, state=STATE_TITLES[state])  # fmt: skip
    if transfers.elsewhere(write.session, write.site_id, [item.id]):
        raise Refused(N_("By the record {label} is at another site."), field="scan", code="place", label=item.label_no)
    order = write.session.get(RepairOrder, item.order_id)
    # An order that was begun here for a device without a paper goes to whichever outlet it belongs to.
    home = order is None or any(
        transfers.same_site(write.session, order.site_id, one) for one in (row.to_site_id, write.site_id)
    )
    if row.kind == ManifestType.RETURN and order is not None and not home:
        site = write.session.get(Site, order.site_id)
        raise Refused(N_("{label} belongs to {site}, not on this manifest."), field="scan", code="site",
                      label=item.label_no, site=(site.short_name or site.name) if site else "?")  # fmt: skip


def ready_again(write: Write, item: RepairItem) -> None:
    """Bring back to the shelf what was taken off a manifest while it lay in quarantine, and was packed by its state."""
    if item.work_state == WorkState.AWAITING_DISPATCH:
        move(write, item, "unpack", {"reason": "off the manifest"})


def line_data(write: Write, row: Manifest, item: RepairItem, rma_no: str, consent: str) -> dict[str, object]:
    order = write.session.get(RepairOrder, item.order_id)
    accessories = [one.kind for one in facts_of(write.session, AccessoryItem, item.id) if one.kind]
    data: dict[str, object] = {"order_no": order.number if order else "", "accessories": accessories}
    if row.kind == ManifestType.VENDOR:
        entry = Entry()
        data["rma_no"] = entry.note(rma_no, "rma_no")
        agreed = "slip" if order is not None and order.vendor_consent else entry.note(consent, "consent")
        if not data["rma_no"]:
            raise Refused(N_("Enter the maker's case number."), field="rma_no", code="missing")
        if not agreed:
            raise Refused(N_("The merchant did not agree on the slip: who agreed to the maker, and how?"),
                          field="consent", code="missing")  # fmt: skip
        data["consent"] = agreed
    return data
