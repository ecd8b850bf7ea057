"""The bench by keyboard and scanner alone: from the shelf to ready for pickup without touching a mouse."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from deskapp import i18n
from deskapp.commands.bench import (
    DiagnosisForm,
    RepairForm,
    quarantine,
    record_diagnosis,
    send_to_test,
    start_diagnosis,
    start_repair,
)
from deskapp.commands.bench_charge import WantedLine
from deskapp.commands.bench_quote import make_quote
from deskapp.models.blobs import Blobs
from deskapp.models.repair import RepairItem
from deskapp.models.stock import Attachment
from deskapp.models.store import Actor, Store
from deskapp.queries.drafts import draft
from deskapp.queries.printing import papers_of
from deskapp.ui import theme
from deskapp.ui.jobs import Jobs
from deskapp.ui.page import PageContext, PageSpec
from deskapp.ui.pages.bench import BenchPage
from deskapp.ui.pages.job import JobPage
from deskapp.ui.window import Window
from tests.conftest import FixedClock, People
from tests.factories_bench import Benched, Shop, go_solo, open_shop
from tests.keys import press_key, type_keys

ENTER = Qt.Key.Key_Return


@pytest.fixture
def shop(store: Store, people: People) -> Shop:
    return open_shop(store, people)


@pytest.fixture
def desk(qtbot, jobs: Jobs, context: PageContext, shop: Shop) -> Iterator[Desk]:
    made = Desk(qtbot, jobs, context, shop)
    yield made
    made.page.leave()
    qtbot.waitUntil(lambda: jobs._running == 0)


class Desk:
    """A bench page with somebody at it, and keys to press."""

    def __init__(self, qtbot, jobs: Jobs, context: PageContext, shop: Shop) -> None:
        self.qtbot, self.jobs, self.shop = qtbot, jobs, shop
        self.toasts: list[str] = []
        self.asked: list[str] = []
        self.who = shop.people.technician
        self.page = BenchPage(
            replace(
                context, actor=lambda: self.who, toast=lambda text, **values: self.toasts.append(text),
                ask_supervisor=lambda right, then, **values: self.asked.append(right),
            )
        )  # fmt: skip
        qtbot.addWidget(self.page)
        self.page.resize(1170, 690)
        jobs.changed.connect(self.page.changed)
        self.page.show()
        self.sit(shop.people.technician)

    def sit(self, who: Actor) -> None:
        """Let somebody else sit down."""
        self.who = self.jobs.actor = who

    def open(self, one: Benched, step: str) -> None:
        """Open a device, as a scan of its label does, and wait for its step."""
        self.page.open(id=one.item_id)
        self.at(step)

    def at(self, step: str) -> None:
        """Wait until the job stands at a step."""
        self.qtbot.waitUntil(lambda: self.page.panel.step_name == step and self.jobs._running == 0)

    def focus(self, widget: QWidget) -> None:
        """Wait until the focus is where it should be."""
        self.qtbot.waitUntil(lambda: QApplication.focusWidget() is (widget.focusProxy() or widget))

    def type(self, text: str) -> None:
        """Type where the focus is; "\\r" is Enter, Chinese comes from an input method."""
        for part in text:
            target = QApplication.focusWidget() or self.page
            if part == "\r":
                press_key(target, ENTER)
            elif part.isascii():
                type_keys(target, part)
            else:
                composed = QInputMethodEvent()
                composed.setCommitString(part)
                QApplication.sendEvent(target, composed)

    def pick(self, text: str) -> None:
        """Type into a search field and take the first answer."""
        field = QApplication.focusWidget()
        self.type(text)
        self.qtbot.waitUntil(lambda: field.popup.current() is not None)  # type: ignore[union-attr]
        self.type("\r")

    def press(self, key: Qt.Key, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press one key where the focus is."""
        press_key(QApplication.focusWidget() or self.page, key, keys)

    def step(self, name: str) -> QWidget:
        """Return a step."""
        return self.page.panel.steps[name]

    def state(self, one: Benched) -> str:
        """Return the state of a device."""
        with self.shop.store.read() as session:
            return session.get_one(RepairItem, one.item_id).work_state


