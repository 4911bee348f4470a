"""How soon the first word comes: `python -m tests.bench.first_word`, about half a minute.

Our server in real time, with its model's leg opened when the webhook comes and when the stream does.
Opening a session at a stand-in takes no time, and neither does Twilio's way from our answer to its stream;
so both are given: what is compared is the two ways, under times that nobody has measured.
"""

import argparse
import asyncio
import xml.etree.ElementTree as ET
from statistics import median

import msgspec

from bridge.harness.model.policy_types import CallTool, Say
from tests.server import serving

HELLO: list[Say | CallTool] = [Say("Hello.")]


class FirstWord(msgspec.Struct, frozen=True):
    """One call, in milliseconds from the webhook on, as the telephone saw it."""

    answered: float
    started: float
    heard: float


async def call(early: bool, opens_s: float, stream_s: float, count: int) -> list[FirstWord]:
    """`opens_s`: until a session of the model's is open. `stream_s`: from the answer to the stream."""
    found = []
    loop = asyncio.get_running_loop()
    async with serving(*[HELLO] * (count + 1), OPEN_MODEL_EARLY="yes" if early else "no") as server:
        server.model.faults.opens_after_s = opens_s
        for number in range(count + 1):
            call_sid, began = f"CA{number:032x}", loop.time()
            answer = await server.post("/twilio/voice", call_sid, From=f"+1202555{number:04d}")
            answered = loop.time()
            document = ET.fromstring(answer.body)  # noqa: S314 - our own document
            parameters = {each.attrib["name"]: each.attrib["value"] for each in document.iter("Parameter")}
            await asyncio.sleep(stream_s)
            line = await server.stream(call_sid)
            started = loop.time()
            await line.start(**parameters)
            await line.until("media")
            heard = loop.time()
            await line.hang_up()
            await server.call(call_sid)
            found.append(FirstWord(*((at - began) * 1000 for at in (answered, started, heard))))
    return found[1:]  # the first one finds everything cold


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.first_word", description=__doc__)
    parser.add_argument("--calls", type=int, default=15, help="of each kind, one after another")
    parser.add_argument("--stream-ms", type=float, default=200, help="from Twilio's answer to its stream")
    parser.add_argument("--opens-ms", default="0,100,300", help="until a session of the model's is open")
    given = parser.parse_args()
    print("ms from the webhook on, median (longest)")  # noqa: T201
    for opens_ms in map(float, given.opens_ms.split(",")):
        for early in (False, True):
            calls = asyncio.run(call(early, opens_ms / 1000, given.stream_ms / 1000, given.calls))
            shown = [
                f"{name} {median(times):.1f} ({max(times):.1f})"
                for name, times in (
                    ("answered", [each.answered for each in calls]),
                    ("stream", [each.started for each in calls]),
                    ("first sound", [each.heard for each in calls]),
                    ("stream to first sound", [each.heard - each.started for each in calls]),
                )
            ]
            how = "at the webhook" if early else "at the stream"
            print(f"opening takes {opens_ms:.0f}, begun {how}: {', '.join(shown)}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
