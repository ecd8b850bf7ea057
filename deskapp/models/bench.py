"""What the bench reads on both sides of a command: the prices of the day, stock, parts, what the findings allow.

A page shows with these what a command will decide, so that the two never differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session, aliased

from deskapp import catalogue
from deskapp.models import transfers
from deskapp.models.device import DeviceModel
from deskapp.models.folding import money_of
from deskapp.models.people import Site
from deskapp.models.repair import RepairItem, RepairOrder, WorkEvent
from deskapp.models.stock import Attachment, Part, PriceLine, StockMove
from deskapp.models.transfers import same_site
from deskapp.rules.account import quote_needed

SHELF = "shelf"
RESERVED = "reserved"
"""A tray beside the shelf: what lies there is kept for one device and counts for nobody else."""
ITEM = "item"
DONOR = "donor"
"""Where a part that was salvaged from another device comes from."""
NOT_PHOTOS = ("signature", "paper", "approval")
TAMPER_MESSAGE = "no_message"
"""The point of the tamper check that is not in order where a device says that it was tampered with or lost its keys."""
OWN_TESTS = ("limits", "without", "extra")
"""What of a model's own rules narrows its test plan; its terms of warranty stand beside them."""
KEYS_CHECKED = ("load_keys", "keys_kept")
"""Moves after which the keys are known to be in the device."""


@dataclass(frozen=True, slots=True)
class Price:
    """One line of the price list that holds; `fen` is the price of one."""

    code: str
    kind: str
    name: str
    name_en: str
    fen: int


@dataclass(frozen=True, slots=True)
class Fitted:
    """A part booked onto a device: how many, which serial number, since when (ms UTC)."""

    part_id: str
    part_no: str
    name: str
    name_en: str
    quantity: int
    serial_no: str
    price_fen: int
    warranty_days: int
    at: int
    by: str


def price_list(session: Session, on: date) -> tuple[str, dict[str, Price]]:
    """Return the version of the price list that holds on a day, and its lines by code.

    A branch that has not put in its own list yet works with the shipped one.
    """
    day = on.isoformat()
    rows = session.scalars(
        select(PriceLine)
        .where(PriceLine.active, (PriceLine.valid_from == "") | (PriceLine.valid_from <= day))
        .order_by(PriceLine.valid_from, PriceLine.n)
    ).all()
    if rows:
        version = rows[-1].version
        return version, {
            row.code: Price(row.code, row.kind, row.name, row.name_en, row.fen)
            for row in rows
            if row.version == version
        }
    shipped = catalogue.shipped_prices()
    return str(shipped["version"]), {
        line["code"]: Price(line["code"], line["kind"], line["zh"], line["en"], int(line["fen"]))
        for line in shipped["lines"]
    }


def stock_here(session: Session) -> ColumnElement[bool]:
    """Return the condition for stock moves of this site: those of a device that was elsewhere come along with it."""
    others = transfers.other_sites(session, transfers.this_site(session))
    if not others:
        return true()
    return func.coalesce(func.json_extract(StockMove.data, "$.at_site"), "").not_in(others)


def on_shelf(session: Session, part_ids: Iterable[str]) -> dict[str, int]:
    """Return how many of each part lie on the shelf; below zero when more were taken than were booked in."""
    ids = list(part_ids)
    counts = dict.fromkeys(ids, 0)
    if not ids:
        return counts
    taken_back, here = aliased(StockMove), stock_here(session)
    voided = select(taken_back.voids).where(taken_back.voids != "")
    for place, sign in ((StockMove.to_place, 1), (StockMove.from_place, -1)):
        rows = session.execute(
            select(StockMove.part_id, func.sum(StockMove.quantity))
            .where(StockMove.part_id.in_(ids), place == SHELF, StockMove.voids == "", StockMove.id.not_in(voided), here)
            .group_by(StockMove.part_id)
        )
        for part_id, quantity in rows:
            counts[part_id] += sign * int(quantity or 0)
    return counts


def at_place(session: Session, part_id: str, place: str, *, serial_no: str = "") -> int:
    """Return how many of a part are at a place, of one serial number where one is named."""
    rows = session.scalars(
        select(StockMove).where(StockMove.part_id == part_id, stock_here(session)).order_by(StockMove.n)
    ).all()
    voided = {row.voids for row in rows if row.voids}
    return sum(
        ((row.to_place == place) - (row.from_place == place)) * row.quantity
        for row in rows
        if not row.voids and row.id not in voided and (not serial_no or row.serial_no == serial_no)
    )


