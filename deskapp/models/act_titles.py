"""What an act of the journal is called, also while the command that does it is not loaded, or is there no more.

Commands are loaded with the page that needs them, the journal tells of all of them. So their titles lie beside the
program (`resources/acts.json`, written by `installer/write_docs.py`), where a title is never taken out again: what
was done by it stays in the journal.
"""

from __future__ import annotations

import json
from functools import cache

from deskapp.errors import N_
from deskapp.models.write import REGISTRY
from deskapp.paths import resource

UNKNOWN = N_("Done by another version of the program")


def act_title(command: str) -> str:
    """Return the title (a message id) of what a command of this name did."""
    spec = REGISTRY.get(command)
    return spec.title if spec is not None else _kept().get(command, UNKNOWN)


@cache
def _kept() -> dict[str, str]:
    found: dict[str, str] = json.loads(resource("acts.json").read_text("utf-8"))
    return found
