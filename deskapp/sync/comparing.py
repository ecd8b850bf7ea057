"""Once a week both sides compare what they hold, scope by scope; what differs is fetched anew, and told.

Nothing that works as it should ever differs. It is the net below everything else: a row that a damaged disk, a
fault of ours or a hand in the database changed is found without anybody looking for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from urllib.parse import quote

from deskapp.commands.syncing import keep_state
from deskapp.errors import N_, Unavailable
from deskapp.models import sync_state
from deskapp.models.store import Store
from deskapp.queries.outbox import cursors_of, unfilled
from deskapp.sync.audit import sums
from deskapp.sync.framing import WireError
from deskapp.sync.messages import read_digest
from deskapp.sync.signed import Signed

log = logging.getLogger(__name__)

EVERY_MS = 7 * 86_400_000


def due(store: Store) -> bool:
    """Say whether it is time; the first week begins with the first contact, and no scope may still be filling."""
    with store.read() as session:
        last, filling = sync_state.number(session, "audited_at"), bool(unfilled(session))
    if not last:
        store.run(keep_state(state={"audited_at": str(store.now)}))
        return False
    return not filling and not 0 <= store.now - last < EVERY_MS


def compare(store: Store, signed: Signed, fetch: Callable[[str], int]) -> int:
    """Compare every scope and fetch those anew (`fetch`) that differ; returns how many records came by that.

    A scope that moved between both looks is left for the next week: it is compared at one entry of its log or not
    at all. Raises Unavailable.
    """
    with store.read() as session:
        scopes = list(cursors_of(session))
    received, differing = 0, 0
    for scope in scopes:
        answer = signed.call("GET", f"/v1/digest/{quote(scope, safe='')}")
        try:
            theirs = read_digest(answer.body)
        except WireError as error:
            raise Unavailable(N_("The server's answer came incomplete."), code="torn") from error
        with store.read() as session:
            here = cursors_of(session).get(scope)
            ours = sums(session, scope) if here == (theirs.n, theirs.chain) else theirs.sums
        if ours == theirs.sums:
            continue
        wrong = sum(one != other for one, other in zip(ours, theirs.sums, strict=True))
        log.error("scope %s differs from the server's in %d of 256 parts: fetched anew", scope, wrong)
        differing += 1
        received += fetch(scope)
    store.run(keep_state(state={"audited_at": str(store.now), "differing": str(differing)}))
    return received
