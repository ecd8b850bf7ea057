"""Templates: what stands on labels and papers, chosen and tuned, with a picture of a real record beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout

from deskapp import settings
from deskapp.errors import N_, DeskError
from deskapp.i18n import language, say
from deskapp.models.store import Changes
from deskapp.ui import theme
from deskapp.ui.kit import (
    Button,
    Card,
    Cell,
    Choice,
    ChoiceBar,
    Column,
    DataTable,
    EmptyState,
    Form,
    LatinField,
    Page,
    PageContext,
    Text,
    column,
    reveal,
    row,
    spoken,
)
from deskapp.ui.pages.lists import fit_height
from deskapp.ui.pages.paper_preview import Preview
from deskapp.ui.pages.paper_words import kind_title
from deskapp.ui.pages.printer_words import medium_title
from deskapp.ui.pages.printers_work import home_of, open_folder
from deskapp.ui.pages.settings_fields import PathField, Pick
from deskapp.ui.pages.templates_parts import FaultsCard, OptionsForm
from deskapp.ui.pages.templates_work import (
    Offered,
    Row,
    TemplatesView,
    look_at_templates,
    newest_change,
    options_with,
    try_out,
)
from deskapp.ui.tokens import LARGE

if TYPE_CHECKING:
    from pathlib import Path

    from deskapp.models.store import Store
    from deskapp.print.proof import Proof

WATCH_MS = 1500
SIDE_BY_SIDE = 900
PAPER_LANGUAGES = [Choice("zh_CN", "简体中文", raw=True), Choice("en", "English", raw=True)]


class TemplatesPage(Page):
    """Kinds of document on the left, the template of one with its options and its picture on the right."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            context, N_("Templates"),
            N_("What stands on labels and papers. A template that is not right is told here; the shipped one prints."),
        )  # fmt: skip
        self.view = TemplatesView((), (), ())
        self.row: Row | None = None
        self._changed_at = 0.0
        self.locked = Text(N_("An administrator changes these settings."), "muted")
        self.faults = FaultsCard()
        self.head.addWidget(Button(N_("Open the &folder"), "link", icon="folder", clicked=self._open_folder))
        self.add(self.locked)
        self.add(self.faults)
        self._both = row(gap=LARGE)
        self._both.addLayout(column(self._list_card(), self._logo_card(), 1), 1)
        self._both.addLayout(column(self._detail_card(), 1), 1)
        self.body.addLayout(self._both)
        self._timer = QTimer(self, interval=WATCH_MS)
        self._timer.timeout.connect(self._watch)

    def _list_card(self) -> Card:
        self.table = DataTable(
            [
                Column("kind", N_("Kind of paper"), lambda one: kind_title(one.kind), 0),
                Column("template", N_("Template"), _template_cell, 190),
                Column("version", N_("Version"), lambda one: str(one.version), 80, right=True),
            ],
            name=N_("Templates"), empty=EmptyState("file-text", N_("No template is known.")),
        )  # fmt: skip
        card = Card()
        card.add(self.table)
        self.table.selected.connect(self._choose)
        return card

    def _logo_card(self) -> Card:
        hint = N_("A picture, best black on white. It is printed where a template has a place for it.")
        card = Card(N_("Logo"), icon="photo", hint=hint)
        self.logo = PathField(name=N_("Picture file of the logo"), file=True, kinds="*.png *.jpg *.jpeg *.bmp *.gif")
        card.add(self.logo)
        self.logo.edited.connect(self._keep_logo)
        return card

    def _detail_card(self) -> Card:
        self.name = Text(role="heading", wrap=True)
        self.pick = Pick(name=N_("Template"))
        self.options = OptionsForm(self._tuned)
        self.medium = Pick(name=N_("Paper size"))
        self.language = ChoiceBar(PAPER_LANGUAGES, name=N_("Language on paper"), numbered=False, value=language())
        self.about = Text(role="caption", wrap=True)
        self.preview = Preview()
        self.preview.most_height = 560
        self.own_name = LatinField(limit=40)
        self.own = Form()
        self.own.add("name", N_("&Copy to my own, under the name"), self.own_name,
                     hint=N_("Small letters, digits, - and _. Any editor opens the file; what you save shows here"
                             " at once."))  # fmt: skip
        self.copy = Button(N_("Copy and open the folder"), icon="copy", clicked=self.copy_own)
        form = Form(columns=2)
        form.add("template", N_("&Template"), self.pick)
        form.add("medium", N_("P&aper of the picture"), self.medium)
        form.add("language", N_("Language of the picture"), self.language, span=2)
        card = Card()
        for part in (self.name, form, self.options, self.about, self.preview, self.own, row(1, self.copy)):
            card.add(part)
        self.pick.chosen.connect(self._picked)
        self.medium.chosen.connect(lambda _value: self._draw())
        self.language.chosen.connect(lambda _value: self._draw())
        self.own_name.returnPressed.connect(self.copy_own)
        return card

    # ------------------------------------------------------------ coming and going

    def open(self, **args: object) -> None:
        """Show the templates, perhaps those of one kind (`kind`)."""
        self._wanted = str(args.get("kind") or "")
        self._ask()
        self.focus_first(self.table)

    _wanted = ""

    def changed(self, changes: Changes) -> None:
        """Ask again when a setting was changed."""
        if changes.touches("setting"):
            self._ask()

    def showEvent(self, event: QShowEvent) -> None:
        """Follow what is saved in the folder."""
        super().showEvent(event)
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop following it."""
        super().hideEvent(event)
        self._timer.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the template below the list where both do not fit side by side."""
        super().resizeEvent(event)
        beside = self.width() >= theme.px(SIDE_BY_SIDE)
        self._both.setDirection(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom)

    def retranslate(self) -> None:
        """Ask again: names and faults come in the window's language."""
        if self.view.rows:
            self._ask()

    def _watch(self) -> None:
        when = newest_change(self.view.folder) if self.view.rows else 0.0
        if when != self._changed_at:
            self._ask()

    def _ask(self) -> None:
        home = home_of(self.jobs)
        self.jobs.ask(
            lambda session: look_at_templates(session, home), owner=self, then=self._here, exclusive="templates"
        )

    def _here(self, view: TemplatesView) -> None:
        self.view = view
        self._changed_at = newest_change(view.folder)
        free = self.context.may("settings")
        reveal(self.locked, not free)
        for part in (self.pick, self.options, self.logo):
            part.setEnabled(free)
        self.faults.show_view(view)
        self.logo.set_value(view.logo)
        self.table.set_rows(view.rows, keep=lambda one: one.kind)
        fit_height(self.table, len(view.rows), most=14)
        wanted = self._wanted or (self.row.kind if self.row else "")
        self._wanted = ""
        place = next((n for n, one in enumerate(self.table.rows()) if one.kind == wanted), 0)
        self.table.select(place)
        self._show(self.table.rows()[place])

    # ------------------------------------------------------------ one template

    def _choose(self, one: Row | None) -> None:
        if one is not None and (self.row is None or one.kind != self.row.kind):
            self._show(one)

    def _show(self, one: Row) -> None:
        other = self.row is None or self.row.kind != one.kind
        self.row = one
        self.name.put(kind_title(one.kind))
        offered = [Choice(offer.id, _offer_words(offer), raw=True) for offer in one.offered]
        self.pick.set_choices(offered)
        self.pick.set_value(one.id)
        kept = self.medium.value() or ""
        self.medium.set_choices([Choice(name, medium_title(name), raw=True) for name in one.media])
        self.medium.set_value(kept if kept in one.media and not other else one.media[0])
        self.options.show_options(one)
        if other:
            self.own_name.clear()
            self.own.clear_errors()
        self._draw()

    def _draw(self) -> None:
        if self.row is None:
            return
        one, medium, words = self.row, self.medium.value() or "", self.language.value() or "zh_CN"
        store = cast("Store", self.jobs.store)

        def show(made: tuple[Proof, str]) -> None:
            if self.row is not None and self.row.kind == one.kind:
                self.preview.show_proof(made[0])
                if made[1]:
                    self.about.say(N_("Drawn from the newest one here: {number}"), number=made[1])
                else:
                    self.about.say(N_("No such paper has been made here yet; an empty one is shown."))

        self.jobs.background(
            lambda _progress: try_out(store, one, medium, words), owner=self, then=show, refused=self._not_drawn
        )

    def _not_drawn(self, error: DeskError) -> None:
        self.preview.clear()
        self.about.put(say(error))

    def _picked(self, template: str) -> None:
        if self.row is not None:
            chosen = dict(self.view.values[settings.TEMPLATES])
            chosen.pop(self.row.kind, None)
            if template != self.row.kind:
                chosen[self.row.kind] = template
            self.context.set_value(settings.TEMPLATES, chosen)

    def _keep_logo(self, path: str) -> None:
        """Take the picture into the branch's own folder, and print it from there."""
        home = home_of(self.jobs)

        def keep() -> str:
            from deskapp.print.here import keep_logo

            return keep_logo(home, path)

        def kept(name: str) -> None:
            self.logo.set_value(name)
            self.logo.set_wrong(False)
            self.context.set_value(settings.LOGO, name)

        def refused(error: DeskError) -> None:
            self.logo.set_wrong(True)
            self.context.toast(say(error), tone="warn", raw=True)

        self.jobs.background(lambda _progress: keep(), owner=self, then=kept, refused=refused)

    def _tuned(self, name: str, value: bool | str) -> None:
        if self.row is not None and self.row.values.get(name) != value:
            options = options_with(self.view.values, self.row.id, name, value)
            self.context.set_value(settings.TEMPLATE_OPTIONS, options)

    # ------------------------------------------------------------ own files

    def copy_own(self) -> None:
        """Write a copy of the shipped template into the branch's folder and open it."""
        if self.row is None:
            return
        kind, name, folder = self.row.kind, self.own_name.text().strip(), self.view.folder

        def write() -> Path:
            from deskapp.print import render  # noqa: F401 (makes the families of templates known)
            from deskapp.print.templates import begin_own

            return begin_own(kind, folder, name)

        self.jobs.background(lambda _progress: write(), owner=self, then=self._copied, refused=self._refused)

    def _copied(self, file: Path) -> None:
        self.own.clear_errors()
        self.own_name.clear()
        words = N_("{file} is ready to be changed. Choose it above when it is right.")
        self.context.toast(words, tone="ok", file=file.name)
        self._ask()
        open_folder(file.parent)

    def _open_folder(self) -> None:
        open_folder(home_of(self.jobs).templates)

    def _refused(self, error: DeskError) -> None:
        self.own.refuse(error, otherwise=lambda text: self.context.toast(text, tone="warn", raw=True))


def _template_cell(one: Row) -> Cell:
    return Cell(one.id, "", "edit") if one.own else Cell(spoken(N_("shipped")), "muted")


def _offer_words(one: Offered) -> str:
    return f"{one.name} ({one.id})" if one.own else spoken(N_("{name} (shipped)"), name=one.name)
