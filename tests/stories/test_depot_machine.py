"""A depot played at random, legal and illegal: whatever is refused changes nothing, and what stands always adds up."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from deskapp.clock import random_token
from deskapp.commands import bench as work
from deskapp.commands.bench_keys import load_keys, need_key_load
from deskapp.commands.bench_parts import parts_arrived, put_part_back, use_part, wait_for_parts
from deskapp.commands.bench_quote import give_up_repair
from deskapp.commands.bench_test import run_test
from deskapp.commands.catalogue import count_parts, receive_parts
from deskapp.commands.loaners import lend, set_loaner, take_back
from deskapp.commands.pickup import close_due, confirm_working, reopen
from deskapp.commands.scrap import Consent, KeptPart, ScrapForm, scrap
from deskapp.commands.stock_desk import release_part, reserve_part, send_old_part
from deskapp.commands.swap import swap
from deskapp.errors import N_, DeskError
from deskapp.models.folding import custody_of, money_of, work_of
from deskapp.models.handing_out import open_loans
from deskapp.models.people import Voucher
from deskapp.models.repair import RepairItem, ReviewCard
from deskapp.models.stock import StockMove
from deskapp.models.store import Actor, Command, Override, Store, Write, command
from deskapp.paths import Home
from deskapp.rules.custody import Holder, kind_of
from deskapp.rules.states import ENDED
from deskapp.rules.states import WorkState as S
from tests.conftest import KEY, CountedIds, FixedClock, People
from tests.factories_bench import Benched, Shop, given_out
from tests.factories_depot import Depot, open_depot

SPARES = ("NLN91097000001", "NLN91097000002")
LOANER = "NLN91097000009"


@command(N_("Give a consent without its PIN"), right="")
def consent_of(write: Write, *, staff_id: str, right: str) -> Override:
    """Make a voucher as the PIN would; checking PINs takes most of a random night otherwise."""
    token = random_token()
    write.session.add(Voucher(token=token, staff_id=staff_id, right=right, expires_at=write.now + 60_000))
    return Override(token, "随机测试")


@dataclass(slots=True)
class Given:
    """What every night begins with, and which acts were not refused so far."""

    clock: FixedClock
    depot: Depot
    devices: list[Benched]
    part: str
    done: Counter[str] = field(default_factory=Counter)


class DepotNight(RuleBasedStateMachine):
    """Random people do random things to random devices; most of it is refused."""

    template: Path
    people: People
    given: Given

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        shutil.copytree(self.template, self.folder / "home")
        self.clock = FixedClock(self.given.clock.now)
        self.ids = CountedIds(5_000_000)
        self.store = Store(Home(self.folder / "home"), KEY, clock=self.clock, new_id=self.ids)
        known: Depot = self.given.depot
        self.depot = Depot(Shop(self.store, self.people, known.shop.ids), self.people, known.staff)
        self.devices: list[str] = [one.item_id for one in self.given.devices]
        self.staff = [*vars_of(self.people), *self.depot.staff.values()]

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    # -- acting --------------------------------------------------------------------

    def tried(self, act: Command[Any], who: Actor) -> bool:
        """Try it: only a refusal with a sentence may stop it, and a refused act leaves no trace."""
        try:
            self.store.run(act, by=who)
        except DeskError as refused:
            assert str(refused)
            return False
        self.given.done[act.name] += 1
        return True

    def consent(self, pick: int, right: str) -> Override:
        who = self.staff[pick % len(self.staff)]
        return self.store.run(consent_of(staff_id=who.staff_id, right=right)).result

    @rule(seed=st.integers(0, 2**32))
    def a_wild_hour(self, seed: int) -> None:
        """Anybody tries anything: half of it by a supervisor, who may most of it."""
        chance = random.Random(seed)
        for _act in range(10):
            item = chance.choice(self.devices)
            acts = self.acts(item, chance.randrange(100))
            who = self.people.supervisor if chance.random() < 0.5 else chance.choice(self.staff)
            if self.tried(chance.choice(acts)(), who):
                self.everything_adds_up()

    @rule(seed=st.integers(0, 2**32))
    def work_goes_on(self, seed: int) -> None:
        """The usual way, so that random nights get somewhere."""
        chance, depot = random.Random(seed), self.depot
        item = chance.choice(self.devices)
        for _step in range(chance.randrange(1, 4)):
            with self.store.read() as session:
                row = session.get_one(RepairItem, item)
                state, device_id = row.work_state, row.device_id
            technician, inspector = self.people.technician, self.people.inspector
            form = work.DiagnosisForm(symptom_confirmed="yes", cause_code="battery_worn", tamper_flag="none")
            usual: dict[str, tuple[Command[Any], ...]] = {
                "checked_in": (work.start_diagnosis(item_id=item, bench="W1", tamper_result="ok"),),
                "diagnosing": (work.record_diagnosis(item_id=item, form=form), work.start_repair(item_id=item)),
                "repairing": (work.send_to_test(item_id=item, form=work.RepairForm(("clean",), minutes=5)),),
                "ready_for_pickup": (given_out(item_id=item),),
                "picked_up": (confirm_working(item_ids=(item,), result="call", confirmed_by="林国强"),),
            }
            for act in usual.get(state, ()):
                self.tried(act, self.people.clerk if state in ("ready_for_pickup", "picked_up") else technician)
            if state == "qc_testing":
                values = depot.values(device_id)
                self.tried(run_test(item_id=item, values=values, tamper_result="ok", shelf="B-03-2"), inspector)

    @rule(days=st.integers(0, 9))
    def time_goes_by(self, days: int) -> None:
        self.clock.forward(days=days)
        self.store.run(close_due())

    def acts(self, item: str, other: int) -> list[Callable[[], Command[Any]]]:
        """Everything that can be tried with one device."""
        part, ids = self.given.part, {"item_id": item}
        with self.store.read() as session:
            order_id = session.get_one(RepairItem, item).order_id
        form = ScrapForm("无法修复", "destroyed", "drilled", Consent("陈经理", "BF-1"), (KeptPart(part),))
        no_consent = ScrapForm("无法修复", "destroyed", "drilled", Consent())
        return [
            lambda: work.start_diagnosis(**ids, bench="W2", tamper_result="ok"),
            lambda: work.start_repair(**ids),
            lambda: work.quarantine(**ids, reason="封签破损"),
            lambda: work.quarantine(**ids, reason="机身号不符"),
            lambda: work.release_quarantine(**ids, finding="已查明", second=self.consent(other, "witness")),
            lambda: work.release_quarantine(**ids, finding="已查明", second=None),
            lambda: work.pause_job(**ids, reason="等电话", shelf="A-01"),
            lambda: work.resume_job(**ids, bench="W3"),
            lambda: work.diagnose_again(**ids, reason="另有故障", bench="W1"),
            lambda: wait_for_parts(**ids, part_id=part, quantity=2, order_no="PO-1", expected_date="2026-05-01"),
            lambda: parts_arrived(**ids, part_id=part, quantity=2),
            lambda: use_part(**ids, part_id=part, quantity=1 + other % 3, old_part_to="old_parts"),
            lambda: put_part_back(**ids, part_id=part),
            lambda: reserve_part(**ids, part_id=part, quantity=1 + other % 4),
            lambda: release_part(**ids, part_id=part),
            lambda: send_old_part(part_id=part, to="supplier"),
            lambda: receive_parts(part_id=part, quantity=1 + other % 5),
            lambda: count_parts(part_id=part, counted=other % 12),
            lambda: need_key_load(**ids, reason="更换主板"),
            lambda: load_keys(
                **ids,
                method="remote",
                slot="T1",
                check_value="A1B2",
                device_result="ok",
                second=self.consent(other, "key_load"),
                override=self.consent(other + 1, "override") if other % 3 else None,
            ),  # fmt: skip
            lambda: give_up_repair(**ids, words="无配件", reassembled=True, risk_notice=True),
            lambda: swap(**ids, new_serial_no=SPARES[other % 2], reason="换机", tamper_result="ok"),
            lambda: scrap(**ids, form=no_consent, witness=None, second_witness=None),
            lambda: scrap(
                **ids,
                form=form,
                witness=self.consent(other, "witness"),
                second_witness=self.consent(other + 1, "witness"),
            ),  # fmt: skip
            lambda: lend(serial_no=LOANER, due_at=self.clock.now + 86_400_000, order_id=order_id, tamper_result="ok"),
            lambda: take_back(serial_no=LOANER, tamper_result="ok"),
            lambda: given_out(**ids),
            lambda: confirm_working(item_ids=(item,), result="call", confirmed_by="林国强"),
            lambda: reopen(**ids, reason="未修好", override=self.consent(other, "reopen")),
        ]

    # -- what always holds -----------------------------------------------------------

    @invariant()
    def everything_adds_up(self) -> None:
        if not hasattr(self, "store"):
            return
        with self.store.read() as session:
            items = session.scalars(select(RepairItem)).all()
            self.devices = [item.id for item in items]
            for item in items:
                self.one_device(session, item)
            sums: Counter[str] = Counter()
            for move in session.scalars(select(StockMove)):
                assert move.quantity >= 0
                sums[move.from_place] -= move.quantity
                sums[move.to_place] += move.quantity
            assert sum(sums.values()) == 0
            assert sums["reserved"] >= 0 and sums["old_parts"] >= 0 and sums["scrap"] >= 0
            self.loans(session)

    def one_device(self, session: Any, item: RepairItem) -> None:
        view, custody = work_of(session, item.id), custody_of(session, item.id)
        assert not view.misfits and view.state == item.work_state
        assert custody.unbroken and custody.holder == item.holder
        assert (item.work_state == S.QUARANTINED) == (custody.holder == Holder.QUARANTINE.value)
        at_merchant = item.work_state in (S.PICKED_UP, S.CLOSED, S.REGISTERED)
        assert custody.holder is None or (kind_of(custody.holder) is Holder.MERCHANT) == at_merchant
        assert (kind_of(custody.holder or "shelf") is Holder.NONE) <= (item.work_state in (S.SCRAPPED, S.SWAPPED))
        for before, after in zip(view.history, view.history[1:], strict=False):
            assert before.to is not S.QUARANTINED or after.move == "release_quarantine"
        money = money_of(session, item.id)
        assert item.due_fen == money.due_fen >= 0 and item.paid_fen == money.paid_fen

    def loans(self, session: Any) -> None:
        allowed = {card.data.get("order") for card in session.scalars(
            select(ReviewCard).where(ReviewCard.kind == "loaner_out"))}  # fmt: skip
        for loan in open_loans(session):
            if loan.order_id and loan.order_id not in allowed:
                states = session.scalars(select(RepairItem.work_state).where(RepairItem.order_id == loan.order_id))
                assert any(S(state) not in ENDED for state in states), "an order ended while its loaner was out"


def vars_of(people: People) -> list[Actor]:
    """Everybody of the test branch."""
    return [people.clerk, people.technician, people.inspector, people.keeper, people.supervisor, people.auditor]


@pytest.fixture
def night(store: Store, people: People, clock: FixedClock, home: Home) -> type[DepotNight]:
    """A depot with four devices, spares and a loaner, ready to be copied."""
    depot = open_depot(store, people)
    devices: list[Benched] = [depot.shop.take_in(warranty_until="2027-01-01") for _one in range(4)]
    for serial in (*SPARES, LOANER):
        depot.pool_unit(serial, keys=serial == SPARES[0])
    depot.do(set_loaner(serial_no=LOANER), people.clerk)
    part = next(identity for name, identity in depot.shop.ids.items() if name.startswith("ADP"))
    store.close()

    given = Given(clock, depot, devices, part)
    return type("Night", (DepotNight,), {"template": home.root, "people": people, "given": given})


CALM = settings(
    max_examples=4, stateful_step_count=25, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


def test_random_nights_always_add_up(night: type[DepotNight]) -> None:
    run_state_machine_as_test(night, settings=CALM)  # type: ignore[no-untyped-call]
    assert len(night.given.done) >= 14, "a night in which nearly everything is refused shows nothing"


@pytest.mark.long
def test_many_random_nights_always_add_up(night: type[DepotNight]) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        night, settings=settings(CALM, max_examples=300, stateful_step_count=120, derandomize=False)
    )
