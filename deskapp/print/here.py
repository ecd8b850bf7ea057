"""What this computer adds to a card before it becomes paper: the branch's templates, its logo, drawn signatures."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from deskapp import settings
from deskapp.errors import DeskError, Refused
from deskapp.models.blobs import Blobs
from deskapp.models.store import Store
from deskapp.paths import Home
from deskapp.print import logo
from deskapp.print.templates import Chosen, Library, Notice, default
from deskapp.rules import papers
from deskapp.rules.printer_profiles import base_of

_kept: dict[Path, tuple[object, Chosen]] = {}


def templates_of(home: Home, values: settings.Values) -> Chosen:
    """Return the templates this branch chose and tuned; what cannot be used is replaced and told in `notices`.

    Read again only when a setting or a file changed.
    """
    folder = home.templates
    taste = values[settings.TEMPLATES], values[settings.TEMPLATE_OPTIONS], values[settings.LOGO]
    if not folder.is_dir() and not any(taste):
        return default()
    files = sorted(folder.rglob("*.toml")) if folder.is_dir() else []
    state = taste, tuple((file, file.stat().st_mtime_ns) for file in files)
    known = _kept.get(folder)
    if known is not None and known[0] == state:
        return known[1]
    picture, trouble = _logo(values[settings.LOGO], folder)
    chosen = Library(folder).choose(values[settings.TEMPLATES], options_of(values), picture)
    chosen.notices = (*chosen.notices, *trouble)
    _kept[folder] = state, chosen
    return chosen


def templates_here(store: Store) -> Chosen:
    """Return the templates of the branch a store belongs to; see `templates_of`."""
    return templates_of(store.home, store.ask(settings.load))


def options_of(values: settings.Values) -> dict[str, Mapping[str, object]]:
    """Return what was tuned, by template; what cannot be read counts as not tuned."""
    found: dict[str, Mapping[str, object]] = {}
    for name, text in values[settings.TEMPLATE_OPTIONS].items():
        try:
            tuned = json.loads(text)
        except ValueError:
            continue
        if isinstance(tuned, dict):
            found[name] = tuned
    return found


LOGO_NAME = "logo"


def keep_logo(home: Home, file: str) -> str:
    """Take a picture into the folder of the branch's templates, so that backups carry it; returns its new name.

    Raises Refused for a file that is no picture. Without a file there is no logo any more.
    """
    source = Path(file)
    if not file or home.templates / source == home.templates / source.name:
        return file  # none, or the one that is there already
    logo.load(source)
    home.templates.mkdir(parents=True, exist_ok=True)
    # A name of its own for each picture: what was read from a file of the same name is still known.
    name = f"{LOGO_NAME}-{hashlib.sha256(source.read_bytes()).hexdigest()[:8]}{source.suffix.lower()}"
    shutil.copyfile(source, home.templates / name)
    return name


def _logo(file: str, folder: Path) -> tuple[logo.Logo | None, tuple[Notice, ...]]:
    if not file:
        return None, ()
    try:
        return logo.load(folder / file), ()  # a name alone lies beside the templates, a whole path where it says
    except Refused as problem:
        return None, (Notice(problem.sentence, problem.values),)


def signatures_of(store: Store, card: papers.Card) -> dict[str, bytes]:
    """Return the signatures a card names, as they were drawn; those that are not on this computer are left out."""
    blobs, found = Blobs(store.home.blobs, store.key), {}
    for name in papers.pictures_of(card):
        try:
            found[name] = blobs.fetch(name)
        except DeskError:
            continue
    return found


def stamp_of(chosen: Chosen, kind: str, medium: str) -> tuple[str, int]:
    """Return id and version of the template a paper is printed with; nothing for a kind without one."""
    try:
        head = chosen.of(kind, base_of(medium)).template.head
    except (DeskError, StopIteration):
        return "", 0
    return head.id, head.version
