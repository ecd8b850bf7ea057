"""What came from other counters and does not fit together here: it becomes a card, and nothing is taken back by itself.

Every desk that sees it makes the very same card (its id is made of what does not fit), so that people find one card
and not one for each desk.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from deskapp.errors import N_
from deskapp.models import bench, folding
from deskapp.models.act_session import driver_of, facts_of
from deskapp.models.handing_out import counted
from deskapp.models.repair import CustodyEvent, MoneyEvent, Pickup, RepairItem, ReviewCard, WorkEvent
from deskapp.models.stock import StockMove
from deskapp.models.store import Write, command
from deskapp.models.ticket import ServiceTicket, TicketEvent

MISFIT, TWO_PICKUPS, BELOW_ZERO, CLOCK = "misfit", "two_pickups", "stock_negative", "clock"
SAME_NUMBER: Final = "same_number"
_BY_ITSELF: Final = (MISFIT, TWO_PICKUPS, BELOW_ZERO)
AHEAD_MS: Final = 24 * 3600 * 1000
"""A fact dated so far in the future was written by a computer whose clock is wrong."""

FITS_NOW: Final = "fits_now"
"""How a card was settled that closed itself."""

_AXES: Final[Mapping[str, Any]] = {
    "work": WorkEvent, "custody": CustodyEvent, "money": MoneyEvent, "ticket": TicketEvent,
}  # fmt: skip
_MANY = 500
_OF: Final[Mapping[str, tuple[Any, Any]]] = {
    "work_event": (WorkEvent, WorkEvent.item_id), "custody_event": (CustodyEvent, CustodyEvent.item_id),
    "money_event": (MoneyEvent, MoneyEvent.item_id), "ticket_event": (TicketEvent, TicketEvent.ticket_id),
    "stock_move": (StockMove, StockMove.part_id),
}  # fmt: skip
_NUMBERED: Final[Mapping[str, tuple[Any, Any]]] = {
    "service_ticket": (ServiceTicket, ServiceTicket.number), "repair_item": (RepairItem, RepairItem.label_no),
}  # fmt: skip
"""Records that people find by a number on paper. Two bear one only where a disk was copied, or set back, and used."""

NUMBERED: Final = tuple(_NUMBERED)
WATCHED: Final = (*_OF, "pickup", *NUMBERED)
"""Tables whose rows may not fit what they meet."""


@command(N_("Note what does not fit together"), right="", waits=True)
def raise_disagreements(write: Write, *, arrived: Mapping[str, Sequence[str]]) -> int:
    """Look at what arrived (ids by table) and raise a card for everything that does not fit; return how many."""
    found = {table: _parents(write, table, ids) for table, ids in arrived.items() if table in _OF}
    items = {*found.get("work_event", ()), *found.get("custody_event", ()), *found.get("money_event", ())}
    for some in _slices(arrived.get("pickup", ())):
        for row in write.session.scalars(select(Pickup).where(Pickup.id.in_(some))):
            items.update(row.item_ids)
    cards = 0
    for item_id in sorted(items):
        cards += _look_at_item(write, item_id)
    for ticket_id in sorted(found.get("ticket_event", ())):
        cards += _look_at_ticket(write, ticket_id)
    for part_id in sorted(found.get("stock_move", ())):
        cards += _look_at_stock(write, part_id)
    return cards + _look_at_numbers(write, arrived) + _look_at_times(write, arrived)


@command(N_("Close cards about what fits by now"), right="", waits=True)
def close_what_fits(write: Write) -> int:
    """Settle cards whose complaint is gone: the missing record has come, or what was wrong was taken back.

    What a card is settled with is worked out of the facts, so that two desks that find the same do the same. Returns
    how many were closed.
    """
    closed = 0
    for card in write.session.scalars(_complaints().limit(_MANY)).all():
        subject = _subject(write, card)
        if subject is None or _still_wrong(write, card):
            continue
        at = max((row.at for row in subject), default=0)
        card.settled_at, card.settled_by, card.settled_how = max(card.raised_at + 1, at), "", FITS_NOW
        closed += 1
    return closed


def complaints(session: Session) -> bool:
    """Say whether any card is open that may close by itself."""
    question = "SELECT 1 FROM review_card WHERE settled_at = 0 AND kind IN (?, ?, ?) LIMIT 1"
    return driver_of(session, ReviewCard).execute(question, _BY_ITSELF).fetchone() is not None


def sharing_a_number(session: Session, arrived: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return those of the numbered records (ids by table) whose number stands on another one too.

    Asked about everything that comes, so by bare statements: the other one is looked for in the index alone.
    """
    found: dict[str, list[str]] = {}
    for table, (entity, number) in _NUMBERED.items():
        name, driver = number.key, driver_of(session, entity)
        for some in _slices(arrived.get(table, ())):
            rows = driver.execute(
                f"SELECT a.id FROM {table} a WHERE a.id IN ({', '.join('?' * len(some))}) AND a.{name} <> ''"
                f" AND EXISTS (SELECT 1 FROM {table} b WHERE b.{name} = a.{name} AND b.rowid <> a.rowid)",
                some,
            )
            found.setdefault(table, []).extend(one for (one,) in rows)
    return {table: ids for table, ids in found.items() if ids}


