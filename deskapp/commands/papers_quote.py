"""Filling the quote: what the merchant is asked to agree to, frozen as it was offered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from deskapp import catalogue
from deskapp.commands.papers import fault_words, latest, model_name, paper_site, staff_name
from deskapp.models.device import Device
from deskapp.models.merchant import Merchant, MerchantContact
from deskapp.models.repair import MoneyEvent, RepairItem, RepairOrder
from deskapp.rules import papers
from deskapp.rules.masking import mask


def quote_card(session: Session, item: RepairItem, quote: MoneyEvent) -> papers.QuoteCard:
    """Fill the quote of a device from its money fact; phone and merchant number are masked."""
    session.flush()
    order = session.get_one(RepairOrder, item.order_id)
    device = session.get(Device, item.device_id)
    merchant = session.get(Merchant, order.merchant_id) if order.merchant_id else None
    name, phone = contact_of(session, order, order.merchant_id)
    found = latest(session, item.id, "diagnosis")
    data = quote.data
    return papers.QuoteCard(
        number=quote.number,
        site=paper_site(session, order.site_id),
        order_no=order.number,
        quoted_ms=quote.at,
        valid_until_ms=data.get("valid_until_ms"),
        merchant=merchant.name if merchant else "",
        merchant_no=mask("merchant_no", merchant.merchant_no) if merchant and merchant.merchant_no else "",
        contact=name,
        contact_phone=phone,
        model=model_name(session, device),
        serial_no=device.serial_no if device else "",
        terminal_no=item.terminal_no,
        fault=fault_words(item),
        cause=catalogue.title("causes", str(found.data["cause_code"]), "zh_CN") if found else "",
        action=_actions(found.data.get("actions", []) if found else []),
        lines=charge_lines(data.get("lines", [])),
        discount_fen=int(data.get("discount_fen", 0)),
        total_fen=quote.fen,
        declined_fee_fen=int(data.get("inspection_fee_fen", 0)),
        work_days=int(data.get("work_days", 0)) or None,
        basis=papers.ChargeBasis(str(data.get("basis", "out_of_warranty"))),
        price_list=str(data.get("price_list", "")),
        technician=staff_name(session, item.technician_id or quote.by),
    )


def charge_lines(lines: Sequence[dict[str, Any]]) -> tuple[papers.ChargeLine, ...]:
    """Return kept money lines as lines of a paper; a kind the papers do not know prints as labour."""
    known = {kind.value for kind in papers.LineKind}
    return tuple(
        papers.ChargeLine(
            kind=papers.LineKind(str(line["kind"])) if line["kind"] in known else papers.LineKind.LABOUR,
            name=str(line["name"]),
            part_no=str(line["code"]) if line["kind"] == "part" else "",
            quantity=int(line["quantity"]),
            unit_price_fen=int(line["unit_fen"]),
            amount_fen=int(line["amount_fen"]),
        )
        for line in lines
    )


def _actions(codes: Sequence[str]) -> str:
    return "、".join(catalogue.title("actions", str(code), "zh_CN") for code in codes)


def contact_of(session: Session, order: RepairOrder | None, merchant_id: str) -> tuple[str, str]:
    """Return, masked, who is asked about an order: its deliverer; without a number the merchant's main contact."""
    name, phone = (order.deliverer_name, order.deliverer_phone) if order else ("", "")
    if not phone and merchant_id:
        row = session.scalars(
            select(MerchantContact)
            .where(MerchantContact.merchant_id == merchant_id, MerchantContact.active)
            .order_by(MerchantContact.main.desc(), MerchantContact.n)
        ).first()
        if row is not None:
            name, phone = row.name, row.phone
    return mask("name", name) if name else "", mask("phone", phone) if phone else ""
