"""Workload W, and the stick by which every peer is measured on it.

W: N records of 12 fields, 368 bytes of JSON on average, some Chinese, made from a fixed seed, so that every peer
carries the same words. 34 bytes of each are drawn by chance and cannot be packed by anybody. K of the
records are then edited on both sides, in different fields.
"""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

FIELDS = (
    "id", "ticket_no", "kind", "status", "branch", "merchant", "device_sn", "fault", "note", "contact", "created",
    "updated",
)  # fmt: skip
FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡"
SHOPS = ("便民超市", "水果店", "五金行", "早餐铺", "文具店", "药房", "理发店", "修车行")
FAULTS = (
    "开机无反应,充电灯不亮", "刷卡提示通讯失败,换网络后仍不行", "打印卡纸,出纸口有异物", "按键失灵,数字 5 与 8 无响应",
    "屏幕花屏,重启后暂时恢复", "无法签到,提示终端未注册",
)  # fmt: skip
NOTES = (
    "商户要求当天修好,已借备用机一台", "已电话告知,周三下午来取", "随机带电源线,无包装", "押金已收,收据在前台抽屉",
    "上次维修不足三个月,按返修处理",
)  # fmt: skip

Edit = tuple[str, str, str]
"""Id of the record, field, new value."""


def records(count: int, seed: int = 7) -> list[dict[str, str]]:
    """Return the records of W."""
    chance = random.Random(seed)
    found = []
    for number in range(count):
        day, hour, minute = chance.randrange(1, 28), chance.randrange(8, 18), chance.randrange(60)
        found.append({
            "id": f"{chance.getrandbits(128):032x}",
            "ticket_no": f"T2026-{chance.randrange(40000):05d}-{number:06d}",
            "kind": chance.choice(("repair", "install", "swap", "return", "query")),
            "status": chance.choice(("new", "open", "waiting", "done")),
            "branch": f"B{chance.randrange(40000):05d}",
            "merchant": chance.choice(FAMILY) + chance.choice("记氏家") + chance.choice(SHOPS)
            + str(chance.randrange(1000)),
            "device_sn": f"SN{chance.randrange(10**12):012d}",
            "fault": chance.choice(FAULTS),
            "note": chance.choice(NOTES),
            "contact": f"1{chance.randrange(10**10):010d}",
            "created": f"2026-03-{day:02d}T{hour:02d}:{minute:02d}:00Z",
            "updated": f"2026-03-{day:02d}T{hour:02d}:{minute:02d}:30Z",
        })  # fmt: skip
    return found


def edits(some: Sequence[dict[str, str]], count: int) -> tuple[list[Edit], list[Edit]]:
    """Return what both sides edit of the same records: A the fault, B the contact."""
    chosen = [one["id"] for one in random.Random(11).sample(some, min(count, len(some)))]
    return (
        [(one, "fault", f"甲方改:换主板 {number}") for number, one in enumerate(chosen)],
        [(one, "contact", f"139{number:08d}") for number, one in enumerate(chosen)],
    )


# -- the stick ---------------------------------------------------------------------------


def processes_of(pid: int) -> list[int]:
    """Return a process with all its children and theirs."""
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        found.append(one)
        with suppress(OSError):
            for thread in os.listdir(f"/proc/{one}/task"):
                todo += map(int, Path(f"/proc/{one}/task/{thread}/children").read_text().split())
    return found


def cpu_s(pids: Sequence[int]) -> float:
    """Return the processor time of processes and their children in seconds."""
    ticks = 0
    for one in (child for pid in pids for child in processes_of(pid)):
        with suppress(OSError):
            cells = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            ticks += int(cells[11]) + int(cells[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def peak_mb(pids: Sequence[int]) -> float:
    """Return the largest resident size since `forget_peak`, in MB, summed over processes and their children."""
    found = 0
    for one in (child for pid in pids for child in processes_of(pid)):
        with suppress(OSError):
            for line in Path(f"/proc/{one}/status").read_text().splitlines():
                if line.startswith("VmHWM"):
                    found += int(line.split()[1])
    return found / 1024


def forget_peak(pids: Sequence[int]) -> None:
    """Let the largest resident size be counted from now on."""
    for one in (child for pid in pids for child in processes_of(pid)):
        with suppress(OSError):
            Path(f"/proc/{one}/clear_refs").write_text("5")


def loopback() -> int | None:
    """Return the bytes sent over the loopback interface, or None where others use it too."""
    if os.environ.get("BENCH_ALONE") != "1":
        return None
    for line in Path("/proc/net/dev").read_text().splitlines():
        if line.strip().startswith("lo:"):
            return int(line.split(":")[1].split()[0])
    return None


class Step:
    """Measures what is done inside it and prints one line of JSON; `more` is added to it."""

    def __init__(self, peer: str, step: str, count: int, servers: Sequence[int] = ()) -> None:
        self.peer, self.step, self.count, self.servers = peer, step, count, list(servers)
        self.more: dict[str, Any] = {}

    def __enter__(self) -> Step:
        forget_peak([os.getpid(), *self.servers])
        self._wire, self._server = loopback(), cpu_s(self.servers)
        used = resource.getrusage(resource.RUSAGE_SELF)
        self._cpu, self._began = used.ru_utime + used.ru_stime, time.perf_counter()
        return self

    def __exit__(self, kind: object, *_rest: object) -> None:
        if kind is not None:
            return
        took = time.perf_counter() - self._began
        used = resource.getrusage(resource.RUSAGE_SELF)
        wire = loopback()
        row = {
            "peer": self.peer, "step": self.step, "n": self.count, "wall_s": round(took, 4),
            "rec_per_s": round(self.count / took),
            "wire_bytes": None if wire is None or self._wire is None else wire - self._wire,
            "client_cpu_s": round(used.ru_utime + used.ru_stime - self._cpu, 3),
            "server_cpu_s": round(cpu_s(self.servers) - self._server, 3) if self.servers else None,
            "client_peak_mb": round(peak_of_self(), 1),
            "server_peak_mb": round(peak_mb(self.servers), 1) if self.servers else None, **self.more,
        }  # fmt: skip
        print(json.dumps(row, ensure_ascii=False), flush=True)


def peak_of_self() -> float:
    """Return this process' largest resident size in MB, without its children."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0


def end(process: subprocess.Popen[Any]) -> None:
    """End a process that this run started."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


if __name__ == "__main__":  # N FILE: the records as JSON, for peers in other languages
    every = records(int(sys.argv[1]))
    mine, theirs = edits(every, max(1, len(every) // 10))
    Path(sys.argv[2]).write_text(json.dumps({"records": every, "a": mine, "b": theirs}, ensure_ascii=False))
