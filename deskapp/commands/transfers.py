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
    ON_MANIFEST,
    UNSIGNED,
    Signatures,
    courier_of,
    draft_of,
    event,
    manifest_of,
    manifest_todo,
    seal_of,
    settle_manifest_todo,
    sign,
)
from deskapp.commands.transfers_loaners import pack_loaner, refuse_suspect
from deskapp.commands.transfers_packing import (
    found_device,
    line_data,
    ready_again,
    refuse_elsewhere,
    refuse_full,
    refuse_state,
)
from deskapp.commands.transfers_papers import manifest_card
from deskapp.errors import N_, Refused
from deskapp.i18n import language
from deskapp.models import transfers
from deskapp.models.device import Device
from deskapp.models.handing_out import model_words
from deskapp.models.people import Site
from deskapp.models.store import Write, command
from deskapp.models.transfer import Manifest
from deskapp.rules.custody import Holder, TamperResult
from deskapp.rules.numbers import parse_scan
from deskapp.rules.papers_custody import ManifestType
from deskapp.rules.states import WorkState
from deskapp.rules.transfers import Kind, Line, State, manifest_id


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
        target = site_named(write, to).id
    row = Manifest(
        id=manifest_id(number), number=number, kind=type_.value, site_id=write.site_id, to_site_id=target,
        to_name=name, made_at=write.now, made_by=write.actor.staff_id, **_carriage(carriage),
    )  # fmt: skip
    write.session.add(row)
    event(write, row.id, Kind.OPEN, data={"to_site": target} if target else {})
    return Opened(row.id, number)


def site_named(write: Write, name: str) -> Site:
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
    """Set carrier, waybill, vehicle, expected arrival and note; possible until the far end has closed it.

    What nobody gave can be filled in afterwards too: a waybill that comes by post settles the to-do.
    """
    row = manifest_of(write, manifest_id)
    values = _carriage(carriage)
    over = row.state in (State.ARRIVED, State.CANCELLED)
    if over and any(getattr(row, name) not in ("", 0, value) for name, value in values.items()):
        raise Refused(N_("This manifest is done; nothing of it can be changed."), field="carrier", code="done")
    for name, value in values.items():
        setattr(row, name, value)
    if row.waybill or row.vehicle:
        settle_manifest_todo(write, row.id, "waybill", "noted")


@command(N_("Pack a device"), right="transfer")
def pack(
    write: Write, *, manifest_id: str, scanned: str, seal_no: str = "", tamper_result: str = "",
    rma_no: str = "", consent: str = "", unsealed: bool = False,
) -> Packed:  # fmt: skip
    """Put a scanned device (label or serial number) into a bag of a draft; raises Refused with a code for the tone.

    Codes: `again` it is on this manifest already, `other` on another, `state` it cannot travel now, `unknown`,
    `check` misread. A device for the maker needs the maker's case number and the merchant's consent. The tamper
    check of all of it is asked at the hand-over; a device that is suspicious already is not packed. `unsealed` says
    that its bag has no seal: then the number is a to-do of the manifest.
    """
    row = draft_of(write, manifest_id)
    view = transfers.view_of(write.session, row.id)
    if row.kind == ManifestType.LOANER:
        refuse_full(view)
        refuse_suspect(tamper_result)
        seal = seal_of(write, row, seal_no, unsealed=unsealed)
        line = pack_loaner(write, row, view, scanned, seal, tamper_result)
        unit = write.session.get(Device, str(line.data["device_id"]))
        model = model_words(write.session, unit, language())
        return Packed(line.id, "", line.label_no, line.serial_no, model, len(view.lines) + 1)
    item, device = found_device(write, scanned)
    if view.line(item.label_no) is not None:
        raise Refused(N_("{label} is on this manifest already."), field="scan", code="again", label=item.label_no)
    refuse_elsewhere(write, item)
    refuse_full(view)
    refuse_state(write, row, item)
    seal = seal_of(write, row, seal_no, unsealed=unsealed)
    if tamper_result == TamperResult.SUSPECT:
        raise Refused(N_("The tamper check is suspicious: put the device into quarantine."), field="scan",
                      code="tamper")  # fmt: skip
    data = line_data(write, row, item, rma_no, consent)
    packed = event(
        write, row.id, Kind.PACK, item_id=item.id, label_no=item.label_no, serial_no=device.serial_no if device else "",
        seal_no=seal, data={**data, **({"tamper": tamper_result} if tamper_result else {})},
    )  # fmt: skip
    if row.kind == ManifestType.OUT:
        ready_again(write, item)
        records = {"seal_no": seal or ON_MANIFEST, "target_depot": row.to_site_id, "manifest_no": row.number}
        move(write, item, "dispatch", records)
    model = model_words(write.session, device, language())
    return Packed(packed.id, item.id, item.label_no, packed.serial_no, model, len(view.lines) + 1)


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
    take_off(write, row, line, why)


