"""The table of actions: unique, reachable, safe from scanners, changeable."""

from __future__ import annotations

import pytest

from deskapp.errors import Refused
from deskapp.ui import icons
from deskapp.ui.actions import ACTIONS, GROUP_TITLES, Group, Seen, change_key, is_chord, with_keys
from deskapp.ui.page import Page
from deskapp.ui.palette import matching, suggestion_of
from deskapp.ui.window import Window

NOBODY = Seen(False, "", frozenset(), lambda right: False)
EVERYTHING = Seen(True, "today", frozenset({"save"}), lambda right: True, can_undo=True)


def test_ids_and_shortcuts_are_unique():
    ids = [action.id for action in ACTIONS]
    keys = [action.shortcut for action in ACTIONS if action.shortcut]

    assert len(set(ids)) == len(ids)
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_no_shortcut_can_be_typed_by_a_scanner_and_every_icon_is_shipped(action):
    assert action.shortcut == "" or is_chord(action.shortcut)
    assert icons.exists(action.icon)
    assert action.group in GROUP_TITLES


@pytest.mark.parametrize("action", [a for a in ACTIONS if a.handler.startswith("window:")], ids=lambda a: a.id)
def test_the_window_has_what_the_table_names(action):
    assert callable(getattr(Window, action.handler.removeprefix("window:")))


def test_every_group_has_a_title():
    assert set(GROUP_TITLES) == set(Group)


def test_nobody_signed_in_can_do_little():
    free = {action.id for action in ACTIONS if action.enabled(NOBODY)}

    assert free == {"window.help", "window.larger", "window.smaller", "window.theme", "window.language", "window.full"}


def test_page_actions_are_there_when_the_page_has_them():
    usable = {action.id for action in ACTIONS if action.enabled(EVERYTHING)}

    assert "page.save" in usable and "page.export" not in usable
    assert not hasattr(Page, "save")


def test_a_person_may_change_a_shortcut():
    changed = change_key({}, "open.bench", "Ctrl+Shift+B")
    table = {action.id: action.shortcut for action in with_keys(changed)}

    assert table["open.bench"] == "Ctrl+Shift+B"


def test_a_taken_shortcut_is_refused_with_the_name_of_its_action():
    with pytest.raises(Refused) as refusal:
        change_key({}, "open.bench", "F2")

    assert refusal.value.values["action"] == "Quick ticket"


@pytest.mark.parametrize("keys", ["A", "7", "Shift+X", "Space"])
def test_keys_for_typing_are_refused(keys):
    with pytest.raises(Refused):
        change_key({}, "open.bench", keys)


def test_a_bad_setting_never_takes_a_key_away():
    table = {action.id: action.shortcut for action in with_keys({"open.bench": "F2", "open.ready": "k"})}

    assert table["open.bench"] == "F4" and table["open.ready"] == "F5"
    assert table["open.quick_ticket"] == "F2"


def test_the_palette_finds_actions_by_word_in_either_language():
    found = matching(ACTIONS, "theme", lambda action: True) or matching(ACTIONS, "light, dark", lambda action: True)
    assert found[0].id == "window.theme"

    assert matching(ACTIONS, "quick", lambda action: True)[0].id == "open.quick_ticket"
    assert matching(ACTIONS, "F3", lambda action: True)[0].id == "open.check_in"
    assert matching(ACTIONS, "nothing like this", lambda action: True) == []


def test_an_action_is_listed_with_its_key():
    line = suggestion_of(next(action for action in ACTIONS if action.id == "open.quick_ticket"))

    assert (line.title, line.key) == ("Quick ticket", "F2")
