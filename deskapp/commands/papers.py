"""Filling papers from the records and queuing them in the act's own commit.

A card is frozen when it is queued: a reprint shows what was true then, and the paper of
a saved act can never be lost by a jam or a power cut.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from deskapp import catalogue, settings
from deskapp.commands.entry import Entry
from deskapp.errors import N_, Refused
from deskapp.models.act_session import facts_of, rows_of_order
from deskapp.models.device import Device, DeviceModel
from deskapp.models.local import PrintJob
from deskapp.models.merchant import Merchant
from deskapp.models.people import Shelf, Site, Staff
from deskapp.models.repair import AccessoryItem, ItemRecord, RepairItem, RepairOrder
from deskapp.models.stock import LoanEvent
from deskapp.models.storage_fees import storage_terms
from deskapp.models.store import Write, command
from deskapp.models.superseded import superseded
from deskapp.rules import papers
from deskapp.rules.masking import mask
from deskapp.rules.paper_store import Card, kind_of, to_json

LABELS = papers.LABEL_KINDS


# -- queuing -------------------------------------------------------------------


def queue(
    write: Write,
    card: Card,
    *,
    subject_kind: str,
    subject_id: str,
    copy_no: int = 0,
    of_job: str = "",
    reason: str = "",
) -> PrintJob:
    """Queue one intended piece of paper; it prints by itself as soon as the act is committed."""
    values = write.settings
    text = to_json(card)
    kind = kind_of(card)
    identity = write.new_id()
    batch, place = _next_in_batch(write, identity)
    job = PrintJob(
        id=identity, kind=kind, subject_kind=subject_kind, subject_id=subject_id, number=card.number,
        card=text, card_sha256=hashlib.sha256(text.encode()).hexdigest(), copy_no=copy_no, of_job=of_job,
        reason=reason, language=values[settings.PAPER_LANGUAGE], medium=medium_for(kind, values),
        created_at=write.now, created_by=write.actor.staff_id, state_at=write.now, batch_id=batch, batch_seq=place,
    )  # fmt: skip
    write.session.add(job)
    return job


def _next_in_batch(write: Write, job_id: str) -> tuple[str, int]:
    """What one act asks for belongs together: a batch, named after its first paper, and the place in it from 1."""
    batch, count = write.session.info.get("batch", (job_id, 0))
    write.session.info["batch"] = batch, count + 1
    return batch, count + 1


def medium_for(kind: str, values: settings.Values) -> str:
    """Return the medium on which this computer prints a kind of paper."""
    if kind in LABELS:
        size = values[settings.LABEL_SIZE]
        if size == "a4":
            return "a4-labels"
        symbol = "+qr" if size != "60x40" and values[settings.SMALL_LABEL_CODE] == "qr" else ""
        return f"label-{size}{symbol}"
    rolls = {
        "pickup_slip": settings.SLIP_FORM, "call_note": settings.SLIP_FORM, "repair_receipt": settings.RECEIPT_FORM,
        "refund": settings.RECEIPT_FORM,
    }  # fmt: skip
    if kind in rolls:
        return "roll-80" if values[rolls[kind]] == "80mm" else "a5"
    small = dict.fromkeys(("quote", "loan_agreement", "swap_note", "bench_traveller", "missed_note"), "a5")
    return {**small, "register": "a4-landscape", "service_card": "card-90x54"}.get(kind, "a4")


def queue_device_label(write: Write, item: RepairItem) -> PrintJob:
    """Queue the label of a device taken in."""
    card = device_label(write.session, item)
    return queue(write, card, subject_kind="repair_item", subject_id=item.id)


def queue_accessory_label(write: Write, accessory: AccessoryItem) -> PrintJob:
    """Queue the label of one loose accessory."""
    card = accessory_label(write.session, accessory)
    return queue(write, card, subject_kind="accessory_item", subject_id=accessory.id)


def queue_slip(write: Write, order: RepairOrder, signature: str = "") -> PrintJob:
    """Queue the merchant's pickup slip; `signature` is the SHA-256 of one drawn on the screen."""
    card = pickup_slip(write.session, order, signature)
    return queue(write, card, subject_kind="repair_order", subject_id=order.id)


@command(N_("Reprint a paper"), right="reprint_first")
def reprint(write: Write, *, job_id: str, reason: str) -> str:
    """Queue a marked copy of a printed paper from its frozen card; returns the new job's id.

    The first reprint is the clerk's own; further ones need the right to reprint. Raises
    Refused without a reason. A paper that no longer holds comes out marked as such.
    """
    first = write.session.get(PrintJob, job_id)
    if first is None:
        raise Refused(N_("This paper is not known on this computer."), field="job")
    reason = _why(reason)
    if first.kind in LABELS and superseded(write.session, [first.number]):
        # A label has no room for a mark: on a device it would pass for a good one.
        raise Refused(N_("This label no longer holds, so it is not printed again."), field="job", code="superseded")
    return _copy(write, first, reason).id


