"""What a whole life of a device, played by hand with keys and a scanner, stumbled over: each stumble once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QScrollArea, QVBoxLayout, QWidget
from sqlalchemy import select

from deskapp.commands.tickets import TicketForm, open_ticket
from deskapp.models.local import Draft
from deskapp.models.repair import RepairOrder
from deskapp.models.store import Actor, Store
from deskapp.rules.papers_custody import ManifestType
from deskapp.ui.kit import Button, Form, Pill, Scroll, SupervisorPanel, TextField
from deskapp.ui.page import Page, PageContext, PageSpec
from deskapp.ui.pages.checkin import CheckInPage
from deskapp.ui.pages.job import PLACE, JobPage
from deskapp.ui.pages.job_head import STEP_MOVES
from deskapp.ui.pages.job_test import TestStepPanel
from deskapp.ui.pages.transfer_in import TransferInPage
from deskapp.ui.pages.transfer_out import TransferOutPage
from deskapp.ui.pages.transfers import TransfersPage
from deskapp.ui.widgets.enter import after_enter
from deskapp.ui.widgets.flow import FlowLayout
from deskapp.ui.window import Window
from tests.checkin_shop import HOTPOT, NOODLES, ONE, TWO, stock_shop
from tests.conftest import People
from tests.factories_depot import open_depot
from tests.factories_transfers import DEPOT, Yard, yard
from tests.keys import press_key, type_keys


def test_the_enter_after_a_code_does_not_say_that_nothing_came_along(qtbot: Any, counter: CheckInPage) -> None:
    counter.scan(ONE)
    qtbot.waitUntil(lambda: bool(counter.sheet.panels) and counter.sheet.panels[0].briefing is not None)
    panel = counter.sheet.panels[0]
    type_keys(panel.symptom, "KJ")
    assert panel.accessories.field.hasFocus(), "a code goes on by itself after its last letter"

    press_key(panel.accessories.field, Qt.Key.Key_Return)
    assert panel.accessories.field.hasFocus() and panel.accessories.nothing.isVisible()
    assert not panel.accessories.seen

    press_key(panel.accessories.field, Qt.Key.Key_Return)
    assert panel.accessories.seen and panel.condition.hasFocus()


def test_what_was_said_on_the_telephone_is_not_asked_again(qtbot: Any, counter: CheckInPage, store: Store) -> None:
    with store.read() as session:
        assert session.scalar(select(Draft.id)) is None
    form = TicketForm(
        kind="repair", channel="phone", merchant_id=NOODLES, caller_name="张三", callback_phone="13800000101",
        device_id=f"unit-{ONE}", symptom_code="no_network", words="早上开始连不上网", business_stopped=True,
    )  # fmt: skip
    opened = store.run(open_ticket(form=form), by=counter.context.jobs.actor).result

    counter.scan(ONE)
    qtbot.waitUntil(lambda: bool(counter.sheet.panels) and counter.sheet.panels[0].briefing is not None)
    panel = counter.sheet.panels[0]

    assert panel.symptom.value() == "no_network" and "连不上网" in panel.words.text()
    assert counter.sheet.party.stopped.isChecked() and counter.ticket_id == opened.ticket_id
    assert panel.accessories.field.hasFocus(), "the next question is the first that is open"


def test_a_ticket_written_for_another_merchant_is_told_at_the_counter(
    qtbot: Any, counter: CheckInPage, store: Store
) -> None:
    form = TicketForm(
        kind="repair", channel="phone", merchant_id=HOTPOT, callback_phone="13800000102", device_id=f"unit-{ONE}",
        symptom_code="no_network", business_stopped=False,
    )  # fmt: skip
    number = store.run(open_ticket(form=form), by=counter.context.jobs.actor).result.number

    counter.scan(ONE)
    qtbot.waitUntil(lambda: bool(counter.sheet.panels) and counter.sheet.panels[0].briefing is not None)

    assert any(number in one and "火锅" in one for one in counter.sheet.briefing.sentences)


def test_a_scan_takes_up_the_check_in_that_was_begun_with_the_device(
    qtbot: Any, counter: CheckInPage, context: PageContext, store: Store
) -> None:
    counter.scan(ONE)
    qtbot.waitUntil(lambda: bool(counter.sheet.panels) and counter.sheet.panels[0].briefing is not None)
    counter.sheet.panels[0].words.setText("屏幕不亮")
    counter.save_draft()
    qtbot.waitUntil(lambda: store.ask(lambda session: session.scalar(select(Draft.id))) is not None)

    again = opened_page(qtbot, context)  # the plug was pulled
    qtbot.waitUntil(lambda: bool(again.sheet.drafts.cards))
    again.scan(ONE)

    assert [panel.words.text() for panel in again.sheet.panels] == ["屏幕不亮"]
    assert not again.sheet.drafts.cards, "it is no longer waiting to be taken up"


def test_nothing_left_to_take_in_leaves_no_draft_behind(qtbot: Any, counter: CheckInPage, store: Store) -> None:
    counter.scan(TWO)
    qtbot.waitUntil(lambda: bool(counter.sheet.panels) and counter.sheet.panels[0].briefing is not None)
    counter.save_draft()
    qtbot.waitUntil(lambda: store.ask(lambda session: session.scalar(select(Draft.id))) is not None)
    counter.sheet.panels[0].remove_button.click()
    qtbot.waitUntil(lambda: store.ask(lambda session: session.scalar(select(Draft.id))) is None)
    assert not counter.sheet.panels and store.ask(lambda session: session.scalar(select(RepairOrder.id))) is None


def test_the_scan_after_the_labels_goes_to_the_first_question(qtbot: Any, counter: CheckInPage) -> None:
    counter.stack.setCurrentIndex(1)
    counter.labels.finished = True

    counter.scan(ONE)
    qtbot.waitUntil(lambda: bool(counter.sheet.panels) and counter.sheet.panels[0].briefing is not None)

    assert counter.stack.currentIndex() == 0
    assert counter.sheet.panels[0].symptom.hasFocus(), "not back in the field of the scan"


def test_an_answer_by_key_in_the_condition_list_stays_in_sight(qtbot: Any, counter: CheckInPage) -> None:
    counter.resize(1170, 560)
    counter.scan(ONE)
    qtbot.waitUntil(lambda: bool(counter.sheet.panels) and counter.sheet.panels[0].briefing is not None)
    panel = counter.sheet.panels[0]
    panel.condition.setFocus()
    press_key(panel.condition, "2")
    for _part in range(4):
        press_key(QApplication.focusWidget(), "1")
    here = QApplication.focusWidget()
    assert here in panel.condition_list.bars.values()
    qtbot.waitUntil(lambda: seen_in(counter.sheet.left, here))


def test_enter_brings_the_next_field_into_sight(qtbot: Any, look: object) -> None:
    around = Scroll()
    fields = [TextField(name=str(number)) for number in range(20)]
    for field in fields:
        around.add(field)
    qtbot.addWidget(around)
    around.resize(300, 200)
    in_front(qtbot, around)
    qtbot.waitUntil(lambda: around.verticalScrollBar().maximum() > 400)
    fields[0].setFocus()
    for _field in range(12):
        assert after_enter(around, fields)
    assert fields[12].hasFocus()
    qtbot.waitUntil(lambda: seen_in(around, fields[12]))


def test_a_pill_stands_in_the_middle_of_the_buttons_beside_it(qtbot: Any, look: object) -> None:
    bar = QWidget()
    flow = FlowLayout(bar, margin=0)
    button, pill = Button("Finish"), Pill("no shelf", "neutral", "box")
    for part in (button, pill):
        flow.addWidget(part)
    qtbot.addWidget(bar)
    bar.resize(400, 60)
    bar.show()
    assert pill.height() < button.height()
    assert abs(pill.geometry().center().y() - button.geometry().center().y()) <= 1


def test_after_a_refused_consent_the_focus_is_where_it_was(qtbot: Any, look: object) -> None:
    window, panel, field = QWidget(), SupervisorPanel(), TextField(name="words")
    form = Form()
    form.add("words", "Words", field)
    column = QVBoxLayout(window)
    column.addWidget(panel)
    column.addWidget(form)
    qtbot.addWidget(window)
    in_front(qtbot, window)
    field.setFocus()
    panel.ask("Repair this device free of charge?")
    assert panel.who.hasFocus()
    press_key(panel, Qt.Key.Key_Escape)
    assert panel.isHidden() and field.hasFocus(), "else the keys of the page mean nothing any more"


def test_another_person_can_come_while_a_field_has_the_focus(
    qtbot: Any, people: People, make_window: Callable[..., Window]
) -> None:
    """Under X11 a text field claims Ctrl+U for itself."""
    window = make_window([PageSpec("field", "Field", "inbox", FieldPage, "counter", "")])
    window.enter(people.clerk)
    window.navigate("field")
    page = window.shell.page()
    assert isinstance(page, FieldPage)
    qtbot.waitUntil(page.field.hasFocus)
    type_keys(page.field, "half typed")
    press_key(page.field, Qt.Key.Key_U, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.actor is None)


def test_a_computer_that_knows_no_other_site_says_so(qtbot: Any, shown: Any, context: PageContext) -> None:
    page = shown(TransfersPage)
    page.begin()
    qtbot.waitUntil(page.card.isVisible)
    assert page.nowhere.isVisible() and not page.form.rows["to"].isVisible() and not page.start.isEnabled()
    page.kind.set_value(ManifestType.VENDOR)
    page._kinds()
    assert page.start.isEnabled() and page.form.rows["maker"].isVisible() and not page.nowhere.isVisible()


def test_only_sites_that_fit_the_kind_are_offered(qtbot: Any, shown: Any, place: Yard) -> None:
    page = shown(TransfersPage)
    page.begin()
    qtbot.waitUntil(page.card.isVisible)
    assert page.kind.value() == ManifestType.OUT and page.to.value() == DEPOT, "one depot: chosen already"
    press_key(page.kind, "2")
    assert page.kind.value() == ManifestType.RETURN and page.to.value() != DEPOT


def test_an_empty_list_of_transports_leads_to_a_new_one(qtbot: Any, shown: Any, place: Yard) -> None:
    page = shown(TransfersPage)
    qtbot.waitUntil(page.new_button.hasFocus)


def test_counted_signed_and_handed_over_by_keys(qtbot: Any, shown: Any, place: Yard) -> None:
    draft = place.packed(1)
    page = shown(TransferOutPage, id=draft.manifest_id)
    qtbot.waitUntil(lambda: page.view is not None)
    page.verb("OK")
    page.scan(place.devices[0].label_no)
    qtbot.waitUntil(page.sign.tamper.hasFocus)
    press_key(page.sign.tamper, "1")
    qtbot.waitUntil(page.sign.courier.hasFocus)
    page.sign.courier.setText("王师傅")
    page.carriage.waybill.setText("SF1234567890")
    page.sign.giver.on_paper.setFocus()
    press_key(page.sign.giver.on_paper, Qt.Key.Key_Space)
    assert page.sign.taker.on_paper.hasFocus()
    press_key(page.sign.taker.on_paper, Qt.Key.Key_Space)
    assert page.hand.hasFocus()
    page.save()
    qtbot.waitUntil(lambda: page.view is not None and page.view.row.state == "under_way")
    assert page.view.waybill == "SF1234567890", "what was typed goes with the van, kept by Enter or not"


def test_receiving_says_what_is_next_until_the_van_is_finished(qtbot: Any, shown: Any, place: Yard) -> None:
    draft, (one,) = place.incoming(1)
    page = shown(TransferInPage, id=draft.manifest_id)
    qtbot.waitUntil(lambda: page.view is not None)
    page.scan(one.label_no)
    qtbot.waitUntil(page.look.isVisible)
    assert page.panel.said() == "Now the serial number on the case"
    page.scan("OTHER0000001")
    qtbot.waitUntil(page.look.seal.hasFocus)
    press_key(page.look.seal, "1")
    assert page.look.accessories.hasFocus() or page.look.tamper.hasFocus(), "an answer goes on to the next question"

    page.desk.undo()
    page.scan(one.label_no)
    qtbot.waitUntil(page.look.isVisible)
    page.scan(one.serial_no)
    qtbot.waitUntil(page.look.ready)
    page.verb("OK")
    qtbot.waitUntil(page.finish_button.hasFocus)
    qtbot.waitUntil(lambda: page.idle.hint.text() == "Every device is received. Finish, and both sign.")


def test_the_way_back_is_the_last_step_and_the_answer_is_the_counters() -> None:
    assert PLACE["awaiting_return"] == PLACE["ready_for_pickup"] == 4
    assert STEP_MOVES["answer"] == ("approve",), "who only may give up a repair does not record an approval"


def test_measured_values_come_back_after_a_power_cut_and_only_to_who_measured(
    qtbot: Any, shown: Any, context: PageContext, store: Store, people: People
) -> None:
    depot = open_depot(store, people)
    one = depot.in_repair()
    depot.to_test(one)
    sign_in(context, people.inspector)
    page = shown(JobPage, id=one.item_id)
    sheet = step_shown(qtbot, page).sheet
    for key in "PPP":
        press_key(sheet, key)
    type_keys(sheet, "15")
    press_key(sheet, Qt.Key.Key_Return)
    measured = sheet.kept()
    assert len(measured) == 4 and [row[1] for row in measured.values()][-2:] == [None, 15]
    page.panel.save_draft()
    qtbot.waitUntil(lambda: store.ask(lambda session: session.scalar(select(Draft.id))) is not None)

    again = shown(JobPage, id=one.item_id)  # the plug was pulled
    restored = step_shown(qtbot, again).sheet
    assert restored.kept() == measured
    assert restored.steps[restored.current].id == restored.open_steps()[0], "it goes on where it stopped"

    sign_in(context, depot.staff["T02"])
    assert step_shown(qtbot, shown(JobPage, id=one.item_id)).sheet.kept() == {}, "a test is one person's"


# -- what they use ---------------------------------------------------------------------------


class FieldPage(Page):
    """A page with one field."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, "Field")
        self.field = QLineEdit()
        self.add(self.field)

    def open(self, **args: object) -> None:
        """Take the focus."""
        self.focus_first(self.field)


