"""What the simulator knows by itself, in plain dictionaries: every act, every log, and what must come of them.

It looks at what goes by (acts as they are committed, logs as they grow, pieces as they are laid down) and never asks
the program for a judgement. `expected` is a second, slow telling of the rules for field groups.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.sim.shown import Shown

TEXTS = {("service_ticket", "words"), ("repair_item", "words"), ("merchant", "note")}
IDENTITIES = {("merchant", "identity"), ("device", "identity")}
_KINDS = {"p": "put", "f": "fact", "s": "set", "d": "drop", "a": "alias"}


class Logged(NamedTuple):
    """One entry of a log: its chain, the act, and what it says as (kind, entity, id)."""

    chain: str
    cs: str
    ops: tuple[tuple[str, str, str], ...]


class Act(NamedTuple):
    """One act of a desk as it was committed there: its operations with values in clear."""

    uid: str
    desk: str
    hlc: str
    ops: tuple[dict[str, Any], ...]


class Timing(NamedTuple):
    """When a change set was received: what its station's clock said in the server's time, and between what it counts."""

    said: int
    received: int
    since: int


@dataclass(slots=True)
class Group:
    """A field group as the oracle tells it: values, version and its time, and what it was at each version."""

    values: dict[str, Any]
    version: str = ""
    eff: int = 0
    past: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    plain: bool = True
    """Every version so far is an operation's own: nothing came out that nobody had written."""


