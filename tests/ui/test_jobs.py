"""The one place for threads."""

from __future__ import annotations

import threading

import pytest
import shiboken6
from PySide6.QtCore import QObject, QThread

from deskapp.commands.setup import add_shelf
from deskapp.errors import N_, DeskError, Refused
from deskapp.models.store import Changes, Store, Write, command
from deskapp.ui.jobs import Jobs, Progress
from tests.conftest import People


@command(N_("Refuse"), right="")
def refuse(write: Write) -> None:
    """Say no."""
    raise Refused(N_("No {what} today."), field="what", what="tea")


@command(N_("Stumble"), right="")
def stumble(write: Write) -> None:
    """Contain a bug."""
    raise ZeroDivisionError("a bug")


@pytest.fixture
def owner(qtbot) -> QObject:
    return QObject()


def test_an_act_answers_on_the_windows_thread_and_then_tells_what_changed(qtbot, jobs, people, owner):
    jobs.actor = people.admin
    heard: list[object] = []
    jobs.changed.connect(lambda changes: heard.append(changes))

    with qtbot.waitSignal(jobs.changed):
        jobs.do(
            add_shelf(code="B-01"),
            owner=owner,
            then=lambda answer: heard.append((answer, QThread.currentThread() is owner.thread())),
        )

    assert heard[0][1] is True
    assert isinstance(heard[1], Changes) and heard[1].touches("shelf")


def test_the_acting_person_is_the_one_who_sat_there_when_it_was_asked(qtbot, jobs, people, owner):
    jobs.actor = people.clerk
    said: list[DeskError] = []

    jobs.do(add_shelf(code="B-01"), owner=owner, refused=said.append)
    jobs.actor = people.admin
    qtbot.waitUntil(lambda: bool(said))

    assert said[0].code == "right"


def test_a_refusal_goes_to_the_form(qtbot, jobs, owner):
    said: list[DeskError] = []
    jobs.do(refuse(), owner=owner, refused=said.append)
    qtbot.waitUntil(lambda: bool(said))

    assert said[0].field == "what"


def test_a_refusal_nobody_listens_to_is_told_to_the_window(qtbot, jobs, owner):
    with qtbot.waitSignal(jobs.refused) as told:
        jobs.do(refuse(), owner=owner)

    assert str(told.args[0]) == "No tea today."


def test_a_bug_is_reported_as_a_crash_and_frees_the_form_with_a_sentence(qtbot, jobs, owner):
    answered: list[object] = []
    refused: list[DeskError] = []
    crashes: list[object] = []
    jobs.crashed.connect(crashes.append)
    jobs.do(stumble(), owner=owner, then=answered.append, refused=refused.append)
    qtbot.waitUntil(lambda: bool(refused))

    assert [type(one) for one in crashes] == [ZeroDivisionError]
    assert answered == []
    assert refused[0].code == "fault" and "still here" in str(refused[0])


def test_an_owner_that_is_gone_gets_nothing_but_the_change_is_told(qtbot, jobs, people, owner):
    jobs.actor = people.admin
    answered: list[object] = []
    with qtbot.waitSignal(jobs.changed):
        jobs.do(add_shelf(code="B-02"), owner=owner, then=answered.append)
        shiboken6.delete(owner)

    assert answered == []


def test_an_early_question_never_answers_for_a_later_one_of_its_kind(qtbot, jobs, owner):
    first, third, running = threading.Event(), threading.Event(), threading.Event()
    answers: list[str] = []

    def slow(session: object) -> str:
        running.set()
        first.wait(10)
        return "first"

    def ask(question) -> None:
        jobs.ask(question, owner=owner, then=answers.append, exclusive="detail")

    ask(slow)
    running.wait(10)
    ask(lambda session: "second")
    qtbot.waitUntil(lambda: answers == ["second"])
    ask(lambda session: third.wait(10) and "third")
    first.set()
    for _time in range(5):  # whatever the first one says, it has said it by then
        later: list[object] = []
        jobs.ask(lambda session: None, owner=owner, then=later.append)
        qtbot.waitUntil(later.__len__)
    third.set()

    qtbot.waitUntil(lambda: len(answers) > 1)
    assert answers == ["second", "third"]


