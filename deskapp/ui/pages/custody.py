"""From hand to hand: who had a device, where, under which seal, who signed; gaps in red, and on paper as evidence."""

from __future__ import annotations

from deskapp.commands.custody_paper import print_custody
from deskapp.errors import N_
from deskapp.models.custody_chain import Link, check_code
from deskapp.models.store import Changes, ReadSession
from deskapp.queries.custody import CustodyView, custody, item_of_label, newest_item
from deskapp.rules.custody import HOLDER_TITLES, TAMPER_TITLES, TamperResult, kind_of
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.rules.states import STATE_TITLES, WorkState
from deskapp.ui.kit import (
    Button,
    Card,
    Facts,
    FlowLayout,
    Happening,
    Page,
    PageContext,
    Pill,
    ScanField,
    Text,
    Timeline,
    row,
    spoken,
)
from deskapp.ui.pages.transfer_astray import AstrayCard
from deskapp.ui.pages.words import full_moment

VERDICTS = {
    "same": (N_("The paper is right: the chain is exactly as it was printed."), "ok"),
    "grown": (N_("The paper is right. Hand-overs were added since it was printed."), "ok"),
    "between": (N_("The paper is right. Hand-overs of another desk came in between since it was printed."), "ok"),
    "names": (N_("The chain is unchanged; names were erased or changed since."), "warn"),
    "differs": (N_("The paper does not match this chain."), "danger"),
    "form": (N_("This is not the code of a custody record."), "warn"),
}
"""What is said about a scanned record, and in which tone."""


