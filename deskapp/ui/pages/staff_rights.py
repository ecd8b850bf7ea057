"""What the roles of a person may do, in words."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from deskapp.errors import N_
from deskapp.paths import resource
from deskapp.rules.access import RIGHTS, Roles, load, rights_of
from deskapp.ui.kit import spoken
from deskapp.ui.speech import clauses


@cache
def rights_table() -> Roles:
    """Return the table of roles and rights as shipped."""
    return load(resource("roles.toml").read_text("utf-8"))


def rights_text(roles: Iterable[str]) -> str:
    """Return the rights of these roles as one sentence, in the order of the table of rights."""
    held = rights_of(rights_table(), roles)
    if not held:
        return spoken(N_("No role is ticked yet."))
    return clauses(spoken(title) for right, title in RIGHTS.items() if right in held)
