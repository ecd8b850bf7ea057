"""The branch's own templates and its logo in a backup: plain files of one folder, brought back where they are missing.

A file that is there already stays: whoever restores yesterday's data did not mean yesterday's templates, and on a
new computer nothing is there.
"""

from __future__ import annotations

import logging
import shutil
import zipfile
from pathlib import Path, PurePosixPath

from deskapp.paths import Home

log = logging.getLogger(__name__)

PREFIX = "templates/"
MOST_FILES, MOST_BYTES = 400, 16_000_000
"""A branch has a handful of templates and one picture; what is larger has come there by mistake."""


def pack(archive: zipfile.ZipFile, home: Home) -> int:
    """Put the files of the branch's templates into a backup; returns how many."""
    if not home.templates.is_dir():
        return 0
    count = size = 0
    for file in sorted(home.templates.rglob("*")):
        if file.is_symlink() or not file.is_file():
            continue
        size += file.stat().st_size
        if count >= MOST_FILES or size > MOST_BYTES:
            log.warning("the folder of templates is too large for a backup; %s and what follows is left out", file.name)
            break
        archive.write(file, PREFIX + file.relative_to(home.templates).as_posix())
        count += 1
    return count


def unpack(archive: zipfile.ZipFile, home: Home) -> tuple[str, ...]:
    """Bring back the files that are missing in the home; returns their names."""
    found: list[str] = []
    for entry in archive.infolist():
        target = _target(entry.filename, home.templates)
        if target is None or target.exists() or entry.file_size > MOST_BYTES or len(found) >= MOST_FILES:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.name + ".part")
        with archive.open(entry) as source, part.open("wb") as sink:
            shutil.copyfileobj(source, sink)
        part.replace(target)
        found.append(target.name)
    return tuple(found)


def _target(name: str, folder: Path) -> Path | None:
    """Return where a file of a backup belongs; None for one that is no template or wants to lie elsewhere."""
    if not name.startswith(PREFIX) or name.endswith("/"):
        return None
    parts = PurePosixPath(name[len(PREFIX) :]).parts
    sound = all(part not in ("", ".", "..") and not set(part) & set('\\/:*?"<>|') for part in parts)
    return folder.joinpath(*parts) if parts and sound and len(parts) <= 4 else None