@command(N_("Reprint part of a batch"), right="reprint_first")
def reprint_batch(write: Write, *, batch_id: str, first: int, last: int, reason: str) -> list[str]:
    """Queue marked copies of the papers `first` to `last` (from 1) of a batch that came out; returns the new jobs.

    The same rights and reasons as for one. Labels that no longer hold are left out. Raises Refused when
    nothing of it has come out.
    """
    reason = _why(reason)
    if not 1 <= first <= last:
        raise Refused(N_("Count from the first paper of the batch: from 1 to the last."), field="first")
    rows = write.session.scalars(
        select(PrintJob)
        .where(PrintJob.batch_id == batch_id, PrintJob.batch_seq.between(first, last), PrintJob.state == "printed")
        .order_by(PrintJob.batch_seq)
    ).all()
    void = superseded(write.session, [row.number for row in rows if row.kind in LABELS])
    again = [row for row in rows if batch_id and not (row.kind in LABELS and row.number in void)]
    if not again:
        raise Refused(N_("None of these papers has come out yet."), field="first")
    jobs = [_copy(write, row, reason) for row in again]
    for job in jobs:
        job.batch_id, job.batch_seq = _next_in_batch(write, job.id)
    return [job.id for job in jobs]


def _why(reason: str) -> str:
    said = Entry().note(reason, "reason")
    if not said:
        raise Refused(N_("Give the reason for the reprint."), field="reason")
    return said


def _copy(write: Write, first: PrintJob, reason: str) -> PrintJob:
    """Queue a marked copy of a paper; a second copy needs the right to reprint."""
    from deskapp.rules import access

    origin = first.of_job or first.id
    copies = write.session.scalars(select(PrintJob).where(PrintJob.of_job == origin)).all()
    if copies:
        access.require(write.roles, write.actor.roles, "reprint")
    job = PrintJob(
        id=write.new_id(), kind=first.kind, subject_kind=first.subject_kind, subject_id=first.subject_id,
        number=first.number, card=first.card, card_sha256=first.card_sha256, copy_no=len(copies) + 1,
        of_job=origin, reason=reason, language=first.language,
        medium=medium_for(first.kind, write.settings), created_at=write.now,
        created_by=write.actor.staff_id, state_at=write.now,
    )  # fmt: skip
    write.session.add(job)
    return job


# -- filling -------------------------------------------------------------------


def paper_site(session: Session, site_id: str) -> papers.Site:
    """Return the head of every paper of a site."""
    site = session.get(Site, site_id)
    if site is None:
        return papers.Site()
    return papers.Site(
        site.short_name or site.name, site.code, site.address, site.hotline or site.phone, site.hours
    )


def model_name(session: Session, device: Device | None, *, words: str = "") -> str:
    """Return brand and model as printed, or the words somebody typed for an unknown model."""
    model = session.get(DeviceModel, device.model_id) if device and device.model_id else None
    if model is not None:
        return f"{model.brand} {model.name}"
    # A unit without a model keeps the words of its first check-in as its note.
    return words or ((device.model_id or device.note) if device else "")


def fault_words(item: RepairItem) -> str:
    """Return the fault as printed: the symptom's words, then the merchant's own."""
    symptom = catalogue.title("symptoms", item.symptom_code, "zh_CN") if item.symptom_code else ""
    return " ".join(piece for piece in (symptom, item.words) if piece)


def merchant_short(session: Session, merchant_id: str) -> str:
    """Return the merchant's short name, or nothing while the merchant is unknown."""
    merchant = session.get(Merchant, merchant_id) if merchant_id else None
    return (merchant.short_name or merchant.name) if merchant else ""


def staff_name(session: Session, staff_id: str) -> str:
    """Return a staff member's name for a paper."""
    person = session.get(Staff, staff_id) if staff_id else None
    return person.name if person else ""


def latest(session: Session, item_id: str, kind: str) -> ItemRecord | None:
    """Return the newest record of a kind on a device that nobody took back."""
    rows = facts_of(session, ItemRecord, item_id)
    found = [row for row in rows if row.kind == kind and not row.voids]
    voided = {row.voids for row in rows if row.voids} if found else ()
    return next((row for row in reversed(found) if row.id not in voided), None)


def warranty_mark(session: Session, item_id: str) -> papers.WarrantyMark:
    """Return the first view of the warranty as marked on label and slip."""
    row = latest(session, item_id, "warranty") or latest(session, item_id, "warranty_first_view")
    result = str(row.data.get("result", "")) if row else ""
    return {"free": papers.WarrantyMark.IN, "payable": papers.WarrantyMark.OUT}.get(
        result, papers.WarrantyMark.PENDING
    )


def order_lines(session: Session, order_id: str) -> Sequence[RepairItem]:
    """Return the devices of an order in the order of their lines."""
    return sorted(rows_of_order(session, RepairItem, order_id), key=lambda item: item.line_no)


def accessories_of(session: Session, item_id: str) -> Sequence[AccessoryItem]:
    """Return what was handed in with a device; what was struck out never came."""
    return [one for one in facts_of(session, AccessoryItem, item_id) if one.kind]


def shelf_code(session: Session, shelf_id: str) -> str:
    """Return the code of a shelf, or nothing."""
    shelf = session.get(Shelf, shelf_id) if shelf_id else None
    return shelf.code if shelf else ""


