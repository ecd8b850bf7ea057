"""An act that no server would take is not begun: everything behind it would wait for ever."""

from __future__ import annotations

import pytest

from deskapp.errors import N_, Refused
from deskapp.models import capture
from deskapp.models.store import Store, Write, command
from deskapp.models.ticket import ServiceTicket
from deskapp.sync import framing, packing
from tests.conftest import People


@command(N_("Take many tickets in for a test of what is too much"), right="")
def take_very_many(write: Write, *, count: int, words: str = "") -> None:
    """Add tickets in one act."""
    for number in range(count):
        write.session.add(ServiceTicket(
            id=write.new_id(), number=f"T{number}", site_id=write.site_id, opened_at=write.now, callback_phone="1",
            words=words,
        ))  # fmt: skip


@pytest.mark.parametrize("limit", ["MOST_OPERATIONS", "MOST_BODY"])
def test_an_act_too_large_for_any_server_is_refused_whole(
    store: Store, people: People, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    """A file of thirty thousand merchants was taken in, and the desk sent nothing any more."""
    monkeypatch.setattr(capture, "MANY", 2)
    monkeypatch.setattr(capture, limit, 3)
    if limit == "MOST_OPERATIONS":
        store.run(take_very_many(count=3), by=people.clerk)

    with pytest.raises(Refused) as told:
        store.run(take_very_many(count=4, words="很长的话"), by=people.clerk)

    assert (told.value.code, told.value.field) == ("too_much", "file")
    with store.read() as session:
        assert session.query(ServiceTicket).filter_by(words="很长的话").count() == 0
    store.run(take_very_many(count=1), by=people.clerk)  # and goes on with what comes next


def test_what_a_desk_does_at_most_is_what_a_server_takes() -> None:
    assert capture.MOST_OPERATIONS == packing.MOST_OPS
    assert capture.MOST_BODY < framing.MOST_PLAIN
