"""One spelling for every value, whichever encoder wrote it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskapp.models.canonical import canonical, canonical_with

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_the_quick_encoder_spells_every_value_as_the_standard_one_does(value: object) -> None:
    assert canonical(value) == json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@given(st.dictionaries(TEXTS, VALUES, max_size=3), st.lists(VALUES, max_size=3))
def test_ready_items_are_put_into_their_place(head: dict[str, object], items: list[object]) -> None:
    assert canonical_with(head, "items", [canonical(one) for one in items]) == canonical({**head, "items": items})


@pytest.mark.parametrize("value", [{1: "a"}, 2**70, "half \ud83d"])
def test_what_the_quick_encoder_does_not_take_is_spelled_by_the_standard_one(value: object) -> None:
    assert canonical(value) == json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError):
        canonical({"what": object()})
