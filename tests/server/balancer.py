"""A plain TCP balancer in front of several server processes: the next connection goes to the next one that answers.

    python -m tests.server.balancer PORT PORT ...

prints the port it listens on and carries until it is stopped.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.server.postgres import dies_with_us

ROOT = Path(__file__).resolve().parents[2]


class Balancer:
    """Knows nothing of HTTP and keeps nobody with the same process."""

    def __init__(self, ports: list[int]) -> None:
        self._turn = itertools.cycle(ports)
        self._count = len(ports)

    async def start(self) -> asyncio.Server:
        return await asyncio.start_server(self._carry, "127.0.0.1", 0, backlog=4096)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for port in itertools.islice(self._turn, self._count):
            try:
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                continue
            await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
            return
        writer.close()

    @staticmethod
    async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while some := await reader.read(65_536):
                writer.write(some)
                await writer.drain()
        except OSError:
            pass
        writer.close()


@contextlib.contextmanager
def balanced(*ports: int) -> Iterator[int]:
    """Run one in a process of its own; yield the port it listens on."""
    words = [sys.executable, "-m", "tests.server.balancer", *map(str, ports)]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, preexec_fn=dies_with_us)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait(20)
        process.stdout.close()


async def _main(ports: list[int]) -> None:
    server = await Balancer(ports).start()
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main([int(word) for word in sys.argv[1:]]))
