"""Sending devices on: a draft manifest, devices scanned into bags, handed over with a count and two signatures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from deskapp.commands.entry import Entry
from deskapp.commands.moves import hop, item_of, move
from deskapp.commands.papers import queue
from deskapp.commands.transfers_desk import (
    UNSIGNED,
    Signatures,
    courier_of,
    draft_of,
    event,
    manifest_of,
    seal_of,
    sign,
)
from deskapp.commands.transfers_loaners import pack_loaner, refuse_suspect
from deskapp.commands.transfers_papers import manifest_card
from deskapp.errors import N_, Refused
from deskapp.i18n import language
from deskapp.models import transfers
from deskapp.models.act_session import facts_of
from deskapp.models.device import Device
from deskapp.models.handing_out import model_words
from deskapp.models.people import Site
from deskapp.models.repair import AccessoryItem, RepairItem, RepairOrder
from deskapp.models.store import Write, command
from deskapp.models.transfer import Manifest
from deskapp.rules.custody import Holder, TamperResult, is_ours
from deskapp.rules.numbers import PROBLEMS, ScanKind, parse_scan
from deskapp.rules.papers_custody import ManifestType
from deskapp.rules.states import STATE_TITLES, WorkState
from deskapp.rules.transfers import PACKED_FROM, Kind, Line, State, View, manifest_id

MOST_LINES = 200
"""Devices on one manifest; a van with more takes two."""


@dataclass(frozen=True, slots=True)
class Carriage:
    """How it travels; `planned_at` is the expected arrival (ms UTC), 0 while unknown."""

    carrier: str = ""
    waybill: str = ""
    vehicle: str = ""
    planned_at: int = 0
    note: str = ""


NOT_SAID = Carriage()


@dataclass(frozen=True, slots=True)
class Opened:
    """A new draft."""

    manifest_id: str
    number: str


@dataclass(frozen=True, slots=True)
class Packed:
    """A device that was scanned onto a manifest, and how many are on it now."""

    event_id: str
    item_id: str
    label_no: str
    serial_no: str
    model: str
    count: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A hand-over: the manifest's number, how many devices, the print job of its paper."""

    number: str
    count: int
    job_id: str


# -- the draft -----------------------------------------------------------------


@command(N_("Begin a manifest"), right="transfer")
def open_manifest(write: Write, *, kind: str, to: str, carriage: Carriage = Carriage()) -> Opened:
    """Begin a draft for another site (its id, code or depot code) or for a maker (its name); returns its number."""
    type_ = ManifestType(kind)
    number = write.number("M")
    target, name = "", ""
    if type_ is ManifestType.VENDOR:
        name = Entry().note(to, "to")
        if not name:
            raise Refused(N_("To which maker?"), field="to", code="missing")
    else:
        target = _site_named(write, to).id
    row = Manifest(
        id=manifest_id(number), number=number, kind=type_.value, site_id=write.site_id, to_site_id=target,
        to_name=name, made_at=write.now, made_by=write.actor.staff_id, **_carriage(carriage),
    )  # fmt: skip
    write.session.add(row)
    event(write, row.id, Kind.OPEN, data={"to_site": target} if target else {})
    return Opened(row.id, number)


def _site_named(write: Write, name: str) -> Site:
    """Return the other site that is meant."""
    wanted = name.strip()
    if not wanted:
        raise Refused(N_("Where to? Choose the site."), field="to", code="missing")
    row = write.session.get(Site, wanted)
    if row is None:
        row = write.session.scalars(
            select(Site).where((Site.code == wanted.upper()) | (Site.depot_code == wanted.upper()))
        ).first()
    if row is None:
        raise Refused(N_("There is no site “{site}”."), field="to", code="unknown", site=wanted[:40])
    if transfers.same_site(write.session, row.id, write.site_id):
        raise Refused(N_("This is our own site: nothing has to travel."), field="to", code="own")
    return row


