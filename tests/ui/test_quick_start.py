"""What makes the start quick changes nothing else: PySide6 and its constants are the same as without it."""

from __future__ import annotations

import enum
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deskapp.ui import quick_enums, quick_qt

ROOT = Path(__file__).resolve().parents[2]

LOADED = """
import sys
from pathlib import Path
from deskapp.ui import quick_qt
quick_qt.load(Path(sys.argv[1]))
left_out = [name for name in ("inspect", "zipfile", "tempfile", "logging", "argparse") if name not in sys.modules]
import builtins, json
from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor
class Bell(QObject):
    rung = Signal(int)
    @Slot(int)
    def hear(self, times): self.heard = times
bell = Bell()
bell.rung.connect(bell.hear)
bell.rung.emit(3)
try:
    QColor().setAlpha("much")
    told = ""
except TypeError as error:
    told = str(error)
print(json.dumps({
    "left_out": left_out, "told": told, "help": QColor.setAlpha.__doc__, "heard": bell.heard,
    "flags": repr(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop),
    "own_import": builtins.__import__ is not getattr(builtins, "__feature_import__", None),
}))
"""


def loaded(kept: Path, **environment: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", LOADED, str(kept)], cwd=ROOT, check=True, capture_output=True, encoding="utf-8",
        env={**{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}, **environment},
    )  # fmt: skip
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def same(one: dict[str, object], other: dict[str, object]) -> bool:
    return {**one, "left_out": 0} == {**other, "left_out": 0}


def test_the_second_start_loads_less_and_answers_the_same(tmp_path: Path) -> None:
    kept = tmp_path / "kept.bin"

    first, second = loaded(kept), loaded(kept)

    assert first["left_out"] == [] and kept.exists()
    assert second["left_out"] == ["inspect", "zipfile", "tempfile", "logging", "argparse"]
    assert same(first, second) and first["heard"] == 3 and first["own_import"]
    assert "setAlpha" in str(first["told"]) and "int" in str(first["help"])


BUSY = """
import sys, types
from pathlib import Path
from deskapp.ui import quick_qt
class Name(str):
    looked = 0
    def startswith(self, *words):  # whoever walks along the modules is interrupted by another that comes
        Name.looked += 1
        sys.modules[f"passing{Name.looked}"] = types.ModuleType("passing")
        return super().startswith(*words)
sys.modules[Name("looked_at")] = types.ModuleType("looked_at")
quick_qt.load(Path(sys.argv[1]))
from PySide6.QtCore import QObject
print(QObject().objectName() == "", Name.looked > 0)
"""


