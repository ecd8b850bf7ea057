"""What a station's key alone does not allow: who somebody is and may do is changed by an administrator.

A station may change what is in its scopes, and people are in a scope that every branch reads. So whoever holds the key
of one computer could make anybody an administrator of the land. The acting person is judged by what the server itself
knows of that person, not by what the station claims. New people are taken as they come: a branch that sets itself up
adds its first one before the server knows anybody there, and nobody signs in without a PIN of that very computer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from deskapp.rules.access import Role
from deskapp.server import stations
from deskapp.sync.framing import load

if TYPE_CHECKING:
    from deskapp.server.work import Draft
    from deskapp.sync.packing import Op

GUARDED: Final = {"staff": frozenset(("main", "badge", "roles"))}
"""By table, the field groups that only an administrator changes."""


def allowed(draft: Draft, op: Op) -> bool:
    """Say whether the person who acts may change this group of a record, or withdraw the record."""
    if draft.author.station == stations.NOBODY:  # the server itself, at its own command line
        return True
    if op.entity not in GUARDED or (op.kind == "set" and op.group not in GUARDED[op.entity]):
        return True
    row = draft.work.tx.one("SELECT vals FROM record WHERE id = ? AND entity = 'staff'", (draft.one.staff,))
    values = load(bytes(row[0])) if row is not None else {}
    known = draft.get(draft.one.staff)
    if known is not None:  # as it is in the middle of this push
        values = known.values
    return bool(values.get("active", True)) and Role.ADMINISTRATOR in values.get("roles", ())
