"""Backups that were opened and checked before they count, restoring them, and healing a damaged store.

A backup is one file: a plain zip holding the encrypted database, the photos' database,
the station's identity, the vault that the recovery code opens, a manifest, and the branch's own templates.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from deskapp import cipher
from deskapp.clock import shop_time
from deskapp.errors import N_, Corrupt, Unavailable
from deskapp.models import backup_rotation, backup_templates, copy, folding, replay, schema, search, second_copy
from deskapp.models.local import StoreInfo
from deskapp.paths import Home

log = logging.getLogger(__name__)

_DATABASE, _PHOTOS, _IDENTITY, _RECOVERY, _MANIFEST = (
    "desk.db", "photos.db", "identity.json", "recovery.db", "manifest.json",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds: which store, when, how far its journal goes, and the digest of the database."""

    store_id: str
    made_at: int
    schema: int
    head_seq: int
    head_hash: str
    rows: dict[str, int]
    database_sha256: str


@dataclass(frozen=True, slots=True)
class Healed:
    """What healing found and did."""

    backup: str
    backup_seq: int
    replayed: int
    set_aside: tuple[str, ...]


def back_up(home: Home, key: bytes, target: Path, now: int) -> Manifest:
    """Write one verified backup file to `target` (whole or not at all) and return its manifest.

    Raises Unavailable when the disk is full or the target cannot be written, Corrupt when the
    copy does not pass its checks.
    """
    work = target.with_name(target.name + ".making")
    shutil.rmtree(work, ignore_errors=True)
    try:
        work.mkdir(parents=True)
        _copy_database(home.database, work / _DATABASE, key)
        manifest = _verify(work / _DATABASE, key, now)
        if home.blobs.exists():
            _copy_database(home.blobs, work / _PHOTOS, key)
        for name, source in ((_IDENTITY, home.identity), (_RECOVERY, home.recovery)):
            if source.exists():
                shutil.copyfile(source, work / name)
        (work / _MANIFEST).write_text(json.dumps(asdict(manifest), sort_keys=True), "utf-8")
        packed = work / "packed.zip"
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
            for name in (_MANIFEST, _DATABASE, _PHOTOS, _IDENTITY, _RECOVERY):
                if (work / name).exists():
                    archive.write(work / name, name)
            backup_templates.pack(archive, home)
        _sync(packed)
        packed.replace(target)
        cipher.sync_folder(target.parent)
        return manifest
    except OSError as error:
        raise Unavailable(
            N_("The backup could not be written to {place}: {reason}"),
            code="backup", place=str(target), reason=error.strerror or type(error).__name__,
        ) from error  # fmt: skip
    except cipher.DatabaseError as error:
        raise cipher.explain(error) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def back_up_daily(home: Home, key: bytes, now: int) -> Path:
    """Write today's backup beside the data and let older ones go (`backup_rotation`); returns its path."""
    target = home.backups / f"desk-{shop_time(now):%Y%m%d-%H%M%S}.deskbackup"
    made = back_up(home, key, target, now)
    before = backup_rotation.cutoff(backup_rotation.erased_at(home, key), now)
    backup_rotation.rotate(home, made.store_id, before)
    return target


def before_upgrade(home: Home, key: bytes, version: int, now: int) -> Path:
    """Keep the store as it was before its tables change; it goes only for somebody who was erased since."""
    home.backups.mkdir(parents=True, exist_ok=True)
    target = home.backups / f"before-format-{version}-{shop_time(now):%Y%m%d-%H%M%S}.deskbackup"
    back_up(home, key, target, now)
    return target


def newest_backup(home: Home) -> tuple[Path, int] | None:
    """Return the newest backup beside the data and when it was made (ms UTC), or None."""
    found = sorted(home.backups.glob("*.deskbackup"), key=lambda path: path.stat().st_mtime)
    for path in reversed(found):
        try:
            return path, read_manifest(path).made_at
        except (Corrupt, Unavailable):
            continue
    return None


def read_manifest(file: Path) -> Manifest:
    """Return what a backup says of itself; raises Corrupt for anything else than a whole backup."""
    try:
        with zipfile.ZipFile(file) as archive:
            return Manifest(**json.loads(archive.read(_MANIFEST)))
    except FileNotFoundError:
        raise Unavailable(N_("There is no backup at {place}."), field="file", place=str(file)) from None
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise Corrupt(N_("This file is not a whole deskapp backup."), field="file", code="not_a_backup") from error


