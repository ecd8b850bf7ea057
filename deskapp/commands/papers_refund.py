"""Filling the refund: a paper of its own, with the number of the receipt it belongs to."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from deskapp import settings
from deskapp.commands.papers import paper_site, queue, staff_name
from deskapp.commands.papers_receipt import method_words
from deskapp.models.handing_out import money_events
from deskapp.models.local import PrintJob
from deskapp.models.merchant import Merchant
from deskapp.models.people import Site
from deskapp.models.repair import MoneyEvent, RepairOrder
from deskapp.models.store import Write
from deskapp.rules import papers
from deskapp.rules.masking import mask


def queue_refund(write: Write, order: RepairOrder, rows: Sequence[MoneyEvent], *, number: str) -> PrintJob:
    """Queue the paper of a refund; `rows` are its money facts, one for each device it concerns."""
    card = refund_card(write.session, order, rows, number=number, clerk=write.actor.staff_id)
    return queue(write, card, subject_kind="repair_order", subject_id=order.id)


def refund_card(
    session: Session, order: RepairOrder, rows: Sequence[MoneyEvent], *, number: str, clerk: str
) -> papers.RefundCard:
    """Fill a refund: how much, why, who allowed it, and what had been paid under which receipt."""
    session.flush()
    language = str(settings.load(session)[settings.PAPER_LANGUAGE])
    merchant = session.get(Merchant, order.merchant_id) if order.merchant_id else None
    site = session.get(Site, order.site_id)
    paid = [one for row in rows for one in money_events(session, row.item_id) if one.kind == "payment"]
    methods = dict.fromkeys(method_words(row.method, language) for row in rows)
    return papers.RefundCard(
        number=number,
        site=paper_site(session, order.site_id),
        receipt_no="、".join(dict.fromkeys(one.number for one in paid if one.number)),
        order_no=order.number,
        merchant=merchant.name if merchant else "",
        merchant_no=mask("merchant_no", merchant.merchant_no) if merchant and merchant.merchant_no else "",
        paid_ms=max((one.at for one in paid), default=None),
        paid_fen=sum(one.fen for one in paid) if paid else None,
        refunded_ms=rows[0].at,
        total_fen=sum(row.fen for row in rows),
        method="、".join(methods),
        reason="、".join(dict.fromkeys(row.reason for row in rows)),
        allowed_by="、".join(dict.fromkeys(staff_name(session, row.second_by or row.by) for row in rows)),
        clerk=staff_name(session, clerk),
        complaint_phone=site.complaint_phone if site else "",
    )
