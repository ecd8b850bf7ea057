"""What the desk's commands write is what the server takes from those who may do these commands."""

from __future__ import annotations

import pytest

from deskapp.commands.decisions import EDITS
from deskapp.models import columns, schema
from deskapp.paths import resource
from deskapp.rules import access
from deskapp.rules.record_rights import KEPT, WORK, needed

WRITES = {
    "abandoned": (
        "custody_event item_record money_event pickup repair_item.place terminal_binding.end "
        "work_event"
    ),
    "approval": "attachment custody_event money_event work_event",
    "calendar": "calendar_day calendar_day.main site.hours",
    "call": "item_record work_event",
    "catalogue": (
        "device_model device_model.main device_model.note device_model.rules part price_line "
        "price_line.life"
    ),
    "check_in": (
        "accessory_item accessory_item.main attachment custody_event device device.hold item_record "
        "merchant merchant_contact repair_item repair_order repair_order.deliverer repair_order.head "
        "repair_order.slip repair_order.who service_ticket service_ticket.who terminal_binding "
        "ticket_event work_event"
    ),
    "correct": "item_record manifest_event repair_order.slip",
    "counter_service": "work_event",
    "diagnose": "custody_event item_record repair_item.bench work_event",
    "go_live": "custody_event repair_item repair_order service_ticket ticket_event work_event",
    "guidance": "ticket_event",
    "hand_job_over": "item_record repair_item.bench work_event",
    "import": "device device_model merchant merchant_contact part part.stock stock_move terminal_binding",
    "join": (
        "device.life device.warranty merchant.life merchant_contact.main repair_item.head "
        "repair_order.who service_ticket.what service_ticket.who terminal_binding.end "
        "terminal_binding.main"
    ),
    "key_load": "item_record work_event",
    "loaner": "device.pool item_record loan_event",
    "merchant": (
        "device device.identity device.pool device.versions device.warranty merchant merchant.address "
        "merchant.identity merchant.life merchant_contact merchant_contact.main service_contract "
        "service_contract.main terminal_binding terminal_binding.end"
    ),
    "note": "device.hold item_record",
    "override": "item_record staff.skills",
    "parts_use": "stock_move",
    "payment": "item_record money_event",
    "pickup": "custody_event item_record loan_event money_event pickup repair_order.slip work_event",
    "quarantine": "custody_event work_event",
    "quarantine_release": "custody_event repair_item.place work_event",
    "quote": "custody_event money_event work_event",
    "repair": "device.versions item_record work_event",
    "scrap": "custody_event item_record stock_move terminal_binding.end work_event",
    "settings": "shelf",
    "shelf_count": "custody_event item_record repair_item.place",
    "staff": "staff staff.roles",
    "stock": "part stock_move",
    "swap": "custody_event device.warranty repair_item terminal_binding terminal_binding.end work_event",
    "test": (
        "custody_event device.warranty item_record money_event repair_item.place stock_move "
        "work_event"
    ),
    "ticket": "device.hold service_ticket service_ticket.answers ticket_event",
    "transfer": (
        "attachment custody_event manifest manifest.carriage manifest_event repair_item.place "
        "work_event"
    ),
    "visit": (
        "service_ticket.answers service_ticket.what site_visit site_visit.contact site_visit.place "
        "site_visit.plan stock_move ticket_event"
    ),
}  # fmt: skip
"""What commands that ask for a right were seen to write: tables where they add, table and field group where they change.

Where a command begins to write something else, this table and `rules.record_rights` have to say so."""


@pytest.fixture(scope="module")
def roles() -> access.Roles:
    return access.load(resource("roles.toml").read_text("utf-8"))


def test_whoever_may_do_a_command_may_write_what_it_writes(roles: access.Roles) -> None:
    for right, written in WRITES.items():
        for role in access.who_may(roles, right):
            held = access.rights_of(roles, [role])
            for what in written.split():
                table, _dot, group = what.partition(".")
                need = needed(table, group)
                assert need is not None and not need.rights.isdisjoint(held), (right, role, what)


def test_every_table_that_travels_has_a_line_or_is_everybodys() -> None:
    assert schema.VERSION  # loads every table
    assert {*KEPT, *WORK} | {"review_card", "print_fact"} == set(columns._tables())
    for table, groups in KEPT.items():
        assert set(groups) - {""} <= columns.groups(columns.known(table)), table
    assert all(need.rights <= access.RIGHTS.keys() for groups in KEPT.values() for need in groups.values())
    assert all(rights <= access.RIGHTS.keys() for rights in WORK.values())


def test_whoever_decides_about_two_versions_may_write_either() -> None:
    for table, rights in EDITS.items():
        for group in columns.groups(columns.known(table)):
            need = needed(table, group)
            assert need is not None and (table not in KEPT or not need.rights.isdisjoint(rights)), (table, group)


def test_an_auditor_and_an_administrator_work_on_nothing(roles: access.Roles) -> None:
    held = access.rights_of(roles, ["auditor", "administrator"])
    assert sorted(table for table, rights in WORK.items() if not rights.isdisjoint(held)) == [
        "device", "merchant", "merchant_contact", "service_contract", "stock_move", "terminal_binding"
    ]  # fmt: skip
