"""The one search field: numbers, fragments, phone tails, Chinese words and initials, over everything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import and_, or_, select

from deskapp.models import search
from deskapp.models.device import Device, DeviceModel
from deskapp.models.merchant import Merchant
from deskapp.models.repair import RepairItem, RepairOrder
from deskapp.models.stock import Part
from deskapp.models.store import ReadSession
from deskapp.models.ticket import ServiceTicket
from deskapp.queries import hits
from deskapp.queries.hits import IN_HAND, KIND_TITLES, Hit, HitKind, Step, Why
from deskapp.queries.scan import HINTS, Target, item_target, joined, resolve_scan
from deskapp.rules.grams import Words, words
from deskapp.rules.numbers import ScanKind, parse_scan

__all__ = [
    "HINTS", "KIND_TITLES", "Found", "Group", "Hit", "HitKind", "Step", "Target", "Why", "find", "item_target",
    "resolve_scan",
]  # fmt: skip

_OWNERS_FOLLOWED: Final = 5
"""How many of the found merchants, devices and orders lead on to what is in our hands, and to tickets."""


@dataclass(frozen=True, slots=True)
class Group:
    """Hits of one kind, best first; `more` when there are others beyond these."""

    kind: HitKind
    hits: tuple[Hit, ...]
    more: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """All that was found. `target` is set when the text is a printed code or a number known exactly."""

    text: str
    target: Target | None = None
    groups: tuple[Group, ...] = ()

    @property
    def hits(self) -> tuple[Hit, ...]:
        """All hits in the order they are shown."""
        return tuple(hit for group in self.groups for hit in group.hits)


def find(session: ReadSession, text: str, *, limit: int = 20) -> Found:
    """Return what fits a text, the best kinds first and at most `limit` of a kind.

    A text with letters or digits that is one of our own numbers also gives its target. A text
    without any letter, digit or Chinese character finds nothing.
    """
    wanted = words(text)
    if wanted is None or limit < 1:
        return Found(text)
    target = _exact(session, text)
    found = _Finder(session, wanted, limit).groups()
    if not found:
        plain = words(_unbroken(text))
        if plain is not None and plain != wanted:
            found = _Finder(session, plain, limit).groups()
    return Found(text, target, tuple(found))


def _exact(session: ReadSession, text: str) -> Target | None:
    """The target of one of our own codes; other texts are searched for, which finds them as well."""
    kind = parse_scan(text).kind
    if kind in (ScanKind.SERIAL, ScanKind.UNKNOWN, ScanKind.COMMAND):
        return None
    return resolve_scan(session, text)


def _unbroken(text: str) -> str:
    """A number typed in groups, without what parts them: 138 0013 8000, T-90017-260601."""
    return "".join(char for char in text if char not in " -\u3000\u2010\u2013\u2014") if text.isascii() else text


class _Finder:
    """Looks in one kind after another; what was found first leads on to what belongs to it."""

    def __init__(self, session: ReadSession, wanted: Words, limit: int) -> None:
        self.session = session
        self.wanted = wanted
        self.limit = limit

    def groups(self) -> list[Group]:
        """All groups that are not empty, in the order they are shown."""
        merchants, devices, orders = self._merchants(), self._devices(), self._orders()
        groups = {
            HitKind.MERCHANT: merchants, HitKind.DEVICE: devices, HitKind.ORDER: orders,
            HitKind.ITEM: self._items(merchants, devices, orders), HitKind.TICKET: self._tickets(merchants, devices),
            HitKind.PART: self._parts(),
        }  # fmt: skip
        order = sorted((kind for kind in KIND_TITLES if groups.get(kind)), key=lambda kind: self._weight(kind, groups))
        return [Group(kind, tuple(groups[kind][: self.limit]), len(groups[kind]) > self.limit) for kind in order]

    def _weight(self, kind: HitKind, groups: dict[HitKind, list[Hit]]) -> tuple[int, int]:
        """Kinds stand in the order of the titles, but one with a full fit comes before all others."""
        full = any(hit.rank == 0 for hit in groups[kind][:3])
        return (0 if full else 1, list(KIND_TITLES).index(kind))

    def _ids(self, index: search.Index, more: int = 1) -> list[str]:
        return search.matching(self.session, index, self.wanted, self.limit * more + 1)

    def _merchants(self) -> list[Hit]:
        ids = joined(self.session, Merchant, self._ids(search.MERCHANT, 2))
        return _best(hits.merchants(self.session, ids, self.wanted))

    def _devices(self) -> list[Hit]:
        ids = joined(self.session, Device, self._ids(search.DEVICE, 2))
        if len(ids) <= self.limit:
            ids = list(dict.fromkeys([*ids, *self._of_models()]))
        return _best(hits.devices(self.session, ids, self.wanted))

    def _of_models(self) -> list[str]:
        """Devices whose model has some of the words, and which have the others themselves."""
        models = self.session.execute(select(DeviceModel.id, DeviceModel.brand, DeviceModel.brand_en, DeviceModel.name))
        fitting: dict[tuple[str, ...], list[str]] = {}
        for row in models:
            text = f"{row.brand} {row.brand_en} {row.name}"
            rest = tuple(word for word in self.wanted.words if not Words((word,), ()).inside(text))
            if len(rest) < len(self.wanted.words):
                fitting.setdefault(rest, []).append(row.id)
        found: list[str] = []
        for rest, ids in fitting.items():
            found += self._newest_of(ids) if not rest else self._with_rest(" ".join(rest), set(ids))
        return found

    def _newest_of(self, models: Sequence[str]) -> list[str]:
        """The newest devices of these models: model by model, for which there is an index."""
        rows = []
        for model in models[:10]:
            rows += self.session.execute(
                select(Device.n, Device.id)
                .where(Device.model_id == model)
                .order_by(Device.n.desc())
                .limit(self.limit + 1)
            ).all()
        return [identity for _n, identity in sorted(((row.n, row.id) for row in rows), reverse=True)][: self.limit + 1]

    def _with_rest(self, rest: str, models: set[str]) -> list[str]:
        ids = search.newest(self.session, search.DEVICE, rest, 200)
        rows = self.session.execute(select(Device.id).where(Device.id.in_(ids), Device.model_id.in_(models)))
        fitting = set(rows.scalars())
        return [one for one in ids if one in fitting]

    def _orders(self) -> list[Hit]:
        return _best(hits.orders(self.session, self._ids(search.ORDER), self.wanted))

    def _items(self, merchants: Sequence[Hit], devices: Sequence[Hit], orders: Sequence[Hit]) -> list[Hit]:
        """What is in our hands of the merchants, devices and orders found."""
        found: dict[str, Hit] = {}
        for why, condition in (
            (Why.DEVICE, _among(RepairItem.device_id, devices)),
            (Why.ORDER, _among(RepairItem.order_id, orders)),
            (Why.MERCHANT, and_(_among(RepairOrder.merchant_id, merchants), RepairOrder.state == "open")),
        ):
            for hit in hits.items(
                self.session, and_(condition, RepairItem.work_state.in_(IN_HAND)), why, limit=self.limit + 1
            ):
                found.setdefault(hit.id, hit)
        exact = {hit.id for hit in devices if hit.rank == 0}
        return [replace(hit, rank=0) if hit.why is Why.DEVICE and exact else hit for hit in found.values()]

    def _tickets(self, merchants: Sequence[Hit], devices: Sequence[Hit]) -> list[Hit]:
        own = hits.tickets(self.session, self._ids(search.TICKET), self.wanted)
        known = {hit.id for hit in own}
        for column, owners, why in (
            (ServiceTicket.device_id, devices, Why.DEVICE),
            (ServiceTicket.merchant_id, merchants, Why.MERCHANT),
        ):
            if len(own) > self.limit:
                break
            ids = [one for one in self._newest_tickets(column, owners) if one not in known]
            known.update(ids)
            own += [replace(hit, why=why, rank=5) for hit in hits.tickets(self.session, ids)]
        return own

    def _newest_tickets(self, column: Any, owners: Sequence[Hit]) -> list[str]:
        ids: list[str] = []
        for owner in owners[:_OWNERS_FOLLOWED]:
            ids += self.session.scalars(
                select(ServiceTicket.id).where(column == owner.id).order_by(ServiceTicket.n.desc()).limit(self.limit)
            )
        return ids[: self.limit + 1]

    def _parts(self) -> list[Hit]:
        """Parts are few: every word is looked for in number and names."""
        condition = and_(
            *(or_(*(column.icontains(word, autoescape=True) for column in (Part.part_no, Part.name, Part.name_en)))
              for word in self.wanted.words)
        )  # fmt: skip
        return hits.parts(self.session, condition, limit=self.limit + 1)


def _best(found: Iterable[Hit]) -> list[Hit]:
    """Full fits first, then beginnings and ends, then the rest; within these the order stays."""
    return sorted(found, key=lambda hit: hit.rank)


def _among(column: Any, owners: Sequence[Hit]) -> Any:
    return column.in_([hit.id for hit in owners[:_OWNERS_FOLLOWED]])
