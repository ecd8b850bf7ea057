"""Destroying a device: by a supervisor before two witnesses, with the owner's consent, and a record of every part kept.

Parts that are kept come into the stock from a donor: the move names the device they were in, so that a used part can
always be traced to where it came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from deskapp.clock import shop_day
from deskapp.commands.bench_desk import Job, job_of, photos_of
from deskapp.commands.bench_parts import part_of
from deskapp.commands.devices import unbind
from deskapp.commands.entry import Entry
from deskapp.commands.loaners import refuse_open_loan
from deskapp.commands.moves import hop, move, record, refuse_wiping
from deskapp.commands.papers_depot import queue_scrap_record
from deskapp.commands.stock_desk import free_tray
from deskapp.errors import N_, Refused
from deskapp.models.bench import DONOR
from deskapp.models.folding import custody_of
from deskapp.models.handing_out import counted
from deskapp.models.repair import ItemRecord
from deskapp.models.stock import StockMove
from deskapp.models.store import Override, Write, command
from deskapp.rules.custody import Holder, TamperResult
from deskapp.rules.depot import KEYS_ERASED, SCRAP_METHODS
from deskapp.rules.states import WorkState as S


@dataclass(frozen=True, slots=True)
class Consent:
    """The owner's consent: who gave it and the number or words of the order that says so."""

    by: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class KeptPart:
    """A part that is taken out and kept; a part that is tracked by serial number needs one."""

    part_id: str
    quantity: int = 1
    serial_no: str = ""


@dataclass(frozen=True, slots=True)
class ScrapForm:
    """Everything the record of a destroyed device says."""

    reason: str
    keys_erased: str
    method: str
    consent: Consent
    kept: tuple[KeptPart, ...] = ()


@command(N_("Scrap"), right="scrap")
def scrap(
    write: Write, *, item_id: str, form: ScrapForm, witness: Override | None, second_witness: Override | None,
    override: Override | None = None,
) -> str:  # fmt: skip
    """Destroy a device before two witnesses; refused without the owner's consent. Returns the label number.

    A unit that was swapped out is scrapped on its ended order: its work state stays, the record is the same.
    """
    job = job_of(write, item_id)
    records = scrap_records(write, job, form)
    _once(write, item_id)
    refuse_wiping(job.device)
    refuse_open_loan(write, [job.item.id], override)
    first, second = two_witnesses(write, witness, second_witness)
    records |= {"witness": second}
    if job.item.work_state != S.SWAPPED:
        move(write, job.item, "scrap", records, second_id=first, reason=str(records["reason"]))
    destroy(write, job, records, (first, second))
    return job.item.label_no


def scrap_records(write: Write, job: Job, form: ScrapForm) -> dict[str, Any]:
    """Return what the move must record; raises Refused at the field of what is missing, the consent first."""
    entry = Entry()
    consent = _consent(entry, job, form.consent)
    reason = entry.note(form.reason, "reason")
    if not reason:
        raise Refused(N_("Why is it scrapped?"), field="reason", code="missing")
    if form.keys_erased not in KEYS_ERASED:
        raise Refused(N_("What became of its keys?"), field="keys_erased", code="missing")
    if form.method not in SCRAP_METHODS:
        raise Refused(N_("How is it destroyed?"), field="method", code="missing")
    kept = [_kept(write, entry, one, place) for place, one in enumerate(form.kept)]
    return {
        "reason": reason, "keys_erased": form.keys_erased, "method": form.method, "owner_consent": consent,
        "parts_salvaged": kept, "photos": [photo.id for photo in photos_of(write, job.item.id)],
    }  # fmt: skip


def two_witnesses(
    write: Write, witness: Override | None, second: Override | None, *, right: str = "witness"
) -> tuple[str, str]:
    """Return the two witnesses; raises Refused unless both signed and all three persons differ.

    `right` is what the first of them has to hold.
    """
    if witness is None:
        raise Refused(
            N_("The first witness signs with their PIN."), field="witness", code="needs_override", exceptions="witness"
        )
    if second is None:
        raise Refused(
            N_("The second witness signs with their PIN."), field="second_witness", code="needs_override",
            exceptions="second_witness",
        )  # fmt: skip
    people = (
        write.second_person(witness, right, field="witness"),
        write.second_person(second, "witness", field="second_witness"),
    )
    if len({*people, write.actor.staff_id}) < 3:
        raise Refused(
            N_("Two witnesses are needed beside you, two different persons."), field="second_witness",
            code="second_person",
        )  # fmt: skip
    return people


def destroy(write: Write, job: Job, records: dict[str, Any], people: Sequence[str]) -> None:
    """Take the device out of every list: parts to the stock, binding ended, custody nobody's, the paper queued."""
    for one in records["parts_salvaged"]:
        write.session.add(
            StockMove(
                id=write.new_id(), at=write.now, by=write.actor.staff_id, part_id=one["part_id"], from_place=DONOR,
                to_place="shelf", quantity=one["quantity"], serial_no=one["serial_no"], item_id=job.item.id,
                reason="donor",
                data={"donor_serial": job.device.serial_no, "donor_label": job.item.label_no, "at_site": write.site_id},
            )
        )  # fmt: skip
    free_tray(write, job.item)
    unbind(write, job.device.id, shop_day(write.now).isoformat())
    job.device.loaner = False
    name = write.actor.name or write.actor.staff_no
    write.session.flush()
    if custody_of(write.session, job.item.id).holder != Holder.NONE.value:
        hop(write, job.item, Holder.NONE.value, giver=name, taker=name, tamper_result=TamperResult.NOT_DUE)
    record(write, job.item.id, "scrap", str(records["reason"]), witnesses=list(people),
           **{key: value for key, value in records.items() if key not in ("reason", "photos")})  # fmt: skip
    write.session.flush()
    queue_scrap_record(write, job.item.id)


def _consent(entry: Entry, job: Job, consent: Consent) -> dict[str, str]:
    who = entry.note(consent.by, "consent_by")
    reference = entry.note(consent.reference, "consent_reference")
    if not who:
        raise Refused(
            N_("Nothing is scrapped without the owner's consent: who gave it?"), field="owner_consent", code="missing"
        )
    if job.device.ownership != "merchant_owned" and not reference:
        raise Refused(
            N_("The device belongs to the bank: note the number of its order to scrap it."), field="consent_reference",
            code="owner_order",
        )  # fmt: skip
    return {"by": who, "reference": reference, "owner": job.device.ownership}


def _kept(write: Write, entry: Entry, one: KeptPart, place: int) -> dict[str, Any]:
    part = part_of(write, one.part_id)
    if one.quantity <= 0:
        raise Refused(N_("Enter how many."), field=f"kept.{place}.quantity")
    serial = entry.take("serial_no", one.serial_no, f"kept.{place}.serial_no")
    if part.serialised and (not serial or one.quantity != 1):
        raise Refused(
            N_("Part {part} is tracked by serial number: write the number behind it, one part each."),
            field=f"kept.{place}.serial_no", code="missing", part=part.part_no,
        )  # fmt: skip
    return {"part_id": part.id, "part_no": part.part_no, "quantity": one.quantity, "serial_no": serial}


def _once(write: Write, item_id: str) -> None:
    rows = write.session.scalars(
        select(ItemRecord).where(ItemRecord.item_id == item_id, ItemRecord.kind == "scrap")
    ).all()
    if counted(rows):
        raise Refused(N_("This device was scrapped already."), field="item", code="scrapped")
