"""The printer's passport: a short test run that finds out what a printer answers, and how fast it is.

Ten labels or one receipt are printed. What was learned is kept, so that nobody waits later for answers
that never come, and proof is asked for where it can be had. A counter that does not go up by exactly
the papers that came out counts something else, and is not believed again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from deskapp.errors import N_
from deskapp.print.printers import Delivery, Evidence, NotSent, RawPrinter
from deskapp.print.raw import Status, sentence
from deskapp.print.raw_printer import LinePrinter
from deskapp.rules.printer_profiles import Capabilities, Profile

LABELS = 10
WINDOW = 5

SENTENCES = {
    "asks": N_("Asking the printer what it can say."),
    "prints": N_("Printing the test papers."),
    "status_yes": N_("It tells its state: paper, cover, errors."),
    "status_no": N_("It does not tell its state. It prints all the same; you are asked when something is in doubt."),
    "count_yes": N_("It counts its papers, so the program can prove what came out."),
    "count_no": N_("It does not count its papers."),
    "count_wrong": N_("Its counter does not fit the papers that came out and is not used."),
    "ack_yes": N_("It confirms each paper when it is printed."),
    "ack_no": N_("It does not confirm printed papers."),
    "spool": N_("Windows passes the papers on; the printer itself cannot be asked."),
}


@dataclass(frozen=True, slots=True)
class Passport:
    """What a test run found. `findings` are message ids in the order in which they were found.

    `learned` is None when the run broke off: then nothing is kept, and `reason` says why.
    """

    findings: tuple[str, ...]
    learned: Capabilities | None
    sent: int
    printed: int | None
    reason: str = ""


def run(
    profile: Profile,
    pieces: Sequence[bytes],
    open_printer: Callable[[Profile], RawPrinter],
    tell: Callable[[str], None] = lambda sentence: None,
) -> Passport:
    """Print `pieces` and find out what the printer can say. Never raises for a printer's sake.

    What was learned before does not count: the printer may have been exchanged.
    """
    blank = replace(profile, learned=Capabilities(), shared=False)
    try:
        printer = open_printer(blank)
        with printer.reserve():
            tell(SENTENCES["asks"])
            if not isinstance(printer, LinePrinter):
                return _spooled(printer, pieces, tell)
            probe = printer.probe()
            if probe.status is not None and probe.status.stopped:
                return _broken((), 0, _why(probe.status))
            tell(SENTENCES["prints"])
            started = time.monotonic()
            done = _print(printer, pieces, probe.count)
            pace = round((time.monotonic() - started) * 1000 / max(1, len(pieces)))
    except NotSent as problem:
        return _broken((), 0, problem.sentence)
    if done.held is not None or not done.whole:
        return _broken((), done.sent, sentence(done.held) if done.held is not None else done.note)
    counts, acks = _counted(probe.count, done, len(pieces)), _confirmed(printer, done)
    learned = Capabilities(
        status=probe.status is not None, counter=counts, ack=acks, closes=probe.closes,
        model=profile.learned.model, ms_per_piece=pace,
    )  # fmt: skip
    return Passport(_findings(learned, probe.count), learned, done.sent, done.printed)


def _print(printer: RawPrinter, pieces: Sequence[bytes], before: int | None) -> Delivery:
    """Hand over in windows as real work does; the sum of what became of them."""
    sent, printed, last = 0, 0, Delivery(0, None, Evidence.NONE, whole=True)
    proved = True
    for start in range(0, len(pieces), WINDOW):
        window = pieces[start : start + WINDOW]
        last = printer.send_window(window, "passport", counter_before=before)
        sent += last.sent
        proved = proved and last.printed is not None
        printed += last.printed or 0
        before = last.counter if before is not None else None
        if last.held is not None or not last.whole:
            break
    return replace(last, sent=sent, printed=printed if proved else None)


def _counted(before: int | None, done: Delivery, pieces: int) -> bool | None:
    """Whether the count went up by exactly the papers that left."""
    if before is None:
        return False
    return done.counter is not None and done.counter - before == pieces


def _confirmed(printer: RawPrinter, done: Delivery) -> bool | None:
    if printer.language != "escpos":
        return None
    return done.evidence is Evidence.ACK


def _findings(learned: Capabilities, count: int | None) -> tuple[str, ...]:
    found = [SENTENCES["status_yes" if learned.status else "status_no"]]
    if learned.counter:
        found.append(SENTENCES["count_yes"])
    else:
        found.append(SENTENCES["count_no" if count is None else "count_wrong"])
    if learned.ack is not None:
        found.append(SENTENCES["ack_yes" if learned.ack else "ack_no"])
    return tuple(found)


def _spooled(printer: RawPrinter, pieces: Sequence[bytes], tell: Callable[[str], None]) -> Passport:
    tell(SENTENCES["prints"])
    done = _print(printer, pieces, None)
    if done.held is not None or not done.whole:
        return _broken((), done.sent, done.note)
    learned = Capabilities(status=False, counter=False, ack=False)
    return Passport((SENTENCES["spool"],), learned, done.sent, None)


def _why(status: Status) -> str:
    return sentence(status.worst) if status.worst is not None else ""


def _broken(findings: tuple[str, ...], sent: int, reason: str) -> Passport:
    return Passport(findings, None, sent, None, reason)
