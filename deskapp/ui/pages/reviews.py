"""What waits for a person: to-dos and things to look at, each settled with a word about what was done."""

from __future__ import annotations

from deskapp.clock import shop_time
from deskapp.commands.reviews import settle_card
from deskapp.errors import N_, DeskError
from deskapp.models.store import Changes
from deskapp.queries.disagreements import TITLES as DISAGREEMENTS
from deskapp.queries.today import ToSettle, to_settle
from deskapp.ui.kit import (
    Button,
    Card,
    Cell,
    Choice,
    ChoiceBar,
    Column,
    DataTable,
    EmptyState,
    Form,
    Page,
    PageContext,
    Text,
    TextField,
    reveal,
    row,
    spoken,
)
from deskapp.ui.pages.review_words import CARD_KINDS, card_sort, titled

PLACES = {
    "repair_item": ("order", "item"), "repair_order": ("order", "order"), "service_ticket": ("ticket", "ticket"),
    "site_visit": ("visit", "visit"),
    "merchant": ("merchant", "merchant"), "device": ("device", "device"), "part": ("stock", "part"),
    "accessory_item": ("order", "accessory"), "manifest": ("transfer_in", "manifest"),
}  # fmt: skip
"""Which page shows what a card is about, and as what kind."""


class ReviewsPage(Page):
    """The list of cards, and the one that is being settled below it."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            context, N_("To settle"), N_("Done elsewhere, or looked at: say so, and it leaves the list."), scroll=False
        )
        self.cards: tuple[ToSettle, ...] = ()
        self._wanted = ""
        self._arriving = False
        self.kinds = ChoiceBar(
            [Choice("", N_("All")), *(Choice(sort, title) for sort, title in CARD_KINDS.items())],
            name=N_("Kind"), value="", numbered=False,
        )  # fmt: skip
        self.table = DataTable(
            [
                Column("what", N_("What"), self._what, 0),
                Column("about", N_("About what"), lambda card: card.about, 220),
                Column("kind", N_("Kind"), lambda card: spoken(CARD_KINDS[card_sort(card.kind)]), 120),
                Column("since", N_("Raised"), lambda card: f"{shop_time(card.raised_at):%m-%d %H:%M}", 120),
            ],
            name=N_("To settle"), empty=EmptyState("list-check", N_("Everything is settled.")),
        )  # fmt: skip
        self.what = Text(role="heading", wrap=True)
        self.how = TextField(limit=200)
        self.form = Form()
        self.form.add("how", N_("What was &done about it"), self.how, needed=True)
        self.settle = Button(N_("Settle"), "primary", icon="check", clicked=self.submit)
        self.go = Button(N_("Open it"), icon="external-link", clicked=self.go_there)
        self.detail = Card()
        self.detail.add(self.what)
        self.detail.add(self.form)
        self.detail.add(row(self.go, 1, self.settle))
        self.body.addLayout(row(self.kinds, 1))
        self.add(self.table, 1)
        self.add(self.detail)
        self.detail.hide()
        self.kinds.chosen.connect(lambda _kind: self._show())
        self.table.selected.connect(self._chosen)
        self.table.opened.connect(lambda _card: self.go_there())
        self.how.returnPressed.connect(self.submit)

    def open(self, **args: object) -> None:
        """Show what waits; `id` names the card to begin with."""
        self._wanted = str(args.get("id", "") or "")
        self._arriving = True
        self.jobs.ask(to_settle, owner=self, then=self._here, exclusive="cards")

    def changed(self, changes: Changes) -> None:
        """Ask again when cards changed."""
        if changes.touches("review_card"):
            self.jobs.ask(to_settle, owner=self, then=self._here, exclusive="cards")

    def submit(self) -> None:
        """Settle the chosen card."""
        card = self.table.current()
        if card is not None and self.settle.isEnabled():
            self.settle.setEnabled(False)
            act = settle_card(card_id=card.card_id, how=self.how.text())
            self.jobs.do(act, owner=self, then=lambda _none: self._settled(card), refused=self._refused)

    def go_there(self) -> None:
        """Open what the card is about."""
        card = self.table.current()
        if card is not None and card.kind in DISAGREEMENTS:
            self.context.navigate("disagreements", id=card.card_id)
        elif card is not None and card.subject_kind in PLACES:
            page, kind = PLACES[card.subject_kind]
            args = {"id": card.subject_id, f"{kind}_id": card.subject_id, "kind": kind, "number": card.about}
            self.context.navigate(page, **args)

    def _here(self, cards: tuple[ToSettle, ...]) -> None:
        self.cards = cards
        self._show()
        if self._arriving:  # not before: an empty table takes no focus
            self._arriving = False
            self.focus_first(self.table if cards else self.kinds)

    def _show(self) -> None:
        sort = self.kinds.value()
        shown = [card for card in self.cards if not sort or card_sort(card.kind) == sort]
        self.table.set_rows(shown, keep=lambda card: card.card_id)
        self.detail.setVisible(self.table.current() is not None)
        for number, card in enumerate(self.table.rows()):
            if card.card_id == self._wanted:
                self.table.select(number)
                self._wanted = ""

    def _what(self, card: ToSettle) -> Cell:
        said = titled(card.title, card.fields, card.words)
        return Cell(said, "", "list-check" if card.kind == "todo" else "eye")

    def _chosen(self, card: ToSettle | None) -> None:
        self.detail.setVisible(card is not None)
        if card is None:
            return
        self.form.clear_errors()
        decided_there = card.kind in DISAGREEMENTS
        self.settle.setEnabled(card.kind != "quarantine" and not decided_there)
        for part in (self.form, self.settle):  # nothing is written here: both sides are looked at, and decided, there
            reveal(part, not decided_there)
        self.go.setEnabled(decided_there or card.subject_kind in PLACES)
        self.go.say(N_("Look at both sides") if decided_there else N_("Open it"))
        self.what.put(f"{titled(card.title, card.fields)}  {card.about}")

    def _settled(self, card: ToSettle) -> None:
        self.settle.setEnabled(True)
        self.how.clear()
        self.context.toast(N_("Settled: {what}"), tone="ok", what=spoken(card.title))

    def _refused(self, error: DeskError) -> None:
        from deskapp.i18n import say

        self.settle.setEnabled(True)
        self.form.refuse(error, otherwise=lambda _sentence: self.banner.put("warn", say(error)))
