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


async def test_tasks_that_follow_one_another_are_seen() -> None:
    """No look finds the same one twice, and yet somebody is always at it."""
    before = standing()
    chain: list[asyncio.Task[None]] = []

    async def beat(left: int) -> None:
        await asyncio.sleep(0.03)
        if left:
            chain.append(asyncio.create_task(beat(left - 1)))

    chain.append(asyncio.create_task(beat(100)))
    found, _ = await left_over(before, 0.3)
    assert len(found) == 1
    assert found[0].startswith("task ")
    chain[-1].cancel()
    assert (await left_over(before, 5.0))[0] == []


async def test_a_task_that_ends_is_not_left() -> None:
    """One that was still at work when the look began, and another that came in between."""
    before = standing()
    first = asyncio.create_task(asyncio.sleep(0.05))
    asyncio.get_running_loop().call_later(0.03, asyncio.ensure_future, asyncio.sleep(0.05))
    assert (await left_over(before, 5.0))[0] == []
    assert first.done()


async def test_sockets_of_somebody_else_who_works_are_not_ours() -> None:
    """In this process others open and close theirs; only one that was there all the while is left."""
    before = standing()
    pairs = [socket.socketpair()]

    def another() -> None:
        for each in pairs.pop():
            each.close()
        pairs.append(socket.socketpair())

    timers = [asyncio.get_running_loop().call_later(n / 50, another) for n in range(1, 5)]
    found, _ = await left_over(before, 0.3)
    for each in pairs.pop():
        each.close()
    assert len(timers) == 4
    assert found == []
