"""What every block of a paper template shares: the scope it is set in, and how its pieces are read.

A block is read once, checked against the class of its card, and set many times. Media are
named by tags, the closest first: `roll-58`, `narrow`, `roll`; `form-241x93`, `form`, `page`.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, is_dataclass, replace
from functools import cache

from deskapp.errors import N_
from deskapp.print import expressions
from deskapp.print.expressions import Names, Scene, Test, Text
from deskapp.print.media import MEDIA, Form, Medium
from deskapp.print.pieces import Pair
from deskapp.print.strips import Paper, Story
from deskapp.print.template_reader import NO_WORDS, BadText, Table, Words
from deskapp.print.words import DASH

TAGS = ("page", "roll", "narrow", "form", "small", "large", "flat")
"""page: single sheets and forms; roll: both rolls; narrow: 58 mm; form: 241 mm; small: A5 and below; large: A4."""


@cache
def tags_of(medium: str) -> tuple[str, ...]:
    """Return the names under which a template may mean a medium (its base name), the closest first."""
    found = MEDIA[medium]
    if found.form is Form.ROLL:
        return (medium, "narrow", "roll") if found.width_mm < 70 else (medium, "roll")
    if found.needles:
        flat = ("flat",) if found.height_mm < 150 else ()
        return (medium, *flat, "form", "page")
    return (medium, "small" if found.width_mm < 200 else "large", "page")


def base_name(medium: Medium) -> str:
    """Return a medium's name without resolution and symbol."""
    return medium.name.partition("+")[0].partition("@")[0]


@dataclass(slots=True)
class Scope:
    """Where a block is set: the paper, the card or one entry of a list in it, the words of the template."""

    paper: Paper
    card: object
    scene: Scene
    tags: tuple[str, ...]
    index: int = 0  # of the entry in its list, from 1

    def of(self, entry: object) -> Scope:
        """Return the scope of one entry of a list."""
        return Scope(self.paper, entry, self.scene, self.tags)

    def say(self, text: Text) -> str:
        """Return a text of the template, said of the card."""
        return text(self.card, self.scene).strip()

    def pair(self, words: Words) -> Pair:
        """Return a caption in both languages."""
        return words.both(self.scene.language)

    def holds(self, block: Conditional) -> bool:
        """Say whether something is meant for this medium and card."""
        if block.on and not any(tag in block.on for tag in self.tags):
            return False
        return block.when is None or block.when.holds(self.card, self.scene)

    def pick(self, numbers: ByMedium) -> float:
        """Return the number meant for this medium."""
        return next((numbers[tag] for tag in (*self.tags, "else") if tag in numbers), numbers[""])


ByMedium = dict[str, float]
"""A number for each tag; "" for media not named."""


@dataclass(frozen=True, slots=True)
class Conditional:
    """What stands on a paper only sometimes: on some media, or for some cards."""

    on: tuple[str, ...] = ()
    when: Test | None = None


@dataclass(frozen=True, slots=True)
class Entry(Conditional):
    """One captioned value: its words, its text, and how it looks."""

    words: Words = NO_WORDS
    value: Text | None = None
    value_en: Text | None = None
    bold: bool = False
    optional: bool = False
    tick: str = ""
    picture: str = ""
    share: float = 1.0
    align: str = "left"

    def pair(self, scope: Scope) -> Pair:
        """Return the caption in both languages."""
        return scope.pair(self.words)

    def said(self, scope: Scope) -> str:
        """Return its text, empty if it has none."""
        value = self.value_en if self.value_en is not None and scope.scene.language != "zh_CN" else self.value
        return scope.say(value) if value is not None else ""


def shown(entries: Sequence[Entry], scope: Scope) -> Iterator[tuple[Entry, str]]:
    """Return the entries meant for this paper with their texts; an optional one without text is left out."""
    for entry in entries:
        if scope.holds(entry):
            said = entry.said(scope)
            if said not in ("", DASH) or not entry.optional:
                yield entry, said


@dataclass(frozen=True, slots=True)
class Block(Conditional):
    """One part of a paper; `entry_of` of its class reads it from a template."""

    def story(self, scope: Scope) -> Story:
        """Return its strips."""
        raise NotImplementedError


