"""Why somebody who is signed in is sent away: stopped at another desk, or the whole desk is being taken out of service."""

from __future__ import annotations

from functools import partial

from deskapp.commands.syncing import keep_state
from deskapp.models.store import Store
from deskapp.queries.syncing import LEAVING, STOPPED, why_away
from tests.conftest import People


def test_who_is_sent_away_hears_whether_it_is_the_person_or_the_desk(store: Store, people: People) -> None:
    assert store.ask(partial(why_away, staff_id=people.clerk.staff_id)) == ""
    assert store.ask(partial(why_away, staff_id="somebody who was stopped")) == STOPPED
    store.run(keep_state(state={"leaving": "7"}))
    assert store.ask(partial(why_away, staff_id="somebody who was stopped")) == LEAVING
    assert store.ask(partial(why_away, staff_id=people.clerk.staff_id)) == "", "nothing is removed yet"
