"""Acts on a stick: a branch whose line is down for days sends its change sets with the next person who drives.

The file is an encrypted database behind a code that is said over the telephone; it holds a signed request of one
desk, and later what the server said to it. A desk with a line brings it there (`read_file` of a foreign file), the
desk that wrote it learns from it what has arrived. What a desk may read never travels by another's hands, so it
takes in what others did when its own line is back. Nothing is lost when the file is.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deskapp import cipher, secrets
from deskapp.clock import system_clock
from deskapp.commands.syncing import keep_state
from deskapp.errors import N_, Refused, Unavailable
from deskapp.models import absorb, sync_state
from deskapp.models.store import Changes, ReadSession, Store
from deskapp.queries.outbox import heard_up_to, waiting_up_to
from deskapp.sync import enrol
from deskapp.sync.client import Client
from deskapp.sync.exchange import address_of
from deskapp.sync.framing import WireError, canonical_bytes, dump, pack, unpack
from deskapp.sync.signed import Signed
from deskapp.sync.signing import sign_words
from deskapp.sync.transport import Address, Line, Network
from deskapp.sync.trip import Asked
from deskapp.sync.wire import SyncReply, read_reply

log = logging.getLogger(__name__)

PATH = "/v1/carried"
MOST_SETS = 20_000
MOST_BYTES = 6_000_000
"""Change sets, and their bytes in the journal, that go into one file."""

CODES_KEPT = 6
"""Of so many files this desk keeps the codes, the newest first: an older stick may come back after a newer one."""

PAGE = 4096
"""Bytes of which such a file holds a whole number; one that was cut off on its way hardly ever does."""

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
        asked = _asked(Client(store))
        if asked.outgoing.more:  # what a stick has brought before is left out: this one would never get beyond it
            asked = _asked(Client(store, head=store.ask(heard_up_to)))
        body = asked.request.to_bytes().decode()
        package = {
            "station": voice.station, "body": body, "proof": sign_words(voice.key, words(voice.station, body)),
        }  # fmt: skip
        code = secrets.new_recovery_code()
        contents = {
            "station": voice.station.encode(), "package": pack(dump(package)).body,
            "sets": str(len(asked.outgoing.uids)).encode(),
        }  # fmt: skip
        if not file.absolute().parent.is_dir():
            raise Unavailable(
                N_("There is no such folder. Is the stick plugged in?"), field="file", code="no_folder"
            )  # fmt: skip
        if not _make(file, code, contents):
            raise Unavailable(
                N_("The file cannot be written there. Is the stick full, or write-protected?"), field="file",
                code="not_written",
            )  # fmt: skip
        with store.read() as session:
            kept = [code, *_kept_codes(session)][:CODES_KEPT]
        store.run(keep_state(state={"carry": " ".join(kept)}))
    return Written(len(asked.outgoing.uids), code)


def _asked(client: Client) -> Asked:
    return client.ask(system_clock(), most=MOST_SETS, most_bytes=MOST_BYTES, alone=True)


def _kept_codes(session: ReadSession) -> list[str]:
    return sync_state.state(session, "carry").split()


def _make(file: Path, code: str, contents: dict[str, bytes]) -> bool:
    """Write the file, whole or not at all; say whether it worked."""
    building = file.with_name(file.name + ".making")
    try:
        building.unlink(missing_ok=True)
        with contextlib.closing(cipher.connect_vault(building, secrets.plain_code(code))) as connection:
            connection.execute(_TABLE)
            connection.executemany("INSERT INTO carried VALUES (?, ?)", contents.items())
        os.replace(building, file)
    except (cipher.DatabaseError, OSError) as error:
        log.warning("a file to be carried could not be written: %s", type(error).__name__)
        with contextlib.suppress(OSError):
            building.unlink(missing_ok=True)
        return False
    return True


# -- reading -------------------------------------------------------------------


def read_file(
    store: Store, file: Path, *, code: str = "", keyring: secrets.Keyring | None = None,
    line: Callable[[Address], Line] = Network, told: Callable[[Changes], None] = lambda _changes: None,
) -> Read:  # fmt: skip
    """Take the answer in a file of our own in, or bring the file of another desk to the server.

    Raises Refused for a wrong code or a foreign file, Unavailable when the server does not answer.
    """
    with store.read() as session:
        ours, kept = sync_state.state(session, "station"), _kept_codes(session)
    if not file.exists():
        raise Refused(N_("There is no such file."), field="file", code="no_file")
    if not file.is_file() or file.stat().st_size < PAGE:
        raise Refused(N_("This file is not one of deskapp's."), field="file", code="foreign")
    code, contents = _opened(file, code, kept)
    try:
        station = contents["station"].decode()
        if station != ours:
            return _bring(store, file, code, contents, keyring, line)
        if "reply" not in contents:
            raise Refused(N_("This file has not been at the server yet."), field="file", code="no_reply")
        return _take_in(store, contents, told)
    except KeyError as error:
        raise Refused(N_("This file is not one of deskapp's."), field="file", code="foreign") from error


def _opened(file: Path, typed: str, kept: list[str]) -> tuple[str, dict[str, bytes]]:
    """Return the code that opens a file, and what is in it: the one that was typed, else one that this desk kept."""
    for code in [typed] if typed else kept:
        contents = _contents(file, code)
        if contents is not None:
            return code, contents
    if file.stat().st_size % PAGE:
        raise _damaged()
    if typed:
        raise Refused(
            N_("This code does not open the file: mistyped, or the code of another file."), field="code", code="wrong"
        )  # fmt: skip
    raise Refused(N_("Enter the code of the file."), field="code", code="needs_code")


def _contents(file: Path, code: str) -> dict[str, bytes] | None:
    """Return what is in a file, None where the code does not open it; raises Refused where it is damaged."""
    try:
        letters = secrets.plain_code(code)
        connection = cipher.connect_vault(file, letters)
    except (cipher.DatabaseError, Refused):
        return None
    with contextlib.closing(connection):
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the first page alone
        except cipher.DatabaseError:
            return None
        try:
            return {name: bytes(content) for name, content in connection.execute("SELECT name, content FROM carried")}
        except cipher.DatabaseError as error:
            raise _damaged() from error


def _damaged() -> Refused:
    return Refused(
        N_("This file is damaged, or not one of deskapp's. Copy it onto the stick again, or have it written anew:"
           " nothing is lost by that."),
        field="file", code="damaged",
    )  # fmt: skip


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
    sent = int(contents["sets"])
    if not _make(file, code, {**contents, "reply": pack(answer.body).body}):
        raise Unavailable(
            N_("The server has the {sent} acts now, but its answer could not be written into the file: the stick is"
               " full or write-protected. Nothing is lost: the desk that wrote the file hears of it once its own line"
               " is back."),
            field="file", code="not_written", sent=sent,
        )  # fmt: skip
    return Read(sent, 0, True)


def _take_in(store: Store, contents: dict[str, bytes], told: Callable[[Changes], None]) -> Read:
    """Note what the server has by now. It counts as settled, and other people's words come, when the feeds tell of it.

    Until then everything done here stays in sight as it was entered: no scope holds these records yet.
    """
    reply = _reply(contents["reply"])
    with store.contact:
        with store.read() as session:
            there = waiting_up_to(session, *reply.head)
        said = {one.uid: absorb.Result(one.uid, one.code.value, one.detail) for one in reply.results}
        results = [said.get(uid, absorb.Result(uid, "ok", {})) for uid in there]
        if results:
            store.absorb(absorb.Piece(results=results))
    told(Changes(frozenset({("change_set", "")})))  # that they are confirmed is no change of a record
    return Read(int(contents["sets"]), 0, False)


def _unpacked(body: bytes) -> bytes:
    try:
        return unpack(body, "zstd" if body[:4] == b"\x28\xb5\x2f\xfd" else "identity")
    except WireError as error:
        raise _damaged() from error


def _reply(body: bytes) -> SyncReply:
    try:
        return read_reply(_unpacked(body))
    except WireError as error:
        raise _damaged() from error
