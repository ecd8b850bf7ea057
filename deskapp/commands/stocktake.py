"""A stocktake: what lies on the shelves, scanned one after the other, against what is on record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from deskapp import settings
from deskapp.clock import shop_day
from deskapp.commands.entry import Entry
from deskapp.commands.moves import hop, item_of, raise_card, record, site_of
from deskapp.commands.papers import paper_site, queue
from deskapp.errors import N_, Refused
from deskapp.i18n import translate
from deskapp.models import transfers
from deskapp.models.repair import ReviewCard
from deskapp.models.stock_walk import OFF_TITLES, Off, Walk, compare
from deskapp.models.store import Write, command
from deskapp.rules.card_numbers import strip_card_numbers
from deskapp.rules.custody import Holder, TamperResult
from deskapp.rules.papers_custody import StocktakeCard, StocktakeLine


@dataclass(frozen=True, slots=True)
class Stocktaken:
    """The outcome in numbers of devices, and the print job of the difference list."""

    expected: int
    found: int
    missing: int
    extra: int
    moved: int
    job_id: str


@command(N_("Save a stocktake"), right="shelf_count")
def save_stocktake(
    write: Write, *, shelves: tuple[str, ...], found: Mapping[str, str], extra: Mapping[str, str],
    remarks: str = "", put_right: bool = True,
) -> Stocktaken:  # fmt: skip
    """Keep a count and print its difference list.

    `found` are the shelves where devices were scanned, by device; `extra` those of codes that are not on
    record here. A device on another shelf is put right on record, unless told otherwise; what is missing becomes
    a card, once.
    """
    if not found and not extra and not shelves:  # an empty shelf that was scanned is a finding as well
        raise Refused(N_("Nothing was scanned yet."), field="scan", code="empty")
    said = Entry().note(remarks, "remarks")
    beyond = {strip_card_numbers(code.strip()[:60])[0]: shelf for code, shelf in extra.items() if code.strip()}
    walk = compare(write.session, write.now, shelves, found, beyond)
    record(
        write, write.site_id, "stocktake", said, shelves=list(shelves), found=dict(found), extra=beyond,
        expected=len(walk.expected),
        off=[{"off": line.off.value, "item": line.item_id, "label": line.label_no} for line in walk.lines],
    )  # fmt: skip
    for line in walk.lines:
        if line.off is Off.MISSING:
            _card(write, line.item_id)
        elif line.off is Off.MOVED and put_right:
            _put_right(write, line.item_id, line.found)
    job = queue(write, _paper(write, walk, shelves, said), subject_kind="site", subject_id=write.site_id)
    count = {off: sum(line.off is off for line in walk.lines) for off in Off}
    return Stocktaken(
        len(walk.expected), walk.found, count[Off.MISSING], count[Off.EXTRA], count[Off.MOVED], job.id
    )  # fmt: skip


def _card(write: Write, item_id: str) -> None:
    known = write.session.scalars(
        select(ReviewCard.id).where(
            ReviewCard.subject_id == item_id, ReviewCard.kind == "missing_at_count", ReviewCard.settled_at == 0
        )
    ).first()
    if known is None:
        day = shop_day(write.now).isoformat()
        raise_card(write, "missing_at_count", "repair_item", item_id, data={"day": day})


def _put_right(write: Write, item_id: str, code: str) -> None:
    """Write down where a device really lies; who counts hands it over to the right place on record."""
    item = item_of(write, item_id)
    shelf = transfers.shelf_at(write.session, write.site_id, code)
    if shelf is None or not item.holder.startswith(Holder.SHELF.value):
        return
    item.shelf_id = shelf.id
    name = write.actor.name or write.actor.staff_no
    hop(
        write, item, f"{Holder.SHELF.value}:{shelf.code}", giver=name, taker=name, place=shelf.code,
        tamper_result=TamperResult.NOT_DUE.value,
    )  # fmt: skip


def _paper(write: Write, walk: Walk, shelves: tuple[str, ...], said: str) -> StocktakeCard:
    language = str(write.settings[settings.PAPER_LANGUAGE])
    return StocktakeCard(
        number=f"{site_of(write).code}-{shop_day(write.now):%Y%m%d}",
        site=paper_site(write.session, write.site_id),
        counted_ms=write.now,
        scope="  ".join(shelves) or translate(N_("everything here"), language),
        expected=len(walk.expected),
        found=walk.found,
        lines=tuple(
            StocktakeLine(
                translate(OFF_TITLES[line.off], language), line.label_no, line.model, line.serial_no, line.recorded,
                line.found,
            )
            for line in walk.lines
        ),
        remarks=said,
        counted_by=write.actor.name,
    )  # fmt: skip
