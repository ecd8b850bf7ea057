"""One round trip: what is pushed is decided once, and comes back to everybody who may see it."""

from __future__ import annotations

from typing import Any

import pytest

from deskapp.clock import new_uuid7
from deskapp.server.check import check
from deskapp.server.push import Fork
from deskapp.server.service import Server
from deskapp.sync.framing import dump
from deskapp.sync.wire import Code, link
from tests.server.station import Desk, change, create, desk_at, fact, open_site


def ticket(desk: Desk, **values: Any) -> dict[str, Any]:
    return create("service_ticket", number="T1", site_id=desk.site, words="", **values)


def test_what_one_desk_does_the_other_desk_of_the_branch_sees(server: Server) -> None:
    one, two = desk_at(server, "B01"), desk_at(server, "B01")
    made = ticket(one, priority=2)
    uid = one.act(made, fact("ticket_event", ticket_id=made["id"], kind="note", words="已登记"))

    one.sync()
    two.sync()

    assert [entry.cs for _scope, entry in one.entries] == [uid]
    assert one.entries == two.entries
    (_scope, entry) = two.entries[0]
    assert [(op.kind, op.entity) for op in entry.ops] == [("put", "service_ticket"), ("fact", "ticket_event")]
    assert entry.station_no == one.no
    assert check(server.database) == []


def test_another_branch_sees_nothing_of_it_but_what_is_of_all(server: Server) -> None:
    one, other = desk_at(server, "B01"), desk_at(server, "B02")
    merchant = create("merchant", merchant_no="M1", name="便民超市")
    made = ticket(one)
    one.act(merchant, made)

    one.sync()
    other.sync()

    assert other.holds() == {merchant["id"]}


def test_a_push_that_is_repeated_changes_nothing_and_tells_the_stored_result(server: Server) -> None:
    desk = desk_at(server, "B01")
    uid = desk.act(ticket(desk))
    first = desk.exchange()

    again = desk.exchange()

    assert first.results == ()
    assert [(one.uid, one.code) for one in again.results] == [(uid, Code.OK)]
    assert again.feeds == first.feeds
    assert again.head == first.head == (1, desk.journal[0].hash)


def test_personal_values_arrive_in_clear_and_only_their_digest_is_in_the_body(server: Server) -> None:
    desk = desk_at(server, "B01")
    made = ticket(desk, caller_name="李先生")
    desk.act(made, personal={"caller_name": ""})

    desk.sync()

    assert desk.told(made["id"])[0].values["caller_name"] == "李先生"
    with server.database.read() as tx:
        (body,) = tx.one("SELECT body FROM change_set")
    assert "李先生".encode() not in bytes(body)
    assert b'"hmac"' in bytes(body)


def test_a_hole_is_asked_for_and_nothing_behind_it_is_taken(server: Server) -> None:
    desk = desk_at(server, "B01")
    for _number in range(3):
        desk.act(ticket(desk))

    reply = desk.exchange([desk.journal[0], desk.journal[2]])

    assert reply.hole == 2
    assert reply.head[0] == 1


def test_another_change_set_under_a_used_number_is_a_fork(server: Server) -> None:
    desk = desk_at(server, "B01")
    desk.act(ticket(desk))
    desk.sync()
    desk.journal.pop()
    desk.known = (0, "")
    desk.act(ticket(desk))

    with pytest.raises(Fork):
        desk.exchange()


def test_a_desk_that_believes_in_another_past_is_a_fork_even_with_nothing_to_push(server: Server) -> None:
    desk = desk_at(server, "B01")
    desk.act(ticket(desk))
    desk.sync()
    desk.known = (1, "0" * 64)

    with pytest.raises(Fork):
        desk.exchange([])


def test_the_same_acts_pushed_again_under_a_new_identity_happen_once(server: Server) -> None:
    old = desk_at(server, "B01")
    made = ticket(old)
    uid = old.act(made)
    old.sync()
    new = desk_at(server, "B01")
    new.act(dict(made), uid=uid)
    note = fact("ticket_event", ticket_id=made["id"], kind="note")
    new.act(note)

    reply = new.sync()

    assert (uid, Code.OK) in [(one.uid, one.code) for one in reply.results]
    assert [op.kind for op in new.told(made["id"])] == ["put"]
    assert len(new.told(note["id"])) == 1
    assert check(server.database) == []


