"""Syncing as people see it: two real windows on one server, the network pulled and plugged back, a desk let go."""

from __future__ import annotations

import contextlib
import io
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from deskapp import i18n
from deskapp.app import Beside, Desk
from deskapp.clock import stopwatch
from deskapp.commands.joining import choose_first_pin
from deskapp.commands.syncing import keep_state
from deskapp.commands.tickets import TicketForm, change_ticket, open_ticket
from deskapp.errors import N_
from deskapp.models import sync_state
from deskapp.models.journal import ChangeSet
from deskapp.models.people import StaffSecret
from deskapp.models.store import Actor, Changes, Store, Write, command
from deskapp.models.sync_state import SyncResult
from deskapp.paths import Home
from deskapp.queries.sync_page import sync_view
from deskapp.server import stations
from deskapp.server.cli import main
from deskapp.sync.carrier import Read, Written
from deskapp.ui import sync_agent
from deskapp.ui.page import Fill, PageContext, SyncDoor
from deskapp.ui.pages.sync import SyncPage
from deskapp.ui.window import Window
from tests.conftest import KEY, take_apart
from tests.keys import press_key
from tests.sync.desks import new_desk
from tests.sync.world import World

FORM = TicketForm(kind="consultation", channel="phone", callback_phone="13800000102", caller_name="李四",
                  answers={"topic": "choosing", "needs": "外卖点餐用"}, words="想换一台机器")  # fmt: skip
SOON = 60_000


