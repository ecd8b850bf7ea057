"""What record pages share: values of forms, sections by key, papers with reprint, joining twins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from PySide6.QtWidgets import QWidget

from deskapp.commands.papers import reprint
from deskapp.errors import N_, DeskError
from deskapp.models import catalogue
from deskapp.models.store import Command
from deskapp.queries.printing import JobCard, papers_of
from deskapp.ui import theme
from deskapp.ui.kit import (
    Button,
    Card,
    Choice,
    ChoiceBar,
    Column,
    ConfirmBar,
    DataTable,
    DateField,
    EmptyState,
    Form,
    MoneyField,
    NumberField,
    PageContext,
    SuggestField,
    Text,
    TextArea,
    TextField,
    row,
    spoken,
)
from deskapp.ui.pages.kind_fields import TickList
from deskapp.ui.pages.lists import fit_height
from deskapp.ui.pages.paper_preview import Preview
from deskapp.ui.pages.paper_words import kind_title, may_reprint, state_cell, void_words
from deskapp.ui.pages.settings_fields import Pick, Tick
from deskapp.ui.pages.words import choices, full_moment
from deskapp.ui.widgets.suggest import Search

YES_NO = (Choice("yes", N_("Yes"), "Y"), Choice("no", N_("No"), "N"))

def put_values(form: Form, values: Mapping[str, Any]) -> None:
    """Fill the fields of a form whose names are in `values`; the others stay as they are."""
    form.clear_errors()
    for key, widget in form.fields().items():
        if key in values:
            put_value(widget, values[key])


def put_value(widget: QWidget, value: Any) -> None:
    """Fill one field, whatever kind it is."""
    match widget:
        case ChoiceBar():
            widget.set_value(("yes" if value else "no") if isinstance(value, bool) else value)
        case Pick():
            widget.set_value(str(value))
        case Tick():
            widget.setChecked(bool(value))
        case TickList():
            widget.set_values([str(one) for one in value])
        case MoneyField():
            widget.set_fen(value)
        case NumberField():
            widget.set_value(value)
        case DateField():
            widget.set_day(date.fromisoformat(value) if value else None)
        case TextArea() | TextField():
            widget.setText("\n".join(map(str, value)) if isinstance(value, list | tuple) else str(value))


def get_values(form: Form) -> dict[str, Any]:
    """Return what the fields of a form hold, by name; days as ISO text."""
    return {key: get_value(widget) for key, widget in form.fields().items()}


def get_value(widget: QWidget) -> Any:
    """Return what one field holds."""
    match widget:
        case ChoiceBar() | Pick():
            value = widget.value()
            return {"yes": True, "no": False}.get(value or "", value or "")
        case Tick():
            return widget.isChecked()
        case TickList():
            return tuple(widget.values())
        case MoneyField():
            return widget.fen() or 0
        case NumberField():
            return widget.value() or 0
        case DateField():
            day = widget.day()
            return day.isoformat() if day else widget.text().strip()
        case TextArea() | TextField():
            return widget.text().strip()
    return ""


class CodeTicks(TickList):
    """Several codes of a list, ticked; they show their own words in both languages."""

    def __init__(self, name: str) -> None:
        self._words = list(catalogue.words(name).values())
        super().__init__([Choice(word.code, word.title(), raw=True) for word in self._words])

    def retranslate(self) -> None:
        """Say the words in the window's language."""
        for button, word in zip(self.buttons, self._words, strict=True):
            button.put(word.title())
            button.setAccessibleName(word.title())


class Sections(ChoiceBar):
    """The parts of a long record, one shown at a time; keys 1 to 9 change between them."""

    def __init__(self, name: str, parts: Sequence[tuple[str, str, Sequence[QWidget]]]) -> None:
        super().__init__([Choice(value, title) for value, title, _widgets in parts], name=name, value=parts[0][0])
        self._parts = {value: tuple(widgets) for value, _title, widgets in parts}
        self.chosen.connect(self.go)
        self.go(parts[0][0])

    def go(self, value: str) -> None:
        """Show one part and hide the others."""
        self.set_value(value)
        for name, widgets in self._parts.items():
            for widget in widgets:
                # A part that hid itself, since it has nothing to say to this person, stays hidden.
                widget.setVisible(name == value and not widget.property("withheld"))


