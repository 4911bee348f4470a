"""The thread pool around blocking clients: deadlines, giving up, and the end."""

import asyncio
import threading

import pytest

from tools.blocking import BlockingPool, Unfinished


async def test_results_and_errors_come_back() -> None:
    """What a job returns or raises is what the caller gets."""
    pool = BlockingPool("test", 1)
    assert await pool.run(lambda: 7, 5) == 7
    with pytest.raises(ZeroDivisionError):
        await pool.run(lambda: 1 // 0, 5)
    await pool.close()


async def test_a_jobs_own_time_out_is_not_the_deadline() -> None:
    """A socket's TimeoutError stays a TimeoutError."""

    def slow_socket() -> None:
        raise TimeoutError

    pool = BlockingPool("test", 1)
    with pytest.raises(TimeoutError):
        await pool.run(slow_socket, 5)
    await pool.close()


async def test_a_deadline_tells_whether_the_job_began() -> None:
    """The running job may have its effect; the one behind it never runs."""
    release, ran = threading.Event(), threading.Event()
    pool = BlockingPool("test", 1)
    results = await asyncio.gather(
        pool.run(release.wait, 0.05), pool.run(ran.set, 0.05), return_exceptions=True
    )
    assert [result.began for result in results if isinstance(result, Unfinished)] == [True, False]
    release.set()
    await pool.close()
    assert not ran.is_set()


async def test_a_cancelled_caller_takes_a_waiting_job_along() -> None:
    """A job that no thread has taken is not run once nobody waits for it."""
    release, began, ran = threading.Event(), asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def hold() -> None:
        loop.call_soon_threadsafe(began.set)
        release.wait()

    pool = BlockingPool("test", 1)
    running = asyncio.create_task(pool.run(hold, 5))
    waiting = asyncio.create_task(pool.run(ran.set, 5))
    await began.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    release.set()
    await running
    await pool.close()
    assert not ran.is_set()


async def test_close_drops_what_waits_and_waits_for_what_runs() -> None:
    """At the end, running jobs finish, waiting ones are Unfinished, and no thread is left."""
    before = set(threading.enumerate())
    release, began, ran = threading.Event(), asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def hold() -> str:
        loop.call_soon_threadsafe(began.set)
        release.wait()
        return "done"

    pool = BlockingPool("test", 1)
    running = asyncio.create_task(pool.run(hold, 5))
    waiting = asyncio.create_task(pool.run(ran.set, 5))
    await began.wait()
    closing = asyncio.create_task(pool.close())
    await asyncio.sleep(0)
    release.set()
    await closing
    assert await running == "done"
    with pytest.raises(Unfinished) as unfinished:
        await waiting
    assert not unfinished.value.began
    assert not ran.is_set()
    assert set(threading.enumerate()) == before
    with pytest.raises(Unfinished):
        await pool.run(lambda: 7, 5)
