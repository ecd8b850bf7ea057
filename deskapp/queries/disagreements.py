"""Where counters disagree: the open cards in plain words, both sides of each, and versions that were set aside."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import func, select

from deskapp.errors import N_
from deskapp.models import bench, sync_state
from deskapp.models.act_titles import act_title
from deskapp.models.columns import known
from deskapp.models.handing_out import counted
from deskapp.models.journal import ChangeSet
from deskapp.models.people import Site, Staff
from deskapp.models.repair import Pickup, RepairItem, ReviewCard
from deskapp.models.store import ReadSession
from deskapp.models.sync_state import SyncResult
from deskapp.queries.field_titles import field_title, lost_fields, readable
from deskapp.queries.syncing import CLOCK_WRONG_MS, refused_acts
from deskapp.rules.masking import mask

REFUSED, PARKED = "rejected", "parked"
"""Acts of this computer that the server has not taken; what it says to them (`models.sync_state.SyncResult`)."""

TITLES: Final[Mapping[str, str]] = {
    "also_changed": N_("Changed at two counters"),
    "identity_conflict": N_("Number or name changed twice"),
    "twin": N_("Entered twice?"),
    "misfit": N_("Does not fit what went before"),
    "two_pickups": N_("Handed out twice?"),
    "stock_negative": N_("Stock below zero"),
    "same_number": N_("One number on two records"),
    "clock": N_("A computer's clock is wrong"),
    "foreign_fact": N_("Written by a branch that does not have it"),
    "cut": N_("Card digits were cut out"),
    "not_allowed": N_("Done without the right to do it"),
    "photo_missing": N_("A photo is not at the server"),
    REFUSED: N_("Not taken by the server"),
    PARKED: N_("The server waits with it"),
}
"""Kinds of cards on the page about disagreements, with their titles; the last two are of this computer alone."""

REASONS: Final[Mapping[str, str]] = {
    "scope": N_("The record is not in the hands of this branch any more."),
    "gone": N_("The record was withdrawn meanwhile."),
    "right": N_("By what the server knows, whoever did it may not do this. Have it done by somebody who may."),
    "site": N_("A branch changes its own details, shelves and calendar only."),
    "person": N_("The server does not know yet who did it. It is taken as soon as it does."),
    "in_use": N_("Somebody works with it already, so it is not withdrawn."),
    "malformed": N_("The server cannot read this entry. Tell whoever looks after deskapp."),
    "unknown": N_("It names something that has not reached the server yet. It is taken as soon as that comes."),
    "behind": N_("It builds on an entry that waits itself."),
    "fault": N_("The server had a fault of its own and tries again by itself."),
}
"""Why the server does not take an act, by its own word."""

MOST = 300


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the page: what it is about, since when. `local`: it concerns this computer alone (no card)."""

    id: str
    kind: str
    title: str
    about: str
    subject_kind: str
    subject_id: str
    raised_at: int
    local: bool = False
    fields: tuple[str, ...] = ()
    """Message ids of the fields of which there are two versions."""



@dataclass(frozen=True, slots=True)
class Side:
    """Who wrote one of two versions: person, place and time; `station` is 0 where it is not known."""

    staff_id: str = ""
    name: str = ""
    site: str = ""
    station: int = 0
    at: int = 0


@dataclass(frozen=True, slots=True)
class FieldPair:
    """One field in both versions, as it reads; `now` is what the record holds, `is_text` says it can be typed anew."""

    name: str
    title: str
    kept: str
    lost: str
    now: str
    is_text: bool


@dataclass(frozen=True, slots=True)
class TwinCard:
    """One of the records that may be one thing: its id, its name, and what is known of it."""

    id: str
    name: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PickupCard:
    """One of two pickups of a device."""

    receipt_no: str
    at: int
    by: str
    collector: str
    """Masked."""

    proof: str


@dataclass(frozen=True, slots=True)
class Detail:
    """Everything that is shown of one line; what a kind has no use for stays empty."""

    row: Row
    kept: Side = Side()
    lost: Side = Side()
    fields: tuple[FieldPair, ...] = ()
    twins: tuple[TwinCard, ...] = ()
    pickups: tuple[PickupCard, ...] = ()
    side: Side = Side()
    """Who wrote a single fact that does not fit."""

    data: Mapping[str, Any] = field(default_factory=dict)
    texts: tuple[str, ...] = ()
    settled_at: int = 0


# -- the list ----------------------------------------------------------------------


_KINDS: Final = tuple(kind for kind in TITLES if kind not in (REFUSED, PARKED))


