"""The shell: signing in, pages, scans, search, look and language, locking, crash reports."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QPlainTextEdit, QWidget

from deskapp import i18n, settings
from deskapp.errors import N_
from deskapp.models.store import Changes
from deskapp.queries.syncing import ALONE, PROBLEMS, Standing, SyncBadge
from deskapp.settings import Values
from deskapp.ui import theme
from deskapp.ui.crash import CrashReporter
from deskapp.ui.finding import Destination, Resolved
from deskapp.ui.kit import Button, Card, Form, Page, PageSpec, ScanField, Suggestion, TextField
from deskapp.ui.lock import Tile
from deskapp.ui.palette import deeds_of, fitting_deeds
from deskapp.ui.status import DAY_MS, StatusCard, StatusLine
from deskapp.ui.window import Window
from tests.keys import press_key, type_keys
from tests.ui.scan_keys import type_scan


class OnePage(Page):
    """A page that remembers what it was handed."""

    def __init__(self, context) -> None:
        super().__init__(context, N_("Devices"), N_("Scan the device, say what is wrong, done."))
        self.opened_with: list[dict[str, object]] = []
        self.scans: list[str] = []
        self.told: list[object] = []
        self.left = 0
        self.takes = True
        self.saved = 0
        form = Form()
        self.serial = ScanField()
        form.add("serial", N_("&Serial number"), self.serial)
        self.note = TextField(name=N_("Note"))
        card = Card(N_("Devices"))
        card.add(form)
        card.add(self.note)
        self.add(card)

    def open(self, **args: object) -> None:
        self.opened_with.append(args)

    def leave(self) -> None:
        self.left += 1

    def scan(self, text: str) -> bool:
        if self.takes:
            self.scans.append(text)
        return self.takes

    def changed(self, changes: object) -> None:
        self.told.append(changes)

    def save(self) -> None:
        self.saved += 1


class Answers:
    """A finder that knows one merchant."""

    def search(self, session, text):
        hit = Suggestion("Wang's shop", "M1", "building-store", N_("Merchants"), Destination("merchants", {"id": "m1"}))
        return [hit] if "wang" in text.lower() else []

    def resolve(self, session, text):
        known = {"D001230000711": Destination("merchants", {"id": "d1"})}
        return Resolved(known.get(text), number=text)


PAGES = [
    PageSpec("today", N_("Today"), "home", OnePage, "work"),
    PageSpec("check_in", N_("Check devices in"), "inbox", OnePage, "work", "check_in"),
    PageSpec("merchants", N_("Merchants"), "building-store", OnePage, "records"),
    PageSpec("staff", N_("Staff"), "users", OnePage, "branch", "staff"),
    PageSpec("hidden", N_("Order"), "file-text", OnePage),
]


@pytest.fixture
def window(make_window, people) -> Window:
    made = make_window(PAGES, finder=Answers())
    made.enter(people.clerk)
    return made


def sign_in(window: Window, number: str, pin: str) -> None:
    window.lock_screen.who.setText(number)
    window.lock_screen.pin.setText(pin)
    window.lock_screen.enter.click()


# ---- coming in


def test_the_right_pin_opens_the_first_page(qtbot, make_window, people):
    window = make_window(PAGES, finder=Answers())
    with qtbot.waitSignal(window.signed_in) as told:
        sign_in(window, "C01", people.pins["C01"])

    assert told.args[0] == people.clerk
    assert window.jobs.actor == people.clerk
    assert window.shell.page_id() == "today"
    assert "李秀英" in window.shell.status.who.text()
    assert window.lock_screen.pin.text() == ""


def test_an_older_verifier_is_renewed_after_the_page_is_shown(qtbot, make_window, store, people, monkeypatch):
    from argon2 import PasswordHasher

    from deskapp.commands.people import HASHER
    from deskapp.models.people import StaffSecret
    from deskapp.models.store import command
    from deskapp.ui import entrance

    @command("Keep a PIN the old way", right="")
    def old_way(write) -> None:
        kept = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(people.pins["C01"])
        write.session.get_one(StaffSecret, people.clerk.staff_id).pin_hash = kept

    def kept() -> str:
        return store.ask(lambda session: session.get_one(StaffSecret, people.clerk.staff_id).pin_hash)

    store.run(old_way())
    monkeypatch.setattr(entrance, "RENEW_AFTER_MS", 1)
    window = make_window(PAGES, finder=Answers())
    with qtbot.waitSignal(window.signed_in):
        sign_in(window, "C01", people.pins["C01"])
        assert HASHER.check_needs_rehash(kept())
    assert window.shell.page_id() == "today"

    qtbot.waitUntil(lambda: not HASHER.check_needs_rehash(kept()))


def test_a_wrong_pin_is_answered_in_place(qtbot, make_window):
    window = make_window(PAGES, finder=Answers())
    sign_in(window, "C01", "000000")
    qtbot.waitUntil(lambda: window.lock_screen.error.text() != "")

    assert window.actor is None
    assert "{" not in window.lock_screen.error.text()
    assert window.lock_screen.who.text() == "C01"


def test_who_types_on_while_a_wrong_pin_makes_them_wait_changes_nothing_else(qtbot, make_window):
    window = make_window(PAGES, finder=Answers())
    screen = window.lock_screen
    sign_in(window, "C01", "000000")
    qtbot.waitUntil(lambda: screen.error.text() != "")
    screen.pin.setFocus()
    screen.refuse("Wait a moment.", wait_ms=60_000)

    press_key(window.focusWidget(), Qt.Key.Key_7)
    press_key(window.focusWidget(), Qt.Key.Key_Return)

    assert window.focusWidget() is screen.pin and screen.pin.text() == "" and i18n.language() == "en"
    screen.refuse("Once more.")
    assert not screen.pin.isReadOnly() and window.focusWidget() is screen.pin


def test_somebody_quicker_than_the_store_waits_for_it(qtbot, jobs, store, clock, people):
    window = Window(Values(), "鼓楼支局")
    qtbot.addWidget(window)
    window.show()
    sign_in(window, "C01", people.pins["C01"])
    with qtbot.waitSignal(window.signed_in):
        window.furnish(jobs, PAGES, Answers(), now=clock)


def test_a_pin_set_by_somebody_else_is_changed_before_work_begins(qtbot, make_window, store, people):
    from deskapp.commands.people import reset_pin

    store.run(reset_pin(staff_id=people.clerk.staff_id, pin="482915"), by=people.supervisor)
    window = make_window(PAGES, finder=Answers())
    sign_in(window, "C01", "482915")
    qtbot.waitUntil(lambda: window.lock_screen.again.isVisible())
    window.lock_screen.pin.setText("730164")
    window.lock_screen.again.setText("111111")
    window.lock_screen.enter.click()
    assert window.lock_screen.error.text() == "The two PINs differ."
    window.lock_screen.pin.setText("730164")
    window.lock_screen.again.setText("730164")
    with qtbot.waitSignal(window.signed_in):
        window.lock_screen.enter.click()

    assert window.actor.staff_no == "C01"


def test_a_badge_fills_in_who_it_is(make_window):
    window = make_window(PAGES, finder=Answers())
    window.scan("U001230000017")

    assert window.lock_screen.who.text() == "U001230000017"


def test_a_tile_asks_for_the_pin_only(make_window):
    window = make_window(PAGES, finder=Answers())
    window.lock_screen.show_people([Tile("C01", "李秀英"), Tile("T01", "")])
    window.lock_screen.tiles[0].click()

    assert window.lock_screen.who.text() == "C01"
    assert window.lock_screen.tiles[1].text() == "T01"


def test_where_one_person_works_the_lock_screen_asks_for_the_pin_only(make_window):
    window = make_window(PAGES, finder=Answers())
    window.lock_screen.show_people([Tile("C01", "李秀英")])
    assert window.lock_screen.who.text() == "C01"
    window.lock_screen.welcome()
    window.lock_screen.who.setText("A")
    window.lock_screen.show_people([Tile("C01", "李秀英")])
    assert window.lock_screen.who.text() == "A", "what somebody types is left alone"


def test_that_a_pin_was_wrong_is_said_until_somebody_types_again(qtbot, make_window):
    screen = make_window(PAGES, finder=Answers()).lock_screen
    screen.refuse("This PIN is wrong.", 1)
    qtbot.waitUntil(lambda: not screen.pin.isReadOnly())
    assert screen.error.text() == "This PIN is wrong."
    type_keys(screen.pin, "7")
    qtbot.waitUntil(lambda: screen.error.text() == "")  # the scanner holds a key for a moment
    screen.refuse("Wait 1 second.", 1, counted=True)
    qtbot.waitUntil(lambda: not screen.pin.isReadOnly())
    assert screen.error.text() == "", "the time it names is over"


def test_a_window_opens_no_higher_than_its_screen(make_window):
    window = make_window(PAGES, finder=Answers())
    room = window.screen().availableGeometry().height() - theme.FRAME
    theme.open_at(window, 1280, 4000)
    assert (window.width(), window.height()) == (1280, room)
    theme.open_at(window, 1280, 620)
    assert window.height() == 620


def test_locking_keeps_the_page_for_the_same_person_and_drops_it_for_another(window, people):
    page = window.shell.page()
    page.note.setText("half a sentence")
    window.lock()
    assert window.actor is None and window.jobs.actor is None and page.left == 1
    window.enter(people.clerk)
    assert window.shell.page() is page
    window.lock()
    window.enter(people.technician)

    assert window.shell.page() is not page


def test_the_desk_locks_when_nobody_touches_it(window):
    window.scanner.last_input -= 60 * settings.IDLE_LOCK.default
    window.watch.look()

    assert window.actor is None


def test_pages_one_may_not_open_are_not_listed_and_do_not_open(window):
    assert window.shell.rail.buttons["check_in"].isVisibleTo(window.shell)
    assert not window.shell.rail.buttons["staff"].isVisibleTo(window.shell)
    window.navigate("staff")

    assert window.shell.page() is None
    assert "staff" not in window.shell.built


# ---- going about


def test_pages_are_built_when_first_opened_and_handed_their_arguments(window):
    assert set(window.shell.built) == {"today"}
    window.navigate("merchants", id="m7")
    window.navigate("merchants", id="m8")

    assert window.shell.page().opened_with == [{"id": "m7"}, {"id": "m8"}]


def test_back_returns_with_the_same_arguments(window):
    window.navigate("merchants", id="m7")
    window.navigate("hidden")
    window.back()

    assert window.shell.page_id() == "merchants"
    assert window.shell.page().opened_with == [{"id": "m7"}, {"id": "m7"}]


def test_function_keys_open_pages(qtbot, window):
    press_key(window, Qt.Key.Key_F3)
    qtbot.waitUntil(lambda: window.shell.page_id() == "check_in")
    press_key(window, Qt.Key.Key_F6)
    qtbot.waitUntil(lambda: window.shell.page_id() == "merchants")


def test_a_page_action_calls_the_page(qtbot, window):
    press_key(window, "s", Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.shell.page().saved == 1)


def test_f1_shows_all_keys_and_takes_them_away(qtbot, window):
    press_key(window, Qt.Key.Key_F1)
    qtbot.waitUntil(lambda: window.sheet is not None and window.sheet.isVisible())
    press_key(window, Qt.Key.Key_F1)
    qtbot.waitUntil(lambda: window.sheet is None)


def test_only_the_shown_page_hears_of_a_change(window):
    first = window.shell.page()
    window.navigate("merchants")
    changes = Changes(frozenset())
    window.jobs.changed.emit(changes)

    assert window.shell.page().told == [changes] and first.told == []


# ---- scans and search


def test_a_scan_goes_to_the_page_whatever_has_the_focus(window):
    page = window.shell.page()
    page.note.setFocus()
    type_scan(page.note, "NLSP512604020B73")

    assert page.scans == ["NLSP512604020B73"]
    assert page.note.text() == ""
    assert "NLSP512604020B73" in window.shell.last_scan.text()


def test_a_scan_the_page_does_not_want_fills_the_focused_scan_field(window):
    page = window.shell.page()
    page.takes = False
    page.serial.setFocus()
    window.scan("NLSP512604020B73")

    assert page.serial.text() == "NLSP512604020B73"


def test_a_printed_code_opens_its_record(qtbot, window):
    window.shell.page().takes = False
    window.shell.find_field.setFocus()
    window.scan("D001230000711")
    qtbot.waitUntil(lambda: window.shell.page_id() == "merchants")

    assert window.shell.page().opened_with == [{"id": "d1"}]


def test_an_unknown_code_says_so(qtbot, window):
    window.shell.page().takes = False
    window.shell.find_field.setFocus()
    window.scan("D999999999999")
    qtbot.waitUntil(lambda: bool(window.toasts.shown))

    assert window.toasts.shown[0].text.text() == "Nothing here has the number D999999999999."


def test_search_finds_records_and_actions(qtbot, window):
    press_key(window, "k", Qt.KeyboardModifier.ControlModifier)
    field = window.shell.find_field
    qtbot.waitUntil(lambda: field.hasFocus() and field.popup.isVisible())
    listed = [item.title for item in field.popup.list.items]
    assert "Check devices in" in listed and "Staff" not in listed

    type_keys(field, "wang")
    window.scanner.release()
    qtbot.waitUntil(lambda: [item.title for item in field.popup.list.items] == ["Wang's shop"])
    press_key(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.shell.page_id() == "merchants")
    assert window.shell.page().opened_with == [{"id": "m1"}]
    assert field.text() == ""


def test_an_action_is_started_from_the_search_field(qtbot, window):
    field = window.shell.find_field
    field.setFocus()
    type_keys(field, "check dev")
    window.scanner.release()
    press_key(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.shell.page_id() == "check_in")


def test_what_a_button_of_the_page_does_is_found_by_its_words(qtbot, window):
    page, done = window.shell.page(), []
    again = [Button("Do it", clicked=lambda: done.append("it")) for _each in range(2)]
    void = Button("Void a check-in", "quiet", clicked=lambda: done.append("void"))
    tile = Button("Add your colleagues", "tile")
    for button in (void, tile, *again):
        page.add(button)
    field = window.shell.find_field
    qtbot.waitUntil(void.isVisible)

    field.setFocus()
    assert [one.title for one in fitting_deeds(deeds_of(page), "作废收机")] == ["Void a check-in"]
    assert [one.title for one in fitting_deeds(deeds_of(page), "同事")] == ["Add your colleagues"]
    type_keys(field, "check void")
    window.scanner.release()
    qtbot.waitUntil(lambda: "Void a check-in" in [item.title for item in field.popup.list.items])
    assert field.popup.list.items[-1].group == "On this page"
    press_key(field, Qt.Key.Key_Return)
    qtbot.waitUntil(void.hasFocus)
    assert done == [] and field.text() == "", "what changes something waits for Enter on its button"
    press_key(void, Qt.Key.Key_Return)
    assert done == ["void"]

    void.say("Correct …")
    field.setFocus()
    type_keys(field, "correct")
    window.scanner.release()
    qtbot.waitUntil(lambda: "Correct …" in [item.title for item in field.popup.list.items])
    press_key(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: done == ["void", "void"])

    field.setFocus()
    void.setEnabled(False)
    type_keys(field, "do it")
    window.scanner.release()
    qtbot.waitUntil(lambda: bool(field.popup.list.note))
    assert field.popup.list.items == [], "two buttons say it: it is not told which is meant"


def test_where_nothing_fits_the_list_says_so_and_enter_is_answered(qtbot, window):
    field = window.shell.find_field
    field.setFocus()
    type_keys(field, "zzqq")
    window.scanner.release()

    qtbot.waitUntil(lambda: field.popup.isVisible() and "zzqq" in field.popup.list.note)
    assert field.popup.current() is None
    press_key(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(window.toasts.shown))
    assert not field.popup.isVisible()
    field.setFocus()
    type_keys(field, "wang")
    window.scanner.release()
    qtbot.waitUntil(lambda: bool(field.popup.list.items) and not field.popup.list.note)


def test_real_records_are_found(qtbot, make_window, people):
    window = make_window(PAGES)
    window.enter(people.clerk)
    window.shell.page().takes = False
    window.scan("NLSP512604020B73")
    qtbot.waitUntil(lambda: bool(window.toasts.shown))

    assert "NLSP512604020B73" in window.toasts.shown[0].text.text()


# ---- a second person


def test_a_supervisors_pin_and_reason_become_a_consent(qtbot, window, people, clock):
    given: list[object] = []
    window.shell.context.ask_supervisor("override", given.append, why=N_("Staff"))
    panel = window.shell.supervisor
    panel.who.setText("S01")
    panel.pin.setText("000000")
    panel.reason.setText("slip lost")
    panel.allow.click()
    qtbot.waitUntil(lambda: panel.error.text() != "")
    assert given == [] and panel.reason.text() == "slip lost"
    clock.forward(minutes=10)
    panel.pin.setText(people.pins["S01"])
    panel.allow.click()
    qtbot.waitUntil(lambda: bool(given))

    assert given[0].reason == "slip lost" and given[0].token
    assert panel.isHidden()


# ---- look and language


def test_the_language_changes_everywhere_at_once_and_is_kept(qtbot, window, store):
    i18n.use("zh_CN")
    with qtbot.waitSignal(window.jobs.changed):
        window.set_value(settings.LANGUAGE, "en")
    assert window.shell.rail.buttons["today"].accessibleName() == "Today"

    window.set_value(settings.LANGUAGE, "qps")
    assert window.shell.rail.buttons["today"].accessibleName().endswith("~")
    assert window.shell.page().title.text().endswith("~")
    with store.read() as session:
        kept = settings.load(session)
    assert kept[settings.LANGUAGE] in ("en", "qps")


def test_theme_and_size_change_at_once(window):
    window.next_theme()
    assert theme.now().mode == "dark"
    window.larger()
    assert theme.now().scale == 110
    window.smaller()
    window.smaller()
    assert theme.now().scale == 100


def test_a_setting_that_is_refused_comes_back(qtbot, window):
    window.set_value(settings.BACKUP_DAYS, 9)
    assert window.values[settings.BACKUP_DAYS] == 9
    qtbot.waitUntil(lambda: bool(window.toasts.shown))

    assert window.values[settings.BACKUP_DAYS] == settings.BACKUP_DAYS.default


TROUBLED = SyncBadge(Standing.TROUBLE, 120, 2, 3, DAY_MS, PROBLEMS["certificate"], 400_000)


@pytest.mark.parametrize("language", ["en", "zh_CN", "qps"])
@pytest.mark.parametrize(("width", "height", "scale"), [(1280, 720, 100), (1366, 768, 125), (1280, 720, 150)])
def test_the_desk_fits_small_screens_in_every_language(window, look, language, width, height, scale):
    i18n.use(language)
    window.resize(width, height)
    theme.apply(look, "light", scale)
    window.shell.status.show_status(StatusCard(print_waiting=3, sync=TROUBLED), DAY_MS)
    QApplication.processEvents()

    assert window.minimumSizeHint().width() <= width
    assert window.minimumSizeHint().height() <= height
    assert (window.width(), window.height()) == (width, height)


def test_the_navigation_folds_where_it_is_narrow(window):
    window.resize(1000, 700)
    QApplication.processEvents()
    assert window.shell.rail.narrow and window.shell.rail.buttons["today"].text() == ""
    assert window.shell.rail.buttons["today"].accessibleName() == "Today"
    window.resize(1280, 720)
    QApplication.processEvents()
    assert not window.shell.rail.narrow


def test_the_status_line_says_nothing_before_it_was_told(qtbot):
    line = StatusLine()
    qtbot.addWidget(line)
    line.show()
    line.retranslate()
    assert not any(part.isVisible() for part in (line.paper, line.sync, line.backup))
    line.show_status(StatusCard(), 0)
    assert all(part.isVisible() for part in (line.paper, line.sync, line.backup))


def test_the_status_line_says_everything_in_words(window):
    line = window.shell.status
    line.show_status(StatusCard(print_failed=2, sync=replace(ALONE, unsent=5), backup_at=DAY_MS, clock_back=True), 9 * DAY_MS)
    assert line.paper.text() == "2 papers did not print"
    assert line.sync.text() == "Not connected yet, 5 unsent"
    assert line.backup.text() == "Last backup 8 days ago" and line.backup.property("role") == "status-warn"
    assert line.clock.isVisible()
    line.show_status(StatusCard(backup_at=DAY_MS), DAY_MS + 5)
    assert line.backup.text() == "Backed up today" and line.backup.property("role") == "status"


@pytest.mark.parametrize(
    ("badge", "told", "role"),
    [
        (SyncBadge(Standing.ONLINE, 0, 0, 0, DAY_MS, "", 0), "Online, all sent, 08:00", "status"),
        (SyncBadge(Standing.ONLINE, 4, 0, 0, DAY_MS, "", 0), "Online, 4 unsent", "status"),
        (SyncBadge(Standing.ONLINE, 0, 0, 7, DAY_MS, "", 0), "Online, all sent but 7 photos", "status"),
        (SyncBadge(Standing.ONLINE, 0, 2, 0, DAY_MS, "", 0), "Online, 2 refused, 0 unsent", "status-warn"),
        (SyncBadge(Standing.FILLING, 1, 0, 0, DAY_MS, "", 0), "Online, the branch's records are coming; 1 unsent",
         "status"),
        (SyncBadge(Standing.OFFLINE, 9, 0, 0, DAY_MS, PROBLEMS["offline"], 0), "Offline since 01-02 08:00, 9 unsent",
         "status-warn"),
        (SyncBadge(Standing.OFFLINE, 9, 0, 0, 0, PROBLEMS["offline"], 0),
         "Offline, 9 unsent; the server was never reached", "status-warn"),
        (replace(TROUBLED, clock_off_ms=0), "Not syncing, 120 unsent: The server's certificate is not the one this desk"
         " trusts. Nothing was sent.", "status-warn"),
    ],
)  # fmt: skip
def test_the_badge_says_how_syncing_stands(window, badge, told, role):
    line = window.shell.status
    now = DAY_MS + 60_000 if badge.standing is not Standing.OFFLINE else 3 * DAY_MS
    line.show_status(StatusCard(sync=badge, backup_at=DAY_MS), now)

    assert line.sync.text() == told and line.sync.property("role") == role
    assert line.sync.accessibleName() == told and line.sync.accessibleDescription().startswith(told)
    if badge.contact_at and badge.standing is not Standing.ALONE:
        assert "Last contact: " in line.sync.toolTip()
    assert not line.clock.isVisible()


def test_a_clock_that_is_wrong_is_told_with_how_much(window):
    line = window.shell.status
    line.show_status(StatusCard(sync=replace(TROUBLED, clock_off_ms=-3 * 3_600_000)), DAY_MS)
    assert line.clock.isVisible() and line.clock.text() == "This computer's clock is wrong"
    assert "3 h fast" in line.clock.toolTip() and "3 h fast" in line.sync.toolTip()


def test_the_status_is_asked_after_every_change(qtbot, make_window, people):
    window = make_window(PAGES, finder=Answers(), status=lambda session: StatusCard(sync=replace(ALONE, unsent=77)))
    window.enter(people.clerk)
    qtbot.waitUntil(lambda: "77" in window.shell.status.sync.text())


def test_a_branch_that_is_renamed_has_its_new_name_everywhere_at_once(qtbot, make_window, people):
    window = make_window(PAGES, finder=Answers(), status=lambda session: StatusCard(branch="晋安"))
    window.enter(people.clerk)
    qtbot.waitUntil(lambda: window.shell.status.branch.text() == "晋安")
    assert window.lock_screen.branch.text() == "晋安" and "晋安" in window.windowTitle()


# ---- for everybody


def test_everything_that_takes_the_focus_has_a_name(window):
    unnamed = []
    for screen in (window.lock_screen, window.shell):
        for widget in screen.findChildren(QWidget):
            kinds = (QLineEdit, QPlainTextEdit, QAbstractButton)
            focusable = widget.focusPolicy() != Qt.FocusPolicy.NoFocus and widget.isVisibleTo(screen)
            if isinstance(widget, kinds) and focusable:
                seen = QAccessible.queryAccessibleInterface(widget)
                if not seen.text(QAccessible.Text.Name):
                    unnamed.append(widget)

    assert unnamed == []


def test_the_lock_screen_comes_without_the_heavy_libraries():
    program = (
        "import os, sys\n"
        "os.environ['QT_QPA_PLATFORM'] = 'offscreen'\n"
        "from PySide6.QtWidgets import QApplication\n"
        "from deskapp.settings import Values\n"
        "from deskapp.ui import theme\n"
        "from deskapp.ui.window import Window\n"
        "app = QApplication([])\n"
        "theme.apply(app)\n"
        "window = Window(Values(), 'x')\n"
        "window.show()\n"
        "window.grab()\n"
        "heavy = {'sqlalchemy', 'reportlab', 'requests', 'keyring', 'PIL', 'argon2', 'phonenumbers', 'openpyxl'}\n"
        "sys.exit(' '.join(sorted(heavy & set(sys.modules))) or 0)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)

    assert run.returncode == 0, run.stderr


# ---- when there is a bug


def test_a_bug_is_written_down_without_numbers_and_shown_without_blocking(qtbot, tmp_path):
    reporter = CrashReporter(tmp_path)
    reporter.saved = lambda: "Last saved: R00123250314007D"
    with qtbot.waitSignal(reporter.reported) as told:
        try:
            raise KeyError("13800138000 in 6222021234567890123")
        except KeyError as error:
            reporter.caught(error)
    text = told.args[0].read_text("utf-8")
    qtbot.addWidget(reporter.dialog)

    assert "KeyError" in text and "test_window" in text
    assert "13800138000" not in text and "6222021234567890123" not in text
    assert reporter.dialog.isVisible() and not reporter.dialog.isModal()
    assert "R00123250314007D" in reporter.dialog.saved.text()


def test_the_hooks_catch_slots_and_threads(qtbot, tmp_path):
    import threading

    reporter = CrashReporter(tmp_path)
    reporter.install()
    try:
        with qtbot.waitSignal(reporter.reported):
            sys.excepthook(ValueError, ValueError("slot"), None)
        with qtbot.waitSignal(reporter.reported):
            thread = threading.Thread(target=lambda: [][1])
            thread.start()
            thread.join()
    finally:
        reporter.remove()
        qtbot.addWidget(reporter.dialog)

    assert len(list(tmp_path.glob("crash-*.txt"))) == 2


def test_a_disk_that_takes_no_report_does_not_make_it_worse(qtbot, tmp_path):
    place = tmp_path / "file"
    place.write_text("not a folder")
    reporter = CrashReporter(place)
    with qtbot.waitSignal(reporter.reported) as told:
        reporter.caught(ValueError("x"))
    qtbot.addWidget(reporter.dialog)

    assert told.args == [None]


def test_closing_the_window_stops_watching_the_keys(window, look):
    window.close()

    assert not any(timer.isActive() for timer in window.watch.timers)
    assert QEvent.Type.KeyPress and window.scanner._held == []


def test_a_group_of_pages_folds_and_opens_with_its_page(window):
    rail = window.shell.rail
    rail.heads["records"].click()
    assert not rail.buttons["merchants"].isVisibleTo(window.shell)
    window.navigate("merchants")

    assert rail.buttons["merchants"].isVisibleTo(window.shell) and rail.buttons["merchants"].isChecked()
    assert not rail.heads["branch"].isVisibleTo(window.shell)
