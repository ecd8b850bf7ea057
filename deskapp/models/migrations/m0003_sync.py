"""Format 3: this computer can sync. Cursors, server images, results and photo transfers have their places."""

from __future__ import annotations

from deskapp import cipher


def up(connection: cipher.Connection) -> None:
    """Create the local tables of syncing; everything that was done before waits to be sent."""
    for statement in _STATEMENTS:
        connection.execute(statement)


_STATEMENTS = (
    """
    CREATE INDEX ix_change_set_unsent ON change_set (seq) WHERE acked_at = 0
    """,
    """
    CREATE TABLE sync_feed (
        no INTEGER NOT NULL,
        scope TEXT NOT NULL,
        n INTEGER NOT NULL,
        chain TEXT NOT NULL,
        filled BOOLEAN NOT NULL,
        CONSTRAINT pk_sync_feed PRIMARY KEY (no),
        CONSTRAINT uq_sync_feed_scope UNIQUE (scope)
    )
    """,
    """
    CREATE TABLE sync_held (
        record_id TEXT NOT NULL,
        feed_no INTEGER NOT NULL,
        entity TEXT NOT NULL,
        CONSTRAINT pk_sync_held PRIMARY KEY (record_id, feed_no)
    )
     WITHOUT ROWID
    """,
    """
    CREATE TABLE sync_shadow (
        record_id TEXT NOT NULL,
        name TEXT NOT NULL,
        entity TEXT NOT NULL,
        "values" JSON NOT NULL,
        version TEXT NOT NULL,
        CONSTRAINT pk_sync_shadow PRIMARY KEY (record_id, name)
    )
    """,
    """
    CREATE TABLE sync_extra (
        record_id TEXT NOT NULL,
        entity TEXT NOT NULL,
        "values" JSON NOT NULL,
        CONSTRAINT pk_sync_extra PRIMARY KEY (record_id)
    )
    """,
    """
    CREATE TABLE sync_alias (
        record_id TEXT NOT NULL,
        into_id TEXT NOT NULL,
        CONSTRAINT pk_sync_alias PRIMARY KEY (record_id)
    )
    """,
    """
    CREATE TABLE sync_state (
        "key" TEXT NOT NULL,
        value TEXT NOT NULL,
        CONSTRAINT pk_sync_state PRIMARY KEY ("key")
    )
    """,
    """
    CREATE TABLE sync_result (
        uid TEXT NOT NULL,
        code TEXT NOT NULL,
        detail JSON NOT NULL,
        at INTEGER NOT NULL,
        settled BOOLEAN NOT NULL,
        CONSTRAINT pk_sync_result PRIMARY KEY (uid)
    )
    """,
    """
    CREATE INDEX ix_sync_result_open ON sync_result (uid) WHERE NOT settled
    """,
    """
    CREATE TABLE sync_round (
        n INTEGER NOT NULL,
        at INTEGER NOT NULL,
        took_ms INTEGER NOT NULL,
        sent INTEGER NOT NULL,
        received INTEGER NOT NULL,
        outcome TEXT NOT NULL,
        CONSTRAINT pk_sync_round PRIMARY KEY (n)
    )
    """,
    """
    CREATE TABLE blob_transfer (
        sha256 TEXT NOT NULL,
        way TEXT NOT NULL,
        attachment_id TEXT NOT NULL,
        rank INTEGER NOT NULL,
        size INTEGER NOT NULL,
        done INTEGER NOT NULL,
        state TEXT NOT NULL,
        tries INTEGER NOT NULL,
        next_at INTEGER NOT NULL,
        noted_at INTEGER NOT NULL,
        note TEXT NOT NULL,
        CONSTRAINT pk_blob_transfer PRIMARY KEY (sha256, way)
    )
    """,
    """
    CREATE INDEX ix_blob_transfer_attachment_id ON blob_transfer (attachment_id)
    """,
    """
    CREATE INDEX ix_blob_transfer_due ON blob_transfer (state, rank, next_at)
    """,
)