def prepared(shop: Shop, until: str, *, cause: str = "battery_worn", warranty: str = "2027-01-09") -> Benched:
    """A device that is diagnosed, under repair, or waits for its test."""
    one, by = shop.take_in(warranty_until=warranty), shop.people.technician
    shop.store.run(start_diagnosis(item_id=one.item_id, bench="W1", tamper_result="ok"), by=by)
    form = DiagnosisForm(symptom_confirmed="yes", cause_code=cause, tamper_flag="none", labour_class="LAB-M")
    shop.store.run(record_diagnosis(item_id=one.item_id, form=form), by=by)
    if until in ("repair", "test"):
        shop.store.run(start_repair(item_id=one.item_id), by=by)
    if until == "test":
        shop.store.run(send_to_test(item_id=one.item_id, form=RepairForm(("replace_battery",))), by=by)
    return one


def answer_everything(desk: Desk) -> None:
    """Press P for every step that asks for passed or failed, type a good value for every other."""
    sheet = desk.step("test").sheet  # type: ignore[attr-defined]
    desk.focus(sheet)
    for step in sheet.steps:
        desk.type("p" if step.kind != "number" else f"{int(step.low)}\r")


def test_a_job_goes_from_shelf_to_ready_with_keys_only(desk: Desk) -> None:
    one = desk.shop.take_in(warranty_until="2027-01-09")
    desk.open(one, "start")
    desk.focus(desk.step("start").tamper)  # type: ignore[attr-defined]
    desk.type("1\r")
    desk.at("diagnose")
    diagnose = desk.step("diagnose")
    desk.focus(diagnose.confirmed)  # type: ignore[attr-defined]
    desk.type("11")
    desk.pick("DCL")
    desk.type("S")
    desk.type("\r电池容量不足\r\r\r")
    desk.qtbot.waitUntil(lambda: desk.page.panel.card.finding is not None)  # type: ignore[union-attr]
    desk.focus(desk.page.panel.main)
    desk.type("\r")

    desk.at("repair")
    repair = desk.step("repair")
    desk.focus(repair.add)  # type: ignore[attr-defined]
    desk.pick("BAT-N910")
    desk.focus(repair.serials.new)  # type: ignore[attr-defined]
    desk.type("BAT00017\rBAT90001\r2")
    desk.qtbot.waitUntil(lambda: len(desk.page.panel.card.parts) == 1)  # type: ignore[union-attr]
    desk.focus(repair.add)  # type: ignore[attr-defined]
    desk.type("\r")
    desk.pick("HDC")
    desk.type("\r25\rV2.1.9\r\r\r")

    desk.at("test")
    desk.sit(desk.shop.people.inspector)
    desk.open(one, "test")
    desk.qtbot.waitUntil(lambda: not desk.page.panel.card.own_work)  # type: ignore[union-attr]
    answer_everything(desk)
    desk.focus(desk.step("test").tamper)  # type: ignore[attr-defined]
    desk.type("1FZ000123\rB-03-2\r")
    desk.at("ready")

    assert desk.state(one) == "ready_for_pickup"
    with desk.shop.store.read() as session:
        item = session.get_one(RepairItem, one.item_id)
        assert (item.holder, item.due_fen) == ("shelf:B-03-2", 0)


def test_a_scanned_label_opens_the_job_at_its_step(
    qtbot, make_window: Callable[..., Window], shop: Shop, people: People
) -> None:
    one = prepared(shop, "repair")
    window = make_window([PageSpec("bench", "Bench", "stethoscope", BenchPage, "workshop")])
    window.enter(people.technician)

    window.scan(one.label_no)

    page = window.shell.page()  # type: ignore[union-attr]
    assert isinstance(page, BenchPage)
    qtbot.waitUntil(lambda: page.panel.step_name == "repair")
    qtbot.waitUntil(lambda: page.queue.shown == one.item_id)
    page.leave()


