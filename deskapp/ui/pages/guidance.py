"""Guiding a caller by phone: one question at a time, three keys to answer, every answer saved."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QSizePolicy, QWidget

from deskapp import catalogue, knowledge
from deskapp.commands.guidance import Guided, answer_step, finish_solved, start_guide, undo_answer
from deskapp.errors import N_, DeskError
from deskapp.i18n import language
from deskapp.queries import tickets
from deskapp.queries.tickets import TicketCard, TicketRow
from deskapp.rules.guides import Guide, Step
from deskapp.ui import theme
from deskapp.ui.kit import (
    Button,
    Card,
    Choice,
    ChoiceBar,
    DataTable,
    EmptyState,
    Form,
    Happening,
    Page,
    PageContext,
    Text,
    TextArea,
    TextField,
    Timeline,
    column,
    reveal,
    row,
    spoken,
)
from deskapp.ui.pages.guidance_standing import GUIDED, Standing, standing
from deskapp.ui.pages.ticket_words import ANSWERS, ENDINGS, columns
from deskapp.ui.tokens import LARGE


class Drawing(QWidget):
    """A line drawing that belongs to a step, drawn sharp at every size."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._renderer: QSvgRenderer | None = None
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_picture(self, name: str) -> None:
        """Show a picture of the knowledge folder, or nothing."""
        self._renderer = QSvgRenderer(str(knowledge.picture(name)), self) if name else None
        self.setVisible(bool(name))
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size of a drawing, which is 320 by 200 units."""
        return QSize(theme.px(320), theme.px(200))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw on white paper, so that the lines stay readable in the dark look."""
        if self._renderer is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(Qt.GlobalColor.white)
        box = self.rect()
        box.setWidth(min(box.width(), round(box.height() * 1.6)))
        painter.drawRoundedRect(box, 8, 8)
        self._renderer.render(painter, box.toRectF())


