"""`deskapp print` and `deskapp printers`: papers into files or onto printers, and the printers themselves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from deskapp.cli.acting import Message, Tell, actor_of, write
from deskapp.cli.reply import done, sentence
from deskapp.errors import N_, Refused

if TYPE_CHECKING:
    from deskapp.models.store import Store
    from deskapp.queries.printing import JobCard
    from deskapp.rules.printer_profiles import Profile

PAPER_KINDS = {
    "label": ("device_label", "accessory_label", "part_label", "shelf_label", "badge_label"),
    "slip": ("pickup_slip",),
    "receipt": ("repair_receipt",),
    "quote": ("quote",),
    "manifest": ("manifest",),
    "discrepancy": ("discrepancy_note",),
    "inspection": ("inspection_sheet",),
    "traveller": ("bench_traveller",),
    "loan": ("loan_agreement",),
    "swap": ("swap_note",),
    "card": ("service_card",),
    "note": ("call_note", "missed_note", "collect_notice"),
    "depot": ("key_run", "scrap_record", "parts_order", "command_sheet"),
    "refund": ("refund",),
    "day-end": ("day_end",),
    "register": ("register",),
    "custody": ("custody_record",),
    "stocktake": ("stocktake",),
}
RAW_ENDINGS = (".zpl", ".tspl", ".escpos")
ENDINGS = (".pdf", ".png", *RAW_ENDINGS)


def draw(store: Store, message: Message, language: str) -> Message:
    """Write one paper to a file, in the form that the ending of its name says."""
    from deskapp.print.edition import Edition
    from deskapp.print.here import signatures_of, templates_here
    from deskapp.print.render import SENTENCES, render, render_png
    from deskapp.rules import papers

    target = Path(message["to"])
    ending = target.suffix.lower()
    if ending not in ENDINGS:
        raise Refused(
            N_("The name of the file has to end in {endings}."), field="to", code="ending", endings=" ".join(ENDINGS)
        )
    job = _paper(store, message)
    if ending in RAW_ENDINGS:
        return _raw(store, job, target, ending, language)
    card = papers.from_json(job.card)
    edition = Edition(
        job.medium, job.language, 0, job.id, job.created_at, job.superseded_by, templates=templates_here(store),
        pictures=signatures_of(store, card),
    )  # fmt: skip
    made = render(job.kind, card, edition)
    write(target, made.pdf if ending == ".pdf" else render_png(job.kind, card, edition))
    warnings = [sentence(SENTENCES[warning.code], language, **warning.values) for warning in made.warnings]
    return done(
        sentence(N_("{number} drawn to {file}."), language, number=job.number, file=target.name), *warnings,
        file=str(target), number=job.number, kind=job.kind, pages=made.pages, warnings=warnings,
    )  # fmt: skip


def _raw(store: Store, job: JobCard, target: Path, ending: str, language: str) -> Message:
    """Write what a raw printer would be sent."""
    from functools import partial

    from deskapp.print import raw_pieces
    from deskapp.print.here import signatures_of, templates_here
    from deskapp.print.media import Form, medium
    from deskapp.print.render import SENTENCES
    from deskapp.rules.printer_profiles import Profile

    if medium(job.medium).form not in (Form.LABEL, Form.ROLL):
        raise Refused(N_("This paper is printed on pages, which label and receipt printers do not take."), field="to")
    profile = Profile("tcp://file", language=ending.removeprefix("."))
    made = raw_pieces.make(job, profile, templates_here(store), partial(signatures_of, store))
    write(target, b"".join(made.pieces))
    warnings = [sentence(SENTENCES[warning.code], language, **warning.values) for warning in made.warnings]
    return done(
        sentence(N_("{number} drawn to {file}."), language, number=job.number, file=target.name), *warnings,
        file=str(target), number=job.number, kind=job.kind, pages=len(made.pieces), warnings=warnings,
    )  # fmt: skip


def on_printer(store: Store, message: Message, tell: Tell, language: str) -> Message:
    """Print one paper on a printer: what waits goes there, what came out already is reprinted with a reason."""
    from deskapp.commands.papers import reprint
    from deskapp.commands.printing import redirect_job

    actor = actor_of(store, message, tell)
    job, profile = _paper(store, message), _printer(store, message["printer"])
    job_id = job.id
    if job.state == "printed":
        again = store.run(reprint(job_id=job.id, reason=str(message.get("reason", ""))), by=actor)
        tell(again.changes)
        job_id = again.result
    sent = store.run(redirect_job(job_id=job_id, printer=profile.address), by=actor)
    tell(sent.changes)
    name = profile.name or profile.address
    reply = done(
        sentence(N_("{number} is on its way to {printer}."), language, number=job.number, printer=name),
        number=job.number, kind=job.kind, job=job_id, printer=profile.address,
    )  # fmt: skip
    return reply if message.get("window") else _printed_here(store, reply, job_id, language)


def _printed_here(store: Store, reply: Message, job_id: str, language: str) -> Message:
    """Print at once: no window is open whose queue would do it."""
    from deskapp.print.spooler import Spooler
    from deskapp.queries.printing import job_of

    spooler = Spooler(store)
    spooler.settle_open()
    spooler.drain([job_id])
    job = store.ask(lambda session: job_of(session, job_id))
    state = job.state if job is not None else ""
    if job is None or state != "printed":
        words = sentence(job.error, language) if job is not None and job.error else ""
        raise Refused(
            N_("{number} did not come out: {reason}"), field="printer", code=state, number=reply["number"],
            reason=words or state,
        )  # fmt: skip
    words = sentence(N_("{number} came out of {printer}."), language, number=job.number, printer=job.printer)
    return {**reply, "sentences": [words], "state": state, "evidence": job.evidence}


def printers(store: Store, message: Message, tell: Tell, language: str) -> Message:
    """List the printers of this computer with their condition, or test one."""
    if message.get("test"):
        return _tested(store, message, tell, language)
    from deskapp.print.discovery import seen_printers
    from deskapp.print.printers import open_printer
    from deskapp.print.raw_printer import open_raw
    from deskapp.queries.printers import profiles

    rows: list[dict[str, str]] = []
    known = store.ask(profiles)
    for profile in known.values():
        condition = open_raw(profile).condition() if profile.raw else open_printer(profile.address).condition()
        rows.append(_row(profile.address, profile.name, profile.language, condition, language))
    for seen in seen_printers():
        if seen.address not in known:
            rows.append(_row(seen.address, seen.name, seen.language, seen.condition, language))
    lines = [f"{row['address']}  {row['name']}  {row['sentence']}" for row in rows]
    none = sentence(N_("No printer is known here. Papers go to the folder."), language)
    return done(*(lines or [none]), printers=rows)


def _row(address: str, name: str, spoken: str, condition: Any, language: str) -> dict[str, str]:
    return {
        "address": address, "name": name, "language": spoken, "readiness": str(condition.readiness),
        "sentence": sentence(condition.sentence, language),
    }  # fmt: skip


def _tested(store: Store, message: Message, tell: Tell, language: str) -> Message:
    """Run a printer's passport and keep what it learned."""
    from deskapp.commands.printer_profiles import keep_learned
    from deskapp.print import passport
    from deskapp.print.raw_printer import open_raw

    actor = actor_of(store, message, tell)
    profile = _printer(store, message["test"])
    if not profile.raw:
        raise Refused(N_("Only label and receipt printers can be asked; a page printer is tested by printing a page."))
    count = 1 if profile.language == "escpos" else passport.LABELS
    found = passport.run(profile, test_pieces(store, profile, count), open_raw)
    said = [sentence(finding, language, count=count, reason=sentence(found.reason, language) if found.reason else "")
            for finding in found.findings]  # fmt: skip
    if found.learned is None:
        raise Refused(
            N_("The test broke off: {reason}"), field="test", code="broke", reason=sentence(found.reason, language)
        )
    tell(store.run(keep_learned(address=profile.address, learned=found.learned), by=actor).changes)
    return done(*said, printer=profile.address, sent=found.sent, printed=found.printed, learned=found.learned.to_json())


