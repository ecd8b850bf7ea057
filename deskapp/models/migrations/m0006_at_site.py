"""Format 6: at which site a device is, so that a depot's counts leave out what branches hold."""

from __future__ import annotations

from deskapp import cipher


def up(connection: cipher.Connection) -> None:
    """Make the table of devices on orders anew with one column more, and fill it from orders and receipts."""
    for statement in _STATEMENTS:
        connection.execute(statement)


_COLUMNS = (
    "order_id, line_no, device_id, label_no, terminal_no, symptom_code, words, previous_item_id, shelf_id,"
    " technician_id, priority, work_state, resumes, state_at, holder, money_state, due_fen, paid_fen, done_due,"
    " receipt_no"
)

_STATEMENTS = (
    "DROP INDEX ix_repair_item_held",
    "DROP INDEX ix_repair_item_order_id",
    "DROP INDEX ix_repair_item_device_id",
    "DROP INDEX ix_repair_item_label_no",
    "DROP INDEX ix_repair_item_previous_item_id",
    "DROP INDEX ix_repair_item_receipt_no",
    "ALTER TABLE repair_item RENAME TO repair_item_of_format_5",
    """
    CREATE TABLE repair_item (
        order_id TEXT NOT NULL,
        line_no INTEGER NOT NULL,
        device_id TEXT NOT NULL,
        label_no TEXT NOT NULL,
        terminal_no TEXT NOT NULL,
        symptom_code TEXT NOT NULL,
        words TEXT NOT NULL,
        previous_item_id TEXT NOT NULL,
        shelf_id TEXT NOT NULL,
        technician_id TEXT NOT NULL,
        priority INTEGER NOT NULL,
        work_state TEXT NOT NULL,
        resumes TEXT NOT NULL,
        state_at INTEGER NOT NULL,
        holder TEXT NOT NULL,
        money_state TEXT NOT NULL,
        due_fen INTEGER NOT NULL,
        paid_fen INTEGER NOT NULL,
        done_due INTEGER NOT NULL,
        receipt_no TEXT NOT NULL,
        at_site TEXT NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_repair_item PRIMARY KEY (n),
        CONSTRAINT uq_repair_item_id UNIQUE (id)
    )
    """,
    f"""
    INSERT INTO repair_item ({_COLUMNS}, at_site, n, id)
    SELECT {_COLUMNS}, coalesce((SELECT o.site_id FROM repair_order o WHERE o.id = i.order_id), ''), n, id
    FROM repair_item_of_format_5 i ORDER BY n
    """,
    "DROP TABLE repair_item_of_format_5",
    # By the last receipt that nobody took back; devices that never travelled stay where they were checked in.
    """
    UPDATE repair_item SET at_site = received.site FROM (
        SELECT e.item_id, json_extract(e.data, '$.site') AS site, max(e.n)
        FROM work_event e
        WHERE e.move IN ('receive', 'supply_swap', 'supply_swap_for_return') AND coalesce(json_extract(e.data, '$.site'), '') <> ''
            AND NOT EXISTS (SELECT 1 FROM work_event v WHERE v.item_id = e.item_id AND v.voids = e.id)
        GROUP BY e.item_id
    ) AS received WHERE received.item_id = repair_item.id
    """,
    "CREATE INDEX ix_repair_item_order_id ON repair_item (order_id)",
    "CREATE INDEX ix_repair_item_device_id ON repair_item (device_id)",
    "CREATE INDEX ix_repair_item_label_no ON repair_item (label_no)",
    "CREATE INDEX ix_repair_item_previous_item_id ON repair_item (previous_item_id)",
    "CREATE INDEX ix_repair_item_receipt_no ON repair_item (receipt_no)",
    """
    CREATE INDEX ix_repair_item_held ON repair_item (work_state, state_at, done_due, technician_id, at_site)
    WHERE work_state NOT IN ('closed', 'cancelled', 'swapped', 'scrapped', 'picked_up')
    """,
)
