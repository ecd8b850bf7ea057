"""A station of a newer program, made by hand: it sends columns, tables and operations that this program does not know.

It pushes and reads nothing. What it sends well formed has to be kept by everybody (I19); what it sends badly has to be
refused or set aside, and to delay nobody else (I22).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from deskapp.cipher import DatabaseError
from deskapp.models import schema
from tests.server.station import Desk, change, create, fact
from tests.sim.centre import is_full
from tests.sim.oracle import Act

if TYPE_CHECKING:
    from tests.sim.world import World

NAME = "X9"


class Newer:
    """Enrolled at the branch on first use."""

    def __init__(self, world: World) -> None:
        self.world, self.centre = world, world.stage.centre
        self.desk = Desk(self.centre.servers[0])
        self.desk.enrol(self.centre.code("FZ-A1"))
        self.desk.version = schema.VERSION + 1
        self.texts: list[str] = []
        self.count = 0

    def belongs(self) -> bool:
        """Say whether the server still knows it: it may have been set back to before."""
        with self.centre.database.read() as tx:
            return tx.one("SELECT 1 FROM station WHERE id = ?", (self.desk.id,)) is not None

    def _words(self) -> str:
        self.count += 1
        self.texts.append(f"{NAME}w{self.count}")
        return self.texts[-1]

    def _say(self, *ops: dict[str, Any], known: bool = True) -> None:
        """Push an act; `known`: the oracle may count with it."""
        uid = self.desk.act(*ops, at=self.world.chance.now)
        if known:
            hlc = json.loads(self.desk.journal[-1].body)["hlc"]
            self.world.oracle.acts[uid] = Act(uid, NAME, hlc, ops)
        self.desk.server = self.centre.server
        asked = self.desk.request()
        from deskapp.sync.wire import read_request

        request = read_request(asked.to_bytes())
        station = self.desk.row()
        self.world.oracle.asked(station, request, self.world.chance.now)
        try:
            reply, _touched = self.desk.server.sync(station, request)
        except DatabaseError as error:
            if not is_full(error):
                raise
            return  # it says so again with the next
        self.world.oracle.answered(station, request, reply)
        self.desk.known = reply.head
        self.centre.ask(self.centre.look)

    def push(self, pick: int) -> None:
        """Send a ticket with a column from the future, and something of a kind that is not known here yet."""
        self.world.reached["a newer program"] += 1
        ticket = create(
            "service_ticket", number=f"T{self.count}", kind="consultation", channel="phone", opened_at=1, opened_by="",
            merchant_id="", words=self._words(), urgency_next="soon", answers={}, priority=3, business_stopped=False,
            caller_name="", callback_phone="13800000009", device_id="", model_words="", symptom_code="", site_id="",
        )  # fmt: skip
        self._say(ticket, fact("hologram", ticket_id=ticket["id"], words=self._words()))
        if pick % 2:
            self._say(change("service_ticket", ticket["id"], "mood", mood=self._words()))
        if pick % 3 == 0:
            self._say(
                fact("ticket_event", ticket_id=ticket["id"], kind="sing", to_state="", words=self._words(), data={})
            )

    def poison(self, pick: int) -> None:
        """Send what nobody can do anything with."""
        self.world.reached["poison"] += 1
        match pick % 5:
            case 0:
                self._say({**create("service_ticket", number="x"), "kind": "dance"}, known=False)
            case 1:
                self._say(change("service_ticket", "nobody-knows-this", "who", callback_phone="1"), known=False)
            case 2:
                self._say(fact("work_event", item_id="", move="fly", to_state="nowhere", resumes="", second_by="",
                               reason="", data={}), known=False)  # fmt: skip
            case 3:
                self._say(fact("ticket_event", ticket_id=0, kind=["x"], to_state=None, words=17, data="{"), known=False)
            case _:
                self._say(create("repair_item", order_id=None, line_no="many", device_id={}), known=False)
