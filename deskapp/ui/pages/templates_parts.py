"""Parts of the page of templates: the options of one, and what is wrong with the branch's own files."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from deskapp.errors import N_
from deskapp.i18n import language
from deskapp.ui.kit import Banner, Choice, ChoiceBar, FlowLayout, Form, Text, TextField, reveal, spoken
from deskapp.ui.pages.settings_fields import Tick
from deskapp.ui.pages.templates_work import Row, TemplatesView
from deskapp.ui.tokens import LARGE, SMALL

if TYPE_CHECKING:
    from deskapp.print.templates import Option


class OptionsForm(QWidget):
    """The options of a template as ticks, texts and choices; built anew for each template."""

    def __init__(self, tuned: Callable[[str, bool | str], object]) -> None:
        super().__init__()
        self._tell = tuned
        self.title = Text(N_("Options"), "label")
        self.fields: dict[str, QWidget] = {}
        self._shown: tuple[str, tuple[str, ...]] = ("", ())
        self._form: QWidget | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SMALL)
        self._column.addWidget(self.title)

    def show_options(self, one: Row) -> None:
        """Show the options of the template of a kind."""
        told = (f"{one.id}:{language()}", tuple(option.name for option in one.options))
        if told != self._shown:
            self._shown = told
            self._build(one.options)
        for option in one.options:
            field, value = self.fields[option.name], one.values.get(option.name, option.default)
            if isinstance(field, Tick):
                field.setChecked(bool(value))
            elif isinstance(field, ChoiceBar):
                field.set_value(str(value))
            elif isinstance(field, TextField) and not field.hasFocus():
                field.setText(str(value))

    def _build(self, options: tuple[Option, ...]) -> None:
        if self._form is not None:
            self._column.removeWidget(self._form)
            self._form.hide()
            self._form.deleteLater()
        self._form = QWidget()
        inner = QVBoxLayout(self._form)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(SMALL)
        ticks, form = QWidget(), Form()
        flow = FlowLayout(ticks, gap=LARGE)
        inner.addWidget(ticks)
        inner.addWidget(form)
        self.fields = {}
        for option in options:
            words = option.words.both(language())[0]
            field = self.fields[option.name] = self._field(option, words)
            if option.kind == "flag":
                flow.addWidget(field)
            else:
                form.add(option.name, words, field)
        self._column.addWidget(self._form)

    def _field(self, option: Option, words: str) -> QWidget:
        tell = partial(self._told, option.name)
        if option.kind == "flag":
            tick = Tick(words)
            tick.edited.connect(tell)
            return tick
        if option.kind == "choice":
            bar = ChoiceBar([Choice(one, one, raw=True) for one in option.choices], numbered=False)
            bar.chosen.connect(tell)
            return bar
        text = TextField(limit=option.longest or 200)
        text.editingFinished.connect(lambda: tell(text.text()))
        return text

    def _told(self, name: str, value: bool | str) -> None:
        self._tell(name, value)


class FaultsCard(QWidget):
    """What is wrong with the branch's own files, and with what was chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.banners: list[Banner] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SMALL)
        self.hide()

    def show_view(self, view: TemplatesView) -> None:
        """Show one notice for each file that cannot be used, with its mistakes."""
        told = []
        for one in view.broken:
            head = spoken(N_("The template {file} cannot be used; the shipped one is printed instead."), file=one.file)
            told.append("\n".join([head, *(f"· {fault}" for fault in one.faults)]))
        for sentence, values, faults in view.notices:
            told.append("\n".join([spoken(sentence, **values), *(f"· {fault}" for fault in faults)]))
        while len(self.banners) < len(told):
            made = Banner("warn", dismissible=False)
            self._column.addWidget(made)
            self.banners.append(made)
        for place, banner in enumerate(self.banners):
            if place < len(told):
                banner.put("warn", told[place])
            else:
                banner.clear()
        reveal(self, bool(told))

    def retranslate(self) -> None:
        """The page asks again when the language changes."""
