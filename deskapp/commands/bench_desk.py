"""The bench's own bookkeeping: the job at hand, texts that may be kept, the way between shelf and bench."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from deskapp.commands.moves import hop, item_of, raise_card
from deskapp.errors import N_, Refused
from deskapp.models import bench, transfers
from deskapp.models.device import Device, DeviceModel
from deskapp.models.folding import custody_of
from deskapp.models.people import Shelf, Staff
from deskapp.models.repair import RepairItem, RepairOrder, ReviewCard, WorkEvent
from deskapp.models.stock import Attachment
from deskapp.models.store import Override, Write
from deskapp.rules.custody import Holder, TamperResult, kind_of
from deskapp.rules.depot import fits_skills
from deskapp.rules.identifiers import Context, Severity, judge, sentence

QC_BENCH = "QC"
"""The bench where somebody else tests the work."""


@dataclass(frozen=True, slots=True)
class Job:
    """The device on the bench with what it belongs to; the model is None while nobody knows it."""

    item: RepairItem
    order: RepairOrder
    device: Device
    model: DeviceModel | None


def job_of(write: Write, item_id: str) -> Job:
    """Return the job of a device on an order; raises Refused when it is not known here."""
    item = item_of(write, item_id)
    order = write.session.get_one(RepairOrder, item.order_id)
    device = write.session.get_one(Device, item.device_id)
    model = write.session.get(DeviceModel, device.model_id) if device.model_id else None
    return Job(item, order, device, model)


def kept(write: Write, job: Job, text: str, field: str, kind: str = "note") -> str:
    """Return a text as it may be kept; raises Refused at the field for a card number or a key.

    What is only doubtful is kept, and a card asks a person to look at it; the card never copies the text.
    """
    if not text.strip():
        return ""
    known = frozenset(number for number in (job.device.serial_no, job.device.tusn, job.device.imei) if number)
    verdict = judge(kind, text, context=Context(known_serials=known))
    if verdict.value is None:
        words, values = sentence(verdict)
        raise Refused(words, field=field, code=verdict.code, **values)
    if verdict.severity is Severity.WARNING:
        raise_card(write, "review", "repair_item", job.item.id, data={"what": kind, "code": verdict.code})
    return verdict.value


def needed(text: str, field: str, sentence: str) -> str:
    """Return a text that must not be empty; raises Refused with the sentence."""
    if not text.strip():
        raise Refused(sentence, field=field, code="missing")
    return text.strip()


def tamper_answer(answer: str) -> str:
    """Return the answer of a tamper check somebody made; there is no default."""
    if answer not in (TamperResult.OK, TamperResult.SUSPECT):
        raise Refused(N_("Answer the tamper check."), field="tamper_result", code="missing")
    return answer


def to_bench(write: Write, job: Job, code: str, *, tamper_result: str, giver: str = "") -> None:
    """Bring a device to a bench, unless it stands there already."""
    place = needed(code, "bench", N_("Which bench? Scan or type its code.")).upper()
    target = f"{Holder.BENCH.value}:{place}"
    write.session.flush()
    if custody_of(write.session, job.item.id).holder == target:
        return
    hop(
        write, job.item, target, giver=giver or write.actor.name or write.actor.staff_no,
        taker=write.actor.name or write.actor.staff_no, tamper_result=tamper_result, place=place,
    )  # fmt: skip


def to_shelf(write: Write, job: Job, shelf: str, *, tamper_result: str, seal_out: str = "") -> str:
    """Put a device on a shelf, named by code or by label, and return the shelf's code; empty is allowed.

    An unknown shelf is refused: a device must be found where the record says it is.
    """
    code = shelf.strip().upper()
    known = _shelf(write, code) if code else None
    if code and known is None:
        raise Refused(N_("There is no shelf “{shelf}”."), field="shelf", shelf=code)
    if known is not None:
        job.item.shelf_id = known.id
    place = known.code if known else _last_shelf(write, job.item)
    target = f"{Holder.SHELF.value}:{place}" if place else Holder.SHELF.value
    write.session.flush()
    if custody_of(write.session, job.item.id).holder != target:
        name = write.actor.name or write.actor.staff_no
        hop(
            write, job.item, target, giver=name, taker=name, tamper_result=tamper_result, place=place,
            seal_out=seal_out,
        )  # fmt: skip
    return known.code if known else ""


def holder_kind(write: Write, item_id: str) -> Holder | None:
    """Return what kind of place holds a device now."""
    holder = custody_of(write.session, item_id).holder
    return kind_of(holder) if holder else None


def staff_by_number(write: Write, who: str, field: str) -> Staff:
    """Return an active person by staff number or badge; raises Refused when there is none."""
    wanted = who.strip().upper()
    row = write.session.scalars(
        select(Staff).where((Staff.staff_no == wanted) | (Staff.badge_no == wanted), Staff.active)
    ).first()
    if row is None:
        raise Refused(N_("This staff number or badge is not known here."), field=field)
    return row


def repairs_this(write: Write, job: Job, person: Staff | None, override: Override | None) -> dict[str, str]:
    """Return who let somebody work on a model they do not repair, and why; nothing where they repair it.

    Raises Refused at `bench` without a supervisor's consent. Nothing ticked means that a person repairs everything.
    """
    kind = job.model.kind if job.model else ""
    if person is None or fits_skills(job.device.model_id, kind, person.skills):
        return {}
    if override is None:
        raise Refused(
            N_("{name} does not repair this model: give it to somebody who does, or a supervisor allows it."),
            field="bench", code="not_certified", name=person.name,
        )  # fmt: skip
    return {"allowed_by": write.second_person(override, "override"), "allowed_why": override.reason.strip()}


def photos_of(write: Write, item_id: str) -> Sequence[Attachment]:
    """Return the photos of a device."""
    return bench.photos_of(write.session, item_id)


def events_of(write: Write, item_id: str) -> list[WorkEvent]:
    """Return the moves of a device that count, oldest first."""
    write.session.flush()
    return bench.events_of(write.session, item_id)


def last_diagnosis(write: Write, item_id: str) -> WorkEvent | None:
    """Return the newest recorded diagnosis of a device."""
    return bench.last_of(events_of(write, item_id), "record_diagnosis")


def codes(listed: Iterable[str], known: Iterable[str], field: str, sentence: str) -> list[str]:
    """Return the codes without repetition; raises Refused for an empty list or an unknown code."""
    chosen = list(dict.fromkeys(code for code in listed if code))
    if not chosen or not set(chosen) <= set(known):
        raise Refused(sentence, field=field, code="missing")
    return chosen


def _shelf(write: Write, code: str) -> Shelf | None:
    return transfers.shelf_at(write.session, write.site_id, code)


def _last_shelf(write: Write, item: RepairItem) -> str:
    row = write.session.get(Shelf, item.shelf_id) if item.shelf_id else None
    return row.code if row else ""


def cards_of(write: Write, item_id: str, kind: str) -> Sequence[ReviewCard]:
    """Return the open cards of a kind on a device."""
    return write.session.scalars(
        select(ReviewCard).where(ReviewCard.subject_id == item_id, ReviewCard.kind == kind, ReviewCard.settled_at == 0)
    ).all()
