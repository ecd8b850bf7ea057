"""From the start page by Enter to the merchant's answer and to a check-in that was begun: the page and its step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from deskapp.commands.bench import DiagnosisForm, record_diagnosis, start_diagnosis
from deskapp.commands.bench_charge import WantedLine
from deskapp.commands.bench_quote import approve_quote, make_quote
from deskapp.commands.drafts import save_draft
from deskapp.commands.people import actor_of
from deskapp.models.people import Staff
from deskapp.models.store import Actor, Command, Store
from deskapp.queries.drafts import drafts
from deskapp.queries.next_steps import Step, next_steps
from deskapp.rules.deadlines import DAY_MS, QUOTE_VALID_DAYS
from deskapp.ui.pages.table import PAGES
from deskapp.ui.pages.today import TodayPage
from deskapp.ui.window import Window
from tests.conftest import FixedClock, People
from tests.factories_bench import Benched, Shop, open_shop
from tests.keys import press_key

SERIAL = "NL910S00000011"


@pytest.fixture
def shop(store: Store, people: People) -> Shop:
    return open_shop(store, people)


def quoted(shop: Shop) -> Benched:
    one, technician = shop.take_in(warranty_until="2025-12-31"), shop.people.technician
    shop.store.run(start_diagnosis(item_id=one.item_id, bench="W1", tamper_result="ok"), by=technician)
    found = DiagnosisForm(symptom_confirmed="yes", cause_code="battery_worn", tamper_flag="none")
    shop.store.run(record_diagnosis(item_id=one.item_id, form=found), by=technician)
    shop.store.run(make_quote(item_id=one.item_id, lines=[WantedLine("LAB-M")]), by=shop.people.clerk)
    return one


def half_filled(name: str = "draft-1", serial: str = SERIAL) -> Command[int]:
    device = {"serial": serial, "symptom": "no_power", "words": "早上开不了机", "tamper": "ok"}
    form = {"devices": [device], "party": {"name": "张三"}, "current": 0}
    return save_draft(draft_id=name, page="check_in", form=form, title="示例小面", known=(serial,))


def steps(store: Store, now: int, *roles: str, staff: str = "") -> dict[str, Step]:
    return {step.name: step for step in store.ask(lambda session: next_steps(session, now, staff, roles))}


# -- what is listed ------------------------------------------------------------


def test_a_quote_waits_for_the_merchant_until_it_is_answered_or_runs_out(shop: Shop, clock: FixedClock) -> None:
    first = quoted(shop)
    clock.forward(hours=1)
    second = quoted(shop)

    told = steps(shop.store, clock(), "counter_clerk")["quotes"]
    assert (told.page, told.values, told.tone) == ("bench", {"count": 2}, "")
    assert told.args == {"id": first.item_id, "kind": "item", "number": first.label_no} and told.since < clock()
    assert "quotes" in steps(shop.store, clock(), "site_supervisor")
    assert "quotes" not in steps(shop.store, clock(), "technician", "parts_keeper", "courier")

    approve = approve_quote(item_id=first.item_id, approved_by="林国强", channel="counter_signature", words="同意")
    shop.store.run(approve, by=shop.people.clerk)
    assert steps(shop.store, clock(), "counter_clerk")["quotes"].args["id"] == second.item_id

    late = clock() + (QUOTE_VALID_DAYS + 2) * DAY_MS
    for role in ("counter_clerk", "technician"):
        lapsed = steps(shop.store, late, role)
        assert "quotes" not in lapsed and lapsed["quotes_lapsed"].args["id"] == second.item_id
        assert lapsed["quotes_lapsed"].tone == "warn"


def test_only_the_own_check_ins_that_were_begun_are_listed(store: Store, people: People, clock: FixedClock) -> None:
    store.run(half_filled(), by=people.clerk)
    me, other = people.clerk.staff_id, people.supervisor.staff_id

    told = steps(store, clock(), "counter_clerk", staff=me)["begun"]
    assert (told.page, told.args, told.values, told.tone) == ("check_in", {"draft_id": "draft-1"}, {"count": 1}, "warn")
    assert "begun" not in steps(store, clock(), "site_supervisor", staff=other)
    assert "begun" not in steps(store, clock(), "technician", staff=me)

    store.run(half_filled("draft-2", "NL910S00000012"), by=people.clerk)
    told = steps(store, clock(), "depot_receiver", staff=me)["begun"]
    assert (told.args, told.values) == ({}, {"count": 2})


# -- where it leads ------------------------------------------------------------


class Seated:
    """A whole window with the clerk at the desk, and the first line of the start page to press Enter on."""

    def __init__(self, qtbot: Any, window: Window, who: Actor) -> None:
        self.qtbot, self.window = qtbot, window
        window.enter(who)
        window.navigate("today")

    def page(self) -> Any:
        assert self.window.shell is not None
        return self.window.shell.page()

    def do(self, act: Command[Any]) -> None:
        jobs = self.window.jobs
        assert jobs is not None
        jobs.do(act, owner=self.window)
        self.qtbot.waitUntil(lambda: not jobs.working, timeout=20_000)

    def enter(self, name: str) -> None:
        today = self.page()
        assert isinstance(today, TodayPage)
        rows = today.steps.table.rows
        self.qtbot.waitUntil(lambda: name in [step.name for step in rows()], timeout=20_000)
        today.steps.table.select([step.name for step in rows()].index(name))
        press_key(today.steps.table.view, Qt.Key.Key_Return)


@pytest.fixture
def seated(qtbot: Any, make_window: Callable[..., Window], store: Store, people: People) -> Seated:
    with store.read() as session:
        who = actor_of(session.get_one(Staff, people.clerk.staff_id))
    return Seated(qtbot, make_window(list(PAGES)), who)


def test_enter_on_a_waiting_quote_opens_the_device_where_the_answer_is_given(
    qtbot: Any, shop: Shop, seated: Seated
) -> None:
    one = quoted(shop)
    seated.window.navigate("tickets")
    seated.window.navigate("today")

    seated.enter("quotes")

    bench = seated.page()
    qtbot.waitUntil(lambda: bench.panel.step_name == "answer", timeout=20_000)
    assert bench.panel.card.item_id == one.item_id
    answer = bench.panel.steps["answer"]
    qtbot.waitUntil(lambda: answer.channel.isAncestorOf(QApplication.focusWidget()) or answer.channel.hasFocus())


def test_enter_on_a_begun_check_in_brings_the_form_back_at_its_first_open_question(
    qtbot: Any, store: Store, seated: Seated
) -> None:
    seated.do(half_filled())  # while the start page is open: the commit itself brings the line

    seated.enter("begun")

    page = seated.page()
    qtbot.waitUntil(lambda: bool(page.sheet.panels), timeout=20_000)
    (panel,) = page.sheet.panels
    assert page.draft_id == "draft-1" and panel.serial == SERIAL
    assert panel.words.text() == "早上开不了机" and page.sheet.party.name.text() == "张三"

    # Coming again goes on with it, and another one keeps what stands here.
    panel.words.setText("换了电池也不行")
    panel.words.textEdited.emit(panel.words.text())
    page.open(draft_id="draft-1")
    assert page.sheet.panels == [panel] and panel.words.text() == "换了电池也不行"
    seated.do(half_filled("draft-2", "NL910S00000012"))
    page.open(draft_id="draft-2")
    qtbot.waitUntil(lambda: page.draft_id == "draft-2", timeout=20_000)
    kept = {card.id: card.form["devices"][0]["words"] for card in store.ask(drafts)}
    assert kept["draft-1"] == "换了电池也不行"


def test_a_draft_that_is_gone_by_now_leaves_the_empty_page(qtbot: Any, seated: Seated) -> None:
    seated.window.navigate("check_in", draft_id="gone")

    page = seated.page()
    qtbot.waitUntil(lambda: not seated.window.jobs.working, timeout=20_000)
    assert page.sheet.panels == [] and page.draft_id == ""