def serials_on_shelf(session: Session, part_id: str) -> frozenset[str]:
    """Return the serial numbers of a part's units that lie on the shelf."""
    rows = session.scalars(
        select(StockMove).where(StockMove.part_id == part_id, StockMove.serial_no != "", stock_here(session))
    ).all()
    voided = {row.voids for row in rows if row.voids}
    count: dict[str, int] = {}
    for row in rows:
        if not row.voids and row.id not in voided:
            step = (row.to_place == SHELF) - (row.from_place == SHELF)
            count[row.serial_no] = count.get(row.serial_no, 0) + step * row.quantity
    return frozenset(serial for serial, many in count.items() if many > 0)


def moves_on(session: Session, item_id: str) -> Sequence[StockMove]:
    """Return the stock moves of a device that count, oldest first."""
    rows = session.scalars(select(StockMove).where(StockMove.item_id == item_id).order_by(StockMove.n)).all()
    voided = {row.voids for row in rows if row.voids}
    return [row for row in rows if not row.voids and row.id not in voided]


def fitted(session: Session, item_id: str) -> list[Fitted]:
    """Return the new parts in a device: what went in from the shelf, less what was put back."""
    found: dict[tuple[str, str], Fitted] = {}
    for row in moves_on(session, item_id):
        step = 1 if row.from_place in (SHELF, RESERVED) and row.to_place == ITEM else 0
        step = -1 if (row.from_place, row.to_place) == (ITEM, SHELF) else step
        if not step:
            continue
        key = (row.part_id, row.serial_no)
        part = session.get_one(Part, row.part_id)
        before = found.get(key)
        found[key] = Fitted(
            part.id, part.part_no, part.name, part.name_en,
            (before.quantity if before else 0) + step * row.quantity, row.serial_no,
            part.price_fen, part.warranty_days, row.at, row.by,
        )  # fmt: skip
    return [one for one in found.values() if one.quantity > 0]


def reserved(session: Session, item_id: str) -> dict[tuple[str, str], int]:
    """Return what is kept for a device and not fitted yet, by part and serial number."""
    found: dict[tuple[str, str], int] = {}
    for row in moves_on(session, item_id):
        step = (row.to_place == RESERVED) - (row.from_place == RESERVED)
        if step:
            key = (row.part_id, row.serial_no)
            found[key] = found.get(key, 0) + step * row.quantity
    return {key: quantity for key, quantity in found.items() if quantity > 0}


def removed(session: Session, item_id: str) -> list[StockMove]:
    """Return the old parts that came out of a device and where they went; what was put in again is left out."""
    moves = moves_on(session, item_id)
    again = {str(row.data["puts_back"]) for row in moves if row.data.get("puts_back")}
    return [
        row for row in moves
        if row.from_place == ITEM and row.to_place in ("old_parts", "scrap") and row.id not in again
    ]  # fmt: skip


def events_of(session: Session, item_id: str) -> list[WorkEvent]:
    """Return the moves of a device that count, oldest first."""
    rows = session.scalars(select(WorkEvent).where(WorkEvent.item_id == item_id).order_by(WorkEvent.n)).all()
    voided = {row.voids for row in rows if row.voids}
    return [row for row in rows if not row.voids and row.id not in voided]


def last_of(events: Sequence[WorkEvent], *names: str) -> WorkEvent | None:
    """Return the newest move of these names, or None."""
    return next((row for row in reversed(events) if row.move in names), None)


def photos_of(session: Session, item_id: str) -> Sequence[Attachment]:
    """Return the photos of a device, oldest first."""
    return session.scalars(
        select(Attachment)
        .where(Attachment.subject_id == item_id, Attachment.kind.not_in(NOT_PHOTOS), Attachment.sha256 != "")
        .order_by(Attachment.n)
    ).all()


def keys_gone(events: Sequence[WorkEvent], model: DeviceModel | None) -> bool:
    """Tell whether something since the last key check took the keys out of the device.

    Only a board change may spare the keys, and only where the model is known to keep them.
    """
    gone = False
    for row in events:
        if row.move in KEYS_CHECKED:
            gone = False
        elif _says_tampered(row):
            gone = True
        elif row.move == "record_repair":
            for code in row.data.get("action", []):
                word = catalogue.words("actions").get(str(code))
                if word is None or not word.extra.get("keys"):
                    continue
                spared = code == "replace_board" and model is not None and not model.key_load_on_board_change
                gone = gone or not spared
    return gone


