"""Templates of labels and papers: found, checked, chosen and tuned; a broken one never stops a print.

Shipped templates lie in `resources/labels` and `resources/papers`, a branch's own in
`templates/labels` and `templates/papers` of its home. Every file is checked when it is
loaded. An own template that cannot be used gives way to the shipped one with a notice.

What a template may contain is the business of its family (`label_template`,
`paper_template`), which makes itself known with `add_family`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from deskapp.errors import N_, Refused
from deskapp.paths import resource
from deskapp.print import expressions, sheet_template
from deskapp.print.sheet_template import SheetLayout
from deskapp.print.template_reader import SCHEMA, BadText, Fault, Table, TemplateRefused, Words, files, listed, read
from deskapp.rules import papers

if TYPE_CHECKING:
    from deskapp.print.logo import Logo

_ID = "abcdefghijklmnopqrstuvwxyz0123456789_-"


# ---------------------------------------------------------------- options


@dataclass(frozen=True, slots=True)
class Option:
    """What a branch may change without a new template: shown in the settings under `words`."""

    name: str
    kind: str
    """`flag` (show or hide), `text` (own words) or `choice`."""
    words: Words
    default: bool | str
    choices: tuple[str, ...] = ()
    longest: int = 0


STANDARD = (
    Option("second_language", "flag", Words("另一种语言的小字", "The other language, small"), True),
    Option("logo", "flag", Words("网点标志", "Logo"), True),
)
"""Options every template has."""


def _options(table: Table) -> tuple[Option, ...]:
    """Read `[options.NAME]` tables."""
    found = list(STANDARD)
    for name in table.names():
        one = table.table(name)
        words = one.words("words")
        kind = one.text("kind", choices=("flag", "text", "choice"))
        if kind == "flag":
            option = Option(name, kind, words, one.flag("default", True))
        elif kind == "text":
            longest = one.whole("longest", 1, 200, 40)
            option = Option(name, kind, words, one.text("default", "", longest=longest), longest=longest)
        else:
            choices = one.texts("choices", needed=True)
            default = one.text("default", choices[0] if choices else "", choices=choices)
            option = Option(name, kind, words, default, choices)
        one.done()
        if any(name == standard.name for standard in STANDARD) or not set(name) <= set(_ID) - {"-"}:
            table.wrong(name, N_("This name cannot be used for an option; take small letters and another word."))
        found.append(option)
    return tuple(found)


def tuned_value(option: Option, value: object) -> bool | str:
    """Return a value for an option after checking it; BadText says what is allowed."""
    if option.kind == "flag":
        if not isinstance(value, bool):
            raise BadText(N_("true or false is wanted here."))
        return value
    if not isinstance(value, str):
        raise BadText(N_("A text in quotation marks is wanted here."))
    if option.kind == "choice" and value not in option.choices:
        allowed = listed(option.choices, value)
        raise BadText(N_("“{value}” is not known; allowed: {allowed}."), value=value, allowed=allowed)
    if option.kind == "text" and len(value) > option.longest:
        raise BadText(N_("At most {count} characters are allowed here."), count=option.longest)
    return value


# ---------------------------------------------------------------- templates


@dataclass(frozen=True, slots=True)
class Head:
    """What every template says of itself, before its body is read."""

    id: str
    kind: str
    version: int
    words: Words
    options: tuple[Option, ...]
    texts: Mapping[str, Words]
    """The fixed words of `[words]`, for `{word.NAME}` and `{field:if NAME}`."""
    card: type[papers.Card]

    def names(self, scope: type | None = None) -> expressions.Names:
        """Return what texts of this template may name, of the card or of a line in one of its lists."""
        return expressions.Names(scope or self.card, tuple(one.name for one in self.options), tuple(self.texts))


@dataclass(frozen=True, slots=True)
class Template:
    """One checked template. `body` is what its family made of it."""

    head: Head
    family: str
    file: Path
    sha256: str
    own: bool
    body: object = field(compare=False)

    @property
    def id(self) -> str:
        return self.head.id

    @property
    def kind(self) -> str:
        return self.head.kind

    @property
    def stamp(self) -> str:
        """Return what a print job keeps of the template it was printed with: `id@version:sha`."""
        return f"{self.head.id}@{self.head.version}:{self.sha256[:12]}"

    def stands_for(self, medium: str) -> bool:
        """Say whether it has a layout for a medium's base name."""
        return _family(self.family).stands_for(self.body, medium)


