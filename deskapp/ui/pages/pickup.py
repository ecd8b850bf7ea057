"""Pickup: who, what, test, pay, sign; one order from the slip to the receipt, by keyboard and scanner alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from deskapp.commands.checkin_forms import Photo
from deskapp.commands.pickup import EXCEPTIONS, hand_out
from deskapp.commands.pickup_forms import HandedItem, HandedOut, Signed
from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.models.blobs import Blobs
from deskapp.models.store import Changes, Override
from deskapp.queries.pickup import PickupCard, pickup_order
from deskapp.queries.pickup_find import PickupHit, find_pickups
from deskapp.rules.numbers import PROBLEMS, ScanKind, parse_scan
from deskapp.ui import theme
from deskapp.ui.kit import Button, Page, PageContext, Progress, Scroll, Stepper, Text, listed, row, spoken
from deskapp.ui.pages.pickup_find import FindPanel
from deskapp.ui.pages.pickup_parts import Step, Visit
from deskapp.ui.pages.pickup_pay import PayStep
from deskapp.ui.pages.pickup_sign import DonePanel, SignStep
from deskapp.ui.pages.pickup_summary import Summary
from deskapp.ui.pages.pickup_test import CounterTestStep
from deskapp.ui.pages.pickup_what import WhatStep
from deskapp.ui.pages.pickup_who import WhoStep
from deskapp.ui.tokens import HUGE, LARGE, MEDIUM

if TYPE_CHECKING:
    from deskapp.models.store import Store

STEPS = (N_("Who"), N_("What goes"), N_("Counter test"), N_("Payment"), N_("Signature"))


class PickupPage(Page):
    """Hands the devices of one order out."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Pickup"), N_("Scan the slip to begin."), scroll=False)
        self.body.setContentsMargins(HUGE, LARGE, HUGE, MEDIUM)
        self.body.setSpacing(MEDIUM)
        self.visit: Visit | None = None
        self.place = -1
        self._sending = False
        self.finder = FindPanel(context)
        self.who, self.what = WhoStep(self), WhatStep(self)
        self.test, self.pay, self.sign = CounterTestStep(self), PayStep(self), SignStep(self)
        self.steps: tuple[Step, ...] = (self.who, self.what, self.test, self.pay, self.sign)
        self.done_panel = DonePanel()
        self.stepper = Stepper(STEPS)
        self.summary = Summary(context)
        self.stack = QStackedWidget()
        self.back_button = Button(N_("&Back"), "quiet", icon="chevron-left", clicked=self.go_back)
        self.next_button = Button(N_("On to the &devices"), "primary", icon="chevron-right", clicked=self.go_on)
        self._arrange()
        self.finder.chosen.connect(lambda order_id: self.open(order_id=order_id))
        self.stepper.wanted.connect(self.go_to)
        self.done_panel.next_wanted.connect(self.start_again)
        self.done_panel.rest_wanted.connect(self._rest)
        self.done_panel.home_wanted.connect(lambda: context.navigate("ready"))
        self.summary.corrected.connect(self.reload)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._focus_moved)

    def _focus_moved(self, _old: QWidget | None, now: QWidget | None) -> None:
        """Keep what has the focus in view, however it got it."""
        if now is None or not 0 <= self.stack.currentIndex() < len(self.scrolls):
            return
        scroll = self.scrolls[self.stack.currentIndex()]
        if scroll.isAncestorOf(now):
            scroll.ensureWidgetVisible(now, 0, 80)

    def _arrange(self) -> None:
        self.scrolls: list[Scroll] = []
        for step in (*self.steps, self.done_panel):
            scroll = Scroll(margin=0)
            scroll.add(step, 1)
            scroll.column.setContentsMargins(0, 0, 8, 0)
            self.scrolls.append(scroll)
            self.stack.addWidget(scroll)
        self.stack.addWidget(self.finder)
        self.bar = QWidget()
        line = row(self.back_button, 1, self.next_button)
        line.setContentsMargins(0, 0, 0, 0)
        self.bar.setLayout(line)
        left = QVBoxLayout()
        left.setSpacing(MEDIUM)
        left.addWidget(self.stack, 1)
        left.addWidget(self.bar)
        self.side = Scroll(margin=0)
        self.side.add(self.summary)
        line = QHBoxLayout()
        line.setSpacing(LARGE)
        line.addLayout(left, 1)
        line.addWidget(self.side)
        self.head.addWidget(Text())
        self.body.addWidget(self.stepper)
        self.body.addLayout(line, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the list more room than what stands beside it."""
        super().resizeEvent(event)
        self.side.setFixedWidth(min(theme.px(320), int(self.width() * 0.32)))

    # -- coming here ---------------------------------------------------------------

    def open(self, **args: object) -> None:
        """Come with an order, a device or a slip (and perhaps its token), or with nothing."""
        order_id, item_id = str(args.get("order_id", "")), str(args.get("item_id", ""))
        if args.get("kind") == "item":
            item_id = item_id or str(args.get("id", ""))
        elif args.get("kind") == "order" or args.get("id"):
            order_id = order_id or str(args.get("id", ""))
        token, number = str(args.get("token") or ""), str(args.get("number", ""))
        if not order_id and not item_id:
            if self.visit is None:
                self.start_again()
            return
        proof = f"PS1:{number}:{token}" if token and number.startswith("K") else ""
        self.jobs.ask(
            lambda session: pickup_order(session, order_id=order_id, item_id=item_id), owner=self,
            then=lambda card: self._opened(card, proof), exclusive="order",
        )  # fmt: skip

    def _opened(self, card: PickupCard | None, proof: str) -> None:
        if card is None:
            self.banner.say("warn", N_("This order is not known here. Scan the slip again."))
            self.start_again()
            return
        if not card.ready:
            self.start_again()
            self.finder.explain(card)
            return
        self.banner.clear()
        self.visit = Visit(card)
        if len(card.ready) == 1 and len(card.devices) == 1:
            self.visit.chosen = {card.ready[0].item_id}
        self.title.say(N_("Pickup"))
        self.subtitle.put("   ".join((card.merchant, card.order_no, card.slip_no)))
        for step in self.steps:
            step.show_visit(anew=True)
        self.go_to(0)
        if proof:
            self.who.take(proof)

    def reload(self) -> None:
        """Ask for the order again; what was entered stays."""
        if self.visit is not None:
            order_id = self.visit.card.order_id
            self.jobs.ask(lambda session: pickup_order(session, order_id=order_id), owner=self,
                          then=self._reloaded, exclusive="order")  # fmt: skip

    def _reloaded(self, card: PickupCard | None) -> None:
        if card is None or self.visit is None:
            return
        known = {device.item_id for device in self.visit.card.ready}
        self.visit.card = card
        self.visit.chosen &= {device.item_id for device in card.ready}
        anew = known != {device.item_id for device in card.ready}
        if self.place >= 0:
            self.what.show_visit(anew=anew)
            for step in self.steps:
                if step is not self.what:
                    step.show_visit(anew=False)
        self.touched()

    def changed(self, changes: Changes) -> None:
        """Follow what others do with the order."""
        mine = self.visit is not None and not self._sending and self.place >= 0
        if mine and changes.touches("repair_item", "repair_order", "pickup", "money_event", "loan_event"):
            self.reload()

    def start_again(self) -> None:
        """Wait for the next merchant."""
        self.visit, self.place = None, -1
        self.subtitle.say(N_("Scan the slip to begin."))
        self.stack.setCurrentWidget(self.finder)
        self.stepper.hide()
        self.bar.hide()
        self.side.hide()
        self.finder.begin()
        self.focus_first(self.finder.field)

    # -- steps -----------------------------------------------------------------------

    def go_to(self, place: int) -> None:
        """Show a step."""
        self.place = place
        step = self.steps[place]
        step.show_visit(anew=False)
        self.stack.setCurrentIndex(place)
        for widget in (self.stepper, self.bar, self.side):
            widget.show()
        self.stepper.go(place)
        self.back_button.setVisible(place > 0)
        self.next_button.say(step.button)
        self.next_button.set_icon(step.icon)
        self.touched()
        first = step.first()
        # Where nothing is to be answered, as with nothing to pay, Enter goes on.
        self.focus_first(first if first.isVisibleTo(step) else self.next_button)

    def go_on(self) -> None:
        """Go to the next step, or hand out."""
        if self.visit is None or self._sending or self.place < 0:
            return
        self.banner.clear()
        if not self.steps[self.place].done():
            return
        if self.place + 1 < len(self.steps):
            self.go_to(self.place + 1)
        else:
            self.submit()

    def save(self) -> None:
        """Go on by Ctrl+S, from wherever the focus is."""
        self.go_on()

    def go_back(self) -> None:
        """Go to the step before; nothing is lost."""
        if self.place > 0:
            self.go_to(self.place - 1)

    def touched(self) -> None:
        """Show what was entered so far."""
        if self.visit is not None:
            self.summary.show_visit(self.visit)

    def complain(self, sentence: str) -> None:
        """Show a finished sentence across the page."""
        self.banner.put("danger", sentence)

    def scan(self, text: str) -> bool:
        """Take any scan: it means something at every step, or is explained."""
        kind = parse_scan(text).kind
        if kind in (ScanKind.COMMAND, ScanKind.BADGE):
            return self._command(text, kind)
        if self.visit is None or self.place < 0:
            self.finder.take(text)
            return True
        if self.who.take(text):
            if self.place != 0:
                self.go_to(0)
            return True
        if kind in (ScanKind.SLIP, ScanKind.ORDER):
            self._other_order(text)
            return True
        problem = parse_scan(text).problem
        if problem and self.place != 1:  # a code of ours that was misread: the step before the devices is not over
            self.banner.say("warn", PROBLEMS[problem])
            return True
        if self.place != 1:
            self.go_to(1)
        return self.what.take(text)

    def _command(self, text: str, kind: ScanKind) -> bool:
        verb = parse_scan(text).number
        if kind is ScanKind.COMMAND and verb in ("OK", "NEXT") and self.place >= 0:
            self.go_on()
            return True
        return False

    def _other_order(self, text: str) -> None:
        self.jobs.ask(lambda session: find_pickups(session, text), owner=self, then=self._offer_other)

    def _offer_other(self, hits: list[PickupHit]) -> None:
        if not hits or self.visit is None:
            self.banner.say("warn", N_("This code is not known here."))
            return
        hit = hits[0]
        self.banner.say(
            "warn", N_("This belongs to order {order}, not to {here}."), order=hit.order_no,
            here=self.visit.card.order_no,
        )  # fmt: skip
        self.banner.offer(N_("Open that order"), lambda: self.open(order_id=hit.order_id))

    # -- handing out -------------------------------------------------------------------

    def submit(self, consent: Override | None = None) -> None:
        """Store the signature, then hand out in one act."""
        self._sending = True
        self.next_button.setEnabled(False)
        drawn = self.sign.pad.signature()
        if drawn is None:
            self._send(Signed(on_paper=self.sign.pad.paper()), consent)
            return
        store, now, content = cast("Store", self.jobs.store), self.context.now(), drawn.svg.encode()

        def work(_progress: Progress) -> Photo:
            name = Blobs(store.home.blobs, store.key).keep(content, "image/svg+xml", now)
            return Photo(name, "image/svg+xml", len(content), "signature")

        self.jobs.background(work, owner=self, then=lambda kept: self._send(Signed(kept), consent),
                             refused=self._refused)  # fmt: skip

    def _send(self, signed: Signed, consent: Override | None) -> None:
        visit = self.visit
        if visit is None:
            return
        items = tuple(
            HandedItem(
                device.item_id, visit.tamper.get(device.item_id, ""), visit.tests.get(device.item_id, {}),
                tuple(one.id for one in device.accessories if one.id in visit.accessories),
                {part.move_id: visit.old_parts.get(part.move_id, "") for part in device.old_parts},
            )
            for device in visit.devices
        )  # fmt: skip
        act = hand_out(
            order_id=visit.card.order_id, release_id=visit.release_id, collector=self.who.collector(), items=items,
            payments=tuple(visit.payments), reductions=tuple(visit.reductions), signed=signed,
            rating=self.sign.stars(), invoice_no=self.sign.invoice.text(), words=self.sign.words.text(),
            loaners_back=tuple(visit.loaners_back), override=consent,
        )  # fmt: skip
        self.jobs.do(act, owner=self, then=self._handed_out, refused=self._refused)

    def _handed_out(self, done: HandedOut) -> None:
        self._sending = False
        self.next_button.setEnabled(True)
        self.place = -1
        self.stepper.go(len(STEPS))
        self.bar.hide()
        self.side.hide()
        self.stack.setCurrentIndex(len(self.steps))
        self.done_panel.show_done(done, self.visit.change_fen if self.visit is not None else 0)
        self.context.toast(N_("Handed out, receipt {receipt}"), tone="ok", receipt=done.receipt_no)

    def _refused(self, error: DeskError) -> None:
        self._sending = False
        self.next_button.setEnabled(True)
        if error.code == "needs_override" and error.field not in ("reduction",):
            codes = str(error.values.get("exceptions", "")).split(",")
            what = listed([spoken(EXCEPTIONS[one]) for one in codes if one in EXCEPTIONS])
            self.context.ask_supervisor("override", self.submit, why=error.sentence, **{**error.values, "what": what})
            return
        if error.code in ("old", "used", "no_release") and self.visit is not None:
            self.visit.release_id = ""
            self.go_to(0)
        for place, step in enumerate(self.steps):
            refuse = getattr(step, "refuse", None)
            if refuse is not None and refuse(error):
                self.go_to(place)
                refuse(error)
                return
        self.complain(say(error))

    def _rest(self) -> None:
        if self.visit is not None:
            self.open(order_id=self.visit.card.order_id)
