"""The ten kinds of service ticket: repair, and nine that need no device on the bench.

All share the states open, in progress, waiting (for somebody), done, cancelled. What each kind asks
for at the opening and before it is done stands in `ticket_fields` as data, so that one page can show
any kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from deskapp.errors import N_, Refused
from deskapp.rules.facts import without_voided
from deskapp.rules.ticket_fields import FIELDS, FieldSpec, FieldType, RequiredAt, TicketKind

__all__ = [
    "FIELDS", "KIND_TITLES", "MERCHANT_WORDS", "MOVE_TITLES", "STATE_TITLES", "WAITING_ON", "FieldSpec", "FieldType",
    "RequiredAt", "TicketFact", "TicketKind", "TicketState", "TicketView", "check_done", "check_fields",
    "check_open", "check_ticket_move", "fold_ticket", "looks_like_serial", "missing_fields",
]  # fmt: skip


class TicketState(StrEnum):
    """Where a ticket stands."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    DONE = "done"
    CANCELLED = "cancelled"


KIND_TITLES: Final[Mapping[TicketKind, str]] = {
    TicketKind.REPAIR: N_("Repair"),
    TicketKind.CONSULTATION: N_("Consultation"),
    TicketKind.APPLICATION: N_("Application"),
    TicketKind.CONTRACT: N_("Contract"),
    TicketKind.INSTALLATION: N_("Installation"),
    TicketKind.INSPECTION: N_("Inspection"),
    TicketKind.TRAINING: N_("Training"),
    TicketKind.FEE_QUESTION: N_("Fee question"),
    TicketKind.TRANSACTION_ANOMALY: N_("Abnormal transaction"),
    TicketKind.SOFTWARE_UPDATE: N_("Software update"),
}

STATE_TITLES: Final[Mapping[TicketState, str]] = {
    TicketState.OPEN: N_("Not started"),
    TicketState.IN_PROGRESS: N_("In progress"),
    TicketState.WAITING: N_("Waiting"),
    TicketState.DONE: N_("Completed"),
    TicketState.CANCELLED: N_("Cancelled"),
}

MERCHANT_WORDS: Final = "merchant_words"
"""Among the answers of a ticket: what the caller says the merchant is called, while no record was chosen."""

WAITING_ON: Final[Mapping[str, str]] = {
    "merchant": N_("the merchant"),
    "bank": N_("the bank"),
    "supplier": N_("the supplier"),
}

MOVE_TITLES: Final[Mapping[str, str]] = {
    "open": N_("Open a ticket"),
    "start": N_("Start work"),
    "wait": N_("Wait for somebody"),
    "go_on": N_("Go on with the ticket"),
    "finish": N_("Finish the ticket"),
    "cancel": N_("Cancel the ticket"),
    "reopen": N_("Reopen the ticket"),
    "open_again": N_("Back to the open tickets"),
}

_T = TicketState
_MOVES: Final[Mapping[str, tuple[frozenset[TicketState | None], TicketState]]] = {
    "open": (frozenset({None}), _T.OPEN),
    "start": (frozenset({_T.OPEN}), _T.IN_PROGRESS),
    "wait": (frozenset({_T.OPEN, _T.IN_PROGRESS}), _T.WAITING),
    "go_on": (frozenset({_T.WAITING}), _T.IN_PROGRESS),
    "finish": (frozenset({_T.OPEN, _T.IN_PROGRESS, _T.WAITING}), _T.DONE),
    "cancel": (frozenset({_T.OPEN, _T.IN_PROGRESS, _T.WAITING}), _T.CANCELLED),
    "reopen": (frozenset({_T.DONE, _T.CANCELLED}), _T.IN_PROGRESS),
    "open_again": (frozenset({_T.IN_PROGRESS, _T.WAITING}), _T.OPEN),
}


@dataclass(frozen=True, slots=True)
class TicketFact:
    """What happened to a ticket: the move, when (ms UTC), by whom, on whom it waits, why."""

    move: str
    at_ms: int
    by: str
    reason: str = ""
    uid: str = ""
    voids: str | None = None


@dataclass(frozen=True, slots=True)
class TicketView:
    """Where a ticket stands: state (None before the opening), on whom it waits, facts that fit nowhere."""

    state: TicketState | None = None
    waiting_on: str = ""
    since_ms: int | None = None
    history: tuple[TicketFact, ...] = ()
    misfits: tuple[TicketFact, ...] = ()


def fold_ticket(facts: Iterable[TicketFact]) -> TicketView:
    """Return where a ticket stands after these facts; one that is no legal move is kept and moves nothing."""
    counted, dangling = without_voided(tuple(facts))
    state: TicketState | None = None
    waiting = ""
    since: int | None = None
    history: list[TicketFact] = []
    misfits = list(dangling)
    for fact in counted:
        origins, target = _MOVES.get(fact.move, (frozenset(), _T.OPEN))
        if state not in origins:
            misfits.append(fact)
            continue
        state, since = target, fact.at_ms
        waiting = fact.reason if target is _T.WAITING else ""
        history.append(fact)
    return TicketView(state, waiting, since, tuple(history), tuple(misfits))


