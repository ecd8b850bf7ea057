"""Moving a device along its life: one place that checks the move, adds the fact, the hop and the to-dos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from deskapp import catalogue
from deskapp.errors import N_, Refused
from deskapp.models import bench, folding
from deskapp.models.act_session import facts_of
from deskapp.models.device import Device, DeviceModel
from deskapp.models.people import Site, Staff
from deskapp.models.repair import CustodyEvent, ItemRecord, RepairItem, ReviewCard, WorkEvent
from deskapp.models.store import Write
from deskapp.rules import lifecycle
from deskapp.rules.custody import CustodyFact, check_hop
from deskapp.rules.lifecycle import Allowed, WorkState


def site_of(write: Write) -> Site:
    """Return the site of this desk."""
    return write.session.get_one(Site, write.site_id)


def site_roles(site: Site) -> tuple[str, ...]:
    """Return what the site is: outlet, depot, or both."""
    return tuple(name for name, held in (("outlet", site.is_outlet), ("depot", site.is_depot)) if held)


def item_of(write: Write, item_id: str) -> RepairItem:
    """Return a device on an order; raises Refused when it is not known here."""
    item = write.session.get(RepairItem, item_id)
    if item is None:
        raise Refused(N_("This device is not on an order here."), field="item")
    return item


def move(
    write: Write,
    item: RepairItem,
    name: str,
    records: Mapping[str, Any],
    *,
    second_id: str = "",
    reason: str = "",
) -> Allowed:
    """Check and make one move of the work axis; raises Refused or Forbidden with a sentence.

    What may be deferred and is missing becomes a to-do on the device; where a one-person
    site let one person do both parts, a review card says so.
    """
    session, site = write.session, site_of(write)
    session.flush()
    view = folding.work_of(session, item.id)
    if name in AT_THE_COUNTER:
        _refuse_without_keys(write, item)
    if wipes(name, records):
        refuse_wiping(session.get_one(Device, item.device_id))
    second = session.get(Staff, second_id) if second_id else None
    allowed = lifecycle.check(
        view.state,
        name,
        roles=write.actor.roles,
        records=records,
        site_roles=site_roles(site),
        by=write.actor.staff_id or write.actor.staff_no,
        second=second_id,
        second_roles=tuple(second.roles) if second else (),
        hands=lifecycle.hands_of(view.history),
        solo_site=site.solo,
        remembered=view.remembered,
    )
    event = WorkEvent(
        id=write.new_id(), at=write.now, by=write.actor.staff_id or write.actor.staff_no, item_id=item.id,
        move=name, to_state=allowed.to.value,
        resumes=view.state.value if allowed.move.remembers and view.state else "",
        second_by=second_id, reason=reason or str(records.get("reason", "")), data=dict(records),
    )  # fmt: skip
    session.add(event)
    _keep_todos(write, item, allowed, records)
    if allowed.solo:
        raise_card(write, "solo", "repair_item", item.id, data={"move": name})
    session.flush()
    return allowed


WITH_THE_DEVICE = frozenset({
    "app_version", "condition", "estimate", "firmware_version", "label_scan_back", "photos", "power_state",
    "prevention_tip", "serial_photo", "shelf",
})  # fmt: skip
"""What can only be made up for while the device is here."""

READ_AGAIN = frozenset({"app_version", "firmware_version"})
"""What a later step of the work asks for again; answered there, nobody has to answer it for the earlier one."""

GONE = frozenset({*lifecycle.ENDED, WorkState.PICKED_UP})


def _keep_todos(write: Write, item: RepairItem, allowed: Allowed, records: Mapping[str, Any]) -> None:
    """Ask for each thing once, and no more for what was answered meanwhile or left with the device."""
    answered = {key for key in READ_AGAIN if records.get(key)}
    gone = allowed.to in GONE
    waiting: dict[str, list[ReviewCard]] = {}
    if answered or gone or allowed.todo:
        for card in _open_todos(write, item.id):
            waiting.setdefault(str(card.data.get("key", "")), []).append(card)
    for key in [key for key in waiting if key in answered or (gone and key in WITH_THE_DEVICE)]:
        for card in waiting.pop(key):
            settle(write, card, "answered" if key in answered else "gone")
    for key in allowed.todo:
        if key not in waiting or key == "signature":  # each signature is another person's
            raise_card(write, "todo", "repair_item", item.id, data={"key": key, "move": allowed.move.name})


WIPING = frozenset({"load_keys", "scrap", "scrap_abandoned", "send_to_vendor", "swap"})
"""Moves after which nobody can read from a device what was not settled on it."""


AT_THE_COUNTER = frozenset({"start_counter_service", "finish_counter_service"})
"""Moves of a service at the counter, where nobody opens a case or loads keys."""


def _refuse_without_keys(write: Write, item: RepairItem) -> None:
    """A device that says it was tampered with or lost its keys goes to the depot, and gets keys there."""
    model_id = write.session.get_one(Device, item.device_id).model_id
    model = write.session.get(DeviceModel, model_id) if model_id else None
    if bench.keys_gone(bench.events_of(write.session, item.id), model):
        raise Refused(
            N_("The device showed a tamper message: it goes to the depot, and keys are loaded there."),
            field="action", code="key_load",
        )  # fmt: skip


def wipes(name: str, records: Mapping[str, Any]) -> bool:
    """Tell whether a move takes from a device what is kept on it, by itself or by what was done."""
    done = records.get("action") or ()
    known = catalogue.words("actions")
    codes = [done] if isinstance(done, str) else list(done)
    return name in WIPING or any(code in known and known[code].extra.get("wipes") for code in codes)


def refuse_wiping(unit: Device) -> None:
    """Raise Refused for a unit that must not be wiped: a batch or a transaction on it is not settled yet."""
    if unit.do_not_wipe:
        raise Refused(
            N_("Do not wipe {serial}: a batch or a transaction on it is not settled. Have it settled first."),
            field="batch", code="do_not_wipe", serial=unit.serial_no,
        )  # fmt: skip


def record(write: Write, item_id: str, kind: str, words: str = "", **data: Any) -> ItemRecord:
    """Add something found, decided or done that moves nothing."""
    row = ItemRecord(
        id=write.new_id(), at=write.now, by=write.actor.staff_id or write.actor.staff_no, item_id=item_id,
        kind=kind, words=words.strip(), data=data,
    )  # fmt: skip
    write.session.add(row)
    return row


def hop(
    write: Write,
    item: RepairItem,
    to_holder: str,
    *,
    giver: str,
    taker: str,
    tamper_result: str,
    place: str = "",
    from_holder: str | None = None,
    seal_in: str = "",
    seal_out: str = "",
) -> CustodyEvent:
    """Hand a device from its holder to another; raises Refused where the chain would have a gap."""
    session = write.session
    session.flush()
    holder = folding.custody_of(session, item.id).holder
    start = from_holder or holder or "merchant"
    identity = write.new_id()
    fact = CustodyFact(item.id, start, to_holder, place, tamper_result, giver, taker, write.now, identity)
    check_hop(fact, holder)
    before = facts_of(session, CustodyEvent, item.id)
    row = CustodyEvent(
        id=identity, at=write.now, by=write.actor.staff_id or write.actor.staff_no, item_id=item.id,
        from_holder=start, to_holder=to_holder, place=place, seal_in=seal_in, seal_out=seal_out,
        tamper_result=tamper_result, giver=giver, taker=taker, prev_hash=before[-1].id if before else "",
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def raise_card(
    write: Write, kind: str, subject_kind: str, subject_id: str, *, words: str = "", data: dict[str, Any] | None = None
) -> ReviewCard:
    """Put something on a person's list: a to-do, a review, a twin."""
    card = ReviewCard(
        id=write.new_id(), kind=kind, subject_kind=subject_kind, subject_id=subject_id, words=words,
        data=data or {}, raised_at=write.now,
    )  # fmt: skip
    write.session.add(card)
    return card


def settle(write: Write, card: ReviewCard, how: str) -> None:
    """Take something off the list, saying how."""
    card.settled_at, card.settled_by, card.settled_how = write.now, write.actor.staff_id, how


def settle_todo(write: Write, item_id: str, key: str, how: str = "done") -> bool:
    """Settle a device's to-do by its key; returns whether there was one."""
    found = [card for card in _open_todos(write, item_id) if card.data.get("key") == key]
    for card in found:
        settle(write, card, how)
    return bool(found)


def _open_todos(write: Write, item_id: str) -> Sequence[ReviewCard]:
    cards = select(ReviewCard).where(
        ReviewCard.subject_id == item_id, ReviewCard.kind == "todo", ReviewCard.settled_at == 0
    )
    return write.session.scalars(cards).all()


def must_be(item: RepairItem, *states: WorkState) -> None:
    """Raise Refused unless the device is in one of the states."""
    if WorkState(item.work_state) not in states:
        raise Refused(
            N_("This is not possible now: the device is “{state}”."),
            code="state", state=lifecycle.STATE_TITLES[WorkState(item.work_state)],
        )  # fmt: skip
