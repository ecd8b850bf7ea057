"""A push judged by columns: what passes there passes cell by cell, and whatever is odd is looked at cell by cell."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
import pytest

from deskapp.clock import new_uuid7
from deskapp.models import schema
from deskapp.server import apply, columns, screening
from deskapp.sync.framing import canonical_bytes
from deskapp.sync.packing import PushedSet, ReadSet, pack_sets, unpack_sets

CARD = "6222021234567890128"
KEY_LIKE = "A1B2C3D4E5F60718 293A4B5C6D7E8F90"


def read(rows: list[dict[str, Any]], *, version: int = schema.VERSION, **more: Any) -> ReadSet:
    """Return one change set of operations with these values as a push brings it."""
    ops = [
        {
            "base": "", "entity": "service_ticket", "group": "", "id": new_uuid7(), "kind": "create",
            "uid": new_uuid7(), "values": values, **more,
        }
        for values in rows
    ]  # fmt: skip
    act = {
        "app_version": "1", "command": "add", "hlc": "001780000000000-000000-00007", "ops": ops, "prev": "",
        "schema": version, "seq": 1, "staff": "", "station": new_uuid7(), "uid": new_uuid7(),
    }  # fmt: skip
    body = canonical_bytes(act)
    told = pack_sets([PushedSet(body, hashlib.sha256(body).hexdigest())])
    (one,) = unpack_sets(orjson.loads(orjson.dumps(told)))
    return one


def ticket(**more: Any) -> dict[str, Any]:
    return {
        "number": "T2026-00001", "kind": "repair", "site_id": "s1", "words": "打印模糊", "opened_at": 1_780_000_000_000,
        "answers": {"note": "下午来取", "branch": "B00001"}, **more,
    }  # fmt: skip


def test_what_is_sound_by_columns_is_sound_cell_by_cell() -> None:
    one = read([ticket(words=f"第{at}台") for at in range(20)])

    assert columns.is_sound(one, {})
    assert apply.check(one) == apply.check(one, sound=True)
    assert not any(screening.screen(op.values)[1] for op in one.ops)


@pytest.mark.parametrize(
    "odd",
    [
        {"words": f"卡号 {CARD}"}, {"words": KEY_LIKE}, {"answers": {"note": CARD}}, {"answers": {"a": {"b": [CARD]}}},
        {"answers": {"number of it": 6222021234567890128}}, {"answers": {f"x{CARD}": "1"}}, {"words": 5},
        {"opened_at": "1"}, {"opened_at": 2**53}, {"kind": "nonsense"}, {"words": "长" * 100_001}, {"unheard_of": "1"},
        {"answers": "words"}, {"state": "open"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("among", [0, 5])
def test_one_odd_cell_has_all_of_a_push_looked_at_singly(odd: dict[str, Any], among: int) -> None:
    one = read([*(ticket() for _row in range(among)), ticket(**odd), *(ticket() for _row in range(among))])

    assert not columns.is_sound(one, {})


@pytest.mark.parametrize(
    "odd",
    [{"entity": "Ticket"}, {"entity": "work_event"}, {"id": "a b"}, {"uid": "x"}, {"kind": "del"}, {"group": "main"}],
)
def test_an_operation_that_is_not_formed_as_agreed_is_looked_at_singly(odd: dict[str, Any]) -> None:
    assert not columns.is_sound(read([ticket(), ticket()], **odd), {})


def test_cells_of_a_newer_program_are_looked_at_singly_where_choices_are_not_known_here() -> None:
    one = read([ticket(kind="something new")], version=schema.VERSION + 1)

    assert columns.is_sound(one, {})  # as cell by cell: a newer program may have more kinds
    assert apply.check(one) > 0
