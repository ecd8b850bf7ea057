"""Looks at what came from other counters once it is all here: cards for what does not fit are raised and closed.

What arrived is kept in memory only. Up to where it was looked at stands in the store (`looked`), so that a program that
was ended between laying down and looking looks at the rest when it is started again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from functools import partial

from deskapp.commands.disagreements import (
    NUMBERED,
    WATCHED,
    close_what_fits,
    complaints,
    newer_than,
    newest,
    raise_disagreements,
    sharing_a_number,
)
from deskapp.errors import DeskError
from deskapp.models import sync_state
from deskapp.models.store import Changes, Store

log = logging.getLogger(__name__)

MOST = 2_000
"""Facts looked at after one contact. A first fill brings more: whatever did not fit there has its card already."""


class Lookout:
    """Notes what was laid down and looks closer when asked. Belongs to one thread at a time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._arrived: dict[str, dict[str, None]] = {}
        self._begun = False
        self._looked = ""

    def looked(self) -> dict[str, str]:
        """Return what the store is to keep of how far it was looked (`sync_state.KEYS`); told once."""
        looked, self._looked = self._looked, ""
        return {"looked": looked} if looked else {}

    def note(self, changes: Changes) -> None:
        """Note rows that were laid down."""
        for table, record_id in changes.records:
            if table in WATCHED:
                self._arrived.setdefault(table, {})[record_id] = None

    def look(self) -> Changes | None:
        """Raise cards for what arrived since the last look, close those that fit by now; return what that changed."""
        self._take_up()
        arrived, self._arrived = self._arrived, {}
        records: frozenset[tuple[str, str]] = frozenset()
        try:
            told = self._worth_it(arrived)
            if told:
                records |= self._store.run(raise_disagreements(arrived=told)).changes.records
            if self._store.ask(complaints):
                records |= self._store.run(close_what_fits()).changes.records
        except DeskError as error:  # a full disk: what came is laid down all the same
            log.warning("what arrived could not be looked at: %s", error.code)
            self._arrived = arrived  # nobody else came in between: both are done by one thread
        else:
            if arrived:
                self._looked = json.dumps(self._store.ask(newest))
        return Changes(records) if records else None

    def _take_up(self) -> None:
        """Note once what arrived when this program ran before, and was not looked at any more."""
        if self._begun:
            return
        self._begun = True
        with self._store.read() as session:
            looked = sync_state.state(session, "looked")
            left = newer_than(session, json.loads(looked), MOST) if looked else {}
        for table, ids in left.items():
            self._arrived[table] = {**dict.fromkeys(ids), **self._arrived.get(table, {})}

    def _worth_it(self, arrived: Mapping[str, Mapping[str, None]]) -> dict[str, list[str]]:
        """Return what is to be looked at closely: facts, and of numbered records those whose number is not alone."""
        facts = {table: list(ids) for table, ids in arrived.items() if table not in NUMBERED}
        told = facts if sum(map(len, facts.values())) <= MOST else {}
        records = {table: list(ids) for table, ids in arrived.items() if table in NUMBERED}
        if 0 < sum(map(len, records.values())) <= MOST:
            told |= self._store.ask(partial(sharing_a_number, arrived=records))
        return told
