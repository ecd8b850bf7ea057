"""What the verbs do with an open store, in this process or in the window's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from deskapp.cli.acting import Message, Tell, actor_of, write
from deskapp.cli.reply import done, refusal, sentence
from deskapp.errors import N_, DeskError, Refused
from deskapp.i18n import counted, translate
from deskapp.models.store import Store


def answer(store: Store, message: Message, tell: Tell) -> Message:
    """Do one message and return the reply; every deliberate error becomes a refusal with its sentence."""
    language = str(message.get("language", "zh_CN"))
    act = _VERBS.get(str(message.get("verb")))
    try:
        if act is None:
            raise Refused(N_("This is not understood: {verb}"), verb=str(message.get("verb")), code="verb")
        return act(store, message, tell, language)
    except DeskError as error:
        return _refused(error, language)


def _refused(error: DeskError, language: str) -> Message:
    """Return the refusal; that of an import names every wrong line, for programs and for people."""
    found = getattr(error, "found", None)
    if found is None:
        return refusal(error, language)
    values = _import_values(found, language)
    reply = refusal(error, language, **values, done=False)
    reply["sentences"] += [_problem_line(problem, language) for problem in values["problems"]]
    return reply


def _import(store: Store, message: Message, tell: Tell, language: str) -> Message:
    from deskapp.commands.imports import import_file

    actor = actor_of(store, message, tell)
    trial = bool(message.get("dry_run"))
    act = import_file(kind=message["kind"], file=message["file"])
    finished = store.run(act.as_trial() if trial else act, by=actor)
    tell(finished.changes)
    found = finished.result
    text = (
        N_("{lines} lines: {added} would be new, {changed} would be changed. Nothing was imported.") if trial
        else N_("{lines} lines imported: {added} new, {changed} changed.")
    )  # fmt: skip
    return done(
        sentence(text, language, lines=found.lines, added=found.added, changed=found.changed),
        **_import_values(found, language),
        done=not trial,
    )


def _import_values(found: Any, language: str) -> dict[str, Any]:
    problems = [
        {"line": problem.line, "field": problem.field,
         "sentence": _filled(counted(problem.sentence, problem.values, language), problem.values, language)}
        for problem in found.problems
    ]  # fmt: skip
    return {
        "kind": found.kind, "lines": found.lines, "added": found.added, "changed": found.changed,
        "problems": problems, "unknown_columns": list(found.unknown_columns),
    }  # fmt: skip


def _problem_line(problem: dict[str, Any], language: str) -> str:
    text = N_("line {line}: {sentence}")
    return sentence(text, language, line=problem["line"], sentence=problem["sentence"])


def _filled(text: str, values: Any, language: str) -> str:
    said = {key: translate(value, language) if isinstance(value, str) else value for key, value in values.items()}
    try:
        return text.format(**said)
    except (KeyError, IndexError, ValueError):
        return text


def _export(store: Store, message: Message, tell: Tell, language: str) -> Message:
    from deskapp.queries.exports import as_csv, as_excel, export
    from deskapp.rules import access

    actor = actor_of(store, message, tell)
    access.require(store.roles, actor.roles, "export")
    target = Path(message["file"])
    if target.suffix.lower() not in (".csv", ".xlsx"):
        raise Refused(N_("The name of the file has to end in .csv or .xlsx."), field="file", code="ending")
    unmasked = access.may(store.roles, actor.roles, "unmask")
    table = store.ask(lambda session: export(session, message["kind"], language=language, unmasked=unmasked))
    write(target, as_csv(table) if target.suffix.lower() == ".csv" else as_excel(table))
    return done(
        sentence(N_("{count} lines written to {file}."), language, count=len(table.rows), file=target.name),
        file=str(target), lines=len(table.rows),
    )  # fmt: skip


def _print(store: Store, message: Message, tell: Tell, language: str) -> Message:
    from deskapp.cli import printing
    from deskapp.rules import access

    if message.get("printer"):
        return printing.on_printer(store, message, tell, language)
    access.require(store.roles, actor_of(store, message, tell).roles, "read")
    return printing.draw(store, message, language)


def _printers(store: Store, message: Message, tell: Tell, language: str) -> Message:
    from deskapp.cli import printing

    return printing.printers(store, message, tell, language)


def _backup(store: Store, message: Message, _tell: Tell, language: str) -> Message:
    from deskapp.models.backup import back_up

    target = Path(message["file"])
    manifest = back_up(store.home, store.key, target, store.now)
    return done(
        sentence(N_("Backed up and checked: {file}, {count} acts."), language, file=target.name,
                 count=manifest.head_seq),
        file=str(target), acts=manifest.head_seq, rows=manifest.rows, made_at=manifest.made_at,
        sha256=manifest.database_sha256,
    )  # fmt: skip


def _sync(store: Store, message: Message, tell: Tell, language: str) -> Message:
    from deskapp.cli import syncing

    return syncing.sync(store, message, tell, language)


_VERBS: dict[str, Callable[[Store, Message, Tell, str], Message]] = {
    "import": _import, "export": _export, "print": _print, "printers": _printers,
    "backup": _backup, "sync": _sync,
}  # fmt: skip
