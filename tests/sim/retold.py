"""What the server holds, told a second time in other words: where each record belongs, what each state and count is.

The checks of I1 compare desks with the server; these look at the server itself, so that a mistake which it makes
for everybody alike is seen too. Nothing here asks the functions of the program that decide the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from deskapp.models import bench
from deskapp.models.columns import _tables
from deskapp.rules.moves import TABLE

if TYPE_CHECKING:
    from tests.sim.invariants import Final

Found = Iterator[str]

_OF_ALL = frozenset(
    "site staff device_model part price_line calendar_day shelf merchant merchant_contact service_contract device"
    " terminal_binding".split()
)
_OF_ONE_BRANCH = frozenset("review_card print_fact loan_event".split())
"""What hangs on something that everybody has, and is yet nobody else's business."""

_HANGS_ON = ("item_id", "order_id", "ticket_id", "subject_id", "merchant_id", "device_id")
_ROOTS = ("service_ticket", "repair_order")

_TICKETS: Mapping[str, tuple[str, str]] = {
    "open": ("-", "open"), "start": ("open", "in_progress"), "wait": ("open in_progress", "waiting"),
    "go_on": ("waiting", "in_progress"), "finish": ("open in_progress waiting", "done"),
    "cancel": ("open in_progress waiting", "cancelled"), "reopen": ("done cancelled", "in_progress"),
    "open_again": ("in_progress waiting", "open"),
}  # fmt: skip
"""The graph of a ticket: from which states each move leads where; `-` is before the first."""


class Placed:
    """In which scopes each record has to be, by what the server knows of sites and hand-overs."""

    def __init__(self, final: Final) -> None:
        self.records = final.records
        with final.world.stage.centre.database.read() as tx:
            self._same = {one: same or one for one, same in tx.all("SELECT id, same_as FROM site")}
        self._author = {
            op["id"]: final.stations[row[1]][1] for row in final.sets if row[0] in final.oracle.acts
            for op in final.oracle.acts[row[0]].ops if op["kind"] != "set"
        }  # fmt: skip
        self._tops: dict[str, str] = {}
        self._sites: dict[str, set[str]] = {}
        trees: dict[str, list[str]] = {}
        for one in self.records:
            trees.setdefault(self.top(one), []).append(one)
        for top, tree in trees.items():
            self._sites[top] = set(self._of_tree(tree))

    def scopes(self, record: str) -> set[str] | None:
        """Return them; None where it is one branch's business, and nobody knows whose."""
        one = self.records[record]
        above = self._above(record)
        top = self.top(record)
        if one["entity"] in _OF_ALL:
            return {"ref"}
        if above in self.records and self.records[top]["entity"] in _OF_ALL:
            if one["entity"] not in _OF_ONE_BRANCH:
                return {"ref"}
            return {f"site:{self._author[record]}"} if record in self._author else None
        if self._sites[top]:
            return {f"site:{site}" for site in self._sites[top]}
        said = one["values"].get("site_id") or (one["values"].get("data") or {}).get("site")
        site = self._same.get(said, said) if isinstance(said, str) and said else self._author.get(record)
        return None if site is None else {f"site:{site}"}

    def top(self, record: str) -> str:
        """Return the record at the head of the tree in which this one hangs."""
        if record not in self._tops:
            above = self._above(record)
            self._tops[record] = self.top(above) if above in self.records else record
        return self._tops[record]

    def _above(self, record: str) -> str:
        one = self.records[record]
        if one["entity"] not in _tables() or one["entity"] in ("service_ticket", "merchant", "device"):
            return ""
        names = {"repair_item": ("order_id",), "repair_order": ("ticket_id",)}.get(one["entity"], _HANGS_ON)
        return next((str(one["values"][name]) for name in names if one["values"].get(name)), "")

    def _of_tree(self, tree: Iterable[str]) -> Iterator[str]:
        handed: dict[str, list[str]] = {}
        for record in tree:
            one = self.records[record]
            values = one["values"]
            if one["entity"] in _ROOTS:
                said = values.get("site_id") or self._author.get(record)
                yield self._same.get(said, said)
            if one["entity"] == "custody_event":
                handed.pop(values.get("voids", ""), None)
                holders = [str(values.get(name, "")).split(":", 2) for name in ("from_holder", "to_holder")]
                handed[record] = [self._same.get(one[2], "") for one in holders if one[1:2] == ["site"]]
        for sites in handed.values():
            yield from filter(None, sites)


def everything_is_where_it_belongs(final: Final) -> Found:
    """I9, I10: a record is in the scopes of those whom it concerns, and in no other."""
    placed = Placed(final)
    there: dict[str, set[str]] = {}
    for scope, ids in final.scopes.items():
        for one in ids:
            there.setdefault(one, set()).add(scope)
    for record, one in final.records.items():
        wanted, found = placed.scopes(record), there.get(record, set())
        if wanted is None:
            if not found or "ref" in found:
                yield f"{one['entity']} {record[-6:]} concerns one branch and is in {_scopes(found)}"
        elif wanted != found:
            yield f"{one['entity']} {record[-6:]} is in {_scopes(found)} and belongs into {_scopes(wanted)}"


