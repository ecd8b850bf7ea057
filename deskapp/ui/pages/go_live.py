"""Day one: a checklist that knows what is done, and the quick entry of devices that lie on the shelf already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QGridLayout, QWidget

from deskapp.errors import N_
from deskapp.models.store import Changes
from deskapp.queries.around import DayOne, day_one
from deskapp.rules.access import ROLE_TITLES, who_may
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.ui.kit import BigNumber, Button, Card, Page, PageContext, Pill, Text, spoken
from deskapp.ui.pages.go_live_entry import TakeOverCard
from deskapp.ui.pages.staff_rights import rights_table
from deskapp.ui.tokens import LARGE, MEDIUM


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the first day: when it is done, what to say about it, where it is done, by whom."""

    key: str
    title: str
    done: Callable[[DayOne], bool]
    words: str
    page: str
    right: str
    args: tuple[tuple[str, str], ...] = ()


STEPS = (
    Step("staff", N_("Staff, with roles and PINs"), lambda seen: seen.staff > 1 and seen.administrators > 1,
         N_("{staff} people, {administrators} of them administrators; two are better than one"), "staff", "staff"),
    Step("shelves", N_("Shelves, with labels"), lambda seen: seen.shelves > 0, N_("{shelves} shelves"), "shelf",
         "settings"),
    Step("models", N_("Models of terminals"), lambda seen: seen.models > 0, N_("{models} models"), "models",
         "catalogue"),
    Step("prices", N_("Price list"), lambda seen: seen.prices > 0, N_("{prices} lines"), "prices", "catalogue"),
    Step("parts", N_("Opening stock of parts"), lambda seen: seen.parts_in_stock > 0,
         N_("{parts_in_stock} parts in stock"), "import", "import", (("kind", "parts"),)),
    Step("merchants", N_("Merchants"), lambda seen: seen.merchants > 0, N_("{merchants} merchants"), "import",
         "import", (("kind", "merchants"),)),
    Step("devices", N_("Devices, with bindings and warranty"), lambda seen: seen.devices > 0 and seen.bound > 0,
         N_("{devices} devices, {bound} of them bound"), "import", "import", (("kind", "devices"),)),
    Step("taken", N_("Devices on the shelf taken over"), lambda seen: seen.taken_over > 0,
         N_("{taken_over} devices in hand"), "go_live", "go_live"),
)  # fmt: skip


class GoLivePage(Page):
    """The checklist above, the quick entry below."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            context, N_("Take over work in progress"),
            N_("Bring the branch into the program: what is done shows a tick, the rest a way to do it."),
        )  # fmt: skip
        self.seen: DayOne | None = None
        self.list_card = Card(N_("The first day"), icon="list-check")
        self.progress = BigNumber(N_("steps done"), icon="list-check", tone="accent")
        self.progress.clicked.connect(self._next_step)
        self.lines = QWidget()
        self._grid = QGridLayout(self.lines)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(LARGE)
        self._grid.setVerticalSpacing(MEDIUM)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnStretch(2, 1)
        self.pills: dict[str, Pill] = {}
        self.words: dict[str, Text] = {}
        self.buttons: dict[str, Button] = {}
        for line, step in enumerate(STEPS):
            self._line(line, step)
        self._backup_line(len(STEPS))
        self.list_card.add(self.lines)
        self.entry = TakeOverCard(context)
        self.add(self.list_card)
        self.add(self.entry)
        self.list_card.head.addWidget(self.progress)
        self.progress.setFixedWidth(self.progress.sizeHint().width())

    def _line(self, line: int, step: Step) -> None:
        self.pills[step.key] = Pill(N_("to do"), "neutral", "clock")
        self.words[step.key] = Text(role="muted", wrap=True)
        button = Button(N_("Do it"), "link", icon="chevron-right", clicked=lambda: self._go(step))
        self.buttons[step.key] = button
        able = who_may(rights_table(), step.right)
        asked = Text(N_("by: {who}"), "caption", who=spoken(ROLE_TITLES[able[-1]]))
        self._grid.addWidget(self.pills[step.key], line, 0)
        self._grid.addWidget(Text(step.title, "strong", wrap=True), line, 1)
        self._grid.addWidget(self.words[step.key], line, 2)
        self._grid.addWidget(button if self.context.may(step.right) else asked, line, 3)

    def _backup_line(self, line: int) -> None:
        self._grid.addWidget(Pill(N_("every day"), "info", "database-export"), line, 0)
        self._grid.addWidget(Text(N_("Backup on a second disk, recovery code in the safe"), "strong", wrap=True),
                             line, 1)  # fmt: skip
        self.backup_button = Button(
            N_("Do it"), "link", icon="chevron-right", clicked=lambda: self.context.navigate("backup")
        )
        self.backup_button.setEnabled(self.context.may("backup"))
        self._grid.addWidget(self.backup_button, line, 3)

    def open(self, **args: object) -> None:
        """Show how far the branch is."""
        self.reload()
        self.entry.begin()
        self.focus_first(self.entry.merchant)

    def reload(self) -> None:
        """Ask how far the branch is."""
        self.jobs.ask(day_one, owner=self, then=self._here, exclusive="day_one")

    def changed(self, changes: Changes) -> None:
        """Ask again whenever something of the first day was touched."""
        if changes.touches("staff", "shelf", "device_model", "part", "stock_move", "merchant", "device", "repair_item"):
            self.reload()

    def scan(self, text: str) -> bool:
        """Take a serial number into the quick entry; codes of ours go their usual way."""
        return parse_scan(text).kind is ScanKind.SERIAL and self.entry.scan(text)

    def save(self) -> None:
        """Take the listed devices over (Ctrl+S)."""
        self.entry.take_over()

    def _here(self, seen: DayOne) -> None:
        self.seen = seen
        values = {name: getattr(seen, name) for name in DayOne.__slots__}
        for step in STEPS:
            done = step.done(seen)
            pill, words = self.pills[step.key], self.words[step.key]
            pill.show_state(N_("done") if done else N_("to do"), "ok" if done else "warn", "check" if done else "clock")
            words.say(step.words, **values)
        self.progress.put(f"{sum(step.done(seen) for step in STEPS)} / {len(STEPS)}")

    def _go(self, step: Step) -> None:
        if step.page == "go_live":
            self.entry.merchant.setFocus()
        else:
            self.context.navigate(step.page, **dict(step.args))

    def _next_step(self) -> None:
        for step in STEPS:
            if self.seen is not None and not step.done(self.seen) and self.context.may(step.right):
                self._go(step)
                return
