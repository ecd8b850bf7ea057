"""Setting up the printers of this computer: which there are, how they are adjusted, which paper goes where.

All of it stays on this computer; nothing here is journalled.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select, update

from deskapp.commands.entry import Entry
from deskapp.errors import N_, Refused
from deskapp.models.local import MediumProfile, PrinterChoice, PrinterProfile
from deskapp.models.store import Write, command
from deskapp.rules.printer_profiles import (
    RAW_SCHEMES,
    Capabilities,
    Profile,
    Tune,
    check_profile,
    check_tune,
    checked_address,
    scheme_of,
)

_UNKNOWN = N_("This printer is not set up on this computer.")


@command(N_("Set up a printer"), right="")
def save_printer(write: Write, *, profile: Profile) -> str:
    """Add a printer or change what is known about it; returns its address as it is kept.

    What a test run learned stays, unless the language changed: another language has other answers.
    """
    address = checked_address(profile.address)
    raw = scheme_of(address) in RAW_SCHEMES
    kept = Profile(
        address, Entry().note(profile.name, "name") if profile.name.strip() else "", profile.language if raw else "",
        profile.dots_per_mm, profile.head_dots, profile.columns, profile.cut, profile.drawer,
        fallback=checked_address(profile.fallback) if profile.fallback.strip() else "",
    )  # fmt: skip
    check_profile(kept)
    _no_circle(write, kept)
    row = write.session.get(PrinterProfile, address)
    if row is None:
        row = PrinterProfile(address=address)
        write.session.add(row)
    elif row.language != kept.language:
        row.learned, row.learned_at = {}, 0
    row.name, row.language, row.dots_per_mm, row.head_dots = kept.name, kept.language, kept.dots_per_mm, kept.head_dots
    row.columns, row.cut, row.drawer = kept.columns, kept.cut, kept.drawer
    row.shared, row.fallback = profile.shared, kept.fallback
    row.changed_at, row.changed_by = write.now, write.actor.staff_id
    return address


@command(N_("Remove a printer"), right="")
def forget_printer(write: Write, *, address: str) -> None:
    """Forget a printer with its adjustments and choices; its papers keep their history."""
    _printer(write, address)
    for table in (PrinterProfile, MediumProfile, PrinterChoice):
        write.session.execute(delete(table).where(table.address == address))
    for other in (PrinterProfile, PrinterChoice):
        write.session.execute(update(other).where(other.fallback == address).values(fallback=""))


@command(N_("Pause or resume a printer"), right="")
def pause_printer(write: Write, *, address: str, paused: bool = True) -> None:
    """Stop a printer's queue, or let it go on; a printer not set up yet gets its row."""
    row = write.session.get(PrinterProfile, address)
    if row is None:
        row = PrinterProfile(address=address)
        write.session.add(row)
    row.paused, row.changed_at, row.changed_by = paused, write.now, write.actor.staff_id


@command(N_("Adjust a printer to a medium"), right="")
def tune_printer(write: Write, *, address: str, tune: Tune) -> None:
    """Keep how a printer has to be set for a medium; the roll's count and its time are `new_roll`'s."""
    _printer(write, address)
    check_tune(tune)
    row = _medium(write, address, tune.medium)
    row.feed, row.gap_um, row.darkness, row.speed = tune.feed, tune.gap_um, tune.darkness, tune.speed
    row.rotation, row.smallest_module = tune.rotation, tune.smallest_module
    row.offset_x_um, row.offset_y_um = tune.offset_x_um, tune.offset_y_um
    row.scale_x_ppm, row.scale_y_ppm = tune.scale_x_ppm, tune.scale_y_ppm
    row.calibrated_at, row.calibrated_by = write.now, write.actor.staff_id


@command(N_("Put in a new roll"), right="")
def new_roll(write: Write, *, address: str, medium: str, pieces: int) -> None:
    """Count the papers of a new roll from now on; 0 stops counting."""
    check_tune(Tune(medium, roll_pieces=pieces))
    row = _medium(write, address, medium)
    row.roll_pieces, row.roll_at = pieces, write.now


@command(N_("Keep what a printer's test showed"), right="")
def keep_learned(write: Write, *, address: str, learned: Capabilities) -> None:
    """Keep what a test run found out about a printer."""
    row = _printer(write, address)
    row.learned, row.learned_at = learned.to_json(), write.now


@command(N_("Choose the printer of a document"), right="")
def choose_printer(write: Write, *, kind: str, address: str = "", fallback: str = "", medium: str = "") -> None:
    """Choose where a kind of document is printed here and who takes over; without an address the settings decide."""
    address = checked_address(address) if address.strip() else ""
    fallback = checked_address(fallback) if fallback.strip() else ""
    if address and address == fallback:
        raise Refused(N_("A printer cannot take over from itself."), field="fallback")
    if not kind.strip():
        raise Refused(N_("Choose a kind of document."), field="kind")
    row = write.session.get(PrinterChoice, kind)
    if not (address or medium):
        if row is not None:
            write.session.delete(row)
        return
    if row is None:
        row = PrinterChoice(kind=kind)
        write.session.add(row)
    row.address, row.fallback, row.medium = address, fallback, medium


@command(N_("Choose the printer of several documents"), right="")
def use_printer(write: Write, *, kinds: Sequence[str], address: str, medium: str = "", fallback: str = "") -> None:
    """Print several kinds of document on one printer from now on; each keeps its second printer if none is named."""
    address = checked_address(address)
    fallback = checked_address(fallback) if fallback.strip() else ""
    if address == fallback:
        raise Refused(N_("A printer cannot take over from itself."), field="fallback")
    for kind in kinds:
        row = write.session.get(PrinterChoice, kind)
        if row is None:
            row = PrinterChoice(kind=kind)
            write.session.add(row)
        row.address, row.medium = address, medium
        row.fallback = fallback or ("" if row.fallback == address else row.fallback or "")


def _printer(write: Write, address: str) -> PrinterProfile:
    row = write.session.get(PrinterProfile, address)
    if row is None:
        raise Refused(_UNKNOWN, field="address")
    return row


def _medium(write: Write, address: str, medium: str) -> MediumProfile:
    if not medium.strip():
        raise Refused(N_("Choose a paper."), field="medium")
    row = write.session.get(MediumProfile, (address, medium))
    if row is None:
        row = MediumProfile(address=address, medium=medium)
        write.session.add(row)
        write.session.flush()
    return row


def _no_circle(write: Write, profile: Profile) -> None:
    """Refuse printers that take over from each other in a ring: a paper would go round for ever."""
    others = {row.address: row.fallback for row in write.session.scalars(select(PrinterProfile))}
    others[profile.address] = profile.fallback
    seen, at = {profile.address}, profile.fallback
    while at:
        if at in seen:
            raise Refused(N_("These printers would take over from each other in a ring."), field="fallback")
        seen.add(at)
        at = others.get(at, "")