def open_count(session: ReadSession) -> int:
    """Return how many disagreements wait for a person."""
    cards = session.scalar(
        select(func.count()).select_from(ReviewCard)
        .where(ReviewCard.settled_at == 0, ReviewCard.kind.in_(_KINDS))
    )  # fmt: skip
    refused = session.scalar(select(func.count()).select_from(SyncResult).where(SyncResult.code == REFUSED))
    return int(cards or 0) + int(refused or 0)


def disagreements(session: ReadSession) -> tuple[Row, ...]:
    """Return what waits for a person: this computer's own troubles first, then the cards, oldest first."""
    cards = session.scalars(
        select(ReviewCard).where(ReviewCard.settled_at == 0, ReviewCard.kind.in_(_KINDS))
        .order_by(ReviewCard.raised_at).limit(MOST)
    ).all()  # fmt: skip
    return (*_own(session), *(_row(session, card) for card in cards))


def _own(session: ReadSession) -> tuple[Row, ...]:
    rows = [Row(act.uid, REFUSED, TITLES[REFUSED], act.title, "", "", act.at, True) for act in refused_acts(session)]
    parked = session.execute(
        select(ChangeSet.uid, ChangeSet.at, ChangeSet.command)
        .join(SyncResult, SyncResult.uid == ChangeSet.uid).where(SyncResult.code == PARKED)
        .order_by(ChangeSet.seq).limit(MOST)
    ).all()  # fmt: skip
    for uid, at, command in parked:
        rows.append(Row(uid, PARKED, TITLES[PARKED], act_title(command), "", "", at, True))
    offset = sync_state.number(session, "offset_ms") if sync_state.state(session, "server") else 0
    if abs(offset) > CLOCK_WRONG_MS:
        at = sync_state.number(session, "contact_at")
        rows.insert(0, Row("clock", "clock", TITLES["clock"], "", "", "", at, True))
    return tuple(rows)


def _row(session: ReadSession, card: ReviewCard) -> Row:
    return Row(
        card.id, card.kind, TITLES[card.kind], about(session, card.subject_kind, card.subject_id), card.subject_kind,
        card.subject_id, card.raised_at, fields=lost_fields(card.subject_kind, card.data),
    )  # fmt: skip


_LABELS: Final = ("label_no", "number", "name", "serial_no", "part_no", "receipt_no")
_PARENTS: Final = ("item_id", "ticket_id", "order_id", "merchant_id", "device_id", "part_id", "subject_id")


def about(session: ReadSession, kind: str, record_id: str, depth: int = 3) -> str:
    """Return by what people know a record: its number or name; of a fact that of the record it is about."""
    entity = known(kind)
    row = session.get(entity, record_id) if entity is not None and record_id else None
    if row is None:
        return ""
    for name in _LABELS:
        if getattr(row, name, ""):
            return str(getattr(row, name))
    for name in _PARENTS:
        parent = getattr(row, name, "")
        if parent and depth:
            for table in _TABLES.get(name, ()):
                found = about(session, table, parent, depth - 1)
                if found:
                    return found
    return ""


_TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "item_id": ("repair_item",), "ticket_id": ("service_ticket",), "order_id": ("repair_order",),
    "merchant_id": ("merchant",), "device_id": ("device",), "part_id": ("part",),
    "subject_id": ("repair_item", "repair_order", "service_ticket", "site_visit"),
}  # fmt: skip


# -- one of them --------------------------------------------------------------------


def detail(session: ReadSession, row: Row) -> Detail | None:
    """Return everything that is shown of a line; None where it was settled meanwhile."""
    if row.local:
        return _own_detail(session, row)
    card = session.get(ReviewCard, row.id)
    if card is None or card.settled_at:
        return None
    return of_card(session, card)


def of_card(session: ReadSession, card: ReviewCard) -> Detail:
    """Return everything that is shown of a card, settled or not."""
    row, data = _row(session, card), card.data
    found: dict[str, Any] = {"data": data, "settled_at": card.settled_at}
    if "lost" in data:
        found |= {"kept": _side(session, data, "kept"), "lost": _side(session, data, "lost"),
                  "fields": _fields(session, card)}  # fmt: skip
    elif card.kind == "twin":
        ids = [card.subject_id, *map(str, data.get("others", []))]
        found["twins"] = tuple(one for one in (_twin(session, card.subject_kind, one) for one in ids) if one)
    elif card.kind == "two_pickups":
        found["pickups"] = _pickups(session, card.subject_id)
    elif card.kind == "stock_negative":
        found["data"] = {**data, "left": bench.on_shelf(session, [card.subject_id])[card.subject_id]}
    elif card.kind == "not_allowed":
        thing = about(session, str(data.get("entity", "")), str(data.get("record", "")))
        found["data"] = {**data, "what": act_title(str(data.get("command", ""))), "about": thing}
    if data.get("by"):
        by = str(data["by"])
        found["side"] = Side(by, _person(session, by), "", 0, int(data.get("at", 0)))
    return Detail(row, **found)


