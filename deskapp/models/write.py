"""What a command is handed: a session, the time, who acts, fresh ids and numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import wraps
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from sqlalchemy.orm import Session

from deskapp.clock import shop_day
from deskapp.errors import N_, Refused
from deskapp.models.act_session import ActSession, driver_of
from deskapp.models.base import Base
from deskapp.models.people import Staff, Voucher
from deskapp.rules import access, numbers
from deskapp.settings import Values, load

T = TypeVar("T")
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Actor:
    """The person who acts."""

    staff_id: str
    staff_no: str
    name: str
    roles: tuple[str, ...]


SYSTEM = Actor("", "system", "", ("system",))


@dataclass(frozen=True, slots=True)
class Override:
    """A second person's consent, checked a moment ago, with the reason that goes into the history."""

    token: str
    reason: str


@dataclass(slots=True)
class Write:
    """Everything one act may use. Commands take time, people, ids and numbers from here and nowhere else."""

    session: Session
    now: int
    actor: Actor
    site_id: str
    station_no: int
    new_id: Callable[[], str]
    reserve: Callable[[str, str, int], None]
    roles: access.Roles
    practice: bool = False
    seen: dict[tuple[str, str], str] = field(default_factory=dict)
    _counters: dict[str, tuple[str, int]] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)
    _settings: Values | None = None

    def number(self, letter: str) -> str:
        """Return the next number of a document: R order, T ticket, K slip, C receipt, Q quote, M, V."""
        day, sequence = self._next(letter, shop_day(self.now).isoformat())
        # The counter's day, not the clock's: a clock set back must neither reset nor repeat a sequence.
        return numbers.make(letter, self.station_no, date.fromisoformat(day), sequence)

    def label(self, letter: str) -> str:
        """Return the next label number: D device, A accessory, P part, L shelf, U badge."""
        _day, sequence = self._next(letter, "")
        return numbers.make_label(letter, self.station_no, sequence)

    def _next(self, letter: str, today: str) -> tuple[str, int]:
        if not self._counters:
            self._counters.update(self._known_counters())
        day, value = self._counters.get(letter, (today, 0))
        if today > day:
            day, value = today, 0
        self._counters[letter] = (day, value + 1)
        self._used.add(letter)
        self.reserve(letter, day, value + 1)
        return day, value + 1

    def save_counters(self) -> None:
        """Write the counters that were used; part of the act's own commit."""
        used = [(letter, *self._counters[letter]) for letter in sorted(self._used)]
        if used:
            driver_of(self.session).executemany(
                "INSERT INTO counter (letter, day, value) VALUES (?, ?, ?)"
                " ON CONFLICT (letter) DO UPDATE SET day = excluded.day, value = excluded.value",
                used,
            )

    def keep_counters(self) -> None:
        """Keep in memory what the commit made true."""
        if self._used and isinstance(self.session, ActSession):
            self.session.kept.counters = dict(self._counters)

    def _known_counters(self) -> dict[str, tuple[str, int]]:
        kept = self.session.kept if isinstance(self.session, ActSession) else None
        if kept is not None and kept.counters is not None:
            return kept.counters
        rows = driver_of(self.session).execute("SELECT letter, day, value FROM counter")
        return {letter: (day, value) for letter, day, value in rows}

    @property
    def settings(self) -> Values:
        """The settings of this computer, read once for the act."""
        if self._settings is None:
            kept = self.session.kept if isinstance(self.session, ActSession) else None
            self._settings = (kept.settings if kept is not None else None) or load(self.session)
            if kept is not None:
                kept.settings = self._settings
        return self._settings

    def saw(self, record_id: str, versions: Mapping[str, str] | None) -> None:
        """Note which versions of a record's field groups the person had on the screen."""
        for group, version in (versions or {}).items():
            self.seen[record_id, group] = version

    def second_person(self, override: Override | None, right: str, *, field: str = "override") -> str:
        """Spend a second person's consent and return who it was; raises Refused when there is none."""
        if override is None or not override.reason.strip():
            raise Refused(N_("This needs a supervisor's PIN and a reason."), field=field, code="needs_override")
        from deskapp.rules.identifiers import Severity, judge, sentence  # not needed before somebody is asked

        verdict = judge("note", override.reason)
        if verdict.severity == Severity.ERROR:  # a card number in the reason
            words, values = sentence(verdict)
            raise Refused(words, field="reason", code=verdict.code, **values)
        row = self.session.get(Voucher, override.token)
        if row is None or row.spent or row.expires_at < self.now or row.right != right:
            raise Refused(N_("The supervisor's consent has expired. Enter the PIN again."), field=field)
        person = self.session.get_one(Staff, row.staff_id)
        access.require(self.roles, person.roles, right)
        row.spent = True
        return person.id


@dataclass(frozen=True, slots=True)
class Command(Generic[T]):
    """An act with its values filled in, not yet done. `uid` makes a retry harmless.

    `waits`: nobody loses anything if it is done later, so it takes nothing of the reserve on a full disk.
    """

    name: str
    title: str
    right: str
    run: Callable[[Write], T]
    uid: str = ""
    trial: bool = False
    waits: bool = False

    def with_uid(self, new_id: Callable[[], str]) -> Command[T]:
        """Return the same act with a uid, its own if it has one."""
        return self if self.uid else replace(self, uid=new_id())

    def as_trial(self) -> Command[T]:
        """Return the same act done for show: it answers what it would do, and leaves nothing behind."""
        return replace(self, trial=True)


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """A declared command, for the manual and for tests over all of them."""

    name: str
    title: str
    right: str
    function: Callable[..., Any]


REGISTRY: dict[str, CommandSpec] = {}


def command(
    title: str, *, right: str, waits: bool = False
) -> Callable[[Callable[Concatenate[Write, P], T]], Callable[P, Command[T]]]:
    """Turn a function into a command: calling it fills in the values, `Store.run` does it.

    `right` is what the acting person must hold (`rules.access`); the empty right is for
    what the program itself does and for acts that are open to everyone. `waits` as in `Command`.
    """

    def declare(function: Callable[Concatenate[Write, P], T]) -> Callable[P, Command[T]]:
        name = function.__name__

        @wraps(function)
        def fill(*args: P.args, **kwargs: P.kwargs) -> Command[T]:
            return Command(name, title, right, lambda write: function(write, *args, **kwargs), waits=waits)

        REGISTRY[name] = CommandSpec(name, title, right, function)
        return fill

    return declare


@dataclass(frozen=True, slots=True)
class Changes:
    """What one commit touched; sent out once, and every view decides alone."""

    records: frozenset[tuple[str, str]]
    seq: int = 0

    @classmethod
    def everything(cls) -> Changes:
        """Return a change of every table and of no known record: for who is to ask anew for all that is shown."""
        return cls(frozenset((table, "") for table in Base.metadata.tables))

    def touches(self, *tables: str) -> bool:
        """Say whether any row of these tables was added or changed."""
        return any(table in tables for table, _id in self.records)

    def ids(self, table: str) -> frozenset[str]:
        """Return the ids of the touched rows of a table."""
        return frozenset(identity for name, identity in self.records if name == table)


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """A finished act: what the command answered, and what changed."""

    result: T
    changes: Changes
