"""Troubleshooting guides: small trees of yes / no / could-not-do questions.

A guide is data (`resources/knowledge/guides/<id>.toml`), complete in every language it is
shown in. This module reads one and proves that it can be walked: no dangling step, no
circle, no step nobody reaches, and every way through it comes to an ending within
`MOST_ANSWERS` answers, because a merchant on the telephone gives up sooner.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from deskapp.errors import N_, Refused

LANGUAGES = ("zh", "en")
MOST_ANSWERS = 15


class Answer(StrEnum):
    """What the merchant says to one step."""

    YES = "yes"
    NO = "no"
    COULD_NOT = "could_not"


class Ending(StrEnum):
    """Where a guide comes to: what the ticket does next."""

    SOLVED = "solved"
    SEND_IN = "send_in"
    VISIT = "visit"
    BANK_HANDOFF = "bank_handoff"


_ENDINGS = {ending.value: ending for ending in Ending}


@dataclass(frozen=True, slots=True)
class Words:
    """One text in every language of the desk."""

    zh: str
    en: str

    def in_language(self, language: str) -> str:
        """The text for a language code such as `zh_CN` or `en`; Chinese for every other."""
        return self.en if language.lower().startswith("en") else self.zh


@dataclass(frozen=True, slots=True)
class Step:
    """One question. `hint` may be empty; `picture` is a file name of `knowledge/pictures` or empty."""

    id: str
    text: Words
    hint: Words
    picture: str
    on: Mapping[Answer, str]

    def after(self, answer: Answer) -> str:
        """The id of the next step, or the value of an `Ending`."""
        return self.on[answer]


@dataclass(frozen=True, slots=True)
class Guide:
    """A whole guide; `steps[0]` is where it begins. `version` goes onto the ticket with each answer."""

    id: str
    version: int
    title: Words
    symptoms: tuple[str, ...]
    tip: Words
    steps: tuple[Step, ...]

    @property
    def first(self) -> Step:
        """The step the guide begins with."""
        return self.steps[0]

    def step(self, step_id: str) -> Step:
        """The step with that id. Raises `KeyError` for an unknown id, endings included."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)


def ending_of(target: str) -> Ending | None:
    """The ending a step leads to, or None when `target` is another step."""
    return _ENDINGS.get(target)


def parse(text: str) -> Guide:
    """Read a guide from TOML.

    Raises `Refused` when the text is no TOML, a field is missing or has the wrong type;
    whether the tree holds together is `check`.
    """
    try:
        raw: dict[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Refused(N_("The guide cannot be read: {reason}"), reason=str(error)) from error
    version = raw.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise _missing(raw, "version")
    symptoms = raw.get("symptoms")
    if not isinstance(symptoms, list) or not all(isinstance(code, str) for code in symptoms):
        raise _missing(raw, "symptoms")
    steps = raw.get("steps")
    if not isinstance(steps, list) or not steps:
        raise _missing(raw, "steps")
    return Guide(
        id=_string(raw, "id"),
        version=version,
        title=_words(raw, "title"),
        symptoms=tuple(symptoms),
        tip=_words(raw, "tip"),
        steps=tuple(_step(step) for step in steps),
    )


def check(guide: Guide, pictures: Iterable[str] | None = None) -> tuple[str, ...]:
    """Everything that is wrong with the guide, as plain English sentences; empty when it is sound.

    `pictures` are the file names that exist; without them picture names are not looked at.
    """
    problems: list[str] = []
    ids = [step.id for step in guide.steps]
    known = set(ids)
    problems += [f"step {name} is there twice" for name in sorted(known) if ids.count(name) > 1]
    problems += [f"step {name} has the name of an ending" for name in ids if ending_of(name)]
    for step in guide.steps:
        for answer, target in step.on.items():
            if target not in known and ending_of(target) is None:
                problems.append(f"step {step.id} leads to {target} on {answer}, which does not exist")
    problems += _missing_words(guide)
    if pictures is not None:
        there = set(pictures)
        problems += [
            f"step {step.id} shows {step.picture}, which does not exist"
            for step in guide.steps
            if step.picture and step.picture not in there
        ]
    if problems:
        return tuple(problems)
    reached = _reachable(guide)
    problems += [f"step {name} is never reached" for name in ids if name not in reached]
    longest = longest_way(guide)
    if longest is None:
        problems.append("the guide runs in a circle")
    elif longest > MOST_ANSWERS:
        problems.append(f"the longest way takes {longest} answers, more than {MOST_ANSWERS}")
    return tuple(problems)


def longest_way(guide: Guide) -> int | None:
    """The most answers anybody can need from the first step to an ending; None if there is a circle."""
    by_id = {step.id: step for step in guide.steps}
    done: dict[str, int] = {}
    open_now: set[str] = set()

    def answers_from(name: str) -> int | None:
        if name not in by_id:
            return 0
        if name in done:
            return done[name]
        if name in open_now:
            return None
        open_now.add(name)
        most = 0
        for target in set(by_id[name].on.values()):
            rest = answers_from(target)
            if rest is None:
                return None
            most = max(most, rest)
        open_now.discard(name)
        done[name] = most + 1
        return most + 1

    return answers_from(guide.first.id)


def _reachable(guide: Guide) -> set[str]:
    by_id = {step.id: step for step in guide.steps}
    reached: set[str] = set()
    waiting = [guide.first.id]
    while waiting:
        name = waiting.pop()
        if name in reached or name not in by_id:
            continue
        reached.add(name)
        waiting += by_id[name].on.values()
    return reached


def _missing_words(guide: Guide) -> list[str]:
    problems: list[str] = []
    for language in LANGUAGES:
        for name, words in (("title", guide.title), ("tip", guide.tip)):
            if not getattr(words, language).strip():
                problems.append(f"the {name} is missing in {language}")
        for step in guide.steps:
            if not getattr(step.text, language).strip():
                problems.append(f"step {step.id} has no text in {language}")
    problems += [
        f"the hint of step {step.id} is there in one language only"
        for step in guide.steps
        if bool(step.hint.zh.strip()) != bool(step.hint.en.strip())
    ]
    return problems


def _missing(raw: Mapping[str, object], field: str) -> Refused:
    name = raw.get("id")
    where = name if isinstance(name, str) else "?"
    return Refused(
        N_("The guide is not complete: {part} is missing or wrong at {where}"), part=field, where=where
    )


def _string(raw: Mapping[str, object], field: str) -> str:
    value = raw.get(field)
    if not isinstance(value, str) or not value:
        raise _missing(raw, field)
    return value


def _words(raw: Mapping[str, object], field: str, *, needed: bool = True) -> Words:
    value = raw.get(field)
    if value is None and not needed:
        return Words("", "")
    if not isinstance(value, dict):
        raise _missing(raw, field)
    texts = [value.get(language, "") for language in LANGUAGES]
    if not all(isinstance(text, str) for text in texts):
        raise _missing(raw, field)
    return Words(*texts)


def _step(raw: object) -> Step:
    if not isinstance(raw, dict):
        raise _missing({}, "steps")
    picture = raw.get("picture", "")
    if not isinstance(picture, str):
        raise _missing(raw, "picture")
    return Step(
        id=_string(raw, "id"),
        text=_words(raw, "text"),
        hint=_words(raw, "hint", needed=False),
        picture=picture,
        on={answer: _string(raw, f"on_{answer}") for answer in Answer},
    )