def test_an_act_that_nobody_here_may_see_is_still_confirmed(server: Server) -> None:
    one, other = desk_at(server, "B01"), desk_at(server, "B02")
    made = ticket(other)
    other.act(made)
    other.sync()
    uid = one.act(fact("ticket_event", ticket_id=made["id"], kind="note", words="来电"))

    one.sync()
    other.sync()

    assert uid in [entry.cs for scope, entry in one.entries if scope.startswith("station:")]
    assert one.holds() == set()
    assert [op.values["words"] for op in other.told(made["id"]) if op.kind == "fact"] == []
    assert len(other.cards("foreign_fact")) == 1


def test_a_change_outside_its_scopes_is_rejected_with_the_reason(server: Server) -> None:
    one, other = desk_at(server, "B01"), desk_at(server, "B02")
    made = ticket(other)
    other.act(made)
    other.sync()
    uid = one.act(change("service_ticket", made["id"], "urgency", priority=1))

    reply = one.sync()
    other.sync()

    assert [(one.uid, one.code, one.detail["reason"]) for one in reply.results] == [(uid, Code.REJECTED, "scope")]
    assert [op.kind for op in other.told(made["id"])] == ["put"]
    results = [op for _scope, entry in one.entries for op in entry.ops if op.kind == "result"]
    assert [(op.id, op.entity) for op in results] == [(uid, "rejected")]


def test_what_happened_is_kept_although_a_change_beside_it_is_refused(server: Server) -> None:
    one, other = desk_at(server, "B01"), desk_at(server, "B02")
    made = ticket(other)
    other.act(made)
    other.sync()
    told = fact("ticket_event", ticket_id=made["id"], kind="note")
    one.act(told, change("service_ticket", made["id"], "urgency", priority=1))

    reply = one.sync()
    other.sync()

    assert [one.code for one in reply.results] == [Code.REJECTED]
    assert [op.kind for op in other.told(told["id"])] == ["fact"]
    assert [op.kind for op in other.told(made["id"])] == ["put"]


def test_a_change_to_a_record_not_here_waits_and_is_done_when_the_record_comes(server: Server) -> None:
    one, two = desk_at(server, "B01"), desk_at(server, "B01")
    made = ticket(two, priority=3)
    uid = one.act(change("service_ticket", made["id"], "urgency", priority=1))
    behind = one.act(ticket(one))

    first = one.sync()
    two.act(made)
    two.sync()
    one.sync()
    two.sync()

    assert [(one.uid, one.code) for one in first.results] == [(uid, Code.PARKED)]
    assert behind in [entry.cs for _scope, entry in one.entries]
    assert [op.kind for op in two.told(made["id"])] == ["put", "set"]
    codes = [op.entity for _scope, entry in one.entries for op in entry.ops if op.kind == "result"]
    assert codes == ["parked", "ok"]


def test_a_fact_that_comes_before_its_record_is_taken_into_the_tree_when_that_comes(server: Server) -> None:
    one, other = desk_at(server, "B01"), desk_at(server, "B02")
    made = ticket(other)
    told = fact("ticket_event", ticket_id=made["id"], kind="note")
    one.act(told)
    one.sync()
    other.act(made)
    other.sync()
    one.sync()

    assert told["id"] in other.holds()
    assert one.holds() == set()
    assert check(server.database) == []


def test_a_large_log_comes_in_pages_that_go_on_where_the_last_ended(server: Server) -> None:
    one, two = desk_at(server, "B01"), desk_at(server, "B01")
    for _number in range(40):
        one.act(ticket(one, note="单" * 200))
    one.sync()

    reply = two.exchange(max_bytes=4_000)
    two.sync(max_bytes=4_000)

    assert all(feed.more for feed in reply.feeds.values())
    assert [entry.cs for _scope, entry in two.entries] == one.uids


def test_scopes_that_are_not_granted_are_named_for_purging_and_never_fed(server: Server) -> None:
    one, other = desk_at(server, "B01"), desk_at(server, "B02")
    other.act(ticket(other))
    other.sync()
    one.cursors[f"site:{other.site}"] = (0, "")

    reply = one.exchange()

    assert reply.revoke == (f"site:{other.site}",)
    assert reply.feeds == {}


