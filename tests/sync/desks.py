"""Desks for stories: real stores with real clocks, each at its own place, all working against one server."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select, text

from deskapp.clock import new_uuid7
from deskapp.commands.moves import hop, item_of, move, record
from deskapp.commands.people import actor_of, new_staff
from deskapp.commands.setup import SiteForm, open_branch
from deskapp.errors import N_
from deskapp.models import schema
from deskapp.models.journal import ChangeSet
from deskapp.models.opening import provisional_number
from deskapp.models.people import Staff
from deskapp.models.repair import Pickup
from deskapp.models.store import Actor, Store, Write, command
from deskapp.paths import Home
from deskapp.queries.outbox import cursors_of
from deskapp.sync.audit import sums
from deskapp.sync.enrol import enrol
from deskapp.sync.exchange import Exchange
from deskapp.sync.transport import Address, Line, Network
from tests.conftest import KEY


@dataclass(slots=True)
class Clock:
    """The computer's clock of one desk; `wrong_ms` is how far it is off."""

    wrong_ms: int = 0

    def __call__(self) -> int:
        from deskapp.clock import system_clock

        return system_clock() + self.wrong_ms


@command(N_("Hire the people of a story"), right="")
def hire_all(write: Write) -> dict[str, str]:
    """Add one person who may do everything at a desk, and a second one for what takes two."""
    roles = [
        "counter_clerk", "technician", "qc_inspector", "parts_keeper", "site_supervisor", "depot_supervisor",
        "administrator",  # stories make models and shelves as they go
    ]  # fmt: skip
    return {
        number: new_staff(write, staff_no=number, name=name, roles=roles, pin=pin)
        for number, name, pin in (("S01", "欧阳静", "903571"), ("S02", "刘敏", "517394"))
    }


@dataclass(slots=True)
class Desk:
    """One computer."""

    name: str
    home: Home
    store: Store
    clock: Clock
    url: str = ""
    line: object = Network
    exchange: Exchange | None = None
    people: dict[str, Actor] = field(default_factory=dict)

    @property
    def boss(self) -> Actor:
        """Somebody who may do everything here."""
        if "S01" not in self.people:
            with self.store.read() as session:
                self.people = {row.staff_no: actor_of(row) for row in session.scalars(select(Staff))}
        return self.people["S01"]

    @property
    def admin(self) -> Actor:
        """Who may change settings."""
        _boss = self.boss
        return self.people["A01"]

    def enrol(self, url: str, code: str, line: Line | None = None) -> None:
        """Belong to the server."""
        self.url = url
        enrol(self.store, line or Network(Address(url)), url=url, code=code)

    def sync(self) -> None:
        """Speak with the server once, to the end."""
        if self.exchange is None:
            self.exchange = Exchange(self.store, clock=self.clock, line=self.line)  # type: ignore[arg-type]
        self.exchange.speak()

    def reopen(self) -> None:
        """Close the program and start it again."""
        self.close()
        self.store = Store(self.home, KEY, clock=self.clock, new_id=new_uuid7)

    def close(self) -> None:
        if self.exchange is not None:
            self.exchange.close()
            self.exchange = None
        self.store.close()

    def limit_disk(self, pages: int) -> int:
        """Let the database file grow by so many pages at most; returns a number that lifts the limit again."""
        with self.store._writer.connect() as connection:
            now = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())
            most = int(connection.exec_driver_sql("PRAGMA max_page_count").scalar_one())
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages if pages > 10**6 else now + pages}")
        return max(most, 10**6 + 1)

    def unsent(self) -> int:
        with self.store.read() as session:
            return len(session.scalars(select(ChangeSet.seq).where(ChangeSet.acked_at == 0)).all())

    def uids(self) -> list[str]:
        """Every act of this desk's journal."""
        with self.store.read() as session:
            return list(session.scalars(select(ChangeSet.uid).order_by(ChangeSet.seq)))

    def sums(self) -> dict[str, tuple[int, ...]]:
        """The sums of every scope held."""
        with self.store.read() as session:
            return {scope: sums(session, scope) for scope in cursors_of(session)}

    def count(self, table: str) -> int:
        with self.store.read() as session:
            return int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def new_desk(folder: Path, name: str, *, code: str = "", line: object = Network) -> Desk:
    """Make a computer; with a site's `code` it opens that branch and hires its people, else it is empty."""
    home = Home(folder / name).make()
    clock = Clock()
    schema.create(
        home, KEY, store_id=new_uuid7(), station=new_uuid7(), station_no=provisional_number(), made_at=clock()
    )
    store = Store(home, KEY, clock=clock, new_id=new_uuid7)
    desk = Desk(name, home, store, clock, line=line)
    if code:
        form = SiteForm(
            code=code, name=f"{name}邮政支局", short_name=name, depot_code="FZ-D1", region="福建",
            address="福州市鼓楼区东街1号", phone="0591-87654321", hotline="95580", complaint_phone="12305",
            hours="周一至周六 8:30-17:30",
        )  # fmt: skip
        opened = store.run(open_branch(site=form, staff_no="A01", name="管理员", pin="274860")).result
        store.run(hire_all(), by=opened.actor)
    return desk


@command(N_("Send a device away in a story"), right="")
def send_away(write: Write, *, item_id: str, site_id: str) -> None:
    """Hand a device to a courier who brings it to another site."""
    item = item_of(write, item_id)
    hop(write, item, f"courier:site:{site_id}", giver="李秀英", taker="王师傅", tamper_result="ok")


@command(N_("Take a device in in a story"), right="")
def take_in(write: Write, *, item_id: str, place: str = "shelf:D-01") -> None:
    """Take a device from the courier."""
    hop(write, item_of(write, item_id), place, giver="王师傅", taker="刘敏", tamper_result="ok")


@command(N_("Find something in a story"), right="")
def find_something(write: Write, *, item_id: str, words: str) -> str:
    """Write down a finding about a device."""
    return record(write, item_id, "note", words).id


@command(N_("Hand a device out in a story"), right="")
def give_out(write: Write, *, order_id: str, item_id: str, collector: str) -> str:
    """Release a device to somebody, with a receipt."""
    item = item_of(write, item_id)
    row = Pickup(
        id=write.new_id(), at=write.now, by=write.actor.staff_id, order_id=order_id, receipt_no=write.number("C"),
        item_ids=[item_id], collector_name=collector, id_last4="123X", proof="slip",
    )  # fmt: skip
    write.session.add(row)
    move(
        write, item, "hand_out",
        {"release_proof": "slip", "collector": collector, "identity": "seen", "accessories_returned": True,
         "payment": "none", "counter_test": True, "signature": "x", "rating": 5},
    )  # fmt: skip
    hop(write, item, "merchant", giver="李秀英", taker=collector, tamper_result="ok")
    return row.id
