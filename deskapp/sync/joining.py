"""Connecting this desk to a server: is one there, is it the right one, does the code hold; then the first fill.

Every trouble is a sentence at the field that has to change. What was typed is nobody's but the form's.
"""

from __future__ import annotations

import datetime
import hashlib
import logging
import shutil
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

import orjson
from cryptography import x509
from cryptography.x509.oid import NameOID

from deskapp import secrets
from deskapp.clock import Clock, system_clock
from deskapp.commands.joining import trust_authority
from deskapp.errors import N_, DeskError, Refused, Unavailable
from deskapp.models.store import Changes, ReadSession, Store
from deskapp.queries.outbox import cursors_of
from deskapp.settings import SYNC_AUTHORITY, SYNC_PROXY, load
from deskapp.sync import enrol
from deskapp.sync.exchange import Exchange, address_of
from deskapp.sync.invitation import CLOCK_WRONG_MS, Certificate, Joined, Wish, plain_pin
from deskapp.sync.messages import heads_query
from deskapp.sync.signed import Signed
from deskapp.sync.transport import Address, Line, Network, checked_url

log = logging.getLogger(__name__)

LOOK_S: Final = 8.0
MakeLine = Callable[[Address], Line]


# -- is it the right server ------------------------------------------------------


def greet(line: Line) -> int:
    """Return the server's time (ms UTC); raises where nothing, or something else, answers at the address."""
    try:
        answer = line.send("GET", "/healthz", b"", {"Accept": "application/json"})
    except Unavailable as error:
        if error.code == "offline":
            raise Unavailable(
                N_("The server cannot be reached. Check the address, the cable and the network."), field="server",
                code="offline",
            ) from error  # fmt: skip
        raise
    if answer.status in (429, 502, 503, 504):
        raise Unavailable(N_("The server is busy. Try again in a moment."), field="server", code="busy")
    try:
        told = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        told = None
    if answer.status != 200 or not isinstance(told, dict) or not isinstance(told.get("now"), int):
        raise Refused(
            N_("Something answers at this address, but it is no deskapp server. Check the address."), field="server",
            code="no_server",
        )  # fmt: skip
    return int(told["now"])


def show_certificate(url: str) -> Certificate:
    """Return the certificate that a server shows, without believing it; raises Unavailable."""
    parts = urlsplit(checked_url(url))
    try:
        told = ssl.get_server_certificate((parts.hostname or "", parts.port or 443), timeout=LOOK_S)
        seen = x509.load_pem_x509_certificate(told.encode())
    except (OSError, ValueError) as error:
        raise Unavailable(
            N_("The server cannot be reached. Check the address, the cable and the network."), field="server",
            code="offline",
        ) from error  # fmt: skip
    raw = ssl.PEM_cert_to_DER_cert(told)
    return Certificate(
        hashlib.sha256(raw).hexdigest(), _name(seen.subject), _name(seen.issuer),
        _instant(seen.not_valid_before_utc), _instant(seen.not_valid_after_utc), _names(seen),
    )  # fmt: skip


def _name(name: x509.Name) -> str:
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        found = name.get_attributes_for_oid(kind)
        if found:
            return str(found[0].value)[:80]
    return ""


def _names(seen: x509.Certificate) -> tuple[str, ...]:
    try:
        told = seen.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    hosts = [str(name)[:80] for name in told.get_values_for_type(x509.DNSName)]
    return tuple([*hosts, *map(str, told.get_values_for_type(x509.IPAddress))][:20])


def _instant(moment: datetime.datetime) -> int:
    return int(moment.timestamp() * 1000)


# -- belonging -------------------------------------------------------------------


def join(
    store: Store, wish: Wish, *, keyring: secrets.Keyring | None, make_line: MakeLine = Network,
    clock: Clock = system_clock,
) -> Joined:  # fmt: skip
    """Let this desk belong to a server. Asked again after a lost answer, the same code gives the same answer.

    Raises Refused at `server`, `code`, `pin` or `authority`, Unavailable with the codes `offline`, `busy` and
    `certificate`.
    """
    url, pin, authority = _checked(wish)
    with store.read() as session:
        proxy = load(session)[SYNC_PROXY]
    line = make_line(Address(url, pin, authority, proxy))
    try:
        now = greet(line)
        off = now - clock()
        reply = enrol.enrol(store, line, url=url, code=wish.code, name=wish.name, pin=pin, keyring=keyring)
    except OSError as error:  # a file of certificates that is none
        raise Refused(N_("This file holds no certificates (PEM)."), field="authority", code="authority") from error
    except DeskError as error:
        raise _at_its_field(error) from error
    finally:
        line.close()
    _keep_authority(store, authority)
    log.info("connected to a server; its clock is %d ms ahead", off)
    return Joined(reply.number, reply.site_code, reply.site_name, off if abs(off) > CLOCK_WRONG_MS else 0)


