"""The plan of the house, checked: who imports whom, what is written where, and what the tree may contain."""

from __future__ import annotations

import ast
import fnmatch
import functools
import getpass
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "deskapp"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

#: The folders of the client's drawing, our two commands, and the papers of the project; dotfiles beside them.
TOP_LEVEL = {
    *("pyproject.toml", "README.md", "deskapp", "resources", "tests", "installer"),
    *("run", "run.cmd", "docs", "CHANGELOG.md", "CONTRIBUTING.md", "requirements.lock"),
}
MOST_LINES = 400
VAGUE_NAMES = {"util", "utils", "helper", "helpers", "manager", "managers", "controller", "misc", "common"}


# ---------------------------------------------------------------- the tree


@functools.cache
def ignored_patterns() -> tuple[str, ...]:
    lines = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    return (".git", *(line.strip("/") for line in lines if line and not line.startswith("#")))


def is_ignored(name: str) -> bool:
    """Whether version control leaves the name out. Read from .gitignore, as git itself may be missing."""
    return any(fnmatch.fnmatch(name, pattern) for pattern in ignored_patterns())


@functools.cache
def committed_files() -> tuple[Path, ...]:
    found: list[Path] = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if not is_ignored(name))
        found += [Path(folder, name) for name in sorted(files) if not is_ignored(name)]
    return tuple(found)


@functools.cache
def modules() -> tuple[tuple[Path, ast.Module], ...]:
    paths = [path for path in committed_files() if path.suffix == ".py" and path.is_relative_to(PACKAGE)]
    return tuple((path, ast.parse(path.read_text("utf-8"), str(path))) for path in paths)


def place(path: Path, node: ast.AST | None = None) -> str:
    line = getattr(node, "lineno", None)
    return path.relative_to(ROOT).as_posix() + (f":{line}" if line else "")


def text_of(path: Path) -> str | None:
    """The content of a text file; None for pictures, fonts and other binary files."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return None


def run_tool(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, text=True, encoding="utf-8", capture_output=True, check=False
    )


# ---------------------------------------------------------------- the tools


def test_ruff_finds_nothing() -> None:
    result = run_tool("-m", "ruff", "check", ".")
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_types_hold() -> None:
    result = run_tool("-m", "mypy")
    assert result.returncode == 0, result.stdout + result.stderr


LINT_IMPORTS = "from importlinter.cli import lint_imports_command as check; check()"


def test_the_import_contracts_hold() -> None:
    result = run_tool("-c", LINT_IMPORTS, "--no-cache")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def empty_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree with our contracts and every floor, but nothing in them."""
    root = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", root)
    for floor in ("ui", "server", "print", "sync", "commands", "queries", "models", "rules"):
        (root / "deskapp" / floor).mkdir(parents=True)
        (root / "deskapp" / floor / "__init__.py").touch()
    files = "__init__ __main__ cli tour app settings catalogue knowledge secrets cipher i18n logs paths clock errors"
    entities = "base people merchant device ticket repair stock journal local store"
    for name in files.split() + [f"models/{name}" for name in entities.split()]:
        (root / "deskapp" / f"{name}.py").touch()
    return root


def test_an_empty_house_keeps_the_contracts(empty_house: Path) -> None:
    result = run_tool("-c", LINT_IMPORTS, "--no-cache", cwd=empty_house)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("module", "imported", "contract"),
    [
        ("rules/money.py", "deskapp.models.store", "The floors of the house"),
        ("print/labels.py", "deskapp.sync", "The floors of the house"),
        ("commands/intake.py", "deskapp.queries", "The floors of the house"),
        ("stray.py", "deskapp.errors", "The floors of the house"),
        ("models/search.py", "PySide6.QtCore", "Only the window knows Qt"),
        ("ui/page.py", "sqlalchemy.orm", "No SQL above commands and queries"),
        ("rules/money.py", "sqlalchemy", "No SQL above commands and queries"),
        ("ui/page.py", "deskapp.models.device", "Entities stay inside"),
        ("ui/page.py", "reportlab.pdfgen", "Only deskapp.print draws paper"),
        ("commands/intake.py", "requests", "Only deskapp.sync speaks HTTP"),
        ("settings.py", "keyring", "Only deskapp.secrets knows the keyring"),
        ("queries/tickets.py", "sqlite3", "Only deskapp.cipher opens database files"),
    ],
)
def test_an_import_against_the_plan_is_reported(
    empty_house: Path, tmp_path: Path, module: str, imported: str, contract: str
) -> None:
    house = shutil.copytree(empty_house, tmp_path / "house")
    (house / "deskapp" / module).write_text(f"import {imported}\n", "utf-8")
    result = run_tool("-c", LINT_IMPORTS, "--no-cache", cwd=house)
    assert result.returncode != 0
    broken = re.findall(r"^(.*) BROKEN", result.stdout, re.MULTILINE)
    stray = module == "stray.py" and "stray" in result.stdout
    assert stray or any(line.startswith(contract) for line in broken), result.stdout + result.stderr


# ---------------------------------------------------------------- the package


def test_every_module_says_its_one_job_in_its_first_line() -> None:
    silent = [place(path) for path, tree in modules() if tree.body and not ast.get_docstring(tree)]
    assert silent == []


def test_no_module_of_the_package_is_longer_than_can_be_read_at_once() -> None:
    # A migration is a list of statements that is written once and never read again as code.
    code = [path for path, _ in modules() if path.parent.name != "migrations"]
    lengths = {place(path): len(path.read_text("utf-8").splitlines()) for path in code}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def test_no_module_has_a_name_that_says_nothing() -> None:
    vague = [place(path) for path, _ in modules() if VAGUE_NAMES & set(path.stem.split("_"))]
    assert vague == []