def device_label(session: Session, item: RepairItem) -> papers.DeviceLabelCard:
    """Fill the label of a device."""
    session.flush()
    order = session.get_one(RepairOrder, item.order_id)
    device = session.get(Device, item.device_id)
    site = session.get(Site, order.site_id)
    return papers.DeviceLabelCard(
        number=item.label_no,
        site=paper_site(session, order.site_id),
        depot_code=site.depot_code if site else "",
        order_no=order.number,
        line_no=item.line_no,
        line_count=len(order_lines(session, order.id)),
        model=model_name(session, device),
        serial_no=device.serial_no if device else "",
        merchant=merchant_short(session, order.merchant_id),
        terminal_no=item.terminal_no,
        fault=fault_words(item),
        received_ms=order.opened_at,
        warranty=warranty_mark(session, item.id),
        shelf=shelf_code(session, item.shelf_id),
        accessories=len(accessories_of(session, item.id)),
        rush=item.priority == 1,
    )


def accessory_label(session: Session, accessory: AccessoryItem) -> papers.AccessoryLabelCard:
    """Fill the label of one loose accessory."""
    session.flush()
    item = session.get_one(RepairItem, accessory.item_id)
    order = session.get_one(RepairOrder, item.order_id)
    device = session.get(Device, item.device_id)
    site = session.get(Site, order.site_id)
    labelled = [one for one in accessories_of(session, item.id) if one.label_no]
    return papers.AccessoryLabelCard(
        number=accessory.label_no,
        site=paper_site(session, order.site_id),
        depot_code=site.depot_code if site else "",
        order_no=order.number,
        device_label_no=item.label_no,
        accessory=catalogue.title("accessory_types", accessory.kind, "zh_CN"),
        index=1 + [one.id for one in labelled].index(accessory.id),
        count=len(labelled),
        model=model_name(session, device),
        serial_no=accessory.serial_no or (device.serial_no if device else ""),
        merchant=merchant_short(session, order.merchant_id),
        received_ms=order.opened_at,
        shelf=shelf_code(session, item.shelf_id),
        rush=item.priority == 1,
    )


def pickup_slip(session: Session, order: RepairOrder, signature: str = "") -> papers.PickupSlipCard:
    """Fill the merchant's slip; phone and merchant number are masked, the pickup code is never on it."""
    session.flush()
    merchant = session.get(Merchant, order.merchant_id) if order.merchant_id else None
    loan, loaner = _loan_of(session, order)
    return papers.PickupSlipCard(
        number=order.slip_no,
        token=order.slip_token,
        site=paper_site(session, order.site_id),
        order_no=order.number,
        received_ms=order.opened_at,
        merchant=merchant.name if merchant else "",
        merchant_no=mask("merchant_no", merchant.merchant_no) if merchant and merchant.merchant_no else "",
        devices=tuple(_slip_device(session, item) for item in order_lines(session, order.id)),
        deliverer=mask("name", order.deliverer_name) if order.deliverer_name else "",
        deliverer_phone=mask("phone", order.deliverer_phone) if order.deliverer_phone else "",
        estimate_ms=order.estimate_at or None,
        ceiling_fen=order.ceiling_fen or None,
        loaner_model=model_name(session, loaner) if loaner else "",
        loaner_serial_no=loaner.serial_no if loaner else "",
        loaner_due_ms=loan.due_at if loan else None,
        storage_days=storage_terms(session, order.opened_at).free_days,
        vendor_consent=order.vendor_consent,
        parts_return=order.old_parts_back,
        clerk=staff_name(session, order.opened_by),
        signed_ms=order.opened_at if signature else None,
        signature=signature,
    )


def _loan_of(session: Session, order: RepairOrder) -> tuple[LoanEvent | None, Device | None]:
    lent = [row for row in rows_of_order(session, LoanEvent, order.id) if row.kind == "lend"]
    loan = lent[-1] if lent else None
    return (loan, session.get(Device, loan.device_id)) if loan else (None, None)


def _slip_device(session: Session, item: RepairItem) -> papers.SlipDevice:
    device = session.get(Device, item.device_id)
    condition = latest(session, item.id, "condition")
    answers = condition.data.get("answers", {}) if condition else {}
    found = [
        f"{catalogue.title('condition_items', str(key), 'zh_CN')}:"
        f"{catalogue.title('condition_answers', str(answer), 'zh_CN')}"
        for key, answer in answers.items()
        if answer != "fine"
    ]
    words = condition.words if condition else ""
    return papers.SlipDevice(
        label_no=item.label_no,
        model=model_name(session, device),
        serial_no=device.serial_no if device else "",
        terminal_no=item.terminal_no,
        fault=fault_words(item),
        accessories=tuple(
            catalogue.title("accessory_types", one.kind, "zh_CN") for one in accessories_of(session, item.id)
        ),
        condition=";".join([*found, *([words] if words else [])]) or catalogue.title(
            "condition_answers", "fine", "zh_CN"
        ),
        warranty=warranty_mark(session, item.id),
    )
