"""What one disagreement looks like: two versions of a field group, or records that may be one thing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from deskapp.commands.decisions import (
    EDIT,
    KEEP,
    TAKE,
    Decided,
    decide_fields,
    decide_twins,
    not_twins,
    reopen_card,
    take_decision_back,
)
from deskapp.errors import N_, DeskError
from deskapp.models.store import Command
from deskapp.queries.disagreements import Detail, FieldPair, Side, TwinCard
from deskapp.queries.field_titles import NO, YES
from deskapp.ui.kit import (
    Button,
    Card,
    Choice,
    ChoiceBar,
    Facts,
    Form,
    PageContext,
    Suggestion,
    Text,
    TextArea,
    TextField,
    column,
    reveal,
    row,
    spoken,
)
from deskapp.ui.pages.records import JoinCard
from deskapp.ui.pages.review_words import said_by
from deskapp.ui.pages.words import device_suggestions, merchant_suggestions
from deskapp.ui.tokens import LARGE, SMALL

Done = Callable[..., object]
"""Shows what came of a decision: a message id, its values, and perhaps `undo`."""


class Part(QWidget):
    """One kind of disagreement. `show_detail` fills it; what a person decides goes to the store."""

    def __init__(self, context: PageContext, trouble: Callable[[str], object]) -> None:
        super().__init__()
        self.context, self._trouble = context, trouble
        self.detail: Detail | None = None

    def show_detail(self, detail: Detail) -> None:
        """Show a disagreement."""
        self.detail = detail

    def me(self) -> str:
        """Return the id of the person who is signed in."""
        actor = self.context.actor()
        return actor.staff_id if actor is not None else ""

    def do(
        self, act: Command[Any], then: Callable[[Any], object], form: Form | None = None, by: Button | None = None
    ) -> None:  # fmt: skip
        """Do a decision; a refusal goes to its field, or above the page."""
        if by is not None:
            by.setEnabled(False)

        def done(result: Any) -> None:
            self._free(by)
            then(result)

        def refused(error: DeskError) -> None:
            self._free(by)
            from deskapp.i18n import say

            if form is None or not form.refuse(error):
                self._trouble(say(error))

        self.context.jobs.do(act, owner=self, then=done, refused=refused)

    def settled(self, text: str, *, again: bool = True) -> None:
        """Say that a card left the list; it can be put back."""
        card_id = self.detail.row.id if self.detail else ""
        undo = (lambda: self.context.jobs.do(reopen_card(card_id=card_id), owner=self.context.jobs)) if again else None
        self.context.toast(text, tone="ok", undo=undo)

    @staticmethod
    def _free(by: Button | None) -> None:
        if by is not None:
            by.setEnabled(True)


class Versions(Part):
    """A field group in two versions: the one in force, and the one that was set aside."""

    def __init__(self, context: PageContext, trouble: Callable[[str], object]) -> None:
        super().__init__(context, trouble)
        self.grid = QGridLayout()
        self.grid.setHorizontalSpacing(LARGE)
        self.grid.setVerticalSpacing(SMALL)
        self.grid.setColumnStretch(1, 1)
        self.grid.setColumnStretch(2, 1)
        self._shown: list[QWidget] = []
        self.keep = Button(N_("&Keep what is in force"), "primary", icon="check", clicked=lambda: self.choose(KEEP))
        self.take = Button(N_("&Take the other one"), icon="replace", clicked=lambda: self.choose(TAKE))
        self.edit = Button(N_("&Edit …"), icon="edit", clicked=self.write)
        self.form = Form()
        self.save = Button(N_("&Save this"), "primary", icon="check", clicked=lambda: self.choose(EDIT))
        self.form_holder = column(self.form, row(1, self.save))
        self.own = QWidget()
        self.own.setLayout(self.form_holder)
        self.own.hide()
        whole = column(self.grid, row(1, self.edit, self.take, self.keep), self.own)
        whole.setContentsMargins(0, 0, 0, 0)
        self.setLayout(whole)

    def show_detail(self, detail: Detail) -> None:
        super().show_detail(detail)
        self._lay(detail)
        self._name_buttons(detail.kept, detail.lost, self.me())
        self.edit.setEnabled(bool(detail.fields) and all(pair.is_text for pair in detail.fields))
        self.own.hide()

    def retranslate(self) -> None:
        """Say who, where and when in the window's language; what is being written stays."""
        if self.detail is not None:
            self._lay(self.detail)

    def _lay(self, detail: Detail) -> None:
        for widget in self._shown:
            self.grid.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self._shown = []
        me = self.me()
        self._put(0, 1, Text(N_("In force now"), "strong"))
        self._put(0, 2, Text(N_("The other version"), "strong"))
        for place, side in ((1, detail.kept), (2, detail.lost)):
            self._put(1, place, _plain(said_by(side, me), "muted"))
        line = 2
        for pair in detail.fields:
            self._put(line, 0, Text(pair.title, "muted"))
            for place, value in ((1, pair.kept), (2, pair.lost)):
                self._put(line, place, _plain(_shown(value), "body"))
            line += 1
            if pair.now != pair.kept:
                self._put(
                    line, 1, Text(N_("Changed again since: {value}"), "warn", wrap=True, value=_shown(pair.now) or "–")
                )
                line += 1

    def choose(self, choice: str) -> None:
        """Decide."""
        if self.detail is None:
            return
        values = {name: field.text() for name, field in self._typed()} if choice == EDIT else None
        act = decide_fields(card_id=self.detail.row.id, choice=choice, values=values)
        self.do(act, lambda done: self._decided(done, choice), self.form if choice == EDIT else None, self.keep)

    def write(self) -> None:
        """Open the fields, filled with what is in force, so that both can be put together."""
        fresh = Form()
        for pair in self.detail.fields if self.detail else ():
            fresh.add(pair.name, pair.title, _field(pair), hint=_shown(pair.lost))
        self.form_holder.replaceWidget(self.form, fresh)
        self.form.deleteLater()
        self.form = fresh
        reveal(self.own)
        first = next(iter(fresh.fields().values()), None)
        if first is not None:
            first.setFocus()

    def _typed(self) -> list[tuple[str, TextArea | TextField]]:
        return [(name, one) for name, one in self.form.fields().items() if isinstance(one, TextArea | TextField)]

    def _decided(self, done: Decided, choice: str) -> None:
        words = {
            KEEP: N_("Decided: it stays as it is"), TAKE: N_("Decided: the other version holds now"),
            EDIT: N_("Decided: what you wrote holds now"),
        }  # fmt: skip
        jobs = self.context.jobs
        act = take_decision_back(card_id=done.card_id, before=done.before)
        self.context.toast(words[choice], tone="ok", undo=lambda: jobs.do(act, owner=jobs))

    def _name_buttons(self, kept: Side, lost: Side, me: str) -> None:
        mine, theirs = bool(me) and kept.staff_id == me, bool(me) and lost.staff_id == me
        if mine == theirs:  # both by one person at two desks, or both by others
            self.keep.say(N_("&Keep what is in force"))
            self.take.say(N_("&Take the other one"))
        else:
            self.keep.say(N_("&Keep mine") if mine else N_("&Keep theirs"))
            self.take.say(N_("&Take theirs") if mine else N_("&Take mine"))

    def _put(self, line: int, place: int, widget: Text) -> None:
        widget.setAlignment(Qt.AlignmentFlag.AlignTop)
        widget.setWordWrap(True)
        self.grid.addWidget(widget, line, place)
        self._shown.append(widget)


