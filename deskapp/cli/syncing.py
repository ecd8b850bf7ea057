"""Syncing from the command line: connect this desk, speak once, or carry acts by a file on a stick."""

from __future__ import annotations

from pathlib import Path

from deskapp import settings
from deskapp.cli.acting import Message, Tell, actor_of
from deskapp.cli.reply import done, sentence
from deskapp.errors import N_, Refused
from deskapp.models.store import Changes, Store
from deskapp.rules import access
from deskapp.secrets import system_keyring


def sync(store: Store, message: Message, tell: Tell, language: str) -> Message:
    """Do what the words after `deskapp sync` ask for; by itself: speak with the server once."""
    if message.get("server"):
        return _connect(store, message, tell, language)
    if message.get("carry_out"):
        return _carry_out(store, message, language)
    if message.get("carry_in"):
        return _carry_in(store, message, tell, language)
    return _once(store, tell, language)


def _once(store: Store, tell: Tell, language: str) -> Message:
    from deskapp.sync.exchange import Exchange

    exchange = Exchange(store, keyring=system_keyring(), told=tell)
    try:
        found = exchange.speak()
    finally:
        exchange.close()
        if store.home.ended.exists():
            tell(Changes(frozenset({("store_info", "station")})))  # a window that runs looks at once what is the matter
    return done(
        sentence(N_("Synced: {sent} acts sent, {received} changes received."), language, sent=found.sent,
                 received=found.received),
        sent=found.sent, received=found.received,
    )  # fmt: skip


def _connect(store: Store, message: Message, tell: Tell, language: str) -> Message:
    from deskapp.sync.enrol import enrol
    from deskapp.sync.transport import Address, Network, checked_url

    if store.facts.site_id:
        access.require(store.roles, actor_of(store, message, tell).roles, "settings")
    if not message.get("code"):
        raise Refused(N_("Enter the code that the server gave for this desk."), field="code")
    url, pin = checked_url(str(message["server"])), str(message.get("pin_sha256") or "")
    values = store.ask(settings.load)
    authority = "" if pin else values[settings.SYNC_AUTHORITY]
    line = Network(Address(url, pin, authority, values[settings.SYNC_PROXY]))
    try:
        reply = enrol(store, line, url=url, code=str(message["code"]), pin=pin, keyring=system_keyring())
    finally:
        line.close()
    tell(Changes(frozenset({("store_info", "station")})))  # a window that runs begins to speak for this station
    return done(
        sentence(N_("Connected: {site}, station {number:05d}."), language, site=reply.site_name, number=reply.number),
        station=reply.number, site=reply.site_code,
    )  # fmt: skip


def _carry_out(store: Store, message: Message, language: str) -> Message:
    from deskapp.sync.carrier import write_file

    made = write_file(store, Path(message["carry_out"]), keyring=system_keyring())
    nothing = N_("Nothing waits here, so the file is empty. There is nothing to carry.")
    return done(
        sentence(nothing, language) if not made.acts else
        sentence(N_("{count} acts written to {file}. Code of the file: {code}"), language, count=made.acts,
                 file=Path(message["carry_out"]).name, code=made.code),
        acts=made.acts, code=made.code, file=message["carry_out"],
    )  # fmt: skip


def _carry_in(store: Store, message: Message, tell: Tell, language: str) -> Message:
    from deskapp.sync.carrier import read_file

    found = read_file(
        store, Path(message["carry_in"]), code=str(message.get("code") or ""), keyring=system_keyring(), told=tell
    )
    text = (
        N_("{sent} acts of another desk brought to the server. Bring the file back there.") if found.forwarded
        else N_("The server has the {sent} acts of this file. What others did comes when the line is back.")
    )  # fmt: skip
    return done(
        sentence(text, language, sent=found.sent, received=found.received),
        sent=found.sent, received=found.received, forwarded=found.forwarded,
    )  # fmt: skip
