"""The server's database: SQLite in one file, or PostgreSQL by its address. The same statements run on both.

A write on SQLite is `BEGIN IMMEDIATE` with a WAL and full syncs, one at a time. On PostgreSQL it is READ COMMITTED
with row locks taken in the order of their keys, and a reader's transaction is REPEATABLE READ: one moment.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import create_engine
from sqlalchemy.pool import QueuePool, StaticPool

from deskapp import cipher
from deskapp.errors import N_, Corrupt, Unavailable
from deskapp.server import bulk, tables

T = TypeVar("T")
MANY = 500
"""Values in one `IN (...)`."""

FEW = 16
"""So many new rows go into a statement that may wait for others (PostgreSQL); more of them are copied."""

TRIES = 8
_AGAIN = ("40001", "40P01", "55P03", "23505")
"""PostgreSQL: a serialization failure, a deadlock, a lock not had, two who made the same row at once."""

COMMAND_OK = 1
"""libpq's word for a statement that went well (`ExecStatusType`)."""

_PATIENCE = "-c lock_timeout=20s -c statement_timeout=300s -c idle_in_transaction_session_timeout=60s"
"""A process that hangs in the middle (its machine stopped) must not hold a log's head for ever."""

_SQLITE = (
    "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA busy_timeout=5000", "PRAGMA cache_size=-4000",
    "PRAGMA temp_store=MEMORY", "PRAGMA trusted_schema=OFF", "PRAGMA wal_autocheckpoint=2000",
    "PRAGMA journal_size_limit=67108864",
)  # fmt: skip


def is_postgres(url: str) -> bool:
    """Say whether an address leads to PostgreSQL."""
    return url.startswith(("postgresql:", "postgres:"))


def sqlite_file(url: str) -> Path:
    """Return the file that an address means."""
    return Path(url.removeprefix("sqlite:///")).resolve()


