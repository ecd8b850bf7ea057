"""What else can become of a planned visit: another time, nobody met, or called off."""

from __future__ import annotations

from PySide6.QtCore import Signal

from deskapp.clock import shop_day
from deskapp.commands.visits import Planned, cancel_visit, reschedule_visit, visit_failed
from deskapp.errors import N_, DeskError
from deskapp.queries.visits import Team, VisitCard
from deskapp.rules.visits import NOT_MET_REASONS
from deskapp.ui.kit import Banner, Button, Card, Choice, ChoiceBar, Form, PageContext, TextField, row, spoken
from deskapp.ui.pages.settings_fields import Tick
from deskapp.ui.pages.visit_fields import MomentField, OtherEngineer, WindowField
from deskapp.ui.pages.visit_plan import tell_overlap


class _Other(Card):
    """A small form in the place of the steps.

    Signals:
        done: it is noted; carries the message id to be said.
        closed: nothing was changed.
    """

    done = Signal(str)
    closed = Signal()
    step = ""
    """What it notes, by its name in the table of moves."""

    def __init__(self, context: PageContext, title: str, icon: str, button: str) -> None:
        super().__init__(title, icon=icon)
        self.context, self.jobs = context, context.jobs
        self.visit_id = ""
        self.banner = Banner()
        self.form = Form(columns=2)
        self.save = Button(button, "primary", icon="check", clicked=self.submit)
        self.add(self.banner)
        self.add(self.form)
        self.add(row(1, Button(N_("Close"), "quiet", clicked=self.close_it), self.save))
        self.hide()

    def submit(self) -> None:
        """Save what is typed."""
        raise NotImplementedError

    def close_it(self) -> None:
        """Change nothing."""
        self.hide()
        self.closed.emit()

    def ready(self, visit_id: str) -> None:
        """Show the form for a visit."""
        self.visit_id = visit_id
        self.form.clear_errors()
        self.banner.clear()
        self.save.setEnabled(True)
        self.show()

    def noted(self, said: str) -> None:
        """Say what was done, and go."""
        self.hide()
        self.done.emit(said)

    def refused(self, error: DeskError) -> None:
        """Show why it was not done."""
        self.save.setEnabled(True)
        self.form.refuse(error, otherwise=lambda sentence: self.banner.put("danger", sentence))


class MoveCard(_Other):
    """Another time, perhaps another engineer."""

    step = "reschedule_visit"

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Move the visit"), "calendar", N_("&Move it"))
        self.window_field = WindowField(shop_day(context.now()))
        self.engineer = ChoiceBar(name=N_("Engineer"))
        self.other = OtherEngineer(self.jobs, self.engineer)
        self.reason = TextField(N_("Such as: the merchant asked for it"))
        self.form.add("window", N_("&When"), self.window_field, needed=True, span=2)
        self.form.add("engineer", N_("En&gineer"), self.engineer, needed=True, span=2)
        self.form.add("other_engineer", N_("Somebody else"), self.other, span=2)
        self.form.add("reason", N_("Reason"), self.reason, needed=True, span=2)
        self.reason.returnPressed.connect(self.submit)

    def begin(self, card: VisitCard, team: Team) -> None:
        """Show what was agreed until now."""
        self.ready(card.row.id)
        self.window_field.put(card.row.from_at, card.row.to_at)
        self.other.offer(team, card.row.engineer_id)
        self.form.rows["other_engineer"].setVisible(team.more)
        self.reason.clear()
        self.window_field.setFocus()

    def submit(self) -> None:
        """Agree on the other time."""
        if not self.form.readable():
            return
        from_at, to_at = self.window_field.times()
        act = reschedule_visit(
            visit_id=self.visit_id, from_at=from_at, to_at=to_at, reason=self.reason.text(),
            engineer_id=self.engineer.value() or "",
        )  # fmt: skip
        self.jobs.do(act, owner=self, then=self._moved, refused=self.refused)

    def _moved(self, done: Planned) -> None:
        tell_overlap(self.context, done)
        self.noted(N_("Visit {number} is moved"))


class NotMetCard(_Other):
    """Nothing came of the trip; a note is left at the door."""

    step = "visit_failed"

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Nobody met"), "door-exit", N_("Note &it"))
        self.reason = ChoiceBar([Choice(code, title) for code, title in NOT_MET_REASONS.items()], name=N_("Why"))
        self.at = MomentField(context.now)
        self.next_try = TextField(N_("Such as: Thursday morning"))
        self.words = TextField(N_("What the note says besides"))
        self.leave = Tick(N_("Print the note for the door"), True)
        for key, label, field, needed in (
            ("reason", N_("&Why"), self.reason, True), ("at", N_("&Came at"), self.at, True),
            ("next_try", N_("&Next try"), self.next_try, False), ("words", N_("Wor&ds"), self.words, False),
            ("note", N_("“Missed you” note"), self.leave, False),
        ):  # fmt: skip
            self.form.add(key, label, field, needed=needed)
        self.reason.confirmed.connect(lambda _code: self.next_try.setFocus())
        self.words.returnPressed.connect(self.submit)

    def begin(self, card: VisitCard) -> None:
        """Begin with now."""
        self.ready(card.row.id)
        self.reason.set_value(None)
        self.at.begin()
        self.next_try.clear()
        self.words.clear()
        self.leave.setChecked(True)
        self.reason.setFocus()

    def submit(self) -> None:
        """Note it, and print the note."""
        if not self.form.readable():
            return
        if self.reason.value() is None:
            self.form.rows["reason"].refuse(spoken(N_("Why did nothing come of it?")))
            return
        act = visit_failed(
            visit_id=self.visit_id, reason=self.reason.value() or "", at_ms=self.at.at(),
            next_try=self.next_try.text(), words=self.words.text(), leave_note=self.leave.isChecked(),
        )  # fmt: skip
        said = N_("Nobody met: the ticket is open again")
        self.jobs.do(act, owner=self, then=lambda _job: self.noted(said), refused=self.refused)


class CancelCard(_Other):
    """The visit is called off."""

    step = "cancel"

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Cancel the visit"), "ban", N_("Cancel &it"))
        self.reason = TextField(N_("Such as: the terminal works again"))
        self.form.add("reason", N_("Reason"), self.reason, needed=True, span=2)
        self.reason.returnPressed.connect(self.submit)

    def begin(self, card: VisitCard) -> None:
        """Ask for the reason."""
        self.ready(card.row.id)
        self.reason.clear()
        self.reason.setFocus()

    def submit(self) -> None:
        """Call it off."""
        act = cancel_visit(visit_id=self.visit_id, reason=self.reason.text())
        said = N_("Visit {number} is cancelled")
        self.jobs.do(act, owner=self, then=lambda _none: self.noted(said), refused=self.refused)
