"""The table of moves, the check of one move, and the fold of work facts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskapp.errors import Forbidden, Refused
from deskapp.rules.access import Role
from deskapp.rules.lifecycle import (
    ENDED,
    HELD,
    RECORD_TITLES,
    RESUMING,
    STATE_TITLES,
    Allowed,
    Move,
    Where,
    WorkFact,
    WorkState,
    check,
    fold_work,
    hands_of,
    legal,
    moves,
)

S = WorkState
BOTH = frozenset({"outlet", "depot"})


def answers(move: Move) -> dict[str, object]:
    """Give every record of a move an answer that no guard objects to."""
    special: dict[str, object] = {
        "tamper_result": "ok", "board_changed": False, "loop_count": 1, "charge_basis": "free",
        "approval_channel": "signature", "old_serial_no": "A1", "new_serial_no": "B2",
    }  # fmt: skip
    return {key: special.get(key, "x") for key in move.records}


def ask(move: Move, state: S | None, **changes: object) -> Allowed:
    values: dict[str, object] = {
        "roles": {min(move.actors, key=list(Role).index)},
        "records": answers(move),
        "site_roles": BOTH,
        "by": "s1",
        "second": "s2",
        "second_roles": set(Role),
        "remembered": S.REPAIRING,
    }
    values.update(changes)
    return check(state, move.name, **values)  # type: ignore[arg-type]


EVERY_STEP = [(move, state) for move in moves() for state in sorted(move.from_states, key=str)]


def test_there_are_28_states_and_each_has_a_title() -> None:
    assert len(S) == 28
    assert set(STATE_TITLES) == set(S)


def test_every_state_is_reached_from_nothing() -> None:
    reached: set[S | None] = {None}
    while True:
        new = {m.to for m in moves() if m.to and m.from_states & reached} - reached
        if not new:
            break
        reached |= new
    assert set(S) <= reached


def test_every_state_has_a_way_out_except_the_ended_ones() -> None:
    for state in S:
        out = [m for m in moves() if state in m.from_states and not m.stays and m.to is not state]
        if state in ENDED - {S.CLOSED}:
            assert out == []
        else:
            assert out, state


def test_one_site_that_is_outlet_and_depot_needs_no_transport() -> None:
    """From check-in over diagnosis and test to pickup without a courier."""
    path = [S.CHECKED_IN, S.DIAGNOSING, S.REPAIRING, S.QC_TESTING, S.READY_FOR_PICKUP, S.PICKED_UP]
    for state, following in zip(path, path[1:], strict=False):
        assert following in {m.to for m in legal(state, BOTH)}
    assert S.READY_FOR_PICKUP in {m.to for m in legal(S.DECLINED, BOTH)}
    assert S.QC_TESTING in {m.to for m in legal(S.AWAITING_KEY_LOAD, BOTH)}


def test_an_outlet_alone_cannot_open_a_case() -> None:
    assert {"start_diagnosis", "pass_test", "start_repair"}.isdisjoint(
        {m.name for state in S for m in legal(state, {"outlet"})}
    )


@pytest.mark.parametrize("move", moves(), ids=lambda m: m.name)
def test_no_move_is_without_actor_records_and_a_clear_target(move: Move) -> None:
    assert move.actors
    assert Role.AUDITOR not in move.actors
    assert Role.ADMINISTRATOR not in move.actors
    assert move.records
    assert set(move.records) | set(move.deferred) <= set(RECORD_TITLES)
    assert (move.to is None) == (move.resumes or move.stays)
    assert move.resumes == (move.to is None and move.from_states <= RESUMING)


def test_a_name_stands_once_for_a_state() -> None:
    steps = [(m.name, state) for m, state in EVERY_STEP]
    assert len(steps) == len(set(steps))


def test_every_move_into_a_resuming_state_remembers() -> None:
    for move in moves():
        if move.to in RESUMING:
            assert move.remembers, move.name


def test_every_held_device_can_be_quarantined_by_whoever_finds_it() -> None:
    for state in HELD:
        found = [m for m in legal(state, {"outlet"}) if m.name == "quarantine"]
        assert found and not found[0].second_person


def test_quarantine_blocks_every_other_move() -> None:
    assert {m.name for m in legal(S.QUARANTINED, BOTH)} == {"release_quarantine"}


@pytest.mark.parametrize(("move", "state"), EVERY_STEP, ids=lambda v: getattr(v, "name", str(v)))
def test_every_row_can_be_made_by_its_actor_with_its_records(move: Move, state: S | None) -> None:
    allowed = ask(move, state)
    expected = S.REPAIRING if move.resumes else state if move.stays else move.to
    assert allowed.to is expected
    assert allowed.todo == move.deferred
    assert not allowed.solo


@pytest.mark.parametrize(("move", "state"), EVERY_STEP, ids=lambda v: getattr(v, "name", str(v)))
def test_every_missing_record_is_refused_at_its_field(move: Move, state: S | None) -> None:
    for key in move.records:
        with pytest.raises(Refused) as refusal:
            ask(move, state, records=answers(move) | {key: None})
        assert refusal.value.field == key
        assert RECORD_TITLES[key] in str(refusal.value)


@pytest.mark.parametrize(("move", "state"), EVERY_STEP, ids=lambda v: getattr(v, "name", str(v)))
def test_an_auditor_an_administrator_and_nobody_make_no_move(move: Move, state: S | None) -> None:
    for roles in ({"auditor"}, {"administrator"}, set()):
        with pytest.raises(Forbidden):
            ask(move, state, roles=roles)


def named(name: str, state: S | None) -> Move:
    return next(m for m in moves() if m.name == name and state in m.from_states)


def test_a_move_from_the_wrong_state_is_refused_with_both_names() -> None:
    with pytest.raises(Refused) as refusal:
        ask(named("hand_out", S.READY_FOR_PICKUP), S.DIAGNOSING)
    assert refusal.value.code == "state"
    assert "Hand out" in str(refusal.value) and "Being diagnosed" in str(refusal.value)


def test_a_move_of_another_site_is_refused() -> None:
    with pytest.raises(Refused) as refusal:
        ask(named("start_diagnosis", S.CHECKED_IN), S.CHECKED_IN, site_roles={"outlet"})
    assert refusal.value.code == "site"


def test_a_name_in_no_row_is_a_bug() -> None:
    with pytest.raises(ValueError, match="teleport"):
        check(None, "teleport", roles=(), records={}, site_roles=())


def test_several_missing_records_are_named_and_counted() -> None:
    move = named("check_in", None)
    with pytest.raises(Refused) as refusal:
        ask(move, None, records={})
    assert str(refusal.value) == (
        "Check in: still to be recorded: serial number, model, merchant, or a call-back number and 6 more."
    )


@pytest.mark.parametrize(
    ("key", "value", "counts"),
    [
        ("unsettled_batch", False, True),
        ("accessories", [], True),
        ("accessories", None, False),
        ("condition", [], False),
        ("deliverer", "   ", False),
    ],
)
def test_no_and_none_are_answers_but_silence_is_not(key: str, value: object, counts: bool) -> None:
    move = named("check_in", None)
    records = answers(move) | {key: value}
    if counts:
        ask(move, None, records=records)
    else:
        with pytest.raises(Refused):
            ask(move, None, records=records)


def test_what_is_deferred_becomes_a_todo_and_goes_away_when_given() -> None:
    move = named("check_in", S.REGISTERED)
    allowed = ask(move, S.REGISTERED, records=answers(move) | {"photos": ["p1"], "power_state": False})
    assert allowed.todo == ("signature", "label_scan_back", "estimate", "warranty_papers")


@pytest.mark.parametrize(
    ("name", "state", "changes", "code"),
    [
        ("send_to_test", S.REPAIRING, {"board_changed": True}, "key_load"),
        ("keys_kept", S.AWAITING_KEY_LOAD, {"board_changed": True}, "key_load"),
        ("start_repair", S.DIAGNOSING, {"charge_basis": "payable"}, "quote_first"),
        ("fail_test", S.QC_TESTING, {"loop_count": 3}, "loops"),
        ("fail_test", S.QC_TESTING, {"loop_count": "three"}, "number"),
        ("approve", S.AWAITING_APPROVAL, {"approval_channel": "phone"}, "callback"),
        ("swap", S.DECLINED, {"new_serial_no": "A1"}, "same_serial"),
        ("pass_test", S.QC_TESTING, {"tamper_result": "suspect"}, "tamper"),
        ("ready_declined", S.DECLINED, {"tamper_result": "suspect"}, "tamper"),
    ],
)
def test_guards(name: str, state: S, changes: dict[str, object], code: str) -> None:
    move = named(name, state)
    plain_role = {r for r in move.actors if "supervisor" not in r}
    with pytest.raises(Refused) as refusal:
        ask(move, state, records=answers(move) | changes, roles=plain_role)
    assert refusal.value.code == code


def test_a_supervisor_decides_about_the_third_failure() -> None:
    move = named("fail_test", S.QC_TESTING)
    ask(move, S.QC_TESTING, roles={"depot_supervisor"}, records=answers(move) | {"loop_count": 3})


def test_an_approval_by_phone_with_the_number_called_back_is_taken() -> None:
    move = named("approve", S.AWAITING_APPROVAL)
    records = answers(move) | {"approval_channel": "phone", "callback_number": "0591-87654321"}
    assert ask(move, S.AWAITING_APPROVAL, records=records).to is S.REPAIRING


def test_a_suspect_device_is_still_checked_in() -> None:
    move = named("check_in", None)
    ask(move, None, records=answers(move) | {"tamper_result": "suspect"})


def test_the_supervisor_of_one_site_that_is_both_supervises_both() -> None:
    move = named("start_diagnosis", S.DEPOT_RECEIVED)
    ask(move, S.DEPOT_RECEIVED, roles={"site_supervisor"}, site_roles=BOTH)
    with pytest.raises(Forbidden):
        ask(move, S.DEPOT_RECEIVED, roles={"site_supervisor"}, site_roles={"depot"})


@pytest.mark.parametrize("move", [m for m in moves() if m.second_person], ids=lambda m: m.name)
def test_the_second_person_is_another_person(move: Move) -> None:
    state = min(move.from_states, key=str)
    for second in ("", "s1"):
        with pytest.raises(Forbidden) as refusal:
            ask(move, state, second=second)
        assert refusal.value.code == "second_person"


def test_keys_are_loaded_by_two_custodians_even_on_a_one_person_site() -> None:
    move = named("load_keys", S.AWAITING_KEY_LOAD)
    assert move.actors == {Role.KEY_CUSTODIAN}
    with pytest.raises(Forbidden):
        ask(move, S.AWAITING_KEY_LOAD, second="s1", solo_site=True)
    with pytest.raises(Forbidden) as refusal:
        ask(move, S.AWAITING_KEY_LOAD, second_roles={"technician"})
    assert refusal.value.code == "second_role"


def test_nobody_tests_their_own_work_unless_the_site_has_one_person() -> None:
    move = named("pass_test", S.QC_TESTING)
    with pytest.raises(Forbidden) as refusal:
        ask(move, S.QC_TESTING, hands={"s1"})
    assert refusal.value.code == "fresh_eyes"
    assert ask(move, S.QC_TESTING, hands={"s1"}, solo_site=True).solo
    assert not ask(move, S.QC_TESTING, hands={"s2"}, solo_site=True).solo


def test_a_resume_without_a_remembered_state_is_refused() -> None:
    with pytest.raises(Refused) as refusal:
        ask(named("parts_arrived", S.AWAITING_PARTS), S.AWAITING_PARTS, remembered=None)
    assert refusal.value.code == "remembered"


def test_where_tells_sites_apart() -> None:
    fits = {w: [w.fits(r) for r in ((), ("outlet",), ("depot",), ("outlet", "depot"))] for w in Where}
    assert fits == {
        Where.ANY: [True, True, True, True],
        Where.OUTLET: [False, True, False, True],
        Where.DEPOT: [False, False, True, True],
        Where.CO_LOCATED: [False, False, False, True],
    }


# ------------------------------------------------------------------------------ the fold


def story(*steps: tuple[str, S]) -> list[WorkFact]:
    return [WorkFact(name, to, n * 1000, f"s{n}", uid=f"f{n}") for n, (name, to) in enumerate(steps)]


REPAIR = story(
    ("register", S.REGISTERED),
    ("check_in", S.CHECKED_IN),
    ("start_diagnosis", S.DIAGNOSING),
    ("start_repair", S.REPAIRING),
)


def test_no_facts_are_no_state() -> None:
    assert fold_work([]).state is None


def test_a_repair_that_waits_is_quarantined_and_comes_back_to_the_bench() -> None:
    view = fold_work(REPAIR + story(("wait_for_parts", S.AWAITING_PARTS), ("quarantine", S.QUARANTINED)))
    assert (view.state, view.remembered) == (S.QUARANTINED, S.AWAITING_PARTS)
    facts = list(view.history)
    facts.append(WorkFact("release_quarantine", S.AWAITING_PARTS, 9000, "s9"))
    view = fold_work(facts)
    assert (view.state, view.remembered) == (S.AWAITING_PARTS, S.REPAIRING)
    facts.append(WorkFact("parts_arrived", S.REPAIRING, 9500, "s9"))
    view = fold_work(facts)
    assert (view.state, view.remembered, view.misfits) == (S.REPAIRING, None, ())


def test_a_fact_that_fits_nowhere_is_kept_and_moves_nothing() -> None:
    stray = WorkFact("hand_out", S.PICKED_UP, 5000, "s5", uid="stray")
    view = fold_work([*REPAIR, stray])
    assert view.state is S.REPAIRING
    assert view.misfits == (stray,)
    assert stray not in view.history


def test_a_fact_with_a_wrong_target_or_an_unknown_name_is_a_misfit() -> None:
    wrong = WorkFact("check_in", S.REPAIRING, 1, "s", uid="w")
    unknown = WorkFact("from_the_future", S.CLOSED, 2, "s", uid="u")
    view = fold_work([wrong, unknown])
    assert view.state is None
    assert view.misfits == (wrong, unknown)


def test_resuming_to_another_state_than_remembered_is_a_misfit() -> None:
    facts = [*REPAIR, WorkFact("wait_for_parts", S.AWAITING_PARTS, 5000, "s", uid="w"),
             WorkFact("parts_arrived", S.QC_TESTING, 6000, "s", uid="p")]  # fmt: skip
    view = fold_work(facts)
    assert view.state is S.AWAITING_PARTS
    assert [fact.uid for fact in view.misfits] == ["p"]


def test_a_void_takes_a_fact_back_and_a_void_of_the_void_restores_it() -> None:
    void = WorkFact("void_check_in", S.REGISTERED, 9000, "boss", uid="v1", voids="f1")
    back = WorkFact("void_check_in", S.REGISTERED, 9100, "boss", uid="v2", voids="v1")
    assert fold_work([*REPAIR[:2], void]).state is S.REGISTERED
    assert fold_work([*REPAIR[:2], void, back]).state is S.CHECKED_IN


def test_a_void_of_nothing_is_a_misfit() -> None:
    void = WorkFact("void_check_in", S.REGISTERED, 9000, "boss", uid="v1", voids="elsewhere")
    assert fold_work([*REPAIR, void]).misfits == (void,)


def test_a_stay_does_not_restart_the_age_of_a_state() -> None:
    stays = WorkFact("pause_job", S.REPAIRING, 99_000, "s3", uid="p")
    assert fold_work([*REPAIR, stays]).since_ms == REPAIR[-1].at_ms


def test_who_touched_the_device_is_known() -> None:
    assert hands_of(fold_work(REPAIR).history) == {"s2", "s3"}


def test_reopening_goes_back_to_where_it_was_closed() -> None:
    facts = story(
        ("register", S.REGISTERED), ("start_guidance", S.REMOTE_GUIDANCE),
        ("solve_remotely", S.RESOLVED_REMOTELY), ("confirm_solved", S.CLOSED),
        ("reopen", S.RESOLVED_REMOTELY),
    )  # fmt: skip
    view = fold_work(facts)
    assert (view.state, view.misfits) == (S.RESOLVED_REMOTELY, ())


NAMES = sorted({m.name for m in moves()})
facts_strategy = st.lists(
    st.builds(
        WorkFact,
        move=st.sampled_from(NAMES),
        to=st.sampled_from(list(S)),
        at_ms=st.integers(0, 10**6),
        by=st.sampled_from(["s1", "s2"]),
    ),
    max_size=25,
).map(lambda facts: [replace(fact, uid=f"u{n}") for n, fact in enumerate(facts)])


@st.composite
def walks(draw: st.DrawFn) -> list[WorkFact]:
    """A random legal life of a device, with its remembered states."""
    facts: list[WorkFact] = []
    for n in range(draw(st.integers(0, 20))):
        view = fold_work(facts)
        choices = [
            (m, view.remembered if m.resumes else view.state if m.stays else m.to)
            for m in moves()
            if view.state in m.from_states
        ]
        choices = [(m, to) for m, to in choices if to is not None]
        if not choices:
            break
        move, to = draw(st.sampled_from(choices))
        facts.append(WorkFact(move.name, to, n, "s1", uid=f"u{n}"))
    return facts


@given(walks())
def test_a_legal_life_has_no_misfits(facts: list[WorkFact]) -> None:
    view = fold_work(facts)
    assert view.misfits == ()
    assert view.history == tuple(facts)
    assert view.state is (facts[-1].to if facts else None)


@given(st.one_of(walks(), facts_strategy), st.data())
def test_a_voided_fact_is_as_if_never_made(facts: list[WorkFact], data: st.DataObject) -> None:
    if not facts:
        return
    gone = data.draw(st.integers(0, len(facts) - 1))
    void = WorkFact("void", facts[gone].to, 10**7, "boss", uid="void", voids=facts[gone].uid)
    assert fold_work([*facts, void]) == fold_work(facts[:gone] + facts[gone + 1 :])


@given(facts_strategy)
def test_every_fact_is_either_history_or_misfit(facts: list[WorkFact]) -> None:
    view = fold_work(facts)
    assert sorted(f.uid for f in (*view.history, *view.misfits)) == sorted(f.uid for f in facts)
