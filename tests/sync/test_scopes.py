"""Where a record belongs, by its own columns."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskapp.models import schema
from deskapp.models.columns import known
from deskapp.sync import scopes
from deskapp.sync.scopes import Named, Place, named_sites, place_of


@pytest.mark.parametrize(
    ("entity", "values", "place"),
    [
        ("merchant", {"name": "x"}, Place(True, "", "")),
        ("terminal_binding", {"device_id": "d"}, Place(True, "d", "")),
        ("service_ticket", {"site_id": "s"}, Place(False, "", "s")),
        ("repair_order", {"site_id": "s", "ticket_id": "t"}, Place(False, "t", "s")),
        ("repair_order", {"site_id": "s", "ticket_id": ""}, Place(False, "", "s")),
        ("repair_item", {"order_id": "o"}, Place(False, "o", "")),
        ("custody_event", {"item_id": "i"}, Place(False, "i", "")),
        ("stock_move", {"item_id": "", "data": {"site": "s"}}, Place(False, "", "s")),
        ("review_card", {"subject_id": "i"}, Place(False, "i", "")),
        ("manifest", {"site_id": "s", "to_site_id": "d"}, Place(False, "", "s")),
        ("manifest_event", {"manifest_id": "m"}, Place(False, "m", "")),
        ("never_heard_of", {}, Place(False, "", "")),
    ],
)
def test_a_record_is_placed_by_its_columns(entity: str, values: dict[str, Any], place: Place) -> None:
    assert place_of(entity, values) == place


@pytest.mark.parametrize(
    ("entity", "values", "named"),
    [
        ("work_event", {"move": "dispatch", "data": {"target_depot": "D7"}}, Named(("D7",))),
        ("work_event", {"move": "unpack", "data": {}}, Named((), True)),
        ("custody_event", {"from_holder": "shelf:A-1", "to_holder": "courier:site:s9"}, Named(("s9",))),
        ("custody_event", {"from_holder": "merchant", "to_holder": "shelf:A-1"}, Named()),
        ("work_event", {"move": "dispatch", "data": {"target_depot": ["D7"]}}, Named()),
        ("manifest_event", {"kind": "open", "data": {"to_site": "s9"}}, Named(("s9",))),
        ("manifest_event", {"kind": "pack", "data": {"to_site": ["s9"]}}, Named()),
    ],
)
def test_hand_overs_name_their_sites(entity: str, values: dict[str, Any], named: Named) -> None:
    assert named_sites(entity, values) == named


@given(
    st.text(max_size=5),
    st.dictionaries(
        st.sampled_from([*scopes.PARENT_COLUMNS, "site_id", "data", "move"]),
        st.none() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2),
    ),
)
def test_nothing_a_station_can_say_makes_it_fail(entity: str, values: dict[str, Any]) -> None:
    for name in (entity, *scopes.PARENTS, *scopes.REFERENCE):
        place_of(name, values)
        named_sites(name, values)


def test_every_table_and_column_that_is_named_here_exists() -> None:
    assert schema.VERSION
    for entity in (*scopes.REFERENCE, *scopes.ROOTS, *scopes.AT_HOME):
        assert known(entity) is not None, entity
    for entity, names in scopes.PARENTS.items():
        assert all(hasattr(known(entity), name) for name in names), entity