def take_off(write: Write, row: Manifest, line: Line, why: str) -> None:
    """Take a line off; a device that was packed for the depot is on its shelf again."""
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
        take_off(write, row, line, why)
    event(write, row.id, Kind.CANCEL, words=why)
    return len(lines)


# -- the hand-over ----------------------------------------------------------------


@command(N_("Hand over to the courier"), right="transfer")
def hand_over(
    write: Write, *, manifest_id: str, counted: tuple[str, ...], courier: str, tamper_result: str,
    seals: tuple[str, ...] = (), signatures: Signatures = UNSIGNED,
) -> Sent:  # fmt: skip
    """Give everything on a draft to the courier: `counted` are the labels scanned out, `seals` further seals.

    The scanned labels must be those of the lines, one for one. `courier` is a staff number, a badge or a
    name. `tamper_result` is the word of whoever gives them: `ok` says that each was looked at and is intact; what is
    suspicious is put aside first. Prints the manifest. Raises Refused with the code `count` where the count does not
    match, and at `tamper` where nobody has looked.
    """
    row = draft_of(write, manifest_id)
    lines = transfers.view_of(write.session, row.id).lines
    refuse_count(lines, counted)
    _refuse_unseen(tamper_result)
    second, name = courier_of(write, courier)
    more = [seal_of(write, row, one) for one in seals if one.strip()]
    all_seals = list(dict.fromkeys([*(line.seal_no for line in lines if line.seal_no), *more]))
    for line in lines if row.kind != ManifestType.LOANER else ():
        _give(write, row, line, all_seals, len(lines), second, name)
    sent = event(
        write, row.id, Kind.HAND_OVER, giver=write.actor.name or write.actor.staff_no, taker=name,
        data={"count": len(lines), "seals": all_seals, "bags": len(all_seals), "second": second,
              "signed": bool(signatures.giver and signatures.taker), "tamper": tamper_result},
    )  # fmt: skip
    sign(write, sent, signatures)
    if not (row.waybill or row.vehicle):
        manifest_todo(write, row.id, "waybill", "hand_over")
    if row.kind != ManifestType.VENDOR and not all(line.seal_no for line in lines):
        manifest_todo(write, row.id, "seal_no", "hand_over")
    job = queue(write, manifest_card(write, row.id), subject_kind="manifest", subject_id=row.id)
    return Sent(row.number, len(lines), job.id)


def _refuse_unseen(tamper_result: str) -> None:
    if tamper_result == TamperResult.SUSPECT:
        raise Refused(N_("What is suspicious is put aside first; the rest can leave."), field="tamper", code="tamper")
    if tamper_result != TamperResult.OK:
        raise Refused(N_("Was every device looked at? Answer the tamper check."), field="tamper", code="missing")


def _give(write: Write, row: Manifest, line: Line, seals: Sequence[str], count: int, second: str, name: str) -> None:
    item = item_of(write, line.item_id)
    assert line.packed is not None
    if row.kind == ManifestType.VENDOR:
        data = line.packed.data
        move(write, item, "send_to_vendor", {
            "vendor": row.to_name, "rma_no": data.get("rma_no"), "manifest_no": row.number,
            "consent": data.get("consent"), "tamper_result": TamperResult.OK.value,
        })  # fmt: skip
        holder = f"{Holder.VENDOR.value}:{row.to_name}"
    else:
        records = {
            "manifest_no": row.number, "device_count": count, "seal_nos": list(seals) or ON_MANIFEST, "courier": "hop",
            "signature": ON_MANIFEST, "waybill": row.waybill or row.vehicle or ON_MANIFEST,
            "tamper_result": TamperResult.OK.value,
        }  # fmt: skip
        move(write, item, "hand_to_courier", records, second_id=second)
        holder = f"{Holder.COURIER.value}:site:{row.to_site_id}"
    hop(
        write, item, holder, giver=write.actor.name or write.actor.staff_no, taker=name,
        tamper_result=TamperResult.OK.value, place=row.number, seal_out=line.seal_no,
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
