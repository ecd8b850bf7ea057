"""The fields of any kind of ticket as widgets, built from the table of rules, so that one form shows them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from deskapp.errors import N_
from deskapp.rules.ticket_fields import FIELDS, INSTEAD_TITLES, FieldSpec, FieldType, RequiredAt, TicketKind
from deskapp.ui.kit import Choice, ChoiceBar, DateField, Form, LatinField, MoneyField, PhoneField, TextArea, TextField

HANDLED_ELSEWHERE = frozenset({"device", "symptom", "business_stopped"})
_LONG = frozenset({"needs", "answer", "explanation", "bank_answer", "acceptance_test", "hardware", "software"})
_YES_NO = (Choice("yes", N_("Yes"), "Y"), Choice("no", N_("No"), "N"))


class KindFields(Form):
    """The fields of one kind at one stage (opening, or before it is done)."""

    def __init__(self, today: Callable[[], Any], parent: QWidget | None = None) -> None:
        super().__init__(columns=2, parent=parent)
        self._today = today
        self.specs: dict[str, FieldSpec] = {}

    def show_kind(self, kind: TicketKind, stage: RequiredAt, values: Mapping[str, Any]) -> None:
        """Build the fields of a kind and fill in what is known."""
        for row in self.rows.values():
            row.hide()
            row.deleteLater()
        self.rows, self.specs, self._place = {}, {}, 0
        for spec in FIELDS[kind]:
            if spec.required_at is not stage or (stage is RequiredAt.OPEN and spec.key in HANDLED_ELSEWHERE):
                continue
            widget = self._widget(spec)
            wide = 2 if spec.key in _LONG or spec.type in (FieldType.CHOICE, FieldType.LIST) else 1
            hint = N_("Several entries: one a line.") if spec.type is FieldType.LIST and not spec.choices else ""
            self.add(spec.key, spec.label, widget, needed=True, span=wide, hint=hint)
            self.specs[spec.key] = spec
            self._put(spec, widget, values.get(spec.key))

    def values(self) -> dict[str, Any]:
        """Return what is filled in, in the plain form that rules and journal use."""
        return {key: self._get(spec, self.rows[key].field) for key, spec in self.specs.items()}

    def first(self) -> QWidget | None:
        """Return the first field, or None where this stage asks for nothing."""
        return next((row.field for row in self.rows.values()), None)

    def _widget(self, spec: FieldSpec) -> QWidget:
        match spec.type:
            case FieldType.CHOICE:
                return ChoiceBar([Choice(value, text) for value, text in spec.choices])
            case FieldType.BOOL:
                return ChoiceBar(_YES_NO)
            case FieldType.LIST if spec.choices:
                return TickList([Choice(value, text) for value, text in spec.choices])
            case FieldType.LIST:
                return TextArea(lines=2)
            case FieldType.MONEY:
                return MoneyField()
            case FieldType.DATE if spec.instead:
                return InsteadField(spec.instead, DateField(self._today()))
            case FieldType.DATE:
                return DateField(self._today())
            case FieldType.PHONE:
                return PhoneField()
            case FieldType.LAST4 if spec.instead:
                return InsteadField(spec.instead, LatinField(limit=4))
            case FieldType.LAST4:
                return LatinField(limit=4)
        if spec.instead:
            return InsteadField(spec.instead)
        return TextArea(lines=2) if spec.key in _LONG else TextField()

    def _put(self, spec: FieldSpec, widget: QWidget, value: Any) -> None:
        if value is None:
            return
        match widget:
            case TickList():
                widget.set_values([str(one) for one in value])
            case ChoiceBar():
                widget.set_value({True: "yes", False: "no"}.get(value, value) if spec.type is FieldType.BOOL else value)
            case MoneyField():
                widget.set_fen(int(value))
            case InsteadField():
                widget.set_text(str(value))
            case TextArea() | TextField():
                widget.setText("\n".join(value) if isinstance(value, list | tuple) else str(value))

    def _get(self, spec: FieldSpec, widget: QWidget) -> Any:
        match widget:
            case TickList():
                return widget.values()
            case ChoiceBar() if spec.type is FieldType.BOOL:
                return {"yes": True, "no": False}.get(widget.value() or "")
            case ChoiceBar():
                return widget.value() or ""
            case MoneyField():
                return widget.fen()
            case DateField():
                day = widget.day()
                return day.isoformat() if day else ""
            case InsteadField():
                return widget.text()
            case TextArea() if spec.type is FieldType.LIST:
                return [line.strip() for line in widget.text().splitlines() if line.strip()]
            case TextArea() | TextField():
                return widget.text().strip()
        return ""


class TickList(QWidget):
    """Several answers out of a few, each by its number key.

    Signals:
        edited: something was ticked or unticked.
    """

    edited = Signal()

    def __init__(self, options: list[Choice], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from deskapp.ui.kit import Button, FlowLayout

        flow = FlowLayout(self)
        self._options = options
        self.buttons = []
        for option in options:
            button = Button(option.text, "choice", parent=self)
            button.setCheckable(True)
            button.toggled.connect(lambda _on: self.edited.emit())
            flow.addWidget(button)
            self.buttons.append(button)
        self.setFocusProxy(self.buttons[0])

    def values(self) -> list[str]:
        """Return the ticked values."""
        return [
            option.value for option, button in zip(self._options, self.buttons, strict=True) if button.isChecked()
        ]

    def set_values(self, values: list[str]) -> None:
        """Tick these."""
        for option, button in zip(self._options, self.buttons, strict=True):
            button.setChecked(option.value in values)


class InsteadField(QWidget):
    """A text (or a day, a number), or one key for "there is none" or "not known".

    Signals:
        edited: something was written or chosen.
    """

    edited = Signal()

    def __init__(self, instead: str, field: TextField | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from deskapp.ui.kit import Button, row

        self._instead = instead
        self.field = field or TextField()
        self.none = Button(INSTEAD_TITLES[instead], "choice", parent=self)
        self.none.setCheckable(True)
        self.none.toggled.connect(self._toggled)
        self.field.textChanged.connect(lambda _text: self.edited.emit())
        layout = row(self.field, self.none)
        layout.setContentsMargins(0, 0, 0, 0)
        self.setLayout(layout)
        self.setFocusProxy(self.field)

    def setAccessibleName(self, name: str) -> None:
        """Give the name to the text field, which takes the focus."""
        super().setAccessibleName(name)
        self.field.setAccessibleName(name)

    def text(self) -> str:
        """Return the text, or the word that stands for none."""
        if self.none.isChecked():
            return self._instead
        day = self.field.day() if isinstance(self.field, DateField) else None
        return day.isoformat() if day is not None else self.field.text().strip()

    def problem(self) -> str:
        """Return what cannot be read (a message id), or nothing."""
        if self.none.isChecked() or not isinstance(self.field, DateField):
            return ""
        return self.field.problem()

    def set_text(self, text: str) -> None:
        """Show a value."""
        self.none.setChecked(text == self._instead)
        self.field.setText("" if text == self._instead else text)

    def _toggled(self, on: bool) -> None:
        self.field.setEnabled(not on)
        self.edited.emit()