def check_backup(file: Path, key: bytes, folder: Path, now: int) -> Manifest:
    """Open a backup file once more, in a working folder, and check all that was checked when it was made.

    Raises Corrupt where it does not pass, or is not what it says of itself.
    """
    told = read_manifest(file)
    work = folder / "checking"
    shutil.rmtree(work, ignore_errors=True)
    try:
        with zipfile.ZipFile(file) as archive:
            archive.extract(_DATABASE, work)
        found = _verify(work / _DATABASE, key, now)
    except (OSError, zipfile.BadZipFile, KeyError) as error:
        raise Corrupt(N_("This file is not a whole deskapp backup."), code="not_a_backup") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if (found.head_hash, found.database_sha256) != (told.head_hash, told.database_sha256):
        raise Corrupt(N_("This file is not a whole deskapp backup."), code="not_a_backup")
    return told


def recovery_vault(file: Path, folder: Path) -> Path:
    """Take the vault that the recovery code opens out of a backup, into a folder.

    Raises Unavailable where there is no such file or no vault in it, Corrupt for anything else than a backup.
    """
    read_manifest(file)
    with zipfile.ZipFile(file) as archive:
        if _RECOVERY not in archive.namelist():
            raise Unavailable(N_("This backup holds no recovery key; it opens only on its own computer."))
        return Path(archive.extract(_RECOVERY, folder))


def restore(file: Path, home: Home, key: bytes, now: int) -> Manifest:
    """Put a backup in place of the store of a home, and apply what a journal copy knows beyond it.

    That is the copy beside the data, or the one that lies beside the backup on its disk. The old files
    are set aside, never deleted. The highest numbers used so far stay used.
    Raises Corrupt when the backup does not open with the key or does not pass its checks.
    """
    manifest = read_manifest(file)
    home.make()
    work = home.root / "restoring"
    shutil.rmtree(work, ignore_errors=True)
    try:
        with zipfile.ZipFile(file) as archive:
            archive.extractall(work, [name for name in archive.namelist() if name in _KNOWN])
            backup_templates.unpack(archive, home)
        _verify(work / _DATABASE, key, now)
        beside = second_copy.copies_in(file.parent, manifest.store_id)
        entries = _fitting_entries(home, key, manifest, beside)
        _prepare(work / _DATABASE, key, entries, now)
        set_aside(home, now)
        _merge_identity(work / _IDENTITY, home)
        for one in beside:
            _merge_identity(second_copy.numbers_of(one), home)
        if (work / _PHOTOS).exists():
            schema.move_into_place(work / _PHOTOS, home.blobs)
        if (work / _RECOVERY).exists():
            shutil.copyfile(work / _RECOVERY, home.recovery)
        schema.move_into_place(work / _DATABASE, home.database)
    except cipher.DatabaseError as error:
        raise cipher.explain(error) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return manifest


_KNOWN = frozenset({_DATABASE, _PHOTOS, _IDENTITY, _RECOVERY})


def heal(home: Home, key: bytes, now: int) -> Healed:
    """Rebuild a damaged store from the newest backup that opens, and the journal copy's change sets after it.

    Raises Unavailable when there is no usable backup: then the recovery page takes over.
    """
    for path in sorted(home.backups.glob("*.deskbackup"), key=lambda one: one.stat().st_mtime, reverse=True):
        try:
            manifest = read_manifest(path)
            entries = _fitting_entries(home, key, manifest)
            aside = _names_aside(home, now)
            restore(path, home, key, now)
            return Healed(path.name, manifest.head_seq, len(entries), aside)
        except Corrupt as error:
            log.warning("backup %s not usable: %s", path.name, error.code)
    raise Unavailable(
        N_(
            "The data is damaged and there is no backup beside it."
            " Choose a backup file, from the USB disk for instance."
        ),
        code="no_backup",
    )


def set_aside(home: Home, now: int) -> None:
    """Move the database and its companions into the folder for damaged files."""
    folder = home.quarantine / f"{shop_time(now):%Y%m%d-%H%M%S}"
    for path in (home.database, home.blobs):
        for suffix in ("", "-wal", "-shm"):
            piece = Path(str(path) + suffix)
            if piece.exists():
                folder.mkdir(parents=True, exist_ok=True)
                piece.replace(folder / piece.name)


def integrity(home: Home, key: bytes, *, thorough: bool = False) -> list[str]:
    """Return what the database's own checks find wrong; an empty list means nothing.

    Reads every page, and each page carries a keyed check sum, so silent damage is seen too.
    """
    try:
        connection = cipher.connect(home.database, key)
    except (Corrupt, Unavailable) as error:
        return [error.code or str(error)]
    try:
        pragma = "integrity_check" if thorough else "quick_check"
        found = [row[0] for row in connection.execute(f"PRAGMA {pragma}(20)").fetchall()]
        return [] if found == ["ok"] else found
    except cipher.DatabaseError as error:
        return [str(error)]
    finally:
        connection.close()


