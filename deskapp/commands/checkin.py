"""Taking devices in at the counter: several of one merchant in one act, with every paper in the same commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deskapp import catalogue
from deskapp.clock import random_token, shop_day
from deskapp.commands import checkin_units as units
from deskapp.commands.checkin_counter import Desk, deliverer_of, merchant_of
from deskapp.commands.checkin_forms import (
    AccessoryForm,
    CheckedDevice,
    CheckedIn,
    Deliverer,
    DeviceForm,
    MerchantForm,
    Notice,
    Photo,
    Terms,
)
from deskapp.commands.moves import hop, move, raise_card, record
from deskapp.commands.papers import queue_accessory_label, queue_device_label, queue_slip
from deskapp.commands.tickets import TicketForm, add_event, new_ticket
from deskapp.commands.visits_site import device_came_in
from deskapp.errors import N_, Refused
from deskapp.models import past, times
from deskapp.models.device import DeviceModel
from deskapp.models.local import Draft
from deskapp.models.merchant import Merchant
from deskapp.models.people import Shelf
from deskapp.models.repair import AccessoryItem, RepairItem, RepairOrder
from deskapp.models.stock import Attachment
from deskapp.models.store import Override, Write, command
from deskapp.models.ticket import ServiceTicket
from deskapp.rules.deadlines import priority_of
from deskapp.rules.numbers import TOKEN_ALPHABET, TOKEN_LENGTH

CONDITION_ANSWERS = frozenset({"fine", "worn", "damaged", "missing"})


@command(N_("Check in devices"), right="check_in")
def check_in(
    write: Write,
    *,
    devices: tuple[DeviceForm, ...],
    deliverer: Deliverer,
    terms: Terms,
    merchant_id: str = "",
    merchant: MerchantForm | None = None,
    signature: Photo | None = None,
    shelf_id: str = "",
    ticket_id: str = "",
    channel: str = "counter",
    draft_id: str = "",
    override: Override | None = None,
) -> CheckedIn:
    """Take the devices of one merchant in: order, slip, labels and all records are one commit.

    Opens a service ticket where there is none, drops the draft, and queues a label for each device
    and each accessory of its own, and the slip. Raises Refused at `devices.N.name`, `merchant`,
    `deliverer_name` and the like; a unit that is in our hands already needs a supervisor's `override`.
    """
    with write.session.no_autoflush:  # what has to be read back is flushed where it is read
        return _check_in(
            Desk(write, override), devices, deliverer, terms, merchant_id, merchant, signature, shelf_id, ticket_id,
            channel, draft_id,
        )  # fmt: skip


def _check_in(
    desk: Desk,
    devices: tuple[DeviceForm, ...],
    deliverer: Deliverer,
    terms: Terms,
    merchant_id: str,
    merchant: MerchantForm | None,
    signature: Photo | None,
    shelf_id: str,
    ticket_id: str,
    channel: str,
    draft_id: str,
) -> CheckedIn:
    write = desk.write
    _refuse_unanswered(devices, terms)
    for form in devices:
        desk.known.add(form.serial_no.strip().upper())
    who = deliverer_of(desk, deliverer)
    owner = merchant_of(desk, merchant_id, merchant, who.phone)
    found = [units.find_unit(desk, form, index, owner) for index, form in enumerate(devices)]
    write.session.flush()
    ticket = _ticket(desk, ticket_id, owner, who, devices, found[0].unit.id, terms, channel)
    order = _order(desk, ticket, owner, who, terms)
    visit = _Visit(desk, order, owner, terms, signature, shelf_id)
    pieces = [visit.take(form, one, index) for index, (form, one) in enumerate(zip(devices, found, strict=True))]
    if signature is not None:
        attach(write, "repair_order", order.id, signature)
    desk.hang_doubts("repair_order", order.id, 0)
    if ticket_id:
        device_came_in(write, ticket, order.number)
    checked = tuple(visit.print_labels(item, piece) for item, piece in zip(visit.items, pieces, strict=True))
    drawn = signature is not None and signature.mime == "image/svg+xml"
    queue_slip(write, order, signature.sha256 if signature is not None and drawn else "")
    if draft_id and (draft := write.session.get(Draft, draft_id)) is not None:
        write.session.delete(draft)
    return CheckedIn(
        order.id, order.number, order.slip_no, ticket.id, ticket.number, order.merchant_id, checked,
        tuple(desk.notices),
    )  # fmt: skip


def _refuse_unanswered(devices: tuple[DeviceForm, ...], terms: Terms) -> None:
    """Raise Refused at the first question that nobody may answer for the clerk."""
    if not devices:
        raise Refused(N_("Scan or type the serial number of the first device."), field="serial_no", code="empty")
    units.refuse_repeated(devices)
    for index, form in enumerate(devices):
        questions = (
            ("symptom", bool(form.symptom_code or form.words.strip()), N_("What is wrong with the device?")),
            ("condition", bool(form.condition or form.condition_words.strip()),
             N_("Look at the device and note its condition.")),
            ("tamper", form.tamper in ("ok", "suspect"), N_("Answer the tamper check: is the device intact?")),
            ("batch", form.batch in ("no", "yes", "unknown"),
             N_("Is there an unsettled batch on the device? Not known is an answer.")),
            ("photos", bool(form.photos or form.no_photo_reason), N_("Take photos, or say why there are none.")),
        )  # fmt: skip
        for name, answered, question in questions:
            if not answered:
                raise Refused(question, field=f"devices.{index}.{name}", code="unanswered")
        _refuse_unknown_words(form, index)
    if not terms.data_notice:
        raise Refused(
            N_("Tell the deliverer to settle and sign off first, and that we keep no card data; then tick it."),
            field="data_notice",
        )


def _refuse_unknown_words(form: DeviceForm, index: int) -> None:
    kinds = catalogue.words("accessory_types")
    for accessory in form.accessories:
        if accessory.kind not in kinds:
            raise Refused(
                N_("Accessory “{word}” is not in the list."), field=f"devices.{index}.accessories", word=accessory.kind
            )
    if form.symptom_code and form.symptom_code not in catalogue.words("symptoms"):
        raise Refused(
            N_("Symptom “{word}” is not in the list."), field=f"devices.{index}.symptom", word=form.symptom_code
        )
    if not set(form.condition.values()) <= CONDITION_ANSWERS:
        raise Refused(N_("Look at the device and note its condition."), field=f"devices.{index}.condition")


def _ticket(
    desk: Desk,
    ticket_id: str,
    owner: Merchant | None,
    who: Deliverer,
    devices: tuple[DeviceForm, ...],
    unit_id: str,
    terms: Terms,
    channel: str,
) -> ServiceTicket:
    """Return the ticket the devices come in on, opened here where there is none."""
    write = desk.write
    ticket = write.session.get(ServiceTicket, ticket_id) if ticket_id else None
    if ticket_id and ticket is None:
        raise Refused(N_("This ticket is not known here."), field="ticket")
    if ticket is not None and ticket.state in ("done", "cancelled"):
        raise Refused(
            N_("Ticket {number} is finished. Check in without it, or have it reopened."), field="ticket",
            number=ticket.number,
        )  # fmt: skip
    if ticket is None:
        first = devices[0]
        # Judged here, where the serial numbers on the counter are known not to be card numbers.
        words = desk.text("symptom_words", first.words, "devices.0.words")
        ticket = new_ticket(write, TicketForm(
            channel=channel, merchant_id=owner.id if owner else "", caller_name=who.name, callback_phone=who.phone,
            device_id=unit_id, symptom_code=first.symptom_code, words=words, business_stopped=terms.business_stopped,
        ), priority=min(priority_for(desk, form, owner, terms) for form in devices), judged=True)  # fmt: skip
    elif owner is not None and not ticket.merchant_id:
        ticket.merchant_id = owner.id
    if ticket.state != "in_progress":
        add_event(write, ticket.id, "start", "in_progress")
    return ticket


def _order(desk: Desk, ticket: ServiceTicket, owner: Merchant | None, who: Deliverer, terms: Terms) -> RepairOrder:
    write = desk.write
    promised = times.due_of(write.session, write.site_id, ticket.priority, write.now, ())
    order = RepairOrder(
        id=write.new_id(), number=write.number("R"), slip_no=write.number("K"), slip_token=new_token(),
        ticket_id=ticket.id, site_id=write.site_id, merchant_id=owner.id if owner else "", opened_at=write.now,
        opened_by=write.actor.staff_id, deliverer_name=who.name, deliverer_phone=who.phone,
        deliverer_id_type=who.id_type if who.id_last4 else "", deliverer_id_last4=who.id_last4,
        estimate_at=terms.estimate_at or promised.done_ms or 0, ceiling_fen=terms.ceiling_fen,
        vendor_consent=terms.vendor_consent, old_parts_back=terms.old_parts_back,
    )  # fmt: skip
    write.session.add(order)
    if not who.id_last4:
        raise_card(write, "todo", "repair_order", order.id, data={"key": "deliverer_id"})
    return order


def new_token() -> str:
    """Return the secret of a slip's QR code; forty hexadecimal digits leave no letter likelier than another."""
    value, letters = int(random_token(20), 16), ""
    for _place in range(TOKEN_LENGTH):
        value, at = divmod(value, len(TOKEN_ALPHABET))
        letters += TOKEN_ALPHABET[at]
    return letters