def newest(session: Session) -> dict[str, int]:
    """Return the highest local number of each watched table."""
    driver = driver_of(session)
    return {table: driver.execute(f"SELECT coalesce(max(n), 0) FROM {table}").fetchone()[0] for table in WATCHED}


def newer_than(session: Session, numbers: Mapping[str, int], most: int) -> dict[str, list[str]]:
    """Return the ids of the watched rows above these local numbers, by table; at most so many of each, the newest.

    Rows that this computer made itself are left out: what it does is looked at while it is done.
    """
    driver, question = driver_of(session), (
        "SELECT id FROM {} t WHERE n > ? AND NOT EXISTS (SELECT 1 FROM changed_record c WHERE c.record_id = t.id)"
        " ORDER BY n DESC LIMIT ?"
    )  # fmt: skip
    told = {table: driver.execute(question.format(table), (numbers.get(table, 0), most)) for table in WATCHED}
    found = {table: [one for (one,) in rows] for table, rows in told.items()}
    return {table: ids for table, ids in found.items() if ids}


def _complaints() -> Select[ReviewCard]:
    open_ones = select(ReviewCard).where(ReviewCard.settled_at == 0, ReviewCard.kind.in_(_BY_ITSELF))
    return open_ones.order_by(ReviewCard.n)


def _subject(write: Write, card: ReviewCard) -> Sequence[Any] | None:
    """Return the facts that a card is about, or None where this desk cannot judge it: not all of it is here."""
    session, axis, fact = write.session, str(card.data.get("axis", "")), str(card.data.get("fact", ""))
    if card.kind == BELOW_ZERO:
        if not fact.startswith(f"{write.site_id}/"):
            return None
        return session.scalars(select(StockMove).where(StockMove.part_id == card.subject_id)).all()
    if card.kind == TWO_PICKUPS:
        item = session.get(RepairItem, card.subject_id)
        rows = [session.get(Pickup, one) for one in card.data.get("pickups", ())]
        return None if item is None or None in rows else rows
    table = _AXES.get(axis)
    if table is None or session.get(table, fact) is None:
        return None
    if axis == "ticket":
        return folding.events_of(session, card.subject_id) if session.get(ServiceTicket, card.subject_id) else None
    return facts_of(session, table, card.subject_id) if session.get(RepairItem, card.subject_id) else None


def _still_wrong(write: Write, card: ReviewCard) -> bool:
    session, fact, subject = write.session, str(card.data.get("fact", "")), card.subject_id
    match card.kind, card.data.get("axis"):
        case ("stock_negative", _):
            return bench.on_shelf(session, [subject])[subject] < 0
        case ("two_pickups", _):
            item = session.get(RepairItem, subject)
            return item is not None and len(pickups_of(write, item)) > 1
        case (_, "work"):
            return fact in {one.uid for one in folding.work_of(session, subject).misfits}
        case (_, "custody"):
            return fact in {gap.fact.uid for gap in folding.custody_of(session, subject).gaps}
        case (_, "money"):
            return fact in {one.uid for one in folding.money_of(session, subject).misfits}
    return fact in {one.uid for one in folding.ticket_misfits(folding.events_of(session, subject))}


def _parents(write: Write, table: str, ids: Iterable[str]) -> set[str]:
    entity, column = _OF[table]
    return {
        parent
        for some in _slices(ids)
        for parent in write.session.scalars(select(column).where(entity.id.in_(some)))
        if parent
    }


def _look_at_item(write: Write, item_id: str) -> int:
    session = write.session
    item = session.get(RepairItem, item_id)
    if item is None:
        return 0
    doubled = _look_at_pickups(write, item)
    work, custody, money = (
        folding.work_of(session, item_id), folding.custody_of(session, item_id), folding.money_of(session, item_id)
    )  # fmt: skip
    cards = int(doubled)
    for fact in work.misfits:
        if not (doubled and fact.move in ("hand_out", "release_abandoned")):
            cards += _raise(write, MISFIT, "repair_item", item_id, fact.uid, {
                "axis": "work", "move": fact.move, "to": fact.to.value, "at": fact.at_ms, "by": fact.by,
            })  # fmt: skip
    for gap in () if doubled else custody.gaps:
        cards += _raise(write, MISFIT, "repair_item", item_id, gap.fact.uid, {
            "axis": "custody", "expected": gap.expected, "written": gap.written, "to": gap.fact.to_holder,
            "at": gap.fact.at_ms, "by": _by(write, CustodyEvent, gap.fact.uid),
        })  # fmt: skip
    for paid in money.misfits:
        cards += _raise(write, MISFIT, "repair_item", item_id, paid.uid, {
            "axis": "money", "move": paid.kind.value, "fen": paid.amount_fen, "at": paid.at_ms, "by": paid.by,
        })  # fmt: skip
    return cards