def test_the_package_itself_holds_its_version_and_nothing_else() -> None:
    # The folder deskapp/print becomes an attribute of the package: print() in this file would call a module.
    body = ast.parse((PACKAGE / "__init__.py").read_text("utf-8")).body
    docstring, version = body
    assert isinstance(docstring, ast.Expr)
    assert isinstance(version, ast.Assign)
    assert [ast.unparse(target) for target in version.targets] == ["__version__"]


def test_nothing_in_the_package_prints() -> None:
    calls = [
        place(path, node)
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert calls == []


def called(tree: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    """Every call in a module with its dotted name as it is written."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node.func)


def test_acts_are_committed_in_one_place() -> None:
    calls = [(place(path, node), name) for path, tree in modules() for node, name in called(tree)]
    commits = [where.partition(":")[0] for where, name in calls if name.endswith(".commit")]
    # One for every act, and one each where a restored store is made ready before anybody works on it; the session
    # of an act passes that very call on to the mapper.
    stores = ["deskapp/models/store.py"] * 2
    assert sorted(commits) == ["deskapp/models/act_session.py", "deskapp/models/backup.py", *stores]


def test_no_two_commands_share_a_name() -> None:
    """The journal keeps names: acts of one name are one kind of act; a test's command may not stand for ours either."""
    made: dict[str, set[str]] = {}
    for path in (*(ROOT / "deskapp").rglob("*.py"), *(ROOT / "tests").rglob("*.py")):
        if "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and any(
                isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == "command"
                for mark in node.decorator_list
            ):
                made.setdefault(node.name, set()).add(str(path.relative_to(ROOT)))
    twice = {name: places for name, places in made.items() if len(places) > 1}
    assert {name: sorted(places) for name, places in twice.items() if any(p.startswith("deskapp") for p in places)} == {}


CLOCKS = re.compile(
    r"(^|\.)(datetime\.(now|today|utcnow)|date\.today|time\.time(_ns)?|localtime|gmtime|uuid[1-8]?)$|^uuid\."
)


def test_only_the_clock_module_reads_the_clock_and_makes_ids() -> None:
    readers = {
        place(path, node)
        for path, tree in modules()
        for node, name in called(tree)
        if CLOCKS.search(name) and path != PACKAGE / "clock.py"
    }
    imports = {
        place(path, node)
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in ("time", "uuid")
    }
    assert readers | imports == set()


def test_nothing_in_the_package_sleeps() -> None:
    sleeps = [place(path, n) for path, tree in modules() for n, name in called(tree) if name == "time.sleep"]
    assert sleeps == []


# ---------------------------------------------------------------- what it stands on


def imported_names() -> set[str]:
    names: set[str] = set()
    for _, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - {"deskapp"}


def pinned() -> dict[str, str]:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;]+)", lock, re.MULTILINE))


def declared(*extras: str) -> list[Requirement]:
    lines: list[str] = list(PROJECT["project"]["dependencies"])
    for extra in extras:
        lines += PROJECT["project"]["optional-dependencies"][extra]
    return [Requirement(line) for line in lines]


def test_every_library_the_program_imports_is_declared() -> None:
    wanted = {canonicalize_name(requirement.name) for requirement in declared("server")}
    providers = importlib.metadata.packages_distributions()
    providers["shiboken6"] = ["PySide6-Essentials"]  # its other half, never named alone
    undeclared = {
        name
        for name in imported_names()
        if not {canonicalize_name(provider) for provider in providers.get(name, [])} & wanted
    }
    assert undeclared == set()


def test_the_lock_file_fits_the_declared_libraries() -> None:
    versions = pinned()
    for requirement in declared("test"):
        name = canonicalize_name(requirement.name)
        assert name in versions, f"{name} is not in requirements.lock; run installer/lock.sh"
        assert requirement.specifier.contains(versions[name], prereleases=True), f"{name} {versions[name]}"


def test_every_locked_version_has_a_hash_and_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    entries = re.split(r"^(?=[a-z0-9-]+==)", lock, flags=re.MULTILINE)[1:]
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in lock
    assert "--index" not in lock
    assert "uv" not in pinned()


# ---------------------------------------------------------------- what the tree may contain


def test_the_top_level_is_exactly_the_drawn_one() -> None:
    there = {path.relative_to(ROOT).parts[0] for path in committed_files()}
    assert {name for name in there if not name.startswith(".")} == TOP_LEVEL


def machine_marks() -> list[str]:
    """What only one machine or one network knows. Put together here so that this file passes its own test."""
    hosts = ["pypi." + "org", "python" + "hosted", "deb.debian" + ".org", "registry." + "npmjs"]
    folders = ["/" + "work/", "/" + "root/", "/opt/" + "pypi", "C:" + "\\Users"]
    home = str(Path.home())
    own = [str(ROOT)] if len(ROOT.parts) > 2 else []
    return hosts + folders + own + ([home] if getpass.getuser() in home and len(home) > 5 else [])


def test_no_file_names_a_machine_or_a_package_host() -> None:
    marks = machine_marks()
    found = []
    for path in committed_files():
        text = text_of(path)
        found += [f"{place(path)}: {mark}" for mark in marks if text and mark in text]
    assert found == []


def test_no_file_is_both_large_and_generated() -> None:
    large = {place(path) for path in committed_files() if path.stat().st_size > 12_000_000}
    assert large == set()


def test_every_link_in_a_document_leads_somewhere() -> None:
    broken = []
    for path in committed_files():
        if path.suffix != ".md":
            continue
        targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text("utf-8"))
        local = [target for target in targets if "://" not in target]
        broken += [f"{place(path)}: {target}" for target in local if not (path.parent / target).exists()]
    assert broken == []
