"""The command line: `bridge` or `python -m bridge`.

Each command imports what it needs when it is called, so that `bridge serve` starts without
the harness's packages and `bridge --help` at once.
"""

import argparse
import os
import sys
from pathlib import Path

DESCRIPTION = """\
Callbridge answers the telephone: it relays a Twilio call to an OpenAI Realtime session and
lets the model check the calendar, hold a time, book it and text a confirmation.
"""
MOST_WORKERS = 64


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status says whether it did what was asked."""
    parsed = parser().parse_args(arguments)
    command: str = parsed.command
    if command == "replay":
        return _replay(parsed)
    from dotenv import dotenv_values

    from bridge.settings import SettingsError, read_settings

    from_file = {name: value for name, value in dotenv_values(".env").items() if value is not None}
    try:
        settings = read_settings({**from_file, **os.environ})
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    from bridge.log import set_up_logs

    set_up_logs(settings.log_format, settings.log_level)
    from bridge.commands import check, migrate, serve

    if command == "serve":
        return serve(settings, parsed.workers)
    return {"migrate": migrate, "check": check}[command](settings)


def parser() -> argparse.ArgumentParser:
    """The commands and their help."""
    top = argparse.ArgumentParser(
        prog="bridge",
        description=DESCRIPTION,
        epilog="Settings come from the environment, or from a file .env in this folder; "
        ".env.example lists them all.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve = commands.add_parser(
        "serve",
        help="answer calls on $PORT until stopped",
        description="Answer calls on $PORT. SIGTERM or Ctrl-C sends live callers on to a person and ends "
        "within seconds. On SQLite the tables are made or brought up to date first; on PostgreSQL run "
        "`bridge migrate` before.",
    )
    serve.add_argument(
        "--workers",
        type=_how_many,
        default=1,
        metavar="N",
        help="spread calls over N processes on the same port, one for each processor core; 1 unless told",
    )
    commands.add_parser(
        "migrate",
        help="make or update the database's tables",
        description="Bring the tables of $DATABASE_URL up to date. Safe to run again, and from several "
        "places at once.",
    )
    commands.add_parser(
        "check",
        help="check settings, business file and instructions without answering calls",
        description="Read every setting, the business file, the instructions and the service account's "
        "key, and say what is wrong. Nothing is contacted and nothing is written.",
    )
    replay = commands.add_parser(
        "replay",
        help="replay recorded calls through the real server, offline",
        description="Start the real server with stand-ins for the telephone, the model, the calendar and "
        "Twilio's REST interface on this machine, let a recorded caller call it, show the call, and check "
        "afterwards what must be true. Needs no key, no phone and no internet. Exit status 1: something "
        "that must be true was not.",
    )
    replay.add_argument("recordings", nargs="+", type=Path, metavar="RECORDING", help="folder of a recording")
    replay.add_argument(
        "--fast",
        action="store_true",
        help="let time jump while nothing happens: seconds instead of minutes, the same decisions",
    )
    replay.add_argument("--keep", type=Path, metavar="FOLDER", help="keep sound, ledgers and database here")
    replay.add_argument("--verbose", action="store_true", help="show the server's log lines too")
    return top


def _how_many(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MOST_WORKERS:
        return int(text)
    raise argparse.ArgumentTypeError(f"expected a whole number from 1 to {MOST_WORKERS}, not {text!r}")


def _replay(parsed: argparse.Namespace) -> int:
    try:
        from bridge.harness.replay import replay_all
    except ModuleNotFoundError as missing:
        print(  # noqa: T201
            f"The harness needs a package that is not installed ({missing.name}). "
            "Install the project's extras: pip install 'callbridge[harness]', or run make call.",
            file=sys.stderr,
        )
        return 2
    return replay_all(parsed.recordings, fast=parsed.fast, keep=parsed.keep, verbose=parsed.verbose)


if __name__ == "__main__":
    sys.exit(main())
