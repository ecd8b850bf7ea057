"""Into which scopes a record goes, and what the logs say when a tree enters or leaves one.

Old and new scopes are compared in the transaction that changes them: who gains the tree is sent all of it, who loses
it is told to drop it, the one who caused it among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from deskapp.server.work import Draft, Handed, Rec
from deskapp.sync import scopes

DISPATCHED = "dispatch"
HOP = "hop"
_ID: Final = re.compile(r"[!-~]{1,80}")
_SITE: Final = re.compile(r"[0-9A-Za-z._-]{1,64}")
_HAND: Final = "INSERT INTO handed (event, site, root, item, kind) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"


def settle(
    draft: Draft, entity: str, record_id: str, values: dict[str, Any], *, fact: bool, party: str = ""
) -> Rec:  # fmt: skip
    """Give a new record its place, let the logs tell of it, and return it; `party` is a site that it concerns too."""
    place = _sound(scopes.place_of(entity, values))
    parent = draft.get(place.parent) if place.parent else None
    root = draft.get(parent.root) if parent else None
    at_home = root is not None and entity in scopes.AT_HOME and root.scopes == (scopes.REF,)
    if root is not None and not at_home:
        rec = draft.put(Rec(record_id, entity, root.id, draft.next_ord(root.id), place.parent, (), fact, values))
        draft.emit(root.scopes, rec.told())
        if entity in scopes.ROOTS:
            rescope(draft, root.id)
        return rec
    site = draft.work.site_of(place.site or draft.author.site)
    names = (scopes.REF,) if place.reference else scopes.tree_scopes((site, party), ())
    rec = draft.put(Rec(record_id, entity, record_id, draft.next_ord(record_id), place.parent, names, fact, values))
    for scope in names:
        draft.row("member", scope, record_id)
    draft.emit(names, rec.told())
    if place.parent and not at_home:
        draft.row("orphan", place.parent, record_id)
        draft.work.note_orphan()
    return rec


def _sound(place: scopes.Place) -> scopes.Place:
    """Drop what cannot be the id of a record or a site: scopes are stored side by side, parted by commas."""
    parent = place.parent if _ID.fullmatch(place.parent) else ""
    return scopes.Place(place.reference, parent, place.site if _SITE.fullmatch(place.site) else "")


def adopt_children(draft: Draft, rec: Rec) -> None:
    """Take in what came before the record it hangs on."""
    here = [row[1] for row in draft.rows.get("orphan", []) if row[0] == rec.id]
    for record_id in (*draft.work.waiting_children(rec.id), *here):
        child = draft.get(record_id)
        if child is not None and child.root == child.id != rec.root:
            reroot(draft, child.id, rec.root)
            draft.late.append(("DELETE FROM orphan WHERE parent = ? AND record = ?", (rec.id, record_id)))


def reroot(draft: Draft, record_id: str, new_root: str) -> None:
    """Hang a record with everything below it under another tree."""
    moved = draft.get(record_id)
    root = draft.get(new_root)
    if moved is None or root is None or moved.root == new_root:
        return
    old = draft.get(moved.root)
    tree = draft.tree(moved.root)
    below = {record_id}
    for rec in tree:
        if rec.parent in below:
            below.add(rec.id)
    was = old.scopes if old is not None else ()
    for rec in tree:
        if rec.id in below:
            draft.put(rec._replace(root=new_root, ord=draft.next_ord(new_root), scopes=()))
    events = draft.handed_of(moved.root)
    for key, event in list(events.items()):
        # What names a site may hang on the very record that was missing until now.
        if event.item in below or event.event in below:
            draft.handed_of(new_root)[key] = events.pop(key)
    marks = ",".join("?" * len(below))
    draft.late.append(
        (f"UPDATE handed SET root = ? WHERE item IN ({marks}) OR event IN ({marks})", (new_root, *below, *below))
    )
    if moved.root == record_id:
        for scope in was:
            draft.late.append(("DELETE FROM member WHERE scope = ? AND root = ?", (scope, record_id)))
    else:
        rescope(draft, moved.root)
    gone, come = set(was) - set(root.scopes), set(root.scopes) - set(was)
    _tell(draft, [rec for rec in draft.tree(new_root) if rec.id in below], gone, come)
    rescope(draft, new_root)


def rescope(draft: Draft, root_id: str) -> None:
    """Compare a tree's scopes with what its sites and hand-overs make of them; tell the logs of the difference."""
    root = draft.get(root_id)
    if root is None or root.scopes == (scopes.REF,):
        return
    tree = draft.tree(root_id)
    own = [
        draft.work.site_of(_sound(scopes.place_of(rec.entity, rec.values)).site or draft.author.site)
        for rec in tree
        if rec.entity in scopes.ROOTS
    ]
    if not own:
        own = [scope.removeprefix("site:") for scope in root.scopes]
    new = scopes.tree_scopes(own, (event.site for event in draft.handed_of(root_id).values()))
    if new == root.scopes:
        return
    gone, come = set(root.scopes) - set(new), set(new) - set(root.scopes)
    draft.put(root._replace(scopes=new))
    for scope in sorted(come):
        draft.late.append(("INSERT INTO member (scope, root) VALUES (?, ?) ON CONFLICT DO NOTHING", (scope, root_id)))
        draft.late.append(("DELETE FROM left_scope WHERE scope = ? AND root = ?", (scope, root_id)))
    for scope in sorted(gone):
        draft.late.append(("DELETE FROM member WHERE scope = ? AND root = ?", (scope, root_id)))
        draft.leaves.append((scope, root_id))
    _tell(draft, draft.tree(root_id), gone, come)


def _tell(draft: Draft, tree: list[Rec], gone: Iterable[str], come: Iterable[str]) -> None:
    for scope in sorted(come):
        # What this change set itself had put there before is said again as a whole: the last word holds.
        draft.out[scope] = [row for row in draft.out.get(scope, []) if row[2] not in {rec.id for rec in tree}]
        for rec in tree:
            draft.emit((scope,), rec.told())
    for scope in sorted(gone):
        for rec in tree:
            draft.emit((scope,), ["d", rec.entity, rec.id])


def hand_over(draft: Draft, rec: Rec, values: Mapping[str, Any]) -> None:
    """Heed what a fact says about the sites a device is handed to."""
    if rec.entity not in ("work_event", "custody_event", "manifest_event"):
        return
    events = draft.handed_of(rec.root)
    before = len(events)
    named = scopes.named_sites(rec.entity, values)
    voided = values.get("voids")
    for key, event in list(events.items()):
        undone = event.item == rec.parent and event.kind == DISPATCHED and named.withdrawn
        if undone or (voided and event.event == voided):
            del events[key]
            draft.late.append(("DELETE FROM handed WHERE event = ? AND site = ?", (event.event, event.site)))
    kind = DISPATCHED if rec.entity == "work_event" else HOP
    come = False
    for name in named.sites:
        if draft.work.knows_site(name):
            site = draft.work.site_of(name)
            events[f"{rec.id}/{site}"] = Handed(rec.id, site, rec.parent, kind)
            draft.late.append((_HAND, (rec.id, site, rec.root, rec.parent, kind)))
            come = True
    if come or len(events) != before:
        rescope(draft, rec.root)
