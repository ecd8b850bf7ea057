"""Everything that can be started by key: one table, from which shortcuts, palette, navigation and help are built.

The table holds the default keys; a person may change them (the setting `window.shortcuts`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from PySide6.QtGui import QKeySequence

from deskapp.errors import N_, Refused


class Group(StrEnum):
    """The blocks of the cheat sheet and the palette."""

    COUNTER = "counter"
    WORKSHOP = "workshop"
    RECORDS = "records"
    BRANCH = "branch"
    PAGE = "page"
    WINDOW = "window"


GROUP_TITLES: Final[Mapping[Group, str]] = {
    Group.COUNTER: N_("Counter"),
    Group.WORKSHOP: N_("Workshop"),
    Group.RECORDS: N_("Look up"),
    Group.BRANCH: N_("Branch"),
    Group.PAGE: N_("On this page"),
    Group.WINDOW: N_("Window"),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What the window shows, as far as it decides which actions make sense."""

    signed_in: bool
    page: str
    page_can: frozenset[str]
    may: Callable[[str], bool]
    can_undo: bool = False


def signed_in(seen: Seen) -> bool:
    """Enable for everybody who is signed in."""
    return seen.signed_in


def _holding(*rights: str) -> Callable[[Seen], bool]:
    return lambda seen: seen.signed_in and any(seen.may(right) for right in rights)


