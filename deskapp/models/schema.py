"""Making a store, and bringing an older one up to date in one transaction after a verified backup."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from deskapp import cipher
from deskapp.errors import N_, Corrupt
from deskapp.models import (  # noqa: F401 (imported so that the metadata knows every table)
    device,
    journal,
    local,
    merchant,
    migrations,
    people,
    repair,
    search,
    stock,
    sync_state,
    ticket,
    transfer,
    visit,
)
from deskapp.models.base import Base
from deskapp.models.identity import Identity
from deskapp.paths import Home

VERSION = 8

Migration = Callable[[cipher.Connection], None]


def create(
    home: Home,
    key: bytes,
    *,
    store_id: str,
    station: str,
    station_no: int,
    made_at: int,
    practice: bool = False,
) -> None:
    """Make an empty store in a home that has none.

    It is built under another name and renamed when whole, so that a power cut leaves no half store.
    """
    home.make()
    if home.database.exists():
        raise Corrupt(N_("There is already data at this place."), code="exists")
    building = home.database.with_suffix(".making")
    discard(building)
    connection = cipher.connect(building, key, writer=True, create=True)
    try:
        build(connection)
        facts = {
            "store_id": store_id, "station": station, "station_no": str(station_no), "made_at": str(made_at),
            "practice": "1" if practice else "0",
        }  # fmt: skip
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO store_info (key, value) VALUES (?, ?)", facts.items())
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
    Identity(home.identity, store_id, station, station_no).save()
    move_into_place(building, home.database)


def build(connection: cipher.Connection) -> None:
    """Create all tables and the search index on an empty connection, in one transaction."""
    engine = create_engine("sqlite://", module=cipher.driver, creator=lambda: connection, poolclass=StaticPool)
    connection.execute("BEGIN IMMEDIATE")
    with engine.connect() as bound:
        Base.metadata.create_all(bound, checkfirst=False)
        search.create(connection)
        connection.execute(f"PRAGMA application_id={cipher.APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={VERSION}")
        if connection.in_transaction:
            connection.execute("COMMIT")


def bring_up_to_date(home: Home, key: bytes, now: int) -> None:
    """Upgrade an older store; raises Corrupt, without touching a byte, for a foreign or a newer one."""
    connection = cipher.connect(home.database, key)
    try:
        version = check(connection)
    finally:
        connection.close()
    if version == VERSION:
        return
    from deskapp.models import backup

    backup.before_upgrade(home, key, version, now)
    writer = cipher.connect(home.database, key, writer=True)
    try:
        upgrade(writer, shipped_migrations(), VERSION)
    finally:
        writer.close()


def check(connection: cipher.Connection) -> int:
    """Return the version of the store's tables; raises Corrupt for a foreign or a newer file."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != cipher.APPLICATION_ID:
        raise Corrupt(N_("This file is not one of deskapp's."), code="foreign")
    if version > VERSION:
        raise Corrupt(
            N_(
                "This data was written by a newer deskapp (format {theirs}, this program knows {ours})."
                " Update deskapp on this computer; nothing was changed."
            ),
            code="newer", theirs=version, ours=VERSION,
        )  # fmt: skip
    return int(version)


def upgrade(connection: cipher.Connection, steps: Mapping[int, Migration], target: int) -> None:
    """Run every step above the store's version in one transaction with its record, or none of them."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    connection.execute("BEGIN IMMEDIATE")
    try:
        for number in range(version + 1, target + 1):
            steps[number](connection)
            connection.execute(f"PRAGMA user_version={number}")
        if target == VERSION:
            from deskapp.models.taking_up import take_up  # only after an update, and it needs every table's class

            take_up(connection)
        broken = connection.execute("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise Corrupt(N_("The data could not be brought up to date; the old data is untouched."))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def shipped_migrations() -> dict[int, Migration]:
    """Return the steps by number: `migrations/m0001_start.py` has `up(connection)` for number 1."""
    steps: dict[int, Migration] = {}
    for module in pkgutil.iter_modules(migrations.__path__):
        if module.name.startswith("m") and module.name[1:5].isdigit():
            loaded = importlib.import_module(f"{migrations.__name__}.{module.name}")
            steps[int(module.name[1:5])] = loaded.up
    return steps


def described(connection: cipher.Connection) -> list[tuple[str, str, str]]:
    """Return kind, name and text of everything in the schema, in a form that can be compared."""
    rows = connection.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_master ORDER BY 1, 2").fetchall()
    return [(kind, name, " ".join(sql.split())) for kind, name, sql in rows]


def discard(path: Path) -> None:
    """Remove a database with its log and shared-memory files."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(str(path) + suffix).unlink(missing_ok=True)


def move_into_place(new: Path, place: Path) -> None:
    """Put a finished, checkpointed file in place of another; no stray log of the old one may survive beside it."""
    for suffix in ("-wal", "-shm", "-journal"):
        Path(str(new) + suffix).unlink(missing_ok=True)
        Path(str(place) + suffix).unlink(missing_ok=True)
    new.replace(place)
    cipher.sync_folder(place.parent)
