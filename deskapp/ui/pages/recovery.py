"""When the data does not open: what is wrong in one sentence, and every way on. Reached from the gate only."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from deskapp.clock import shop_time
from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.models import opening
from deskapp.ui.jobs import Progress
from deskapp.ui.pages import recovery_work as work
from deskapp.ui.pages.recovery_work import Mended
from deskapp.ui.pages.settings_fields import PathField
from deskapp.ui.speech import spoken
from deskapp.ui.tokens import MEDIUM, SMALL
from deskapp.ui.widgets.fields import LatinField
from deskapp.ui.widgets.forms import Card, Form, row
from deskapp.ui.widgets.notices import Banner
from deskapp.ui.widgets.pins import PinField
from deskapp.ui.widgets.text import Button, Text

if TYPE_CHECKING:
    from deskapp.ui.first_start import Gate

DAMAGE = frozenset({"damaged", "not_ours", "chain", "disk_fault", "foreign", "not_a_backup"})
LOST_KEY = frozenset({"no_key", "keyring", "no_vault"})
FINAL = frozenset({"newer", "synced_folder", "network_drive", "already_open", "locked", "disk_full"})
"""Troubles that neither a backup nor a code mends: a sentence, and trying again."""

_CODE_FORM = "ABCDE-FGHJK-LMNPQ-RSTUV-WXYZ2"


class PassphrasePanel(QWidget):
    """Asks for the passphrase of the data; wrong ones are told at once."""

    def __init__(self, gate: Gate) -> None:
        super().__init__()
        self.gate = gate
        self.field = LatinField(limit=200)
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.form = Form()
        self.form.add("passphrase", N_("&Passphrase"), self.field)
        self.open_button = Button(N_("Open the data"), "primary", icon="key", clicked=self.submit)
        self.other = Button(N_("I do not have the passphrase …"), "quiet", clicked=gate.recovery)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(MEDIUM)
        column.addWidget(Text(N_("The data is locked"), "title"))
        column.addWidget(Text(N_("This computer has no key store, so the passphrase opens the data."), "muted"))
        column.addWidget(self.form)
        column.addLayout(row(self.other, 1, self.open_button))
        self.field.returnPressed.connect(self.submit)

    def first(self) -> QWidget:
        """Return where the focus begins."""
        return self.field

    def submit(self) -> None:
        """Try the passphrase."""
        if not self.open_button.isEnabled() or not self.field.text():
            return
        self.open_button.setEnabled(False)
        home, passphrase = self.gate.home, self.field.text()
        self.gate.jobs.background(lambda _p: opening.find_key(home, passphrase), owner=self, then=self._open,
                                  refused=self._refused)  # fmt: skip

    def _open(self, key: bytes) -> None:
        self.gate.done(self.gate.home, key)

    def _refused(self, error: DeskError) -> None:
        self.open_button.setEnabled(True)
        self.form.refuse(error, self.form.rows["passphrase"].refuse)


class RecoveryPanel(QWidget):
    """What is wrong, and the ways on that fit."""

    def __init__(self, gate: Gate, trouble: Exception | None) -> None:
        super().__init__()
        self.gate = gate
        self.code = getattr(trouble, "code", "")
        self.banner = Banner("danger", dismissible=False)
        self.report = Banner("ok", dismissible=False)
        self.enter = Button(N_("Open the desk"), "primary", icon="door-exit", clicked=self._enter)
        self.enter.hide()
        self.back = Button(N_("&Back"), "quiet", icon="chevron-left", clicked=gate.again)
        self.retry = Button(N_("Try again"), icon="refresh", clicked=gate.again)
        self.retry.setVisible(trouble is not None)
        self.back.setVisible(trouble is None)
        self.mended: Mended | None = None
        self.ways: list[QWidget] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(MEDIUM)
        column.addWidget(Text(N_("Recovery"), "title"))
        column.addWidget(self.banner)
        column.addWidget(self.report)
        self.report.hide()
        self._error = trouble if isinstance(trouble, DeskError) else None
        self.retranslate()
        for way in self._fitting():
            self.ways.append(way)
            column.addWidget(way)
        column.addSpacing(SMALL)
        column.addLayout(row(self.back, self.retry, 1, self.enter))
        gate.jobs.background(lambda _p: gate.keyring_missing(), owner=self, then=self._keyring_known)

    def retranslate(self) -> None:
        """Say what is wrong, or what was done, in the window's language."""
        if self._error is not None:
            self.banner.put("danger", say(self._error))
        if self.mended is not None:
            self.report.put("ok", "\n".join(spoken(text, **values) for text, values in self.mended.report))

    def first(self) -> QWidget:
        """Return where the focus begins."""
        fields = [field for way in self.ways for field in way.findChildren(QLineEdit)]
        if self.code in DAMAGE and self.ways:
            return self.ways[0].findChildren(Button)[0]
        return fields[0] if fields else self.retry

    def _fitting(self) -> list[QWidget]:
        there = opening.exists(self.gate.home)
        if self.code in FINAL:
            return []
        if self.code in DAMAGE:
            healing, bringing = self._heal_card(), self._restore_card()
            if not self.heal.isEnabled():
                self.restore.set_role("primary")
            return [healing, bringing]
        if self.code in LOST_KEY:
            unlocking, bringing = self._unlock_card(), self._restore_card()
            self.unlock.set_role("primary")
            return [unlocking, bringing]
        if not there:
            bringing = self._restore_card()
            self.restore.set_role("primary")
            return [bringing]
        return [self._administrator_card(), self._unlock_card(), self._restore_card()]

    # -- the ways --------------------------------------------------------------

    def _heal_card(self) -> Card:
        card = Card(N_("Rebuild from the newest backup"), icon="refresh",
                    hint=N_("The backup beside the data, and then every later act from the copy of the journal."
                            " The damaged files are kept."))  # fmt: skip
        found = _newest(self.gate)
        self.heal = Button(N_("Rebuild now"), "primary", icon="tool", clicked=self._heal)
        card.add(Text(N_("Newest backup: {when}"), when=found) if found else Text(N_("There is no backup here.")))
        card.add(row(self.heal, 1))
        self.heal.setEnabled(bool(found))
        return card

    def _restore_card(self) -> Card:
        hint = N_("From a USB disk, or on a new computer. What is here is set aside, never deleted.")
        card = Card(N_("Bring a backup back"), icon="database-export", hint=hint)
        self.file = PathField(file=True, kinds="deskapp (*.deskbackup);;* (*)")
        self.restore_code = LatinField(_CODE_FORM, limit=40)
        self.new_passphrase = LatinField(limit=200)
        self.new_passphrase.setEchoMode(QLineEdit.EchoMode.Password)
        self.restore_form = Form()
        self.restore_form.add("file", N_("Backup &file"), self.file, needed=True)
        known = self.gate.key is not None and opening.exists(self.gate.home)
        self.restore_form.add("recovery_code", N_("&Recovery code"), self.restore_code, needed=not known)
        self.passphrase_row = self.restore_form.add(
            "passphrase", N_("New &passphrase for this computer"), self.new_passphrase,
            hint=N_("This computer has no key store, so a passphrase locks the data."),
        )  # fmt: skip
        self.passphrase_row.hide()
        self.restore = Button(N_("Bring it back"), icon="check", clicked=self._restore)
        card.add(self.restore_form)
        card.add(row(self.restore, 1))
        _enter_goes_on(self.restore, self.file.text, self.restore_code, self.new_passphrase)
        return card

    def _unlock_card(self) -> Card:
        card = Card(N_("The key is lost"), icon="key",
                    hint=N_("The passphrase is forgotten, or this computer's key store was emptied."))  # fmt: skip
        self.unlock_code = LatinField(_CODE_FORM, limit=40)
        self.unlock_passphrase = LatinField(limit=200)
        self.unlock_passphrase.setEchoMode(QLineEdit.EchoMode.Password)
        self.unlock_form = Form()
        self.unlock_form.add("recovery_code", N_("Re&covery code"), self.unlock_code, needed=True)
        self.unlock_row = self.unlock_form.add("passphrase", N_("&New passphrase"), self.unlock_passphrase)
        self.unlock_row.hide()
        self.unlock = Button(N_("Open with the code"), icon="key", clicked=self._unlock)
        card.add(self.unlock_form)
        card.add(row(self.unlock, 1))
        _enter_goes_on(self.unlock, self.unlock_code, self.unlock_passphrase)
        return card

    def _administrator_card(self) -> Card:
        hint = N_("Only for the last administrator; everybody else gets a new PIN from a supervisor.")
        card = Card(N_("The administrator's PIN is forgotten"), icon="user", hint=hint)
        self.admin_code = LatinField(_CODE_FORM, limit=40)
        self.admin_no = LatinField(limit=20)
        self.admin_pin = PinField()
        self.admin_form = Form(columns=2)
        self.admin_form.add("recovery_code", N_("Recover&y code"), self.admin_code, needed=True, span=2)
        self.admin_form.add("staff_no", N_("&Staff number"), self.admin_no, needed=True)
        self.admin_form.add("pin", N_("New P&IN"), self.admin_pin, needed=True)
        self.admin = Button(N_("Set the PIN"), icon="check", clicked=self._administrator)
        card.add(self.admin_form)
        card.add(row(self.admin, 1))
        _enter_goes_on(self.admin, self.admin_code, self.admin_no, self.admin_pin)
        return card

    # -- what they do ------------------------------------------------------------

    def _heal(self) -> None:
        home, key = self.gate.home, self.gate.key
        self._do(lambda _p: work.heal(home, key), None)

    def _restore(self) -> None:
        home, key = self.gate.home, self.gate.key
        file, code, passphrase = self.file.value(), self.restore_code.text(), self.new_passphrase.text() or None
        if not file:
            self.restore_form.rows["file"].refuse(spoken(N_("Choose the backup file.")))
            return
        self._do(lambda _p: work.restore(home, key, Path(file), code, passphrase), self.restore_form)

    def _unlock(self) -> None:
        home, code, passphrase = self.gate.home, self.unlock_code.text(), self.unlock_passphrase.text()
        self._do(lambda _p: work.unlock(home, code, passphrase), self.unlock_form)

    def _administrator(self) -> None:
        home, code = self.gate.home, self.admin_code.text()
        staff_no, pin = self.admin_no.text(), self.admin_pin.text()
        self._do(lambda _p: work.let_administrator_in(home, code, staff_no, pin), self.admin_form)

    def _do(self, act: Callable[[Progress], Mended], form: Form | None) -> None:
        for way in self.ways:
            way.setEnabled(False)
        self._error = None
        self.banner.hide()
        self.report.say("info", N_("Working … This takes a moment."))
        self.gate.jobs.background(act, owner=self, then=self._done, refused=lambda error: self._refused(error, form))

    def _done(self, mended: Mended) -> None:
        self.mended, self._error = mended, None
        self.retranslate()
        for way in self.ways:
            way.hide()
        self.retry.hide()
        self.back.hide()
        self.enter.show()
        self.enter.setFocus()

    def _refused(self, error: DeskError, form: Form | None) -> None:
        for way in self.ways:
            way.setEnabled(True)
        self.report.hide()
        self._error = None
        if form is None or not form.refuse(error):
            self._error = error
            self.retranslate()

    def _enter(self) -> None:
        if self.mended is not None:
            self.gate.done(self.mended.home, self.mended.key)

    def _keyring_known(self, missing: bool) -> None:
        for name in ("passphrase_row", "unlock_row"):
            line = getattr(self, name, None)
            if line is not None:
                line.setVisible(missing)


def _enter_goes_on(button: Button, *fields: QLineEdit) -> None:
    """Let Enter go from field to field, and from the last one in sight to the button: no page does it here."""

    def after(place: int) -> None:
        following = next((field for field in fields[place + 1 :] if field.isVisible()), None)
        if following is not None:
            following.setFocus(Qt.FocusReason.TabFocusReason)
        else:
            button.click()

    for place, field in enumerate(fields):
        field.returnPressed.connect(partial(after, place))


def _newest(gate: Gate) -> str:
    from deskapp.models.backup import newest_backup

    found = newest_backup(gate.home)
    return f"{shop_time(found[1]):%Y-%m-%d %H:%M}" if found else ""
