"""The ten kinds of ticket: what each asks for, and the states all share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskapp.errors import Refused
from deskapp.rules.tickets import (
    FIELDS,
    KIND_TITLES,
    STATE_TITLES,
    FieldSpec,
    FieldType,
    RequiredAt,
    TicketFact,
    TicketKind,
    TicketState,
    check_done,
    check_open,
    check_ticket_move,
    fold_ticket,
    missing_fields,
)


def good(spec: FieldSpec) -> object:
    if spec.must_contain:
        return [spec.must_contain]
    return {
        FieldType.TEXT: "text",
        FieldType.CHOICE: spec.choices[0][0] if spec.choices else "",
        FieldType.PHONE: "13812345678",
        FieldType.DATE: "2025-03-14",
        FieldType.MONEY: 12_345,
        FieldType.LAST4: "0042",
        FieldType.LIST: ["one"],
        FieldType.BOOL: True,
        FieldType.NUMBER: 3,
    }[spec.type]


def complete(kind: TicketKind) -> dict[str, object]:
    return {spec.key: good(spec) for spec in FIELDS[kind]}


EVERY_FIELD = [(kind, spec) for kind, specs in FIELDS.items() for spec in specs]


def test_there_are_ten_kinds_each_with_title_and_opening_fields() -> None:
    assert len(TicketKind) == 10
    assert set(KIND_TITLES) == set(FIELDS) == set(TicketKind)
    assert set(STATE_TITLES) == set(TicketState)
    for kind in TicketKind:
        assert any(spec.required_at is RequiredAt.OPEN for spec in FIELDS[kind])
        assert kind is TicketKind.REPAIR or any(s.required_at is RequiredAt.DONE for s in FIELDS[kind])


def test_keys_are_unique_within_a_kind_and_choices_have_titles() -> None:
    for specs in FIELDS.values():
        keys = [spec.key for spec in specs]
        assert len(keys) == len(set(keys))
    for _, spec in EVERY_FIELD:
        assert (spec.type is FieldType.CHOICE) <= bool(spec.choices)
        assert all(key and title for key, title in spec.choices)


@pytest.mark.parametrize("kind", list(TicketKind))
def test_a_complete_ticket_opens_and_is_done(kind: TicketKind) -> None:
    check_open(kind, complete(kind))
    check_done(kind, complete(kind))
    assert missing_fields(kind, complete(kind), RequiredAt.DONE) == ()


@pytest.mark.parametrize(("kind", "spec"), EVERY_FIELD, ids=lambda v: getattr(v, "key", str(v)))
@pytest.mark.parametrize("nothing", [None, "", "  ", []])
def test_each_missing_field_is_refused_with_its_own_sentence(
    kind: TicketKind, spec: FieldSpec, nothing: object
) -> None:
    values = complete(kind) | {spec.key: nothing}
    if spec.when:
        values[spec.when[0]] = spec.when[1][0]
    with pytest.raises(Refused) as refusal:
        check_done(kind, values)
    assert (refusal.value.field, refusal.value.sentence) == (spec.key, spec.sentence)
    assert spec in missing_fields(kind, values, spec.required_at)
    if spec.required_at is RequiredAt.DONE:
        check_open(kind, values)


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("transaction_anomaly", "amount", -1),
        ("transaction_anomaly", "amount", True),
        ("transaction_anomaly", "amount", "12.50"),
        ("transaction_anomaly", "card_last4", "12345"),
        ("transaction_anomaly", "card_last4", "１２３４"),
        ("transaction_anomaly", "wipe_released", False),
        ("transaction_anomaly", "happened_at", "yesterday"),
        ("contract", "questions_settled", False),
        ("contract", "contract_type", "marriage"),
        ("training", "topics_done", ["operation"]),
        ("training", "attendees", "everybody"),
        ("inspection", "next_on", "2025-02-30"),
        ("repair", "business_stopped", "no"),
    ],
)
def test_a_value_of_the_wrong_form_is_refused_at_its_field(kind: str, key: str, value: object) -> None:
    with pytest.raises(Refused) as refusal:
        check_done(TicketKind(kind), complete(TicketKind(kind)) | {key: value})
    assert refusal.value.field == key


@pytest.mark.parametrize(
    ("kind", "key", "word"),
    [
        ("transaction_anomaly", "card_last4", "unknown"),
        ("transaction_anomaly", "batch_no", "unknown"),
        ("application", "uscc", "none"),
        ("consultation", "model_proposed", "none"),
        ("inspection", "next_on", "none"),
    ],
)
def test_none_and_not_known_are_answers_where_they_can_be_true(kind: str, key: str, word: str) -> None:
    check_done(TicketKind(kind), complete(TicketKind(kind)) | {key: word})


def test_a_fee_question_asks_only_for_what_its_result_needs() -> None:
    values = {"rate": "0.6%", "source": "contract", "outcome": "explained", "explanation": "as agreed"}
    check_done(TicketKind.FEE_QUESTION, values)
    with pytest.raises(Refused) as refusal:
        check_done(TicketKind.FEE_QUESTION, values | {"outcome": "dispute"})
    assert refusal.value.field == "handed_to"


MOVES: list[tuple[TicketState | None, str, TicketState | None]] = [
    (None, "open", TicketState.OPEN),
    (None, "start", None),
    (TicketState.OPEN, "open", None),
    (TicketState.OPEN, "start", TicketState.IN_PROGRESS),
    (TicketState.OPEN, "finish", TicketState.DONE),
    (TicketState.IN_PROGRESS, "wait", TicketState.WAITING),
    (TicketState.WAITING, "go_on", TicketState.IN_PROGRESS),
    (TicketState.WAITING, "finish", TicketState.DONE),
    (TicketState.OPEN, "go_on", None),
    (TicketState.IN_PROGRESS, "cancel", TicketState.CANCELLED),
    (TicketState.DONE, "finish", None),
    (TicketState.DONE, "reopen", TicketState.IN_PROGRESS),
    (TicketState.CANCELLED, "reopen", TicketState.IN_PROGRESS),
    (TicketState.CANCELLED, "start", None),
]


@pytest.mark.parametrize(("state", "move", "after"), MOVES)
def test_moves_of_a_ticket(state: TicketState | None, move: str, after: TicketState | None) -> None:
    kind = TicketKind.CONSULTATION
    if after is None:
        with pytest.raises(Refused):
            check_ticket_move(state, move, kind=kind, values=complete(kind), reason="merchant")
    else:
        assert check_ticket_move(state, move, kind=kind, values=complete(kind), reason="merchant") is after


@pytest.mark.parametrize(
    ("move", "reason", "open_items", "field"),
    [
        ("wait", "weather", 0, "reason"),
        ("wait", "", 0, "reason"),
        ("cancel", " ", 0, "reason"),
        ("finish", "", 2, "items"),
        ("cancel", "error", 1, "items"),
    ],
)
def test_moves_need_a_reason_and_no_open_devices(move: str, reason: str, open_items: int, field: str) -> None:
    kind = TicketKind.REPAIR
    with pytest.raises(Refused) as refusal:
        check_ticket_move(
            TicketState.IN_PROGRESS,
            move,
            kind=kind,
            values=complete(kind),
            reason=reason,
            open_items=open_items,
        )
    assert refusal.value.field == field


def test_a_move_in_no_table_is_a_bug() -> None:
    with pytest.raises(ValueError, match="fly"):
        check_ticket_move(None, "fly", kind=TicketKind.REPAIR, values={})


def facts(*moves: str) -> list[TicketFact]:
    return [TicketFact(move, n, "s1", reason="bank", uid=f"t{n}") for n, move in enumerate(moves)]


def test_the_state_of_a_ticket_is_a_fold() -> None:
    view = fold_ticket(facts("open", "start", "wait"))
    assert (view.state, view.waiting_on, view.since_ms) == (TicketState.WAITING, "bank", 2)
    view = fold_ticket(facts("open", "start", "wait", "go_on", "open", "dance"))
    assert (view.state, view.waiting_on) == (TicketState.IN_PROGRESS, "")
    assert [fact.move for fact in view.misfits] == ["open", "dance"]


NAMES = st.sampled_from(["open", "start", "wait", "go_on", "finish", "cancel", "reopen", "dance"])


@given(st.lists(NAMES, min_size=1, max_size=12), st.data())
def test_a_voided_fact_is_as_if_never_made(names: list[str], data: st.DataObject) -> None:
    made = facts(*names)
    gone = data.draw(st.integers(0, len(made) - 1))
    void = TicketFact("void", 99, "boss", uid="v", voids=made[gone].uid)
    assert fold_ticket([*made, void]) == fold_ticket(made[:gone] + made[gone + 1 :])
