"""A large, seeded, encrypted store for measuring: the same rows every time, invented from end to end.

    python tests/bench/make_store.py [--tickets 1000000] [--devices 500000] [--merchants 60000] [--at DIR]

The rows are written by raw SQL into the program's own schema, so that the program opens the
result like any other store. Texts are about 100 characters a ticket. Orders belong to a fifth
of the tickets; the newest of them have all their facts, older ones look like imported history.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import shutil
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from deskapp import cipher
from deskapp.clock import shop_day
from deskapp.models import schema, search
from deskapp.models.base import Base
from deskapp.paths import Home, resource
from deskapp.rules import numbers

KEY = bytes(range(32))
PIN = "739518"
"""Everybody's PIN; staff numbers are 0001 to 0006."""

STATION_NO = 90017
STATION_ID = "00000000-0000-7000-8000-000000000001"
SITE_ID = "00000000-0000-7000-8000-000000000002"
START = 1_600_000_000_000
"""The first ticket's instant, ms UTC (September 2020)."""

LAST_DAY = date(2026, 6, 1)
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Size:
    """How much is in a store."""

    tickets: int = 1_000_000
    devices: int = 500_000
    merchants: int = 60_000

    @property
    def orders(self) -> int:
        return self.tickets // 5

    @property
    def with_facts(self) -> int:
        """The newest orders, which have every fact."""
        return min(self.orders, max(2_000, self.tickets // 20))

    @property
    def held(self) -> int:
        """The newest orders whose devices are still here."""
        return min(self.orders, 1_500)


SMALL = Size(50_000, 25_000, 3_000)


def cached(size: Size, folder: Path | None = None) -> Home:
    """Return a home with a store of this size, making it when it is not there yet.

    The store is shared: whoever writes works on a `copy`.
    """
    recipe = Path(__file__).read_bytes() + Path(__file__).with_name("phrases.toml").read_bytes()
    recipe += repr([str(table) for table in Base.metadata.sorted_tables]).encode() + repr((search.INDEXES, schema.VERSION)).encode()
    mark = hashlib.sha256(recipe + repr(size).encode()).hexdigest()[:12]
    root = (folder or Path(tempfile.gettempdir())) / f"deskapp-bench-{size.tickets}-{mark}"
    home = Home(root)
    if not (root / "complete").exists():
        shutil.rmtree(root, ignore_errors=True)
        make(home, size)
        (root / "complete").touch()
    return home


def copy(home: Home, to: Path) -> Home:
    """Copy a home, so that a benchmark may write."""
    shutil.copytree(home.root, to, dirs_exist_ok=True)
    return Home(to)


def make(home: Home, size: Size, key: bytes = KEY) -> None:
    """Write a store of this size into an empty home."""
    schema.create(home, key, store_id="bench", station=STATION_ID, station_no=STATION_NO, made_at=START, practice=False)
    connection = cipher.connect(home.database, key, writer=True)
    for pragma in (
        "locking_mode=EXCLUSIVE",
        "journal_mode=OFF",
        "synchronous=OFF",
        "cache_size=-1000000",
        "secure_delete=OFF",
        "foreign_keys=OFF",
    ):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN")
    later = _take_indexes(connection)
    _Filler(connection, size).fill()
    for sql in later:
        connection.execute(sql)
    connection.execute("COMMIT")
    connection.execute("BEGIN")
    engine = create_engine("sqlite://", module=cipher.driver, creator=lambda: connection, poolclass=StaticPool)
    with Session(engine) as session:
        search.drop_and_rebuild(session)
        if connection.in_transaction:
            connection.execute("COMMIT")
    connection.execute("ANALYZE")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


def _take_indexes(connection: cipher.Connection) -> list[str]:
    """Drop the secondary indexes and return how to build them again: sorted at once is much faster."""
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall()
    for name, _sql in rows:
        connection.execute(f'DROP INDEX "{name}"')
    return [sql for _name, sql in rows]


@dataclass(frozen=True, slots=True)
class _Order:
    """One order while it is being made."""

    place: int
    ticket: int
    merchant: int
    devices: tuple[int, ...]
    at: int


class _Filler:
    """Writes table after table; everything depends on the seed and the size only."""

    def __init__(self, connection: cipher.Connection, size: Size) -> None:
        self.connection = connection
        self.size = size
        self.random = random.Random(20260601)
        with Path(__file__).with_name("phrases.toml").open("rb") as file:
            phrases = tomllib.load(file)
        self.lines = {name: phrases[name] for name in ("sentence", "shop_name", "street_line", "site_name", "answer")}
        self.lists = {name: text.split() for name, text in phrases.items() if name not in self.lines}
        self.surnames, self.given = phrases["surnames"], phrases["given"]
        self.daily: dict[tuple[str, str], int] = {}
        self.serials: list[str] = []
        self.terminals: list[str] = []
        self.owners: list[int] = []
        self.step = int((LAST_DAY - date(2020, 9, 13)).days * DAY_MS / max(1, size.tickets))

    def fill(self) -> None:
        self._people()
        self._merchants()
        self._devices()
        orders = self._tickets()
        self._orders(orders)
        self._facts(orders[-self.size.with_facts :])

    # -- small things ----------------------------------------------------------

    def write(self, table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Insert rows; columns that are not named get the model's default."""
        given = columns.split()
        model = Base.metadata.tables[table]
        unnamed = [column for column in model.columns if column.name not in given and column.name != "n"]
        names = [*given, *(column.name for column in unnamed)]
        marks = ["?"] * len(given) + [_default(column) for column in unnamed]
        quoted = ", ".join(f'"{name}"' for name in names)
        self.connection.executemany(f"INSERT INTO {table} ({quoted}) VALUES ({', '.join(marks)})", rows)

    def pick(self, name: str) -> str:
        choices = self.lists[name]
        return choices[int(self.random.random() * len(choices))]

    def below(self, limit: int) -> int:
        return int(self.random.random() * limit)

    def person(self) -> str:
        name = self.surnames[self.below(len(self.surnames))] + self.given[self.below(len(self.given))]
        return name + (self.given[self.below(len(self.given))] if self.random.random() < 0.7 else "")

    def phone(self) -> str:
        return f"1{'3456789'[self.below(7)]}{self.below(10**9):09d}"

    def number(self, letter: str, at: int) -> str:
        day = shop_day(at)
        sequence = self.daily[letter, day.isoformat()] = self.daily.get((letter, day.isoformat()), 0) + 1
        return numbers.make(letter, STATION_NO, day, sequence)

    # -- tables ----------------------------------------------------------------

    def _people(self) -> None:
        self.write("site", "id code name", [(SITE_ID, "110101", self.lines["site_name"])])
        roles = json.dumps(["counter_clerk", "technician", "qc_inspector", "site_supervisor"])
        people = [(identity("staff", n), f"{n + 1:04d}", self.person(), roles) for n in range(6)]
        self.write("staff", "id staff_no name roles", people)
        pin_hash = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PIN, salt=bytes(16))
        self.connection.executemany(
            "INSERT INTO staff_secret (staff_id, pin_hash, failures, blocked_until, must_change)"
            " VALUES (?, ?, 0, 0, 0)",
            [(person[0], pin_hash) for person in people],
        )
        shelves = [
            (
                identity("shelf", n),
                SITE_ID,
                f"{'ABCDEF'[n // 20]}-{n % 20:02d}",
                numbers.make_label("L", STATION_NO, n + 1),
            )
            for n in range(120)
        ]
        self.write("shelf", "id site_id code label_no", shelves)
        self.connection.execute("INSERT INTO store_info (key, value) VALUES ('site_id', ?)", (SITE_ID,))
        with resource("catalogue", "models.toml").open("rb") as file:
            catalogue = tomllib.load(file)["models"]
        self.models = [model["id"] for model in catalogue]
        self.write(
            "device_model",
            "id brand brand_en name kind",
            [(m["id"], m["brand"]["zh"], m["brand"]["en"], m["model"], m["kind"]) for m in catalogue],
        )
        parts = [(identity("part", n), f"PT-{1000 + n}", name) for n, name in enumerate(self.lists["parts"])]
        self.write("part", "id part_no name", parts)

    def _merchants(self) -> None:
        count = self.size.merchants
        self.merchant_phones = [self.phone() for _ in range(count)]
        self.write(
            "merchant",
            "id merchant_no name short_name uscc address",
            (
                (
                    identity("merchant", n),
                    f"403{110000 + self.below(889999):06d}{5411 + self.below(90)}{self.below(99):02d}",
                    self.lines["shop_name"].format(
                        province=self.pick("provinces"),
                        street=self.pick("streets"),
                        fore=self.pick("fore"),
                        shop=self.pick("shops"),
                    ),
                    "",
                    "",
                    self.lines["street_line"].format(
                        province=self.pick("provinces"), street=self.pick("streets"), no=self.below(900) + 1
                    ),
                )
                for n in range(count)
            ),
        )
        self.write(
            "merchant_contact",
            "id merchant_id name phone main",
            (
                (identity("contact", n), identity("merchant", n), self.person(), self.merchant_phones[n], 1)
                for n in range(count)
            ),
        )

    def _devices(self) -> None:
        letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
        makers = ("NLN9", "PXS9", "LDA8", "VFV2", "UMP2", "CTK3", "SMP2", "TYS1")

        def rows() -> Iterator[tuple[Any, ...]]:
            for n in range(self.size.devices):
                serial = f"{makers[self.below(8)]}{self.below(10**9):09d}{letters[self.below(24)]}{self.below(100):02d}"
                tusn = f"0000{2 + self.below(3):02d}04{self.below(10**12):012d}"
                owner, terminal = self.below(self.size.merchants), f"{10_000_000 + self.below(89_999_999)}"
                self.serials.append(serial)
                self.terminals.append(terminal)
                self.owners.append(owner)
                model = self.models[int(len(self.models) * self.random.random() ** 2)]
                yield identity("device", n), serial, tusn, model, identity("merchant", owner), terminal

        self.write("device", "id serial_no tusn model_id merchant_id terminal_no", rows())
        self.write(
            "terminal_binding",
            "id device_id merchant_id terminal_no valid_from",
            (
                (
                    identity("binding", n),
                    identity("device", n),
                    identity("merchant", self.owners[n]),
                    self.terminals[n],
                    "2021-03-01",
                )
                for n in range(self.size.devices)
            ),
        )
        self.by_owner: dict[int, list[int]] = {}
        for n, owner in enumerate(self.owners):
            self.by_owner.setdefault(owner, []).append(n)

    def _tickets(self) -> list[_Order]:
        orders: list[_Order] = []
        every = self.size.tickets // self.size.orders
        held_from = self.size.orders - self.size.held
        closed: list[tuple[str, str, int, str]] = []

        def rows() -> Iterator[tuple[Any, ...]]:
            for n in range(self.size.tickets):
                at = START + n * self.step + self.below(self.step)
                device = self.below(self.size.devices)
                repair = n % every == every - 1 and len(orders) < self.size.orders
                done = len(orders) < held_from
                if repair:
                    orders.append(self._new_order(len(orders), n, device, at))
                end = at + self.below(5 * DAY_MS) if done else 0
                if done:
                    closed.append((identity("closing", n), identity("ticket", n), end, self.pick("actions")))
                yield (
                    identity("ticket", n),
                    self.number("T", at),
                    "repair" if repair else "fee_question",
                    SITE_ID,
                    at,
                    identity("merchant", self.owners[device]),
                    self.person(),
                    self.merchant_phones[self.owners[device]] if n % 3 else self.phone(),
                    identity("device", device),
                    self.sentence(),
                    1 + self.below(4),
                    at + 4 * 3_600_000,
                    at + 5 * DAY_MS,
                    "done" if done else ("open", "in_progress", "waiting")[self.below(3)],
                    end,
                )

        self.write(
            "service_ticket",
            "id number kind site_id opened_at merchant_id caller_name callback_phone device_id"
            " words priority response_due done_due state closed_at",
            rows(),
        )
        self.write(
            "ticket_event",
            "id at ticket_id kind to_state words",
            (
                (one, end, ticket, "result", "done", self.lines["answer"].format(action=action))
                for one, ticket, end, action in closed
            ),
        )
        return orders

    def sentence(self) -> str:
        return str(
            self.lines["sentence"].format(
                say=self.pick("sayings"),
                when=self.pick("times"),
                fault=self.pick("faults"),
                also=self.pick("also"),
                fault2=self.pick("faults"),
                action=self.pick("actions"),
                action2=self.pick("actions"),
                part=self.pick("parts"),
                part2=self.pick("parts"),
                name=self.person(),
                free=self.pick("whens"),
            )
        )

    def _new_order(self, place: int, ticket: int, device: int, at: int) -> _Order:
        siblings = self.by_owner[self.owners[device]]
        devices = {device, siblings[self.below(len(siblings))]} if self.random.random() < 0.25 else {device}
        return _Order(place, ticket, self.owners[device], tuple(sorted(devices)), at)

    def _orders(self, orders: list[_Order]) -> None:
        held_from = self.size.orders - self.size.held
        self.write(
            "repair_order",
            "id number slip_no slip_token ticket_id site_id merchant_id opened_at deliverer_name"
            " deliverer_phone estimate_at state closed_at",
            (
                (
                    identity("order", one.place),
                    self.number("R", one.at),
                    self.number("K", one.at),
                    "ABCDEFGH",
                    identity("ticket", one.ticket),
                    SITE_ID,
                    identity("merchant", one.merchant),
                    one.at,
                    self.person(),
                    self.merchant_phones[one.merchant] if one.place % 2 else self.phone(),
                    one.at + 3 * DAY_MS,
                    "open" if one.place >= held_from else "closed",
                    0 if one.place >= held_from else one.at + 4 * DAY_MS,
                )
                for one in orders
            ),
        )
        items = [(one, line) for one in orders for line in range(len(one.devices))]
        self.items = {(one.place, line): n for n, (one, line) in enumerate(items)}
        self.write(
            "repair_item",
            "id order_id line_no device_id label_no terminal_no words technician_id work_state state_at"
            " holder money_state done_due receipt_no at_site",
            (
                (
                    identity("item", n),
                    identity("order", one.place),
                    line + 1,
                    identity("device", one.devices[line]),
                    numbers.make_label("D", STATION_NO, n + 1),
                    self.terminals[one.devices[line]],
                    self.pick("faults"),
                    identity("staff", 1),
                    *self._fate(one),
                    one.at + 5 * DAY_MS,
                    "" if one.place >= held_from else self.number("C", one.at + 4 * DAY_MS),
                    SITE_ID,
                )
                for n, (one, line) in enumerate(items)
            ),
        )
        self.write(
            "accessory_item",
            "id item_id kind label_no returned_at",
            (
                (
                    identity("accessory", n),
                    identity("item", n),
                    "power_adapter",
                    numbers.make_label("A", STATION_NO, n + 1),
                    0 if one.place >= held_from else one.at + 4 * DAY_MS,
                )
                for n, (one, _line) in enumerate(items)
            ),
        )

    def _fate(self, one: _Order) -> tuple[str, int, str, str]:
        """Work state, since when, holder and money state: by the order's place, so that facts agree."""
        if one.place < self.size.orders - self.size.held:
            return "closed", one.at + 4 * DAY_MS, "merchant", "none"
        return _HELD[one.place % len(_HELD)][-1], one.at, "shelf:A-01", "none"

    def _facts(self, orders: list[_Order]) -> None:
        held_from = self.size.orders - self.size.held
        moves: list[tuple[Any, ...]] = []
        hops: list[tuple[Any, ...]] = []
        clerk, bench = identity("staff", 0), identity("staff", 1)
        for one in orders:
            path = _HELD[one.place % len(_HELD)] if one.place >= held_from else _CLOSED
            for line in range(len(one.devices)):
                n = self.items[one.place, line]
                item = identity("item", n)
                for k, state in enumerate(path):
                    key = n * 16 + k
                    moves.append(
                        (
                            identity("move", key),
                            one.at + k * DAY_MS // 3,
                            clerk if k in (0, 5) else bench,
                            item,
                            _MOVES[state],
                            state,
                            "closed" if state == "closed" else "",
                            "{}",
                        )
                    )
                hops.append((identity("hop", n * 4), one.at, item, "merchant", "shelf:A-01", "ok"))
                if path is _CLOSED:
                    hops.append((identity("hop", n * 4 + 1), one.at + 4 * DAY_MS, item, "shelf:A-01", "merchant", "ok"))
        self.write("work_event", "id at by item_id move to_state resumes data", moves)
        self.write("custody_event", "id at item_id from_holder to_holder tamper_result", hops)


_CLOSED = ("checked_in", "diagnosing", "repairing", "qc_testing", "ready_for_pickup", "picked_up", "closed")
_HELD = tuple(_CLOSED[:length] for length in range(1, 6))
_MOVES = {
    "checked_in": "check_in",
    "diagnosing": "start_diagnosis",
    "repairing": "start_repair",
    "qc_testing": "send_to_test",
    "ready_for_pickup": "pass_test",
    "picked_up": "hand_out",
    "closed": "close_auto",
}
_SORTS = {
    name: place
    for place, name in enumerate(
        "staff shelf part merchant contact device binding ticket closing order item accessory move hop".split(), 1
    )
}


def identity(sort: str, n: int) -> str:
    """Return the UUID of the n-th row of a sort: valid in form, rising, the same every time."""
    head = f"0198{_SORTS[sort]:04x}-{n >> 28 & 0xFFFF:04x}-7{n >> 16 & 0xFFF:03x}"
    return f"{head}-8{n >> 4 & 0xFFF:03x}-{n & 0xF:04x}00000000"


def _default(column: Any) -> str:
    """Return a column's default as an SQL literal."""
    value = column.default.arg if column.default is not None else ""
    if callable(value):
        value = json.dumps(value(None))
    return str(int(value)) if isinstance(value, bool | int) else "'" + str(value).replace("'", "''") + "'"


def main() -> None:
    """Make a store and say what it holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--devices", type=int, default=0)
    parser.add_argument("--merchants", type=int, default=0)
    parser.add_argument("--at", type=Path, default=None)
    given = parser.parse_args()
    size = Size(
        given.tickets, given.devices or given.tickets // 2, given.merchants or max(10, given.tickets * 60 // 1000)
    )
    start = time.perf_counter()
    home = cached(size, given.at)
    megabytes = home.database.stat().st_size / 2**20
    sys.stdout.write(f"{home.root}: {size}, {megabytes:.0f} MB, {time.perf_counter() - start:.0f} s\n")


if __name__ == "__main__":
    main()
