"""What this desk pushes: change sets in the order of the journal, in the form in which they travel."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace

from deskapp.models.collection import no_collection
from deskapp.models.key_seeds import Seeds
from deskapp.models.store import ReadSession, Store
from deskapp.queries.outbox import acts_after
from deskapp.sync.packing import Packed, PushedSet

log = logging.getLogger(__name__)

MOST_SETS = 2_000
MOST_BYTES = 750_000
"""Of one push, counted over the bodies as they stand in the journal, packed to a tenth on the way, and over the small
pictures of photos, packed to three quarters."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Change sets to be pushed, and whether others wait behind them."""

    sets: tuple[PushedSet, ...] = ()
    uids: tuple[str, ...] = ()
    more: bool = False


def unsent(
    session: ReadSession, after: int, *, most: int = MOST_SETS, most_bytes: int = MOST_BYTES, seeds: Seeds | None = None
) -> Outgoing:
    """Return the change sets above `after`, the last number that the server is known to have, as one dense run."""
    acts, more = acts_after(session, after, most=most, most_bytes=most_bytes)
    sets = tuple(
        PushedSet(
            one.body.encode(), one.hash, one.personal, one.keys, one.act, one.hidden,
            seeds.of(one.uid) if seeds is not None else b"",
        )
        for one in acts
    )  # fmt: skip
    return Outgoing(sets, tuple(one.uid for one in acts), more)


@dataclass(slots=True)
class Ahead:
    """What is pushed next, gathered while the server works on what was pushed before. Belongs to one thread."""

    _for: tuple[int, ...] = ()
    _next: Outgoing = field(default_factory=Outgoing)

    def look(self, store: Store, last: Outgoing, *, most: int = MOST_SETS, most_bytes: int = MOST_BYTES) -> None:
        """Gather what follows a push that is on its way, where something does."""
        if last.more:
            try:
                self._look(store, last, most, most_bytes)
            except Exception:
                log.exception("the next push could not be gathered beforehand")

    def _look(self, store: Store, last: Outgoing, most: int, most_bytes: int) -> None:
        seeds, after = store.seeds, int(last.sets[-1].read()["seq"])
        turn = seeds.turn
        with no_collection(), store.read() as session:
            found = unsent(session, after, most=most, most_bytes=most_bytes, seeds=seeds)
            self._next = replace(found, sets=Packed.of(found.sets))
        self._for = (after, most, most_bytes, turn)

    def unsent(
        self, session: ReadSession, after: int, *, most: int = MOST_SETS, most_bytes: int = MOST_BYTES,
        seeds: Seeds | None = None,
    ) -> Outgoing:  # fmt: skip
        """Return what `unsent` does, from what was gathered where that is it. What was erased since is not told."""
        fits, found = self._for, self._next
        self._for, self._next = (), Outgoing()
        if seeds is not None and fits == (after, most, most_bytes, seeds.turn):
            return found
        return unsent(session, after, most=most, most_bytes=most_bytes, seeds=seeds)
