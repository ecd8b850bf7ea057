"""The lock screen: who are you, and what waits. Painted first, so it imports nothing heavy.

Counts come from a raw read and are only figures; names can be hidden by a setting.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QInputDevice, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from deskapp.errors import N_
from deskapp.ui import theme
from deskapp.ui.speech import spoken
from deskapp.ui.tokens import HUGE, LARGE, MEDIUM, SMALL
from deskapp.ui.widgets.fields import LatinField
from deskapp.ui.widgets.flow import FlowLayout
from deskapp.ui.widgets.pins import PinField, PinPad
from deskapp.ui.widgets.text import Button, Picture, Text

CARD_WIDTH = 420

SLACK_MS = 30
"""Waited longer than told: a coarse timer ends early, and who is quick with Enter would be refused once more."""


class Tile(NamedTuple):
    """A person who was here lately: staff number and the name to show."""

    staff_no: str
    name: str


class LockScreen(QWidget):
    """Staff number or badge, then PIN.

    Signals:
        attempted: somebody tries to sign in; carries staff number or badge, and PIN.
        new_pin: a person who must change the PIN chose one; carries it.
        first_pin: a person without a PIN on this computer chose one, and somebody agreed; carries who, the PIN, the
            other person's number or badge, and that person's PIN.
        language_wanted, theme_wanted, recovery_wanted: the small buttons at the bottom.
    """

    attempted = Signal(str, str)
    new_pin = Signal(str)
    first_pin = Signal(str, str, str, str)
    language_wanted = Signal()
    theme_wanted = Signal()
    recovery_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "lock")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        self.branch = Text(role="title")
        self.practice = Text(N_("Practice branch – nothing here is real"), "practice")
        self.practice.hide()
        self.counts = Text(role="muted", wrap=True)
        self.who = LatinField(N_("Staff number, or scan your badge"), name=N_("Staff number or badge"))
        self.pin = PinField(N_("PIN"), name=N_("PIN"))
        # Digits to press only where there is a touch screen; the keyboard has its own.
        self.pad = PinPad(self.pin) if _touch_screen() else None
        self.again = PinField(N_("The same PIN again"), name=N_("The same PIN again"))
        self.again.hide()
        self.error = Text(role="error", wrap=True)
        self.enter = Button(N_("Sign in"), "primary", icon="key")
        self.language = Button(N_("中文 / English"), "quiet", icon="language")
        self.theme = Button(N_("Colours"), "quiet", icon="contrast")
        self.recovery = Button(N_("Recovery"), "quiet", icon="shield-lock")
        self._tiles = _Tiles()
        self._flow = FlowLayout(self._tiles, margin=0)
        self.tiles: list[Button] = []
        self._wait = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._wait.timeout.connect(self._again)
        self._changing = self._counted = False
        self._helper: tuple[LatinField, PinField] | None = None
        self._helped = False
        self._figures: Sequence[tuple[str, int]] = ()
        self._arrange()
        self.who.returnPressed.connect(self.pin.setFocus)
        self.pin.entered.connect(lambda _pin: self._try())
        self.pin.textEdited.connect(lambda _text: None if self._changing else self.error.put(""))
        self.again.entered.connect(lambda _pin: self._try())
        if self.pad is not None:
            self.pad.pressed_enter.connect(self._try)
        self.enter.clicked.connect(self._try)
        self.language.clicked.connect(self.language_wanted)
        self.theme.clicked.connect(self.theme_wanted)
        self.recovery.clicked.connect(self.recovery_wanted)

    def show_branch(self, name: str, *, practice: bool = False) -> None:
        """Show whose desk this is."""
        self.branch.put(name)
        self.practice.setVisible(practice)

    def show_counts(self, figures: Sequence[tuple[str, int]]) -> None:
        """Show how much waits: message ids with `{count}`, and the figures."""
        self._figures = tuple(figures)
        self.retranslate()

    def show_people(self, tiles: Sequence[Tile]) -> None:
        """Show tiles of who was here lately."""
        for button in self.tiles:
            self._flow.removeWidget(button)
            button.deleteLater()
        self.tiles = []
        for tile in tiles[:6]:
            button = Button(role="tile", icon="user", clicked=partial(self.choose, tile.staff_no))
            button.put(f"{tile.staff_no}  {tile.name}".rstrip())
            button.setAccessibleName(button.text())
            self._flow.addWidget(button)
            self.tiles.append(button)
        self._tiles.setVisible(bool(self.tiles))
        self._tiles.fit()
        # The tiles came last and stand first. Qt moves nothing behind the last stop, so they change places with `who`.
        order = (self.who, *self.tiles, self.who)
        for one, other in zip(order, order[1:], strict=False):
            QWidget.setTabOrder(one, other)
        if len(tiles) == 1 and not (self._changing or self.who.text() or self.pin.text()):
            self.choose(tiles[0].staff_no)  # who else could it be

    def choose(self, staff_no: str) -> None:
        """Fill in who it is and ask for the PIN."""
        if self._changing:
            self.welcome()  # it is somebody else after all
        self.who.setText(staff_no)
        self.pin.clear()
        self.pin.setFocus()

    def scan(self, text: str) -> bool:
        """Take a scanned badge."""
        if self._helped and self._helper is not None:
            self._helper[0].setText(text)
            self._helper[1].setFocus()
        else:
            self.choose(text)
        return True

    def refuse(self, sentence: str, wait_ms: int = 0, counted: bool = False) -> None:
        """Say why not (a finished sentence), and let nobody try for a while.

        It stays until somebody types again; one that names the time (`counted`) goes when that is over.
        """
        self.error.put(sentence)
        self._counted = counted
        self.pin.clear()
        self.again.clear()
        ready = wait_ms <= 0
        self.enter.setEnabled(ready)
        self.pin.setReadOnly(not ready)  # it keeps the focus: Enter would press whatever got it next
        if ready:
            self.pin.setFocus()
        else:
            self._wait.start(wait_ms + SLACK_MS)

    def ask_new_pin(self) -> None:
        """Let a person whose PIN was set by somebody else choose an own one."""
        self._changing = True
        self.again.show()
        self.who.setEnabled(False)
        self.enter.setEnabled(True)
        self.pin.clear()
        self.error.say(N_("Choose your own PIN: 6 digits or more that nobody guesses."))
        self.enter.say(N_("Keep this PIN"))
        self.pin.setFocus()

    def ask_first_pin(self) -> None:
        """Let a person who never had a PIN on this computer choose one; a supervisor stands by and agrees."""
        self.ask_new_pin()
        self._helped = True
        self.error.say(N_("No PIN here yet: choose one, a supervisor agrees."))  # one line, whatever the text size
        for field in self._helpers():
            field.clear()
            field.show()

    def _helpers(self) -> tuple[LatinField, PinField]:
        """Return the fields of who agrees, made when they are first needed."""
        if self._helper is None:
            who = LatinField(N_("Staff number or badge of who agrees"), name=N_("Supervisor's staff number or badge"))
            pin = PinField(N_("PIN of who agrees"), name=N_("Supervisor's PIN"))
            self._helper = who, pin
            place = self._inside.indexOf(self.again) + 1
            for field in (pin, who):
                self._inside.insertWidget(place, field)
            for here, following in ((self.again, who), (who, pin), (pin, self.enter)):
                QWidget.setTabOrder(here, following)
            who.returnPressed.connect(pin.setFocus)
            pin.entered.connect(lambda _pin: self._try())
        return self._helper

    def welcome(self, staff_no: str = "") -> None:
        """Begin afresh, with the person who was here if there is one."""
        self._changing = self._helped = False
        for field in self._helper or ():
            field.clear()
            field.hide()
        self.again.hide()
        self.again.clear()
        self.who.setEnabled(True)
        self.enter.say(N_("Sign in"))
        self.error.put("")
        self.pin.clear()
        self.enter.setEnabled(True)
        self.pin.setReadOnly(False)
        self.who.setText(staff_no)
        (self.pin if staff_no else self.who).setFocus()

    def retranslate(self) -> None:
        """Say the counts in the window's language."""
        self.counts.put("   ·   ".join(spoken(text, count=count) for text, count in self._figures))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the digits away where they would not fit."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Fit the card to the text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "_card"):
            self._card.setFixedWidth(theme.px(CARD_WIDTH))
            self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape goes back to who."""
        if event.key() == Qt.Key.Key_Escape:
            self.welcome()
            return
        super().keyPressEvent(event)

    def _fit(self) -> None:
        if self.pad is not None:
            self.pad.setVisible(self.height() >= theme.px(690))

    def _try(self) -> None:
        if not self.who.text().strip():
            self.who.setFocus()
        elif not self.pin.text():
            self.pin.setFocus()
        elif self._changing:
            self._choose_pin()
        elif self.enter.isEnabled():
            self.enter.setEnabled(False)
            self.error.put("")
            self.attempted.emit(self.who.text().strip(), self.pin.text())

    def _choose_pin(self) -> None:
        if not self.again.text():
            self.again.setFocus()
        elif self.again.text() != self.pin.text():
            self.error.say(N_("The two PINs differ."))
            self.again.clear()
            self.pin.clear()
            self.pin.setFocus()
        elif self._helped:
            self._choose_with()
        else:
            self.new_pin.emit(self.pin.text())
            self.again.clear()

    def _choose_with(self) -> None:
        helper, pin = self._helpers()
        missing = next((field for field in (helper, pin) if not field.text().strip()), None)
        if missing is not None:
            missing.setFocus()
        elif self.enter.isEnabled():
            self.enter.setEnabled(False)
            self.first_pin.emit(self.who.text().strip(), self.pin.text(), helper.text().strip(), pin.text())

    def refuse_helper(self, sentence: str, wait_ms: int = 0) -> None:
        """Say why a first PIN was not agreed to; only the agreeing person's PIN has to be typed again."""
        self.error.put(sentence)
        helper, pin = self._helpers()
        pin.clear()
        self.enter.setEnabled(wait_ms <= 0)
        pin.setReadOnly(wait_ms > 0)
        if wait_ms > 0:
            self._wait.start(wait_ms + SLACK_MS)
        else:
            pin.setFocus()

    def _again(self) -> None:
        if self._counted:
            self.error.put("")
        self.enter.setEnabled(True)
        pin = self._helper[1] if self._helped and self._helper is not None else self.pin
        for field in (self.pin, pin):
            field.setReadOnly(False)
        pin.setFocus()

    def _arrange(self) -> None:
        self._card = card = QFrame()
        card.setProperty("role", "card")
        card.setFixedWidth(theme.px(CARD_WIDTH))
        inside = self._inside = QVBoxLayout(card)
        inside.setContentsMargins(HUGE, HUGE, HUGE, HUGE)
        inside.setSpacing(MEDIUM)
        head = QHBoxLayout()
        head.setSpacing(MEDIUM)
        head.addWidget(Picture("building-store", "accent", 28))
        head.addWidget(self.branch, 1)
        inside.addLayout(head)
        inside.addWidget(self.practice)
        inside.addWidget(self.counts)
        inside.addWidget(self._tiles)
        for widget in (self.who, self.pin, self.again, self.error, self.pad, self.enter):
            if widget is not None:
                inside.addWidget(widget)
        self._tiles.hide()
        foot = QHBoxLayout()
        foot.setSpacing(SMALL)
        foot.addStretch(1)
        foot.addWidget(self.language)
        foot.addWidget(self.theme)
        foot.addWidget(self.recovery)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
        column.addStretch(1)
        column.addWidget(card, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        column.addLayout(foot)


class _Tiles(QWidget):
    """As high as its lines of tiles: the card is centred, and centred things are not asked for a height that
    goes with their width. The lines change with the people, the width and the size of the letters."""

    def fit(self) -> None:
        """Take the height that the tiles need at the width there is."""
        layout = self.layout()
        if layout is not None:
            wide = self.width() if self.isVisible() else theme.px(CARD_WIDTH) - 2 * HUGE
            self.setMinimumHeight(layout.heightForWidth(wide) if layout.count() else 0)

    def event(self, event: QEvent) -> bool:
        """Fit again when a tile or the width has changed."""
        done = super().event(event)
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize, QEvent.Type.Show):
            self.fit()
        return done


def _touch_screen() -> bool:
    return any(device.type() == QInputDevice.DeviceType.TouchScreen for device in QInputDevice.devices())
