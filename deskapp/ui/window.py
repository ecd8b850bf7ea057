"""The window: lock screen and desk, actions by key, how it looks and speaks.

It opens with the lock screen alone; the desk is furnished after the first paint, when the
store is open and the heavy libraries are loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QMainWindow, QStackedWidget

from deskapp import i18n, settings
from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.settings import Setting, Values
from deskapp.ui import theme
from deskapp.ui.entrance import Entrance
from deskapp.ui.lock import LockScreen
from deskapp.ui.speech import retranslate_tree, spoken

# The lock screen is painted before anything else is loaded: the desk's parts are imported where they are built.
if TYPE_CHECKING:
    from deskapp.models.store import Actor, Changes, ReadSession
    from deskapp.ui.actions import ActionSpec, Seen
    from deskapp.ui.cheat_sheet import CheatSheet
    from deskapp.ui.finding import Finder
    from deskapp.ui.jobs import Jobs
    from deskapp.ui.page import PageSpec, PrintDoor, SyncDoor
    from deskapp.ui.scanner import Scanner
    from deskapp.ui.shell import Shell
    from deskapp.ui.status import StatusCard
    from deskapp.ui.watch import Watch

THEMES = ("light", "dark", "contrast")

May = Callable[[Iterable[str], str], bool]
StatusQuestion = Callable[["ReadSession"], "StatusCard"]


class Window(QMainWindow):
    """The desk's only window.

    Signals:
        furnished: the desk is ready behind the lock screen.
        signed_in: somebody came in; carries the Actor.
        locked: the lock screen is shown again.
    """

    furnished = Signal()
    signed_in = Signal(object)
    locked = Signal()

    def __init__(self, values: Values, branch: str = "", *, practice: bool = False) -> None:
        super().__init__()
        self.values = values
        self.practice = practice
        self.actor: Actor | None = None
        self.shell: Shell | None = None
        self.jobs: Jobs | None = None
        self.scanner: Scanner | None = None
        self.sheet: CheatSheet | None = None
        self.actions_table: tuple[ActionSpec, ...] = ()
        self.shortcuts: list[QShortcut] = []
        self._branch = branch
        self._last_number = ""
        self.watch: Watch | None = None
        self._status: StatusQuestion | None = None
        self._role_may: May = lambda roles, right: True
        self._now: Callable[[], int] = lambda: 0
        self.lock_screen = LockScreen()
        self.entrance = Entrance(self.lock_screen, self)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.lock_screen)
        self.setCentralWidget(self._stack)
        theme.open_at(self, 1280, 760)
        self.setMinimumSize(960, 600)
        self.entrance.came_in.connect(self.enter)
        self.lock_screen.language_wanted.connect(self.next_language)
        self.lock_screen.theme_wanted.connect(self.next_theme)
        i18n.on_change(self._language_changed)
        self._show_branch()
        self.lock_screen.welcome()

    # -- the desk ----------------------------------------------------------------

    def furnish(
        self, jobs: Jobs, pages: Sequence[PageSpec], finder: Finder, *, now: Callable[[], int],
        may: May | None = None, status: StatusQuestion | None = None, printing: PrintDoor | None = None,
        syncing: SyncDoor | None = None,
    ) -> None:  # fmt: skip
        """Build the desk behind the lock screen.

        `may(roles, right)` tells what a person may; `status` answers what the status line shows; `now` gives ms UTC;
        `printing` and `syncing` are what pages may ask of the spooler and of the agent.
        """
        from deskapp.ui.actions import actions_for, shown_key
        from deskapp.ui.page import PageContext, PrintDoor, SyncDoor
        from deskapp.ui.routing import Router
        from deskapp.ui.shell import Shell
        from deskapp.ui.widgets.notices import Toasts

        self.jobs, self._now, self._status = jobs, now, status
        self._role_may = may or self._role_may
        known = {page.id for page in pages}
        self.actions_table = actions_for(known, self.values[settings.SHORTCUTS])
        keys = {action.handler.removeprefix("open:"): shown_key(action.shortcut) for action in self.actions_table}
        self.router = Router(jobs, finder, self.toast, self)
        self.shell = Shell(jobs, pages, keys, self.router.search)
        self.shell.context = PageContext(
            jobs=jobs, navigate=self.navigate, toast=self.toast, ask_supervisor=self.entrance.ask_supervisor, now=now,
            values=lambda: self.values, actor=lambda: self.actor, may=self.may, back=self.back, practice=self.practice,
            set_value=self.set_value, printing=printing or PrintDoor(), syncing=syncing or SyncDoor(),
        )  # fmt: skip
        self._show_branch()
        self.shell.keep_narrow(self.values[settings.RAIL_NARROW])
        self.router.attach(self.shell, self.actions_table)
        self._stack.addWidget(self.shell)
        self.toasts = Toasts(self.shell)
        self._connect(jobs, self.shell)
        self.scanner = self._start_watch()
        self.scanner.input_method_suspected.connect(self.shell.status.suspect_input_method)
        self.shortcuts = [self._shortcut(action) for action in self.actions_table if action.shortcut]
        self.entrance.open_for(jobs, self.shell.supervisor, self.shell.look_ahead)
        self.furnished.emit()

    def _connect(self, jobs: Jobs, shell: Shell) -> None:
        jobs.changed.connect(self._changed)
        jobs.refused.connect(lambda error: self.toast(say(error), tone="warn", raw=True))
        jobs.busy.connect(shell.status.busy.setVisible)
        shell.lock_wanted.connect(self.lock)
        shell.user_wanted.connect(self.switch_user)
        shell.theme_wanted.connect(self.next_theme)
        shell.language_wanted.connect(self.next_language)
        shell.opened.connect(self._opened)
        self.router.failed.connect(self._beep)
        self.router.undo_wanted.connect(self.undo)
        self.router.badge_scanned.connect(self._badge)
        self.router.chosen_action.connect(self.act)

    def _start_watch(self) -> Scanner:
        from deskapp.ui.watch import Watch

        app = QApplication.instance()
        if app is None:
            raise RuntimeError("a window needs an application")
        gap, idle = self.values[settings.SCAN_GAP], self.values[settings.IDLE_LOCK]
        self.watch = Watch(app, gap_ms=gap, idle_minutes=idle, parent=self)
        self.watch.idle.connect(self.lock)
        self.watch.due.connect(self.ask_status)
        self.watch.scanner.scanned.connect(self.scan)
        self.watch.scanner.repeated.connect(self._scanned_again)
        return self.watch.scanner

    # -- who is here -------------------------------------------------------------

    def may(self, right: str) -> bool:
        """Tell whether the person who is signed in has a right."""
        return self.actor is not None and self._role_may(self.actor.roles, right)

    def enter(self, actor: Actor) -> None:
        """Let a person in who has been checked; another person finds no page as it was left."""
        if self.shell is None or self.jobs is None:
            raise RuntimeError("the desk is not furnished yet")
        if self._last_number not in ("", actor.staff_no):
            self.shell.forget_pages()
        self._last_number = actor.staff_no
        self.actor = self.jobs.actor = actor
        self.shell.allow(self.may)
        self.shell.status.show_person(actor.name, actor.staff_no)
        self._stack.setCurrentWidget(self.shell)
        self.shell.resume()
        self.ask_status()
        self.signed_in.emit(actor)

    def lock(self) -> None:
        """Show the lock screen; what is half typed stays for the same person."""
        if self.actor is None or self.shell is None or self.jobs is None:
            return
        self.shell.leave()
        self._close_sheet()
        self.toasts.clear()
        self.actor = self.jobs.actor = None
        self.router.see(self.seen())
        self._stack.setCurrentWidget(self.lock_screen)
        self.lock_screen.welcome(self._last_number)
        self.locked.emit()

    def switch_user(self) -> None:
        """Lock, and let another person begin."""
        self.lock()
        self.lock_screen.welcome()

    def _badge(self, code: str) -> None:
        self.lock()
        self.lock_screen.choose(code)

    # -- going about -------------------------------------------------------------

    def navigate(self, page_id: str, **args: object) -> None:
        """Open a page."""
        if self.shell is not None and self.actor is not None:
            self._close_sheet()
            self.shell.go(page_id, **args)

    def back(self) -> None:
        """Open the page before this one."""
        if self.shell is not None:
            self.shell.back()

    def search(self) -> None:
        """Go to the scan-and-search field and list what can be done."""
        if self.shell is not None:
            self.shell.find_field.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.shell.find_field.selectAll()
            self.shell.find_field.ask_now()

    def scan(self, text: str) -> None:
        """Take a code."""
        scan = self.lock_screen.scan if self.actor is None or self.shell is None else self.router.scan
        scan(text)

    def toast(
        self, text: str, *, tone: str = "info", undo: Callable[[], object] | None = None, raw: bool = False,
        **values: object,
    ) -> None:  # fmt: skip
        """Show a notice."""
        if self.shell is not None:
            self.toasts.say(text, values, tone=tone, undo=undo, raw=raw)

    def undo(self) -> None:
        """Undo the last act, if its notice can."""
        if not self.toasts.undo_last():
            self.toast(N_("There is nothing to undo."))

    def help(self) -> None:
        """Show all keys, or take them away."""
        from deskapp.ui.cheat_sheet import CheatSheet

        if self.shell is None or self.actor is None:
            return
        if self.sheet is not None and self.sheet.isVisible():
            self._close_sheet()
        else:
            self.sheet = CheatSheet(self.shell, self.actions_table)
            self.sheet.open_sheet()

    def sync_now(self) -> None:
        """Speak with the server now."""
        if self.shell is not None and self.shell.context is not None:
            self.shell.context.syncing.hurry()

    def full_screen(self) -> None:
        """Use the whole screen, or no longer."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def act(self, action: ActionSpec) -> None:
        """Do an action if it makes sense now."""
        if not action.enabled(self.seen()):
            return
        where, _colon, name = action.handler.partition(":")
        page = self.shell.page() if self.shell is not None else None
        if where == "open":
            self.navigate(name)
        elif where == "page" and page is not None:
            getattr(page, name)()
        elif where == "window":
            getattr(self, name)()

    def seen(self) -> Seen:
        """Return what decides which actions make sense."""
        from deskapp.ui.actions import Seen

        page = self.shell.page() if self.shell is not None else None
        methods = (action.handler.removeprefix("page:") for action in self.actions_table)
        can = frozenset(name for name in methods if page is not None and callable(getattr(page, name, None)))
        undoable = self.shell is not None and self.toasts.can_undo()
        here = self.shell.page_id() if self.shell is not None else ""
        return Seen(self.actor is not None, here, can, self.may, undoable)

    def _shortcut(self, action: ActionSpec) -> QShortcut:
        shortcut = QShortcut(QKeySequence(action.shortcut), self)
        shortcut.activated.connect(lambda: self.act(action))
        return shortcut

    def _opened(self, _page_id: str) -> None:
        self.router.see(self.seen())
        self._show_title()

    def _close_sheet(self) -> None:
        sheet, self.sheet = self.sheet, None
        if sheet is not None:
            sheet.close_sheet()
            sheet.deleteLater()

    def _scanned_again(self, text: str) -> None:
        self._beep()
        if self.shell is not None:
            self.shell.show_scan(text)

    def _beep(self) -> None:
        if self.values[settings.SOUNDS]:
            QApplication.beep()

    # -- how it looks and speaks -----------------------------------------------------

    def set_value(self, setting: Setting[Any], value: Any) -> None:
        """Change a setting at once and keep it; where that is refused, the old value comes back."""
        before = self.values[setting]
        self._use_value(setting, value)
        if self.jobs is not None:
            from deskapp.commands.setup import set_setting

            def refused(error: DeskError) -> None:
                self._use_value(setting, before)
                self.toast(say(error), tone="warn", raw=True)

            self.jobs.do(set_setting(key=setting.key, value=value), owner=self, refused=refused)

    def _use_value(self, setting: Setting[Any], value: Any) -> None:
        self.values = self.values.having(setting, value)
        if setting in (settings.THEME, settings.SCALE, settings.RAIL_NARROW):
            self.restyle()
        elif setting is settings.LANGUAGE:
            i18n.use(value)
        elif self.watch is not None:
            self.watch.scanner.gap_ms = self.values[settings.SCAN_GAP]
            self.watch.idle_minutes = self.values[settings.IDLE_LOCK]

    def next_theme(self) -> None:
        """Change between light, dark and high contrast."""
        self.set_value(settings.THEME, THEMES[(THEMES.index(theme.now().mode) + 1) % len(THEMES)])

    def larger(self) -> None:
        """Make all text larger."""
        self.set_value(settings.SCALE, min(200, theme.now().scale + 10))

    def smaller(self) -> None:
        """Make all text smaller."""
        self.set_value(settings.SCALE, max(100, theme.now().scale - 10))

    def next_language(self) -> None:
        """Change between Chinese and English."""
        self.set_value(settings.LANGUAGE, "en" if i18n.language() == "zh_CN" else "zh_CN")

    def toggle_rail(self) -> None:
        """Keep the navigation narrow, or let the width decide."""
        self.set_value(settings.RAIL_NARROW, not self.values[settings.RAIL_NARROW])

    def restyle(self) -> None:
        """Apply the look of the settings."""
        if isinstance(app := QApplication.instance(), QApplication):
            theme.apply(app, self.values[settings.THEME], self.values[settings.SCALE])
        if self.shell is not None:
            self.shell.keep_narrow(self.values[settings.RAIL_NARROW])

    def ask_status(self) -> None:
        """Ask what the status line shows."""
        if self.jobs is not None and self._status is not None:
            self.jobs.ask(self._status, owner=self, then=self._status_here, exclusive="status")

    def closeEvent(self, event: QCloseEvent) -> None:
        """Let the page keep its draft and stop watching."""
        if self.shell is not None:
            self.shell.leave()
        i18n.forget_listener(self._language_changed)
        if self.watch is not None:
            self.watch.stop()
        super().closeEvent(event)

    def _language_changed(self) -> None:
        self._close_sheet()
        retranslate_tree(self)
        self._show_title()

    def _show_title(self) -> None:
        page = self.shell.pages.get(self.shell.page_id()) if self.shell is not None else None
        practice = spoken(N_("Practice")) if self.practice else ""
        parts = (spoken(page.title) if page else "", self._branch, spoken(N_("Terminal service desk")), practice)
        self.setWindowTitle(" – ".join(part for part in parts if part))

    def _changed(self, changes: Changes) -> None:
        if self.shell is not None and self.actor is not None:
            self.shell.tell(changes)
        self.ask_status()

    def _status_here(self, card: StatusCard) -> None:
        if self.shell is not None:
            self.shell.status.show_status(card, self._now())
        self._branch = card.branch or self._branch  # it may be renamed
        self._show_branch()

    def _show_branch(self) -> None:
        self.lock_screen.show_branch(self._branch, practice=self.practice)
        if self.shell is not None:
            self.shell.status.show_branch(self._branch, practice=self.practice)
        self._show_title()
