"""From ./run to a desk at work: what is loaded when, the first start by keys, a second start, damage."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from deskapp import cipher, i18n, secrets
from deskapp.commands.people import add_staff
from deskapp.models import backup, opening
from deskapp.models.glance import glance
from deskapp.models.store import Store
from deskapp.paths import Home
from deskapp.queries.transfers import sites
from deskapp.ui import theme
from deskapp.ui.first_start import Gate
from deskapp.ui.pages.first_start import Welcome, Wizard
from deskapp.ui.pages.recovery import PassphrasePanel, RecoveryPanel
from tests.conftest import KEY, PINS, START, FixedClock, People
from tests.keys import press_key, type_keys

ROOT = Path(__file__).resolve().parent.parent
PASSPHRASE = "correct horse battery"

FIRST_PAINT = """
import json, sys
from pathlib import Path
from deskapp import app, cli
from deskapp.paths import Home
from deskapp.ui import application

class Seen(application.FirstPaint):
    def __init__(self, window, then):
        def told():
            names = {name.partition(".")[0] for name in sys.modules}
            counts = window.lock_screen.counts.text()
            print(json.dumps({"modules": sorted(names), "counts": counts, "branch": window.lock_screen.branch.text()}))
            window.close()
        super().__init__(window, told)

application.FirstPaint = Seen
words = cli.parse(["--home", sys.argv[1]])
sys.exit(app.open_desk(Home(Path(words.home)), find_key=lambda: bytes(range(32))))
"""

HEAVY = {
    "sqlalchemy", "reportlab", "requests", "urllib3", "keyring", "openpyxl", "phonenumbers", "stdnum", "PIL",
    "pypdfium2", "chinese_calendar", "argon2", "segno", "secretstorage", "jeepney", "cryptography",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _english(qapp: QApplication) -> Iterator[None]:
    theme.apply(qapp, "light", 100)
    yield
    i18n.use("zh_CN")
    theme.apply(qapp, "light", 100)


def enter(widget: QWidget, text: str = "") -> None:
    """Type into whatever has the focus, then press Enter."""
    if text:
        type_keys(widget, text)
    press_key(widget, Qt.Key.Key_Return)


def focused(gate: Gate) -> QWidget:
    found = gate.focusWidget()
    assert found is not None
    return found


# -- what is loaded when ------------------------------------------------------------


def test_nothing_heavy_is_loaded_before_the_first_paint(home: Home) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FIRST_PAINT, str(home.root)], cwd=ROOT, check=True, capture_output=True,
        encoding="utf-8", timeout=60, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip

    seen = json.loads(done.stdout.splitlines()[0])
    assert seen["branch"] == "福州鼓楼邮政支局" and "0" in seen["counts"]
    assert HEAVY & set(seen["modules"]) == set()


def test_the_desk_is_furnished_behind_the_lock_screen_and_a_pin_opens_it(qtbot, home: Home, desk) -> None:
    one = desk(home, KEY)
    window = one.window
    assert window is not None
    qtbot.waitUntil(lambda: one.store is not None, timeout=20_000)

    window.lock_screen.attempted.emit("S01", PINS["S01"])

    qtbot.waitUntil(lambda: window.actor is not None and window.shell.page_id() == "today", timeout=10_000)
    assert one.listener is not None and home.socket.exists()


def test_who_types_the_pin_before_the_store_is_open_waits_for_it(qtbot, home: Home, desk) -> None:
    one = desk(home, KEY)
    assert one.window is not None and one.store is None

    one.window.lock_screen.attempted.emit("C01", PINS["C01"])

    qtbot.waitUntil(lambda: one.window.actor is not None, timeout=20_000)


def test_the_window_thread_never_touches_the_database(qtbot, home: Home, desk) -> None:
    one = desk(home, KEY)
    qtbot.waitUntil(lambda: one.store is not None, timeout=20_000)

    with pytest.raises(RuntimeError, match="window's thread"):
        one.store.ask(lambda session: None)


def test_after_the_first_sign_in_the_days_backup_is_made(qtbot, home: Home, desk) -> None:
    one = desk(home, KEY)
    qtbot.waitUntil(lambda: one.store is not None, timeout=20_000)

    one.window.lock_screen.attempted.emit("C01", PINS["C01"])

    qtbot.waitUntil(lambda: backup.newest_backup(home) is not None, timeout=20_000)
    path, _made = backup.newest_backup(home) or (Path(), 0)
    assert backup.check_backup(path, KEY, home.root, START).store_id == "store-1"


def test_closing_leaves_no_thread_and_lets_the_next_program_in(qtbot, home: Home, desk) -> None:
    before = set(threading.enumerate())
    one = desk(home, KEY)
    qtbot.waitUntil(lambda: one.store is not None, timeout=20_000)

    one.window.close()
    one.end()

    left = [thread for thread in set(threading.enumerate()) - before if thread.is_alive() and not thread.daemon]
    assert left == [] and not home.socket.exists()
    Store(home, KEY).close()


# -- one window ----------------------------------------------------------------------


def test_a_second_start_brings_the_first_window_to_the_front_and_ends(qtbot, home: Home, desk) -> None:
    one = desk(home, KEY)
    qtbot.waitUntil(lambda: one.store is not None, timeout=20_000)
    one.window.showMinimized()

    second = subprocess.Popen([sys.executable, "-m", "deskapp", "--home", str(home.root)], cwd=ROOT)
    qtbot.waitUntil(lambda: second.poll() is not None, timeout=30_000)

    assert second.returncode == 0
    qtbot.waitUntil(lambda: not one.window.isMinimized())


def test_a_window_that_finds_the_store_taken_says_so(qtbot, home: Home, desk) -> None:
    with Store(home, KEY):
        one = desk(home, KEY)
        qtbot.waitUntil(lambda: one.gate is not None, timeout=20_000)

        panel = one.gate.panels.currentWidget()
        i18n.use("en")
        assert isinstance(panel, RecoveryPanel) and "already open" in panel.banner.text.text()
        assert panel.ways == [] and panel.retry.isVisibleTo(panel)


# -- the first start --------------------------------------------------------------------


def test_a_branch_is_set_up_with_keys_only(qtbot, tmp_path: Path, desk) -> None:
    home = Home(tmp_path / "home")
    one = desk(home)
    gate = one.gate
    qtbot.waitUntil(gate.isVisible, timeout=20_000)
    assert isinstance(gate.panels.currentWidget(), Welcome)

    enter(gate.panels.currentWidget().set_up)
    wizard = gate.panels.currentWidget()
    assert isinstance(wizard, Wizard)
    qtbot.waitUntil(lambda: wizard.key.needs_passphrase, timeout=20_000)
    for text in ("福州鼓楼邮政支局", "35010001", *[""] * 7):
        if text and not text.isascii():
            focused(gate).setText(text)  # an input method commits it; keys cannot
            text = ""
        enter(focused(gate), text)
    assert focused(gate) is wizard.branch.kind, "what is done here, and by how many, is not passed over"
    enter(focused(gate))
    enter(focused(gate))
    for text in ("", "1001", "739518", "739518"):
        field = focused(gate)
        if not text:
            field.setText("李秀英")
        enter(field, text)
    press_key(focused(gate), Qt.Key.Key_Space)  # the roles come next: Space ticks, Enter goes on
    enter(focused(gate))
    for place in wizard.key.asked:
        enter(focused(gate), wizard.key.groups[place].lower())
    for _time in range(2):
        enter(focused(gate), PASSPHRASE)
    assert wizard.stack.currentWidget() is wizard.printers
    enter(wizard.next_button)

    qtbot.waitUntil(lambda: one.window is not None, timeout=30_000)
    assert one.window.lock_screen.branch.text() == "福州鼓楼邮政支局"
    key = opening.find_key(home, PASSPHRASE)
    assert opening.key_from_code(home, wizard.fresh.recovery_code) == key
    qtbot.waitUntil(lambda: one.store is not None, timeout=20_000)
    assert one.window.lock_screen.who.text() == "1001", "nobody else works here yet"
    one.window.lock_screen.attempted.emit("1001", "739518")
    qtbot.waitUntil(lambda: one.window.actor is not None, timeout=10_000)
    assert {"administrator", "site_supervisor"} <= set(one.window.actor.roles)


def test_the_wizard_keeps_people_at_the_step_that_is_not_right(qtbot, tmp_path: Path, desk) -> None:
    one = desk(Home(tmp_path / "home"))
    one.gate.set_up()
    wizard = one.gate.panels.currentWidget()

    wizard.next()
    assert wizard.stack.currentWidget() is wizard.branch and wizard.branch.form.rows["name"].error.isVisibleTo(wizard)
    wizard.branch.name.setText("福州鼓楼邮政支局")
    wizard.next()
    assert wizard.branch.form.rows["code"].error.isVisibleTo(wizard) and focused(one.gate) is wizard.branch.code
    wizard.branch.code.setText("35010001")
    wizard.next()
    for field, text in ((wizard.person.name, "李秀英"), (wizard.person.staff_no, "1001"), (wizard.person.pin, "1234")):
        field.setText(text)
    wizard.next()
    assert "too easy" in wizard.person.form.rows["pin"].error.text()
    wizard.person.pin.setText("739518")
    wizard.person.again.setText("739519")
    wizard.next()
    assert "differ" in wizard.person.form.rows["again"].error.text()
    wizard.person.again.setText("739518")
    wizard.next()
    wizard.next()
    assert wizard.stack.currentWidget() is wizard.key and not opening.exists(Home(tmp_path / "home"))


@pytest.mark.parametrize("scale", [100, 150])
@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_the_wizard_is_as_high_as_its_step_and_shows_every_label_size_in_one_line(
    qtbot, qapp: QApplication, tmp_path: Path, language: str, scale: int
) -> None:
    theme.apply(qapp, "light", scale)
    i18n.use(language)
    gate = Gate(Home(tmp_path / "home"), lambda: False)
    qtbot.addWidget(gate)
    gate.resize(1080, 760)
    gate.show()
    gate.set_up()
    wizard = gate.panels.currentWidget()
    assert isinstance(wizard, Wizard)

    wizard.go(1)
    button = wizard.next_button
    qtbot.waitUntil(lambda: button.mapTo(gate, button.rect().bottomLeft()).y() < gate.height())
    wizard.go(3)
    sizes = wizard.printers.printing.bars["print.label_size"]
    first = sizes.buttons[0]
    qtbot.waitUntil(lambda: first.isVisible() and max(one.y() for one in sizes.buttons) < first.y() + first.height())
    assert len(sizes.buttons) == 4
    gate.close()


def test_the_sheet_for_the_safe_is_a_pdf_with_the_code(qtbot, tmp_path: Path, desk) -> None:
    from deskapp.print.raster import text

    one = desk(Home(tmp_path / "home"))
    one.gate.set_up()
    wizard = one.gate.panels.currentWidget()

    wizard.save_code(str(tmp_path / "sheet.pdf"))

    qtbot.waitUntil(lambda: not wizard.key.note.isHidden(), timeout=20_000)
    found = text((tmp_path / "sheet.pdf").read_bytes())
    assert all(group in found for group in wizard.key.groups)


def test_the_sample_branch_opens_marked_as_practice_and_apart_from_real_data(qtbot, tmp_path: Path, desk) -> None:
    home = Home(tmp_path / "home")
    one = desk(home)

    one.gate.panels.currentWidget().sample.click()

    qtbot.waitUntil(lambda: one.window is not None, timeout=60_000)
    assert one.window.practice and one.home.root == tmp_path / "home-practice"
    assert one.window.lock_screen.practice.isVisibleTo(one.window)
    assert not opening.exists(home)
    qtbot.waitUntil(lambda: one.store is not None, timeout=20_000)
    assert any("4071" in tile.text() for tile in one.window.lock_screen.tiles)
    found: list[list] = []
    one.jobs.ask(sites, owner=one.window, then=found.append)
    qtbot.waitUntil(lambda: bool(found), timeout=20_000)
    assert [place.name for place in found[0]] == ["示例维修中心"], "a bag can be sent for practice"


def test_sample_records_are_refused_in_a_real_branch(store: Store, people: People) -> None:
    from deskapp.commands.sample import fill_sample_branch
    from deskapp.errors import Refused

    with pytest.raises(Refused):
        store.run(fill_sample_branch(), by=people.admin)


def test_a_first_start_that_broke_off_begins_again(qtbot, tmp_path: Path, desk, monkeypatch) -> None:
    home = Home(tmp_path / "home")
    opening.make(home, opening.Fresh(), now=START, passphrase=PASSPHRASE, keyring=None)
    monkeypatch.setenv("DESKAPP_PASSPHRASE", PASSPHRASE)

    one = desk(home, opening.find_key(home, PASSPHRASE))

    assert isinstance(one.gate.panels.currentWidget(), Welcome)


# -- locked, damaged, forgotten -------------------------------------------------------------


def test_a_passphrase_is_asked_for_and_a_wrong_one_told(qtbot, home: Home, desk) -> None:
    secrets.lock_away(home.vault, KEY, PASSPHRASE)
    one = desk(home)
    panel = one.gate.panels.currentWidget()
    assert isinstance(panel, PassphrasePanel)

    enter(panel.field, "wrong passphrase")
    qtbot.waitUntil(lambda: panel.form.rows["passphrase"].error.isVisibleTo(panel), timeout=20_000)
    panel.field.clear()
    enter(panel.field, PASSPHRASE)

    qtbot.waitUntil(lambda: one.window is not None, timeout=20_000)


def test_a_damaged_store_is_rebuilt_with_a_report(qtbot, home: Home, people: People, desk) -> None:
    backup.back_up_daily(home, KEY, START)
    with Store(home, KEY, clock=FixedClock()) as store:
        store.run(add_staff(staff_no="C09", name="钱多多", roles=["counter_clerk"], pin="482915"), by=people.admin)
    content = bytearray(home.database.read_bytes())
    for place in range(4096 * 3, len(content), 4096 * 7):
        content[place + 100] ^= 1
    home.database.write_bytes(content)
    one = desk(home, KEY)
    qtbot.waitUntil(lambda: one.gate is not None, timeout=30_000)
    panel = one.gate.panels.currentWidget()
    assert isinstance(panel, RecoveryPanel) and panel.code in ("damaged", "not_ours")

    panel.heal.click()
    qtbot.waitUntil(lambda: panel.mended is not None or panel.banner.isVisibleTo(panel), timeout=30_000)
    assert panel.mended is not None, panel.banner.text.text()
    i18n.use("en")
    assert "1 later act" in panel.report.text.text()
    panel.enter.click()

    qtbot.waitUntil(lambda: one.window is not None and one.store is not None, timeout=30_000)
    with closing(cipher.connect(home.database, KEY)) as raw:
        assert raw.execute("SELECT count(*) FROM staff WHERE staff_no = 'C09'").fetchone() == (1,)
    shown = {number for number, _name in glance(home, KEY, START).people}
    assert "C01" in shown and "C09" not in shown, "a PIN is in no journal: who has none here gets one first"
    assert list(home.quarantine.iterdir())


def test_a_newer_store_gets_a_sentence_and_nothing_to_press_but_try_again(qtbot, home: Home, desk) -> None:
    from deskapp import cipher

    connection = cipher.connect(home.database, KEY, writer=True)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    one = desk(home, KEY)

    qtbot.waitUntil(lambda: one.gate is not None, timeout=30_000)

    panel = one.gate.panels.currentWidget()
    i18n.use("en")
    assert "newer" in panel.banner.text.text() and panel.ways == []


def test_the_last_administrator_comes_in_by_the_recovery_code(qtbot, home: Home, desk) -> None:
    code = opening.new_recovery_code(home, KEY)
    one = desk(home, KEY)
    qtbot.waitUntil(lambda: one.store is not None, timeout=20_000)

    one.window.lock_screen.recovery.click()
    panel = one.gate.panels.currentWidget()
    assert isinstance(panel, RecoveryPanel)
    panel.admin_code.setText("A" * 25)
    panel.admin_no.setText("A01")
    panel.admin_pin.setText("604182")
    panel.admin.click()
    qtbot.waitUntil(lambda: panel.admin_form.rows["recovery_code"].error.isVisibleTo(panel), timeout=20_000)
    panel.admin_code.setText(code)
    for field in (panel.admin_code, panel.admin_no, panel.admin_pin):  # Enter goes on, and from the last one sets it
        field.setFocus()
        press_key(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: panel.mended is not None, timeout=20_000)
    panel.enter.click()

    qtbot.waitUntil(lambda: one.window is not None and one.store is not None, timeout=20_000)
    one.window.lock_screen.attempted.emit("A01", "604182")
    qtbot.waitUntil(lambda: one.window.actor is not None, timeout=10_000)


def test_a_lost_key_is_brought_back_by_the_code(qtbot, home: Home, desk) -> None:
    code = opening.new_recovery_code(home, KEY)
    one = desk(home)  # no keyring in tests, no vault in this home: nothing has the key
    panel = one.gate.panels.currentWidget()
    assert isinstance(panel, RecoveryPanel) and panel.code == "no_key"

    panel.unlock_code.setText(code)
    panel.unlock_passphrase.setText(PASSPHRASE)
    panel.unlock.click()
    qtbot.waitUntil(lambda: panel.mended is not None, timeout=20_000)

    assert opening.find_key(home, PASSPHRASE) == KEY


def test_a_backup_comes_back_on_a_new_computer_from_the_welcome_page(qtbot, home: Home, tmp_path: Path, desk) -> None:
    code = opening.new_recovery_code(home, KEY)
    file = tmp_path / "a.deskbackup"
    backup.back_up(home, KEY, file, START)
    new = Home(tmp_path / "new" / "home")
    one = desk(new)
    one.gate.panels.currentWidget().restore.click()
    panel = one.gate.panels.currentWidget()
    qtbot.waitUntil(lambda: panel.passphrase_row.isVisibleTo(panel), timeout=10_000)

    panel.file.set_value(str(file))
    panel.restore_code.setText(code)
    panel.new_passphrase.setText(PASSPHRASE)
    press_key(panel.restore_code, Qt.Key.Key_Return)
    assert panel.mended is None and panel.restore.isEnabled()
    press_key(panel.new_passphrase, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: panel.mended is not None, timeout=30_000)
    assert "station number" in panel.report.text.text()
    panel.enter.click()

    qtbot.waitUntil(lambda: one.window is not None, timeout=20_000)
    assert one.window.lock_screen.branch.text() == "福州鼓楼邮政支局"


def test_every_input_at_the_gate_has_a_name(qtbot, tmp_path: Path, desk) -> None:
    one = desk(Home(tmp_path / "home"))
    nameless = []
    for show in (one.gate.first_start, one.gate.set_up, one.gate.recovery, one.gate.passphrase):
        show()
        panel = one.gate.panels.currentWidget()
        nameless += [field for field in panel.findChildren(QLineEdit) if not field.accessibleName()]

    assert nameless == []


def test_a_file_that_is_no_backup_is_told_at_its_field_and_the_next_try_works(
    qtbot, home: Home, tmp_path: Path, desk
) -> None:
    code = opening.new_recovery_code(home, KEY)
    one = desk(home)
    panel = one.gate.panels.currentWidget()
    assert isinstance(panel, RecoveryPanel)
    (tmp_path / "torn.deskbackup").write_bytes(b"PK torn")
    panel.restore_code.setText(code)
    panel.new_passphrase.setText(PASSPHRASE)
    error = panel.restore_form.rows["file"].error
    i18n.use("en")
    for name, words in (("nowhere.deskbackup", "no backup at"), ("torn.deskbackup", "not a whole")):
        panel.file.set_value(str(tmp_path / name))
        panel.restore.click()
        qtbot.waitUntil(lambda words=words: error.isVisibleTo(panel) and words in error.text(), timeout=10_000)
        assert panel.restore.isEnabled() and panel.report.isHidden()
