"""Asking the merchant: the lines of a quote, the answer, and the way back unrepaired."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy, QWidget

from deskapp.commands.bench_charge import WantedLine
from deskapp.commands.bench_quote import (
    Quoted,
    make_quote,
)
from deskapp.errors import N_, DeskError
from deskapp.queries.bench import parts_for, parts_known, price_lines
from deskapp.queries.bench_card import JobCard
from deskapp.rules.money import format_yuan
from deskapp.ui import theme
from deskapp.ui.kit import (
    Column,
    DataTable,
    EmptyState,
    LatinField,
    MoneyField,
    NumberField,
    SuggestField,
    Suggestion,
    Text,
    TextField,
    row,
    spoken,
)
from deskapp.ui.pages.job_kit import Host, Primary, Step
from deskapp.ui.pages.job_pick import named
from deskapp.ui.tokens import LARGE

if TYPE_CHECKING:
    from deskapp.models.store import Override, ReadSession


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the quote being made; `ref` is a price code or a part's id."""

    ref: str
    name: str
    name_en: str
    fen: int
    quantity: int = 1

    @property
    def amount(self) -> int:
        return self.fen * self.quantity


def line_columns(narrow: bool = False) -> list[Column]:
    """Return the columns of priced lines."""
    return [
        Column("name", N_("What"), lambda line: named(line.name, line.name_en), 0),
        Column("quantity", N_("Qty"), lambda line: str(line.quantity), 56, right=True),
        Column("unit", N_("Price"), lambda line: format_yuan(line.fen), 96, right=True),
        Column("amount", N_("Amount"), lambda line: format_yuan(line.amount), 106, right=True),
    ]


