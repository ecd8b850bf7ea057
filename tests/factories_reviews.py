"""What a desk holds after two counters worked on the same things without a line: facts from elsewhere, and cards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import update

from deskapp.commands.merchants import MerchantDetails, add_merchant
from deskapp.commands.moves import raise_card
from deskapp.commands.tickets import TicketForm, open_ticket
from deskapp.errors import N_
from deskapp.models.journal import ChangeSet
from deskapp.models.repair import CustodyEvent, Pickup, WorkEvent
from deskapp.models.stock import Attachment, Part, StockMove
from deskapp.models.store import Store, Write, command
from tests.conftest import People
from tests.factories_pickup import Line, Order, ready_order
from tests.sync.desks import give_out

OTHER = "00000000-0000-7000-8000-00000000abcd"
"""A person of another branch, whom this desk does not know."""


@command(N_("Let a card come from the server"), right="")
def card_comes(write: Write, *, kind: str, subject_kind: str, subject_id: str, data: dict[str, Any]) -> str:
    return raise_card(write, kind, subject_kind, subject_id, data=data).id


@command(N_("Let a second pickup come from elsewhere"), right="")
def second_pickup(write: Write, *, order_id: str, item_id: str, by: str, collector: str = "林志强") -> str:
    """The same device was handed out at another counter, which did not know of the first time."""
    row = Pickup(
        id=write.new_id(), at=write.now + 60_000, by=by, order_id=order_id, receipt_no=write.number("C"),
        item_ids=[item_id], collector_name=collector, id_last4="223X", proof="slip",
    )  # fmt: skip
    write.session.add(row)
    write.session.add(WorkEvent(
        id=write.new_id(), at=row.at, by=by, item_id=item_id, move="hand_out", to_state="picked_up",
        data={"collector": row.id},
    ))  # fmt: skip
    write.session.add(CustodyEvent(
        id=write.new_id(), at=row.at, by=by, item_id=item_id, from_holder="shelf:B-01-1", to_holder="merchant",
        tamper_result="ok", giver="刘敏", taker=collector,
    ))  # fmt: skip
    return row.receipt_no


@command(N_("Let a move come from elsewhere"), right="")
def move_comes(write: Write, *, item_id: str, move: str, to_state: str, by: str, at: int = 0) -> str:
    row = WorkEvent(id=write.new_id(), at=at or write.now, by=by, item_id=item_id, move=move, to_state=to_state)
    write.session.add(row)
    return row.id


@command(N_("Let parts be taken twice"), right="")
def parts_taken(write: Write, *, part_id: str, quantity: int, by: str) -> str:
    if write.session.get(Part, part_id) is None:
        write.session.add(Part(id=part_id, part_no="PRT-7", name="打印头"))
    row = StockMove(
        id=write.new_id(), at=write.now, by=by, part_id=part_id, from_place="shelf", to_place="item", quantity=quantity
    )
    write.session.add(row)
    return row.id


@command(N_("Let a photo come from elsewhere"), right="")
def photo_comes(write: Write, *, item_id: str) -> str:
    row = Attachment(
        id=write.new_id(), at=write.now, by="", subject_kind="repair_item", subject_id=item_id, kind="condition",
        sha256="ab" * 32, mime="image/webp", size=900,
    )  # fmt: skip
    write.session.add(row)
    return row.id


@command(N_("Let the server take everything"), right="")
def all_taken(write: Write) -> None:
    write.session.execute(update(ChangeSet).values(acked_at=write.now))


@dataclass(frozen=True, slots=True)
class Shop:
    """A merchant, its twin, a ticket and an order of a desk."""

    merchant: str
    twin: str
    ticket: str
    order: Order


def shop(store: Store, people: People) -> Shop:
    """Make what the cards are about."""
    run = store.run
    first = run(
        add_merchant(form=MerchantDetails(name="鼓楼老街鱼丸店", address="八一七路 8 号")), by=people.clerk
    ).result
    second = run(add_merchant(form=MerchantDetails(name="老街鱼丸", address="817 路")), by=people.clerk).result
    ticket = run(
        open_ticket(
            form=TicketForm(
                kind="repair",
                channel="phone",
                callback_phone="13800000105",
                model_words="N910",
                words="打印不清",
                business_stopped=False,
            )
        ),
        by=people.clerk,
    ).result.ticket_id
    order = run(
        ready_order(lines=(Line(fen=8000),), supervisor=people.supervisor.staff_id,
                    technician=people.technician.staff_id, inspector=people.inspector.staff_id),
    ).result  # fmt: skip
    return Shop(first, second, ticket, order)


def versions(
    people: People, group: str, kept: dict[str, Any], lost: dict[str, Any], *, now: int, kept_by: str = OTHER,
    lost_by: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Return what the server writes on a card about two versions."""
    return {
        "group": group, "lost": lost, "kept": kept, "lost_by": lost_by or people.clerk.staff_id, "kept_by": kept_by,
        "lost_at": now - 3_600_000, "kept_at": now - 1_800_000, "lost_site": "", "kept_site": "",
        "lost_station": 123, "kept_station": 57, "station": 123,
    }  # fmt: skip


def two_pickups(store: Store, people: People, made: Shop) -> tuple[str, str]:
    """Hand the device out here and elsewhere; return both receipts."""
    item = made.order.items[0]
    store.run(give_out(order_id=made.order.order_id, item_id=item, collector="王小明"), by=people.supervisor)
    with store.read() as session:
        from sqlalchemy import select

        first = session.scalars(select(Pickup.receipt_no)).one()
    second = store.run(second_pickup(order_id=made.order.order_id, item_id=item, by=people.inspector.staff_id)).result
    return first, second
