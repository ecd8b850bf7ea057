"""The end of a desk's data: a desk that left in order, or one that was lost, destroys its keys and then its files.

One small file beside the data is written first and says what is being done; whatever interrupts the destruction, the
next start finds that file and goes on (`finish`). When nothing else is left it stays, without a word of anybody's
data, so that the window can say why this computer is empty; a new branch or a backup that is brought back removes it.

Only files of ours are touched. What lies elsewhere (a backup on another disk) is encrypted, and opens by the recovery
code alone.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from deskapp import secrets
from deskapp.cipher import sync_folder, write_durably
from deskapp.clock import shop_time
from deskapp.errors import N_, Unavailable
from deskapp.paths import Home

log = logging.getLogger(__name__)

OVERWRITTEN: Final = 8 * 1024 * 1024
"""So many bytes of a file are overwritten before it goes: all of what is not encrypted, and of a database the pages
with which it begins. Its key is gone by then, which is what counts."""

_DATABASES: Final = ("", "-wal", "-shm", "-journal")
_AT_ONCE: Final = bytes(64 * 1024)

KeyringOf = Callable[[], "secrets.Keyring | None"]


class Why(StrEnum):
    """Why a desk's data ends."""

    RETIRED = "retired"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Ending:
    """What is kept of a desk: why and when it ended (ms UTC), its number, branch and server, and whether all is gone.

    `store_id` and `station` name keys in the keyring. `receipt` is the desk's signed word to its server that it was
    wiped, empty once the server has it or where none is due; `pin` and `proxy` belong to the line to that server.
    """

    why: Why
    at: int
    store_id: str
    station: str
    station_no: int
    site: str = ""
    server: str = ""
    pin: str = ""
    proxy: str = ""
    receipt: str = ""
    done: bool = False


def read(home: Home) -> Ending | None:
    """Return what ended here, or None. A file that cannot be read is none: nothing is destroyed on its word."""
    try:
        told = json.loads(home.ended.read_text("utf-8"))
        return Ending(**{**told, "why": Why(told["why"])})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        log.warning("the note about the end of this desk cannot be read")
        return None


def begin(home: Home, ending: Ending) -> None:
    """Decide for good that this desk's data ends; raises OSError where even that cannot be written."""
    write_durably(home.ended, json.dumps(asdict(ending), ensure_ascii=False, sort_keys=True).encode())


def forget(home: Home) -> None:
    """Something new begins at this place."""
    home.ended.unlink(missing_ok=True)


def receipt_given(home: Home) -> None:
    """The server knows that this desk was wiped: nothing more is due."""
    ending = read(home)
    if ending is not None and ending.receipt:
        begin(home, replace(ending, receipt=""))
        home.authority.unlink(missing_ok=True)


def finish(home: Home, keyring: KeyringOf = secrets.system_keyring) -> Ending | None:
    """Destroy what is to be destroyed and is still there; return what ended, or None where nothing did.

    The home must not be open in any program. Raises Unavailable where a file or a key could not be destroyed: the
    next start tries again.
    """
    ending = read(home)
    if ending is None or ending.done:
        return ending
    for step in steps(home, ending, keyring):
        log.info("destroyed: %s", step)
    left = [path.name for path in _files(home, ending)]
    if left:
        raise Unavailable(
            N_("This desk's data is being removed, but {file} is held by another program. Restart the computer."),
            code="ending", file=left[0],
        )  # fmt: skip
    whole = replace(ending, done=True)
    begin(home, whole)
    return whole


ENDED: Final = {
    Why.RETIRED: N_(
        "Desk {number} of {site} was taken out of service on {when}. Everything done here was handed to the server,"
        " and all data was removed from this computer."
    ),
    Why.LOST: N_(
        "Desk {number} of {site} was reported lost. On {when} the server had all data removed from this computer;"
        " what had not been sent is kept there aside. To work here again, connect with a new code."
    ),
}  # fmt: skip


