"""The history of a repair order in words: what was taken back stays, struck through, beside what took it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from deskapp import catalogue
from deskapp.commands.pickup_forms import PROOF_TITLES, ProofKind
from deskapp.errors import N_
from deskapp.queries.order_events import OrderEvent
from deskapp.queries.orders import OrderCard
from deskapp.rules.account import METHOD_TITLES, MoneyKind, PayMethod
from deskapp.rules.custody import HOLDER_TITLES, TAMPER_TITLES, TamperResult, kind_of
from deskapp.rules.depot import BATCH_SETTLED, codes_of_reason
from deskapp.rules.money import format_yuan
from deskapp.ui.kit import Button, Card, Happening, Timeline, row, spoken
from deskapp.ui.pages.words import MOVE_TITLES, full_moment, reason_words

FIRST: Final = 25


RECORD_TITLES: Final = {
    "condition": (N_("Condition noted"), "clipboard-check"), "tamper": (N_("Tamper check"), "shield-check"),
    "batch": (N_("Asked for an unsettled batch"), "help"), "typed_serial": (N_("Serial number typed"), "keyboard"),
    "no_photo": (N_("No photo"), "camera"), "label_scanned": (N_("Label scanned back"), "qrcode"),
    "key_load": (N_("Keys loaded"), "key"), "labour": (N_("Labour noted"), "clock"), "note": (N_("Note"), "message"),
    "works": (N_("Confirmed that it works"), "circle-check"), "ready_call": (N_("Merchant called"), "phone-call"),
    "pickup_code": (N_("Pickup code made"), "key"), "pickup_try": (N_("Wrong code or number"), "alert-triangle"),
    "pickup_release": (N_("Release checked"), "lock"), "slip_lost": (N_("Slip reported lost"), "ban"),
    "slip_found": (N_("Slip counts again"), "refresh"),
    "papers_superseded": (N_("Papers no longer hold"), "file-text"),
    "notice": (N_("Written notice printed"), "file-text"), "notice_proof": (N_("The notice went out"), "message"),
    "long_store": (N_("Moved to long storage"), "box"), "returned": (N_("Handed to the owner"), "building-store"),
    "scrap": (N_("Destroyed before two witnesses"), "trash"),
    "batch_settled": (N_("Batch settled"), "receipt"), "extra_waived": (N_("Extra work waived"), "report-money"),
    "corrected": (N_("Check-in corrected"), "edit"),
}  # fmt: skip

MONEY_TITLES: Final = {
    MoneyKind.QUOTE: N_("Quote {amount}"), MoneyKind.APPROVAL: N_("Quote approved, {amount}"),
    MoneyKind.DECLINE: N_("Quote declined"), MoneyKind.CHARGE: N_("Charged {amount}"),
    MoneyKind.PAYMENT: N_("Paid {amount}"), MoneyKind.WAIVER: N_("Waived {amount}"),
    MoneyKind.DISCOUNT: N_("Discount {amount}"), MoneyKind.REFUND: N_("Paid back {amount}"),
    MoneyKind.VOID: N_("Entry of {amount} taken back"),
}  # fmt: skip

BATCH_ANSWERS: Final = {"no": N_("No"), "yes": N_("Yes"), "unknown": N_("not known")}
WORKS_RESULTS: Final = {
    "transaction": N_("first live transaction"), "call": N_("by phone"), "visit": N_("by a visit"),
}  # fmt: skip


class OrderHistory(Card):
    """Everything that happened, newest first; a long history opens on demand."""

    def __init__(self) -> None:
        super().__init__(N_("What happened"), icon="history", hint=N_("Nothing is ever edited away."))
        self._events: tuple[OrderEvent, ...] = ()
        self._whole = False
        self.timeline = Timeline()
        self.more = Button(N_("Show all {count} entries"), "link", icon="chevron-down", clicked=self.show_all, count=0)
        self.add(self.timeline)
        self.add(row(self.more, 1))

    def show_card(self, card: OrderCard, *, anew: bool) -> None:
        """Show the history of an order."""
        self._events = tuple(reversed(card.events))
        self._whole = self._whole and not anew
        self._show()

    def show_all(self) -> None:
        """Show the older entries too."""
        self._whole = True
        self._show()

    def retranslate(self) -> None:
        """Say the history in the window's language."""
        self._show()

    def _show(self) -> None:
        shown = self._events if self._whole else self._events[:FIRST]
        self.timeline.set_happenings([happening(event) for event in shown])
        self.more.say(N_("Show all {count} entries"), count=len(self._events))
        self.more.setVisible(len(shown) < len(self._events))


def happening(event: OrderEvent) -> Happening:
    """Return an event as a line of the history."""
    what, icon, tone, details = _WORDS[event.kind](event)
    if event.voiding:
        what, icon, tone = spoken(N_("Taken back: {what}"), what=what), "arrow-back-up", "warn"
    elif event.void:
        what, icon, tone = spoken(N_("{what} (voided)"), what=what), "ban", "muted"
    second = spoken(N_("with {name}"), name=event.second) if event.second else ""
    detail = "  ".join(part for part in (event.label_no, event.number, *details, second) if part)
    return Happening(
        full_moment(event.at), what, event.by or spoken(N_("the program")), detail, icon, tone, struck=event.void
    )


Words = tuple[str, str, str, tuple[str, ...]]


