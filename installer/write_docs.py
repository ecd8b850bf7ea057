"""Writes the tables of the manual from the program itself, so that neither can forget what the other knows.

`python installer/write_docs.py` brings `docs/` and the titles of acts (`resources/acts.json`) up to date; a test fails
when it is not. Tables stand between `<!-- table: NAME -->` and `<!-- end -->`; the words around them are written by
hand.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
ACTS = ROOT / "resources" / "acts.json"
TABLE = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)

LICENCES: Mapping[str, tuple[str, str]] = {
    # library: (licence, what it is for)
    "annotated-doc": ("MIT", "needed by fastapi"),
    "annotated-types": ("MIT", "needed by fastapi"),
    "anyio": ("MIT", "needed by fastapi"),
    "argon2-cffi": ("MIT", "PINs and passphrases"),
    "argon2-cffi-bindings": ("MIT", "the same; contains Argon2 (CC0-1.0 or Apache-2.0)"),
    "backports-tarfile": ("MIT", "needed by keyring before Python 3.12"),
    "certifi": ("MPL-2.0", "root certificates"),
    "cffi": ("MIT-0", "needed by argon2-cffi"),
    "charset-normalizer": ("MIT", "needed by requests and reportlab"),
    "chinesecalendar": ("MIT", "public holidays and make-up workdays"),
    "click": ("BSD-3-Clause", "needed by uvicorn"),
    "cryptography": ("Apache-2.0 or BSD-3-Clause", "the station's key; keyring on Linux; contains OpenSSL"),
    "et-xmlfile": ("MIT", "needed by openpyxl"),
    "fastapi": ("MIT", "the central server"),
    "filelock": ("MIT", "one program per store"),
    "h11": ("MIT", "needed by uvicorn"),
    "httptools": ("MIT", "the central server"),
    "idna": ("BSD-3-Clause", "needed by requests"),
    "importlib-metadata": ("Apache-2.0", "needed by keyring before Python 3.12"),
    "jaraco-classes": ("MIT", "needed by keyring"),
    "jaraco-context": ("MIT", "needed by keyring"),
    "jaraco-functools": ("MIT", "needed by keyring"),
    "jeepney": ("MIT", "keyring on Linux"),
    "keyring": ("MIT", "the key of the store in the system's key store"),
    "lazy-importer": ("Apache-2.0", "needed by keyring before Python 3.12"),
    "more-itertools": ("MIT", "needed by keyring"),
    "openpyxl": ("MIT", "Excel files"),
    "opentelemetry-api": ("Apache-2.0", "needed by fastapi"),
    "orjson": ("MPL-2.0 and (Apache-2.0 or MIT)", "messages to and from the server"),
    "phonenumbers": ("Apache-2.0", "foreign telephone numbers"),
    "pillow": ("MIT-CMU", "photos"),
    "platformdirs": ("MIT", "the user's data folder"),
    "psycopg": ("LGPL-3.0", "the central server on PostgreSQL"),
    "psycopg-binary": ("LGPL-3.0", "the same; contains libpq (PostgreSQL) and OpenSSL (Apache-2.0)"),
    "pycparser": ("BSD-3-Clause", "needed by cffi"),
    "pydantic": ("MIT", "needed by fastapi"),
    "pydantic-core": ("MIT", "needed by fastapi"),
    "pypdfium2": ("BSD-3-Clause or Apache-2.0", "papers as pictures; contains PDFium (BSD-3-Clause)"),
    "pyside6-essentials": ("LGPL-3.0", "the window; contains Qt 6 (LGPL-3.0)"),
    "python-stdnum": ("LGPL-2.1 or later", "credit codes, check digits"),
    "pywin32-ctypes": ("BSD-3-Clause", "keyring on Windows"),
    "reportlab": ("BSD-3-Clause", "papers as PDF"),
    "requests": ("Apache-2.0", "talking to the server"),
    "rl-accel": ("BSD-3-Clause", "makes reportlab quicker"),
    "secretstorage": ("BSD-3-Clause", "keyring on Linux"),
    "segno": ("BSD-3-Clause", "QR codes"),
    "shiboken6": ("LGPL-3.0", "needed by PySide6"),
    "sqlalchemy": ("MIT", "the database layer"),
    "sqlcipher3": ("Zlib", "the encrypted database; contains SQLCipher (BSD-3-Clause), SQLite (public domain), OpenSSL "
                           "(Apache-2.0)"),
    "starlette": ("BSD-3-Clause", "needed by fastapi"),
    "typing-extensions": ("PSF-2.0", "needed by SQLAlchemy"),
    "typing-inspection": ("MIT", "needed by fastapi"),
    "tzdata": ("Apache-2.0", "needed by psycopg on Windows"),
    "urllib3": ("MIT", "needed by requests"),
    "uvicorn": ("BSD-3-Clause", "the central server"),
    "uvloop": ("Apache-2.0 or MIT", "the central server"),
    "zipp": ("MIT", "needed by keyring before Python 3.12"),
    "zstandard": ("BSD-3-Clause", "packs what goes to and from the server; contains Zstandard (BSD-3-Clause)"),
}  # fmt: skip


# ---------------------------------------------------------------- the tables


def settings_table() -> str:
    """Every setting: key, title, where it is set, what it may be, what it is at first."""
    from deskapp import settings

    return _table(
        ("key", "title", "page", "values", "at first", "note"),
        (
            (f"`{one.key}`", one.title, settings.PAGES[one.page], _allowed(one), _shown(one.default), one.hint)
            for one in settings.ALL
        ),
    )


def actions_table() -> str:
    """Every action by block: name, default key, id, when it can be done."""
    from deskapp.ui.actions import ACTIONS, GROUP_TITLES, Seen

    nobody = Seen(False, "", frozenset(), lambda right: True)
    rows = []
    for group, title in GROUP_TITLES.items():
        for one in (action for action in ACTIONS if action.group is group):
            where = "always" if one.enabled(nobody) else "signed in"
            if one.handler.startswith("page:"):
                where = "pages that can"
            rows.append((title, one.text, f"`{one.shortcut}`" if one.shortcut else "", f"`{one.id}`", where))
    return _table(("block", "action", "key", "id", "when"), rows)


def commands_table() -> str:
    """Every act that can be written: name, title, the right it needs, who has it, the module."""
    from deskapp.models.write import REGISTRY
    from deskapp.rules import access

    load_commands()
    roles = tomllib.loads((ROOT / "resources" / "roles.toml").read_text("utf-8"))
    rights = access.RIGHTS
    rows = []
    for spec in REGISTRY.values():
        module = spec.function.__module__
        if module.startswith("deskapp."):
            holders = [name for name, role in roles.items() if spec.right in role["rights"]]
            who = "everybody" if len(holders) == len(roles) else ", ".join(holders)
            right = f"`{spec.right}` {rights[spec.right]}" if spec.right else "*(own checks, or the program itself)*"
            rows.append((module.removeprefix("deskapp."), f"`{spec.name}`", spec.title, right, who))
    return _table(("module", "command", "title", "right", "roles"), sorted(rows))


def acts_brought_up_to_date(written: str) -> str:
    """Return the titles of all acts by name; one that is no more keeps its title, for the journals that name it."""
    from deskapp.models.write import REGISTRY

    load_commands()
    ours = {one.name: one.title for one in REGISTRY.values() if one.function.__module__.startswith("deskapp.")}
    return json.dumps({**json.loads(written), **ours}, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def load_commands() -> None:
    """Import every module that declares commands."""
    import deskapp.commands

    for module in pkgutil.iter_modules(deskapp.commands.__path__, "deskapp.commands."):
        importlib.import_module(module.name)
    importlib.import_module("deskapp.settings")


def screens_table() -> str:
    """The pictures of every page in both languages, and of some in other looks."""
    from deskapp.ui.pages.table import PAGES
    from installer.scenes import SCENES, TITLES
    from installer.take_screens import MORE_LOOKS

    titles = {page.id: page.title for page in PAGES}
    rows = [(title, _picture(f"{name}_zh_CN"), _picture(f"{name}_en")) for name, title in titles.items()]
    rows += [(TITLES[name], _picture(f"{name}_zh_CN"), _picture(f"{name}_en")) for name in SCENES]
    for look, words in (("dark", "dark"), ("large", "150 %")):
        rows += [(f"{titles[name]}, {words}", _picture(f"{name}_{look}_zh_CN"), "") for name in MORE_LOOKS]
    return _table(("page", "简体中文", "English"), rows)


_WORDS: Mapping[type, str] = {int: "number", bool: "yes or no", dict: "form", list: "list"}


def records_table() -> str:
    """Every table that travels: kind, where it lies, field groups and columns, as another client has to send them."""
    from deskapp.models import columns, schema
    from deskapp.models.base import Base
    from deskapp.sync import scopes

    assert schema.VERSION  # loads every table
    rows = []
    for name in sorted(Base.metadata.tables):
        entity = columns.known(name)
        if entity is None:
            continue
        kind = "fact" if entity.fact else "record"
        where = "`ref`" if name in scopes.REFERENCE else "`site:`"
        hangs = " or ".join(f"`{column}`" for column in scopes.PARENTS.get(name, ()))
        head = [f"`{name}`", kind, where, hangs]
        for group, told in _groups_of(entity).items():
            rows.append((*head, "" if entity.fact else f"`{group}`", told))
            head = [""] * 4
    return _table(("table", "kind", "scope", "hangs on", "group", "columns"), rows)


def _groups_of(entity: object) -> dict[str, str]:
    """The field groups of a table with their columns in words; the one that `create` begins with first."""
    from deskapp.models import columns
    from deskapp.server.fitting import allowed

    table = getattr(entity, "__tablename__")  # noqa: B009 (every class of a table has it)
    names = sorted(columns.travelling(entity))
    fits = allowed(table, "fact" if getattr(entity, "fact") else "create", "", tuple(names), ours=True)  # noqa: B009
    assert fits is not None
    groups: dict[str, list[str]] = {}
    for name in names:
        kinds, told = fits.kinds[name], f"`{name}`"
        notes = [_WORDS[kinds[0]]] if kinds[0] is not str else []
        notes += ["or null"] if type(None) in kinds else []
        notes += ["personal"] if name in columns.personal(entity) else []
        notes += ["small picture"] if name in fits.pictures else []
        choices = " ".join(f"`{one}`" for one in sorted(fits.choices.get(name, ())) if one)
        notes += [f"one of {choices}"] if choices else []
        groups.setdefault(columns.group_of(entity, name), []).append(f"{told} ({', '.join(notes)})" if notes else told)
    order = sorted(groups, key=lambda group: (group not in ("main", "head"), group))
    return {group: ", ".join(groups[group]) for group in order}


def _picture(name: str) -> str:
    return f"[{name}.png]({name}.png)"


def lists_table() -> str:
    """The lists of `codes.toml` and what their entries carry."""
    codes = tomllib.loads((ROOT / "resources" / "catalogue" / "codes.toml").read_text("utf-8"))
    rows = []
    for name, entries in codes.items():
        if isinstance(entries, list):
            keys = dict.fromkeys(key for entry in entries for key in entry)
            rows.append((f"`{name}`", str(len(entries)), " ".join(f"`{key}`" for key in keys)))
    return _table(("list", "entries", "keys"), rows)


def libraries_table() -> str:
    """Every library that the program runs with, in the version of the lock file."""
    versions = runtime_versions()
    rows = [(name, version, *LICENCES.get(name, ("unknown", ""))) for name, version in sorted(versions.items())]
    return _table(("library", "version", "licence", "what for"), rows)


def runtime_versions(root: Path = ROOT) -> dict[str, str]:
    """The libraries of `requirements.lock` that desk and server need, not those of their tests."""
    versions: dict[str, str] = {}
    needed_by: dict[str, set[str]] = {}
    name = ""
    for line in (root / "requirements.lock").read_text("utf-8").splitlines():
        if found := re.match(r"([a-z0-9._-]+)==([^\s;]+)", line):
            name = found[1]
            versions[name], needed_by[name] = found[2], set()
        elif found := re.match(r"\s+#\s+(?:via\s+)?(\S+)", line):
            needed_by.setdefault(name, set()).add(found[1])
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["server"]]
    found_now = {_bare(line) for line in lines}
    needed: set[str] = set()
    while found_now:
        needed |= found_now
        found_now = {name for name, users in needed_by.items() if users & needed} - needed
    return {name: version for name, version in versions.items() if name in needed}


def _bare(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    return found[0].lower().replace("_", "-") if found else ""


def _allowed(setting: object) -> str:
    choices, low, high = (getattr(setting, name) for name in ("choices", "low", "high"))
    if choices:
        return " ".join(f"`{choice}`" for choice in choices)
    kind = getattr(setting, "type").__name__  # noqa: B009 (a type parameter hides the attribute)
    words = {"str": "text", "int": "whole number", "bool": "yes or no", "dict": "pairs"}[kind]
    return f"{words} {low} to {high}" if low is not None else words


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"`{value}`" if value or isinstance(value, int) else "*(empty)*"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    titles = list(head)
    lines = [titles, ["---"] * len(titles), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


# ---------------------------------------------------------------- the files


TABLES: Mapping[str, Callable[[], str]] = {
    "settings": settings_table,
    "actions": actions_table,
    "commands": commands_table,
    "screens": screens_table,
    "lists": lists_table,
    "libraries": libraries_table,
    "records": records_table,
}
FILES = ("settings.md", "actions.md", "commands.md", "resources.md", "licences.md", "records.md", "screens/README.md")


def brought_up_to_date(text: str) -> str:
    """The text of a page of the manual with its tables as they are now."""
    return TABLE.sub(lambda found: found[1] + TABLES[found[2]]() + found[3], text)


def main() -> int:
    """Write the tables; the words around them stay."""
    sys.path.insert(0, str(ROOT))
    for name in FILES:
        path = DOCS / name
        path.write_text(brought_up_to_date(path.read_text("utf-8")), "utf-8")
    ACTS.write_text(acts_brought_up_to_date(ACTS.read_text("utf-8")), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
