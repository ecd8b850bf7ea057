"""The same thing touched twice: who wins is decided once, and what loses stays where people find it."""

from __future__ import annotations

from typing import Any

from deskapp.clock import new_uuid7
from deskapp.server.check import check
from deskapp.server.service import Server
from deskapp.sync.wire import Code
from tests.server.station import START, Desk, change, create, desk_at, fact

DAY = 24 * 3600 * 1000


def two_desks_and_a_merchant(server: Server, **values: Any) -> tuple[Desk, Desk, str]:
    one, two = desk_at(server, "B01"), desk_at(server, "B01")
    made = create("merchant", merchant_no="M1", name="便民", address="旧", district="南", note="一", **values)
    one.act(made)
    one.sync()
    two.sync()
    return one, two, made["id"]


def merchant(server: Server, record_id: str) -> dict[str, Any]:
    from deskapp.sync.framing import load

    with server.database.read() as tx:
        (vals,) = tx.one("SELECT vals FROM record WHERE id = ?", (record_id,))
    found: dict[str, Any] = load(bytes(vals))
    return found


def test_different_groups_of_one_record_are_both_kept_without_a_word(server: Server) -> None:
    one, two, shop = two_desks_and_a_merchant(server)
    one.act(change("merchant", shop, "address", address="新"))
    two.act(change("merchant", shop, "life", active=False))
    one.sync()
    two.sync()
    one.sync()

    assert merchant(server, shop)["address"] == "新"
    assert merchant(server, shop)["active"] is False
    assert one.cards("also_changed") == []
    assert one.told(shop) == two.told(shop)


def test_the_later_of_two_stays_and_the_other_is_on_a_card_of_both(server: Server) -> None:
    one, two, shop = two_desks_and_a_merchant(server)
    one.staff, two.staff = "anna", "bert"
    now = server.clock()
    one.act(change("merchant", shop, "address", address="甲"), at=now - 60_000 + 60_500)
    two.act(change("merchant", shop, "address", address="乙"), at=now)
    one.sync()
    reply = two.sync()
    one.sync()

    assert merchant(server, shop)["address"] == "甲"
    assert [result.code for result in reply.results] == [Code.MERGED]
    for desk in (one, two):
        (card,) = desk.cards("also_changed")
        assert card.values["data"]["lost"] == {"address": "乙"}
        assert card.values["data"]["kept"] == {"address": "甲"}
        assert (card.values["data"]["lost_by"], card.values["data"]["kept_by"]) == ("bert", "anna")
        assert card.values["subject_id"] == shop


def test_who_syncs_first_does_not_matter(server: Server) -> None:
    one, two, shop = two_desks_and_a_merchant(server)
    now = server.clock()
    one.act(change("merchant", shop, "address", address="甲"), at=now + 500)
    two.act(change("merchant", shop, "address", address="乙"), at=now)
    two.sync()
    one.sync()
    two.sync()

    assert merchant(server, shop)["address"] == "甲"
    assert two.cards("also_changed")[0].values["data"]["lost"] == {"address": "乙"}
    assert one.told(shop) == two.told(shop)


def test_both_words_stay_in_a_text_that_two_people_added_to(server: Server) -> None:
    one, two, shop = two_desks_and_a_merchant(server)
    one.act(change("merchant", shop, "note", note="一\n来过电话"))
    two.act(change("merchant", shop, "note", note="周三送货\n一"))
    one.sync()
    reply = two.sync()
    one.sync()

    assert merchant(server, shop)["note"] == "周三送货\n一\n来过电话"
    assert [result.detail["how"] for result in reply.results] == [["woven"]]
    assert one.told(shop)[-1].values == {"note": "周三送货\n一\n来过电话"}
    assert one.cards("also_changed") == []


def test_edits_made_one_after_the_other_on_the_same_text_are_woven_each(server: Server) -> None:
    one, two, shop = two_desks_and_a_merchant(server)
    first = change("merchant", shop, "note", note="一\n二")
    one.act(first)
    one.act(change("merchant", shop, "note", first["uid"], note="一\n二\n三"))
    two.act(change("merchant", shop, "note", note="零\n一"))
    two.sync()
    one.sync()

    assert merchant(server, shop)["note"] == "零\n一\n二\n三"


def test_an_identity_stays_as_it_was_first_accepted_and_somebody_is_asked(server: Server) -> None:
    one, two, shop = two_desks_and_a_merchant(server)
    one.act(change("merchant", shop, "identity", merchant_no="M2"))
    two.act(change("merchant", shop, "identity", merchant_no="M3"))
    one.sync()
    two.sync()

    assert merchant(server, shop)["merchant_no"] == "M2"
    assert two.cards("identity_conflict")[0].values["data"]["lost"] == {"merchant_no": "M3"}


def test_the_same_change_made_twice_is_nothing_new(server: Server) -> None:
    one, two, shop = two_desks_and_a_merchant(server)
    one.act(change("merchant", shop, "address", address="新"))
    uid = two.act(change("merchant", shop, "address", address="新"))
    one.sync()
    reply = two.sync()

    assert reply.results == ()
    assert len(two.told(shop)) == 2
    assert uid in [entry.cs for _scope, entry in two.entries]


