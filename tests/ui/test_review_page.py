"""The page about disagreements: both sides in words, one decision, undo; lost versions and marks on records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from sqlalchemy import select

from deskapp import i18n
from deskapp.commands.disagreements import raise_disagreements
from deskapp.commands.syncing import keep_state
from deskapp.models.absorb import Piece, Result
from deskapp.models.journal import ChangeSet
from deskapp.models.merchant import Merchant
from deskapp.models.repair import Pickup, ReviewCard
from deskapp.models.store import Store
from deskapp.models.sync_state import BlobTransfer
from deskapp.models.ticket import ServiceTicket
from deskapp.queries.disagreements import open_count
from deskapp.queries.sync_marks import Mark, order_mark, sync_marks
from deskapp.rules import access
from deskapp.ui.jobs import Jobs
from deskapp.ui.page import PageContext
from deskapp.ui.pages.review_disagreements import DisagreementsPage
from deskapp.ui.pages.reviews import ReviewsPage
from deskapp.ui.pages.table import PAGES
from deskapp.ui.pages.tickets import TicketsPage
from deskapp.ui.speech import retranslate_tree
from tests.conftest import People
from tests.factories_reviews import (
    Shop,
    all_taken,
    card_comes,
    move_comes,
    parts_taken,
    photo_comes,
    shop,
    two_pickups,
    versions,
)  # fmt: skip
from tests.keys import press_key, type_keys


@pytest.fixture
def made(store: Store, people: People) -> Shop:
    return shop(store, people)


@pytest.fixture
def toasts() -> list[dict[str, object]]:
    return []


@pytest.fixture
def open_page(
    qtbot, store: Store, people: People, jobs: Jobs, context: PageContext, toasts: list[dict[str, object]]
) -> Callable[..., DisagreementsPage]:
    """Open the page as a person, the supervisor unless another is named."""

    def build(person: object = None) -> DisagreementsPage:
        actor = person or people.supervisor
        jobs.actor = actor  # type: ignore[assignment]
        told = replace(
            context, actor=lambda: actor, may=lambda right: access.may(store.roles, actor.roles, right),
            toast=lambda text, **more: toasts.append({"text": text, **more}),
        )  # fmt: skip
        page = DisagreementsPage(told)
        qtbot.addWidget(page)
        held.append(page)
        jobs.changed.connect(page.changed)
        page.resize(1100, 720)
        page.show()
        page.open()
        return page

    held: list[DisagreementsPage] = []
    return build


def address(store: Store, people: People, made: Shop, **more: object) -> str:
    data = versions(
        people, "address", {"address": "八一七路 8 号"}, {"address": "八一七路 9 号"}, now=store.now, **more
    )
    act = card_comes(kind="also_changed", subject_kind="merchant", subject_id=made.merchant, data=data)
    return store.run(act).result


def words(page: DisagreementsPage) -> str:
    from deskapp.ui.widgets.text import Text

    return "\n".join(text.text() for text in page.card.findChildren(Text) if text.isVisibleTo(page))


def part(qtbot, page: DisagreementsPage, name: str):
    qtbot.waitUntil(lambda: name in page.parts and page.parts[name].isVisibleTo(page), timeout=10_000)
    return page.parts[name]


def test_both_sides_are_told_and_mine_comes_back_by_one_press(
    qtbot, store: Store, people: People, made: Shop, open_page, toasts
) -> None:
    address(store, people, made, kept_by=people.technician.staff_id)
    page = open_page(people.clerk)
    versions_part = part(qtbot, page, "Versions")

    told = words(page)
    for word in ("张建国", "You", "station 00123", "station 00057", "八一七路 8 号", "八一七路 9 号"):
        assert word in told
    assert (versions_part.keep.text(), versions_part.take.text()) == ("&Keep theirs", "&Take mine")
    i18n.use("zh_CN")
    retranslate_tree(page)
    assert "station" not in words(page) and "You" not in words(page)
    i18n.use("en")
    retranslate_tree(page)
    versions_part.take.click()
    qtbot.waitUntil(lambda: store.ask(open_count) == 0, timeout=10_000)
    with store.read() as session:
        assert session.get_one(Merchant, made.merchant).address == "八一七路 9 号"
    qtbot.waitUntil(lambda: page.card.isHidden())

    qtbot.waitUntil(lambda: bool(toasts), timeout=10_000)
    toasts[-1]["undo"]()  # type: ignore[operator]

    qtbot.waitUntil(lambda: store.ask(open_count) == 1, timeout=10_000)
    with store.read() as session:
        assert session.get_one(Merchant, made.merchant).address == "八一七路 8 号"


def test_both_are_written_together_and_what_is_refused_stays_typed(
    qtbot, store: Store, people: People, made: Shop, open_page
) -> None:
    address(store, people, made)
    versions_part = part(qtbot, open_page(), "Versions")
    versions_part.edit.click()
    field = versions_part.form.rows["address"].field
    assert field.text() == "八一七路 8 号"
    field.setText("卡号 4111111111111111")
    versions_part.save.click()
    error = versions_part.form.rows["address"].error
    qtbot.waitUntil(lambda: error.isVisibleTo(versions_part), timeout=10_000)
    assert field.text() == "卡号 4111111111111111"

    field.setText("八一七路 8-9 号")
    versions_part.save.click()

    qtbot.waitUntil(lambda: store.ask(open_count) == 0, timeout=10_000)


def test_twins_stand_side_by_side_and_one_is_joined_into_the_other(qtbot, store: Store, made: Shop, open_page) -> None:
    data = {"others": [made.merchant]}
    store.run(card_comes(kind="twin", subject_kind="merchant", subject_id=made.twin, data=data))
    page = open_page()
    twins = part(qtbot, page, "Twins")
    assert "817 路" in words(page) and "八一七路 8 号" in words(page)
    place = [choice.value for choice in twins.stays._choices].index(made.merchant)
    twins.stays.buttons[place].click()
    join = twins.joins["merchant"]
    assert join.twin.chosen is not None and join.twin.chosen.data.id == made.twin
    join.reason.setText("同一家店")
    join.ask()
    join.confirm.yes.click()

    qtbot.waitUntil(lambda: store.ask(open_count) == 0, timeout=10_000)


def test_one_of_two_pickups_is_voided(qtbot, store: Store, people: People, made: Shop, open_page) -> None:
    receipts = two_pickups(store, people, made)
    with store.read() as session:
        arrived = {"pickup": session.scalars(select(Pickup.id)).all()}
    store.run(raise_disagreements(arrived=arrived))
    page = open_page()
    pickups = part(qtbot, page, "Pickups")
    assert receipts[0] in words(page) and "刘敏" in words(page)
    pickups.void.click()
    assert pickups.form.rows["receipt_no"].error.isVisibleTo(page)
    pickups.wrong.buttons[1].click()
    pickups.reason.setText("点错")
    pickups.void.click()

    qtbot.waitUntil(lambda: store.ask(open_count) == 0, timeout=10_000)


def test_a_shelf_below_zero_is_counted_on_the_page(qtbot, store: Store, people: People, made: Shop, open_page) -> None:
    uid = store.run(parts_taken(part_id="part-7", quantity=2, by=people.technician.staff_id)).result
    store.run(raise_disagreements(arrived={"stock_move": [uid]}))
    stock = part(qtbot, open_page(), "Stock")
    assert "-2" in stock.left.text()
    type_keys(stock.count, "4")
    press_key(stock.count, Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: store.ask(open_count) == 0, timeout=10_000)


def test_every_other_kind_is_told_in_a_sentence_in_both_languages(
    qtbot, store: Store, people: People, made: Shop, open_page
) -> None:
    item = made.order.items[0]
    by = people.technician.staff_id
    uid = store.run(move_comes(item_id=item, move="start_diagnosis", to_state="diagnosing", by=by)).result
    store.run(raise_disagreements(arrived={"work_event": [uid]}))
    for kind, subject_kind, subject, data in (
        ("cut", "service_ticket", made.ticket, {"pieces": 1}),
        ("foreign_fact", "repair_item", item, {"station": 57}),
        ("same_number", "service_ticket", made.ticket, {"number": "T90690261123005A", "others": ["x"]}),
        ("clock", "staff", by, {"at": store.now + 10**9, "by": by}),
        (
            "not_allowed",
            "staff",
            by,
            {
                "at": store.now,
                "by": by,
                "station": 57,
                "command": "add_note",
                "entity": "service_ticket",
                "record": made.ticket,
            },
        ),
        (
            "photo_missing",
            "repair_item",
            item,
            {"station": 57, "place": "城南 二号窗口", "made_at": store.now, "kind": "photo"},
        ),
    ):
        store.run(card_comes(kind=kind, subject_kind=subject_kind, subject_id=subject, data=data))
    store.run(keep_state(state={"server": "https://x", "station": "s", "offset_ms": "900000"}))
    page = open_page()
    noted = part(qtbot, page, "Noted")
    said: dict[str, str] = {}
    for place, row in enumerate(page.table.rows()):
        page.table.select(place)
        qtbot.waitUntil(lambda row=row: page.shown is not None and page.shown.row.id == row.id, timeout=10_000)
        said[f"{row.kind}{row.local}"] = noted.words.text()
        i18n.use("zh_CN")
        retranslate_tree(page)
        assert noted.words.text() != said[f"{row.kind}{row.local}"]
        i18n.use("en")
        retranslate_tree(page)
    assert "Start diagnosis" in said["misfitFalse"] and "张建国" in said["misfitFalse"]
    assert "Station 00057" in said["foreign_factFalse"]
    assert "bear the number T90690261123005A" in said["same_numberFalse"]
    assert "clock is 15 min slow" in said["clockTrue"] and "in the future" in said["clockFalse"]
    assert "cut out" in said["cutFalse"]
    assert "张建国" in said["not_allowedFalse"] and "not theirs to do" in said["not_allowedFalse"]
    assert "at station 00057: “Note on a ticket T" in said["not_allowedFalse"]
    assert "station 00057 (城南 二号窗口)" in said["photo_missingFalse"] and "“Syncing”" in said["photo_missingFalse"]


def test_an_act_that_the_server_refused_shows_every_word_and_is_put_away(
    qtbot, store: Store, people: People, made: Shop, open_page
) -> None:
    with store.read() as session:
        uid = session.scalars(select(ChangeSet.uid).where(ChangeSet.command == "open_ticket")).one()
    store.absorb(Piece(results=[Result(uid, "rejected", {"reason": "scope"})], settle=10))
    page = open_page()
    noted = part(qtbot, page, "Noted")
    assert "打印不清" in noted.texts.text()
    assert "not in the hands of this branch" in noted.words.text()

    noted.away.click()

    qtbot.waitUntil(lambda: store.ask(open_count) == 0, timeout=10_000)


def test_a_card_is_settled_with_a_word_and_put_back_by_undo(qtbot, store: Store, made: Shop, open_page, toasts) -> None:
    store.run(card_comes(kind="cut", subject_kind="service_ticket", subject_id=made.ticket, data={}))
    noted = part(qtbot, open_page(), "Noted")
    noted.settle.click()
    error = noted.form.rows["how"].error
    qtbot.waitUntil(lambda: error.isVisibleTo(noted), timeout=10_000)
    type_keys(noted.how, "told")
    press_key(noted.how, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: store.ask(open_count) == 0, timeout=10_000)

    qtbot.waitUntil(lambda: bool(toasts), timeout=10_000)
    toasts[-1]["undo"]()  # type: ignore[operator]

    qtbot.waitUntil(lambda: store.ask(open_count) == 1, timeout=10_000)


def test_two_cards_about_one_record_are_told_apart_by_what_was_changed(
    qtbot, store: Store, people: People, made: Shop, open_page, context: PageContext
) -> None:
    for name, kept, lost in (("caller_name", "王五", "王伍"), ("words", "开机黑屏", "开机闪红灯")):
        data = versions(people, name, {name: kept}, {name: lost}, now=store.now)
        store.run(card_comes(kind="also_changed", subject_kind="service_ticket", subject_id=made.ticket, data=data))
    page = open_page()
    qtbot.waitUntil(lambda: len(page.table.rows()) == 2, timeout=10_000)

    told = [page.table.model.index(row, 0).data() for row in range(2)]
    assert told == ["Changed at two counters  Caller", "Changed at two counters  In the caller's words"]
    qtbot.waitUntil(lambda: "Caller" in page.heading.text(), timeout=10_000)

    settle = ReviewsPage(context)
    qtbot.addWidget(settle)
    settle.resize(1100, 720)
    settle.show()
    settle.open()
    qtbot.waitUntil(lambda: len(settle.table.rows()) == 2, timeout=10_000)
    assert [settle.table.model.index(row, 0).data() for row in range(2)] == told
    settle.table.select(1)
    assert "In the caller's words" in settle.what.text()
    assert settle.go.isVisible() and not settle.form.isVisible() and not settle.settle.isVisible()


def test_a_ticket_shows_what_lost_and_brings_it_back(
    qtbot, store: Store, people: People, made: Shop, jobs: Jobs, context: PageContext
) -> None:
    from deskapp.ui.pages.ticket import TicketPage

    data = versions(people, "words", {"words": "打印不清"}, {"words": "打印不清，而且不走纸"}, now=store.now)
    store.run(card_comes(kind="also_changed", subject_kind="service_ticket", subject_id=made.ticket, data=data))
    page = TicketPage(context)
    qtbot.addWidget(page)
    jobs.changed.connect(page.changed)
    page.show()
    page.open(ticket_id=made.ticket)
    qtbot.waitUntil(lambda: bool(page.lost.buttons) and page.lost.isVisibleTo(page), timeout=10_000)

    page.lost.buttons[0].click()

    def back() -> bool:
        with store.read() as session:
            return session.get_one(ServiceTicket, made.ticket).words == "打印不清，而且不走纸"

    qtbot.waitUntil(back, timeout=10_000)
    qtbot.waitUntil(page.lost.isHidden, timeout=10_000)


def test_the_navigation_counts_what_is_open(qtbot, store: Store, people: People, made: Shop, make_window) -> None:
    address(store, people, made)
    window = make_window([page for page in PAGES if page.id in ("disagreements", "tickets")])
    window.entrance.came_in.emit(people.supervisor)
    button = window.shell.rail.buttons["disagreements"]

    qtbot.waitUntil(lambda: "(1)" in button.accessibleName(), timeout=10_000)


# -- marks ------------------------------------------------------------------------------------


def confirmed(store: Store) -> None:
    """Let the server have taken everything so far."""
    store.run(all_taken())


def marked(store: Store, kind: str, record_id: str) -> Mark | None:
    return store.ask(lambda session: sync_marks(session, kind, [record_id]).get(record_id))


def test_what_was_not_sent_is_marked_with_all_that_belongs_to_it(store: Store, people: People, made: Shop) -> None:
    from deskapp.commands.tickets import add_note

    assert marked(store, "ticket", made.ticket) is None, "without a server there is nobody to send to"
    store.run(keep_state(state={"server": "https://x", "station": "s"}))
    assert marked(store, "ticket", made.ticket) == Mark(True, 0)
    confirmed(store)
    assert [marked(store, kind, one) for kind, one in (("ticket", made.ticket), ("merchant", made.merchant))] == [
        None, None,
    ]  # fmt: skip

    store.run(add_note(ticket_id=made.ticket, words="补一句"), by=people.clerk)

    assert marked(store, "ticket", made.ticket) == Mark(True, 0)
    assert marked(store, "merchant", made.merchant) is None


def test_a_photo_on_its_way_is_marked_on_its_order(store: Store, people: People, made: Shop) -> None:
    from deskapp.commands.syncing import move_transfer, note_transfers
    from deskapp.models.stock import Attachment

    item = made.order.items[0]
    store.run(keep_state(state={"server": "https://x", "station": "s"}))
    attachment = store.run(photo_comes(item_id=item)).result
    confirmed(store)
    store.run(note_transfers(transfers=[("ab" * 32, "up", attachment, 1, 900)], seen=1))
    with store.read() as session:
        assert session.get(Attachment, attachment) is not None and session.scalars(select(BlobTransfer)).all()

    assert store.ask(lambda session: order_mark(session, made.order.order_id)) == Mark(False, 1)
    store.run(move_transfer(sha256="ab" * 32, way="up", values={"state": "done"}))
    assert store.ask(lambda session: order_mark(session, made.order.order_id)) == Mark(False, 0)


def test_the_list_of_tickets_marks_only_rows_in_sight_and_says_so(
    qtbot, store: Store, people: People, made: Shop, jobs: Jobs, context: PageContext
) -> None:
    store.run(keep_state(state={"server": "https://x", "station": "s"}))
    page = TicketsPage(context)
    qtbot.addWidget(page)
    jobs.changed.connect(page.changed)
    page.resize(900, 600)
    page.show()
    page.open()
    table = page.open_table
    qtbot.waitUntil(lambda: bool(table.rows()) and table.model.sign(0) == "upload", timeout=10_000)
    index = table.model.index(0, 0)
    assert table.model.data(index, int(Qt.ItemDataRole.ToolTipRole)) == "Not sent to the server yet"
    assert "Not sent to the server yet" in table.model.data(index, int(Qt.ItemDataRole.AccessibleTextRole))

    confirmed(store)
    page.marks[0].look()

    qtbot.waitUntil(lambda: table.model.sign(0) == "", timeout=10_000)


def test_a_card_of_another_kind_stays_on_the_page_to_settle(store: Store, people: People, made: Shop) -> None:
    store.run(card_comes(kind="todo", subject_kind="repair_item", subject_id=made.order.items[0], data={}))

    assert store.ask(open_count) == 0
    with store.read() as session:
        assert session.scalars(select(ReviewCard).where(ReviewCard.kind == "todo")).one()
