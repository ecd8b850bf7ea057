"""The end of the day: the shelf counted, the day closed with its figures on paper, the register printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from deskapp import catalogue, settings
from deskapp.clock import shop_day
from deskapp.commands.entry import Entry
from deskapp.commands.moves import raise_card, record, site_of
from deskapp.commands.papers import paper_site, queue, staff_name
from deskapp.commands.papers_receipt import method_words
from deskapp.errors import N_, Refused
from deskapp.i18n import translate
from deskapp.models import day_figures
from deskapp.models.day_figures import VOIDED, Exemption, Figures
from deskapp.models.repair import ItemRecord, RepairItem
from deskapp.models.store import Override, Write, command
from deskapp.rules import access, papers
from deskapp.rules.card_numbers import strip_card_numbers
from deskapp.rules.states import STATE_TITLES, WorkState

LONGEST_REGISTER_DAYS = 366
"""A register of more days than this is no longer something to print."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The outcome of a shelf count, in numbers of devices."""

    found: int
    missing: int
    extra: int


@dataclass(frozen=True, slots=True)
class DayClosed:
    """A closed day: the number of its paper, the print job, net takings in fen, and the cash difference."""

    number: str
    job_id: str
    net_fen: int
    cash_difference_fen: int | None


@command(N_("Save a shelf count"), right="shelf_count")
def save_shelf_count(
    write: Write, *, day: str, found: tuple[str, ...], extra: tuple[str, ...] = ()
) -> Counted:
    """Keep what a walk along the shelves has found; a later count of the day takes its place."""
    when = _day(write, day)
    known = {line.item_id for line in day_figures.held(write.session, write.now)}
    strangers = [item_id for item_id in found if item_id not in known]
    labels = [_label(write, item_id) for item_id in strangers]
    beyond = [strip_card_numbers(text.strip()[:60])[0] for text in extra if text.strip()]
    beyond = list(dict.fromkeys([*beyond, *labels]))
    seen = sorted(known & set(found))
    record(write, write.site_id, "shelf_count", day=when.isoformat(), found=seen, extra=beyond)
    return Counted(len(seen), len(known) - len(seen), len(beyond))


def _label(write: Write, item_id: str) -> str:
    item = write.session.get(RepairItem, item_id)
    return item.label_no if item else item_id


@command(N_("Close the day"), right="shelf_count")
def close_day(
    write: Write,
    *,
    day: str,
    remarks: str = "",
    cash_fen: int | None = None,
    again_because: str = "",
    override: Override | None = None,
) -> DayClosed:
    """Freeze the figures of a day and queue its paper; a supervisor's act, or done with their consent.

    `cash_fen` is what was counted in the drawer. What the count misses becomes a card. A day that
    is closed already is closed anew only with a reason; the first closing stays in the history.
    """
    when = _day(write, day)
    supervisor = write.actor.staff_id
    if not access.may(write.roles, write.actor.roles, "day_end"):
        supervisor = write.second_person(override, "day_end", field="supervisor")
    earlier = day_figures.closing_of(write.session, write.site_id, when)
    if earlier is not None and not again_because.strip():
        raise Refused(N_("{day} is closed already. To close it again, give the reason."), field="again_because",
                      code="closed", day=when.isoformat())  # fmt: skip
    entry = Entry()
    said, why = entry.note(remarks, "remarks"), entry.note(again_because, "again_because")
    seen = day_figures.figures(write.session, write.site_id, when, write.now)
    difference = None if cash_fen is None else cash_fen - seen.cash_fen
    if difference and not said:
        raise Refused(N_("The cash does not match. Write down why, or count again."), field="remarks", code="cash")
    if earlier is not None:
        _take_back(write, earlier, why)
    number = f"{site_of(write).code}-{when:%Y%m%d}"
    record(write, write.site_id, "day_end", said, **_kept(seen, supervisor, cash_fen, number, why))
    for line in seen.missing:
        raise_card(write, "missing_at_count", "repair_item", line.item_id, data={"day": when.isoformat()})
    write.session.flush()
    card = day_card(write, seen, number=number, remarks=_remarks(write, said, cash_fen, difference),
                    supervisor=supervisor)  # fmt: skip
    job = queue(write, card, subject_kind="site", subject_id=write.site_id)
    return DayClosed(number, job.id, seen.net_fen, difference)


