"""The start page: real rows after a check-in, the way to each of them, cards that are settled, the first days."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from deskapp import i18n
from deskapp.commands.moves import raise_card
from deskapp.commands.papers import queue
from deskapp.commands.reviews import settle_card
from deskapp.errors import N_, Forbidden, Refused
from deskapp.models.repair import ReviewCard
from deskapp.models.store import Store, Write, command
from deskapp.queries.today import to_settle, today
from deskapp.rules import papers
from deskapp.ui.kit import Cell, spoken
from deskapp.ui.page import PageContext
from deskapp.ui.pages.review_words import CARD_KINDS
from deskapp.ui.pages.reviews import ReviewsPage
from deskapp.ui.pages.today import TodayPage
from tests.conftest import FixedClock, People
from tests.factories_bench import open_shop
from tests.factories_depot import open_depot
from tests.keys import press_key


@command(N_("Raise a card for the test"), right="")
def raise_one(write: Write, *, kind: str, subject: str, data: dict[str, str]) -> str:
    return raise_card(write, kind, "repair_item", subject, data=data).id


@command(N_("Queue a paper for the test"), right="")
def queue_paper(write: Write) -> None:
    queue(write, papers.PickupSlipCard(number="K1"), subject_kind="repair_order", subject_id="x")


@pytest.fixture
def went() -> list[tuple[str, dict[str, object]]]:
    return []


@pytest.fixture
def here(context: PageContext, went: list[tuple[str, dict[str, object]]]) -> PageContext:
    context.navigate = lambda page, **args: went.append((page, args))
    return context


@pytest.fixture
def page(qtbot, here: PageContext) -> TodayPage:
    made = TodayPage(here)
    qtbot.addWidget(made)
    here.jobs.changed.connect(made.changed)
    made.resize(1200, 900)
    made.show()
    made.open()
    qtbot.waitUntil(lambda: made.seen is not None, timeout=20_000)
    return made


def test_an_empty_branch_is_told_what_to_do_first(page: TodayPage, went) -> None:
    assert page.first_days.isVisibleTo(page)

    page.first_days.buttons["check_in"].click()

    assert went == [("check_in", {})]


def test_a_checked_in_device_is_counted_as_soon_as_it_is_saved(
    qtbot, page: TodayPage, store: Store, people: People
) -> None:
    benched = open_shop(store, people).take_in()
    page.open()

    qtbot.waitUntil(lambda: page.figures["to_diagnose"].value() == "1", timeout=20_000)
    assert not page.first_days.isVisibleTo(page) and benched.label_no


def test_a_late_device_stands_in_red_with_a_way_to_it(
    qtbot, page: TodayPage, store: Store, people: People, clock: FixedClock, went
) -> None:
    benched = open_shop(store, people).take_in()
    clock.forward(days=30)
    page.open()
    qtbot.waitUntil(lambda: page.figures["late"].value() == "1", timeout=20_000)

    page.late.table.select(0)
    press_key(page.late.table.view, Qt.Key.Key_Return)

    assert went[-1][0] == "bench" and went[-1][1]["id"] == benched.item_id
    assert page.late.table.model.cells(0)[3].tone == "danger"  # type: ignore[union-attr]


def test_the_next_step_of_the_person_at_the_desk_leads_to_its_place(
    qtbot, page: TodayPage, store: Store, people: People, went
) -> None:
    assert not page.steps.isVisibleTo(page)
    order = open_depot(store, people).ready().order_id
    page.open()
    qtbot.waitUntil(lambda: page.steps.isVisibleTo(page) and page.steps.table.rows() != [], timeout=20_000)

    page.steps.table.select(0)
    assert "1 merchant does not know yet" in page.steps.table.model.cells(0)[0].text and order
    press_key(page.steps.table.view, Qt.Key.Key_Return)

    assert went == [("calls", {})]


def test_a_device_that_is_ready_leads_to_its_order_on_the_ready_list(
    qtbot, page: TodayPage, store: Store, people: People, went
) -> None:
    """Whoever looks at what lies here is not handing it out yet: the merchant is not there."""
    one = open_depot(store, people).ready()
    page.open()
    qtbot.waitUntil(lambda: page.ready.table.rows() != [], timeout=20_000)

    page.ready.table.select(0)
    press_key(page.ready.table.view, Qt.Key.Key_Return)

    assert went == [("ready", {"order_id": one.order_id})]


def test_each_figure_leads_to_its_page_by_key(qtbot, page: TodayPage, went) -> None:
    for name in ("late", "ready", "tickets"):
        press_key(page.figures[name], Qt.Key.Key_Return)

    assert [place for place, _args in went] == ["bench", "ready", "tickets"]


def test_paper_and_syncing_are_told_in_words(qtbot, page: TodayPage, store: Store) -> None:
    assert page.machines.paper.text() == "All printed" and page.machines.sync.text() == "Not connected yet"
    before = page.seen.sync.unsent

    store.run(queue_paper())
    page.open()

    qtbot.waitUntil(lambda: "1 paper waits" in page.machines.paper.text(), timeout=20_000)
    assert str(before) in page.machines.unsent.text()


def test_a_failed_paper_is_told_as_failed(qtbot, page: TodayPage, store: Store) -> None:
    from deskapp.commands.printing import claim_job, mark_failed
    from deskapp.queries.printing import open_jobs

    store.run(queue_paper())
    job = store.ask(open_jobs)[0]
    store.run(claim_job(job_id=job.id, printer="pdf:x"))
    store.run(mark_failed(job_id=job.id, error="x"))
    page.open()

    qtbot.waitUntil(lambda: "did not print" in page.machines.paper.text(), timeout=20_000)


def test_the_page_speaks_chinese_at_once(page: TodayPage) -> None:
    from deskapp import i18n
    from deskapp.ui.speech import retranslate_tree

    i18n.use("zh_CN")
    retranslate_tree(page)

    assert "星期四" in page.subtitle.text()
    assert page.figures["to_test"].accessibleName().startswith("待质检")


# -- settling ---------------------------------------------------------------------------


def test_a_todo_is_settled_with_a_word_and_leaves_the_list(qtbot, here, store: Store, people: People) -> None:
    store.run(raise_one(kind="todo", subject="x", data={"key": "photos"}))
    page = ReviewsPage(here)
    qtbot.addWidget(page)
    here.jobs.changed.connect(page.changed)
    page.show()
    page.open()
    qtbot.waitUntil(lambda: len(page.table.rows()) == 1, timeout=20_000)
    page.table.select(0)
    assert "Take photos" in page.what.text()

    page.submit()
    qtbot.waitUntil(lambda: page.form.rows["how"].error.isVisibleTo(page), timeout=20_000)
    page.how.setText("照片已补拍")
    page.submit()

    qtbot.waitUntil(lambda: page.table.rows() == [], timeout=20_000)
    (card,) = store.ask(lambda session: list(session.query(ReviewCard)))
    assert card.settled_how == "照片已补拍" and card.settled_by == people.clerk.staff_id


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_list_says_once_what_a_card_is_and_begins_at_its_first_line(
    qtbot, here, store: Store, language: str
) -> None:
    cards = {"todo": {"key": "photos"}, "quarantine": {}, "stock_negative": {}, "third_failure": {}}
    for kind, data in cards.items():
        store.run(raise_one(kind=kind, subject="x", data=data))
    i18n.use(language)
    page = ReviewsPage(here)
    qtbot.addWidget(page)
    page.show()
    page.open()
    qtbot.waitUntil(page.table.view.hasFocus, timeout=20_000)

    for number in range(len(cards)):
        what, _about, kind, _since = page.table.model.cells(number)
        assert (
            isinstance(what, Cell)
            and what.text.strip() != kind
            and kind in {spoken(one) for one in CARD_KINDS.values()}
        )
    page.kinds.set_value("disagreement")
    page._show()
    assert [card.kind for card in page.table.rows()] == ["stock_negative"]


def test_a_review_needs_somebody_who_may_co_sign(store: Store, people: People) -> None:
    card = store.run(raise_one(kind="review", subject="x", data={})).result

    with pytest.raises(Forbidden):
        store.run(settle_card(card_id=card, how="ok"), by=people.clerk)
    store.run(settle_card(card_id=card, how="看过"), by=people.auditor)

    assert store.ask(to_settle) == ()


def test_nobody_looks_at_their_own_lone_work(store: Store, people: People) -> None:
    benched = open_shop(store, people).take_in()
    with store.read() as session:
        from deskapp.models.repair import WorkEvent

        event = session.query(WorkEvent).filter(WorkEvent.item_id == benched.item_id).order_by(WorkEvent.n).first()
        assert event is not None
        worker, name = event.by, event.move
    by = next(one for one in (people.clerk, people.technician, people.supervisor) if one.staff_id == worker)
    card = store.run(raise_one(kind="solo", subject=benched.item_id, data={"move": name})).result
    both = type(by)(by.staff_id, by.staff_no, by.name, (*by.roles, "site_supervisor"))

    with pytest.raises(Refused) as refusal:
        store.run(settle_card(card_id=card, how="ok"), by=both)
    assert refusal.value.code == "second_person"
    store.run(settle_card(card_id=card, how="看过"), by=people.auditor)


def test_a_quarantined_device_is_not_waved_through(store: Store, people: People) -> None:
    card = store.run(raise_one(kind="quarantine", subject="x", data={})).result

    with pytest.raises(Refused):
        store.run(settle_card(card_id=card, how="ok"), by=people.supervisor)


def test_a_card_is_settled_once(store: Store, people: People) -> None:
    card = store.run(raise_one(kind="todo", subject="x", data={"key": "photos"})).result
    store.run(settle_card(card_id=card, how="ok"), by=people.clerk)

    with pytest.raises(Refused) as refusal:
        store.run(settle_card(card_id=card, how="again"), by=people.clerk)
    assert refusal.value.code == "settled"


def test_the_days_questions_take_a_moment(store: Store, clock: FixedClock) -> None:
    seen = store.ask(lambda session: today(session, clock()))

    assert seen.empty and seen.staff == 7 and seen.sync.unsent > 0
