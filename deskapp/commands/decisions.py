"""Deciding what two counters said differently: keep, take, edit; join twins; void one of two pickups; count a shelf.

A decision is an act like any other: it is written into the journal, it travels, and settles the card everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from deskapp.commands.catalogue import count_parts
from deskapp.commands.devices import join_devices
from deskapp.commands.disagreements import BELOW_ZERO, TWO_PICKUPS
from deskapp.commands.entry import Entry
from deskapp.commands.merchants import join_merchants
from deskapp.commands.money import add_money
from deskapp.commands.moves import item_of, settle
from deskapp.commands.pickup_correct import in_name_of, supersede
from deskapp.errors import N_, Forbidden, Refused
from deskapp.models.columns import group_of, known, travelling
from deskapp.models.handing_out import facts, money_events
from deskapp.models.repair import CustodyEvent, Pickup, ReviewCard, WorkEvent
from deskapp.models.stock import Part
from deskapp.models.store import Override, Write, command
from deskapp.rules import access
from deskapp.rules.record_rights import KEPT

KEEP, TAKE, EDIT = "keep", "take", "edit"
ALSO_CHANGED, IDENTITY = "also_changed", "identity_conflict"
FIELD_CARDS: Final = (ALSO_CHANGED, IDENTITY)

EDITS: Final[Mapping[str, tuple[str, ...]]] = {
    "service_ticket": ("ticket",), "repair_order": ("check_in", "pickup"),
    "repair_item": ("check_in", "diagnose", "repair"), "accessory_item": ("check_in", "pickup"),
    "merchant": ("merchant",), "merchant_contact": ("merchant",), "service_contract": ("merchant",),
    "device": ("merchant",), "terminal_binding": ("merchant",), "device_model": ("catalogue",),
    "part": ("catalogue", "stock"), "price_line": ("catalogue",), "staff": ("staff",), "site": ("settings",),
    "shelf": ("settings",), "calendar_day": ("calendar",),
}  # fmt: skip
"""Who changes a record may decide about it: one of these rights, by table. Supervisors always may, but for what
describes the organisation itself (`record_rights.KEPT`): nobody else's word of that is taken, at the server neither."""

_KINDS: Final[Mapping[str, str]] = {
    "merchant_no": "merchant_no", "uscc": "uscc", "serial_no": "serial_no", "tusn": "tusn", "imei": "imei",
    "iccid": "iccid", "callback_phone": "phone", "deliverer_phone": "phone", "phone": "phone",
    "terminal_no": "terminal_no",
}  # fmt: skip
"""What a column holds, where it is more than words."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision, and what the fields held before it: with both it can be taken back (`take_decision_back`)."""

    card_id: str
    before: Mapping[str, Any]


@command(N_("Decide about two versions"), right="")
def decide_fields(write: Write, *, card_id: str, choice: str, values: Mapping[str, str] | None = None) -> Decided:
    """Keep what is in force, take what was set aside, or write something else (`values`, texts only); settle the card.

    What a record is (its number, its name) is decided by a supervisor; everything else by whoever may change it.
    """
    card = _open_card(write, card_id, FIELD_CARDS)
    _require_edit(write, card)
    before: dict[str, Any] = {}
    if choice == TAKE:
        before = _set_fields(write, card, dict(card.data.get("lost", {})))
    elif choice == EDIT:
        before = _set_fields(write, card, _edited(card, values or {}))
    elif choice != KEEP:
        raise Refused(N_("Choose one of the two versions."), field="choice", code="missing")
    settle(write, card, choice)
    return Decided(card.id, before)


@command(N_("Bring a version back that was set aside"), right="")
def restore_lost(write: Write, *, card_id: str) -> Decided:
    """Set the fields to what lost when two people changed them, however long ago that was decided."""
    card = write.session.get(ReviewCard, card_id)
    if card is None or card.kind not in FIELD_CARDS:
        raise Refused(N_("This is not on the list any more."), field="card", code="gone")
    _require_edit(write, card)
    before = _set_fields(write, card, dict(card.data.get("lost", {})))
    if not card.settled_at:
        settle(write, card, TAKE)
    return Decided(card.id, before)


