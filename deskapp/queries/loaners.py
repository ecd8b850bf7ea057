"""Loaners: which are in the pool, which are out, with whom and until when."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from deskapp.models.device import Device
from deskapp.models.handing_out import OpenLoan, counted, open_loans, reminders
from deskapp.models.loaner_places import HERE, Place, Where, pool_here
from deskapp.models.merchant import Merchant, MerchantContact
from deskapp.models.people import Site, Staff
from deskapp.models.repair import RepairOrder
from deskapp.models.stock import LoanEvent
from deskapp.models.store import ReadSession
from deskapp.queries.naming import model_words
from deskapp.rules.deadlines import shop_day


@dataclass(frozen=True, slots=True)
class LoanerRow:
    """One loaner; `merchant` is empty while it lies on the shelf, `late_days` above zero when it is overdue."""

    device_id: str
    serial_no: str
    model: str
    merchant: str
    order_no: str
    order_id: str
    lent_at: int
    due_at: int
    late_days: int
    reminded: int = 0
    reminded_at: int = 0
    where: str = "here"
    """`here`, or of a manifest: `packed`, `under_way`."""

    place: str = ""
    """The site it is on its way to, and the manifest's number."""

    manifest_id: str = ""
    person: str = ""
    phone: str = ""
    """Whom to remind: who brought the devices of the order it was lent for, else the merchant's main contact."""

    @property
    def out(self) -> bool:
        """Say whether it is with a merchant."""
        return self.lent_at > 0


@dataclass(frozen=True, slots=True)
class LoanHappening:
    """One line of a loaner's history: lent, reminded or taken back, when, to whom, by whom; `result` of a reminder."""

    kind: str
    at: int
    merchant: str
    who: str
    words: str
    void: bool
    result: str = ""


def loaners(session: ReadSession, now: int) -> list[LoanerRow]:
    """Return the loaners of this site's pool: overdue ones first, then those out, on the shelf, in a van."""
    out = {loan.device_id: loan for loan in open_loans(session)}
    pool = {device.id: place for device, place in pool_here(session)}
    rows = [_row(session, one, out.get(one), pool.get(one, HERE), now) for one in dict.fromkeys([*out, *pool])]
    return sorted(rows, key=lambda row: (not row.out, row.where != "here", -row.late_days, row.due_at, row.serial_no))


def _row(session: ReadSession, device_id: str, loan: OpenLoan | None, place: Place, now: int) -> LoanerRow:
    device = session.get_one(Device, device_id)
    merchant = session.get(Merchant, loan.merchant_id) if loan else None
    order = session.get(RepairOrder, loan.order_id) if loan and loan.order_id else None
    told = reminders(session, loan.event_id) if loan else []
    site = session.get(Site, place.site_id) if place.where is Where.UNDER_WAY else None
    late = (shop_day(now) - shop_day(loan.due_at)).days if loan and loan.due_at else 0
    return LoanerRow(
        device.id, device.serial_no, model_words(session, device), merchant.name if merchant else "",
        order.number if order else "", order.id if order else "", loan.lent_at if loan else 0,
        loan.due_at if loan else 0, max(0, late), len(told), told[-1].at if told else 0,
        place.where.value, (site.short_name or site.name) if site is not None else "", place.manifest_id,
        *(_whom(session, order, loan.merchant_id) if loan else ("", "")),
    )  # fmt: skip


def _whom(session: ReadSession, order: RepairOrder | None, merchant_id: str) -> tuple[str, str]:
    if order is not None and order.deliverer_phone:
        return order.deliverer_name, order.deliverer_phone
    main = session.scalars(
        select(MerchantContact)
        .where(MerchantContact.merchant_id == merchant_id, MerchantContact.active, MerchantContact.phone != "")
        .order_by(MerchantContact.main.desc(), MerchantContact.n)
    ).first()
    return (main.name, main.phone) if main is not None else ("", "")


@dataclass(frozen=True, slots=True)
class BridgedOrder:
    """An order for which a loaner can be lent."""

    order_id: str
    number: str


def orders_to_bridge(session: ReadSession, merchant_id: str) -> list[BridgedOrder]:
    """Return the open orders of a merchant, newest first: what is lent while they last is lent for one of them."""
    rows = session.execute(
        select(RepairOrder.id, RepairOrder.number)
        .where(RepairOrder.merchant_id == merchant_id, RepairOrder.closed_at == 0)
        .order_by(RepairOrder.n.desc())
    )
    return [BridgedOrder(order_id, number) for order_id, number in rows]


def loan_history(session: ReadSession, device_id: str) -> list[LoanHappening]:
    """Return what happened to a loaner, newest first."""
    rows = session.scalars(select(LoanEvent).where(LoanEvent.device_id == device_id).order_by(LoanEvent.n)).all()
    valid = {row.id for row in counted(rows)}
    found = []
    for row in rows:
        if row.voids:
            continue
        merchant = session.get(Merchant, row.merchant_id) if row.merchant_id else None
        name = merchant.name if merchant else ""
        found.append(LoanHappening(row.kind, row.at, name, _who(session, row.by), row.words, row.id not in valid))
        found += [
            LoanHappening("reminder", one.at, name, _who(session, one.by), one.words, False,
                          str(one.data.get("result", "")))
            for one in (reminders(session, row.id) if row.kind == "lend" else ())
        ]  # fmt: skip
    return sorted(found, key=lambda one: one.at, reverse=True)


def _who(session: ReadSession, staff_id: str) -> str:
    person = session.get(Staff, staff_id) if staff_id else None
    return person.name if person else ""