def test_pieces(store: Store, profile: Profile, count: int) -> list[bytes]:
    """Return numbered test papers in a printer's language: labels of the size set here, or a receipt."""
    from deskapp import settings
    from deskapp.print import raw_pieces

    size = store.ask(settings.load)[settings.LABEL_SIZE]
    name = "roll-80" if profile.language == "escpos" else f"label-{size if size != 'a4' else '60x40'}"
    return raw_pieces.test_papers(profile, name, count)


def _paper(store: Store, message: Message) -> JobCard:
    from deskapp.queries.printing import paper_numbered

    number = str(message["number"]).strip().upper()
    job = store.ask(lambda session: paper_numbered(session, number, PAPER_KINDS[message["kind"]]))
    if job is None:
        raise Refused(
            N_("There is no paper of this kind with the number {number} on this computer."), field="number",
            code="unknown", number=number,
        )  # fmt: skip
    return job


def _printer(store: Store, words: str) -> Profile:
    """Return the printer of a name or an address."""
    from deskapp.queries.printers import profiles
    from deskapp.rules.printer_profiles import RAW_SCHEMES, Profile, checked_address, scheme_of

    known = store.ask(profiles)
    named = [profile for profile in known.values() if words in (profile.name, profile.address)]
    if named:
        return named[0]
    address = checked_address(words) if ":" in words else f"cups:{words}"
    if scheme_of(address) in RAW_SCHEMES:
        raise Refused(N_("Set this printer up in the window first: {printer}"), field="printer", printer=words)
    return Profile(address)
