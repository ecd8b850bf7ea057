"""For each invariant one way to break the program, so that it is known that its check can fail.

The mutants of the museum are mistakes that others made; these are chosen by what has to notice them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from deskapp.models import absorb, folding, store
from deskapp.rules import tickets
from deskapp.rules.custody import CustodyView
from deskapp.server import blobs, known, placing, push
from deskapp.server.work import Draft
from deskapp.sync import client, scopes
from tests.sim import mutants
from tests.sim.mutants import Swap


def told_twice() -> list[Swap]:
    """A fact is written into the logs twice."""
    shipped = Draft.emit

    def twice(self: Any, names: Any, row: list[Any]) -> None:
        for _time in range(2 if row[0] == "f" else 1):
            shipped(self, names, row)

    return [(Draft, "emit", twice)]


def last_first() -> list[Swap]:
    """The acts of a push are judged from the last to the first."""
    shipped = push.judge

    def backwards(run: Any, *, alone: bool = False) -> None:
        run.fresh = list(reversed(run.fresh))
        shipped(run, alone=alone)

    return [(push, "judge", backwards)]


def scope_by_scope() -> list[Swap]:
    """What one act did is laid down for each scope by itself."""
    shipped = store.Store.absorb

    def apart(self: Any, piece: absorb.Piece, *, fold: bool = True) -> Any:
        if len(piece.cursors) < 2 or not piece.entries or piece.filled:
            return shipped(self, piece, fold=fold)
        for scope, place in piece.cursors.items():
            some = [one for one in piece.entries if one.scope == scope]
            part = replace(piece, entries=some, cursors={scope: place})
            self.on_piece(part)
            done = shipped(self, part, fold=fold)
            self.after_piece(part)
        return done

    return [(store.Store, "absorb", apart)]


def never_folded() -> list[Swap]:
    """What comes from others moves no state."""
    shipped = store.Store.absorb
    return [(store.Store, "absorb", lambda self, piece, fold=True: shipped(self, piece, fold=False))]


def everything_to_everybody() -> list[Swap]:
    """Every tree is given to every site that was ever heard of."""
    shipped, seen = scopes.tree_scopes, set[str]()

    def generous(own: Any, handed: Any) -> tuple[str, ...]:
        seen.update(shipped(own, handed))
        return tuple(sorted(seen))

    return [(scopes, "tree_scopes", generous)]


def another_branch_granted() -> list[Swap]:
    """A computer reads the work of every branch that has a computer."""
    shipped, seen = known.Station.scopes.fget, set[str]()  # type: ignore[attr-defined]

    def every(self: Any) -> tuple[str, ...]:
        held = shipped(self)
        seen.update(name for name in held if name.startswith("site:"))
        return (*held, *sorted(seen - set(held)))

    return [(known.Station, "scopes", property(every))]


def any_move_moves() -> list[Swap]:
    """A move counts whatever the state before it, at every desk alike."""
    states = frozenset((None, *tickets.TicketState))
    return [(tickets, "_MOVES", {name: (states, target) for name, (_from, target) in tickets._MOVES.items()})]


def first_holder_stays() -> list[Swap]:
    """Who got a device first has it for ever, at every desk alike."""
    shipped = folding.fold_custody

    def first(facts: Any) -> CustodyView:
        view = shipped(facts)
        return replace(view, holder=view.chain[0].to_holder) if view.chain else view

    return [(folding, "fold_custody", first)]


def stamps_without_memory() -> list[Swap]:
    """A stamp is what the clock says, also after it was set back."""
    return [(store, "_next_hlc", lambda _last, now, number: f"{now:015d}-000000-{number:05d}")]


def newer_fields_replaced() -> list[Swap]:
    """What is kept for a newer program is only what came last."""

    def last(self: Any, table: str, record_id: str, values: Any) -> None:
        self.driver.execute(
            'INSERT OR REPLACE INTO sync_extra (record_id, entity, "values") VALUES (?, ?, ?)',
            (record_id, table, absorb.canonical(values)),
        )

    return [(absorb.Absorbing, "_extra", last)]


def numbered_anew() -> list[Swap]:
    """The server gives papers numbers of its own."""
    shipped = placing.settle

    def anew(draft: Any, entity: str, record_id: str, values: Any, **more: Any) -> Any:
        told = {**values, "number": f"Z{values['number']}"} if entity == "service_ticket" else values
        return shipped(draft, entity, record_id, told, **more)

    return [(placing, "settle", anew)]


def photos_trusted() -> list[Swap]:
    """Whatever came of a photo is taken for the whole of it."""
    shipped = blobs.append

    def trusting(database: Any, station: Any, one: Any, now: int) -> Any:
        short = one.content[:-1]
        return shipped(
            database, station, replace(one, content=short, digest=blobs.hashlib.sha256(short).hexdigest()), now
        )

    return [(blobs, "append", trusting), (blobs, "_matches", lambda _tx, _sha256: True)]


def one_answer_is_enough() -> list[Swap]:
    """A conversation ends with the first answer, whatever more there is."""
    shipped = client.Client.take

    def content(self: Any, asked: Any, reply: Any) -> Any:
        taken = shipped(self, asked, reply)
        taken.more = False
        return taken

    return [(client.Client, "take", content)]


SEEN = {
    "I1": mutants.entry_skipped,
    "I2 I17 I18": mutants.marked_as_sent,
    "I3": told_twice,
    "I4": last_first,
    "I5": mutants.cursor_before_data,
    "I6": scope_by_scope,
    "I7 I10": never_folded,
    "I8": mutants.own_change_flickers,
    "I9": another_branch_granted,
    "I9 I10": everything_to_everybody,
    "I11": any_move_moves,
    "I12 of one holder": first_holder_stays,
    "I13": mutants.stale_edit_wins,
    "I14": mutants.touch_beats_edit,
    "I15": stamps_without_memory,
    "I17": mutants.cloned_counter,
    "I19": newer_fields_replaced,
    "I20": numbered_anew,
    "I20 of copies": mutants.number_unseen,
    "I21": photos_trusted,
    "I22": one_answer_is_enough,
}

FIRST = {
    "I20 of copies": 49,
    "I4": 0,
    "I6": 6,
    "I9 I10": 5,
    "I11": 20,
    "I13": 13,
    "I14": 58,
    "I15": 24,
    "I17": 4,
    "I19": 35,
    "I20": 5,
    "I22": 4,
}
"""A world in which each is known to show; the others show in the first."""
