"""Every text of the program is there in Chinese, and the fragments of the catalogue become one file."""

from __future__ import annotations

import ast
import gettext
import json
import os
import re
import string
import warnings
from functools import cache
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from installer.compile_catalogue import (
    CatalogueError,
    compile_catalogue,
    merge,
    read_fragment,
    translations_of,
    up_to_date,
)

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "deskapp"
FRAGMENTS = sorted((ROOT / "resources" / "locale" / "zh_CN").glob("*.po"))
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "N_": None,
    "_": None,
    "translate": None,
    "counted": None,
}


@cache
def texts_of_the_program() -> dict[str, list[str]]:
    """Every marked text with the places that use it."""
    found: dict[str, list[str]] = {}
    for file, line, message, _comments, _context in extract_from_dir(
        PACKAGE, method_map=[("**.py", "python")], keywords=KEYWORDS
    ):
        text = message if isinstance(message, str) else message[0]
        if text:
            found.setdefault(text, []).append(f"deskapp/{file}:{line}")
    # Papers have short texts of their own; their prefix is their mark.
    for path in sorted((PACKAGE / "print").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and re.match(r"paper\|.", str(node.value)):
                found.setdefault(str(node.value), []).append(f"{path.relative_to(ROOT)}:{node.lineno}")
    return found


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def write(folder: Path, name: str, body: str) -> Path:
    path = folder / name
    path.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n' + body, "utf-8")
    return path


# ---------------------------------------------------------------- what is shipped


def test_every_text_of_the_program_has_a_chinese_translation() -> None:
    texts = texts_of_the_program()
    assert texts, "no marked texts were found: the extraction is broken"
    chinese = {key[1] for key in catalogue_entries()}
    assert [f"{text!r} in {places[0]}" for text, places in texts.items() if text not in chinese] == []


def catalogue_entries() -> dict[tuple[str | None, str], tuple[str, ...]]:
    entries = {}
    for message in merge(FRAGMENTS):
        if message.id:
            english = message.id if isinstance(message.id, str) else message.id[0]
            entries[message.context, english] = translations_of(message)
    return entries


@pytest.mark.filterwarnings("default")
def test_translations_that_nothing_uses_any_more_are_told() -> None:
    # Texts of data files come through the catalogue too, so this is a hint and not a fault.
    used = {*texts_of_the_program(), *json.loads((ROOT / "resources" / "acts.json").read_text("utf-8")).values()}
    unused = sorted(english for _, english in catalogue_entries() if english not in used)
    if unused:
        warnings.warn(f"{len(unused)} translations are used by no code: {unused[:5]}", stacklevel=1)


def test_both_languages_name_the_same_placeholders() -> None:
    wrong = []
    for path in FRAGMENTS:
        for message in read_fragment(path):
            english = message.id if isinstance(message.id, str) else message.id[-1]
            wrong += [
                f"{path.name}: {english!r} and {chinese!r}"
                for chinese in translations_of(message)
                if placeholders(english) != placeholders(chinese)
            ]
    assert wrong == []


def test_the_fragments_agree_with_each_other() -> None:
    merge(FRAGMENTS)


def test_no_text_is_put_together_before_it_is_translated() -> None:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
                continue
            built = isinstance(node.args[0], ast.JoinedStr | ast.BinOp)
            unmarked = node.func.id == "N_" and not isinstance(node.args[0], ast.Constant)
            if (node.func.id in KEYWORDS and built) or (unmarked and path.name != "errors.py"):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []


# ---------------------------------------------------------------- how it is made


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "resources" / "locale" / "zh_CN").mkdir(parents=True)
    return tmp_path


def test_fragments_become_one_catalogue_that_gettext_reads(tree: Path) -> None:
    folder = tree / "resources" / "locale" / "zh_CN"
    write(folder, "intake.po", 'msgid "Ticket {number}"\nmsgstr "工单 {number}"\n')
    write(folder, "shelf.po", 'msgid "{n} box"\nmsgid_plural "{n} boxes"\nmsgstr[0] "{n} 个盒子"\n')
    compile_catalogue(tree)
    catalogue = gettext.translation("deskapp", str(tree / "resources" / "locale"), ["zh_CN"])
    assert catalogue.gettext("Ticket {number}") == "工单 {number}"
    assert [catalogue.ngettext("{n} box", "{n} boxes", n) for n in (1, 5)] == ["{n} 个盒子", "{n} 个盒子"]
    assert catalogue.gettext("something else") == "something else"


def test_a_fragment_without_a_header_is_read_as_utf8(tree: Path) -> None:
    path = tree / "bare.po"
    path.write_text('msgid "Shelf"\nmsgstr "货架"\n', "utf-8")
    assert [translations_of(message) for message in read_fragment(path)] == [("货架",)]


def test_two_fragments_that_disagree_are_both_named(tree: Path) -> None:
    first = write(tree, "first.po", 'msgid "Shelf"\nmsgstr "货架"\n')
    second = write(tree, "second.po", 'msgid "Shelf"\nmsgstr "架子"\n')
    with pytest.raises(CatalogueError, match=r"first\.po and second\.po .*Shelf.*货架.*架子"):
        merge([second, first])


def test_two_fragments_that_agree_are_fine(tree: Path) -> None:
    first = write(tree, "first.po", 'msgid "Shelf"\nmsgstr "货架"\n')
    second = write(tree, "second.po", 'msgid "Shelf"\nmsgstr "货架"\n')
    assert [message.string for message in merge([first, second]) if message.id] == ["货架"]


def test_the_same_fragments_give_the_same_bytes(tree: Path) -> None:
    folder = tree / "resources" / "locale" / "zh_CN"
    write(folder, "b.po", 'msgid "Shelf"\nmsgstr "货架"\n')
    write(folder, "a.po", 'msgid "Bench"\nmsgstr "工作台"\n')
    first = compile_catalogue(tree).read_bytes()
    assert compile_catalogue(tree).read_bytes() == first


def test_uncertain_and_empty_translations_are_left_out(tree: Path) -> None:
    path = write(tree, "a.po", '#, fuzzy\nmsgid "Bench"\nmsgstr "长凳"\n\nmsgid "Shelf"\nmsgstr ""\n')
    assert [message.id for message in merge([path]) if message.id] == []


def test_a_broken_fragment_is_named(tree: Path) -> None:
    path = write(tree, "broken.po", 'msgid "Shelf"\nthis is no entry\nmsgstr "货架"\n')
    with pytest.raises(CatalogueError, match=r"broken\.po"):
        merge([path])


def age(tree: Path) -> None:
    """Let a minute pass over the tree: the clock of file systems is too coarse for what a test does."""
    for path in [tree, *tree.rglob("*")]:
        then = path.stat().st_mtime - 60
        os.utime(path, (then, then))


def test_a_new_or_deleted_fragment_makes_the_catalogue_old(tree: Path) -> None:
    folder = tree / "resources" / "locale" / "zh_CN"
    first = write(folder, "first.po", 'msgid "Shelf"\nmsgstr "货架"\n')
    assert not up_to_date(tree)
    compile_catalogue(tree)
    assert up_to_date(tree)
    age(tree)
    assert up_to_date(tree)
    write(folder, "second.po", 'msgid "Bench"\nmsgstr "工作台"\n')
    assert not up_to_date(tree)
    compile_catalogue(tree)
    age(tree)
    first.unlink()
    assert not up_to_date(tree)
