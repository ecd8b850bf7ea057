"""Printers: the list with their condition, setting one up, truing it, testing it, and which prints what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from deskapp.errors import N_
from deskapp.models.store import Changes, ReadSession
from deskapp.print.printers import Condition
from deskapp.queries.printers import PaperLeft, paper_left, profiles
from deskapp.rules.printer_profiles import Profile
from deskapp.ui.kit import (
    Button,
    Card,
    Cell,
    Choice,
    ChoiceBar,
    Column,
    DataTable,
    EmptyState,
    Page,
    PageContext,
    Text,
    reveal,
    row,
    spoken,
)
from deskapp.ui.pages.lists import fit_height
from deskapp.ui.pages.printer_words import (
    condition_look,
    icon_of,
    kind_of_printer,
    printer_name,
)
from deskapp.ui.pages.printers_choices import ChoicesPanel
from deskapp.ui.pages.printers_overview import Overview
from deskapp.ui.pages.printers_profile import ProfileForm
from deskapp.ui.pages.printers_setup import SetupPanel
from deskapp.ui.pages.printers_test import TestRunPanel
from deskapp.ui.pages.printers_true import TruePanel
from deskapp.ui.pages.printers_work import ask_anew, ask_condition
from deskapp.ui.tokens import LARGE
from deskapp.ui.widgets.deck import Deck

LOOK_MS = 15_000
PARTS = [
    Choice("overview", N_("Overview"), icon="info-circle"), Choice("profile", N_("Printer"), icon="printer"),
    Choice("true", N_("Paper and place"), icon="adjustments"), Choice("test", N_("Test run"), icon="checklist"),
]  # fmt: skip
SECTIONS = [
    Choice("list", N_("Printers"), icon="printer"), Choice("add", N_("Add a printer"), icon="plus"),
    Choice("choices", N_("What prints where"), icon="arrows-exchange"),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """The printers of this computer, and how much paper is left where that is counted."""

    profiles: Mapping[str, Profile]
    left: tuple[PaperLeft, ...]


def known_printers(session: ReadSession) -> Known:
    """Return the printers that are set up here."""
    return Known(profiles(session), tuple(paper_left(session)))


class PrintersPage(Page):
    """Three parts: the printers, adding one, what prints where."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            context, N_("Printers"), N_("Label and receipt printers, page printers and the folder of this computer.")
        )
        self.known = Known({}, ())
        self._to_list = False
        self.bar = ChoiceBar(SECTIONS, name=N_("Section"), value="list")
        self.stack = Deck()
        self.printers = PrinterList(context)
        self.setup = SetupPanel(context)
        self.choices = ChoicesPanel(context)
        self._panels: dict[str, QWidget] = {"list": self.printers, "add": self.setup, "choices": self.choices}
        for panel in self._panels.values():
            self.stack.addWidget(panel)
        self.head.addWidget(
            Button(N_("Templates …"), "link", icon="file-text", clicked=lambda: context.navigate("templates"))
        )
        self.head.addWidget(
            Button(N_("Print queue …"), "link", icon="printer", clicked=lambda: context.navigate("print_queue"))
        )
        self.head.addWidget(
            Button(
                N_("Settings …"),
                "link",
                icon="settings",
                clicked=lambda: context.navigate("settings", section="printing"),
            )
        )
        self.add(self.bar)
        self.add(self.stack)
        self.bar.chosen.connect(self.show_section)
        self.printers.add_wanted.clicked.connect(lambda: self.show_section("add"))
        self.printers.empty.button.clicked.connect(lambda: self.show_section("add"))
        self.setup.finished.connect(self._set_up)
        self.printers.overview.removed.connect(self._ask)
        self.setup.left.connect(self._left)

    def open(self, **args: object) -> None:
        """Show the printers, or a part (`section`), or one printer (`address`)."""
        self.printers.wanted = str(args.get("address") or "")
        self.show_section(str(args.get("section") or "list"))
        self._ask()
        self.focus_first(self.bar if self.bar.value() == "list" else self)

    def changed(self, changes: Changes) -> None:
        """Ask again when a printer was changed, or paper used up."""
        if changes.touches("printer_profile", "medium_profile", "printer_choice", "setting", "print_job"):
            self._ask()

    def scan(self, text: str) -> bool:
        """Take a code of the calibration paper."""
        true = self.printers.true
        if self.bar.value() == "list" and true.isVisible() and text.startswith("9900"):
            true.code.take_scan(text)
            return True
        return False

    def show_section(self, name: str) -> None:
        """Show a part of the page."""
        name = name if name in self._panels else "list"
        self.bar.set_value(name)
        self.stack.setCurrentWidget(self._panels[name])
        if name == "add":
            self.setup.begin(self.known.profiles)
        elif name == "choices":
            self.choices.ask()

    def _ask(self) -> None:
        self.jobs.ask(known_printers, owner=self, then=self._here, exclusive="printers")

    def _here(self, known: Known) -> None:
        self.known = known
        self.setup.known = known.profiles
        self.printers.show_printers(known)
        if self._to_list:  # only now it has the printer that was set up
            self._to_list = False
            self.printers.table.setFocus()
        if self.bar.value() == "choices":
            self.choices.ask()

    def _set_up(self, address: str, true_it: bool) -> None:
        self.printers.wanted = address
        self.printers.part = "true" if true_it else "overview"
        self._to_list = True
        self.show_section("list")
        self._ask()

    def _left(self) -> None:
        self.show_section("list")
        self.bar.setFocus()


