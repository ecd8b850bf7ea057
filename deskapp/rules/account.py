"""What is owed for one device: quote, approval, charges, payments, as a fold of money facts.

All amounts are whole fen. Nothing is ever subtracted from a fact; a wrong one is voided.
A payment before any charge is a deposit and counts when the charge comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from deskapp.errors import N_, Refused
from deskapp.rules.facts import without_voided


class MoneyState(StrEnum):
    """Where the money side of a device stands."""

    NONE = "none"
    QUOTED = "quoted"
    APPROVED = "approved"
    DECLINED = "declined"
    PAYABLE = "payable"
    PAID = "paid"
    WAIVED = "waived"


MONEY_TITLES: Final[Mapping[MoneyState, str]] = {
    MoneyState.NONE: N_("nothing to pay"),
    MoneyState.QUOTED: N_("quoted"),
    MoneyState.APPROVED: N_("quote approved"),
    MoneyState.DECLINED: N_("quote declined"),
    MoneyState.PAYABLE: N_("to be paid"),
    MoneyState.PAID: N_("paid"),
    MoneyState.WAIVED: N_("charge waived"),
}


class MoneyKind(StrEnum):
    """What a money fact says."""

    QUOTE = "quote"
    APPROVAL = "approval"
    DECLINE = "decline"
    CHARGE = "charge"
    PAYMENT = "payment"
    WAIVER = "waiver"
    DISCOUNT = "discount"
    REFUND = "refund"
    VOID = "void"


class PayMethod(StrEnum):
    """How was paid; the day-end page adds up by these."""

    CASH = "cash"
    CARD = "card"
    WECHAT = "wechat"
    ALIPAY = "alipay"
    TRANSFER = "transfer"
    ON_ACCOUNT = "on_account"


METHOD_TITLES: Final[Mapping[PayMethod, str]] = {
    PayMethod.CASH: N_("cash"),
    PayMethod.CARD: N_("bank card"),
    PayMethod.WECHAT: N_("WeChat Pay"),
    PayMethod.ALIPAY: N_("Alipay"),
    PayMethod.TRANSFER: N_("bank transfer"),
    PayMethod.ON_ACCOUNT: N_("on monthly account"),
}


@dataclass(frozen=True, slots=True)
class MoneyFact:
    """One money fact: kind, amount in fen (never negative), when (ms UTC), by whom.

    `quote` is the uid of the quote that an approval or decline answers (the newest when empty);
    `valid_until_ms` belongs to a quote; `voids` to a void.
    """

    kind: MoneyKind
    amount_fen: int
    at_ms: int
    by: str
    uid: str = ""
    method: str = ""
    reason: str = ""
    quote: str = ""
    valid_until_ms: int | None = None
    voids: str | None = None


@dataclass(frozen=True, slots=True)
class MoneyView:
    """The sum of the money facts. `due_fen` is still to be paid, `over_fen` was paid too much."""

    state: MoneyState = MoneyState.NONE
    quoted_fen: int = 0
    approved_fen: int | None = None
    charged_fen: int = 0
    discount_fen: int = 0
    waived_fen: int = 0
    paid_fen: int = 0
    due_fen: int = 0
    over_fen: int = 0
    by_method: Mapping[str, int] = field(default_factory=dict)
    quote_uid: str = ""
    quote_valid_until_ms: int | None = None
    misfits: tuple[MoneyFact, ...] = ()


@dataclass(slots=True)
class _Sums:
    charged: int = 0
    discount: int = 0
    waived: int = 0
    paid: int = 0
    quoted: int = 0
    approved: int | None = None
    answer: MoneyState = MoneyState.NONE
    quote: MoneyFact | None = None


def fold_money(facts: Iterable[MoneyFact]) -> MoneyView:
    """Return what is owed after these facts, in the order given; voided ones are as if never made.

    An answer to a quote that was replaced by a newer one, a waiver or discount beyond the charge
    and a refund beyond what was paid are misfits: kept, and counted no further than makes sense.
    """
    counted, dangling = without_voided(tuple(facts))
    sums = _Sums()
    by_method: dict[str, int] = {}
    misfits = list(dangling)
    for fact in counted:
        if fact.amount_fen < 0 or not _add(fact, sums, by_method):
            misfits.append(fact)
    return _view(sums, by_method, misfits)


def _add(fact: MoneyFact, sums: _Sums, by_method: dict[str, int]) -> bool:
    """Add one fact to the sums; False when it fits nowhere."""
    amount = fact.amount_fen
    match fact.kind:
        case MoneyKind.QUOTE:
            sums.quoted, sums.quote, sums.answer = amount, fact, MoneyState.QUOTED
        case MoneyKind.APPROVAL | MoneyKind.DECLINE:
            return _answer(fact, sums)
        case MoneyKind.CHARGE:
            sums.charged += amount
        case MoneyKind.PAYMENT:
            sums.paid += amount
            by_method[fact.method] = by_method.get(fact.method, 0) + amount
        case MoneyKind.REFUND:
            if amount > sums.paid:
                return False
            sums.paid -= amount
            by_method[fact.method] = by_method.get(fact.method, 0) - amount
        case MoneyKind.DISCOUNT:
            if amount > sums.charged - sums.discount - sums.waived:
                return False
            sums.discount += amount
        case MoneyKind.WAIVER:
            if amount > sums.charged - sums.discount - sums.waived:
                return False
            sums.waived += amount
        case MoneyKind.VOID:
            return False
    return True


def _answer(fact: MoneyFact, sums: _Sums) -> bool:
    if sums.quote is None or (fact.quote and fact.quote != sums.quote.uid):
        return False
    if fact.kind is MoneyKind.APPROVAL:
        sums.answer, sums.approved = MoneyState.APPROVED, sums.quoted
    else:
        sums.answer = MoneyState.DECLINED
    return True


def _view(sums: _Sums, by_method: dict[str, int], misfits: list[MoneyFact]) -> MoneyView:
    net = sums.charged - sums.discount - sums.waived
    state = sums.answer
    if sums.charged:
        if net > sums.paid:
            state = MoneyState.PAYABLE
        else:
            state = MoneyState.PAID if net > 0 or sums.paid > 0 else MoneyState.WAIVED
    return MoneyView(
        state=state,
        quoted_fen=sums.quoted,
        approved_fen=sums.approved,
        charged_fen=sums.charged,
        discount_fen=sums.discount,
        waived_fen=sums.waived,
        paid_fen=sums.paid,
        due_fen=max(0, net - sums.paid),
        over_fen=max(0, sums.paid - net) if sums.charged else 0,
        by_method=by_method,
        quote_uid=sums.quote.uid if sums.quote else "",
        quote_valid_until_ms=sums.quote.valid_until_ms if sums.quote else None,
        misfits=tuple(misfits),
    )


def quote_needed(total_fen: int, ceiling_fen: int | None, view: MoneyView) -> bool:
    """Tell whether the merchant has to approve first: the total is above ceiling and last approval."""
    allowed = max(ceiling_fen or 0, view.approved_fen or 0)
    return total_fen > allowed


def check_money(fact: MoneyFact, view: MoneyView) -> None:
    """Raise `Refused` for a money fact that a person should not be able to write now."""
    amount = fact.amount_fen
    if fact.kind in _POSITIVE and amount <= 0:
        raise Refused(N_("Enter an amount above zero."), field="amount", code="amount")
    if amount < 0:
        raise Refused(N_("An amount cannot be negative."), field="amount", code="amount")
    if fact.kind in _REASONED and not fact.reason.strip():
        raise Refused(N_("Give the reason."), field="reason", code="missing")
    if fact.kind in (MoneyKind.APPROVAL, MoneyKind.DECLINE):
        _check_answer(fact, view)
    if fact.kind in (MoneyKind.PAYMENT, MoneyKind.REFUND) and fact.method not in _METHODS:
        raise Refused(N_("Choose how it is paid."), field="method", code="missing")
    open_fen = view.charged_fen - view.discount_fen - view.waived_fen
    if fact.kind in (MoneyKind.DISCOUNT, MoneyKind.WAIVER) and amount > open_fen:
        raise Refused(N_("This is more than the charge."), field="amount", code="too_much")
    if fact.kind is MoneyKind.PAYMENT and view.charged_fen and amount > view.due_fen:
        raise Refused(N_("This is more than is still to be paid."), field="amount", code="too_much")
    if fact.kind is MoneyKind.REFUND and amount > view.paid_fen:
        raise Refused(N_("This is more than was paid."), field="amount", code="too_much")
    if fact.kind is MoneyKind.VOID and not fact.voids:
        raise Refused(N_("Which entry is to be voided?"), field="voids", code="missing")


_POSITIVE: Final = frozenset({MoneyKind.PAYMENT, MoneyKind.WAIVER, MoneyKind.DISCOUNT, MoneyKind.REFUND})
_REASONED: Final = frozenset({MoneyKind.WAIVER, MoneyKind.DISCOUNT, MoneyKind.REFUND, MoneyKind.VOID})
_METHODS: Final = frozenset(method.value for method in PayMethod)


def _check_answer(fact: MoneyFact, view: MoneyView) -> None:
    if not view.quote_uid and view.state is MoneyState.NONE:
        raise Refused(N_("There is no quote to answer."), field="quote", code="no_quote")
    if fact.quote and fact.quote != view.quote_uid:
        raise Refused(N_("There is a newer quote; answer that one."), field="quote", code="old_quote")
    expired = view.quote_valid_until_ms is not None and fact.at_ms > view.quote_valid_until_ms
    if fact.kind is MoneyKind.APPROVAL and expired:
        raise Refused(N_("The quote has run out: send a new one."), field="quote", code="expired")
