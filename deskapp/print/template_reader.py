"""Reading a template file so that a mistake is named by file, line and field, with what would be right.

All mistakes of a file are collected before it is refused: whoever changes a template
by hand wants the whole list, not one item a try.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deskapp.errors import N_, Refused
from deskapp.i18n import PSEUDO, counted, translate

SCHEMA = 1
"""The version of the template language; a file for a newer one is refused."""
LARGEST = 128 * 1024  # bytes; a template is a page or two of text
_REQUIRED: Final = "\0required"


@dataclass(frozen=True, slots=True)
class Words:
    """A caption in Chinese and English, written `单号 / Order`; without the stroke it serves both."""

    chinese: str
    english: str

    def both(self, language: str) -> tuple[str, str]:
        """Return the caption as the reader's language has it, then in the other; the same twice is said once."""
        english = translate(self.english, PSEUDO) if language == PSEUDO else self.english
        first, second = (self.chinese, english) if language == "zh_CN" else (english, self.chinese)
        return first, "" if second == first else second


NO_WORDS = Words("", "")


def two(text: str) -> Words:
    """Part `单号 / Order` into its languages."""
    chinese, stroke, english = text.partition(" / ")
    return Words(chinese.strip(), english.strip() if stroke else chinese.strip())


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake: where it stands and a sentence (message id with values) that says what is allowed."""

    place: str
    sentence: str
    values: dict[str, object] = field(default_factory=dict)
    line: int | None = None

    def plain(self) -> str:
        """Return the sentence in English with its values."""
        return self.sentence.format(**self.values)

    def __str__(self) -> str:
        """Return the sentence in the window's language, when it is shown."""
        return counted(self.sentence, self.values).format(**self.values)


class TemplateRefused(Refused):
    """A template file that cannot be used; `faults` has every mistake, the message the first."""

    def __init__(self, file: str, faults: Iterable[Fault]) -> None:
        self.file = file
        self.faults = tuple(faults)
        first = self.faults[0]
        super().__init__(
            N_("{file}, line {line}, {place}: {problem}"),
            field=first.place,
            file=file,
            line=first.line or "?",
            place=first.place or "—",
            problem=first,
        )


class BadText(ValueError):
    """A field expression or test that makes no sense; carries a sentence and its values."""

    def __init__(self, sentence: str, /, **values: object) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.values = values


@dataclass(slots=True)
class Source:
    """A template file as read: its name, text and what is wrong with it."""

    file: str
    text: str
    sha256: str
    faults: list[Fault] = field(default_factory=list)

    def wrong(self, place: str, sentence: str, /, **values: object) -> None:
        """Note a mistake at a place like `layout.2.draw.3.row`, counted from 1."""
        self.faults.append(Fault(place, sentence, values, line_of(self.text, place)))

    def settle(self) -> None:
        """Refuse the file if anything was wrong."""
        if self.faults:
            self.faults = list({(one.place, one.sentence): one for one in self.faults}.values())
            raise TemplateRefused(self.file, self.faults)


def files(folder: Path) -> list[Path]:
    """Return the template files of a folder in the order of their names; an absent folder has none."""
    try:
        return sorted(one for one in folder.glob("*.toml") if one.is_file())
    except OSError:
        return []


