"""Who is asked for photos that the server lacks, and how often."""

from __future__ import annotations

from typing import cast

from deskapp.server import missing, stations
from deskapp.server.service import Server
from tests.server.station import START, Clock, desk_at, fact


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
