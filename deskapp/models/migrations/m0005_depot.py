"""Format 5: what a person repairs, the test plan of a model, and the index that the supervisor's board reads."""

from __future__ import annotations

from deskapp import cipher


def up(connection: cipher.Connection) -> None:
    """Make the small tables anew with one column more, and widen the index of devices in hand."""
    for statement in _STATEMENTS:
        connection.execute(statement)


_STATEMENTS = (
    "CREATE TEMP TABLE old_staff AS SELECT * FROM staff",
    "DROP TABLE staff",
    """
    CREATE TABLE staff (
        staff_no TEXT NOT NULL,
        name TEXT NOT NULL,
        badge_no TEXT NOT NULL,
        roles JSON NOT NULL,
        active BOOLEAN NOT NULL,
        language TEXT NOT NULL,
        skills JSON NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_staff PRIMARY KEY (n),
        CONSTRAINT uq_staff_id UNIQUE (id)
    )
    """,
    "CREATE INDEX ix_staff_staff_no ON staff (staff_no)",
    "CREATE INDEX ix_staff_badge_no ON staff (badge_no)",
    """
    INSERT INTO staff (staff_no, name, badge_no, roles, active, language, skills, n, id)
    SELECT staff_no, name, badge_no, roles, active, language, '[]', n, id FROM old_staff
    """,
    "DROP TABLE old_staff",
    "CREATE TEMP TABLE old_model AS SELECT * FROM device_model",
    "DROP TABLE device_model",
    """
    CREATE TABLE device_model (
        brand TEXT NOT NULL,
        brand_en TEXT NOT NULL,
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        unionpay_device_type TEXT NOT NULL,
        capabilities JSON NOT NULL,
        accessories JSON NOT NULL,
        serial_pattern TEXT NOT NULL,
        warranty_months INTEGER NOT NULL,
        key_load_on_board_change BOOLEAN NOT NULL,
        min_version TEXT NOT NULL,
        tests JSON NOT NULL,
        note TEXT NOT NULL,
        support_contact TEXT NOT NULL,
        active BOOLEAN NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_device_model PRIMARY KEY (n),
        CONSTRAINT uq_device_model_id UNIQUE (id)
    )
    """,
    "CREATE INDEX ix_device_model_name ON device_model (name)",
    """
    INSERT INTO device_model (brand, brand_en, name, kind, unionpay_device_type, capabilities, accessories,
        serial_pattern, warranty_months, key_load_on_board_change, min_version, tests, note, support_contact, active,
        n, id)
    SELECT brand, brand_en, name, kind, unionpay_device_type, capabilities, accessories, serial_pattern,
        warranty_months, key_load_on_board_change, min_version, '{}', note, support_contact, active, n, id
    FROM old_model
    """,
    "DROP TABLE old_model",
    "DROP INDEX ix_repair_item_held",
    """
    CREATE INDEX ix_repair_item_held ON repair_item (work_state, state_at, done_due, technician_id)
    WHERE work_state NOT IN ('closed', 'cancelled', 'swapped', 'scrapped', 'picked_up')
    """,
)
