"""Settings and backup pages: every declared setting has its place, what is changed counts, a backup is made."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget

from deskapp import settings
from deskapp.commands.setup import add_shelf
from deskapp.models import backup, opening, second_copy
from deskapp.models.store import Store
from deskapp.queries import registry
from deskapp.settings import Setting, Values
from deskapp.ui.page import PageContext
from deskapp.ui.pages.backup import BackupPage
from deskapp.ui.pages.settings import SECTIONS, DeclaredSection, PrintingSection, SettingsPage
from tests.conftest import KEY, START, People
from tests.keys import press_key, type_keys


class Kept:
    """Settings as a window would keep them."""

    def __init__(self) -> None:
        self.values = Values()

    def set(self, setting: Setting[object], value: object) -> None:
        self.values = self.values.having(setting, value)


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def admin(context: PageContext, kept: Kept, people: People) -> PageContext:
    context.values, context.set_value = lambda: kept.values, kept.set
    context.jobs.actor = people.admin
    return context


@pytest.fixture
def page(qtbot, admin: PageContext) -> SettingsPage:
    made = SettingsPage(admin)
    qtbot.addWidget(made)
    admin.jobs.changed.connect(made.changed)
    made.resize(1100, 900)
    made.show()
    made.open()
    return made


def test_every_declared_setting_can_be_changed_somewhere(qtbot, page: SettingsPage) -> None:
    found = {settings.SHORTCUTS.key, settings.BACKUP_FOLDER.key, settings.BACKUP_DAYS.key, settings.JOURNAL_FOLDER.key}
    found |= {settings.TEMPLATES.key, settings.TEMPLATE_OPTIONS.key, settings.LOGO.key}  # on a page of their own
    for name, _title, _icon in SECTIONS:
        if name in ("backup", "templates"):
            continue
        page.show_section(name)
        section = page.sections[name]
        if isinstance(section, DeclaredSection):
            found |= set(section.inputs)
        elif isinstance(section, PrintingSection):
            found |= set(section.printing.form.rows)

    assert {setting.key for setting in settings.ALL} == found


def test_a_changed_setting_counts_at_once_and_is_shown(qtbot, page: SettingsPage, kept: Kept) -> None:
    page.show_section("access")
    section = page.sections["access"]
    assert isinstance(section, DeclaredSection)
    field = section.inputs[settings.IDLE_LOCK.key]
    field.setText("5")

    press_key(field, Qt.Key.Key_Return)

    assert kept.values[settings.IDLE_LOCK] == 5


def test_a_number_out_of_bounds_is_brought_within(qtbot, page: SettingsPage, kept: Kept) -> None:
    page.show_section("scanner")
    field = page.sections["scanner"].inputs[settings.SCAN_GAP.key]
    field.setText("9999")

    press_key(field, Qt.Key.Key_Return)

    assert kept.values[settings.SCAN_GAP] == 120 and field.text() == "120"


def test_whoever_may_not_change_settings_sees_them_locked(qtbot, admin: PageContext) -> None:
    admin.may = lambda right: right != "settings"
    page = SettingsPage(admin)
    qtbot.addWidget(page)
    page.open(section="printing")

    assert not page.sections["printing"].isEnabled() and not page.locked.isHidden()
    page.show_section("window")
    assert page.sections["window"].isEnabled()


def test_the_choice_of_code_appears_with_small_labels_only(qtbot, page: SettingsPage, kept: Kept) -> None:
    page.show_section("printing")
    printing = page.sections["printing"].printing
    line = printing.form.rows[settings.SMALL_LABEL_CODE.key]
    assert line.isHidden()

    printing.bars[settings.LABEL_SIZE.key].chosen.emit("50x30")

    assert not line.isHidden() and kept.values[settings.LABEL_SIZE] == "50x30"


def test_a_test_label_lands_in_the_folder(qtbot, page: SettingsPage, store: Store) -> None:
    page.show_section("printing")
    printing = page.sections["printing"].printing

    printing.test.click()

    qtbot.waitUntil(lambda: "test label lies" in printing.banner.text.text(), timeout=20_000)
    assert list(store.home.papers.glob("*.pdf"))


def test_nudging_moves_by_half_a_millimetre_and_stops_at_five(qtbot, page: SettingsPage, kept: Kept) -> None:
    page.show_section("printing")
    printing = page.sections["printing"].printing

    for _press in range(12):
        printing._step(settings.LABEL_OFFSET_X, 5)

    assert kept.values[settings.LABEL_OFFSET_X] == 50


def test_a_shelf_is_added_from_the_keyboard(qtbot, page: SettingsPage, store: Store) -> None:
    page.show_section("shelves")
    section = page.sections["shelves"]

    type_keys(section.code, "b-03-2")
    press_key(section.code, Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: [shelf.code for shelf in section.table.rows()] == ["B-03-2"], timeout=20_000)


def test_the_branchs_details_are_saved_and_a_missing_name_is_told(qtbot, page: SettingsPage, store: Store) -> None:
    page.show_section("branch")
    section = page.sections["branch"]
    qtbot.waitUntil(lambda: section.inputs["name"].text() != "", timeout=20_000)

    section.inputs["name"].setText("")
    section.submit()
    qtbot.waitUntil(lambda: section.form.rows["name"].error.isVisibleTo(section), timeout=20_000)
    section.inputs["name"].setText("福州台江支局")
    section.submit()

    qtbot.waitUntil(
        lambda: store.ask(lambda session: registry.site(session, store.facts.site_id))["name"] == "福州台江支局"
    )


def test_a_shortcut_for_typing_is_refused_and_another_kept(qtbot, page: SettingsPage, kept: Kept) -> None:
    from PySide6.QtGui import QKeySequence

    page.show_section("shortcuts")
    section = page.sections["shortcuts"]
    section.table.select(0)
    section.key.setKeySequence(QKeySequence("a"))
    section.submit()
    assert section.form.rows["shortcut"].error.isVisibleTo(section) and kept.values[settings.SHORTCUTS] == {}

    section.key.setKeySequence(QKeySequence("Ctrl+Alt+T"))
    section.submit()

    assert list(kept.values[settings.SHORTCUTS].values()) == ["Ctrl+Alt+T"]


def test_every_input_of_the_settings_has_a_name(page: SettingsPage) -> None:
    nameless: list[QWidget] = []
    for name, _title, _icon in SECTIONS:
        if name not in ("backup", "templates"):
            page.show_section(name)
            nameless += [field for field in page.sections[name].findChildren(QLineEdit)
                         if not field.accessibleName() and field.parent().metaObject().className() != "QKeySequenceEdit"]
    assert nameless == []


# -- backup ------------------------------------------------------------------------------------


@pytest.fixture
def backups(qtbot, admin: PageContext) -> BackupPage:
    made = BackupPage(admin)
    qtbot.addWidget(made)
    made.resize(1100, 900)
    made.show()
    made.open()
    qtbot.waitUntil(lambda: made.state.text() != "", timeout=20_000)
    return made


def test_without_a_backup_the_page_says_so(backups: BackupPage) -> None:
    assert "No backup" in backups.state.text()


def test_a_backup_is_made_and_carried_to_the_second_place(
    qtbot, backups: BackupPage, kept: Kept, store: Store, tmp_path: Path
) -> None:
    usb = tmp_path / "usb"
    usb.mkdir()
    kept.set(settings.BACKUP_FOLDER, str(usb))

    backups.now_button.click()

    qtbot.waitUntil(lambda: len(backups.table.rows()) == 1, timeout=20_000)
    (copy,) = usb.glob("*.deskbackup")
    assert backup.check_backup(copy, KEY, tmp_path, START).store_id == "store-1"
    assert "Newest backup" in backups.state.text()


def test_a_disk_that_is_not_plugged_in_is_told_and_the_backup_here_is_kept(
    qtbot, backups: BackupPage, kept: Kept, store: Store, tmp_path: Path
) -> None:
    kept.set(settings.BACKUP_FOLDER, str(tmp_path / "gone"))

    backups.now_button.click()

    qtbot.waitUntil(lambda: "plugged in" in backups.banner.text.text(), timeout=20_000)
    assert backup.newest_backup(store.home) is not None


def test_the_second_place_of_the_journal_is_chosen_and_its_state_told(
    qtbot, backups: BackupPage, kept: Kept, store: Store, people: People, tmp_path: Path
) -> None:
    assert "beside the data only" in backups.journal_state.text()

    backups.journal.text.setText(str(tmp_path / "gone"))
    backups.journal.text.editingFinished.emit()
    backups.look()
    qtbot.waitUntil(lambda: "is not there" in backups.journal_state.text(), timeout=20_000)
    (tmp_path / "gone").mkdir()
    store.run(add_shelf(code="B-09-9"), by=people.admin)
    backups.look()

    qtbot.waitUntil(lambda: "same disk" in backups.journal_state.text(), timeout=20_000)
    assert kept.values[settings.JOURNAL_FOLDER] == str(tmp_path / "gone")
    assert second_copy.file_in(tmp_path / "gone", store.facts.store_id).exists()


def test_a_damaged_backup_is_found_by_checking_it_again(qtbot, backups: BackupPage, store: Store) -> None:
    file = backup.back_up_daily(store.home, KEY, START)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    backups.look()
    qtbot.waitUntil(lambda: len(backups.table.rows()) == 1, timeout=20_000)
    backups.table.select(0)

    backups.check_button.click()

    qtbot.waitUntil(lambda: "not a whole" in backups.banner.text.text() or "did not pass" in backups.banner.text.text(),
                    timeout=20_000)  # fmt: skip
    assert backups.table.model.cells(0)[4].text == "damaged"


def test_a_new_recovery_code_is_shown_once_and_opens_the_store(qtbot, backups: BackupPage, store: Store) -> None:
    backups.code.make.click()
    assert backups.code.code.isHidden()
    backups.code.ask.yes.click()
    qtbot.waitUntil(lambda: not backups.code.code.isHidden(), timeout=20_000)
    shown = backups.code.code.text()

    assert opening.key_from_code(store.home, shown) == KEY
    backups.code.done.click()
    assert backups.code.code.text() == "" and backups.code.code.isHidden()