def test_a_second_scan_of_the_open_device_leads_back_into_its_step(desk: Desk) -> None:
    one = prepared(desk.shop, "repair")
    desk.open(one, "repair")
    step = desk.step("repair")
    desk.focus(step.first())
    desk.page.next.setFocus()

    desk.page.open(id=one.item_id)
    desk.focus(step.first())


def test_the_queue_is_walked_and_opened_with_arrows_and_enter(desk: Desk) -> None:
    first, second = desk.shop.take_in(), desk.shop.take_in()
    desk.page.open()
    desk.qtbot.waitUntil(lambda: len(desk.page.queue.rows) == 2)
    desk.focus(desk.page.queue)
    desk.press(Qt.Key.Key_Down)
    desk.type("\r")
    desk.at("start")

    assert desk.page.queue.shown == second.item_id
    desk.page.previous_record()
    desk.qtbot.waitUntil(lambda: desk.page.queue.shown == first.item_id)
    desk.at("start")
    desk.press(Qt.Key.Key_T, Qt.KeyboardModifier.AltModifier)
    store = desk.shop.store
    desk.qtbot.waitUntil(
        lambda: [job.kind for job in store.ask(lambda s: papers_of(s, first.item_id))][-1:] == ["bench_traveller"]
    )


def test_out_of_warranty_the_main_button_leads_to_the_quote_and_the_clerk_answers(desk: Desk) -> None:
    one = prepared(desk.shop, "diagnosed", warranty="2025-12-31")
    desk.open(one, "diagnose")
    desk.focus(desk.page.panel.main)
    assert desk.page.panel.main.text() == "Make a quote"
    desk.type("\r")
    desk.at("quote")
    quote = desk.step("quote")
    desk.qtbot.waitUntil(lambda: len(quote.lines) == 1)  # type: ignore[attr-defined]
    assert quote.total.text() == "¥60.00"  # type: ignore[attr-defined]
    desk.focus(quote.add)  # type: ignore[attr-defined]
    desk.press(ENTER, Qt.KeyboardModifier.ControlModifier)
    desk.at("answer")

    assert not desk.page.panel.main.isEnabled()
    desk.sit(desk.shop.people.clerk)
    desk.open(one, "answer")
    desk.page.panel.ask()
    desk.qtbot.waitUntil(lambda: desk.page.panel.card.can("approve"))  # type: ignore[union-attr]
    desk.focus(desk.step("answer").channel)  # type: ignore[attr-defined]
    desk.type("2")
    answer = desk.step("answer")
    assert "13805912345" in answer.numbers.text()  # type: ignore[attr-defined]
    assert answer.numbers.isVisible() and answer.numbers.y() < answer.form.y()  # type: ignore[attr-defined]
    desk.type("林国强\r同意\r13805912345\r")
    desk.at("repair")

    assert desk.state(one) == "repairing"


def test_a_signature_at_the_counter_is_approval_enough_and_is_kept(desk: Desk) -> None:
    one = prepared(desk.shop, "diagnosed", warranty="2025-12-31")
    desk.shop.store.run(
        make_quote(item_id=one.item_id, lines=[WantedLine("LAB-M")]), by=desk.shop.people.clerk
    )  # fmt: skip
    desk.sit(desk.shop.people.clerk)
    desk.open(one, "answer")
    answer = desk.step("answer")
    desk.focus(answer.channel)  # type: ignore[attr-defined]
    assert answer.signature.isHidden() or not answer.signature.isVisible()  # type: ignore[attr-defined]
    desk.type("1林国强\r")
    pad = answer.signature.pad  # type: ignore[attr-defined]
    assert pad.isVisible()
    QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=QPoint(20, 30))
    for step in range(8):
        QTest.mouseMove(pad, QPoint(20 + step * 15, 30 + step % 2 * 30))
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=QPoint(150, 60))
    answer.files.add_bytes(photo_bytes(), "报价单.png")  # type: ignore[attr-defined]
    desk.qtbot.waitUntil(lambda: len(answer.files.photos) == 1)  # type: ignore[attr-defined]
    answer.bench.setFocus()  # type: ignore[attr-defined]
    desk.type("\r")
    desk.at("repair")

    with desk.shop.store.read() as session:
        files = session.query(Attachment).filter_by(subject_id=one.item_id).order_by(Attachment.n).all()[-2:]
    blobs = Blobs(desk.shop.store.home.blobs, desk.shop.store.key)
    assert {row.kind for row in files} == {"signature", "approval"}
    assert all(blobs.fetch(row.sha256) for row in files)


