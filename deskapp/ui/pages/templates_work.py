"""What the page of templates asks and does away from the window's thread."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from deskapp import settings
from deskapp.errors import N_, Unavailable
from deskapp.i18n import _, language
from deskapp.models.store import ReadSession, Store
from deskapp.paths import Home
from deskapp.queries.paper_queue import newest_of_kind
from deskapp.ui.pages.paper_words import KINDS

if TYPE_CHECKING:
    from deskapp.print.proof import Proof
    from deskapp.print.templates import Option, Template


@dataclass(frozen=True, slots=True)
class Offered:
    """One template that can be chosen for a kind."""

    id: str
    name: str
    version: int
    own: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of document: the template that prints it here, its options, and what else there is."""

    kind: str
    id: str
    version: int
    own: bool
    offered: tuple[Offered, ...]
    options: tuple[Option, ...]
    values: Mapping[str, bool | str]
    media: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BrokenFile:
    """A file of the branch that cannot be used, with every mistake as a sentence in the window's language."""

    file: str
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TemplatesView:
    """All templates of this branch at one moment."""

    rows: tuple[Row, ...]
    broken: tuple[BrokenFile, ...]
    notices: tuple[tuple[str, Mapping[str, object], tuple[str, ...]], ...]
    folder: Path = field(default_factory=Path)
    logo: str = ""
    values: settings.Values = field(default_factory=settings.Values)


def look_at_templates(session: ReadSession, home: Home) -> TemplatesView:
    """Return the templates of every kind, and what is wrong with the branch's own files."""
    from deskapp.print.here import templates_of
    from deskapp.print.render import MEDIA_OF
    from deskapp.print.templates import Library

    values = settings.load(session)
    chosen = templates_of(home, values)
    library = Library(home.templates if home.templates.is_dir() else None)
    rows = []
    for kind in KINDS:
        if kind not in MEDIA_OF:
            continue
        tuned = chosen.of(kind)
        rows.append(
            Row(
                kind,
                tuned.template.id,
                tuned.template.head.version,
                tuned.template.own,
                tuple(_offered(one) for one in library.of_kind(kind)),
                tuned.template.head.options,
                dict(tuned.values),
                tuple(name for name in MEDIA_OF[kind] if tuned.template.stands_for(name) or name == "a4-labels"),
            )  # fmt: skip
        )
    broken = tuple(BrokenFile(one.file, tuple(map(_fault, one.faults))) for one in library.broken)
    files = {one.file for one in broken}
    notices = tuple(
        (one.sentence, one.values, tuple(map(_fault, one.faults)))
        for one in chosen.notices
        if one.values.get("file") not in files
    )
    return TemplatesView(tuple(rows), broken, notices, home.templates, values[settings.LOGO], values)


def _offered(one: Template) -> Offered:
    return Offered(one.id, one.head.words.both(language())[0], one.head.version, one.own)


def _fault(fault: object) -> str:
    place, line = getattr(fault, "place", ""), getattr(fault, "line", None)
    head = _(N_("line {line}: ")).format(line=line) if line else ""
    return f"{head}{place}: {fault}" if place else f"{head}{fault}"


def options_with(values: settings.Values, template: str, name: str, value: bool | str) -> dict[str, str]:
    """Return the setting of all options with one changed."""
    from deskapp.print.here import options_of

    tuned = {key: dict(one) for key, one in options_of(values).items()}
    tuned.setdefault(template, {})[name] = value
    return {key: json.dumps(one, ensure_ascii=False, sort_keys=True) for key, one in tuned.items()}


@dataclass(frozen=True, slots=True)
class Example:
    """A paper to try a template with: a real one of this branch, or an empty one."""

    id: str
    kind: str
    number: str
    card: str
    medium: str
    language: str
    created_at: int
    copy_no: int = 0
    superseded_by: str = ""


def try_out(store: Store, row: Row, medium: str, paper_language: str) -> tuple[Proof, str]:
    """Return the picture of the newest paper of a kind with the templates as they are set, and its number.

    The number is empty where no such paper has been made here yet; an empty one is shown then.
    """
    from deskapp.print.here import signatures_of, templates_of
    from deskapp.print.proof import Taste, proof
    from deskapp.rules import papers

    known = store.ask(lambda session: newest_of_kind(session, row.kind))
    card = known.card if known is not None else _empty(row.kind)
    made = Example(
        known.id if known is not None else "", row.kind, known.number if known is not None else "", card, medium,
        paper_language, known.created_at if known is not None else store.now,
    )  # fmt: skip
    taste = Taste(templates_of(store.home, store.ask(settings.load)), signatures_of(store, papers.from_json(card)))
    try:
        return proof(made, None, taste), made.number
    except ValueError as problem:
        raise Unavailable(N_("This paper cannot be shown on this medium."), code="no_picture") from problem


def _empty(kind: str) -> str:
    from deskapp.rules import papers

    number = {"device_label": "D000000000000", "pickup_slip": "K00000000000000"}.get(kind, "")
    return papers.to_json(papers.kinds()[kind](number=number))


def newest_change(folder: Path) -> float:
    """Return when a file of the branch's templates was changed last; 0 for none."""
    if not folder.is_dir():
        return 0.0
    return max((file.stat().st_mtime for file in folder.rglob("*.toml")), default=0.0) + len(
        list(folder.rglob("*.toml"))
    )