class QuickWorld(World):
    """Does the administrator's commands in this process."""

    def say(self, *words: str) -> str:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            assert main(["--data", str(self.data), *words]) == 0, said.getvalue()
        return said.getvalue()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A running server with one branch."""
    made = QuickWorld(tmp_path_factory.mktemp("world"))
    made.say("site", "add", "FZ-A1", "FZ-A1")
    made.start()
    yield made
    made.stop(hard=True)
    made.close()


Start = Callable[[Home, Actor], Window]


@pytest.fixture
def desks() -> Iterator[list[Desk]]:
    """The desks that a test has opened; every one is closed at its end."""
    opened: list[Desk] = []
    yield opened
    for one in opened:
        take_apart(one)


@pytest.fixture
def window(qtbot: QtBot, desks: list[Desk], monkeypatch: pytest.MonkeyPatch) -> Start:
    """Open a desk with somebody signed in."""
    monkeypatch.setattr(sync_agent, "START_MS", 0)

    def start(home: Home, actor: Actor) -> Window:
        one = Desk(home)
        desks.append(one)
        one.begin(Beside(home, find_key=lambda: KEY))
        made = one.window
        assert made is not None
        qtbot.waitUntil(lambda: one.agent is not None and made.shell is not None, timeout=SOON)
        i18n.use("en")
        made.enter(actor)
        return made

    return start


def at_the_desk(world: World, name: str, who: str = "S01") -> tuple[Home, Actor]:
    """Make a computer of the branch that has synced, and close it again."""
    desk = world.desk(name, "FZ-A1", first=not world.desks)
    desk.sync()
    _boss = desk.boss
    with desk.store.read() as session:
        nobody = session.scalars(select(StaffSecret)).first() is None
    if nobody:  # PINs do not travel: the first one here is chosen as the wizard has it chosen
        desk.store.run(choose_first_pin(staff_no=desk.people["A01"].staff_no, pin="739518"))
    desk.close()
    return desk.home, desk.people[who]


def do(qtbot: QtBot, window: Window, act: Any, *, by: Actor | None = None) -> Any:
    done: list[Any] = []
    assert window.jobs is not None
    window.jobs.do(act, owner=window, then=done.append, by=by)
    qtbot.waitUntil(lambda: bool(done), timeout=SOON)
    return done[0]


def badge(window: Window) -> str:
    assert window.shell is not None
    return window.shell.status.sync.text()


def page(window: Window, name: str) -> Any:
    assert window.shell is not None
    if window.shell.page_id() != name:
        window.navigate(name)
    return window.shell.page()


def words_of(window: Window) -> set[str]:
    """What the list of open tickets shows in a window."""
    return {row.words for row in page(window, "tickets").open_table.rows()}


def numbers_of(window: Window) -> list[tuple[str, str]]:
    """Every line of the list of open tickets in a window; other tests of this branch may have left some."""
    return sorted((row.number, row.words) for row in page(window, "tickets").open_table.rows())


def press(window: Window, action: str) -> None:
    window.act(next(one for one in window.actions_table if one.id == action))


def test_the_network_is_pulled_and_both_windows_work_on_and_agree_afterwards(
    qtbot: QtBot, world: World, window: Start
) -> None:
    one, two = (window(*at_the_desk(world, name)) for name in ("甲", "乙"))
    for each in (one, two):
        qtbot.waitUntil(lambda each=each: badge(each).startswith("Online"), timeout=SOON)
    shared = do(qtbot, one, open_ticket(form=FORM)).ticket_id
    page(two, "tickets")
    qtbot.waitUntil(lambda: FORM.words in words_of(two), timeout=SOON)  # by a hint, nobody pressed anything

    world.stop(hard=True)
    for each, name in ((one, "甲"), (two, "乙")):
        for number in (1, 2):
            do(qtbot, each, open_ticket(form=replace(FORM, words=f"{name}离线{number}")))
        changed = replace(FORM, callback_phone=f"1380000077{len(name)}" if each is one else "13800000888")
        do(qtbot, each, change_ticket(ticket_id=shared, form=changed))
        qtbot.waitUntil(lambda each=each: badge(each).startswith("Offline since"), timeout=SOON)
        qtbot.waitUntil(lambda each=each: badge(each).endswith("3 unsent"), timeout=SOON)
        qtbot.waitUntil(lambda each=each, name=name: f"{name}离线1" in words_of(each), timeout=SOON)
    assert "甲离线1" not in words_of(two) and "乙离线1" not in words_of(one)

    waiting: SyncPage = page(one, "sync")
    qtbot.waitUntil(lambda: waiting.view is not None and len(waiting.waiting.table.rows()) == 3, timeout=SOON)
    assert {act.by for act in waiting.waiting.table.rows()} == {"欧阳静"}
    assert all(act.about is not None for act in waiting.waiting.table.rows())
    assert "cannot be reached" in waiting.trouble.text.text()
    typing = page(two, "quick_ticket")
    typing.words.setFocus()
    typing.words.setText("客户还在说")

    world.start()
    for each in (one, two):
        press(each, "window.sync")
    for each in (one, two):
        qtbot.waitUntil(lambda each=each: badge(each).startswith("Online, all sent"), timeout=SOON)
    qtbot.waitUntil(lambda: waiting.waiting.table.rows() == [], timeout=SOON)
    assert typing.words.text() == "客户还在说" and two.shell.page() is typing
    for each in (one, two):
        page(each, "tickets")
        expected = {FORM.words, *(f"{name}离线{number}" for name in "甲乙" for number in (1, 2))}
        qtbot.waitUntil(lambda each=each, expected=expected: words_of(each) >= expected, timeout=SOON)
    assert numbers_of(one) == numbers_of(two)

    outcomes = []
    for each in (one, two):
        shown: SyncPage = page(each, "sync")
        qtbot.waitUntil(lambda shown=shown: shown.view is not None and not shown.waiting.table.rows(), timeout=SOON)
        outcomes += shown.past.acts.rows()
    assert [act.code for act in outcomes] == ["merged"] and outcomes[0].about.record_id == shared


def test_a_desk_is_connected_on_the_page_and_begins_to_send_at_once(qtbot: QtBot, world: World, window: Start) -> None:
    world.say("site", "add", "FZ-B1", "FZ-B1")
    desk = new_desk(world.folder, "辛", code="FZ-B1")
    admin, _boss = desk.admin, desk.close()
    alone = window(desk.home, admin)
    shown: SyncPage = page(alone, "sync")
    qtbot.waitUntil(lambda: shown.enrol.isVisible(), timeout=SOON)
    assert badge(alone).startswith("Not connected yet, ") and not shown.now_button.isEnabled()
    assert shown.waiting.table.rows() and not shown.stick.isVisible()

    shown.enrol.server.setText(f"http://127.0.0.1:{world.port}")
    shown.enrol.code.setText(world.code("FZ-B1"))
    press_key(shown.enrol.code, Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: badge(alone).startswith("Online, all sent"), timeout=SOON)
    qtbot.waitUntil(lambda: shown.waiting.table.rows() == [], timeout=SOON)
    assert not shown.enrol.isVisible() and shown.stick.isVisible() and shown.now_button.isEnabled()
    assert shown.standing.facts.values["server"].text() == f"http://127.0.0.1:{world.port}"


def test_who_may_not_change_settings_is_told_who_connects(qtbot: QtBot, window: Start, home: Home, people: Any) -> None:
    shown: SyncPage = page(window(home, people.clerk), "sync")

    qtbot.waitUntil(lambda: shown.rights.isVisible(), timeout=SOON)
    assert not shown.enrol.isVisible()


def test_a_desk_that_is_shut_out_without_an_order_is_told_so_and_keeps_its_work(
    qtbot: QtBot, world: World, window: Start
) -> None:
    home, actor = at_the_desk(world, "丙", "A01")
    lost = window(home, actor)
    qtbot.waitUntil(lambda: badge(lost).startswith("Online"), timeout=SOON)
    database, number = world.database(), _number(qtbot, lost)
    with contextlib.closing(database), database.write() as tx:
        named = stations.find_by_number(tx, number)
        assert named is not None
        stations.revoke(tx, named, 1)

    do(qtbot, lost, open_ticket(form=replace(FORM, words="丙的工单")), by=world.desks["丙"].people["S01"])

    qtbot.waitUntil(lambda: badge(lost).startswith("Not syncing, 1 unsent: This desk was reported lost"), timeout=SOON)
    shown: SyncPage = page(lost, "sync")
    qtbot.waitUntil(lambda: shown.trouble.isVisible(), timeout=SOON)
    assert "can be read" in shown.trouble.text.text() and shown.trouble.action.isVisible()
    assert shown.standing.facts.values["next"].text() == "none"  # the agent is gone; a person may still ask
    shown.trouble.action.click()
    assert shown.enrol.isVisible()
    page(lost, "tickets")
    qtbot.waitUntil(lambda: "丙的工单" in words_of(lost), timeout=SOON)


def test_a_retired_desk_hands_everything_over_and_nothing_of_it_stays(
    qtbot: QtBot, world: World, window: Start, desks: list[Desk]
) -> None:
    home, actor = at_the_desk(world, "丁")
    retired = window(home, actor)
    qtbot.waitUntil(lambda: badge(retired).startswith("Online"), timeout=SOON)
    ticket = do(qtbot, retired, open_ticket(form=replace(FORM, words="丁最后的工单")))
    world.say("station", "retire", str(_number(qtbot, retired)))
    retired.sync_now()

    gate = at_the_gate(qtbot, desks)
    assert "邮政支局 的工作站" in gate.why.text.text() and "停用" in gate.why.text.text()
    assert files_of(home) == ["ended.json"]
    database = world.database()
    with contextlib.closing(database), database.read() as tx:
        assert tx.all("SELECT id FROM record WHERE id = ?", (ticket.ticket_id,))


def at_the_gate(qtbot: QtBot, desks: list[Desk]) -> Any:
    """Wait until the newest desk has come to where a new computer begins; return the panel shown."""
    qtbot.waitUntil(lambda: desks[-1].gate is not None and desks[-1].window is None, timeout=SOON)
    gate = desks[-1].gate
    assert gate is not None
    return gate.panels.currentWidget()


def files_of(home: Home) -> list[str]:
    return sorted(path.name for path in home.root.rglob("*") if path.is_file() and path.name != "desk.lock")


def test_a_lost_desk_gives_what_it_holds_is_wiped_and_begins_where_a_new_one_does(
    qtbot: QtBot, world: World, window: Start, desks: list[Desk]
) -> None:
    home, actor = at_the_desk(world, "寅")
    lost = window(home, actor)
    qtbot.waitUntil(lambda: badge(lost).startswith("Online, all sent"), timeout=SOON)
    number = _number(qtbot, lost)
    world.say("station", "revoke", str(number), "--lost")
    do(qtbot, lost, open_ticket(form=replace(FORM, words="寅最后的工单")))

    welcome = at_the_gate(qtbot, desks)

    assert "已被报失" in welcome.why.text.text() and welcome.join.isEnabled()
    assert files_of(home) == ["ended.json"]
    qtbot.waitUntil(lambda: f"{number:05d}" in world.say("station", "list"), timeout=SOON)
    qtbot.waitUntil(lambda: "(wiped 20" in world.say("station", "list"), timeout=SOON)
    assert "open_ticket" in world.say("station", "aside", str(number))


@pytest.mark.long
def test_acts_travel_by_a_stick_and_count_as_sent_when_it_comes_back(
    qtbot: QtBot, world: World, window: Start, tmp_path: Path
) -> None:
    cut, near = (window(*at_the_desk(world, name)) for name in ("戊", "己"))
    for each in (cut, near):
        qtbot.waitUntil(lambda each=each: badge(each).startswith("Online"), timeout=SOON)
    world.lines["戊"].down = True
    do(qtbot, cut, open_ticket(form=replace(FORM, words="戊的工单")))
    qtbot.waitUntil(lambda: badge(cut).startswith("Offline since"), timeout=SOON)
    stick, file = page(cut, "sync").stick, tmp_path / "acts"

    stick.out.set_value(str(file))
    stick.write_button.click()
    qtbot.waitUntil(lambda: stick.code.isVisible(), timeout=SOON)
    there = page(near, "sync").stick
    there.read_button.click()
    assert there.reading.rows["file"].error.text() == "Name the file first."
    there.come.set_value(str(file))
    there.come_code.setText("ABCDE-FGHIJ")
    there.read_button.click()
    qtbot.waitUntil(lambda: there.read_button.isEnabled(), timeout=SOON)
    assert there.reading.rows["code"].error.text().startswith("This code does not open the file"), there.note.text.text()
    there.come_code.setText(stick.code.text())
    press_key(there.come_code, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "brought to the server" in there.note.text.text(), timeout=SOON)
    stick.come.set_value(str(file))
    stick.read_button.click()

    qtbot.waitUntil(lambda: stick.note.text.text().startswith("The server has the 1 act"), timeout=SOON)
    waiting = page(cut, "sync").waiting.table
    qtbot.waitUntil(lambda: not waiting.rows(), timeout=SOON)
    page(near, "tickets")
    qtbot.waitUntil(lambda: "戊的工单" in words_of(near), timeout=SOON)
    world.lines["戊"].down = False
    press(cut, "window.sync")
    qtbot.waitUntil(lambda: badge(cut).startswith("Online, all sent"), timeout=SOON)


def test_a_server_that_hangs_does_not_keep_the_window_from_closing(
    qtbot: QtBot, world: World, window: Start, desks: list[Desk]
) -> None:
    home, actor = at_the_desk(world, "庚")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        world.lines["庚"].upstream = silent.getsockname()[1]
        hung = window(home, actor)
        assert hung.shell is not None and hung.shell.context is not None
        door = hung.shell.context.syncing
        qtbot.waitUntil(door.speaking, timeout=SOON)
        qtbot.waitUntil(lambda: bool(badge(hung)), timeout=SOON)  # nothing else waits for it
        before = set(threading.enumerate())

        began = stopwatch()
        hung.close()
        desks[-1].end()

        assert stopwatch() - began < 5
        assert {thread.name for thread in before if thread.is_alive() and not thread.daemon} <= {"MainThread"}


def test_data_that_was_moved_to_another_computer_prints_no_number_of_its_twin(
    qtbot: QtBot, world: World, window: Start, desks: list[Desk]
) -> None:
    home, actor = at_the_desk(world, "壬")
    other = '{"system": "another computer", "cards": ["02:00:00:00:00:01"]}'
    with Store(home, KEY) as store:
        before = store.facts.station_no
        store.run(keep_state(state={"fingerprint": other}))
    world.lines["壬"].down = True
    numbers = []
    for _start in range(2):
        moved = window(home, actor)
        one = desks[-1]
        qtbot.waitUntil(lambda one=one: one.store is not None and one.store.facts.station_no != before, timeout=SOON)
        numbers.append(one.store.facts.station_no if one.store is not None else 0)
        qtbot.waitUntil(lambda moved=moved: badge(moved).startswith("Offline"), timeout=SOON)
        if _start == 0:
            moved.close()
            one.end()
    assert numbers[0] == numbers[1] >= 90_000

    world.lines["壬"].down = False
    press(moved, "window.sync")

    qtbot.waitUntil(lambda: badge(moved).startswith("Online, all sent"), timeout=SOON)
    known = world.say("station", "list")
    assert f"{before:05d}" in known and f"{desks[-1].store.facts.station_no:05d}" in known


@command(N_("Let the server refuse the newest act of a test"), right="")
def refuse_newest(write: Write, *, reason: str) -> None:
    """Write down what the server would have said."""
    newest = write.session.scalars(select(ChangeSet).order_by(ChangeSet.seq.desc()).limit(1)).one()
    write.session.add(
        SyncResult(uid=newest.uid, code="rejected", detail={"reason": reason}, at=write.now, settled=True)
    )
    sync_state.keep(write.session, "server", "https://sync.example.org")
    sync_state.keep(write.session, "contact_at", write.now)
    sync_state.keep(write.session, "offset_ms", -5 * 60_000)


def test_a_refused_act_tells_why_and_what_was_typed_and_is_put_away(
    qtbot: QtBot, context: PageContext, store: Store, people: Any
) -> None:
    store.run(open_ticket(form=FORM), by=people.clerk)
    store.run(refuse_newest(reason="scope"))
    went: list[tuple[str, dict[str, object]]] = []
    context.navigate = lambda place, **args: went.append((place, args))
    context.jobs.changed.connect(lambda changes: shown.changed(changes))
    shown = SyncPage(context)
    qtbot.addWidget(shown)
    shown.open()
    shown.show()
    qtbot.waitUntil(lambda: len(shown.past.acts.rows()) == 1, timeout=SOON)
    assert shown.clock.isVisible() and "5 min fast" in shown.clock.text.text()

    shown.past.acts.select(0)
    assert "does not belong to this branch" in shown.past.why.text()
    assert "13800000102" in shown.past.typed.text() and "想换一台机器" in shown.past.typed.text()
    shown.past.open_button.click()
    shown.past.settle_button.click()
    assert [place for place, _args in went] == ["ticket", "reviews"] and went[0][1]["ticket_id"]
    shown.changed(Changes(frozenset({("sync_state", "contact_at")})))
    qtbot.wait(0)
    assert shown.past.acts.current() is not None  # asking again leaves the choice alone

    shown.past.away_button.click()
    qtbot.waitUntil(lambda: shown.past.acts.rows() == [], timeout=SOON)
    assert store.ask(lambda session: sync_view(session, store.now)).outcomes == ()


def test_what_came_of_a_stick_is_in_sight_wherever_the_page_stood(
    qtbot: QtBot, context: PageContext, store: Store, people: Any
) -> None:
    store.run(open_ticket(form=FORM), by=people.clerk)
    store.run(refuse_newest(reason="scope"))
    shown = SyncPage(context)
    qtbot.addWidget(shown)
    shown.resize(900, 400)
    shown.open()
    shown.show()
    qtbot.waitUntil(lambda: shown.stick.isVisible() and shown.now_button.hasFocus(), timeout=SOON)
    area = shown.findChild(QScrollArea)
    assert area is not None and shown.stick.note.visibleRegion().isEmpty()

    press_key(shown.now_button, Qt.Key.Key_R, Qt.KeyboardModifier.AltModifier)
    row = shown.stick.reading.rows["file"]
    qtbot.waitUntil(lambda: row.error.text() != "", timeout=SOON)
    qtbot.waitUntil(lambda: not row.error.visibleRegion().isEmpty(), timeout=SOON)
    area.verticalScrollBar().setValue(0)
    shown.stick._written(Written(0, "ABCDE"), Path("stick"))
    assert "nothing to carry" in shown.stick.note.text.text() and shown.stick.code.isHidden()
    area.verticalScrollBar().setValue(0)
    shown.stick._was_read(Read(1, 0, True))
    qtbot.waitUntil(lambda: not shown.stick.note.visibleRegion().isEmpty(), timeout=SOON)


def test_a_first_fill_shows_how_far_it_is(qtbot: QtBot, context: PageContext, store: Store) -> None:
    context.syncing = SyncDoor(fill=lambda: Fill("site:a", 120, 400), speaking=lambda: True)
    shown = SyncPage(context)
    qtbot.addWidget(shown)
    shown.open()
    shown.show()

    qtbot.waitUntil(lambda: shown.standing.bar.isVisible(), timeout=SOON)
    assert shown.standing.filling.text() == "120 of 400 records are here. Work can go on meanwhile."
    assert (shown.standing.bar.value(), shown.standing.bar.maximum()) == (120, 400)
    assert shown.standing.facts.values["next"].text() == "speaking with the server now …"


def _number(qtbot: QtBot, window: Window) -> int:
    shown: SyncPage = page(window, "sync")
    qtbot.waitUntil(lambda: shown.view is not None, timeout=SOON)
    assert shown.view is not None
    return shown.view.station_no
