"""The smaller messages: enrolment, hints, snapshots and digests. `wire` holds the round trip.

Enrolment is `POST /v1/station`, hints are `GET /v1/wait?since=...`, whole scopes `GET /v1/snapshot/{scope}`,
and the sums by which two sides find out where they differ `GET /v1/digest/{scope}`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import orjson

from deskapp.sync.framing import WireError, canonical_bytes, dump, load, pack, unpack
from deskapp.sync.wire import MOST_SCOPES, as_mapping, as_number, as_text

_Trouble = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError)


@dataclass(frozen=True, slots=True)
class EnrolRequest:
    """A station asks to belong: the one-time code, its key and who it has been so far.

    `number` is the (provisional) station number; it stays if nobody has it. `site_id`, `site_code`, `site_name` are
    the site that this desk set up for itself, empty if none. `proof` signs `words()` with the station's key.
    """

    code: str
    public: str
    station: str
    number: int
    name: str = ""
    site_id: str = ""
    site_code: str = ""
    site_name: str = ""
    proof: str = ""

    def words(self) -> bytes:
        """Return what `proof` signs: everything else."""
        return canonical_bytes([
            "enrol", self.code, self.public, self.station, self.number, self.name,
            self.site_id, self.site_code, self.site_name,
        ])  # fmt: skip


@dataclass(frozen=True, slots=True)
class EnrolReply:
    """The station belongs: its number for papers from now on, its site and scopes, time and epoch of the server.

    A `site_id` other than the desk's own: the server knows both as one site, and scopes name this one.
    """

    station: str
    number: int
    site_id: str
    site_code: str
    site_name: str
    scopes: tuple[str, ...]
    now: int
    epoch: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """A lost station's word that its data was destroyed: `proof` signs `orders.receipt_words`."""

    station: str
    proof: str


def to_json(message: Any) -> bytes:
    """Return the JSON of a message whose fields are plain values, by their names."""
    return orjson.dumps(message)


def read_message(kind: type[Any], plain: bytes) -> Any:
    """Return a small message of a kind; unknown fields are refused; raises WireError."""
    told = as_mapping(load(plain), "message")
    kinds = {name: one.type for name, one in kind.__dataclass_fields__.items()}
    if not told.keys() <= kinds.keys():
        raise WireError("message")
    values: dict[str, Any] = {}
    for name, value in told.items():
        if kinds[name] == "str":
            values[name] = as_text(value, 400)
        elif kinds[name] == "int":
            values[name] = as_number(value)
        else:
            values[name] = tuple(as_text(one, 400) for one in value)
    try:
        return kind(**values)
    except TypeError as error:
        raise WireError("message") from error


def heads_query(cursors: Mapping[str, int]) -> str:
    """Return the value of `since` in `GET /v1/wait`: `scope=n` joined by commas."""
    return ",".join(f"{scope}={n}" for scope, n in cursors.items())


def read_heads_query(text: str) -> dict[str, int]:
    """Undo `heads_query`; raises WireError."""
    found: dict[str, int] = {}
    for part in text.split(",") if text else []:
        scope, _, n = part.rpartition("=")
        if not scope or not (n.isascii() and n.isdigit()) or len(n) > 15 or len(found) >= MOST_SCOPES:
            raise WireError("since")
        found[as_text(scope, 80)] = int(n)
    return found


# -- snapshots ---------------------------------------------------------------------------


class Row(NamedTuple):
    """One record of a snapshot: its values, and the version of each field group that was ever set."""

    entity: str
    id: str
    values: Mapping[str, Any]
    versions: Mapping[str, str] = {}


def snapshot_page(rows: Iterable[Row]) -> bytes:
    """Return the JSON of a page of rows: runs of one entity by columns, all in the order given."""
    runs: list[tuple[tuple[str, tuple[str, ...]], list[Row]]] = []
    for row in rows:
        shape = (row.entity, tuple(row.values))
        if not runs or runs[-1][0] != shape:
            runs.append((shape, []))
        runs[-1][1].append(row)
    told = []
    for (entity, names), some in runs:
        cells = [list(column) for column in zip(*[one.values.values() for one in some], strict=True)]
        versions = {str(at): one.versions for at, one in enumerate(some) if one.versions}
        told.append([entity, names, [one.id for one in some], cells, versions])
    return dump(told)


def read_snapshot_page(plain: bytes) -> list[Row]:
    """Undo `snapshot_page`; raises WireError."""
    rows: list[Row] = []
    try:
        for entity, names, ids, cells, versions in load(plain):
            values = zip(*cells, strict=True) if cells else ((),) * len(ids)
            for at, (record_id, some) in enumerate(zip(ids, values, strict=True)):
                rows.append(Row(entity, record_id, dict(zip(names, some, strict=True)), versions.get(str(at), {})))
    except _Trouble as error:
        raise WireError("snapshot") from error
    return rows


@dataclass(frozen=True, slots=True)
class SnapshotHead:
    """Of which scope a snapshot is, at which entry of its log it holds, with how many rows."""

    scope: str
    n: int
    chain: str
    rows: int


_LENGTH: Final = struct.Struct(">I")
MOST_PAGE: Final = 4 * 1024 * 1024
"""Bytes of one packed page of a snapshot."""


def snapshot_bytes(head: SnapshotHead, pages: Iterable[Sequence[Row]]) -> Iterator[bytes]:
    """Yield a snapshot in pieces: each is a length (four bytes) and a zstd frame; the first is the head."""
    for plain in (to_json(head), *(snapshot_page(page) for page in pages)):
        body = pack(plain, level=3).body
        yield _LENGTH.pack(len(body)) + body


def read_snapshot(pieces: Iterable[bytes]) -> Iterator[SnapshotHead | list[Row]]:
    """Yield the head of a snapshot, then its pages, from bytes cut anywhere; raises WireError, also for a cut end."""
    held, head = b"", None
    for piece in pieces:
        held += piece
        while len(held) >= _LENGTH.size:
            (size,) = _LENGTH.unpack_from(held)
            if size > MOST_PAGE:
                raise WireError("too_large")
            if len(held) < _LENGTH.size + size:
                break
            plain, held = _page(held[_LENGTH.size : _LENGTH.size + size]), held[_LENGTH.size + size :]
            if head is None:
                head = read_message(SnapshotHead, plain)
                yield head
            else:
                yield read_snapshot_page(plain)
    if held or head is None:
        raise WireError("snapshot", "cut")


def _page(body: bytes) -> bytes:
    return unpack(body, "zstd" if body[:4] == b"\x28\xb5\x2f\xfd" else "identity")


# -- digests -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Digest:
    """The sums over a scope at its entry `n`: 256 numbers (`wire.bucket`, `wire.row_digest`)."""

    scope: str
    n: int
    chain: str
    sums: tuple[int, ...]


def read_digest(plain: bytes) -> Digest:
    """Return the digest that bytes say; raises WireError."""
    told = as_mapping(load(plain), "digest")
    try:
        sums = tuple(told["sums"])
        if len(sums) != 256 or any(type(one) is not int for one in sums):
            raise WireError("digest")
        return Digest(as_text(told["scope"], 80), as_number(told["n"]), as_text(told["chain"], 64), sums)
    except _Trouble as error:
        raise WireError("digest") from error
