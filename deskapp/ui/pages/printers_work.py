"""What the printing pages do away from the window's thread: asking printers, test prints, setting up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from deskapp.models.store import ReadSession
from deskapp.paths import Home
from deskapp.queries import paper_queue, printing
from deskapp.queries.paper_queue import BatchLine, SheetBegun
from deskapp.queries.printing import JobCard
from deskapp.rules.printer_profiles import RAW_SCHEMES, Profile, base_of, scheme_of
from deskapp.ui.jobs import Jobs, Progress

if TYPE_CHECKING:
    from deskapp.print.printers import Condition
    from deskapp.print.routes import Routes


def home_of(jobs: Jobs) -> Home:
    """Return the home of the store behind the window."""
    home: Home = getattr(jobs.store, "home")  # noqa: B009 (the port of the jobs does not name it)
    return home


@dataclass(frozen=True, slots=True)
class PrinterLine:
    """One printer at the head of the queue: what lies before it, and what is open at it."""

    address: str
    profile: Profile
    waiting: int = 0
    held: int = 0
    doubt: int = 0

    @property
    def raw(self) -> bool:
        """Whether the program speaks to it in its own language."""
        return self.profile.raw


@dataclass(frozen=True, slots=True)
class QueueView:
    """Everything the page of the print queue shows at one moment."""

    jobs: tuple[JobCard, ...]
    printers: tuple[PrinterLine, ...]
    batches: tuple[BatchLine, ...]
    addresses: dict[str, str] = field(default_factory=dict)
    """Where each waiting job goes now, by its id."""
    profiles: dict[str, Profile] = field(default_factory=dict)
    seconds: dict[str, str] = field(default_factory=dict)
    """The printer that takes over from the one of a job, by the job's id; only where there is one."""
    sheet: SheetBegun = field(default_factory=SheetBegun)
    folder: str = ""
    media: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What each kind of paper can be printed on, by base name."""

    def other_medium(self, job: JobCard, profile: Profile) -> str | None:
        """Return what a paper is printed on at another printer (empty = the same); None if that takes none of it."""
        base = base_of(job.medium).partition(".")[0]
        if profile.language == "escpos":
            wanted: tuple[str, ...] = ("roll-80", "roll-58")
        elif profile.language:
            wanted = ("label-60x40", "label-50x30", "label-40x30")
        elif scheme_of(profile.address) in RAW_SCHEMES:
            return None
        else:
            wanted = PAGES
        if base in wanted:
            return ""
        return next((one for one in wanted if one in self.media.get(job.kind, ()) and base not in LABELS_ONLY), None)


PAGES = ("a5", "a4", "a4-landscape", "a4-labels", "card-90x54", "form-241x93", "form-241x140", "form-241x279")
LABELS_ONLY = ("label-60x40", "label-50x30", "label-40x30", "a4-labels")


def look_at_queue(session: ReadSession, home: Home, which: str) -> QueueView:
    """Return the queue: `open` papers or the newest of all, printers, batches."""
    from deskapp.print.render import MEDIA_OF
    from deskapp.print.routes import Routes

    routes = Routes.load(session, home)
    unfinished = printing.open_jobs(session)
    jobs = unfinished if which == "open" else printing.recent_jobs(session)
    at = {job.id: _address(routes, job) for job in jobs}
    at.update({job.id: _address(routes, job) for job in unfinished})
    seconds = {job.id: second for job in jobs if (second := routes.second(at[job.id], job.kind))}
    return QueueView(
        tuple(jobs), _printers(routes, unfinished, at), tuple(paper_queue.open_batches(session)), at,
        dict(routes.profiles), seconds, paper_queue.last_sheet(session), f"pdf:{_folder(routes)}",
        dict(MEDIA_OF),
    )  # fmt: skip


def _address(routes: Routes, job: JobCard) -> str:
    """Return where a job goes or went; a failed one is shown where it would be tried again."""
    if job.state in ("queued", "failed"):
        return routes.address(job)
    return job.printer or routes.address(job)


def _folder(routes: Routes) -> str:
    from deskapp import settings

    return routes.values[settings.PRINT_FOLDER] or routes.folder


def _printers(routes: Routes, unfinished: list[JobCard], at: dict[str, str]) -> tuple[PrinterLine, ...]:
    """Return the printers people know, those the settings name, and those with open papers."""
    from deskapp.print.routes import SETTING_OF

    named = [routes.values[setting] for setting in dict.fromkeys(SETTING_OF.values())]
    addresses = dict.fromkeys([*routes.profiles, *filter(None, named), *(at[job.id] for job in unfinished)])
    lines = []
    for address in addresses or {f"pdf:{_folder(routes)}": None}:
        mine = [job for job in unfinished if at[job.id] == address]

        def count(*states: str, mine: list[JobCard] = mine) -> int:
            return sum(job.state in states for job in mine)

        lines.append(
            PrinterLine(
                address,
                routes.profile(address),
                count("queued", "failed", "sending", "sent"),
                count("held"),
                count("unknown"),
            )  # fmt: skip
        )
    return tuple(lines)


def ask_condition(profile: Profile) -> Condition:
    """Ask a printer how it is; a page printer without a language is asked through the system."""
    from deskapp.print.printers import Condition, NotSent, Readiness, open_printer
    from deskapp.print.raw_lane import NO_LANGUAGE
    from deskapp.print.raw_printer import open_raw
    from deskapp.print.routes import is_raw

    try:
        if profile.raw:
            return open_raw(profile).condition()
        if is_raw(profile.address):
            return Condition(Readiness.STOPPED, NO_LANGUAGE)
        return open_printer(profile.address).condition()
    except NotSent as trouble:
        return Condition(Readiness.MISSING, trouble.sentence)


def ask_anew(address: str) -> None:
    """Let the next question to a printer be a real one, even if it was silent until now."""
    from deskapp.print.raw_printer import forget_manners

    forget_manners(address)


# ---------------------------------------------------------------- setting up


def seen(_progress: Progress) -> list[tuple[str, str, str, str]]:
    """Return address, name, language and condition (a message id) of every printer this computer knows of."""
    from deskapp.print.discovery import seen_printers

    return [(one.address, one.name, one.language, one.condition.sentence) for one in seen_printers()]


def search_network(progress: Progress) -> list[tuple[str, str, str, str]]:
    """Look through the own network for printers; only on a person's order."""
    from deskapp.print.discovery import hosts_of, own_networks, search

    hosts = hosts_of(own_networks())

    def told(tried: int) -> bool:
        progress.at(tried, len(hosts))
        return True

    return [(one.address, one.name, one.language, one.condition.sentence) for one in search(hosts, told=told)]


