"""A first start that broke off, by a power cut or a closed window: it goes on, or begins anew; it is no dead end."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from deskapp import secrets
from deskapp.app import Desk
from deskapp.clock import system_clock
from deskapp.errors import Unavailable
from deskapp.models import opening
from deskapp.models.store import Store
from deskapp.paths import Home
from deskapp.server.service import Options, Server
from deskapp.sync.invitation import Wish
from deskapp.sync.transport import Address, Answer, Network
from deskapp.ui import first_start_work
from deskapp.ui.first_start_join import Beginning
from deskapp.ui.first_start_work import Answers
from deskapp.ui.pages.first_start import Welcome
from deskapp.ui.pages.first_start_join import JoinWizard
from deskapp.ui.pages.recovery import PassphrasePanel
from tests.keys import press_key, type_keys
from tests.server.live import command, running
from tests.server.station import new_code, open_site
from tests.sync.direct import Direct

PASSPHRASE = "tong-guan-88"
SITE = {
    "code": "35010001", "name": "福州鼓楼邮政支局", "short_name": "鼓楼", "depot_code": "", "region": "福建",
    "address": "福州市鼓楼区东街1号", "phone": "0591-87654321", "hotline": "95580", "complaint_phone": "12305",
    "hours": "周一至周六 8:30-17:30",
}  # fmt: skip


class Silent:
    """A server that does not answer."""

    meanwhile = None

    def __init__(self, _address: Address) -> None:
        pass

    def send(self, *_request: object, **_how: object) -> Answer:
        raise Unavailable("silent", code="offline")

    def close(self) -> None:
        pass


def unlock(qtbot, one: Desk) -> None:
    """Give the passphrase, as at every start of a computer without a key store."""
    qtbot.waitUntil(one.gate.isVisible, timeout=20_000)
    panel = one.gate.panels.currentWidget()
    assert isinstance(panel, PassphrasePanel)
    type_keys(panel.field, PASSPHRASE)
    press_key(panel.field, Qt.Key.Key_Return)


def test_a_first_start_that_was_killed_after_the_server_answered_goes_on_without_a_second_code(
    qtbot, tmp_path: Path, desk
) -> None:
    data = tmp_path / "server"
    data.mkdir()
    command(data, "site", "add", "FZ-E1", "福州马尾邮政支局")
    command(data, "staff", "add", "5001", "林晓", "--role", "administrator")
    told = command(data, "station", "enrol", "FZ-E1")
    fresh = opening.Fresh()
    home = Home(tmp_path / "home")
    with running(data) as process:
        url = f"http://{process.host}:{process.port}"
        begun = Beginning(home, fresh, make_line=Network)
        begun.connect(Answers(passphrase=PASSPHRASE), Wish(url, told.split("\n")[2].strip()))
        assert begun.store is not None
        number = begun.store.facts.station_no
        begun.close()  # here the power went

        one = desk(home)
        unlock(qtbot, one)
        qtbot.waitUntil(lambda: isinstance(one.gate.panels.currentWidget(), JoinWizard), timeout=20_000)
        wizard = one.gate.panels.currentWidget()
        assert "从上次中断处继续" in wizard.you.banner.text.text()
        assert wizard.stack.currentWidget() is wizard.you and not wizard.back_button.isEnabled()
        qtbot.waitUntil(lambda: wizard.you.here, timeout=30_000)
        for field, text in (
            (wizard.you.staff_no, "5001"), (wizard.you.pin, "739518"), (wizard.you.again, "739518"),
        ):  # fmt: skip
            field.setText(text)
        press_key(wizard.next_button, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: one.window is not None, timeout=30_000)
        process.process.kill()
    assert one.window.lock_screen.branch.text() == "福州马尾邮政支局"
    qtbot.waitUntil(lambda: one.store is not None, timeout=20_000)
    assert one.store.facts.station_no == number
    assert secrets.take_out(home.recovery, secrets.plain_code(fresh.recovery_code)) == one.key


def test_a_first_start_that_was_killed_before_the_server_answered_begins_once_more(
    qtbot, tmp_path: Path, desk
) -> None:
    home = Home(tmp_path / "home")
    begun = Beginning(home, opening.Fresh(), make_line=Silent)
    with pytest.raises(Unavailable):
        begun.connect(Answers(passphrase=PASSPHRASE), Wish("http://127.0.0.1:1", "ABCD-EFGH-JKLM"))
    begun.close()

    one = desk(home)
    unlock(qtbot, one)
    qtbot.waitUntil(lambda: isinstance(one.gate.panels.currentWidget(), Welcome), timeout=20_000)
    assert "请重新开始" in one.gate.panels.currentWidget().why.text.text()
    key = one.gate.key
    fresh = opening.Fresh()
    assert key is not None and key != fresh.key

    answers = Answers(site=SITE, staff_no="1001", name="李秀英", pin="739518", passphrase="another one 77", roles=[])
    first_start_work.set_up(home, answers, fresh, left=key)
    assert opening.find_key(home, "another one 77") == fresh.key
    assert not opening.unfinished(home, fresh.key)


def test_going_back_after_a_try_in_vain_is_no_dead_end_where_a_passphrase_locks_the_data(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    first = Beginning(home, opening.Fresh(), make_line=Silent)
    with pytest.raises(Unavailable):
        first.connect(Answers(passphrase=PASSPHRASE), Wish("http://127.0.0.1:1", "ABCD-EFGH-JKLM"))
    first.close()
    server = Server(Options(str(tmp_path / "server.db"), tmp_path))
    open_site(server, "B01")

    second = Beginning(home, opening.Fresh(), left=first.left, make_line=Direct(server))
    answers = Answers(passphrase=PASSPHRASE)
    assert second.connect(answers, Wish("http://127.0.0.1:1", new_code(server, "B01"))).site_code == "B01"
    assert opening.connected(home, second.fresh.key)
    second.close()
    server.close()


def test_who_was_only_made_known_by_the_server_finishes_no_first_start(tmp_path: Path) -> None:
    server = Server(Options(str(tmp_path / "server.db"), tmp_path))
    open_site(server, "B01")
    home, fresh = Home(tmp_path / "home"), opening.Fresh()
    begun = Beginning(home, fresh, make_line=Direct(server))
    answers = Answers(passphrase=PASSPHRASE)
    begun.connect(answers, Wish("http://127.0.0.1:1", new_code(server, "B01")))
    begun.fill(answers, lambda _done, _all: None)
    begun.close()
    assert opening.unfinished(home, fresh.key) and opening.connected(home, fresh.key)

    again = Beginning(home, fresh, resumed=True, make_line=Direct(server))
    answers = Answers(staff_no="1001", name="李秀英", pin="739518")
    again.fill(answers, lambda _done, _all: None)
    assert again.choose_pin(answers) == fresh.key
    assert not opening.unfinished(home, fresh.key) and not opening.connected(home, fresh.key)
    with Store(home, fresh.key, clock=system_clock) as store:
        assert store.facts.station_no
    server.close()