def sign_in(context: PageContext, who: Actor) -> None:
    """Let somebody sit at the desk."""
    context.jobs.actor = who
    context.actor = lambda: who


def step_shown(qtbot: Any, page: JobPage) -> TestStepPanel:
    """Wait for the test step of a job, drafts put back."""
    qtbot.waitUntil(lambda: page.panel.step_name == "test" and "test" in page.panel.steps)
    step = page.panel.steps["test"]
    assert isinstance(step, TestStepPanel)
    return step


def in_front(qtbot: Any, window: QWidget) -> None:
    """Show a window and let it have the keys."""
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)


def seen_in(area: QScrollArea, widget: QWidget) -> bool:
    """Tell whether a widget is wholly inside what the area shows."""
    top = widget.mapTo(area.widget(), widget.rect().topLeft()).y() - area.verticalScrollBar().value()
    return top >= 0 and top + widget.height() <= area.viewport().height()


def opened_page(qtbot: Any, context: PageContext) -> CheckInPage:
    """Return the check-in page alone."""
    made = CheckInPage(context)
    context.jobs.changed.connect(made.changed)
    qtbot.addWidget(made)
    made.resize(1170, 760)
    in_front(qtbot, made)
    made.open()
    return made


@pytest.fixture
def counter(qtbot: Any, store: Store, context: PageContext) -> CheckInPage:
    """The check-in page over a branch with known merchants and terminals."""
    store.run(stock_shop())
    return opened_page(qtbot, context)


@pytest.fixture
def place(store: Store, people: People, context: PageContext) -> Yard:
    """A branch with a depot in another town."""
    context.jobs.actor = people.supervisor
    return yard(store, people)
