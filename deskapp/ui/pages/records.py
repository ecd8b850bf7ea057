"""What record pages share: values of forms, sections by key, papers with reprint, joining twins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtWidgets import QWidget

from deskapp import catalogue
from deskapp.errors import N_, DeskError
from deskapp.models.store import Command
from deskapp.ui.kit import (
    Button,
    Card,
    Choice,
    ChoiceBar,
    ConfirmBar,
    DateField,
    Form,
    MoneyField,
    NumberField,
    PageContext,
    SuggestField,
    TextArea,
    TextField,
    reveal,
    row,
    spoken,
)
from deskapp.ui.pages.kind_fields import TickList
from deskapp.ui.pages.settings_fields import Pick, Tick
from deskapp.ui.widgets.suggest import Search

YES_NO = (Choice("yes", N_("Yes"), "Y"), Choice("no", N_("No"), "N"))

def put_values(form: Form, values: Mapping[str, Any]) -> None:
    """Fill the fields of a form whose names are in `values`; the others stay as they are."""
    form.clear_errors()
    for key, widget in form.fields().items():
        if key in values:
            put_value(widget, values[key])


def put_value(widget: QWidget, value: Any) -> None:
    """Fill one field, whatever kind it is."""
    match widget:
        case ChoiceBar():
            widget.set_value(("yes" if value else "no") if isinstance(value, bool) else value)
        case Pick():
            widget.set_value(str(value))
        case Tick():
            widget.setChecked(bool(value))
        case TickList():
            widget.set_values([str(one) for one in value])
        case MoneyField():
            widget.set_fen(value)
        case NumberField():
            widget.set_value(value)
        case DateField():
            widget.setText(str(value or ""))  # also what is no day: it is shown, and refused when saved
        case TextArea() | TextField():
            widget.setText("\n".join(map(str, value)) if isinstance(value, list | tuple) else str(value))


def get_values(form: Form) -> dict[str, Any]:
    """Return what the fields of a form hold, by name; days as ISO text."""
    return {key: get_value(widget) for key, widget in form.fields().items()}


def get_value(widget: QWidget) -> Any:
    """Return what one field holds."""
    match widget:
        case ChoiceBar() | Pick():
            value = widget.value()
            return {"yes": True, "no": False}.get(value or "", value or "")
        case Tick():
            return widget.isChecked()
        case TickList():
            return tuple(widget.values())
        case MoneyField():
            return widget.fen() or 0
        case NumberField():
            return widget.value() or 0
        case DateField():
            day = widget.day()
            return day.isoformat() if day else widget.text().strip()
        case TextArea() | TextField():
            return widget.text().strip()
    return ""


class CodeTicks(TickList):
    """Several codes of a list, ticked; they show their own words in both languages."""

    def __init__(self, name: str) -> None:
        self._words = list(catalogue.words(name).values())
        super().__init__([Choice(word.code, word.title(), raw=True) for word in self._words])

    def retranslate(self) -> None:
        """Say the words in the window's language."""
        for button, word in zip(self.buttons, self._words, strict=True):
            button.put(word.title())
            button.setAccessibleName(word.title())


class Sections(ChoiceBar):
    """The parts of a long record, one shown at a time; keys 1 to 9 change between them."""

    def __init__(self, name: str, parts: Sequence[tuple[str, str, Sequence[QWidget]]]) -> None:
        super().__init__([Choice(value, title) for value, title, _widgets in parts], name=name, value=parts[0][0])
        self._parts = {value: tuple(widgets) for value, _title, widgets in parts}
        self.chosen.connect(self.go)
        self.go(parts[0][0])

    def go(self, value: str) -> None:
        """Show one part and hide the others."""
        self.set_value(value)
        for name, widgets in self._parts.items():
            for widget in widgets:
                # A part that hid itself, since it has nothing to say to this person, stays hidden.
                reveal(widget, name == value and not widget.property("withheld"))


class JoinCard(Card):
    """Two records of one thing become one: choose the twin, say why, confirm."""

    def __init__(
        self, context: PageContext, search: Search, join: Callable[[str, str, str], Command[None]],
        joined: Callable[[], object],
    ) -> None:  # fmt: skip
        super().__init__(
            N_("Entered twice? Join the twin into this record"), icon="copy",
            hint=N_("Everything of the twin moves here; its papers stay as they are. Both stay in the history."),
        )
        self.context, self._join, self._joined = context, join, joined
        self._keep = ""
        self.twin = SuggestField(context.jobs, search, name=N_("Twin"))
        self.reason = TextField()
        self.form = Form(columns=2)
        self.form.add("twin_id", N_("&Twin"), self.twin)
        self.form.add("reason", N_("&Reason"), self.reason)
        self.confirm = ConfirmBar()
        self.button = Button(N_("&Join …"), icon="copy", clicked=self.ask)
        self.add(self.form)
        self.add(self.confirm)
        self.add(row(1, self.button))
        self.reason.returnPressed.connect(self.ask)
        self.setProperty("withheld", not context.may("join"))
        reveal(self, context.may("join"))

    def keep(self, record_id: str) -> None:
        """Name the record that stays."""
        self._keep = record_id
        self.twin.reset()
        self.reason.clear()

    def ask(self) -> None:
        """Ask once more, naming the twin."""
        chosen = self.twin.chosen
        if chosen is None:
            self.form.rows["twin_id"].refuse(spoken(N_("Choose the twin from the list.")))
            return
        self.confirm.ask(
            N_("Join “{twin}” into this record? It disappears from the lists."), N_("Join"),
            lambda: self._do(chosen.data.id), twin=chosen.title,
        )  # fmt: skip

    def _do(self, twin_id: str) -> None:
        act = self._join(self._keep, twin_id, self.reason.text())
        self.context.jobs.do(act, owner=self, then=lambda _done: self._done(), refused=self._refused)

    def _done(self) -> None:
        self.keep(self._keep)
        self.context.toast(N_("The two records are one now"), tone="ok")
        self._joined()

    def _refused(self, error: DeskError) -> None:
        self.form.refuse(error, otherwise=lambda text: self.context.toast(text, tone="warn", raw=True))
