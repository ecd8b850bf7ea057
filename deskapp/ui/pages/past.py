"""The history of a record on its page: every change, who and when, the old value and the new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QShowEvent

from deskapp import catalogue
from deskapp.errors import N_
from deskapp.models.store import ReadSession
from deskapp.queries.history import Change, history
from deskapp.rules.masking import mask
from deskapp.ui.kit import Button, Card, Happening, PageContext, Text, Timeline, listed, row, spoken
from deskapp.ui.pages.words import full_moment

FIRST = 12
PAUSE_MS = 150

FIELD_TITLES: Mapping[str, str] = {
    "merchant_no": N_("Merchant number"), "name": N_("Name or title"), "short_name": N_("Short name"),
    "uscc": N_("Credit code"), "address": N_("Address"), "district": N_("District"), "tier": N_("Tier"),
    "note": N_("Note"), "active": N_("In use"), "relation": N_("Relation"), "phone": N_("Phone"),
    "main": N_("Main contact"), "number": N_("Contract number"), "kind": N_("Kind"), "starts_on": N_("Starts"),
    "ends_on": N_("Ends"), "warranty_months": N_("Warranty, months"), "explained_by": N_("Explained by"),
    "open_questions": N_("Open questions"), "serial_no": N_("Serial number"), "tusn": N_("TUSN"),
    "imei": N_("IMEI"), "iccid": N_("ICCID"), "ownership": N_("Owned by"), "manufactured_on": N_("Made on"),
    "warranty_until": N_("Warranty until"), "firmware_version": N_("Firmware"), "app_version": N_("App version"),
    "loaner": N_("Loaner"), "do_not_wipe": N_("Do not wipe"), "terminal_no": N_("Terminal number"),
    "valid_from": N_("From"), "valid_to": N_("Until"), "place": N_("Place"), "brand": N_("Brand"),
    "brand_en": N_("Brand in English"), "name_en": N_("Name in English"), "capabilities": N_("Capabilities"),
    "accessories": N_("Usual accessories"), "serial_pattern": N_("Pattern of serial numbers"),
    "unionpay_device_type": N_("UnionPay device type"), "min_version": N_("Oldest allowed version"),
    "key_load_on_board_change": N_("Keys after a board change"), "support_contact": N_("Support contact"),
    "part_no": N_("Part number"), "fits": N_("Fits"), "price_fen": N_("Price"), "fen": N_("Price"),
    "warranty_days": N_("Warranty, days"), "serialised": N_("Tracked by serial number"),
    "min_quantity": N_("Minimum"), "bin": N_("Bin"), "staff_no": N_("Staff number"), "badge_no": N_("Badge"),
    "roles": N_("Roles"), "language": N_("Language"), "day": N_("Day"), "works": N_("Working day"),
    "code": N_("Code"), "region": N_("Region"), "version": N_("Version"),
}  # fmt: skip

KIND_ICONS = {"create": "plus", "set": "edit", "fact": "check", "del": "trash"}


class HistoryCard(Card):
    """Who changed what, newest first; long histories open on demand."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("History"), icon="history", hint=N_("Nothing is ever edited away."))
        self.context = context
        self.changes: Sequence[Change] = ()
        self._whole = False
        self._wanted: tuple[str, ...] = ()
        # Whoever walks down a list does not wait for a history at every step.
        self._timer = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._timer.timeout.connect(self._ask)
        self.timeline = Timeline()
        self.nothing = Text(N_("No change is known of yet."), "muted")
        self.more = Button(N_("Show all {count} changes"), "link", icon="chevron-down", clicked=self._all, count=0)
        self.add(self.nothing)
        self.add(self.timeline)
        self.add(row(self.more, 1))
        self._show()

    def show_for(self, *record_ids: str) -> None:
        """Show the changes of one record, or of several as one history; asked when it is in sight."""
        if record_ids != self._wanted:
            self._whole = False
        self._wanted = record_ids
        self._timer.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for what was wanted while nobody looked."""
        super().showEvent(event)
        if self._wanted:
            self._timer.start()

    def _ask(self) -> None:
        wanted = self._wanted
        if not self.isVisible():
            return

        def question(session: ReadSession) -> list[Change]:
            found = [change for record_id in wanted for change in history(session, record_id)]
            return sorted(found, key=lambda change: change.seq, reverse=True)

        self.context.jobs.ask(question, owner=self, then=self._here, exclusive="history")

    def retranslate(self) -> None:
        """Say the changes in the window's language."""
        self._show()

    def _here(self, changes: Sequence[Change]) -> None:
        if [change.hash for change in changes] == [change.hash for change in self.changes]:
            return
        self.changes = changes
        self._show()

    def _all(self) -> None:
        self._whole = True
        self._show()

    def _show(self) -> None:
        shown = self.changes if self._whole else self.changes[:FIRST]
        self.timeline.set_happenings([happening(change) for change in shown])
        self.nothing.setVisible(not self.changes)
        self.more.say(N_("Show all {count} changes"), count=len(self.changes))
        self.more.setVisible(len(shown) < len(self.changes))


def happening(change: Change) -> Happening:
    """Return a change as a line of the history."""
    details = [detail(key, change) for key in change.values if key in FIELD_TITLES]
    return Happening(
        full_moment(change.at), spoken(change.title), change.by or spoken(N_("the program")),
        "\n".join(line for line in details if line), KIND_ICONS.get(change.kind, "edit"), "accent",
    )  # fmt: skip


def detail(key: str, change: Change) -> str:
    """Return "field: old -> new" of one value, or nothing where nothing was set."""
    new, old = shown(key, change.values[key]), shown(key, change.before.get(key))
    if key not in change.before:
        return f"{spoken(FIELD_TITLES[key])}: {new}" if new else ""
    return f"{spoken(FIELD_TITLES[key])}: {old or '–'} → {new or '–'}"


def shown(key: str, value: Any) -> str:
    """Return a value as people read it; phone numbers stay masked."""
    if value is None or value in ("", []):
        return ""
    if isinstance(value, bool):
        return spoken(N_("Yes")) if value else spoken(N_("No"))
    if key == "phone":
        return mask("phone", str(value))
    if key in ("price_fen", "fen"):
        from deskapp.rules.money import format_yuan

        return format_yuan(int(value))
    if key == "roles":
        from deskapp.rules.access import ROLE_TITLES, Role

        return listed(spoken(ROLE_TITLES[Role(one)]) for one in value)
    if key in ("capabilities", "accessories"):
        name = "capabilities" if key == "capabilities" else "accessory_types"
        return listed(catalogue.title(name, str(one)) for one in value)
    if isinstance(value, list | tuple):
        return listed(map(str, value))
    return str(value)