def priority_for(desk: Desk, form: DeviceForm, owner: Merchant | None, terms: Terms) -> int:
    """Return the priority of a device, 1 (at once) to 4: what stands still counts, else the symptom's hint."""
    loaner = bool(past.loaners_with(desk.write.session, owner.id)) if owner else False  # asked of the database once
    word = catalogue.words("symptoms").get(form.symptom_code)
    hint = int(word.extra.get("priority", 3)) if word else 3
    urgent = priority_of(
        "repair", business_stopped=terms.business_stopped, loaner=loaner, tamper=form.tamper == "suspect"
    )
    return urgent if urgent < 3 else hint


@dataclass(slots=True)
class _Piece:
    unit_id: str
    accessories: list[AccessoryItem]
    quarantined: bool
    previous_no: str


class _Visit:
    """The devices of one check-in, taken one by one."""

    def __init__(
        self,
        desk: Desk,
        order: RepairOrder,
        owner: Merchant | None,
        terms: Terms,
        signature: Photo | None,
        shelf_id: str,
    ) -> None:
        self.desk, self.order, self.owner, self.terms = desk, order, owner, terms
        self.signature, self.shelf_id = signature, shelf_id
        self.items: list[RepairItem] = []

    def take(self, form: DeviceForm, found: units.Found, index: int) -> _Piece:
        """Record one device: unit, line, accessories, condition, first warranty view, move and hop."""
        desk, write = self.desk, self.desk.write
        terminal_no, misfits = units.bind(desk, found, form, index, self.owner)
        known = past.repair_warranties(write.session, found.unit, form.symptom_code, found.stays, write.now)
        covered = [one.previous for one in known if one.same_fault and one.end >= shop_day(write.now)]
        previous = past.repeat_of(found.stays, form.symptom_code, write.now, covered)
        priority = priority_for(desk, form, self.owner, self.terms)
        item = RepairItem(
            id=write.new_id(), order_id=self.order.id, line_no=index + 1, device_id=found.unit.id,
            label_no=write.label("D"), terminal_no=terminal_no, symptom_code=form.symptom_code,
            words=desk.text("symptom_words", form.words, f"devices.{index}.words", index + 1),
            previous_item_id=previous.item_id if previous else "", shelf_id=self.shelf_id, priority=priority,
        )  # fmt: skip
        write.session.add(item)
        self.items.append(item)
        if form.batch == "yes" or form.symptom_code == "txn_anomaly":
            found.unit.do_not_wipe = True
        accessories = [self._accessory(item, one, index) for one in form.accessories]
        self._records(item, form, found, index)
        suspect = form.tamper == "suspect" or found.duplicate
        self._move(item, form, found, suspect)
        units.hang_misfits(desk, found, item.id, index + 1, misfits)
        desk.hang_doubts("repair_item", item.id, index + 1)
        if previous:
            self._tell_repeat(previous, index + 1)
        return _Piece(found.unit.id, accessories, suspect, previous.order_no if previous else "")

    def print_labels(self, item: RepairItem, piece: _Piece) -> CheckedDevice:
        """Queue the labels of one device; now that all lines are known they can say 1 of 2."""
        write = self.desk.write
        queue_device_label(write, item)
        labelled = [one for one in piece.accessories if one.label_no]
        for one in labelled:
            queue_accessory_label(write, one)
        return CheckedDevice(
            item.id, piece.unit_id, item.label_no, tuple(one.label_no for one in labelled), piece.quarantined,
            piece.previous_no,
        )  # fmt: skip

    def _accessory(self, item: RepairItem, form: AccessoryForm, index: int) -> AccessoryItem:
        write, at = self.desk.write, f"devices.{index}.accessories"
        own = bool(catalogue.words("accessory_types")[form.kind].extra.get("own_label"))
        row = AccessoryItem(
            id=write.new_id(), item_id=item.id, kind=form.kind, label_no=write.label("A") if own else "",
            serial_no=self.desk.text("serial_no", form.serial_no, at, index + 1),
            note=self.desk.text("note", form.note, at, index + 1), returned_at=0,
        )  # fmt: skip
        write.session.add(row)
        return row

    def _records(self, item: RepairItem, form: DeviceForm, found: units.Found, index: int) -> None:
        """Write down what was seen and answered, each as a fact of its own."""
        desk, write, line = self.desk, self.desk.write, index + 1
        seen = desk.text("note", form.condition_words, f"devices.{index}.condition", line)
        record(write, item.id, "condition", seen, answers=dict(form.condition), power=form.power_state)
        about = desk.text("note", form.tamper_words, f"devices.{index}.tamper", line)
        record(write, item.id, "tamper", about, result=form.tamper, found=list(form.tamper_found))
        record(write, item.id, "batch", answer=form.batch)
        view = past.first_view(
            write.session, found.unit, merchant_id=self.order.merchant_id, symptom_code=form.symptom_code,
            now=write.now, tamper_suspected=form.tamper == "suspect", known=found.stays,
        )  # fmt: skip
        told: dict[str, Any] = view.to_record()
        record(write, item.id, "warranty_first_view", **told)
        if form.batch == "unknown":
            raise_card(write, "todo", "repair_item", item.id, data={"key": "unsettled_batch"})
        if form.typed_reason:
            record(write, item.id, "typed_serial", reason=form.typed_reason)
            if not any(photo.kind == "back" for photo in form.photos):
                raise_card(write, "todo", "repair_item", item.id, data={"key": "serial_photo"})
        if not form.photos:
            record(write, item.id, "no_photo", reason=form.no_photo_reason)
        for photo in form.photos:
            attach(write, "repair_item", item.id, photo)

    def _move(self, item: RepairItem, form: DeviceForm, found: units.Found, suspect: bool) -> None:
        write = self.desk.write
        move(write, item, "check_in", self._answers(form, found), second_id=self.desk.second_by,
             reason=self.desk.reason)  # fmt: skip
        shelf = write.session.get(Shelf, self.shelf_id) if self.shelf_id else None
        holder = "quarantine" if suspect else f"shelf:{shelf.code}" if shelf else "shelf"
        hop(
            write, item, holder, giver=self.order.deliverer_name, taker=write.actor.name or write.actor.staff_no,
            tamper_result="suspect" if suspect else "ok", place=shelf.code if shelf else "",
        )  # fmt: skip
        if suspect:
            why = "tamper" if form.tamper == "suspect" else "duplicate_serial"
            # The finder goes by number: names stay out of what can never be erased.
            move(write, item, "quarantine", {
                "reason": why, "finder": write.actor.staff_no, **_photos(form),
            }, reason=why)  # fmt: skip

    def _answers(self, form: DeviceForm, found: units.Found) -> Mapping[str, object]:
        """What the move demands. Persons are named on the order alone, where their names can be erased."""
        model = self.desk.write.session.get(DeviceModel, found.unit.model_id) if found.unit.model_id else None
        answers: dict[str, object] = {
            "serial_no": found.unit.serial_no,
            "model": model.id if model else found.unit.note or form.model_words,
            "merchant": self.order.merchant_id or "callback",
            "accessories": [one.kind for one in form.accessories],
            "condition": dict(form.condition) or "words",
            "tamper_result": form.tamper,
            "tamper_found": list(form.tamper_found),
            "unsettled_batch": form.batch,
            "deliverer": "order",
            "data_notice": self.terms.data_notice,
            "power_state": form.power_state or "not_checked",
            "estimate": {"at": self.order.estimate_at, "ceiling": self.terms.ceiling_fen},
            "warranty_papers": any(one.kind == "warranty_card" for one in form.accessories),
            **_photos(form),
        }
        if self.signature is not None:
            answers["signature"] = self.signature.sha256
        return answers

    def _tell_repeat(self, previous: past.Stay, line_no: int) -> None:
        sentence = N_("The same fault was repaired on order {order}: it may be a repeat.")
        self.desk.notices.append(Notice(sentence, {"order": previous.order_no}, line_no))


def _photos(form: DeviceForm) -> dict[str, object]:
    return {"photos": [photo.sha256 for photo in form.photos]} if form.photos else {}


def attach(write: Write, subject_kind: str, subject_id: str, photo: Photo) -> None:
    """Name a file of the blob store on a record."""
    write.session.add(
        Attachment(
            id=write.new_id(), at=write.now, by=write.actor.staff_id, subject_kind=subject_kind,
            subject_id=subject_id, kind=photo.kind, sha256=photo.sha256, mime=photo.mime, size=photo.size,
            caption=photo.caption, thumbnail=photo.thumbnail,
        )
    )  # fmt: skip
