"""Papers that were asked for at once: how far they have come, cancelling the rest, printing a part of them again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from deskapp.commands.papers import reprint_batch
from deskapp.commands.printing import cancel_jobs
from deskapp.errors import N_, DeskError
from deskapp.queries.paper_queue import BatchLine
from deskapp.queries.printing import Batch, batch
from deskapp.ui.kit import Button, Card, ChoiceBar, Form, NumberField, PageContext, Text, reveal, row, spoken
from deskapp.ui.pages.paper_words import kind_title
from deskapp.ui.pages.words import choices
from deskapp.ui.tokens import SMALL, TIGHT

SHOWN = 3


class BatchRow(QWidget):
    """One batch under way: what it is, how far, cancel the rest."""

    def __init__(self, cancel: Callable[[BatchLine], object], look: Callable[[BatchLine], object]) -> None:
        super().__init__()
        self.line: BatchLine | None = None
        self.name = Button(role="link", clicked=lambda: self._with(look))
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.count = Text(role="caption")
        self.cancel = Button(N_("Cancel the rest"), "quiet", icon="ban", clicked=lambda: self._with(cancel))
        line = row(self.name, self.bar, self.count, self.cancel)
        line.setContentsMargins(0, 0, 0, 0)
        line.setStretch(1, 1)
        self.setLayout(line)

    def _with(self, act: Callable[[BatchLine], object]) -> None:
        if self.line is not None:
            act(self.line)

    def show_line(self, line: BatchLine) -> None:
        """Show how far a batch has come."""
        self.line = line
        self.bar.setRange(0, line.total)
        self.bar.setValue(line.printed)
        self.cancel.setEnabled(line.waiting > 0)
        self.retranslate()

    def retranslate(self) -> None:
        """Say it in the window's language."""
        if self.line is None:
            return
        title = kind_title(self.line.kind)
        self.name.put(f"{title}  {self.line.number}")
        said = progress_words(self.line)
        self.name.setAccessibleName(f"{title} {self.line.number}: {said}")
        self.count.put(said)
        self.bar.setAccessibleName(said)
        self.cancel.setAccessibleName(f"{spoken(N_('Cancel the rest'))} {self.line.number}")


def progress_words(line: BatchLine) -> str:
    """Return in words how far a batch has come."""
    said = spoken(N_("{done} of {total}"), done=line.printed, total=line.total)
    if line.cancelled:
        said = f"{said}, {spoken(N_('{count} cancelled'), count=line.cancelled)}"
    return said


class BatchStrip(QWidget):
    """The batches that are not over."""

    def __init__(self, context: PageContext, look: Callable[[BatchLine], object]) -> None:
        super().__init__()
        self.context, self._look = context, look
        self.rows: list[BatchRow] = []
        self.more = Text(role="caption")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(TIGHT)
        self._column.addWidget(self.more)
        self.hide()

    def show_batches(self, lines: Sequence[BatchLine]) -> None:
        """Show the oldest few; of the others only how many."""
        while len(self.rows) < min(SHOWN, len(lines)):
            made = BatchRow(self.cancel_rest, self._look)
            self._column.insertWidget(len(self.rows), made)
            self.rows.append(made)
        for place, made in enumerate(self.rows):
            reveal(made, place < len(lines))
            if place < len(lines):
                made.show_line(lines[place])
        reveal(self.more, len(lines) > SHOWN)
        if len(lines) > SHOWN:
            self.more.say(N_("and {count} more batches"), count=len(lines) - SHOWN)
        reveal(self, bool(lines))

    def cancel_rest(self, line: BatchLine) -> None:
        """Take what has not left yet off the queue."""
        cancel_rest(self.context, self, line.id)


def cancel_rest(context: PageContext, owner: QWidget, batch_id: str) -> None:
    """Cancel those papers of a batch that have not left, and say how many."""

    def cancel(found: Batch) -> None:
        waiting = [job.id for job in found.jobs if job.state in ("queued", "failed")]
        context.jobs.do(cancel_jobs(job_ids=waiting), owner=owner, then=told)

    def told(count: int) -> None:
        context.toast(N_("{count} papers cancelled. What is at the printer already comes out."), tone="ok", count=count)

    context.jobs.ask(lambda session: batch(session, batch_id), owner=owner, then=cancel)


class BatchCard(Card):
    """The batch of the chosen paper: progress, cancel the rest, print from one to another again."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("Batch"), icon="packages")
        self.context = context
        self.line: BatchLine | None = None
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.count = Text(wrap=True)
        self.rest = Button(N_("Cancel the rest"), icon="ban", clicked=self._cancel)
        self.form = Form(columns=2)
        self.first, self.last = NumberField(low=1, high=99_999), NumberField(low=1, high=99_999)
        self.form.add("first", N_("Print again &from"), self.first)
        self.form.add("last", N_("&to"), self.last)
        self.reason = ChoiceBar(choices("reprint_reasons"), name=N_("Reason for the reprint"))
        self.form.add("reason", N_("Reason for the reprint"), self.reason, span=2)
        self.again = Button(N_("Reprint this &part"), icon="copy", clicked=self.reprint)
        line = row(self.count, self.rest, gap=SMALL)
        line.setStretch(0, 1)
        self.add(self.bar)
        self.add(line)
        self.add(self.form)
        self.add(row(1, self.again))

    def show_line(self, line: BatchLine, seq: int) -> None:
        """Show a batch; `seq` is the place of the chosen paper in it."""
        other = self.line is None or self.line.id != line.id
        self.line = line
        self.bar.setRange(0, line.total)
        self.bar.setValue(line.printed)
        self.rest.setVisible(line.waiting > 0)
        for part in (self.form, self.again):
            part.setVisible(line.printed > 0)
        if other:
            self.form.clear_errors()
            self.first.set_value(seq)
            self.last.set_value(line.total)
            self.reason.set_value(None)
        self._seq = seq
        self.retranslate()

    def retranslate(self) -> None:
        """Say how far it is in the window's language."""
        if self.line is not None:
            said = progress_words(self.line)
            self.bar.setAccessibleName(said)
            self.count.say(N_("{progress} printed; this is number {number}."), progress=said, number=self._seq)

    def reprint(self) -> None:
        """Print from one paper to another again, marked as copies."""
        if self.line is not None:
            act = reprint_batch(
                batch_id=self.line.id, first=self.first.value() or 0, last=self.last.value() or 0,
                reason=self.reason.value() or "",
            )  # fmt: skip
            self.context.jobs.do(act, owner=self, then=self._done, refused=self._refused)

    def _cancel(self) -> None:
        if self.line is not None:
            cancel_rest(self.context, self, self.line.id)

    def _done(self, jobs: list[str]) -> None:
        self.reason.set_value(None)
        self.form.clear_errors()
        self.context.toast(N_("{count} marked copies are printing."), tone="ok", count=len(jobs))

    def _refused(self, error: DeskError) -> None:
        self.form.refuse(error, otherwise=lambda text: self.context.toast(text, tone="warn", raw=True))
