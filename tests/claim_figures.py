"""How well the truth guard tells claims from other sentences: `make guard`.

Labelled sets in tests/data. `claims.toml` was written by the author of the rules, `claims_blind.toml` by
somebody who had not seen them; by both of them the rules were mended, so they only show that the rules do
what they were made to do. How well they do with words that nobody foresaw is shown by `claims_unseen.toml`,
written by somebody else again, where it has been put in: no rule may follow its lines. A line may make
several claims, so what is counted is a claim of a line. Intervals are Wilson's, 95 %.
"""

import math
import sys
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from bridge.call.claims import claims_in
from tools.result import Claim

DATA = Path(__file__).parent / "data"
KNOWN = (DATA / "claims.toml", DATA / "claims_blind.toml")
UNSEEN = DATA / "claims_unseen.toml"
Z_95 = 1.959964
SAME = {
    "texting": "texted",
    "transferred": "transferring",
}  # two claims as `claims_blind.toml` calls them


class Line(msgspec.Struct, frozen=True):
    """One labelled line."""

    text: str
    claims: frozenset[Claim]
    kind: str


class Share(msgspec.Struct, frozen=True):
    """So many of so many."""

    good: int
    of: int

    @property
    def value(self) -> float:
        return self.good / self.of if self.of else 1.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval for it, 95 %."""
        if not self.of:
            return 0.0, 1.0
        n, p, z2 = self.of, self.value, Z_95**2
        middle = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = Z_95 * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
        return max(0.0, middle - half), min(1.0, middle + half)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.3f} ({low:.3f} to {high:.3f}), {self.good} of {self.of}"


class Figures(msgspec.Struct, frozen=True):
    """How a set was scored."""

    lines: int
    precision: Share  # of the claims found
    recall: Share  # of the claims made


def lines_of(path: Path) -> list[Line]:
    """The lines of a set, whatever the table that holds them is called."""
    document: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    (rows,) = [value for value in document.values() if isinstance(value, list)]
    return [
        Line(row["text"], frozenset(Claim(SAME.get(claim, claim)) for claim in row["claims"]), row["kind"])
        for row in rows
    ]


def figures_of(lines: list[Line]) -> Figures:
    right = found = made = 0
    for line in lines:
        claims = claims_in(line.text)
        right += len(claims & line.claims)
        found += len(claims)
        made += len(line.claims)
    return Figures(len(lines), Share(right, found), Share(right, made))


def known_lines() -> list[Line]:
    """Every line that the rules were mended by."""
    return [line for path in KNOWN for line in lines_of(path)]


def report(unseen: Path) -> str:
    """The figures of each set, to be read by people."""
    sets = {f"known, {path.name}": lines_of(path) for path in KNOWN} | {"known, all": known_lines()}
    if unseen.exists():
        sets["unseen"] = lines_of(unseen)
    told = [f"{name}: {_in_words(figures_of(lines))}" for name, lines in sets.items()]
    if not unseen.exists():
        told.append(
            f"unseen: there is no {unseen.name} yet, so nothing is known of words that nobody foresaw"
        )
    return "\n".join(told)


def _in_words(figures: Figures) -> str:
    return f"{figures.lines} lines\n  precision {figures.precision}\n  recall    {figures.recall}"


if __name__ == "__main__":
    sys.stdout.write(f"{report(UNSEEN)}\n")
