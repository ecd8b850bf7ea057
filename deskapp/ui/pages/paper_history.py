"""The papers of a record with who, why and what became of them; and the steps in the life of one paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from deskapp import catalogue
from deskapp.commands.papers import reprint
from deskapp.errors import N_, DeskError
from deskapp.models.store import ReadSession
from deskapp.queries.paper_queue import names_of
from deskapp.queries.printers import profiles
from deskapp.queries.printing import JobCard, Step, papers_of, steps_of
from deskapp.rules.printer_profiles import Profile
from deskapp.ui import theme
from deskapp.ui.kit import (
    Button,
    Card,
    ChoiceBar,
    Column,
    DataTable,
    EmptyState,
    Form,
    Happening,
    Jobs,
    PageContext,
    Text,
    Timeline,
    row,
    spoken,
)
from deskapp.ui.pages.lists import fit_height
from deskapp.ui.pages.paper_preview import Preview
from deskapp.ui.pages.paper_words import STATES, evidence_words, kind_title, may_reprint, state_cell, void_words
from deskapp.ui.pages.printer_words import printer_name
from deskapp.ui.pages.words import choices, full_moment


@dataclass(frozen=True, slots=True)
class Told:
    """The steps of one paper with the names of people and printers."""

    job: JobCard
    steps: tuple[Step, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    profiles: Mapping[str, Profile] = field(default_factory=dict)


def tell(session: ReadSession, job: JobCard) -> Told:
    """Return what happened to a paper, from its request on."""
    steps = tuple(steps_of(session, job.id))
    return Told(job, steps, names_of(session, [job.created_by, *(step.by for step in steps)]), profiles(session))


class PaperTimeline(Timeline):
    """What happened to one paper, newest first, with who."""

    def __init__(self) -> None:
        super().__init__()
        self._told: Told | None = None
        self.setAccessibleName("")

    def show_job(self, jobs: Jobs, job: JobCard) -> None:
        """Ask for the steps of a paper and show them."""
        jobs.ask(lambda session: tell(session, job), owner=self, then=self.show_told, exclusive="steps")

    def show_told(self, told: Told) -> None:
        """Show these steps."""
        self._told = told
        self.set_happenings([_happening(told, step) for step in reversed(told.steps)])

    def clear(self) -> None:
        """Show nothing."""
        self._told = None
        self.set_happenings([])

    def retranslate(self) -> None:
        """Say the steps in the window's language."""
        self.setAccessibleName(spoken(N_("What happened to this paper")))
        if self._told is not None:
            self.show_told(self._told)


def _happening(told: Told, step: Step) -> Happening:
    text, tone, icon = STATES.get(step.state, (step.state, "muted", "circle-check"))
    asked = step is told.steps[0] and step.state == "queued"
    what = spoken(N_("Asked for")) if asked else spoken(text)
    if step.printer:
        what = spoken(N_("{state}: {printer}"), state=what, printer=printer_name(step.printer, told.profiles))
    details = []
    if asked and told.job.copy_no:
        reason = catalogue.title("reprint_reasons", told.job.reason) if told.job.reason else ""
        details.append(spoken(N_("copy {number}: {reason}"), number=told.job.copy_no, reason=reason or told.job.reason))
    if step.note:
        details.append(spoken(step.note))
    proof = evidence_words(step.evidence)
    if proof and step.state == "printed":
        details.append(spoken(N_("Proof: {evidence}"), evidence=proof))
    elif proof and step.evidence == "person":
        details.append(spoken(N_("Somebody looked and said so.")))
    who = told.names.get(step.by or (told.job.created_by if asked else ""), "")
    quiet = {"ok": "ok", "danger": "danger", "warn": "warn", "accent": "accent"}.get(tone, "muted")
    return Happening(full_moment(step.at), what, who, "\n".join(details), icon, quiet)


@dataclass(frozen=True, slots=True)
class _Papers:
    jobs: tuple[JobCard, ...]
    names: Mapping[str, str]


def _papers(session: ReadSession, subjects: Sequence[str]) -> _Papers:
    jobs = tuple(papers_of(session, *subjects))
    return _Papers(jobs, names_of(session, [job.created_by for job in jobs]))


class PapersCard(Card):
    """The papers of a record: which there are, copies, who, why, state; a marked copy of one with a reason."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("Papers"), icon="printer")
        self.context = context
        self._subjects: tuple[str, ...] = ()
        self._names: Mapping[str, str] = {}
        self.table = DataTable(
            [
                Column("kind", N_("Paper"), lambda job: kind_title(job.kind), 150),
                Column("number", N_("Paper number"), lambda job: job.number, 180),
                Column("copy", N_("Copy"), _copy_title, 100),
                Column("state", N_("State"), state_cell, 150),
                Column("at", N_("When"), lambda job: full_moment(job.created_at), 140),
                Column("by", N_("Asked by"), lambda job: self._names.get(job.created_by, ""), 90),
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
        self.story = PaperTimeline()
        self.story.hide()
        self.offers = row()
        self.body.addLayout(self.offers)
        self.add(self.table)
        self.add(self.void)
        self.add(self.form)
        self.add(row(self.look_button, 1, self.print_button))
        self.add(self.story)
        self.add(self.preview)
        self.reason.confirmed.connect(lambda _value: self.print_copy())
        self._selected(None)
        self.table.selected.connect(self._selected)
        self.table.opened.connect(lambda _job: self.look())

    def offer(self, *buttons: Button) -> None:
        """Offer further papers that can be made for this record, at its head."""
        for button in buttons:
            self.offers.addWidget(button)
        self.offers.addStretch(1)

    def show_for(self, *subject_ids: str) -> None:
        """Show the papers of these records."""
        if subject_ids and subject_ids != self._subjects:
            self._close()
        self._subjects = subject_ids or self._subjects
        wanted = self._subjects
        self.context.jobs.ask(lambda session: _papers(session, wanted), owner=self, then=self._here, exclusive="papers")

    def print_copy(self) -> None:
        """Queue a copy of the chosen paper."""
        job = self.table.current()
        if job is not None:
            act = reprint(job_id=job.id, reason=self.reason.value() or "")
            self.context.jobs.do(act, owner=self, then=self._queued, refused=self._refused)

    def look(self) -> None:
        """Show picture and history of the chosen paper below, or take them away."""
        job: JobCard | None = self.table.current()
        on = job is not None and self.preview.isHidden()
        self.preview.setVisible(on)
        self.story.setVisible(on)
        self.look_button.say(N_("Close the picture") if on else N_("Look at it"))
        if on and job is not None:
            self._show(job)

    def _close(self) -> None:
        self.preview.hide()
        self.story.hide()
        self.look_button.say(N_("Look at it"))

    def _show(self, job: JobCard) -> None:
        self.preview.show_job(self.context.jobs, job)
        self.story.show_job(self.context.jobs, job)

    def _here(self, found: _Papers) -> None:
        self._names = found.names
        self.table.set_rows(found.jobs, keep=lambda job: job.id)
        fit_height(self.table, len(found.jobs))
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
            self._show(job)

    def _queued(self, _job_id: str) -> None:
        self.reason.set_value(None)
        self.context.toast(N_("A marked copy is on its way to the printer"), tone="ok")
        self.show_for()

    def _refused(self, error: DeskError) -> None:
        self.form.refuse(error, otherwise=lambda text: self.context.toast(text, tone="warn", raw=True))


def _copy_title(job: JobCard) -> str:
    return spoken(N_("copy {number}"), number=job.copy_no) if job.copy_no else spoken(N_("original"))


def _reason_title(code: str) -> str:
    return catalogue.title("reprint_reasons", code) if code else ""
