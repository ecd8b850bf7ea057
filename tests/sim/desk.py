"""A simulated desk: the shipped store and exchange on a disk and a line that the schedule can spoil, and its people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select

from deskapp.commands.merchants import MerchantDetails, add_merchant, change_merchant
from deskapp.commands.moves import hop, item_of, record
from deskapp.commands.people import actor_of
from deskapp.commands.tickets import TicketForm, add_note, change_ticket, move_ticket, open_ticket
from deskapp.errors import N_, DeskError, Refused, Unavailable
from deskapp.models import sync_state
from deskapp.models.device import Device
from deskapp.models.people import Staff
from deskapp.models.repair import CustodyEvent
from deskapp.models.stock import StockMove
from deskapp.models.store import Actor, Write, command
from deskapp.models.ticket import TicketEvent
from deskapp.paths import Home
from deskapp.sync import enrol
from deskapp.sync.exchange import Exchange
from deskapp.sync.machine import Machine
from deskapp.sync.pulse import Round
from tests.sim.centre import MANY_PAGES, limit_pages
from tests.sim.chance import Chance
from tests.sim.disk import Killed, SimStore
from tests.sim.net import SimLine, Talk
from tests.sync.desks import give_out, send_away, take_in

SAME = Machine("same", frozenset({"card"}))
URL = "http://127.0.0.1:1"
FINE = frozenset(("offline", "torn", "busy", "lost", "retired", "unknown", "unsigned", "replayed", "refused", "wiped"))
"""How a conversation may end when the line, the server or the station is in trouble."""


@command(N_("Move a part in a simulation"), right="")
def move_part(write: Write, *, part_id: str, start: str, end: str, quantity: int) -> None:
    """Take parts from one place to another."""
    write.session.add(StockMove(
        id=write.new_id(), at=write.now, by=write.actor.staff_id, part_id=part_id, from_place=start, to_place=end,
        quantity=quantity, data={"site": write.site_id},
    ))  # fmt: skip


class SimExchange(Exchange):
    """The exchange without what costs time and decides nothing: no photos, and only a contact that went wrong is noted."""

    def __init__(self, desk: SimDesk) -> None:
        super().__init__(desk.store, line=desk.line, clock=desk.clock)
        with desk.store.read() as session:
            self._told_epoch = sync_state.state(session, "epoch")
        self._close, self._with_photos = desk.close_look, desk.photos
        self.moved = (0, 0)
        if desk.page:
            self._max_bytes = desk.page
        self.piece = desk.piece

    def _photos(self, pause: int) -> int:
        return super()._photos(pause) if self._with_photos else pause

    def _compare(self) -> int:
        return super()._compare() if self._close else 0

    def _one_round(self) -> Round:
        if self.piece:
            self._client._step = self.piece
            self._push_most = 2  # a long push: what came is laid down while the next answer is awaited
        return super()._one_round()

    def _note(self, began: float, sent: int, received: int, outcome: str) -> None:
        epoch = self._signed.voice.epoch if self._signed is not None else self._told_epoch
        self.moved = (self.moved[0] + sent, self.moved[1] + received)
        if outcome or epoch != self._told_epoch:
            self._told_epoch = epoch
            super()._note(began, sent, received, outcome)


@dataclass(slots=True)
class SimClock:
    """A computer's clock: off by so many ms, and running fast or slow by so many parts in a million."""

    chance: Chance
    wrong_ms: int = 0
    drift: int = 0

    def __call__(self) -> int:
        true = self.chance.now
        return true + self.wrong_ms + (true % 10**9) * self.drift // 1_000_000