@dataclass(slots=True)
class Oracle:
    """Everything that was seen to happen in one world."""

    acts: dict[str, Act] = field(default_factory=dict)
    logs: dict[str, list[Logged]] = field(default_factory=dict)
    timings: dict[str, dict[int, Timing]] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    granted: dict[str, tuple[str, ...]] = field(default_factory=dict)
    cut: bool = False
    decided: set[str] = field(default_factory=set)
    """Acts on which a server's word had come that was set back since: what they came to is shown on."""

    floors: dict[str, int] = field(default_factory=dict)
    laid: dict[tuple[str, str], list[tuple[str, str]]] = field(default_factory=dict)
    shown: Shown = field(default_factory=Shown)

    # -- watching --------------------------------------------------------------------

    def copy(self) -> Oracle:
        """Return one that goes on from here."""
        return Oracle(
            dict(self.acts), {scope: list(log) for scope, log in self.logs.items()}, dict(self.timings),
            dict(self.numbers), shown=self.shown.copy(),
        )  # fmt: skip

    def act(self, desk: Any, seq: int) -> None:
        """An act was committed at a desk."""
        (row,) = desk.rows("SELECT uid, hlc, body FROM change_set WHERE seq = ?", seq)
        ops = json.loads(row[2])["ops"]
        for op in ops:
            for name, value in op["values"].items():
                if isinstance(value, dict) and "hmac" in value:
                    found = desk.rows("SELECT value FROM personal_value WHERE op_uid = ? AND name = ?", op["uid"], name)
                    op["values"][name] = found[0][0]
            if op["kind"] == "create" and "number" in op["values"]:
                self.numbers[op["id"]] = op["values"]["number"]
        self.acts[row[0]] = Act(row[0], desk.name, row[1], tuple(ops))

    def catch_up(self, desk: Any) -> None:
        """A desk was switched on: what it had committed when it went dark counts."""
        for seq, uid in desk.rows("SELECT seq, uid FROM change_set ORDER BY seq"):
            if uid not in self.acts:
                self.act(desk, seq)

    def look(self, tx: Any) -> None:
        """Read what the logs have more than at the last look."""
        for scope, n, floor in tx.all("SELECT scope, n, floor FROM head"):
            self.floors[scope] = floor
            log = self.logs.setdefault(scope, [])
            if n < len(log):
                if not self.cut:
                    self.broken.append(f"I5 the log of {scope} became shorter: {len(log)} -> {n}")
                del log[n:]
            if self.cut:
                del log[floor:]  # what is told from there on may be another story
            if n > len(log):
                rows = tx.all("SELECT n, chain, body FROM log WHERE scope = ? AND n > ? ORDER BY n", (scope, len(log)))
                for number, chain, body in rows:
                    if number != len(log) + 1:
                        self.broken.append(f"I5 the log of {scope} has a hole before {number}")
                    told = json.loads(bytes(body))
                    log.append(_logged(chain, told))
                    self.shown.logged(told[6])
        self.cut = False

    def rewound(self) -> None:
        """The server was set back: its logs may have become shorter."""
        self.decided |= {one.cs for log in self.logs.values() for one in log}
        self.cut = True
        self.shown.rewound()

    def asked(self, station: Any, request: Any, now: int) -> None:
        """A request arrived; whether it will be answered is not known. `station` is what the server knew of it then."""
        since = last = station.seen_at
        offset = now - request.clock
        for one in request.sets:
            said = int(one.hlc[:15]) + offset
            if one.seq > station.seq:
                self.timings.setdefault(one.uid, {})[now] = Timing(said, now, last)
                last = max(last, min(max(min(said, now + 2_000), since), now))

    def answered(self, station: Any, request: Any, reply: Any) -> None:
        """A request was answered."""
        allowed = {"ref", f"station:{station.id}", f"site:{station.site}"}
        if not set(reply.feeds) <= allowed or not set(reply.grant) <= allowed:
            self.broken.append(f"I9 {sorted({*reply.feeds, *reply.grant} - allowed)} was sent to {station.no}")
        for scope in request.cursors:
            feed = reply.feeds.get(scope)
            if feed is not None and feed.start != request.cursors[scope][0] + 1:
                self.broken.append(f"I5 {scope}: asked from {request.cursors[scope][0]}, got from {feed.start}")

    def piece(self, desk: Any, held: dict[str, tuple[int, str]], piece: Any) -> None:
        """A piece is about to be laid down at a desk whose cursors are `held`: it has to be what the log says there."""
        entries: dict[str, list[tuple[str, str]]] = {}
        for one in piece.entries:
            entries.setdefault(one.scope, []).append((one.entity.removeprefix("unread:"), one.id))
        for scope, (n, chain) in piece.cursors.items():
            log = self.logs.get(scope, [])
            if n and (n > len(log) or log[n - 1].chain != chain):
                continue  # of a log before the server was set back; the desk finds that out by the chain
            if scope in piece.filled or not n:
                continue
            start, before = held.get(scope, (0, ""))
            if start and (start > len(log) or log[start - 1].chain != before):
                self.broken.append(f"I5 {desk.name} goes on from {start} in {scope}, which is another log")
            due = [op[1:] for one in log[start:n] for op in one.ops]
            got = [*self.laid.get((desk.name, scope), ()), *entries.get(scope, ())]
            if due and got[-len(due) :] != due:
                self.broken.append(
                    f"I5 {desk.name} moves {scope} {start}->{n} with {len(got)} of {len(due)} operations"
                )
            self._whole(desk, held, piece, {one.cs for one in log[start:n] if one.ops}, scope)

    def laid_down(self, desk: Any, piece: Any) -> None:
        """A piece was committed at a desk."""
        for one in piece.entries:
            self.laid.setdefault((desk.name, one.scope), []).append((one.entity.removeprefix("unread:"), one.id))
        for scope in (*piece.cursors, *piece.leave):
            self.laid.pop((desk.name, scope), None)

    def still_shown(self, desk: Any, waiting: list[str]) -> list[str]:
        """Return what does not show any more, of the fields that acts changed which still wait at a desk (I8)."""
        last: dict[tuple[str, str, str], Any] = {}
        for uid in waiting:
            for op in self.acts[uid].ops if uid in self.acts else ():
                if op["kind"] == "set" and uid not in self.decided:
                    last |= {(op["entity"], op["id"], name): value for name, value in op["values"].items()}
        broken = []
        for (entity, record, name), value in last.items():
            shown = desk.rows(f'SELECT "{name}" FROM {entity} WHERE id = ?', record) if isinstance(value, str) else ()
            if shown and shown[0][0] != value:
                broken.append(f"I8 {desk.name} shows {shown[0][0]!r} where {value!r} was typed and still waits")
        return broken

    def _whole(self, desk: Any, held: Mapping[str, tuple[int, str]], piece: Any, acts: set[str], scope: str) -> None:
        for other, (at, chain) in held.items():
            log = self.logs.get(other, [])
            if other == scope or at < max(1, self.floors.get(other, 0)):
                continue  # filled as a whole, page by page
            if at > len(log) or log[at - 1].chain != chain:
                continue  # the same: it is of a log before the server was set back
            upto = piece.cursors.get(other, (at, ""))[0]
            late = [one.cs for one in log[upto:] if one.cs in acts and one.ops]
            if late:
                self.broken.append(f"I6 {desk.name} lays down half of {late[0][-6:]}: {scope} without {other}")

    # -- telling what must be -----------------------------------------------------------

    def created(self, accepted: Iterable[str]) -> set[str]:
        """Return the ids of everything that these acts added."""
        return {op["id"] for uid in accepted for op in self.acts[uid].ops if op["kind"] in ("create", "fact")}

    def timing(self, uid: str, received: int) -> Timing | None:
        """Return the times that count for an act, by when the server says it received it."""
        return self.timings.get(uid, {}).get(received)

    def expected(self, accepted: Mapping[str, int], refused: set[tuple[str, str]]) -> dict[tuple[str, str], Group]:
        """Return what each field group is after acts in the order in which the server took them, with the times at which it did."""
        from deskapp.models.columns import group_of, known, travelling

        made: dict[str, tuple[str, dict[str, Any]]] = {}
        groups: dict[tuple[str, str], Group] = {}
        for uid, received in accepted.items():
            for op in self.acts[uid].ops:
                if op["kind"] != "set":
                    made.setdefault(op["id"], (op["entity"], op["values"]))
                    continue
                if op["id"] not in made or (uid, op["id"]) in refused:
                    continue
                entity, values = made[op["id"]]
                kind, key = known(entity), (op["id"], op["group"])
                if key not in groups:
                    names = [name for name in travelling(kind) if group_of(kind, name) == op["group"]]
                    groups[key] = Group({name: values[name] for name in names if name in values})
                    groups[key].past[""] = (0, dict(groups[key].values))
                groups[key].plain = groups[key].plain and not any(
                    (entity, name) in TEXTS for name in groups[key].values
                )
                _judge(groups[key], op, entity, self.timing(uid, received))
        return groups


