"""Where a scan goes while a scan field has the focus: commands to the page, foreign papers to what they name."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from deskapp.commands.transfers import hand_over
from deskapp.commands.transfers_receive import finish_receipt, receive_line
from deskapp.rules.numbers import make, make_label
from deskapp.ui.page import PageContext
from deskapp.ui.pages.table import PAGES
from deskapp.ui.pages.transfer_in import TransferInPage
from deskapp.ui.pages.transfer_out import TransferOutPage
from deskapp.ui.widgets.fields import ScanField
from tests.conftest import People
from tests.factories_depot import add_unit
from tests.factories_transfers import COURIER, Yard, fine, yard

SLIP = make("K", 1, date(2026, 3, 14), 1)
LABEL, SERIAL = make_label("D", 1, 7), "PX920S00000004"


@pytest.fixture
def place(store: Any, people: People, context: PageContext) -> Yard:
    context.jobs.actor = people.supervisor
    return yard(store, people)


def test_a_command_of_the_sheet_is_for_no_field(qtbot: Any) -> None:
    for only in (False, True):
        field = ScanField(serials_only=only)
        qtbot.addWidget(field)
        assert [text for text in ("X:NEXT", "X:OK", "X:UNDO") if field.wants(text)] == []
        assert field.wants(SERIAL) and field.wants(LABEL) is not only


def test_a_van_takes_no_slip_and_nothing_at_all_once_it_has_left(qtbot: Any, shown: Any, place: Yard) -> None:
    draft = place.packed(1)
    page = shown(TransferOutPage, id=draft.manifest_id)
    qtbot.waitUntil(lambda: page.view is not None)
    assert not page.scan(SLIP) and not page.field.wants(SLIP) and page.field.wants(LABEL)

    place.do(
        hand_over(
            manifest_id=draft.manifest_id, counted=(place.devices[0].label_no,), courier=COURIER, tamper_result="ok"
        )
    )
    page.open(id=draft.manifest_id)
    qtbot.waitUntil(lambda: page.view.row.state == "under_way")
    assert not page.scan(LABEL) and not page.field.wants(LABEL)


def test_a_received_van_lets_scans_go_on(qtbot: Any, shown: Any, place: Yard) -> None:
    draft, (one,) = place.incoming(1)
    page = shown(TransferInPage, id=draft.manifest_id)
    qtbot.waitUntil(lambda: page.view is not None)
    assert page.field.wants(one.label_no) and not page.field.wants(SLIP)

    boss = place.people.supervisor
    place.do(receive_line(manifest_id=draft.manifest_id, scanned=one.label_no, looked=fine(one), courier=COURIER), boss)
    place.do(finish_receipt(manifest_id=draft.manifest_id, rest="missing", courier=COURIER), boss)
    page.open(id=draft.manifest_id)
    qtbot.waitUntil(lambda: page.view.row.state == "arrived")
    assert not page.scan(one.label_no) and not page.field.wants(one.label_no)


def test_who_may_not_take_the_next_step_is_shown_the_record_itself(
    qtbot: Any, place: Yard, people: People, make_window: Any
) -> None:
    """A unit that is not here leads to the check-in; an inspector, who may not check in, sees the unit."""
    place.store.run(add_unit(serial_no="NLN91099000007"))
    window = make_window(list(PAGES))
    for person, page in ((people.inspector, "device"), (people.clerk, "check_in")):
        window.enter(person)
        window.navigate("today")
        window.scan("NLN91099000007")
        qtbot.waitUntil(lambda page=page: window.shell.page_id() == page)