def lost_versions(session: ReadSession, record_ids: Sequence[str]) -> tuple[Detail, ...]:
    """Return the versions of these records that were set aside when two people changed them, newest first."""
    cards = session.scalars(
        select(ReviewCard)
        .where(ReviewCard.subject_id.in_(record_ids), ReviewCard.kind.in_(("also_changed", "identity_conflict")))
        .order_by(ReviewCard.raised_at.desc())
    ).all()  # fmt: skip
    return tuple(of_card(session, card) for card in cards)


def _side(session: ReadSession, data: Mapping[str, Any], which: str) -> Side:
    staff, site = str(data.get(f"{which}_by", "")), str(data.get(f"{which}_site", ""))
    place = session.scalar(select(Site.short_name).where(Site.id == site)) if site else ""
    place = place or (session.scalar(select(Site.name).where(Site.id == site)) if site else "") or ""
    return Side(
        staff, _person(session, staff), place, int(data.get(f"{which}_station", 0) or 0),
        int(data.get(f"{which}_at", 0) or 0),
    )  # fmt: skip


def _person(session: ReadSession, staff_id: str) -> str:
    return session.scalar(select(Staff.name).where(Staff.id == staff_id)) or "" if staff_id else ""


def _fields(session: ReadSession, card: ReviewCard) -> tuple[FieldPair, ...]:
    data = card.data
    entity = known(card.subject_kind)
    row: Any = session.get(entity, card.subject_id) if entity is not None else None
    pairs = []
    for name, lost in data.get("lost", {}).items():
        kept, now = data.get("kept", {}).get(name), getattr(row, name, None)
        pairs.append(FieldPair(
            name, field_title(name, card.subject_kind), readable(session, name, kept), readable(session, name, lost),
            readable(session, name, now), isinstance(lost, str) and not name.endswith("_id"),
        ))  # fmt: skip
    return tuple(pairs)


_TWIN_FACTS: Final[Mapping[str, tuple[str, ...]]] = {
    "merchant": ("merchant_no", "uscc", "short_name", "address", "district", "note"),
    "device": ("tusn", "model_id", "imei", "iccid", "terminal_no", "merchant_id", "warranty_until", "note"),
}


def _twin(session: ReadSession, kind: str, record_id: str) -> TwinCard | None:
    entity = known(kind)
    row: Any = session.get(entity, record_id) if entity is not None else None
    if row is None or row.joined_into:
        return None
    facts = tuple(
        (field_title(name), readable(session, name, getattr(row, name)))
        for name in _TWIN_FACTS.get(kind, ())
        if getattr(row, name, "")
    )
    return TwinCard(row.id, about(session, kind, row.id), facts)


def _pickups(session: ReadSession, item_id: str) -> tuple[PickupCard, ...]:
    item = session.get(RepairItem, item_id)
    if item is None:
        return ()
    rows = session.scalars(select(Pickup).where(Pickup.order_id == item.order_id).order_by(Pickup.n)).all()
    return tuple(
        PickupCard(
            row.receipt_no, row.at, _person(session, row.by), mask("name", row.collector_name), row.proof
        )
        for row in counted(rows)
        if item_id in row.item_ids
    )  # fmt: skip


def _own_detail(session: ReadSession, row: Row) -> Detail | None:
    if row.kind == "clock":
        return Detail(row, data={"off_ms": sync_state.number(session, "offset_ms")})
    result = session.get(SyncResult, row.id)
    if result is None or result.code not in (REFUSED, PARKED):
        return None
    reason = REASONS.get(str(result.detail.get("reason", "")), "")
    texts = next((act.words for act in refused_acts(session) if act.uid == row.id), ())
    if row.kind == PARKED:
        body = session.scalar(select(ChangeSet.body).where(ChangeSet.uid == row.id)) or "{}"
        texts = tuple(
            value for op in json.loads(body).get("ops", ()) for name, value in op["values"].items()
            if isinstance(value, str) and value and not name.endswith("_id")
        )  # fmt: skip
    return Detail(row, data={"reason": reason}, texts=tuple(dict.fromkeys(texts)))
