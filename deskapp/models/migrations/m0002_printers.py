"""Format 2: printers have profiles, print jobs have batches, windows and counters, and every step of theirs is kept."""

from __future__ import annotations

from deskapp import cipher


def up(connection: cipher.Connection) -> None:
    """Give the print queue its new columns and tables; what was queued or printed stays, with a history."""
    for statement in _STATEMENTS:
        connection.execute(statement)


_STATEMENTS = (
    "DROP INDEX ix_print_job_state",
    "DROP INDEX ix_print_job_number",
    "DROP INDEX ix_print_job_subject_id",
    # Renaming the old table away keeps the new one's text exactly as a new store has it.
    "ALTER TABLE print_job RENAME TO print_job_of_format_1",
    """
    CREATE TABLE print_job (
        id TEXT NOT NULL,
        kind TEXT NOT NULL,
        subject_kind TEXT NOT NULL,
        subject_id TEXT NOT NULL,
        number TEXT NOT NULL,
        card TEXT NOT NULL,
        card_sha256 TEXT NOT NULL,
        copy_no INTEGER NOT NULL,
        of_job TEXT NOT NULL,
        reason TEXT NOT NULL,
        language TEXT NOT NULL,
        medium TEXT NOT NULL,
        printer TEXT NOT NULL,
        state TEXT NOT NULL,
        evidence TEXT NOT NULL,
        error TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        created_by TEXT NOT NULL,
        state_at INTEGER NOT NULL,
        resolved_by TEXT NOT NULL,
        batch_id TEXT NOT NULL,
        batch_seq INTEGER NOT NULL,
        window_id TEXT NOT NULL,
        counter_before INTEGER,
        counter_after INTEGER,
        template_id TEXT NOT NULL,
        template_version INTEGER NOT NULL,
        payload_sha256 TEXT NOT NULL,
        pieces INTEGER NOT NULL,
        start_cell INTEGER NOT NULL,
        CONSTRAINT pk_print_job PRIMARY KEY (id)
    )
    """,
    """
    INSERT INTO print_job (
        id, kind, subject_kind, subject_id, number, card, card_sha256, copy_no, of_job, reason, language, medium,
        printer, state, evidence, error, attempts, created_at, created_by, state_at, resolved_by,
        batch_id, batch_seq, window_id, template_id, template_version, payload_sha256, pieces, start_cell
    )
    SELECT
        id, kind, subject_kind, subject_id, number, card, card_sha256, copy_no, of_job, reason, language, medium,
        printer, state, evidence, error, attempts, created_at, created_by, state_at, resolved_by,
        '', 0, '', '', 0, '', 1, 0
    FROM print_job_of_format_1 ORDER BY rowid
    """,
    "DROP TABLE print_job_of_format_1",
    """
    CREATE INDEX ix_print_job_state ON print_job (state, created_at)
    """,
    """
    CREATE INDEX ix_print_job_number ON print_job (number)
    """,
    """
    CREATE INDEX ix_print_job_subject_id ON print_job (subject_id)
    """,
    """
    CREATE INDEX ix_print_job_batch ON print_job (batch_id, batch_seq) WHERE batch_id <> ''
    """,
    """
    CREATE INDEX ix_print_job_window ON print_job (window_id) WHERE window_id <> ''
    """,
    """
    CREATE TABLE print_event (
        n INTEGER NOT NULL,
        job_id TEXT NOT NULL,
        at INTEGER NOT NULL,
        state TEXT NOT NULL,
        printer TEXT NOT NULL,
        evidence TEXT NOT NULL,
        note TEXT NOT NULL,
        "by" TEXT NOT NULL,
        CONSTRAINT pk_print_event PRIMARY KEY (n)
    )
    """,
    """
    CREATE INDEX ix_print_event_at ON print_event (at)
    """,
    """
    CREATE INDEX ix_print_event_job ON print_event (job_id, n)
    """,
    # The papers of before have a history too: when each was asked for, and what became of it.
    """
    INSERT INTO print_event (job_id, at, state, printer, evidence, note, "by")
    SELECT job_id, at, state, printer, evidence, note, "by" FROM (
        SELECT id AS job_id, created_at AS at, 'queued' AS state, '' AS printer, '' AS evidence, '' AS note,
            created_by AS "by", 0 AS step FROM print_job
        UNION ALL
        SELECT id, state_at, state, printer, evidence, error, resolved_by, 1 FROM print_job
        WHERE state <> 'queued' AND state_at > 0
    ) ORDER BY at, job_id, step
    """,
    """
    CREATE TRIGGER print_event_stays BEFORE UPDATE ON print_event
    BEGIN SELECT RAISE(ABORT, 'a print event is never changed'); END
    """,
    """
    CREATE TABLE printer_profile (
        address TEXT NOT NULL,
        name TEXT NOT NULL,
        language TEXT NOT NULL,
        dots_per_mm INTEGER NOT NULL,
        head_dots INTEGER NOT NULL,
        native_text BOOLEAN NOT NULL,
        columns BOOLEAN NOT NULL,
        cut BOOLEAN NOT NULL,
        drawer BOOLEAN NOT NULL,
        paused BOOLEAN NOT NULL,
        shared BOOLEAN NOT NULL,
        fallback TEXT NOT NULL,
        learned JSON NOT NULL,
        learned_at INTEGER NOT NULL,
        changed_at INTEGER NOT NULL,
        changed_by TEXT NOT NULL,
        CONSTRAINT pk_printer_profile PRIMARY KEY (address)
    )
    """,
    """
    CREATE TABLE medium_profile (
        address TEXT NOT NULL,
        medium TEXT NOT NULL,
        feed TEXT NOT NULL,
        gap_um INTEGER NOT NULL,
        darkness INTEGER,
        speed INTEGER,
        rotation INTEGER NOT NULL,
        offset_x_um INTEGER NOT NULL,
        offset_y_um INTEGER NOT NULL,
        scale_x_ppm INTEGER NOT NULL,
        scale_y_ppm INTEGER NOT NULL,
        smallest_module INTEGER NOT NULL,
        roll_pieces INTEGER NOT NULL,
        roll_at INTEGER NOT NULL,
        calibrated_at INTEGER NOT NULL,
        calibrated_by TEXT NOT NULL,
        CONSTRAINT pk_medium_profile PRIMARY KEY (address, medium)
    )
    """,
    """
    CREATE TABLE printer_choice (
        kind TEXT NOT NULL,
        address TEXT NOT NULL,
        fallback TEXT NOT NULL,
        medium TEXT NOT NULL,
        CONSTRAINT pk_printer_choice PRIMARY KEY (kind)
    )
    """,
)
