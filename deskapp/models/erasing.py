"""Erasing a person at a desk: the cells are emptied, texts lose the person, and what stands beside them is destroyed.

The journal's hashes stay whole: personal cells enter them as digests under a key that goes too
(docs/decisions/0002-personal-values.md), and an act from whose texts something is taken says so of itself
(`models.striking`). Print jobs and drafts of this computer are reached here as well, files once the change is committed
(`finish`), backups when they are rotated (`models.backup_rotation`). All of it: docs/decisions/0016..
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import select

from deskapp.models import erasing_papers, sync_state
from deskapp.models.act_session import ActSession
from deskapp.models.blobs import Blobs
from deskapp.models.canonical import canonical
from deskapp.models.columns import ERASED, ERASURE, REPLACED, personal, travelling
from deskapp.models.piece import Entry
from deskapp.models.stock import THUMBNAIL, Attachment
from deskapp.models.striking import blanked, marked, pattern_of, strike, struck_from, texts_of, without

if TYPE_CHECKING:
    from deskapp.models.store import Store

GROUPS: Final = (ERASED, REPLACED)
"""Groups of the operations by which the server erases."""

ATTACHMENT: Final = "attachment"
NO_FILE: Final[Mapping[str, Any]] = {"sha256": "", "size": 0, THUMBNAIL: ""}
"""What an attachment says whose photo or signature was destroyed."""

MOST_DAYS: Final = 50
"""Days with erasures that are remembered: longer than any backup of before one of them is kept."""

DAY_MS: Final = 24 * 3600 * 1000


def told(entity: Any, entry: Entry) -> dict[str, Any]:
    """Return what an erasure makes of columns: personal ones empty, texts without the person.

    In a snapshot, which only says how a record reads now, these are the columns that read so.
    """
    if entry.group == ERASED:
        return {**dict.fromkeys(personal(entity), ""), **(NO_FILE if entry.entity == ATTACHMENT else {})}
    if entry.group == REPLACED:
        return {name: value for name, value in entry.values.items() if name in travelling(entity)}
    gone: dict[str, Any] = {name: "" for name in personal(entity) if entry.values.get(name) == ""}
    if entry.entity == ATTACHMENT and entry.values.get("sha256") == "":
        gone.update(NO_FILE)
    names = set(texts_of(entry.entity)) & entry.values.keys()
    return gone | {name: entry.values[name] for name in names if marked(entry.values[name])}


def emptied(entity: Any, row: Mapping[str, Any], entry: Entry) -> bool:
    """Say whether a record of a snapshot was erased at the server: this desk was away when that was told."""
    if not entity.fact and not any(uid.startswith(ERASURE) for uid in entry.versions.values()):
        return False
    return any(row.get(name) and row[name] != value for name, value in told(entity, entry).items())


def erase_beside(session: ActSession, entity: Any, entry: Entry, before: Mapping[str, Any], now: int) -> None:
    """Destroy what stands beside a record of somebody who was erased: personal values and their key, texts in own acts,
    images of the server, print jobs and drafts.

    `before` is the row as it was: what is emptied in it, or replaced by marks, is what has to go.
    """
    driver, after = session.driver(), told(entity, entry)
    driver.execute("PRAGMA secure_delete = ON")  # what is emptied is not to stay in pages that are free now
    cells = {name: str(before[name]) for name in personal(entity) if before.get(name) and after.get(name) == ""}
    texts = {name: value for name, value in after.items() if name in texts_of(entry.entity)}
    words = _taken(driver, entry.id, before, texts)
    if cells or entry.group == ERASED:
        driver.execute("DELETE FROM personal_value WHERE record_id = ?", (entry.id,))
        driver.execute("DELETE FROM record_key WHERE record_id = ?", (entry.id,))
    if texts or entry.group == REPLACED:
        _strike_acts(driver, entry.id, texts, sorted(words))
        session.info.pop("operations", None)  # acts that were read already (`rebase.operations`)
    if entry.entity == ATTACHMENT:
        cells.pop(THUMBNAIL, None)  # no paper says it
        if after.get("sha256") == "":
            _let_go(driver, entry.id, str(before.get("sha256", "")))
    _change_images(driver, entry.id, after)
    erasing_papers.strike_papers(driver, entry.id, before, cells, words)
    _remember(driver, now)


def _let_go(driver: Any, record_id: str, sha256: str) -> None:
    """Carry a file no further that no other attachment names, and note that it is to be destroyed (`finish`)."""
    other = "SELECT 1 FROM attachment WHERE sha256 = ? AND id <> ? LIMIT 1"
    if not sha256 or driver.execute(other, (sha256, record_id)).fetchone() is not None:
        return
    driver.execute("DELETE FROM blob_transfer WHERE sha256 = ?", (sha256,))
    row = driver.execute("SELECT value FROM sync_state WHERE key = 'blobs_due'").fetchone()
    names = sorted({*(json.loads(row[0]) if row and row[0] else ()), sha256})
    driver.execute("INSERT OR REPLACE INTO sync_state (key, value) VALUES ('blobs_due', ?)", (json.dumps(names),))


def _taken(driver: Any, record_id: str, before: Mapping[str, Any], texts: Mapping[str, Any]) -> set[str]:
    """Return what the marks in texts stand for, by the first that fits: the server's image, the row, an own act.

    Where there is an image the row says more than the server knew when it put the marks there.
    """
    images = driver.execute('SELECT "values" FROM sync_shadow WHERE record_id = ?', (record_id,)).fetchall()
    bodies = driver.execute(_ACTS, (record_id,)).fetchall() if texts else []
    ops = [op for _seq, body, _acked in bodies for op in orjson.loads(body)["ops"] if op["id"] == record_id]
    known = [*(orjson.loads(text) for (text,) in images), before, *(op["values"] for op in ops)]
    fitting = ((struck_from(one.get(name), value) for one in known) for name, value in texts.items())
    return {word for found in fitting for word in next(filter(None, found), ())}


_ACTS: Final = (
    "SELECT c.seq, c.body, c.acked_at FROM change_set c JOIN changed_record r ON r.seq = c.seq WHERE r.record_id = ?"
    " ORDER BY c.seq"
)


def _strike_acts(driver: Any, record_id: str, texts: Mapping[str, Any], words: list[str]) -> None:
    """Take the person out of the texts of a record in this computer's own acts.

    Where nobody knows any more what was taken out, the mark stands for all that an act said otherwise; but not in an
    act that the server has not seen: nothing that was typed is lost, and whoever erases looks once more later.
    """
    pattern = pattern_of(words)

    def clean(entity: str, name: str, value: Any) -> Any:
        if pattern is not None:
            return strike(value, pattern)[0] if name in texts_of(entity) else value
        return blanked(value) if name in texts and value != texts[name] else value

    def change(op: Mapping[str, Any]) -> dict[str, Any] | None:
        if op["id"] != record_id:
            return None
        return {name: clean(op["entity"], name, value) for name, value in op["values"].items()}

    for seq, body, acked in driver.execute(_ACTS, (record_id,)).fetchall():
        text = without(body, change) if acked or pattern is not None else None
        if text is not None:
            driver.execute("UPDATE change_set SET body = ? WHERE seq = ?", (text, seq))


def _change_images(driver: Any, record_id: str, values: Mapping[str, Any]) -> None:
    """Change columns in what is kept of the server's image of a record."""
    rows = driver.execute('SELECT name, "values" FROM sync_shadow WHERE record_id = ?', (record_id,)).fetchall()
    for name, text in rows:
        known = orjson.loads(text)
        if known.keys() & values.keys():
            clean = canonical({key: values.get(key, value) for key, value in known.items()})
            driver.execute(
                'UPDATE sync_shadow SET "values" = ? WHERE record_id = ? AND name = ?', (clean, record_id, name)
            )