@dataclass(slots=True, eq=False)
class SimDesk:
    """One computer."""

    name: str
    home: Home
    store: SimStore
    clock: SimClock
    line: SimLine
    told: Callable[[str], None]
    site: str = ""
    page: int = 0
    piece: int = 0
    close_look: bool = False
    exchange: SimExchange | None = None
    people: dict[str, Actor] = field(default_factory=dict)
    talk: Talk | None = None
    dark: bool = False
    out: str = ""
    leaving: str = ""
    wiped: bool = False
    photos: bool = False
    more: str = ""
    """Follows every text: what takes room on a disk."""

    room: int = -1
    """Pages by which its file may still grow; below zero, as many as it likes."""

    machine: Machine = SAME
    seen: dict[str, dict[str, str]] = field(default_factory=dict)
    count: int = 0
    syncs: int = 0
    strange: list[str] = field(default_factory=list)
    awake: Callable[[], None] = lambda: None

    # -- asking the store in the plainest way ------------------------------------------

    def rows(self, sql: str, *values: Any) -> list[Any]:
        connection = self.store._writer.raw_connection()
        try:
            return list(connection.driver_connection.execute(sql, values).fetchall())
        finally:
            connection.close()

    def ids(self, table: str, where: str = "") -> list[str]:
        return [one for (one,) in self.rows(f"SELECT id FROM {table} {where} ORDER BY id")]

    def boss(self) -> Actor:
        if "S01" not in self.people:
            with self.store.read() as session:
                self.people = {row.staff_no: actor_of(row) for row in session.scalars(select(Staff))}
        if "S01" not in self.people:  # nobody is known here yet, or any more
            raise Refused(N_("This staff number or badge is not known here."), code="nobody")
        return self.people["S01"]

    # -- work ------------------------------------------------------------------------

    def words(self) -> str:
        """A text that nobody else ever writes."""
        self.count += 1
        return f"{self.name}w{self.count}{self.more}"

    def act(self, what: str, pick: int) -> str:
        """Do something at this desk; returns a word about it. What the rules refuse is refused."""
        try:
            return str(ACTS[what](self, pick) or "")
        except Refused as refused:
            return f"refused ({refused.code or refused.field})"

    def _ticket(self, pick: int) -> str:
        found = self.ids("service_ticket")
        return found[pick % len(found)] if found else ""

    def open_ticket(self, _pick: int) -> str:
        form = replace(FORM, words=self.words())
        return str(self.store.run(open_ticket(form=form), by=self.boss()).result.number)

    def note(self, pick: int) -> str:
        ticket = self._ticket(pick)
        text = self.words()
        if pick % 3 == 0 and ticket:
            self.store.run(_bring_in(ticket_id=ticket, words=text, serial_no=f"NL{text}"), by=self.boss())
        else:
            self.store.run(add_note(ticket_id=ticket, words=text), by=self.boss())
        return text

    def look(self, pick: int) -> str:
        """Open a ticket's page: what is changed from there on is based on what it shows now."""
        ticket = self._ticket(pick)
        self.seen[ticket] = dict(self.rows("SELECT name, op_uid FROM group_version WHERE record_id = ?", ticket))
        return ticket[-4:]

    def change(self, pick: int, **values: str) -> str:
        ticket = self._ticket(pick)
        seen = self.seen.pop(ticket, None) if pick % 2 else None
        names = ("merchant_id", "caller_name", "callback_phone", "device_id", "model_words", "symptom_code", "words")
        (row,) = self.rows(f"SELECT {', '.join(names)} FROM service_ticket WHERE id = ?", ticket) or [("",) * 7]
        form = replace(FORM, **dict(zip(names, row, strict=True)) | values, answers=None, business_stopped=None)
        versions = None if seen is None else {group: seen.get(group, "") for group in ("who", "what", "words")}
        self.store.run(change_ticket(ticket_id=ticket, form=form, seen=versions), by=self.boss())
        return f"{ticket[-4:]} {values}"

    def phone(self, pick: int) -> str:
        self.count += 1
        return self.change(
            pick, callback_phone=f"1380{ord(self.name[0]) % 10}{ord(self.name[-1]) % 10}{self.count % 100_000:05d}"
        )

    def text(self, pick: int) -> str:
        (row,) = self.rows("SELECT words FROM service_ticket WHERE id = ?", self._ticket(pick)) or [("",)]
        lines = row[0].split("\n")
        place = pick // 2 % (len(lines) + 1)
        lines[place : place + pick // 4 % 2] = [self.words()]
        return self.change(pick, words="\n".join(lines))

    def move(self, pick: int) -> str:
        ticket, name = self._ticket(pick), ("start", "wait", "go_on", "cancel")[pick // 3 % 4]
        reason = "merchant" if name == "wait" else self.words()
        return str(self.store.run(move_ticket(ticket_id=ticket, move=name, reason=reason), by=self.boss()).result)

    def merchant(self, pick: int) -> str:
        found = self.ids("merchant")
        if not found:
            return "none"
        one = found[pick % len(found)]
        names = ("name", "merchant_no", "short_name", "uscc", "address", "district", "tier", "note")
        (row,) = self.rows(f"SELECT {', '.join(names)} FROM merchant WHERE id = ?", one)
        values = dict(zip(names, row, strict=True))
        values[("address", "note", "name", "tier")[pick // 2 % 4]] = self.words()
        self.store.run(change_merchant(merchant_id=one, form=MerchantDetails(**values)), by=self.boss())
        return one[-4:]

    def twin(self, pick: int) -> str:
        number = f"10039105311{pick % 3:04d}"
        form = MerchantDetails(name=self.words(), merchant_no=number)
        return str(self.store.run(add_merchant(form=form), by=self.boss()).result)[-4:]

    def _item(self, pick: int) -> tuple[str, str, str]:
        found = self.rows("SELECT id, order_id, holder FROM repair_item ORDER BY id")
        return found[pick % len(found)] if found else ("", "", "")

    def hand(self, pick: int) -> str:
        """Whatever is next for a device: away, in, or out of the house."""
        item, order, holder = self._item(pick)
        if not item:
            return "none"
        if holder.startswith("courier"):
            self.store.run(take_in(item_id=item, place=f"shelf:{self.name}-{pick % 3}"), by=self.boss())
            return f"{item[-4:]} taken in"
        if pick % 3 == 0 and self.site == "FZ-A1":
            self.store.run(give_out(order_id=order, item_id=item, collector=self.words()), by=self.boss())
            return f"{item[-4:]} handed out"
        target = self.rows("SELECT id FROM site WHERE code <> ?", self.site)
        if holder.startswith("shelf") and target:
            self.store.run(send_away(item_id=item, site_id=target[pick % len(target)][0]), by=self.boss())
            return f"{item[-4:]} sent away"
        return "nothing to do"

    def recall(self, pick: int) -> str:
        """Take back a hand-over to another site that was written in error: the site loses the device's whole story."""
        hops = self.rows(
            "SELECT c.id, c.item_id FROM custody_event c WHERE c.to_holder LIKE 'courier:site:%' AND c.voids = ''"
            " AND NOT EXISTS (SELECT 1 FROM custody_event v WHERE v.voids = c.id) ORDER BY c.id"
        )
        if hops:
            event, item = hops[pick % len(hops)]
            self.store.run(_void(event_id=event, item_id=item), by=self.boss())
        return f"{len(hops)} to choose from"

    def carry(self, pick: int) -> str:
        """Put a device on another shelf of the house."""
        item, _order, holder = self._item(pick)
        if holder.startswith("shelf"):
            self.store.run(_hop(item_id=item, place=f"shelf:{self.name}-{pick % 5}"), by=self.boss())
        return item[-4:]

    def find(self, pick: int) -> str:
        item = self._item(pick)[0]
        if item:
            self.store.run(_find(item_id=item, words=self.words()), by=self.boss())
        return item[-4:]

    def stock(self, pick: int) -> str:
        parts = self.ids("part")
        if parts:
            places = ("supplier", "shelf", "reserved", "scrap")
            start, end = places[pick % 4], places[(pick + 1 + pick // 4 % 3) % 4]
            self.store.run(
                move_part(part_id=parts[pick % len(parts)], start=start, end=end, quantity=1 + pick % 3), by=self.boss()
            )
        return ""

    # -- speaking ----------------------------------------------------------------------

    def begin(self) -> None:
        """Open a conversation on a thread of its own."""
        self.talk = self.line.talk = Talk(self._speak)

    def go_on(self) -> None:
        """Let a conversation go on to its next half message; begin one where there is none."""
        if self.talk is None:
            self.begin()
        talk = self.talk
        assert talk is not None
        try:
            if talk.step():
                self.end_talk()
        except BaseException as error:  # noqa: BLE001 (judged there)
            self.end_talk()
            self._ended(error)

    def end_talk(self) -> None:
        self.talk = self.line.talk = None

    def sync(self) -> None:
        """Speak with the server to the end; finish a conversation that is open."""
        while self.talk is not None:
            self.go_on()
            if self.talk is None:
                return
        try:
            self._speak()
        except BaseException as error:  # noqa: BLE001 (judged there)
            self._ended(error)

    def _speak(self) -> None:
        if self.exchange is None:
            self.exchange = SimExchange(self)
        self.syncs += 1
        self.exchange.speak()

    def _ended(self, error: BaseException) -> None:
        if isinstance(error, Killed):
            self.told("goes dark")
            self.dark = True
            return
        self.told(f"the conversation ends: {getattr(error, 'code', '') or repr(error)}")
        if isinstance(error, Unavailable):
            if error.code in ("lost", "retired", "unknown"):
                self.out = error.code
            if error.code == "wiped":
                self.out, self.wiped = "lost", True
            if error.code not in FINE and not (self.room >= 0 and error.code == "disk_full"):
                self.strange.append(f"{self.name}: {error.code} {error}")
            return
        if not isinstance(error, DeskError):
            raise error
        self.strange.append(f"{self.name}: {type(error).__name__} {error.code}")

    def has_heard_its_end(self) -> bool:
        """Say whether the server's word that this desk is to go has come: from then on nothing is done at it."""
        with self.store.read() as session:
            told = any(sync_state.state(session, name) for name in ("lost_at", "leaving"))
        return told or self.store._over  # to retire: it only hands over what was written meanwhile

    def enrol(self, code: str) -> None:
        """Belong to the server."""
        enrol.enrol(self.store, self.line, url=URL, code=code)
        self.out = ""
        self.people = {}

    # -- life --------------------------------------------------------------------------

    def restart(self) -> None:
        """Start the program again, after a power cut or just so."""
        if self.talk is not None:
            self.store.dead = True
            self.talk.kill()
            self.end_talk()
        self.exchange = None
        self.people, self.seen, self.dark = {}, {}, False
        self.store.renew()
        self.fill_disk(self.room)
        self.awake()

    def fill_disk(self, pages: int) -> None:
        """Let the database grow by so many pages at most; below zero: as it likes."""
        self.room = pages
        connection = self.store._writer.raw_connection()
        try:
            limit_pages(connection.driver_connection, pages if pages >= 0 else MANY_PAGES)
        finally:
            connection.close()

    def make_room(self) -> None:
        """Empty the disk."""
        self.fill_disk(-1)


FORM = TicketForm(
    kind="consultation", channel="phone", callback_phone="13800000102", caller_name="李四",
    answers={"topic": "choosing", "needs": "外卖点餐用"}, words="想换一台机器",
)  # fmt: skip


@command(N_("Put a device elsewhere in a simulation"), right="")
def _hop(write: Write, *, item_id: str, place: str) -> None:
    hop(write, item_of(write, item_id), place, giver="刘敏", taker="刘敏", tamper_result="ok")


@command(N_("Take a hand-over back in a simulation"), right="")
def _void(write: Write, *, event_id: str, item_id: str) -> None:
    write.session.add(CustodyEvent(
        id=write.new_id(), at=write.now, by=write.actor.staff_id, item_id=item_id, from_holder="", to_holder="",
        place="", tamper_result="ok", giver="", taker="", voids=event_id,
    ))  # fmt: skip


@command(N_("Write down a device with a ticket in a simulation"), right="")
def _bring_in(write: Write, *, ticket_id: str, words: str, serial_no: str) -> None:
    """Say something that concerns one branch, and add something that all have, in one act."""
    write.session.add(Device(id=write.new_id(), serial_no=serial_no))
    write.session.add(TicketEvent(
        id=write.new_id(), at=write.now, by=write.actor.staff_id, ticket_id=ticket_id, kind="note", words=words,
    ))  # fmt: skip


@command(N_("Write down a finding in a simulation"), right="")
def _find(write: Write, *, item_id: str, words: str) -> None:
    record(write, item_id, "note", words)


ACTS: dict[str, Callable[[SimDesk, int], str]] = {
    "ticket": SimDesk.open_ticket, "note": SimDesk.note, "look": SimDesk.look, "phone": SimDesk.phone,
    "text": SimDesk.text, "move": SimDesk.move, "merchant": SimDesk.merchant, "twin": SimDesk.twin,
    "hand": SimDesk.hand, "carry": SimDesk.carry, "find": SimDesk.find, "recall": SimDesk.recall, "stock": SimDesk.stock,
}  # fmt: skip
