"""Handing over: a tree enters a site's log whole and leaves it again, in the act that causes it."""

from __future__ import annotations

from typing import Any

from deskapp.server.check import check
from deskapp.server.service import Server
from deskapp.server.wholes import rows_of
from deskapp.sync.wire import Code
from tests.server.station import Desk, change, create, desk_at, fact


def repair(desk: Desk) -> dict[str, dict[str, Any]]:
    """A ticket with an order, a device on it, and what has happened to that."""
    ticket = create("service_ticket", number="T1", site_id=desk.site)
    order = create("repair_order", number="R1", ticket_id=ticket["id"], site_id=desk.site)
    item = create("repair_item", order_id=order["id"], words="无反应")
    checked = fact("work_event", item_id=item["id"], move="check_in", to_state="checked_in", data={})
    return {"ticket": ticket, "order": order, "item": item, "checked": checked}


def dispatched(item: str, depot: str) -> dict[str, Any]:
    return fact("work_event", item_id=item, move="dispatch", to_state="awaiting_dispatch", data={"target_depot": depot})


def ids(tree: dict[str, dict[str, Any]]) -> set[str]:
    return {one["id"] for one in tree.values()}


def test_a_device_sent_to_a_depot_takes_its_whole_history_along(server: Server) -> None:
    branch, depot, other = desk_at(server, "B01"), desk_at(server, "D07"), desk_at(server, "B02")
    tree = repair(branch)
    branch.act(*tree.values())
    branch.sync()
    depot.sync()
    assert depot.holds() == set()
    branch.act(dispatched(tree["item"]["id"], "D07"))
    branch.sync()
    depot.sync()
    other.sync()

    assert ids(tree) < depot.holds()
    assert other.holds() == set()
    order = [op.id for _scope, entry in depot.entries for op in entry.ops]
    assert order[:4] == [one["id"] for one in tree.values()]
    assert check(server.database) == []


def test_both_sites_see_what_either_does_from_then_on(server: Server) -> None:
    branch, depot = desk_at(server, "B01"), desk_at(server, "D07")
    tree = repair(branch)
    branch.act(*tree.values(), dispatched(tree["item"]["id"], depot.site))
    branch.sync()
    depot.sync()
    depot.act(
        change("repair_item", tree["item"]["id"], "bench", technician_id="t9"),
        fact("item_record", item_id=tree["item"]["id"], kind="diagnosis", words="主板"),
    )
    depot.sync()
    branch.sync()

    assert branch.told(tree["item"]["id"])[-1].values == {"technician_id": "t9"}
    assert branch.holds() == depot.holds()


def test_a_device_taken_off_the_manifest_leaves_the_depot_again(server: Server) -> None:
    branch, depot = desk_at(server, "B01"), desk_at(server, "D07")
    tree = repair(branch)
    branch.act(*tree.values(), dispatched(tree["item"]["id"], depot.site))
    branch.sync()
    depot.sync()
    branch.act(fact("work_event", item_id=tree["item"]["id"], move="unpack", to_state="checked_in", data={}))
    branch.sync()
    depot.sync()

    assert depot.holds() == set()
    assert ids(tree) < branch.holds()
    assert check(server.database) == []


def test_a_hand_over_that_is_voided_takes_the_tree_back(server: Server) -> None:
    branch, depot = desk_at(server, "B01"), desk_at(server, "D07")
    tree = repair(branch)
    hop = fact("custody_event", item_id=tree["item"]["id"], from_holder="shelf", to_holder=f"courier:site:{depot.site}")
    branch.act(*tree.values(), hop)
    branch.sync()
    depot.sync()
    held = depot.holds()
    branch.act(
        fact("custody_event", item_id=tree["item"]["id"], from_holder="courier", to_holder="shelf", voids=hop["id"])
    )
    branch.sync()
    depot.sync()

    assert ids(tree) < held
    assert depot.holds() == set()


def test_into_and_out_of_a_scope_within_one_push_leaves_nothing_there(server: Server) -> None:
    branch, depot = desk_at(server, "B01"), desk_at(server, "D07")
    tree = repair(branch)
    branch.act(*tree.values())
    branch.act(dispatched(tree["item"]["id"], depot.site))
    branch.act(fact("work_event", item_id=tree["item"]["id"], move="unpack", to_state="checked_in", data={}))
    branch.sync()
    depot.sync()

    assert depot.holds() == set()
    with server.database.read() as tx:
        assert list(rows_of(tx, f"site:{depot.site}")) == []
    assert check(server.database) == []


def test_a_change_made_before_the_exit_was_known_is_taken_and_said_to_have_moved(server: Server) -> None:
    branch, depot = desk_at(server, "B01"), desk_at(server, "D07")
    tree = repair(branch)
    item = tree["item"]["id"]
    branch.act(*tree.values(), dispatched(item, depot.site))
    branch.sync()
    depot.sync()
    branch.act(fact("work_event", item_id=item, move="unpack", to_state="checked_in", data={}))
    branch.sync()
    depot.act(change("repair_item", item, "fault", words="已拆机"))
    first = depot.sync()
    depot.act(change("repair_item", item, "fault", words="还想改"))
    second = depot.sync()
    branch.sync()

    assert [one.code for one in first.results] == [Code.MOVED]
    assert [one.code for one in second.results] == [Code.REJECTED]
    assert branch.told(item)[-1].values == {"words": "已拆机"}
    assert depot.holds() == set()


