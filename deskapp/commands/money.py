"""The one door for money facts: every charge, answer, payment, refund and void of a device goes through here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deskapp.models.folding import money_fact, money_of
from deskapp.models.repair import MoneyEvent, RepairItem
from deskapp.models.store import Write
from deskapp.rules.account import check_money


def add_money(
    write: Write,
    item: RepairItem,
    kind: str,
    fen: int,
    *,
    method: str = "",
    number: str = "",
    reason: str = "",
    second: str = "",
    data: Mapping[str, Any] | None = None,
    voids: str = "",
) -> MoneyEvent:
    """Check and write one money fact of a device, `fen` in fen; raises Refused where the account does not allow it."""
    row = MoneyEvent(
        id=write.new_id(), at=write.now, by=write.actor.staff_id or write.actor.staff_no, item_id=item.id,
        order_id=item.order_id, kind=str(kind), fen=fen, method=method, number=number, second_by=second,
        reason=reason.strip(), data=dict(data or {}), voids=voids,
    )  # fmt: skip
    write.session.flush()
    check_money(money_fact(row), money_of(write.session, item.id))
    write.session.add(row)
    write.session.flush()
    return row