@command(N_("Take a decision back"), right="")
def take_decision_back(write: Write, *, card_id: str, before: Mapping[str, Any]) -> None:
    """Put the fields back to what they held before a decision, and the card back on the list."""
    card = write.session.get(ReviewCard, card_id)
    if card is None or card.kind not in FIELD_CARDS:
        raise Refused(N_("This is not on the list any more."), field="card", code="gone")
    _require_edit(write, card)
    _set_fields(write, card, dict(before))
    _reopen(card)


@command(N_("Put a card back on the list"), right="")
def reopen_card(write: Write, *, card_id: str) -> None:
    """Take back that a card was settled; only whoever settled it, or a supervisor."""
    card = write.session.get(ReviewCard, card_id)
    if card is None or not card.settled_at:
        raise Refused(N_("This is not on the list any more."), field="card", code="gone")
    if card.settled_by != write.actor.staff_id:
        access.require(write.roles, write.actor.roles, "co_sign")
    _reopen(card)


@command(N_("Join twins of a card"), right="join")
def decide_twins(write: Write, *, card_id: str, keep_id: str, twin_id: str, reason: str) -> None:
    """Make one record of two that are one thing; the card is settled when no third one is left."""
    card = _open_card(write, card_id, ("twin",))
    involved = {card.subject_id, *map(str, card.data.get("others", []))}
    if not {keep_id, twin_id} <= involved:
        raise Refused(N_("Choose two records of this card."), field="twin_id")
    join = {"merchant": join_merchants, "device": join_devices}.get(card.subject_kind)
    if join is None:
        raise Refused(N_("Records of this kind are not joined."), field="twin_id")
    join(keep_id=keep_id, twin_id=twin_id, reason=reason).run(write)
    entity = known(card.subject_kind)
    rows = [write.session.get(entity, one) for one in involved]
    if sum(row is not None and not row.joined_into for row in rows) < 2:
        settle(write, card, "joined")


@command(N_("They are two different things"), right="join")
def not_twins(write: Write, *, card_id: str) -> None:
    """Settle a card about twins that are none; both records stay."""
    settle(write, _open_card(write, card_id, ("twin",)), "different")


@command(N_("Void one of two pickups"), right="pickup")
def decide_pickups(
    write: Write, *, card_id: str, wrong_receipt: str, reason: str, override: Override | None = None
) -> None:
    """Void the pickup that never was, with its hand-over and its payment; the other one counts.

    A supervisor's act. What was paid twice is to be paid back by hand: the money is in one of the tills.
    """
    card = _open_card(write, card_id, (TWO_PICKUPS,))
    said = Entry().note(reason, "reason")
    if not said:
        raise Refused(N_("Give the reason."), field="reason", code="missing")
    acting, _second = in_name_of(write, "correct", override)
    item = item_of(acting, card.subject_id)
    rows = [row for row in facts(acting.session, Pickup, Pickup.order_id, item.order_id) if item.id in row.item_ids]
    wrong = next((row for row in rows if row.receipt_no == wrong_receipt), None)
    if wrong is None or len(rows) < 2:
        raise Refused(N_("There are no two pickups of this device any more."), field="card", code="gone")
    for item_id in wrong.item_ids:
        _void_hand_over(acting, item_id, wrong, said)
    acting.session.add(Pickup(
        id=acting.new_id(), at=acting.now, by=acting.actor.staff_id, order_id=wrong.order_id,
        receipt_no=wrong.receipt_no, item_ids=list(wrong.item_ids), reason=said, voids=wrong.id,
    ))  # fmt: skip
    supersede(acting, wrong.order_id, wrong.receipt_no)
    if len(rows) == 2:
        settle(acting, card, f"void {wrong.receipt_no}")


@command(N_("Count what cannot be below zero"), right="stock")
def decide_stock(write: Write, *, card_id: str, counted_now: int, reason: str = "") -> int:
    """Set the stock of a part by a count and settle the card; returns the difference."""
    card = _open_card(write, card_id, (BELOW_ZERO,))
    part = write.session.get(Part, card.subject_id)
    if part is not None and part.serialised:
        raise Refused(
            N_("This part is tracked by serial number: count it on its own page, unit by unit."), field="counted_now"
        )
    difference = count_parts(part_id=card.subject_id, counted=counted_now, reason=reason).run(write)
    settle(write, card, "counted")
    return difference


