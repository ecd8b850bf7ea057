"""Filling the repair receipt: what was found, done, charged and tested, frozen at the moment of the pickup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from deskapp import catalogue, settings
from deskapp.commands.papers import fault_words, latest, paper_site, queue, staff_name
from deskapp.commands.pickup_forms import Payment
from deskapp.i18n import translate
from deskapp.models import bench
from deskapp.models.device import Device
from deskapp.models.handing_out import charge_lines, model_words, money_events, tests_for, was_repaired, work_events
from deskapp.models.local import PrintJob
from deskapp.models.merchant import Merchant
from deskapp.models.old_parts import OldPart, old_parts
from deskapp.models.people import Site
from deskapp.models.repair import ItemRecord, MoneyEvent, Pickup, RepairItem, RepairOrder, WorkEvent
from deskapp.models.stock import Attachment
from deskapp.models.store import Write
from deskapp.rules import papers
from deskapp.rules.account import METHOD_TITLES, PayMethod
from deskapp.rules.depot import OLD_PART_FACTS
from deskapp.rules.masking import mask
from deskapp.rules.money import format_yuan

_RESULTS = {
    "pass": papers.CheckResult.PASS,
    "fail": papers.CheckResult.FAIL,
    "skipped": papers.CheckResult.SKIPPED,
}


def queue_receipt(
    write: Write,
    order: RepairOrder,
    items: Sequence[RepairItem],
    *,
    receipt_no: str,
    pickup: Pickup | None = None,
    paid: Sequence[Payment] = (),
    refund: Sequence[MoneyEvent] = (),
    replaces: str = "",
) -> PrintJob:
    """Queue the receipt of a pickup, of a payment on its own, or of a refund; `replaces` is a corrected one's number.

    A receipt that replaces the one of a pickup tells the time of that pickup, not of the correction.
    """
    card = receipt_card(
        write.session, order, items, receipt_no=receipt_no, pickup=pickup, paid=paid, refund=refund,
        now=pickup.at if pickup is not None else write.now, clerk=write.actor.staff_id, replaces=replaces,
    )  # fmt: skip
    subject = ("pickup", pickup.id) if pickup is not None else ("repair_order", order.id)
    return queue(write, card, subject_kind=subject[0], subject_id=subject[1])


def receipt_card(
    session: Session,
    order: RepairOrder,
    items: Sequence[RepairItem],
    *,
    receipt_no: str,
    now: int,
    clerk: str,
    pickup: Pickup | None = None,
    paid: Sequence[Payment] = (),
    refund: Sequence[MoneyEvent] = (),
    replaces: str = "",
) -> papers.RepairReceiptCard:
    """Fill a receipt; of people and numbers it shows what papers may show."""
    session.flush()
    language = settings.load(session)[settings.PAPER_LANGUAGE]
    merchant = session.get(Merchant, order.merchant_id) if order.merchant_id else None
    site = session.get(Site, order.site_id)
    tests = pickup.data.get("tests", {}) if pickup else {}
    histories = {item.id: work_events(session, item.id) for item in items}
    account = _Account.of(session, items, language, refund)
    data = pickup.data if pickup else {}
    return papers.RepairReceiptCard(
        number=receipt_no,
        site=paper_site(session, order.site_id),
        order_no=order.number,
        slip_no=order.slip_no,
        received_ms=order.opened_at,
        repaired_ms=_repaired_at(histories.values()),
        collected_ms=now if pickup else None,
        merchant=merchant.name if merchant else "",
        merchant_no=mask("merchant_no", merchant.merchant_no) if merchant and merchant.merchant_no else "",
        uscc=merchant.uscc if merchant else "",
        devices=tuple(
            _device(session, item, histories[item.id], tests.get(item.id, {}), language) for item in items
        ),
        lines=tuple(account.lines),
        discount_fen=account.discount_fen,
        discount_reason=account.discount_reason,
        total_fen=account.total_fen,
        refund=bool(refund),
        replaces=replaces,
        payment=_payment(account.payments(data, paid, refund), language),
        invoice_no=str(data.get("invoice_no") or ""),
        basis=account.basis,
        price_list=account.price_list,
        old_parts=_old_parts(session, items),
        old_parts_said=_old_parts_said(session, order, items, language),
        advice="" if refund else _advice(histories, language),
        collector=mask("name", pickup.collector_name) if pickup else "",
        id_last4=pickup.id_last4 if pickup else "",
        rating=(int(data.get("rating") or 0) or None) if data else None,
        clerk=staff_name(session, clerk),
        technician=_hand(session, items, histories, "record_repair", "record_diagnosis"),
        inspector=_hand(session, items, histories, "pass_test", "pass_test_for_return"),
        solo_site=bool(site and site.solo) and _same_hands(histories),
        complaint_phone=site.complaint_phone if site else "",
        signed_ms=now if data.get("signature") == "drawn" else None,
        signature=_drawn(session, pickup) if pickup and data.get("signature") == "drawn" else "",
    )


def _drawn(session: Session, pickup: Pickup) -> str:
    """Return the SHA-256 of the signature that was drawn for a pickup."""
    kept = select(Attachment.sha256).where(
        Attachment.subject_id == pickup.id, Attachment.kind == "signature", Attachment.mime == "image/svg+xml"
    )
    return session.scalars(kept.order_by(Attachment.n.desc()).limit(1)).first() or ""


# -- the account -----------------------------------------------------------------


class _Account:
    """The money side of a receipt, added up over its devices; amounts in fen."""

    def __init__(self) -> None:
        self.lines: list[papers.ChargeLine] = []
        self.discount_fen = 0
        self.reasons: list[str] = []
        self.total_fen = 0
        self.bases: list[str] = []
        self.versions: list[str] = []
        self.paid: list[tuple[str, int]] = []

    @staticmethod
    def of(session: Session, items: Sequence[RepairItem], language: str, refund: Sequence[MoneyEvent]) -> _Account:
        account = _Account()
        if refund:
            for item in items:
                account._item(session, item, language)
            account._refund(refund)
            return account
        for item in items:
            account._item(session, item, language)
        account.total_fen = max(0, sum(line.amount_fen for line in account.lines) - account.discount_fen)
        return account

    @property
    def discount_reason(self) -> str:
        """The reasons of all reductions."""
        return "、".join(dict.fromkeys(self.reasons))

    @property
    def basis(self) -> papers.ChargeBasis:
        """Why it is charged or not; `mixed` where the devices differ."""
        known = [papers.ChargeBasis(name) for name in dict.fromkeys(self.bases) if name in set(papers.ChargeBasis)]
        if len(known) > 1:
            return papers.ChargeBasis.MIXED
        return known[0] if known else papers.ChargeBasis.GOODWILL

    @property
    def price_list(self) -> str:
        """The versions of the price lists that were used."""
        return ", ".join(dict.fromkeys(version for version in self.versions if version))

    def payments(
        self, data: Mapping[str, Any], paid: Sequence[Payment], refund: Sequence[MoneyEvent]
    ) -> list[tuple[str, int]]:
        """Return method and amount of what this paper is about, and of what was paid before."""
        if refund:
            return [(row.method, row.fen) for row in refund]
        return self.paid

    def _item(self, session: Session, item: RepairItem, language: str) -> None:
        events = money_events(session, item.id)
        device = session.get(Device, item.device_id)
        lines = charge_lines(events, language)
        self.lines += [_with_part(session, item, device, line) for line in lines]
        for event in events:
            if event.kind == "charge":
                self.bases.append(str(event.data.get("basis", "out_of_warranty")))
                self.versions.append(str(event.data.get("price_list", "")))
            elif event.kind in ("discount", "waiver"):
                self.discount_fen += event.fen
                self.reasons.append(_reason(event, language))
            elif event.kind == "payment":
                self.paid.append((event.method, event.fen))
            elif event.kind == "refund":
                self.paid.append((event.method, -event.fen))

    def _refund(self, rows: Sequence[MoneyEvent]) -> None:
        """One line with the reason; the discounts belong to the paper that is paid back from."""
        self.total_fen = sum(row.fen for row in rows)
        self.discount_fen, self.reasons = 0, []
        self.lines = [
            papers.ChargeLine(
                kind=papers.LineKind.PART, name=rows[0].reason, unit_price_fen=self.total_fen,
                amount_fen=self.total_fen,
            )
        ]  # fmt: skip


def _reason(event: MoneyEvent, language: str) -> str:
    listed = "waiver_reasons" if event.kind == "waiver" else "discount_reasons"
    return catalogue.title(listed, event.reason, language)


def _with_part(
    session: Session, item: RepairItem, device: Device | None, line: papers.ChargeLine
) -> papers.ChargeLine:
    """Add to a charged part its old and new serial number and until when it is covered."""
    order = session.get_one(RepairOrder, item.order_id)
    covered = _coverage(device, order.number)
    if line.kind is not papers.LineKind.PART:
        return replace(line, warranty_until=covered.get("", "")) if line.kind is papers.LineKind.LABOUR else line
    new = next((part for part in bench.fitted(session, item.id) if part.part_no == line.part_no), None)
    old = next((row.serial_no for row in bench.removed(session, item.id) if new and row.part_id == new.part_id), "")
    return replace(
        line, new_serial_no=new.serial_no if new else "", old_serial_no=old,
        warranty_until=covered.get(line.part_no, ""),
    )  # fmt: skip


def _coverage(device: Device | None, order_no: str) -> dict[str, str]:
    listed = (device.repair_warranty or {}).get("repairs", []) if device else []
    return {
        str(entry.get("part_no", "")): str(entry.get("until", ""))
        for entry in listed
        if isinstance(entry, dict) and entry.get("order_no") == order_no
    }


def _payment(rows: Sequence[tuple[str, int]], language: str) -> str:
    sums: dict[str, int] = {}
    for method, fen in rows:
        sums[method] = sums.get(method, 0) + fen
    pieces = [f"{method_words(method, language)} {format_yuan(fen)}" for method, fen in sums.items() if fen > 0]
    return ("，" if language == "zh_CN" else ", ").join(pieces)


def method_words(method: str, language: str) -> str:
    """Return a payment method as papers name it."""
    return translate(METHOD_TITLES[PayMethod(method)], language) if method in set(PayMethod) else method


# -- the devices -------------------------------------------------------------------


_SUPPLIED = ("supply_swap", "supply_swap_for_keys", "supply_swap_for_return", "supply_swap_on_site")
"""Moves by which a unit comes onto an order in the place of another."""


def _device(
    session: Session, item: RepairItem, events: Sequence[WorkEvent], answers: Mapping[str, str], language: str
) -> papers.ReceiptDevice:
    device = session.get(Device, item.device_id)
    found, done = latest(session, item.id, "diagnosis"), latest(session, item.id, "repair")
    # A device that goes back as it came has the version it came with: nothing to compare.
    before, after = _versions(found, done) if done is not None else ("", "")
    swap, supplied = _last(events, "swap"), _last(events, *_SUPPLIED)
    keys: WorkEvent | ItemRecord | None = _last(events, "load_keys")
    if keys is None and supplied is not None:  # a unit of the pool gets its keys before it is on an order
        keys = latest(session, item.device_id, "key_load")
    serial = device.serial_no if device else ""
    new_serial = str(swap.data.get("new_serial_no", "")) if swap else serial if supplied else ""
    return papers.ReceiptDevice(
        model=model_words(session, device),
        serial_no=str(supplied.data.get("old_serial_no", "")) if supplied else serial,
        terminal_no=item.terminal_no,
        new_serial_no=new_serial,
        fault=fault_words(item) if language == "zh_CN" else _fault(item, language),
        cause=catalogue.title("causes", str(found.data.get("cause_code", "")), language) if found else "",
        action=_actions(events, language),
        version_before=before,
        version_after=after,
        keys=papers.KeyStatus.RELOADED if keys else papers.KeyStatus.NOT_INVOLVED,
        keys_ms=keys.at if keys else None,
        tests=tests_words(session, device, answers, language),
        repaired=was_repaired(events),
    )


def tests_words(
    session: Session, device: Device | None, answers: Mapping[str, str], language: str
) -> tuple[papers.CounterTest, ...]:
    """Return the tests at the counter as the receipt lists them."""
    return tuple(
        papers.CounterTest(step.title(language), _RESULTS[answers[step.code]])
        for step in tests_for(session, device)
        if answers.get(step.code) in _RESULTS
    )


def _fault(item: RepairItem, language: str) -> str:
    symptom = catalogue.title("symptoms", item.symptom_code, language) if item.symptom_code else ""
    return " ".join(piece for piece in (symptom, item.words) if piece)


def _versions(found: ItemRecord | None, done: ItemRecord | None) -> tuple[str, str]:
    """Return the versions before and after: firmware and application, what is known of them."""

    def words(row: ItemRecord | None) -> str:
        parts = (str(row.data.get(key) or "") for key in ("firmware_version", "app_version")) if row else ()
        return " / ".join(part for part in parts if part)

    return words(found), words(done)


def _actions(events: Sequence[WorkEvent], language: str) -> str:
    codes: list[str] = []
    for event in events:
        if event.move in ("record_repair", "finish_counter_service", "finish_on_site"):
            given = event.data.get("action", [])
            codes += [str(code) for code in given] if isinstance(given, list) else [str(given)]
        elif event.move in _SUPPLIED:
            codes.append("swap_device")
    words = [catalogue.title("actions", code, language) for code in dict.fromkeys(codes) if code]
    return ("、" if language == "zh_CN" else ", ").join(words)


def _advice(histories: Mapping[str, Sequence[WorkEvent]], language: str) -> str:
    """Return what the merchant can do against the next fault: the technician's words, else the catalogue's."""
    found: list[str] = []
    for events in histories.values():
        repair, diagnosis = _last(events, "record_repair"), _last(events, "record_diagnosis")
        own = str(repair.data.get("prevention_tip") or "") if repair else ""
        if own:
            # The technician may have chosen from the list: then it is a code.
            found.append(catalogue.title("advice", own, language))
            continue
        cause = catalogue.words("causes").get(str(diagnosis.data.get("cause_code", ""))) if diagnosis else None
        if cause is not None and cause.extra.get("advice"):
            found.append(catalogue.title("advice", str(cause.extra["advice"]), language))
    return " ".join(dict.fromkeys(found))


def _old_parts(session: Session, items: Sequence[RepairItem]) -> papers.OldParts:
    return papers.OldParts.KEPT if any(bench.removed(session, item.id) for item in items) else papers.OldParts.NONE


def _old_parts_said(session: Session, order: RepairOrder, items: Sequence[RepairItem], language: str) -> str:
    """Say of every old part what happened to it, never what was wished for; nothing where none came out."""
    found = [part for item in items for part in old_parts(session, order, item.id)]
    zh = language == "zh_CN"
    said = []
    for at, title in OLD_PART_FACTS.items():
        here = [_old_part(part, language) for part in found if part.at is at]
        if here:
            said.append(f"{translate(title, language)}{'：' if zh else ': '}{('、' if zh else ', ').join(here)}")
    return ("；" if zh else "; ").join(said)


def _old_part(part: OldPart, language: str) -> str:
    name = part.name if language == "zh_CN" else part.name_en or part.name
    count = f" ×{part.quantity}" if part.quantity > 1 else ""
    return " ".join(one for one in (f"{name}{count}", part.serial_no) if one)


# -- who and when ------------------------------------------------------------------


def _last(events: Sequence[WorkEvent], *moves: str) -> WorkEvent | None:
    return next((event for event in reversed(events) if event.move in moves), None)


def _repaired_at(histories: Any) -> int | None:
    ends = [_last(events, "pass_test", "pass_test_for_return", "finish_counter_service") for events in histories]
    times = [event.at for event in ends if event is not None]
    return max(times) if times else None


def _hand(
    session: Session, items: Sequence[RepairItem], histories: Mapping[str, Sequence[WorkEvent]], *moves: str
) -> str:
    names = [_last(histories[item.id], *moves) for item in items]
    return "、".join(dict.fromkeys(staff_name(session, event.by) for event in names if event is not None))


def _same_hands(histories: Mapping[str, Sequence[WorkEvent]]) -> bool:
    for events in histories.values():
        tested = _last(events, "pass_test", "pass_test_for_return")
        worked = _last(events, "record_repair", "record_diagnosis")
        if tested and worked and tested.by == worked.by:
            return True
    return False

