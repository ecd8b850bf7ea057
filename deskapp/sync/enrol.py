"""Belonging to a server: the key pair, the one-time code, and a new identity when this one is used twice."""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections.abc import Callable
from dataclasses import replace

import orjson

from deskapp import secrets
from deskapp.clock import NewId, new_uuid7, system_clock
from deskapp.commands.syncing import keep_state, take_identity
from deskapp.errors import N_, DeskError, Refused, Unavailable
from deskapp.models import absorb, sync_state
from deskapp.models.opening import provisional_number
from deskapp.models.store import Store
from deskapp.queries.outbox import cursors_of, journal_end, site_facts
from deskapp.sync.belonging import membership
from deskapp.sync.framing import WireError, unpack
from deskapp.sync.machine import Machine, this_machine
from deskapp.sync.messages import EnrolReply, EnrolRequest, read_message, to_json
from deskapp.sync.signed import Signed, Voice, refusal
from deskapp.sync.signing import StationKey, sign_words
from deskapp.sync.transport import Line, checked_url

log = logging.getLogger(__name__)

PATH = "/v1/station"


# -- the key -------------------------------------------------------------------


def _name(store: Store, station: str) -> str:
    return f"{store.facts.store_id}.{station}"


def keep_station_key(
    store: Store, station: str, key: StationKey, keyring: secrets.Keyring | None, *, asked_as: str = ""
) -> None:
    """Keep the private half in the keyring; where there is none, inside the store, which a passphrase locks.

    `asked_as` is noted with it (`_name_to_ask`).
    """
    state = {"asked_as": asked_as}
    if keyring is not None:
        keyring.set(_name(store, station), bytes.fromhex(key.secret))
    else:
        with store.read() as session:
            ours = sync_state.state(session, "station")
            kept = [one for one in sync_state.state(session, "key").split() if not one.startswith(station)]
        # However often it is asked in vain: the key by which this desk speaks now stays, and the newest besides.
        now = [one for one in kept if ours and one.startswith(ours)]
        others = [one for one in kept if one not in now]
        state["key"] = " ".join([*now, *others[-1:], f"{station}:{key.secret}"])
    store.run(keep_state(state=state))


def station_key(store: Store, station: str, keyring: secrets.Keyring | None) -> StationKey:
    """Return this station's key; raises Unavailable where it is not on this computer (any more)."""
    with store.read() as session:
        kept = dict(one.split(":", 1) for one in sync_state.state(session, "key").split())
    secret = kept.get(station, "")
    if not secret:
        found = keyring.get(_name(store, station)) if keyring is not None else None
        if found is None:
            sentence = N_("The key of this desk is not on this computer. Connect it to the server again.")
            raise Unavailable(sentence, code="no_station_key")
        secret = found.hex()
    return StationKey.of(secret)


def forget_station_key(store: Store, station: str, keyring: secrets.Keyring | None) -> None:
    """Destroy the private half: nobody can speak for this station from here any more."""
    store.run(keep_state(state={"key": ""}))
    if keyring is not None:
        with contextlib.suppress(Unavailable):
            keyring.forget(_name(store, station))


def voice_of(store: Store, keyring: secrets.Keyring | None) -> Voice:
    """Return who speaks for this desk; raises Unavailable while it belongs to no server or has no key."""
    with store.read() as session:
        ours = membership(session)
    if ours is None:
        raise Unavailable(N_("This desk is not connected to a server."), code="not_enrolled")
    if ours.retired:
        raise Unavailable(N_("This desk was taken out of service."), code="retired")
    return Voice(ours.station, station_key(store, ours.station, keyring), ours.epoch, ours.offset_ms)


# -- belonging -----------------------------------------------------------------


def enrol(
    store: Store, line: Line, *, url: str, code: str, name: str = "", pin: str = "",
    keyring: secrets.Keyring | None = None, new_id: NewId = new_uuid7,
) -> EnrolReply:  # fmt: skip
    """Let this desk belong to a server by a one-time code; everything done here so far will be sent.

    Raises Refused for a wrong code or address, Unavailable when the server does not answer.
    """
    code = "".join(code.split()).upper()
    if not code:
        raise Refused(N_("Enter the code that the server gave for this desk."), field="code")
    with store.read() as session:
        before = membership(session)
        site_id, site_code, site_name = site_facts(session, store.facts.site_id)
    station = _name_to_ask(store, code, new_id) if before is not None else store.facts.station
    request = EnrolRequest(code, "", station, store.facts.station_no, name, site_id, site_code, site_name)
    return _belong(store, line, request, url=checked_url(url), pin=pin, keyring=keyring)


def enrol_anew(
    store: Store, line: Line, voice: Voice, *, keyring: secrets.Keyring | None, new_id: NewId = new_uuid7
) -> EnrolReply:
    """Take a new identity because this one is used twice; the old key vouches for it, nobody has to come."""
    with store.read() as session:
        ours = membership(session)
    if ours is None:
        raise Unavailable(N_("This desk is not connected to a server."), code="not_enrolled")
    request = EnrolRequest("", "", _name_to_ask(store, "", new_id), provisional_number())
    return _belong(store, line, request, url=ours.url, pin=ours.pin, keyring=keyring, old=voice)


