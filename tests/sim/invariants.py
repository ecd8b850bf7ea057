"""The invariants I1-I23, each a named check over a world that has come to rest. docs/sync.md says what each one covers.

I5, I6 and I9 are also watched while the world is played (`oracle.Oracle`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from deskapp.models.columns import _tables, derived, known, travelling
from deskapp.models.rows import plan_of
from deskapp.models.server_order import PARENT
from deskapp.server import aside, stations
from deskapp.sync.framing import load
from tests.sim.judged import fields_are_as_told, no_text_is_lost
from tests.sim.retold import (
    copied_numbers_are_flagged,
    everything_is_where_it_belongs,
    one_holder_and_every_part,
    states_follow_the_graph,
)

if TYPE_CHECKING:
    from tests.sim.desk import SimDesk
    from tests.sim.world import World

Found = Iterator[str]


class Final:
    """Everything as it stands in the end, read once and plainly."""

    def __init__(self, world: World) -> None:
        self.world, self.oracle = world, world.oracle
        self.desks = {name: one for name, one in world.desks.items() if not one.out}
        self.records: dict[str, dict[str, Any]] = {}
        self.scopes: dict[str, list[str]] = {}
        with world.stage.centre.database.read() as tx:
            for row in tx.all("SELECT id, entity, root, ord, fact, vals, vers FROM record ORDER BY root, ord"):
                names = ("id", "entity", "root", "ord", "fact")
                self.records[row[0]] = dict(zip(names, row[:5], strict=True)) | {
                    "values": load(bytes(row[5])), "versions": load(bytes(row[6])),
                }  # fmt: skip
            trees: dict[str, list[str]] = {}
            for identity, one in self.records.items():
                trees.setdefault(one["root"], []).append(identity)
            for scope, root in tx.all("SELECT scope, root FROM member"):
                self.scopes.setdefault(scope, []).extend(trees.get(root, ()))
            order = "at, station, seq" if tx.postgres else "rowid"  # as they were accepted
            self.sets = tx.all(f"SELECT uid, station, seq, code, detail, body, at FROM change_set ORDER BY {order}")
            self.parked = tx.all("SELECT uid, reason, station FROM parked")
            self.stations = {row[0]: row[1:] for row in tx.all("SELECT id, no, site, state FROM station")}
            self.past = {row[:3]: (row[3], load(bytes(row[4]))) for row in tx.all(
                "SELECT record, grp, version, eff, vals FROM past")}  # fmt: skip
            self.heads = dict(map(tuple, tx.all("SELECT scope, n FROM head")))
        self.accepted = [
            row[0] for row in self.sets if row[0] in self.oracle.acts and row[3] not in ("rejected", "parked")
        ]
        self.partly = [row[0] for row in self.sets if row[0] in self.oracle.acts and row[3] == "rejected"]
        self.tables = {name: _read_all(desk) for name, desk in self.desks.items()}

    def granted(self, desk: SimDesk) -> set[str]:
        station = desk.rows("SELECT value FROM sync_state WHERE key = 'station'")[0][0]
        return {"ref", f"station:{station}", f"site:{self.stations[station][1]}"}


def _read_all(desk: SimDesk) -> dict[str, dict[str, dict[str, Any]]]:
    """Return every row of every travelling table by table and id, as the attributes of its class."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for table, entity in _tables().items():
        plan = plan_of(entity)
        rows = [plan.read(row) for row in desk.rows(f"{plan.select} ORDER BY n")]
        if rows:
            found[table] = {row["id"]: row for row in rows}
    return found


def one_truth(final: Final) -> Found:
    """I1: all holders of a scope and the server have the same rows for it."""
    for name, desk in final.desks.items():
        extras = {row[0]: json.loads(row[1]) for row in desk.rows('SELECT record_id, "values" FROM sync_extra')}
        held: dict[str, set[str]] = {}
        for scope, record in desk.rows(
            "SELECT f.scope, h.record_id FROM sync_held h JOIN sync_feed f ON f.no = h.feed_no"
        ):
            held.setdefault(scope, set()).add(record)
        versions: dict[str, dict[str, str]] = {}
        for record, group, uid in desk.rows("SELECT record_id, name, op_uid FROM group_version"):
            versions.setdefault(record, {})[group] = uid
        wanted = final.granted(desk)
        cursors = dict(desk.rows("SELECT scope, n FROM sync_feed"))
        if set(cursors) != wanted:
            yield f"{name} holds {sorted(cursors)} and is granted {sorted(wanted)}"
        for scope in sorted(wanted):
            there = set(final.scopes.get(scope, ()))
            here = held.get(scope, set())
            if there != here:
                yield f"{name} {scope}: misses {_few(final, there - here)}, has too much: {_few(final, here - there)}"
            if cursors.get(scope) != final.heads.get(scope, 0):
                yield f"{name} {scope}: stands at {cursors.get(scope)} of {final.heads.get(scope)}"
            for record in sorted(there & here):
                yield from _same_row(final, name, record, extras.get(record, {}))
                theirs = {group: one[0] for group, one in final.records[record]["versions"].items()}
                if versions.get(record, {}) != theirs:
                    yield f"{name} {_few(final, {record})}: versions {versions.get(record, {})} instead of {theirs}"


