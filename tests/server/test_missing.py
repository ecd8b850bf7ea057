"""Who is asked for photos that the server lacks, and how often."""

from __future__ import annotations

import hashlib
from typing import cast

from deskapp.server import acts, blobs, missing, missing_cards, stations
from deskapp.server.check import check
from deskapp.server.service import Server
from tests.server.station import START, Clock, Desk, change, create, desk_at, fact


def test_only_desks_that_hold_the_record_are_asked_once_a_day_and_not_for_what_is_on_its_way(server: Server) -> None:
    clock = cast(Clock, server.clock)
    mine, others = desk_at(server, "B01"), desk_at(server, "B02")
    made = f"{START:012x}"
    record = f"{made[:8]}-{made[8:]}-7aaa-8aaa-aaaaaaaaaaaa"
    mine.act(fact("attachment", record, site_id=mine.site, subject_kind="site", subject_id=mine.site, kind="photo",
                  sha256="ab" * 32, mime="image/jpeg", size=9, caption="", thumbnail=""))  # fmt: skip
    mine.sync()
    own = {desk.id: f"station:{desk.id}" for desk in (mine, others)}

    def heads() -> list[int]:
        with server.database.read() as tx:
            return [tx.one("SELECT n FROM head WHERE scope = ?", (scope,))[0] for scope in own.values()]

    with server.database.read() as tx:
        assert [one.sha256 for one in missing.find(tx)] == ["ab" * 32], "the story names a file"
        both = [stations.find(tx, one) for one in own]
        assert [missing.of_station(tx, one) for one in both if one] == [["ab" * 32], []]
        assert [missing.of_station(tx, one, "ab" * 32) for one in both if one] == [[], []]
    before = heads()
    asked = [missing.ask(server), missing.ask(server, fresh=True), missing.ask(server, fresh=True)]
    assert (asked, heads()) == ([0, 1, 0], [before[0] + 1, before[1]])
    clock.now = START + missing.AGAIN_MS + missing.ON_ITS_WAY_MS
    assert (missing.ask(server), missing.ask(server), missing.ask(server, now_all=True)) == (1, 0, 1)


WEEK = 7 * 24 * 3_600_000


def photo_at(desk: Desk, subject: str, sha256: str, clock: Clock) -> dict[str, object]:
    made = f"{clock.now:012x}"
    record = f"{made[:8]}-{made[8:]}-7aaa-8aaa-{sha256[:12]}"
    told = fact("attachment", record, subject_kind="service_ticket", subject_id=subject, kind="photo", sha256=sha256,
                mime="image/jpeg", size=9, caption="")  # fmt: skip
    desk.act(told)
    desk.sync()
    return told


def test_a_photo_that_is_missing_for_a_week_is_on_a_card_that_names_who_has_it_and_goes_when_it_comes(
    server: Server,
) -> None:
    clock = cast(Clock, server.clock)
    mine, mate, others = desk_at(server, "B01"), desk_at(server, "B01"), desk_at(server, "B02")
    ticket = create("service_ticket", number="T1", site_id=mine.site, words="坏了")
    mine.act(ticket)
    content = b"a photograph"
    name = hashlib.sha256(content).hexdigest()
    record = photo_at(mine, ticket["id"], name, clock)
    photo_at(mine, ticket["id"], "cd" * 32, clock)

    assert missing_cards.look(server) == 0, "it may be on its way"
    clock.now += WEEK + 60_000
    missing.ask(server)
    assert (missing_cards.look(server), missing_cards.look(server)) == (2, 0)
    for desk in (mine, mate, others):
        desk.sync()
    assert others.cards("photo_missing") == [] and len(mate.cards("photo_missing")) == 2
    card = next(one for one in mate.cards("photo_missing") if one.values["data"]["sha256"] == name)
    assert card.values["subject_id"] == ticket["id"]
    assert card.values["data"] | {"place": ""} == {
        "photo": record["id"], "sha256": name, "kind": "photo", "made_at": START, "station": mine.no, "place": "",
    }  # fmt: skip
    missing.ask(server, now_all=True)

    blobs.append(server.database, mine.row(), blobs.Piece(name, 0, content, name, True), clock.now)
    mate.sync()

    settled = [one for one in mate.told(card.id) if one.kind == "set"]
    assert [one.values["settled_how"] for one in settled] == ["fits_now"]
    clock.now += WEEK
    assert missing_cards.look(server) == 0 and len(mate.cards("photo_missing")) == 2, "told once"
    assert check(server.database) == []


def test_somebody_who_settles_the_card_is_not_asked_again_and_a_photo_that_was_erased_is_not_missed(
    server: Server,
) -> None:
    clock = cast(Clock, server.clock)
    desk = desk_at(server, "B01")
    one, two = (create("service_ticket", number=f"T{n}", site_id=desk.site, caller_name=f"某{n}") for n in (1, 2))
    desk.act(one, two)
    photo_at(desk, one["id"], "ab" * 32, clock)
    photo_at(desk, two["id"], "cd" * 32, clock)
    clock.now += WEEK + 60_000
    assert missing_cards.look(server) == 2
    desk.sync()
    first, second = sorted(desk.cards("photo_missing"), key=lambda card: card.values["data"]["sha256"])
    desk.act(change("review_card", first.id, "settled", settled_at=1, settled_by="x", settled_how="重新拍了"))
    desk.sync()

    acts.erase(server, [two["id"]], ["某2"])
    desk.sync()
    clock.now += WEEK

    assert missing_cards.look(server) == 0
    assert [each.values["settled_how"] for each in desk.told(second.id) if each.kind == "set"] == ["fits_now"]
    with server.database.read() as tx:
        assert [each.sha256 for each in missing.find(tx)] == ["ab" * 32]
    assert check(server.database) == []
