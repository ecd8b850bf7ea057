"""The key of one computer makes nobody an administrator of the land."""

from __future__ import annotations

import pytest

from deskapp.server.service import Server
from deskapp.sync.framing import load
from tests.server.station import change, create, desk_at, op


@pytest.mark.parametrize(
    ("roles", "active", "taken"),
    [([], True, False), (["counter_clerk", "site_supervisor"], True, False), (["administrator"], False, False),
     (["administrator"], True, True)],
)  # fmt: skip
def test_only_an_administrator_changes_what_somebody_may_do(
    server: Server, roles: list[str], active: bool, taken: bool
) -> None:
    desk, other = desk_at(server, "B01"), desk_at(server, "B02")
    acting = create("staff", staff_no="A1", name="甲", badge_no="", roles=roles, active=active, language="", skills=[])
    clerk = create("staff", staff_no="C1", name="乙", badge_no="", roles=[], active=True, language="", skills=[])
    other.act(acting, clerk)
    other.sync()
    desk.staff = acting["id"]
    desk.act(change("staff", clerk["id"], "habits", language="en"))
    desk.act(change("staff", clerk["id"], "roles", roles=["administrator"]))
    desk.act(op("del", "staff", clerk["id"], {}))

    reply = desk.sync()

    with server.database.read() as tx:
        (row,) = tx.all("SELECT vals FROM record WHERE id = ?", (clerk["id"],))
    values = load(bytes(row[0]))
    assert (values["language"], values["roles"]) == ("en", ["administrator"] if taken else [])
    reasons = [result.detail["reason"] for result in reply.results if result.code == "rejected"]
    assert reasons == (["in_use"] if taken else ["scope", "scope"])


def test_nobody_is_an_administrator_by_claiming_so(server: Server) -> None:
    desk = desk_at(server, "B01")
    clerk = create("staff", staff_no="C1", name="乙", badge_no="", roles=[], active=True, language="", skills=[])
    desk.staff = clerk["id"]
    desk.act(clerk)
    desk.act(change("staff", clerk["id"], "roles", roles=["administrator"]))
    desk.staff = "0190a5c1-7b3e-7d2f-8a44-000000000009"
    desk.act(change("staff", clerk["id"], "roles", roles=["administrator"]))

    reply = desk.sync()

    assert [result.code for result in reply.results] == ["rejected", "rejected"]
