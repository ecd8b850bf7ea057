"""What can be done with an order and with its chosen device: a row of acts each, the form of the open one below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from deskapp.errors import N_, DeskError
from deskapp.queries.orders import OrderCard, OrderLine
from deskapp.ui.kit import Button, Card, ChoiceBar, FlowLayout, PageContext, Text, spoken
from deskapp.ui.pages.job_kit import Drawer
from deskapp.ui.pages.settings_fields import Tick
from deskapp.ui.tokens import SMALL
from deskapp.ui.widgets.enter import into_view

if TYPE_CHECKING:
    from deskapp.models.store import Command, Override


class Act(Drawer):
    """One act with its form: subclasses say when it is offered and which command it is.

    `short` is the word on its button and `said` the notice when it is done (message ids). Where the command asks
    for a second person, `right` names what that person must be allowed and `why` what is asked for.
    """

    name: ClassVar[str]
    short: ClassVar[str]
    icon: ClassVar[str]
    title_text: ClassVar[str]
    yes: ClassVar[str]
    said: ClassVar[str]
    tone: ClassVar[str] = "info"
    right: ClassVar[str] = ""
    why: ClassVar[str] = N_("{act}: {number}")
    of_order: ClassVar[bool] = False

    def __init__(self, context: PageContext) -> None:
        super().__init__(self.title_text, self.yes, self.icon, self.tone)
        self.context, self.jobs = context, context.jobs
        self.card: OrderCard | None = None
        self.line: OrderLine | None = None
        self.build()
        self.go.clicked.connect(lambda: self.submit())
        if self.tone == "danger":
            self.go.set_role("danger")

    def build(self) -> None:
        """Add the fields."""

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """Say whether the act makes sense now and this person may do it."""
        raise NotImplementedError

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Return the act with what is typed."""
        raise NotImplementedError

    def begin(self, card: OrderCard, line: OrderLine) -> None:
        """Fill the empty form with what is known."""

    def show_for(self, card: OrderCard, line: OrderLine) -> None:
        """Be about this order and device."""
        self.card, self.line = card, line

    def open_drawer(self) -> None:
        """Show it, empty but for what is known."""
        for field in self.form.fields().values():
            if isinstance(field, ChoiceBar):
                field.set_value(None)
            elif isinstance(field, Tick):
                field.setChecked(False)
        super().open_drawer()
        if self.card is not None and self.line is not None:
            self.begin(self.card, self.line)
        QTimer.singleShot(0, self, self._into_view)

    def may(self, right: str) -> bool:
        """Tell whether the person at the desk has a right."""
        return self.context.may(right)

    def scan(self, text: str) -> bool:
        """Take a scan that answers a question of the open form; False when it means nothing here."""
        return False

    def submit(self, consent: Override | None = None) -> None:
        """Do it; with a second person's consent where one was asked for."""
        if self.card is not None and self.line is not None and self.go.isEnabled():
            self.error.put("")
            self.go.setEnabled(False)
            act = self.command(self.card, self.line, consent)
            self.jobs.do(act, owner=self, then=self._done, refused=self._refused)

    def ask_consent(self) -> None:
        """Ask for the second person, then do it."""
        number = self.line.label_no if self.line is not None and not self.of_order else ""
        number = number or (self.card.number if self.card is not None else "")
        self.context.ask_supervisor(self.right, self.submit, why=self.why, act=spoken(self.title_text), number=number)

    def _done(self, _answer: Any) -> None:
        self.go.setEnabled(True)
        self.close_drawer()
        self.context.toast(self.said, tone="ok")

    def _refused(self, error: DeskError) -> None:
        self.go.setEnabled(True)
        if error.code == "needs_override" and self.right:
            self.form.clear_errors()
            self.ask_consent()
            return
        self.refuse(error)

    def refuse(self, error: DeskError) -> None:
        """Show a refusal, and keep the keys here: the button lost the focus while it could not be pressed."""
        super().refuse(error)
        held = QApplication.focusWidget()
        if held is None or not self.isAncestorOf(held):
            self.go.setFocus()

    def _into_view(self) -> None:
        area = self.parentWidget()
        while area is not None and not hasattr(area, "ensureWidgetVisible"):
            area = area.parentWidget()
        if area is not None:
            area.ensureWidgetVisible(self, 0, 40)


