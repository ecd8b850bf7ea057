"""What a desk loads before its first paper, when a page was opened from which papers come.

Not when the program starts: fonts and renderer are some 50 MB that a desk needs only when it prints.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from deskapp.errors import DeskError

if TYPE_CHECKING:
    from deskapp.models.store import Store

log = logging.getLogger(__name__)


def prepare(store: Store) -> None:
    """Load fonts, renderer and this branch's templates; some 300 ms, for a thread that nobody waits for."""
    from deskapp.print import render
    from deskapp.print.here import templates_here

    try:
        render.warm_up(templates_here(store))
    except (DeskError, OSError) as trouble:  # the paper itself will say it in words
        log.info("printing could not be prepared: %s", trouble)
