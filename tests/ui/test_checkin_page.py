"""The check-in page: what it shows, where refusals land, what survives a crash, and a dead printer."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from sqlalchemy import func, select

from deskapp import catalogue, i18n
from deskapp.errors import N_
from deskapp.models.blobs import Blobs
from deskapp.models.local import Draft, PrintJob
from deskapp.models.repair import RepairItem, RepairOrder
from deskapp.models.stock import Attachment
from deskapp.models.store import Store, Write, command
from deskapp.queries.checkin_labels import order_after_check_in
from deskapp.queries.drafts import drafts
from deskapp.ui.page import PageContext
from deskapp.ui.pages.checkin import CheckInPage
from deskapp.ui.speech import retranslate_tree
from tests.checkin_shop import DEVICE, NOODLES, ONE, THEIRS, TWO, stock_shop, taken_in
from tests.conftest import People
from tests.keys import press_key, type_keys

CARD = "6222021234567894"


@pytest.fixture
def page(qtbot, store: Store, context: PageContext) -> CheckInPage:
    """The page alone, over a branch with known merchants and terminals."""
    store.run(stock_shop())
    return opened(qtbot, context)


def opened(qtbot, context: PageContext) -> CheckInPage:
    made = CheckInPage(context)
    context.jobs.changed.connect(made.changed)
    qtbot.addWidget(made)
    made.resize(1170, 760)
    made.show()
    made.open()
    return made


def scanned(qtbot, page: CheckInPage, serial: str = ONE) -> None:
    before = len(page.sheet.panels)
    assert page.scan(serial)
    qtbot.waitUntil(lambda: len(page.sheet.panels) > before and page.sheet.panels[-1].briefing is not None)


def answered(page: CheckInPage, place: int = 0) -> None:
    panel = page.sheet.panels[place]
    panel.symptom.set_value("no_power")
    panel.accessories.set_text("PA")
    panel.accessories.seen = True
    for bar, value in ((panel.condition, "fine"), (panel.tamper, "ok"), (panel.batch, "no")):
        bar.set_value(value)
    party = page.sheet.party
    party.name.setText("张三")
    party.phone.setText("13800000101")
    party.id_last4.setText("001X")
    party.no_photo.set_value("queue")
    party.notice.setChecked(True)


def saved(qtbot, page: CheckInPage) -> str:
    page.save()
    qtbot.waitUntil(lambda: page.stack.currentIndex() == 1 and page.labels.state is not None)
    return page.labels.order_id


def count(store: Store, table: type) -> int:
    return store.ask(lambda session: session.scalar(select(func.count()).select_from(table)) or 0)


def test_a_scan_fills_in_device_merchant_and_briefing(qtbot, page: CheckInPage) -> None:
    scanned(qtbot, page)
    panel = page.sheet.panels[0]

    assert panel.model_id == "newland-n910" and panel.terminal_no.text() == "35000001"
    assert page.sheet.party.merchant.text() == "示例小面" and page.sheet.party.merchant_no.text() == "100391054110001"
    assert panel.symptom.hasFocus() and "N910" in panel.state.text()


def test_a_device_on_record_with_another_merchant_is_told(qtbot, page: CheckInPage) -> None:
    scanned(qtbot, page)
    assert not any("示例火锅" in line for line in page.sheet.briefing.sentences)
    page.scan(THEIRS)
    qtbot.waitUntil(lambda: len(page.sheet.panels) == 2 and page.sheet.panels[1].briefing is not None)

    qtbot.waitUntil(lambda: any("示例火锅" in line and "示例小面" in line for line in page.sheet.briefing.sentences))


def test_a_typed_number_asks_why_and_a_known_look_alike_asks_which(qtbot, page: CheckInPage) -> None:
    page.sheet.serial.setText("NL910S0000000I")
    press_key(page.sheet.serial, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.sheet.panels and page.sheet.panels[0].briefing is not None)
    panel = page.sheet.panels[0]

    assert panel.missing()[:2] == ["serial_no", "typed"]
    assert ONE in panel.alike.buttons[0].text()
    press_key(panel.typed_reason, "1")
    press_key(panel.alike, "1")
    assert panel.device_id == f"unit-{ONE}"


def test_wrong_scans_say_why_and_lose_nothing(qtbot, page: CheckInPage) -> None:
    scanned(qtbot, page)
    page.sheet.panels[0].words.setText("早上开不了机")

    assert page.scan("D001230000711") and "label of ours" in page.banner.text.text()
    assert page.scan("D001230000712") and page.banner.isVisible()
    assert page.scan("新大陆") and "input method" in page.banner.text.text()
    page.scan(ONE)

    assert len(page.sheet.panels) == 1 and page.sheet.panels[0].words.text() == "早上开不了机"


def test_a_tusn_on_the_case_leads_to_its_unit(qtbot, page: CheckInPage, store: Store) -> None:
    from deskapp.models.device import Device

    @command(N_("Note a TUSN"), right="")
    def note(write: Write) -> None:
        write.session.get_one(Device, f"unit-{ONE}").tusn = f"00009904{'0' * 10}{ONE}"

    store.run(note())
    assert page.scan(f"00009904{'0' * 10}{ONE}")
    qtbot.waitUntil(lambda: [panel.serial for panel in page.sheet.panels] == [ONE])
    assert page.scan(f"00009904{'0' * 10}NL999S00000009")
    qtbot.waitUntil(page.banner.isVisible)
    assert "TUSN" in page.banner.text.text() and len(page.sheet.panels) == 1


def test_devices_are_switched_by_key(qtbot, page: CheckInPage) -> None:
    scanned(qtbot, page)
    scanned(qtbot, page, TWO)
    page.next_record()
    assert page.sheet.current == 0 and page.sheet.panels[0].isVisible()
    page.previous_record()
    assert page.sheet.current == 1


def test_codes_of_ours_on_an_empty_page_are_left_to_the_window(page: CheckInPage) -> None:
    assert page.scan("D001230000711") is False


def test_refusals_land_at_their_field_and_keep_what_was_typed(qtbot, page: CheckInPage, store: Store) -> None:
    scanned(qtbot, page)
    scanned(qtbot, page, TWO)
    answered(page, 0)
    answered(page, 1)
    page.sheet.panels[0].words.setText(f"卡 {CARD}")
    page.sheet.show_device(1)

    page.save()
    qtbot.waitUntil(lambda: page.sheet.panels[0].rows["words"].error.isVisible())

    assert page.sheet.current == 0 and page.sheet.panels[0].words.text() == f"卡 {CARD}"
    assert CARD not in page.sheet.panels[0].rows["words"].error.text()
    assert count(store, RepairOrder) == 0 and page.sheet.save_button.isEnabled()

    page.sheet.panels[0].words.setText("")
    page.sheet.party.phone.setText("123")
    page.save()
    qtbot.waitUntil(lambda: page.sheet.party.rows["deliverer_phone"].error.isVisible())


def test_a_card_number_is_named_before_saving(qtbot, page: CheckInPage) -> None:
    scanned(qtbot, page)
    panel = page.sheet.panels[0]
    panel.words.setText(CARD)
    panel.words.editingFinished.emit()

    assert "card" in panel.rows["words"].error.text() and panel.words.property("wrong")


def test_unknown_accessories_are_not_swallowed(qtbot, page: CheckInPage) -> None:
    scanned(qtbot, page)
    line = page.sheet.panels[0].accessories
    type_keys(line.field, "PA XX")
    press_key(line.field, Qt.Key.Key_Return)
    assert not line.seen and "XX" in line.unknown.text()

    line.field.clear()
    type_keys(line.field, "PA PP:ab12 PA")
    press_key(line.field, Qt.Key.Key_Return)
    assert line.value() == [("power_adapter", ""), ("pin_pad", "AB12"), ("power_adapter", "")] and line.seen


def test_a_code_that_does_not_exist_is_said_and_down_leads_to_the_whole_list(qtbot, page: CheckInPage) -> None:
    scanned(qtbot, page)
    field = page.sheet.panels[0].symptom
    type_keys(field, "zzz")
    assert "“zzz”" in field.popup.list.note and field.popup.isVisible()
    field.popup.hide()
    press_key(field, Qt.Key.Key_Return)
    assert "“zzz”" in field.popup.list.note and field.popup.isVisible() and field.hasFocus()

    press_key(field, Qt.Key.Key_Down)
    assert len(field.popup.list.items) == len(catalogue.words("symptoms")) and field.popup.current() is not None
    press_key(field, Qt.Key.Key_Return)
    assert field.value()


def test_a_second_scan_of_a_device_says_that_it_is_there_already(
    qtbot, page: CheckInPage, context: PageContext
) -> None:
    told: list[dict[str, object]] = []
    context.toast = lambda text, **values: told.append(values)  # type: ignore[assignment]
    scanned(qtbot, page)
    page.scan(ONE)

    assert len(page.sheet.panels) == 1 and [one["serial"] for one in told] == [ONE]


def test_without_photos_the_keys_go_to_the_question_why_there_are_none(qtbot, page: CheckInPage) -> None:
    scanned(qtbot, page)
    answered(page)
    page.sheet.party.no_photo.set_value(None)
    page.save()
    asked = page.sheet.party.rows["photos"]
    qtbot.waitUntil(page.sheet.party.no_photo.hasFocus)
    assert asked.error.isVisible() and asked.error.text()


def test_the_symptom_is_found_by_words_and_by_the_list(qtbot, page: CheckInPage) -> None:
    scanned(qtbot, page)
    field = page.sheet.panels[0].symptom
    type_keys(field, "paper")
    press_key(field, Qt.Key.Key_Return)
    assert field.value() == "no_print"

    field.setFocus()
    press_key(field, Qt.Key.Key_Down)
    press_key(field, Qt.Key.Key_Down)
    press_key(field, Qt.Key.Key_Return)
    assert field.value() == "battery_fault"


def test_what_was_typed_comes_back_after_a_crash(qtbot, page: CheckInPage, store: Store, context: PageContext) -> None:
    scanned(qtbot, page)
    answered(page)
    panel = page.sheet.panels[0]
    panel.words.setText(f"屏幕提示 {CARD}")
    picture = io.BytesIO()
    Image.new("RGB", (2400, 1200), "#345").save(picture, "JPEG")
    panel.photos.add_bytes(picture.getvalue(), "front.jpg")
    qtbot.waitUntil(lambda: len(panel.kept) == 1)
    page.save_draft()
    qtbot.waitUntil(lambda: count(store, Draft) == 1)
    kept = store.ask(drafts)[0]
    assert CARD not in str(kept.form) and "7894" in str(kept.form)

    again = opened(qtbot, context)  # the program was killed: a new page knows nothing
    qtbot.waitUntil(lambda: again.sheet.drafts.isVisible())
    again.sheet.drafts.buttons[0].click()
    qtbot.waitUntil(lambda: again.sheet.panels and len(again.sheet.panels[0].photos.photos) == 1)
    qtbot.waitUntil(lambda: again.sheet.party.merchant_card is not None)
    restored = again.sheet.panels[0]
    assert restored.words.text().startswith("屏幕提示") and restored.symptom.value() == "no_power"
    assert restored.tamper.value() == "ok" and again.sheet.party.name.text() == "张三"
    assert not again.sheet.party.notice.isChecked()  # said once more, to whoever stands here now

    again.sheet.party.notice.setChecked(True)
    saved(qtbot, again)
    assert count(store, Draft) == 0 and count(store, Attachment) == 1


def test_a_pause_saves_and_starting_over_can_be_taken_back(qtbot, page: CheckInPage, store: Store) -> None:
    undo: list[Callable[[], object]] = []
    page.context.toast = lambda text, **values: undo.append(values["undo"]) if values.get("undo") else None  # type: ignore[assignment]
    scanned(qtbot, page)
    page._pause.setInterval(1)
    page.sheet.panels[0].words.setText("旧")
    page.sheet.edited.emit()
    qtbot.waitUntil(lambda: count(store, Draft) == 1)

    page.discard()
    qtbot.waitUntil(lambda: count(store, Draft) == 0)
    assert page.sheet.panels == []

    undo[0]()
    qtbot.waitUntil(lambda: bool(page.sheet.panels))
    assert page.sheet.panels[0].words.text() == "旧"


def test_photos_and_signature_are_kept_and_named_in_the_same_act(qtbot, page: CheckInPage, store: Store) -> None:
    from PySide6.QtCore import QPointF

    scanned(qtbot, page)
    answered(page)
    picture = io.BytesIO()
    Image.new("RGB", (3000, 2000), "#a33").save(picture, "PNG")
    panel = page.sheet.panels[0]
    panel.photos.add_bytes(picture.getvalue(), "back.png")
    qtbot.waitUntil(lambda: len(panel.kept) == 1)
    assert not page.sheet.party.rows["photos"].isVisible()
    page.sheet.party.signature.pad.strokes.append([QPointF(10 * n, 20 + 5 * (n % 3)) for n in range(30)])

    order_id = saved(qtbot, page)

    rows = store.ask(lambda session: {row.kind: row.sha256 for row in session.scalars(select(Attachment))})
    assert set(rows) == {"front", "signature"}
    blobs = Blobs(store.home.blobs, store.key)
    assert blobs.fetch(rows["signature"]).startswith(b"<svg") and blobs.fetch(rows["front"])[:2] == b"\xff\xd8"
    state = store.ask(lambda session: order_after_check_in(session, order_id))
    assert state is not None and state.todo == ("label_scan_back",)


def test_a_dead_printer_stops_nobody(qtbot, page: CheckInPage, store: Store) -> None:
    scanned(qtbot, page)
    answered(page)
    order_id = saved(qtbot, page)

    @command(N_("Break the printer"), right="")
    def broken(write: Write) -> None:
        for job in write.session.scalars(select(PrintJob)):
            job.state = "failed"

    page.context.jobs.do(broken(), owner=page)
    qtbot.waitUntil(lambda: "did not come out" in page.labels.banner.text.text())
    assert page.labels.without.isVisible()
    page.labels.without.click()

    assert page.stack.currentIndex() == 0 and page.sheet.panels == []
    state = store.ask(lambda session: order_after_check_in(session, order_id))
    assert state is not None and "label_scan_back" in state.todo


def test_a_wrong_label_is_refused_in_place_and_the_right_ones_end_the_step(qtbot, page: CheckInPage) -> None:
    scanned(qtbot, page)
    answered(page)
    saved(qtbot, page)

    page.scan(ONE)
    qtbot.waitUntil(page.labels.banner.isVisible)
    assert "serial number" in page.labels.banner.text.text()
    label = page.labels.state.missing[0].label_no
    type_keys(page.labels.field, label)  # typed by hand, where the code is torn
    press_key(page.labels.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.labels.finished)

    scanned(qtbot, page, TWO)  # the next device begins the next check-in
    assert page.stack.currentIndex() == 0


def test_a_unit_in_our_hands_needs_a_supervisor(qtbot, store: Store, people: People, page: CheckInPage) -> None:
    from deskapp.commands.people import vouch

    taken_in(store, people, DEVICE)
    asked: list[str] = []

    def ask(right: str, then: Callable[[object], object], **_values: object) -> None:
        asked.append(right)
        given = store.run(vouch(who="S01", pin=people.pins["S01"], right=right), by=people.clerk).result
        then(given.for_reason("两台都在柜台上"))

    page.context.ask_supervisor = ask  # type: ignore[assignment]
    scanned(qtbot, page)
    assert any("In our hands already" in sentence for sentence in page.sheet.briefing.sentences)
    answered(page)
    page.save()
    qtbot.waitUntil(page.banner.action.isVisible)
    page.banner.action.click()
    qtbot.waitUntil(lambda: page.stack.currentIndex() == 1 and page.labels.state is not None)

    assert asked == ["override"] and page.labels.state.rows[0].quarantined
    states = store.ask(lambda session: sorted(row.work_state for row in session.scalars(select(RepairItem))))
    assert states == ["checked_in", "quarantined"]


def test_a_new_merchant_can_be_typed(qtbot, page: CheckInPage, store: Store) -> None:
    page.scan("LD8A00009999")
    qtbot.waitUntil(lambda: page.sheet.panels and page.sheet.panels[0].briefing is not None)
    panel, party = page.sheet.panels[0], page.sheet.party
    assert "model" in panel.missing() and panel.model.hasFocus()
    type_keys(panel.model, "apos a8")
    press_key(panel.model, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: panel.model_id == "landi-apos-a8")
    answered(page)
    party.merchant.setText("闽侯新店")

    order_id = saved(qtbot, page)

    assert store.ask(lambda session: order_after_check_in(session, order_id)).merchant == "闽侯新店"


def test_from_a_ticket_merchant_and_number_come_along(qtbot, page: CheckInPage) -> None:
    page.open(ticket_id="", merchant_id=NOODLES, serial_no=ONE)
    qtbot.waitUntil(lambda: page.sheet.party.merchant_card is not None)

    assert page.sheet.serial.text() == ONE and page.sheet.panels == []


@pytest.mark.parametrize("language", ["zh_CN", "en", "qps"])
def test_every_field_has_a_name_in_every_language(qtbot, page: CheckInPage, language: str) -> None:
    from PySide6.QtWidgets import QWidget

    scanned(qtbot, page)
    i18n.use(language)
    retranslate_tree(page)

    nameless = [
        widget
        for widget in page.findChildren(QWidget)
        if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not widget.accessibleName() and not getattr(widget, "text", str)()
    ]  # fmt: skip
    assert nameless == []
    i18n.use("en")


def test_a_field_for_serials_lets_our_own_numbers_go_on(qtbot) -> None:
    from deskapp.ui.widgets.fields import ScanField

    field = ScanField(serials_only=True)
    qtbot.addWidget(field)

    assert not field.wants("D001230000711") and not field.wants("PS1:D001230000711:R00123250314007D")
    assert field.wants("NL910S00000001") and ScanField().wants("D001230000711")


def test_turning_to_another_device_leaves_the_keys_at_a_question_and_not_at_what_takes_it_away(
    qtbot, page: CheckInPage
) -> None:
    scanned(qtbot, page, ONE)
    scanned(qtbot, page, TWO)
    first, second = page.sheet.panels
    qtbot.waitUntil(second.symptom.hasFocus)

    page.sheet._tab_flow.itemAt(0).widget().click()
    qtbot.waitUntil(first.symptom.hasFocus)
    press_key(first.symptom, Qt.Key.Key_Return)
    assert page.sheet.panels == [first, second]

    answered(page)
    page.sheet.show_device(1)
    page.sheet._tab_flow.itemAt(0).widget().click()
    qtbot.waitUntil(first.symptom.hasFocus)


def test_a_device_taken_off_the_check_in_comes_back_with_all_that_was_answered(
    qtbot, page: CheckInPage, context: PageContext
) -> None:
    told: list[dict[str, object]] = []
    context.toast = lambda text, **values: told.append({"text": text, **values})  # type: ignore[assignment]
    scanned(qtbot, page, ONE)
    scanned(qtbot, page, TWO)
    answered(page)
    page.sheet.panels[0].words.setText("进水")

    page.sheet.panels[0].removed.emit()
    assert [one.serial for one in page.sheet.panels] == [TWO]
    undo = told[-1]["undo"]
    assert told[-1]["serial"] == ONE and callable(undo)
    undo()

    assert [one.serial for one in page.sheet.panels] == [TWO, ONE] and page.sheet.current == 1
    back = page.sheet.panels[1]
    assert (back.symptom.value(), back.words.text(), back.tamper.value()) == ("no_power", "进水", "ok")
    undo()
    assert len(page.sheet.panels) == 2


def test_once_every_label_is_back_any_other_code_is_for_the_window_again(qtbot, page: CheckInPage, store: Store) -> None:
    scanned(qtbot, page)
    answered(page)
    order = saved(qtbot, page)
    with store.read() as session:
        row = session.get_one(RepairOrder, order)
        label = session.query(RepairItem).filter_by(order_id=order).one().label_no
    assert page.scan(row.number), "while a label is to be scanned, everything is told against it"
    qtbot.waitUntil(page.labels.banner.isVisible)
    page.scan(label)
    qtbot.waitUntil(lambda: page.labels.finished)

    assert not page.scan(row.slip_no)
    assert page.stack.currentIndex() == 0 and not page.sheet.panels