class Acts(Card):
    """The acts that are possible now, and the form of the one that is open."""

    def __init__(self, context: PageContext, acts: Sequence[Callable[[PageContext], Act]]) -> None:
        super().__init__(N_("What can be done"), icon="list-check")
        self.acts: dict[str, Act] = {}
        self.buttons: dict[str, Button] = {}
        self._shown = ""
        self.of_device, device_flow = _bar()
        self.of_order, order_flow = _bar()
        self.device_label = Text(role="label")
        self.order_label = Text(N_("With the whole order"), "label")
        self.nothing = Text(N_("Nothing is left to do here."), "muted")
        drawers = QVBoxLayout()
        drawers.setSpacing(SMALL)
        for make in acts:
            act = make(context)
            button = Button(act.short, "link", icon=act.icon, clicked=partial(self.open_one, act.name))
            self.acts[act.name], self.buttons[act.name] = act, button
            (order_flow if act.of_order else device_flow).addWidget(button)
            drawers.addWidget(act)
            act.closed.connect(partial(self._back_to, button))
        for part in (self.device_label, self.of_device, self.order_label, self.of_order, self.nothing):
            self.add(part)
        self.add(drawers)

    def show_for(self, card: OrderCard, line: OrderLine) -> None:
        """Offer what is possible with this device; a form that no longer fits is closed."""
        same = self._shown == line.id
        self._shown = line.id
        self.device_label.say(N_("With device {label}"), label=line.label_no)
        held = next((name for name, button in self.buttons.items() if button.hasFocus()), "")
        for name, act in self.acts.items():
            offered = act.offered(card, line)
            if name == held and not offered:
                self._let_go()
            self.buttons[name].setVisible(offered)
            if not act.isHidden() and (not offered or not (same or act.of_order)):
                self._close(act)
            act.show_for(card, line)
        for bar, label, whole in ((self.of_device, self.device_label, False), (self.of_order, self.order_label, True)):
            some = any(not self.buttons[name].isHidden() for name, act in self.acts.items() if act.of_order is whole)
            bar.setVisible(some)
            label.setVisible(some)
        self.nothing.setVisible(self.of_device.isHidden() and self.of_order.isHidden())

    def _let_go(self) -> None:
        """Keep the focus of an act that is done, and offered no more, from going on to a dangerous neighbour."""
        harmless = (one for name, one in self.buttons.items() if self.acts[name].tone == "info" and one.isVisible())
        first = next(harmless, None)
        if first is not None:
            first.setFocus()
            QTimer.singleShot(0, first, lambda: into_view(first))  # the form above it is being taken away

    def _back_to(self, button: Button) -> None:
        """Give the keys back to what opened a form; without the form the page is shorter, so it is brought in sight."""
        button.setFocus()
        QTimer.singleShot(0, button, lambda: into_view(button))

    def open_one(self, name: str) -> None:
        """Open the form of an act that is offered, and close any other."""
        if self.buttons[name].isHidden():
            return
        self.close_all()
        self.acts[name].open_drawer()

    def scan(self, text: str) -> bool:
        """Hand a scan to the form that is open."""
        return any(act.scan(text) for act in self.acts.values() if not act.isHidden())

    def close_all(self) -> None:
        """Close whatever is open."""
        for act in self.acts.values():
            if not act.isHidden():
                self._close(act)

    def _close(self, act: Act) -> None:
        # The page decides where the focus goes, so the act must not hand it to its button.
        act.blockSignals(True)
        act.close_drawer()
        act.blockSignals(False)


def _bar() -> tuple[QWidget, FlowLayout]:
    bar = QWidget()
    return bar, FlowLayout(bar, gap=4, margin=0)