class QuoteStep(Step):
    """Make a quote: lines by short code, part number or scan; the total is always in view."""

    columns = 4

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.lines: list[_Line] = []
        self.add = SuggestField(self.jobs, self._search, N_("Add a line: code, part number or words"),
                                name=N_("Add a line"))  # fmt: skip
        self.table = DataTable(
            line_columns(),
            name=N_("Lines of the quote"),
            empty=EmptyState("report-money", N_("Type LAB for labour, or a part's number.")),
        )
        # It takes the room that is left and asks for no more: the total below stays in sight.
        self.table.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.table.setMinimumHeight(theme.px(130))
        self.table.view.setMinimumHeight(80)
        self.discount = MoneyField("0.00")
        self.reason = TextField(N_("Only with a discount"))
        self.days = NumberField("2", low=1, high=60)
        self.shelf = LatinField(N_("stays on the bench"))
        self.total = Text(role="display")
        self.note = Text(role="caption")
        self.form.add("discount", N_("Discount"), self.discount)
        self.form.add("discount_reason", N_("Reason of the discount"), self.reason)
        self.form.add("work_days", N_("Working days"), self.days)
        self.form.add("shelf", N_("Put on shelf"), self.shelf)
        self.column.addWidget(self.add)
        self.column.addWidget(self.table, 1)
        self.column.addWidget(self.form)
        self.column.addLayout(row(self.note, 1, self.total, gap=LARGE))
        self.add.taken.connect(self._taken)
        self.add.entered.connect(lambda text: self.submit() if not text and self.lines else None)
        self.discount.amount_changed.connect(lambda _fen: self._sum())
        for field in (self.discount, self.reason, self.days, self.shelf):
            field.returnPressed.connect(self.submit)
        self.table.view.installEventFilter(self)

    def eventFilter(self, watched: QWidget, event: object) -> bool:  # type: ignore[override]
        """Plus, minus and Delete change the current line."""
        if event.type() == event.Type.KeyPress:  # type: ignore[attr-defined]
            key, current = event.key(), self.table.view.currentIndex().row()  # type: ignore[attr-defined]
            if 0 <= current < len(self.lines) and key in (Qt.Key.Key_Plus, Qt.Key.Key_Minus, Qt.Key.Key_Delete):
                self._change(current, {Qt.Key.Key_Plus: 1, Qt.Key.Key_Minus: -1}.get(key, 0))
                return True
        return False

    def show_card(self, card: JobCard, *, anew: bool) -> None:
        """Begin with what the diagnosis asks for and what was fitted since: a repair that grew is asked for whole."""
        super().show_card(card, anew=anew)
        if not anew:
            return
        self.discount.clear()
        self.reason.clear()
        self.lines = []
        found = card.finding
        wanted = {found.labour_class: 1, **dict(found.needed_parts)} if found else {}
        fitted = Counter[str]()
        for part in card.parts:
            fitted[part.part_id] += part.quantity
        wanted = {**wanted, **{part_id: max(count, wanted.get(part_id, 0)) for part_id, count in fitted.items()}}
        self.jobs.ask(
            lambda session: [
                *((line.code, line.name, line.name_en, line.fen) for line in price_lines(session, self.context.now())),
                *((p.part_id, p.name, p.name_en, p.price_fen) for p in parts_known(session, wanted, card.model_id)),
            ],
            owner=self, exclusive="lines",
            then=lambda known: self._put([_Line(*one, wanted[one[0]]) for one in known if one[0] in wanted]),
        )  # fmt: skip

    def _search(self, session: ReadSession, text: str) -> Sequence[Suggestion]:
        wanted = text.strip().upper()
        model = self.card.model_id if self.card else ""
        found = [
            Suggestion(named(line.name, line.name_en), f"{line.code} · {format_yuan(line.fen)}", "report-money",
                       N_("Price list"), _Line(line.code, line.name, line.name_en, line.fen))
            for line in price_lines(session, self.context.now(), "labour", "visit", "inspection", "part")
            if line.code.startswith(wanted) or wanted in line.name or wanted in line.name_en.upper()
        ]  # fmt: skip
        return found[:6] + [
            Suggestion(named(p.name, p.name_en), f"{p.part_no} · {format_yuan(p.price_fen)}", "packages",
                       N_("Parts"), _Line(p.part_id, p.name, p.name_en, p.price_fen))
            for p in parts_for(session, model, text, limit=6)
        ]  # fmt: skip

    def _taken(self, suggestion: Suggestion) -> None:
        line: _Line = suggestion.data
        self.add.reset()
        there = [place for place, one in enumerate(self.lines) if one.ref == line.ref]
        if there:
            self._change(there[0], 1)
        else:
            self._put([*self.lines, line])

    def _change(self, place: int, by: int) -> None:
        line = self.lines[place]
        count = line.quantity + by if by else 0
        changed = [_Line(line.ref, line.name, line.name_en, line.fen, count)] if count > 0 else []
        self._put([*self.lines[:place], *changed, *self.lines[place + 1 :]])

    def _put(self, lines: Sequence[_Line]) -> None:
        self.lines = list(lines)
        self.table.set_rows(self.lines, keep=lambda line: line.ref)
        self._sum()
        self.host.refresh_primary()

    def _sum(self) -> None:
        total = sum(line.amount for line in self.lines) - (self.discount.fen() or 0)
        self.total.put(format_yuan(max(0, total)))
        self.retranslate()

    def retranslate(self) -> None:
        """Say what was agreed before."""
        ceiling = self.card.ceiling_fen if self.card else 0
        said = spoken(N_("Agreed ceiling {amount}."), amount=format_yuan(ceiling)) if ceiling else ""
        keys = spoken(N_("In the list: + and − change the quantity, Delete takes a line out."))
        self.note.put(f"{said} {keys}".strip())

    def first(self) -> QWidget:
        """Return the line field."""
        return self.add

    def primary(self) -> Primary:
        """Say what comes."""
        return Primary(N_("Send the quote"), "report-money", bool(self.lines))

    def submit(self) -> None:
        """Make the quote; its paper prints by itself."""
        self._make(None)

    def _make(self, consent: Override | None) -> None:
        if self.card is None or not self.lines or not self.form.readable():
            return
        act = make_quote(
            item_id=self.card.item_id, lines=[WantedLine(line.ref, line.quantity) for line in self.lines],
            discount_fen=self.discount.fen() or 0, discount_reason=self.reason.text(), work_days=self.days.value(),
            shelf=self.shelf.text(), override=consent,
        )  # fmt: skip
        self.do(act, self._made)

    def _made(self, quoted: Quoted) -> None:
        self.context.toast(N_("Quote {number} over {total} is printing."), tone="ok", number=quoted.number,
                           total=format_yuan(quoted.total_fen))  # fmt: skip

    def refuse(self, error: DeskError) -> None:
        """A discount asks for a supervisor on the spot."""
        if error.code == "needs_override":
            self.context.ask_supervisor("discount", self._make, why=N_("Grant this discount?"))
            return
        super().refuse(error)
