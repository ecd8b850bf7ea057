"""The two commands in small trees, with stand-ins for what is around: packages, rights, index, screen."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
RUN = (ROOT / "run").read_text("utf-8")

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows has run.cmd")

TOOLS = "sh dirname readlink cmp grep tail find flock rm cp mv mktemp uname date env cat head sleep".split()

#: Answers for the names in $INSTALLED, as dpkg-query does.
DPKG_QUERY = """
for name in "$@"; do
  case $name in -*|\\$*) continue ;; esac
  if grep -qx -e "$name" "$INSTALLED"; then echo "installed $name"; fi
done
"""
APT_GET = """
echo "apt-get $*" >>"$CALLS"
[ ! -e "$INSTALLED.broken" ] || { echo "E: Unable to locate package" >&2; exit 100; }
case $1 in install)
  for name in "$@"; do case $name in -*|*=*|install) ;; *) echo "$name" >>"$INSTALLED" ;; esac; done
esac
"""
#: A Python whose new environments hold a stand-in for pip, as there is no index in a test.
PYTHON = """
case "$*" in
  "-I -m venv --clear "*)
    "{python}" -I -m venv --without-pip --clear "$5" && for site in "$5"/lib/python3*/site-packages; do
      mkdir "$site/pip" && cp "{pip}" "$site/pip/__main__.py"
    done ;;
  *) exec "{python}" "$@" ;;
esac
"""
PIP = """
import os, pathlib, sys, time
with open(os.environ["CALLS"], "a") as calls:
    calls.write("pip " + " ".join(sys.argv[1:]) + "\\n")
print("Collecting one")
while os.path.exists(os.environ["INSTALLED"] + ".slow"):
    time.sleep(0.01)
if os.path.exists(os.environ["INSTALLED"] + ".noindex"):
    print("WARNING: Retrying after connection broken by a test")
    print("ERROR: No matching distribution found for one")
    sys.exit(1)
for name in ("PySide6", "sqlcipher3"):
    package = pathlib.Path(__file__).parent.parent / name
    package.mkdir(exist_ok=True)
    (package / "__init__.py").touch()
    (package / "QtGui.py").touch()
"""
DESKAPP = """
import json, os, sys
bytecode = "PYTHONDONTWRITEBYTECODE" not in os.environ
json.dump({"words": sys.argv[1:], "folder": os.getcwd(), "bytecode": bytecode, "from": __file__}, sys.stdout)
import deskapp.other
sys.exit(7 if "refused" in sys.argv else 0)
"""
PYTEST = "import os, sys\nprint('tests', sys.argv[1:], os.getcwd())\n"


def names_in(variable: str) -> list[str]:
    """The package names that the script keeps in a variable."""
    value = re.search(rf'^{variable}="([^"]*)"', RUN, re.MULTILINE)
    assert value is not None
    return value[1].split()


@dataclass
class Desk:
    """A small tree with our `run` in it, and a system of stand-ins around it."""

    folder: Path
    system: Path
    script: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": str(self.system / "bin"),
            "HOME": "/nonexistent",
            "INSTALLED": str(self.system / "installed"),
            "CALLS": str(self.system / "calls"),
            "TMPDIR": str(self.system),
        }

    def start(self, *words: str, cwd: Path | None = None, **variables: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["/bin/sh", str(self.script or self.folder / "run"), *words],
            cwd=cwd or self.system,
            env=self.environment | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *words: str, cwd: Path | None = None, **variables: str) -> tuple[int, str, str]:
        with self.start(*words, cwd=cwd, **variables) as process:
            out, errors = process.communicate(timeout=60)
        return process.returncode, out, errors

    def tool(self, name: str, body: str) -> None:
        path = self.system / "bin" / name
        path.unlink(missing_ok=True)
        path.write_text("#!/bin/sh\n" + body, "utf-8")
        path.chmod(0o755)

    def install(self, *names: str) -> None:
        (self.system / "installed").write_text("\n".join(names) + "\n", "utf-8")

    def calls(self, program: str) -> list[str]:
        lines = (self.system / "calls").read_text("utf-8").splitlines()
        return [line for line in lines if line.startswith(program)]

    def take_rights(self) -> None:
        self.tool("id", "echo 1000")

    @property
    def ready(self) -> bool:
        return (self.folder / ".venv" / "ready.lock").exists()


EVERYTHING = [*names_in("packages"), *names_in("test_packages"), "fonts-noto-cjk"]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk whose system has every package, and whose environment is not made yet."""
    made = Desk(tmp_path / "the desk's folder", tmp_path / "system")
    (made.system / "bin").mkdir(parents=True)
    for name in TOOLS:
        (made.system / "bin" / name).symlink_to(shutil.which(name) or pytest.skip(f"{name} is not there"))
    (made.system / "calls").touch()
    (made.system / "pip.py").write_text(PIP, "utf-8")
    base = Path(getattr(sys, "_base_executable", sys.executable))
    made.tool("python3", PYTHON.format(python=base, pip=made.system / "pip.py"))
    made.tool("mkdir", f'exec {shutil.which("mkdir")} "$@"')
    made.tool("dpkg-query", DPKG_QUERY)
    made.tool("apt-get", APT_GET)
    made.tool("id", "echo 0")
    made.install(*EVERYTHING)

    (made.folder / "deskapp").mkdir(parents=True)
    (made.folder / "deskapp" / "__init__.py").touch()
    (made.folder / "deskapp" / "__main__.py").write_text(DESKAPP, "utf-8")
    (made.folder / "deskapp" / "other.py").touch()
    (made.folder / "pytest.py").write_text(PYTEST, "utf-8")
    (made.folder / "requirements.lock").write_text("one==1.0 \\\n    --hash=sha256:00\n", "utf-8")
    (made.folder / "installer").mkdir()
    (made.folder / "installer" / "compile_catalogue.py").write_text(
        "import os, pathlib, sys\n"
        "open(os.environ['CALLS'], 'a').write('catalogue\\n')\n"
        "target = pathlib.Path(__file__).parent.parent / 'resources/locale/zh_CN/LC_MESSAGES/deskapp.mo'\n"
        "target.parent.mkdir(exist_ok=True)\ntarget.touch()\n",
        "utf-8",
    )
    (made.folder / "resources" / "locale" / "zh_CN").mkdir(parents=True)
    shutil.copy(ROOT / "run", made.folder)
    return made


