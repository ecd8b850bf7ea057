"""A desk whose people have other roles than it says is not believed; an honest week without a line is."""

from __future__ import annotations

from sqlalchemy import select

from deskapp.commands.catalogue import ModelForm, PriceForm, put_model, put_prices
from deskapp.commands.people import add_staff, change_staff
from deskapp.commands.setup import SiteForm, add_shelf, change_site
from deskapp.commands.tickets import open_ticket
from deskapp.models.device import DeviceModel
from deskapp.models.people import Shelf, Site, Staff
from deskapp.models.stock import PriceLine
from deskapp.models.store import Actor
from deskapp.models.ticket import ServiceTicket
from deskapp.queries.disagreements import detail as detail_of
from deskapp.queries.disagreements import disagreements
from deskapp.queries.sync_page import outcomes
from deskapp.server import acts
from deskapp.ui.speech import spoken
from deskapp.ui.sync_words import REASONS, outcome_words
from tests.server.test_rights import set_roles
from tests.sync.desks import Desk
from tests.sync.test_disagreements import desks, settle  # noqa: F401 (a fixture)
from tests.sync.test_erasing import FORM, server_of

LINE = PriceForm("L1", "labour", "人工费", 8_000)


def count(desk: Desk, table: object) -> int:
    with desk.store.read() as session:
        return len(session.scalars(select(table)).all())  # type: ignore[call-overload]


def hired(desk: Desk, number: str, *roles: str) -> Actor:
    act = add_staff(staff_no=number, name=f"员工{number}", roles=list(roles), pin="903571")
    identity = desk.store.run(act, by=desk.admin).result
    return Actor(identity, number, f"员工{number}", roles)


def test_what_a_forged_role_wrote_is_refused_told_in_a_sentence_and_nowhere_else_seen(
    desks: tuple[Desk, Desk],  # noqa: F811
) -> None:
    one, two = desks
    _boss = one.boss
    clerk = hired(one, "C01", "counter_clerk")
    settle(desks)
    forged = Actor(clerk.staff_id, "C01", clerk.name, ("administrator",))
    before = count(one, PriceLine)
    two.store.run(put_prices(version="伪造", valid_from="2026-01-01", lines=[LINE]), by=forged)
    two.store.run(add_staff(staff_no="X1", name="冒名", roles=["administrator"], pin="903571"), by=forged)
    with two.store.read() as session:
        site = session.scalars(select(Site)).one()
        form = SiteForm(**{name: getattr(site, name) for name in SiteForm.__slots__} | {"phone": "110"})
    two.store.run(change_site(site_id=site.id, site=form), by=forged)
    ticket = two.store.run(open_ticket(form=FORM), by=clerk).result.ticket_id
    settle(desks)

    for desk in desks:
        assert count(desk, PriceLine) == before
        with desk.store.read() as session:
            assert session.scalars(select(Staff).where(Staff.staff_no == "X1")).all() == []
            assert session.scalars(select(Site)).one().phone != "110"
    with two.store.read() as session:
        rows = [row for row in disagreements(session) if row.kind == "rejected"]
        told = [detail_of(session, row) for row in rows]
        acts_told = [one for one in outcomes(session) if one.code == "rejected"]
    assert len(rows) == 3 and any("伪造" in one.texts for one in told if one is not None)
    assert [one.reason for one in acts_told] == ["right"] * 3
    assert outcome_words("rejected", "right", ()) == spoken(REASONS["right"])
    with one.store.read() as session:
        assert session.get(ServiceTicket, ticket) is not None, "what came behind it is taken"


def test_a_week_without_a_line_with_new_people_and_other_roles_comes_through_whole(
    desks: tuple[Desk, Desk],  # noqa: F811
) -> None:
    one, two = desks
    _boss = two.boss
    settle(desks)
    server = server_of(one)
    fresh = hired(two, "A02", "administrator")
    two.store.run(put_model(form=ModelForm("acme-1", "某牌", "一号")), by=fresh)
    two.store.run(add_shelf(code="Z-01"), by=fresh)
    clerk = hired(two, "C02", "counter_clerk")
    two.store.run(open_ticket(form=FORM), by=clerk)
    promoted = change_staff(staff_id=clerk.staff_id, name=clerk.name, roles=["administrator"], badge_no="", active=True)
    two.store.run(promoted, by=two.admin)
    two.store.run(put_prices(version="新", valid_from="2026-01-01", lines=[LINE]),
                  by=Actor(clerk.staff_id, "C02", clerk.name, ("administrator",)))  # fmt: skip
    two.store.run(put_model(form=ModelForm("acme-2", "某牌", "二号")), by=two.admin)
    set_roles(server, two.admin.staff_id, active=False)  # meanwhile, at the centre

    settle(desks)

    with two.store.read() as session:
        assert [row for row in disagreements(session) if row.kind in ("rejected", "parked")] == []
    for desk in desks:
        with desk.store.read() as session:
            assert session.get(DeviceModel, "acme-1") is not None and session.get(DeviceModel, "acme-2") is not None
            assert session.scalars(select(Shelf).where(Shelf.code == "Z-01")).one()
            assert session.scalars(select(PriceLine).where(PriceLine.version == "新")).one()
            assert session.get_one(Staff, two.admin.staff_id).active is False
    assert acts.erase_due(server) == 0
