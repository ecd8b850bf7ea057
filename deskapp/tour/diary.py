"""What is written down about a played day: steps and their times, numbers, papers, pictures, checks."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deskapp import __version__
from deskapp.cipher import write_durably
from deskapp.clock import shop_day, shop_time, system_clock
from deskapp.errors import N_
from deskapp.i18n import translate
from deskapp.print import raster
from deskapp.tour.place import DEPOT_HOME, HOME, MARK, SUMMARY
from deskapp.tour.timing import Took

if TYPE_CHECKING:
    from deskapp.queries.printing import JobCard
    from deskapp.tour.stage import Stage

_LEFT_OUT = (MARK, "desk.lock", "desk.address", "ballast")
_LOGS = ((HOME, "logs"), (DEPOT_HOME, "logs"))


class Diary:
    """Collects while the day is played; `finish` writes `summary.json`."""

    def __init__(self, out: Path, tell: Callable[[str], None], language: str, total: int, left_out: str = "") -> None:
        self.out = out
        self.total = total
        self.left_out = left_out
        """Why some steps are not played (a message id); empty where all are."""
        self.done = 0
        self.broken = ""
        self.title = ""
        self.steps: list[dict[str, Any]] = []
        self.checks: list[dict[str, Any]] = []
        self.numbers: list[dict[str, Any]] = []
        self.papers: list[dict[str, Any]] = []
        self.pictures: list[str] = []
        self.sums: dict[str, Any] = {}
        """What stores and server held at the end, scope by scope."""
        self._tell = tell
        self.language = language

    # -- while it is played --------------------------------------------------------

    def begin(self, title: str) -> None:
        """Note that a step begins, and say so."""
        self.title = title
        words = translate(title, self.language)
        self._tell(translate(N_("Step {number} of {total}: {title}"), self.language).format(
            number=self.done + 1, total=self.total, title=words))  # fmt: skip

    def end(self, took: Took, *, complete: bool = True) -> None:
        """Note that a step is over."""
        number = self.done + 1
        wrong = [check for check in self.checks if check["step"] == number and not check["ok"]]
        self.steps.append({
            "number": number, "complete": complete, "title": self.title, "title_zh": translate(self.title, "zh_CN"),
            "at": shop_time(system_clock()).isoformat(timespec="seconds"), **took.told(),
            "pictures": [one for one in self.pictures if one.startswith(f"screens/{number:02d}")],
        })  # fmt: skip
        for check in wrong:
            self._tell(translate(N_("  not as expected: {what}: {seen} instead of {expected}"), self.language).format(
                what=check["what"], seen=check["seen"], expected=check["expected"]))  # fmt: skip
        self.done = number if complete else number - 1

    def break_off(self, reason: str) -> None:
        """Note that the day cannot go on, and why."""
        self.broken = reason

    def expect(self, what: str, expected: object, seen: object) -> None:
        """Compare what should be with what is; both are kept."""
        self.checks.append({
            "step": self.done + 1, "what": what, "expected": _plain(expected), "seen": _plain(seen),
            "ok": expected == seen,
        })  # fmt: skip

    def number(self, kind: str, number: str) -> None:
        """Keep a number that was made."""
        if number and all(one["number"] != number for one in self.numbers):
            self.numbers.append({"kind": kind, "number": number, "step": self.done + 1})

    def picture(self, name: str) -> Path:
        """Return the place of the next picture of this step."""
        count = sum(one.startswith(f"screens/{self.done + 1:02d}") for one in self.pictures)
        place = f"screens/{self.done + 1:02d}{chr(ord('a') + count)}_{name}.png"
        self.pictures.append(place)
        return self.out / place

    def paper(self, job: JobCard, file: Path) -> None:
        """Keep a paper that came out, and check that it carries its number."""
        content = file.read_bytes()
        flat = "".join(raster.text(content).split())
        self.papers.append({
            "file": file.relative_to(self.out).as_posix(), "kind": job.kind, "number": job.number, "copy": job.copy_no,
            "pages": len(raster.pages(content, 0.1)), "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        })  # fmt: skip
        self.number(job.kind, job.number)
        self.expect(f"{file.name}: the number is on the paper", True, "".join(job.number.split()) in flat)

    # -- afterwards ------------------------------------------------------------------

    def finish(self, stage: Stage) -> None:
        """Write the summary, last and whole, and take the mark of an unfinished day away."""
        hands = [desk.hands for desk in (stage, stage.far) if desk is not None]
        summary = {
            "deskapp": __version__, "python": platform.python_version(), "system": platform.platform(),
            "day": shop_day(system_clock()).isoformat(), "ok": not self.broken and all(c["ok"] for c in self.checks),
            "broken_off": self.broken, "left_out": self.left_out,
            **{name: round(sum(step[name] for step in self.steps), 3) for name in ("seconds", "waited", "processor")},
            "keys": sum(one.keys for one in hands), "scans": sum(one.scans for one in hands), **stage.secrets(),
            "steps": self.steps, "numbers": self.numbers, "papers": self.papers, "checks": self.checks,
            "sums": self.sums, "files": self._files(),
        }  # fmt: skip
        text = json.dumps(summary, ensure_ascii=False, indent=1) + "\n"
        write_durably(self.out / SUMMARY, text.encode())
        (self.out / MARK).unlink(missing_ok=True)

    def _files(self) -> list[dict[str, Any]]:
        found = []
        for path in sorted(self.out.rglob("*")):
            place = path.relative_to(self.out)
            if path.is_file() and place.name not in _LEFT_OUT and place.parts[:2] not in _LOGS:
                content = path.read_bytes()
                found.append({
                    "file": place.as_posix(), "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(),
                })  # fmt: skip
        return found


def _plain(value: object) -> object:
    """Return a value as JSON can hold it."""
    if isinstance(value, str | int | float | bool | None):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in (sorted(value, key=str) if isinstance(value, set | frozenset) else value)]
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    return str(value)
