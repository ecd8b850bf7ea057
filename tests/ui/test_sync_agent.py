"""The window's side of syncing: what keeps it from starting passes, and then it starts."""

from __future__ import annotations

from typing import Any

import pytest

from deskapp.commands.syncing import keep_state
from deskapp.errors import N_, Unavailable
from deskapp.models.store import Command, Store
from deskapp.sync.machine import Machine
from deskapp.ui import sync_agent
from deskapp.ui.jobs import Jobs
from deskapp.ui.sync_agent import SyncAgent


def test_an_agent_that_could_not_be_started_is_started_a_while_later(
    qtbot: Any, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk at the wrong moment left the desk silent until the program was started again."""
    run, failed = Store.run, []

    def full(where: Store, act: Command[Any], **more: Any) -> Any:
        if act.name == "take_identity" and not failed:
            failed.append(act)
            raise Unavailable(N_("The disk is full."), code="disk_full")
        return run(where, act, **more)

    monkeypatch.setenv("DESKAPP_NO_KEYRING", "1")
    monkeypatch.setattr(sync_agent, "AGAIN_MS", 20)
    monkeypatch.setattr(Store, "run", full)
    elsewhere = Machine("another computer", frozenset()).text()
    state = {"server": "http://127.0.0.1:9", "station": store.facts.station, "fingerprint": elsewhere}
    store.run(keep_state(state=state))
    jobs = Jobs(lambda: store)
    agent = SyncAgent(jobs, store, network=lambda _url: "")

    agent.look()

    qtbot.waitUntil(lambda: agent._agent is not None, timeout=10_000)
    assert failed
    agent.end()
    jobs.close()
