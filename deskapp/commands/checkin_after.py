"""What follows a check-in: the label scanned back, photos and signature that come later, and taking it all back."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import select

from deskapp import catalogue
from deskapp.commands.checkin import attach
from deskapp.commands.checkin_counter import Desk, last4_of
from deskapp.commands.checkin_forms import Photo
from deskapp.commands.checkin_void import check_void
from deskapp.commands.loaners import refuse_open_loan
from deskapp.commands.moves import hop, item_of, move, record, settle, settle_todo
from deskapp.commands.people import actor_of
from deskapp.commands.pickup_release import void_code
from deskapp.commands.stock_desk import free_tray
from deskapp.commands.tickets import add_event
from deskapp.errors import N_, Refused
from deskapp.models.handing_out import code_of
from deskapp.models.local import PrintJob
from deskapp.models.people import Staff
from deskapp.models.repair import AccessoryItem, ItemRecord, RepairItem, RepairOrder, ReviewCard
from deskapp.models.store import Override, Write, command
from deskapp.models.ticket import ServiceTicket
from deskapp.rules import access
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.rules.states import WorkState

_CAME_OUT = ("printed", "sent", "held", "unknown")


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A label that was scanned back: on which device or accessory it sticks."""

    label_no: str
    item_id: str
    accessory_id: str = ""


@command(N_("Scan a label back"), right="check_in")
def confirm_label(write: Write, *, order_id: str, scanned: str) -> Confirmed:
    """Note that a label of an order sticks where it belongs; settles the to-do of its device.

    Scanning the same label again changes nothing. Raises Refused with a sentence for a label of
    another order, for another kind of code, and for a misread one.
    """
    scan = parse_scan(scanned)
    order = write.session.get_one(RepairOrder, order_id)
    items = write.session.scalars(select(RepairItem).where(RepairItem.order_id == order_id)).all()
    if scan.kind is ScanKind.LABEL:
        for item in items:
            if item.label_no == scan.number:
                return _confirm(write, item, scan.number)
        raise Refused(_elsewhere(write, scan.number), field="label", code="other_order", order=order.number)
    if scan.kind is ScanKind.ACCESSORY:
        ids = [item.id for item in items]
        accessory = write.session.scalars(
            select(AccessoryItem).where(AccessoryItem.label_no == scan.number, AccessoryItem.item_id.in_(ids))
        ).first()
        if accessory is not None:
            item = next(one for one in items if one.id == accessory.item_id)
            return _confirm(write, item, scan.number, accessory.id)
        raise Refused(_elsewhere(write, scan.number), field="label", code="other_order", order=order.number)
    if scan.problem == "check":
        raise Refused(N_("The label was misread. Scan it again."), field="label", code="check")
    if scan.kind is ScanKind.SERIAL:
        raise Refused(N_("That is the serial number. Scan the new label."), field="label", code="serial")
    raise Refused(N_("That is no label of a device. Scan the label that just came out."), field="label", code="kind")


def _elsewhere(write: Write, label_no: str) -> str:
    known = write.session.scalar(
        select(RepairItem.id).where(RepairItem.label_no == label_no).limit(1)
    ) or write.session.scalar(select(AccessoryItem.id).where(AccessoryItem.label_no == label_no).limit(1))
    if known:
        return N_("This label belongs to another order. Take it off again; the label of order {order} is needed.")
    return N_("This label is not known here. The label of order {order} is needed.")


def _confirm(write: Write, item: RepairItem, label_no: str, accessory_id: str = "") -> Confirmed:
    if label_no not in _labels_scanned(write, item.id):
        record(write, item.id, "label_scanned", label=label_no)
    if not accessory_id:
        settle_todo(write, item.id, "label_scan_back", "scanned")
    return Confirmed(label_no, item.id, accessory_id)


def _labels_scanned(write: Write, item_id: str) -> set[str]:
    rows = write.session.scalars(
        select(ItemRecord).where(ItemRecord.item_id == item_id, ItemRecord.kind == "label_scanned")
    ).all()
    return {str(row.data.get("label", "")) for row in rows}


@command(N_("Add a photo to a device"), right="check_in")
def attach_photo(write: Write, *, item_id: str, photo: Photo) -> None:
    """Name a photo of the blob store on a device; settles the to-do for photos."""
    item = item_of(write, item_id)
    caption = Desk(write).text("note", photo.caption, "caption")
    attach(write, "repair_item", item.id, replace(photo, caption=caption))
    settle_todo(write, item.id, "photos", "photo")
    if photo.kind == "back":
        settle_todo(write, item.id, "serial_photo", "photo")


@command(N_("Say why there is no photo"), right="check_in")
def defer_photos(write: Write, *, item_id: str, reason: str, settled: bool = False) -> None:
    """Note why a device has no photo; `settled` says that none will follow."""
    item = item_of(write, item_id)
    if reason not in catalogue.words("no_photo_reasons"):
        raise Refused(N_("Take photos, or say why there are none."), field="photos")
    record(write, item.id, "no_photo", reason=reason)
    if settled:
        settle_todo(write, item.id, "photos", "no_photo")


@command(N_("Add the signature to a check-in"), right="check_in")
def attach_signature(write: Write, *, order_id: str, signature: Photo) -> None:
    """Name a drawn signature or the scan of the signed slip on an order; settles its devices' to-dos."""
    order = write.session.get_one(RepairOrder, order_id)
    attach(write, "repair_order", order.id, replace(signature, kind="signature"))
    for item_id in write.session.scalars(select(RepairItem.id).where(RepairItem.order_id == order_id)):
        settle_todo(write, item_id, "signature", "signature")


