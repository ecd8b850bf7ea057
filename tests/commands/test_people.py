"""How PINs are kept and renewed."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher, extract_parameters

from deskapp.commands.people import HASHER, add_staff, change_pin, renew_verifier, sign_in
from deskapp.errors import Refused
from deskapp.models.people import StaffSecret
from deskapp.models.store import Store, Write, command
from tests.conftest import People

OLD = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4)


def verifier(store: Store, people: People) -> str:
    return store.ask(lambda session: session.get_one(StaffSecret, people.clerk.staff_id).pin_hash)


@pytest.fixture
def kept_the_old_way(store: Store, people: People) -> str:
    """The clerk's verifier, made by the measure of an older version."""
    kept = OLD.hash(people.pins["C01"])

    @command("Keep a PIN the old way", right="")
    def act(write: Write) -> None:
        write.session.get_one(StaffSecret, people.clerk.staff_id).pin_hash = kept

    store.run(act())
    return kept


def test_a_pin_is_kept_by_the_measure_of_the_decision(store: Store, people: People) -> None:
    found = extract_parameters(verifier(store, people))

    assert (found.type.name, found.memory_cost, found.time_cost, found.parallelism) == ("ID", 19_456, 2, 1)
    assert not store.run(sign_in(who="C01", pin=people.pins["C01"])).result.outdated


def test_an_older_verifier_opens_and_asks_to_be_renewed(store: Store, people: People, kept_the_old_way: str) -> None:
    tried = store.run(sign_in(who="C01", pin=people.pins["C01"])).result

    assert tried.actor == people.clerk and tried.outdated
    assert verifier(store, people) == kept_the_old_way  # signing in itself writes nothing


def test_renewing_keeps_the_pin_and_takes_todays_measure(store: Store, people: People, kept_the_old_way: str) -> None:
    assert store.run(renew_verifier(pin=people.pins["C01"]), by=people.clerk).result

    assert not HASHER.check_needs_rehash(verifier(store, people))
    tried = store.run(sign_in(who="C01", pin=people.pins["C01"])).result
    assert tried.actor == people.clerk and not tried.outdated
    assert not store.run(renew_verifier(pin=people.pins["C01"]), by=people.clerk).result


def test_renewing_is_no_way_round_the_old_pin(store: Store, people: People, kept_the_old_way: str) -> None:
    assert not store.run(renew_verifier(pin="730164"), by=people.clerk).result

    assert verifier(store, people) == kept_the_old_way


def test_a_new_pin_is_kept_by_todays_measure(store: Store, people: People, kept_the_old_way: str) -> None:
    store.run(change_pin(old_pin=people.pins["C01"], new_pin="730164"), by=people.clerk)

    assert not HASHER.check_needs_rehash(verifier(store, people))


CARD = "6222021234567890128"


def test_a_badge_opens_the_desk_for_one_person_only(store: Store, people: People) -> None:
    for badge in ("U900010000018", "u900010000018 "):
        act = add_staff(staff_no=f"N{len(badge)}", name="新同事", roles=["counter_clerk"], pin="582931", badge_no=badge)
        if badge.isupper():
            store.run(act, by=people.admin)
            continue
        with pytest.raises(Refused) as refused:
            store.run(act, by=people.admin)
        assert refused.value.field == "badge_no"


def test_a_staff_number_is_no_badge_of_somebody_else(store: Store, people: People) -> None:
    act = add_staff(staff_no="N9", name="新同事", roles=["counter_clerk"], pin="582931", badge_no=people.clerk.staff_no)
    with pytest.raises(Refused) as refused:
        store.run(act, by=people.admin)
    assert refused.value.field == "badge_no"


@pytest.mark.parametrize("name", [f"林{CARD}", "  "])
def test_a_card_number_is_no_name(store: Store, people: People, name: str) -> None:
    with pytest.raises(Refused) as refused:
        store.run(add_staff(staff_no="N8", name=name, roles=["counter_clerk"], pin="582931"), by=people.admin)
    assert refused.value.field == "name"
