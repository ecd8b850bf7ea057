"""Acts on a stick: a branch whose line is down for days sends its change sets with the next person who drives.

The file is an encrypted database behind a code that is said over the telephone; it holds a signed request of one
desk, and later what the server said to it. A desk with a line brings it there (`read_file` of a foreign file), the
desk that wrote it learns from it what has arrived. What a desk may read never travels by another's hands, so it
takes in what others did when its own line is back. Nothing is lost when the file is.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deskapp import cipher, secrets
from deskapp.clock import system_clock
from deskapp.commands.syncing import keep_state
from deskapp.errors import N_, Refused, Unavailable
from deskapp.models import sync_state
from deskapp.models.store import Changes, Store
from deskapp.sync import enrol
from deskapp.sync.client import Client
from deskapp.sync.exchange import address_of
from deskapp.sync.framing import WireError, canonical_bytes, dump, pack, unpack
from deskapp.sync.signed import Signed
from deskapp.sync.signing import sign_words
from deskapp.sync.transport import Address, Line, Network
from deskapp.sync.wire import SyncReply, read_reply

PATH = "/v1/carried"
MOST_SETS = 20_000
MOST_BYTES = 6_000_000
"""Change sets, and their bytes in the journal, that go into one file."""

_TABLE = "CREATE TABLE carried (name TEXT PRIMARY KEY, content BLOB NOT NULL)"


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written: how many acts are in it, and the code that opens it."""

    acts: int
    code: str


@dataclass(frozen=True, slots=True)
class Read:
    """What came of a file: acts that were brought to the server or confirmed, changes taken in."""

    sent: int
    received: int
    forwarded: bool


def words(station: str, body: str) -> bytes:
    """Return what a station signs for a request that somebody else will bring: it holds for ever, and only for this."""
    return canonical_bytes(["carried", station, body])


# -- writing -------------------------------------------------------------------


def write_file(store: Store, file: Path, *, keyring: secrets.Keyring | None = None) -> Written:
    """Write what waits here into a file; raises Unavailable while this desk belongs to no server."""
    voice = enrol.voice_of(store, keyring)
    with store.contact:
        client = Client(store)
        asked = client.ask(system_clock(), most=MOST_SETS, most_bytes=MOST_BYTES, alone=True)
        body = asked.request.to_bytes().decode()
        package = {
            "station": voice.station, "body": body, "proof": sign_words(voice.key, words(voice.station, body)),
        }  # fmt: skip
        code = secrets.new_recovery_code()
        contents = {
            "station": voice.station.encode(), "package": pack(dump(package)).body,
            "sets": str(len(asked.outgoing.uids)).encode(),
        }  # fmt: skip
        _make(file, code, contents)
        store.run(keep_state(state={"carry": code}))
    return Written(len(asked.outgoing.uids), code)


def _make(file: Path, code: str, contents: dict[str, bytes]) -> None:
    building = file.with_name(file.name + ".making")
    building.unlink(missing_ok=True)
    try:
        with contextlib.closing(cipher.connect_vault(building, secrets.plain_code(code))) as connection:
            connection.execute(_TABLE)
            connection.executemany("INSERT INTO carried VALUES (?, ?)", contents.items())
        os.replace(building, file)
    except (cipher.DatabaseError, OSError) as error:
        building.unlink(missing_ok=True)
        raise Unavailable(
            N_("The file could not be written: {reason}"), field="file", reason=type(error).__name__
        ) from error


# -- reading -------------------------------------------------------------------


def read_file(
    store: Store, file: Path, *, code: str = "", keyring: secrets.Keyring | None = None,
    line: Callable[[Address], Line] = Network, told: Callable[[Changes], None] = lambda _changes: None,
) -> Read:  # fmt: skip
    """Take the answer in a file of our own in, or bring the file of another desk to the server.

    Raises Refused for a wrong code or a foreign file, Unavailable when the server does not answer.
    """
    with store.read() as session:
        ours = sync_state.state(session, "station")
        code = code or sync_state.state(session, "carry")
    if not file.exists():
        raise Refused(N_("There is no such file."), field="file", code="no_file")
    if not code:
        raise Refused(N_("Enter the code of the file."), field="code", code="needs_code")
    contents = _contents(file, code)
    try:
        station = contents["station"].decode()
        if station != ours:
            return _bring(store, file, code, contents, keyring, line)
        if "reply" not in contents:
            raise Refused(N_("This file has not been at the server yet."), field="file", code="no_reply")
        return _take_in(store, contents, told)
    except KeyError as error:
        raise Refused(N_("This file is not one of deskapp's."), field="file", code="foreign") from error


def _contents(file: Path, code: str) -> dict[str, bytes]:
    try:
        letters = secrets.plain_code(code)
        with contextlib.closing(cipher.connect_vault(file, letters)) as connection:
            return {name: bytes(content) for name, content in connection.execute("SELECT name, content FROM carried")}
    except (cipher.DatabaseError, Refused):
        raise Refused(N_("This code does not open the file."), field="code", code="wrong") from None


def _bring(
    store: Store, file: Path, code: str, contents: dict[str, bytes], keyring: secrets.Keyring | None,
    line: Callable[[Address], Line],
) -> Read:  # fmt: skip
    network = line(address_of(store))
    try:
        signed = Signed(network, enrol.voice_of(store, keyring), system_clock)
        answer = signed.call("POST", PATH, _unpacked(contents["package"]))
    finally:
        network.close()
    _make(file, code, {**contents, "reply": pack(answer.body).body})
    return Read(int(contents["sets"]), 0, True)


def _take_in(store: Store, contents: dict[str, bytes], told: Callable[[Changes], None]) -> Read:
    reply = _reply(contents["reply"])
    with store.contact:
        client = Client(store, told=told)
        taken = client.take_carried(reply)
    return Read(int(contents["sets"]), taken.received, False)


def _unpacked(body: bytes) -> bytes:
    try:
        return unpack(body, "zstd" if body[:4] == b"\x28\xb5\x2f\xfd" else "identity")
    except WireError as error:
        raise Refused(N_("This file is damaged."), field="file", code="damaged") from error


def _reply(body: bytes) -> SyncReply:
    try:
        return read_reply(_unpacked(body))
    except WireError as error:
        raise Refused(N_("This file is damaged."), field="file", code="damaged") from error
