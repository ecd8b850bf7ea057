"""The messages between a desk and the central server, and their bytes.

One round trip (`POST /v1/sync`) carries both directions: change sets up, entries of the log down. Nothing here
knows HTTP, a clock or a database; both sides use this module, and whatever bytes come in, the answer is a message
or `WireError`. `docs/sync.md` tells the same message by message.

How a desk reads a reply:

* `results` names change sets by uid. What the server took as it is (`ok`) is named there only when it was
  pushed a second time; it shows by its uid coming back in the feed. Every other decision comes twice: here, and
  as a `result` in the feed of `station:<id>`, so that a lost reply loses nothing.
* An `Entry` of the feed is one change set's part in one scope, so what belongs together is never torn apart
  within a scope; all scopes of one reply come from one moment, so apply them together. `n` counts entries.
* `seq`, `hash` are the last change set of this station that the server knows. Below what the desk has sent: the
  server was restored, push again from there on. `hole` asks for change sets from that number on.
* `resnapshot` names scopes whose cursor is of no use any more: fetch their snapshot.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple, cast

from deskapp.sync.framing import WireError, canonical_bytes, dump, load
from deskapp.sync.packing import Op, PushedSet, ReadSet, pack_sets, unpack_sets

__all__ = [
    "PROTOCOL", "Code", "Entry", "EntryOp", "Feed", "Op", "Problem", "PushedSet", "ReadRequest", "ReadSet", "Result",
    "SyncReply", "SyncRequest", "WireError", "bucket", "entry_bytes", "feed_holds", "link", "read_entry", "read_reply",
    "read_request", "row_digest", "stand",
]  # fmt: skip

PROTOCOL: Final = 1
MOST_SCOPES: Final = 200
CHAIN: Final = 16
"""Hexadecimal digits of the chain over a scope's log."""

_Trouble = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError)


class Code(StrEnum):
    """What the server decided about a change set.

    `ok` as it is; `noop` it changed nothing any more; `merged` taken, but something came out differently (another
    value won, a text was woven together, digits of a card were cut); `moved` taken, although the record has left
    this station's scopes; `rejected` not taken, the desk keeps it as a to-do; `parked` the server could not
    finish it and tries again by itself.
    """

    OK = "ok"
    NOOP = "noop"
    MERGED = "merged"
    MOVED = "moved"
    REJECTED = "rejected"
    PARKED = "parked"


class Problem(StrEnum):
    """Word for what went wrong with a whole request, in the body of every answer that is not 200 or 410."""

    BAD_REQUEST = "bad_request"  # 400: not understood; `mangled` if a hash did not come out (push again, plain)
    MANGLED = "mangled"
    UNSIGNED = "unsigned"  # 401: no valid signature; take `now` and `epoch` from the answer and try once more
    REPLAYED = "replayed"  # 401: this counter was used before; the same
    UNKNOWN = "unknown"  # 401: no such station here
    LOST = "lost"  # 403: revoked; destroy the keys
    RETIRED = "retired"  # 403: retired for good
    NOT_FOUND = "not_found"  # 404: not there, or not for this station
    CODE = "code"  # 403: the enrolment code does not hold
    FORK = "fork"  # 409: this station's number was used for something else: enrol anew, push the same uids
    OFFSET = "offset"  # 409: a blob goes on at another place
    TOO_LARGE = "too_large"  # 413
    ENCODING = "encoding"  # 415: packed in a way that is not known here
    BUSY = "busy"  # 503 or 429: later; `next_poll` in the answer


# -- entries ---------------------------------------------------------------------------


