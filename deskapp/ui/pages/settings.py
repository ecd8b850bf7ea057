"""The settings of this computer, section by section. Every declared setting has its place here (a test says so)."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from deskapp import settings
from deskapp.errors import N_
from deskapp.models.store import Changes
from deskapp.settings import Setting, Values
from deskapp.ui import line_watch
from deskapp.ui.kit import Button, Card, Choice, ChoiceBar, Form, NumberField, Page, PageContext, Text, row, spoken
from deskapp.ui.pages.settings_branch import BranchSection, ShelvesSection
from deskapp.ui.pages.settings_fields import PathField, Tick
from deskapp.ui.pages.settings_keys import KeysSection
from deskapp.ui.pages.settings_printing import PrintingForm

SECTIONS: tuple[tuple[str, str, str], ...] = (
    ("window", N_("Window"), "device-laptop"),
    ("access", N_("Locking"), "lock"),
    ("scanner", N_("Scanner"), "scan"),
    ("printing", N_("Printing"), "printer"),
    ("templates", N_("Templates"), "file-text"),
    ("photos", N_("Photos"), "camera"),
    ("branch", N_("Branch"), "building-store"),
    ("shelves", N_("Shelves"), "box"),
    ("shortcuts", N_("Shortcuts"), "keyboard"),
    ("sync", N_("Server"), "cloud"),
    ("backup", N_("Backup"), "database-export"),
)

LANGUAGES = [Choice("zh_CN", "简体中文", raw=True), Choice("en", "English", raw=True)]
THEMES = [Choice("light", N_("Light"), icon="sun"), Choice("dark", N_("Dark"), icon="moon"),
          Choice("contrast", N_("High contrast"), icon="contrast")]  # fmt: skip
SCALES = [Choice(str(percent), f"{percent} %", raw=True) for percent in (100, 110, 125, 150, 175, 200)]
LINES = [Choice("auto", N_("As the system says")), Choice("metered", N_("Yes, by volume")), Choice("free", N_("No"))]
CHOICES: dict[str, list[Choice]] = {
    settings.LANGUAGE.key: LANGUAGES, settings.THEME.key: THEMES, settings.SYNC_LINE.key: LINES,
}  # fmt: skip


class SettingsPage(Page):
    """Shows one section at a time; what is changed counts at once."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Settings"), N_("For this computer. What is changed counts at once."))
        self.bar = ChoiceBar(
            [Choice(name, title, icon=icon) for name, title, icon in SECTIONS], name=N_("Section"), value="window"
        )
        self.stack = QStackedWidget()
        self.sections: dict[str, QWidget] = {}
        self.locked = Text(N_("An administrator changes these settings."), "muted")
        self.add(self.bar)
        self.add(self.locked)
        self.add(self.stack)
        self.bar.chosen.connect(self.show_section)

    def open(self, **args: object) -> None:
        """Show a section (`section`), the one before by default."""
        self.show_section(str(args.get("section") or self.bar.value() or "window"))
        self.focus_first(self.bar)

    def changed(self, changes: Changes) -> None:
        """Show what was changed elsewhere."""
        if changes.touches("setting", "site", "shelf"):
            self._refresh()

    def show_section(self, name: str) -> None:
        """Show a section, building it when it is first wanted."""
        if name in ("backup", "templates"):
            self.context.navigate(name)
            return
        self.bar.set_value(name)
        section = self.sections.get(name)
        if section is None:
            section = self.sections[name] = self._build(name)
            self.stack.addWidget(section)
        for other in self.sections.values():
            policy = other.sizePolicy()
            policy.setVerticalPolicy(policy.Policy.Preferred if other is section else policy.Policy.Ignored)
            other.setSizePolicy(policy)
        self.stack.setCurrentWidget(section)
        free = name in ("window", "shortcuts") or self.context.may("settings")
        section.setEnabled(free)
        self.locked.setVisible(not free)
        self._refresh()

    def _refresh(self) -> None:
        section = self.stack.currentWidget()
        show = getattr(section, "show_values", None)
        if callable(show):
            show(self.context.values())

    def _build(self, name: str) -> QWidget:
        if name == "printing":
            return PrintingSection(self.context)
        if name == "branch":
            return BranchSection(self.context)
        if name == "shelves":
            return ShelvesSection(self.context)
        if name == "shortcuts":
            return KeysSection(self.context)
        return DeclaredSection(self.context, name)


