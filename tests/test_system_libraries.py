"""What Qt's modules and plugins need of the system is among the packages that `run` installs."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import PySide6
import pytest

ROOT = Path(__file__).resolve().parent.parent
QT = Path(PySide6.__file__).parent / "Qt"
ALWAYS = frozenset({"libc6", "libgcc-s1", "libstdc++6", "zlib1g"})
"""On every Debian with a Python: what everything else there is built on."""
PLUGINS = ("platforms/libqxcb.so", "platforms/libqoffscreen.so", "networkinformation/libqnetworkmanager.so",
           "imageformats/libqjpeg.so", "imageformats/libqsvg.so", "xcbglintegrations/libqxcb-glx-integration.so")  # fmt: skip

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not all(map(shutil.which, ("ldd", "dpkg-query"))), reason="asks Debian's own tools"
)


def _words(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _named() -> set[str]:
    listed = re.search(r'^packages="([^"]+)"', (ROOT / "run").read_text("utf-8"), re.MULTILINE)
    assert listed is not None
    return set(listed[1].split())


@cache
def _installed() -> dict[str, set[str]]:
    """Every installed package with what it depends on; a name with t64 counts under its older one as well."""
    known: dict[str, set[str]] = {}
    for line in _words("dpkg-query", "-W", "-f", "${Package}|${Pre-Depends}, ${Depends}\\n").splitlines():
        name, _, needs = line.partition("|")
        known[name] = {re.split(r"[\s:(]", one.strip())[0] for one in re.split(r"[,|]", needs) if one.strip()}
        known.setdefault(name.removesuffix("t64"), known[name])
    return known


def _come_along(named: set[str]) -> set[str]:
    waiting, there = list(named), set(named)
    while waiting:
        new = _installed().get(waiting.pop(), set()) - there
        there |= new
        waiting += new
    return {name.removesuffix("t64") for name in there} | ALWAYS


def _loaded_by(files: list[Path]) -> set[str]:
    """The libraries of the system that files of Qt load, as the packages that hold them."""
    paths = set(re.findall(r"=> (/\S+) \(", _words("ldd", *map(str, files))))
    paths = {path for path in paths if not path.startswith(str(QT.parents[1]))}
    assert len(paths) > 20
    # What is said to lie below /lib may be noted as below /usr/lib, and the other way round.
    real = {str(Path(path).resolve()) for path in paths}
    places = {f"{start}{path.removeprefix('/usr')}" for path in paths | real for start in ("", "/usr")}
    owners = _words("dpkg-query", "-S", *sorted(places)).splitlines()
    return {line.split(":", 1)[0].removesuffix("t64") for line in owners if not line.startswith("diversion")}


def test_every_library_that_qt_loads_comes_with_the_packages_that_run_installs() -> None:
    source = "".join(path.read_text("utf-8") for path in (ROOT / "deskapp").rglob("*.py"))
    modules = sorted(set(re.findall(r"PySide6\.Qt(\w+) import", source)))
    assert {"Core", "Gui", "Widgets", "Network"} <= set(modules)
    files = [QT / "lib" / f"libQt6{name}.so.6" for name in modules] + [QT / "plugins" / name for name in PLUGINS]
    assert _loaded_by(files) - _come_along(_named()) == set()


def test_the_desk_works_where_a_library_of_the_network_module_is_missing() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import sys; sys.modules['PySide6.QtNetwork'] = None\n"
         "from deskapp.ui import line_watch\n"
         "watch = line_watch.LineWatch(); watch.begin()\n"
         "print(watch.metered, line_watch.tells(), line_watch.sentence() == line_watch.CANNOT_TELL)"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.stdout.split() == ["False", "False", "True"], said.stderr
