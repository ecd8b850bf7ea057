"""The connections of a store as SQLAlchemy has them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool, StaticPool

from deskapp import cipher
from deskapp.models.canonical import canonical
from deskapp.models.checkpoints import AT_MOST
from deskapp.paths import Home

BEGIN = "BEGIN IMMEDIATE"
"""Begins an act: nobody else writes from here on."""


def engine_of(home: Home, key: bytes, *, writer: bool) -> Engine:
    """Return the engine of the one connection that writes, or of those that read."""

    def creator() -> cipher.Connection:
        connection = cipher.connect(home.database, key, writer=writer)
        if writer:
            connection.execute(f"PRAGMA wal_autocheckpoint={AT_MOST}")
        return connection

    pool: dict[str, Any] = {"poolclass": StaticPool} if writer else {"poolclass": QueuePool, "pool_size": 4}
    engine = create_engine(
        "sqlite://", module=cipher.driver, creator=creator, json_serializer=_json, query_cache_size=800, **pool
    )
    event.listen(engine, "begin", _begin_act if writer else _begin_reading)
    return engine


def _begin_reading(connection: Connection) -> None:
    _bare(connection).execute("BEGIN")


def _begin_act(connection: Connection) -> None:
    driver = _bare(connection)
    if not driver.in_transaction:  # an act that has come so far without the ORM began by itself
        driver.execute(BEGIN)


def _bare(connection: Connection) -> cipher.Connection:
    return connection.connection.driver_connection


def _json(value: Any) -> str:
    return canonical(value)