Answer = Callable[[str], dict[str, object]]


@pytest.fixture
def answer() -> Answer:
    import json

    return json.loads


# ---------------------------------------------------------------- the script itself


@posix_only
def test_the_script_is_plain_sh_and_executable() -> None:
    shell = shutil.which("dash") or "/bin/sh"
    assert subprocess.run([shell, "-n", str(ROOT / "run")], check=False).returncode == 0
    assert RUN.startswith("#!/bin/sh\n")
    assert os.access(ROOT / "run", os.X_OK)
    code = re.sub(r"'[^']*'", "''", RUN)
    assert re.findall(r"\[\[|\blocal \w|^function |<<<|\bsource |&>", code, re.MULTILINE) == []


def test_the_windows_script_jumps_only_to_labels_it_has() -> None:
    raw = (ROOT / "run.cmd").read_bytes()
    assert raw.count(b"\n") == raw.count(b"\r\n"), "cmd.exe loses labels in files without carriage returns"
    text = raw.decode("ascii")
    labels = set(re.findall(r"^:(\w+)", text, re.MULTILINE))
    jumps = set(re.findall(r"\bgoto (\w+)|\bcall :(\w+)", text))
    assert {first or second for first, second in jumps} == labels - {""}


def test_the_readme_names_every_package_that_is_installed() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    wanted = [*names_in("packages"), *names_in("test_packages"), "fonts-wqy-microhei", "python3-venv"]
    assert [name for name in wanted if name not in readme] == []


# ---------------------------------------------------------------- what it passes on


@posix_only
def test_words_folder_and_status_are_passed_on(desk: Desk, answer: Answer, tmp_path: Path) -> None:
    status, out, _ = desk.run("export", "a file.csv", "it's", "", "refused", cwd=tmp_path)
    told = answer(out)
    assert told["words"] == ["export", "a file.csv", "it's", "", "refused"]
    assert told["folder"] == str(tmp_path)
    assert status == 7


@posix_only
def test_the_second_run_is_quick_and_says_nothing(desk: Desk) -> None:
    desk.run("doctor")
    started = time.perf_counter()
    desk_alone = [str(desk.folder / ".venv/bin/python"), "-P", "-m", "deskapp", "doctor"]
    subprocess.run(desk_alone, check=True, capture_output=True, env=desk.environment)
    alone = time.perf_counter() - started
    status, _, errors = desk.run("doctor")
    assert (status, errors) == (0, "")
    assert time.perf_counter() - started - 2 * alone < 0.5


@posix_only
def test_the_tests_run_in_the_folder_of_the_desk(desk: Desk, tmp_path: Path) -> None:
    status, out, _ = desk.run("test", "-k", "two words", cwd=tmp_path)
    assert status == 0
    assert out == f"tests ['-k', 'two words'] {desk.folder}\n"


@posix_only
def test_bytecode_is_kept_even_where_the_environment_forbids_it(desk: Desk, answer: Answer) -> None:
    _, out, _ = desk.run("doctor", PYTHONDONTWRITEBYTECODE="1")
    assert answer(out)["bytecode"] is True
    assert list((desk.folder / "deskapp" / "__pycache__").glob("other.*.pyc"))


