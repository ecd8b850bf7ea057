"""Filling the depot's own papers: key-load records, scrap records, notices, parts to order, commands, shelf labels."""

from __future__ import annotations

from sqlalchemy import select

from deskapp import settings
from deskapp.clock import shop_time
from deskapp.commands.papers import merchant_short, model_name, paper_site, queue, staff_name
from deskapp.commands.papers_quote import contact_of
from deskapp.commands.papers_stock import queue_shelf_label
from deskapp.errors import N_, Refused
from deskapp.i18n import translate
from deskapp.models import stock_needs, transfers
from deskapp.models.bench import photos_of
from deskapp.models.device import Device, DeviceModel
from deskapp.models.handing_out import counted, items_of, ready_items, waiting_of
from deskapp.models.key_runs import FAILED, LEFT_OUT, LOADED, Run, RunDevice, RunLine, run_of
from deskapp.models.local import PrintJob
from deskapp.models.people import Shelf
from deskapp.models.repair import ItemRecord, RepairItem, RepairOrder
from deskapp.models.stock import Part
from deskapp.models.storage_fees import storage_terms
from deskapp.models.store import Write, command
from deskapp.rules.deadlines import UNCOLLECTED_STEPS
from deskapp.rules.depot import KEY_FAILURES, KEY_METHODS, KEY_RESULTS, KEYS_ERASED, OWNERSHIP_TITLES, SCRAP_METHODS
from deskapp.rules.money import format_yuan
from deskapp.rules.papers_depot import (
    CollectNoticeCard,
    CommandSheetCard,
    KeyRunCard,
    KeyRunLine,
    PartsOrderCard,
    PartToOrder,
    ScrapCard,
)

STORAGE = N_("{per_day} a day after {days} days")
STORAGE_CAPPED = N_("{per_day} a day after {days} days, at most {cap}")


@command(N_("Print the command sheet"), right="reprint_first")
def print_command_sheet(write: Write) -> str:
    """Queue the sheet with the commands to scan; returns the job."""
    card = CommandSheetCard(number=f"{write.station_no:05d}", site=paper_site(write.session, write.site_id))
    return queue(write, card, subject_kind="site", subject_id=write.site_id).id


@command(N_("Print the labels of all shelves"), right="shelf_count")
def print_shelf_labels(write: Write) -> tuple[str, ...]:
    """Queue the label of every shelf of this site; returns the numbers."""
    others = transfers.other_sites(write.session, write.site_id)
    rows = write.session.scalars(
        select(Shelf).where(Shelf.site_id.not_in(others), Shelf.active).order_by(Shelf.code)
    ).all()
    return tuple(queue_shelf_label(shelf_id=row.id).run(write) for row in rows)


# -- key loading -------------------------------------------------------------------


def queue_key_run(write: Write, run_id: str) -> PrintJob:
    """Queue the list of a run, or its record once it is closed."""
    run = run_of(write.session, run_id)
    assert run is not None, "only a run that is there is printed"
    return queue(write, _key_run(write, run), subject_kind="key_run", subject_id=run_id)


def _key_run(write: Write, run: Run) -> KeyRunCard:
    session, language = write.session, _language(write)
    names = [staff_name(session, one) for one in run.custodians] or ["", ""]
    return KeyRunCard(
        number=run.number, site=paper_site(session, write.site_id), opened_ms=run.opened_at,
        closed_ms=run.closed_at or None, authorised_by=staff_name(session, run.authorised_by),
        custodian_a=names[0], custodian_b=names[1], method=translate(KEY_METHODS[run.method], language),
        key_set=run.key_set, lines=tuple(_run_line(write, run, one) for one in run.devices),
        loaded=run.count(LOADED), failed=run.count(FAILED), left_out=run.count(LEFT_OUT),
        words=run.closing_words or run.words,
    )  # fmt: skip


def _run_line(write: Write, run: Run, one: RunDevice) -> KeyRunLine:
    line = run.lines.get(one.device_id)
    return KeyRunLine(
        one.label_no, model_name(write.session, write.session.get(Device, one.device_id)), one.serial_no,
        one.terminal_no, line.slot if line else "", line.check_value if line else "",
        translate(KEY_RESULTS[line.result], _language(write)) if line else "", _line_words(write, line),
        line.at if line else None,
    )  # fmt: skip


def _line_words(write: Write, line: RunLine | None) -> str:
    """Why keys did not go in, as a code in the language of the paper, and what was written beside it."""
    if line is None:
        return ""
    why = translate(KEY_FAILURES[line.reason], _language(write)) if line.reason in KEY_FAILURES else ""
    return " ".join(part for part in (why, line.words) if part)


# -- scrapping ---------------------------------------------------------------------