def check_journal(home: Home, key: bytes) -> int:
    """Return how many entries the journal has, looked at from outside; raises Corrupt where its chain is broken."""
    connection = cipher.connect(home.database, key)
    try:
        with _session_on(connection) as session:
            return replay.verify_chain(session)
    finally:
        connection.close()


# -- pieces --------------------------------------------------------------------


def _copy_database(source: Path, target: Path, key: bytes) -> None:
    reading = cipher.connect(source, key)
    writing = cipher.connect(target, key, writer=True, create=True)
    try:
        reading.backup(writing)  # in one step, so that a writer beside it cannot make it start again for ever
        writing.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        writing.execute("PRAGMA journal_mode=DELETE")
    finally:
        writing.close()
        reading.close()
    _sync(target)


def _verify(path: Path, key: bytes, now: int) -> Manifest:
    """Open a copied database and check structure, every page, the journal's chain and that rows can be read."""
    connection = cipher.connect(path, key)
    try:
        version = schema.check(connection)
        found = [row[0] for row in connection.execute("PRAGMA integrity_check(5)").fetchall()]
        if found != ["ok"]:
            raise Corrupt(N_("The copy of the data did not pass its check."), code="damaged")
        rows = {
            name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
            for name in ("service_ticket", "repair_order", "repair_item", "device", "merchant", "change_set")
        }
        (store_id,) = connection.execute("SELECT value FROM store_info WHERE key = 'store_id'").fetchone()
        with _session_on(connection) as session:
            seq, last = replay.head(session)
            replay.verify_chain(session)
    except cipher.DatabaseError as error:
        raise Corrupt(N_("The copy of the data did not pass its check."), code="damaged") from error
    finally:
        connection.close()
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return Manifest(str(store_id), now, version, seq, last, rows, digest.hexdigest())


def _fitting_entries(home: Home, key: bytes, manifest: Manifest, beside: tuple[Path, ...] = ()) -> list[copy.Entry]:
    """Return the entries of a journal copy that continue exactly where the backup ends; the longest answer counts."""
    found = [_continuing(path, key, manifest) for path in (home.journal_copy, *beside)]
    return max(found, key=len)


def _continuing(path: Path, key: bytes, manifest: Manifest) -> list[copy.Entry]:
    entries = copy.read_entries(path, key, manifest.head_seq)
    fitting: list[copy.Entry] = []
    seq, prev = manifest.head_seq, manifest.head_hash
    for entry in entries:
        if entry.seq != seq + 1 or entry.prev != prev:
            break
        fitting.append(entry)
        seq, prev = entry.seq, entry.hash
    return fitting


def _prepare(path: Path, key: bytes, entries: list[copy.Entry], now: int) -> None:
    """Bring a restored database up to date, add the missing change sets, and mark it as restored."""
    connection = cipher.connect(path, key, writer=True)
    try:
        if schema.check(connection) < schema.VERSION:
            schema.upgrade(connection, schema.shipped_migrations(), schema.VERSION)
        with _session_on(connection) as session:
            for entry in entries:
                replay.apply(session, entry)
            session.merge(StoreInfo(key="restored", value="1"))
            session.merge(StoreInfo(key="restored_at", value=str(now)))
            if entries:
                session.flush()
                folding.refold_everything(session, now)
                session.flush()
                search.drop_and_rebuild(session)
            session.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def _session_on(connection: cipher.Connection) -> Session:
    engine = create_engine("sqlite://", module=cipher.driver, creator=lambda: connection, poolclass=StaticPool)
    return Session(engine, expire_on_commit=False)


def _merge_identity(restored: Path, home: Home) -> None:
    """Keep the higher of the numbers known beside the store and those in the backup."""
    from deskapp.models.identity import Identity

    theirs = Identity.read(restored)
    ours = Identity.read(home.identity)
    if theirs is None:
        return
    if ours is None or ours.store_id != theirs.store_id:
        ours = Identity(home.identity, theirs.store_id, theirs.station, theirs.station_no, theirs.high)
    else:
        for letter, mark in theirs.high.items():
            ours.high[letter] = max(mark, ours.high.get(letter, ["", 0]))
    ours.save()


def _names_aside(home: Home, now: int) -> tuple[str, ...]:
    names: list[Any] = [path.name for path in (home.database, home.blobs) if path.exists()]
    return tuple(names)


def _sync(path: Path) -> None:
    import os

    with path.open("rb+") as file:
        os.fsync(file.fileno())
