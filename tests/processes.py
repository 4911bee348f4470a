"""Servers in processes of their own: how they are started, waited for and killed.

In real time, against the stand-ins. Read next: test_serve.py, test_killed_in_mid_call.py.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import ClientError, ClientSession, TCPConnector

from tests.server import Server, Stand

ROOT = Path(__file__).parent.parent
EXIT_S = 30.0  # Heroku kills after this


@contextlib.asynccontextmanager
async def process_of(
    stand: Stand, folder: Path, *arguments: str
) -> AsyncIterator[tuple[Server, asyncio.subprocess.Process]]:
    """`bridge serve ARGUMENTS` beside these neighbours, once it answers; its database is in `folder`."""
    port = free_port()
    environment = {**stand.environment(folder), "PORT": str(port), "PYTHONPATH": str(ROOT)}
    async with ClientSession(connector=TCPConnector(force_close=True)) as session:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bridge", "serve", *arguments),
            cwd=folder,
            env={"PATH": os.environ["PATH"], **environment},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        server = Server(f"http://127.0.0.1:{port}", stand, environment["DATABASE_URL"], session)
        try:
            await answers(child, server)
            yield server, child
        finally:
            if child.returncode is None:
                child.kill()
            await child.communicate()


def kill(child: asyncio.subprocess.Process) -> None:
    """Nothing is cleaned up, flushed or closed."""
    child.send_signal(signal.SIGKILL)


async def answers(child: asyncio.subprocess.Process, server: Server) -> None:
    """Wait until the server takes requests."""
    async with asyncio.timeout(EXIT_S):
        while child.returncode is None:
            with contextlib.suppress(ClientError):
                async with server.session.get(f"{server.url}/healthz") as answer:
                    assert answer.status == 200
                    return
            await asyncio.sleep(0.05)
    raise AssertionError((await child.communicate())[1].decode())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