def _judge(group: Group, op: dict[str, Any], entity: str, timing: Timing | None) -> None:
    change, base = op["values"], op["base"]
    at = 0
    if timing is not None:
        at = max(min(timing.said, timing.received + 2_000), timing.since)
    known = group.past.get(base)
    before = known[1] if known is not None and base != group.version else None
    floor = group.eff if base == group.version else known[0] if known is not None else 0
    eff = max(at, floor + 1)
    whole = {**(group.values if before is None else before), **change}
    group.past[op["uid"]] = (eff, whole)
    if base == group.version:
        take = True
    elif (
        all(group.values.get(name) == value for name, value in whole.items())
        or (entity, op["group"]) in IDENTITIES
        or (before is not None and whole == {**whole, **before})
    ):
        return
    elif before is not None and all(group.values.get(name) == before.get(name) for name in whole):
        take = True
    else:
        take = (eff, op["uid"]) > (group.eff, group.version)
    if take:
        same = {**group.values, **whole} == whole
        group.values.update(whole)
        group.version, group.eff = op["uid"] if same else f"of {op['uid']}", max(eff, group.eff)
        group.plain = group.plain and same
        group.past[group.version] = (group.eff, dict(group.values))


def _logged(chain: str, told: list[Any]) -> Logged:
    ops = tuple((_KINDS[op[0]], op[1], op[2]) for op in told[6] if op[0] in _KINDS)
    return Logged(chain, told[0], ops)