class PapersCard(Card):
    """The papers of a record, and a marked copy of one with a reason."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("Papers"), icon="printer")
        self.context = context
        self._subjects: tuple[str, ...] = ()
        self.table = DataTable(
            [
                Column("kind", N_("Paper"), lambda job: kind_title(job.kind), 150),
                Column("number", N_("Paper number"), lambda job: job.number, 190),
                Column("copy", N_("Copy"), _copy_title, 130),
                Column("state", N_("State"), state_cell, 160),
                Column("at", N_("When"), lambda job: full_moment(job.created_at), 150),
                Column("reason", N_("Reason"), lambda job: _reason_title(job.reason), 0),
            ],
            name=N_("Papers"), empty=EmptyState("printer", N_("No paper has been made for this yet.")),
        )  # fmt: skip
        self.form = Form()
        self.reason = ChoiceBar(choices("reprint_reasons"), name=N_("Reason for the reprint"))
        self.form.add("reason", N_("Reason for the &reprint"), self.reason)
        self.print_button = Button(N_("Print a &copy"), icon="printer", clicked=self.print_copy)
        self.look_button = Button(N_("Look at it"), "quiet", icon="eye", clicked=self.look)
        self.void = Text(role="danger", wrap=True)
        self.preview = Preview()
        self.preview.setMinimumHeight(theme.px(420))
        self.preview.hide()
        self.add(self.table)
        self.add(self.void)
        self.add(self.form)
        self.add(row(self.look_button, 1, self.print_button))
        self.add(self.preview)
        self.reason.confirmed.connect(lambda _value: self.print_copy())
        self._selected(None)
        self.table.selected.connect(self._selected)
        self.table.opened.connect(lambda _job: self.look())

    def show_for(self, *subject_ids: str) -> None:
        """Show the papers of these records."""
        if subject_ids and subject_ids != self._subjects:
            self.preview.hide()
        self._subjects = subject_ids or self._subjects
        wanted = self._subjects
        self.context.jobs.ask(
            lambda session: papers_of(session, *wanted), owner=self, then=self._here, exclusive="papers"
        )

    def print_copy(self) -> None:
        """Queue a copy of the chosen paper."""
        job = self.table.current()
        if job is not None:
            act = reprint(job_id=job.id, reason=self.reason.value() or "")
            self.context.jobs.do(act, owner=self, then=self._queued, refused=self._refused)

    def look(self) -> None:
        """Show the picture of the chosen paper below, or take it away."""
        job: JobCard | None = self.table.current()
        on = job is not None and self.preview.isHidden()
        self.preview.setVisible(on)
        self.look_button.say(N_("Close the picture") if on else N_("Look at it"))
        if on and job is not None:
            self.preview.show_job(self.context.jobs, job)

    def _here(self, jobs: Sequence[JobCard]) -> None:
        self.table.set_rows(jobs, keep=lambda job: job.id)
        fit_height(self.table, len(jobs))
        # A table that is filled anew tells nobody which row is current now, nor that none is.
        self._selected(self.table.current())

    def _selected(self, job: JobCard | None) -> None:
        again = job is not None and may_reprint(job)
        self.form.setVisible(again)
        self.print_button.setEnabled(again)
        self.look_button.setEnabled(job is not None)
        self.void.put(void_words(job) if job is not None else "")
        self.void.setVisible(bool(self.void.text()))
        if job is not None and not self.preview.isHidden():
            self.preview.show_job(self.context.jobs, job)

    def _queued(self, _job_id: str) -> None:
        self.reason.set_value(None)
        self.context.toast(N_("A marked copy is on its way to the printer"), tone="ok")
        self.show_for()

    def _refused(self, error: DeskError) -> None:
        self.form.refuse(error, otherwise=lambda text: self.context.toast(text, tone="warn", raw=True))


class JoinCard(Card):
    """Two records of one thing become one: choose the twin, say why, confirm."""

    def __init__(
        self, context: PageContext, search: Search, join: Callable[[str, str, str], Command[None]],
        joined: Callable[[], object],
    ) -> None:  # fmt: skip
        super().__init__(
            N_("Entered twice? Join the twin into this record"), icon="copy",
            hint=N_("Everything of the twin moves here; its papers stay as they are. Both stay in the history."),
        )
        self.context, self._join, self._joined = context, join, joined
        self._keep = ""
        self.twin = SuggestField(context.jobs, search, name=N_("Twin"))
        self.reason = TextField()
        self.form = Form(columns=2)
        self.form.add("twin_id", N_("&Twin"), self.twin)
        self.form.add("reason", N_("&Reason"), self.reason)
        self.confirm = ConfirmBar()
        self.button = Button(N_("&Join …"), icon="copy", clicked=self.ask)
        self.add(self.form)
        self.add(self.confirm)
        self.add(row(1, self.button))
        self.reason.returnPressed.connect(self.ask)
        self.setProperty("withheld", not context.may("join"))
        self.setVisible(context.may("join"))

    def keep(self, record_id: str) -> None:
        """Name the record that stays."""
        self._keep = record_id
        self.twin.reset()
        self.reason.clear()

    def ask(self) -> None:
        """Ask once more, naming the twin."""
        chosen = self.twin.chosen
        if chosen is None:
            self.form.rows["twin_id"].refuse(spoken(N_("Choose the twin from the list.")))
            return
        self.confirm.ask(
            N_("Join “{twin}” into this record? It disappears from the lists."), N_("Join"),
            lambda: self._do(chosen.data.id), twin=chosen.title,
        )  # fmt: skip

    def _do(self, twin_id: str) -> None:
        act = self._join(self._keep, twin_id, self.reason.text())
        self.context.jobs.do(act, owner=self, then=lambda _done: self._done(), refused=self._refused)

    def _done(self) -> None:
        self.keep(self._keep)
        self.context.toast(N_("The two records are one now"), tone="ok")
        self._joined()

    def _refused(self, error: DeskError) -> None:
        self.form.refuse(error, otherwise=lambda text: self.context.toast(text, tone="warn", raw=True))


def _copy_title(job: JobCard) -> str:
    return spoken(N_("copy {number}"), number=job.copy_no) if job.copy_no else spoken(N_("original"))


def _reason_title(code: str) -> str:
    return catalogue.title("reprint_reasons", code) if code else ""