def photo_bytes() -> bytes:
    """A small picture as a phone would send it."""
    content = io.BytesIO()
    Image.new("RGB", (120, 80), "#d8d8d8").save(content, "PNG")
    return content.getvalue()


def test_damage_inside_the_warranty_is_charged_once_a_photo_shows_it(desk: Desk) -> None:
    one = desk.shop.take_in(warranty_until="2027-01-09")
    desk.shop.store.run(
        start_diagnosis(item_id=one.item_id, bench="W1", tamper_result="ok"), by=desk.shop.people.technician
    )
    desk.open(one, "diagnose")
    step = desk.step("diagnose")
    step.restore({"confirmed": "yes", "flag": "none", "cause": "drop_damage"})  # type: ignore[attr-defined]
    desk.page.panel.submit()
    desk.qtbot.waitUntil(lambda: step.verdict.isVisible())  # type: ignore[attr-defined]
    assert desk.page.panel.card.basis == "needs_supervisor"  # type: ignore[union-attr]

    QTest.mouseClick(step.verdict.again, Qt.MouseButton.LeftButton)  # type: ignore[attr-defined]
    desk.focus(step.photos.strip.add_button)  # type: ignore[attr-defined]
    other = desk.shop.take_in()
    step.photos.strip.add_bytes(photo_bytes(), "裂屏.png")  # type: ignore[attr-defined]
    desk.open(other, "start")
    desk.open(one, "diagnose")
    desk.qtbot.waitUntil(lambda: len(step.photos.photos()) == 1)  # type: ignore[attr-defined]
    step.show_form(True)  # type: ignore[attr-defined]
    desk.page.panel.submit()
    desk.qtbot.waitUntil(lambda: desk.page.panel.card.basis == "payable")  # type: ignore[union-attr]

    desk.qtbot.waitUntil(lambda: step.photos.photos() == [])  # type: ignore[attr-defined]
    with desk.shop.store.read() as session:
        (photo,) = session.query(Attachment).filter_by(subject_id=one.item_id, kind="damage").all()
    assert Blobs(desk.shop.store.home.blobs, desk.shop.store.key).fetch(photo.sha256)


def test_a_declined_quote_is_recorded_by_keys(desk: Desk) -> None:
    one = prepared(desk.shop, "diagnosed", warranty="2025-12-31")
    desk.shop.store.run(
        make_quote(item_id=one.item_id, lines=[WantedLine("LAB-M")]), by=desk.shop.people.clerk
    )  # fmt: skip
    desk.sit(desk.shop.people.clerk)
    desk.open(one, "answer")
    desk.focus(desk.step("answer").channel)  # type: ignore[attr-defined]
    desk.type("4111\r")
    desk.at("declined")

    with desk.shop.store.read() as session:
        assert session.get_one(RepairItem, one.item_id).due_fen == 2000


def test_a_suspicious_device_goes_to_quarantine_from_the_first_question(desk: Desk) -> None:
    one = desk.shop.take_in()
    desk.open(one, "start")
    desk.focus(desk.step("start").tamper)  # type: ignore[attr-defined]
    desk.type("2\r")
    drawer = desk.page.panel.drawers.drawers["quarantine"]
    desk.focus(next(iter(drawer.form.fields().values())))
    desk.type("插卡口内有薄片\r\r")
    desk.at("quarantine")

    assert desk.state(one) == "quarantined"
    assert not desk.page.panel.main.isEnabled()