def _move(event: OrderEvent) -> Words:
    coded = bool(codes_of_reason(event.words))
    details = [reason_words(event.words) if coded else event.words, str(event.data.get("legal_basis", "")),
               str(event.data.get("storage_reason", ""))]  # fmt: skip
    if event.data.get("decline_reason"):
        details.insert(0, catalogue.title("decline_reasons", str(event.data["decline_reason"])))
    action = event.data.get("action")
    codes = [action] if isinstance(action, str) else list(action or ())
    details += [catalogue.title("actions", str(code)) for code in codes if code]
    return spoken(MOVE_TITLES.get(event.what, event.what)), "circle-check", "accent", tuple(details)


def _hop(event: OrderEvent) -> Words:
    start, end = (spoken(HOLDER_TITLES[kind_of(holder)]) for holder in (event.what, event.words))
    answer = str(event.data.get("tamper", ""))
    checked = answer in set(TamperResult) and answer != TamperResult.NOT_DUE
    seen = spoken(N_("tamper check: {answer}"), answer=spoken(TAMPER_TITLES[TamperResult(answer)])) if checked else ""
    tone = "danger" if answer == TamperResult.SUSPECT else "muted"
    return f"{start} → {end}", "switch-horizontal", tone, (event.place, seen)


def _record(event: OrderEvent) -> Words:
    title, icon = RECORD_TITLES[event.what]
    data, details = event.data, [event.words]
    match event.what:
        case "tamper":
            answer = str(data.get("result", ""))
            details.insert(0, spoken(TAMPER_TITLES[TamperResult(answer)]) if answer in set(TamperResult) else "")
        case "batch":
            details.insert(0, spoken(BATCH_ANSWERS.get(str(data.get("answer", "")), "–")))
        case "batch_settled":
            details.insert(0, spoken(BATCH_SETTLED[str(data.get("how"))]) if data.get("how") in BATCH_SETTLED else "")
        case "extra_waived":
            details.insert(0, format_yuan(int(data.get("fen", 0))))
        case "typed_serial":
            details.insert(0, catalogue.title("typed_serial_reasons", str(data.get("reason", ""))))
        case "no_photo":
            details.insert(0, catalogue.title("no_photo_reasons", str(data.get("reason", ""))))
        case "label_scanned":
            details.insert(0, "" if data.get("label") == event.label_no else str(data.get("label", "")))
        case "labour":
            details.insert(0, spoken(N_("{count} min"), count=data.get("minutes", 0)))
        case "works":
            how = WORKS_RESULTS.get(str(data.get("result", "")), "")
            details = [spoken(how) if how else "", str(data.get("confirmed_by", ""))]
        case "ready_call":
            details = [catalogue.title("call_results", str(data.get("result", ""))), event.words]
        case "pickup_release" | "pickup_try":
            proof = str(data.get("proof", ""))
            details.insert(0, spoken(PROOF_TITLES[ProofKind(proof)]) if proof in set(ProofKind) else proof)
        case "notice":
            by_day = spoken(N_("to collect by {day}"), day=data.get("until", ""))
            details = [by_day, str(data.get("proof", "")), event.words]
        case "long_store":
            details.insert(0, str(data.get("shelf", "")))
        case "returned":
            details = [str(data.get("taker", ""))]
        case "scrap":
            consent = data.get("owner_consent")
            given = consent if isinstance(consent, dict) else {}
            details = [spoken(N_("consent: {who}"), who=given["by"]) if given.get("by") else "",
                       str(given.get("reference", ""))]  # fmt: skip
        case "corrected" if data.get("field") == "merchant":
            details.insert(0, spoken(N_("another merchant")))
        case "corrected":
            details.insert(0, _accessory_words(str(data.get("old", "")), str(data.get("new", ""))))
        case "papers_superseded":
            details.insert(0, "  ".join(str(number) for number in data.get("numbers", ())))
            if data.get("by"):
                details.append(spoken(N_("replaced by {number}"), number=data["by"]))
    tone = "warn" if event.what in ("pickup_try", "slip_lost", "papers_superseded") else "muted"
    return spoken(title), icon, tone, tuple(details)


def _accessory_words(old: str, new: str) -> str:
    """Return how an accessory was corrected: renamed, forgotten at the counter, or never handed in."""
    was, now = (catalogue.title("accessory_types", one) if one else "" for one in (old, new))
    if was and now:
        return f"{was} → {now}"
    return spoken(N_("never came: {what}") if was else N_("was forgotten: {what}"), what=was or now)


def _money(event: OrderEvent) -> Words:
    kind = MoneyKind(event.what)
    method = str(event.data.get("method", ""))
    paid_by = spoken(METHOD_TITLES[PayMethod(method)]) if method in set(PayMethod) else ""
    words = catalogue.title("waiver_reasons", catalogue.title("discount_reasons", event.words))
    if kind is MoneyKind.VOID:
        # This is itself what takes something back; its own words say so already.
        return spoken(MONEY_TITLES[kind], amount=format_yuan(event.fen)), "arrow-back-up", "warn", (paid_by, words)
    icon = "cash" if kind in (MoneyKind.PAYMENT, MoneyKind.REFUND) else "report-money"
    return spoken(MONEY_TITLES[kind], amount=format_yuan(event.fen)), icon, "accent", (paid_by, words)


def _pickup(event: OrderEvent) -> Words:
    proof = str(event.data.get("proof", ""))
    shown = spoken(PROOF_TITLES[ProofKind(proof)]) if proof in set(ProofKind) else ""
    agent = spoken(N_("collected by an agent")) if event.data.get("agent") else ""
    return spoken(N_("Picked up")), "package", "ok", (shown, agent, event.words)


_WORDS: Final[dict[str, Callable[[OrderEvent], Words]]] = {
    "move": _move, "hop": _hop, "record": _record, "money": _money, "pickup": _pickup,
}  # fmt: skip
