"""The manual tells what the program does: every setting, action, command, list, library and page stands in it."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from deskapp import settings
from deskapp.i18n import translate
from deskapp.models.write import REGISTRY
from deskapp.ui.actions import ACTIONS
from deskapp.ui.pages.table import PAGES
from installer.write_docs import (
    ACTS,
    FILES,
    LICENCES,
    acts_brought_up_to_date,
    brought_up_to_date,
    load_commands,
    runtime_versions,
)

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
LINK = re.compile(r"\]\(([^)#\s]+)(?:#([^)\s]*))?\)")


def text_of(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


@pytest.mark.parametrize("name", FILES)
def test_the_tables_of_the_manual_are_as_the_program_is(name: str) -> None:
    written = text_of(name)

    assert "<!-- table: " in written
    assert written == brought_up_to_date(written), f"run: python installer/write_docs.py ({name} is old)"


def test_the_titles_of_acts_are_as_the_commands_are() -> None:
    written = ACTS.read_text("utf-8")

    assert written == acts_brought_up_to_date(written), "run: python installer/write_docs.py (acts.json is old)"
    assert [title for title in json.loads(written).values() if translate(title, "zh_CN") == title] == []


def test_every_setting_is_told_with_its_title() -> None:
    told = text_of("settings.md")

    assert [one.key for one in settings.ALL if f"| `{one.key}` | {one.title} |" not in told] == []


def test_every_action_is_told_with_its_first_key() -> None:
    lines = text_of("actions.md").splitlines()
    missing = []
    for one in ACTIONS:
        line = next((line for line in lines if f"`{one.id}`" in line), "")
        if one.text not in line or (one.shortcut and f"`{one.shortcut}`" not in line):
            missing.append(one.id)

    assert missing == []


def test_every_command_is_told_with_its_title_and_right() -> None:
    load_commands()
    lines = text_of("commands.md").splitlines()
    missing = []
    for name, spec in REGISTRY.items():
        if not spec.function.__module__.startswith("deskapp."):
            continue
        line = next((line for line in lines if f"| `{name}` |" in line), "")
        if spec.title not in line or (spec.right and f"`{spec.right}`" not in line):
            missing.append(name)

    assert missing == []


def test_every_page_has_its_pictures_reserved_in_both_languages() -> None:
    told = text_of("screens/README.md")
    names = [f"{page.id}_{language}.png" for page in PAGES for language in ("zh_CN", "en")]

    assert [name for name in names if name not in told] == []


def test_no_picture_lies_there_that_nobody_names() -> None:
    told = text_of("screens/README.md")

    assert [path.name for path in (DOCS / "screens").glob("*.png") if path.name not in told] == []


def test_every_kind_of_data_file_and_every_list_is_explained() -> None:
    told = text_of("resources.md")
    codes = tomllib.loads((ROOT / "resources" / "catalogue" / "codes.toml").read_text("utf-8"))
    tops = [path.name for path in (ROOT / "resources").iterdir() if not path.name.startswith((".", "__"))]
    files = [path.name for path in (ROOT / "resources" / "catalogue").iterdir() if path.is_file()]
    lists = [name for name, entries in codes.items() if isinstance(entries, list)]

    assert [name for name in (*tops, *files, *lists) if f"`{name}" not in told and f"/{name}" not in told] == []


def test_every_library_the_program_runs_with_has_its_licence_told() -> None:
    told = text_of("licences.md")
    versions = runtime_versions()

    assert "sqlalchemy" in versions
    assert "pytest" not in versions
    assert [name for name in versions if name not in LICENCES] == []
    assert [name for name in LICENCES if name not in versions] == []
    assert [name for name, version in versions.items() if f"| {name} | {version} | {LICENCES[name][0]} |" not in told] == []


def test_the_licences_of_what_is_shipped_lie_beside_it() -> None:
    assert "SIL Open Font License" in (ROOT / "resources" / "fonts" / "OFL.txt").read_text("utf-8")
    assert "MIT License" in (ROOT / "resources" / "icons" / "LICENSE.txt").read_text("utf-8")


PAGES_OF_THE_MANUAL = sorted(
    str(path.relative_to(ROOT)) for path in (*ROOT.glob("*.md"), *DOCS.rglob("*.md")) if path.name != "CHANGELOG.md"
)


@pytest.mark.parametrize("name", PAGES_OF_THE_MANUAL)
def test_every_link_of_the_manual_leads_somewhere(name: str) -> None:
    page = ROOT / name
    broken = []
    for target, anchor in LINK.findall(page.read_text("utf-8")):
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        found = page.parent / target
        if not found.exists():
            broken.append(target)
        elif anchor and found.suffix == ".md" and anchor not in anchors(found):
            broken.append(f"{target}#{anchor}")

    assert broken == []


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\s-]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_newcomers_are_told_what_has_to_pass() -> None:
    told = (ROOT / "CONTRIBUTING.md").read_text("utf-8")

    assert "./run test" in told
    assert ".ci/run" in told
    assert "./run test" in (ROOT / "README.md").read_text("utf-8")
    assert "./run test" in (ROOT / ".ci" / "run").read_text("utf-8")
