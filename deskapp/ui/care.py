"""Looking after the store while people work: checks after the first paint, the daily backup, the status line."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deskapp import settings
from deskapp.errors import N_, Corrupt, DeskError
from deskapp.models import opening
from deskapp.models.opening import Concern
from deskapp.ui.jobs import Progress
from deskapp.ui.status import StatusCard

if TYPE_CHECKING:
    from deskapp.models.store import ReadSession, Store

log = logging.getLogger(__name__)

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Health:
    """What the checks after the start found: damage, or only things to tell."""

    damage: DeskError | None
    concerns: tuple[Concern, ...] = ()


def look_over(store: Store, last_at: int) -> Health:
    """Check every page of the store, the chain of its journal, the disk and the clock; seconds in a large store."""
    from deskapp.models import backup, replay

    concerns = opening.tend_disk(store.home)
    clock = opening.clock_concern(last_at, store.now)
    if clock is not None:
        concerns.append(clock)
    found = backup.integrity(store.home, store.key)
    if found:
        log.error("integrity check: %s findings", len(found))
        return Health(Corrupt(N_("The data file is damaged."), code="damaged"), tuple(concerns))
    try:
        store.ask(replay.verify_chain)
    except Corrupt as broken:
        log.error("journal chain: %s", broken.code)
        return Health(broken, tuple(concerns))
    return Health(None, tuple(concerns))


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What a backup run did: the file beside the data, and the one in the folder of the settings, or why not."""

    beside: Path
    away: Path | None
    trouble: DeskError | None


def back_up_when_due(store: Store, *, force: bool = False) -> BackedUp | None:
    """Write today's backup when the newest is older than a day; None when it is not due yet.

    The copy in the folder of the settings (a USB disk) may fail without harm: the disk is often not there.
    """
    from deskapp.models import backup

    newest = backup.newest_backup(store.home)
    if not force and newest is not None and store.now - newest[1] < DAY_MS:
        return None
    beside = backup.back_up_daily(store.home, store.key, store.now)
    folder = store.ask(settings.load)[settings.BACKUP_FOLDER]
    if not folder:
        return BackedUp(beside, None, None)
    try:
        return BackedUp(beside, carry(beside, Path(folder)), None)
    except DeskError as error:
        log.warning("backup not carried to the second place: %s", error.code)
        return BackedUp(beside, None, error)


def carry(file: Path, folder: Path, progress: Progress | None = None) -> Path:
    """Copy a finished backup to another disk and compare it there; raises Unavailable."""
    import hashlib

    from deskapp.errors import Unavailable

    target = folder / file.name
    part = folder / (file.name + ".part")
    total = file.stat().st_size
    written = hashlib.sha256()
    try:
        if not folder.is_dir():
            raise FileNotFoundError(2, "no such folder")
        with file.open("rb") as source, part.open("wb") as copy:
            done = 0
            while piece := source.read(1 << 20):
                copy.write(piece)
                written.update(piece)
                done += len(piece)
                if progress is not None:
                    progress.at(done, total)
            copy.flush()
            import os

            os.fsync(copy.fileno())
        with part.open("rb") as again:
            if hashlib.file_digest(again, "sha256").digest() != written.digest():
                raise OSError(5, "the copy differs")
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Unavailable(
            N_("The backup could not be copied to {place}. Is the disk plugged in?"),
            code="backup_folder", place=str(folder),
        ) from error  # fmt: skip
    return target


def status_card(session: ReadSession, store: Store, clock_back: bool) -> StatusCard:
    """Return what the status line shows."""
    from deskapp.models import backup
    from deskapp.queries.today import paper_counts, unsent

    papers = paper_counts(session)
    newest = backup.newest_backup(store.home)
    return StatusCard(
        print_waiting=papers.get("queued", 0) + papers.get("sending", 0),
        print_failed=sum(papers.get(state, 0) for state in ("failed", "unknown", "held")),
        unsent=unsent(session),
        backup_at=newest[1] if newest else 0,
        backup_days=settings.load(session)[settings.BACKUP_DAYS],
        clock_back=clock_back,
    )
