"""How lists and pages name units: columns, ownership, warranty as colour and word."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from deskapp import catalogue
from deskapp.errors import N_
from deskapp.queries.registry_cards import DeviceRow, StayCard
from deskapp.rules.states import ENDED, STATE_TITLES, WorkState
from deskapp.ui.kit import Cell, Choice, Column, spoken
from deskapp.ui.pages.words import full_moment

OWNERSHIP_TITLES: Mapping[str, str] = {
    "bank_owned": N_("Owned by the bank"),
    "merchant_owned": N_("Owned by the merchant"),
    "leased": N_("Leased"),
}

OWNERSHIPS = [Choice(code, title) for code, title in OWNERSHIP_TITLES.items()]


def device_columns(*, owner: bool = True) -> list[Column]:
    """Return the columns of a list of units, with or without whom they belong to."""
    columns = [
        Column("serial_no", N_("Serial number"), _serial, 190),
        Column("model", N_("Model"), lambda row: row.model or "–", 180),
        Column("merchant", N_("Merchant"), lambda row: row.merchant, 0),
        Column("terminal_no", N_("Terminal number"), lambda row: row.terminal_no, 140),
        Column("warranty_until", N_("Warranty until"), lambda row: row.warranty_until, 130),
        Column("ownership", N_("Owned by"), lambda row: spoken(OWNERSHIP_TITLES.get(row.ownership, "")), 0),
    ]
    if owner:
        columns[5] = Column("ownership", N_("Owned by"), columns[5].show, 180)
        return columns
    return [column for column in columns if column.key != "merchant"]


def _serial(row: DeviceRow) -> Cell | str:
    return Cell(row.serial_no, "accent", "switch-horizontal") if row.loaner else row.serial_no


def warranty_pill(until: str, today: date) -> tuple[str, str, str, Mapping[str, object]]:
    """Return words, tone, icon and values of a warranty end."""
    if not until:
        return N_("warranty not known"), "neutral", "help", {}
    if until < today.isoformat():
        return N_("warranty ended {day}"), "warn", "alert-triangle", {"day": until}
    return N_("in warranty until {day}"), "ok", "shield-check", {"day": until}


def stay_columns() -> list[Column]:
    """Return the columns of the list of a unit's stays with us."""
    return [
        Column("order_no", N_("Order"), lambda stay: stay.order_no, 210),
        Column("at", N_("Taken in"), lambda stay: full_moment(stay.opened_at), 160),
        Column("symptom", N_("Symptom"), _symptom, 0),
        Column("state", N_("State"), stay_state, 180),
        Column("receipt", N_("Receipt"), lambda stay: stay.receipt_no, 210),
    ]


def stay_state(stay: StayCard) -> Cell:
    """Return the state of a stay as a pill."""
    state = WorkState(stay.work_state)
    over = state in ENDED or state is WorkState.PICKED_UP
    tone, icon = ("neutral", "check") if over else ("accent", "tool")
    if state is WorkState.QUARANTINED:
        tone, icon = "danger", "hand-stop"
    return Cell(spoken(STATE_TITLES[state]), tone, icon, pill=True)


def _symptom(stay: StayCard) -> str:
    title = catalogue.title("symptoms", stay.symptom_code) if stay.symptom_code else ""
    return "  ".join(part for part in (title, stay.words) if part)