class EntryOp(NamedTuple):
    """What one entry does to one record.

    put    a whole record: `values`, and `versions` (field group -> uid of the operation that last set it; a group
           that is not named was never set since its creation)
    fact   a fact: `values`
    set    one field group: `group`, `values` (only what changed), `uid` = its version from now on
    drop   the record has left this scope
    alias  the record `id` is the same as `values["into"]`: keep that one
    own    `values["from"]`, `values["count"]`: so many operations of the change set, taken as this station sent them
    result for the station's own scope: `entity` is the code, `id` the change set's uid, `values` the detail
    """

    kind: str
    entity: str
    id: str
    values: Mapping[str, Any] = {}
    group: str = ""
    uid: str = ""
    versions: Mapping[str, str] = {}

    def told(self) -> list[Any]:
        """Return the row that travels."""
        match self.kind:
            case "put":
                row = ["p", self.entity, self.id, self.values]
                return [*row, self.versions] if self.versions else row
            case "fact":
                return ["f", self.entity, self.id, self.values]
            case "set":
                return ["s", self.entity, self.id, self.values, self.group, self.uid]
            case "drop":
                return ["d", self.entity, self.id]
            case "own":
                return [self.values["from"], self.values["count"]]
            case "alias":
                return ["a", self.entity, self.id, self.values]
            case _:
                return ["r", self.entity, self.id, self.values]


