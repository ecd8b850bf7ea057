"""The printers at the head of the queue: how each is in words, what waits before it, and what a person can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from deskapp.commands.printer_profiles import pause_printer
from deskapp.errors import N_
from deskapp.print.printers import Condition
from deskapp.rules.printer_profiles import Profile
from deskapp.ui import theme
from deskapp.ui.kit import Button, ConfirmBar, PageContext, Picture, Text, row, spoken
from deskapp.ui.pages.printer_words import condition_look, icon_of, printer_name
from deskapp.ui.pages.printers_work import PrinterLine, ask_anew, ask_condition
from deskapp.ui.tokens import MEDIUM, SMALL, TIGHT

TILE_WIDTH = 330
"""Least width of a tile, px at 100 %."""
MOST_COLUMNS = 4
LOOK_MS = 10_000
"""How often the printers are asked while somebody looks at them."""


class PrinterTile(QFrame):
    """One printer: name, condition in words, how much waits, pause, try now, clear."""

    def __init__(self, context: PageContext, clear: Callable[[PrinterLine, str], object]) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.context, self._clear = context, clear
        self.line: PrinterLine | None = None
        self.condition: Condition | None = None
        self._named = ""
        self._profiles: Mapping[str, Profile] = {}
        self.icon = Picture("printer", "accent", 20)
        self.name = Text(role="strong")
        self.look = Picture("clock", "muted", 18)
        self.sentence = Text(wrap=True)
        self.load = Text(role="caption", wrap=True)
        self.pause = Button(N_("Pause printing"), "quiet", icon="player-pause", clicked=self._pause)
        self.now = Button(N_("Try now"), "quiet", icon="refresh", clicked=self._hurry)
        self.clear = Button(N_("Clear …"), "quiet", icon="trash", clicked=self._ask_clear)
        column = QVBoxLayout(self)
        column.setContentsMargins(MEDIUM, SMALL, SMALL, SMALL)
        column.setSpacing(TIGHT)
        head = row(self.icon, self.name, 1, self.load)
        column.addLayout(head)
        told = row(self.look, gap=SMALL)
        told.setAlignment(self.look, Qt.AlignmentFlag.AlignTop)
        told.addWidget(self.sentence, 1)
        column.addLayout(told)
        column.addStretch(1)
        column.addLayout(row(self.pause, self.now, self.clear, 1, gap=0))

    def show_line(self, line: PrinterLine, profiles: Mapping[str, Profile]) -> None:
        """Show a printer; its condition stays until it is asked again."""
        if self.line is not None and self.line.address != line.address:
            self.condition = None
        self.line, self._profiles = line, profiles
        self.icon.show_icon(icon_of(line.address, line.profile.language))
        self.retranslate()

    def show_condition(self, condition: Condition) -> None:
        """Show how the printer is."""
        self.condition = condition
        self.retranslate()

    def retranslate(self) -> None:
        """Say everything in the window's language."""
        if self.line is None:
            return
        line = self.line
        self._named = printer_name(line.address, self._profiles)
        self.name.put(self._named)
        tone, icon, sentence = condition_look(self.condition, paused=line.profile.paused)
        self.look.show_icon(icon, tone)
        self.sentence.say(sentence)
        self.sentence.set_role(tone if tone in ("danger", "warn") else "body")
        self.load.put(load_words(line))
        self.pause.say(N_("Go on printing") if line.profile.paused else N_("Pause printing"))
        self.pause.set_icon("player-play" if line.profile.paused else "player-pause")
        self.clear.say(N_("Clear …") if line.raw else N_("Take back …"))
        self.clear.setVisible(line.raw or line.held > 0)
        for button in (self.pause, self.now, self.clear):
            button.setAccessibleName(f"{button.accessibleName()} {self._named}".strip())

    def _pause(self) -> None:
        if self.line is not None:
            act = pause_printer(address=self.line.address, paused=not self.line.profile.paused)
            self.context.jobs.do(act, owner=self)

    def _hurry(self) -> None:
        if self.line is not None:
            ask_anew(self.line.address)
            self.context.printing.hurry()
            self.context.toast(N_("Trying now."), tone="info")
            self.ask()

    def _ask_clear(self) -> None:
        if self.line is not None:
            self._clear(self.line, self._named)

    def ask(self) -> None:
        """Ask the printer how it is, in the background."""
        if self.line is None:
            return
        profile = self.line.profile

        def show(condition: Condition) -> None:
            if self.line is not None and self.line.address == profile.address:
                self.show_condition(condition)

        self.context.jobs.background(lambda _progress: ask_condition(profile), owner=self, then=show)


