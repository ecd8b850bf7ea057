"""Format 4: manifests, and what happens to them and to each device they carry."""

from __future__ import annotations

from deskapp import cipher


def up(connection: cipher.Connection) -> None:
    """Create the tables of hand-overs; what is on its way from before has no manifest."""
    for statement in _STATEMENTS:
        connection.execute(statement)


_STATEMENTS = (
    """
    CREATE TABLE manifest (
        number TEXT NOT NULL,
        kind TEXT NOT NULL,
        site_id TEXT NOT NULL,
        to_site_id TEXT NOT NULL,
        to_name TEXT NOT NULL,
        made_at INTEGER NOT NULL,
        made_by TEXT NOT NULL,
        carrier TEXT NOT NULL,
        waybill TEXT NOT NULL,
        vehicle TEXT NOT NULL,
        planned_at INTEGER NOT NULL,
        note TEXT NOT NULL,
        state TEXT NOT NULL,
        lines INTEGER NOT NULL,
        received INTEGER NOT NULL,
        differences INTEGER NOT NULL,
        sent_at INTEGER NOT NULL,
        arrived_at INTEGER NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_manifest PRIMARY KEY (n),
        CONSTRAINT uq_manifest_id UNIQUE (id)
    )
    """,
    "CREATE INDEX ix_manifest_number ON manifest (number)",
    "CREATE INDEX ix_manifest_site_id ON manifest (site_id)",
    "CREATE INDEX ix_manifest_state ON manifest (state)",
    "CREATE INDEX ix_manifest_to_site_id ON manifest (to_site_id)",
    """
    CREATE TABLE manifest_event (
        manifest_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        item_id TEXT NOT NULL,
        label_no TEXT NOT NULL,
        serial_no TEXT NOT NULL,
        seal_no TEXT NOT NULL,
        words TEXT NOT NULL,
        giver TEXT NOT NULL,
        taker TEXT NOT NULL,
        data JSON NOT NULL,
        at INTEGER NOT NULL,
        "by" TEXT NOT NULL,
        voids TEXT NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_manifest_event PRIMARY KEY (n),
        CONSTRAINT uq_manifest_event_id UNIQUE (id)
    )
    """,
    "CREATE INDEX ix_manifest_event_at ON manifest_event (at)",
    "CREATE INDEX ix_manifest_event_item_id ON manifest_event (item_id)",
    "CREATE INDEX ix_manifest_event_label_no ON manifest_event (label_no)",
    "CREATE INDEX ix_manifest_event_manifest_id ON manifest_event (manifest_id)",
    "CREATE INDEX ix_manifest_event_seal_no ON manifest_event (seal_no)",
)