class PrinterList(QWidget):
    """The printers that are set up, and one of them in all its parts."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self.context = context
        self.known = Known({}, ())
        self.profile: Profile | None = None
        self.conditions: dict[str, Condition] = {}
        self.wanted, self.part = "", "overview"
        self.empty = EmptyState(
            "printer", N_("No printer is set up yet. Papers go to the folder as PDF files."),
            action=N_("&Add a printer"),
        )  # fmt: skip
        self.table = DataTable(
            [
                Column("name", N_("Printer"), lambda one: Cell(printer_name(one.address, self.known.profiles), "",
                       icon_of(one.address, one.language)), 240),
                Column("kind", N_("Kind"), kind_of_printer, 130),
                Column("condition", N_("How it is"), self._condition, 0),
                Column("address", N_("Address"), lambda one: one.address, 220),
            ],
            name=N_("Printers"), empty=self.empty,
        )  # fmt: skip
        self.add_wanted = Button(N_("&Add a printer"), icon="plus")
        listed = Card()
        listed.add(self.table)
        listed.add(row(1, self.add_wanted))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(LARGE)
        outer.addWidget(listed)
        outer.addWidget(self._detail())
        outer.addStretch(1)
        self.table.selected.connect(self._choose)
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self.ask)

    def _detail(self) -> Card:
        context = self.context
        self.name = Text(role="heading", wrap=True)
        self.bar = ChoiceBar(PARTS, name=N_("Part of the printer"), value="overview")
        self.overview = Overview(context)
        self.form = ProfileForm(context)
        self.true = TruePanel(context)
        self.test = TestRunPanel(context)
        self._parts: dict[str, QWidget] = {
            "overview": self.overview, "profile": self.form, "true": self.true, "test": self.test,
        }  # fmt: skip
        self.detail = Card()
        self.detail.add(self.name)
        self.detail.add(self.bar)
        for part in self._parts.values():
            self.detail.add(part)
        self.bar.chosen.connect(self.show_part)
        self.overview.ask_button.clicked.connect(self._ask_one)
        self.show_part("overview")
        self.detail.hide()
        return self.detail

    def show_part(self, name: str) -> None:
        """Show one part of the chosen printer."""
        self.part = name
        self.bar.set_value(name)
        for other, widget in self._parts.items():
            reveal(widget, other == name)

    def show_printers(self, known: Known) -> None:
        """Show these printers; one that was just set up is chosen."""
        self.known = known
        chosen = self.wanted or (self.profile.address if self.profile else "")
        fresh = {address for address in known.profiles if address not in self.conditions}
        self.table.set_rows(list(known.profiles.values()), keep=lambda one: one.address)
        fit_height(self.table, len(known.profiles), most=6)
        reveal(self.add_wanted, bool(known.profiles))  # where there is none, what stands there asks for one
        shown = self.table.rows()
        place = next((n for n, one in enumerate(shown) if one.address == chosen), 0)
        if shown:
            self.table.select(place)
        part = self.part
        self.wanted = ""
        self._show(shown[place] if shown else None)
        if self.profile is not None and self.profile.raw or part in ("overview", "profile"):
            self.show_part(part)
        for address in fresh:
            self._look(known.profiles[address])

    def retranslate(self) -> None:
        """Say the name of the printer in the window's language."""
        if self.profile is not None:
            self._show(self.profile)

    def showEvent(self, event: QShowEvent) -> None:
        """Look at the printers while somebody looks."""
        super().showEvent(event)
        self._timer.start()
        self.ask()

    def hideEvent(self, event: QHideEvent) -> None:
        """Leave the printers alone."""
        super().hideEvent(event)
        self._timer.stop()

    def ask(self) -> None:
        """Ask every printer how it is."""
        for profile in self.known.profiles.values():
            self._look(profile)

    def _ask_one(self) -> None:
        if self.profile is not None:
            ask_anew(self.profile.address)
            self._look(self.profile)

    def _look(self, profile: Profile) -> None:
        def show(condition: Condition) -> None:
            self.conditions[profile.address] = condition
            self.table.model.forget_shown()
            self.table.view.viewport().update()
            if self.profile is not None and self.profile.address == profile.address:
                self.overview.show_condition(condition)

        self.context.jobs.background(lambda _progress: ask_condition(profile), owner=self, then=show)

    def _condition(self, profile: Profile) -> Cell:
        tone, icon, sentence = condition_look(self.conditions.get(profile.address), paused=profile.paused)
        return Cell(spoken(sentence), tone, icon)

    def _choose(self, profile: Profile | None) -> None:
        if profile is not None and (self.profile is None or profile.address != self.profile.address):
            self._show(profile)

    def _show(self, profile: Profile | None) -> None:
        self.profile = profile
        reveal(self.detail, profile is not None)
        if profile is None:
            return
        self.name.put(printer_name(profile.address, self.known.profiles))
        raw = profile.raw
        for button, part in zip(self.bar.buttons, PARTS, strict=True):
            button.setVisible(raw or part.value in ("overview", "profile", "true"))
        if not raw and self.part == "test":
            self.show_part("overview")
        left = tuple(one for one in self.known.left if one.address == profile.address)
        self.overview.show_printer(profile, self.known.profiles, left, self.conditions.get(profile.address))
        self.form.show_printer(profile, self.known.profiles)
        self.true.show_printer(profile, left)
        if raw:
            self.test.show_printer(profile)