def _day(write: Write, text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Refused(N_("Enter the day, such as 2026-03-12."), field="day", code="form") from None
    if day > shop_day(write.now):
        raise Refused(N_("This day has not come yet."), field="day", code="future")
    return day


def _kept(seen: Figures, supervisor: str, cash_fen: int | None, number: str, why: str) -> dict[str, object]:
    return {
        "day": seen.day.isoformat(), "number": number, "supervisor": supervisor, "cash_fen": cash_fen,
        "again_because": why, "received": seen.received, "returned": seen.returned,
        "takings": [{"method": line.method, "count": line.count, "fen": line.fen} for line in seen.takings],
        "waived_fen": sum(line.fen for line in seen.waivers), "refunded_fen": sum(line.fen for line in seen.refunds),
        "held": len(seen.held), "missing": [line.item_id for line in seen.missing],
        "extra": list(seen.count.extra) if seen.count else [], "counted": seen.count is not None,
        "calls": len(seen.calls),
    }  # fmt: skip


def _take_back(write: Write, row: ItemRecord, why: str) -> None:
    write.session.add(
        ItemRecord(
            id=write.new_id(), at=write.now, by=write.actor.staff_id, item_id=row.item_id, kind="day_end", words=why,
            voids=row.id,
        )
    )  # fmt: skip


def _remarks(write: Write, said: str, cash_fen: int | None, difference: int | None) -> str:
    if cash_fen is None:
        return said
    language = settings.load(write.session)[settings.PAPER_LANGUAGE]
    counted = translate(N_("Cash counted: {amount}, difference {difference}."), language).format(
        amount=_yuan(cash_fen), difference=_yuan(difference or 0)
    )
    return " ".join(part for part in (counted, said) if part)


def _yuan(fen: int) -> str:
    sign = "-" if fen < 0 else ""
    return f"{sign}¥{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


# -- the papers ------------------------------------------------------------------


def day_card(write: Write, seen: Figures, *, number: str, remarks: str, supervisor: str) -> papers.DayEndCard:
    """Fill the paper of a day from its figures."""
    language = settings.load(write.session)[settings.PAPER_LANGUAGE]
    return papers.DayEndCard(
        number=number,
        site=paper_site(write.session, write.site_id),
        day=seen.day.isoformat(),
        received_count=seen.received,
        returned_count=seen.returned,
        tickets_opened=seen.opened,
        tickets_closed=seen.closed,
        takings=tuple(
            papers.TakingsLine(method_words(line.method, language), line.count, line.fen) for line in seen.takings
        ),
        waivers=tuple(_line(line, language) for line in seen.waivers),
        refunds=tuple(_line(line, language) for line in seen.refunds),
        held=tuple(
            papers.HeldLine(
                line.label_no, line.model, line.serial_no, line.merchant, line.shelf,
                translate(STATE_TITLES[WorkState(line.state)], language), line.days, line.counted,
            )
            for line in seen.held
        ),  # fmt: skip
        extra_on_shelf=seen.count.extra if seen.count else (),
        open_calls=tuple(
            papers.OpenCallLine(
                line.order_no, line.merchant, line.phone, translate(line.reason, language), line.attempts
            )
            for line in seen.calls
        ),
        remarks=remarks,
        clerk=staff_name(write.session, write.actor.staff_id),
        supervisor=staff_name(write.session, supervisor),
    )


def _line(line: Exemption, language: str) -> papers.ExceptionLine:
    return papers.ExceptionLine(line.number, line.fen, reason_words(line, language), line.by)


def reason_words(line: Exemption, language: str) -> str:
    """Return why something was let off or paid back, as papers say it."""
    if line.kind == VOIDED:
        return translate(N_("Payment of an earlier day voided"), language)
    listed = {"waiver": "waiver_reasons", "discount": "discount_reasons"}.get(line.kind)
    return catalogue.title(listed, line.reason, language) if listed else line.reason


@command(N_("Print the register"), right="register")
def print_register(write: Write, *, first_day: str, last_day: str) -> str:
    """Queue the register of receipts and returns of a period, both days inclusive; returns the print job."""
    first, last = _day(write, first_day), _day(write, last_day)
    if last < first:
        raise Refused(N_("The last day lies before the first."), field="last_day", code="order")
    if (last - first).days > LONGEST_REGISTER_DAYS:
        raise Refused(N_("A register covers a year at most."), field="first_day", code="long")
    rows = day_figures.register(write.session, first, last)
    if not rows:
        raise Refused(N_("No device was received in this period."), field="first_day", code="empty")
    language = settings.load(write.session)[settings.PAPER_LANGUAGE]
    card = papers.RegisterCard(
        number=f"{site_of(write).code}-{first:%Y%m%d}-{last:%Y%m%d}",
        site=paper_site(write.session, write.site_id),
        first_day=first.isoformat(),
        last_day=last.isoformat(),
        lines=_register_lines(rows, language),
    )
    return queue(write, card, subject_kind="site", subject_id=write.site_id).id


def _register_lines(rows: Sequence[day_figures.Entry], language: str) -> tuple[papers.RegisterLine, ...]:
    joint = "、" if language == "zh_CN" else ", "
    return tuple(
        papers.RegisterLine(
            index=place,
            received_ms=row.received_ms,
            order_no=row.order_no,
            label_no=row.label_no,
            merchant=row.merchant,
            model=row.model,
            serial_no=row.serial_no,
            accessories=joint.join(catalogue.title("accessory_types", kind, language) for kind in row.accessories),
            fault=" ".join(
                part for part in (catalogue.title("symptoms", row.symptom_code, language) if row.symptom_code else "",
                                  row.words) if part
            ),
            deliverer=row.deliverer,
            received_by=row.received_by,
            returned_ms=row.returned_ms,
            collector=row.collector,
            returned_by=row.returned_by,
            receipt_no=row.receipt_no,
            amount_fen=row.fen,
            remark="" if row.returned_ms else translate(STATE_TITLES[WorkState(row.state)], language),
        )
        for place, row in enumerate(rows, 1)
    )  # fmt: skip
