"""What the steps of a job are made of: the step itself, chips, a drawer for short acts, a second person's PIN."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from deskapp.clock import shop_time
from deskapp.errors import N_, DeskError
from deskapp.queries.bench_card import JobCard
from deskapp.ui.kit import (
    Button,
    Form,
    FormRow,
    Happening,
    Jobs,
    LatinField,
    PageContext,
    PinField,
    Text,
    Timeline,
    spoken,
)
from deskapp.ui.pages.words import MOVE_TITLES, reason_words
from deskapp.ui.tokens import LARGE, MEDIUM, SMALL

if TYPE_CHECKING:
    from deskapp.models.store import Command


class Host(Protocol):
    """The panel a step stands in."""

    context: PageContext
    jobs: Jobs
    main: Button

    def fail(self, sentence: str) -> None:
        """Show a finished sentence beside the main button."""

    def open_drawer(self, name: str) -> None:
        """Open one of the short acts."""

    def refresh_primary(self) -> None:
        """Ask the step anew what its main button says."""


@dataclass(frozen=True, slots=True)
class Primary:
    """What the main button of a step says (a message id), its icon, and whether it can be pressed."""

    text: str
    icon: str = "check"
    enabled: bool = True
    count: int = 0


class Step(QWidget):
    """One step of a job: a form, and the one act that leads on.

    Subclasses fill in `primary`, `submit`, `first` and `show_card`; `take` gets scans, `hint` is a
    message id for the foot of the job. `columns` is how many the form has.
    """

    columns = 2
    hint = ""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self.host = host
        self.context, self.jobs = host.context, host.jobs
        self.card: JobCard | None = None
        self.form = Form(columns=self.columns)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(MEDIUM)

    def show_card(self, card: JobCard, *, anew: bool) -> None:
        """Show a device; `anew` when another device or another step was shown before."""
        self.card = card

    def primary(self) -> Primary:
        """Return what the main button says."""
        return Primary(N_("Save"))

    def first(self) -> QWidget:
        """Return where the focus goes."""
        return self

    def submit(self) -> None:
        """Do the step's act."""

    def take(self, text: str) -> bool:
        """Take a scanned code; True when it was meant for this step."""
        return False

    def watched(self) -> list[QWidget]:
        """Return what is typed into: a pause in it keeps the draft."""
        return list(self.form.fields().values())

    def kept(self) -> dict[str, Any]:
        """Return what is typed and worth a draft; empty for nothing."""
        return {}

    def restore(self, form: dict[str, Any]) -> None:
        """Put a draft back."""

    def do(self, act: Command[Any], then: Callable[[Any], None] | None = None, **more: Any) -> None:
        """Do an act; refusals go to the field or beside the main button."""
        self.host.fail("")
        self.form.clear_errors()
        self.jobs.do(act, owner=self, then=then, refused=self.refuse, **more)

    def refuse(self, error: DeskError) -> None:
        """Show a refusal where it belongs."""
        self.form.refuse(error, otherwise=self.host.fail)


class HistoryBox(QWidget):
    """What happened to the device so far, newest first; as much as the step leaves room for."""

    def __init__(self, most: int = 5) -> None:
        super().__init__()
        self._most = most
        self._card: JobCard | None = None
        self.title = Text(N_("What happened so far"), "label")
        self.timeline = Timeline()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SMALL, 0, 0)
        column.setSpacing(SMALL)
        column.addWidget(self.title)
        column.addWidget(self.timeline)

    def show_card(self, card: JobCard) -> None:
        """Show the newest moves and notes of a device."""
        self._card = card
        self.retranslate()

    def retranslate(self) -> None:
        """Say the moves in the window's language."""
        if self._card is None:
            return
        notes = [one for one in self._card.notes if one.move == "note"]
        events = sorted([*self._card.history, *notes], key=lambda one: -one.at)[: self._most]
        self.timeline.set_happenings(
            [
                Happening(
                    shop_time(one.at).strftime("%m-%d %H:%M"), spoken(MOVE_TITLES.get(one.move, N_("Note"))), one.by,
                    reason_words(one.words), "message" if one.move == "note" else "circle-check",
                )
                for one in events
            ]
        )  # fmt: skip


