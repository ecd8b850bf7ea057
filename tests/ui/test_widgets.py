"""The pieces pages are made of."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from deskapp import i18n
from deskapp.errors import N_, Refused
from deskapp.rules import small_pictures
from deskapp.ui.kit import (
    Banner,
    Button,
    Card,
    Cell,
    Choice,
    ChoiceBar,
    Column,
    ConfirmBar,
    DataTable,
    DateField,
    EmptyState,
    Form,
    MoneyField,
    NumberField,
    PagedModel,
    PhoneField,
    PhotoStrip,
    PinField,
    ScanField,
    SignaturePad,
    Stepper,
    SuggestField,
    Suggestion,
    SupervisorPanel,
    Text,
    TextArea,
    TextField,
    Toasts,
)
from deskapp.ui.pages.settings_fields import PathField
from deskapp.ui.speech import retranslate_tree
from deskapp.ui.widgets.flow import FlowLayout
from deskapp.ui.widgets.money_date import read_day
from tests.keys import press_key, type_keys

TODAY = date(2026, 3, 12)


@pytest.fixture
def shown(qtbot):
    # Held until the end: a widget nobody holds may be collected while it paints itself.
    held: list[QWidget] = []

    def show(widget: QWidget) -> QWidget:
        qtbot.addWidget(widget)
        held.append(widget)
        widget.show()
        widget.setFocus()
        return widget

    yield show
    held.clear()


# ---- words


def test_what_a_person_typed_never_formats_the_window(shown):
    label = shown(Text())
    label.put("<b>Wang</b> & <img src=x>")

    assert label.text() == "<b>Wang</b> & <img src=x>"
    assert label.textFormat() == Qt.TextFormat.PlainText


def test_texts_are_said_again_in_the_other_language(shown):
    card = Card(N_("Devices"))
    label = Text(N_("Devices"))
    card.add(label)
    shown(card)
    label.say(N_("{count} papers wait for the printer"), count=3)
    i18n.use("qps")
    retranslate_tree(card)

    assert "3" in label.text() and label.text().endswith("~")
    assert card.title.text().startswith("Dévîçéß"[:2])


def test_enter_presses_the_focused_button(shown):
    pressed = []
    button = shown(Button("Save", clicked=lambda: pressed.append(1)))
    press_key(button, Qt.Key.Key_Return)

    assert pressed == [1]


def test_a_button_with_an_icon_only_still_has_a_name(shown):
    button = shown(Button(icon="x", name=N_("Dismiss")))

    assert button.accessibleName() == "Dismiss"
    assert button.toolTip() == "Dismiss"


# ---- fields


@pytest.mark.parametrize("make", [ScanField, NumberField, PhoneField, MoneyField, PinField])
def test_number_fields_keep_the_input_method_away(shown, make):
    assert shown(make()).inputMethodQuery(Qt.InputMethodQuery.ImEnabled) is False


def test_text_fields_leave_the_input_method_on(shown):
    assert shown(TextField()).inputMethodQuery(Qt.InputMethodQuery.ImEnabled) is True


def test_full_width_text_is_made_narrow_and_reported(qtbot, shown):
    field = shown(ScanField())
    event = QInputMethodEvent("", [])
    event.setCommitString("ＳＮ１２３")
    with qtbot.waitSignal(field.input_method_suspected):
        QApplication.sendEvent(field, event)

    assert field.text() == "SN123"


def test_a_typed_code_counts_as_scanned_with_enter(qtbot, shown):
    field = shown(ScanField())
    with qtbot.waitSignal(field.scanned) as told:
        type_keys(field, " sn-1 ")
        press_key(field, Qt.Key.Key_Return)

    assert told.args == ["sn-1"]


def test_a_number_field_takes_digits_only(shown):
    field = shown(NumberField(high=50))
    type_keys(field, "1a2-3")

    assert field.text() == "123"
    assert field.value() == 50
    assert NumberField().value() is None


@pytest.mark.parametrize(
    ("typed", "fen"),
    [("12", 1200), ("12.5", 1250), ("12.50", 1250), ("1,234.56", 123456), ("0.01", 1), ("", None), ("1.234", None),
     (".", None), ("12.3.4", None), ("１２．３", 1230)],
)  # fmt: skip
def test_amounts_are_read_to_the_fen(shown, typed, fen):
    field = shown(MoneyField())
    field.setText(typed)

    assert field.fen() == fen


def test_an_amount_keeps_letters_out_and_is_written_out_at_the_end(shown):
    field = shown(MoneyField())
    other = shown(QLineEdit())
    field.setFocus()
    type_keys(field, "12x.5")
    field.clearFocus()
    other.setFocus()

    assert field.fen() == 1250


@pytest.mark.parametrize(
    ("typed", "day"),
    [("2026-03-14", date(2026, 3, 14)), ("20260314", date(2026, 3, 14)), ("260314", date(2026, 3, 14)),
     ("0314", date(2026, 3, 14)), ("14", date(2026, 3, 14)), ("3/14", date(2026, 3, 14)),
     ("2026年3月14日", date(2026, 3, 14)),
     ("2026-02-30", None), ("", None), ("abc", None), ("1-2-3-4", None)],
)  # fmt: skip
def test_days_are_read_as_people_write_them(typed, day):
    assert read_day(typed, TODAY) == day


def test_arrows_and_t_move_a_day(shown):
    field = shown(DateField(TODAY))
    press_key(field, Qt.Key.Key_Up)
    assert field.day() == date(2026, 3, 13)
    press_key(field, Qt.Key.Key_PageDown)
    assert field.day() == date(2026, 3, 6)
    press_key(field, "t")
    assert field.day() == TODAY


def test_a_text_area_submits_and_gives_tab_away(qtbot, shown):
    area = shown(TextArea(limit=5))
    area.setText("1234567")
    assert area.text() == "12345"
    with qtbot.waitSignal(area.submitted):
        press_key(area, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert area.tabChangesFocus()


# ---- choices


SYMPTOMS = [
    Choice("power", "Will not power on", "NP"),
    Choice("paper", "Paper jam", "P"),
    Choice("print", "Faint", "PR"),
]


def test_nothing_is_chosen_at_first(shown):
    assert shown(ChoiceBar(SYMPTOMS)).value() is None


def test_a_number_key_chooses_by_place(qtbot, shown):
    bar = shown(ChoiceBar(SYMPTOMS))
    with qtbot.waitSignal(bar.chosen) as told:
        press_key(bar, "2")

    assert told.args == ["paper"] and bar.value() == "paper"


def test_a_short_code_chooses_as_soon_as_it_is_clear(shown):
    bar = shown(ChoiceBar(SYMPTOMS))
    press_key(bar, "p")
    assert bar.value() is None
    press_key(bar, "r")
    assert bar.value() == "print"
    type_keys(bar, "np")
    assert bar.value() == "power"


def test_choices_survive_a_change_of_what_is_offered(shown):
    bar = shown(ChoiceBar(SYMPTOMS))
    bar.set_value("paper")
    bar.set_choices(SYMPTOMS[1:])

    assert bar.value() == "paper"


def test_a_flow_wraps_where_it_is_narrow(shown):
    holder = QWidget()
    flow = FlowLayout(holder)
    for number in range(6):
        flow.addWidget(Button(f"Answer {number}"))
    shown(holder)

    assert flow.heightForWidth(200) > flow.heightForWidth(900)


# ---- forms


def test_a_refusal_goes_to_its_field_and_keeps_what_was_typed(shown):
    form = Form()
    serial, other = ScanField(), TextField()
    form.add("serial", N_("&Serial number"), serial, needed=True)
    form.add("other", N_("Other"), other)
    shown(form)
    serial.setText("??")

    assert form.refuse(Refused("This does not look like a serial number.", field="serial"))
    assert form.rows["serial"].error.text() == "This does not look like a serial number."
    assert serial.text() == "??" and serial.selectedText() == "??"
    press_key(serial, "A")
    assert form.rows["serial"].error.isHidden()


def test_a_refusal_without_a_field_is_said_elsewhere(shown):
    form, banner = Form(), Banner()
    shown(form)

    assert not form.refuse(Refused("No."), otherwise=lambda sentence: banner.put("danger", sentence))
    assert banner.text.text() == "No."


def test_a_label_leads_to_its_field_and_names_it(shown):
    form = Form()
    field = TextField()
    row = form.add("x", N_("&Serial number"), field)
    shown(form)

    assert row.label.buddy() is field
    assert field.accessibleName() == "Serial number"


def test_the_access_key_of_a_field_with_a_button_beside_it_leads_into_the_field(shown):
    form, place = Form(), PathField()
    row = form.add("file", N_("&File"), place)
    shown(form)

    assert row.label.buddy() is place.text, "Qt gives no focus to a holder that takes none itself"


# ---- notices


def test_a_toast_can_be_undone_once(qtbot, shown):
    window = shown(QWidget())
    window.resize(800, 600)
    toasts, undone = Toasts(window), []
    toasts.say("{number} opened", {"number": "R1"}, undo=lambda: undone.append(1))

    assert toasts.shown[0].text.text() == "R1 opened"
    assert toasts.undo_last() and undone == [1]
    assert not toasts.undo_last()
    assert toasts.shown == []


def test_three_toasts_are_shown_and_the_others_wait(shown):
    window = shown(QWidget())
    toasts = Toasts(window)
    for number in range(5):
        toasts.say("{n}", {"n": number})
    assert [toast.text.text() for toast in toasts.shown] == ["0", "1", "2"]
    toasts.shown[0].gone.emit()
    assert [toast.text.text() for toast in toasts.shown] == ["1", "2", "3"]


def test_a_question_in_place_acts_on_yes_only(shown):
    bar, done = ConfirmBar(), []
    shown(bar)
    bar.ask("Remove {what}?", "Remove", lambda: done.append(1), what="it")
    assert bar.question.text() == "Remove it?"
    press_key(bar, Qt.Key.Key_Escape)
    assert bar.isHidden() and done == []
    bar.ask("Remove it?", "Remove", lambda: done.append(1))
    bar.yes.click()
    assert done == [1]


def test_the_supervisor_panel_gives_what_was_typed_once_and_wipes_it(qtbot, shown):
    panel = SupervisorPanel()
    shown(panel)
    panel.ask("Hand out without a slip")
    type_keys(panel.who, "S01")
    press_key(panel.who, Qt.Key.Key_Return)
    type_keys(panel.pin, "903571")
    panel.allow.click()
    assert panel.reason.hasFocus() or not panel.isActiveWindow()
    type_keys(panel.reason, "slip lost")
    with qtbot.waitSignal(panel.given) as told:
        panel.allow.click()
    panel.done()

    assert told.args == ["S01", "903571", "slip lost"]
    assert panel.pin.text() == "" and panel.isHidden()


def test_a_pin_is_never_shown(shown):
    field = shown(PinField())
    type_keys(field, "12ab34")

    assert field.text() == "1234"
    assert field.echoMode() == QLineEdit.EchoMode.Password


# ---- tables


COLUMNS = [
    Column("number", N_("Number"), lambda row: row[0]),
    Column("state", N_("State"), lambda row: Cell(row[1], "warn", "clock", True)),
    Column("amount", N_("Amount"), lambda row: str(row[2]), right=True, sort=lambda row: row[2]),
]
ROWS = [("R2", "open", 30), ("R1", "done", 200), ("R3", "open", 4)]


def table_texts(table: DataTable) -> list[str]:
    model = table.model
    return [model.data(model.index(number, 0)) for number in range(model.rowCount())]


def test_a_table_sorts_by_what_a_column_is_ordered_by(shown):
    table = DataTable(COLUMNS, name="rows")
    shown(table)
    table.set_rows(ROWS)
    table.view.sortByColumn(2, Qt.SortOrder.AscendingOrder)
    assert table_texts(table) == ["R3", "R2", "R1"]

    table.set_rows([*ROWS, ("R0", "open", 1)])
    assert table_texts(table) == ["R0", "R3", "R2", "R1"]


def test_enter_opens_the_current_row_and_it_is_found_again(qtbot, shown):
    table = DataTable(COLUMNS)
    shown(table)
    table.set_rows(ROWS)
    table.select(1)
    with qtbot.waitSignal(table.opened) as told:
        press_key(table.view, Qt.Key.Key_Return)
    assert told.args == [ROWS[1]]

    table.set_rows(list(reversed(ROWS)), keep=lambda row: row[0])
    assert table.current() == ROWS[1]


def test_an_empty_table_says_what_to_do(shown):
    empty = EmptyState("inbox", N_("Nothing is open. Scan a device to begin."))
    table = DataTable(COLUMNS, empty=empty)
    shown(table)
    assert empty.isVisible() and not table.view.isVisible()
    table.set_rows(ROWS)
    assert table.view.isVisible() and not empty.isVisible()


def test_rows_are_copied_with_tabs(shown):
    table = DataTable(COLUMNS, many=True)
    shown(table)
    table.set_rows(ROWS)
    table.view.selectAll()
    table.copy()

    assert QApplication.clipboard().text().splitlines()[0] == "R2\topen\t30"


def test_a_row_is_drawn_differently_when_it_is_chosen(shown):
    table = DataTable(COLUMNS)
    table.resize(500, 200)
    shown(table)
    table.set_rows(ROWS)
    before = table.view.viewport().grab().toImage()
    table.select(0)

    assert table.view.viewport().grab().toImage() != before


class Numbers:
    """A thousand rows, made as they are asked for."""

    def first(self, session, order, limit):
        return self.rows(session, self.ids(session, order)[:limit])

    def ids(self, session, order):
        ids = list(range(1000))
        return ids[::-1] if order.startswith("-") else ids

    def rows(self, session, ids):
        return [(f"N{number}", "open", number) for number in ids]


def test_a_long_table_fetches_pages_as_they_come_into_view(qtbot, jobs, shown):
    model = PagedModel(COLUMNS, jobs, Numbers())
    table = DataTable([], model=model)
    shown(table)
    model.reload()
    qtbot.waitUntil(lambda: model.rowCount() == 1000)
    assert model.row(3) == ("N3", "open", 3)

    assert model.cells(900)[0].text == "…"
    qtbot.waitUntil(lambda: model.row(900) == ("N900", "open", 900))


def test_a_long_table_is_sorted_where_its_rows_come_from(qtbot, jobs, shown):
    model = PagedModel(COLUMNS, jobs, Numbers())
    table = DataTable([], model=model)
    shown(table)
    model.reload()
    qtbot.waitUntil(lambda: model.rowCount() == 1000)
    table.view.sortByColumn(0, Qt.SortOrder.DescendingOrder)

    qtbot.waitUntil(lambda: model.row(0) == ("N999", "open", 999))


# ---- search


def names(session, text):
    return [Suggestion(name, data=name) for name in ("Wang", "Wang Li", "Zhang") if text.lower() in name.lower()]


def test_typing_searches_and_enter_takes_the_first(qtbot, jobs, shown):
    field = shown(SuggestField(jobs, names))
    type_keys(field, "wang")
    qtbot.waitUntil(lambda: field.popup.isVisible())
    with qtbot.waitSignal(field.taken) as told:
        press_key(field, Qt.Key.Key_Down)
        press_key(field, Qt.Key.Key_Return)

    assert told.args[0].data == "Wang Li"
    assert field.text() == "Wang Li" and field.popup.isHidden()


def test_enter_that_is_quicker_than_the_answer_still_counts(qtbot, jobs, shown):
    field = shown(SuggestField(jobs, names))
    with qtbot.waitSignal(field.taken) as told:
        type_keys(field, "zh")
        press_key(field, Qt.Key.Key_Return)

    assert told.args[0].data == "Zhang"


def test_going_on_typing_lets_go_of_what_was_taken(qtbot, jobs, shown):
    field = shown(SuggestField(jobs, names))
    field.take(Suggestion("Wang", data="Wang"))
    with qtbot.waitSignal(field.cleared):
        type_keys(field, "x")

    assert field.chosen is None


def test_escape_closes_the_list_and_keeps_the_text(qtbot, jobs, shown):
    field = shown(SuggestField(jobs, names))
    type_keys(field, "wang")
    qtbot.waitUntil(lambda: field.popup.isVisible())
    press_key(field, Qt.Key.Key_Escape)

    assert field.popup.isHidden() and field.text() == "wang"


# ---- signature, photos, steps


def test_a_signature_is_strokes_not_a_dot(shown):
    pad = SignaturePad()
    shown(pad)
    pad.pad.strokes = [[QPointF(10, 10), QPointF(12, 11)]]
    assert pad.signature() is None
    pad.pad.strokes = [[QPointF(10, 10), QPointF(200, 80)], [QPointF(30, 30), QPointF(90, 99)]]
    signed = pad.signature()

    assert signed is not None and signed.strokes == 2
    assert signed.path == "M10 10L200 80M30 30L90 99"
    assert Image.open(io.BytesIO(pad.png())).size == (600, 200)


def test_a_signature_is_drawn_with_the_mouse(qtbot, shown):
    pad = SignaturePad()
    pad.resize(600, 260)
    shown(pad)
    corner = pad.pad.rect().topLeft()
    QTest.mousePress(pad.pad, Qt.MouseButton.LeftButton, pos=corner + pad.pad.rect().center() / 2)
    QTest.mouseMove(pad.pad, pad.pad.rect().center())
    with qtbot.waitSignal(pad.signed):
        QTest.mouseRelease(pad.pad, Qt.MouseButton.LeftButton, pos=pad.pad.rect().center())

    assert pad.signature() is not None
    pad.clear()
    assert pad.signature() is None


def test_signing_on_paper_is_an_answer(qtbot, shown):
    pad = SignaturePad()
    shown(pad)
    with qtbot.waitSignal(pad.signed):
        pad.on_paper.click()

    assert pad.paper() and pad.signature() is None


def photo_file(folder: Path, name: str, size: tuple[int, int], **saving) -> Path:
    path = folder / name
    Image.effect_noise(size, 90).convert("RGB").save(path, **saving)
    return path


def test_a_large_photo_is_made_small_off_the_window(qtbot, jobs, shown, tmp_path):
    path = photo_file(tmp_path, "big.png", (2600, 2000))
    assert path.stat().st_size > 10_000_000
    strip = PhotoStrip(jobs)
    shown(strip)
    with qtbot.waitSignal(strip.changed, timeout=20_000):
        strip.add_file(path)
    photo = strip.photos[0]

    assert max(photo.width, photo.height) == 1600
    assert len(photo.jpeg) < 3_000_000 and len(photo.sha256) == 64


def test_a_photo_loses_its_metadata_and_stands_upright(qtbot, jobs, shown, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x8825] = {1: "N", 2: (26.0, 5.0, 0.0)}
    path = photo_file(tmp_path, "turned.jpg", (400, 300), exif=exif, comment=b"Zhao's camera")
    strip = PhotoStrip(jobs)
    shown(strip)
    with qtbot.waitSignal(strip.changed):
        strip.add_file(path)
    photo = strip.photos[0]

    assert (photo.width, photo.height) == (300, 400)
    assert not Image.open(io.BytesIO(photo.jpeg)).getexif()
    assert b"Zhao" in path.read_bytes() and b"Zhao" not in photo.jpeg
    small = small_pictures.read(photo.thumbnail)
    assert small is not None and Image.open(io.BytesIO(small)).size in ((120, 160), (108, 144)), "upright too"


def test_what_is_no_photo_is_refused_in_a_sentence(qtbot, jobs, shown, tmp_path):
    path = tmp_path / "virus.jpg"
    path.write_bytes(b"MZ this is no photo")
    strip = PhotoStrip(jobs)
    shown(strip)
    with qtbot.waitSignal(strip.refused) as told:
        strip.add_file(path)

    assert told.args == ["The file virus.jpg is not a photo that can be read."]
    assert strip.photos == [] and not strip.busy()


def test_the_same_photo_is_kept_once(qtbot, jobs, shown, tmp_path):
    path = photo_file(tmp_path, "one.jpg", (200, 100))
    strip = PhotoStrip(jobs)
    shown(strip)
    strip.add_file(path)
    strip.add_file(path)
    qtbot.waitUntil(lambda: not strip.busy())

    assert len(strip.photos) == 1


def test_files_on_the_clipboard_are_pasted(qtbot, jobs, shown, tmp_path):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(photo_file(tmp_path, "p.png", (50, 50))))])
    QApplication.clipboard().setMimeData(mime)
    strip = PhotoStrip(jobs)
    shown(strip)
    with qtbot.waitSignal(strip.changed):
        strip.paste()
    QApplication.clipboard().clear()  # or the end of the process deletes `mime` twice

    assert strip.photos[0].name == "p.png"


def test_new_files_of_the_watched_folder_come_by_themselves(qtbot, jobs, shown, tmp_path):
    photo_file(tmp_path, "old.jpg", (50, 50))
    strip = PhotoStrip(jobs, watched_folder=str(tmp_path))
    shown(strip)
    with qtbot.waitSignal(strip.changed, timeout=10_000):
        photo_file(tmp_path, "new.jpg", (60, 50))

    assert [photo.name for photo in strip.photos] == ["new.jpg"]


def test_a_stepper_says_where_one_is_and_goes_back_only(qtbot, shown):
    steps = Stepper([N_("Merchant"), N_("Devices"), N_("Signature")])
    steps.resize(600, 40)
    shown(steps)
    steps.go(1)
    assert steps.accessibleName() == "Step 2 of 3: Devices"
    with qtbot.assertNotEmitted(steps.wanted):
        QTest.mouseClick(steps, Qt.MouseButton.LeftButton, pos=steps.rect().center() + steps.rect().topRight() / 3)
    with qtbot.waitSignal(steps.wanted) as told:
        QTest.mouseClick(steps, Qt.MouseButton.LeftButton, pos=steps.rect().topLeft() + steps.rect().center() / 4)
    assert told.args == [0]


# ---- nothing opens by itself


def test_building_pieces_opens_no_window(qtbot, jobs):
    before = set(QApplication.topLevelWidgets())
    built = [
        Banner("warn", "Careful"),
        Card("Title", hint="Hint", icon="home"),
        EmptyState("inbox", "Nothing", action="Begin"),
        SignaturePad(),
        PhotoStrip(jobs),
        Form(),
    ]
    built[0].put("danger", "No.")
    built[-1].add("x", "Label", TextField(), hint="Hint")
    ask = ConfirmBar()
    ask.ask("Sure?", "Yes", lambda: None)

    assert [widget for widget in set(QApplication.topLevelWidgets()) - before if widget.isVisible()] == []


def test_what_was_shown_before_it_had_a_parent_appears_with_it(shown):
    card, banner = Card("Title"), Banner()
    banner.put("danger", "No.")
    card.add(banner)
    shown(card)

    assert banner.isVisible()
