"""Photos, scans and drawn signatures of somebody who is erased: which there are, which go at once, which are held.

What a person signed proves that a device was handed over, so it is held until nobody can claim anything from it any
more; a photo of a device is held as long as the device is in the house. What is held goes by itself when its time is
over (`due`). All terms are those of `retention.toml`; why: docs/decisions/0019.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from deskapp.clock import new_uuid7, shop_time
from deskapp.models import columns
from deskapp.models.stock import THUMBNAIL
from deskapp.paths import resource
from deskapp.rules.states import ENDED, WITH_MERCHANT, WorkState
from deskapp.server import missing_cards, stations
from deskapp.sync.framing import load
from deskapp.sync.packing import Op

if TYPE_CHECKING:
    from deskapp.server.database import Transaction
    from deskapp.server.work import Draft, Rec

ATTACHMENT: Final = "attachment"
HELD: Final = "held"
"""Group of the operations that say until when a file is held; no table has it."""

BLANK: Final[Mapping[str, Any]] = {"sha256": "", "size": 0, THUMBNAIL: ""}
"""What is left of the columns that name a file, and of its small picture."""

OUT: Final = frozenset({*ENDED, *WITH_MERCHANT, WorkState.PICKED_UP})
"""States in which a device is not, or no longer, in the house."""

SIGNED: Final[Mapping[str, str]] = {
    "signature": "signature", "signature_giver": "signature", "signature_taker": "signature", "approval": "signature",
    "paper": "signed_paper_scan",
}  # fmt: skip
"""Kinds of files that somebody signed, and by which rule of `retention.toml` they are held."""

SIDES: Final[Mapping[str, str]] = {"signature_giver": "giver", "signature_taker": "taker"}
"""Signatures of one of two people at a hand-over, by the column with that person's name."""

AGAIN_MS: Final = 24 * 3600 * 1000
"""When it is looked again whether a device has left the house."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A file of a person: its record, its kind, and until when it is held (ms UTC, 0: it goes at once)."""

    id: str
    kind: str
    until: int = 0


@cache
def _months() -> dict[str, int]:
    told = tomllib.loads(resource("catalogue", "retention.toml").read_text("utf-8"))
    return {rule["what"]: int(rule["months"]) for rule in told["rules"]}


def later(at: int, months: int) -> int:
    """Return the instant so many months after another, to the day (ms UTC)."""
    return at + int(timedelta(days=round(months * 365.25 / 12)).total_seconds()) * 1000


def find(tx: Transaction, ids: Sequence[str], texts: Sequence[str], now: int) -> list[Photo]:
    """Return the files that hang together with records of a person (`ids`); `texts` is how that person is called."""
    roots = {row[0] for row in tx.among("SELECT root FROM record WHERE id IN (#)", list(ids))}
    found: list[Photo] = []
    for root in sorted(roots):
        tree = _tree(tx, root)
        for identity, (entity, values) in tree.items():
            if entity == ATTACHMENT and values.get("sha256") and _is_of(values, tree, set(ids), texts):
                found.append(Photo(identity, str(values.get("kind", "")), held_until(tree, values, now)))
    return found


def _tree(tx: Transaction, root: str) -> dict[str, tuple[str, dict[str, Any]]]:
    rows = tx.all("SELECT id, entity, vals FROM record WHERE root = ? ORDER BY ord", (root,))
    return {identity: (entity, load(bytes(vals))) for identity, entity, vals in rows}


def _is_of(
    values: Mapping[str, Any], tree: Mapping[str, tuple[str, Mapping[str, Any]]], ids: set[str], texts: Sequence[str]
) -> bool:
    """Say whether a file shows the person: what was signed is of whoever stands on the record that it hangs on."""
    kind, subject = str(values.get("kind", "")), str(values.get("subject_id", ""))
    if kind not in SIGNED:
        return True
    if kind in SIDES and texts:
        name = tree.get(subject, ("", {}))[1].get(SIDES[kind])
        return name in texts or (name == "" and subject in ids)
    entity = tree.get(subject, ("", {}))[0]
    known = columns.known(entity) if entity else None
    return subject in ids or known is None or not columns.personal(known)


def held_until(tree: Mapping[str, tuple[str, Mapping[str, Any]]], values: Mapping[str, Any], now: int) -> int:
    """Return until when a file is held, 0 where it may go at once."""
    rule = SIGNED.get(str(values.get("kind", "")))
    last = max((one["at"] for _entity, one in tree.values() if type(one.get("at")) is int), default=0)
    until = later(min(last, now), _months()[rule]) if rule is not None else 0
    if any(state not in OUT for state in _states(tree).values()):
        until = max(until, now + AGAIN_MS)
    return until if until > now else 0