class CustodyPage(Page):
    """The chain of one device on one visit."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Chain of custody"))
        self.view: CustodyView | None = None
        self._id = self._code = ""
        self.whole = Pill(N_("no gap"), "ok", "shield-check")
        self.suspect = Pill(N_("suspicious"), "danger", "alert-triangle")
        self.print_button = Button(N_("&Print as evidence"), "primary", icon="printer", clicked=self.print_paper)
        self.order_button = Button(N_("&Open the order"), icon="clipboard-list", clicked=self.go_order)
        for pill in (self.whole, self.suspect):
            self.head.addWidget(pill)
        buttons = FlowLayout(margin=0)
        for button in (self.print_button, self.order_button):
            buttons.addWidget(button)
        self.body.addLayout(buttons)
        self.facts = Facts()
        for key, words in (("label", N_("Label")), ("order", N_("Order")), ("model", N_("Model")),
                           ("serial", N_("Serial number")), ("holder", N_("Now")), ("state", N_("State"))):  # fmt: skip
            self.facts.add(key, words)
        about = Card(N_("The device"), icon="device-mobile")
        about.add(self.facts)
        self.line = Timeline()
        self.chain_card = Card(N_("From hand to hand"), icon="history", hint=N_("The newest hand-over stands first."))
        self.chain_card.add(self.line)
        self.proof = Text(role="caption", wrap=True, copy=True)
        self.named = Text(role="caption", wrap=True, copy=True)
        self.field = ScanField(N_("Scan the code of a printed record"), name=N_("Code of a printed record"))
        self.verdict = Text(role="muted", wrap=True)
        checks = Card(N_("Proof"), icon="file-certificate",
                      hint=N_("Each hand-over is sealed with the digest of all before it."))  # fmt: skip
        for part in (self.proof, self.named):
            checks.add(part)
        checks.add(row(self.field, 1))
        checks.add(self.verdict)
        self.astray = AstrayCard(context)
        for card in (about, self.astray, self.chain_card, checks):
            self.add(card)
        self.field.scanned.connect(self._check)

    def open(self, **args: object) -> None:
        """Show the chain of a device on an order, or of a unit's newest visit; `code` is that of a printed record."""
        identity, kind = str(args.get("id") or args.get("item_id") or ""), str(args.get("kind", "item"))
        self.verdict.put("")
        self._code = str(args.get("code") or "")

        def question(session: ReadSession) -> CustodyView | None:
            item_id = newest_item(session, identity) if kind == "device" else identity
            return custody(session, item_id) if item_id else None

        self.jobs.ask(question, owner=self, then=self._here, exclusive="chain")
        self.focus_first(self.print_button)

    def changed(self, changes: Changes) -> None:
        """Follow the device."""
        if self._id and changes.touches("custody_event", "work_event", "manifest_event", "attachment"):
            identity = self._id
            self.jobs.ask(lambda session: custody(session, identity), owner=self, then=self._here, exclusive="chain")

    def scan(self, text: str) -> bool:
        """A printed record is checked; the label of another device shows its chain."""
        scan = parse_scan(text)
        if scan.kind is not ScanKind.LABEL:
            return self.astray.scan(text)
        record = (scan.token or "").startswith("C")
        if record and self.view is not None and self.view.label_no == scan.number:
            self._check(text)
        else:
            code = text if record else ""
            self.jobs.ask(lambda session: item_of_label(session, scan.number), owner=self,
                          then=lambda item_id: self._other(item_id, code))  # fmt: skip
        return True

    def retranslate(self) -> None:
        """Say the chain again."""
        if self.view is not None:
            self._show(self.view)

    def print_paper(self) -> None:
        """Print the chain as evidence (Ctrl+P)."""
        if self._id:
            said = N_("The custody record of {label} prints")
            self.jobs.do(print_custody(item_id=self._id), owner=self,
                         then=lambda label: self.context.toast(said, tone="ok", label=label))  # fmt: skip

    def go_order(self) -> None:
        """Open the order the device is on."""
        if self._id:
            self.context.navigate("order", id=self._id, kind="item")

    def _other(self, item_id: str, code: str) -> None:
        if item_id:
            self.open(id=item_id, code=code)
        else:
            self.banner.say("warn", N_("No device here bears this label."))

    def _check(self, code: str) -> None:
        if self.view is None:
            return
        words, tone = VERDICTS[check_code(self.view.chain, code)]
        self.field.clear()
        self.verdict.set_role(tone)
        self.verdict.say(words)
        self.banner.say(tone, words)  # the proof stands below a long chain

    def _here(self, view: CustodyView | None) -> None:
        self.view = view
        if view is None:
            self.banner.say("warn", N_("This device is not known here."))
            return
        self._id = view.item_id
        self.banner.clear()
        self._show(view)
        self.astray.show_device(view.astray if view.astray is not None and view.astray.ways else None)
        if self._code:
            code, self._code = self._code, ""
            self._check(code)

    def _show(self, view: CustodyView) -> None:
        chain = view.chain
        self.title.put(f"{spoken(N_('Chain of custody'))}  {view.label_no}")
        for key, text in (("label", view.label_no), ("order", view.order_no), ("model", view.model or "–"),
                          ("serial", view.serial_no), ("holder", self._holder(chain.holder) if chain.holder else "–"),
                          ("state", spoken(STATE_TITLES[WorkState(view.state)]))):  # fmt: skip
            self.facts.put(key, text)
        if chain.gaps:
            self.whole.show_state(N_("{count} gaps"), "danger", "alert-triangle", count=len(chain.gaps))
        else:
            self.whole.show_state(N_("no gap"), "ok", "shield-check")
        self.suspect.setVisible(chain.suspicions > 0)
        happenings = []
        for link in reversed(chain.links):
            happenings.append(self._happening(link))
            if link.gap:
                happenings.append(self._gap(link))
        self.line.set_happenings(happenings)
        self.proof.say(N_("Digest of the chain: {digest}"), digest=chain.proof)
        self.named.say(N_("Digest with names: {digest}"), digest=chain.named)

    def _happening(self, link: Link) -> Happening:
        what = spoken(
            N_("{first} → {second}"), first=self._holder(link.from_holder), second=self._holder(link.to_holder)
        )
        if link.taken_back:
            what = spoken(N_("{what} (taken back)"), what=what)
        tamper = TamperResult(link.tamper) if link.tamper else TamperResult.NOT_DUE
        answer = spoken(TAMPER_TITLES[tamper])
        looked = tamper is not TamperResult.NOT_DUE and link.by
        detail = [
            spoken(N_("Tamper check by {name}: {answer}"), name=link.by, answer=answer) if looked
            else spoken(N_("Tamper check: {answer}"), answer=answer)
        ]  # fmt: skip
        if link.place:
            detail.append(spoken(N_("Place: {place}"), place=link.place))
        if link.seal:
            detail.append(spoken(N_("Seal: {seal}"), seal=link.seal))
        if link.paper:
            detail.append(spoken(N_("Paper: {number}"), number=link.paper))
        if link.signatures or not link.scans:
            detail.append(
                spoken(N_("{count} signatures"), count=len(link.signatures)) if link.signatures
                else spoken(N_("no signature on the screen"))
            )  # fmt: skip
        if link.scans:
            detail.append(spoken(N_("signed paper filed, {count} pages"), count=len(link.scans)))
        detail.append(link.proof[:12].upper())
        suspect = tamper is TamperResult.SUSPECT and not link.taken_back
        tone = "danger" if suspect else "muted" if link.taken_back else "ok"
        who = spoken(N_("{giver} → {taker}"), giver=link.giver or "–", taker=link.taker or "–")
        icon = "alert-triangle" if suspect else "arrows-exchange"
        return Happening(full_moment(link.at), what, who, "  ·  ".join(detail), icon, tone, link.taken_back)

    def _gap(self, link: Link) -> Happening:
        what = spoken(N_("Gap: by the record it was {expected}"), expected=self._holder(link.gap))
        detail = spoken(
            N_("Nobody signed for the way between. It belongs into quarantine until two people looked at it.")
        )
        return Happening("", what, "", detail, "alert-triangle", "danger")

    def _holder(self, holder: str) -> str:
        words = spoken(HOLDER_TITLES[kind_of(holder)])
        place = self.view.places.get(holder, "") if self.view else ""
        return f"{words} {place}".strip()
