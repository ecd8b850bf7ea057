"""Labels of the stock room: one on a part or lot, one on a shelf."""

from __future__ import annotations

from sqlalchemy import select

from deskapp import catalogue
from deskapp.commands.papers import paper_site, queue
from deskapp.errors import N_, Refused
from deskapp.models.bench import DONOR
from deskapp.models.device import DeviceModel
from deskapp.models.people import Shelf
from deskapp.models.stock import Part, StockMove
from deskapp.models.store import Write, command
from deskapp.rules import papers

MOST_LABELS = 100
_MOST_FITS = 3


@command(N_("Print part labels"), right="stock")
def queue_part_label(write: Write, *, part_id: str, copies: int = 1, serial_no: str = "") -> tuple[str, ...]:
    """Queue labels for a part, each with a number of its own; returns the numbers.

    The number is kept as a fact of the part, so that scanning the label finds the part again on every
    computer. With a serial number the label is that one unit's.
    """
    part = write.session.get(Part, part_id)
    if part is None:
        raise Refused(N_("This part is not in the catalogue."), field="part_id")
    if not 1 <= copies <= MOST_LABELS:
        raise Refused(N_("Print 1 to {most} labels at a time."), field="copies", most=MOST_LABELS)
    came = _came_in(write, part_id, serial_no)
    numbers = []
    for _copy in range(copies):
        number = write.label("P")
        write.session.add(
            StockMove(
                id=write.new_id(), at=write.now, by=write.actor.staff_id, part_id=part_id, from_place="label",
                to_place="label", quantity=0, serial_no=number, reason="label",
                data={"serial_no": serial_no} if serial_no else {},
            )  # fmt: skip
        )
        card = papers.PartLabelCard(
            number=number, site=paper_site(write.session, write.site_id), part_no=part.part_no, name=part.name,
            fits=_fits(write, part), lot_or_serial=serial_no, quantity=1, received_ms=came.at if came else None,
            supplier=str(came.data.get("supplier", "")) if came else "", bin=part.bin,
            condition=papers.PartCondition.USED if came and came.from_place == DONOR else papers.PartCondition.NEW,
        )  # fmt: skip
        queue(write, card, subject_kind="part", subject_id=part_id)
        numbers.append(number)
    return tuple(numbers)


@command(N_("Print a shelf label"), right="shelf_count")
def queue_shelf_label(write: Write, *, shelf_id: str) -> str:
    """Queue the label of a shelf and return its number."""
    shelf = write.session.get(Shelf, shelf_id)
    if shelf is None or not shelf.active:
        raise Refused(N_("This shelf is not known here."), field="shelf_id")
    known = {use.value for use in papers.ShelfUse}
    card = papers.ShelfLabelCard(
        number=shelf.label_no, site=paper_site(write.session, shelf.site_id), location=shelf.code, zone=shelf.zone,
        use=papers.ShelfUse(shelf.use) if shelf.use in known else papers.ShelfUse.REPAIR,
    )  # fmt: skip
    queue(write, card, subject_kind="shelf", subject_id=shelf.id)
    return shelf.label_no


def _came_in(write: Write, part_id: str, serial_no: str) -> StockMove | None:
    question = select(StockMove).where(StockMove.part_id == part_id, StockMove.to_place == "shelf")
    if serial_no:
        question = question.where(StockMove.serial_no == serial_no)
    return write.session.scalars(question.order_by(StockMove.n.desc()).limit(1)).first()


def _fits(write: Write, part: Part) -> str:
    """Return the models or kinds a part fits, as people name them; the label has room for a few."""
    names = []
    for identity in part.fits[: _MOST_FITS + 1]:
        model = write.session.get(DeviceModel, identity)
        names.append(model.name if model else catalogue.title("device_kinds", identity, "zh_CN"))
    return "、".join(names[:_MOST_FITS]) + ("…" if len(names) > _MOST_FITS else "")
