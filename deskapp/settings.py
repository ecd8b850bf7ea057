"""Every setting of this computer, declared once: key, type, default, title and the page it is on.

Values lie in the table `setting` as JSON; a value that cannot be read (written by a newer
version, or damaged) counts as the default, so a setting never keeps the desk from opening.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, Generic, Protocol, TypeVar, cast

from deskapp.errors import N_, Refused

V = TypeVar("V", str, int, bool, "dict[str, str]")


class Setting(Generic[V]):  # no dataclass: making one loads a parser of Python, for which the start has no time
    """One declared setting. `choices` are the only values allowed (any when empty); `low`/`high` bound an int."""

    __slots__ = ("choices", "default", "high", "hint", "key", "low", "page", "title", "type")

    def __init__(
        self, key: str, kind: type[V], default: V, title: str, page: str, choices: tuple[V, ...] = (),
        low: int | None = None, high: int | None = None, hint: str = "",
    ) -> None:  # fmt: skip
        self.key = key
        self.type: type[V] = kind
        self.default: V = default
        self.title = title
        self.page = page
        self.choices: tuple[V, ...] = choices
        self.low = low
        self.high = high
        self.hint = hint

    def accept(self, value: object) -> V:
        """Return the value when it is allowed; raises Refused at the field named by the key."""
        wrong = not isinstance(value, self.type) or (self.type is int and isinstance(value, bool))
        if not wrong and self.choices:
            wrong = value not in self.choices
        if not wrong and isinstance(value, int) and self.type is int:
            wrong = (self.low is not None and value < self.low) or (self.high is not None and value > self.high)
        if wrong:
            raise Refused(N_("This value does not fit the setting “{title}”."), field=self.key, title=self.title)
        return cast(V, value)

    def encode(self, value: object) -> str:
        """Return the JSON text that is stored for a value; raises Refused when it is not allowed."""
        return json.dumps(self.accept(value), ensure_ascii=False, sort_keys=True)

    def decode(self, text: str | None) -> V:
        """Return the stored value, or the default when there is none that can be read."""
        if text is None:
            return self.default
        try:
            return self.accept(json.loads(text))
        except (ValueError, Refused):
            return self.default


# ---- how the window looks and speaks
LANGUAGE: Final = Setting("window.language", str, "zh_CN", N_("Language"), "window", choices=("zh_CN", "en", "qps"))
THEME: Final = Setting("window.theme", str, "light", N_("Colours"), "window", choices=("light", "dark", "contrast"))
SCALE: Final = Setting("window.scale", int, 100, N_("Text size in per cent"), "window", low=100, high=200)
RAIL_NARROW: Final = Setting("window.rail_narrow", bool, False, N_("Navigation shows icons only"), "window")
SOUNDS: Final = Setting("window.sounds", bool, True, N_("Sounds for scans"), "window")
SHORTCUTS: Final[Setting[dict[str, str]]] = Setting(
    "window.shortcuts", dict, {}, N_("Changed shortcuts"), "shortcuts",
    hint=N_("Action and key; an empty key switches the shortcut off."),
)  # fmt: skip

# ---- who sits here
IDLE_LOCK: Final = Setting(
    "access.idle_lock_minutes", int, 10, N_("Lock after minutes without a key"), "access", low=1, high=240
)
HIDE_NAMES: Final = Setting("access.hide_names", bool, False, N_("Hide names on the lock screen"), "access")

# ---- the scanner
SCAN_GAP: Final = Setting(
    "scanner.gap_ms", int, 35, N_("Longest mean gap between a scanner's keys, ms"), "scanner", low=10, high=120,
    hint=N_("Raise it when a slow scanner is not recognised; people type with gaps above 80 ms."),
)  # fmt: skip

# ---- paper
LABEL_PRINTER: Final = Setting("print.label_printer", str, "", N_("Label printer"), "printing")
SLIP_PRINTER: Final = Setting("print.slip_printer", str, "", N_("Slip printer (80 mm)"), "printing")
PAGE_PRINTER: Final = Setting("print.page_printer", str, "", N_("Page printer (A5, A4)"), "printing")
LABEL_SIZE: Final = Setting(
    "print.label_size", str, "60x40", N_("Label size"), "printing", choices=("60x40", "50x30", "40x30", "a4")
)
SLIP_FORM: Final = Setting(
    "print.slip_form", str, "80mm", N_("Form of the pickup slip"), "printing", choices=("80mm", "a5")
)
RECEIPT_FORM: Final = Setting(
    "print.receipt_form", str, "a5", N_("Form of the repair receipt"), "printing", choices=("a5", "80mm")
)
SMALL_LABEL_CODE: Final = Setting(
    "print.small_label_code", str, "code128", N_("Code on labels of 50 and 40 mm"), "printing",
    choices=("code128", "qr"),
)  # fmt: skip
LABEL_OFFSET_X: Final = Setting(
    "print.label_offset_x", int, 0, N_("Label offset to the right, tenths of mm"), "printing", low=-50, high=50
)
LABEL_OFFSET_Y: Final = Setting(
    "print.label_offset_y", int, 0, N_("Label offset downwards, tenths of mm"), "printing", low=-50, high=50
)
PRINT_FOLDER: Final = Setting("print.folder", str, "", N_("Folder that takes the papers as PDF"), "printing")
PAPER_LANGUAGE: Final = Setting(
    "print.language", str, "zh_CN", N_("Language on paper"), "printing", choices=("zh_CN", "en")
)
TEMPLATES: Final[Setting[dict[str, str]]] = Setting(
    "print.templates", dict, {}, N_("Own templates"), "templates",
    hint=N_("Kind of document, or kind@paper, and the template that prints it."),
)  # fmt: skip
TEMPLATE_OPTIONS: Final[Setting[dict[str, str]]] = Setting(
    "print.template_options", dict, {}, N_("Options of the templates"), "templates",
    hint=N_("Template and its options as JSON."),
)  # fmt: skip
LOGO: Final = Setting("print.logo", str, "", N_("Picture file of the logo on labels and papers"), "templates")

# ---- keeping things safe
BACKUP_FOLDER: Final = Setting("backup.folder", str, "", N_("Folder for backups (a USB disk)"), "backup")
BACKUP_DAYS: Final = Setting(
    "backup.remind_days", int, 3, N_("Remind after days without a backup"), "backup", low=1, high=60
)
JOURNAL_FOLDER: Final = Setting("backup.journal_folder", str, "", N_("Second place for the journal copy"), "backup")

# ---- photos
PHOTO_FOLDER: Final = Setting("photo.watched_folder", str, "", N_("Folder where new photos appear"), "photos")
PHOTO_EDGE: Final = Setting(
    "photo.long_edge", int, 1600, N_("Longest edge of a stored photo, pixels"), "photos", low=800, high=4000
)

# ---- the server
SYNC_PROXY: Final = Setting(
    "sync.proxy", str, "", N_("Proxy towards the server"), "sync",
    hint=N_("Empty: as the computer is set. “none”: a direct line. Else an address such as http://proxy:8080."),
)  # fmt: skip
SYNC_AUTHORITY: Final = Setting(
    "sync.authority_file", str, "", N_("File with the certificates of the organisation's own authority"), "sync"
)
SYNC_RATE: Final = Setting(
    "sync.photo_rate", int, 256, N_("Most that photos take of the line, kB a second (0: no limit)"), "sync",
    low=0, high=100_000,
)  # fmt: skip
SYNC_LINE: Final = Setting(
    "sync.line", str, "auto", N_("Is the line paid by volume? There photos wait"), "sync",
    choices=("auto", "metered", "free"),
)  # fmt: skip
SYNC_SMALL: Final = Setting(
    "sync.metered_photo", int, 0, N_("Largest photo that goes by such a line all the same, kB (0: none)"), "sync",
    low=0, high=10_000,
)  # fmt: skip

ALL: Final[tuple[Setting[Any], ...]] = (
    LANGUAGE, THEME, SCALE, RAIL_NARROW, SOUNDS, SHORTCUTS, IDLE_LOCK, HIDE_NAMES, SCAN_GAP,
    LABEL_PRINTER, SLIP_PRINTER, PAGE_PRINTER, LABEL_SIZE, SLIP_FORM, RECEIPT_FORM, SMALL_LABEL_CODE,
    LABEL_OFFSET_X, LABEL_OFFSET_Y, PRINT_FOLDER, PAPER_LANGUAGE, TEMPLATES, TEMPLATE_OPTIONS, LOGO,
    BACKUP_FOLDER, BACKUP_DAYS, JOURNAL_FOLDER, PHOTO_FOLDER, PHOTO_EDGE,
    SYNC_PROXY, SYNC_AUTHORITY, SYNC_RATE, SYNC_LINE, SYNC_SMALL,
)  # fmt: skip

BY_KEY: Final[Mapping[str, Setting[Any]]] = {setting.key: setting for setting in ALL}

PAGES: Final[Mapping[str, str]] = {
    "window": N_("Window"),
    "shortcuts": N_("Shortcuts"),
    "access": N_("Locking"),
    "scanner": N_("Scanner"),
    "printing": N_("Printing"),
    "templates": N_("Templates"),
    "backup": N_("Backup"),
    "photos": N_("Photos"),
    "sync": N_("Server"),
}


def declared(key: str) -> Setting[Any]:
    """Return the setting of this key; a key that nobody declared is a bug."""
    return BY_KEY[key]


class Values:
    """The settings of this computer as they were read at one moment, as the JSON text that is stored."""

    __slots__ = ("stored",)

    def __init__(self, stored: Mapping[str, str] | None = None) -> None:
        self.stored: Mapping[str, str] = stored or {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Values) and self.stored == other.stored

    __hash__ = None  # type: ignore[assignment]

    def __getitem__(self, setting: Setting[V]) -> V:
        """Return the value of a setting."""
        return setting.decode(self.stored.get(setting.key))

    def having(self, setting: Setting[V], value: V) -> Values:
        """Return these values with one changed."""
        return Values({**self.stored, setting.key: setting.encode(value)})


NOTHING_SET: Final = Values()
"""The settings where nothing is stored yet: every default."""


class _Result(Protocol):
    def __iter__(self) -> Any: ...


class _Connection(Protocol):
    def exec_driver_sql(self, statement: str) -> _Result: ...


class SettingsReader(Protocol):
    """A read session, as far as settings need one."""

    def connection(self) -> Any:
        """Return the connection of the session."""


def values_of(rows: Iterable[tuple[str, str]]) -> Values:
    """Return the values of rows (key, JSON text) of the table `setting`; unknown keys are kept."""
    return Values(dict(rows))


def load(session: SettingsReader) -> Values:
    """Return all settings of this computer."""
    connection: _Connection = session.connection()
    return values_of((key, text) for key, text in connection.exec_driver_sql("SELECT key, value FROM setting"))
