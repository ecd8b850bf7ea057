"""What a verb answers: a dictionary that can travel, with finished sentences for people and values for programs."""

from __future__ import annotations

from typing import Any

from deskapp.errors import DeskError
from deskapp.i18n import counted, say


def done(*sentences: str, **values: Any) -> dict[str, Any]:
    """Return the reply to work that was done."""
    return {"status": 0, "sentences": list(sentences), **values}


def refusal(error: DeskError, language: str | None = None, **values: Any) -> dict[str, Any]:
    """Return the reply to work that was refused: one sentence, and the field and code for programs."""
    return {
        "status": 1, "sentences": [say(error, language)], "code": error.code, "field": error.field, **values,
    }  # fmt: skip


def sentence(text: str, language: str | None = None, **values: object) -> str:
    """Return a message id in a language with its values filled in."""
    return counted(text, values, language).format(**values)
