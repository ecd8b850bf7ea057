"""Format 7: visits on site, with the index that the list of visits reads."""

from __future__ import annotations

from deskapp import cipher


def up(connection: cipher.Connection) -> None:
    """Make the table of visits; there were none before."""
    for statement in _STATEMENTS:
        connection.execute(statement)


_STATEMENTS = (
    """
    CREATE TABLE site_visit (
        number TEXT NOT NULL,
        ticket_id TEXT NOT NULL,
        site_id TEXT NOT NULL,
        made_at INTEGER NOT NULL,
        made_by TEXT NOT NULL,
        from_at INTEGER NOT NULL,
        to_at INTEGER NOT NULL,
        engineer_id TEXT NOT NULL,
        address TEXT NOT NULL,
        contact_name TEXT NOT NULL,
        contact_phone TEXT NOT NULL,
        carry JSON NOT NULL,
        fee TEXT NOT NULL,
        fee_fen INTEGER NOT NULL,
        words TEXT NOT NULL,
        state TEXT NOT NULL,
        state_at INTEGER NOT NULL,
        arrived_at INTEGER NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_site_visit PRIMARY KEY (n),
        CONSTRAINT uq_site_visit_id UNIQUE (id)
    )
    """,
    "CREATE INDEX ix_site_visit_number ON site_visit (number)",
    "CREATE INDEX ix_site_visit_ticket_id ON site_visit (ticket_id)",
    "CREATE INDEX ix_site_visit_state_at ON site_visit (state_at)",
    """
    CREATE INDEX ix_site_visit_open ON site_visit (from_at, n)
    WHERE state IN ('planned', 'on_site')
    """,
)
