"""Which document is printed where: one printer for a kind, what it is printed on, and who takes over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtWidgets import QVBoxLayout, QWidget

from deskapp.commands.printer_profiles import choose_printer
from deskapp.errors import N_, DeskError
from deskapp.models.store import ReadSession
from deskapp.paths import Home
from deskapp.queries.printers import Choice as Chosen
from deskapp.rules.printer_profiles import Profile
from deskapp.ui.kit import (
    Button,
    Card,
    Cell,
    Choice,
    Column,
    DataTable,
    EmptyState,
    Form,
    PageContext,
    Text,
    row,
    spoken,
)
from deskapp.ui.pages.lists import fit_height
from deskapp.ui.pages.paper_words import KINDS, kind_title
from deskapp.ui.pages.printer_words import medium_title, printer_name
from deskapp.ui.pages.printers_work import home_of
from deskapp.ui.pages.settings_fields import Pick

AS_SET = ""


@dataclass(frozen=True, slots=True)
class Way:
    """How one kind of document is printed here now; `own`: a person chose it for this kind."""

    kind: str
    address: str
    medium: str
    second: str
    own: bool
    media: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ways:
    """All kinds of document, and the printers there are."""

    ways: tuple[Way, ...]
    profiles: Mapping[str, Profile]
    choices: Mapping[str, Chosen]
    folder: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """A paper that nobody has asked for yet, to see where it would go."""

    kind: str
    medium: str
    state: str = "queued"
    printer: str = ""


def ways_of(session: ReadSession, home: Home) -> Ways:
    """Return where every kind of document is printed now."""
    from deskapp import settings
    from deskapp.commands.papers import medium_for
    from deskapp.print.render import MEDIA_OF
    from deskapp.print.routes import Routes

    routes = Routes.load(session, home)
    found = []
    for kind in KINDS:
        if kind in ("test_label", "recovery_code"):
            continue
        job = _Asked(kind, medium_for(kind, routes.values))
        address = routes.address(job)
        own = kind in routes.choices
        found.append(
            Way(kind, address, routes.medium(job), routes.second(address, kind), own, tuple(MEDIA_OF.get(kind, ())))
        )
    folder = f"pdf:{routes.values[settings.PRINT_FOLDER] or routes.folder}"
    return Ways(tuple(found), routes.profiles, routes.choices, folder)


class ChoicesPanel(QWidget):
    """The table of documents; the chosen ones are changed below it, several at once."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self.context = context
        self.ways: Ways | None = None
        self.table = DataTable(
            [
                Column("kind", N_("Kind of paper"), lambda way: kind_title(way.kind), 170),
                Column("printer", N_("Printer"), self._printer, 0),
                Column("medium", N_("Paper size"), lambda way: medium_title(way.medium), 190),
                Column("second", N_("Takes over"), self._second, 150),
            ],
            name=N_("What prints where"), many=True,
            empty=EmptyState("printer", N_("No kind of document is known.")),
        )  # fmt: skip
        self.printer = Pick()
        self.medium = Pick()
        self.second = Pick()
        self.form = Form(columns=3)
        self.form.add("address", N_("&Printer"), self.printer)
        self.form.add("medium", N_("P&aper"), self.medium)
        self.form.add("fallback", N_("&Takes over"), self.second)
        self.which = Text(role="strong", wrap=True)
        self.keep = Button(N_("&Keep"), "primary", icon="check", clicked=self.save)
        card = Card(N_("What prints where"), icon="printer",
                    hint=N_("Choose documents (several with Ctrl or Shift), then their printer. Where nothing is"
                            " chosen, the settings decide."))  # fmt: skip
        card.add(self.table)
        card.add(self.which)
        card.add(self.form)
        card.add(row(1, self.keep))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(card)
        outer.addStretch(1)
        self.table.view.selectionModel().selectionChanged.connect(lambda *_: self._chosen())

    def ask(self) -> None:
        """Ask where everything is printed now."""
        home = home_of(self.context.jobs)
        self.context.jobs.ask(lambda session: ways_of(session, home), owner=self, then=self.show_ways, exclusive="ways")

    def show_ways(self, ways: Ways) -> None:
        """Show where everything is printed."""
        self.ways = ways
        self.table.set_rows(ways.ways, keep=lambda way: way.kind)
        fit_height(self.table, len(ways.ways), most=10)
        if not self.table.chosen() and ways.ways:
            self.table.select(0)
        self._chosen()

    def retranslate(self) -> None:
        """Name everything in the window's language."""
        self._chosen()

    def _printer(self, way: Way) -> Cell:
        name = printer_name(way.address, self.ways.profiles if self.ways else {})
        return Cell(name) if way.own else Cell(spoken(N_("{printer} (as set)"), printer=name), "muted")

    def _second(self, way: Way) -> str:
        return printer_name(way.second, self.ways.profiles) if way.second and self.ways else ""

    def _chosen(self) -> None:
        chosen: list[Way] = self.table.chosen()
        self.keep.setEnabled(bool(chosen))
        if not chosen or self.ways is None:
            self.which.say(N_("Choose a kind of document."))
            return
        if len(chosen) == 1:
            self.which.put(kind_title(chosen[0].kind))
        else:
            self.which.say(N_("{count} kinds of document"), count=len(chosen))
        names = self.ways.profiles
        printers = [Choice(address, printer_name(address, names), raw=True) for address in names]
        folder = Choice(self.ways.folder, N_("Folder (PDF files)"))
        self.printer.set_choices([Choice(AS_SET, N_("As the settings say")), *printers, folder])
        self.second.set_choices([Choice(AS_SET, N_("Nobody")), *printers])
        media = [name for name in chosen[0].media if all(name in way.media for way in chosen)]
        offered = [Choice(AS_SET, N_("As the settings say")), *(Choice(m, medium_title(m), raw=True) for m in media)]
        self.medium.set_choices(offered)
        first = self.ways.choices.get(chosen[0].kind)
        self.printer.set_value(first.address if first else AS_SET)
        self.medium.set_value(first.medium if first else AS_SET)
        self.second.set_value(first.fallback if first else AS_SET)

    def save(self) -> None:
        """Keep the printer for all chosen kinds."""
        for way in self.table.chosen():
            act = choose_printer(
                kind=way.kind, address=self.printer.value() or "", fallback=self.second.value() or "",
                medium=self.medium.value() or "",
            )  # fmt: skip
            self.context.jobs.do(act, owner=self, then=lambda _done: self.ask(), refused=self._refused)

    def _refused(self, error: DeskError) -> None:
        self.form.refuse(error, otherwise=lambda text: self.context.toast(text, tone="warn", raw=True))
