"""One act is one transaction of the one connection, whoever began it; and what this rests on."""

from __future__ import annotations

from uuid import RFC_4122, UUID

import pytest
from sqlalchemy import JSON, Text, func, inspect, select

from deskapp.clock import new_uuid7
from deskapp.errors import Refused
from deskapp.models import copy
from deskapp.models.act_session import ActSession, driver_of
from deskapp.models.base import Base, Synced
from deskapp.models.capture import _way
from deskapp.models.free_text import NUMBERS
from deskapp.models.journal import ChangeSet
from deskapp.models.people import Shelf
from deskapp.models.rows import plan_of
from deskapp.models.store import Command, Store, Write
from tests.conftest import KEY


def act(run: object, *, trial: bool = False) -> Command[object]:
    return Command("probe", "probe", "", run, trial=trial)  # type: ignore[arg-type]


def shelf(write: Write, code: str) -> str:
    row = Shelf(id=write.new_id(), site_id="here", code=code)
    write.session.add(row)
    return row.id


def codes(store: Store) -> list[str]:
    return list(store.ask(lambda session: session.scalars(select(Shelf.code).order_by(Shelf.n)).all()))


def bare_first(write: Write) -> None:
    driver_of(write.session).execute("SELECT 1").fetchone()
    shelf(write, "A")
    assert write.session.scalar(select(func.count()).select_from(Shelf)) == 1


def orm_first(write: Write) -> None:
    assert write.session.scalar(select(func.count()).select_from(Shelf)) == 0
    shelf(write, "A")
    assert driver_of(write.session).execute("SELECT count(*) FROM shelf").fetchone() == (1,)


@pytest.mark.parametrize("run", [bare_first, orm_first])
def test_both_ways_to_the_database_are_one_transaction(store: Store, run: object) -> None:
    store.run(act(run))
    assert codes(store) == ["A"]


@pytest.mark.parametrize("run", [bare_first, orm_first])
def test_an_act_that_is_refused_leaves_nothing_whoever_began(store: Store, run: object) -> None:
    def refused(write: Write) -> None:
        run(write)  # type: ignore[operator]
        raise Refused("no")

    with pytest.raises(Refused):
        store.run(act(refused))
    assert codes(store) == []
    store.run(act(lambda write: shelf(write, "B")))
    assert codes(store) == ["B"]


@pytest.mark.parametrize("run", [bare_first, orm_first])
def test_a_trial_leaves_nothing_whoever_began(store: Store, run: object) -> None:
    store.run(act(run, trial=True))
    assert codes(store) == []


def test_nothing_is_open_between_two_acts(store: Store) -> None:
    seen: list[bool] = []

    def run(write: Write) -> None:
        assert isinstance(write.session, ActSession)
        seen.append(write.session.kept.driver(write.session.bind).in_transaction)
        shelf(write, "A")

    for _time in range(3):
        store.run(act(run))
    assert seen == [False, False, False]


def test_the_copy_of_the_journal_has_every_act_once_the_store_is_closed(store: Store) -> None:
    for count in range(20):
        store.run(act(lambda write, count=count: shelf(write, f"S{count}")))
    known = store.ask(lambda session: session.execute(select(ChangeSet.seq, ChangeSet.hash)).all())
    home = store.home

    store.close()

    held = copy.read_entries(home.journal_copy, KEY, 0)
    assert [(one.seq, one.hash) for one in held] == [tuple(row) for row in known]


def test_catching_up_waits_for_what_is_on_its_way(store: Store) -> None:
    for count in range(20):
        store.run(act(lambda write, count=count: shelf(write, f"S{count}")))
    last = store.ask(lambda session: session.scalar(select(func.max(ChangeSet.seq))))

    store.recopy()

    assert copy.read_entries(store.home.journal_copy, KEY, 0)[-1].seq == last


def test_a_new_row_refuses_a_name_that_its_table_does_not_have() -> None:
    with pytest.raises(TypeError, match="Shelf has no \\['colour'\\]"):
        Shelf(id="x", colour="red")


def test_a_new_row_has_lists_of_its_own(store: Store) -> None:
    one, other = {"id": "a"}, {"id": "b"}
    kinds = [mapper.class_ for mapper in Base.registry.mappers if plan_of(mapper.class_).own]
    assert kinds
    for kind in kinds:
        plan = plan_of(kind)
        plan.fill(one)
        plan.fill(other)
        assert all(one[name] is not other[name] for name, _make in plan.own if isinstance(one[name], dict | list))
        assert all(not isinstance(value, dict | list) for value in plan.same.values())


def test_every_column_that_travels_and_may_hold_words_is_looked_at_for_card_numbers() -> None:
    for mapper in Base.registry.mappers:
        if not issubclass(mapper.class_, Synced):
            continue
        way = _way(mapper.class_)
        for name in way.names:
            kind = inspect(mapper.class_).column_attrs[name].columns[0].type
            number = name in NUMBERS or name.endswith("_id")
            assert (name in way.wordy) == (isinstance(kind, JSON) or (isinstance(kind, Text) and not number))


def test_ids_made_together_only_go_up_and_are_of_version_7() -> None:
    made = [new_uuid7() for _count in range(5_000)]
    assert made == sorted(set(made))
    assert all((one := UUID(text)).version == 7 and one.variant == RFC_4122 and str(one) == text for text in made)
