"""Ids of two programs that were one: they never meet, also where the clock stands."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SCRIPT = """
import os
from deskapp import clock
clock._last_ms = clock.system_clock() + 3_600_000  # the clock was set back: every id is a step from the last
clock.new_uuid7()
come, go = os.pipe()
if os.fork() == 0:
    os.write(go, "\\n".join(clock.new_uuid7() for _ in range(40)).encode())
    os._exit(0)
os.wait()
ours = {clock.new_uuid7() for _ in range(40)}
theirs = set(os.read(come, 65536).decode().split())
print(len(ours), len(theirs), len(ours & theirs))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_program_that_forked_makes_other_ids_than_its_child() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.split() == ["40", "40", "0"]