def test_a_clock_ten_years_ahead_wins_nothing_over_what_comes_after(server: Server) -> None:
    one, two, shop = two_desks_and_a_merchant(server)
    one.late = -10 * 365 * DAY
    one.act(change("merchant", shop, "address", address="甲"))
    one.sync()
    two.sync()
    server.clock.now += 10_000  # type: ignore[attr-defined]
    base = two.told(shop)[-1].uid
    two.act(change("merchant", shop, "address", base, address="乙"))
    two.sync()

    assert merchant(server, shop)["address"] == "乙"


def test_a_clock_reset_between_act_and_sync_is_bounded_by_the_contact_before(server: Server) -> None:
    one, two, shop = two_desks_and_a_merchant(server)
    two.act(change("merchant", shop, "address", address="乙"))
    two.sync()
    server.clock.now += 1_000  # type: ignore[attr-defined]
    one.act(change("merchant", shop, "address", address="甲"), at=START + 20 * 365 * DAY)
    one.sync()

    card = one.cards("also_changed")[0]
    assert card.values["data"]["kept"] == {"address": "甲"}
    assert card.values["data"]["kept_at"] <= server.clock() + 2_000


def test_two_records_with_one_serial_number_become_a_card_not_an_error(server: Server) -> None:
    one, two = desk_at(server, "B01"), desk_at(server, "B02")
    first, second = create("device", serial_no="N9100001"), create("device", serial_no="N9100001")
    one.act(first)
    two.act(second)
    one.sync()
    reply = two.sync()

    assert [result.detail["how"] for result in reply.results] == [["twin"]]
    (card,) = two.cards("twin")
    assert card.values["data"]["others"] == [first["id"]]
    assert {first["id"], second["id"]} <= two.holds()


def test_a_draft_is_withdrawn_only_while_nobody_has_touched_it(server: Server) -> None:
    one, two = desk_at(server, "B01"), desk_at(server, "B01")
    drafts = [create("merchant", merchant_no="", name="草稿", address="") for _one in range(2)]
    one.act(*drafts)
    one.sync()
    two.sync()
    two.act(change("merchant", drafts[0]["id"], "address", address="已改"))
    two.sync()
    for draft in drafts:
        gone = {**change("merchant", draft["id"], ""), "kind": "del", "group": ""}
        one.act(gone)
    reply = one.sync()
    two.sync()

    assert [(result.code, result.detail.get("reason")) for result in reply.results] == [(Code.REJECTED, "in_use")]
    assert drafts[0]["id"] in two.holds()
    assert drafts[1]["id"] not in two.holds()
    assert check(server.database) == []


def test_a_malformed_act_is_rejected_and_those_behind_it_are_taken(server: Server) -> None:
    desk = desk_at(server, "B01")
    for wrong in (
        {**create("merchant"), "kind": "sudo"},
        {**create("merchant"), "entity": "x; DROP TABLE record"},
        {**create("merchant"), "id": "a\nb"},
        {**create("merchant"), "uid": "no uuid"},
        {**create("merchant"), "group": "main"},
    ):
        desk.act(wrong)
    good = create("merchant", name="好")
    desk.act(good)

    reply = desk.sync()

    assert [(one.code, one.detail["reason"]) for one in reply.results] == [(Code.REJECTED, "malformed")] * 5
    assert desk.holds() == {good["id"]}


def test_a_poisonous_act_is_parked_alone(server: Server, monkeypatch: Any) -> None:
    from deskapp.server import placing

    desk = desk_at(server, "B01")
    settle = placing.settle

    def sick(draft: Any, entity: str, record_id: str, values: Any, *, fact: bool) -> Any:
        if values.get("name") == "毒":
            raise ZeroDivisionError
        return settle(draft, entity, record_id, values, fact=fact)

    monkeypatch.setattr(placing, "settle", sick)
    good, bad = create("merchant", name="好"), create("merchant", name="毒")
    desk.act(good)
    uid = desk.act(create("merchant", name="先"), bad)
    desk.act(fact("ticket_event", ticket_id=new_uuid7()))
    reply = desk.sync()
    monkeypatch.undo()
    server.try_parked()
    desk.sync()

    assert [(one.uid, one.code) for one in reply.results] == [(uid, Code.PARKED)]
    assert {good["id"], bad["id"]} <= desk.holds()
    assert check(server.database) == []


def test_what_the_database_itself_refuses_is_parked_alone(server: Server, monkeypatch: Any) -> None:
    from deskapp.server import apply

    desk = desk_at(server, "B01")
    add = apply.add

    def sick(draft: Any, op: Any) -> None:
        add(draft, op)
        if op.values.get("name") == "毒":
            draft.late.append(("INSERT INTO station (id, no) VALUES (?, ?)", (desk.id, 1)))

    monkeypatch.setattr(apply, "add", sick)
    ids = []
    for name in ("一", "毒", "三", "四"):
        made = create("merchant", name=name)
        ids.append(made["id"])
        desk.act(made)
    reply = desk.sync()

    assert [one.code for one in reply.results] == [Code.PARKED]
    assert desk.holds() == {ids[0], ids[2], ids[3]}
    assert check(server.database) == []
