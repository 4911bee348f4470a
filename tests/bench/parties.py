"""What is measured: a server in processes of its own, on cores of its own, and what the machine says of it.

Ours is `bridge serve` as it is deployed, with a SQLite file and everything on; the other one is `bare.py`.
With several workers a party is a parent and its children, whose time and memory are summed up. Affinity,
processor time and memory are asked of Linux; elsewhere nothing is pinned, and they are unknown.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
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
    """Who runs where; none: wherever there is room."""

    server: tuple[int, ...]
    generator: tuple[int, ...]

    def told(self, workers: int = 1) -> str:
        """For people."""
        who = "server" if workers == 1 else f"{workers} workers"
        if not self.server:
            return f"{who} and calls wherever there is room"
        where = f"{who} on {_named(self.server)}, calls on {_named(self.generator)}"
        shared = set(self.server) & set(self.generator)
        return f"{where}, which the workers have only for what the calls leave of it" if shared else where


def _named(cores: Sequence[int]) -> str:
    return f"core{'s' if len(cores) > 1 else ''} {' and '.join(map(str, cores))}"


def choose_cores(workers: int = 1) -> Cores:
    """Of the cores that this process may use."""
    return cores_of(sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [], workers)


def cores_of(cores: Sequence[int], workers: int) -> Cores:
    """The last for the generator and the neighbours, and one of the others for each worker.

    Where there are too few, the workers have all of them, the generator's too: on two cores two workers
    cannot have one each and leave one to the calls. What they reach then is less than they would alone.
    """
    if len(cores) < 2:
        return Cores((), ())
    others = tuple(cores[:-1])
    return Cores(others[:workers] if len(others) >= workers else tuple(cores), (cores[-1],))


def pin(pid: int, cores: Sequence[int]) -> None:
    """Keep a process (0: this one), and what it starts from now on, on these cores."""
    if cores:
        os.sched_setaffinity(pid, cores)


class Party:
    """A server that runs."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, port: int) -> None:
        self.name = name
        self.pid = process.pid
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.log: deque[bytes] = deque(maxlen=20)  # its last lines
        self._mistakes = 0
        self.started_mb: float | None = None  # its memory when it took its first request

    @property
    def pids(self) -> list[int]:
        """The process, and its workers if it has any."""
        return [self.pid, *children(self.pid)]

    def cpu_s(self) -> float | None:
        """Seconds on a processor since it began, all threads, as in /proc/PID/stat but to the nanosecond."""
        known = [cpu_s(pid) for pid in self.pids]
        return None if None in known else sum(one for one in known if one is not None)

    def memory_mb(self) -> float | None:
        """Resident now."""
        rollups = []
        for pid in self.pids:
            with contextlib.suppress(OSError):
                rollups.append(Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii"))
        return family_mb(rollups)

    def serving(self) -> int:
        """Lines of its log that tell of a worker of ours that takes calls."""
        return sum(b'"serving"' in line for line in self.log)

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


def children(pid: int) -> list[int]:
    """The processes that a process has started; none where nobody says."""
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
    except OSError:
        return []


def family_mb(rollups: Sequence[str]) -> float | None:
    """Memory of processes that were forked from one, of their /proc/PID/smaps_rollup; None of none.

    What they share is counted once: of what they wrote, each has its share (PSS) and all of them together
    the whole; files, libraries above all, are the same for all of them, so whoever maps most counts.
    For a single process this is what is resident.
    """
    found = [
        {line.split(":")[0]: int(line.split()[1]) for line in rollup.splitlines() if line.endswith("kB")}
        for rollup in rollups
    ]
    if not found:
        return None
    written = sum(one.get("Pss_Anon", one["Anonymous"]) for one in found)
    return (written + max(one["Rss"] - one["Anonymous"] for one in found)) * 1024 / MB


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
    workers: int = 1,
) -> AsyncIterator[Party]:
    """A party that takes calls. `folder`: empty, for its database. `trusted`: a certificate.

    `workers`: of ours; with one there is no parent.
    """
    port = free_port()
    serve = ["-m", "bridge", "serve", *(["--workers", str(workers)] if workers > 1 else [])]
    command = serve if name == OURS else ["-m", "tests.bench.bare", str(port), model_url]
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
        await _answers(party, process, workers)
        party.started_mb = party.memory_mb()
        yield party
    finally:
        # Nothing is asked of it any more, and a goodbye to hundreds of callers would take its time.
        workers_there = children(process.pid)
        with contextlib.suppress(ProcessLookupError):
            process.kill()  # before its workers, or it would start them again
        for pid in workers_there:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
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


async def _answers(party: Party, process: asyncio.subprocess.Process, workers: int) -> None:
    """Wait until it takes requests, and all its workers are there. Raises RuntimeError when it ends
    instead, TimeoutError.
    """
    async with asyncio.timeout(START_S), ClientSession() as session:
        while process.returncode is None:
            with contextlib.suppress(ClientError):
                async with session.get(f"{party.url}/healthz") as answer:
                    if answer.status == 200 and (workers == 1 or party.serving() >= workers):
                        return
            await asyncio.sleep(0.02)
    raise RuntimeError(f"{party.name} did not start: {b''.join(party.log).decode()}")


def _is_mistake(line: bytes) -> bool:
    try:
        told = msgspec.json.decode(line, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeError):
        return line.startswith(b"Traceback")
    return told.get("level") in ("error", "critical") or told.get("event") == "worker_died"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
