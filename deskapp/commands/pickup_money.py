"""The money of a pickup: what is owed for the devices that go, less what is reduced, paid to the last fen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from deskapp.commands.entry import Entry
from deskapp.commands.money import add_money
from deskapp.commands.pickup_forms import Payment, Reduction
from deskapp.errors import N_, Refused
from deskapp.models import folding
from deskapp.models.repair import RepairItem
from deskapp.models.store import Override, Write
from deskapp.rules import access
from deskapp.rules.account import PayMethod
from deskapp.rules.money import MAX_FEN, format_yuan

RIGHT_OF = {"discount": "discount", "waiver": "waive"}
"""Which right a reduction takes."""


@dataclass(slots=True)
class Bill:
    """What is owed for some devices, in fen; `open_fen` by device goes down as reductions are granted."""

    items: list[RepairItem]
    open_fen: dict[str, int] = field(default_factory=dict)
    charged_fen: int = 0
    discount_fen: int = 0
    waived_fen: int = 0

    @staticmethod
    def of(write: Write, items: Sequence[RepairItem]) -> Bill:
        """Return the bill of these devices as the facts stand now."""
        write.session.flush()
        bill = Bill(list(items))
        for item in items:
            view = folding.money_of(write.session, item.id)
            bill.open_fen[item.id] = view.due_fen
            bill.charged_fen += view.charged_fen
            bill.discount_fen += view.discount_fen
            bill.waived_fen += view.waived_fen
        return bill

    @property
    def due_fen(self) -> int:
        """What is to be paid now."""
        return sum(self.open_fen.values())

    def due_of(self, item_id: str) -> int:
        """What is to be paid now for one device."""
        return self.open_fen.get(item_id, 0)


def reduce(write: Write, bill: Bill, reductions: Sequence[Reduction]) -> None:
    """Grant discounts and waivers, device by device; each needs a reason and somebody who may grant it."""
    for reduction in reductions:
        right = RIGHT_OF.get(reduction.kind)
        if right is None:
            raise ValueError(f"no such reduction: {reduction.kind}")
        if reduction.fen <= 0:
            raise Refused(N_("Enter an amount above zero."), field="reduction", code="amount")
        if reduction.fen > bill.due_fen:
            raise Refused(
                N_("The reduction is more than the {amount} that are owed."), field="reduction", code="too_much",
                amount=format_yuan(bill.due_fen),
            )  # fmt: skip
        if not reduction.reason.strip():
            raise Refused(N_("Give the reason for the reduction."), field="reduction_reason", code="missing")
        reason = Entry().note(reduction.reason, "reduction_reason")
        second = _granted_by(write, right, reduction.override)
        rest = reduction.fen
        for item in bill.items:
            part = min(rest, bill.open_fen[item.id])
            if part:
                add_money(write, item, reduction.kind, part, reason=reason, second=second)
                bill.open_fen[item.id] -= part
                rest -= part
        if reduction.kind == "discount":
            bill.discount_fen += reduction.fen
        else:
            bill.waived_fen += reduction.fen


def _granted_by(write: Write, right: str, override: Override | None) -> str:
    """Return who allowed it besides the acting person; nobody where that person may grant it alone."""
    if override is None and access.may(write.roles, write.actor.roles, right):
        return ""
    return write.second_person(override, right, field="reduction")


def settle_exactly(bill: Bill, payments: Sequence[Payment]) -> None:
    """Raise Refused unless the payments make up what is owed, to the fen."""
    for payment in payments:
        if payment.method not in set(PayMethod):
            raise Refused(N_("Choose how it is paid."), field="payment", code="missing")
        if not 0 < payment.fen <= MAX_FEN:
            raise Refused(N_("Enter an amount above zero."), field="payment", code="amount")
    paid = sum(payment.fen for payment in payments)
    if paid < bill.due_fen:
        raise Refused(
            N_("{missing} of {due} are still to be paid."), field="payment", code="too_little",
            missing=format_yuan(bill.due_fen - paid), due=format_yuan(bill.due_fen),
        )  # fmt: skip
    if paid > bill.due_fen:
        raise Refused(
            N_("That is {over} more than the {due} owed. Enter what is kept, not what was handed over."),
            field="payment", code="too_much", over=format_yuan(paid - bill.due_fen), due=format_yuan(bill.due_fen),
        )  # fmt: skip


def note_payments(write: Write, bill: Bill, payments: Sequence[Payment], receipt_no: str) -> None:
    """Write the payments device by device, so that each device's account is whole."""
    left = [payment.fen for payment in payments]
    for item in bill.items:
        need = bill.open_fen[item.id]
        for place, payment in enumerate(payments):
            part = min(need, left[place])
            if part:
                add_money(write, item, "payment", part, method=payment.method, number=receipt_no)
                left[place] -= part
                need -= part
    write.session.flush()