@command(N_("Add the deliverer's document"), right="check_in")
def note_deliverer_id(write: Write, *, order_id: str, id_type: str, id_last4: str) -> None:
    """Write down the last four of the deliverer's document; settles the to-do of the order."""
    order = write.session.get_one(RepairOrder, order_id)
    kept = last4_of(id_last4, "id_last4")
    if not kept:
        raise Refused(N_("Enter the last four characters of the document: digits, or X at the end."), field="id_last4")
    order.deliverer_id_type, order.deliverer_id_last4 = id_type, kept
    settle_todo(write, order.id, "deliverer_id", "noted")


@command(N_("Void a check-in"), right="check_in")
def void_check_in(
    write: Write,
    *,
    order_id: str,
    reason: str,
    given_back_to: str,
    item_ids: tuple[str, ...] = (),
    override: Override | None = None,
    loaner_override: Override | None = None,
) -> tuple[str, ...]:
    """Take back a check-in that was made in error; returns the numbers of the papers that no longer hold.

    Nothing is removed: the devices go back to the merchant on record, their papers are marked as
    superseded and the slip is blocked once no device of the order is left. The acting person needs
    the right to correct, or the consent of somebody who has it, in whose name it is then done. While a loaner lent
    for the order is out, the last devices of it need a supervisor's consent of its own. What was done with a device
    meanwhile may stand in the way; the refusal then says what comes first (`checkin_void`).
    """
    reason, taker = reason.strip(), given_back_to.strip()
    if not reason:
        raise Refused(N_("Say why the check-in is voided."), field="reason")
    if not taker:
        raise Refused(N_("To whom was the device given back?"), field="given_back_to")
    kept_reason = Desk(write).text("note", reason, "reason")
    taker = Desk(write).text("name", taker, "given_back_to")
    acting = as_corrector(write, override)
    order = write.session.get_one(RepairOrder, order_id)
    lines = write.session.scalars(select(RepairItem).where(RepairItem.order_id == order_id)).all()
    standing = [item for item in lines if item.work_state != WorkState.CANCELLED]
    chosen = [item for item in lines if item.id in item_ids] if item_ids else standing
    if not chosen:
        raise Refused(N_("The order of this device is over already."), field="item", code="over")
    whole = {item.id for item in standing} <= {item.id for item in chosen}
    refuse_open_loan(acting, [item.id for item in chosen], loaner_override)
    papers = _papers(write, order, chosen, whole=whole)
    for item in chosen:
        _void_item(acting, item, kept_reason, taker, [number for number in papers if number != order.slip_no])
    _nothing_to_do(acting, [*(item.id for item in chosen), *([order.id] if whole else [])])
    if whole:
        record(acting, order.id, "papers_superseded", numbers=[order.slip_no])
        order.slip_blocked = True
        void_code(acting, code_of(acting.session, order.id))
        _cancel_ticket(acting, order, kept_reason)
    return tuple(papers)


def as_corrector(write: Write, override: Override | None) -> Write:
    """Return the same write, in the name of the person who may correct."""
    if access.may(write.roles, write.actor.roles, "correct"):
        return write
    person = write.session.get_one(Staff, write.second_person(override, "correct", field="reason"))
    return replace(write, actor=actor_of(person))


def _papers(write: Write, order: RepairOrder, items: list[RepairItem], *, whole: bool) -> list[str]:
    """Return the numbers of the papers that are void, and cancel those that have not come out yet."""
    accessories = write.session.scalars(
        select(AccessoryItem).where(AccessoryItem.item_id.in_([item.id for item in items]))
    ).all()
    subjects = [item.id for item in items] + [one.id for one in accessories] + ([order.id] if whole else [])
    jobs = write.session.scalars(select(PrintJob).where(PrintJob.subject_id.in_(subjects))).all()
    for job in jobs:
        if job.state not in _CAME_OUT:
            job.state, job.state_at, job.resolved_by = "cancelled", write.now, write.actor.staff_id
    numbers = [item.label_no for item in items] + [one.label_no for one in accessories if one.label_no]
    return [*numbers, *([order.slip_no] if whole else [])]


def _void_item(write: Write, item: RepairItem, reason: str, taker: str, papers: list[str]) -> None:
    check_void(write, item)
    free_tray(write, item)
    # Who took the device is in the hand-over, where the name can be erased; the move only says that.
    move(write, item, "void_check_in", {"reason": reason, "given_back_to": "hop", "papers_superseded": papers})
    hop(
        write, item, "merchant", giver=write.actor.name or write.actor.staff_no, taker=taker, tamper_result="not_due",
    )  # fmt: skip
    record(write, item.id, "papers_superseded", numbers=papers)
    move(write, item, "cancel", {"reason": reason})


def _nothing_to_do(write: Write, subjects: list[str]) -> None:
    """Take what was still to be done off the list: no photo of a device that is not here is missing."""
    cards = select(ReviewCard).where(
        ReviewCard.subject_id.in_(subjects), ReviewCard.kind == "todo", ReviewCard.settled_at == 0
    )
    for card in write.session.scalars(cards).all():
        settle(write, card, "voided")


def _cancel_ticket(write: Write, order: RepairOrder, reason: str) -> None:
    """Close the ticket that only this order stood on."""
    ticket = write.session.get(ServiceTicket, order.ticket_id) if order.ticket_id else None
    others = write.session.scalar(
        select(RepairOrder.id).where(RepairOrder.ticket_id == order.ticket_id, RepairOrder.id != order.id).limit(1)
    )
    if ticket is None or others or ticket.opened_at != order.opened_at:
        return
    add_event(write, ticket.id, "cancel", "cancelled", reason=reason)
