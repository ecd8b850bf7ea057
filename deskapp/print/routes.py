"""Which printer a paper goes to: the one a person chose, the one of its kind, the one of its medium, the folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from deskapp import settings
from deskapp.models.store import ReadSession
from deskapp.paths import Home
from deskapp.print.media import Form, medium
from deskapp.queries.printers import Choice, choices, profiles
from deskapp.rules.printer_profiles import RAW_SCHEMES, Profile, scheme_of

SETTING_OF = {
    Form.LABEL: settings.LABEL_PRINTER,
    Form.ROLL: settings.SLIP_PRINTER,
    Form.PAGE: settings.PAGE_PRINTER,
    Form.SHEET: settings.PAGE_PRINTER,
}


class Job(Protocol):
    """What a route is chosen by."""

    @property
    def kind(self) -> str: ...
    @property
    def medium(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def printer(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Routes:
    """The choices of this station at one moment. `folder` takes what has no printer."""

    values: settings.Values
    folder: str
    choices: Mapping[str, Choice] = field(default_factory=dict)
    profiles: Mapping[str, Profile] = field(default_factory=dict)

    @classmethod
    def load(cls, session: ReadSession, home: Home) -> Routes:
        """Return what this computer knows of its printers now, and which paper goes where."""
        return cls(settings.load(session), str(home.papers), choices(session), profiles(session))

    def address(self, job: Job) -> str:
        """Return where a job goes now."""
        if job.state == "queued" and job.printer:
            return job.printer
        chosen = self.choices.get(job.kind)
        if chosen is not None and chosen.address:
            return chosen.address
        on = self.medium(job)
        form = medium(on).form if on else Form.PAGE
        return self.values[SETTING_OF[form]] or f"pdf:{self.values[settings.PRINT_FOLDER] or self.folder}"

    def medium(self, job: Job) -> str:
        """Return what a job is printed on: the paper chosen for its kind, unless a person sent it elsewhere."""
        chosen = self.choices.get(job.kind)
        return chosen.medium if chosen is not None and chosen.medium and not job.printer else job.medium

    def second(self, address: str, kind: str) -> str:
        """Return the printer that takes over by itself when one cannot be reached; empty for none."""
        chosen = self.choices.get(kind)
        named = chosen.fallback if chosen is not None and chosen.address == address else ""
        found = named or (self.profiles[address].fallback if address in self.profiles else "")
        return "" if found == address else found

    def profile(self, address: str) -> Profile:
        """Return what is known of a printer, at least its address."""
        return self.profiles.get(address) or Profile(address)

    def paused(self, address: str) -> bool:
        """Whether a person stopped the queue of a printer."""
        return self.profile(address).paused


def is_raw(address: str) -> bool:
    """Say whether an address takes a printer's own language."""
    return scheme_of(address) in RAW_SCHEMES
