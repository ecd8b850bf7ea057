"""Where things lie on the disk: what is shipped, and what belongs to one home."""

from __future__ import annotations

import os
import stat
from functools import cache
from pathlib import Path
from typing import NamedTuple


@cache
def resources() -> Path:
    """Return the folder of shipped resources, in a checkout as well as in an installed wheel."""
    here = Path(__file__).resolve().parent
    packed = here / "resources"
    return packed if packed.is_dir() else here.parent / "resources"


def resource(*parts: str) -> Path:
    """Return the path of one shipped file."""
    return resources().joinpath(*parts)


def default_home() -> Path:
    """Return the home used when none is named: one per operating-system user."""
    named = os.environ.get("DESKAPP_HOME")
    if named:
        return Path(named)
    from platformdirs import user_data_path  # here and below: the start has no time for it

    return user_data_path("deskapp", appauthor=False)


class Home(NamedTuple):  # no dataclass: making one loads a parser of Python, for which the start has no time
    """One store with all that belongs to it. Everything below `root` is private to the user."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "desk.db"

    @property
    def journal_copy(self) -> Path:
        """The second, encrypted copy of the journal from which a damaged store is healed."""
        return self.root / "journal-copy.db"

    @property
    def vault(self) -> Path:
        """The data key behind a passphrase, for computers without a keyring."""
        return self.root / "vault.db"

    @property
    def identity(self) -> Path:
        """Store id and highest numbers used, outside the database so that a restore cannot rewind them."""
        return self.root / "identity.json"

    @property
    def backups(self) -> Path:
        return self.root / "backups"

    @property
    def blobs(self) -> Path:
        """Photos, signatures and scans, encrypted, named by the SHA-256 of their content."""
        return self.root / "photos.db"

    @property
    def recovery(self) -> Path:
        """The data key behind the recovery code; a copy travels in every backup."""
        return self.root / "recovery.db"

    @property
    def papers(self) -> Path:
        """Where the folder printer puts its PDF files."""
        return self.root / "papers"

    @property
    def templates(self) -> Path:
        """The branch's own templates: `labels`, `papers` and `sheets` below it."""
        return self.root / "templates"

    @property
    def quarantine(self) -> Path:
        """Damaged files are moved here, never deleted."""
        return self.root / "damaged"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def lock(self) -> Path:
        return self.root / "desk.lock"

    @property
    def socket(self) -> Path:
        """What a running window listens on for the command line."""
        return self.root / "desk.address"

    @property
    def ballast(self) -> Path:
        """A file given back to the disk when it is full, so that the open act can finish."""
        return self.root / "ballast"

    @property
    def ended(self) -> Path:
        """What is left of a desk that was taken out of service, or wiped because it was lost (`models.ending`)."""
        return self.root / "ended.json"

    @property
    def authority(self) -> Path:
        """The organisation's certificates, copied beside the data: the stick they came on is pulled out again."""
        return self.root / "server-authority.pem"

    def make(self) -> Home:
        """Create the folders, readable by this user only; returns self."""
        for folder in (self.root, self.backups, self.papers, self.logs):
            folder.mkdir(parents=True, exist_ok=True)
        if os.name == "posix":
            self.root.chmod(stat.S_IRWXU)
        return self


def crash_folder() -> Path:
    """Return where crash reports go before any home is known."""
    from platformdirs import user_log_path

    return user_log_path("deskapp", appauthor=False, ensure_exists=True)