def guess(profile: Profile) -> str:
    """Return the language a printer answers in, empty when it answers in none; raises NotSent."""
    from deskapp.print.guess import guess_language

    return guess_language(profile)


@dataclass(frozen=True, slots=True)
class Tested:
    """What became of a test print: handed over, and what the printer says."""

    sent: bool
    words: str = ""
    evidence: str = ""


def print_test(profile: Profile, medium: str, *, calibration: bool = False) -> Tested:
    """Print one test paper, or the calibration paper, with what is set now; the printer need not be kept yet.

    Raises NotSent while nothing has left.
    """
    from deskapp.print import calibration as page
    from deskapp.print import raw_pieces
    from deskapp.print.media import medium as named
    from deskapp.print.printers import PDF, open_printer
    from deskapp.print.raw.status import sentence
    from deskapp.print.raw_printer import open_raw

    if profile.raw:
        pieces = page.pieces(profile, medium) if calibration else raw_pieces.test_papers(profile, medium, 1)
        done = open_raw(profile).send_window(pieces, "test")
        words = sentence(done.held) if done.held is not None else done.note
        return Tested(done.held is None and (done.whole or done.printed == done.sent), words, done.evidence.value)
    tune = profile.tunes.get(medium)
    target = named(medium)
    size = page.size_mm(target)
    evidence = open_printer(profile.address).send(page.pdf(target, "1", tune), PDF, "test", page_mm=size)
    return Tested(True, "", evidence)


def print_passport(profile: Profile, medium: str, tell: Callable[[str], None]) -> object:
    """Run the passport: ten labels or one receipt; returns `print.passport.Passport`."""
    from deskapp.print import passport, raw_pieces
    from deskapp.print.raw_printer import open_raw

    count = passport.LABELS if medium.startswith("label") else 1
    return passport.run(profile, raw_pieces.test_papers(profile, medium, count), open_raw, tell)


def open_folder(folder: Path) -> None:
    """Show a folder in the system's file manager."""
    from PySide6.QtCore import QUrl
    from PySide6.QtGui import QDesktopServices

    folder.mkdir(parents=True, exist_ok=True)
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
