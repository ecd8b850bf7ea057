"""The history of a record and the journal: every change, who, when, from what to what; nothing is left out."""

from __future__ import annotations

import pytest

from deskapp import cipher
from deskapp.commands.devices import DeviceDetails, change_device
from deskapp.commands.merchants import MerchantDetails, add_merchant, change_merchant
from deskapp.errors import Corrupt
from deskapp.models import replay
from deskapp.models.base import Base, Synced
from deskapp.models.store import Store
from deskapp.queries.around import journal_details
from deskapp.queries.field_titles import RECORD_TITLES
from deskapp.queries.history import history, journal, unsent
from tests.checkin_shop import stock_shop, taken_in
from tests.conftest import FixedClock, People


def test_a_change_tells_who_when_and_both_values(store: Store, people: People, clock: FixedClock) -> None:
    merchant_id = store.run(add_merchant(form=MerchantDetails("甲店", district="鼓楼区")), by=people.clerk).result
    clock.forward(days=1)
    form = MerchantDetails("甲店", district="台江区")
    store.run(change_merchant(merchant_id=merchant_id, form=form), by=people.supervisor)

    newest, oldest = store.ask(lambda session: history(session, merchant_id))

    assert (newest.by, newest.title, newest.kind) == ("欧阳静", "Change a merchant", "set")
    assert (newest.before["district"], newest.values["district"]) == ("鼓楼区", "台江区")
    assert (oldest.by, oldest.kind, oldest.before) == ("李秀英", "create", {})
    assert newest.at - oldest.at > 86_000_000


def test_what_did_not_change_does_not_appear(store: Store, people: People) -> None:
    store.run(stock_shop())
    unit = "unit-NL910S00000001"
    form = DeviceDetails("NL910S00000001", model_id="newland-n910", warranty_until="2099-12-31", note="换过外壳")
    store.run(change_device(device_id=unit, form=form), by=people.clerk)

    newest = store.ask(lambda session: history(session, unit))[0]

    assert dict(newest.values) == {"note": "换过外壳"}


def test_the_journal_comes_page_by_page_without_gaps(store: Store, people: People) -> None:
    for number in range(7):
        store.run(add_merchant(form=MerchantDetails(f"店{number}")), by=people.clerk)

    first = store.ask(lambda session: journal(session, limit=4))
    second = store.ask(lambda session: journal(session, before_seq=first[-1].seq, limit=100))
    numbers = [entry.seq for entry in (*first, *second)]

    assert numbers == list(range(numbers[0], 0, -1))
    assert first[0].title == "Add a merchant" and first[0].by == "李秀英"


def test_an_entry_shows_what_it_did_record_by_record(store: Store, people: People) -> None:
    done = store.run(add_merchant(form=MerchantDetails("甲店", district="鼓楼区")), by=people.clerk)

    details = store.ask(lambda session: journal_details(session, done.changes.seq))

    assert [(one.command, one.kind) for one in details] == [("merchant", "create")]
    assert details[0].values["district"] == "鼓楼区"
    assert store.ask(lambda session: journal_details(session, 99_999)) == []


def test_everything_is_unsent_until_a_server_has_it(store: Store, people: People) -> None:
    before = store.ask(unsent)
    store.run(add_merchant(form=MerchantDetails("甲店")), by=people.clerk)

    assert store.ask(unsent) == before + 1


def test_the_chain_is_verified_and_a_changed_entry_is_found(store: Store, people: People) -> None:
    store.run(stock_shop())
    taken_in(store, people)
    count = store.ask(replay.verify_chain)
    assert count == store.ask(replay.head)[0]

    connection = cipher.connect(store.home.database, store.key, writer=True)
    connection.execute("UPDATE change_set SET body = replace(body, '示例', '别的') WHERE seq = ?", (count - 1,))
    connection.commit()
    connection.close()

    with pytest.raises(Corrupt) as broken:
        store.ask(replay.verify_chain)
    assert broken.value.values["number"] == count - 1


def test_every_kind_of_record_is_called_by_a_name_people_know() -> None:
    """The journal tells of every record that travels; a table's name says nothing to an auditor."""
    import deskapp.models.schema  # noqa: F401 (every table is known then)

    tables = {mapper.class_.__tablename__ for mapper in Base.registry.mappers if issubclass(mapper.class_, Synced)}

    assert tables == RECORD_TITLES.keys()