def _on_page(method: str) -> Callable[[Seen], bool]:
    return lambda seen: seen.signed_in and method in seen.page_can


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action.

    `handler` is `open:PAGE` (go to a page), `page:METHOD` (a method of the page that is open) or
    `window:METHOD` (a method of the window). `enabled` is a pure function of what is seen.
    """

    id: str
    text: str
    shortcut: str
    icon: str
    group: Group
    handler: str
    enabled: Callable[[Seen], bool] = signed_in


def _open(page: str, text: str, shortcut: str, icon: str, group: Group, right: str = "") -> ActionSpec:
    return ActionSpec(
        f"open.{page}", text, shortcut, icon, group, f"open:{page}", _holding(right) if right else signed_in
    )


C, W, R, B, P, V = Group.COUNTER, Group.WORKSHOP, Group.RECORDS, Group.BRANCH, Group.PAGE, Group.WINDOW

ACTIONS: Final[tuple[ActionSpec, ...]] = (
    _open("today", N_("Today"), "Alt+Home", "home", C),
    _open("quick_ticket", N_("Quick ticket"), "F2", "phone-call", C, "ticket"),
    _open("check_in", N_("Check devices in"), "F3", "inbox", C, "check_in"),
    _open("bench", N_("Bench"), "F4", "stethoscope", W),
    _open("ready", N_("Ready and pickup"), "F5", "package", C),
    _open("merchants", N_("Merchants"), "F6", "building-store", R),
    _open("devices", N_("Devices"), "F7", "device-mobile", R),
    _open("tickets", N_("Tickets"), "F8", "clipboard-list", R),
    _open("stock", N_("Parts and stock"), "F9", "packages", W),
    _open("board", N_("Board"), "Ctrl+Shift+W", "chart-bar", W, "co_sign"),
    _open("key_runs", N_("Key-load runs"), "Ctrl+Shift+K", "key", W),
    _open("transfers", N_("Transports"), "Ctrl+Shift+T", "truck-delivery", W, "transfer"),
    _open("sort", N_("Sort devices"), "", "arrows-exchange", W, "transfer"),
    _open("guidance", N_("Remote guidance"), "Ctrl+G", "phone", C, "guidance"),
    _open("visits", N_("Visits"), "Ctrl+Shift+V", "map-pin", C, "visit"),
    _open("knowledge", N_("Knowledge"), "Ctrl+J", "book", C),
    _open("calls", N_("Call list"), "Ctrl+Shift+C", "message", C, "call"),
    _open("loaners", N_("Loaners"), "Ctrl+Shift+L", "switch-horizontal", C, "loaner"),
    _open("day_end", N_("Day end"), "Ctrl+Shift+E", "cash", B, "day_end"),
    _open("register", N_("Register book"), "Ctrl+Shift+R", "file-text", B, "register"),
    _open("stocktake", N_("Stocktake"), "", "checklist", B, "shelf_count"),
    _open("print_queue", N_("Print queue"), "Ctrl+Shift+P", "printer", B),
    _open("reviews", N_("To settle"), "Ctrl+Shift+J", "alert-circle", B),
    _open("disagreements", N_("Disagreements"), "", "arrows-exchange", B),
    _open("sync", N_("Syncing"), "Ctrl+Shift+Y", "cloud", B),
    _open("models", N_("Models and catalogue"), "", "cpu", B, "catalogue"),
    _open("prices", N_("Price list"), "", "report-money", B, "catalogue"),
    replace(_open("staff", N_("Staff"), "", "users", B), enabled=_holding("staff", "pin_reset")),
    _open("calendar", N_("Calendar"), "", "calendar", B, "calendar"),
    _open("import", N_("Import"), "", "upload", B, "import"),
    _open("go_live", N_("Take over work in progress"), "", "box", B, "go_live"),
    _open("printers", N_("Printers"), "", "printer", B),
    _open("templates", N_("Templates"), "", "file-text", B),
    _open("backup", N_("Backup and recovery"), "", "database-export", B, "backup"),
    _open("journal", N_("Journal"), "", "history", B, "audit"),
    _open("settings", N_("Settings"), "Ctrl+,", "settings", B),
    ActionSpec("page.save", N_("Save"), "Ctrl+S", "check", P, "page:save", _on_page("save")),
    ActionSpec("page.print", N_("Print"), "Ctrl+P", "printer", P, "page:print_paper", _on_page("print_paper")),
    ActionSpec("page.next", N_("Next in the list"), "Alt+Down", "chevron-down", P, "page:next_record",
               _on_page("next_record")),
    ActionSpec("page.previous", N_("Previous in the list"), "Alt+Up", "chevron-up", P, "page:previous_record",
               _on_page("previous_record")),
    ActionSpec("page.export", N_("Export as Excel"), "Ctrl+Shift+X", "download", P, "page:export", _on_page("export")),
    ActionSpec("page.filter", N_("Filter this list"), "Ctrl+F", "filter", P, "page:filter", _on_page("filter")),
    ActionSpec("window.find", N_("Find anything, do anything"), "Ctrl+K", "search", V, "window:search"),
    ActionSpec("window.undo", N_("Undo the last act"), "Ctrl+Shift+Z", "arrow-back-up", V, "window:undo",
               lambda seen: seen.signed_in and seen.can_undo),
    ActionSpec("window.sync", N_("Sync with the server now"), "Ctrl+Shift+S", "refresh", V, "window:sync_now"),
    ActionSpec("window.back", N_("Back"), "Alt+Left", "chevron-left", V, "window:back"),
    ActionSpec("window.help", N_("Keys"), "F1", "keyboard", V, "window:help", lambda seen: True),
    ActionSpec("window.lock", N_("Lock"), "Ctrl+L", "lock", V, "window:lock"),
    ActionSpec("window.switch", N_("Another person"), "Ctrl+U", "user", V, "window:switch_user"),
    ActionSpec("window.larger", N_("Larger text"), "Ctrl++", "typography", V, "window:larger", lambda seen: True),
    ActionSpec("window.smaller", N_("Smaller text"), "Ctrl+-", "typography", V, "window:smaller", lambda seen: True),
    ActionSpec("window.theme", N_("Light, dark, high contrast"), "Ctrl+Shift+D", "contrast", V, "window:next_theme",
               lambda seen: True),
    ActionSpec("window.language", N_("中文 / English"), "Ctrl+Shift+Space", "language", V, "window:next_language",
               lambda seen: True),
    ActionSpec("window.rail", N_("Narrow or wide navigation"), "Ctrl+B", "menu-2", V, "window:toggle_rail"),
    ActionSpec("window.full", N_("Full screen"), "F11", "external-link", V, "window:full_screen", lambda seen: True),
)  # fmt: skip

BY_ID: Final[Mapping[str, ActionSpec]] = {action.id: action for action in ACTIONS}


def with_keys(changed: Mapping[str, str], actions: Iterable[ActionSpec] = ACTIONS) -> tuple[ActionSpec, ...]:
    """Return the actions with a person's own shortcuts in place; an empty text switches one off.

    A shortcut that would clash is left at its default, so a bad setting never takes a key away.
    """
    table = list(actions)
    for place, action in enumerate(table):
        wanted = changed.get(action.id)
        if wanted is None:
            continue
        others = {other.shortcut for other in table if other is not action}
        if wanted == "" or (wanted not in others and is_chord(wanted)):
            table[place] = replace(action, shortcut=wanted)
    return tuple(table)


def actions_for(pages: Collection[str], changed: Mapping[str, str]) -> tuple[ActionSpec, ...]:
    """Return the actions of a window that has these pages, with a person's own shortcuts."""
    return tuple(
        action for action in with_keys(changed)
        if not action.handler.startswith("open:") or action.handler.removeprefix("open:") in pages
    )  # fmt: skip


def change_key(changed: Mapping[str, str], action_id: str, keys: str) -> dict[str, str]:
    """Return the changed shortcuts with one more; raises Refused when the key is taken or is for typing."""
    wanted = QKeySequence(keys).toString(QKeySequence.SequenceFormat.PortableText)
    if wanted and not is_chord(wanted):
        raise Refused(N_("A single letter or digit is needed for typing and scanning."), field="shortcut")
    for action in with_keys(changed):
        if wanted and action.id != action_id and action.shortcut == wanted:
            raise Refused(N_("{keys} is taken by “{action}”."), field="shortcut", keys=wanted, action=action.text)
    return {**changed, action_id: wanted}


def is_chord(keys: str) -> bool:
    """Tell whether a shortcut cannot be typed by a scanner: a function key, or one with Ctrl or Alt."""
    sequence = QKeySequence(keys)
    if sequence.count() != 1:
        return False
    text = sequence.toString(QKeySequence.SequenceFormat.PortableText)
    last = text.rsplit("+", 1)[-1]
    return "Ctrl+" in text or "Alt+" in text or "Meta+" in text or (len(last) > 1 and last.startswith("F"))


def shown_key(keys: str) -> str:
    """Return a shortcut as this computer writes it."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText) if keys else ""