@posix_only
def test_foreign_modules_in_the_current_folder_are_not_taken_for_ours(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "deskapp.py").write_text("raise SystemExit('the wrong one')", "utf-8")
    for name in ("json", "pip", "venv", "compileall", "sysconfig"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong one')", "utf-8")
    status, _, errors = desk.run("doctor", cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert status == 0, errors


@posix_only
def test_a_moved_folder_still_works(desk: Desk, answer: Answer) -> None:
    desk.run("doctor")
    desk.folder = desk.folder.rename(desk.folder.with_name("somewhere else"))
    status, out, errors = desk.run("doctor")
    assert (status, errors) == (0, "")
    assert str(answer(out)["from"]).startswith(str(desk.folder))


@posix_only
def test_a_link_to_the_script_works_from_anywhere(desk: Desk, answer: Answer) -> None:
    desk.script = desk.system / "desk"
    desk.script.symlink_to(desk.folder / "run")
    status, out, errors = desk.run("doctor")
    assert status == 0, errors
    assert str(answer(out)["from"]).startswith(str(desk.folder))
    assert not (desk.system / ".venv").exists()


@posix_only
def test_a_copy_of_the_script_alone_touches_nothing(desk: Desk) -> None:
    desk.script = Path(shutil.copy(desk.folder / "run", desk.system / "desk"))
    status, _, errors = desk.run("doctor")
    assert status == 1
    assert errors.endswith("is not the folder of the desk: requirements.lock is missing.\n")
    assert not (desk.system / ".venv").exists()


# ---------------------------------------------------------------- a screen or none


@posix_only
@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac always has a screen")
@pytest.mark.parametrize("display", ["", ":9753", "nobody.invalid:0"])
def test_without_a_screen_it_says_so_and_plays_the_tour(desk: Desk, answer: Answer, display: str) -> None:
    status, out, errors = desk.run(DISPLAY=display)
    words = answer(out)["words"]
    assert isinstance(words, list)
    assert words[:2] == ["tour", "--out"]
    assert str(words[2]).startswith(f"{desk.folder}/out/tour-")
    assert "no screen" in errors
    assert status == 0


@posix_only
def test_with_a_platform_chosen_it_opens_the_window(desk: Desk, answer: Answer) -> None:
    _, out, _ = desk.run(QT_QPA_PLATFORM="vnc")
    assert answer(out)["words"] == []


# ---------------------------------------------------------------- system packages


@posix_only
def test_without_rights_the_missing_packages_are_named_in_one_exact_line(desk: Desk) -> None:
    desk.take_rights()
    desk.install(*(name for name in EVERYTHING if name not in ("libegl1", "libxcb-cursor0", "xvfb")))
    status, out, errors = desk.run("doctor")
    assert (status, out) == (1, "")
    assert errors == (
        "deskapp: some system packages are missing; as root, please run: "
        "apt-get update && apt-get install -y --no-install-recommends libegl1 libxcb-cursor0\n"
    )
    assert desk.calls("apt-get") == []


@posix_only
def test_without_python_and_rights_python_is_named_too(desk: Desk) -> None:
    desk.take_rights()
    (desk.system / "bin" / "python3").unlink()
    status, _, errors = desk.run()
    assert status == 1
    assert errors.endswith("--no-install-recommends python3-venv\n")


@posix_only
def test_a_python_that_is_too_old_does_not_count(desk: Desk) -> None:
    desk.tool("python3", "exit 1")
    status, _, errors = desk.run()
    assert status == 1
    assert desk.calls("apt-get install")[0].endswith(" python3-venv")
    assert errors.endswith("Python 3.11, 3.12 or 3.13 with venv and ensurepip is needed and was not found.\n")


@posix_only
def test_with_rights_only_what_is_missing_is_installed_and_only_once(desk: Desk) -> None:
    desk.install(*(name for name in EVERYTHING if name not in ("libegl1", "fonts-noto-cjk", "xvfb")))
    assert desk.run("doctor")[0] == 0
    (installed,) = desk.calls("apt-get install")
    assert installed.endswith("Timeout=120 libegl1 fonts-wqy-microhei")
    assert desk.run("doctor")[0] == 0
    assert len(desk.calls("apt-get")) == 2  # one update, one install


@posix_only
def test_what_only_the_tests_need_is_installed_for_the_tests(desk: Desk) -> None:
    desk.install(*names_in("packages"), "fonts-noto-cjk")
    desk.run("doctor")
    assert desk.calls("apt-get") == []
    assert desk.run("test")[0] == 0
    assert desk.calls("apt-get install")[0].endswith("120 " + " ".join(names_in("test_packages")))


@posix_only
def test_sudo_is_used_where_it_asks_no_password(desk: Desk) -> None:
    desk.take_rights()
    desk.tool("sudo", 'echo "sudo $*" >>"$CALLS"; [ "$1" != -n ] || shift; exec "$@"')
    (desk.system / "bin" / "true").symlink_to(shutil.which("true") or "")
    desk.install(*EVERYTHING[1:])
    assert desk.run("doctor")[0] == 0
    assert desk.calls("sudo apt-get update")
    assert desk.calls("sudo env DEBIAN_FRONTEND=noninteractive apt-get install")


@posix_only
def test_the_newer_names_of_packages_count(desk: Desk) -> None:
    desk.take_rights()
    desk.install(*(f"{name}t64" if name == "libglib2.0-0" else name for name in EVERYTHING))
    assert desk.run("doctor")[0] == 0


@posix_only
def test_a_missing_font_alone_turns_nobody_away(desk: Desk) -> None:
    desk.take_rights()
    desk.install(*EVERYTHING[:-1])
    assert desk.run("doctor")[0] == 0


@posix_only
def test_a_failing_apt_is_one_sentence(desk: Desk) -> None:
    desk.install(*EVERYTHING[1:])
    (desk.system / "installed.broken").touch()
    status, out, errors = desk.run("doctor")
    assert (status, out) == (1, "")
    assert errors.splitlines()[-1].startswith(
        "deskapp: the system packages could not be installed (E: Unable to locate package); as root, please "
    )


@posix_only
def test_a_system_without_apt_is_left_alone(desk: Desk) -> None:
    for name in ("apt-get", "dpkg-query"):
        (desk.system / "bin" / name).unlink()
    assert desk.run("doctor")[0] == 0


# ---------------------------------------------------------------- the environment


@posix_only
def test_progress_goes_to_the_error_stream(desk: Desk, answer: Answer) -> None:
    _, out, errors = desk.run("doctor")
    answer(out)
    assert "Making .venv" in errors


@posix_only
def test_no_index_is_one_sentence_and_the_next_run_heals(desk: Desk) -> None:
    no_index = desk.system / "installed.noindex"
    no_index.touch()
    status, _, errors = desk.run("doctor")
    assert status == 1
    assert "the package index was not reached" in errors.splitlines()[-1]
    assert not desk.ready
    no_index.unlink()
    assert desk.run("doctor")[0] == 0
    assert desk.ready


@posix_only
def test_an_interrupted_set_up_heals_on_the_next_run(desk: Desk) -> None:
    slow = desk.system / "installed.slow"
    slow.touch()
    with desk.start("doctor") as process:
        deadline = time.monotonic() + 30
        while not desk.calls("pip"):
            assert time.monotonic() < deadline, "pip was never called"
            assert process.poll() is None
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    slow.unlink()
    assert not desk.ready
    assert desk.run("doctor")[0] == 0
    assert desk.ready


@posix_only
def test_a_changed_lock_makes_the_environment_anew(desk: Desk) -> None:
    desk.run("doctor")
    leftover = desk.folder / ".venv" / "leftover"
    leftover.touch()
    (desk.folder / "requirements.lock").write_text("one==1.1 \\\n    --hash=sha256:01\n", "utf-8")
    assert desk.run("doctor")[0] == 0
    assert len(desk.calls("pip")) == 2
    assert not leftover.exists()


@posix_only
def test_an_environment_whose_python_is_gone_is_made_anew(desk: Desk) -> None:
    desk.run("doctor")
    (desk.folder / ".venv" / "bin" / "python").unlink()
    assert desk.run("doctor")[0] == 0
    assert len(desk.calls("pip")) == 2


@posix_only
def test_two_at_once_set_up_once(desk: Desk) -> None:
    slow = desk.system / "installed.slow"
    slow.touch()
    with desk.start("doctor") as first, desk.start("doctor") as second:
        deadline = time.monotonic() + 30
        while not desk.calls("pip"):
            assert time.monotonic() < deadline, "pip was never called"
        slow.unlink()
        for process in (first, second):
            _, errors = process.communicate(timeout=60)
            assert process.returncode == 0, errors
    assert len(desk.calls("pip")) == 1


@posix_only
def test_the_catalogue_is_compiled_when_a_fragment_is_newer(desk: Desk) -> None:
    desk.run("doctor")
    desk.run("doctor")
    assert len(desk.calls("catalogue")) == 1
    fragment = desk.folder / "resources" / "locale" / "zh_CN" / "window.po"
    fragment.touch()
    os.utime(fragment, (time.time() + 60, time.time() + 60))
    desk.run("doctor")
    assert len(desk.calls("catalogue")) == 2
