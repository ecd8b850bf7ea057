"""Asking the merchant: the quote, the answer, and the way back unrepaired.

Making a quote is technician's or clerk's work. What the merchant answered is recorded by the
clerk, who has the merchant on the line or at the counter; a technician may only say that a
device cannot be repaired (`give_up_repair`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import select

from deskapp import catalogue
from deskapp.clock import shop_day
from deskapp.commands.bench_charge import (
    Line,
    WantedLine,
    basis_of,
    is_free,
    last_quote,
    money_rows,
    price,
)
from deskapp.commands.bench_desk import Job, job_of, kept, last_diagnosis, needed, tamper_answer, to_bench, to_shelf
from deskapp.commands.bench_test import new_seal
from deskapp.commands.checkin import attach
from deskapp.commands.checkin_forms import Photo
from deskapp.commands.money import add_money
from deskapp.commands.moves import move, must_be, site_of
from deskapp.commands.papers import queue
from deskapp.commands.papers_quote import quote_card
from deskapp.commands.stock_desk import free_tray
from deskapp.errors import N_, Refused
from deskapp.models import bench
from deskapp.models.merchant import MerchantContact
from deskapp.models.store import Override, Write, command
from deskapp.rules import access, warranty
from deskapp.rules.account import MoneyKind
from deskapp.rules.custody import TamperResult
from deskapp.rules.deadlines import QUOTE_VALID_DAYS, instant
from deskapp.rules.identifiers import judge
from deskapp.rules.lifecycle import WorkState

DECLINED_FEE = "INS-DEC"
"""The line of the price list that is due when a repair is declined."""

BY_PHONE = "phone_call_back"


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quote that was made: its number, version on this device, total and last moment (ms UTC)."""

    number: str
    version: int
    total_fen: int
    valid_until_ms: int
    job_id: str


@command(N_("Send a quote"), right="quote")
def make_quote(
    write: Write,
    *,
    item_id: str,
    lines: Sequence[WantedLine],
    discount_fen: int = 0,
    discount_reason: str = "",
    work_days: int | None = None,
    with_declined_fee: bool = True,
    shelf: str = "",
    override: Override | None = None,
) -> Quoted:
    """Make a quote with a number of its own, queue its paper and put the device before the merchant.

    Prices come from the price list of the day. A discount needs the right to grant one, or a second
    person's consent. A quote replaces the one before.
    """
    job = job_of(write, item_id)
    if is_free(write, job):
        raise Refused(N_("This repair is free of charge: no quote is needed."), field="lines", code="free")
    _refuse_undecided(write, job)
    priced = price(write, lines)
    if not priced.lines:
        raise Refused(N_("Add at least one line."), field="lines", code="missing")
    second = _discount_by(write, discount_fen, discount_reason, priced.total_fen, override)
    fee = _declined_fee(write) if with_declined_fee else None
    until = instant(shop_day(write.now) + timedelta(days=QUOTE_VALID_DAYS + 1)) - 1
    number = write.number("Q")
    version = 1 + sum(row.kind == MoneyKind.QUOTE for row in money_rows(write, item_id))
    total = priced.total_fen - discount_fen
    row = add_money(
        write, job.item, MoneyKind.QUOTE, total, number=number, second=second,
        data={"lines": list(priced.lines), "discount_fen": discount_fen, "discount_reason": discount_reason.strip(),
              "version": version, "valid_until_ms": until, "inspection_fee_fen": fee["amount_fen"] if fee else 0,
              "price_list": priced.version, "basis": basis_of(write, job), "work_days": work_days or 0},
    )  # fmt: skip
    move(
        write, job.item, "send_quote",
        {"quote_no": number, "quote_total": total, "valid_until": until,
         "inspection_fee": fee["amount_fen"] if fee else 0, "version": version},
    )  # fmt: skip
    if shelf.strip():
        to_shelf(write, job, shelf, tamper_result=TamperResult.NOT_DUE)
    paper = queue(write, quote_card(write.session, job.item, row), subject_kind="repair_item", subject_id=item_id)
    return Quoted(number, version, total, until, paper.id)


