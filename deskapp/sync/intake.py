"""What was received and is not laid into the tables yet: entries of several scopes, woven back into whole acts.

The server writes the parts of one act into the logs of all its scopes in one transaction, and the logs agree
on the order of acts that meet in any of them. So the next act is always one whose parts stand first everywhere.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from deskapp.sync.wire import Entry, Feed, entry_bytes, link


class Part(NamedTuple):
    """One act's part in one scope."""

    scope: str
    entry: Entry


@dataclass(slots=True)
class Act:
    """One act as far as this desk may see it, and where the cursors stand behind it."""

    parts: list[Part]
    cursors: dict[str, tuple[int, str]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many operations it has."""
        return sum(max(1, len(part.entry.ops)) for part in self.parts)


@dataclass(slots=True)
class Intake:
    """Received entries by scope, with the cursor behind the last and the one before the first."""

    waiting: dict[str, deque[Entry]] = field(default_factory=dict)
    ends: dict[str, tuple[int, str]] = field(default_factory=dict)
    starts: dict[str, tuple[int, str]] = field(default_factory=dict)
    size: int = 0

    def receive(self, scope: str, feed: Feed, cursor: tuple[int, str]) -> bool:
        """Take in what follows the cursor; False when it does not follow it, and nothing is taken."""
        at = self.ends.get(scope, cursor)
        if feed.start != at[0] + 1 or feed.to - feed.start + 1 != len(feed.entries):
            return False
        if not feed.entries:
            return True
        self.starts.setdefault(scope, cursor)
        self.waiting.setdefault(scope, deque()).extend(feed.entries)
        self.ends[scope] = (feed.to, feed.chain)
        self.size += sum(max(1, len(entry.ops)) for entry in feed.entries)
        return True

    def forget(self, scope: str) -> None:
        """Let go of what was received of a scope; it will be asked for again."""
        gone = self.waiting.pop(scope, deque())
        self.size -= sum(max(1, len(entry.ops)) for entry in gone)
        self.ends.pop(scope, None)
        self.starts.pop(scope, None)

    def acts(self, *, exact: bool) -> Iterator[Act]:
        """Hand out whole acts in the server's order; `exact` gives each its own cursors, for a hash an entry."""
        chains = dict(self.starts)
        for parts in weave(self.waiting):
            act = Act(parts)
            for scope, entry in parts:
                if not self.waiting[scope]:
                    act.cursors[scope] = chains[scope] = self.ends[scope]
                elif exact:
                    chains[scope] = (entry.n, entry.chain or link(chains[scope][1], entry_bytes(entry)))
                    act.cursors[scope] = chains[scope]
            yield act


def weave(logs: Mapping[str, deque[Entry]]) -> Iterator[list[Part]]:
    """Take the entries of several logs as whole acts; what is taken is gone from the logs."""
    where: dict[str, set[str]] = {}
    for scope, log in logs.items():
        for entry in log:
            where.setdefault(entry.cs, set()).add(scope)
    while True:
        fronts = {scope: log[0] for scope, log in logs.items() if log}
        if not fronts:
            return
        chosen = next((one.cs for one in fronts.values() if _all_first(one.cs, where, fronts)), None)
        if chosen is None:  # logs that do not agree would be a fault of the server's; the desk goes on all the same
            chosen = min(fronts.values(), key=lambda one: one.at).cs
        taken = [scope for scope, one in fronts.items() if one.cs == chosen]
        yield [Part(scope, logs[scope].popleft()) for scope in taken]


def _all_first(cs: str, where: Mapping[str, set[str]], fronts: Mapping[str, Entry]) -> bool:
    return all(scope in fronts and fronts[scope].cs == cs for scope in where[cs])
