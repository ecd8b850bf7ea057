"""Everything between a folder and an open store: is the place fit, where is the key, what can be seen at once.

Imports no ORM: the key is found from here before anything heavy is loaded.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deskapp import cipher, secrets
from deskapp.clock import new_uuid7
from deskapp.errors import N_, Corrupt, Refused, Unavailable
from deskapp.models import ending
from deskapp.models.identity import Identity
from deskapp.paths import Home

log = logging.getLogger(__name__)

BALLAST_BYTES: Final = 64 * 1024 * 1024
LOW_DISK_BYTES: Final = 2 * 1024**3
CLOCK_TOLERANCE_MS: Final = 5 * 60_000
PROVISIONAL: Final = range(90_000, 100_000)
"""Station numbers a desk gives itself before any server has given it one."""

PRACTICE_PASSPHRASE: Final = "practice branch"
"""Opens a practice store where there is no keyring. Public, like the practice PINs: nothing in there is real."""

_REMOTE = frozenset(
    "nfs nfs4 cifs smb3 smbfs afs ncpfs davfs fuse.sshfs fuse.davfs2 fuse.rclone fuse.gvfsd-fuse vboxsf".split()
)
_SYNCED = (
    "onedrive", "dropbox", "google drive", "googledrive", "icloud", "nextcloud", "owncloud", "syncthing",
    "nutstore", "坚果云", "weiyun", "微云", "baidunetdisk", "baidusyncdisk", "百度网盘", "百度云同步盘", "阿里云盘",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Concern:
    """Something to tell people that stops nobody: a message id with its values."""

    code: str
    sentence: str
    values: Mapping[str, object] = field(default_factory=dict)


# -- the place -----------------------------------------------------------------


def check_place(home: Home) -> None:
    """Refuse folders that other computers write to: the file would be torn. Raises Unavailable."""
    place = home.root.resolve()
    for part in place.parts:
        name = part.lower().strip()
        if any(name == known or name.startswith(f"{known} ") for known in _SYNCED):
            raise Unavailable(
                N_(
                    "The data would lie in the folder “{folder}”, which a program copies to other computers."
                    " That destroys it. Choose a folder outside."
                ),
                code="synced_folder", folder=part,
            )  # fmt: skip
    if _is_remote(place):
        raise Unavailable(
            N_("The data would lie on a network drive ({place}). Choose a folder on this computer's own disk."),
            code="network_drive", place=str(place),
        )  # fmt: skip


def _is_remote(place: Path) -> bool:
    if sys.platform == "win32":
        import ctypes

        if str(place).startswith("\\\\"):
            return True
        drive: int = ctypes.windll.kernel32.GetDriveTypeW(place.anchor)
        return drive == 4
    try:
        lines = Path("/proc/mounts").read_text("utf-8", "replace").splitlines()
    except OSError:
        return False
    return filesystem_of(place, lines) in _REMOTE


def filesystem_of(place: Path, mounts: list[str]) -> str:
    """Return the kind of file system a place lies on, given the lines of the table of mounts."""
    best, kind = -1, ""
    for line in mounts:
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(fields[1].replace("\\040", " "))
        if (place == point or point in place.parents) and len(point.parts) >= best:
            best, kind = len(point.parts), fields[2]
    return kind


def free_bytes(folder: Path) -> int:
    """Return the free space of the disk a folder lies on, or of its nearest folder that exists."""
    import shutil

    there = next(one for one in (folder, *folder.parents) if one.exists())
    return shutil.disk_usage(there).free


def tend_disk(home: Home) -> list[Concern]:
    """Make the ballast file where the disk has room for it, and tell when the disk gets full."""
    free = free_bytes(home.root)
    if not home.ballast.exists() and free > LOW_DISK_BYTES + BALLAST_BYTES:
        try:
            _make_ballast(home.ballast)
        except OSError as error:
            log.warning("no ballast: %s", type(error).__name__)
    if free >= LOW_DISK_BYTES:
        return []
    sentence = N_("The disk is getting full: only {megabytes} MB are free. Make room before nothing can be saved.")
    return [Concern("disk_low", sentence, {"megabytes": free // 2**20})]


def _make_ballast(path: Path) -> None:
    building = path.with_name(path.name + ".new")
    with building.open("wb") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, BALLAST_BYTES)
        else:
            for _piece in range(BALLAST_BYTES // 2**20):
                file.write(os.urandom(1024) * 1024)  # not zeros: a compressing disk would keep nothing
    building.replace(path)


def clock_concern(last_at: int, now: int) -> Concern | None:
    """Tell when the computer's clock stands before the newest act: numbers stay right, dates would not."""
    if last_at <= now + CLOCK_TOLERANCE_MS:
        return None
    sentence = N_(
        "This computer's clock stands before the last entry. Set date and time; numbers and order stay right"
        " in any case."
    )
    return Concern("clock_back", sentence)