def _refuse_undecided(write: Write, job: Job) -> None:
    """Raise Refused while nobody has decided whether the merchant pays at all: nothing is asked of them before."""
    found = last_diagnosis(write, job.item.id)
    result = found.data["warranty_decision"]["result"] if found else ""
    if result == warranty.Result.BLOCKED:
        raise Refused(warranty.REASONS["tamper"], field="lines", code="blocked")
    if result == warranty.Result.NEEDS_SUPERVISOR:
        raise Refused(
            N_("First a supervisor decides whether this repair is free or to be paid."), field="lines", code="undecided"
        )


@command(N_("Record the approval"), right="approval")
def approve_quote(
    write: Write,
    *,
    item_id: str,
    approved_by: str,
    channel: str,
    words: str = "",
    callback_number: str = "",
    evidence: Sequence[Photo] = (),
    bench: str = "",
    override: Override | None = None,
) -> None:
    """Record that the merchant agrees: who, how, and in which words, with which signature or on which scan.

    `evidence` names files of the blob store (a drawn signature, a scan, a picture of a message); they
    are kept on the device and the approval names them by their SHA-256.

    By telephone it counts only after a call back to a number on file; another number needs a
    supervisor's consent. A quote that has run out cannot be approved.
    """
    job = job_of(write, item_id)
    must_be(job.item, WorkState.AWAITING_APPROVAL)
    who = needed(kept(write, job, approved_by, "approved_by", "name"), "approved_by", N_("Who approved it?"))
    if channel not in catalogue.words("approval_channels"):
        raise Refused(N_("How did the merchant answer?"), field="channel", code="missing")
    said = kept(write, job, words, "words")
    if not said and not evidence:
        raise Refused(
            N_("Note the words of the approval, or attach the signature, a scan or a photo."), field="words",
            code="missing",
        )  # fmt: skip
    second = _checked_number(write, job, callback_number, override) if channel == BY_PHONE else ""
    quote = last_quote(money_rows(write, item_id))
    number = quote.number if quote else ""
    names = [one.sha256 for one in evidence]
    for one in evidence:
        kind = one.kind if one.kind == "signature" else "approval"
        attach(write, "repair_item", item_id, replace(one, kind=kind, caption=number))
    add_money(
        write, job.item, MoneyKind.APPROVAL, quote.fen if quote else 0, number=number, method=channel, second=second,
        data={"quote": quote.id if quote else "", "approved_by": who, "words": said, "evidence": names},
    )  # fmt: skip
    move(
        write, job.item, "approve",
        {"approved_by": who, "approval_channel": "phone" if channel == BY_PHONE else channel,
         "approval_evidence": said or names, "callback_number": _tail(callback_number)},
        second_id=second,
    )  # fmt: skip
    if bench.strip():
        to_bench(write, job, bench, tamper_result=TamperResult.NOT_DUE)


@command(N_("Record that the merchant declines"), right="approval")
def decline_quote(
    write: Write,
    *,
    item_id: str,
    reason_code: str,
    words: str = "",
    reassembled: bool,
    risk_notice: bool,
    waive_fee: bool = False,
    override: Override | None = None,
) -> int:
    """Record that the merchant wants no repair; returns the inspection fee in fen that is due.

    The fee is the one the quote named. Leaving it out needs the right to waive, or a second person.
    """
    job = job_of(write, item_id)
    quote = last_quote(money_rows(write, item_id))
    fee = int(quote.data.get("inspection_fee_fen", 0)) if quote else 0
    if quote is not None:
        add_money(
            write, job.item, MoneyKind.DECLINE, 0, number=quote.number, reason=reason_code, data={"quote": quote.id}
        )  # fmt: skip
    return _decline(write, job, reason_code, words, reassembled, risk_notice, fee, waive_fee, override)


@command(N_("Give the repair up"), right="diagnose")
def give_up_repair(write: Write, *, item_id: str, words: str, reassembled: bool, risk_notice: bool) -> int:
    """Say at the bench that a device cannot or should not be repaired; nothing is charged for that."""
    job = job_of(write, item_id)
    needed(words, "words", N_("Write down why there is no repair."))
    return _decline(write, job, "other", words, reassembled, risk_notice, 0, False, None)


