"""Roles and rights: the shipped table, what no table may grant, and the second person."""

from __future__ import annotations

from pathlib import Path

import pytest

from deskapp.errors import Corrupt, Forbidden
from deskapp.rules.access import (
    CUSTODY,
    MONEY,
    READING,
    RIGHTS,
    ROLE_TITLES,
    Role,
    Roles,
    load,
    may,
    require,
    rights_of,
    two_persons,
    who_may,
)

TEXT = (Path(__file__).parents[2] / "resources" / "roles.toml").read_text(encoding="utf-8")


@pytest.fixture
def table() -> Roles:
    return load(TEXT)


def test_every_role_of_a_person_is_in_the_table_and_has_a_title(table: Roles) -> None:
    assert set(table.rights) == set(Role) - {Role.SYSTEM}
    assert set(ROLE_TITLES) == set(Role)


def test_every_right_is_held_by_somebody(table: Roles) -> None:
    assert {right for right in RIGHTS if not who_may(table, right)} == set()


@pytest.mark.parametrize(
    ("role", "granted", "refused"),
    [
        ("counter_clerk", "check_in pickup reprint_first loaner payment call", "reprint waive unmask repair"),
        ("technician", "diagnose repair parts_use hand_job_over", "test pickup payment stock waive"),
        ("qc_inspector", "test", "repair pickup"),
        ("parts_keeper", "stock", "repair payment"),
        ("key_custodian", "key_load", "repair"),
        ("site_supervisor", "override waive discount reprint correct unmask pin_reset", "key_load staff"),
        ("depot_supervisor", "override quarantine_release scrap", "key_load settings staff"),
        ("administrator", "settings staff catalogue import export", "check_in payment pickup refund unmask"),
        ("auditor", "read audit co_sign", "ticket correct export settings"),
        ("courier", "transfer", "check_in payment"),
    ],
)
def test_what_a_role_may_and_may_not(table: Roles, role: str, granted: str, refused: str) -> None:
    assert all(may(table, [role], right) for right in granted.split())
    assert not any(may(table, [role], right) for right in refused.split())


def test_a_person_with_several_roles_has_all_their_rights(table: Roles) -> None:
    both = rights_of(table, ["counter_clerk", "technician"])
    assert both == table.rights[Role.COUNTER_CLERK] | table.rights[Role.TECHNICIAN]


def test_unknown_roles_give_nothing_and_unknown_rights_are_a_bug(table: Roles) -> None:
    assert rights_of(table, ["emperor", "system"]) == frozenset()
    with pytest.raises(ValueError, match="fly"):
        may(table, ["technician"], "fly")


def test_a_refusal_names_the_right_and_who_has_it(table: Roles) -> None:
    require(table, ["counter_clerk"], "check_in")
    with pytest.raises(Forbidden) as refusal:
        require(table, ["technician"], "pickup")
    assert str(refusal.value) == "You may not do this: Hand devices out. Ask: Counter clerk."


def test_the_shipped_administrator_touches_no_money_and_no_device(table: Roles) -> None:
    assert not table.rights[Role.ADMINISTRATOR] & (MONEY | CUSTODY)
    assert table.rights[Role.AUDITOR] <= READING
    assert RIGHTS.keys() >= READING | MONEY | CUSTODY


@pytest.mark.parametrize(
    "changed",
    [
        TEXT.replace('[auditor]\nrights = ["read",', '[auditor]\nrights = ["read", "pickup",'),
        TEXT.replace('"read", "audit", "staff",', '"read", "audit", "staff", "refund",'),
        TEXT.replace('"read", "audit", "staff",', '"read", "audit", "staff", "check_in",'),
        TEXT.replace("[courier]", "[pilot]"),
        TEXT.replace("[courier]", "[system]"),
        TEXT.replace('"key_load"', '"fly"'),
        TEXT.partition("[administrator]")[0],
        "[auditor]\nrights = 7\n",
        "not toml at all [",
    ],
)
def test_a_table_that_grants_too_much_or_too_little_is_not_taken(changed: str) -> None:
    assert changed != TEXT
    with pytest.raises(Corrupt):
        load(changed)


def test_the_second_person_is_a_person_not_a_role() -> None:
    assert two_persons("s1", "s2") is False
    assert two_persons("s1", "s2", solo_site=True) is False
    assert two_persons("s1", "s1", solo_site=True) is True
    for first, second in (("s1", "s1"), ("s1", ""), ("", "s2")):
        with pytest.raises(Forbidden):
            two_persons(first, second)
    with pytest.raises(Forbidden):
        two_persons("s1", "", solo_site=True)