def pickups_of(write: Write, item: RepairItem) -> list[Pickup]:
    """Return the pickups of a device that count."""
    rows = write.session.scalars(select(Pickup).where(Pickup.order_id == item.order_id).order_by(Pickup.n)).all()
    return [row for row in counted(rows) if item.id in row.item_ids]


def _look_at_pickups(write: Write, item: RepairItem) -> bool:
    rows = pickups_of(write, item)
    if len(rows) < 2:
        return False
    ids = sorted(row.id for row in rows)
    _raise(write, TWO_PICKUPS, "repair_item", item.id, "/".join(ids), {"pickups": ids})
    return True


def _look_at_ticket(write: Write, ticket_id: str) -> int:
    if write.session.get(ServiceTicket, ticket_id) is None:
        return 0
    return sum(
        _raise(write, MISFIT, "service_ticket", ticket_id, fact.uid,
               {"axis": "ticket", "move": fact.move, "at": fact.at_ms, "by": fact.by})
        for fact in folding.ticket_misfits(folding.events_of(write.session, ticket_id))
    )  # fmt: skip


def _look_at_stock(write: Write, part_id: str) -> int:
    left = bench.on_shelf(write.session, [part_id])[part_id]
    if left >= 0:
        return 0
    cards = write.session.scalars(
        select(ReviewCard).where(ReviewCard.kind == BELOW_ZERO, ReviewCard.subject_id == part_id)
    ).all()
    if any(not card.settled_at for card in cards):
        return 0
    seed = f"{write.site_id}/{len(cards)}"  # the next one after each that was settled
    return _raise(write, BELOW_ZERO, "part", part_id, seed, {"left": left})


def _look_at_numbers(write: Write, arrived: Mapping[str, Sequence[str]]) -> int:
    """Raise a card where a number that was printed stands on two records: neither is renumbered."""
    cards = 0
    for table, (entity, number) in _NUMBERED.items():
        for some in _slices(arrived.get(table, ())):
            here = select(number).where(entity.id.in_(some), number != "")
            found: dict[str, list[str]] = {}
            for identity, said in write.session.execute(select(entity.id, number).where(number.in_(here))):
                found.setdefault(said, []).append(identity)
            for said, ids in found.items():
                if len(ids) > 1:
                    *others, newest = sorted(ids)
                    seed = "/".join(sorted(ids))
                    cards += _raise(write, SAME_NUMBER, table, newest, seed, {"number": said, "others": others})
    return cards


def _look_at_times(write: Write, arrived: Mapping[str, Sequence[str]]) -> int:
    """Raise one card for each person and day whose facts are dated in the future."""
    late = write.now + AHEAD_MS
    cards = 0
    for table, ids in arrived.items():
        if table in _NUMBERED:
            continue  # it has a time of its own, and its facts tell the rest
        entity = _OF[table][0] if table in _OF else Pickup
        for some in _slices(ids):
            rows = write.session.execute(
                select(entity.by, func.max(entity.at)).where(entity.id.in_(some), entity.at > late).group_by(entity.by)
            )
            for by, at in rows:
                seed = f"{write.site_id}/{at // AHEAD_MS}"
                cards += _raise(write, CLOCK, "staff", by, seed, {"at": at, "by": by, "seen_at": write.now})
    return cards


def _by(write: Write, entity: Any, identity: str) -> str:
    row = write.session.get(entity, identity)
    return str(row.by) if row is not None else ""


def _raise(write: Write, kind: str, subject_kind: str, subject_id: str, seed: str, data: dict[str, Any]) -> int:
    identity = card_id(kind, subject_id, seed)
    if write.session.get(ReviewCard, identity) is not None:
        return 0
    write.session.add(ReviewCard(
        id=identity, kind=kind, subject_kind=subject_kind, subject_id=subject_id, data={**data, "fact": seed},
        raised_at=write.now,
    ))  # fmt: skip
    return 1


def card_id(*words: str) -> str:
    """Return the id (UUID, version 8) of the card about one thing; the same words give the same id everywhere."""
    raw = hashlib.sha256("/".join(("desk", *words)).encode()).hexdigest()
    return f"{raw[:8]}-{raw[8:12]}-8{raw[13:16]}-a{raw[17:20]}-{raw[20:32]}"


def _slices(ids: Iterable[str]) -> Iterable[list[str]]:
    every = list(ids)
    return (every[start : start + _MANY] for start in range(0, len(every), _MANY))
