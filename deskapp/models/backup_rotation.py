"""When backups go: all but the newest ten of those beside the data, and whatever still holds somebody who was erased.

A backup of before an erasure goes once `GRACE_MS` have passed since and a newer one was checked: until then it may be
the only thing that a damaged disk leaves. What was set aside as damaged goes by the same term. Brought back before
that, a backup is emptied again by the next contact with the server (docs/decisions/0016-what-erasing-reaches.md).
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from deskapp import cipher
from deskapp.clock import shop_time
from deskapp.errors import Corrupt, Unavailable
from deskapp.models.erasing import erasures
from deskapp.paths import Home

log = logging.getLogger(__name__)

KEPT: Final = 10
GRACE_MS: Final = 14 * 24 * 3600 * 1000
"""As long as the server's logs tell in clear what was erased since."""


def cutoff(times: Iterable[int], now: int) -> int:
    """Return the time (ms UTC) before which no backup is kept any more; 0 where all may be kept."""
    return max((at for at in times if at + GRACE_MS <= now), default=0)


def erased_at(home: Home, key: bytes) -> list[int]:
    """Return when somebody was erased at this desk (ms UTC)."""
    connection = cipher.connect(home.database, key)
    try:
        return erasures(connection)
    finally:
        connection.close()


def rotate(home: Home, store_id: str, before: int) -> list[str]:
    """Let the backups beside the data go whose time is over; return the names of those that went."""
    gone = sorted(home.backups.glob("desk-*.deskbackup"))[:-KEPT]
    for old in gone:
        old.unlink()
    names = [old.name for old in gone] + rotate_in(home.backups, store_id, before)
    limit = f"{shop_time(before):%Y%m%d-%H%M%S}" if before else ""
    for folder in sorted(home.quarantine.glob("*")) if home.quarantine.is_dir() else ():
        if folder.is_dir() and folder.name < limit:
            shutil.rmtree(folder, ignore_errors=True)
            names.append(folder.name)
    return names


def rotate_in(folder: Path, store_id: str, before: int) -> list[str]:
    """Let this store's backups of before a time go from any folder, if one of after it is there."""
    from deskapp.models.backup import read_manifest

    old, newer = [], False
    for path in sorted(folder.glob("*.deskbackup")) if before else ():
        try:
            told = read_manifest(path)
        except (Corrupt, Unavailable):
            continue
        if told.store_id == store_id:
            newer = newer or told.made_at >= before
            old += [path] if told.made_at < before else []
    gone = []
    for path in old if newer else ():
        try:
            path.unlink()
            gone.append(path.name)
        except OSError as error:
            log.warning("a backup with somebody who was erased could not be removed: %s", type(error).__name__)
    return gone
