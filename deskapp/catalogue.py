"""The words of the trade as shipped: symptoms, causes, actions, accessories, answers, test plans, prices.

What a branch may edit (models, parts, prices) is copied into tables when the branch is
set up; the short lists of codes are read from the file each program start.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from deskapp.i18n import language as window_language
from deskapp.paths import resource


@dataclass(frozen=True, slots=True)
class Word:
    """One entry of a list: a stable code, the short form a clerk types, and the words shown."""

    code: str
    zh: str
    en: str
    short: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    def title(self, language: str | None = None) -> str:
        """Return the words in a language, the window's when none is named."""
        return self.zh if (language or window_language()) == "zh_CN" else self.en


@dataclass(frozen=True, slots=True)
class TestStep:
    """One step of a test plan: passed or not, or a number between limits.

    `may_skip`: it may be left out with a reason; every other step needs a supervisor's consent for that.
    """

    __test__ = False

    id: str
    zh: str
    en: str
    kind: str
    needs: str
    low: float | None
    high: float | None
    unit: str
    may_skip: bool = False

    def title(self, language: str | None = None) -> str:
        """Return the words in a language, the window's when none is named."""
        return self.zh if (language or window_language()) == "zh_CN" else self.en


@cache
def _file(name: str) -> dict[str, Any]:
    return tomllib.loads(resource("catalogue", f"{name}.toml").read_text("utf-8"))


@cache
def words(name: str) -> Mapping[str, Word]:
    """Return a list of `codes.toml` by code: symptoms, causes, actions, accessory_types, contact_channels, ..."""
    plain = ("code", "zh", "en", "short")
    return {
        entry["code"]: Word(
            entry["code"], entry["zh"], entry["en"], entry.get("short", ""),
            {key: value for key, value in entry.items() if key not in plain},
        )
        for entry in _file("codes")[name]
    }  # fmt: skip


def title(name: str, code: str, language: str | None = None) -> str:
    """Return the words of a code, or the code itself where a list does not know it."""
    word = words(name).get(code)
    return word.title(language) if word else code


def by_short(name: str, typed: str) -> Word | None:
    """Return the entry of a list for the short form or code a clerk typed."""
    wanted = typed.strip()
    for word in words(name).values():
        if wanted.upper() == word.short.upper() or wanted == word.code:
            return word
    return None


@cache
def test_plan(kind: str, capabilities: tuple[str, ...]) -> tuple[str, tuple[TestStep, ...]]:
    """Return id and steps of the default test plan for a kind of terminal with these capabilities."""
    file = _file("testplans")
    steps = {entry["id"]: entry for entry in file["steps"]}
    plan = next((plan for plan in file["plans"] if plan["kind"] == kind), file["plans"][0])
    chosen = [steps[name] for name in plan["steps"]]
    fitting = [step for step in chosen if not step.get("needs") or step["needs"] in capabilities]
    return plan["id"], tuple(
        TestStep(
            step["id"], step["zh"], step["en"], step["kind"], step.get("needs", ""), step.get("min"),
            step.get("max"), step.get("unit", ""), bool(step.get("may_skip", False)),
        )
        for step in fitting
    )  # fmt: skip


def counter_tests(capabilities: tuple[str, ...]) -> tuple[Word, ...]:
    """Return what is tried at the counter with the merchant: switch on, sign on, print, read, scan, connect."""
    return tuple(
        Word(entry["id"], entry["zh"], entry["en"])
        for entry in _file("testplans")["counter_tests"]
        if not entry.get("needs") or entry["needs"] in capabilities
    )


def shipped_models() -> list[dict[str, Any]]:
    """Return the shipped catalogue of terminal models."""
    return list(_file("models")["models"])


def shipped_parts() -> list[dict[str, Any]]:
    """Return the shipped catalogue of parts."""
    return list(_file("parts")["parts"])


def usual_term(key: str) -> int:
    """Return a term of warranty in months as shipped: `grace_months` or `repair_months`."""
    return int(_file("warranty")["usual"][key])


def contract_terms(kind: str) -> dict[str, int]:
    """Return the terms in months that a contract of a kind promises; the kind is a code or words that contain it."""
    written = kind.strip().casefold()
    for entry in _file("warranty")["contracts"] if written else ():
        if written == entry["code"] or any(entry[name].casefold() in written for name in ("zh", "en")):
            return _terms(entry)
    return {}


@cache
def _model_lines() -> Mapping[str, dict[str, int]]:
    return {entry["id"]: _terms(entry) for entry in shipped_models()}


def model_terms(model_id: str) -> dict[str, int]:
    """Return the terms in months that the shipped line of a model carries."""
    return _model_lines().get(model_id, {})


def _terms(entry: Mapping[str, Any]) -> dict[str, int]:
    return {key: int(entry[key]) for key in ("grace_months", "repair_months") if key in entry}


@cache
def _old_part_lines() -> Mapping[str, bool]:
    return {line["part_no"]: bool(line["old_part"]) for line in shipped_parts() if "old_part" in line}


def asks_for_old_part(part_no: str, *, serialised: bool) -> bool:
    """Tell whether the part that comes out has to be accounted for: as the part's line says, else where it has serials.

    A branch's own parts have no line here: those tracked by serial number are asked for.
    """
    return _old_part_lines().get(part_no, serialised)


def shipped_prices() -> dict[str, Any]:
    """Return the shipped price list with its version and lines."""
    return _file("prices")