def _carriage(given: Carriage) -> dict[str, object]:
    entry = Entry()
    return {
        "carrier": entry.note(given.carrier, "carrier"), "waybill": entry.take("waybill_no", given.waybill, "waybill"),
        "vehicle": entry.note(given.vehicle, "vehicle").upper(), "planned_at": max(0, given.planned_at),
        "note": entry.note(given.note, "note"),
    }  # fmt: skip


@command(N_("Change how a manifest travels"), right="transfer")
def change_carriage(write: Write, *, manifest_id: str, carriage: Carriage) -> None:
    """Set carrier, waybill, vehicle, expected arrival and note; possible until the far end has closed it."""
    row = manifest_of(write, manifest_id)
    if row.state in (State.ARRIVED, State.CANCELLED):
        raise Refused(N_("This manifest is done; nothing of it can be changed."), field="carrier", code="done")
    for name, value in _carriage(carriage).items():
        setattr(row, name, value)


@command(N_("Pack a device"), right="transfer")
def pack(
    write: Write, *, manifest_id: str, scanned: str, seal_no: str = "", tamper_result: str = "not_due",
    rma_no: str = "", consent: str = "",
) -> Packed:  # fmt: skip
    """Put a scanned device (label or serial number) into a bag of a draft; raises Refused with a code for the tone.

    Codes: `again` it is on this manifest already, `other` on another, `state` it cannot travel now, `unknown`,
    `check` misread. A device for the maker needs the maker's case number and the merchant's consent.
    """
    row = draft_of(write, manifest_id)
    view = transfers.view_of(write.session, row.id)
    if row.kind == ManifestType.LOANER:
        _refuse_full(view)
        refuse_suspect(tamper_result)
        line = pack_loaner(write, row, view, scanned, seal_of(write, row, seal_no), tamper_result)
        unit = write.session.get(Device, str(line.data["device_id"]))
        model = model_words(write.session, unit, language())
        return Packed(line.id, "", line.label_no, line.serial_no, model, len(view.lines) + 1)
    item, device = _found(write, scanned)
    if view.line(item.label_no) is not None:
        raise Refused(N_("{label} is on this manifest already."), field="scan", code="again", label=item.label_no)
    _refuse_elsewhere(write, item)
    _refuse_full(view)
    _refuse_state(write, row, item)
    seal = seal_of(write, row, seal_no)
    if tamper_result == TamperResult.SUSPECT:
        raise Refused(N_("The tamper check is suspicious: put the device into quarantine."), field="scan",
                      code="tamper")  # fmt: skip
    data = _line_data(write, row, item, rma_no, consent)
    packed = event(
        write, row.id, Kind.PACK, item_id=item.id, label_no=item.label_no, serial_no=device.serial_no if device else "",
        seal_no=seal, data={**data, "tamper": tamper_result},
    )  # fmt: skip
    if row.kind == ManifestType.OUT:
        move(write, item, "dispatch", {"seal_no": seal, "target_depot": row.to_site_id, "manifest_no": row.number})
    model = model_words(write.session, device, language())
    return Packed(packed.id, item.id, item.label_no, packed.serial_no, model, len(view.lines) + 1)


def _refuse_full(view: View) -> None:
    if len(view.lines) >= MOST_LINES:
        raise Refused(N_("This manifest is full ({count} devices). Begin another one."), field="scan", code="full",
                      count=MOST_LINES)  # fmt: skip


def _found(write: Write, scanned: str) -> tuple[RepairItem, Device | None]:
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
    if item is None:
        raise Refused(N_("{number} is not a device that is here. Put it aside."), field="scan", code="unknown",
                      number=scan.number[:40])  # fmt: skip
    return item, session.get(Device, item.device_id)


def _refuse_elsewhere(write: Write, item: RepairItem) -> None:
    other = transfers.on_draft(write.session, item.id)
    if other is not None:
        number = write.session.get_one(Manifest, other.manifest_id).number
        raise Refused(N_("{label} is on another manifest, {number}. Take it off there first."), field="scan",
                      code="other", label=item.label_no, number=number)  # fmt: skip