@command(N_("Ready for pickup, unrepaired"), right="read")
def ready_declined(write: Write, *, item_id: str, tamper_result: str, shelf: str = "", seal_no: str = "") -> None:
    """Put an unrepaired device, put together again, on the shelf from which the merchant collects it.

    Where another outlet took it in it gets a seal and waits for the way back.
    """
    job = job_of(write, item_id)
    answer = tamper_answer(tamper_result)
    back = bench.goes_back(write.session, site_of(write), job.order)
    seal = new_seal(write, seal_no)
    move(
        write, job.item, "return_declined" if back else "ready_declined",
        {"reassembled": True, "tamper_result": answer, "shelf": shelf.strip(), "seal_no": seal},
    )  # fmt: skip
    to_shelf(write, job, shelf, tamper_result=answer, seal_out=seal)


def _decline(
    write: Write,
    job: Job,
    reason_code: str,
    words: str,
    reassembled: bool,
    risk_notice: bool,
    fee_fen: int,
    waive: bool,
    override: Override | None,
) -> int:
    if reason_code not in catalogue.words("decline_reasons"):
        raise Refused(N_("Why is there no repair?"), field="reason", code="missing")
    if not risk_notice:
        raise Refused(
            N_("Tell the merchant about the risks of an unrepaired device, then confirm it here."), field="risk_notice",
            code="missing",
        )  # fmt: skip
    said = kept(write, job, words, "words")
    move(
        write, job.item, "decline",
        {"decline_reason": reason_code, "inspection_fee": 0 if waive else fee_fen, "reassembled": reassembled,
         "risk_notice": True, "words": said},
        reason=said or reason_code,
    )  # fmt: skip
    free_tray(write, job.item)
    if not fee_fen:
        return 0
    line = _declined_fee(write) or {}
    lines: list[Line] = [{**line, "quantity": 1, "unit_fen": fee_fen, "amount_fen": fee_fen}]
    version = bench.price_list(write.session, shop_day(write.now))[0]
    add_money(
        write, job.item, MoneyKind.CHARGE, fee_fen,
        data={"lines": lines, "price_list": version, "basis": "out_of_warranty", "declined": True},
    )  # fmt: skip
    if not waive:
        return fee_fen
    second = _second_for(write, "waive", override)
    reason = override.reason.strip() if override else said or reason_code
    add_money(write, job.item, MoneyKind.WAIVER, fee_fen, reason=reason, second=second)
    return 0


def _discount_by(write: Write, discount_fen: int, reason: str, total_fen: int, override: Override | None) -> str:
    if discount_fen == 0:
        return ""
    if discount_fen < 0 or discount_fen >= total_fen:
        raise Refused(N_("A discount is less than the total."), field="discount", code="too_much")
    if not reason.strip():
        raise Refused(N_("Give the reason."), field="discount_reason", code="missing")
    return _second_for(write, "discount", override)


def _second_for(write: Write, right: str, override: Override | None) -> str:
    """Return who allowed it: nobody else where the acting person has the right themselves."""
    if override is None and access.may(write.roles, write.actor.roles, right):
        return ""
    return write.second_person(override, right)


def _declined_fee(write: Write) -> Line | None:
    _version, known = bench.price_list(write.session, shop_day(write.now))
    listed = known.get(DECLINED_FEE)
    return dict(price(write, [WantedLine(listed.code)]).lines[0]) if listed else None


def _checked_number(write: Write, job: Job, typed: str, override: Override | None) -> str:
    if not typed.strip():
        raise Refused(
            N_("An approval by phone needs a call back to the number on file: note the number."),
            field="callback_number", code="callback",
        )  # fmt: skip
    number = judge("phone", typed).value or typed
    on_file = {judge("phone", one).value or one for one in _numbers_on_file(write, job)}
    if number in on_file:
        return ""
    if override is None:
        raise Refused(
            N_("This number is not on file for the merchant. Call back a number on file, or ask a supervisor."),
            field="callback_number", code="not_on_file",
        )  # fmt: skip
    return write.second_person(override, "override")


def _numbers_on_file(write: Write, job: Job) -> list[str]:
    known = [job.order.deliverer_phone] if job.order.deliverer_phone else []
    if job.order.merchant_id:
        known += write.session.scalars(
            select(MerchantContact.phone).where(
                MerchantContact.merchant_id == job.order.merchant_id, MerchantContact.active
            )
        ).all()
    return [number for number in known if number]


def _tail(number: str) -> str:
    """Only the last four digits go into the history; the number itself is on file."""
    digits = "".join(sign for sign in number if sign.isdigit())
    return f"****{digits[-4:]}" if digits else ""
