"""The benchmark: `python -m tests.bench`, or `make bench`. Loopback only, within ten minutes.

Run it on a machine that does nothing else, with two cores at least: one for the server, one for the calls.
Nothing of it is a test; what comes out is printed, and kept with --json.
"""

import argparse
import logging
import os
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from tests.bench.figures import Window, rows
from tests.bench.parties import BARE, OURS, choose_cores
from tests.bench.programme import Plan, hold, lasts_s
from tests.bench.table import lines, verdict


def main(arguments: list[str]) -> int:
    """Measure and print."""
    given = _parser().parse_args(arguments)
    plan = plan_of(given)
    cores = choose_cores(plan.workers)
    logging.basicConfig(level=logging.ERROR)  # that a peer was killed is no news
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:5.0f} s  {line}", flush=True)  # noqa: T201

    say(f"about {lasts_s(plan):.0f} s; {cores.told(plan.workers)}")
    windows = uvloop.run(hold(plan, cores, say))
    if given.json is not None:
        given.json.write_bytes(msgspec.json.format(msgspec.json.encode(report(plan, windows))))
    summed = rows(windows)
    # The design's figures are of one process on one core.
    judged = verdict(summed) if plan.workers == 1 else [f"Not judged: {plan.workers} workers."]
    print("\n".join(["", *lines(summed), "", *judged, "", _machine_line()]))  # noqa: T201
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--quick", action="store_true", help="one short round, in about a minute; proves little"
    )
    parser.add_argument("--calls", type=_numbers, help="numbers of calls, e.g. 1,10,50,100,200")
    parser.add_argument("--tls-calls", type=_numbers, help="the same with TLS on the model leg; 0: none")
    parser.add_argument("--trouble-calls", type=int, help="calls while things break; 0: nothing breaks")
    parser.add_argument("--rounds", type=int, help="of which the medians are taken")
    parser.add_argument("--seconds", type=float, help="of each measurement")
    parser.add_argument("--party", choices=[OURS, BARE], help="only this one; then there are no ratios")
    parser.add_argument("--workers", type=int, help="of our server; the relay has one")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured into this file")
    return parser


def plan_of(given: argparse.Namespace) -> Plan:
    """What the options ask for."""
    plan = Plan()
    if given.quick:
        plan = Plan(calls=(1, 10, 50), tls_calls=(), trouble_calls=0, rounds=1, seconds=4.0)
    names = ("calls", "tls_calls", "trouble_calls", "rounds", "seconds", "workers")
    changes: dict[str, Any] = {
        name: getattr(given, name) for name in names if getattr(given, name) is not None
    }
    if given.party is not None:
        changes["parties"] = (given.party,)
    return msgspec.structs.replace(plan, **changes)


def report(plan: Plan, windows: list[Window]) -> dict[str, Any]:
    """All of it, for --json."""
    return {
        "at": datetime.now(UTC),
        "machine": machine(),
        "plan": plan,
        "rows": rows(windows),
        "windows": windows,
    }


def machine() -> dict[str, Any]:
    """What it was measured on."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": [round(one, 2) for one in os.getloadavg()],
    }


def _machine_line() -> str:
    it = machine()
    return f"Measured on {it['processor']}, {it['cores']} cores, {it['system']}, Python {it['python']}."


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name"))
    return next(names, platform.machine())


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(sorted(int(each) for each in text.split(",") if int(each)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