def test_an_order_moved_to_another_branch_enters_there_and_leaves_here(server: Server) -> None:
    here, there = desk_at(server, "B01"), desk_at(server, "B02")
    order = create("repair_order", number="R1", ticket_id="", site_id=here.site)
    item = create("repair_item", order_id=order["id"])
    here.act(order, item)
    here.sync()
    here.act(change("repair_order", order["id"], "head", site_id=there.site))
    here.sync()
    there.sync()

    assert here.holds() == set()
    assert there.holds() == {order["id"], item["id"]}
    assert check(server.database) == []


def test_an_order_hung_under_a_ticket_later_joins_its_tree(server: Server) -> None:
    branch, depot = desk_at(server, "B01"), desk_at(server, "D07")
    ticket = create("service_ticket", number="T1", site_id=branch.site)
    order = create("repair_order", number="R1", ticket_id="", site_id=branch.site)
    item = create("repair_item", order_id=order["id"])
    branch.act(ticket, order, item)
    branch.act(dispatched(item["id"], depot.site))
    branch.act(change("repair_order", order["id"], "head", ticket_id=ticket["id"]))
    branch.sync()
    depot.sync()

    assert {ticket["id"], order["id"], item["id"]} < depot.holds()
    assert check(server.database) == []


def test_a_snapshot_holds_what_the_feed_has_said_in_the_same_order(server: Server) -> None:
    branch, depot = desk_at(server, "B01"), desk_at(server, "D07")
    tree = repair(branch)
    item = tree["item"]["id"]
    branch.act(*tree.values(), dispatched(item, depot.site))
    branch.sync()
    depot.sync()
    for number in range(4):
        desk = (branch, depot)[number % 2]
        desk.act(fact("item_record", item_id=item, kind="note", words=str(number)))
        desk.sync()
    branch.sync()
    with server.database.read() as tx:
        rows = {site: [row.id for row in rows_of(tx, f"site:{site}")] for site in (branch.site, depot.site)}

    assert set(rows[branch.site]) == branch.holds()
    assert rows[branch.site] == rows[depot.site]
    depot.sync()
    notes = [op.id for _scope, entry in depot.entries for op in entry.ops if op.entity == "item_record"]
    assert [one for one in rows[depot.site] if one in notes] == notes


def test_cards_about_things_of_all_branches_stay_at_the_branch_that_wrote_them(server: Server) -> None:
    one, other = desk_at(server, "B01"), desk_at(server, "B02")
    shop = create("merchant", name="便民", merchant_no="M1")
    one.act(shop)
    one.act(create("review_card", subject_kind="merchant", subject_id=shop["id"], kind="review", data={}))
    one.sync()
    other.sync()

    assert len(one.holds()) == 2
    assert other.holds() == {shop["id"]}


def manifest(desk: Desk, depot: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A manifest with the event that names its addressee."""
    row = create("manifest", number="M1", kind="out", site_id=desk.site, to_site_id=depot)
    return row, fact("manifest_event", manifest_id=row["id"], kind="open", data={"to_site": depot})


def test_a_manifest_is_seen_by_both_its_sites_from_the_draft_on(server: Server) -> None:
    branch, depot, other = desk_at(server, "B01"), desk_at(server, "D07"), desk_at(server, "B02")
    row, opened = manifest(branch, depot.site)
    branch.act(row, opened)
    branch.sync()
    for desk in (depot, other):
        desk.sync()

    assert depot.holds() == {row["id"], opened["id"]}
    assert other.holds() == set()
    assert check(server.database) == []


def test_what_was_received_from_paper_before_the_manifest_came_is_one_tree_with_it_afterwards(server: Server) -> None:
    branch, depot = desk_at(server, "B01"), desk_at(server, "D07")
    row, opened = manifest(branch, depot.site)
    paper = fact("manifest_event", manifest_id=row["id"], kind="paper", data={"to_site": depot.site})
    received = fact("manifest_event", manifest_id=row["id"], kind="receive", data={"to_site": depot.site})
    depot.act(paper)
    depot.act(received)
    depot.sync()
    branch.sync()
    assert branch.holds() == set()
    branch.act(row, opened)
    for _round in range(2):
        branch.sync()
        depot.sync()

    assert branch.holds() == depot.holds() == {row["id"], opened["id"], paper["id"], received["id"]}
    with server.database.read() as tx:
        assert {root for (root,) in tx.all("SELECT root FROM record")} == {row["id"]}
    assert check(server.database) == []


def test_a_manifest_received_at_the_wrong_depot_is_seen_there_too(server: Server) -> None:
    branch, depot, wrong = desk_at(server, "B01"), desk_at(server, "D07"), desk_at(server, "D09")
    row, opened = manifest(branch, depot.site)
    branch.act(row, opened)
    branch.sync()
    wrong.act(fact("manifest_event", manifest_id=row["id"], kind="receive", data={"to_site": wrong.site}))
    wrong.sync()
    for desk in (branch, depot, wrong):
        desk.sync()

    assert branch.holds() == depot.holds() == wrong.holds()
    assert len(wrong.holds()) >= 3
    assert check(server.database) == []
