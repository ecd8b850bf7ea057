"""Who acts by a verb, and how the file that a verb was asked for is put in its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from deskapp.errors import N_, Refused, Unavailable
from deskapp.models.store import Actor, Store

Message = dict[str, Any]
Tell = Callable[[object], None]


def actor_of(store: Store, message: Message, tell: Tell) -> Actor:
    """Return who acts after checking the PIN; a wrong try is saved and slows the next one."""
    from deskapp.commands.people import sign_in

    tried = store.run(sign_in(who=str(message.get("staff", "")), pin=str(message.get("pin", ""))))
    tell(tried.changes)
    if tried.result.actor is None:
        seconds = max(1, tried.result.wait_ms // 1000)
        raise Refused(tried.result.sentence, field="pin", code="pin", seconds=seconds)
    if tried.result.must_change:
        raise Refused(N_("This PIN has to be changed first. Sign in at the window."), field="pin", code="must_change")
    return tried.result.actor


def write(target: Path, content: bytes) -> None:
    """Put a finished file where it was asked for, whole or not at all. Raises Unavailable."""
    from deskapp.cipher import write_durably

    try:
        write_durably(target, content)
    except OSError as error:
        raise Unavailable(
            N_("The file could not be written: {reason}"), field="file", reason=error.strerror or type(error).__name__
        ) from error
