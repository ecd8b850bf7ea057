"""Actions in the scan-and-search field: what can be done stands beside what can be found.

Besides the table of actions the field knows the buttons of the page that is open: whoever remembers what a button
says need not look for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from deskapp.i18n import translate
from deskapp.ui.actions import GROUP_TITLES, ActionSpec, Group, shown_key
from deskapp.ui.speech import spoken, without_mnemonic
from deskapp.ui.widgets.enter import into_view
from deskapp.ui.widgets.suggest import Suggestion
from deskapp.ui.widgets.text import Button

MOST = 8
MOST_BUTTONS = 5
LEAST = 2
"""Letters from which buttons are looked for: one letter fits nearly every one."""

DEEDS = ("", "primary", "danger", "quiet", "link", "tile")
"""Roles of buttons that do something; the others are answers, tabs and places."""


@dataclass(frozen=True, slots=True)
class Deed:
    """A button of the open page: what it says, and by which words it is found."""

    title: str
    names: frozenset[str]
    icon: str
    button: Button

    def lead(self) -> None:
        """Go to the button while it is still there. What only opens a form opens it; all else waits for Enter there.

        A word that was meant to be looked up never saves, settles or drops anything.
        """
        if shiboken6.isValid(self.button) and self.button.isVisible() and self.button.isEnabled():
            self.button.setFocus(Qt.FocusReason.ShortcutFocusReason)
            into_view(self.button)
            if self.title.endswith(("…", "...")):
                self.button.click()


def deeds_of(page: QWidget | None) -> tuple[Deed, ...]:
    """Return what the open page can do; what several buttons say says nothing here and is left out."""
    if page is None:
        return ()
    found = [
        Deed(without_mnemonic(one.text()), _names(one.message), one.icon_name, one)
        for one in page.findChildren(Button)
        if one.message and one.isVisible() and one.isEnabled() and str(one.property("role") or "") in DEEDS
    ]
    often = Counter(deed.title for deed in found)
    return tuple(deed for deed in found if often[deed.title] == 1)


def fitting_deeds(deeds: Sequence[Deed], text: str) -> list[Suggestion]:
    """Return the buttons of the page that fit a text, best first."""
    wanted = text.strip().casefold()
    if len(wanted) < LEAST:
        return []
    ranked = [(rank, place) for place, deed in enumerate(deeds) if (rank := _fits(deed.names, wanted)) is not None]
    return [
        Suggestion(deeds[place].title, "", deeds[place].icon, GROUP_TITLES[Group.PAGE], deeds[place])
        for _rank_, place in sorted(ranked)[:MOST_BUTTONS]
    ]


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
    rank = _fits(_names(action.text), wanted)
    return 0 if rank is None and action.shortcut.casefold() == wanted else rank


def _names(text: str) -> frozenset[str]:
    return frozenset(without_mnemonic(translate(text, language)).casefold() for language in ("zh_CN", "en"))


def _fits(names: Collection[str], wanted: str) -> int | None:
    """Return 0 where a name begins with the text, 1 where it holds every word of it, else None."""
    if any(name.startswith(wanted) for name in names):
        return 0
    words = wanted.split()
    return 1 if any(all(word in name for word in words) for name in names) else None