class GuidancePage(Page):
    """Plays a guide on a ticket."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Remote guidance"))
        self.card: TicketCard | None = None
        self.guide: Guide | None = None
        self.step: Step | None = None
        self._given: list[tuple[str, str]] = []
        self._clock = QElapsedTimer()
        self.choose = self._choose_card()
        self.ask = self._ask_card()
        self.end = self._end_card()
        self.given = Card(N_("Answers so far"), icon="history")
        self.timeline = Timeline()
        self.none_given = Text(N_("None yet: ask the first question."), "muted", wrap=True)
        self.given.add(self.none_given)
        self.given.add(self.timeline)
        self._both = both = row(gap=LARGE)
        both.addLayout(column(self.choose, self.ask, self.end, 1, gap=LARGE), 3)
        both.addLayout(column(self.given, 1), 2)
        self.body.addLayout(both)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    # -- building ----------------------------------------------------------------

    def _choose_card(self) -> Card:
        card = Card(N_("Which guide?"), icon="book")
        self.guides = ChoiceBar(name=N_("Which guide?"), acts=True)
        self.waiting = DataTable(
            columns(self.context.now()), name=N_("Open tickets"),
            empty=EmptyState("phone", N_("No call is open. Press F2 to write one down, then guide from there."),
                             action=N_("New ticket"), act=lambda: self.context.navigate("quick_ticket")),
        )  # fmt: skip
        self.waiting.setMinimumHeight(320)
        card.add(self.guides)
        card.add(self.waiting)
        self.guides.chosen.connect(self._start)
        self.waiting.opened.connect(lambda ticket: self.open(ticket_id=ticket.id))
        return card

    def _ask_card(self) -> Card:
        card = Card()
        self.guide_title = Text("", "muted")
        self.question = Text("", "display", wrap=True)
        self.hint = Text("", "body", wrap=True)
        self.drawing = Drawing()
        self.yes = Button(N_("&Yes"), "primary", icon="check", clicked=lambda: self.answer("yes"))
        self.no = Button(N_("&No"), "primary", icon="x", clicked=lambda: self.answer("no"))
        self.could_not = Button(N_("&Could not do it"), icon="hand-stop", clicked=lambda: self.answer("could_not"))
        self.back_button = Button(N_("Take &back"), "quiet", icon="arrow-back-up", clicked=self.undo)
        self.other = Button(N_("Another &guide"), "link", icon="book", clicked=self.choose_another)
        card.add(row(self.guide_title, 1, self.other))
        card.add(self.question)
        card.add(self.hint)
        card.add(row(self.drawing, 1))
        card.add(row(self.yes, self.no, self.could_not, 1, self.back_button))
        card.add(Text(N_("Keys: 1 yes, 2 no, 3 could not, Backspace takes the last answer back."), "caption"))
        return card

    def _end_card(self) -> Card:
        card = Card(icon="clipboard-check")
        self.end_text = Text("", "title", wrap=True)
        self.tip = Text("", "body", wrap=True)
        self.form = Form(columns=2)
        self.solution = TextArea(lines=2)
        self.confirmed = TextField()
        self.tip_given = ChoiceBar(
            [Choice("yes", N_("Told to the merchant"), "Y"), Choice("no", N_("Not told"), "N")], name=N_("Advice"),
            value="yes",
        )  # fmt: skip
        self.form.add("solution", N_("What &solved it?"), self.solution, needed=True, span=2)
        self.form.add("confirmed_by", N_("&Who confirmed that it works?"), self.confirmed, needed=True)
        self.form.add("tip_given", N_("Advice to prevent it"), self.tip_given)
        self.finish = Button(N_("&Finish: solved by phone"), "primary", icon="check", clicked=self._finish)
        self.check_in = Button(N_("Check the device &in"), "primary", icon="inbox", clicked=self._check_in)
        self.visit = Button(N_("Agree on a &visit …"), "primary", icon="map-pin", clicked=self._visit)
        self.to_ticket = Button(N_("To the &ticket"), icon="clipboard-list", clicked=self._to_ticket)
        self.undo_end = Button(N_("Take &back"), "quiet", icon="arrow-back-up", clicked=self.undo)
        for part in (self.end_text, self.tip, self.form):
            card.add(part)
        card.add(row(self.undo_end, 1, self.to_ticket, self.visit, self.check_in, self.finish))
        return card

    # -- coming here -------------------------------------------------------------

    def open(self, **args: object) -> None:
        """Guide on a ticket, or show the calls that wait for it."""
        ticket_id = str(args.get("ticket_id", ""))
        self.banner.clear()
        if not ticket_id:
            self._clear()
            self.jobs.ask(tickets.open_tickets, owner=self, then=self._show_waiting, exclusive="waiting")
            return
        self.jobs.ask(
            lambda session: tickets.ticket(session, ticket_id), owner=self, then=self._show_ticket, exclusive="ticket"
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Answer by 1, 2, 3; take back by Backspace."""
        answers = {Qt.Key.Key_1: "yes", Qt.Key.Key_2: "no", Qt.Key.Key_3: "could_not"}
        if self.step is not None and event.key() in answers:
            self.answer(answers[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_Backspace and self.guide is not None:
            self.undo()
        else:
            super().keyPressEvent(event)

    def retranslate(self) -> None:
        """Show guide and answers in the other language."""
        if self.card is not None:
            self._show_subject(self.card.row)
        if self.step is not None:
            self._show_step(self.step.id)
        self._show_guides()

    def _show_subject(self, line: TicketRow) -> None:
        symptom = catalogue.title("symptoms", line.symptom_code) if line.symptom_code else line.words
        self.title.put(line.number)
        self.subtitle.put(symptom)
        reveal(self.subtitle, bool(symptom))

    def _clear(self) -> None:
        self.card, self.guide, self.step = None, None, None
        self.title.say(N_("Remote guidance"))
        self.subtitle.hide()
        self.ask.hide()
        self.end.hide()
        self._reveal_given(False)
        self.guides.hide()
        self.waiting.show()
        self.choose.title.say(N_("Open tickets"))
        self.choose.show()

    def _reveal_given(self, on: bool) -> None:
        """Show the answers so far at the right; without them the rest has the whole page."""
        self.given.setVisible(on)
        self._both.setStretch(1, 2 if on else 0)

    def _show_waiting(self, rows: list[TicketRow]) -> None:
        self.waiting.set_rows([one for one in rows if one.kind in GUIDED])
        self.waiting.setFocus()

    def _show_ticket(self, card: TicketCard | None) -> None:
        if card is None:
            self._clear()
            return
        self._clear()
        self.card = card
        self._show_subject(card.row)
        self.waiting.hide()
        self.choose.title.say(N_("Which guide?"))
        self.guides.show()
        self._show_guides()
        begun = standing(card)
        fitting = knowledge.guides().get(GUIDED.get(card.row.kind, "")) or knowledge.guide_for(card.row.symptom_code)
        if begun is not None:
            self._go_on(begun)
        elif fitting is not None:
            self._start(fitting.id)
        else:
            self.guides.setFocus()

    def _go_on(self, begun: Standing) -> None:
        """Go on with a guide that was begun on this ticket, where it was left."""
        self.guide, self._given = begun.guide, list(begun.given)
        self.guides.set_value(begun.guide.id)
        self._show_given()
        if begun.ending:
            self.choose.hide()
            self._reveal_given(True)
            self._show_end(begun.ending)
        else:
            self._show_step(begun.step_id)

    def choose_another(self) -> None:
        """Leave the guide and choose another one; its answers stay on the ticket."""
        self.guide, self.step = None, None
        self.ask.hide()
        self._reveal_given(False)
        self.guides.set_value(None)
        self.choose.show()
        self.guides.setFocus()

    def _show_guides(self) -> None:
        self.guides.set_choices(
            [Choice(one.id, one.title.in_language(language()), raw=True) for one in knowledge.guides().values()]
        )

    # -- playing -----------------------------------------------------------------

    def _start(self, guide_id: str) -> None:
        if self.card is None:
            return
        self.guide = knowledge.guide(guide_id)
        self.guides.set_value(guide_id)
        self._given = []
        self.solution.setText("")
        self.confirmed.clear()
        self.timeline.set_happenings([])
        act = start_guide(ticket_id=self.card.row.id, guide_id=guide_id)
        self.jobs.do(act, owner=self, then=self._show_step, refused=self._refused)

    def _show_step(self, step_id: str) -> None:
        if self.guide is None:
            return
        self.step = self.guide.step(step_id)
        spoken_in = language()
        self.guide_title.put(self.guide.title.in_language(spoken_in))
        self.question.put(self.step.text.in_language(spoken_in))
        self.hint.put(self.step.hint.in_language(spoken_in))
        self.drawing.show_picture(self.step.picture)
        self.choose.hide()
        self.end.hide()
        self.ask.show()
        self._reveal_given(True)
        self.setFocus()
        self._clock.restart()

    def answer(self, answer: str) -> None:
        """Save one answer and go where it leads."""
        if self.step is None or self.guide is None or self.card is None:
            return
        step, self.step = self.step, None
        self._given.append((step.id, answer))
        seconds = self._clock.elapsed() // 1000
        act = answer_step(
            ticket_id=self.card.row.id, guide_id=self.guide.id, step_id=step.id, answer=answer, seconds=seconds
        )
        self.jobs.do(act, owner=self, then=self._answered, refused=self._refused)

    def _answered(self, done: Guided) -> None:
        self._show_given()
        if done.ending:
            self._show_end(done.ending)
        else:
            self._show_step(done.next_step)

    def _show_given(self) -> None:
        if self.guide is None:
            return
        lines = []
        for step_id, answer in reversed(self._given):
            question = self.guide.step(step_id).text.in_language(language())
            tone = {"yes": "ok", "no": "info", "could_not": "warn"}[answer]
            lines.append(Happening(spoken(ANSWERS[answer]), question, icon="message", tone=tone))
        self.timeline.set_happenings(lines)
        self.none_given.setVisible(not lines)

    def undo(self) -> None:
        """Take the last answer back."""
        if self.card is not None and self._given:
            self.jobs.do(undo_answer(ticket_id=self.card.row.id), owner=self, then=self._undone, refused=self._refused)

    def _undone(self, step_id: str) -> None:
        self._given.pop()
        self._show_given()
        self._show_step(step_id)

    def _show_end(self, ending: str) -> None:
        self.step = None
        self.ask.hide()
        self.end.show()
        self.end_text.say(ENDINGS[ending])
        solved = ending == "solved"
        tip = self.guide.tip.in_language(language()) if self.guide else ""
        self.tip.put(tip)
        self.form.setVisible(solved)
        self.finish.setVisible(solved)
        self.check_in.setVisible(ending == "send_in")
        self.visit.setVisible(ending == "visit")
        if solved:
            self.confirmed.setText(self.confirmed.text() or (self.card.caller_name if self.card else ""))
            self.solution.setFocus()
        elif ending == "send_in":
            self.check_in.setFocus()
        elif ending == "visit":
            self.visit.setFocus()
        else:
            self.to_ticket.setFocus()

    def _finish(self) -> None:
        if self.card is None:
            return
        act = finish_solved(
            ticket_id=self.card.row.id, solution=self.solution.text(), confirmed_by=self.confirmed.text(),
            tip_given=self.tip_given.value() == "yes", tip=self.tip.text(),
        )  # fmt: skip
        self.jobs.do(act, owner=self, then=self._finished, refused=self._refused)

    def _finished(self, done: bool) -> None:
        ticket_id = self.card.row.id if self.card else ""
        self.solution.setText("")
        self.confirmed.clear()
        if done:
            self.context.toast(N_("Solved by phone. The ticket is done."), tone="ok")
        else:
            self.context.toast(N_("Solved by phone. The ticket still asks for its result."), tone="warn")
        self.context.navigate("ticket", ticket_id=ticket_id)

    def _check_in(self) -> None:
        if self.card is not None:
            self.context.navigate(
                "check_in", ticket_id=self.card.row.id, serial_no=self.card.serial_no,
                merchant_id=self.card.merchant_id,
            )  # fmt: skip

    def _visit(self) -> None:
        if self.card is not None:
            self.context.navigate("visit", ticket_id=self.card.row.id)

    def _to_ticket(self) -> None:
        if self.card is not None:
            self.context.navigate("ticket", ticket_id=self.card.row.id)

    def _refused(self, error: DeskError) -> None:
        self.form.refuse(error, otherwise=lambda sentence: self.banner.put("danger", sentence))
