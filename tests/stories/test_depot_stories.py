"""Stories of the depot: a quote that grows after it was approved, and a tamper alarm at check-in."""

from __future__ import annotations

import pytest

from deskapp.commands.bench import (
    DiagnosisForm,
    NeededPart,
    diagnose_again,
    record_diagnosis,
    release_quarantine,
    start_diagnosis,
)
from deskapp.commands.bench_charge import WantedLine
from deskapp.commands.bench_parts import use_part
from deskapp.commands.bench_quote import approve_quote, make_quote
from deskapp.commands.checkin import check_in
from deskapp.commands.checkin_forms import Deliverer, DeviceForm, Terms
from deskapp.errors import Refused
from deskapp.models.folding import money_of
from deskapp.models.store import Store
from deskapp.rules.account import MoneyState
from tests.conftest import People
from tests.factories_depot import Depot, open_depot


@pytest.fixture
def depot(store: Store, people: People) -> Depot:
    return open_depot(store, people)


def test_an_approved_quote_that_grows_is_asked_again_before_a_screw_is_turned(depot: Depot) -> None:
    """The approval covers what was quoted. What is found later is another quote, and the old one stays in the books."""
    technician, clerk = depot.people.technician, depot.people.clerk
    one = depot.shop.take_in(warranty_until="2025-01-01")
    small, large = depot.shop.ids["BAT-N910"], depot.shop.ids["PRH-58"]
    assert depot.diagnosed(one, needed_parts=(NeededPart(small),)).result == "payable"
    first = depot.do(make_quote(item_id=one.item_id, lines=[WantedLine("LAB-S"), WantedLine(small)]), technician)
    agreed = approve_quote(item_id=one.item_id, approved_by="林国强", channel="counter_signature", words="同意")
    depot.do(agreed, clerk)
    assert depot.state(one) == "repairing"

    depot.do(diagnose_again(item_id=one.item_id, reason="打印头也已断针", bench="W1"), technician)
    form = DiagnosisForm(
        symptom_confirmed="yes", cause_code="battery_worn", tamper_flag="none",
        needed_parts=(NeededPart(small), NeededPart(large)),
    )  # fmt: skip
    assert not depot.do(record_diagnosis(item_id=one.item_id, form=form), technician).may_start
    second = depot.do(make_quote(item_id=one.item_id, lines=[WantedLine("LAB-M"), WantedLine(large)]), technician)
    with depot.store.read() as session:
        view = money_of(session, one.item_id)
    assert view.state is MoneyState.QUOTED and second != first
    with pytest.raises(Refused):
        depot.do(use_part(item_id=one.item_id, part_id=large, old_part_to="scrap"), technician)


def test_a_tamper_alarm_at_the_counter_reaches_the_bench_only_through_two_people(depot: Depot) -> None:
    form = DeviceForm(
        serial_no="NLN91025000077", is_new=True, model_id="newland-n910", tamper="suspect",
        tamper_words="后盖封签断裂", batch="no", symptom_code="tamper_alert", condition={"all": "fine"},
        power_state="yes", no_photo_reason="no_camera",
    )  # fmt: skip
    done = depot.do(
        check_in(devices=(form,), deliverer=Deliverer("林国强", "13805912345"),
                 merchant_id=depot.shop.ids["merchant"], terms=Terms(data_notice=True)), depot.people.clerk,
    )  # fmt: skip
    item = done.devices[0].item_id
    assert depot.state(item) == "quarantined"
    with pytest.raises(Refused):
        depot.do(start_diagnosis(item_id=item, bench="W1", tamper_result="ok"), depot.people.technician)
    alone = depot.consent(depot.people.supervisor, "witness", depot.people.supervisor)
    with pytest.raises(Refused) as refusal:
        depot.do(release_quarantine(item_id=item, finding="封签老化脱落", second=alone))
    assert refusal.value.code == "second_person"
    seen = depot.consent(depot.people.technician, "witness")
    depot.do(release_quarantine(item_id=item, finding="封签老化脱落，壳体无开启痕迹", second=seen))
    assert depot.state(item) == "checked_in"
