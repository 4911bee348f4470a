"""Every saboteur against its calls: `python -m tests.saboteurs`, or `make saboteurs`.

First the build that nobody touched, against every recording and cell: it must be green. Then each
saboteur, which must turn every one of its calls red, by the rules that are there for it. Loopback only,
in virtual time, in two processes. Exit status 1: something that must be red is green, or the reverse.
"""

import argparse
import concurrent.futures
import contextlib
import io
import sys
import time

import pytest

from tests.saboteurs.scenes import CELLS, NAMES, red
from tests.saboteurs.table import SABOTEURS, Saboteur

PROCESSES = 2
BY_NAME = {saboteur.name: saboteur for saboteur in SABOTEURS}


def rules_broken(name: str | None, scene: str) -> set[str]:
    """The rules that one call breaks; None: with the build that nobody touched."""
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stderr(io.StringIO()):
        if name is not None:
            BY_NAME[name].build(patch)
        return red(scene)


def main(arguments: list[str]) -> int:
    """Run them all and print what came of them."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.saboteurs", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--only", choices=BY_NAME, action="append", help="this saboteur; default: all")
    given = parser.parse_args(arguments)
    chosen = [saboteur for saboteur in SABOTEURS if given.only is None or saboteur.name in given.only]
    began = time.monotonic()
    with concurrent.futures.ProcessPoolExecutor(PROCESSES) as pool:
        scenes = [*NAMES, *CELLS] if given.only is None else sorted({s for b in chosen for s in b.shown_by})
        untouched = {scene: pool.submit(rules_broken, None, scene) for scene in scenes}
        runs = {
            (saboteur.name, scene): pool.submit(rules_broken, saboteur.name, scene)
            for saboteur in chosen
            for scene in saboteur.shown_by
        }
        wrong = [f"{scene}: {rule}" for scene, run in untouched.items() for rule in sorted(run.result())]
        _say(f"untouched: {len(scenes)} calls, {'RED' if wrong else 'all green'}", *wrong)
        for saboteur in chosen:
            _say("", f"{saboteur.name}: {saboteur.imitates}")
            for scene in saboteur.shown_by:
                found = runs[saboteur.name, scene].result()
                _say(
                    f"  {scene:26}{_verdict(saboteur, found)}",
                    *(f"  {'':26}- {rule}" for rule in sorted(found)),
                )
                wrong += [f"{saboteur.name}, {scene}: {rule}" for rule in sorted(saboteur.breaks - found)]
    _say("", f"{len(runs)} calls with {len(chosen)} saboteurs, {time.monotonic() - began:.0f} s")
    _say(*(f"NOT AS IT MUST BE: {each}" for each in wrong))
    return 1 if wrong else 0


def _verdict(saboteur: Saboteur, found: set[str]) -> str:
    if not found:
        return "GREEN: not noticed"
    return "red" if saboteur.breaks <= found else "red, but not by the rule that is there for it"


def _say(*lines: str) -> None:
    for line in lines:
        print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
