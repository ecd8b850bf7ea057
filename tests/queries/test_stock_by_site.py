"""Parts of two sites in one store: what was fitted elsewhere comes along with its device and is no stock of ours."""

from __future__ import annotations

import pytest

from deskapp.commands.catalogue import PartForm, count_parts, put_part, receive_parts
from deskapp.errors import N_
from deskapp.models import bench, stock_needs
from deskapp.models.people import Site
from deskapp.models.stock import StockMove
from deskapp.models.store import Store, Write, command
from deskapp.queries.next_steps import next_steps
from deskapp.queries.registry import parts
from tests.conftest import START, People
from tests.factories_transfers import DEPOT, Yard, yard
from tests.queries.test_next_steps import move_desk


@pytest.fixture
def place(store: Store, people: People) -> Yard:
    return yard(store, people)


@command(N_("Fit a part in a test"), right="")
def fitted(write: Write, *, part_id: str, item_id: str, at_site: str) -> None:
    """A part taken from the shelf of a site, as it arrives with the device."""
    write.session.add(
        StockMove(id=write.new_id(), at=write.now, by="", part_id=part_id, from_place="shelf", to_place="item",
                  quantity=1, item_id=item_id, reason="repair", data={"at_site": at_site})
    )  # fmt: skip


def on_hand(place: Yard, part: str) -> tuple[int, int, int]:
    """As the bench, the needs and the list of parts see it."""
    with place.store.read() as session:
        listed = {row.id: row.on_hand for row in parts(session)}
        return bench.on_shelf(session, [part])[part], stock_needs.needs(session)[part].on_hand, listed[part]


def test_each_site_has_its_own_shelf_of_the_common_catalogue(place: Yard) -> None:
    boss = place.people.supervisor
    (one,) = place.take(1)
    part = place.do(put_part(form=PartForm("PH-58", "打印头", min_quantity=2)), boss)
    place.do(receive_parts(part_id=part, quantity=5), boss)
    place.depot(receive_parts(part_id=part, quantity=3))
    place.store.run(fitted(part_id=part, item_id=one.item_id, at_site=DEPOT))
    assert on_hand(place, part) == (5, 5, 5)

    move_desk(place.store, DEPOT)
    assert on_hand(place, part) == (2, 2, 2)
    place.depot(count_parts(part_id=part, counted=1))
    assert on_hand(place, part) == (1, 1, 1)


def test_an_outlet_without_a_workshop_is_not_told_to_order_parts(place: Yard) -> None:
    boss = place.people.supervisor
    place.do(put_part(form=PartForm("PH-58", "打印头", min_quantity=2)), boss)

    def told() -> bool:
        return "stock" in {step.name for step in place.store.ask(lambda s: next_steps(s, START, "", boss.roles))}

    assert told()
    place.store.run(_only_a_counter())
    assert not told()


@command(N_("Close the workshop in a test"), right="")
def _only_a_counter(write: Write) -> None:
    write.session.get_one(Site, write.site_id).is_depot = False
