"""Who may see a record: from its own columns, its parent and the hand-overs in its tree. Pure; judged on the server.

A scope is a text: `ref` (what every branch needs: sites, staff, models, parts, prices, merchants, devices),
`site:<id>` (the work of one branch or depot) and `station:<id>` (words for one computer only).

A ticket with its orders, their devices and everything that happened to them is one tree; the whole tree is in the
scopes of its sites: those its ticket and orders belong to, and those a device of it was handed to. A site is
handed a device by a `dispatch` that names it (`target_depot`: its id, code or depot code), or by a hand-over whose
holder is written `kind:site:<id>`, such as `courier:site:<id>`. Taking a device off the manifest (`unpack`), or
a fact that voids the hand-over, takes the tree out of that site again.

A manifest with its events is a tree of its own, in the scopes of the site that sends and of those its events name
(`to_site`): the addressee from the first line on, and whoever received what was not meant for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

REF: Final = "ref"

REFERENCE: Final = frozenset((
    "site", "staff", "device_model", "part", "price_line", "calendar_day", "shelf",
    "merchant", "merchant_contact", "service_contract", "device", "terminal_binding",
))  # fmt: skip
"""Entities that every branch holds."""

PARENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "repair_order": ("ticket_id",),
    "repair_item": ("order_id",),
    "accessory_item": ("item_id",),
    "work_event": ("item_id",),
    "item_record": ("item_id",),
    "custody_event": ("item_id",),
    "money_event": ("item_id", "order_id"),
    "pickup": ("order_id",),
    "ticket_event": ("ticket_id",),
    "site_visit": ("ticket_id",),
    "loan_event": ("order_id",),
    "stock_move": ("item_id",),
    "review_card": ("subject_id",),
    "manifest_event": ("manifest_id",),
    "attachment": ("subject_id",),
    "print_fact": ("subject_id",),
    "merchant_contact": ("merchant_id",),
    "service_contract": ("merchant_id",),
    "terminal_binding": ("device_id",),
}
"""Columns that name the record which something hangs on; the first that is filled counts."""

ROOTS: Final = frozenset(("service_ticket", "repair_order", "manifest"))
"""Entities that may stand at the head of a tree, with a site of their own in `site_id`."""

AT_HOME: Final = frozenset(("review_card", "print_fact", "loan_event"))
"""What hangs on something of `ref` and yet concerns only the branch that wrote it."""

PARENT_COLUMNS: Final = frozenset(name for names in PARENTS.values() for name in names)


def site_scope(site_id: str) -> str:
    """Return the scope of a branch or depot."""
    return f"site:{site_id}"


def station_scope(station: str) -> str:
    """Return the scope of one computer."""
    return f"station:{station}"


class Place(NamedTuple):
    """Where a record belongs: in `ref` or not, under which parent, to which site; the last two may be empty."""

    reference: bool
    parent: str
    site: str


def place_of(entity: str, values: Mapping[str, Any]) -> Place:
    """Return where a record belongs by its own columns."""
    parent = next((str(values[name]) for name in PARENTS.get(entity, ()) if values.get(name)), "")
    if entity in REFERENCE:
        return Place(True, parent, "")
    site = values.get("site_id") or ""
    if not site and entity == "stock_move":
        data = values.get("data")
        site = data.get("site") or "" if isinstance(data, dict) else ""
    return Place(False, parent, site if isinstance(site, str) else "")


class Named(NamedTuple):
    """What one fact says about the sites a device is handed to: those it names, and whether it takes one back."""

    sites: tuple[str, ...] = ()
    withdrawn: bool = False


def named_sites(entity: str, values: Mapping[str, Any]) -> Named:
    """Return which sites a fact hands a device to, as they are written: by id, code or depot code."""
    if entity == "custody_event":
        holders = (str(values.get("from_holder", "")), str(values.get("to_holder", "")))
        parts = [holder.split(":", 2) for holder in holders]
        return Named(
            tuple(dict.fromkeys(part[2] for part in parts if len(part) == 3 and part[1] == "site" and part[2]))
        )
    if entity == "manifest_event":
        data = values.get("data")
        site = data.get("to_site") if isinstance(data, dict) else None
        return Named((site,)) if isinstance(site, str) and site else Named()
    if entity == "work_event":
        data = values.get("data")
        if values.get("move") == "unpack":
            return Named(withdrawn=True)
        if isinstance(data, dict):
            found = (data.get(name) for name in ("target_depot", "to_site"))
            return Named(tuple(dict.fromkeys(one for one in found if isinstance(one, str) and one)))
    return Named()


def tree_scopes(own_sites: Iterable[str], handed: Iterable[str]) -> tuple[str, ...]:
    """Return the scopes of a tree: its own sites and those it was handed to, sorted."""
    return tuple(sorted({site_scope(site) for site in (*own_sites, *handed) if site}))
