"""A store of format 4 becomes one of format 5: nobody's row is lost, nothing is narrowed by what is new."""

from __future__ import annotations

from pathlib import Path

from deskapp import cipher
from deskapp.models import schema
from tests.conftest import KEY


def test_people_models_and_devices_come_over_whole(tmp_path: Path) -> None:
    connection = cipher.connect(tmp_path / "old.db", KEY, writer=True, create=True)
    steps = schema.shipped_migrations()
    schema.upgrade(connection, {number: step for number, step in steps.items() if number < 5}, 4)
    connection.execute("BEGIN")
    connection.execute(
        "INSERT INTO staff (staff_no, name, badge_no, roles, active, language, n, id)"
        " VALUES ('T01', '张建国', 'U1', '[\"technician\"]', 1, 'zh_CN', 7, 's1')"
    )
    connection.execute(
        "INSERT INTO device_model (brand, brand_en, name, kind, unionpay_device_type, capabilities, accessories,"
        " serial_pattern, warranty_months, key_load_on_board_change, min_version, note, support_contact, active, n, id)"
        " VALUES ('新大陆', 'Newland', 'N910', 'smart_pos', '04', '[\"sim\"]', '[]', '', 12, 1, '', '', '', 1, 3, 'm1')"
    )
    connection.execute("COMMIT")

    schema.upgrade(connection, steps, schema.VERSION)
    assert connection.execute("SELECT n, id, name, badge_no, roles, skills FROM staff").fetchall() == [
        (7, "s1", "张建国", "U1", '["technician"]', "[]")
    ]
    assert connection.execute("SELECT n, id, name, capabilities, tests, active FROM device_model").fetchall() == [
        (3, "m1", "N910", '["sim"]', "{}", 1)
    ]
    plan = connection.execute(
        "EXPLAIN QUERY PLAN SELECT work_state, count(*), sum(done_due < 5) FROM repair_item"
        " WHERE work_state NOT IN ('closed', 'cancelled', 'swapped', 'scrapped', 'picked_up') GROUP BY work_state"
    ).fetchall()
    assert "COVERING INDEX ix_repair_item_held" in str(plan), "the board reads the index and nothing else"
    connection.close()


ITEM = (
    "INSERT INTO repair_item (order_id, line_no, device_id, label_no, terminal_no, symptom_code, words,"
    " previous_item_id, shelf_id, technician_id, priority, work_state, resumes, state_at, holder, money_state, due_fen,"
    " paid_fen, done_due, receipt_no, n, id) VALUES ('o1', 1, 'd1', ?, '', '', '', '', '', '', 3, 'depot_received', '',"
    " 5, 'shelf', 'none', 0, 0, 0, '', ?, ?)"
)
MOVE = (
    "INSERT INTO work_event (item_id, move, to_state, resumes, second_by, reason, data, at, \"by\", voids, n, id)"
    " VALUES (?, ?, 'depot_received', '', '', '', ?, 1, '', ?, ?, ?)"
)


def test_a_device_is_where_it_was_received_last_else_where_it_was_checked_in(tmp_path: Path) -> None:
    connection = cipher.connect(tmp_path / "old.db", KEY, writer=True, create=True)
    steps = schema.shipped_migrations()
    schema.upgrade(connection, {number: step for number, step in steps.items() if number < 6}, 5)
    connection.execute("BEGIN")
    columns = connection.execute("PRAGMA table_info(repair_order)").fetchall()
    values = {"site_id": "branch", "n": 1, "id": "o1"}
    blank = {name: values.get(name, 0 if kind in ("INTEGER", "BOOLEAN") else "") for _no, name, kind, *_rest in columns}
    marks = ", ".join("?" * len(blank))
    connection.execute(f"INSERT INTO repair_order ({', '.join(blank)}) VALUES ({marks})", list(blank.values()))
    for n, item in enumerate(("stayed", "received", "undone", "again"), 1):
        connection.execute(ITEM, (f"D{n}", n, item))
    for n, (item, data, voids) in enumerate((
        ("received", '{"site": "depot"}', ""), ("undone", '{"site": "depot"}', ""), ("undone", "{}", "e2"),
        ("again", '{"site": "depot"}', ""), ("again", '{"site": "branch"}', ""), ("received", "{}", ""),
    ), 1):  # fmt: skip
        connection.execute(MOVE, (item, "receive", data, voids, n, f"e{n}"))
    connection.execute("COMMIT")

    schema.upgrade(connection, steps, schema.VERSION)

    found = dict(connection.execute("SELECT id, at_site FROM repair_item").fetchall())
    assert found == {"stayed": "branch", "received": "depot", "undone": "branch", "again": "branch"}
    assert connection.execute("SELECT n, label_no FROM repair_item WHERE id = 'again'").fetchall() == [(4, "D4")]
    connection.close()
