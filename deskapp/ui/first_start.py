"""The window before the desk: first start, passphrase, recovery. It closes when a store can be opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMainWindow, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from deskapp import i18n
from deskapp.errors import N_, Unavailable
from deskapp.ui import theme
from deskapp.ui.jobs import DoorToStore, Jobs
from deskapp.ui.speech import retranslate_tree, spoken
from deskapp.ui.tokens import HUGE, LARGE, SMALL
from deskapp.ui.widgets.forms import Scroll
from deskapp.ui.widgets.text import Button, Picture, Text

if TYPE_CHECKING:
    from deskapp.errors import DeskError
    from deskapp.paths import Home

THEMES = ("light", "dark", "contrast")


class Gate(QMainWindow):
    """Hosts one panel at a time, with the same frame around each.

    Signals:
        opened: a store can be opened; carries its Home and data key.
        retry: what stood in the way may be gone; begin again.
        closed: the person closed the window.
    """

    opened = Signal(object, object)
    retry = Signal()
    closed = Signal()

    def __init__(self, home: Home, keyring_missing: Callable[[], bool], key: bytes | None = None) -> None:
        super().__init__()
        theme.load_bold()
        self.home = home
        self.key = key
        self.keyring_missing = keyring_missing
        self.jobs = Jobs(_no_store, self)
        self.panels = QStackedWidget()
        self.head = Text(N_("Terminal service desk"), "heading")
        self._closed_for_good = False
        self._arrange()
        theme.open_at(self, 1080, 760)
        self.setMinimumSize(900, 600)
        i18n.on_change(self._language_changed)
        self._title()

    def show_panel(self, panel: QWidget) -> None:
        """Show a panel instead of the one before."""
        before = self.panels.currentWidget()
        self.panels.addWidget(panel)
        self.panels.setCurrentWidget(panel)
        if before is not None:
            self.panels.removeWidget(before)
            before.deleteLater()
        first = getattr(panel, "first", None)
        if callable(first):
            first().setFocus(Qt.FocusReason.OtherFocusReason)

    def to_top(self) -> None:
        """Show the top of the panel."""
        QTimer.singleShot(0, self, lambda: self._area.verticalScrollBar().setValue(0))

    def first_start(self, ended: DeskError | None = None) -> None:
        """Ask what to begin with; `ended` says why this computer is empty where it was at work before."""
        from deskapp.ui.pages.first_start import Welcome

        panel = Welcome(self)
        if ended is not None:
            panel.say_why(ended)
        if ended is not None and ended.code == "ended":
            from deskapp.sync.farewell import hand_in_receipt

            self.jobs.background(lambda _progress: hand_in_receipt(self.home), owner=panel)
        self.show_panel(panel)

    def broken_off(self) -> None:
        """Go on with a first start that broke off: where the server had taken this desk in with that, else anew."""
        from deskapp.models import opening

        if self.key is not None and opening.connected(self.home, self.key):
            from deskapp.ui.pages.first_start_join import JoinWizard

            self.show_panel(JoinWizard(self, resumed=True))
            return
        self.first_start(
            Unavailable(
                N_(
                    "The first start broke off before it was finished. Begin once more. A recovery code that was"
                    " written down then does not hold any more: you get a new one."
                ),
                code="broken_off",
            )
        )

    def set_up(self) -> None:
        """Set up a branch, step by step."""
        from deskapp.ui.pages.first_start import Wizard

        self.show_panel(Wizard(self))

    def connect_desk(self) -> None:
        """Let this computer join a branch by the central server, step by step."""
        from deskapp.ui.pages.first_start_join import JoinWizard

        self.show_panel(JoinWizard(self))

    def passphrase(self) -> None:
        """Ask for the passphrase of the data."""
        from deskapp.ui.pages.recovery import PassphrasePanel

        self.show_panel(PassphrasePanel(self))

    def recovery(self, trouble: Exception | None = None) -> None:
        """Show what is wrong and every way on."""
        from deskapp.ui.pages.recovery import RecoveryPanel

        self.show_panel(RecoveryPanel(self, trouble))

    def done(self, home: Home, key: bytes) -> None:
        """Tell that a store can be opened, and go."""
        self._closed_for_good = True
        self.opened.emit(home, key)
        self.close()

    def again(self) -> None:
        """Begin again from the start."""
        self._closed_for_good = True
        self.retry.emit()
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Finish what is being written; say so when a person closed the window."""
        i18n.forget_listener(self._language_changed)
        self.jobs.close()
        super().closeEvent(event)
        if not self._closed_for_good:
            self.closed.emit()

    def _language_changed(self) -> None:
        retranslate_tree(self)
        self._title()

    def _title(self) -> None:
        self.setWindowTitle(spoken(N_("Terminal service desk")))

    def _next_language(self) -> None:
        i18n.use("en" if i18n.language() == "zh_CN" else "zh_CN")

    def _next_theme(self) -> None:
        from PySide6.QtWidgets import QApplication

        app = QApplication.instance()
        if isinstance(app, QApplication):
            following = THEMES[(THEMES.index(theme.now().mode) + 1) % len(THEMES)]
            theme.apply(app, following, theme.now().scale)

    def _arrange(self) -> None:
        bar = QFrame()
        bar.setProperty("role", "bar")
        top = QHBoxLayout(bar)
        top.setContentsMargins(LARGE, SMALL, LARGE, SMALL)
        top.setSpacing(SMALL)
        top.addWidget(Picture("building-store", "accent", 22))
        top.addWidget(self.head)
        top.addStretch(1)
        top.addWidget(Button(N_("中文 / English"), "quiet", icon="language", clicked=self._next_language))
        top.addWidget(Button(N_("Colours"), "quiet", icon="contrast", clicked=self._next_theme))
        scroll = self._area = Scroll(margin=HUGE)
        scroll.column.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        card = QFrame()
        card.setProperty("role", "card")
        card.setMaximumWidth(920)
        card.setMinimumWidth(760)
        card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        inside = QVBoxLayout(card)
        inside.setContentsMargins(HUGE, HUGE, HUGE, HUGE)
        inside.addWidget(self.panels)
        scroll.add(card)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        column.addWidget(scroll, 1)
        self.setCentralWidget(whole)


def _no_store() -> DoorToStore:
    raise RuntimeError("there is no store yet")