def _says_tampered(row: WorkEvent) -> bool:
    """Tell whether a device was found at check-in or on the bench to say that its tamper protection was triggered."""
    seen = row.move == "check_in" and TAMPER_MESSAGE in row.data.get("tamper_found", ())
    return seen or (row.move == "record_diagnosis" and row.data.get("tamper_flag") == "triggered")


def keeps_keys(model: DeviceModel | None) -> bool:
    """Tell whether a model is known to keep its keys through a repair, so that its own test may say they are there."""
    return model is not None and not model.key_load_on_board_change


def test_plan(model: DeviceModel | None) -> tuple[str, tuple[catalogue.TestStep, ...]]:
    """Return the test plan of a model: that of its kind with what the model does not have left out.

    A model may narrow it (`DeviceModel.tests`): `limits` by step as low and high, `without` names of steps, and
    steps of its own in `extra`. The id then names the model, so that a record tells by which plan was tested.
    """
    kind, capabilities = (model.kind, tuple(model.capabilities)) if model else ("smart_pos", ())
    plan_id, steps = catalogue.test_plan(kind, capabilities)
    own = {key: value for key, value in (model.tests or {}).items() if key in OWN_TESTS} if model else {}
    if not own or model is None:
        return plan_id, steps
    limits, without = own.get("limits", {}), set(own.get("without", ()))
    found = []
    for step in steps:
        if step.id in without:
            continue
        low, high = limits.get(step.id, (step.low, step.high))
        found.append(replace(step, low=low, high=high))
    for extra in own.get("extra", ()):
        found.append(
            catalogue.TestStep(
                str(extra["id"]), str(extra["zh"]), str(extra.get("en") or extra["zh"]),
                str(extra.get("kind", "pass_fail")), "", extra.get("min"), extra.get("max"), str(extra.get("unit", "")),
            )
        )  # fmt: skip
    return f"{plan_id}:{model.id}", tuple(found)


test_plan.__test__ = False  # type: ignore[attr-defined]


def planned(found: WorkEvent | None) -> list[tuple[str, int]]:
    """Return what a diagnosis asks for: its labour class and its parts, each with how many."""
    if found is None:
        return []
    labour = str(found.data.get("labour_class") or "")
    wanted = [(labour, 1)] if labour else []
    return wanted + [(str(part["part_id"]), int(part["quantity"])) for part in found.data.get("needed_parts", [])]


def amount(session: Session, on: date, wanted: Iterable[tuple[str, int]]) -> int:
    """Return what these cost on a day, in fen; what is neither in the price list nor a part costs nothing."""
    _version, known = price_list(session, on)
    total = 0
    for ref, quantity in wanted:
        listed = known.get(ref)
        part = session.get(Part, ref) if listed is None else None
        total += quantity * (listed.fen if listed else part.price_fen if part else 0)
    return total


def ceiling_left(session: Session, order: RepairOrder, item_id: str) -> int:
    """Return what the ceiling agreed for an order still allows after its other devices, in fen."""
    others = session.scalar(
        select(func.coalesce(func.sum(RepairItem.due_fen + RepairItem.paid_fen), 0)).where(
            RepairItem.order_id == order.id, RepairItem.id != item_id
        )
    )
    return max(0, order.ceiling_fen - int(others or 0))


def start_basis(session: Session, order: RepairOrder, item_id: str, on: date) -> str:
    """Return why a repair may start (free, within_ceiling, approved), else what stands in the way."""
    found = last_of(events_of(session, item_id), "record_diagnosis")
    result = str(found.data["warranty_decision"]["result"]) if found else "unknown"
    if result != "payable":
        return result
    total = amount(session, on, planned(found))
    view = money_of(session, item_id)
    if not total or quote_needed(total, ceiling_left(session, order, item_id), view):
        return "payable"
    return "approved" if view.approved_fen and total <= view.approved_fen else "within_ceiling"


def goes_back(session: Session, site: Site, order: RepairOrder) -> bool:
    """Tell whether a device that is done here travels: nobody collects it at this site, which is no counter, or
    another site took it in."""
    return not site.is_outlet or not same_site(session, order.site_id, site.id)
