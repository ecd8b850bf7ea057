"""The invariants about what people wrote: no text is lost (I13), and each field is what the rules make of it (I14)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tests.sim.oracle import TEXTS

if TYPE_CHECKING:
    from tests.sim.desk import SimDesk
    from tests.sim.invariants import Final

Found = Iterator[str]

_WORDS = re.compile(r"[A-Z]\dw\d+")


def no_text_is_lost(final: Final) -> Found:
    """I13: every text somebody saved can be read at every holder: in a row, as a variant on a card, or in history."""
    for name, desk in final.desks.items():
        scopes = final.granted(desk)
        ids = {one for scope in scopes for one in final.scopes.get(scope, ())}
        there = json.dumps(
            [list(rows.values()) for rows in final.tables[name].values()], ensure_ascii=False, default=str
        )
        there += "".join(row[0] for row in desk.rows('SELECT "values" FROM sync_extra'))
        readable = set(_WORDS.findall(there))
        for uid in (*final.accepted, *final.partly):
            for op in final.oracle.acts[uid].ops:
                if op["id"] not in ids or not _concerns(final, desk, op, uid):
                    continue
                texts = set(_WORDS.findall(json.dumps(op["values"], ensure_ascii=False)))
                lost = texts - readable
                if lost and not _replaced(final, op, lost):
                    yield f"{sorted(lost)} of {final.oracle.acts[uid].desk} cannot be read at {name} any more ({op['entity']})"


def _concerns(final: Final, desk: SimDesk, op: Mapping[str, Any], uid: str) -> bool:
    """Say whether a desk has to be able to read a text: what every branch holds concerns whoever wrote it."""
    writer = final.world.desks.get(final.oracle.acts[uid].desk)
    return op["id"] not in final.scopes.get("ref", ()) or writer is None or writer.site == desk.site


def _replaced(final: Final, op: Mapping[str, Any], lost: set[str]) -> bool:
    """Say whether somebody who saw these texts took them away: then they stand in the history of the group."""
    sets = [
        one for uid in final.accepted for one in final.oracle.acts[uid].ops
        if one["kind"] == "set" and one["id"] == op["id"]
    ]  # fmt: skip
    taken = set()
    for one in sets:
        before = final.past.get((one["id"], one["group"], one["base"]))
        after = final.past.get((one["id"], one["group"], one["uid"]))
        if before is not None and after is not None:
            seen, left = (set(_WORDS.findall(json.dumps(told[1], ensure_ascii=False))) for told in (before, after))
            taken |= seen - left
    return lost <= taken


def fields_are_as_told(final: Final) -> Found:
    """I14: each field group is what the oracle tells from the acts in the server's order; losers are in history."""
    if final.world.stage.centre.restores:
        return  # after a restore the times of receipt are those of the second receipt, which the oracle sees in part
    refused = set()
    for uid, _station, _seq, code, detail, *_rest in final.sets:
        if code == "rejected":
            told = json.loads(detail or "{}")
            refused |= {(uid, one.get("record", "")) for one in (*told.get("refused", ()), told)}
    order = {row[0]: row[6] for row in final.sets if row[0] in final.oracle.acts and row[3] != "parked"}
    for (record, group), told in final.oracle.expected(order, refused).items():
        one = final.records.get(record)
        if one is None:
            continue
        for name, value in told.values.items():
            if (one["entity"], name) in TEXTS or any((one["entity"], key) in TEXTS for key in told.values):
                continue
            if (one["values"].get(name) or None) != (value or None):
                yield f"{one['entity']} {record[-6:]}.{name} is {one['values'].get(name)!r}; by the rules {value!r}"
        if told.plain and one["versions"].get(group, ("",))[0] != told.version:
            yield f"{one['entity']} {record[-6:]} {group} is at version {one['versions'].get(group)}, not {told.version}"
    for uid in final.accepted:
        for op in final.oracle.acts[uid].ops:
            if op["kind"] == "set" and op["id"] in final.records and (uid, op["id"]) not in refused:
                kept = final.past.get((op["id"], op["group"], op["uid"]))
                if kept is None:
                    yield f"what {uid[-6:]} wrote into {op['entity']}.{op['group']} is in no history"
                elif final.oracle.timing(uid, order[uid]) is not None:
                    yield from _within(final, uid, op, kept[0], order[uid])


def _within(final: Final, uid: str, op: Mapping[str, Any], eff: int, received: int) -> Found:
    timing = final.oracle.timing(uid, received)
    assert timing is not None
    most = timing.received + 2_000
    base = final.past.get((op["id"], op["group"], op["base"]), (0, {}))[0]
    others = [
        found[0] for (record, group, _v), found in final.past.items() if (record, group) == (op["id"], op["group"])
    ]
    if eff > max(most, base + 1, *others):
        yield f"{uid[-6:]} counts as of {eff}, received at {timing.received}"
    if eff < timing.since:
        yield f"{uid[-6:]} counts as of {eff}, before the contact at {timing.since}"