def test_a_refusal_stays_at_its_field_and_keeps_what_was_typed(desk: Desk) -> None:
    one = prepared(desk.shop, "repair")
    desk.open(one, "repair")
    repair = desk.step("repair")
    desk.focus(repair.add)  # type: ignore[attr-defined]
    repair.advice.setText("以后请勿 6217 9963 0000 0000 012")  # type: ignore[attr-defined]
    desk.type("\r")
    desk.pick("HDC")
    desk.press(ENTER, Qt.KeyboardModifier.ControlModifier)
    row = repair.form.rows["prevention_tip"]  # type: ignore[attr-defined]
    desk.qtbot.waitUntil(lambda: not row.error.isHidden())

    assert "6217" in repair.advice.text()  # type: ignore[attr-defined]
    assert desk.state(one) == "repairing"


def test_keys_that_are_gone_change_the_way_on(desk: Desk) -> None:
    one = prepared(desk.shop, "repair")
    desk.open(one, "repair")
    desk.focus(desk.step("repair").add)  # type: ignore[attr-defined]
    desk.type("\r")
    desk.pick("HZB")
    assert desk.page.panel.main.text() == "Ask for a key load"
    desk.press(ENTER, Qt.KeyboardModifier.ControlModifier)
    desk.at("keys")

    assert desk.state(one) == "awaiting_key_load"


def test_ones_own_work_asks_for_another_persons_pin_and_the_test_is_theirs(desk: Desk) -> None:
    one = prepared(desk.shop, "test")
    desk.open(one, "test")
    test = desk.step("test")
    answer_everything(desk)
    desk.focus(test.second.who)  # type: ignore[attr-defined]
    desk.type(f"Q01\r{desk.shop.people.pins['Q01']}\r")
    desk.qtbot.waitUntil(lambda: test.second.isHidden(), timeout=8000)  # type: ignore[attr-defined]
    desk.focus(test.tamper)  # type: ignore[attr-defined]
    desk.type("1\rB-03-2\r")
    desk.at("ready")

    assert desk.page.panel.card.tests[-1].by == "刘敏"  # type: ignore[union-attr]


def test_a_one_person_site_says_so_and_goes_on(desk: Desk) -> None:
    desk.shop.store.run(go_solo())
    one = prepared(desk.shop, "test")
    desk.open(one, "test")
    test = desk.step("test")

    assert test.second.isHidden()  # type: ignore[attr-defined]
    assert "One-person site" in test.solo.text.text()  # type: ignore[attr-defined]


def test_a_value_outside_its_limits_fails_and_the_button_says_where_it_goes(desk: Desk) -> None:
    desk.sit(desk.shop.people.inspector)
    one = prepared(desk.shop, "test")
    desk.open(one, "test")
    answer_everything(desk)
    sheet = desk.step("test").sheet  # type: ignore[attr-defined]
    sheet.setFocus()
    sheet.go_to("print_lines")
    desk.type("3\r")

    assert sheet.failed() == ["print_lines"]
    assert desk.page.panel.main.text() == "Failed: back to repair"


def test_alt_letters_open_the_short_acts_and_escape_leads_back(desk: Desk) -> None:
    one = prepared(desk.shop, "repair")
    desk.open(one, "repair")
    repair = desk.step("repair")
    desk.focus(repair.add)  # type: ignore[attr-defined]
    desk.press(Qt.Key.Key_N, Qt.KeyboardModifier.AltModifier)
    note = desk.page.panel.drawers.drawers["note"]
    desk.qtbot.waitUntil(lambda: not note.isHidden())
    desk.focus(note.form.rows["words"].field)
    desk.type("待客户确认SIM卡\r")
    desk.qtbot.waitUntil(lambda: note.isHidden() and desk.page.panel.card.notes != ())  # type: ignore[union-attr]
    desk.focus(repair.add)  # type: ignore[attr-defined]
    desk.press(Qt.Key.Key_Escape)

    desk.focus(desk.page.queue)