def newer_fields_survive(final: Final) -> Found:
    """I19: whatever this program has no column for is kept as the server has it, whoever changed the record since."""
    for name, desk in final.desks.items():
        extras = {row[0]: json.loads(row[1]) for row in desk.rows('SELECT record_id, "values" FROM sync_extra')}
        for (record,) in desk.rows("SELECT DISTINCT record_id FROM sync_held"):
            one = final.records.get(record)
            if one is None:
                continue
            entity = known(one["entity"])
            theirs = {key: value for key, value in one["values"].items()
                      if entity is None or key not in travelling(entity)}  # fmt: skip
            if extras.get(record, {}) != theirs:
                yield f"{name} keeps of {_few(final, {record})} {extras.get(record, {})} instead of {theirs}"


def _same_row(final: Final, name: str, record: str, extra: Mapping[str, Any]) -> Found:
    one = final.records[record]
    entity = known(one["entity"])
    row = final.tables[name].get(one["entity"], {}).get(record) if entity is not None else {}
    if row is None:
        if not extra:
            yield f"{name} has no row for {_few(final, {record})}"
        return
    mine = {key: row[key] for key in travelling(entity)} | dict(extra) if entity is not None else dict(extra)
    theirs = one["values"]
    for key in sorted(mine.keys() | theirs.keys()):
        if (mine.get(key) or None) != (theirs.get(key) or None):
            yield f"{name} {one['entity']} {record[-6:]}.{key}: {mine.get(key)!r} instead of {theirs.get(key)!r}"


def _few(final: Final, ids: set[str]) -> str:
    return str([f"{final.records.get(one, {}).get('entity', '?')} {one[-6:]}" for one in sorted(ids)[:4]] or "nothing")


def every_act_ends_once(final: Final) -> Found:
    """I2, I17, I18: no act of any disk is lost: each has one place at the server, and its desk knows its result."""
    times = Counter(row[0] for row in final.sets)
    made_by_hand = final.world.newer.desk.id if final.world.newer is not None else ""
    for uid, station, *_rest in final.sets:
        strange = uid not in final.oracle.acts and station in final.stations and station != made_by_hand
        if strange and not final.world.stage.centre.restores:
            yield f"the server has an act of {final.stations[station][0]} ({uid[-6:]}) that nobody did"
    for uid, count in times.items():
        if count > 1:
            yield f"change set {uid[-6:]} has {count} places"
    for name, desk in final.desks.items():
        for seq, uid, acked, command in desk.rows("SELECT seq, uid, acked_at, command FROM change_set"):
            if not acked:
                yield f"{name} still waits with act {seq} {command} ({uid[-6:]})"
            if uid not in times:
                yield f"act {seq} {command} of {name} ({uid[-6:]}) is not at the server"
        for (left,) in desk.rows("SELECT count(*) FROM sync_result WHERE NOT settled"):
            if left:
                yield f"{name} has {left} results that never settle"
        for (left,) in desk.rows("SELECT count(*) FROM sync_shadow"):
            if left:
                yield f"{name} still keeps {left} server images"
    for uid, reason, station in final.parked:
        if uid in final.oracle.acts:
            yield f"act {uid[-6:]} of {final.stations[station][0]} stays parked: {reason}"


def effects_happen_once(final: Final) -> Found:
    """I3: what acts added is at the server once and nothing else is, whatever came twice."""
    made = final.oracle.created([*final.accepted, *final.partly])
    there = {one for one, row in final.records.items() if row["entity"] != "review_card"}
    own = {one for one in made if one in final.records and final.records[one]["entity"] == "review_card"}
    foreign = there - made
    if foreign and not _from_newer(final, foreign):
        yield f"at the server without any act: {_few(final, foreign)}"
    missing = made - there - own
    if missing:
        yield f"added by acts and not at the server: {sorted(missing)[:3]}"
    for scope, log in final.oracle.logs.items():
        seen: Counter[tuple[str, str, str]] = Counter()
        for one in log:
            for kind, _entity, identity in one.ops:
                if kind == "fact":
                    seen[one.cs, identity, kind] += 1
        double = [key for key, times in seen.items() if times > 1]
        if double and not final.world.stage.centre.restores:
            yield f"the log of {scope} tells twice of {double[0][1][-6:]}"