def _checked(wish: Wish) -> tuple[str, str, str]:
    if not wish.url.strip():
        raise Refused(N_("Enter the server's address, such as sync.example.org."), field="server", code="address")
    url = checked_url(wish.url)
    if not "".join(wish.code.split()):
        raise Refused(N_("Enter the code that the server gave for this desk."), field="code", code="missing")
    pin = plain_pin(wish.pin)
    if wish.pin.strip() and not pin:
        raise Refused(N_("A fingerprint has 64 digits from 0 to 9 and A to F."), field="pin", code="pin")
    if wish.authority and not Path(wish.authority).is_file():
        raise Refused(N_("This file is not there."), field="authority", code="authority")
    return url, pin, "" if pin else wish.authority


def _at_its_field(error: DeskError) -> DeskError:
    """Return the error at the field that has to change, in words that say what to do."""
    if error.code == "code":
        return Refused(
            N_(
                "The server does not take this code: mistyped, used already, or run out (it holds for some minutes)."
                " Ask for a new one."
            ),
            field="code", code="code",
        )  # fmt: skip
    if error.code == "busy" and not error.field:
        return Unavailable(
            N_("There were too many tries, or the server is busy. Wait a minute, then try again."), field="code",
            code="busy",
        )  # fmt: skip
    return error


def _keep_authority(store: Store, authority: str) -> None:
    kept = store.home.authority
    if authority and Path(authority) != kept:
        shutil.copyfile(authority, kept)
    with store.read() as session:
        was = load(session)[SYNC_AUTHORITY]
    wanted = str(kept) if authority else ""
    if was != wanted:
        store.run(trust_authority(path=wanted))


# -- the first fill ----------------------------------------------------------------


def fill(
    store: Store, *, keyring: secrets.Keyring | None, enough: Callable[[ReadSession], bool],
    progress: Callable[[int, int], None] = lambda _done, _all: None, make_line: MakeLine = Network,
    told: Callable[[Changes], None] = lambda _changes: None, clock: Clock = system_clock,
) -> bool:  # fmt: skip
    """Take in what the server has until `enough` says so, or all is here; return whether `enough` was reached.

    `progress` hears entries here and entries in all. What is missing then comes in the background of the desk.
    """
    exchange = Exchange(store, line=make_line, clock=clock, keyring=keyring, told=told)
    try:
        whole = _entries_there(store, keyring, make_line, clock)
        while True:
            done = exchange.speak(rounds=1)
            with store.read() as session:
                reached = enough(session)
                here = sum(n for n, _chain in cursors_of(session).values())
            progress(min(here, whole), whole)
            if reached or not done.more:
                return reached
    finally:
        exchange.close()


def _entries_there(store: Store, keyring: secrets.Keyring | None, make_line: MakeLine, clock: Clock) -> int:
    """Return how many entries the server has for this desk; 1 where it does not say."""
    with store.read() as session:
        scopes = cursors_of(session)
    line = make_line(address_of(store))
    try:
        since = heads_query(dict.fromkeys(scopes, 0))
        voice = enrol.voice_of(store, keyring)
        answer = Signed(line, voice, clock).call(
            "GET", f"/v1/wait?since={quote(since, safe='=,:')}&seconds=0", fine=(200, 204)
        )
        told = orjson.loads(answer.body) if answer.body else {}
        heads = told.get("heads", {}) if isinstance(told, dict) else {}
        return max(1, sum(n for n in heads.values() if isinstance(n, int)))
    except (DeskError, orjson.JSONDecodeError):
        return 1
    finally:
        line.close()


def own_name() -> str:
    """Return this computer's name, by which the server's list of stations shows it."""
    return "".join(char for char in socket.gethostname() if char.isprintable())[:60]
