"""What this desk pushes: change sets in the order of the journal, in the form in which they travel."""

from __future__ import annotations

from dataclasses import dataclass

from deskapp.models.key_seeds import Seeds
from deskapp.models.store import ReadSession
from deskapp.queries.outbox import acts_after
from deskapp.sync.packing import PushedSet

MOST_SETS = 2_000
MOST_BYTES = 750_000
"""Of one push, counted over the bodies as they stand in the journal; they are packed to a tenth on the way."""


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