@dataclass(slots=True)
class Reading:
    """A table of a template that describes a block, and the class its texts speak of."""

    table: Table
    names: Names
    parse: Callable[[Table, Names, str], tuple[Block, ...]] = field(repr=False)

    def blocks(self, key: str) -> tuple[Block, ...]:
        """Read a list of blocks inside this one."""
        return self.parse(self.table, self.names, key)

    def conditions(self) -> tuple[tuple[str, ...], Test | None]:
        """Read `on` and `when`."""
        on = self.table.texts("on", choices=(*TAGS, *MEDIA))
        source = self.table.text("when", "")
        return on, self.test("when", source) if source else None

    def test(self, key: str, source: str) -> Test | None:
        """Read a condition on the card."""
        try:
            return expressions.test(source, self.names)
        except BadText as problem:
            self.table.wrong(key, problem.sentence, **problem.values)
            return None

    def value(self, key: str, default: str | None = None) -> Text:
        """Read a text that may name fields of the card."""
        source = self.table.text(key, longest=200) if default is None else self.table.text(key, default, longest=200)
        return self._text(key, source)

    def two(self, key: str, source: str) -> tuple[Text, Text]:
        """Take a text of both languages apart, each of which may name fields."""
        chinese, stroke, english = source.partition(" / ")
        first = self._text(key, chinese.strip())
        return first, self._text(key, english.strip()) if stroke else first

    def _text(self, key: str, source: str) -> Text:
        try:
            return expressions.text(source, self.names)
        except BadText as problem:
            self.table.wrong(key, problem.sentence, **problem.values)
            return expressions.text("", self.names)

    def number(self, key: str, default: float, low: float = 0.0, high: float = 60.0) -> ByMedium:
        """Read a number, or one for each kind of medium: `{ page = 4, roll = 2 }`."""
        value = self.table.raw(key)
        given = value if isinstance(value, dict) else {"": default if value is None else value}
        found: ByMedium = {"": default}
        for tag, number in given.items():
            if tag and tag not in (*TAGS, *MEDIA, "else"):
                self.table.wrong(key, N_("“{value}” is no kind of medium."), value=tag)
            elif isinstance(number, bool) or not isinstance(number, int | float) or not low <= number <= high:
                self.table.wrong(key, N_("A number from {low} to {high} is wanted here."), low=low, high=high)
            else:
                found[tag] = float(number)
        return found

    def path(self, key: str, kinds: tuple[type, ...], *, needed: bool = False) -> str:
        """Read the name of a field of one of these types; empty if it is not there."""
        name = self.table.text(key) if needed else self.table.text(key, "")
        if not name:
            return ""
        try:
            kind = expressions.type_of(self.names.scope, name)
        except BadText as problem:
            self.table.wrong(key, problem.sentence, **problem.values)
            return ""
        if kind not in kinds and not (isinstance(kind, type) and issubclass(kind, kinds)):
            self.table.wrong(key, N_("“{value}” cannot be used here."), value=name)
            return ""
        return name

    def listed(self, key: str) -> tuple[str, Reading]:
        """Read the name of a list of the card; returns it with a reading whose texts speak of its entries."""
        name = self.table.text(key)
        try:
            kind = expressions.type_of(self.names.scope, name) if name else None
        except BadText as problem:
            self.table.wrong(key, problem.sentence, **problem.values)
            return "", self
        inner = typing.get_args(kind)[0] if typing.get_origin(kind) is tuple else None
        if not (isinstance(inner, type) and is_dataclass(inner)):
            self.table.wrong(key, N_("“{value}” is no list of this card."), value=name)
            return "", self
        return name, replace(self, names=replace(self.names, scope=inner))

    def entries(self, key: str, *, captions: bool = True) -> tuple[Entry, ...]:
        """Read captioned values, one table each."""
        return tuple(self._entry(replace(self, table=one), captions) for one in self.table.tables(key))

    @staticmethod
    def _entry(reading: Reading, captions: bool) -> Entry:
        table = reading.table
        on, when = reading.conditions()
        made = Entry(
            on, when,
            words=table.words("caption", None if captions else NO_WORDS),
            value=reading.value("value", ""),
            value_en=reading.value("value_en") if table.has("value_en") else None,
            bold=table.flag("bold", False),
            optional=table.flag("optional", False),
            tick=reading.path("tick", (bool,)),
            picture=reading.path("picture", (str,)),
            share=reading.number("share", 1.0, 0.1, 20.0)[""],
            align=table.text("align", "left", choices=("left", "right", "center")),
        )  # fmt: skip
        table.done()
        return made
