"""What one transaction takes in of what the server sent, and what it came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Key = tuple[str, str]
"""A table and the id of a record."""


class Entry(NamedTuple):
    """One entry of the server's log of a scope.

    `kind`: put (a whole record with the version of each field group), set (one field group), fact, drop
    (the record leaves the scope), alias (it was found to be the record in `values["into"]`). `uid` is the
    operation that did it. Where `mine`, it was taken as this computer itself wrote it, so its rows say so already.
    """

    kind: str
    entity: str
    id: str
    values: Mapping[str, Any]
    group: str = ""
    uid: str = ""
    versions: Mapping[str, str] = {}
    scope: str = ""
    mine: bool = False


class Result(NamedTuple):
    """What the server decided about one change set: its uid, a code (`SETTLED` or `parked`), the particulars."""

    uid: str
    code: str
    detail: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Piece:
    """What is taken in by one transaction.

    `seen` are the uids of change sets that came back, one of ours among them perhaps: it is taken as it is then.
    `cursors` are scope -> (n, chain) that hold afterwards; `filled` the scopes whose first fill is complete
    with this piece; `keys` the keys of records for their personal values. `settle`: the feed has passed the
    effect of every result known here, so up to so many change sets count as acknowledged. `leave`: scopes
    that were taken away, of which so much goes as one piece should hold. `state` are values of `sync_state.KEYS`.
    `whole`: the entries are rows of a snapshot, and their order is the server's whatever was told before.
    """

    entries: Sequence[Entry] = ()
    cursors: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    filled: Sequence[str] = ()
    seen: Sequence[str] = ()
    results: Sequence[Result] = ()
    keys: Sequence[tuple[str, str]] = ()
    state: Mapping[str, str] = field(default_factory=dict)
    leave: Sequence[str] = ()
    settle: int = 0
    whole: bool = False


@dataclass(slots=True)
class Absorbed:
    """What a piece came to: the rows to be folded, all records it named, results that wait for a further piece.

    `leaving` are the scopes of which something is left to be dropped.
    """

    touched: dict[Key, object]
    named: frozenset[Key] = frozenset()
    unsettled: int = 0
    settled: tuple[str, ...] = ()
    leaving: tuple[str, ...] = ()
