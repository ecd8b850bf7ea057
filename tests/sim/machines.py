"""On which computer each desk's program finds itself: a disk that was cloned runs on the same or on another one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from deskapp.sync import enrol as enrol_module
from deskapp.sync.machine import Machine
from tests.sim.desk import SAME

if TYPE_CHECKING:
    from tests.sim.world import World


@contextmanager
def machines(world: World) -> Iterator[None]:
    """Let each desk's program see the computer that its schedule says it runs on."""
    moved, belong, seen = enrol_module.moved_machine, enrol_module._belong, [SAME]

    def of(store: Any) -> Machine:
        return next((desk.machine for desk in world.desks.values() if desk.store is store), SAME)

    def belongs(store: Any, *given: Any, **named: Any) -> Any:
        seen[0] = of(store)
        return belong(store, *given, **named)

    with ExitStack() as stack:
        for name, value in (
            ("moved_machine", lambda store: moved(store, lambda: of(store))), ("_belong", belongs),
            ("this_machine", lambda: seen[0]),
        ):  # fmt: skip
            stack.enter_context(patch.object(enrol_module, name, value))
        yield
