"""A check-in corrected or voided at one desk is so at every other: nobody there asks for what never came."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from deskapp.commands.checkin_after import void_check_in
from deskapp.commands.checkin_correct import strike_accessory
from deskapp.commands.papers import accessories_of
from deskapp.models.repair import AccessoryItem, RepairItem
from deskapp.models.store import Store
from deskapp.models.superseded import superseded
from deskapp.paths import Home
from deskapp.queries.orders import order_of
from deskapp.queries.pickup import pickup_order
from tests.checkin_shop import stock_shop, taken_in
from tests.conftest import KEY, CountedIds, FixedClock, People
from tests.sync.feed import entries, head, take


@pytest.fixture
def other(branch_template: tuple[Path, People], tmp_path: Path) -> Iterator[Store]:
    """A second desk that began as a copy of the same branch."""
    target = tmp_path / "other"
    shutil.copytree(branch_template[0], target)
    with Store(Home(target), KEY, clock=FixedClock(), new_id=CountedIds(5_000_000)) as opened:
        yield opened


def test_what_was_struck_out_and_voided_here_is_so_elsewhere(store: Store, other: Store, people: People) -> None:
    before = head(store)
    store.run(stock_shop(), by=people.supervisor)
    done = taken_in(store, people)
    first, second = (one.item_id for one in done.devices)
    with store.read() as session:
        row = next(one for one in accessories_of(session, first) if one.label_no)
    take(other, entries(store, before))
    before = head(store)

    slip = store.run(strike_accessory(item_id=first, kind=row.kind, reason="没带"), by=people.supervisor).result
    store.run(
        void_check_in(order_id=done.order_id, reason="误收", given_back_to="张三", item_ids=(second,)),
        by=people.supervisor,
    )
    take(other, entries(store, before))

    with other.read() as session:
        assert row.id not in [one.id for one in accessories_of(session, first)]
        assert session.get_one(AccessoryItem, row.id).label_no == ""
        assert session.get_one(RepairItem, second).work_state == "cancelled"
        pickup, card = pickup_order(session, order_id=done.order_id), order_of(session, done.order_id)
        assert pickup is not None and card is not None and pickup.slip_no == slip
        kept = next(one for one in pickup.devices if one.item_id == first).accessories
        assert row.id not in [one.id for one in kept]
        assert [one.words for one in card.events if one.what == "corrected"] == ["没带"]
        assert row.label_no in superseded(session, [row.label_no])
