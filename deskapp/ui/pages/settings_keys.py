"""Shortcuts: what each key does, and changing it."""

from __future__ import annotations

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QKeySequenceEdit, QVBoxLayout, QWidget

from deskapp import settings
from deskapp.errors import N_, Refused
from deskapp.i18n import say
from deskapp.settings import Values
from deskapp.ui.actions import ACTIONS, GROUP_TITLES, ActionSpec, change_key, shown_key, with_keys
from deskapp.ui.kit import Button, Card, Cell, Column, DataTable, Form, PageContext, Text, row, spoken
from deskapp.ui.speech import without_mnemonic


class KeysSection(QWidget):
    """All actions with their keys; the chosen one can get another. New keys count at the next start."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self.context = context
        self._changed: dict[str, str] = {}
        self.table = DataTable(
            [
                Column("what", N_("Action"), lambda action: without_mnemonic(spoken(action.text)), 0),
                Column("group", N_("Part of"), lambda action: spoken(GROUP_TITLES[action.group]), 160),
                Column("key", N_("Shortcut key"), self._key_cell, 190),
            ],
            name=N_("Shortcuts"),
        )  # fmt: skip
        self.table.setMinimumHeight(420)
        self.what = Text(role="label")
        self.key = QKeySequenceEdit()
        self.key.setMaximumSequenceLength(1)
        self.form = Form()
        self.form.add("shortcut", N_("&New key"), self.key,
                      hint=N_("Press it. A key for typing is refused, so that scans stay scans."))  # fmt: skip
        self.save = Button(N_("Use this key"), "primary", icon="check", clicked=self.submit)
        self.off = Button(N_("No key"), icon="ban", clicked=lambda: self._set(""))
        self.back = Button(N_("As shipped"), "quiet", icon="arrow-back-up", clicked=self.reset)
        hint = N_("Changed keys count from the next start of the window on.")
        card = Card(N_("Shortcuts"), icon="keyboard", hint=hint)
        card.add(self.table)
        card.add(self.what)
        card.add(self.form)
        card.add(row(self.save, self.off, self.back, 1))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(card)
        self.table.selected.connect(self._chosen)
        self._chosen(None)

    def show_values(self, values: Values) -> None:
        """Show the keys as they will be."""
        self._changed = dict(values[settings.SHORTCUTS])
        self.table.set_rows(with_keys(self._changed, ACTIONS), keep=lambda action: action.id)

    def submit(self) -> None:
        """Give the chosen action the pressed key."""
        self._set(self.key.keySequence().toString(QKeySequence.SequenceFormat.PortableText))

    def reset(self) -> None:
        """Give the chosen action its shipped key."""
        action = self.table.current()
        if action is not None and action.id in self._changed:
            self._keep({name: keys for name, keys in self._changed.items() if name != action.id})

    def _set(self, keys: str) -> None:
        action = self.table.current()
        if action is None:
            return
        try:
            changed = change_key(self._changed, action.id, keys)
        except Refused as error:
            self.form.rows["shortcut"].refuse(say(error))
            return
        self._keep(changed)

    def _keep(self, changed: dict[str, str]) -> None:
        self.form.clear_errors()
        self.context.set_value(settings.SHORTCUTS, changed)
        self.show_values(self.context.values())

    def _chosen(self, action: ActionSpec | None) -> None:
        for widget in (self.key, self.save, self.off, self.back):
            widget.setEnabled(action is not None)
        self.form.clear_errors()
        self.key.clear()
        if action is None:
            self.what.say(N_("Choose an action in the list."))
        else:
            self.what.put(without_mnemonic(spoken(action.text)))

    def _key_cell(self, action: ActionSpec) -> Cell:
        own = action.id in self._changed
        return Cell(shown_key(action.shortcut) or "–", "accent" if own else "", "edit" if own else "")
