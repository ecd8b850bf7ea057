"""A printing system of our own: its files, port and queues in one folder, nothing of the computer's, no network."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

DEBIAN = "apt-get install -y --no-install-recommends cups-daemon cups-client printer-driver-cups-pdf"
PDF_DRIVER = Path("/usr/share/ppd/cups-pdf/CUPS-PDF_noopt.ppd")
PAGE_DRIVER = Path("/usr/share/ppd/cupsfilters/Generic-PDF_Printer-PDF.ppd")

_SERVER = """
LogLevel debug
Listen 127.0.0.1:{port}
Listen {root}/sock
Browsing Off
WebInterface No
DefaultAuthType None
DefaultShared No
MultipleOperationTimeout 5
<Location />
 Order allow,deny
 Allow localhost
</Location>
<Policy default>
 <Limit All>
  Order deny,allow
  Allow localhost
 </Limit>
</Policy>
"""
_FILES = """
ServerRoot {root}/etc
RequestRoot {root}/spool
TempDir {root}/temp
CacheDir {root}/cache
StateDir {root}/state
AccessLog {root}/access
ErrorLog {root}/error
PageLog {root}/page
SystemGroup root
Sandboxing relaxed
"""


def lacking() -> str:
    """Say what this computer lacks for a printing system of our own; empty when nothing."""
    needed = {name: shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin") for name in
              ("cupsd", "lpadmin", "lp", "lpstat", "cupsdisable", "cupsenable")}  # fmt: skip
    absent = sorted(name for name, found in needed.items() if found is None)
    absent += [str(file) for file in (PDF_DRIVER, PAGE_DRIVER) if not file.exists()]
    if absent:
        return f"{', '.join(absent)} not found; as root: {DEBIAN}"
    return ""


@dataclass
class OwnCups:
    """The system, running; `server` is what CUPS_SERVER has to be."""

    root: Path
    server: str
    environment: dict[str, str]

    def run(self, *command: str) -> str:
        """Run one of its administration commands."""
        told = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=20, check=False)
        assert told.returncode == 0, f"{command}: {told.stderr}\n{self.errors()}"
        return told.stdout

    def add(self, queue: str, device: str, driver: Path) -> None:
        """Make a queue."""
        self.run("lpadmin", "-p", queue, "-v", device, "-P", str(driver), "-E")

    def finished(self, job: str) -> bool:
        """Whether the system calls a job completed."""
        return any(line.split()[:1] == [job] for line in self.run("lpstat", "-W", "completed", "-o").splitlines())

    def errors(self) -> str:
        """The end of the log, for a test that failed."""
        log = self.root / "error"
        return log.read_text(errors="replace")[-3000:] if log.exists() else ""


@contextlib.contextmanager
def own_cups() -> Iterator[OwnCups]:
    """Start a printing system in a folder that its filters, which run as somebody else, may enter."""
    root = Path(tempfile.mkdtemp(prefix="deskapp-cups-", dir="/tmp"))
    root.chmod(0o755)
    for name in ("etc", "spool", "temp", "cache", "state"):
        (root / name).mkdir()
    (root / "temp").chmod(0o1777)  # filters and printers of the system run as other users
    port = free_port()
    (root / "etc/cupsd.conf").write_text(_SERVER.format(root=root, port=port))
    (root / "etc/cups-files.conf").write_text(_FILES.format(root=root))
    words = ["cupsd", "-f", "-c", str(root / "etc/cupsd.conf"), "-s", str(root / "etc/cups-files.conf")]
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"
    environment = {**os.environ, "PATH": path, "CUPS_SERVER": f"127.0.0.1:{port}", "LC_ALL": "C"}
    with subprocess.Popen(
        words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as system:
        cups = OwnCups(root, environment["CUPS_SERVER"], environment)
        try:
            wait_until(lambda: answers(port) or system.poll() is not None)
            assert system.poll() is None, system.stderr.read() if system.stderr else ""
            yield cups
        finally:
            system.terminate()
            system.wait(20)
            shutil.rmtree(root, ignore_errors=True)


@dataclass
class Listener:
    """A page printer on the network: takes bytes on a port.

    After `reads` bytes it reads no more of the first caller; once `off` is set the rest is lost, as in a
    printer that is switched off with a paper in its memory.
    """

    reads: int | None = None
    off: threading.Event = field(default_factory=threading.Event)
    papers: list[bytes] = field(default_factory=list)
    port: int = 0

    def __enter__(self) -> Listener:
        self._changed = threading.Condition()
        self._socket = socket.create_server(("127.0.0.1", self.port))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)

    @property
    def device(self) -> str:
        return f"socket://127.0.0.1:{self.port}/?waiteof=false&snmp=false"

    def wait_for(self, count: int) -> bool:
        """Wait until so many papers have come whole, or been cut off."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.papers) >= count, 20)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, _ = self._socket.accept()
                with caller:
                    self._take(caller)

    def _take(self, caller: socket.socket) -> None:
        data = b""
        with contextlib.suppress(OSError):
            while came := caller.recv(2048):
                data += came
                if self.reads is not None and len(data) >= self.reads:
                    self.reads = None
                    self.off.wait(30)
                    break
        with self._changed:
            self.papers.append(data)
            self._changed.notify_all()


def free_port() -> int:
    """Return a port nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        port: int = one.getsockname()[1]
    return port


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def wait_until(true: Callable[[], bool], patience_s: float = 20.0) -> bool:
    """Ask again and again, with breaths between; the last answer."""
    until = time.monotonic() + patience_s
    while not true():
        if time.monotonic() > until:
            return False
        threading.Event().wait(0.05)
    return True
