"""The parent of the workers, with workers that do next to nothing; whole servers: tests/test_workers.py."""

import socket
import subprocess
import sys

import pytest

from bridge.call.places import Places
from bridge.workers import Workers
from tests.processes import ROOT

# In a process of its own: a fork of pytest's would take its threads' locks along.
SCRIPT = """
import os, signal, sys
from bridge import restarts
restarts.PAUSES_S = (0.0, 0.0)
from bridge.call.places import Places
from bridge.workers import Workers
places = Places(1, 2)
def serve(worker):
    worker.places.hold(1)
    {}
status = Workers(0, 2, places, serve).run()
print(places.free)
sys.exit(status)
"""


READY = "worker.is_ready(); "


def run(what: str) -> subprocess.CompletedProcess[str]:
    """The parent, whose workers do this."""
    script = [sys.executable, "-c", SCRIPT.format(what)]
    return subprocess.run(script, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603


def test_workers_that_die_at_once_again_and_again() -> None:
    """The parent says which and how, and ends; nothing that they held counts any more."""
    ended = run(READY + "return 7")
    assert ended.returncode == 1
    assert "gives up: worker " in ended.stderr
    assert "3 times" in ended.stderr
    assert "status 7" in ended.stderr
    assert ended.stdout.splitlines()[-1] == "1"


def test_a_worker_that_breaks_says_where() -> None:
    """A mistake of ours is shown, and is not the end of the parent at once."""
    ended = run(READY + "raise ValueError('oh')")
    assert ended.returncode == 1
    assert ended.stderr.count("ValueError: oh") >= 3


def test_the_exit_status_is_that_of_stopping() -> None:
    """0 when they go as they were told to, 1 when one of them does not."""
    told = READY + "os.kill(os.getppid(), signal.SIGTERM); signal.pause()"
    assert run(told).returncode == 0
    unwilling = "signal.signal(signal.SIGTERM, lambda *_: os._exit(3)); " + told
    assert run(unwilling).returncode == 1


def test_what_is_wrong_with_the_settings_is_told_once() -> None:
    """A worker that cannot start says why; none repeats it, and it is not started again."""
    ended = run("print('told'); return 2")
    assert ended.returncode == 2
    assert ended.stdout.count("told") == 1
    assert ended.stderr == ""


def test_a_port_that_is_taken() -> None:
    """Also by another server of ours: said at once, with its number."""
    with socket.create_server(("0.0.0.0", 0)) as taken:  # noqa: S104
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=str(port)):
            Workers(port, 2, Places(1, 2), lambda _: 0)