def test_the_first_start_of_all_bears_a_thread_that_imports_meanwhile(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BUSY, str(tmp_path / "kept.bin")], cwd=ROOT, check=False, capture_output=True,
        encoding="utf-8",
    )  # fmt: skip

    assert (done.returncode, done.stdout.strip()) == (0, "True True"), done.stderr[:2000]


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    kept = tmp_path / "kept.bin"
    whole = loaded(kept)
    content = bytearray(kept.read_bytes())
    content[len(content) // 2] ^= 1
    kept.write_bytes(content)

    assert quick_qt._kept(kept) is None
    assert same(loaded(kept), whole)
    assert quick_qt._kept(kept) is not None


@pytest.mark.parametrize("part", ["bootstrap", "packed"])
def test_another_pyside_is_loaded_as_it_comes(tmp_path: Path, part: str) -> None:
    kept = tmp_path / "kept.bin"
    whole = loaded(kept)
    found = quick_qt._kept(kept)
    assert found is not None
    quick_qt._keep(kept, {**found, part: found[part] ^ 1})

    other = loaded(kept)

    assert same(other, whole)
    assert not kept.exists()  # and the next start keeps what fits
    loaded(kept)
    assert quick_qt._kept(kept) == found


def test_a_developers_switch_gets_pyside_as_it_comes(tmp_path: Path) -> None:
    kept = tmp_path / "kept.bin"
    loaded(kept)

    assert loaded(kept, PYSIDE6_OPTION_PYTHON_ENUM="1")["left_out"] == []


# -- enumerations ------------------------------------------------------------------------

KINDS = [
    (enum.Enum, [("One", 1), ("Two", 2), ("Uno", 1), ("Below", -3), ("None_", 0)]),
    (enum.IntEnum, [("Space", 32), ("Any", 32), ("Exclam", 33), ("real", 5), ("Big", 2**40)]),
    (enum.Flag, [("No", 0), ("Right", 2), ("Left", 1), ("Both", 3), ("Links", 1), ("High", 2**31)]),
    (enum.IntFlag, [("A", 4), ("B", 8), ("Mask", 0xFC), ("Zero", 0), ("C", 1)]),
    (enum.Flag, []),
]


def described(made: type[enum.Enum]) -> dict[str, object]:
    """Return everything that an enumeration says of itself, without the identity of its members."""

    def plain(value: object) -> object:
        if isinstance(value, made):
            own = {name: one for name, one in vars(value).items() if name != "__objclass__"}
            return ("member", own, repr(value), str(value), vars(value)["__objclass__"] is made)
        if isinstance(value, dict):
            return {name: plain(one) for name, one in value.items()}
        return getattr(value, "__func__", value)

    own = {name: plain(value) for name, value in vars(made).items() if name not in ("__dict__", "__weakref__")}
    return {**own, "listed": [plain(one) for one in made], "by": made.__qualname__, "above": made.__mro__[1:]}


@pytest.mark.parametrize(
    ("version", "quickly"),
    [((3, 11, 2), False), ((3, 11, 6), False), ((3, 11, 7), True), ((3, 11, 14), True), ((3, 12, 0), False), ((3, 13, 5), False)],
)
def test_only_a_python_that_was_compared_makes_enumerations_quickly(version: tuple[int, ...], quickly: bool) -> None:
    assert quick_enums.is_compared(version) is quickly


def test_enter_is_known_however_enumerations_are_made() -> None:
    program = (
        "from deskapp.ui import quick_qt; quick_qt.load()\n"
        "from PySide6.QtCore import QEvent, Qt\n"
        "from PySide6.QtGui import QKeyEvent\n"
        "from deskapp.ui.widgets.enter import is_enter\n"
        "keys = Qt.KeyboardModifier\n"
        "held = (keys.NoModifier, keys.KeypadModifier, keys.ControlModifier, keys.ShiftModifier, keys.AltModifier)\n"
        "print([is_enter(QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, one)) for one in held])\n"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert said.stdout.split("\n")[0] == "[True, True, True, False, False]", said.stderr


@pytest.mark.skipif(not quick_enums.is_compared(sys.version_info[:3]), reason="made the usual way on this Python")
@pytest.mark.parametrize("boundary", [None, enum.FlagBoundary.KEEP])
@pytest.mark.parametrize("kind", range(len(KINDS)))
def test_an_enumeration_is_the_same_however_it_was_made(kind: int, boundary: enum.FlagBoundary | None) -> None:
    base, names = KINDS[kind]
    more = {"module": "somewhere", "boundary": boundary}

    usual = quick_enums._usual(base, "Kind", list(names), **more)
    quick = quick_enums._create(base, "Kind", list(names), **more)

    assert described(quick) == described(usual)
    assert [quick(value) for _name, value in names] == [quick[name] for name, _value in names]
    if issubclass(base, enum.Flag) and names:
        assert repr(~quick.Right if base is enum.Flag else ~quick.A) == repr(
            ~usual.Right if base is enum.Flag else ~usual.A
        )


def test_what_is_not_plain_is_made_the_usual_way() -> None:
    for names in ([("name", 1)], [("_hidden_", 1)], [("A", "text")], ["A", "B"], "A B"):
        assert not quick_enums._plain(names)
    with pytest.raises(TypeError):
        quick_enums._create(enum.Enum, "Twice", [("A", 1), ("A", 2)])


def test_constants_of_qt_come_through_the_quick_way_and_are_real_enumerations() -> None:
    from PySide6.QtCore import QEvent, Qt
    from PySide6.QtGui import QKeySequence

    assert isinstance(Qt.Key.Key_A, enum.IntEnum) and Qt.Key(65) is Qt.Key.Key_A
    assert Qt.AlignmentFlag.AlignLeft in Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
    assert QEvent.Type.Paint.value == 12 and QKeySequence.StandardKey.Copy.name == "Copy"
