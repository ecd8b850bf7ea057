"""The technician's acts: start and record a diagnosis, repair, pause, hand over, send to test, quarantine.

Diagnosing, repairing and handing a job over are the technician's; recording what the merchant
answered is the clerk's (`bench_quote`), testing is somebody else's (`bench_test`), loading keys two
custodians' (`bench_keys`). One person may hold several of these roles; who may test is decided by
who worked on the device, never by the role alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deskapp import catalogue
from deskapp.commands.bench_charge import charge_basis, keep_to_agreement
from deskapp.commands.bench_desk import (
    Job,
    cards_of,
    codes,
    events_of,
    job_of,
    kept,
    last_diagnosis,
    needed,
    photos_of,
    repairs_this,
    staff_by_number,
    tamper_answer,
    to_bench,
    to_shelf,
)
from deskapp.commands.bench_parts import part_of, parts_fitted, parts_removed
from deskapp.commands.bench_warranty import decide
from deskapp.commands.checkin import attach
from deskapp.commands.checkin_forms import Photo
from deskapp.commands.moves import hop, move, must_be, raise_card, record
from deskapp.errors import N_, Refused
from deskapp.models import bench as models_bench
from deskapp.models.people import Staff
from deskapp.models.store import Override, Write, command
from deskapp.rules import lifecycle
from deskapp.rules.custody import Holder, TamperResult
from deskapp.rules.lifecycle import WorkState

TAMPER_FLAGS = ("none", "triggered", "unreadable")
"""What the device itself says about tampering."""

LABOUR_CLASSES = ("LAB-S", "LAB-M", "LAB-L", "LAB-BRD", "LAB-SW", "LAB-CLN", "LAB-LIQ")
"""Codes of the price list that name how large a repair is."""


@dataclass(frozen=True, slots=True)
class NeededPart:
    """A part the diagnosis asks for, by its id in the catalogue."""

    part_id: str
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class DiagnosisForm:
    """What the technician found. `exclusions` are reasons that take the repair out of the warranty, and
    `photos` name files of the blob store that show it: damage is charged inside a warranty only where it is shown."""

    symptom_confirmed: str
    cause_code: str
    tamper_flag: str
    words: str = ""
    actions: tuple[str, ...] = ()
    firmware_version: str = ""
    app_version: str = ""
    labour_class: str = ""
    needed_parts: tuple[NeededPart, ...] = ()
    exclusions: tuple[str, ...] = ()
    photos: tuple[Photo, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """What the diagnosis came to: the warranty result and basis, and whether a repair may start at once."""

    result: str
    basis: str
    may_start: bool


@dataclass(frozen=True, slots=True)
class RepairForm:
    """What was done: action codes, versions afterwards, minutes, the advice the merchant gets, and `photos`, files of
    the blob store that show the device before and after the work."""

    actions: tuple[str, ...]
    words: str = ""
    firmware_version: str = ""
    app_version: str = ""
    minutes: int = 0
    labour_class: str = ""
    prevention_tip: str = ""
    photos: tuple[Photo, ...] = ()


# -- diagnosis -----------------------------------------------------------------


@command(N_("Start diagnosis"), right="diagnose")
def start_diagnosis(
    write: Write, *, item_id: str, bench: str, tamper_result: str, seal_opened_by: str = "", giver: str = "",
    override: Override | None = None,
) -> None:  # fmt: skip
    """Take a device from the shelf to a bench after looking at it; the person who takes it does the job.

    Who does not repair this model needs a supervisor's consent.
    """
    job = job_of(write, item_id)
    allowed = repairs_this(write, job, write.session.get(Staff, write.actor.staff_id), override)
    answer = tamper_answer(tamper_result)
    needed(bench, "bench", N_("Which bench? Scan or type its code."))
    move(
        write, job.item, "start_diagnosis",
        {"bench": bench.strip().upper(), "tamper_result": answer, "seal_opened_by": seal_opened_by,
         **allowed},
    )  # fmt: skip
    to_bench(write, job, bench, tamper_result=answer, giver=giver)
    job.item.technician_id = write.actor.staff_id


@command(N_("Record the diagnosis"), right="diagnose")
def record_diagnosis(
    write: Write, *, item_id: str, form: DiagnosisForm, override: Override | None = None, free: bool | None = None
) -> Diagnosed:
    """Record what was found and decide free or payable, once, with every reason.

    `free` with a second person's consent overrides the rule in either direction; a suspicion of
    tampering cannot be overridden. The decision is copied to the record and never worked out again.
    """
    job = job_of(write, item_id)
    must_be(job.item, WorkState.DIAGNOSING)
    cause = catalogue.words("causes").get(form.cause_code)
    if cause is None:
        raise Refused(N_("Choose the cause."), field="cause_code", code="missing")
    if form.symptom_confirmed not in ("yes", "no", "partly"):
        raise Refused(N_("Was the reported fault confirmed?"), field="symptom_confirmed", code="missing")
    if form.tamper_flag not in TAMPER_FLAGS:
        raise Refused(N_("What does the device itself say about tampering?"), field="tamper_flag", code="missing")
    planned = codes(form.actions, catalogue.words("actions"), "actions", N_("Unknown action.")) if form.actions else []
    words = kept(write, job, form.words, "words")
    cause_class = str(cause.extra["class"])
    exclusions = [*form.exclusions, str(cause.extra.get("exclusion", ""))]
    parts = [part_of(write, part.part_id).part_no for part in form.needed_parts]
    _attach(write, item_id, form.photos)
    decision = decide(write, job, cause_class, exclusions, parts=parts, override=override, free=free).to_record()
    records = {
        "symptom_confirmed": form.symptom_confirmed, "cause_code": form.cause_code, "cause_class": cause_class,
        "tamper_flag": form.tamper_flag, "firmware_version": form.firmware_version.strip(),
        "app_version": form.app_version.strip(), "labour_class": form.labour_class,
        "warranty_decision": decision, "actions": planned, "words": words,
        "needed_parts": [{"part_id": part.part_id, "quantity": part.quantity} for part in form.needed_parts],
    }  # fmt: skip
    move(write, job.item, "record_diagnosis", records)
    record(write, item_id, "diagnosis", words, **{key: value for key, value in records.items() if key != "words"})
    record(write, item_id, "warranty", "", **decision)
    basis = charge_basis(write, job)
    return Diagnosed(str(decision["result"]), str(decision["basis"]), basis in lifecycle.MAY_START)


def _attach(write: Write, item_id: str, photos: Sequence[Photo]) -> None:
    """Name new photos on the device; one that is there already is not named twice."""
    known = {one.sha256 for one in photos_of(write, item_id)}
    for photo in photos:
        if photo.sha256 not in known:
            attach(write, "repair_item", item_id, photo)
            known.add(photo.sha256)


@command(N_("Diagnose again"), right="diagnose")
def diagnose_again(write: Write, *, item_id: str, reason: str, bench: str) -> None:
    """Go back to the diagnosis because something else was found; the old findings stay in the history."""
    job = job_of(write, item_id)
    words = kept(write, job, reason, "reason")
    move(write, job.item, "diagnose_again", {"reason": words, "bench": bench.strip().upper()}, reason=words)
    to_bench(write, job, bench, tamper_result=TamperResult.NOT_DUE)


# -- repair --------------------------------------------------------------------


@command(N_("Start the repair"), right="repair")
def start_repair(write: Write, *, item_id: str) -> None:
    """Begin to repair without asking the merchant: it is free, waived, or within the agreed ceiling."""
    job = job_of(write, item_id)
    found = last_diagnosis(write, item_id)
    if found is None:
        raise Refused(N_("Record the diagnosis first."), field="cause_code", code="missing")
    move(
        write, job.item, "start_repair",
        {"cause_class": found.data["cause_class"], "warranty_decision": found.data["warranty_decision"],
         "charge_basis": charge_basis(write, job)},
    )  # fmt: skip
    job.item.technician_id = write.actor.staff_id


@command(N_("Record labour"), right="repair")
def record_labour(write: Write, *, item_id: str, minutes: int, labour_class: str = "", words: str = "") -> None:
    """Note working time on a device, in minutes."""
    job = job_of(write, item_id)
    must_be(job.item, WorkState.DIAGNOSING, WorkState.REPAIRING)
    if not 0 < minutes <= 24 * 60:
        raise Refused(N_("Enter the working time in minutes, at most one day."), field="minutes")
    record(write, item_id, "labour", kept(write, job, words, "words"), minutes=minutes, labour_class=labour_class)


@command(N_("Record repair work"), right="repair")
def record_repair(write: Write, *, item_id: str, form: RepairForm) -> None:
    """Record what was done; parts come from what was booked onto the device, photos are all that are attached."""
    job = job_of(write, item_id)
    must_be(job.item, WorkState.REPAIRING)
    _record_repair(write, job, form)


def _record_repair(write: Write, job: Job, form: RepairForm) -> None:
    done = codes(form.actions, catalogue.words("actions"), "actions", N_("Choose what was done."))
    if form.minutes < 0 or form.minutes > 24 * 60:
        raise Refused(N_("Enter the working time in minutes, at most one day."), field="minutes")
    advice = kept(write, job, form.prevention_tip, "prevention_tip")
    words = kept(write, job, form.words, "words")
    _attach(write, job.item.id, form.photos)
    versions = (form.firmware_version.strip(), form.app_version.strip())
    move(
        write, job.item, "record_repair",
        {"action": done, "words": words, "parts_in": parts_fitted(write, job.item.id),
         "parts_out": parts_removed(write, job.item.id), "labour_minutes": form.minutes or None,
         "firmware_version": versions[0], "app_version": versions[1], "prevention_tip": advice,
         "photos": [photo.id for photo in photos_of(write, job.item.id)]},
    )  # fmt: skip
    record(
        write, job.item.id, "repair", words, actions=done, firmware_version=versions[0], app_version=versions[1],
        minutes=form.minutes, labour_class=form.labour_class, prevention_tip=advice,
    )  # fmt: skip
    if versions[0]:
        job.device.firmware_version = versions[0]
    if versions[1]:
        job.device.app_version = versions[1]


@command(N_("Send to test"), right="repair")
def send_to_test(
    write: Write, *, item_id: str, form: RepairForm | None = None, override: Override | None = None
) -> None:
    """Hand a repaired device to whoever tests it; with `form` the work is recorded in the same act.

    Refused while the keys are gone: after a change of board, a reload of firmware or a triggered
    tamper protection the keys have to be loaded first. Work beyond what the merchant agreed to needs a new quote, or
    the consent of somebody who may waive it.
    """
    job = job_of(write, item_id)
    must_be(job.item, WorkState.REPAIRING)
    if form is not None:
        _record_repair(write, job, form)
    done = actions_done(write, item_id)
    if not done:
        raise Refused(N_("Choose what was done."), field="actions", code="missing")
    keep_to_agreement(write, job, override)
    move(write, job.item, "send_to_test", {"action": done, "board_changed": keys_gone(write, job)})


def actions_done(write: Write, item_id: str) -> list[str]:
    """Return the codes of everything that was done in this repair, in order."""
    found: list[str] = []
    for row in events_of(write, item_id):
        if row.move == "record_repair":
            found += [str(code) for code in row.data.get("action", [])]
    return list(dict.fromkeys(found))


def keys_gone(write: Write, job: Job) -> bool:
    """Tell whether something since the last key check took the keys out of the device."""
    return models_bench.keys_gone(events_of(write, job.item.id), job.model)


# -- pause, hand over ----------------------------------------------------------


@command(N_("Pause the job"), right="read")
def pause_job(write: Write, *, item_id: str, reason: str, shelf: str = "") -> None:
    """Put a job aside with a note; with a shelf the device leaves the bench."""
    job = job_of(write, item_id)
    words = needed(kept(write, job, reason, "reason"), "reason", N_("Note why the job rests and what comes next."))
    move(write, job.item, "pause_job", {"reason": words}, reason=words)
    if shelf.strip():
        to_shelf(write, job, shelf, tamper_result=TamperResult.NOT_DUE)


@command(N_("Resume the job"), right="read")
def resume_job(write: Write, *, item_id: str, bench: str) -> None:
    """Take a job up again, at this bench; it becomes the job of whoever takes it up."""
    job = job_of(write, item_id)
    move(write, job.item, "resume_job", {"bench": bench.strip().upper()})
    to_bench(write, job, bench, tamper_result=TamperResult.NOT_DUE)
    if WorkState(job.item.work_state) is not WorkState.QC_TESTING:
        job.item.technician_id = write.actor.staff_id


@command(N_("Hand the job over"), right="hand_job_over")
def hand_job_over(write: Write, *, item_id: str, to_staff: str, words: str, override: Override | None = None) -> str:
    """Give a job to another technician with a note on where it stands; returns the name of who has it now.

    Who does not repair this model takes it with a supervisor's consent.
    """
    job = job_of(write, item_id)
    person = staff_by_number(write, to_staff, "to_staff")
    if "technician" not in person.roles:
        raise Refused(N_("{name} is not a technician."), field="to_staff", name=person.name)
    if person.id == job.item.technician_id:
        raise Refused(N_("{name} has this job already."), field="to_staff", name=person.name)
    said = needed(kept(write, job, words, "words"), "words", N_("Note where the job stands."))
    allowed = repairs_this(write, job, person, override)
    move(write, job.item, "hand_job_over", {"to_technician": person.staff_no, "note": said, **allowed})
    record(write, item_id, "note", said, about="hand_over", to=person.id)
    job.item.technician_id = person.id
    return person.name


@command(N_("Write a note on the job"), right="note")
def note_on_job(write: Write, *, item_id: str, words: str) -> None:
    """Keep a note on the device; whoever opens the job reads it."""
    job = job_of(write, item_id)
    record(write, item_id, "note", needed(kept(write, job, words, "words"), "words", N_("Write the note first.")))


# -- quarantine ----------------------------------------------------------------


@command(N_("Put into quarantine"), right="quarantine")
def quarantine(write: Write, *, item_id: str, reason: str, witness: str = "") -> None:
    """Take a suspicious device out of use as it is; nobody cleans, opens or switches it off.

    A missing witness and missing photos stay to do; they never keep a suspect device on the bench.
    """
    job = job_of(write, item_id)
    words = needed(kept(write, job, reason, "reason"), "reason", N_("What is suspicious? Write it down."))
    seen = staff_by_number(write, witness, "witness").staff_no if witness.strip() else ""
    photos = [photo.id for photo in photos_of(write, item_id)]
    finder = write.actor.name or write.actor.staff_no
    move(
        write, job.item, "quarantine", {"reason": words, "finder": finder, "witness": seen, "photos": photos},
        reason=words,
    )  # fmt: skip
    hop(
        write, job.item, Holder.QUARANTINE.value, giver=finder, taker=finder, tamper_result=TamperResult.SUSPECT,
    )  # fmt: skip
    raise_card(write, "quarantine", "repair_item", item_id)


@command(N_("Release from quarantine"), right="quarantine_release")
def release_quarantine(
    write: Write, *, item_id: str, finding: str, second: Override | None, bench: str = "", shelf: str = ""
) -> None:
    """Let a device go back to where it was, with a written finding of two people, one a supervisor."""
    job = job_of(write, item_id)
    words = needed(kept(write, job, finding, "finding"), "finding", N_("Write down what was found."))
    other = write.second_person(second, "witness", field="second")
    move(write, job.item, "release_quarantine", {"finding": words}, second_id=other, reason=words)
    if bench.strip():
        to_bench(write, job, bench, tamper_result=TamperResult.OK)
    else:
        to_shelf(write, job, shelf, tamper_result=TamperResult.OK)
    for card in cards_of(write, item_id, "quarantine"):
        card.settled_at, card.settled_by, card.settled_how = write.now, write.actor.staff_id, "released"
