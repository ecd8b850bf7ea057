"""A station made by hand for tests of the server: it forges change sets as a desk's journal would hold them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deskapp.clock import new_uuid7, random_token
from deskapp.server.known import Station
from deskapp.server.service import Server
from deskapp.server.stations import add_site, find, issue_code, site_by_code
from deskapp.sync.framing import canonical_bytes
from deskapp.sync.messages import EnrolReply, EnrolRequest
from deskapp.sync.signing import StationKey, sign_words
from deskapp.sync.wire import (
    Entry,
    EntryOp,
    PushedSet,
    SyncReply,
    SyncRequest,
    feed_holds,
    read_reply,
    read_request,
)  # fmt: skip

START = 1_780_000_000_000
"""A working day in 2026, ms UTC."""


@dataclass
class Clock:
    """A clock that goes on by one millisecond each time it is read."""

    now: int = START

    def __call__(self) -> int:
        self.now += 1
        return self.now


def op(
    kind: str, entity: str, record_id: str, values: Mapping[str, Any], *, group: str = "", base: str = ""
) -> dict[str, Any]:
    """Return one operation of a body."""
    return {
        "uid": new_uuid7(), "kind": kind, "entity": entity, "id": record_id, "group": group, "base": base,
        "values": dict(values),
    }  # fmt: skip


def fact(entity: str, record_id: str = "", /, **values: Any) -> dict[str, Any]:
    return op("fact", entity, record_id or new_uuid7(), {"at": START, "by": "", "voids": "", **values})


def create(entity: str, record_id: str = "", /, **values: Any) -> dict[str, Any]:
    return op("create", entity, record_id or new_uuid7(), values)


def change(entity: str, record_id: str, group: str, base: str = "", /, **values: Any) -> dict[str, Any]:
    return op("set", entity, record_id, values, group=group, base=base)


@dataclass
class Desk:
    """A station with its journal, its cursors, and what it was told."""

    server: Server
    key: StationKey = field(default_factory=StationKey.make)
    id: str = field(default_factory=new_uuid7)
    no: int = 0
    site: str = ""
    staff: str = "staff-1"
    journal: list[PushedSet] = field(default_factory=list)
    uids: list[str] = field(default_factory=list)
    cursors: dict[str, tuple[int, str]] = field(default_factory=dict)
    known: tuple[int, str] = (0, "")
    entries: list[tuple[str, Entry]] = field(default_factory=list)
    late: int = 0
    version: int = 3
    """How far this PC's clock is behind (ms)."""

    def enrol(self, code: str, site_id: str = "", number: int = 90_001) -> EnrolReply:
        request = EnrolRequest(code, self.key.public, self.id, number, "窗口", site_id, "X", "自建")
        signed = EnrolRequest(**{
            **{name: getattr(request, name) for name in EnrolRequest.__dataclass_fields__},
            "proof": sign_words(self.key, request.words()),
        })  # fmt: skip
        reply = self.server.enrol(signed)
        self.no, self.site = reply.number, reply.site_id
        self.cursors = dict.fromkeys(reply.scopes, (0, ""))
        return reply

    def act(
        self, *ops: dict[str, Any], at: int | None = None, personal: Mapping[str, str] | None = None, uid: str = "",
        command: str = "test",
    ) -> str:  # fmt: skip
        """Add a change set to the journal; `personal` are columns whose values enter as digests. Returns its uid."""
        clear, keys = [], {}
        for one in ops:
            for name in list(one["values"]):
                if personal and name in personal:
                    key = keys.setdefault(one["id"], random_token(32))
                    text = str(one["values"][name])
                    clear.append((one["uid"], name, text))
                    digest = hmac.new(bytes.fromhex(key), text.encode(), hashlib.sha256).hexdigest()
                    one["values"][name] = {"hmac": digest}
        stamp = (self.server.clock() if at is None else at) - self.late
        act = {
            "uid": uid or new_uuid7(), "station": self.id, "seq": len(self.journal) + 1,
            "prev": self.journal[-1].hash if self.journal else "", "hlc": f"{stamp:015d}-000000-{self.no:05d}",
            "staff": self.staff, "command": command, "app_version": "0.4", "schema": self.version, "ops": list(ops),
        }  # fmt: skip
        body = canonical_bytes(act)
        self.journal.append(PushedSet(body, hashlib.sha256(body).hexdigest(), tuple(clear), tuple(keys.items())))
        self.uids.append(act["uid"])
        return str(act["uid"])

    def request(self, sets: Sequence[PushedSet] | None = None, **more: Any) -> SyncRequest:
        unsent = self.journal[self.known[0] :] if sets is None else sets
        return SyncRequest(self.version, self.server.clock() - self.late, self.known, self.cursors, unsent, **more)

    def row(self) -> Station:
        with self.server.database.read() as tx:
            found = find(tx, self.id)
        assert found is not None
        return found

    def exchange(self, sets: Sequence[PushedSet] | None = None, *, plain: bool = False, **more: Any) -> SyncReply:
        """One round trip through the bytes of the wire, without HTTP; nothing of the answer is taken in."""
        asked = read_request(self.request(sets, **more).to_bytes(plain=plain))
        reply, _touched = self.server.sync(self.row(), asked)
        return read_reply(reply.to_bytes())

    def sync(self, **more: Any) -> SyncReply:
        """Round trips until nothing is left; entries and cursors are taken in."""
        while True:
            reply = self.exchange(**more)
            self.take(reply)
            if not any(feed.more for feed in reply.feeds.values()):
                return reply

    def take(self, reply: SyncReply) -> None:
        for scope, feed in reply.feeds.items():
            n, chain = self.cursors[scope]
            assert feed.start == n + 1
            assert feed_holds(feed, chain)
            self.entries += [(scope, entry) for entry in feed.entries]
            self.cursors[scope] = (feed.to, feed.chain)
        for scope in reply.grant:
            self.cursors[scope] = (0, "")
        for scope in reply.revoke:
            del self.cursors[scope]
        self.known = reply.head

    def told(self, record_id: str) -> list[EntryOp]:
        """What the feed said of a record, in order."""
        return [one for _scope, entry in self.entries for one in entry.ops if one.id == record_id]

    def cards(self, kind: str) -> list[EntryOp]:
        """The review cards of a kind that came."""
        ops = [one for _scope, entry in self.entries for one in entry.ops]
        return [one for one in ops if one.entity == "review_card" and one.values.get("kind") == kind]

    def holds(self) -> set[str]:
        """Ids of the records that the feed put here and did not drop again, in any scope."""
        held: dict[str, set[str]] = {}
        for scope, entry in self.entries:
            for one in entry.ops:
                scopes = held.setdefault(one.id, set())
                if one.kind == "drop":
                    scopes.discard(scope)
                elif one.kind in ("put", "fact"):
                    scopes.add(scope)
        return {record_id for record_id, scopes in held.items() if scopes}


def open_site(server: Server, code: str, name: str = "支局") -> str:
    with server.database.write() as tx:
        return add_site(tx, code, name, server.clock())


def new_code(server: Server, site: str) -> str:
    with server.database.write() as tx:
        found = site_by_code(tx, site)
        assert found is not None
        return issue_code(tx, found.id, "", server.clock())


def desk_at(server: Server, site: str, number: int = 0) -> Desk:
    """Return an enrolled desk at a site, which is made if need be."""
    open_site(server, site)
    desk = Desk(server)
    desk.enrol(new_code(server, site), number=number)
    return desk
