"""What people are told of photos that did not come for a week: a card where the record is, until the photo is here.

By then it is no longer on its way: the computer that has it is switched off, broken, or stands in a cupboard. Somebody
has to look, so the card names the computer. It closes by itself with the last piece of the photo.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from deskapp.clock import new_uuid7
from deskapp.server import apply, missing, stations
from deskapp.server.cards import derived_id, raise_card
from deskapp.server.database import Transaction
from deskapp.server.numbering import write_logs
from deskapp.server.work import Author, Draft, Work
from deskapp.sync import scopes
from deskapp.sync.framing import dump, load
from deskapp.sync.packing import Op, ReadSet

if TYPE_CHECKING:
    from deskapp.server.service import Server

CARD: Final = "photo_missing"
COMMAND: Final = "miss_photos"
FITS_NOW: Final = "fits_now"
"""How a card was settled that closed itself (`commands.disagreements`)."""

AT_ONCE: Final = 100


class Holder(NamedTuple):
    """The computer that wrote a record: its number, what it is called, its site."""

    no: int = 0
    name: str = ""
    site: str = ""


def look(server: Server) -> int:
    """Raise cards about photos that are missing for long, and close those whose photo came or is no longer wanted.

    Returns how many were raised.
    """
    now = server.clock()
    with server.database.read() as tx:
        gone = missing.find(tx)
        known = dict(map(tuple, tx.all("SELECT sha256, card FROM missing_file")))
        late = [one for one in gone if not known.get(one.sha256) and now - _since(tx, one) > missing.LONG_MS]
    wanted = {one.sha256 for one in gone}
    for sha256 in [sha256 for sha256 in known if sha256 not in wanted]:
        server.database.retrying(lambda tx, sha256=sha256: has_come(tx, sha256, now))  # type: ignore[misc]
    for start in range(0, len(late), AT_ONCE):
        some = late[start : start + AT_ONCE]
        server.database.retrying(lambda tx, some=some: _raise(tx, some, now))  # type: ignore[misc]
    return len(late)


def _since(tx: Transaction, one: missing.Missing) -> int:
    """Return when a photo was taken, also where the record's id does not say it (ms UTC)."""
    if one.made_at:
        return one.made_at
    row = tx.one("SELECT vals FROM record WHERE id = ?", (one.record,))
    at = load(bytes(row[0])).get("at") if row is not None else 0
    return at if type(at) is int else 0


def has_come(tx: Transaction, sha256: str, now: int) -> None:
    """Forget that a photo was missing, and close its card unless somebody did."""
    row = tx.one("SELECT card FROM missing_file WHERE sha256 = ?", (sha256,))
    if row is None:
        return
    tx.run("DELETE FROM missing_file WHERE sha256 = ?", (sha256,))
    if row[0]:
        _write(tx, now, [row[0]], lambda draft: _close(draft, row[0], now))


def forget(tx: Transaction, draft: Draft, sha256: str, now: int) -> None:
    """The same in the middle of an act of the server's own: the photo is wanted no longer."""
    row = tx.one("SELECT card FROM missing_file WHERE sha256 = ?", (sha256,))
    tx.run("DELETE FROM missing_file WHERE sha256 = ?", (sha256,))
    if row is not None and row[0]:
        draft.work.load([row[0]])
        _close(draft, row[0], now)


def _raise(tx: Transaction, some: Sequence[missing.Missing], now: int) -> None:
    for one in some:
        holder = _holder(tx, one)
        cards: list[str] = []
        _write(tx, now, [one.record], lambda draft: cards.append(_tell(draft, one, holder)), holder.site)  # noqa: B023
        there = tx.run("UPDATE missing_file SET card = ? WHERE sha256 = ?", (cards[0], one.sha256))
        if not there:
            tx.put("missing_file", [(one.sha256, 0, cards[0])])


def _holder(tx: Transaction, one: missing.Missing) -> Holder:
    row = tx.one("SELECT station FROM blob_ref WHERE sha256 = ? AND record = ?", (one.sha256, one.record))
    if row is None or not row[0]:  # written before that was kept
        where = "position(? IN body) > 0" if tx.postgres else "instr(body, ?) > 0"
        row = tx.one(f"SELECT station FROM change_set WHERE {where} LIMIT 1", (dump(one.record),))
    station = stations.find(tx, row[0]) if row is not None else None
    if station is None:
        return Holder()
    site = tx.one("SELECT name FROM site WHERE id = ?", (station.site,))
    return Holder(station.no, " ".join(filter(None, (site[0] if site else "", station.name))), station.site)


def _tell(draft: Draft, one: missing.Missing, holder: Holder) -> str:
    """Raise the card on what the photo is of, and return its id; the same photo has one card for ever."""
    photo = draft.get(one.record)
    assert photo is not None  # it was loaded under its lock, and records that are named do not go
    values = photo.values
    draft.work.load([str(values.get("subject_id", ""))])
    subject = draft.get(str(values.get("subject_id", ""))) or photo
    card = derived_id("card", CARD, subject.id, one.sha256)
    draft.work.load([card])
    made_at = values.get("at") if type(values.get("at")) is int else one.made_at
    raise_card(draft, CARD, subject, {
        "photo": one.record, "sha256": one.sha256, "kind": str(values.get("kind", "")), "made_at": made_at,
        "station": holder.no, "place": holder.name,
    }, seed=one.sha256)  # fmt: skip
    return card


def _close(draft: Draft, card: str, now: int) -> None:
    rec = draft.get(card)
    if rec is None or rec.values.get("settled_at"):
        return
    base = rec.versions.get("settled", ("", 0))[0]
    values = {"settled_at": now, "settled_by": "", "settled_how": FITS_NOW}
    apply.change(draft, Op(new_uuid7(), "set", "review_card", card, "settled", base, values))


def _write(
    tx: Transaction, now: int, ids: Sequence[str], work: Callable[[Draft], Any], site: str = ""
) -> None:  # fmt: skip
    """Do something on records in the server's own name, and let the logs tell of it."""
    gathered = Work(tx)
    gathered.load(ids)
    held = {scope for rec in gathered.recs.values() for scope in rec.scopes}
    author = Author(stations.NOBODY, 0, site, frozenset({scopes.REF, *held}), {})
    uid = new_uuid7()
    one = ReadSet(uid, stations.NOBODY, 0, "", f"{now:015d}-000000-00000", "", COMMAND, "", 0, (), b"", "")
    draft = Draft(gathered, author, one, now)
    work(draft)
    gathered.accept(draft)
    gathered.write()
    entries = {scope: [dump([uid, 0, "", now, COMMAND, 0, some])] for scope, some in draft.out.items() if some}
    write_logs(tx, entries, [(scope, root, 1) for scope, root in draft.leaves], {}, now)
