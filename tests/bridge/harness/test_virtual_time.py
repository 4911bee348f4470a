"""The loop whose time jumps: waiting is left out, order and jobs in threads are not."""

import asyncio
import time

from bridge.harness.virtual_time import run_fast


def test_waiting_costs_nothing() -> None:
    """An hour of sleeping is an hour on the loop and no time outside."""

    async def hour() -> tuple[float, float]:
        loop, outside = asyncio.get_running_loop(), time.monotonic()
        began = loop.time()
        await asyncio.sleep(3600)
        return loop.time() - began, time.monotonic() - outside

    inside, outside = run_fast(hour())
    assert round(inside, 6) == 3600
    assert outside < 60


def test_a_slow_machine_is_no_slow_server() -> None:
    """What is computed takes no time, and what is waited for does."""

    async def busy() -> tuple[float, float]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        sum(range(1_000_000))
        computed = loop.time()
        await asyncio.sleep(30.0)
        return computed - began, loop.time() - computed

    computed, waited = run_fast(busy())
    assert computed == 0.0
    assert round(waited, 6) == 30.0


def test_timers_fire_in_the_order_of_their_times() -> None:
    """Jumping goes to the next timer, never past one."""
    seen = []

    async def at(seconds: float) -> None:
        await asyncio.sleep(seconds)
        seen.append(seconds)

    async def main() -> None:
        await asyncio.gather(*(at(seconds) for seconds in (30, 0.02, 7, 0.04, 600)))

    run_fast(main())
    assert seen == [0.02, 0.04, 7, 30, 600]


def test_time_does_not_jump_over_a_job_in_a_thread() -> None:
    """A thread's work takes as long as it takes; no time-out fires early because of the jumping."""

    def job() -> str:
        time.sleep(0.1)
        return "done"

    async def main() -> str:
        async with asyncio.timeout(30):
            return await asyncio.get_running_loop().run_in_executor(None, job)

    assert run_fast(main()) == "done"


def test_bytes_on_a_socket_arrive_before_time_jumps() -> None:
    """What one party has written is read by the other before any timer that lies ahead."""

    async def main() -> list[str]:
        seen: list[str] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while line := await reader.readline():
                seen.append(line.decode().strip())
                writer.write(line)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        for number in range(200):
            asyncio.get_running_loop().call_later(0.02, seen.append, f"timer {number}")
            writer.write(f"{number}\n".encode())
            await reader.readline()
            await asyncio.sleep(0.02)
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()
        return seen

    seen = run_fast(main())
    assert seen == [word for number in range(200) for word in (str(number), f"timer {number}")]
