"""Cards for the pictures of the page about disagreements, as a server sends them when two counters worked apart."""

from __future__ import annotations

from typing import Any

from deskapp.commands.moves import raise_card
from deskapp.models.store import Command
from deskapp.queries import registry

MINUTE_MS = 60_000


def disagreements(stage: Any, merchant_id: str) -> None:
    """Let two cards come: an address and a note changed at two counters."""
    now, people = stage.desk.store.now, _people(stage)
    shop = stage.ask(lambda session: registry.merchant(session, merchant_id))
    for kind, table, record, group, kept, lost in (
        ("also_changed", "merchant", merchant_id, "address", {"address": shop.address},
         {"address": "示例市鼓楼区示例路 9 号"}),
        ("also_changed", "merchant", merchant_id, "note", {"note": shop.note}, {"note": "每周三下午送货"}),
    ):  # fmt: skip
        data = {
            "group": group, "kept": kept, "lost": lost, "kept_by": people[0], "lost_by": people[1],
            "kept_at": now - 20 * MINUTE_MS, "lost_at": now - 35 * MINUTE_MS, "kept_station": 12, "lost_station": 7,
        }  # fmt: skip
        stage.do(Command("raise_disagreements", "", "", _card(kind, table, record, data)))


def _card(kind: str, table: str, record: str, data: dict[str, Any]) -> Any:
    return lambda write: raise_card(write, kind, table, record, data=data).id


def _people(stage: Any) -> list[str]:
    found = [one.id for one in stage.ask(registry.staff)]
    return [found[0], found[1]]
