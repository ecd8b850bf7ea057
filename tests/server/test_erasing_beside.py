"""A person is erased also where the record is no longer, and where a program wrote a name as it stands."""

from __future__ import annotations

from pathlib import Path

from deskapp.clock import new_uuid7
from deskapp.server import acts, erasing
from deskapp.server.check import check
from deskapp.server.service import Server
from deskapp.sync.framing import dump, load
from tests.server.station import create, desk_at, fact, open_site
from tests.server.test_cut import every_byte
from tests.small_photos import thumbnail

NAME, PHONE = "赵大力", "13800000222"


def logs_with(server: Server, text: str) -> set[str]:
    with server.database.read() as tx:
        return {scope for scope, body in tx.all("SELECT scope, body FROM log") if text.encode() in bytes(body)}


def test_a_depot_that_a_device_has_left_again_tells_nobody_whose_it_was(server: Server) -> None:
    """Who enrols there later reads its log from the beginning."""
    branch = desk_at(server, "B01")
    open_site(server, "D01")
    ticket = create("service_ticket", number="T1", site_id=branch.site, caller_name=NAME, words=f"回电 {PHONE}")
    order = create("repair_order", number="R1", site_id=branch.site, ticket_id=ticket["id"])
    item = create("repair_item", order_id=order["id"])
    branch.act(ticket, order, item)
    branch.act(fact("work_event", item_id=item["id"], move="dispatch", data={"target_depot": "D01"}))
    branch.act(fact("work_event", item_id=item["id"], move="unpack", data={}))
    branch.sync()
    assert len(logs_with(server, NAME)) == 2

    acts.erase(server, [ticket["id"]], [NAME, PHONE])
    with server.database.write() as tx:
        erasing.forget_in_logs(tx, server.clock() + erasing.GRACE_MS)

    assert logs_with(server, NAME) == set()
    assert logs_with(server, PHONE) == set()
    assert desk_at(server, "D01").sync().resnapshot.keys() == {f"site:{desk_at(server, 'D01').site}"}
    assert check(server.database) == []


def test_a_name_that_a_strange_program_wrote_into_the_act_itself_goes_from_there_too(server: Server) -> None:
    desk = desk_at(server, "B01")
    made = new_uuid7()
    desk.act(create("merchant_contact", made, name=NAME, phone=PHONE))  # ours put a digest there
    desk.sync()
    acts.erase(server, [made], [NAME, PHONE])

    with server.database.read() as tx:
        ((body, digest),) = tx.all("SELECT body, hash FROM change_set WHERE station = ?", (desk.id,))
    assert NAME.encode() not in bytes(body)
    assert PHONE.encode() not in bytes(body)
    assert digest == desk.journal[0].hash
    assert check(server.database) == []


def test_what_an_older_program_left_of_a_photo_goes_after_its_update(server: Server, tmp_path: Path) -> None:
    """It knew of no small pictures: it emptied the name of the file, and left the picture in the record."""
    picture = thumbnail(1)
    desk = desk_at(server, "B01")
    photo = fact("attachment", kind="photo", sha256="a" * 64, size=9, subject_id="", thumbnail=picture)
    kept = fact("attachment", kind="photo", sha256="b" * 64, size=9, subject_id="", thumbnail=thumbnail(2))
    desk.act(photo, kept, personal={"thumbnail": ""})
    desk.sync()
    with server.database.write() as tx:
        (vals,) = tx.one("SELECT vals FROM record WHERE id = ?", (photo["id"],))
        tx.run("UPDATE record SET vals = ? WHERE id = ?",
               (dump({**load(bytes(vals)), "sha256": "", "size": 0}), photo["id"]))  # fmt: skip

    assert [acts.erase_due(server), acts.erase_due(server)] == [1, 0]
    with server.database.write() as tx:
        erasing.forget_in_logs(tx, server.clock() + erasing.GRACE_MS)
    desk.sync()

    assert picture.encode() not in every_byte(server, tmp_path)
    assert desk.told(photo["id"])[-1].values["thumbnail"] == ""
    with server.database.read() as tx:
        (vals,) = tx.one("SELECT vals FROM record WHERE id = ?", (kept["id"],))
    assert load(bytes(vals))["thumbnail"] == thumbnail(2)
    assert check(server.database) == []
