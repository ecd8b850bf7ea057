"""What the backup page asks and does, on work threads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from deskapp.clock import shop_time
from deskapp.errors import DeskError
from deskapp.models import backup, opening
from deskapp.models.store import Store
from deskapp.ui.jobs import Progress


@dataclass(frozen=True, slots=True)
class Kept:
    """One backup file: when it was made (ms UTC), how many acts and bytes it holds."""

    path: Path
    made_at: int
    acts: int
    size: int


@dataclass(frozen=True, slots=True)
class Backups:
    """What lies beside the data and in the second place."""

    beside: tuple[Kept, ...]
    away: tuple[Kept, ...]
    acts: int
    """Acts in the store now; those above the newest backup's are in no backup yet."""


def look(store: Store, folder: str) -> Backups:
    """Return the backups there are, newest first."""
    from deskapp.models import replay

    acts = store.ask(replay.head)[0]
    return Backups(_kept(store.home.backups), _kept(Path(folder)) if folder else (), acts)


def write(store: Store, target: Path | None, progress: Progress) -> Path:
    """Write a backup beside the data, or to a file or folder of one's own; returns where it is."""
    progress.at(0, 3)
    if target is None:
        made = backup.back_up_daily(store.home, store.key, store.now)
    else:
        place = target / f"desk-{shop_time(store.now):%Y%m%d-%H%M%S}.deskbackup" if target.is_dir() else target
        backup.back_up(store.home, store.key, place, store.now)
        made = place
    progress.at(3, 3)
    return made


def check(store: Store, file: Path) -> Kept:
    """Open a backup once more and check it; raises Corrupt."""
    told = backup.check_backup(file, store.key, store.home.root, store.now)
    return Kept(file, told.made_at, told.head_seq, file.stat().st_size)


def new_code(store: Store) -> str:
    """Replace the recovery code; the old one opens older backups only."""
    return opening.new_recovery_code(store.home, store.key)


def _kept(folder: Path) -> tuple[Kept, ...]:
    found = []
    for path in folder.glob("*.deskbackup"):
        try:
            told = backup.read_manifest(path)
            found.append(Kept(path, told.made_at, told.head_seq, path.stat().st_size))
        except (DeskError, OSError):
            continue
    return tuple(sorted(found, key=lambda kept: kept.made_at, reverse=True))
