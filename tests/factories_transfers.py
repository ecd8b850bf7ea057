"""Two sites in one store: the test branch sends, a depot in another town receives. For everything but syncing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from deskapp.commands.transfers import Opened, hand_over, open_manifest, pack
from deskapp.commands.transfers_receive import Looked, Received, receive_line
from deskapp.errors import N_
from deskapp.models.people import Shelf, Site
from deskapp.models.store import Actor, Command, Store, Write, command
from tests.conftest import People
from tests.factories_bench import Benched, Shop, open_shop, take_in

T = TypeVar("T")
DEPOT = "site-depot"
TOWN = "site-town"
COURIER = "王师傅"


@command(N_("Add the depot of a test"), right="")
def add_depot(write: Write) -> str:
    """Add another site with a shelf."""
    write.session.add(
        Site(id=DEPOT, code="FZ-D7", name="福州维修中心", short_name="维修中心", depot_code="FZ-D7", is_outlet=False,
             is_depot=True, address="福州市仓山区金山大道618号", phone="0591-83002200")
    )  # fmt: skip
    write.session.add(
        Site(id=TOWN, code="FZ-T2", name="台江支局", short_name="台江支局", is_outlet=True, is_depot=False)
    )
    write.session.add(Shelf(id="shelf-depot", site_id=DEPOT, code="D-01", use="repair", label_no=write.label("L")))
    return DEPOT


@command(N_("Act at another site"), right="")
def elsewhere(write: Write, *, site_id: str, act: Command[Any]) -> Any:
    """Do an act as if this desk stood at another site."""
    return act.run(replace(write, site_id=site_id))


@dataclass(slots=True)
class Yard:
    """A branch with devices on its shelf, and a depot."""

    shop: Shop
    people: People
    devices: list[Benched] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return self.shop.store

    def do(self, act: Command[T], by: Actor | None = None) -> T:
        """Act at the branch."""
        return self.store.run(act, by=by or self.people.clerk).result

    def depot(self, act: Command[T], by: Actor | None = None) -> T:
        """Act at the depot."""
        done: T = self.store.run(elsewhere(site_id=DEPOT, act=act), by=by or self.people.supervisor).result
        return done

    def take(self, count: int) -> list[Benched]:
        """Take devices in."""
        new = [self.shop.take_in(serial_no=f"N910{len(self.devices) + place:08d}") for place in range(count)]
        self.devices += new
        return new

    def packed(self, count: int, *, per_bag: int = 10, to: str = DEPOT) -> Opened:
        """Take devices in and pack them into bags."""
        draft = self.do(open_manifest(kind="out", to=to))
        for place, one in enumerate(self.take(count)):
            seal = f"FZ{place // per_bag:06d}"
            self.do(pack(manifest_id=draft.manifest_id, scanned=one.label_no, seal_no=seal))
        return draft

    def sent(self, count: int, *, per_bag: int = 10) -> Opened:
        """Pack devices and hand them to the courier."""
        draft = self.packed(count, per_bag=per_bag)
        labels = tuple(one.label_no for one in self.devices[-count:])
        self.do(hand_over(manifest_id=draft.manifest_id, counted=labels, courier=COURIER, tamper_result="ok"))
        return draft

    def incoming(self, count: int, *, per_bag: int = 10, first: int = 0) -> tuple[Opened, list[Benched]]:
        """Let another outlet send devices here; their serial numbers and seals are counted from `first`."""
        boss = self.people.supervisor

        def there(act: Command[Any]) -> Any:
            return self.store.run(elsewhere(site_id=TOWN, act=act), by=boss).result

        merchant = self.shop.ids["merchant"]
        new = [there(take_in(merchant_id=merchant, serial_no=f"TJ91000{first + place:04d}")) for place in range(count)]
        draft: Opened = there(open_manifest(kind="out", to=self.store.facts.site_id))
        for place, one in enumerate(new):
            there(
                pack(manifest_id=draft.manifest_id, scanned=one.label_no, seal_no=f"TJ{first + place // per_bag:06d}")
            )
        there(
            hand_over(
                manifest_id=draft.manifest_id,
                counted=tuple(one.label_no for one in new),
                courier=COURIER,
                tamper_result="ok",
            )
        )
        return draft, new

    def receive(self, manifest_id: str, one: Benched, **seen: Any) -> Received:
        """Receive one device at the depot, all in order unless said otherwise."""
        looked = fine(one, **seen)
        return self.depot(
            receive_line(manifest_id=manifest_id, scanned=one.label_no, looked=looked, courier=COURIER, shelf="D-01")
        )


def fine(one: Benched, **seen: Any) -> Looked:
    """What somebody sees of a device on which everything is in order."""
    values: dict[str, Any] = {"serial_no": one.serial_no, "tamper": "ok", "seal_ok": True, "accessories_ok": True}
    return Looked(**{**values, **seen})


def yard(store: Store, people: People) -> Yard:
    """Furnish the branch and its depot."""
    shop = open_shop(store, people)
    store.run(add_depot())
    return Yard(shop, people)
