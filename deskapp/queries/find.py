"""The one search field: numbers, fragments, phone tails, Chinese words and initials, over everything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from deskapp.models import search
from deskapp.models.store import ReadSession
from deskapp.queries import hits, hits_few
from deskapp.queries.hits import KIND_TITLES, Hit, HitKind, Step, Why
from deskapp.queries.scan import HINTS, Target, item_target, joined, resolve_scan, sound
from deskapp.rules.grams import Words, folded, words
from deskapp.rules.numbers import ScanKind, parse_scan

__all__ = [
    "HINTS", "KIND_TITLES", "Found", "Group", "Hit", "HitKind", "Step", "Target", "Why", "find", "item_target",
    "resolve_scan",
]  # fmt: skip

_OWNERS_FOLLOWED: Final = 5
"""How many of the found merchants, devices and orders lead on to what is in our hands, and to tickets."""

_MODELS_FOLLOWED: Final = 10


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
    text = sound(text)
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
            HitKind.SHELF: hits_few.shelves(self.session, self.wanted, limit=self.limit + 1),
            HitKind.STAFF: hits_few.staff(self.session, self.wanted, limit=self.limit + 1),
            HitKind.VISIT: hits_few.visits(self.session, self.wanted, limit=self.limit + 1),
        }  # fmt: skip
        order = sorted((kind for kind in KIND_TITLES if groups.get(kind)), key=lambda kind: self._weight(kind, groups))
        return [Group(kind, tuple(groups[kind][: self.limit]), len(groups[kind]) > self.limit) for kind in order]

    def _weight(self, kind: HitKind, groups: dict[HitKind, list[Hit]]) -> tuple[int, int]:
        """Kinds stand in the order of the titles, but one with a full fit comes before all others."""
        full = any(hit.rank == 0 for hit in groups[kind][:3])
        return (0 if full else 1, list(KIND_TITLES).index(kind))

    def _ids(self, index: search.Index, table: str = "") -> list[str]:
        """The best of the newest fits: twice as many as are shown are looked at, by their indexed text alone."""
        found = search.matching(self.session, index, self.wanted, self.limit * 2 + 1)
        found.sort(key=lambda fit: hits.reason(self.wanted, [(Why.NUMBER, fit.text)])[1])
        ids = [fit.id for fit in found][: self.limit + 1]
        return joined(self.session, table, ids) if table else ids

    def _merchants(self) -> list[Hit]:
        return _best(hits.merchants(self.session, self._ids(search.MERCHANT, "merchant"), self.wanted))

    def _devices(self) -> list[Hit]:
        ids = self._ids(search.DEVICE, "device")
        if len(ids) <= self.limit:
            ids = list(dict.fromkeys([*ids, *self._of_models()]))
        return _best(hits.devices(self.session, ids, self.wanted))

    def _of_models(self) -> list[str]:
        """Devices whose model has some of the words, and which have the others themselves."""
        models = hits.ask(self.session, "SELECT id, brand || ' ' || brand_en || ' ' || name AS text FROM device_model")
        fitting: dict[tuple[str, ...], list[str]] = {}
        for row in models:
            text = folded(row.text)
            rest = tuple(word for word in self.wanted.words if word not in text)
            if len(rest) < len(self.wanted.words):
                fitting.setdefault(rest, []).append(row.id)
        found: list[str] = []
        for rest, ids in fitting.items():
            found += self._newest_of(ids) if not rest else self._with_rest(" ".join(rest), ids)
        return found

    def _newest_of(self, models: Sequence[str]) -> list[str]:
        """The newest devices of these models: model by model, for which there is an index."""
        rows: list[Any] = []
        for model in models[:_MODELS_FOLLOWED]:
            rows += hits.ask(
                self.session,
                "SELECT n, id FROM device WHERE model_id = ? ORDER BY n DESC LIMIT ?",
                model,
                self.limit + 1,
            )
        return [row.id for row in sorted(rows, key=lambda row: -row.n)][: self.limit + 1]

    def _with_rest(self, rest: str, models: Sequence[str]) -> list[str]:
        ids = search.newest(self.session, search.DEVICE, rest, 200)
        if not ids:
            return []
        rows = hits.ask(self.session, "SELECT id FROM device WHERE id IN (??) AND model_id IN (??)", ids, models)
        fitting = {row.id for row in rows}
        return [one for one in ids if one in fitting]

    def _orders(self) -> list[Hit]:
        return _best(hits.orders(self.session, self._ids(search.ORDER), self.wanted))

    def _items(self, merchants: Sequence[Hit], devices: Sequence[Hit], orders: Sequence[Hit]) -> list[Hit]:
        """What is in our hands of the merchants, devices and orders found."""
        found: dict[str, Hit] = {}
        for why, column, owners in (
            (Why.DEVICE, "i.device_id", devices),
            (Why.ORDER, "i.order_id", orders),
            (Why.MERCHANT, "o.merchant_id", merchants[:_OWNERS_FOLLOWED]),
        ):
            rank = 0 if why is Why.DEVICE and any(owner.rank == 0 for owner in owners) else 2
            for hit in hits.items(self.session, column, [owner.id for owner in owners], why, limit=self.limit + 1,
                                  wanted=self.wanted if why is Why.ORDER else None):  # fmt: skip
                found.setdefault(hit.id, hit if hit.why is Why.NUMBER else replace(hit, rank=rank))
        # Of an order's devices the one whose label was looked for stands first.
        return sorted(found.values(), key=lambda hit: hit.why is not Why.NUMBER)

    def _tickets(self, merchants: Sequence[Hit], devices: Sequence[Hit]) -> list[Hit]:
        newest = search.matching(self.session, search.TICKET, self.wanted, self.limit + 1)
        own = hits.tickets(self.session, [fit.id for fit in newest], self.wanted)
        known = {hit.id for hit in own}
        for why, column, owners in ((Why.DEVICE, "device_id", devices), (Why.MERCHANT, "merchant_id", merchants)):
            if len(own) > self.limit:
                break
            ids = [one for one in self._newest_tickets(column, owners) if one not in known]
            known.update(ids)
            own += [replace(hit, why=why, rank=5) for hit in hits.tickets(self.session, ids)]
        return own

    def _newest_tickets(self, column: str, owners: Sequence[Hit]) -> list[str]:
        ids: list[str] = []
        for owner in owners[:_OWNERS_FOLLOWED]:
            rows = hits.ask(
                self.session,
                f"SELECT id FROM service_ticket WHERE {column} = ? ORDER BY n DESC LIMIT ?",
                owner.id,
                self.limit,
            )
            ids += [row.id for row in rows]
        return ids[: self.limit + 1]

    def _parts(self) -> list[Hit]:
        return hits_few.parts(self.session, self.wanted, limit=self.limit + 1)


def _best(found: Iterable[Hit]) -> list[Hit]:
    """Full fits first, then beginnings and ends, then the rest; within these the order stays."""
    return sorted(found, key=lambda hit: hit.rank)