def say_where(card: JobCard, sealed: FormRow, lies: FormRow) -> None:
    """Ask for the seal and the shelf of a device that is done: for the pickup here, or for the way back."""
    sealed.rename(N_("New seal"), needed=card.goes_back)
    lies.rename(N_("Shelf here") if card.goes_back else N_("Pickup shelf"), needed=False)


class Drawer(QFrame):
    """A short act in place: a title, one or two fields, a button. Hidden until opened; Escape closes it.

    Signals:
        closed: it was closed, done or not.
    """

    closed = Signal()

    def __init__(self, title: str, button: str, icon: str, tone: str = "info") -> None:
        super().__init__()
        self.setProperty("role", "inset" if tone == "info" else f"banner-{tone}")
        self.busy = False
        """Its act is under way: an Enter that is pressed twice notes nothing twice."""
        self.form = Form(columns=3)
        self.title = Text(title, "heading")
        self.go = Button(button, "primary", icon=icon)
        self.no = Button(N_("Close"), "quiet", clicked=self.close_drawer)
        self.no.show_key("Esc")
        self.error = Text(role="error", wrap=True)
        line = QHBoxLayout()
        line.setSpacing(SMALL)
        line.addWidget(self.error, 1)
        line.addWidget(self.no)
        line.addWidget(self.go)
        column = QVBoxLayout(self)
        column.setContentsMargins(LARGE, MEDIUM, LARGE, MEDIUM)
        column.setSpacing(SMALL)
        column.addWidget(self.title)
        column.addWidget(self.form)
        column.addLayout(line)
        self.hide()

    def open_drawer(self) -> None:
        """Show it, empty."""
        self.busy = False
        for key, field in self.form.fields().items():
            clear = getattr(field, "clear", None)
            if clear is not None and not self.form.rows[key].property("keep"):
                clear()
        self.error.put("")
        self.form.clear_errors()
        self.show()
        first = next(iter(self.form.fields().values()), self.go)
        QTimer.singleShot(0, first, lambda: first.setFocus())

    def close_drawer(self) -> None:
        """Take it away."""
        if not self.isHidden():
            self.hide()
            self.closed.emit()

    def refuse(self, error: DeskError) -> None:
        """Show a refusal where it belongs."""
        self.form.refuse(error, otherwise=self.error.put)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape closes."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_drawer()
            return
        super().keyPressEvent(event)


class SecondPerson(QFrame):
    """Staff number and PIN of a second person, who answers for an act without a change of user.

    Signals:
        entered: both are filled in and Enter was pressed.
    """

    entered = Signal()

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setProperty("role", "banner-info")
        self.title = Text(title, "strong", wrap=True)
        self.who = LatinField(N_("Staff number or badge"), name=N_("Second person's staff number or badge"))
        self.pin = PinField(N_("PIN"), name=N_("Second person's PIN"))
        self.error = Text(role="error", wrap=True)
        self.error.hide()
        line = QHBoxLayout()
        line.setSpacing(SMALL)
        line.addWidget(self.title, 2)
        line.addWidget(self.who, 1)
        line.addWidget(self.pin, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(MEDIUM, SMALL, MEDIUM, SMALL)
        column.addLayout(line)
        column.addWidget(self.error)
        self.who.returnPressed.connect(self.pin.setFocus)
        self.pin.entered.connect(lambda _pin: self.entered.emit())

    def filled(self) -> bool:
        """Say whether both are there; if not, the focus goes to what is missing."""
        for field in (self.who, self.pin):
            if not field.text().strip():
                field.setFocus()
                return False
        return True

    def refuse(self, sentence: str) -> None:
        """Say why it was not accepted (a finished sentence); only the PIN has to be typed again."""
        self.error.put(sentence)
        self.error.setVisible(bool(sentence))
        self.pin.clear()
        self.pin.setFocus()

    def wipe(self) -> None:
        """Forget both."""
        self.error.hide()
        self.who.clear()
        self.pin.clear()