class DeclaredSection(QWidget):
    """A section made from the declarations of its settings, in their order."""

    def __init__(self, context: PageContext, page: str) -> None:
        super().__init__()
        self.context = context
        self.inputs: dict[str, QWidget] = {}
        self.form = Form(columns=2)
        card = Card(settings.PAGES[page])
        card.add(self.form)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(card)
        column.addStretch(1)
        for setting in settings.ALL:
            if setting.page == page and setting is not settings.SHORTCUTS:
                self._add(setting)

    def show_values(self, values: Values) -> None:
        """Show the settings as they are."""
        for key, field in self.inputs.items():
            value = values[settings.declared(key)]
            if isinstance(field, ChoiceBar):
                field.set_value(str(value))
            elif isinstance(field, Tick):
                field.setChecked(bool(value))
            elif isinstance(field, NumberField):
                field.set_value(int(value))
            elif isinstance(field, PathField):
                field.set_value(str(value))

    def _add(self, setting: Setting[Any]) -> None:
        if setting.type is bool:
            tick = Tick(setting.title)
            tick.edited.connect(lambda on: self.context.set_value(setting, on))
            self.inputs[setting.key] = tick
            self.form.add(setting.key, "", tick)
        elif setting is settings.SCALE:
            scales = ChoiceBar(SCALES, numbered=False)
            scales.chosen.connect(lambda value: self.context.set_value(setting, int(value)))
            self._row(setting, scales)
        elif setting.key in CHOICES:
            bar = ChoiceBar(CHOICES[setting.key], numbered=False)
            bar.chosen.connect(lambda value: self.context.set_value(setting, value))
            self._row(setting, bar)
        elif setting.type is int:
            number = NumberField(low=setting.low or 0, high=setting.high or 999_999)
            number.editingFinished.connect(lambda: self._number(setting, number))
            self._row(setting, number)
        else:
            path = PathField()
            path.edited.connect(lambda value: self.context.set_value(setting, value))
            self._row(setting, path)

    def _row(self, setting: Setting[Any], field: QWidget) -> None:
        self.inputs[setting.key] = field
        hint = line_watch.sentence() if setting is settings.SYNC_LINE else setting.hint or _bounds(setting)
        self.form.add(setting.key, setting.title, field, hint=hint)

    def _number(self, setting: Setting[int], field: NumberField) -> None:
        value = field.value()
        if value is None:
            field.set_value(self.context.values()[setting])
        elif value != self.context.values()[setting]:
            field.set_value(value)
            self.context.set_value(setting, value)


class PrintingSection(QWidget):
    """Printers, sizes, true-up; with a way to the queue."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self.printing = PrintingForm(context.jobs, folder=str(getattr(context.jobs.store, "home").papers))  # noqa: B009
        self.printing.edited.connect(context.set_value)
        self.queue = Button(N_("Print queue …"), "link", clicked=lambda: context.navigate("print_queue"))
        card = Card(settings.PAGES["printing"], icon="printer",
                    hint=N_("Set the size, print a test label, measure its rulers, and move it until it sits right."
                            " Without a label printer an A4 sheet of labels does."))  # fmt: skip
        card.add(self.printing)
        card.add(row(self.queue, 1))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(card)
        column.addStretch(1)

    def show_values(self, values: Values) -> None:
        """Show the settings as they are."""
        self.printing.show_values(values)


def _bounds(setting: Setting[Any]) -> str:
    if setting.type is int and setting is not settings.SCALE and setting.low is not None and setting.high is not None:
        return spoken(N_("{low} to {high}"), low=setting.low, high=setting.high)
    return ""