class Transaction:
    """One transaction. Statements are written with `?`; on PostgreSQL they are told with `%s`.

    There single rows are not put at once: they wait for the next statement, and go along with the last one (`last`),
    which saves a way to the database for each. Nothing that is asked or written later misses them.
    """

    def __init__(self, driver: Any, postgres: bool, kept: dict[Any, Any] | None = None) -> None:
        """`kept` is what may be remembered from one transaction to the next, by whoever sees to it that it holds."""
        self._driver, self.postgres = driver, postgres
        self.kept = {} if kept is None else kept
        self.for_update = " FOR UPDATE" if postgres else ""
        self._waiting: dict[str, tuple[str, Sequence[Any]]] = {}

    def _say(self, sql: str) -> str:
        return sql.replace("?", "%s") if self.postgres else sql

    def settle(self) -> None:
        """Send what waits, as one statement."""
        waiting, self._waiting = self._waiting, {}
        if waiting:
            *ahead, (sql, values) = waiting.values()
            before, some = bulk.ahead(ahead)
            self._driver.execute(self._say(f"WITH {before} {sql}" if ahead else sql), [*some, *values])

    def later(self, table: str, sql: str, values: Sequence[Any]) -> None:
        """Run a statement that changes few rows of a table, from which nothing is wanted, with a later one."""
        if not self.postgres:
            self._driver.execute(sql, values)
            return
        if table in self._waiting:
            self.settle()
        self._waiting[table] = (sql, values)

    def last(self, sql: str, values: Sequence[Any]) -> Any:
        """Return the first row of a statement that begins with `WITH h AS (`, after all that waits: one way for all.

        It is written with `{after}` in a condition of `h`, so that the lock that `h` takes is the last one.
        """
        waiting, self._waiting = self._waiting, {}
        if not waiting:
            return self._driver.execute(self._say(sql.replace("{after}", "")), values).fetchone()
        before, some = bulk.ahead(list(waiting.values()))
        after = "".join(f" AND (SELECT count(*) FROM w{at}) IS NOT NULL" for at in range(len(waiting)))
        whole = f"WITH {before}, {sql.removeprefix('WITH ')}".replace("{after}", after)
        return self._driver.execute(self._say(whole), [*some, *values]).fetchone()

    def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run a statement; return how many rows it touched."""
        if self._waiting:
            self.settle()
        return int(self._driver.execute(self._say(sql), values).rowcount)

    def all(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """Return all rows of a question."""
        if self._waiting:
            self.settle()
        return list(self._driver.execute(self._say(sql), values).fetchall())

    def one(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """Return the first row of a question, or None."""
        if self._waiting:
            self.settle()
        return self._driver.execute(self._say(sql), values).fetchone()

    def among(self, sql: str, values: Sequence[Any], *before: Any) -> list[Any]:
        """Return all rows of a question with `IN (#)`, asked for many values in pieces; `before` are values ahead."""
        found: list[Any] = []
        for start in range(0, len(values), MANY):
            some = values[start : start + MANY]
            words, given = bulk.values_of(some) if self.postgres else (f"IN ({','.join('?' * len(some))})", some)
            found += self.all(sql.replace("IN (#)", words), (*before, *given))
        return found

    def put(self, table: str, rows: Sequence[Sequence[Any]], *, keep: bool = False) -> None:
        """Insert rows with all columns of a table; `keep`: what is there already stays."""
        if not rows:
            return
        columns = tuple(tables.metadata.tables[table].columns.keys()[: len(rows[0])])
        if self.postgres and len(rows) > 1:
            if keep or len(rows) <= FEW:
                self.later(table, *bulk.add(table, columns, rows, keep=keep))
            else:
                self.settle()
                bulk.copy(self._driver, table, columns, rows)
            return
        tail = " ON CONFLICT DO NOTHING" if keep else ""
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({','.join('?' * len(columns))}){tail}"
        if len(rows) == 1:
            self.later(table, sql, rows[0])
        else:
            self.many(sql, rows)

    def change(self, table: str, columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
        """Set columns of rows; the first is the key by which each is found, and none is there twice."""
        if self.postgres and rows:
            self.later(table, *bulk.change(table, columns, rows))
        else:
            told = ", ".join(f"{name} = ?" for name in columns[1:])
            self.many(f"UPDATE {table} SET {told} WHERE {columns[0]} = ?", [(*row[1:], row[0]) for row in rows])

    def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement once for each row."""
        if not rows:
            return
        if self._waiting:
            self.settle()
        if not self.postgres:
            self._driver.executemany(sql, rows)
        else:
            with self._driver.cursor() as cursor:
                cursor.executemany(self._say(sql), rows)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what is done inside, and only that, when it raises."""
        self.settle()
        self._driver.execute("SAVEPOINT part")
        try:
            yield
            self.settle()
        except BaseException:
            self._waiting = {}
            for words in ("ROLLBACK TO", "RELEASE") if self.postgres or self._driver.in_transaction else ():
                self._driver.execute(f"{words} SAVEPOINT part")
            raise
        self._driver.execute("RELEASE SAVEPOINT part")


class Database:
    """The open database. `url` is a file's path, `sqlite:///path` or `postgresql://...`."""

    def __init__(self, url: str, *, create: bool = True, connections: int = 10) -> None:
        self.postgres = is_postgres(url)
        self._door = threading.Lock()
        self._kept: dict[Any, Any] = {}
        if self.postgres:
            address = "postgresql+psycopg:" + url.partition(":")[2]
            known = {"autocommit": True, "application_name": "deskapp-server", "connect_timeout": 10}
            more = {} if "options=" in url else {"options": _PATIENCE}
            self._writer = self._reader = create_engine(
                address, pool_size=connections, max_overflow=4, pool_timeout=10, pool_pre_ping=False,
                connect_args={**known, **more},
            )  # fmt: skip
            hasty = more.get("options", "") + " -c synchronous_commit=off"
            self._quick = create_engine(
                address, pool_size=8, max_overflow=4, pool_timeout=10, pool_reset_on_return=None,
                connect_args={**known, **({"options": hasty} if more else {})},
            )  # fmt: skip
        else:
            self.path = sqlite_file(url)
            if not create and not self.path.exists():
                raise Unavailable(N_("There is no data at {place} yet."), place=self.path.name)
            cipher.gate()
            self._create(self.path)
            self._writer = create_engine("sqlite://", module=cipher.driver, creator=self._connect, poolclass=StaticPool)
            self._quick = self._reader = create_engine(
                "sqlite://", module=cipher.driver, creator=self._connect, poolclass=QueuePool, pool_size=connections
            )
        try:
            self._prepare()
        except Exception as error:
            if _is_broken(error) and self.postgres:
                reason = next(iter(str(error).strip().splitlines()), "")
                raise Unavailable(N_("The database cannot be reached: {reason}"), reason=reason) from error
            told = cipher.explain(error)
            if told is error:
                raise
            raise told from error

    @staticmethod
    def _create(path: Path) -> None:
        """Let nobody else on this computer read the file; it holds names, telephone numbers and signatures."""
        if not path.exists() and path.parent.is_dir():
            path.touch(0o600)

    def _connect(self) -> Any:
        connection = cipher.driver.connect(
            str(self.path), isolation_level=None, check_same_thread=False, cached_statements=256, timeout=5.0
        )
        for pragma in _SQLITE:
            connection.execute(pragma)
        return connection

    def _prepare(self) -> None:
        """Make what is missing; a newer format is refused."""
        with self.write() as tx:
            if self.postgres:
                tx.run("SELECT pg_advisory_xact_lock(7034211)")
                there = tx.one("SELECT to_regclass('meta')")[0] is not None
            else:
                there = tx.one("SELECT 1 FROM sqlite_master WHERE name = 'meta'") is not None
            if there and self._check(tx) == tables.SCHEMA:
                return
            self._make(tx)
            tx.run("DELETE FROM meta WHERE name = 'schema'")
            tx.put("meta", [("schema", str(tables.SCHEMA))])

    def _make(self, tx: Transaction) -> None:
        """Make the tables, columns and indexes that are not there; what is there stays."""
        from sqlalchemy.schema import CreateColumn, CreateIndex, CreateTable

        dialect = self._writer.dialect
        if self.postgres:
            tables.speak_postgresql()
        for table in tables.metadata.sorted_tables:
            known = self._columns(tx, table.name)
            if not known:
                tx.run(str(CreateTable(table).compile(dialect=dialect)))
            for column in table.columns:
                if known and column.name not in known:
                    told = CreateColumn(column).compile(dialect=dialect)
                    tx.run(f"ALTER TABLE {table.name} ADD COLUMN {told}")
            for index in table.indexes:
                tx.run(str(CreateIndex(index, if_not_exists=True).compile(dialect=dialect)))

    def _columns(self, tx: Transaction, table: str) -> set[str]:
        if self.postgres:
            sql = "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema()"
            return {row[0] for row in tx.all(f"{sql} AND table_name = ?", (table,))}
        return {row[0] for row in tx.all("SELECT name FROM pragma_table_info(?)", (table,))}

    def _check(self, tx: Transaction) -> int:
        row = tx.one("SELECT value FROM meta WHERE name = 'schema'")
        if row is None or int(row[0]) > tables.SCHEMA:
            raise Corrupt(N_("The server's data was written by a newer program."), code="newer")
        return int(row[0])

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

    def ask(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """Return the rows of one question, or of one statement that changes little and need not reach the disk.

        It is a transaction by itself, which on PostgreSQL saves three of four round trips.
        """
        pooled = self._quick.raw_connection()
        try:
            driver: Any = pooled.driver_connection
            return list(driver.execute(sql.replace("?", "%s") if self.postgres else sql, values).fetchall())
        except BaseException as error:
            if self.postgres and _is_broken(error):
                pooled.invalidate()
                self._quick.dispose()
            raise
        finally:
            pooled.close()

    @contextmanager
    def _transaction(self, engine: Any, begin: str) -> Iterator[Transaction]:
        pooled = engine.raw_connection()
        driver = pooled.driver_connection
        plain = _plain if self.postgres else _run
        try:
            plain(driver, begin)
            try:
                tx = Transaction(driver, self.postgres, self._kept)
                yield tx
                tx.settle()
            except BaseException:
                plain(driver, "ROLLBACK")
                raise
            try:
                plain(driver, "COMMIT")
            except BaseException:
                if not self.postgres:
                    plain(driver, "ROLLBACK")
                raise
        except BaseException as error:
            if self.postgres and _is_broken(error):
                # PostgreSQL was started again, or another one took over: no connection of before is of any use.
                pooled.invalidate()
                engine.dispose()
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
        """Write a copy of the SQLite database to a new file while it is in use (PostgreSQL: `copies`)."""
        self._create(target)
        pooled = self._reader.raw_connection()
        try:
            driver: Any = pooled.driver_connection
            driver.execute("VACUUM INTO ?", (str(target),))
        finally:
            pooled.close()
        with target.open("rb+") as file:
            os.fsync(file.fileno())

    def close(self) -> None:
        """Close all connections."""
        for engine in (self._writer, self._reader, self._quick):
            engine.dispose()


def _run(driver: Any, words: str) -> None:
    if words != "ROLLBACK" or driver.in_transaction:  # where the disk is full, SQLite undoes all of it by itself
        driver.execute(words)


def _plain(driver: Any, words: str) -> None:
    """Say BEGIN, COMMIT or ROLLBACK on PostgreSQL, for less than half of what a statement with a cursor costs."""
    result = driver.pgconn.exec_(words.encode())
    if result.status != COMMAND_OK:
        from psycopg.errors import error_from_result

        raise error_from_result(result)


class Again(Exception):
    """What was read before the locks were had is not true any more: begin the transaction again."""


def _is_broken(error: BaseException) -> bool:
    state = getattr(error, "sqlstate", "") or ""
    return type(error).__name__ in ("OperationalError", "InterfaceError") and not state.startswith(("40", "55"))