@dataclass(frozen=True, slots=True)
class Family:
    """Labels or papers: where their files lie, which kinds they print, how a body is read.

    `parse` notes mistakes in its table and must not raise for them; `stands_for` says
    whether a body has a layout for a medium.
    """

    name: str
    kinds: frozenset[str]
    parse: Callable[[Table, Head], object]
    stands_for: Callable[[object, str], bool]


FAMILIES = {"labels": "label_template", "papers": "paper_template"}
"""The families by the module that makes each known; a label does not wait for the papers' one."""
_FAMILIES: dict[str, Family] = {}


def add_family(family: Family) -> None:
    """Make a family of templates known."""
    _FAMILIES[family.name] = family


def _family(name: str) -> Family:
    if name not in _FAMILIES:
        importlib.import_module(f"deskapp.print.{FAMILIES[name]}")
    return _FAMILIES[name]


def load(file: Path, family: str, *, own: bool = False) -> Template:
    """Return the template of a file; TemplateRefused names every mistake in it."""
    source, table = read(file)
    head = _head(table, _family(family))
    if head is None:
        source.settle()
        raise AssertionError("a head that cannot be read is a noted mistake")
    body = _family(family).parse(table, head)
    table.done()
    source.settle()
    return Template(head, family, file, source.sha256, own, body)


def _head(table: Table, family: Family) -> Head | None:
    """Read what every template begins with; None if not even its kind is known."""
    if table.whole("template", 1, 99) > SCHEMA:
        table.wrong("template", N_("This template was made for a newer version of the program."))
        return None
    name = table.text("id", longest=40)
    if not name or not set(name) <= set(_ID):
        table.wrong("id", N_("Small letters, digits, - and _ are allowed here."))
    kind = table.text("kind", choices=family.kinds)
    if kind not in family.kinds or table.raw("kind") != kind:
        return None
    version, words = table.whole("version", 1, 9999), table.words("name")
    options = _options(table.table("options"))
    fixed = table.table("words")
    texts = {one: fixed.words(one) for one in fixed.names()}
    for one in texts:
        if not one or not set(one) <= set(_ID) - {"-"}:
            fixed.wrong(one, N_("Small letters, digits and _ are allowed here."))
    return Head(name, kind, version, words, options, texts, papers.class_of(kind))


# ---------------------------------------------------------------- choosing and tuning


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about templates the branch should hear; a sentence (message id) with values."""

    sentence: str
    values: dict[str, object] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Tuned:
    """A template with the values its options have in this branch; `plans` is its family's memory."""

    template: Template
    values: Mapping[str, bool | str]
    logo: Logo | None = None
    plans: dict[object, object] = field(default_factory=dict, compare=False, repr=False)

    def flag(self, name: str) -> bool:
        """Return whether an option is on."""
        return bool(self.values[name])

    def scene(self, language: str, paper: Mapping[str, str]) -> expressions.Scene:
        """Return what the template's texts may name besides the card."""
        return expressions.Scene(language, paper, self.values, self.template.head.texts)


@dataclass(slots=True)
class Chosen:
    """The templates a print is made with: one for every kind and medium, tuned.

    Shipped templates are read when the first paper of their kind asks for them: whoever
    prints a label must not wait for the receipts.
    """

    by_place: Mapping[str, Tuned]
    sheets: Mapping[str, SheetLayout]
    notices: tuple[Notice, ...]
    _tune: Callable[[Template], Tuned] = field(repr=False)

    def of(self, kind: str, medium: str = "") -> Tuned:
        """Return the template of a kind on a medium (base name): the chosen one, else the shipped."""
        for place in (f"{kind}@{medium}", kind):
            tuned = self.by_place.get(place)
            if tuned is not None and (not medium or tuned.template.stands_for(medium)):
                return tuned
        return self._tune(shipped(kind))