def check_ticket_move(
    state: TicketState | None,
    move: str,
    *,
    kind: TicketKind,
    values: Mapping[str, object],
    reason: str = "",
    open_items: int = 0,
) -> TicketState:
    """Return the state after a move, or raise `Refused` naming the field that is missing.

    `open_items` are the devices of a repair ticket that are not finished. A move that is in no
    table is a bug and raises ValueError.
    """
    if move not in _MOVES:
        raise ValueError(f"no such move: {move}")
    origins, target = _MOVES[move]
    if state not in origins:
        raise Refused(
            N_("“{move}” is not possible: the ticket is “{state}”."),
            code="state", move=MOVE_TITLES[move],
            state=STATE_TITLES[state] if state else N_("not opened yet"),
        )  # fmt: skip
    if move == "open":
        check_open(kind, values)
    if move == "wait" and reason not in WAITING_ON:
        raise Refused(N_("For whom is this ticket waiting?"), field="reason", code="missing")
    if move in ("cancel", "reopen") and not reason.strip():
        raise Refused(N_("Give the reason."), field="reason", code="missing")
    if move in ("finish", "cancel") and open_items:
        raise Refused(
            N_("{count} devices of this ticket are not finished yet."),
            field="items", code="open_items", count=open_items,
        )  # fmt: skip
    if move == "finish":
        check_done(kind, values)
    return target


def looks_like_serial(typed: str) -> bool:
    """Tell whether somebody who types a device into one field means a serial number, not the model in words."""
    return typed.isascii() and any(letter.isdigit() for letter in typed) and len(typed) >= 6


def check_open(kind: TicketKind, values: Mapping[str, object]) -> None:
    """Raise `Refused` at the first field that the opening of this kind needs and does not have."""
    check_fields(kind, values, RequiredAt.OPEN)


def check_done(kind: TicketKind, values: Mapping[str, object]) -> None:
    """Raise `Refused` at the first field that is needed before this kind is done."""
    check_fields(kind, values, RequiredAt.OPEN)
    check_fields(kind, values, RequiredAt.DONE)


def check_fields(kind: TicketKind, values: Mapping[str, object], at: RequiredAt) -> None:
    """Raise `Refused` for the first field of a stage that is missing or of the wrong form."""
    for spec in FIELDS[kind]:
        if spec.required_at is not at or not spec.applies(values):
            continue
        value = values.get(spec.key)
        if _is_blank(value):
            raise Refused(spec.sentence, field=spec.key, code="missing")
        _check_value(spec, value)


def missing_fields(kind: TicketKind, values: Mapping[str, object], at: RequiredAt) -> tuple[FieldSpec, ...]:
    """Return all fields of a stage without an answer, so that a page can mark them together."""
    return tuple(
        spec
        for spec in FIELDS[kind]
        if spec.required_at is at and spec.applies(values) and _is_blank(values.get(spec.key))
    )


def _is_blank(value: object) -> bool:
    if value is None:
        return True
    if isinstance(value, str):
        return not value.strip()
    return isinstance(value, list | tuple) and not value


_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()\-]{5,18}[0-9]")


def _check_value(spec: FieldSpec, value: object) -> None:
    """Raise `Refused` when a value is not of the field's form. The word for "there is none" always fits."""
    if spec.instead and value == spec.instead:
        return
    sentence = _FORM_SENTENCES.get(spec.type)
    fits = _fits(spec, value)
    if not fits and sentence:
        raise Refused(sentence, field=spec.key, code="form", field_name=spec.label)
    if spec.type is FieldType.CHOICE and value not in dict(spec.choices):
        raise Refused(N_("{field_name}: choose one of the list."), field=spec.key, code="choice",
                      field_name=spec.label)  # fmt: skip
    if spec.must_be_true and value is not True:
        raise Refused(spec.sentence, field=spec.key, code="not_yet")
    if spec.must_contain and isinstance(value, list | tuple) and spec.must_contain not in value:
        raise Refused(spec.sentence, field=spec.key, code="must_contain")


_FORM_SENTENCES: Final[Mapping[FieldType, str]] = {
    FieldType.PHONE: N_("{field_name}: this is no telephone number."),
    FieldType.DATE: N_("{field_name}: enter a date as year-month-day."),
    FieldType.MONEY: N_("{field_name}: enter an amount of money."),
    FieldType.LAST4: N_("{field_name}: only the last four digits."),
    FieldType.LIST: N_("{field_name}: enter a list."),
    FieldType.BOOL: N_("{field_name}: answer yes or no."),
    FieldType.NUMBER: N_("{field_name}: enter a number."),
}


def _fits(spec: FieldSpec, value: object) -> bool:
    match spec.type:
        case FieldType.PHONE:
            return isinstance(value, str) and _PHONE.fullmatch(value.strip()) is not None
        case FieldType.DATE:
            return isinstance(value, str) and _is_date(value)
        case FieldType.MONEY:
            return isinstance(value, int) and not isinstance(value, bool) and value >= 0
        case FieldType.LAST4:
            return isinstance(value, str) and len(value) == 4 and value.isascii() and value.isdigit()
        case FieldType.LIST:
            return isinstance(value, list | tuple)
        case FieldType.BOOL:
            return isinstance(value, bool)
        case FieldType.NUMBER:
            return isinstance(value, int) and not isinstance(value, bool)
        case FieldType.TEXT | FieldType.CHOICE:
            return True


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return True
