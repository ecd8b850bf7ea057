"""Corrections of a check-in that stands: whose devices they are, and what was handed in with them.

Nothing is edited away: a supervisor corrects, the history keeps both, and the slip in the merchant's hand is
replaced by one with a number of its own.
"""

from __future__ import annotations

from deskapp import catalogue
from deskapp.commands.checkin import new_token
from deskapp.commands.checkin_after import as_corrector
from deskapp.commands.entry import Entry
from deskapp.commands.moves import item_of, record
from deskapp.commands.papers import accessories_of, order_lines, queue_accessory_label, queue_slip
from deskapp.commands.pickup_correct import supersede
from deskapp.commands.pickup_release import void_code
from deskapp.errors import N_, Refused
from deskapp.models.handing_out import code_of
from deskapp.models.merchant import Merchant
from deskapp.models.repair import AccessoryItem, RepairItem, RepairOrder
from deskapp.models.store import Override, Write, command
from deskapp.models.ticket import ServiceTicket
from deskapp.rules.lifecycle import ENDED, WorkState


@command(N_("Correct the merchant of an order"), right="check_in")
def correct_merchant(
    write: Write, *, order_id: str, merchant_id: str, reason: str, override: Override | None = None
) -> str:
    """Say whose devices these really are; returns the number of the slip that replaces the first one.

    The ticket of the order goes along when it named the same wrong merchant. Where a terminal number is bound is
    a matter of the device's own page. Raises Refused once the order is closed.
    """
    said = _reason(reason)
    acting = as_corrector(write, override)
    order = _open_order(acting, order_id)
    right = acting.session.get(Merchant, merchant_id) if merchant_id else None
    if right is None:
        raise Refused(N_("Choose the merchant that the devices belong to."), field="merchant")
    if right.id == order.merchant_id:
        raise Refused(N_("The order names this merchant already."), field="merchant", code="same")
    record(acting, order.id, "corrected", said, field="merchant", old=order.merchant_id, new=right.id)
    ticket = acting.session.get(ServiceTicket, order.ticket_id) if order.ticket_id else None
    if ticket is not None and ticket.merchant_id == order.merchant_id:
        ticket.merchant_id = right.id
    order.merchant_id = right.id
    return _new_slip(acting, order)


@command(N_("Correct an accessory"), right="check_in")
def correct_accessory(
    write: Write, *, item_id: str, kind: str, was: str = "", serial_no: str = "", reason: str,
    override: Override | None = None,
) -> str:  # fmt: skip
    """Say what was really handed in with a device; returns the number of the slip that replaces the first one.

    `was` is the kind that was entered by mistake, empty for one that was forgotten. Its label is printed anew;
    a label of the wrong kind holds no longer. Raises Refused for a kind that is not with the device.
    """
    said = _reason(reason)
    words = catalogue.words("accessory_types")
    if kind not in words:
        raise Refused(N_("Choose what was handed in."), field="kind")
    acting = as_corrector(write, override)
    item = item_of(acting, item_id)
    order = _open_order(acting, item.order_id)
    _still_here(item)
    serial = Entry().take("serial_no", serial_no, "serial_no")
    row = _entered(acting, item, was) if was else None
    label = row.label_no if row is not None else ""
    if label:
        supersede(acting, item.id, label)
    if row is None:
        row = AccessoryItem(id=acting.new_id(), item_id=item.id, kind=kind, returned_at=0)
        acting.session.add(row)
    row.kind, row.serial_no = kind, serial
    row.label_no = acting.label("A") if words[kind].extra.get("own_label") else ""
    record(acting, item.id, "corrected", said, field="accessory", old=was, new=kind)
    acting.session.flush()
    if row.label_no:
        queue_accessory_label(acting, row)
    return _new_slip(acting, order)


@command(N_("Strike an accessory out"), right="check_in")
def strike_accessory(
    write: Write, *, item_id: str, kind: str, reason: str, override: Override | None = None
) -> str:  # fmt: skip
    """Say that an accessory never came; returns the number of the slip that replaces the first one.

    Its label holds no longer, and nobody is asked for it at the pickup. What was entered stays in the history.
    Raises Refused for a kind that is not with the device.
    """
    said = _reason(reason)
    acting = as_corrector(write, override)
    item = item_of(acting, item_id)
    order = _open_order(acting, item.order_id)
    _still_here(item)
    row = _entered(acting, item, kind)
    if row.label_no:
        supersede(acting, item.id, row.label_no)
    record(acting, item.id, "corrected", said, field="accessory", old=kind, new="")
    row.kind = row.label_no = ""
    return _new_slip(acting, order)


def _still_here(item: RepairItem) -> None:
    if WorkState(item.work_state) in (*ENDED, WorkState.PICKED_UP):
        raise Refused(N_("This device has left us already."), field="kind", code="left")


def _reason(reason: str) -> str:
    if not reason.strip():
        raise Refused(N_("Say why it is corrected."), field="reason")
    return Entry().note(reason, "reason")


def _open_order(write: Write, order_id: str) -> RepairOrder:
    order = write.session.get_one(RepairOrder, order_id)
    if all(WorkState(one.work_state) in (*ENDED, WorkState.PICKED_UP) for one in order_lines(write.session, order_id)):
        raise Refused(N_("Nothing of this order is here any more."), field="reason", code="closed")
    return order


def _entered(write: Write, item: RepairItem, kind: str) -> AccessoryItem:
    for one in accessories_of(write.session, item.id):
        if one.kind == kind and not one.returned_at:
            return one
    raise Refused(N_("This accessory is not with the device."), field="was", code="not_there")


def _new_slip(write: Write, order: RepairOrder) -> str:
    """Replace the slip: a new number and secret, the old paper marked; a code that was told holds no longer."""
    old, order.slip_no, order.slip_token = order.slip_no, write.number("K"), new_token()
    void_code(write, code_of(write.session, order.id))
    supersede(write, order.id, old, by=order.slip_no)
    write.session.flush()
    queue_slip(write, order)
    return order.slip_no
