"""From what was found or scanned to where it opens: one table of steps and pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from deskapp.errors import N_
from deskapp.rules.numbers import PROBLEMS, ScanKind, parse_scan
from deskapp.ui.widgets.suggest import Suggestion

if TYPE_CHECKING:
    from deskapp.models.store import ReadSession
    from deskapp.queries.hits import Hit
    from deskapp.queries.scan import Target


@dataclass(frozen=True, slots=True)
class Destination:
    """A page and what its `open` is handed."""

    page: str
    args: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a scan means: a destination, or several to choose from, and perhaps a sentence about it.

    `verb` is the word of a command from the laminated sheet.
    """

    destination: Destination | None = None
    choices: tuple[Suggestion, ...] = ()
    sentence: str = ""
    number: str = ""
    verb: str = ""
    badge: bool = False


class Finder(Protocol):
    """Answers the scan-and-search field; both run on a read thread."""

    def search(self, session: ReadSession, text: str) -> Sequence[Suggestion]:
        """Return what fits a text; each suggestion's data is a Destination."""

    def resolve(self, session: ReadSession, text: str) -> Resolved:
        """Return what a scanned code opens."""


# What a step opens. The page's `open` gets `id` (and the same as `item_id`, `ticket_id` ... by kind), `number`,
# `kind` and, for a slip, `token`.
STEP_PAGES: Final[dict[str, str]] = {
    "check_in": "check_in",
    "counter": "bench",
    "bench": "bench",
    "approval": "bench",
    "test": "bench",
    "pickup": "ready",
    "transport": "order",
    "quarantine": "order",
    "history": "order",
    "shelf": "shelf",
    "stock": "stock",
    "sign_in": "staff",
    "visit": "visit",
}

# What a record opens when no step asks for it.
KIND_PAGES: Final[dict[str, str]] = {
    "item": "order",
    "merchant": "merchant",
    "device": "device",
    "order": "order",
    "ticket": "ticket",
    "part": "stock",
    "shelf": "shelf",
    "staff": "staff",
    "visit": "visit",
}

KIND_ICONS: Final[dict[str, str]] = {
    "item": "inbox",
    "merchant": "building-store",
    "device": "device-mobile",
    "order": "clipboard-list",
    "ticket": "phone-call",
    "part": "packages",
    "shelf": "box",
    "staff": "user",
    "visit": "map-pin",
}


class StoreFinder:
    """The finder over the queries of the store."""

    def search(self, session: ReadSession, text: str) -> Sequence[Suggestion]:
        """Return what fits a text, grouped by kind."""
        from deskapp.queries.find import KIND_TITLES, find

        found = find(session, text, limit=6)
        exact = _exact(found.target)
        if parse_scan(text).kind is ScanKind.MANIFEST:
            van = _van(session, text)
            exact = [Suggestion(van.number, "", "truck-delivery", N_("This very code"), van.destination)]
            exact = exact if van.destination is not None else []
        listed = [suggestion(hit, KIND_TITLES[group.kind]) for group in found.groups for hit in group.hits]
        return [*exact, *listed]

    def resolve(self, session: ReadSession, text: str) -> Resolved:
        """Return what a scanned code opens."""
        from deskapp.queries.find import KIND_TITLES, resolve_scan

        scan = parse_scan(text)
        if scan.kind is ScanKind.MANIFEST:
            return _van(session, text)
        if scan.kind is ScanKind.LABEL and (scan.token or "").startswith("C"):
            return _record(session, scan.number, text)
        target = resolve_scan(session, text)
        if target.step == "command":
            return Resolved(verb=target.number, number=target.number)
        choices = tuple(suggestion(hit, KIND_TITLES[hit.kind]) for hit in target.choices)
        if target.kind is None and target.step == "check_in":
            place = _place("check_in", "device", "", target.number)
            choices = (Suggestion(target.number, "", "inbox", N_("Take in as a new device"), place),)
        return Resolved(destination(target), choices, target.sentence, target.number, badge=target.step == "sign_in")


def _record(session: ReadSession, label_no: str, code: str) -> Resolved:
    """Return where the code of a printed custody record leads: to the chain, which is compared with it."""
    from deskapp.queries.custody import item_of_label

    item_id = item_of_label(session, label_no)
    if not item_id:
        return Resolved(sentence=N_("No device here bears this label."), number=label_no)
    return Resolved(Destination("custody", {"id": item_id, "kind": "item", "code": code}), number=label_no)


def _van(session: ReadSession, text: str) -> Resolved:
    """Return where a manifest's code leads: to receive it, to look after our own, or a sentence about the paper."""
    from deskapp.queries.transfers_scan import Means, is_ours, scan_in

    seen = scan_in(session, "", text)
    if seen.means is Means.MANIFEST:
        page = "transfer_out" if is_ours(session, seen.manifest_id) else "transfer_in"
        return Resolved(Destination(page, {"id": seen.manifest_id, "number": seen.number}), number=seen.number)
    if seen.means is Means.PAPER:
        return Resolved(Destination("transfer_in", {"id": seen.manifest_id, "code": text, "number": seen.number}),
                        number=seen.number)  # fmt: skip
    sentence = N_("The record of {number} is not here yet. Scan the large code above the list of its paper.")
    return Resolved(sentence=PROBLEMS["check"] if seen.means is Means.MISREAD else sentence, number=seen.number)


def destination(target: Target) -> Destination | None:
    """Return where a scan leads, or None where it leads to no record."""
    if target.kind is None:
        return None
    page = STEP_PAGES.get(target.step) or KIND_PAGES[target.kind]
    return _place(page, str(target.kind), target.id, target.number, target.token)


def suggestion(hit: Hit, group: str) -> Suggestion:
    """Return a found record as a line of the list."""
    page = STEP_PAGES.get(hit.step, KIND_PAGES[hit.kind]) if hit.kind == "item" else KIND_PAGES[hit.kind]
    place = _place(page, str(hit.kind), hit.id, hit.title)
    return Suggestion(hit.title, hit.subtitle, KIND_ICONS[hit.kind], group, place)


def _exact(target: Target | None) -> list[Suggestion]:
    place = destination(target) if target is not None else None
    if target is None or place is None:
        return []
    return [Suggestion(target.number, "", "qrcode", N_("This very code"), place)]


def _place(page: str, kind: str, identity: str, number: str, token: str = "") -> Destination:
    args = {"id": identity, f"{kind}_id": identity, "kind": kind, "number": number, "token": token}
    return Destination(page, args)