# -- inside ----------------------------------------------------------------------


def may_decide(roles: access.Roles, held: tuple[str, ...], kind: str, subject_kind: str) -> bool:
    """Say whether a person with these roles may decide a card about two versions."""
    if subject_kind not in KEPT and access.may(roles, held, "correct"):
        return True
    return kind != IDENTITY and any(access.may(roles, held, right) for right in EDITS.get(subject_kind, ()))


def _require_edit(write: Write, card: ReviewCard) -> None:
    if may_decide(write.roles, write.actor.roles, card.kind, card.subject_kind):
        return
    rights = ("correct",) if card.kind == IDENTITY else EDITS.get(card.subject_kind, ("correct",))
    access.require(write.roles, write.actor.roles, rights[0])
    raise Forbidden(N_("You may not decide this."), code="right")  # unreachable: `require` has refused


def _open_card(write: Write, card_id: str, kinds: tuple[str, ...]) -> ReviewCard:
    card = write.session.get(ReviewCard, card_id)
    if card is None or card.settled_at or card.kind not in kinds:
        raise Refused(N_("This is settled already."), field="card", code="settled")
    return card


def _reopen(card: ReviewCard) -> None:
    card.settled_at, card.settled_by, card.settled_how = 0, "", ""


def _set_fields(write: Write, card: ReviewCard, values: dict[str, Any]) -> dict[str, Any]:
    """Set fields of the card's group and return what they held before."""
    entity = known(card.subject_kind)
    row = write.session.get(entity, card.subject_id) if entity is not None else None
    if row is None:
        raise Refused(N_("The record is not at this desk any more."), field="card", code="gone")
    group = card.data.get("group", "")
    names = {name for name in travelling(entity) if group_of(entity, name) == group}
    if not values.keys() <= names:
        raise Refused(N_("This version is of another program version. Update deskapp first."), field="card")
    before = {name: getattr(row, name) for name in values}
    for name, value in values.items():
        if before[name] != value:
            setattr(row, name, value)
    return before


def _edited(card: ReviewCard, typed: Mapping[str, str]) -> dict[str, Any]:
    lost = card.data.get("lost", {})
    if not typed or not typed.keys() <= lost.keys():
        raise Refused(N_("Write what is right."), field="values", code="missing")
    entry = Entry()
    return {name: _judged(entry, name, text) for name, text in typed.items()}


def _judged(entry: Entry, name: str, text: str) -> str:
    return entry.take(_KINDS[name], text, name) if name in _KINDS else entry.note(text, name)


def _void_hand_over(write: Write, item_id: str, pickup: Pickup, reason: str) -> None:
    """Void what one pickup did to one device: its move, its hand-over, its payments."""
    who = write.actor.staff_id
    moves = [
        row for row in facts(write.session, WorkEvent, WorkEvent.item_id, item_id)
        if row.move in ("hand_out", "release_abandoned") and _is_of(row, pickup)
    ]  # fmt: skip
    for row in moves:
        write.session.add(WorkEvent(
            id=write.new_id(), at=write.now, by=who, item_id=item_id, move=row.move, to_state=row.to_state,
            reason=reason, voids=row.id,
        ))  # fmt: skip
    hops = [
        row for row in facts(write.session, CustodyEvent, CustodyEvent.item_id, item_id)
        if row.at == pickup.at and row.by == pickup.by
    ]  # fmt: skip
    for hop in hops[-1:]:
        write.session.add(CustodyEvent(
            id=write.new_id(), at=write.now, by=who, item_id=item_id, from_holder=hop.from_holder,
            to_holder=hop.to_holder, place=hop.place, tamper_result=hop.tamper_result, giver="", taker="",
            prev_hash=hop.id, voids=hop.id,
        ))  # fmt: skip
    for row in money_events(write.session, item_id):
        if row.kind == "payment" and row.number == pickup.receipt_no:
            add_money(write, item_of(write, item_id), "void", row.fen, reason=reason, number=pickup.receipt_no,
                      method=row.method, voids=row.id)  # fmt: skip


def _is_of(row: WorkEvent, pickup: Pickup) -> bool:
    return row.data.get("collector") == pickup.id or (row.at == pickup.at and row.by == pickup.by)
