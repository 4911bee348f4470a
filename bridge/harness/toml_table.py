"""Reads a table of a TOML file key by key and notes everything wrong instead of stopping.

Pure. A reader asks for each key it knows, gets a value of the right type (a harmless one when
the file's is wrong) and ends with `done()`, which notes the keys nobody asked for. Used by
recording_file.py, which see.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

_SOME_MOMENT = datetime(2000, 1, 1)  # noqa: DTZ001 - stands in for a wrong wall-clock time, never used


class Problems:
    """What is wrong with a file, in the order found."""

    def __init__(self, text: str) -> None:
        """`text`: the file, to tell in which line a table begins."""
        self.found: list[str] = []
        self._lines = text.splitlines()

    def note(self, table: str, key: str, problem: str) -> None:
        """`table`: its label such as "expect" or "caller_line 2"; "" for the top of the file."""
        where = [self._place(table)] if table else []
        where += [key] if key else []
        self.found.append(": ".join([*where, problem]))

    def _place(self, table: str) -> str:
        """The label with the line of its heading, as far as that can be seen in the text."""
        name, _, count = table.partition(".")[0].partition(" ")
        heading = re.compile(rf"\s*\[\[?\s*{re.escape(name)}\s*\]")
        lines = [number for number, line in enumerate(self._lines, 1) if heading.match(line)]
        index = int(count or 1) - 1
        return f"{table} (line {lines[index]})" if index < len(lines) else table


class Table:
    """One table of the file."""

    def __init__(self, data: dict[str, Any], label: str, problems: Problems) -> None:
        self.problems = problems
        self._data = data
        self._label = label
        self._asked: dict[str, None] = {}  # in the order asked, for the list of known keys

    def names(self) -> list[str]:
        """The keys that stand in it."""
        return list(self._data)

    def has(self, key: str) -> bool:
        self._asked[key] = None
        return key in self._data

    def wrong(self, key: str, problem: str) -> None:
        self.problems.note(self._label, key, problem)

    def done(self) -> None:
        """Note the keys that nobody asked for."""
        for key in self._data:
            if key not in self._asked:
                self.wrong(key, f"unknown key; known here: {', '.join(self._asked)}")

    # --- values -------------------------------------------------------------------

    def text(self, key: str, default: str | None = None, *, may_be_empty: bool = False) -> str:
        value = self._value(key, str, "a text", default)
        if value == "" and key in self._data and not may_be_empty:
            self.wrong(key, "a text that is not empty is expected")
        return value or ""

    def boolean(self, key: str, default: bool) -> bool:
        return bool(self._value(key, bool, "true or false", default))

    def number(self, key: str, *, at_least: int) -> int | None:
        """A whole number, None when absent or wrong."""
        if not self.has(key):
            return None
        value = self._data[key]
        if type(value) is not int or value < at_least:
            self.wrong(key, f"a whole number of at least {at_least} is expected, found {value!r}")
            return None
        return value

    def choice(self, key: str, known: Sequence[str], default: str | None = None) -> str | None:
        """One of `known`, `default` when absent, None when wrong (or absent without default)."""
        value: str | None = self._value(key, str, f"one of {', '.join(known)}", default)
        if value is not None and value not in known:
            self.wrong(key, f'one of {", ".join(known)} is expected, found "{value}"')
            return None
        return value

    def day(self, key: str) -> date | None:
        """A date without a time, written plain or as text."""
        if not self.has(key):
            return None
        value = _parsed(self._data[key])
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        self.wrong(key, f"a date such as 2026-11-25 is expected, found {_shown(self._data[key])}")
        return None

    def moment(self, key: str) -> datetime:
        """A date with a time of day and without a zone, written plain or as text."""
        if not self.has(key):
            self.wrong(key, "is missing: a date with a time is expected")
            return _SOME_MOMENT
        return self._moment(key, self._data[key])

    def moments(self, key: str) -> list[datetime]:
        return [self._moment(key, value) for value in self._list(key)]

    def words(self, key: str) -> list[str]:
        words = self._list(key)
        if not all(isinstance(word, str) for word in words):
            self.wrong(key, "a list of texts is expected")
            return []
        return words

    def texts(self, key: str) -> dict[str, str]:
        """A table of texts, none of them empty; an empty one when absent."""
        table = self.table(key)
        return {name: table.text(name) for name in table.names()}

    # --- tables within ------------------------------------------------------------

    def table(self, key: str, *, required: bool = False) -> "Table":
        """A table within; an empty one when absent."""
        value = self._data.get(key, {})
        if required and not self.has(key):
            self.wrong("", f"[{key}] is missing")
        if not isinstance(value, dict):
            self.wrong(key, "a table is expected")
            value = {}
        self._asked[key] = None
        return Table(value, f"{self._label}.{key}" if self._label else key, self.problems)

    def tables(self, key: str) -> list["Table"]:
        """The tables [[key]], in order."""
        values = self._list(key)
        if not all(isinstance(value, dict) for value in values):
            self.wrong(key, f"tables written as [[{key}]] are expected")
            return []
        return [Table(value, f"{key} {index}", self.problems) for index, value in enumerate(values, 1)]

    # --- helpers ------------------------------------------------------------------

    def _value(self, key: str, kind: type, expected: str, default: Any) -> Any:
        if not self.has(key):
            if default is None:
                self.wrong(key, f"is missing: {expected} is expected")
            return default
        value = self._data[key]
        if isinstance(value, kind):
            return value
        self.wrong(key, f"{expected} is expected, found {_shown(value)}")
        return default

    def _moment(self, key: str, value: Any) -> datetime:
        moment = _parsed(value)
        if isinstance(moment, datetime) and moment.tzinfo is None:
            return moment
        self.wrong(
            key,
            "a date with a time and without a zone, such as 2026-11-25T14:00:00, is expected, "
            f"found {_shown(value)}",
        )
        return _SOME_MOMENT

    def _list(self, key: str) -> list[Any]:
        if not self.has(key):
            return []
        value = self._data[key]
        if not isinstance(value, list):
            self.wrong(key, f"a list is expected, found {_shown(value)}")
            return []
        return value


def _parsed(value: Any) -> Any:
    """Dates may stand as TOML dates or as text; a text without a time of day is a plain date."""
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value) if len(value) <= len("2026-11-25") else datetime.fromisoformat(value)
    except ValueError:
        return value


def _shown(value: Any) -> str:
    """A found value as it may be written in the file."""
    return value.isoformat() if isinstance(value, date) else repr(value)
