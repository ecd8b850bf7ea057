"""Articles and guides to read out or print, found by any word, without a network."""

from __future__ import annotations

from PySide6.QtWidgets import QTextBrowser

from deskapp import knowledge
from deskapp.errors import N_
from deskapp.i18n import language
from deskapp.knowledge import Article
from deskapp.rules.guides import Guide
from deskapp.ui.kit import (
    Button,
    Card,
    Column,
    DataTable,
    EmptyState,
    Page,
    PageContext,
    TextField,
    column,
    row,
    spoken,
)
from deskapp.ui.tokens import LARGE


class Reader(QTextBrowser):
    """Shows one article as shipped with the program; text that people typed never comes here."""

    def __init__(self) -> None:
        super().__init__()
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.setProperty("role", "reader")
        self.retranslate()

    def retranslate(self) -> None:
        """Say the name in the window's language."""
        self.setAccessibleName(spoken(N_("Article")))


class KnowledgePage(Page):
    """The list on the left, the text on the right."""

    def __init__(self, context: PageContext) -> None:
        hint = N_("Answers for merchants, and the guides step by step.")
        super().__init__(context, N_("Knowledge"), hint, scroll=False)
        self.query = TextField(N_("Any word"), name=N_("Search the knowledge"))
        self.table = DataTable(
            [Column("title", N_("Title"), lambda entry: _title(entry), 0)],
            name=N_("Articles and guides"),
            empty=EmptyState("search", N_("Nothing has these words. Try another one.")),
        )
        self.reader = Reader()
        self.start = Button(N_("Guide a caller with this"), icon="phone", clicked=lambda: context.navigate("guidance"))
        self.start.hide()
        left = Card()
        left.add(self.query)
        left.add(self.table, 1)
        right = Card()
        right.add(self.reader, 1)
        right.add(row(1, self.start))
        both = row(gap=LARGE)
        both.addLayout(column(left), 2)
        both.addLayout(column(right), 3)
        self.body.addLayout(both, 1)
        self.query.textChanged.connect(lambda _text: self._search())
        self.query.returnPressed.connect(self.table.setFocus)
        self.table.selected.connect(self._show)

    def open(self, **args: object) -> None:
        """Come here to search."""
        self._search()
        self.focus_first(self.query)

    def retranslate(self) -> None:
        """Search the articles of the other language."""
        self._search()

    def _search(self) -> None:
        text = self.query.text()
        words = text.lower().split()
        guides = [
            guide for guide in knowledge.guides().values() if all(word in _guide_text(guide).lower() for word in words)
        ]
        entries: list[Article | Guide] = [*knowledge.search(text, language()), *guides]
        self.table.set_rows(entries)
        if entries:
            self._show(entries[0])

    def _show(self, entry: Article | Guide | None) -> None:
        if entry is None:
            return
        self.start.setVisible(isinstance(entry, Guide))
        self.reader.setMarkdown(entry.body if isinstance(entry, Article) else _guide_text(entry))


def _title(entry: Article | Guide) -> str:
    if isinstance(entry, Article):
        return entry.title
    return spoken(N_("Guide: {title}"), title=entry.title.in_language(language()))


def _guide_text(guide: Guide) -> str:
    wanted = language()
    lines = [f"# {guide.title.in_language(wanted)}", ""]
    for number, step in enumerate(guide.steps, 1):
        lines += [f"{number}. **{step.text.in_language(wanted)}**", "", f"   {step.hint.in_language(wanted)}", ""]
    return "\n".join([*lines, guide.tip.in_language(wanted)])