class Twins(Part):
    """Records that may be one thing, side by side; one stays, or they are two things."""

    def __init__(self, context: PageContext, trouble: Callable[[str], object]) -> None:
        super().__init__(context, trouble)
        self.side = QGridLayout()
        self.side.setSpacing(LARGE)
        self._shown: list[QWidget] = []
        self.stays = ChoiceBar(name=N_("Which one stays"))
        self.pick = Form()
        self.pick.add("stays", N_("Which one stays"), self.stays)
        self.joins = {
            "merchant": JoinCard(context, merchant_suggestions, self._act, self._joined),
            "device": JoinCard(context, device_suggestions, self._act, self._joined),
        }
        self.two = Button(N_("They are t&wo different ones"), icon="copy", clicked=self.different)
        whole = column(self.side, self.pick, *self.joins.values(), row(self.two, 1))
        whole.setContentsMargins(0, 0, 0, 0)
        self.setLayout(whole)
        self.stays.chosen.connect(self._stays)

    def show_detail(self, detail: Detail) -> None:
        super().show_detail(detail)
        for widget in self._shown:
            self.side.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self._shown = []
        for place, twin in enumerate(detail.twins):
            card = _twin_card(twin)
            self.side.addWidget(card, 0, place, Qt.AlignmentFlag.AlignTop)
            self._shown.append(card)
        self.stays.set_choices([Choice(one.id, one.name, raw=True) for one in detail.twins])
        self.stays.set_value(None)
        may = self.context.may("join")
        reveal(self.pick, may and len(detail.twins) > 1)
        for join in self.joins.values():
            join.hide()
        self.two.setEnabled(may)

    def different(self) -> None:
        """Settle the card: both records stay."""
        if self.detail is not None:
            act = not_twins(card_id=self.detail.row.id)
            self.do(act, lambda _none: self.settled(N_("Both records stay")), by=self.two)

    def _stays(self, record_id: str) -> None:
        if self.detail is None:
            return
        join = self.joins.get(self.detail.row.subject_kind)
        other = next((one for one in self.detail.twins if one.id != record_id), None)
        if join is None or other is None:
            return
        reveal(join)
        join.keep(record_id)
        join.twin.take(Suggestion(other.name, data=other))
        join.reason.setFocus()

    def _act(self, keep: str, twin: str, why: str) -> Command[None]:
        card_id = self.detail.row.id if self.detail else ""
        return decide_twins(card_id=card_id, keep_id=keep, twin_id=twin, reason=why)

    def _joined(self) -> None:
        for join in self.joins.values():
            join.hide()


def _plain(value: str, role: str) -> Text:
    text = Text(role=role, wrap=True, copy=True)
    text.put(value or "–")
    return text


def _shown(value: str) -> str:
    return spoken(value) if value in (YES, NO) else value


def _field(pair: FieldPair) -> TextArea | TextField:
    long = max(len(pair.kept), len(pair.lost)) > 60 or "\n" in pair.kept + pair.lost
    made: TextArea | TextField = TextArea(lines=3) if long else TextField(limit=200)
    made.setText(pair.now)
    return made


def _twin_card(twin: TwinCard) -> Card:
    card = Card()
    head = Text(role="heading", wrap=True)
    head.put(twin.name)
    card.add(head)
    facts = Facts()
    for title, value in twin.facts:
        facts.add(title, title, value)
    card.add(facts)
    return card
