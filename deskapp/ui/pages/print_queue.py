"""The print queue: the printers at its head, what waits, what is in doubt, what came out, and what a person can do."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout

from deskapp import settings
from deskapp.commands.papers import reprint
from deskapp.commands.printing import answer_window, cancel_job, redirect_job, retry_job
from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.models.store import Changes
from deskapp.print.page_watch import STUCK
from deskapp.queries.paper_queue import BatchLine, batch_line
from deskapp.queries.printing import JobCard, window_of
from deskapp.ui import theme
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
    Pill,
    Text,
    column,
    reveal,
    row,
    spoken,
)
from deskapp.ui.pages.desk_sheets import DeskSheets
from deskapp.ui.pages.lists import fit_height
from deskapp.ui.pages.paper_history import PaperTimeline
from deskapp.ui.pages.paper_preview import Preview
from deskapp.ui.pages.paper_words import STATES, may_reprint, paper_title, state_cell, void_words
from deskapp.ui.pages.print_queue_batch import BatchCard, BatchStrip
from deskapp.ui.pages.print_queue_elsewhere import Elsewhere, ElsewherePanel
from deskapp.ui.pages.print_queue_printers import PrinterStrip
from deskapp.ui.pages.print_queue_question import Question
from deskapp.ui.pages.printer_words import printer_name
from deskapp.ui.pages.printers_work import QueueView, home_of, look_at_queue
from deskapp.ui.pages.settings_fields import Pick
from deskapp.ui.pages.words import choices, moment
from deskapp.ui.tokens import HUGE, LARGE
from deskapp.ui.widgets.enter import go_to

ANYWHERE = ""
SIDE_BY_SIDE = 900  # width of the page, px at 100 %, from which list and paper stand side by side
LEAST_ROWS, MOST_ROWS = 4, 12
GOES_ON = N_("The printer has this paper and goes on by itself once that is done. It is never sent twice.")


class PrintQueuePage(Page):
    """Printers above; papers on the left; the chosen one and what can be done with it on the right."""

    def __init__(self, context: PageContext) -> None:
        hint = N_("Papers print by themselves. Here is what needs a person.")
        super().__init__(context, N_("Print queue"), hint)
        self.view = QueueView((), (), ())
        self.job: JobCard | None = None
        self._window: list[JobCard] = []
        self.printers = PrinterStrip(context)
        self.question = Question(self.jobs, self._answer)
        self.question.hide()
        self.add(self.printers)
        self.add(self.question)
        self._both = row(gap=LARGE)
        self._cards = (self._list_card(), self._detail_card())
        for card, share in zip(self._cards, (5, 4), strict=True):
            self._both.addLayout(column(card, 1), share)
            card.installEventFilter(self)
        self.body.addLayout(self._both)
        to_printers = Button(N_("Printers …"), "link", icon="settings", clicked=lambda: context.navigate("printers"))
        self.head.addLayout(row(DeskSheets(context), to_printers))
        self._show(None)

    def _list_card(self) -> Card:
        self.which = ChoiceBar(
            [Choice("open", N_("Not finished")), Choice("all", N_("Newest"))], name=N_("Which papers"), value="open"
        )
        self.at = Pick([Choice(ANYWHERE, N_("All printers"))], name=N_("Printer"))
        self.batches = BatchStrip(self.context, self._look_at_batch)
        self.table = DataTable(
            [
                Column("kind", N_("Paper"), paper_title, 0),
                Column("number", N_("Number"), lambda job: job.number, 165),
                Column("printer", N_("Printer"), self._printer_of, 110),
                Column("state", N_("State"), state_cell, 140),
                Column("at", N_("Last change"), lambda job: moment(job.state_at), 100),
            ],
            name=N_("Papers"),
            empty=EmptyState("printer", N_("Everything has come out. New papers show up here while they print.")),
        )
        card = Card()
        card.add(row(self.which, 1, self.at))
        card.add(self.batches)
        card.add(self.table, 1)
        self.which.chosen.connect(lambda _value: self._ask())
        self.at.chosen.connect(lambda _value: self._fill())
        self.table.selected.connect(self._choose)
        return card

    def _detail_card(self) -> Card:
        self.name = Text("", "heading", wrap=True)
        self.pill = Pill()
        self.void = Text("", "danger", wrap=True)
        self.trouble = Text("", "warn", wrap=True)
        self.look = Button(N_("I have &looked: it came out, or not"), "link", icon="eye", clicked=self._ask_held)
        self.retry = Button(N_("Try &again"), icon="refresh", clicked=self._retry)
        self.cancel = Button(N_("&Cancel"), "quiet", icon="ban", clicked=self._cancel)
        self.elsewhere = ElsewherePanel(self._redirect)
        self.preview = Preview()
        self.preview.most_height = 460
        self.reason = ChoiceBar(choices("reprint_reasons"), name=N_("Reason for the reprint"))
        self.reason_label = Text(N_("Reason for the reprint"), "label")
        self.reprint_button = Button(N_("&Reprint, marked as a copy"), icon="copy", clicked=self._reprint)
        self.batch = BatchCard(self.context)
        self.story = PaperTimeline()
        self.story_title = Text(N_("What happened to this paper"), "label")
        card = Card()
        head = row(self.name, self.pill)
        head.setStretch(0, 1)
        for part in (
            head, self.void, self.trouble, row(self.look, self.retry, self.cancel, 1), self.elsewhere, self.preview,
            self.reason_label, self.reason, row(1, self.reprint_button), self.batch, self.story_title, self.story,
        ):  # fmt: skip
            card.add(part)
        self.reason.confirmed.connect(lambda _value: self._reprint())
        return card

    # ------------------------------------------------------------ coming and going

    def open(self, **args: object) -> None:
        """Show what is not finished (`which` = open), the newest of all, one paper (`job`), one printer's (`at`)."""
        self.which.set_value(str(args.get("which") or self.which.value() or "open"))
        self._wanted = str(args.get("job") or "")
        self._at = str(args.get("at") or "")
        self._arrived = True
        self._ask()
        self.focus_first(self.table)

    def changed(self, changes: Changes) -> None:
        """Ask again when a job moved on, or a printer was changed."""
        if changes.touches("print_job", "printer_profile", "medium_profile", "printer_choice", "setting"):
            self._ask()

    def showEvent(self, event: QShowEvent) -> None:
        """Look at the printers while somebody looks."""
        super().showEvent(event)
        self.printers.watch(True)
        self.printers.ask()

    def hideEvent(self, event: QHideEvent) -> None:
        """Leave the printers alone."""
        super().hideEvent(event)
        self.printers.watch(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the chosen paper below the list where both do not fit side by side."""
        super().resizeEvent(event)
        self._arrange()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrange anew when a card needs another width: another language, a batch that shows up."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._arrange()
        return False

    def _arrange(self) -> None:
        least = sum(card.minimumSizeHint().width() for card in self._cards) + LARGE + 3 * HUGE
        beside = self.width() >= max(theme.px(SIDE_BY_SIDE), least)
        self._both.setDirection(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom)

    def retranslate(self) -> None:
        """Say the state in the window's language."""
        if self.view.printers:
            self._pick_printers()
        if self.job is not None:
            self._say(self.job)

    _wanted = _at = ""

    def _ask(self) -> None:
        home, which = home_of(self.jobs), self.which.value() or "open"
        self.jobs.ask(
            lambda session: look_at_queue(session, home, which), owner=self, then=self._list, exclusive="papers"
        )

    def _list(self, view: QueueView) -> None:
        self.view = view
        self.printers.show_printers(view.printers, view.profiles)
        self.batches.show_batches(view.batches)
        self._pick_printers()
        self._fill()
        self._ask_oldest()

    def _pick_printers(self) -> None:
        offered = [Choice(ANYWHERE, N_("All printers"))]
        for line in self.view.printers:
            offered.append(Choice(line.address, printer_name(line.address, self.view.profiles), raw=True))
        kept = self._at or self.at.value() or ANYWHERE
        self.at.set_choices(offered)
        self.at.set_value(kept if any(one.value == kept for one in offered) else ANYWHERE)
        self._at = ""
        self.at.setVisible(len(offered) > 2)

    def _fill(self) -> None:
        wanted = self._wanted or (self.job.id if self.job else "")
        self._wanted = ""
        here = self.at.value() or ANYWHERE
        jobs = [job for job in self.view.jobs if not here or self.view.addresses.get(job.id) == here]
        self.table.set_rows(jobs, keep=lambda job: job.id)
        fit_height(self.table, max(LEAST_ROWS, min(MOST_ROWS, len(jobs))))
        shown = self.table.rows()
        place = next((n for n, job in enumerate(shown) if job.id == wanted), 0)
        if shown:
            self.table.select(place)
        self._show(shown[place] if shown else None)

    def _printer_of(self, job: JobCard) -> str:
        return printer_name(self.view.addresses.get(job.id, job.printer), self.view.profiles)

    def _choose(self, job: JobCard | None) -> None:
        if job is not None and (self.job is None or job.id != self.job.id or job.state != self.job.state):
            self._show(job)

    def _look_at_batch(self, line: BatchLine) -> None:
        """Choose the first paper of a batch that is not over."""
        place = next((n for n, job in enumerate(self.table.rows()) if job.batch_id == line.id), None)
        if place is not None:
            self.table.select(place)
            self.table.setFocus()

    # ------------------------------------------------------------ the chosen paper

    def _show(self, job: JobCard | None) -> None:
        other = job is None or self.job is None or job.id != self.job.id
        fresh = job is not None and (self.job is None or _looks(job) != _looks(self.job))
        self.job = job
        state = job.state if job else ""
        self.retry.setVisible(state in ("failed", "cancelled"))
        self.cancel.setVisible(state in ("queued", "failed"))
        self.look.setVisible(state == "held")
        done = state == "printed" and job is not None and may_reprint(job)
        for widget in (self.reason, self.reason_label, self.reprint_button):
            widget.setVisible(done)
        for part in (self.preview, self.story, self.story_title, self.pill):
            part.setVisible(job is not None)
        if other:
            self.batch.hide()
        if job is None:
            self.name.say(N_("No paper chosen"))
            for words in (self.trouble, self.void):
                words.put("")
                words.hide()
            self.elsewhere.hide()
            self.preview.clear()
            return
        self._say(job)
        self._offer(job)
        profile = self.view.profiles.get(self.view.addresses.get(job.id, job.printer))
        if fresh:
            self.preview.show_job(self.jobs, job, profile)
        self.story.show_job(self.jobs, job)
        if job.batch_id:
            self.jobs.ask(
                lambda session: batch_line(session, job.batch_id), owner=self,
                then=lambda line: self._batch_here(line, job), exclusive="batch",
            )  # fmt: skip

    def _say(self, job: JobCard) -> None:
        self.name.put(f"{paper_title(job)}  {job.number}")
        text, tone, icon = STATES[job.state]
        self.pill.show_state(text, tone, icon)
        void = void_words(job)
        self.void.put(void)
        reveal(self.void, bool(void))
        told = spoken(job.error) if job.error else ""
        if job.state == "held" and job.error != STUCK:
            told = f"{told} {spoken(GOES_ON)}".strip()
        paused = self.view.profiles.get(self.view.addresses.get(job.id, ""))
        if job.state == "queued" and paused is not None and paused.paused:
            told = spoken(N_("Its printer is paused here. Resume it above, or print on something else."))
        self.trouble.put(told if job.state != "unknown" else "")
        reveal(self.trouble, bool(self.trouble.text()))

    def _offer(self, job: JobCard) -> None:
        free = job.state in ("queued", "failed", "cancelled")
        if free:
            self.elsewhere.offer(self.view, [job], self.context.values()[settings.PAGE_PRINTER])
        else:
            self.elsewhere.hide()

    def _batch_here(self, line: BatchLine | None, job: JobCard) -> None:
        if self.job is not None and self.job.id == job.id:
            self.batch.setVisible(line is not None)
            if line is not None:
                self.batch.show_line(line, job.batch_seq)

    # ------------------------------------------------------------ the question

    def _ask_oldest(self) -> None:
        """Ask about the oldest papers in doubt, whatever is chosen below: nothing else here needs a person more."""
        doubtful = [job for job in self.view.jobs if job.state == "unknown"]
        self._arrived &= bool(doubtful)  # whoever comes here to answer stands on the question, until all are answered
        if doubtful:
            self._ask_window(min(doubtful, key=lambda job: (job.created_at, job.batch_seq, job.id)))
        elif not self._asked_held:
            self.question.hide()

    def _ask_held(self) -> None:
        """Let a person answer for a paper a printer holds: it was taken away, or printed meanwhile."""
        if self.job is not None:
            self._asked_held = True
            self._ask_window(self.job)

    _asked_held = _arrived = False

    def _ask_window(self, job: JobCard) -> None:
        self.jobs.ask(
            lambda session: window_of(session, job.id), owner=self, then=lambda jobs: self._window_here(job, jobs),
            exclusive="window",
        )  # fmt: skip

    def _window_here(self, job: JobCard, window: list[JobCard]) -> None:
        window = [one for one in window if one.state in ("unknown", "held")]
        if not window:
            self.question.hide()
            return
        address = self.view.addresses.get(job.id, job.printer)
        self.question.ask(window, printer_name(address, self.view.profiles), self.view.profiles.get(address))
        opened = self.question.isHidden()
        self.question.show()
        if opened and (self._asked_held or self._arrived or self.table.view.hasFocus()):
            go_to(self.question.last)

    def _answer(self, job_id: str, last: str) -> None:
        act = answer_window(job_id=job_id, last_job_id=last)
        self.jobs.do(act, owner=self, then=lambda _done: self._answered(), refused=self._refused)

    def _answered(self) -> None:
        self._asked_held = False
        self.question.hide()
        self.table.setFocus()
        self.context.toast(N_("Noted, with your name. What is missing prints again."), tone="ok")

    # ------------------------------------------------------------ acts

    def _retry(self) -> None:
        if self.job:
            self.jobs.do(retry_job(job_id=self.job.id), owner=self, refused=self._refused)

    def _cancel(self) -> None:
        if self.job:
            self.jobs.do(cancel_job(job_id=self.job.id), owner=self, refused=self._refused)

    def _redirect(self, where: Elsewhere) -> None:
        if self.job is None:
            return
        job, on, to, cell = self.job.id, where.medium, where.printer, where.start_cell
        name = printer_name(to, self.view.profiles)
        act = redirect_job(job_id=job, printer=to, medium=on, start_cell=cell, whole_batch="labels" in on)
        self.jobs.do(
            act, owner=self, refused=self._refused,
            then=lambda _done: self.context.toast(N_("On its way to {printer}."), tone="ok", printer=name),
        )  # fmt: skip

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
            go_to(self.reason)

    def print_paper(self) -> None:
        """Do what printing means for the chosen paper: try again, answer, or make a copy."""
        state = self.job.state if self.job is not None else ""
        if state in ("failed", "cancelled"):
            self._retry()
        elif state in ("unknown", "printed"):
            go_to(self.question.last if state == "unknown" else self.reason)


def _looks(job: JobCard) -> JobCard:
    """Return a paper without what does not show on it."""
    return replace(job, state="", error="", state_at=0, attempts=0, evidence="", resolved_by="", window_id="")
