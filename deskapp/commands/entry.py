"""What a person typed, judged on its way into a record: cleaned, or refused at its field.

Warnings do not stop an act; they are collected and become a review card on the record.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from deskapp.commands.moves import raise_card
from deskapp.errors import N_, Refused
from deskapp.models.store import Write
from deskapp.rules.identifiers import Context, judge, sentence
from deskapp.rules.identifiers import Severity as Sev


@dataclass(slots=True)
class Entry:
    """Judges the values of one form; `warnings` are (field, code) of what was accepted with doubt."""

    context: Context | None = None
    warnings: list[tuple[str, str]] = field(default_factory=list)

    def take(self, kind: str, text: str, name: str, *, needed: bool = False) -> str:
        """Return the normalised value; raises Refused at the field `name` when the rule says no.

        An empty value that is not needed stays empty and is not judged.
        """
        if not text.strip() and not needed:
            return ""
        judgement = judge(kind, text, context=self.context)
        if judgement.severity == Sev.ERROR or judgement.value is None:
            words, values = sentence(judgement)
            raise Refused(words, field=name, code=judgement.code, **values)
        if judgement.severity == Sev.WARNING:
            self.warnings.append((name, judgement.code))
        return str(judgement.value)

    def note(self, text: str, name: str, *, symptom: bool = False) -> str:
        """Return free text; card numbers, keys and control characters are refused at the field."""
        return self.take("symptom_words" if symptom else "note", text, name)

    def day(self, text: str, name: str) -> str:
        """Return a day as year-month-day, empty when empty; raises Refused at the field for anything else."""
        if not text.strip():
            return ""
        try:
            return date.fromisoformat(text.strip()).isoformat()
        except ValueError:
            raise Refused(
                N_("This is not a day such as 2025-03-14: {text}"), field=name, code="day", text=text.strip()[:40]
            ) from None

    def raise_cards(self, write: Write, subject_kind: str, subject_id: str) -> None:
        """Turn every doubt into one review card on the record."""
        if self.warnings:
            codes = [{"field": name, "code": code} for name, code in self.warnings]
            raise_card(write, "needs_review", subject_kind, subject_id, data={"warnings": codes})


class Kept(Entry):
    """Stands where a form is filled by another act, which judged every value at its own field."""

    def take(self, kind: str, text: str, name: str, *, needed: bool = False) -> str:
        """Return the value as it is."""
        return text
