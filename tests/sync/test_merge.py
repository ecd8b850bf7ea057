"""Two changes to one field group: what comes out, and that no word is lost on the way."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskapp.sync.merge import AHEAD_MS, Judged, Outcome, Version, effective_time, judge, weave

OLD, NEW = Version("theirs", 100), Version("mine", 200)
LINES = st.lists(st.text(alphabet="甲乙ab \t", max_size=6), max_size=6).map("\n".join)
PLACE = {"address": "人民路 1 号", "district": "城南"}


def place(change: dict[str, Any], mine: Version, current: dict[str, Any], before: dict[str, Any] | None) -> Judged:
    return judge("merchant", "address", change, mine, "seen", current, OLD, before)


@pytest.mark.parametrize(
    ("case", "judged", "expected"),
    [
        ("nobody else changed it",
         judge("merchant", "address", {"address": "乙"}, NEW, "theirs", PLACE, OLD, None), (Outcome.SET, {"address": "乙"}, {})),
        ("both say the same",
         place({"address": "人民路 1 号"}, NEW, PLACE, {**PLACE, "address": "旧"}), (Outcome.SAME, {}, {})),
        ("the later of two wins and the other is returned",
         place({"address": "乙"}, NEW, PLACE, {**PLACE, "address": "旧"}),
         (Outcome.WON, {"address": "乙"}, {"address": "人民路 1 号"})),
        ("the earlier of two loses and is returned",
         place({"address": "乙"}, Version("mine", 50), PLACE, {**PLACE, "address": "旧"}),
         (Outcome.LOST, {}, {"address": "乙"})),
        ("at the same time the operation's id decides, the same way everywhere",
         place({"address": "乙"}, Version("a", 100), PLACE, {**PLACE, "address": "旧"}),
         (Outcome.LOST, {}, {"address": "乙"})),
        ("the group is one: the winner's other column comes with it as the winner saw it",
         place({"address": "乙"}, NEW, {"address": "旧", "district": "城北"}, {"address": "旧", "district": "城南"}),
         (Outcome.WON, {"address": "乙", "district": "城南"}, {"address": "旧", "district": "城北"})),
        ("identity stays as it was first accepted",
         judge("device", "identity", {"serial_no": "B"}, NEW, "seen", {"serial_no": "A"}, OLD, {"serial_no": "0"}),
         (Outcome.KEPT, {}, {"serial_no": "B"})),
        ("a text takes both changes",
         judge("device", "note", {"note": "一\n二"}, NEW, "seen", {"note": "零\n一"}, OLD, {"note": "一"}),
         (Outcome.WOVEN, {"note": "零\n一\n二"}, {})),
        ("a text that both rewrote: the later stays, the other is returned",
         judge("device", "note", {"note": "乙"}, NEW, "seen", {"note": "甲"}, OLD, {"note": "一"}),
         (Outcome.WON, {"note": "乙"}, {"note": "甲"})),
        ("nobody knows any more what it was: the later wins whole",
         place({"address": "乙"}, NEW, PLACE, None), (Outcome.WON, {"address": "乙"}, {"address": "人民路 1 号"})),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_change_comes_out_as_the_table_says(case: str, judged: Judged, expected: tuple[Any, ...]) -> None:
    assert tuple(judged) == expected, case


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "woven"),
    [
        ("开机无反应", "开机无反应,充电灯亮", "今早开机无反应", "今早开机无反应,充电灯亮"),
        ("a\nb\nc", "a\nB\nc", "a\nb\nc\nd", "a\nB\nc\nd"),
        ("a\nb\nc", "b\nc", "a\nb\nx", "b\nx"),
        ("", "甲", "乙", None),
        ("a b c", "a x c", "a y c", None),
        ("a b c", "A b c", "a b C", "A b C"),
    ],
)
def test_texts_are_woven_by_line_then_by_word(base: str, mine: str, theirs: str, woven: str | None) -> None:
    text, clean = weave(base, mine, theirs, mine_later=True)

    assert (text if clean else None) == woven
    if not clean:
        assert text == mine


@given(LINES, LINES, st.booleans())
def test_a_text_that_only_one_side_changed_is_that_side(base: str, other: str, later: bool) -> None:
    assert weave(base, other, base, mine_later=later) == (other, True)
    assert weave(base, base, other, mine_later=later) == (other, True)
    assert weave(base, other, other, mine_later=later) == (other, True)


@given(LINES, LINES, LINES, st.booleans())
def test_weaving_comes_out_the_same_from_both_sides(base: str, one: str, two: str, later: bool) -> None:
    assert weave(base, one, two, mine_later=later) == weave(base, two, one, mine_later=not later)


NEW_LINES = st.lists(st.text(alphabet="甲乙丙", min_size=1, max_size=4), max_size=3)
OLD_LINES = st.lists(st.text(alphabet="abc", min_size=1, max_size=4), max_size=5, unique=True)


@given(OLD_LINES, NEW_LINES, NEW_LINES, st.integers(0, 5), st.integers(0, 5), st.booleans())
def test_lines_that_both_added_are_all_there(
    base: list[str], one: list[str], two: list[str], here: int, there: int, later: bool
) -> None:
    mine, theirs = [*base[:here], *one, *base[here:]], [*base[:there], *two, *base[there:]]

    text, clean = weave("\n".join(base), "\n".join(mine), "\n".join(theirs), mine_later=later)

    if base:
        assert clean
        assert set(text.split("\n")) == {*base, *one, *two}


VALUES = st.dictionaries(st.sampled_from(["address", "district"]), st.text(max_size=3), min_size=1)
WHOLE = st.fixed_dictionaries({"address": st.text(max_size=3), "district": st.text(max_size=3)})


@given(VALUES, WHOLE, st.none() | WHOLE, st.integers(0, 300), st.sampled_from(["theirs", "seen"]))
def test_what_is_not_seen_any_more_is_always_returned(
    change: dict[str, str], current: dict[str, str], before: dict[str, str] | None, eff: int, base: str
) -> None:
    judged = judge("merchant", "address", change, Version("mine", eff), base, current, OLD, before)
    after = {**current, **judged.values}

    for name, value in change.items():
        changed_nothing = before is not None and before[name] == value
        assert after[name] == value or judged.lost.get(name) == value or changed_nothing
    if judged.outcome is Outcome.WON:
        for name, value in current.items():
            assert after[name] == value or judged.lost.get(name) == value


@given(st.integers(-(10**13), 10**13), st.integers(0, 10**12), st.integers(0, 10**12), st.lists(st.integers(0, 10**12)))
def test_a_wrong_clock_places_a_change_only_between_its_contacts(
    said: int, since: int, later: int, bases: list[int]
) -> None:
    received = since + later
    at = effective_time(said, 0, since, received, bases)

    assert at > max(bases, default=-1)
    assert at >= since
    assert at <= max([received + AHEAD_MS, *(base + 1 for base in bases)])