# -- making a store ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fresh:
    """The secrets of a store that is being made; nothing is on the disk yet."""

    key: bytes = field(default_factory=secrets.new_key, repr=False)
    recovery_code: str = field(default_factory=secrets.new_recovery_code, repr=False)


def practice_home(home: Home) -> Home:
    """Return the home of the practice branch beside a real one; they share nothing."""
    return Home(home.root.with_name(home.root.name + "-practice"))


def exists(home: Home) -> bool:
    """Say whether there is a store, whole or damaged, in a home."""
    return home.database.exists()


def make(
    home: Home,
    fresh: Fresh,
    *,
    now: int,
    passphrase: str | None,
    keyring: secrets.Keyring | None,
    practice: bool = False,
) -> None:
    """Make an empty store: the key is kept first, the store appears last, so that none is ever without its key.

    An unfinished store of an earlier try (nobody works there) is replaced. Raises Refused for a
    short passphrase, Unavailable where the place is not fit or the key cannot be kept.
    """
    from deskapp.models import schema

    check_place(home)
    home.make()
    if exists(home):
        raise Corrupt(N_("There is already data at this place."), code="exists")
    ending.forget(home)
    store_id = new_uuid7()
    secrets.keep_key(home.vault, store_id, fresh.key, passphrase, keyring)
    secrets.lock_away(home.recovery, fresh.key, secrets.plain_code(fresh.recovery_code))
    for stray in (home.journal_copy, home.blobs):
        schema.discard(stray)
    schema.create(
        home, fresh.key, store_id=store_id, station=new_uuid7(), station_no=provisional_number(), made_at=now,
        practice=practice,
    )  # fmt: skip


def provisional_number() -> int:
    """Return a random station number of the range that desks give themselves."""
    return PROVISIONAL[int.from_bytes(os.urandom(4)) % len(PROVISIONAL)]


def unfinished(home: Home, key: bytes) -> bool:
    """Say whether the first start broke off: a store in which nobody has a PIN and nobody has done anything.

    Where it broke off after the server had taken the desk in, colleagues may be known already.
    """
    connection = cipher.connect(home.database, key)
    people: int
    acts: int
    try:
        (people,) = connection.execute("SELECT count(*) FROM staff_secret").fetchone()
        (acts,) = connection.execute("SELECT count(*) FROM change_set WHERE staff <> ''").fetchone()
        return not people and not acts
    finally:
        connection.close()


def connected(home: Home, key: bytes) -> bool:
    """Say whether a server has taken this desk in; such a first start goes on, and needs no second code."""
    connection = cipher.connect(home.database, key)
    try:
        told = connection.execute("SELECT value FROM sync_state WHERE key = 'server'").fetchone()
        return bool(told and told[0]) and unfinished(home, key)
    finally:
        connection.close()


# -- the key -------------------------------------------------------------------


def find_key(
    home: Home,
    passphrase: str | None = None,
    keyring: Callable[[], secrets.Keyring | None] = secrets.system_keyring,
) -> bytes:
    """Return the data key of a home.

    Raises Unavailable with code `no_store`, `needs_passphrase` or `no_key`, and Refused for a
    wrong passphrase. The keyring is asked only when there is no vault. Where this desk's data has ended, what is left
    of it is destroyed before anything else, and Unavailable with code `ended` says so.
    """
    if home.ended.exists():
        ending.end_here(home, keyring, held)
    if not exists(home):
        raise Unavailable(N_("There is no data at {place} yet."), code="no_store", place=str(home.root))
    if home.vault.exists():
        return secrets.find_key(home.vault, "", passphrase if passphrase is not None else _public(home), None)
    identity = Identity.read(home.identity)
    return secrets.find_key(home.vault, identity.store_id if identity else "", None, keyring() if identity else None)


def _public(home: Home) -> str | None:
    """Return the practice passphrase where it opens the vault."""
    if not home.root.name.endswith("-practice"):
        return None
    try:
        secrets.take_out(home.vault, PRACTICE_PASSPHRASE)
    except Refused:
        return None
    return PRACTICE_PASSPHRASE


