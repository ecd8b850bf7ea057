"""The end of a desk towards its server: what a lost one does when it is told so, and the receipt afterwards."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from deskapp.commands.syncing import keep_state
from deskapp.errors import N_, DeskError, Unavailable
from deskapp.models import ending, schema, sync_state
from deskapp.models.store import Store
from deskapp.paths import Home
from deskapp.queries.outbox import journal_end, site_facts
from deskapp.settings import SYNC_PROXY, load
from deskapp.sync import orders
from deskapp.sync.messages import Receipt, to_json
from deskapp.sync.outbox import unsent
from deskapp.sync.signed import Signed
from deskapp.sync.signing import sign_words
from deskapp.sync.transport import Address, Line, Network
from deskapp.sync.wire import SyncRequest

log = logging.getLogger(__name__)

PATIENCE_MS: Final = 3_600_000
"""So long a wiping waits until what is unsent can be handed over; after that it waits no more."""


def heed(store: Store, signed: Signed, refused: DeskError) -> None:
    """Look at what came with the word that this desk was lost; raises Unavailable (`wiped`) where it is to be wiped.

    Only an order that holds counts (`sync.orders`); a bare word locks the desk out of the server and nothing more.
    What was never sent is handed over first, to be set aside there.
    """
    with store.read() as session:
        server = sync_state.state(session, "orders")
        since = sync_state.number(session, "lost_at")
    voice = signed.voice
    question = orders.Question(voice.station, voice.key.public, voice.epoch, voice.counter)
    if not orders.counts(refused.values.get("order"), question, server):
        return
    log.warning("the server orders this desk to be wiped")
    store.close_for_acts()
    if not since:
        since = store.now
        store.run(keep_state(state={"lost_at": str(since)}))
    try:
        hand_over(store, signed)
    except DeskError as error:
        if abs(store.now - since) < PATIENCE_MS:
            raise  # the line broke, the server is busy, a byte was changed: at the next contact it is tried again
        log.warning("what is unsent could not be handed over: %s", error.code)
    end(store, ending.Why.LOST, sign_words(voice.key, orders.receipt_words(voice.station, server)))
    raise Unavailable(N_("This desk was reported lost. Its data is removed from this computer."), code="wiped")


def hand_over(store: Store, signed: Signed) -> int:
    """Push what the server has not confirmed; being lost it is set aside there. Returns how many acts; raises."""
    with store.read() as session:
        after, sent, more = journal_end(session).before_unsent, 0, True
    while more:
        with store.read() as session:
            out = unsent(session, after)
        if out.sets:
            request = SyncRequest(schema.VERSION, store.now, sets=out.sets)
            signed.call("POST", "/v1/sync", request.to_bytes(), fine=(200, 403))
        after, sent, more = after + len(out.sets), sent + len(out.sets), out.more
    return sent


def leave(store: Store) -> None:
    """Note that this desk empties itself and tells the server so, whose answer may be lost."""
    with store.read() as session:
        newest, site = journal_end(session).newest, site_facts(session, store.facts.site_id)
    state = {"leaving": str(newest)} | ({"branch": site[2] or site[1]} if site[1] else {})
    store.run(keep_state(state=state))


def has_left(store: Store) -> bool:
    """Say whether the server was told that this desk is empty, and nothing was done here since."""
    with store.read() as session:
        told = sync_state.state(session, "leaving")
        return told != "" and journal_end(session).newest <= int(told)


def end(store: Store, why: ending.Why, receipt: str = "") -> None:
    """Decide that this desk's data ends; what destroys it comes when the store is closed (`ending.finish`)."""
    if ending.read(store.home) is not None:
        return
    facts = store.facts
    with store.read() as session:
        get = sync_state.state
        code, name = site_facts(session, facts.site_id)[1:]
        url, pin, station = get(session, "server"), get(session, "pin"), get(session, "station") or facts.station
        proxy, branch = load(session)[SYNC_PROXY], name or code or get(session, "branch")
    ending.begin(store.home, ending.Ending(
        why, store.now, facts.store_id, station, facts.station_no, branch, url, pin, proxy, receipt,
    ))  # fmt: skip


def hand_in_receipt(home: Home, make_line: Callable[[Address], Line] = Network) -> bool:
    """Let the server know that this desk was wiped; False where that is not due or did not work, to be tried again."""
    found = ending.read(home)
    if found is None or not found.done or not found.receipt or not found.server:
        return False
    authority = str(home.authority) if home.authority.exists() and not found.pin else ""
    line = make_line(Address(found.server, found.pin, authority, found.proxy))
    body = to_json(Receipt(found.station, found.receipt))
    try:
        answer = line.send("POST", "/v1/wiped", body, {"Content-Type": "application/json"})
    except (DeskError, OSError) as error:
        log.info("the receipt was not handed in: %s", type(error).__name__)
        return False
    finally:
        line.close()
    if answer.status in (200, 404):  # the server of today may know nothing of it any more
        ending.receipt_given(home)
    return answer.status == 200
