"""The depot's own rules: what comes next, what is stuck, what is ordered, how a test plan is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskapp.rules.deadlines import DAY_MS
from deskapp.rules.depot import (
    STAGES,
    STUCK_AFTER_DAYS,
    Job,
    Need,
    TestsWrong,
    next_job,
    read_tests,
    stuck_before,
    tests_text,
)
from deskapp.rules.states import HELD
from deskapp.rules.states import WorkState as S

tests_text.__test__ = False  # type: ignore[attr-defined]
KINDS = {"soak": "number", "signal": "number", "wifi": "pass_fail", "screen": "pass_fail"}


def job(name: str, state: S = S.DEPOT_RECEIVED, **more: object) -> Job:
    values: dict[str, object] = {
        "priority": 3, "due_at": 0, "since": 0, "technician_id": "", "model_id": "m1", "kind": "smart_pos",
    }  # fmt: skip
    return Job(name, state, **{**values, **more})  # type: ignore[arg-type]


def test_every_state_in_our_hands_is_on_the_board_once_and_can_be_stuck() -> None:
    listed = [state for stage in STAGES for state in stage.states]
    assert len(listed) == len(set(listed))
    assert set(listed) == {*HELD, S.QUARANTINED} == set(STUCK_AFTER_DAYS)
    assert stuck_before(S.REPAIRING, 10 * DAY_MS) == 7 * DAY_MS


@pytest.mark.parametrize(
    ("jobs", "skills", "expected"),
    [
        ([], (), None),
        ([job("a"), job("b", priority=1)], (), "b"),
        ([job("a", due_at=9), job("b", due_at=5), job("c")], (), "b"),
        ([job("a", since=9), job("b", since=5)], (), "b"),
        ([job("a", priority=1), job("b", S.REPAIRING, technician_id="me")], (), "b"),
        ([job("a"), job("b", S.REPAIRING, technician_id="me", resting=True)], (), "a"),
        ([job("a"), job("b", S.REPAIRING, technician_id="other")], (), "a"),
        ([job("a", priority=1, model_id="m2", kind="mpos"), job("b")], ("m1",), "b"),
        ([job("a", model_id="m2", kind="mpos")], ("m1",), None),
        ([job("a", model_id="m2", kind="mpos")], ("mpos",), "a"),
    ],
)  # fmt: skip
def test_what_comes_next(jobs: list[Job], skills: tuple[str, ...], expected: str | None) -> None:
    found = next_job(jobs, "me", skills)
    assert (found.item_id if found else None) == expected


@given(st.integers(-9, 99), st.integers(0, 99), st.integers(0, 99))
def test_what_is_ordered_serves_the_waiting_and_the_minimum(on_hand: int, awaited: int, least: int) -> None:
    need = Need("p", on_hand, 5, awaited, least)
    assert need.to_order >= 0
    assert on_hand + need.to_order - awaited >= least or need.to_order == 0
    assert need.to_order == 0 or on_hand + need.to_order - awaited == least


def test_a_test_plan_is_read_as_it_is_written() -> None:
    text = "soak 60 1440\nsignal -90 -40\n-wifi\n+镜头清洁\n+待机电流 1 20 mA"
    found = read_tests(text, KINDS)
    assert found["limits"] == {"soak": [60, 1440], "signal": [-90, -40]} and found["without"] == ["wifi"]
    assert [(one["id"], one["kind"]) for one in found["extra"]] == [("own_1", "pass_fail"), ("own_2", "number")]
    assert tests_text(found) == text and read_tests(tests_text(found), KINDS) == found
    assert read_tests("\n \n", KINDS) == {}


@pytest.mark.parametrize(
    "line", ["soak", "soak 60", "soak 90 60", "wifi 1 2", "nothing 1 2", "-nothing", "+", "soak a b"]
)
def test_a_line_that_is_not_understood_is_named(line: str) -> None:
    with pytest.raises(TestsWrong) as wrong:
        read_tests(f"-wifi\n{line}", KINDS)
    assert wrong.value.line == 2