def _states(tree: Mapping[str, tuple[str, Mapping[str, Any]]]) -> dict[str, str]:
    """Return in which state each device of a tree is, by the last of its moves that was not taken back."""
    moves = [(identity, one) for identity, (entity, one) in tree.items() if entity == "work_event"]
    gone = {one.get("voids") for _identity, one in moves} - {""}
    return {
        str(one.get("item_id")): str(one.get("to_state")) for identity, one in moves
        if identity not in gone and not one.get("voids") and one.get("to_state")
    }  # fmt: skip


def operations(photos: Iterable[Photo]) -> list[Op]:
    """Return what erases files."""
    return [
        Op(columns.ERASURE + new_uuid7()[len(columns.ERASURE) :], "set", ATTACHMENT, one.id, columns.ERASED, "",
           dict(BLANK))
        for one in photos
    ]  # fmt: skip


def holding(photos: Iterable[Photo]) -> list[Op]:
    """Return what notes until when files are held that would go otherwise; no log tells of it."""
    return [Op(new_uuid7(), "set", ATTACHMENT, one.id, HELD, "", {"until": one.until}) for one in photos]


def hold(tx: Transaction, ops: Iterable[Op]) -> None:
    """Note what an act says about files that are held."""
    for op in ops:
        if op.group == HELD:
            tx.run("DELETE FROM photo_held WHERE record = ?", (op.id,))
            tx.put("photo_held", [(op.id, int(op.values["until"]))])


def any_due(tx: Transaction, now: int) -> bool:
    """Say whether the time of anything that is held is over, or is to be looked at again."""
    return tx.one("SELECT 1 FROM photo_held WHERE until <= ? LIMIT 1", (now,)) is not None


def due(tx: Transaction, now: int) -> list[Photo]:
    """Return the held files whose time is over; what has to be held longer is noted so."""
    found = []
    for (record,) in tx.all("SELECT record FROM photo_held WHERE until <= ? ORDER BY record", (now,)):
        row = tx.one("SELECT root, vals FROM record WHERE id = ?", (record,))
        values = load(bytes(row[1])) if row is not None else {}
        if not values.get("sha256"):
            tx.run("DELETE FROM photo_held WHERE record = ?", (record,))
            continue
        until = held_until(_tree(tx, row[0]), values, now)
        if until:
            tx.run("UPDATE photo_held SET until = ? WHERE record = ?", (until, record))
        else:
            found.append(Photo(record, str(values.get("kind", ""))))
    return found


LOOKED: Final = "small_pictures_looked_for"
"""In `meta`, once it was looked for what an older program left behind."""


def was_looked(tx: Transaction) -> bool:
    """Say whether it was looked for what an older program left behind, and `noted`."""
    return tx.one("SELECT 1 FROM meta WHERE name = ?", (LOOKED,)) is not None


def left_behind(tx: Transaction) -> list[Photo]:
    """Return the records whose file was erased by a program that knew of no small pictures."""
    piece = "position(? IN vals) > 0" if tx.postgres else "instr(vals, ?) > 0"
    rows = tx.all(f"SELECT id, vals FROM record WHERE entity = '{ATTACHMENT}' AND {piece}", (b'"sha256":""',))
    told = ((identity, load(bytes(vals))) for identity, vals in rows)
    return [Photo(one, str(values.get("kind", ""))) for one, values in told if values.get(THUMBNAIL)]


def noted(tx: Transaction) -> None:
    """Note that nothing is left behind."""
    tx.put("meta", [(LOOKED, "1")], keep=True)


def erase(tx: Transaction, draft: Draft, rec: Rec, now: int) -> dict[str, Any]:
    """Destroy a file unless another record names it, and return what the record says from now on.

    Nobody brings it again: a desk that was away, or was set back, is told that it is here.
    """
    sha256 = str(rec.values.get("sha256", ""))
    tx.run("DELETE FROM photo_held WHERE record = ?", (rec.id,))
    tx.run("DELETE FROM blob_ref WHERE record = ?", (rec.id,))
    if sha256 and tx.one("SELECT 1 FROM blob_ref WHERE sha256 = ?", (sha256,)) is None:
        tx.one(f"SELECT 1 FROM blob WHERE sha256 = ?{tx.for_update}", (sha256,))  # whoever brings a piece just now
        tx.run("DELETE FROM blob_piece WHERE sha256 = ?", (sha256,))
        tx.run("DELETE FROM blob WHERE sha256 = ?", (sha256,))
        tx.put("erased_file", [(sha256, now)], keep=True)
        missing_cards.forget(tx, draft, sha256, now)
    stations.note(tx, now, "erase_photo", rec.id, kind=str(rec.values.get("kind", "")), sha256=sha256[:16])
    return dict(BLANK)


def day(photo: Photo) -> str:
    """Return until which day a file is held."""
    return f"{shop_time(photo.until):%Y-%m-%d}"
