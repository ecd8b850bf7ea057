"""What a repair costs: priced lines, whether it may start, and the charge when it is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from deskapp.clock import shop_day
from deskapp.commands.bench_desk import Job, events_of, last_diagnosis
from deskapp.commands.money import add_money
from deskapp.commands.moves import record
from deskapp.errors import N_, Refused
from deskapp.models import bench
from deskapp.models.folding import money_of
from deskapp.models.handing_out import counted
from deskapp.models.repair import ItemRecord, MoneyEvent
from deskapp.models.stock import Part
from deskapp.models.store import Override, Write
from deskapp.rules.account import MoneyKind, quote_needed
from deskapp.rules.money import format_yuan

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


def _line(kind: str, code: str, name: str, name_en: str, quantity: int, unit_fen: int, **more: object) -> Line:
    return {
        "kind": kind, "code": code, "name": name, "name_en": name_en, "quantity": quantity, "unit_fen": unit_fen,
        "amount_fen": unit_fen * quantity, **more,
    }  # fmt: skip


def worked_lines(write: Write, job: Job) -> list[WantedLine]:
    """Return what was really done: the last labour class named, and the parts in the device."""
    labour = _labour(write, job)
    wanted = [WantedLine(labour)] if labour else []
    counts: dict[str, int] = {}
    for part in bench.fitted(write.session, job.item.id):
        counts[part.part_id] = counts.get(part.part_id, 0) + part.quantity
    return wanted + [WantedLine(part_id, quantity) for part_id, quantity in counts.items()]


def _labour(write: Write, job: Job) -> str:
    """Return the labour class that was named last: by the diagnosis, with working time, or with the work done."""
    named = [
        (row.at, str(row.data.get("labour_class") or ""))
        for row in events_of(write, job.item.id)
        if row.move == "record_diagnosis"
    ]
    records = select(ItemRecord).where(ItemRecord.item_id == job.item.id, ItemRecord.kind.in_(("labour", "repair")))
    rows = counted(write.session.scalars(records.order_by(ItemRecord.n)).all())
    named += [(row.at, str(row.data.get("labour_class") or "")) for row in rows]
    return next((labour for _at, labour in sorted(named, key=lambda one: one[0], reverse=True) if labour), "")


def worked(write: Write, job: Job, quote: MoneyEvent | None) -> Priced:
    """Return what was done with its prices: those of the quote for what it names, those of the day for the rest.

    Labour and fees of an approved quote stand, unless a dearer labour class was named since.
    """
    priced = price(write, worked_lines(write, job))
    if quote is None:
        return priced
    quoted = {str(line["code"]): int(line["unit_fen"]) for line in quote.data["lines"]}
    parts = [_at_price(line, quoted) for line in priced.lines if line["kind"] == "part"]
    standing = [dict(line) for line in quote.data["lines"] if line["kind"] != "part"]
    labour = [_at_price(line, quoted) for line in priced.lines if line["kind"] == "labour"]
    agreed = sum(int(line["amount_fen"]) for line in standing if line["kind"] == "labour")
    if sum(int(line["amount_fen"]) for line in labour) > agreed:
        standing = labour + [line for line in standing if line["kind"] != "labour"]
    return Priced(str(quote.data["price_list"]), (*standing, *parts))


def _at_price(line: Line, quoted: Mapping[str, int]) -> Line:
    unit = quoted.get(str(line["code"]), int(line["unit_fen"]))
    return {**line, "unit_fen": unit, "amount_fen": unit * int(line["quantity"])}


def is_free(write: Write, job: Job) -> bool:
    """Tell whether the recorded decision makes this repair free."""
    found = last_diagnosis(write, job.item.id)
    return found is not None and found.data["warranty_decision"]["result"] == "free"


def charge_basis(write: Write, job: Job) -> str:
    """Return why the repair may start: free, within_ceiling, approved; else what stands in the way."""
    write.session.flush()
    return bench.start_basis(write.session, job.order, job.item.id, shop_day(write.now))


def keep_to_agreement(write: Write, job: Job, override: Override | None) -> None:
    """Compare what was done with what the merchant agreed to, before the device leaves the bench.

    Within the last approval or the ceiling agreed at check-in it goes on. Beyond both, Refused is raised (a new quote
    answers it), unless a supervisor waives the rest with a reason: that is kept, and the charge is waived by as much.
    """
    if is_free(write, job):
        return
    view, rows = money_of(write.session, job.item.id), money_rows(write, job.item.id)
    quote = _approved_quote(rows)
    used = worked(write, job, quote).total_fen - _discount(quote)
    ceiling = bench.ceiling_left(write.session, job.order, job.item.id)
    agreed = max(ceiling, view.approved_fen or 0)
    if not quote_needed(used, ceiling, view) or used - agreed <= _waived(write, job):
        return
    if override is None:
        raise Refused(
            N_("Used for {used}, agreed to {agreed}: send a quote for it, or a supervisor waives the rest."),
            field="lines", code="quote_first", used=format_yuan(used), agreed=format_yuan(agreed),
        )  # fmt: skip
    second = write.second_person(override, "waive", field="lines")
    record(write, job.item.id, WAIVED, override.reason.strip(), fen=used - agreed, second=second)


def refuse_unagreed_part(write: Write, job: Job, part: Part, quantity: int) -> None:
    """Raise Refused for a part that goes in before the merchant agreed to anything: neither free nor in the ceiling."""
    if is_free(write, job):
        return
    total = price(write, [*worked_lines(write, job), WantedLine(part.id, quantity)]).total_fen
    view = money_of(write.session, job.item.id)
    if quote_needed(total, bench.ceiling_left(write.session, job.order, job.item.id), view):
        raise Refused(
            N_("Before the merchant agrees, parts go in only under warranty or within the agreed ceiling."),
            field="part", code="quote_first",
        )  # fmt: skip


def charge(write: Write, job: Job) -> int:
    """Write the charge for a finished repair, once, and return what is due of it in fen.

    An approved quote is charged as it was quoted; work beyond it, within the ceiling or waived, and work without a
    quote is charged by its lines, less what was waived. A free repair has the same lines with nothing to pay, so that
    the receipt can name them.
    """
    rows = money_rows(write, job.item.id)
    if any(row.kind == MoneyKind.CHARGE for row in rows):
        return sum(row.fen for row in rows if row.kind == MoneyKind.CHARGE)
    quote = _approved_quote(rows)
    priced, discount = worked(write, job, quote), _discount(quote)
    if quote is not None and priced.total_fen - discount <= quote.fen:
        priced = Priced(str(quote.data["price_list"]), tuple(quote.data["lines"]))
    free = is_free(write, job)
    lines = [{**line, "amount_fen": 0} for line in priced.lines] if free else list(priced.lines)
    total = sum(int(line["amount_fen"]) for line in lines)
    add_money(
        write, job.item, MoneyKind.CHARGE, total, number=quote.number if quote else "",
        data={"lines": lines, "price_list": priced.version, "basis": basis_of(write, job),
              "quote": quote.id if quote else ""},
    )  # fmt: skip
    if free:
        return total
    if discount and quote is not None:
        add_money(
            write, job.item, MoneyKind.DISCOUNT, discount, reason=str(quote.data["discount_reason"]),
            second=quote.second_by, data={"quote": quote.id},
        )  # fmt: skip
    return total - _waive_extra(write, job, total - discount)


WAIVED = "extra_waived"
"""The record of a supervisor's consent to work beyond what was agreed: how much of it nobody pays, and why."""


def _waive_extra(write: Write, job: Job, net_fen: int) -> int:
    """Waive what a supervisor let go beyond the agreement, as far as the charge still is beyond it; in fen."""
    consent = _consent(write, job)
    if consent is None:
        return 0
    view = money_of(write.session, job.item.id)
    agreed = max(bench.ceiling_left(write.session, job.order, job.item.id), view.approved_fen or 0)
    fen = min(int(consent.data["fen"]), max(0, net_fen - agreed))
    if fen:
        add_money(write, job.item, MoneyKind.WAIVER, fen, reason=consent.words, second=str(consent.data["second"]))
    return fen


def _waived(write: Write, job: Job) -> int:
    consent = _consent(write, job)
    return int(consent.data["fen"]) if consent else 0


def _consent(write: Write, job: Job) -> ItemRecord | None:
    rows = write.session.scalars(
        select(ItemRecord).where(ItemRecord.item_id == job.item.id, ItemRecord.kind == WAIVED).order_by(ItemRecord.n)
    ).all()
    found = counted(rows)
    return found[-1] if found else None


def _discount(quote: MoneyEvent | None) -> int:
    return int(quote.data.get("discount_fen", 0)) if quote is not None else 0


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
