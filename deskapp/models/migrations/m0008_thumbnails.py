"""Format 8: small pictures of photos, in the record of each."""

from __future__ import annotations

from deskapp import cipher


def up(connection: cipher.Connection) -> None:
    """Make the table of photos and signatures anew with one column more; of older photos there is no small picture."""
    for statement in _STATEMENTS:
        connection.execute(statement)


_COLUMNS = 'subject_kind, subject_id, kind, sha256, mime, size, caption, at, "by", voids, n, id'

_STATEMENTS = (
    "DROP INDEX ix_attachment_sha256",
    "DROP INDEX ix_attachment_at",
    "DROP INDEX ix_attachment_subject_id",
    "ALTER TABLE attachment RENAME TO attachment_of_format_7",
    """
    CREATE TABLE attachment (
        subject_kind TEXT NOT NULL,
        subject_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        mime TEXT NOT NULL,
        size INTEGER NOT NULL,
        caption TEXT NOT NULL,
        at INTEGER NOT NULL,
        "by" TEXT NOT NULL,
        voids TEXT NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        thumbnail TEXT NOT NULL,
        CONSTRAINT pk_attachment PRIMARY KEY (n),
        CONSTRAINT uq_attachment_id UNIQUE (id)
    )
    """,
    f"INSERT INTO attachment ({_COLUMNS}, thumbnail) SELECT {_COLUMNS}, '' FROM attachment_of_format_7 ORDER BY n",
    "DROP TABLE attachment_of_format_7",
    "CREATE INDEX ix_attachment_sha256 ON attachment (sha256)",
    "CREATE INDEX ix_attachment_at ON attachment (at)",
    "CREATE INDEX ix_attachment_subject_id ON attachment (subject_id)",
)