def _from_newer(final: Final, ids: set[str]) -> bool:
    station = final.world.newer.desk.id if final.world.newer is not None else ""
    bodies = [json.loads(bytes(row[5])) for row in final.sets if row[1] == station]
    return ids <= {op["id"] for body in bodies for op in body["ops"]}


def in_the_order_of_their_making(final: Final) -> Found:
    """I4: the acts of a desk are applied in their order, and what is built on a version comes after it."""
    last: dict[str, int] = {}
    at = {}
    for place, (uid, station, seq, *_rest) in enumerate(final.sets):
        if seq <= last.get(station, 0):
            yield f"act {seq} of {final.stations[station][0]} came after {last[station]}"
        last[station] = seq
        at[uid] = place
    maker = {op["uid"]: uid for uid, act in final.oracle.acts.items() for op in act.ops}
    for uid in final.accepted:
        for op in final.oracle.acts[uid].ops:
            before = maker.get(op["base"]) if op["base"] else None
            if before in at and at[before] > at[uid] and not final.world.stage.centre.restores:
                yield f"act {uid[-6:]} is built on {before[-6:]}, which came after it"


def seen_as_if_computed_anew(final: Final) -> Found:
    """I7, I10: nothing is shown but what the server holds in held scopes, and folds are what the facts give."""
    for name, desk in final.desks.items():
        held = {one for (one,) in desk.rows("SELECT DISTINCT record_id FROM sync_held")}
        for table, rows in final.tables[name].items():
            stray = rows.keys() - held
            if stray:
                yield f"{name} shows {table} {sorted(stray)[0][-6:]}, which no held scope contains"
    # Folding everything anew takes as long as all other checks: one desk of every third world, in turn.
    if final.world.schedule.seed % 3:
        return
    names = sorted(final.desks)
    turn = names[final.world.schedule.seed // 3 % len(names)]
    yield from _folds(final, turn, final.desks[turn])


def _folds(final: Final, name: str, desk: SimDesk) -> Found:
    from sqlalchemy import inspect

    from deskapp.models import folding

    with desk.store.read() as session:
        folding.refold_everything(session, 0)
        for row in list(session.dirty):
            state: Any = inspect(row)
            changed = {key for key in state.committed_state if state.committed_state[key] != getattr(row, key)}
            if changed:
                before = {key: state.committed_state[key] for key in changed}
                yield f"{name} {row.__tablename__} {row.id[-6:]}: folded anew {before} becomes something else"
        session.expunge_all()


def the_same_order_and_states(final: Final) -> Found:
    """I1, I12: facts stand in the server's order at every holder, and every fold (state, holder, money) agrees."""
    for name, tables in final.tables.items():
        for table, parent in PARENT.items():
            by_parent: dict[str, list[str]] = {}
            for identity, row in tables.get(table, {}).items():
                by_parent.setdefault(row[parent], []).append(identity)
            for parent_id, here in by_parent.items():
                there = sorted((one for one in here if one in final.records), key=lambda one: (
                    final.records[one]["root"], final.records[one]["ord"]))  # fmt: skip
                if here != there and len({final.records[one]["root"] for one in there}) == 1:
                    yield f"{name} has {table} of {parent_id[-6:]} in another order than the server"
    names = list(final.tables)
    for table, entity in _tables().items():
        folds = derived(entity) - {"initials"}
        for one, two in zip(names, names[1:], strict=False):
            mine, yours = final.tables[one].get(table, {}), final.tables[two].get(table, {})
            for identity in mine.keys() & yours.keys():
                for key in folds:
                    if mine[identity][key] != yours[identity][key]:
                        yield (
                            f"{table} {identity[-6:]}.{key}: {one} {mine[identity][key]!r}, {two} {yours[identity][key]!r}"
                        )


def stock_adds_up(final: Final) -> Found:
    """I12: movements are double entries, so all places of a part add up to nothing, and every holder counts the same."""
    counts: list[tuple[str, Counter[tuple[str, str, str]]]] = []
    for name, tables in final.tables.items():
        count: Counter[tuple[str, str, str]] = Counter()
        for row in tables.get("stock_move", {}).values():
            count[row["part_id"], row["from_place"], row["data"].get("site", "")] -= row["quantity"]
            count[row["part_id"], row["to_place"], row["data"].get("site", "")] += row["quantity"]
        if sum(count.values()):
            yield f"{name}: parts appear or vanish"
        counts.append((final.desks[name].site, count))
    for (site, mine), (other, yours) in zip(counts, counts[1:], strict=False):
        if site == other and mine != yours:
            yield f"two desks of {site} count parts differently"


def stamps_only_go_up(final: Final) -> Found:
    """I15: the hybrid clock of a desk strictly increases, and its counter counts no more than the desk's own acts."""
    for name, desk in final.desks.items():
        last = ""
        for seq, hlc in desk.rows("SELECT seq, hlc FROM change_set ORDER BY seq"):
            if hlc[:22] <= last[:22]:
                yield f"{name}: stamp {hlc} of act {seq} after {last}"
            if int(hlc[16:22]) > seq:
                yield f"{name}: counter of {hlc} at act {seq}"
            last = hlc


def numbers_hold(final: Final) -> Found:
    """I20: printed numbers never change, and no two papers share one."""
    bearer: dict[str, str] = {}
    for identity, one in final.records.items():
        number = one["values"].get("number")
        if not isinstance(number, str) or one["entity"] not in ("service_ticket", "repair_order"):
            continue
        told = final.oracle.numbers.get(identity)
        if told is not None and told != number:
            yield f"{one['entity']} {identity[-6:]} was {told} and is {number}"
        if number in bearer and not final.world.cloned and final.world.newer is None:
            yield f"{number} stands on {identity[-6:]} and {bearer[number][-6:]}"
        bearer[number] = identity


def the_desks_part(final: Final) -> Found:
    """I17, I20: two disks with one identity have become two stations, each with numbers of its own."""
    taken: dict[str, str] = {}
    for name, desk in final.desks.items():
        station = desk.rows("SELECT value FROM sync_state WHERE key = 'station'")[0][0]
        if station in taken:
            both = (taken[station], name)
            if any(final.desks[one].rows("SELECT 1 FROM change_set WHERE station = ?", station) for one in both):
                yield from _diverged(final, *both)
        taken[station] = name
        number = final.stations[station][0]
        if desk.store.facts.station_no != number:
            yield f"{name} prints numbers of station {desk.store.facts.station_no} and is station {number}"


def _diverged(final: Final, one: str, two: str) -> Found:
    mine, yours = (dict(final.desks[name].rows("SELECT seq, hash FROM change_set")) for name in (one, two))
    if any(mine[seq] != yours[seq] for seq in mine.keys() & yours.keys()):
        yield f"{one} and {two} are one station with two stories"


def a_lost_desk_reads_nothing(final: Final) -> Found:
    """I9: whoever was taken out of service holds nothing any more; whoever was reported lost was told nothing since."""
    for name, desk in final.world.desks.items():
        if desk.out == "retired":
            for table in ("sync_held", "sync_feed", "service_ticket", "merchant"):
                if desk.rows(f"SELECT 1 FROM {table} LIMIT 1"):
                    yield f"{name} was taken out of service and still holds {table}"
        if desk.leaving == "lost" and not desk.out and not final.world.stage.centre.restores:
            yield f"{name} was reported lost and still speaks"


def what_a_wiped_desk_held_is_kept(final: Final) -> Found:
    """I2 of a lost desk: before it is wiped, every act of its own is at the server or set aside there."""
    with final.world.stage.centre.database.read() as tx:
        for name, desk in final.world.desks.items():
            station = stations.find(tx, desk.store.facts.station)
            if not desk.wiped or station is None or final.world.stage.centre.restores:
                continue
            there = {one.uid for push in aside.listed(tx, station) for one in push.sets}
            there |= {row[0] for row in final.sets}
            for seq, uid in desk.rows("SELECT seq, uid FROM change_set"):
                if uid not in there:
                    yield f"{name} was wiped and nobody has its act {seq} ({uid[-6:]})"


CHECKS: dict[str, Callable[[Final], Found]] = {
    "I1": one_truth, "I2 I17 I18": every_act_ends_once, "I3": effects_happen_once, "I4": in_the_order_of_their_making,
    "I7 I10": seen_as_if_computed_anew, "I1 I12": the_same_order_and_states, "I11": states_follow_the_graph,
    "I12": stock_adds_up, "I12 of one holder": one_holder_and_every_part, "I9 I10": everything_is_where_it_belongs,
    "I20 of copies": copied_numbers_are_flagged, "I13": no_text_is_lost, "I14": fields_are_as_told, "I15": stamps_only_go_up, "I19": newer_fields_survive,
    "I20": numbers_hold, "I17": the_desks_part, "I9": a_lost_desk_reads_nothing,
    "I2 of the lost": what_a_wiped_desk_held_is_kept,
}  # fmt: skip


def broken(world: World) -> list[str]:
    """Return every sentence about something that does not hold."""
    final = Final(world)
    return [f"{name} {words}" for name, check in CHECKS.items() for words in list(check(final))[:5]]