def load_words(line: PrinterLine) -> str:
    """Return in words what lies before a printer."""
    parts = []
    if line.waiting:
        parts.append(spoken(N_("{count} papers wait"), count=line.waiting))
    if line.held:
        parts.append(spoken(N_("{count} held by it"), count=line.held))
    if line.doubt:
        parts.append(spoken(N_("{count} in doubt"), count=line.doubt))
    return " · ".join(parts) or spoken(N_("no paper waits"))


class PrinterStrip(QWidget):
    """The tiles of all printers, and the question before one is cleared."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self.context = context
        self.tiles: dict[str, PrinterTile] = {}
        self.confirm = ConfirmBar()
        self._grid = QGridLayout()
        self._grid.setSpacing(MEDIUM)
        self._columns = 0
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._grid)
        column.addWidget(self.confirm)
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self.ask)

    def show_printers(self, lines: Sequence[PrinterLine], profiles: Mapping[str, Profile]) -> None:
        """Show these printers; new ones are asked how they are at once."""
        gone = set(self.tiles) - {line.address for line in lines}
        for address in gone:
            tile = self.tiles.pop(address)
            tile.hide()
            self._grid.removeWidget(tile)
            tile.deleteLater()
        order = [line.address for line in lines]
        for line in lines:
            tile = self.tiles.get(line.address) or PrinterTile(self.context, self.ask_clear)
            changed = tile.line is None or _troubled(tile.line) != _troubled(line)
            self.tiles[line.address] = tile
            tile.show_line(line, profiles)
            if changed:
                tile.ask()
        self.tiles = {address: self.tiles[address] for address in order}
        self._place(anew=True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put as many side by side as there is room for."""
        super().resizeEvent(event)
        self._place()

    def retranslate(self) -> None:
        """Place the tiles anew: another language needs more or less room."""
        self._place()

    def _place(self, *, anew: bool = False) -> None:
        least = max([theme.px(TILE_WIDTH), *(tile.minimumSizeHint().width() for tile in self.tiles.values())])
        columns = max(1, min(MOST_COLUMNS, (self.width() + MEDIUM) // (least + MEDIUM)))
        if columns == self._columns and not anew:
            return
        for place in range(MOST_COLUMNS):
            self._grid.setColumnStretch(place, 1 if place < columns else 0)
        self._columns = columns
        for place, tile in enumerate(self.tiles.values()):
            self._grid.addWidget(tile, place // columns, place % columns)

    def watch(self, on: bool) -> None:
        """Ask every few seconds while somebody looks."""
        if on:
            self._timer.start()
        else:
            self._timer.stop()

    def ask(self) -> None:
        """Ask every printer how it is."""
        if self.isVisible():
            for tile in self.tiles.values():
                tile.ask()

    def ask_clear(self, line: PrinterLine, name: str) -> None:
        """Ask once more before a printer forgets what it holds."""
        if not line.raw:
            self.confirm.ask(
                N_("Take {count} papers back from “{name}”? They will not be printed there and count as cancelled;"
                   " afterwards print them on something else."),
                N_("Take them back"), lambda: self._clear(line.address), name=name, count=line.held,
            )  # fmt: skip
            return
        self.confirm.ask(
            N_("Clear “{name}”? It forgets the {count} papers it holds or that are in doubt; they will not be printed"
               " and count as cancelled. Papers that only wait here stay."),
            N_("Clear it"), lambda: self._clear(line.address), name=name, count=line.held + line.doubt,
        )  # fmt: skip

    def _clear(self, address: str) -> None:
        clear = self.context.printing.clear
        self.context.jobs.background(lambda _progress: clear(address), owner=self, then=self._cleared)

    def _cleared(self, told: bool) -> None:
        if told:
            self.context.toast(N_("The printer has forgotten what it held."), tone="ok")
        else:
            self.context.toast(
                N_("The printer could not be told. Switch it off and on; that clears it too."), tone="warn"
            )
        self.ask()


def _troubled(line: PrinterLine) -> tuple[int, int, bool]:
    return line.held, line.doubt, line.profile.paused