class Library:
    """All templates there are: the shipped ones, and those in a branch's folder."""

    def __init__(self, own: Path | None = None) -> None:
        self._folder = own
        self.own: dict[str, Template] = {}
        self.sheets: dict[str, SheetLayout] = {}
        self.broken: list[TemplateRefused] = []
        self.reload()

    def reload(self) -> None:
        """Read the branch's folder again."""
        self.own = {}
        folder = self._folder
        self.sheets, self.broken = sheet_template.layouts(folder / "sheets" if folder else None)
        for family in FAMILIES if folder else ():
            for file in files(folder / family) if folder else ():
                try:
                    template = load(file, family, own=True)
                    taken = template.id if template.id in papers.names() else ""
                    if taken or template.id in self.own:
                        where = f"{taken}.toml" if taken else self.own[template.id].file.name
                        sentence = N_("This name is taken by {file}; give the template one of its own.")
                        raise TemplateRefused(file.name, [Fault("id", sentence, {"file": where}, 1)])
                    self.own[template.id] = template
                except TemplateRefused as problem:
                    self.broken.append(problem)

    def find(self, name: str) -> Template | None:
        """Return a template by its id, None if there is none."""
        return self.own.get(name) or (shipped(name) if name in papers.names() else None)

    def of_kind(self, kind: str) -> list[Template]:
        """Return the templates of a kind, the shipped one first."""
        own = sorted((one for one in self.own.values() if one.kind == kind), key=lambda one: one.id)
        return [shipped(kind), *own]

    def choose(
        self,
        choices: Mapping[str, str] | None = None,
        tuning: Mapping[str, Mapping[str, object]] | None = None,
        logo: Logo | None = None,
    ) -> Chosen:
        """Return the templates for printing. Nothing raises: what cannot be used becomes a notice.

        `choices` maps a kind, or `kind@medium`, to a template id; `tuning` maps a
        template id to values of its options.
        """
        sentence = N_("The template {file} cannot be used; the shipped one is printed instead.")
        notices = [Notice(sentence, {"file": one.file}, one.faults) for one in self.broken]
        made: dict[str, Tuned] = {}

        def tune(one: Template) -> Tuned:
            if one.id not in made:
                made[one.id] = _tuned(one, (tuning or {}).get(one.id, {}), logo, notices)
            return made[one.id]

        by_place = {}
        for place, name in (choices or {}).items():
            kind, _, medium = place.partition("@")
            found = self.find(name)
            if found is None or found.kind != kind or (medium and not found.stands_for(medium)):
                sentence = N_("There is no template “{name}” for {place}; the shipped one is printed instead.")
                notices.append(Notice(sentence, {"name": name, "place": place}))
            else:
                by_place[place] = tune(found)
        for name in tuning or {}:
            if found := self.find(name):
                tune(found)
        return Chosen(by_place, self.sheets, tuple(notices), tune)


def begin_own(kind: str, folder: Path, name: str) -> Path:
    """Copy a shipped template into a branch's folder under a name of its own, ready to be changed; returns the file.

    Refused for a name that cannot be one or is taken.
    """
    source = shipped(kind)
    file = folder / source.family / f"{name}.toml"
    if not name or not set(name) <= set(_ID):
        raise Refused(N_("Small letters, digits, - and _ are allowed here."), field="name")
    if file.exists() or name in papers.names():
        raise Refused(N_("There is a template of this name already."), field="name")
    lines = source.file.read_text(encoding="utf-8").splitlines()
    place = next(place for place, line in enumerate(lines) if line.replace(" ", "").startswith("id="))
    lines[place] = f'id = "{name}"'
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    return file


def _tuned(template: Template, given: Mapping[str, object], logo: Logo | None, notices: list[Notice]) -> Tuned:
    """Return a template with its options set; a value that is not allowed is left at its default and told."""
    known = {option.name: option for option in template.head.options}
    values = {name: option.default for name, option in known.items()}
    for name, value in given.items():
        try:
            if name not in known:
                raise BadText(
                    N_("“{value}” is not known; allowed: {allowed}."), value=name, allowed=listed(known, name)
                )
            values[name] = tuned_value(known[name], value)
        except BadText as problem:
            fault = Fault(f"{template.id}.{name}", problem.sentence, problem.values)
            sentence = N_("A setting of the template {name} is not used: {option}.")
            notices.append(Notice(sentence, {"name": template.id, "option": name}, (fault,)))
    return Tuned(template, values, logo if values["logo"] else None)


@cache
def shipped(kind: str) -> Template:
    """Return the shipped template of a kind: `resources/FAMILY/KIND.toml`, its id the kind's name."""
    family = "labels" if kind in papers.LABEL_KINDS else "papers"
    return load(resource(family, f"{kind}.toml"), family)


@cache
def default() -> Chosen:
    """Return the shipped templates as they are."""
    return Library().choose()
