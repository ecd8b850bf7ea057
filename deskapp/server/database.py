"""The server's database: SQLite in one file, or PostgreSQL by its address. The same statements run on both.

A write on SQLite is `BEGIN IMMEDIATE` with a WAL and full syncs, one at a time. On PostgreSQL it is READ COMMITTED
with row locks taken in the order of their keys, and a reader's transaction is REPEATABLE READ: one moment.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import create_engine
from sqlalchemy.pool import QueuePool, StaticPool

from deskapp import cipher
from deskapp.errors import N_, Corrupt, Refused, Unavailable
from deskapp.server import tables

T = TypeVar("T")
MANY = 500
"""Values in one `IN (...)`."""

TRIES = 8
_AGAIN = ("40001", "40P01", "55P03", "23505")
"""PostgreSQL: a serialization failure, a deadlock, a lock not had, two who made the same row at once."""

_SQLITE = (
    "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA busy_timeout=5000", "PRAGMA cache_size=-32000",
    "PRAGMA temp_store=MEMORY", "PRAGMA trusted_schema=OFF", "PRAGMA wal_autocheckpoint=2000",
    "PRAGMA journal_size_limit=67108864",
)  # fmt: skip


class Transaction:
    """One transaction. Statements are written with `?`; on PostgreSQL they are told with `%s`."""

    def __init__(self, driver: Any, postgres: bool) -> None:
        self._driver, self.postgres = driver, postgres
        self.for_update = " FOR UPDATE" if postgres else ""

    def _say(self, sql: str) -> str:
        return sql.replace("?", "%s") if self.postgres else sql

    def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run a statement; return how many rows it touched."""
        return int(self._driver.execute(self._say(sql), values).rowcount)

    def all(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """Return all rows of a question."""
        return list(self._driver.execute(self._say(sql), values).fetchall())

    def one(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """Return the first row of a question, or None."""
        return self._driver.execute(self._say(sql), values).fetchone()

    def among(self, sql: str, values: Sequence[Any], *before: Any) -> list[Any]:
        """Return all rows of a question with `IN (#)`, asked for many values in pieces; `before` are values ahead."""
        found: list[Any] = []
        for start in range(0, len(values), MANY):
            some = values[start : start + MANY]
            marks = ",".join("?" * len(some))
            found += self.all(sql.replace("#", marks), (*before, *some))
        return found

    def put(self, table: str, rows: Sequence[Sequence[Any]], *, keep: bool = False) -> None:
        """Insert rows with all columns of a table; `keep`: what is there already stays."""
        if not rows:
            return
        columns = tables.metadata.tables[table].columns.keys()[: len(rows[0])]
        tail = " ON CONFLICT DO NOTHING" if keep else ""
        marks = ",".join("?" * len(columns))
        self.many(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}){tail}", rows)

    def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement once for each row."""
        if not rows:
            return
        if not self.postgres:
            self._driver.executemany(sql, rows)
        elif len(rows) == 1:
            self._driver.execute(self._say(sql), rows[0])
        else:
            with self._driver.cursor() as cursor:
                cursor.executemany(self._say(sql), rows)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what is done inside, and only that, when it raises."""
        self._driver.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self._driver.execute("ROLLBACK TO SAVEPOINT part")
            self._driver.execute("RELEASE SAVEPOINT part")
            raise
        self._driver.execute("RELEASE SAVEPOINT part")


class Database:
    """The open database. `url` is a file's path, `sqlite:///path` or `postgresql://...`."""

    def __init__(self, url: str, *, create: bool = True, connections: int = 12) -> None:
        self.postgres = url.startswith(("postgresql:", "postgres:"))
        self._door = threading.Lock()
        if self.postgres:
            address = "postgresql+psycopg:" + url.partition(":")[2]
            self._writer = self._reader = create_engine(
                address, pool_size=connections, max_overflow=4, pool_timeout=10, pool_pre_ping=False,
                connect_args={"autocommit": True, "application_name": "deskapp-server"},
            )  # fmt: skip
        else:
            self.path = Path(url.removeprefix("sqlite:///")).resolve()
            if not create and not self.path.exists():
                raise Unavailable(N_("There is no data at {place} yet."), place=self.path.name)
            cipher.gate()
            self._writer = create_engine("sqlite://", module=cipher.driver, creator=self._connect, poolclass=StaticPool)
            self._reader = create_engine(
                "sqlite://", module=cipher.driver, creator=self._connect, poolclass=QueuePool, pool_size=connections
            )
        self._prepare()

    def _connect(self) -> Any:
        connection = cipher.driver.connect(
            str(self.path), isolation_level=None, check_same_thread=False, cached_statements=256, timeout=5.0
        )
        for pragma in _SQLITE:
            connection.execute(pragma)
        return connection

    def _prepare(self) -> None:
        """Make what is missing; a newer format is refused."""
        if self.postgres:
            with self.write() as tx:
                tx.run("SELECT pg_advisory_xact_lock(7034211)")
                if tx.one("SELECT to_regclass('meta')")[0] is None:
                    self._make(tx)
                self._check(tx)
            return
        with self.write() as tx:
            if tx.one("SELECT 1 FROM sqlite_master WHERE name = 'meta'") is None:
                self._make(tx)
            self._check(tx)

    def _make(self, tx: Transaction) -> None:
        from sqlalchemy.schema import CreateIndex, CreateTable

        dialect = self._writer.dialect
        for table in tables.metadata.sorted_tables:
            tx.run(str(CreateTable(table).compile(dialect=dialect)))
            for index in table.indexes:
                tx.run(str(CreateIndex(index).compile(dialect=dialect)))
        tx.put("meta", [("schema", str(tables.SCHEMA))])

    def _check(self, tx: Transaction) -> None:
        row = tx.one("SELECT value FROM meta WHERE name = 'schema'")
        if row is None or int(row[0]) > tables.SCHEMA:
            raise Corrupt(N_("The server's data was written by a newer program."), code="newer")

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Yield a transaction that is committed at the end, or undone when it raises."""
        if not self.postgres:
            self._door.acquire()
        try:
            with self._transaction(self._writer, "BEGIN" if self.postgres else "BEGIN IMMEDIATE") as tx:
                yield tx
        finally:
            if not self.postgres:
                self._door.release()

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Yield a transaction that sees one moment and changes nothing."""
        begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if self.postgres else "BEGIN"
        with self._transaction(self._reader, begin) as tx:
            yield tx

    @contextmanager
    def _transaction(self, engine: Any, begin: str) -> Iterator[Transaction]:
        pooled = engine.raw_connection()
        driver = pooled.driver_connection
        try:
            driver.execute(begin)
            try:
                yield Transaction(driver, self.postgres)
            except BaseException:
                driver.execute("ROLLBACK")
                raise
            try:
                driver.execute("COMMIT")
            except BaseException:
                if not self.postgres:
                    driver.execute("ROLLBACK")
                raise
        except BaseException as error:
            if self.postgres and _is_broken(error):
                pooled.invalidate()
            raise
        finally:
            pooled.close()

    def retrying(self, work: Callable[[Transaction], T]) -> T:
        """Do work in a write transaction; begins again where two got into each other's way (PostgreSQL)."""
        for _try in range(TRIES - 1):
            try:
                with self.write() as tx:
                    return work(tx)
            except Exception as error:
                if getattr(error, "sqlstate", None) not in _AGAIN and not isinstance(error, Again):
                    raise
        with self.write() as tx:
            return work(tx)

    def backup(self, target: Path) -> None:
        """Write a copy of the SQLite database to a new file while it is in use; raises Refused on PostgreSQL."""
        if self.postgres:
            raise Refused(N_("Back up PostgreSQL with its own tools (pg_dump, pg_basebackup)."))
        pooled = self._reader.raw_connection()
        try:
            driver: Any = pooled.driver_connection
            driver.execute("VACUUM INTO ?", (str(target),))
        finally:
            pooled.close()

    def close(self) -> None:
        """Close all connections."""
        self._writer.dispose()
        self._reader.dispose()


class Again(Exception):
    """What was read before the locks were had is not true any more: begin the transaction again."""


def _is_broken(error: BaseException) -> bool:
    state = getattr(error, "sqlstate", "") or ""
    return type(error).__name__ in ("OperationalError", "InterfaceError") and not state.startswith(("40", "55"))