def _name_to_ask(store: Store, code: str, new_id: NewId) -> str:
    """Return the new UUID by which a desk that belonged before asks with a code: the same one until it is answered.

    The server may have let it in, and the answer was lost: whoever comes by another UUID then comes with a spent code.
    """
    with store.read() as session:
        mark, _, name = sync_state.state(session, "asked_as").partition(" ")
    return name if name and mark == _mark(code) else new_id()


def _mark(code: str) -> str:
    """Return by which a code is known again; it is not to be read from it."""
    return hashlib.sha256(code.encode()).hexdigest()[:16]


def _belong(
    store: Store, line: Line, request: EnrolRequest, *, url: str, pin: str,
    keyring: secrets.Keyring | None, old: Voice | None = None,
) -> EnrolReply:  # fmt: skip
    key = _key_for(store, request, keyring)
    request = replace(request, public=key.public)
    request = replace(request, proof=sign_words(key, request.words()))
    try:
        reply = _ask(line, request, old)
    except DeskError as error:
        if error.code == "code":  # that UUID is of no use, whoever has it there
            store.run(keep_state(state={"asked_as": ""}))
        raise
    if reply.station != request.station:
        keep_station_key(store, reply.station, key, keyring)
    state = {
        "server": url, "pin": pin, "station": reply.station, "epoch": reply.epoch, "site": reply.site_id, "problem": "",
        "retired": "", "leaving": "", "lost_at": "", "asked_as": "", "fingerprint": this_machine().text(),
        "offset_ms": str(reply.now - store.now),
    }  # fmt: skip
    if old is None:
        state["orders"] = ""  # a server that this desk does not know yet
    # The agent may be speaking by the old name at this moment; who takes a new one in a contact does it himself.
    with store.contact if old is None else contextlib.nullcontext():
        newest = _newest(store)
        # A new station's chain begins at the first act; the server knows by their uids which it has already.
        after = newest if reply.station == store.facts.station else 0
        state["reissue"] = "0" if after else str(newest)
        store.run(take_identity(station=reply.station, station_no=reply.number, site_id="", after=after, state=state))
        store.identity.become(reply.station, reply.number)
        store.recopy()
        with store.read() as session:
            held = cursors_of(session)
        store.absorb(absorb.Piece(
            cursors={scope: (0, "") for scope in reply.scopes if scope not in held},
            leave=[scope for scope in held if scope.startswith("station:") and scope not in reply.scopes],
        ))  # fmt: skip
    log.info("belongs to the server as station %d", reply.number)
    return reply


def _key_for(store: Store, request: EnrolRequest, keyring: secrets.Keyring | None) -> StationKey:
    """Return the key with which to ask: kept before the server hears of it, and the same one when asked again.

    An answer may be lost. The server gives the same answer to the same key, though the code is spent by then.
    """
    with contextlib.suppress(Unavailable):
        return station_key(store, request.station, keyring)
    key = StationKey.make()
    keep_station_key(store, request.station, key, keyring, asked_as=f"{_mark(request.code)} {request.station}")
    return key


def _newest(store: Store) -> int:
    return store.ask(journal_end).newest


def _ask(line: Line, request: EnrolRequest, old: Voice | None) -> EnrolReply:
    body = to_json(request)
    if old is not None:
        plain = Signed(line, old, system_clock).call("POST", PATH, body).body
    else:
        answer = line.send("POST", PATH, body, {"Content-Type": "application/json"})
        plain = unpack(answer.body, answer.headers.get("content-encoding", "identity"))
        if answer.status != 200:
            told = orjson.loads(plain) if plain[:1] == b"{" else {}
            error = refusal(answer, str(told.get("error", "")), told)
            if error.code == "code":
                raise Refused(error.sentence, field="code", code="code")
            raise error
    try:
        reply: EnrolReply = read_message(EnrolReply, plain)
    except WireError as error:
        raise Unavailable(N_("The server's answer came incomplete."), code="torn") from error
    return reply


def settle_site(store: Store) -> bool:
    """Work under the server's id of this site from the moment the site itself has arrived; True when it changed."""
    with store.read() as session:
        wanted = sync_state.state(session, "site")
        if not wanted or wanted == store.facts.site_id:
            return False
        if not site_facts(session, wanted)[0]:
            return False
    facts = store.facts
    store.run(take_identity(
        station=facts.station, station_no=facts.station_no, site_id=wanted, after=_newest(store), state={}
    ))  # fmt: skip
    return True


# -- one disk, two computers ---------------------------------------------------


def moved_machine(store: Store, look: Callable[[], Machine] = this_machine) -> bool:
    """Say whether this store runs on another computer than when it last spoke: then a twin may be at work elsewhere."""
    with store.read() as session:
        known = Machine.of(sync_state.state(session, "fingerprint"))
    return known is not None and not known.same(look())


def keep_numbers_apart(store: Store) -> None:
    """Take a provisional number at once, before anything is printed under one that a twin may use too."""
    facts = store.facts
    number = provisional_number()
    store.run(take_identity(
        station=facts.station, station_no=number, site_id="", after=_newest(store),
        state={"problem": "moved"},
    ))  # fmt: skip
    store.identity.become(facts.station, number)
