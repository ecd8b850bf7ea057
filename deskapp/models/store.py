"""The one door to the data: commands go in one at a time, each is one commit; readers never wait for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from filelock import FileLock, Timeout
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from deskapp import __version__, cipher
from deskapp.clock import Clock, NewId, new_uuid7, stopwatch, system_clock
from deskapp.errors import N_, Corrupt, Unavailable
from deskapp.models import capture, copy, folding, rebase, schema, search, sync_state
from deskapp.models.absorb import Absorbed, Piece, take_in
from deskapp.models.absorb_session import AbsorbSession
from deskapp.models.act_session import ActSession
from deskapp.models.base import Base
from deskapp.models.capture import Capture, Last
from deskapp.models.checkpoints import Checkpoints
from deskapp.models.collection import no_collection
from deskapp.models.engine import engine_of
from deskapp.models.identity import Identity
from deskapp.models.journal import ChangeSet
from deskapp.models.local import Counter, StoreInfo
from deskapp.models.rows import Kept
from deskapp.models.write import REGISTRY, SYSTEM, Actor, Changes, Command, Done, Override, Write, command
from deskapp.paths import Home, resource
from deskapp.rules import access

T = TypeVar("T")
ReadSession = Session
"""What queries are handed: a session that cannot write."""

log = logging.getLogger(__name__)

__all__ = [
    "REGISTRY", "SYSTEM", "Actor", "Changes", "Command", "Done", "Override", "ReadSession", "Store", "Write",
    "command",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What this store is; fixed while it is open."""

    store_id: str
    station: str
    station_no: int
    site_id: str
    practice: bool
    made_at: int