def _remember(driver: Any, now: int) -> None:
    """Note that copies of the journal and backups hold what was erased just now."""
    days = {at // DAY_MS: at for at in [*erasures(driver), now]}
    times = [days[day] for day in sorted(days)][-MOST_DAYS:]
    for key, value in (("recopy", "1"), ("erased_at", json.dumps(times))):
        driver.execute("INSERT OR REPLACE INTO sync_state (key, value) VALUES (?, ?)", (key, value))


def erasures(driver: Any) -> list[int]:
    """Return when somebody was erased here (ms UTC), the last time of each day, the newest last."""
    row = driver.execute("SELECT value FROM sync_state WHERE key = 'erased_at'").fetchone()
    return [int(at) for at in json.loads(row[0])] if row and row[0] else []


def finish(store: Store) -> None:
    """Do what could not be done in the commit: write the copy of the journal anew, remove papers kept as files, and
    photos and signatures from their own database."""
    store.recopy(anew=True)
    with store.read() as session:
        due = json.loads(sync_state.state(session, "papers_due") or "[]")
        blobs = json.loads(sync_state.state(session, "blobs_due") or "[]")
        still = set(session.scalars(select(Attachment.sha256).where(Attachment.sha256.in_(blobs)))) if blobs else set()
    erasing_papers.remove_files(due)
    Blobs(store.home.blobs, store.key).destroy(one for one in blobs if one not in still)