def test_half_typed_findings_survive_as_a_draft_without_card_numbers(desk: Desk) -> None:
    one = desk.shop.take_in()
    desk.shop.store.run(
        start_diagnosis(item_id=one.item_id, bench="W1", tamper_result="ok"), by=desk.shop.people.technician
    )
    desk.open(one, "diagnose")
    diagnose = desk.step("diagnose")
    diagnose.words.setText("卡 6217 9963 0000 0000 012 刷不出")  # type: ignore[attr-defined]
    desk.page.leave()
    desk.qtbot.waitUntil(lambda: not desk.page.panel.error.isHidden())
    saved = desk.shop.store.ask(lambda session: draft(session, f"bench:{one.item_id}"))

    assert saved is not None and saved.form["words"] == "卡 ****0012 刷不出"
    diagnose.words.clear()  # type: ignore[attr-defined]
    other = desk.shop.take_in()
    desk.open(other, "start")
    desk.open(one, "diagnose")
    desk.qtbot.waitUntil(lambda: diagnose.words.text() == "卡 ****0012 刷不出")  # type: ignore[attr-defined]


def test_every_step_fits_on_one_screen_without_scrolling(desk: Desk) -> None:
    shop, people = desk.shop, desk.shop.people
    quoted = prepared(shop, "diagnosed", warranty="2025-12-31")
    shop.store.run(make_quote(item_id=quoted.item_id, lines=[WantedLine("LAB-M")]), by=people.clerk)
    held, begun = shop.take_in(), shop.take_in()
    shop.store.run(quarantine(item_id=held.item_id, reason="可疑"), by=people.technician)
    shop.store.run(start_diagnosis(item_id=begun.item_id, bench="W1", tamper_result="ok"), by=people.technician)
    jobs = {
        "start": shop.take_in(), "diagnose": prepared(shop, "diagnosed"), "repair": prepared(shop, "repair"),
        "test": prepared(shop, "test"), "answer": quoted, "quarantine": held,
    }  # fmt: skip
    for language in ("zh_CN", "en"):
        i18n.use(language)
        for step, one in [*jobs.items(), ("diagnose", begun)]:
            desk.open(one, step)
            desk.qtbot.waitUntil(lambda one=one: desk.page.panel.card.item_id == one.item_id)
            QApplication.processEvents()
            room = desk.page.panel.stack.currentWidget()
            assert room.verticalScrollBar().maximum() == 0, (language, step)  # type: ignore[union-attr]
            assert desk.page.minimumSizeHint().width() <= 1170, (language, step)


def test_large_text_gives_the_job_the_whole_page_and_escape_leads_back_to_the_queue(
    desk: Desk, look: QApplication
) -> None:
    one = desk.shop.take_in()
    theme.apply(look, "dark", 150)
    desk.open(one, "start")
    desk.qtbot.waitUntil(lambda: desk.page.left.isHidden())
    desk.page.panel.escape()

    assert not desk.page.left.isHidden() and desk.page.panel.isHidden()


def test_everything_that_takes_the_focus_has_a_name(desk: Desk, clock: FixedClock) -> None:
    for until, step in (("diagnosed", "diagnose"), ("repair", "repair"), ("test", "test")):
        desk.open(prepared(desk.shop, until), step)
        for widget in desk.page.findChildren(QWidget):
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible():
                buddy = widget.focusProxy() is not None or widget.parentWidget().focusProxy() is widget
                assert widget.accessibleName() or buddy, (step, widget)


def test_a_job_alone_leads_back_to_where_one_came_from(qtbot, context: PageContext, shop: Shop) -> None:
    one, went_back = shop.take_in(), []
    page = JobPage(
        replace(context, actor=lambda: shop.people.technician, back=lambda: went_back.append(True))
    )  # fmt: skip
    qtbot.addWidget(page)
    page.show()
    page.open(id=one.item_id)
    qtbot.waitUntil(lambda: page.panel.step_name == "start")
    page.panel.escape()

    assert went_back == [True]