def end_here(home: Home, keyring: KeyringOf, held: Callable[[Home], contextlib.AbstractContextManager[None]]) -> None:
    """Destroy what is to be destroyed of a desk whose data has ended, and tell by Unavailable (`ended`) that it has.

    `held` keeps every other program out meanwhile. Returns where something new has begun since.
    """
    found = read(home)
    if found is None or (found.done and home.database.exists()):
        forget(home)
        return
    with held(home):
        finish(home, keyring)
    when = f"{shop_time(found.at):%Y-%m-%d %H:%M}"
    raise Unavailable(
        ENDED[found.why], code="ended", number=f"{found.station_no:05d}", site=found.site or "–", when=when
    )


def steps(home: Home, ending: Ending, keyring: KeyringOf) -> Iterator[str]:
    """Do one thing after the other and name each: keys first, so that from then on nothing can be read any more.

    Raises Unavailable at the end where the keyring did not let a key go; the files are gone all the same.
    """
    trouble: Unavailable | None = None
    try:
        _forget_keys(ending, keyring)
    except Unavailable as error:
        trouble = error
    yield "keys"
    for path in _files(home, ending):
        _destroy(path)
        yield path.name
    for folder in _folders(home):
        for one in sorted(folder.rglob("*"), key=lambda path: len(path.parts), reverse=True):
            with contextlib.suppress(OSError):
                one.rmdir()
        with contextlib.suppress(OSError):
            folder.rmdir()
    sync_folder(home.root)
    if trouble is not None:
        raise trouble


def _forget_keys(ending: Ending, keyring: KeyringOf) -> None:
    """Destroy the data key and the station's key in the keyring; raises Unavailable where it does not let them go.

    A computer without a keyring holds them in files, which come next.
    """
    ring = keyring()
    if ring is None:
        return
    for name in (ending.store_id, f"{ending.store_id}.{ending.station}"):
        ring.forget(name)
        if ring.get(name) is not None:
            raise Unavailable(N_("The system's key store does not answer. Unlock it, then try again."), code="keyring")


def _folders(home: Home) -> tuple[Path, ...]:
    folders = (
        home.backups, home.papers, home.templates, home.quarantine, home.logs, home.root / "restoring",
        home.root / "checking",
    )  # fmt: skip
    return tuple(one for one in folders if one.is_dir() and not one.is_symlink())


def _files(home: Home, ending: Ending) -> Iterator[Path]:
    """Yield every file of ours that is there: what holds keys first, then what the keys opened, then all else."""
    singles = [home.vault, home.recovery, *home.root.glob("vault.db.*"), *home.root.glob("recovery.db.*")]
    for database in (home.database, home.journal_copy, home.blobs):
        singles += [Path(f"{database}{suffix}") for suffix in _DATABASES]
        singles += home.root.glob(f"{database.name}.*")
    singles += [home.identity, home.ballast, *home.root.glob("*.deskbackup*")]
    singles += [home.root / f"{name}.new" for name in (home.identity.name, home.ballast.name)]
    if not ending.receipt:  # by them the server is believed that takes the receipt; they are nobody's secret
        singles.append(home.authority)
    seen = set()
    for path in singles:
        if path not in seen and (path.is_symlink() or path.is_file()):
            seen.add(path)
            yield path
    for folder in _folders(home):
        yield from sorted(path for path in folder.rglob("*") if path.is_symlink() or path.is_file())


def _destroy(path: Path) -> None:
    """Overwrite and remove one file. One that another program holds stays, and is found by who looks afterwards."""
    try:
        if not path.is_symlink():
            size = min(path.stat().st_size, OVERWRITTEN)
            with path.open("r+b") as file:
                for start in range(0, size, len(_AT_ONCE)):
                    file.write(_AT_ONCE[: size - start])
                file.flush()
                os.fsync(file.fileno())
        path.unlink()
    except OSError as error:
        log.warning("%s could not be destroyed: %s", path.name, type(error).__name__)