def _refuse_state(write: Write, row: Manifest, item: RepairItem) -> None:
    state = WorkState(item.work_state)
    if state not in PACKED_FROM.get(ManifestType(row.kind), frozenset()):
        raise Refused(N_("{label} cannot travel now: it is “{state}”."), field="scan", code="state",
                      label=item.label_no, state=STATE_TITLES[state])  # fmt: skip
    if transfers.elsewhere(write.session, write.site_id, [item.id]):
        raise Refused(N_("By the record {label} is at another site."), field="scan", code="place", label=item.label_no)
    order = write.session.get(RepairOrder, item.order_id)
    home = order is None or transfers.same_site(write.session, order.site_id, row.to_site_id)
    if row.kind == ManifestType.RETURN and order is not None and not home:
        site = write.session.get(Site, order.site_id)
        raise Refused(N_("{label} belongs to {site}, not on this manifest."), field="scan", code="site",
                      label=item.label_no, site=(site.short_name or site.name) if site else "?")  # fmt: skip


def _line_data(write: Write, row: Manifest, item: RepairItem, rma_no: str, consent: str) -> dict[str, object]:
    order = write.session.get(RepairOrder, item.order_id)
    accessories = [one.kind for one in facts_of(write.session, AccessoryItem, item.id)]
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


@command(N_("Take a device off the manifest"), right="transfer")
def unpack(write: Write, *, manifest_id: str, reason: str, item_id: str = "", label_no: str = "") -> None:
    """Take a device off a draft again, by its id or, a loaner, by its number; it goes back to where it was."""
    row = draft_of(write, manifest_id)
    why = Entry().note(reason, "reason")
    if not why:
        raise Refused(N_("Give the reason."), field="reason", code="missing")
    lines = transfers.view_of(write.session, row.id).lines
    line = next((one for one in lines if (item_id and one.item_id == item_id) or one.label_no == label_no), None)
    if line is None:
        raise Refused(N_("This device is not on this manifest."), field="item", code="unknown")
    _take_off(write, row, line, why)


def _take_off(write: Write, row: Manifest, line: Line, why: str) -> None:
    assert line.packed is not None
    event(write, row.id, Kind.UNPACK, item_id=line.item_id, label_no=line.label_no, words=why, voids=line.packed.uid)
    item = item_of(write, line.item_id) if line.item_id else None
    if item is not None and row.kind == ManifestType.OUT and item.work_state == WorkState.AWAITING_DISPATCH:
        move(write, item, "unpack", {"reason": why})


@command(N_("Withdraw a manifest"), right="transfer")
def cancel_manifest(write: Write, *, manifest_id: str, reason: str) -> int:
    """Take everything off a draft and end it; returns how many devices stay here."""
    row = draft_of(write, manifest_id)
    why = Entry().note(reason, "reason")
    if not why:
        raise Refused(N_("Give the reason."), field="reason", code="missing")
    lines = transfers.view_of(write.session, row.id).lines
    for line in lines:
        _take_off(write, row, line, why)
    event(write, row.id, Kind.CANCEL, words=why)
    return len(lines)


# -- the hand-over ----------------------------------------------------------------


@command(N_("Hand over to the courier"), right="transfer")
def hand_over(
    write: Write, *, manifest_id: str, counted: tuple[str, ...], courier: str, seals: tuple[str, ...] = (),
    signatures: Signatures = UNSIGNED,
) -> Sent:  # fmt: skip
    """Give everything on a draft to the courier: `counted` are the labels scanned out, `seals` further seals.

    The scanned labels must be those of the lines, one for one. `courier` is a staff number, a badge or a
    name. Prints the manifest. Raises Refused with the code `count` where the count does not match.
    """
    row = draft_of(write, manifest_id)
    lines = transfers.view_of(write.session, row.id).lines
    refuse_count(lines, counted)
    second, name = courier_of(write, courier)
    more = [seal_of(write, row, one) for one in seals if one.strip()]
    all_seals = list(dict.fromkeys([*(line.seal_no for line in lines if line.seal_no), *more]))
    for line in lines if row.kind != ManifestType.LOANER else ():
        _give(write, row, line, all_seals, len(lines), second, name)
    sent = event(
        write, row.id, Kind.HAND_OVER, giver=write.actor.name or write.actor.staff_no, taker=name,
        data={"count": len(lines), "seals": all_seals, "bags": len(all_seals), "second": second,
              "signed": bool(signatures.giver and signatures.taker)},
    )  # fmt: skip
    sign(write, sent, signatures)
    job = queue(write, manifest_card(write, row.id), subject_kind="manifest", subject_id=row.id)
    return Sent(row.number, len(lines), job.id)


