"""Actions in the scan-and-search field: what can be done stands beside what can be found."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from deskapp.i18n import translate
from deskapp.ui.actions import GROUP_TITLES, ActionSpec, shown_key
from deskapp.ui.speech import spoken, without_mnemonic
from deskapp.ui.widgets.suggest import Suggestion

MOST = 8


def matching(actions: Sequence[ActionSpec], text: str, usable: Callable[[ActionSpec], bool]) -> list[ActionSpec]:
    """Return the usable actions that fit a text in either language, best first; without a text all of them."""
    wanted = text.strip().casefold()
    fitting = [(rank, place, action) for place, action in enumerate(actions)
               if usable(action) and (rank := _rank(action, wanted)) is not None]  # fmt: skip
    fitting.sort(key=lambda entry: entry[:2])
    found = [action for _rank_, _place, action in fitting]
    return found[:MOST] if wanted else found


def suggestion_of(action: ActionSpec) -> Suggestion:
    """Return an action as a line of the list, with its key."""
    return Suggestion(
        without_mnemonic(spoken(action.text)), "", action.icon, GROUP_TITLES[action.group], action,
        shown_key(action.shortcut),
    )  # fmt: skip


def _rank(action: ActionSpec, wanted: str) -> int | None:
    if not wanted:
        return 0
    names = {without_mnemonic(translate(action.text, language)).casefold() for language in ("zh_CN", "en")}
    if any(name.startswith(wanted) for name in names):
        return 0
    words = wanted.split()
    if any(all(word in name for word in words) for name in names):
        return 1
    if action.shortcut.casefold() == wanted:
        return 0
    return None
