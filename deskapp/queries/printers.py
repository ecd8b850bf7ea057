"""Questions about printers: what this computer knows of each, who prints what, how much paper is left."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from deskapp.models.local import MediumProfile, PrinterChoice, PrinterProfile, PrintJob
from deskapp.models.store import ReadSession
from deskapp.rules.printer_profiles import Capabilities, Profile, Tune, base_of


@dataclass(frozen=True, slots=True)
class Choice:
    """Which printer prints a kind of document here, who takes over, and on what; empty = as the settings say."""

    kind: str
    address: str = ""
    fallback: str = ""
    medium: str = ""


@dataclass(frozen=True, slots=True)
class PaperLeft:
    """How many papers of a medium a printer's roll still has; counted from when it was put in."""

    address: str
    medium: str
    of: int
    left: int


def profiles(session: ReadSession) -> dict[str, Profile]:
    """Return everything known about the printers of this computer, by address."""
    tunes: dict[str, dict[str, Tune]] = {}
    for row in session.scalars(select(MediumProfile)):
        tunes.setdefault(row.address, {})[row.medium] = _tune(row)
    return {
        row.address: _profile(row, tunes.get(row.address, {}))
        for row in session.scalars(select(PrinterProfile).order_by(PrinterProfile.name, PrinterProfile.address))
    }


def profile_of(session: ReadSession, address: str) -> Profile:
    """Return what is known about one printer; for an unknown one, at least its address."""
    row = session.get(PrinterProfile, address)
    rows = session.scalars(select(MediumProfile).where(MediumProfile.address == address))
    tunes = {tune.medium: _tune(tune) for tune in rows}
    return _profile(row, tunes) if row is not None else Profile(address, tunes=tunes)


def choices(session: ReadSession) -> dict[str, Choice]:
    """Return the chosen printers by kind of document."""
    rows = session.scalars(select(PrinterChoice).order_by(PrinterChoice.kind))
    return {row.kind: Choice(row.kind, row.address, row.fallback, row.medium) for row in rows}


def paper_left(session: ReadSession, address: str = "") -> list[PaperLeft]:
    """Return how much paper is left where the roll is followed: its size less what was printed since."""
    question = select(MediumProfile).where(MediumProfile.roll_pieces > 0)
    if address:
        question = question.where(MediumProfile.address == address)
    found = []
    for row in session.scalars(question.order_by(MediumProfile.address, MediumProfile.medium)):
        base = base_of(row.medium)
        used = session.execute(
            select(PrintJob.medium, func.sum(PrintJob.pieces))
            .where(PrintJob.printer == row.address, PrintJob.state == "printed", PrintJob.state_at >= row.roll_at)
            .group_by(PrintJob.medium)
        ).all()
        taken = sum(int(count) for medium, count in used if base_of(medium) == base)
        found.append(PaperLeft(row.address, row.medium, row.roll_pieces, max(0, row.roll_pieces - taken)))
    return found


def _profile(row: PrinterProfile, tunes: dict[str, Tune]) -> Profile:
    return Profile(
        row.address, row.name, row.language, row.dots_per_mm, row.head_dots, row.columns, row.cut,
        row.drawer, row.paused, row.shared, row.fallback, Capabilities.from_json(row.learned), row.learned_at, tunes,
    )  # fmt: skip


def _tune(row: MediumProfile) -> Tune:
    return Tune(
        row.medium, row.feed, row.gap_um, row.darkness, row.speed, row.rotation, row.offset_x_um, row.offset_y_um,
        row.scale_x_ppm, row.scale_y_ppm, row.smallest_module, row.roll_pieces, row.roll_at, row.calibrated_at,
    )  # fmt: skip
