"""Where scans and searches lead."""

from __future__ import annotations

import pytest

from deskapp.queries.hits import HitKind, Step
from deskapp.queries.scan import Target
from deskapp.ui import icons
from deskapp.ui.finding import KIND_ICONS, KIND_PAGES, STEP_PAGES, StoreFinder, destination
from deskapp.ui.pages.table import PAGES

KNOWN = {page.id for page in PAGES}


@pytest.mark.parametrize("kind", HitKind)
def test_every_kind_of_record_has_a_page_and_an_icon(kind):
    assert KIND_PAGES[kind] in KNOWN
    assert icons.exists(KIND_ICONS[kind])


@pytest.mark.parametrize("page", sorted(set(STEP_PAGES.values())))
def test_every_step_opens_a_page_that_is_there(page):
    assert page in KNOWN


def test_a_slip_opens_the_pickup_with_its_secret():
    place = destination(Target(HitKind.ORDER, "o1", Step.PICKUP, number="K001232503140019", token="ABCD2345"))

    assert place.page == STEP_PAGES["pickup"]
    assert place.args["token"] == "ABCD2345" and place.args["order_id"] == place.args["id"] == "o1"


def test_what_is_no_record_leads_nowhere():
    assert destination(Target(None, "", Step.UNKNOWN)) is None


def test_an_unknown_serial_number_is_taken_in_by_one_key_as_it_says(store):
    with store.read() as session:
        found = StoreFinder().resolve(session, "NEVERSEEN12345")

    (offer,) = found.choices
    assert offer.data.page == "check_in" and offer.data.args["number"] == "NEVERSEEN12345"
    assert offer.data.args["kind"] == "device" and found.sentence


def test_a_command_of_the_sheet_and_an_unknown_code_are_told_apart(store):
    with store.read() as session:
        command = StoreFinder().resolve(session, "X:NEXT")
        unknown = StoreFinder().resolve(session, "D999990000009")

    assert command.verb == "NEXT" and command.destination is None
    assert unknown.destination is None and unknown.sentence
