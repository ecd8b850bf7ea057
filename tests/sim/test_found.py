"""Mistakes that the simulator found in our own code, each as the small world that showed it."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from deskapp.server import wholes
from deskapp.server.database import Database
from tests.sim.centre import Centre
from tests.sim.schedule import Schedule, Step
from tests.sim.world import run, stage


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    stage()
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def plays(*steps: Step, seed: int = 1) -> str:
    outcome = run(Schedule(seed, steps))
    assert outcome.broken == [], outcome.text
    return outcome.text


def act(who: str, what: str, pick: int = 0) -> Step:
    return Step("act", who, what, pick)


def test_an_act_whose_entry_lies_behind_a_snapshot_is_known_to_be_taken() -> None:
    """It waited for an entry of the log that the snapshot had skipped, until the program was started again."""
    told = plays(act("A1", "hand", 554), act("D1", "note", 83), Step("sync", "A1"), Step("floor"))
    assert "snapshot" in told


def test_an_act_given_again_to_a_server_that_was_set_back_is_known_to_be_taken() -> None:
    """The log became the same again, entry for entry, so no feed ever named the act."""
    steps = (
        act("A1", "stock", 641),
        Step("backup"),
        Step("sync", "A1"),
        Step("restore"),
        Step("sync", "A1", "late", 2),
    )
    for seed in (0, 2, 3, 7):  # the line is as quick as the first time, to the millisecond
        plays(*steps, seed=seed)


@pytest.mark.parametrize("pick", [2, 3, 4])
@pytest.mark.parametrize("whole", [True, False])
def test_a_row_that_fits_no_table_delays_nobody_and_is_the_same_on_both_sides(pick: int, whole: bool) -> None:
    """In a snapshot it stopped every desk for good; in a feed it was kept under a name that no other side knew."""
    floor = (Step("floor"),) if whole else ()
    plays(act("A2", "note", 1), Step("poison", "", "", pick), Step("newer", "", "", 864), *floor, act("D1", "find", 1))


def test_whose_words_about_a_merchant_gave_way_can_read_them_on_a_card() -> None:
    """The card went only to the site that wrote last, not to the one whose words were lost."""
    plays(act("A2", "merchant", 186), act("D1", "merchant", 58))
    plays(act("D1", "merchant", 58), Step("sync", "D1"), Step("wait", "", "", 60_000), act("A2", "merchant", 186))


def test_what_is_written_while_a_desk_is_taken_out_of_service_arrives() -> None:
    """The desk purged itself with the act still in it."""
    told = plays(Step("retire", "A2"), Step("talk", "A2"), act("A2", "ticket", 405))
    assert "retired" in told


def test_nothing_is_done_at_a_lost_desk_whose_line_broke_while_it_handed_over_what_it_held() -> None:
    """The world took the refusal for a fault of the desk, which had heard the order and could not follow it yet."""
    told = plays(
        Step("sync", "D1"), act("D1", "note", 1), Step("revoke", "D1", "", 715), Step("sync", "D1", "deaf", 1),
        act("D1", "note", 2),
    )  # fmt: skip
    assert "Unavailable retired" in told


@pytest.mark.parametrize("fault", ["busy", "torn", "bent", "lost", "deaf"])
def test_a_lost_desk_is_not_wiped_before_what_it_held_is_handed_over(fault: str) -> None:
    """A server that was busy for a moment was taken for one that never takes it: the acts were gone with the desk."""
    plays(
        Step("sync", "A2"), Step("talk", "A2"), Step("revoke", "A2", "", 369), act("A2", "note", 1),
        Step("talk", "A2"), Step("talk", "A2", fault), Step("talk", "A2"), seed=3,
    )  # fmt: skip


def test_an_act_done_while_a_request_without_news_was_on_its_way_is_sent() -> None:
    """The desk took the next request for the same as the last, and left the act out until another one came."""
    plays(Step("sync", "D1"), Step("talk", "D1"), act("D1", "merchant", 399), Step("talk", "D1"), Step("talk", "D1"))


def test_acts_that_cannot_be_laid_down_as_one_piece_never_come_without_their_cursors() -> None:
    """Laid one by one without cursors, they stayed for ever where the server was set back before the last came."""
    plays(
        Step("newer", "", "", 675), act("A2", "text", 615), Step("backup"), Step("poison", "", "", 373),
        Step("kill", "A1", "before", 4), Step("sync", "A2"), Step("sync", "A1"), Step("restore", "", "by hand"),
    )  # fmt: skip


def test_a_desk_that_goes_dark_while_it_is_taken_out_of_service_knows_that_it_was() -> None:
    """Without its key it took itself for a desk that has to be connected again."""
    for commits in range(8):
        plays(Step("sync", "D1"), Step("kill", "D1", "before", commits), Step("retire", "D1"), Step("sync", "D1"))


def test_a_snapshot_cut_between_two_pages_is_no_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    """What had not come was taken for gone, and dropped."""
    monkeypatch.setattr(wholes, "PAGE", 3)
    shipped, cut = Centre._whole, iter([True])

    def whole(self: Centre, database: Database, scope: str) -> bytes:
        body = shipped(self, database, scope)
        pages, at = [], 0
        while at < len(body):
            at += 4 + int.from_bytes(body[at : at + 4])
            pages.append(at)
        return body[: pages[1]] if next(cut, False) else body

    monkeypatch.setattr(Centre, "_whole", whole)
    told = plays(act("D1", "merchant", 1), act("D1", "twin", 1), Step("sync", "D1"), Step("floor"), Step("sync", "A1"))
    assert "torn" in told


def test_facts_stand_in_the_order_of_a_snapshot_also_where_they_were_held_before() -> None:
    """After a restore a device had one holder at this desk and another one at all others."""
    plays(
        Step("backup"), act("A2", "hand", 887), Step("sync", "A2"), Step("restore", "", "by hand"),
        Step("sync", "A2", "late", 1), act("A1", "hand", 357), seed=30029,
    )  # fmt: skip
    plays(
        Step("backup"), act("A1", "stock", 653), Step("sync", "A1", "lost", 2), Step("floor"), act("A2", "note", 439),
        Step("sync", "A2", "late", 2), Step("restore"), act("A1", "note", 561), seed=20012,
    )  # fmt: skip


def test_what_came_left_and_comes_again_in_one_piece_stands_where_it_came_last() -> None:
    """A hand-over was taken back and another device of the same slip sent: its facts stood in front of older ones."""
    plays(
        act("A1", "hand", 763), act("A2", "hand", 560), Step("sync", "A1"), act("A1", "recall", 428),
        Step("sync", "D1"), act("D1", "recall", 27), seed=2015,
    )  # fmt: skip


def test_a_text_that_was_woven_is_shown_so_while_it_is_offered_to_a_server_that_forgot_it() -> None:
    """The oracle wanted to see what was typed alone: nothing of that was missing."""
    steps = (
        act("A1", "merchant", 760), Step("backup", "", "", 728), act("A1", "text", 726), act("A2", "text", 130),
        Step("sync", "A1", "", 28), Step("sync", "A2", "", 214), Step("restore"),
    )  # fmt: skip
    outcome = run(Schedule(900914, steps, (0, 0, 0), (0, 0, 0), archive=False, servers=1))
    assert outcome.broken == [], outcome.text


def test_what_lost_against_a_later_change_is_not_shown_again_because_the_server_forgot_it() -> None:
    """The same, where one of two numbers stayed: the word on it had come, and comes again."""
    steps = (
        act("A1", "phone", 251), act("A2", "phone", 732), Step("sync", "A2", "", 487), Step("backup", "", "", 334),
        Step("sync", "A1", "", 977), Step("restore", "", "by hand"),
    )  # fmt: skip
    outcome = run(Schedule(1200002, steps, (0, 0, 0), (3, 0, 1), archive=False, servers=1))
    assert outcome.broken == [], outcome.text


SENT = (
    act("A1", "hand", 485), act("A1", "text", 685), act("A1", "ticket", 476), Step("sync", "A1", "busy", 1),
)  # fmt: skip


@pytest.mark.parametrize(
    ("seed", "steps", "pages", "pieces"),
    [
        (1200211, (*SENT, Step("floor")), (1, 300, 0), (3, 1, 0)),
        (1200211, (*SENT, act("A1", "carry", 252), act("A1", "note", 237), Step("talk", "A1"), Step("talk", "A1"),
                   Step("floor")), (1, 300, 0), (3, 1, 0)),
        (1200266, (act("A2", "hand", 218), Step("kill", "A2", "before", 4), Step("sync", "A2", "", 964),
                   act("A2", "phone", 227), act("A2", "ticket", 721), Step("sync", "A2", "", 256),
                   act("A2", "stock", 215), Step("sync", "A2", "torn", 2), Step("floor")), (1, 1, 0), (0, 3, 0)),
    ],
)  # fmt: skip
def test_a_long_row_of_acts_whose_entries_were_forgotten_is_asked_about_to_its_end(
    seed: int, steps: tuple[Step, ...], pages: tuple[int, int, int], pieces: tuple[int, int, int]
) -> None:
    """Pushed in several requests, whose answers were laid down while the next was awaited, it was asked about once."""
    outcome = run(Schedule(seed, steps, pages, pieces, archive=False, servers=1))
    assert outcome.broken == [], outcome.text


def test_a_desk_that_is_to_go_and_still_hands_something_over_takes_no_more_acts() -> None:
    """The oracle did not count that as having heard of it."""
    told = plays(
        Step("retire", "D1", "", 202), Step("talk", "D1"), act("D1", "phone", 740), Step("talk", "D1"),
        Step("talk", "D1"), act("D1", "merchant", 552), seed=900304,
    )  # fmt: skip
    assert "Unavailable retired" in told