def _scopes(names: Iterable[str]) -> list[str]:
    return sorted(f"{name[:5]}{name[-4:]}" if ":" in name else name for name in names)


def _facts(final: Final, table: str, parent: str) -> dict[str, list[tuple[str, Mapping[str, Any]]]]:
    """Return the facts that count, neither taken back nor taking back, in the server's order, by what they are about."""
    every: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for record, one in final.records.items():
        if one["entity"] == table:
            every.setdefault(str(one["values"].get(parent, "")), []).append((record, one["values"]))
    for about, facts in every.items():
        gone: set[str] = set()
        for record, values in reversed(facts):
            if values.get("voids") and record not in gone:
                gone.add(values["voids"])
        every[about] = [(one, values) for one, values in facts if not values.get("voids") and one not in gone]
    return every


def states_follow_the_graph(final: Final) -> Found:
    """I11: what a desk shows as the state of a ticket or device is where the legal ones of its moves lead."""
    wanted = {("service_ticket", "state", about): _walked(facts)
              for about, facts in _facts(final, "ticket_event", "ticket_id").items()}  # fmt: skip
    wanted |= {("repair_item", "work_state", about): _worked(facts)
               for about, facts in _facts(final, "work_event", "item_id").items()}  # fmt: skip
    for name, tables in final.tables.items():
        for (table, column, record), state in wanted.items():
            row = tables.get(table, {}).get(record)
            if row is not None and row[column] != state:
                yield f"{name} shows {table} {record[-6:]} as {row[column]}; its moves lead to {state}"


def _walked(facts: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    state = "-"
    for _record, values in facts:
        origins, target = _TICKETS.get(values.get("kind", ""), ("", ""))
        if state in origins.split():
            state = target
    return "open" if state == "-" else state


def _worked(facts: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    path: list[str] = []
    back: list[str] = []
    for _record, values in facts:
        here = path[-1] if path else None
        for move in TABLE:
            if move.name != values.get("move") or here not in {one and one.value for one in move.from_states}:
                continue
            target = (back[-1] if back else None) if move.resumes else here if move.stays else move.to and move.to.value
            if target == values.get("to_state"):
                if move.resumes:
                    back.pop()
                elif move.remembers and here:
                    back.append(here)
                path.append(values["to_state"])
                break
    return path[-1] if path else "registered"


def one_holder_and_every_part(final: Final) -> Found:
    """I12: each device is where its last hand-over brought it, and of each part as many lie on the shelf as were moved."""
    custody = _facts(final, "custody_event", "item_id")
    for name, tables in final.tables.items():
        for record, row in tables.get("repair_item", {}).items():
            hops = custody.get(record, ())
            holder = hops[-1][1]["to_holder"] if hops else ""
            if row["holder"] != holder:
                yield f"{name}: {record[-6:]} is with {row['holder']!r}, and was handed to {holder!r} last"
    name = sorted(final.desks)[
        final.world.schedule.seed % len(final.desks)
    ]  # one in turn: their rows are the same (I1)
    desk = final.desks[name]
    held = {one for scope in final.granted(desk) for one in final.scopes.get(scope, ())}
    wanted: Counter[str] = Counter()
    for uid in (*final.accepted, *final.partly):
        for op in final.oracle.acts[uid].ops:
            if op["entity"] == "stock_move" and op["kind"] == "fact" and op["id"] in held:
                step = (op["values"]["to_place"] == bench.SHELF) - (op["values"]["from_place"] == bench.SHELF)
                wanted[op["values"]["part_id"]] += step * op["values"]["quantity"]
    parts = sorted(final.tables[name].get("part", {}))
    with desk.store.read() as session:
        counted = bench.on_shelf(session, parts)
    for part in parts:
        if counted[part] != wanted[part]:
            yield f"{name} counts {counted[part]} of part {part[-6:]}, and {wanted[part]} were put there"


def copied_numbers_are_flagged(final: Final) -> Found:
    """I20: a number that stands on two records, because a disk was copied or set back, is on a card that people see."""
    bearers: dict[str, list[str]] = {}
    for record, one in final.records.items():
        number = {"service_ticket": "number", "repair_item": "label_no"}.get(one["entity"])
        if number and one["values"].get(number):
            bearers.setdefault(f"{one['entity']} {one['values'][number]}", []).append(record)
    told = [
        {one["values"]["subject_id"], *one["values"]["data"]["others"]}
        for one in final.records.values() if one["values"].get("kind") == "same_number"
    ]  # fmt: skip
    for number, ids in bearers.items():
        seen = any(len(set(ids) & set(rows)) > 1 for rows in (set(final.tables[name].get(number.split()[0], {}))
                                                              for name in final.tables))  # fmt: skip
        final.world.reached["a number on two records"] += len(ids) > 1
        if len(ids) > 1 and seen and not any(set(ids) <= one for one in told):
            yield f"{number} stands on {[one[-6:] for one in ids]}, and no card says so"
