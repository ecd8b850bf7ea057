"""Comparing both sides: 256 sums over a scope, computed here from what the server should hold."""

from __future__ import annotations

from deskapp.models.store import ReadSession
from deskapp.queries.held import server_rows
from deskapp.sync.wire import bucket, row_digest

MODULUS = 2**64


def sums(session: ReadSession, scope: str) -> tuple[int, ...]:
    """Return the sums of a scope as this desk holds it, by bucket."""
    found = [0] * 256
    for entity, record_id, values in server_rows(session, scope):
        place = bucket(record_id)
        found[place] = (found[place] + row_digest(entity, record_id, values)) % MODULUS
    return tuple(found)
