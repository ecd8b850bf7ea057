"""Three stations act on the same devices without hearing of each other; facts arrive late; one story comes out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from deskapp.rules.account import MoneyFact, MoneyKind, fold_money
from deskapp.rules.custody import CustodyFact, fold_custody
from deskapp.rules.lifecycle import WorkFact, WorkState, fold_work, moves
from deskapp.rules.moves import TABLE

S = WorkState
STATIONS = ("outlet", "depot", "counter")
DEVICES = ("d1", "d2")
HOLDERS = ("merchant", "shelf:A-01", "bench:W1", "courier:c", "quarantine", "vendor:v")
AMOUNTS = (MoneyKind.CHARGE, MoneyKind.PAYMENT, MoneyKind.REFUND, MoneyKind.DISCOUNT, MoneyKind.WAIVER)
PLACES = ("supplier", "shelf", "reserved", "item", "old_parts", "scrap", "count", "donor")


@dataclass(slots=True)
class Station:
    """What one station knows: facts in the order in which they reached it."""

    work: dict[str, list[WorkFact]] = field(default_factory=lambda: {one: [] for one in DEVICES})
    custody: dict[str, list[CustodyFact]] = field(default_factory=lambda: {one: [] for one in DEVICES})
    money: dict[str, list[MoneyFact]] = field(default_factory=lambda: {one: [] for one in DEVICES})
    stock: list[tuple[str, str, int]] = field(default_factory=list)
    unsent: list[tuple[str, object]] = field(default_factory=list)
    read: int = 0


class ThreeStations(RuleBasedStateMachine):
    """Each acts on what it knows; the server puts the facts into one order, and everybody folds that order."""

    def __init__(self) -> None:
        super().__init__()
        self.stations = {name: Station() for name in STATIONS}
        self.log: list[tuple[str, object]] = []
        self.count = 0

    @rule(name=st.sampled_from(STATIONS), device=st.sampled_from(DEVICES), pick=st.integers(0, 10_000))
    def act_by_the_book(self, name: str, device: str, pick: int) -> None:
        """Make a move that is legal as far as this station knows."""
        station = self.stations[name]
        view = fold_work(station.work[device])
        choices = [
            (move, view.remembered if move.resumes else view.state if move.stays else move.to)
            for move in moves()
            if view.state in move.from_states
        ]
        choices = [(move, to) for move, to in choices if to is not None]
        if choices:
            move, to = choices[pick % len(choices)]
            self._note(station, device, WorkFact(move.name, to, self.count, name, uid=f"u{self.count}"))

    @rule(
        name=st.sampled_from(STATIONS), device=st.sampled_from(DEVICES), row=st.sampled_from(TABLE),
        to=st.sampled_from(sorted(S)),
    )  # fmt: skip
    def act_against_the_book(self, name: str, device: str, row: object, to: WorkState) -> None:
        """A fact that fits nowhere, as a damaged or foreign station may send it."""
        fact = WorkFact(row.name, to, self.count, name, uid=f"u{self.count}")  # type: ignore[attr-defined]
        self._note(self.stations[name], device, fact)

    @rule(name=st.sampled_from(STATIONS), device=st.sampled_from(DEVICES), to=st.sampled_from(HOLDERS))
    def hand_over(self, name: str, device: str, to: str) -> None:
        """Hand a device on from where this station believes it is."""
        station = self.stations[name]
        start = fold_custody(station.custody[device]).holder or "merchant"
        fact = CustodyFact(device, start, to, "", "ok", name, name, self.count, f"c{self.count}")
        self._note(station, device, fact)

    @rule(name=st.sampled_from(STATIONS), device=st.sampled_from(DEVICES), kind=st.sampled_from(AMOUNTS),
          fen=st.integers(0, 900), void=st.booleans())  # fmt: skip
    def write_money(self, name: str, device: str, kind: MoneyKind, fen: int, void: bool) -> None:
        """Charge, take, give back or let off an amount, or take the last such fact back, whatever others did."""
        station = self.stations[name]
        known = station.money[device]
        fact = MoneyFact(kind, fen, self.count, name, uid=f"m{self.count}", method="cash")
        if void and known:
            fact = MoneyFact(MoneyKind.VOID, 0, self.count, name, uid=f"m{self.count}", voids=known[-1].uid)
        known.append(fact)
        station.unsent.append((device, fact))
        self.count += 1

    @rule(name=st.sampled_from(STATIONS), origin=st.sampled_from(PLACES), goal=st.sampled_from(PLACES),
          many=st.integers(1, 9))  # fmt: skip
    def book_parts(self, name: str, origin: str, goal: str, many: int) -> None:
        """Move parts; a shelf may go below zero where two stations take the same one."""
        station = self.stations[name]
        station.stock.append((origin, goal, many))
        station.unsent.append(("stock", (origin, goal, many)))
        self.count += 1

    @rule(name=st.sampled_from(STATIONS), some=st.integers(1, 6))
    def send(self, name: str, some: int) -> None:
        """Some of what waited reaches the server, in the station's own order."""
        station = self.stations[name]
        self.log += station.unsent[:some]
        del station.unsent[:some]

    def _note(self, station: Station, device: str, fact: WorkFact | CustodyFact) -> None:
        (station.work if isinstance(fact, WorkFact) else station.custody)[device].append(fact)  # type: ignore[arg-type]
        station.unsent.append((device, fact))
        self.count += 1

    def _merged(self, device: str, kind: type) -> list[object]:
        late = [entry for station in self.stations.values() for entry in station.unsent]
        return [fact for name, fact in (*self.log, *late) if name == device and isinstance(fact, kind)]

    @invariant()
    def one_custodian_and_no_gap_unseen(self) -> None:
        for device in DEVICES:
            chain = self._merged(device, CustodyFact)
            view = fold_custody(chain)  # type: ignore[arg-type]
            breaks = [two for one, two in zip(chain, chain[1:], strict=False) if one.to_holder != two.from_holder]  # type: ignore[attr-defined]
            assert [gap.fact for gap in view.gaps] == breaks
            assert view.holder == (chain[-1].to_holder if chain else None)  # type: ignore[attr-defined]

    @invariant()
    def quarantine_is_never_bypassed(self) -> None:
        for device in DEVICES:
            facts = self._merged(device, WorkFact)
            view = fold_work(facts)  # type: ignore[arg-type]
            for before, after in zip(view.history, view.history[1:], strict=False):
                assert before.to is not S.QUARANTINED or after.move == "release_quarantine"
            assert Counter(fact.uid for fact in (*view.history, *view.misfits)) == Counter(
                fact.uid
                for fact in facts  # type: ignore[attr-defined]
            )

    @invariant()
    def money_adds_up(self) -> None:
        """What is owed is what was charged less what was let off and paid, whichever fact came last; none is lost."""
        for device in DEVICES:
            facts = self._merged(device, MoneyFact)
            view = fold_money(facts)  # type: ignore[arg-type]
            odd = {fact.uid for fact in view.misfits}
            gone: set[str] = set()
            for fact in reversed(facts):  # a void that was taken back itself takes nothing back
                if fact.voids and fact.uid not in odd | gone:  # type: ignore[attr-defined]
                    gone.add(fact.voids)  # type: ignore[attr-defined]
            sums: Counter[MoneyKind] = Counter()
            for fact in facts:
                if fact.uid not in odd | gone:  # type: ignore[attr-defined]
                    sums[fact.kind] += fact.amount_fen  # type: ignore[attr-defined]
            net = sums[MoneyKind.CHARGE] - sums[MoneyKind.DISCOUNT] - sums[MoneyKind.WAIVER]
            paid = sums[MoneyKind.PAYMENT] - sums[MoneyKind.REFUND]
            assert view.paid_fen == paid == sum(view.by_method.values()) >= 0 <= net
            assert view.due_fen - view.over_fen == (net - paid if sums[MoneyKind.CHARGE] or net > paid else 0)
            assert view.due_fen == 0 or view.over_fen == 0

    @invariant()
    def stock_sums_to_zero(self) -> None:
        sums: Counter[str] = Counter()
        late = [entry for station in self.stations.values() for entry in station.unsent]
        for name, fact in (*self.log, *late):
            if name == "stock":
                origin, target, many = fact  # type: ignore[misc]
                sums[origin] -= many
                sums[target] += many
        assert sum(sums.values()) == 0


TestThreeStations = ThreeStations.TestCase
TestThreeStations.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