def test_of_exclusive_questions_only_the_newest_is_answered(qtbot, jobs, owner):
    gate = threading.Event()
    answers: list[str] = []

    def slow(session: object) -> str:
        gate.wait(5)
        return "old"

    jobs.ask(slow, owner=owner, then=answers.append, exclusive="search")
    jobs.ask(lambda session: "new", owner=owner, then=answers.append, exclusive="search")
    qtbot.waitUntil(lambda: answers == ["new"])
    gate.set()
    with qtbot.waitSignal(jobs.changed, raising=False, timeout=1):
        jobs.do(refuse(), owner=owner, refused=lambda error: None)
    jobs.ask(lambda session: "last", owner=owner, then=answers.append)
    qtbot.waitUntil(lambda: "last" in answers)

    assert answers == ["new", "last"]


def test_questions_read_off_the_windows_thread(qtbot, store: Store, jobs, owner):
    store.keep_off(threading.get_ident())
    answers: list[object] = []
    jobs.ask(lambda session: session.connection().exec_driver_sql("SELECT 41 + 1").scalar(), owner=owner,
             then=answers.append)  # fmt: skip
    qtbot.waitUntil(lambda: bool(answers))

    assert answers == [42]


def test_long_work_reports_how_far_it_is_and_can_be_cancelled(qtbot, jobs, owner):
    seen: list[tuple[int, int]] = []
    answered: list[object] = []
    go_on = threading.Event()

    def work(progress: Progress) -> str:
        progress.at(1, 3)
        go_on.wait(5)
        progress.at(2, 3)
        return "finished"

    handle = jobs.background(work, owner=owner, then=answered.append, progress=lambda done, of: seen.append((done, of)))
    qtbot.waitUntil(lambda: seen == [(1, 3)])
    with qtbot.waitSignal(jobs.busy, check_params_cb=lambda on: not on):
        handle.cancel()
        go_on.set()

    assert seen == [(1, 3)]
    assert answered == []


def test_busy_is_told_once_at_the_first_and_once_at_the_last(qtbot, jobs, owner):
    told: list[bool] = []
    jobs.busy.connect(told.append)
    for _number in range(3):
        jobs.do(refuse(), owner=owner, refused=lambda error: None)
    qtbot.waitUntil(lambda: told[-1:] == [False])

    assert told == [True, False]


def test_closing_finishes_what_is_written_and_leaves_no_thread(qtbot, store: Store, people: People, owner):
    jobs = Jobs(lambda: store)
    jobs.actor = people.admin
    for number in range(5):
        jobs.do(add_shelf(code=f"Z-{number}"), owner=owner)
    jobs.close()

    names = {thread.name.split("_")[0] for thread in threading.enumerate()}
    assert not names & {"write", "read", "work"}
    with store.read() as session:
        count = session.connection().exec_driver_sql("SELECT count(*) FROM shelf WHERE code LIKE 'Z-%'").scalar()
    assert count == 5


def test_whoever_asks_after_closing_is_ignored_quietly(qtbot, store: Store, people: People, owner):
    jobs = Jobs(lambda: store)
    jobs.actor = people.admin
    crashes, answers = [], []
    jobs.crashed.connect(crashes.append)
    jobs.close()

    jobs.ask(lambda session: 1, owner=owner, then=answers.append, exclusive="list")
    jobs.background(lambda progress: 2, owner=owner, then=answers.append)
    jobs.do(add_shelf(code="Z-9"), owner=owner, then=answers.append)
    qtbot.wait(20)

    assert answers == [] and crashes == []