def test_the_feed_of_a_new_desk_holds_the_whole_history_in_one_order(server: Server) -> None:
    one, two = desk_at(server, "B01"), desk_at(server, "B01")
    made = ticket(one)
    one.act(made)
    one.sync()
    two.sync()
    for number in range(6):
        desk = (one, two)[number % 2]
        desk.act(fact("ticket_event", ticket_id=made["id"], kind="note", words=str(number)))
        desk.sync()
    three = desk_at(server, "B01")

    three.sync()

    notes = [op.values["words"] for _scope, entry in three.entries for op in entry.ops if op.entity == "ticket_event"]
    assert notes == ["0", "1", "2", "3", "4", "5"]


def test_ids_of_sites_that_could_break_out_of_a_scope_are_not_believed(server: Server) -> None:
    desk, other = desk_at(server, "B01"), desk_at(server, "B02")
    made = create("service_ticket", site_id=f"x,site:{other.site}", number="T9")
    desk.act(made)

    desk.sync()
    other.sync()

    assert made["id"] in desk.holds()
    assert other.holds() == set()


def test_records_of_a_site_unknown_to_the_desk_are_kept_for_that_site(server: Server) -> None:
    desk = desk_at(server, "B01")
    place = open_site(server, "B09")
    made = create("service_ticket", site_id=place, number="T3")
    desk.act(made)
    desk.sync()
    later = desk_at(server, "B09")

    later.sync()

    assert desk.holds() == set()
    assert later.holds() == {made["id"]}


def test_unknown_columns_and_tables_of_newer_programs_are_kept_and_fed(server: Server) -> None:
    one, two = desk_at(server, "B01"), desk_at(server, "B01")
    made = ticket(one, colour_of_the_door="red")
    strange = create("drone_visit", new_uuid7(), battery=80)
    one.act(made, strange)
    one.act(change("service_ticket", made["id"], "door_group", colour_of_the_door="blue"))
    one.sync()

    two.sync()

    assert two.told(made["id"])[0].values["colour_of_the_door"] == "red"
    assert two.told(made["id"])[1].values == {"colour_of_the_door": "blue"}
    assert strange["id"] in two.holds()


def test_a_child_and_its_parent_that_came_at_the_same_moment_find_each_other(server: Server) -> None:
    one, other = desk_at(server, "B01"), desk_at(server, "B02")
    made = ticket(other)
    told = fact("ticket_event", ticket_id=made["id"], kind="note")
    other.act(made)
    other.sync()
    one.act(told)
    one.sync()
    with server.database.write() as tx:
        # As if neither transaction had seen the other.
        tx.run("UPDATE record SET root = id, ord = 0, scopes = ? WHERE id = ?", (f"site:{one.site}", told["id"]))
        tx.put("member", [(f"site:{one.site}", told["id"])])
        tx.put("orphan", [(made["id"], told["id"])])

    moved = server.mend()
    one.sync()
    other.sync()

    assert f"site:{other.site}" in moved
    assert told["id"] in other.holds()
    assert told["id"] not in one.holds()
    assert check(server.database) == []


@pytest.mark.parametrize("plain", [True, False])
def test_the_chain_of_an_entry_told_by_places_is_that_of_the_entry_written_out(server: Server, plain: bool) -> None:
    """So docs/sync.md says it, for clients that do not take the chain on trust."""
    desk = desk_at(server, "B01")
    made = ticket(desk, caller_name="王小明")
    note = fact("ticket_event", ticket_id=made["id"], words="已登记", kind="note")
    desk.act(
        made, note, change("service_ticket", made["id"], "words", words="卡纸"), personal={"caller_name": "王小明"}
    )

    feed = desk.exchange(plain=plain, short=True).feeds[f"site:{desk.site}"]

    (entry,) = feed.entries
    assert [one.kind for one in entry.ops] == ["own"]
    acts = desk.journal[0].clear_ops()
    rows: list[list[Any]] = []
    for one in acts:
        row = [{"create": "p", "fact": "f", "set": "s"}[one.kind], one.entity, one.id, dict(sorted(one.values.items()))]
        rows.append([*row, one.group, one.uid] if one.kind == "set" else row)
    told = [entry.cs, entry.station_no, entry.staff, entry.at, entry.command, entry.schema, rows]
    assert entry.chain == feed.chain == link("", dump(told))
