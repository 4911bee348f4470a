"""What is measured: a server in a process of its own, on one core, and what the machine says of it.

Ours is `bridge serve` as it is deployed, with a SQLite file and everything on; the other one is `bare.py`.
Affinity, processor time and memory are asked of Linux; elsewhere nothing is pinned, and they are unknown.
"""

import asyncio
import contextlib
import os
import socket
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import msgspec
from aiohttp import ClientError, ClientSession

from tests.bench.telephone import ACCOUNT, AUTH_TOKEN, NUMBER, PUBLIC

ROOT = Path(__file__).parents[2]
START_S = 30.0
MB = 1024 * 1024
OURS, BARE = "ours", "bare"
_SCHED = 2  # of the kernel's clocks of a process, the one that counts its time on a processor


class Cores(msgspec.Struct, frozen=True):
    """Who runs where; None: wherever there is room."""

    server: int | None
    generator: int | None


def choose_cores() -> Cores:
    """The first for the server, the last for the generator and the neighbours."""
    if not hasattr(os, "sched_getaffinity"):
        return Cores(None, None)
    cores = sorted(os.sched_getaffinity(0))
    return Cores(cores[0], cores[-1]) if len(cores) > 1 else Cores(None, None)


def pin(pid: int, core: int | None) -> None:
    """Keep a process (0: this one) on one core."""
    if core is not None:
        os.sched_setaffinity(pid, {core})


class Party:
    """A server that runs."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, port: int) -> None:
        self.name = name
        self.pid = process.pid
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.log: deque[bytes] = deque(maxlen=20)  # its last lines
        self._mistakes = 0

    def cpu_s(self) -> float | None:
        """Seconds on a processor since it began, all threads, as in /proc/PID/stat but to the nanosecond."""
        return cpu_s(self.pid)

    def memory_mb(self) -> float | None:
        """Resident now."""
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{self.pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
                if line.startswith("Rss:"):
                    return int(line.split()[1]) * 1024 / MB
        return None

    def sockets(self) -> int | None:
        """Open now, listening ones and all."""
        with contextlib.suppress(OSError):
            files = list(Path(f"/proc/{self.pid}/fd").iterdir())
            return sum(os.readlink(file).startswith("socket:") for file in files)
        return None

    async def live_calls(self) -> int:
        """As our server says."""
        async with ClientSession() as session, session.get(f"{self.url}/healthz") as answer:
            live: int = (await answer.json())["live_calls"]
            return live

    def mistakes(self) -> int:
        """Lines of its log that tell of a mistake of its own."""
        return self._mistakes

    async def read_log(self, lines: asyncio.StreamReader) -> None:
        """Take in what it writes, as a platform does: through a pipe, so that no file keeps it waiting."""
        async for line in lines:
            self.log.append(line)
            self._mistakes += _is_mistake(line)


def cpu_s(pid: int) -> float | None:
    """Seconds that a process has spent on a processor; None where nobody says."""
    if sys.platform != "linux":
        return None
    return time.clock_gettime(~pid << 3 | _SCHED)


@contextlib.asynccontextmanager
async def running(
    name: str,
    folder: Path,
    *,
    model_url: str,
    cores: Cores,
    environment: Mapping[str, str],
    trusted: Path | None = None,
) -> AsyncIterator[Party]:
    """A party that takes calls. `folder`: empty, for its database. `trusted`: a certificate."""
    port = free_port()
    command = ["-m", "bridge", "serve"] if name == OURS else ["-m", "tests.bench.bare", str(port), model_url]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            **({} if trusted is None else {"SSL_CERT_FILE": str(trusted)}),
            **(ours(folder, port, model_url) if name == OURS else {}),
            **environment,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    pin(process.pid, cores.server)
    party = Party(name, process, port)
    assert process.stdout is not None
    reading = asyncio.create_task(party.read_log(process.stdout))
    try:
        await _answers(party, process)
        yield party
    finally:
        # Nothing is asked of it any more, and a goodbye to hundreds of callers would take its time.
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await reading


def ours(folder: Path, port: int, model_url: str) -> dict[str, str]:
    """The settings of our server, as far as the neighbours do not give them."""
    return {
        "PORT": str(port),
        "PUBLIC_BASE_URL": PUBLIC,
        "DATABASE_URL": f"sqlite:///{folder / 'calls.db'}",
        "OPENAI_API_KEY": "key-of-the-benchmark",
        "OPENAI_REALTIME_URL": model_url,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_NUMBER": NUMBER,
        "TWILIO_API_URL": "http://127.0.0.1:9",  # no text is sent and nobody is rung
        "MAX_CALLS": "10000",
        "MAX_CALLS_PER_HOUR": "10000",
        "MAX_DOLLARS_PER_CALL": "10000",
        "MAX_DOLLARS_PER_DAY": "1000000",
        "LOG_FORMAT": "json",
    }


async def _answers(party: Party, process: asyncio.subprocess.Process) -> None:
    """Wait until it takes requests. Raises RuntimeError when it ends instead, TimeoutError."""
    async with asyncio.timeout(START_S), ClientSession() as session:
        while process.returncode is None:
            with contextlib.suppress(ClientError):
                async with session.get(f"{party.url}/healthz") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.02)
    raise RuntimeError(f"{party.name} did not start: {b''.join(party.log).decode()}")


def _is_mistake(line: bytes) -> bool:
    try:
        level = msgspec.json.decode(line, type=dict[str, object]).get("level")
    except (msgspec.DecodeError, UnicodeError):
        return line.startswith(b"Traceback")
    return level in ("error", "critical")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