def queue_scrap_record(write: Write, item_id: str) -> PrintJob:
    """Queue the record of a device that was destroyed."""
    session, language = write.session, _language(write)
    item = session.get_one(RepairItem, item_id)
    order, device = session.get_one(RepairOrder, item.order_id), session.get_one(Device, item.device_id)
    row = counted(
        session.scalars(select(ItemRecord).where(ItemRecord.item_id == item_id, ItemRecord.kind == "scrap")).all()
    )[-1]
    data = row.data
    consent = data["owner_consent"]
    first, second, *_rest = [*(staff_name(session, str(one)) for one in data.get("witnesses", [])), "", ""]
    card = ScrapCard(
        number=item.label_no, site=paper_site(session, write.site_id), order_no=order.number,
        merchant=merchant_short(session, order.merchant_id), model=model_name(session, device),
        serial_no=device.serial_no, tusn=device.tusn, terminal_no=item.terminal_no,
        owner=translate(OWNERSHIP_TITLES.get(device.ownership, device.ownership), language),
        consent=" ".join(one for one in (str(consent["by"]), str(consent["reference"])) if one), reason=row.words,
        keys_erased=translate(KEYS_ERASED[str(data["keys_erased"])], language),
        method=translate(SCRAP_METHODS[str(data["method"])], language),
        kept_parts=tuple(
            f"{one['part_no']} ×{one['quantity']}" + (f" {one['serial_no']}" if one["serial_no"] else "")
            for one in data["parts_salvaged"]
        ),
        scrapped_ms=row.at, photos=len(photos_of(session, item_id)), done_by=staff_name(session, row.by),
        witness=first, second_witness=second,
        decided=" ".join(str(data[key]) for key in ("decision", "legal_basis") if data.get(key)),
    )  # fmt: skip
    return queue(write, card, subject_kind="repair_item", subject_id=item_id)


# -- uncollected -------------------------------------------------------------------


def queue_collect_notice(write: Write, order: RepairOrder, *, until: str, step: int, words: str = "") -> PrintJob:
    """Queue the written notice that devices wait; `until` is the day it names."""
    session = write.session
    ready = ready_items(items_of(session, order.id))
    waits = waiting_of(session, order.id, ready, write.now)
    units = [session.get(Device, item.device_id) for item in ready]
    card = CollectNoticeCard(
        number=order.number, site=paper_site(session, order.site_id or write.site_id), slip_no=order.slip_no,
        merchant=merchant_short(session, order.merchant_id), contact=contact_of(session, order, order.merchant_id)[0],
        devices=tuple(f"{model_name(session, one)} {(one.serial_no if one else '')[-8:]}" for one in units),
        ready_ms=waits.ready_at, days=max(0, (write.now - waits.ready_at) // 86_400_000),
        step=translate(UNCOLLECTED_STEPS[step][1], _language(write)), until=until,
        due_fen=sum(item.due_fen for item in ready) or None, words=words,
        clerk=staff_name(session, write.actor.staff_id), printed_ms=write.now, storage_fee=_storage_words(write),
    )  # fmt: skip
    return queue(write, card, subject_kind="repair_order", subject_id=order.id)


def _storage_words(write: Write) -> str:
    """What storage costs by the price list in force, in the language of the paper; nothing where it costs nothing."""
    terms = storage_terms(write.session, write.now)
    if not terms.per_day_fen:
        return ""
    text = STORAGE_CAPPED if terms.cap_fen else STORAGE
    return translate(text, _language(write)).format(
        days=terms.free_days, per_day=format_yuan(terms.per_day_fen), cap=format_yuan(terms.cap_fen)
    )


# -- stock -------------------------------------------------------------------------


def queue_parts_order(write: Write) -> PrintJob:
    """Queue the list of parts to order; raises Refused where nothing is needed."""
    session = write.session
    found = {one.part_id: one for one in stock_needs.needs(session).values() if one.to_order}
    if not found:
        raise Refused(N_("Nothing has to be ordered."), field="parts", code="none")
    rows = session.scalars(select(Part).where(Part.id.in_(found)).order_by(Part.part_no)).all()
    lines = tuple(
        PartToOrder(
            row.part_no, row.name, _fits(write, row), row.bin, need.on_hand, need.reserved, need.awaited, need.least,
            need.to_order,
        )
        for row in rows
        for need in (found[row.id],)
    )  # fmt: skip
    card = PartsOrderCard(
        number=f"{shop_time(write.now):%Y%m%d-%H%M}", site=paper_site(session, write.site_id), made_ms=write.now,
        lines=lines, made_by=staff_name(session, write.actor.staff_id),
    )  # fmt: skip
    return queue(write, card, subject_kind="site", subject_id=write.site_id)


def _fits(write: Write, part: Part) -> str:
    models = [write.session.get(DeviceModel, one) for one in part.fits[:3]]
    return "、".join(model.name if model else name for model, name in zip(models, part.fits[:3], strict=True))


def _language(write: Write) -> str:
    return str(write.settings[settings.PAPER_LANGUAGE])
