"""The print queue: what waits, what is in doubt, what came out; with a picture of the very paper."""

from __future__ import annotations

from deskapp.commands.papers import reprint
from deskapp.commands.printing import answer_unknown, cancel_job, retry_job
from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.models.store import Changes
from deskapp.queries import printing
from deskapp.queries.printing import JobCard
from deskapp.ui.kit import (
    Button,
    Card,
    Choice,
    ChoiceBar,
    Column,
    DataTable,
    EmptyState,
    Page,
    PageContext,
    Text,
    column,
    row,
    spoken,
)
from deskapp.ui.pages.paper_preview import Preview
from deskapp.ui.pages.paper_words import may_reprint, paper_title, state_cell, void_words
from deskapp.ui.pages.words import choices, moment
from deskapp.ui.tokens import LARGE


class PrintQueuePage(Page):
    """Papers on the left, the chosen one and what can be done with it on the right."""

    def __init__(self, context: PageContext) -> None:
        hint = N_("Papers print by themselves. Here is what needs a person.")
        super().__init__(context, N_("Print queue"), hint, scroll=False)
        self.job: JobCard | None = None
        self.which = ChoiceBar(
            [Choice("open", N_("Not finished")), Choice("all", N_("Newest"))], name=N_("Which papers"), value="open"
        )
        self.table = DataTable(
            [
                Column("kind", N_("Paper"), paper_title, 170),
                Column("number", N_("Number"), lambda job: job.number, 0),
                Column("state", N_("State"), state_cell, 150),
                Column("at", N_("Last change"), lambda job: moment(job.state_at), 110),
            ],
            name=N_("Papers"),
            empty=EmptyState("printer", N_("Everything has come out. New papers show up here while they print.")),
        )
        left = Card()
        left.add(self.which)
        left.add(self.table, 1)
        both = row(gap=LARGE)
        both.addLayout(column(left), 3)
        both.addLayout(column(self._detail_card()), 2)
        self.body.addLayout(both, 1)
        self.which.chosen.connect(lambda _value: self._ask())
        self.table.selected.connect(self._choose)

    def _detail_card(self) -> Card:
        card = Card()
        self.name = Text("", "heading")
        self.void = Text("", "danger", wrap=True)
        self.trouble = Text("", "warn", wrap=True)
        self.preview = Preview()
        self.yes = Button(N_("&Yes, it came out"), "primary", icon="check", clicked=lambda: self._answer(True))
        self.no = Button(N_("&No, send it again"), icon="refresh", clicked=lambda: self._answer(False))
        self.retry = Button(N_("Try &again"), icon="refresh", clicked=self._retry)
        self.cancel = Button(N_("&Cancel"), "quiet", icon="ban", clicked=self._cancel)
        self.reason = ChoiceBar(choices("reprint_reasons"), name=N_("Reason for the reprint"))
        self.reason_label = Text(N_("Reason for the reprint"), "label")
        self.reprint_button = Button(N_("&Reprint, marked as a copy"), icon="copy", clicked=self._reprint)
        card.add(self.name)
        card.add(self.void)
        card.add(self.trouble)
        card.add(row(self.yes, self.no, self.retry, self.cancel, 1))
        card.add(self.preview, 1)
        card.add(self.reason_label)
        card.add(self.reason)
        card.add(row(1, self.reprint_button))
        self._show(None)
        return card

    def open(self, **args: object) -> None:
        """Show what is not finished, or the papers of everybody's choice."""
        if args.get("which"):
            self.which.set_value(str(args["which"]))
        self._ask()
        self.focus_first(self.table)

    def changed(self, changes: Changes) -> None:
        """Ask again when a job moved on."""
        if changes.touches("print_job"):
            self._ask()

    def _ask(self) -> None:
        question = printing.open_jobs if self.which.value() == "open" else printing.recent_jobs
        self.jobs.ask(question, owner=self, then=self._list, exclusive="papers")

    def _list(self, jobs: list[JobCard]) -> None:
        chosen = self.job.id if self.job else ""
        self.table.set_rows(jobs)
        self._show(next((job for job in jobs if job.id == chosen), jobs[0] if jobs else None))

    def _choose(self, job: JobCard | None) -> None:
        if job is not None and (self.job is None or job.id != self.job.id or job.state != self.job.state):
            self._show(job)

    def _show(self, job: JobCard | None) -> None:
        fresh = job is not None and (self.job is None or _looks(job) != _looks(self.job))
        self.job = job
        state = job.state if job else ""
        self.yes.setVisible(state in ("unknown", "held"))
        self.no.setVisible(state in ("unknown", "held"))
        self.retry.setVisible(state in ("failed", "cancelled"))
        self.cancel.setVisible(state in ("queued", "failed"))
        done = state == "printed" and job is not None and may_reprint(job)
        for widget in (self.reason, self.reason_label, self.reprint_button):
            widget.setVisible(done)
        if job is None:
            self.name.say(N_("No paper chosen"))
            self.trouble.put("")
            self.void.put("")
            self.preview.clear()
            return
        self.name.put(f"{paper_title(job)}  {job.number}")
        self.void.put(void_words(job))
        self.trouble.put(spoken(job.error) if job.error else "")
        if state == "unknown" and not job.error:
            self.trouble.say(N_("The power or the cable failed while this paper was being sent. Look: is it there?"))
        if fresh:
            self.preview.show_job(self.jobs, job)

    def _answer(self, came_out: bool) -> None:
        if self.job:
            act = answer_unknown(job_id=self.job.id, came_out=came_out)
            self.jobs.do(act, owner=self, refused=self._refused)

    def _retry(self) -> None:
        if self.job:
            self.jobs.do(retry_job(job_id=self.job.id), owner=self, refused=self._refused)

    def _cancel(self) -> None:
        if self.job:
            self.jobs.do(cancel_job(job_id=self.job.id), owner=self, refused=self._refused)

    def _reprint(self) -> None:
        if self.job:
            act = reprint(job_id=self.job.id, reason=self.reason.value() or "")
            self.jobs.do(act, owner=self, then=self._reprinted, refused=self._refused)

    def _reprinted(self, _job_id: str) -> None:
        self.reason.set_value(None)
        self.context.toast(N_("A marked copy is printing."), tone="ok")

    def _refused(self, error: DeskError) -> None:
        self.banner.put("danger", say(error))
        if error.field == "reason":
            self.reason.setFocus()


def _looks(job: JobCard) -> tuple[str, str, int, str]:
    return job.id, job.card, job.copy_no, job.superseded_by
