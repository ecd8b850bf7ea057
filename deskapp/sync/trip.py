"""What a desk asks in one round trip, and what came of the answer."""

from __future__ import annotations

from dataclasses import dataclass, field

from deskapp.models.store import Changes
from deskapp.sync.outbox import Outgoing
from deskapp.sync.wire import SyncRequest


class Forked(Exception):
    """This station's numbers were used by somebody else: a clone of this disk, or this desk before a restore."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, the change sets in it, and how many commits the store had seen before it was put together."""

    request: SyncRequest
    outgoing: Outgoing
    commits: int = -1


@dataclass(slots=True)
class Taken:
    """What came of a reply: how many operations were laid down, what waits, which scopes need a snapshot."""

    received: int = 0
    more: bool = False
    resnapshot: tuple[str, ...] = ()
    retire: bool = False
    changes: list[Changes] = field(default_factory=list)
