"""What a store holds, as sums that can be compared with the server's and with another store's."""

from __future__ import annotations

import hashlib
from typing import Any

from deskapp.models.store import ReadSession
from deskapp.queries.held import server_rows
from deskapp.queries.outbox import cursors_of
from deskapp.sync.audit import sums

Rows = dict[tuple[str, str], dict[str, Any]]
"""Values by table and id."""


def store_sums(session: ReadSession) -> dict[str, str]:
    """Return one sum over all that a store holds of each of its scopes."""
    return {scope: one_sum(sums(session, scope)) for scope in cursors_of(session)}


def rows(session: ReadSession, scope: str) -> Rows:
    """Return what a store holds of a scope, as the server should hold it."""
    return {(entity, record_id): dict(values) for entity, record_id, values in server_rows(session, scope)}


def one_sum(buckets: tuple[int, ...]) -> str:
    """Return 256 sums as one that can be compared by eye."""
    return hashlib.sha256(",".join(map(str, buckets)).encode()).hexdigest()[:32]
