"""The call list: only the merchants who still have to be told, longest waiting first."""

from __future__ import annotations

from deskapp.errors import N_
from deskapp.ui.kit import EmptyState
from deskapp.ui.pages.ready import ReadyPage


class CallsPage(ReadyPage):
    """Whom to call."""

    calls_only = True
    heading = N_("Call list")
    hint = N_("Merchants nobody has reached since their devices became ready, or since the next step began.")

    def _empty(self) -> EmptyState:
        words = N_("Everybody has been told. Whoever does not come appears here again when the next step is due.")
        return EmptyState("phone-call", words)