def read(file: Path) -> tuple[Source, Table]:
    """Return a template file and its outermost table; TemplateRefused if it is not TOML at all."""
    source = Source(file.name, "", "")
    try:
        if file.stat().st_size > LARGEST:
            source.wrong("", N_("The file is too large; a template has at most {size} kB."), size=LARGEST // 1024)
            source.settle()
        content = file.read_bytes()
    except OSError as problem:
        source.wrong("", N_("The file cannot be read: {reason}"), reason=problem.strerror or str(problem))
        raise TemplateRefused(source.file, source.faults) from problem
    source.sha256 = hashlib.sha256(content).hexdigest()
    try:
        source.text = content.decode("utf-8-sig")
        body = tomllib.loads(source.text.replace("\r\n", "\n"))
    except UnicodeDecodeError as problem:
        line = content[: problem.start].count(b"\n") + 1
        raise TemplateRefused(source.file, [Fault("", N_("Please save the file as UTF-8."), {}, line)]) from problem
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        found = re.search(r"\(at line (\d+), column (\d+)\)", str(problem))
        reason = str(problem).partition(" (at ")[0]
        # What was begun and never ended is told without a place: it is the end of the file.
        line = int(found[1]) if found else source.text.count("\n") + 1
        fault = Fault("", N_("This is no valid TOML: {reason}"), {"reason": reason}, line)
        raise TemplateRefused(source.file, [fault]) from problem
    return source, Table(source, body, "")


class Table:
    """One table of a template; every read checks, and notes what is wrong instead of raising."""

    def __init__(self, source: Source, body: dict[str, object], place: str) -> None:
        self.source = source
        self.body = body
        self.place = place
        self._asked: dict[str, None] = {}

    def at(self, key: str) -> str:
        """Return the place of a key in words of the file."""
        return f"{self.place}.{key}" if self.place else key

    def wrong(self, key: str, sentence: str, /, **values: object) -> None:
        """Note a mistake at a key."""
        self.source.wrong(self.at(key), sentence, **values)

    def has(self, key: str) -> bool:
        """Say whether the key is there."""
        return key in self.body

    def names(self) -> tuple[str, ...]:
        """Return the keys in the order of the file."""
        return tuple(self.body)

    def raw(self, key: str) -> object:
        """Return the value as TOML has it, None if absent; the caller checks it."""
        self._asked[key] = None
        return self.body.get(key)

    def text(self, key: str, default: str = _REQUIRED, *, longest: int = 200, choices: Collection[str] = ()) -> str:
        """Return a text; `choices` are the only ones allowed."""
        value = self.raw(key)
        if value is None:
            if default == _REQUIRED:
                self.wrong(key, N_("“{key}” is missing here."), key=key)
                return ""
            return default
        if not isinstance(value, str):
            self.wrong(key, N_("A text in quotation marks is wanted here."))
        elif len(value) > longest:
            self.wrong(key, N_("At most {count} characters are allowed here."), count=longest)
        elif choices and value not in choices:
            self.wrong(
                key, N_("“{value}” is not known; allowed: {allowed}."), value=value, allowed=listed(choices, value)
            )
        else:
            return value
        return next(iter(choices), "") if default == _REQUIRED else default

    def words(self, key: str, default: Words | None = None) -> Words:
        """Return a caption in two languages."""
        if not self.has(key) and default is not None:
            self._asked[key] = None
            return default
        return two(self.text(key, longest=80))

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """Return a whole number from low to high; default None = must be there."""
        value = self.raw(key)
        if value is None:
            if default is None:
                self.wrong(key, N_("“{key}” is missing here."), key=key)
                return low
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            self.wrong(key, N_("A whole number from {low} to {high} is wanted here."), low=low, high=high)
        elif not low <= value <= high:
            self.wrong(key, N_("{value} is outside {low} to {high}."), value=value, low=low, high=high)
        else:
            return value
        return low if default is None else default

    def number(self, key: str, low: float, high: float) -> float:
        """Return a number from low to high, decimals allowed; it must be there."""
        value = self.raw(key)
        if value is None:
            self.wrong(key, N_("“{key}” is missing here."), key=key)
        elif isinstance(value, bool) or not isinstance(value, int | float):
            self.wrong(key, N_("A number from {low} to {high} is wanted here."), low=low, high=high)
        elif not low <= value <= high:
            self.wrong(key, N_("{value} is outside {low} to {high}."), value=value, low=low, high=high)
        else:
            return float(value)
        return low

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        value = self.raw(key)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self.wrong(key, N_("true or false is wanted here."))
        return default

    def texts(self, key: str, *, choices: Collection[str] = (), needed: bool = False) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self.raw(key)
        if value is None and not needed:
            return ()
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value) or (needed and not value):
            self.wrong(key, N_('A list of texts is wanted here, as ["one", "two"].'))
            return ()
        for one in value:
            if choices and one not in choices:
                self.wrong(
                    key, N_("“{value}” is not known; allowed: {allowed}."), value=one, allowed=listed(choices, one)
                )
                return ()
        return tuple(value)

    def table(self, key: str) -> Table:
        """Return a table inside this one; an absent one is empty."""
        value = self.raw(key)
        if value is not None and not isinstance(value, dict):
            self.wrong(key, N_("A table is wanted here."))
            value = None
        return Table(self.source, value if isinstance(value, dict) else {}, self.at(key))

    def tables(self, key: str) -> list[Table]:
        """Return a list of tables, each placed as `key.1`, `key.2`."""
        value = self.raw(key)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            self.wrong(key, N_("A list of tables is wanted here."))
            return []
        return [Table(self.source, one, f"{self.at(key)}.{number}") for number, one in enumerate(value, 1)]

    def done(self) -> None:
        """Note every key that nobody asked for, with those that would be right."""
        for key in self.body:
            if key not in self._asked:
                self.wrong(
                    key, N_("“{value}” is not known; allowed: {allowed}."), value=key, allowed=listed(self._asked, key)
                )


def listed(allowed: Collection[str], meant: str = "") -> str:
    """Return allowed names for a sentence, the likeliest first."""
    near = difflib.get_close_matches(meant, list(allowed), n=3, cutoff=0.5)
    rest = sorted(one for one in allowed if one not in near)
    return ", ".join([*near, *rest])


# ---------------------------------------------------------------- lines

_HEADER = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.\"'-]+)\s*\]\]?")
_KEY = re.compile(r"^\s*([A-Za-z0-9_-]+|\"[^\"]*\")((?:\.[A-Za-z0-9_-]+)*)\s*=\s*(.*)$")
_QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'[^']*'|#.*$")


def line_of(text: str, place: str) -> int | None:
    """Return the line where a place begins, or that of the nearest thing around it; None if nothing is near."""
    if not place:
        return None
    places = _places(text)
    while place:
        if place in places:
            return places[place]
        place = place.rpartition(".")[0]
    return None


def _places(text: str) -> dict[str, int]:
    """Return where every header, key and list item begins. Written for files laid out one item a line."""
    found: dict[str, int] = {}
    counts: dict[str, int] = {}
    head, key, depth, item = "", "", 0, 0
    for number, line in enumerate(text.splitlines(), 1):
        bare = _QUOTED.sub("_", line)
        if depth == 0:
            if header := _HEADER.match(line):
                head = header[2].replace('"', "")
                if header[1] == "[[":
                    counts[head] = counts.get(head, 0) + 1
                    head = f"{head}.{counts[head]}"
                    found.setdefault(head.rpartition(".")[0], number)
                found.setdefault(head, number)
                continue
            if named := _KEY.match(line):
                key = ".".join(part for part in (head, named[1].strip('"') + named[2]) if part)
                found.setdefault(key, number)
                item = 0
                bare = bare.partition("=")[2]
        elif depth == 1 and bare.strip()[:1] not in ("", "]"):
            item += 1
            found.setdefault(f"{key}.{item}", number)
        depth = max(0, depth + bare.count("[") + bare.count("{") - bare.count("]") - bare.count("}"))
    return found
