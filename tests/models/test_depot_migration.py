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
