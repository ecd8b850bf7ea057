"""What may be said of the papers of one connection: nothing that is not proved is sent again, or believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskapp.print.printers import Delivery, Evidence
from deskapp.print.raw.status import Trouble, sentence
from deskapp.print.windows import Sent, by_count, judge

FIVE = [Sent(f"job {n}") for n in range(1, 6)]


def states(delivery: Delivery, jobs: list[Sent] = FIVE) -> list[str]:
    return [result.state for result in judge(jobs, delivery)]


@pytest.mark.parametrize(
    ("delivery", "expected"),
    [
        (Delivery(5, 5, Evidence.COUNTER), "printed printed printed printed printed"),
        (Delivery(5, 3, Evidence.COUNTER, at_rest=True), "printed printed printed queued queued"),
        (Delivery(5, 3, Evidence.COUNTER), "printed printed printed unknown unknown"),
        (Delivery(5, 0, Evidence.COUNTER, whole=True), "unknown unknown unknown unknown unknown"),
        (Delivery(5, None, Evidence.CLOSED, whole=True), "printed printed printed printed printed"),
        (Delivery(5, None, Evidence.NONE, whole=True), "printed printed printed printed printed"),
        (Delivery(2, None, Evidence.NONE, begun=3), "unknown unknown unknown queued queued"),
        (Delivery(2, None, Evidence.NONE, begun=2), "unknown unknown queued queued queued"),
        (Delivery(0, None, Evidence.NONE, begun=1), "unknown queued queued queued queued"),
        (Delivery(5, 2, Evidence.STATUS, held=Trouble.PAPER_OUT), "printed printed held held held"),
        (Delivery(3, 1, Evidence.STATUS, held=Trouble.PAPER_OUT, begun=4), "printed held held held queued"),
        (Delivery(5, 2, Evidence.ACK), "printed printed unknown unknown unknown"),
    ],
)
def test_each_paper_of_a_window_ends_in_what_is_known_of_it(delivery: Delivery, expected: str) -> None:
    assert states(delivery) == expected.split()


def test_a_held_paper_says_what_the_printer_needs() -> None:
    results = judge(FIVE, Delivery(5, 0, Evidence.STATUS, held=Trouble.PAPER_OUT))
    assert {result.note for result in results} == {sentence(Trouble.PAPER_OUT)}


def test_a_job_of_two_papers_of_which_one_came_out_is_a_question() -> None:
    jobs = [Sent("one", 2), Sent("two", 2)]
    assert states(Delivery(4, 3, Evidence.COUNTER, at_rest=True), jobs) == ["printed", "unknown"]
    assert states(Delivery(4, 2, Evidence.COUNTER, at_rest=True), jobs) == ["printed", "queued"]
    assert states(Delivery(1, None, Evidence.NONE, begun=2), jobs) == ["unknown", "queued"]


def test_a_count_that_somebody_else_moved_proves_nothing() -> None:
    assert [result.state for result in by_count(FIVE, 100, 103)] == ["printed"] * 3 + ["queued"] * 2
    assert {result.state for result in by_count(FIVE, 100, 106)} == {"unknown"}
    assert {result.state for result in by_count(FIVE, 100, 7)} == {"unknown"}


@given(
    papers=st.integers(0, 8),
    proved=st.none() | st.integers(0, 8),
    evidence=st.sampled_from(Evidence),
    held=st.none() | st.sampled_from(Trouble),
    whole=st.booleans(),
    at_rest=st.booleans(),
)
def test_only_what_never_began_or_is_counted_missing_waits_again(
    papers: int, proved: int | None, evidence: Evidence, held: Trouble | None, whole: bool, at_rest: bool
) -> None:
    delivery = Delivery(papers, proved, evidence, held, whole=whole, at_rest=at_rest)
    for place, result in enumerate(judge(FIVE, delivery)):
        if result.state == "queued":
            missing = at_rest and evidence is Evidence.COUNTER and proved is not None and place >= proved
            assert place >= papers or missing
        if result.state == "printed":
            assert (proved is not None and place < proved) or (whole and proved is None)