class Store:
    """One open store. Only one process has it open, and only one thread at a time writes."""

    def __init__(self, home: Home, key: bytes, *, clock: Clock = system_clock, new_id: NewId = new_uuid7) -> None:
        """Open the store of a home, bringing an older one up to date.

        Raises Unavailable when another program has it, Corrupt when it is damaged or newer
        than this program.
        """
        cipher.gate()
        self.home = home
        self._clock = clock
        self._new_id = new_id
        self._kept_off: int | None = None
        self._closed = False
        self._door = threading.RLock()
        self.used_at = float("-inf")
        """When somebody last acted here, in seconds of the stopwatch: what can wait leaves the door to people then."""
        self.commits = 0
        """How often something was committed since the store was opened: whoever saw this number knows what is here."""
        self.contact = threading.Lock()
        """Held while one conversation with the server goes on: a store has only one at a time."""
        self.roles = access.load(resource("roles.toml").read_text("utf-8"))
        self._lock = FileLock(str(home.lock), timeout=0, thread_local=False)  # opened and closed by different threads
        try:
            self._lock.acquire()
        except Timeout:
            raise Unavailable(
                N_("deskapp is already open for this branch on this computer."), code="already_open"
            ) from None
        try:
            self._open(key)
        except (DBAPIError, cipher.DatabaseError) as error:
            self._lock.release()
            raise cipher.explain(getattr(error, "orig", None) or error) from error
        except BaseException:
            self._lock.release()
            raise

    def _open(self, key: bytes) -> None:
        schema.bring_up_to_date(self.home, key, self._clock())
        self._key = key
        self._kept = Kept()
        self.seeds = self._kept.seeds
        self._writer = engine_of(self.home, key, writer=True)
        self._readers = engine_of(self.home, key, writer=False)
        with self._session() as session:
            self._session_of_record(session)
        self._checkpoints = Checkpoints(lambda: cipher.connect(self.home.database, key))
        self._copy = copy.JournalCopy(self.home.journal_copy, key)
        self._failed: Exception | None = None
        with self.read() as session:
            self._copy.catch_up(session)

    def _session_of_record(self, session: Session) -> None:
        """Read what this store is, and lift its counters above every number it may have printed."""
        info = {row.key: row.value for row in session.scalars(select(StoreInfo))}
        self.identity = Identity.read(self.home.identity) or Identity(
            self.home.identity, info["store_id"], info["station"], int(info["station_no"])
        )
        if info.get("restored") == "1":
            self._lift_counters(session)
        self._over = sync_state.state(session, "retired") == "1"
        self.facts = StoreFacts(
            info["store_id"], info["station"], int(info["station_no"]), info.get("site_id", ""),
            info.get("practice") == "1", int(info["made_at"]),
        )  # fmt: skip

    def close_for_acts(self) -> None:
        """Take no more acts: this desk goes out of service, and nobody would ever hear of them."""
        with self._door:
            self._over = True

    def _lift_counters(self, session: Session) -> None:
        for letter in self.identity.high:
            day, sequence = self.identity.floor(letter)
            row = session.get(Counter, letter)
            if row is None or (row.day, row.value) < (day, sequence):
                session.merge(Counter(letter=letter, day=day, value=sequence))
        session.merge(StoreInfo(key="restored", value="0"))
        session.commit()

    # -- reading ---------------------------------------------------------------

    def keep_off(self, thread: int) -> None:
        """Forbid one thread, the window's, to touch the database at all."""
        self._kept_off = thread

    def _guard(self) -> None:
        if threading.get_ident() == self._kept_off:
            raise RuntimeError("the window's thread must not touch the database")
        if self._closed:  # whoever comes late, out of a network that hung, would open the file anew, and unlocked
            raise Unavailable(N_("deskapp is being closed."), code="closing")

    def _may_write(self) -> None:
        self._guard()
        if self._failed is not None:
            raise Unavailable(N_("Saving is stopped because the disk failed. Close and reopen deskapp."), code="frozen")

    @contextmanager
    def read(self) -> Iterator[ReadSession]:
        """Hand out a session that sees one moment of the data and cannot write."""
        self._guard()
        session = Session(self._readers, autoflush=False, expire_on_commit=False)
        try:
            yield session
        except (DBAPIError, cipher.DatabaseError) as error:
            raise cipher.explain(getattr(error, "orig", None) or error) from error
        finally:
            session.close()

    def ask(self, question: Callable[[ReadSession], T]) -> T:
        """Answer one question on a session of its own."""
        with self.read() as session:
            return question(session)

    # -- writing ---------------------------------------------------------------

    def run(self, act: Command[T], *, by: Actor = SYSTEM) -> Done[T]:
        """Do one act as one commit and return its answer and what it changed.

        Raises Refused or Forbidden when a rule says no (nothing is left behind), Unavailable
        when the disk or a lock is in the way, Corrupt when the file is damaged.
        """
        self._guard()
        if act.right:
            access.require(self.roles, by.roles, act.right)
        if by is not SYSTEM:
            self.used_at = stopwatch()
        with self._door:
            self._may_write()
            return self._run(act.with_uid(self._new_id), by, last_try=False)

    def _run(self, act: Command[T], by: Actor, *, last_try: bool) -> Done[T]:
        try:
            with no_collection(), self._session() as session:
                result, changes, entry = self._attempt(session, act, by)
        except (DBAPIError, cipher.DatabaseError, OSError) as error:
            # An OSError: the highest numbers are kept in a file beside the database.
            self._kept.forget_all()
            told = cipher.explain(getattr(error, "orig", None) or error)
            if getattr(told, "code", "") == "disk_full" and not (last_try or act.waits) and self._give_ballast():
                return self._run(act, by, last_try=True)
            self._freeze_on(told)
            raise told from error
        except BaseException:
            self._kept.forget_all()
            raise
        self.commits += 1
        self._checkpoints.committed()
        if entry is not None:
            self._copy.append(entry)
        if changes.touches("store_info"):
            with self._session() as session:
                self._session_of_record(session)
        return Done(result, changes)

    def _attempt(self, session: ActSession, act: Command[T], by: Actor) -> tuple[T, Changes, copy.Entry | None]:
        now = max(self._clock(), 0)
        caught = Capture()
        caught.listen(session)
        write = Write(
            session, now, by, self.facts.site_id, self.facts.station_no, self._new_id,
            self.identity.reserve, self.roles, self.facts.practice,
        )  # fmt: skip
        if act.trial:
            write.reserve = _reserve_nothing
        result = act.run(write)
        if act.trial:
            self._kept.forget_all()  # what was read may be what was tried
            return result, Changes(frozenset()), None
        session.note()
        folding.refold(session, caught.touched, now)
        if caught.journalled and self._over:
            raise Unavailable(N_("This desk was taken out of service."), code="retired")
        entry = self._journal(session, write, caught, act) if caught.journalled else None
        session.write()
        search.update(session, caught.touched)
        write.save_counters()
        records = frozenset(caught.touched)
        if self.identity.unsaved:
            self.identity.save()
        _commit(session)
        write.keep_counters()
        if entry is not None:
            self._kept.last = Last(entry.seq, entry.hash, entry.hlc)
        return result, Changes(records, entry.seq if entry else 0), entry

    def _journal(self, session: ActSession, write: Write, caught: Capture, act: Command[Any]) -> copy.Entry:
        session.note()
        rebase.keep_before(session, caught.images())
        operations = caught.operations(session, self._new_id, write.seen)
        if len(operations.made) > 1:
            self._kept.seeds.keep(act.uid, operations.seed)
        last = capture.last_entry(session)
        head = {
            "station": self.facts.station,
            "hlc": _next_hlc(last.hlc, write.now, self.facts.station_no),
            "staff": write.actor.staff_id,
            "command": act.name,
            "app_version": __version__,
            "schema": schema.VERSION,
        }
        row = capture.append(session, last, uid=act.uid, head=head, operations=operations, now=write.now)
        return copy.Entry.of(row, operations.personal, operations.made)

    def absorb(self, piece: Piece, *, fold: bool = True) -> Done[Absorbed]:
        """Take in a piece of what the server sent, as one commit that enters no journal.

        `fold` is only switched off for facts that no rule of this program understands. Raises Unavailable
        and Corrupt like `run`.
        """
        self._guard()
        with self._door:
            self._may_write()
            return self._absorb(piece, fold=fold)

    def _absorb(self, piece: Piece, *, fold: bool) -> Done[Absorbed]:
        try:
            with no_collection(), self._absorbing() as session:
                now = max(self._clock(), 0)
                done = take_in(session, piece, now)
                touched = done.touched
                session.on_change = partial(_note, touched)
                if fold:
                    folding.refold(session, touched, now)
                session.write()
                search.update(session, touched)
                _commit(session)
        except (DBAPIError, cipher.DatabaseError, OSError) as error:
            self._kept.forget_all()
            # The reserve on a full disk is for what people do here: what the server has can wait.
            told = cipher.explain(getattr(error, "orig", None) or error)
            self._freeze_on(told)
            raise told from error
        except BaseException:
            self._kept.forget_all()
            raise
        self.commits += 1
        self._checkpoints.committed()
        return Done(done, Changes(done.named.union(touched)))

    def _session(self) -> closing[ActSession]:
        return closing(ActSession(self._writer, self._kept))  # rolls back whatever was not committed

    def _absorbing(self) -> closing[AbsorbSession]:
        return closing(AbsorbSession(self._writer, self._kept))

    def _give_ballast(self) -> bool:
        """Give back the reserved file so that the open act can finish on a full disk."""
        if not self.home.ballast.exists():
            return False
        self.home.ballast.unlink()
        log.warning("disk full: ballast given back")
        return True

    def _freeze_on(self, told: Exception) -> None:
        if isinstance(told, Corrupt) or getattr(told, "code", "") == "disk_fault":
            self._failed = told
            log.error("writing stopped: %s", getattr(told, "code", ""))

    # -- life ------------------------------------------------------------------

    @property
    def now(self) -> int:
        """The time in ms UTC as commands see it."""
        return self._clock()

    def has(self, uid: str) -> bool:
        """Say whether an act with this uid was saved: the answer to "did it go through?"."""
        with self.read() as session:
            return session.scalar(select(ChangeSet.seq).where(ChangeSet.uid == uid)) is not None

    def recopy(self, *, anew: bool = False) -> None:
        """Bring the journal's copy up to date after entries were issued anew; `anew`: write all of it once more."""
        with self._door, self.read() as session:
            (self._copy.renew if anew else self._copy.catch_up)(session)

    def raw_writer(self) -> cipher.Connection:
        """Return a new raw connection for backup and idle checks; the caller closes it."""
        self._guard()
        return cipher.connect(self.home.database, self._key)

    @property
    def holds_readers(self) -> bool:
        """Tell whether connections that read stand open although nobody asks; each holds pages it has read."""
        return bool(self._readers.pool.checkedin())  # type: ignore[attr-defined]

    def rest(self) -> None:
        """Give back the memory that idle connections hold; the next question opens a connection again."""
        self._guard()
        if not self._readers.pool.checkedout():  # type: ignore[attr-defined]
            # Given up under a question, a pool would keep that connection until garbage is looked for.
            self._readers.dispose()
        self._checkpoints.rest()
        with self._door, self._writer.connect() as connection:
            connection.exec_driver_sql("PRAGMA shrink_memory")

    @property
    def key(self) -> bytes:
        """The data key, for backups."""
        return self._key

    def close(self) -> None:
        """Close every connection and let another program in; from then on nothing is read or written here."""
        with self._door:
            self._closed = True
            self._checkpoints.close()
            self._copy.close()
            self._writer.dispose()
            self._readers.dispose()
            self._lock.release()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


def _note(touched: dict[tuple[str, str], object], row: Base, _names: set[str]) -> None:
    touched.setdefault((row.__tablename__, row.__dict__["id"]), row)


def _commit(session: ActSession) -> None:
    """Make true what was done: the one place where it happens."""
    session.commit()


def _reserve_nothing(_letter: str, _day: str, _sequence: int) -> None:
    """A trial uses no numbers up."""


def _next_hlc(last: str, now: int, station_no: int) -> str:
    """Return the next stamp of the hybrid clock: ms, counter, station; it only goes up."""
    last_ms, last_count = (int(last[:15]), int(last[16:22])) if last else (0, 0)
    ms, count = (now, 0) if now > last_ms else (last_ms, last_count + 1)
    return f"{ms:015d}-{count:06d}-{station_no:05d}"
