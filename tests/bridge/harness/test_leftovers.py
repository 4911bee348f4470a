"""The one helper that says what a call left behind: it must see each kind."""

import asyncio
import socket
import threading

from bridge.harness.leftovers import left_over, standing


async def test_nothing_new_is_nothing_left() -> None:
    """Without anything new the answer is empty, at once."""
    found, _ = await left_over(standing(), 5.0)
    assert found == []


async def test_a_task_a_thread_and_a_socket_are_seen() -> None:
    """Each kind is named; and once they are gone, nothing is left."""
    before = standing()
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="forgotten thread")
    thread.start()
    task = asyncio.create_task(asyncio.sleep(60), name="forgotten task")
    left, right = socket.socketpair()
    found, _ = await left_over(before, 0.0)
    stop.set()
    thread.join()
    task.cancel()
    left.close()
    right.close()
    assert "task forgotten task" in found
    assert "thread forgotten thread" in found
    assert any(one.startswith("socket ") for one in found)
    assert (await left_over(before, 5.0))[0] == []
