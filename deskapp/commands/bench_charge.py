"""What a repair costs: priced lines, whether it may start, and the charge when it is done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from deskapp.clock import shop_day
from deskapp.commands.bench_desk import Job, events_of, last_diagnosis
from deskapp.commands.money import add_money
from deskapp.errors import N_, Refused
from deskapp.models import bench
from deskapp.models.folding import money_of
from deskapp.models.repair import MoneyEvent
from deskapp.models.stock import Part
from deskapp.models.store import Write
from deskapp.rules.account import MoneyKind, quote_needed

Line = dict[str, Any]
"""A priced line as it is kept: kind, code or part number, names, quantity, unit price, amount, warranty days."""


@dataclass(frozen=True, slots=True)
class WantedLine:
    """One line somebody wants to charge: a code of the price list, or a part by its id."""

    ref: str
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Priced:
    """Lines with the prices of a day; `total_fen` is their sum."""

    version: str
    lines: tuple[Line, ...]

    @property
    def total_fen(self) -> int:
        """The sum of the amounts."""
        return sum(int(line["amount_fen"]) for line in self.lines)


def price(write: Write, wanted: Iterable[WantedLine]) -> Priced:
    """Return the lines with today's prices; nobody types a price, so nobody mistypes one."""
    version, known = bench.price_list(write.session, shop_day(write.now))
    lines: list[Line] = []
    for one in wanted:
        if one.quantity <= 0:
            raise Refused(N_("Enter how many."), field="quantity", code="amount")
        listed = known.get(one.ref)
        part = write.session.get(Part, one.ref) if listed is None else None
        if listed is not None:
            lines.append(_line(listed.kind, listed.code, listed.name, listed.name_en, one.quantity, listed.fen))
        elif part is not None:
            lines.append(
                _line("part", part.part_no, part.name, part.name_en, one.quantity, part.price_fen,
                      part_id=part.id, warranty_days=part.warranty_days)
            )  # fmt: skip
        else:
            raise Refused(N_("“{code}” is neither in the price list nor a part."), field="lines", code=one.ref)
    return Priced(version, tuple(lines))


def _line(
    kind: str, code: str, name: str, name_en: str, quantity: int, unit_fen: int, **more: object
) -> Line:
    return {
        "kind": kind, "code": code, "name": name, "name_en": name_en, "quantity": quantity, "unit_fen": unit_fen,
        "amount_fen": unit_fen * quantity, **more,
    }  # fmt: skip


def worked_lines(write: Write, job: Job) -> list[WantedLine]:
    """Return what was really done: the last labour class named, and the parts in the device."""
    labour = ""
    for row in events_of(write, job.item.id):
        if row.move == "record_diagnosis":
            labour = str(row.data.get("labour_class") or labour)
    write.session.flush()
    wanted = [WantedLine(labour)] if labour else []
    counts: dict[str, int] = {}
    for part in bench.fitted(write.session, job.item.id):
        counts[part.part_id] = counts.get(part.part_id, 0) + part.quantity
    return wanted + [WantedLine(part_id, quantity) for part_id, quantity in counts.items()]


def is_free(write: Write, job: Job) -> bool:
    """Tell whether the recorded decision makes this repair free."""
    found = last_diagnosis(write, job.item.id)
    return found is not None and found.data["warranty_decision"]["result"] == "free"


def charge_basis(write: Write, job: Job) -> str:
    """Return why the repair may start: free, within_ceiling, approved; else what stands in the way."""
    write.session.flush()
    return bench.start_basis(write.session, job.order, job.item.id, shop_day(write.now))


def refuse_beyond_agreement(write: Write, job: Job) -> None:
    """Raise Refused when what was done costs more than the merchant has agreed to."""
    if is_free(write, job):
        return
    view = money_of(write.session, job.item.id)
    if view.approved_fen is not None:
        return
    total = price(write, worked_lines(write, job)).total_fen
    if quote_needed(total, bench.ceiling_left(write.session, job.order, job.item.id), view):
        raise Refused(
            N_("This costs more than the merchant agreed to: send a quote first."), field="lines", code="quote_first"
        )


def charge(write: Write, job: Job) -> int:
    """Write the charge for a finished repair, once, and return its total in fen.

    An approved quote is charged as it was quoted; without one the lines of the work count. A free
    repair has the same lines with nothing to pay, so that the receipt can name them.
    """
    rows = money_rows(write, job.item.id)
    if any(row.kind == MoneyKind.CHARGE for row in rows):
        return sum(row.fen for row in rows if row.kind == MoneyKind.CHARGE)
    quote = _approved_quote(rows)
    if quote is not None:
        lines, version = list(quote.data["lines"]), str(quote.data["price_list"])
        discount = int(quote.data.get("discount_fen", 0))
    else:
        priced = price(write, worked_lines(write, job))
        lines, version, discount = list(priced.lines), priced.version, 0
    free = is_free(write, job)
    if free:
        lines = [{**line, "amount_fen": 0} for line in lines]
    total = sum(int(line["amount_fen"]) for line in lines)
    add_money(
        write, job.item, MoneyKind.CHARGE, total, number=quote.number if quote else "",
        data={"lines": lines, "price_list": version, "basis": basis_of(write, job), "quote": quote.id if quote else ""},
    )  # fmt: skip
    if discount and quote is not None and not free:
        add_money(
            write, job.item, MoneyKind.DISCOUNT, discount, reason=str(quote.data["discount_reason"]),
            second=quote.second_by, data={"quote": quote.id},
        )  # fmt: skip
    return total


def basis_of(write: Write, job: Job) -> str:
    """Return why it is charged or not, as the papers name it."""
    found = last_diagnosis(write, job.item.id)
    if found is None:
        return "out_of_warranty"
    decision = found.data["warranty_decision"]
    if decision["result"] == "free":
        return "goodwill" if decision["basis"] == "supervisor" else "in_warranty"
    excluded = any(reason["code"] == "excluded" for reason in decision["reasons"])
    return "misuse" if excluded else "out_of_warranty"


def money_rows(write: Write, item_id: str) -> Sequence[MoneyEvent]:
    """Return the money facts of a device that count, oldest first."""
    write.session.flush()
    rows = write.session.scalars(select(MoneyEvent).where(MoneyEvent.item_id == item_id).order_by(MoneyEvent.n)).all()
    voided = {row.voids for row in rows if row.voids}
    return [row for row in rows if not row.voids and row.id not in voided]


def last_quote(rows: Sequence[MoneyEvent]) -> MoneyEvent | None:
    """Return the newest quote."""
    return next((row for row in reversed(rows) if row.kind == MoneyKind.QUOTE), None)


def _approved_quote(rows: Sequence[MoneyEvent]) -> MoneyEvent | None:
    """Return the quote the merchant approved last; a later decline of another one does not undo it."""
    by_id = {row.id: row for row in rows if row.kind == MoneyKind.QUOTE}
    answers = [row for row in rows if row.kind == MoneyKind.APPROVAL]
    return by_id.get(str(answers[-1].data.get("quote", ""))) if answers else None
