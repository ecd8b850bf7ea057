"""A person who was erased, on this computer's own papers: print jobs with their frozen cards, papers kept as files,
and half-filled forms. None of them travels, so the server knows nothing of them.

A telephone number is taken out of every card; a name, masked or not, only out of the papers about the same ticket.
What is paper stays paper.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from deskapp.models.canonical import canonical
from deskapp.models.striking import MARK, is_number, pattern_of
from deskapp.rules.masking import mask, polite_name

log = logging.getLogger(__name__)

_WHOLE: Final = ("last4",)
"""Endings of keys whose short values are compared as a whole."""

_LINKS: Final = ("ticket_id", "order_id", "item_id", "manifest_id")


def strike_papers(
    driver: Any, record_id: str, before: Mapping[str, Any], cells: Mapping[str, str], words: Collection[str]
) -> None:  # fmt: skip
    """Take a person out of print jobs and drafts.

    `cells` are the personal columns of the record that were emptied, `words` what was taken out of its texts.
    """
    values = {*cells.values(), *words}
    if not values:
        return
    near = Struck([form for value in values for form in _forms(value)], cells)
    far = Struck([value for value in values if is_number(value)])
    tree = _tree(driver, record_id, before)
    due: list[str] = []
    question = "SELECT id, subject_id, card, reason, printer, evidence FROM print_job"
    for job, subject, card, reason, printer, evidence in driver.execute(question).fetchall():
        way = near if subject in tree else far
        told, note = way.text(card), way.words(reason)
        if (told, note) == (card, reason):
            continue
        driver.execute(
            "UPDATE print_job SET card = ?, card_sha256 = ?, reason = ? WHERE id = ?",
            (told, hashlib.sha256(told.encode()).hexdigest(), note, job),
        )
        if printer.startswith("pdf:") and evidence.startswith("file:"):
            due.append(str(Path(printer[4:]) / Path(evidence[5:]).name))
    for draft, form, title in driver.execute("SELECT id, form, title FROM draft").fetchall():
        way = near if any(one in form for one in tree) or far.hits(form) else far
        told, name = way.text(form), way.words(title)
        if (told, name) != (form, title):
            driver.execute("UPDATE draft SET form = ?, title = ? WHERE id = ?", (told, name, draft))
    if due:
        _note_files(driver, due)


def _note_files(driver: Any, due: Iterable[str]) -> None:
    row = driver.execute("SELECT value FROM sync_state WHERE key = 'papers_due'").fetchone()
    every = sorted({*(json.loads(row[0]) if row and row[0] else ()), *due})
    driver.execute("INSERT OR REPLACE INTO sync_state (key, value) VALUES ('papers_due', ?)", (json.dumps(every),))


def remove_files(paths: Iterable[str]) -> int:
    """Remove papers kept as files; the job is still there and can be printed again. Returns how many went."""
    gone = 0
    for path in map(Path, paths):
        try:
            path.unlink()
            gone += 1
        except FileNotFoundError:
            continue
        except OSError as error:
            log.warning("a paper of somebody who was erased could not be removed: %s", type(error).__name__)
    return gone


class Struck:
    """Replaces some words by the mark, in the texts of a form or card."""

    def __init__(self, words: Iterable[str], cells: Mapping[str, str] = {}) -> None:
        self._pattern = pattern_of(words)
        self._whole = {value for name, value in cells.items() if name.endswith(_WHOLE)}

    def hits(self, text: str) -> bool:
        """Say whether any of the words is in a text."""
        return self._pattern is not None and self._pattern.search(text) is not None

    def words(self, text: str) -> str:
        """Return a text without the words."""
        return self._pattern.sub(MARK, text) if self._pattern is not None else text

    def text(self, form: str) -> str:
        """Return canonical JSON without the words; what does not read as JSON is left alone."""
        try:
            told = json.loads(form)
        except ValueError:
            return form
        clean = self._deep("", told)
        if clean == told:
            return form
        return canonical(clean) if canonical(told) == form else json.dumps(clean, ensure_ascii=False)

    def _deep(self, key: str, value: Any) -> Any:
        if isinstance(value, str):
            return MARK if key.endswith(_WHOLE) and value in self._whole else self.words(value)
        if isinstance(value, list):
            return [self._deep(key, one) for one in value]
        if isinstance(value, dict):
            return {name: self._deep(name, one) for name, one in value.items()}
        return value


def _forms(value: str) -> set[str]:
    """Return how papers show a value: whole, and masked."""
    if is_number(value):
        return {value, mask("phone", value)}
    if len(value) < 2 or value.isdecimal():
        return set()
    return {value, mask("name", value), polite_name(value, "先生"), polite_name(value, "女士")}


def _tree(driver: Any, record_id: str, before: Mapping[str, Any]) -> set[str]:
    """Return the ids of the ticket, orders and devices that a record belongs to, itself with them."""
    ids = {record_id, *(str(before[name]) for name in _LINKS if before.get(name))}
    for up, column in (("repair_item", "order_id"), ("repair_order", "ticket_id")):
        ids |= _ids(driver, f"SELECT {column} FROM {up} WHERE id", ids)
    for table, column in (("repair_order", "ticket_id"), ("repair_item", "order_id")):
        ids |= _ids(driver, f"SELECT id FROM {table} WHERE {column}", ids)
    return ids - {""}


def _ids(driver: Any, question: str, ids: Collection[str]) -> set[str]:
    some = list(ids)
    rows = driver.execute(f"{question} IN ({', '.join('?' * len(some))})", some)
    return {str(one) for (one,) in rows.fetchall() if one}