_KINDS: Final = {"p": "put", "f": "fact", "s": "set", "d": "drop", "a": "alias", "r": "result"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One change set's part in one scope's log.

    `cs` is the change set's uid, `station_no` and `staff` who did it, `at` the time the server counts for it (ms UTC),
    `ops` what it did here (none: it only says that the server has the change set), `chain` the one after it, told
    only where it cannot be worked out because operations are told by their places.
    """

    n: int
    cs: str
    station_no: int
    staff: str
    at: int
    command: str
    schema: int
    ops: tuple[EntryOp, ...]
    chain: str = ""


def entry_bytes(entry: Entry) -> bytes:
    """Return the bytes of an entry as they are stored in the log; its number is not among them."""
    ops = [one.told() for one in entry.ops]
    return dump([entry.cs, entry.station_no, entry.staff, entry.at, entry.command, entry.schema, ops])


def read_entry(n: int, row: Any) -> Entry:
    """Return the entry of a decoded row; raises WireError."""
    try:
        cs, station_no, staff, at, command, schema, ops, *chain = row
        read = []
        for op in ops:
            if type(op[0]) is int:
                read.append(EntryOp("own", "", "", {"from": as_number(op[0]), "count": as_number(op[1])}))
                continue
            kind = _KINDS[op[0]]
            rest = op[4:]
            group, uid = (rest[0], rest[1]) if kind == "set" else ("", "")
            versions = rest[0] if kind == "put" and rest else {}
            read.append(EntryOp(kind, op[1], op[2], op[3] if len(op) > 3 else {}, group, uid, versions))
        return Entry(n, cs, station_no, staff, at, command, schema, tuple(read), *chain)
    except _Trouble as error:
        raise WireError("entry") from error


def link(chain: str, body: bytes) -> str:
    """Return the chain of a scope's log after one more entry: 16 hexadecimal digits over all before and its bytes."""
    return hashlib.sha256(chain.encode() + body).hexdigest()[:CHAIN]


def feed_holds(feed: Feed, chain: str) -> bool:
    """Say whether a feed goes on from the chain at the desk's cursor and comes out at its own."""
    for entry in feed.entries:
        chain = link(chain, entry_bytes(entry))
    return chain == feed.chain and feed.to - feed.start + 1 == len(feed.entries)


def row_digest(entity: str, record_id: str, values: Mapping[str, Any]) -> int:
    """Return the digest of one record as both sides hold it (64 bits): its travelling columns that are not empty.

    Digests of a bucket are added up modulo 2**64, so the order of rows does not matter.
    """
    kept = {name: value for name, value in values.items() if value}
    return int.from_bytes(hashlib.sha256(canonical_bytes([entity, record_id, kept])).digest()[:8])


def bucket(record_id: str) -> int:
    """Return in which of the 256 buckets of a digest a record lies."""
    return hashlib.sha256(record_id.encode()).digest()[0]


# -- one round trip ----------------------------------------------------------------------


def stand(known: tuple[int, str], cursors: Mapping[str, tuple[int, str]]) -> str:
    """Return 16 hexadecimal digits that tell where a desk stands: what it pushed, and what it has read of which scopes.

    The server works out the same where nothing is new, so a desk that expects nothing need not say more.
    """
    return hashlib.sha256(canonical_bytes([known, cursors])).hexdigest()[:CHAIN]


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """What a desk says: its cursors, its change sets, and how much it takes at once.

    `clock` is this PC's uncorrected time (ms UTC) when it asks; `schema` the format of its tables; `known` number and
    hash of the last change set that the server acknowledged ((0, "") if none); `cursors` scope -> (n, chain) of
    every scope it holds or was granted (0, "" at first); `max_bytes` of entries wanted (unpacked); `purged`: it
    was told to retire and has nothing left; `short`: of what is in `sets` only the places are to come back; `orders`:
    it does not know yet by which key the server signs orders; `calm`: the desk's `stand`, said instead of all else
    where nothing new is expected.
    """

    schema: int
    clock: int
    known: tuple[int, str] = (0, "")
    cursors: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    sets: Sequence[PushedSet] = ()
    max_bytes: int = 1_000_000
    purged: bool = False
    short: bool = False
    orders: bool = False
    calm: str = ""

    def to_bytes(self, *, plain: bool = False) -> bytes:
        """Return the JSON of the request, not yet packed. `plain`: change sets as they stand."""
        if self.calm:
            return dump({"y": self.calm})
        told: dict[str, Any] = {"v": PROTOCOL, "s": self.schema, "t": self.clock, "h": self.known, "c": self.cursors}
        if self.sets:
            told["x"] = pack_sets(self.sets, plain=plain)
        if self.max_bytes != 1_000_000:
            told["m"] = self.max_bytes
        if self.purged:
            told["p"] = True
        if self.short:
            told["o"] = 1
        if self.orders:
            told["w"] = 1
        return dump(told)


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """A `SyncRequest` as the server reads it."""

    schema: int
    clock: int
    known: tuple[int, str]
    cursors: Mapping[str, tuple[int, str]]
    sets: tuple[ReadSet, ...]
    max_bytes: int
    purged: bool
    short: bool = False
    orders: bool = False
    calm: str = ""


def read_request(plain: bytes) -> ReadRequest:
    """Return the request that bytes say; raises WireError."""
    told = as_mapping(load(plain), "request")
    try:
        if "y" in told:
            return ReadRequest(0, 0, (0, ""), {}, (), 0, False, calm=as_text(told["y"], CHAIN))
        if told["v"] != PROTOCOL:
            raise WireError("version")
        cursors = {as_text(scope, 80): (as_number(n), as_text(chain, 64)) for scope, (n, chain) in told["c"].items()}
        if len(cursors) > MOST_SCOPES:
            raise WireError("too_large")
        seq, digest = told["h"]
        return ReadRequest(
            as_number(told["s"]), as_number(told["t"]), (as_number(seq), as_text(digest, 64)), cursors,
            unpack_sets(told["x"]) if "x" in told else (),
            min(as_number(told.get("m", 1_000_000)), 16_000_000), told.get("p") is True, told.get("o") == 1,
            told.get("w") == 1,
        )  # fmt: skip
    except WireError:
        raise
    except _Trouble as error:
        raise WireError("request") from error


class Result(NamedTuple):
    """What the server decided about one change set.

    `detail` by code: rejected {"reason", "record", "entity"}; merged {"how": [..], "cards": [..]}.
    """

    uid: str
    code: Code
    detail: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Feed:
    """The log of one scope from `start` (the first entry's number) to `to`; `chain` is the one after `to`."""

    start: int
    to: int
    chain: str
    more: bool = False
    entries: tuple[Entry, ...] = ()
    raw: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class SyncReply:
    """What the server answers; see the head of this module.

    `now` is the server's time (ms UTC); `head` number and hash of this station's last known change set; `grant` the
    scopes to hold from now on; `revoke` those to purge; `resnapshot` scope -> why (floor, chain, ahead); `hole` the
    number from which change sets are missing (None: none); `retire`: push what you hold, purge, say so;
    `next_poll` in ms; `orders` the public key by which the server signs orders, to whom asks for it.
    """

    now: int
    head: tuple[int, str]
    results: tuple[Result, ...] = ()
    feeds: Mapping[str, Feed] = field(default_factory=dict)
    grant: tuple[str, ...] = ()
    revoke: tuple[str, ...] = ()
    resnapshot: Mapping[str, str] = field(default_factory=dict)
    hole: int | None = None
    retire: bool = False
    min_schema: int = 0
    next_poll: int = 300_000
    orders: str = ""
    calm: bool | None = None

    def to_bytes(self) -> bytes:
        """Return the JSON of the reply; entries that are bytes already are joined, not encoded again."""
        if self.calm is not None:
            return dump({"now": self.now} if self.calm else {"now": self.now, "y": 0})
        told: dict[str, Any] = {"now": self.now, "h": self.head}
        for name, value in (
            ("r", [list(one) for one in self.results]), ("g", self.grant), ("k", self.revoke), ("z", self.resnapshot),
            ("q", self.hole), ("x", self.retire), ("s", self.min_schema),
            ("w", self.orders),
        ):  # fmt: skip
            if value:
                told[name] = value
        if self.next_poll != 300_000:
            told["p"] = self.next_poll
        if not self.feeds:
            return dump(told)
        parts = [dump(told)[:-1], b',"f":{']
        for index, (scope, feed) in enumerate(self.feeds.items()):
            head = dump([feed.start, feed.to, feed.chain, int(feed.more)])[:-1]
            raw = feed.raw or [entry_bytes(one) for one in feed.entries]
            parts += [b"," if index else b"", dump(scope), b":", head, b",[", b",".join(raw), b"]]"]
        parts.append(b"}}")
        return b"".join(parts)


def read_reply(plain: bytes) -> SyncReply:
    """Return the reply that bytes say; raises WireError."""
    told = as_mapping(load(plain), "reply")
    try:
        if "h" not in told:
            return SyncReply(as_number(told["now"]), (0, ""), calm="y" not in told)
        feeds = {}
        for scope, (start, to, chain, more, rows) in told.get("f", {}).items():
            entries = tuple(read_entry(as_number(start) + index, row) for index, row in enumerate(rows))
            feeds[scope] = Feed(start, to, chain, bool(more), entries)
        results = tuple(Result(uid, Code(code), detail) for uid, code, detail in told.get("r", []))
        return SyncReply(
            as_number(told["now"]), (told["h"][0], told["h"][1]), results, feeds, tuple(told.get("g", [])),
            tuple(told.get("k", [])), told.get("z", {}), told.get("q"), told.get("x") is True, told.get("s", 0),
            told.get("p", 300_000), str(told.get("w", "")),
        )  # fmt: skip
    except _Trouble as error:
        raise WireError("reply") from error


def as_mapping(value: Any, what: str) -> dict[str, Any]:
    """Return a JSON object; raises WireError for anything else, as do the two below."""
    if not isinstance(value, dict):
        raise WireError(what)
    return cast(dict[str, Any], value)


def as_number(value: Any) -> int:
    """Return a whole number from 0 to 2**53."""
    if type(value) is not int or not 0 <= value < 2**53:
        raise WireError("number")
    return value


def as_text(value: Any, most: int) -> str:
    """Return a text of at most so many characters."""
    if not isinstance(value, str) or len(value) > most:
        raise WireError("text")
    return value
