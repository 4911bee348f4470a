"""The public holidays of a region, as the `holidays` package knows them.

The package and one country would add 12 MB to the server (measured), for what is in the end a list of
dates. So it is asked once, at the start, in a process of its own: this file is both the question
and the program that answers it. Used by `business_file.py`.
"""

import difflib
import functools
import json
import re
import subprocess
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path

YEARS = range(2026, 2047)
LONGEST_S = 30.0  # on a machine that is very busy; half a second is usual
UNKNOWN_REGION = 3  # exit status

_REGION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


class HolidaysError(Exception):
    """No list of holidays; the text names the owner's key and says what is expected."""


@functools.cache
def public_holidays(region: str) -> dict[date, str]:
    """Name by day, for all of YEARS; the caller must not change it. Raises HolidaysError.

    `region`: ISO 3166 code of a country or of a part of it, e.g. "DE" or "US-NY". A day that
    stands in for a holiday on a weekend is a holiday too; two on one day are joined by "; ".
    Names are English where the package has English ones.
    """
    expected = f'"{region}"; expected an ISO 3166 code such as DE or US-NY'
    if not _REGION.fullmatch(region):
        raise HolidaysError(f"holidays: unknown region {expected}")
    try:
        asked = subprocess.run(  # noqa: S603 - this file, with a code that was just checked
            [sys.executable, "-m", "tools.public_holidays", region],
            cwd=Path(__file__).parents[1],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LONGEST_S,
            check=False,
        )
        if asked.returncode == UNKNOWN_REGION:
            raise HolidaysError(f"holidays: unknown region {expected}")
        answer = json.loads(asked.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise HolidaysError(f"holidays: could not be looked up: {type(error).__name__}") from error
    return {date.fromisoformat(day): str(name) for day, name in answer.items()}


def days_off(region: str, kept_open: Iterable[str]) -> dict[date, str]:
    """The region's holidays but those of the names in `kept_open`. Raises HolidaysError, naming the key."""
    open_names = set(kept_open)
    every = public_holidays(region)
    known = {name for names in every.values() for name in _names(names)}
    for name in sorted(open_names - known):
        close = difflib.get_close_matches(name, sorted(known), n=1)
        hint = f'did you mean "{close[0]}"?' if close else f"expected one of {', '.join(sorted(known))}"
        raise HolidaysError(f'open_holidays: "{name}" is no holiday of {region}; {hint}')
    return {day: names for day, names in every.items() if not open_names.issuperset(_names(names))}


def _names(names: str) -> list[str]:
    """The holidays of one day, without a note such as " (observed)"."""
    return [name.partition(" (")[0] for name in names.split("; ")]


def main(region: str) -> int:
    """The child process: writes the holidays as JSON, or ends with UNKNOWN_REGION."""
    import holidays  # here and not above: only the child pays for it

    country, _, part = region.partition("-")
    try:
        # Without a language the names would follow the locale of the machine.
        found = holidays.country_holidays(country, subdiv=part or None, years=YEARS, language="en_US")
    except NotImplementedError:  # how the package says that it does not know a code
        return UNKNOWN_REGION
    json.dump({day.isoformat(): name for day, name in found.items()}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