def key_from_code(home: Home, code: str) -> bytes:
    """Return the data key by the recovery code; raises Refused when the code is not this store's."""
    letters = secrets.plain_code(code)
    if not home.recovery.exists():
        raise Unavailable(N_("The recovery file of this store is missing. Use a backup."), code="no_recovery")
    return _taken(home.recovery, letters)


def new_recovery_code(home: Home, key: bytes) -> str:
    """Replace the recovery code and return the new one; the old one opens older backups only."""
    code = secrets.new_recovery_code()
    secrets.lock_away(home.recovery, key, secrets.plain_code(code))
    return code


def keep_key_here(home: Home, key: bytes, passphrase: str | None, keyring: secrets.Keyring | None) -> None:
    """Let this computer open a store again after it was opened by the recovery code."""
    identity = Identity.read(home.identity)
    if identity is None:
        identity = _identity_inside(home, key)
        identity.save()
    secrets.keep_key(home.vault, identity.store_id, key, passphrase, keyring)
    if passphrase is None:
        home.vault.unlink(missing_ok=True)


def _identity_inside(home: Home, key: bytes) -> Identity:
    connection = cipher.connect(home.database, key)
    try:
        info = dict(connection.execute("SELECT key, value FROM store_info").fetchall())
    finally:
        connection.close()
    return Identity(home.identity, info["store_id"], info["station"], int(info["station_no"]))


def _taken(vault: Path, letters: str) -> bytes:
    try:
        return secrets.take_out(vault, letters)
    except Refused as error:
        raise Refused(error.sentence, field="recovery_code", code=error.code) from None


@contextlib.contextmanager
def held(home: Home) -> Iterator[None]:
    """Hold a home against every other program while its files are exchanged; raises Unavailable."""
    from filelock import FileLock, Timeout

    home.root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(str(home.lock), timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise Unavailable(
            N_("deskapp is already open for this branch on this computer."), code="already_open"
        ) from None
    try:
        yield
    finally:
        lock.release()


# -- restoring -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back: when the backup was made, the tickets and devices in it, and a new station number or 0."""

    made_at: int
    tickets: int
    devices: int
    new_station_no: int


def restore(
    home: Home, file: Path, *, now: int, code: str = "", key: bytes | None = None, passphrase: str | None = None,
    keyring: secrets.Keyring | None = None,
) -> Restored:  # fmt: skip
    """Put a backup in place, on its own computer or on a new one.

    Its own computer gives the `key`; on a new one the recovery `code` opens the key inside the
    backup, and passphrase or keyring keep it here. Where the numbers used since the backup are
    unknown the station takes a new number, so that no printed number comes twice. A backup of
    another store is refused while there is data here.
    """
    from deskapp.models import backup

    check_place(home)
    manifest = backup.read_manifest(file)
    ours = Identity.read(home.identity) if exists(home) else None
    if ours is not None and ours.store_id != manifest.store_id:
        raise Refused(
            N_("This backup belongs to another branch, and there is data here already. Nothing was changed."),
            field="file", code="other_store",
        )  # fmt: skip
    if key is None:
        key = key_in_backup(file, code)
    known = ours is not None
    if not known:
        home.make()
        for stray in (home.journal_copy, home.identity):
            _discard(stray)
        secrets.keep_key(home.vault, manifest.store_id, key, passphrase, keyring)
    backup.restore(file, home, key, now)
    number = 0 if known else _renumber(home, key)
    return Restored(manifest.made_at, manifest.rows.get("service_ticket", 0), manifest.rows.get("device", 0), number)


def key_in_backup(file: Path, code: str) -> bytes:
    """Return the data key of a backup by its recovery code; raises Refused or Unavailable."""
    import tempfile

    from deskapp.models import backup

    letters = secrets.plain_code(code)
    with tempfile.TemporaryDirectory() as folder:
        return _taken(backup.recovery_vault(file, Path(folder)), letters)


def _renumber(home: Home, key: bytes) -> int:
    identity = Identity.read(home.identity) or _identity_inside(home, key)
    identity.station_no = provisional_number()
    identity.save()
    connection = cipher.connect(home.database, key, writer=True)
    try:
        connection.execute("UPDATE store_info SET value = ? WHERE key = 'station_no'", (str(identity.station_no),))
    finally:
        connection.close()
    return identity.station_no


def _discard(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(str(path) + suffix).unlink(missing_ok=True)
