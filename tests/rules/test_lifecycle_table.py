"""Every move of the table against every role, site, missing record and second person: allowed, or which sentence."""

from __future__ import annotations

import pytest

from deskapp.errors import Forbidden, Refused
from deskapp.i18n import say
from deskapp.rules.access import ROLE_TITLES, SUPERVISORS, Role
from deskapp.rules.lifecycle import RECORD_TITLES, STATE_TITLES, Move, WorkState, check, legal, moves
from deskapp.rules.moves import Where

S = WorkState
BOTH = frozenset({"outlet", "depot"})
SITES = (frozenset({"outlet"}), frozenset({"depot"}), BOTH)
STEPS = [(move, state) for move in moves() for state in sorted(move.from_states, key=str)]
ANSWERS: dict[str, object] = {
    "tamper_result": "ok", "board_changed": False, "loop_count": 1, "charge_basis": "free",
    "approval_channel": "signature", "old_serial_no": "A1", "new_serial_no": "B2",
}  # fmt: skip


def try_it(move: Move, state: S | None, **changes: object) -> str:
    """Return "" where the move is allowed, else code and sentence of the refusal."""
    values: dict[str, object] = {
        "roles": {min(move.actors, key=list(Role).index)}, "records": {key: ANSWERS.get(key, "x") for key in move.records},
        "site_roles": BOTH, "by": "s1", "second": "s2", "second_roles": set(Role), "remembered": S.REPAIRING,
    }  # fmt: skip
    try:
        check(state, move.name, **{**values, **changes})  # type: ignore[arg-type]
    except Refused as refused:
        return f"{refused.code}: {say(refused)}"
    return ""


def test_every_role_is_allowed_or_told_whom_to_ask() -> None:
    """13 roles at every step: a role of the row passes, a supervisor where the row lets them, nobody else."""
    for move, state in STEPS:
        for role in Role:
            widened = SUPERVISORS & move.actors if role in SUPERVISORS else frozenset()
            said = try_it(move, state, roles={role.value})
            if role in move.actors or widened:
                assert said == "", (move.name, role, said)
            else:
                first = min(move.actors, key=list(Role).index)
                assert said.startswith("actor: "), (move.name, role, said)
                assert say(Refused(move.title)) in said and say(Refused(ROLE_TITLES[first])) in said


def test_every_missing_record_is_named_in_the_sentence() -> None:
    for move, state in STEPS:
        for key in move.records:
            left = {one: ANSWERS.get(one, "x") for one in move.records if one != key}
            for silence in ({}, {key: ""}, {key: None}):
                said = try_it(move, state, records={**left, **silence})
                assert said.startswith("missing: "), (move.name, key, said)
                assert say(Refused(RECORD_TITLES[key])) in said


def test_every_move_is_refused_from_every_state_it_does_not_begin_in() -> None:
    names = {move.name for move in moves()}
    begins = {name: {state for move in moves() if move.name == name for state in move.from_states} for name in names}
    for name in sorted(names):
        row = next(move for move in moves() if move.name == name)
        for state in (None, *S):
            if state in begins[name]:
                continue
            said = try_it(row, state, records={key: ANSWERS.get(key, "x") for key in row.records})
            assert said.startswith("state: "), (name, state, said)
            assert state is None or say(Refused(STATE_TITLES[state])) in said


def test_every_move_is_made_only_at_its_sites() -> None:
    for move, state in STEPS:
        for site in SITES:
            said = try_it(move, state, site_roles=site, roles=set(Role))
            assert (said == "") == move.sites.fits(site), (move.name, site, said)
            if said:
                assert said.startswith("site: ")
        assert {one.name for one in legal(state, BOTH)} >= {move.name}


def test_every_second_person_is_missing_the_same_or_of_the_wrong_role() -> None:
    for move, state in STEPS:
        if not move.second_person:
            continue
        assert try_it(move, state, second="").startswith("second_person: ")
        assert try_it(move, state, second="s1").startswith("second_person: ")
        if move.second_roles:
            wrong = [role for role in Role if role not in move.second_roles and role not in SUPERVISORS]
            for role in wrong:
                assert try_it(move, state, second_roles={role.value}).startswith("second_role: "), (move.name, role)


@pytest.mark.parametrize("solo", [False, True])
def test_a_one_person_site_may_do_both_parts_only_where_the_row_says_so(solo: bool) -> None:
    for move, state in STEPS:
        if move.second_person or move.fresh_eyes:
            said = try_it(move, state, second="s1", hands={"s1"}, solo_site=solo)
            allowed = solo and move.solo and (not move.second_roles or True)
            assert (said == "") == allowed, (move.name, said)


def test_quarantine_lets_nothing_through_at_any_site_for_anybody() -> None:
    for move, _state in STEPS:
        if S.QUARANTINED in move.from_states:
            assert move.name == "release_quarantine"
            continue
        for site in SITES:
            assert try_it(move, S.QUARANTINED, roles=set(Role), site_roles=site).startswith("state: ")


def test_forbidden_is_a_refusal_too() -> None:
    assert issubclass(Forbidden, Refused)
    assert Where.CO_LOCATED.fits(BOTH)