def _give(write: Write, row: Manifest, line: Line, seals: Sequence[str], count: int, second: str, name: str) -> None:
    item = item_of(write, line.item_id)
    assert line.packed is not None
    if row.kind == ManifestType.VENDOR:
        data = line.packed.data
        move(write, item, "send_to_vendor", {
            "vendor": row.to_name, "rma_no": data.get("rma_no"), "manifest_no": row.number,
            "consent": data.get("consent"),
        })  # fmt: skip
        holder = f"{Holder.VENDOR.value}:{row.to_name}"
    else:
        records = {
            "manifest_no": row.number, "device_count": count, "seal_nos": seals or ["-"], "courier": "hop",
            "signature": "manifest", "waybill": row.waybill or row.vehicle or "-",
        }  # fmt: skip
        move(write, item, "hand_to_courier", records, second_id=second)
        holder = f"{Holder.COURIER.value}:site:{row.to_site_id}"
    hop(
        write, item, holder, giver=write.actor.name or write.actor.staff_no, taker=name,
        tamper_result=str(line.packed.data.get("tamper") or TamperResult.NOT_DUE), place=row.number,
        seal_out=line.seal_no,
    )  # fmt: skip
    item.shelf_id = ""


def refuse_count(lines: Sequence[Line], counted: Sequence[str]) -> None:
    """Raise Refused unless the scanned labels are those of the lines, each once."""
    if not lines:
        raise Refused(N_("Nothing is packed yet."), field="scan", code="empty")
    wanted = Counter(line.label_no for line in lines)
    seen = Counter(parse_scan(text).number for text in counted)
    missing, extra = sorted(wanted - seen), sorted(seen - wanted)
    if missing:
        raise Refused(N_("Counted {seen} of {wanted}: {label} was not scanned out."), field="scan", code="count",
                      seen=sum(seen.values()), wanted=len(lines), label=missing[0])  # fmt: skip
    if extra:
        raise Refused(N_("{label} was scanned out but is not on this manifest."), field="scan", code="count",
                      label=extra[0])  # fmt: skip


@command(N_("Take a manifest back from the courier"), right="transfer")
def take_manifest_back(write: Write, *, manifest_id: str, reason: str, courier: str, tamper_result: str) -> int:
    """Take everything back that was handed over and has not arrived: a flat tyre, a wrong van. It is a draft again."""
    row = manifest_of(write, manifest_id)
    view = transfers.view_of(write.session, row.id)
    ours = transfers.same_site(write.session, row.site_id, write.site_id)
    if not ours or view.state is not State.UNDER_WAY or row.kind == ManifestType.VENDOR:
        raise Refused(N_("Only what is under way from here can be taken back."), field="reason", code="state")
    why = Entry().note(reason, "reason")
    if not why:
        raise Refused(N_("Give the reason."), field="reason", code="missing")
    second, name = courier_of(write, courier)
    for line in view.lines if row.kind != ManifestType.LOANER else ():
        item = item_of(write, line.item_id)
        records = {"reason": why, "tamper_result": tamper_result, "courier": "hop"}
        move(write, item, "courier_back", records, second_id=second)
        hop(write, item, Holder.SHELF.value, giver=name, taker=write.actor.name or write.actor.staff_no,
            tamper_result=tamper_result, seal_in=line.seal_no)  # fmt: skip
    event(write, row.id, Kind.TAKE_BACK, words=why, giver=name, taker=write.actor.name or write.actor.staff_no)
    return len(view.lines)
