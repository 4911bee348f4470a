"""Tables with a title and words, as plain text and as Markdown. Pure."""

import textwrap
from collections.abc import Iterator, Sequence

import msgspec

WIDTH = 110  # of sentences


class Block(msgspec.Struct, frozen=True):
    """A table; without rows, words alone."""

    title: str
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    below: tuple[str, ...] = ()  # sentences


def plain(blocks: Sequence[Block]) -> Iterator[str]:
    """Lines for a terminal."""
    for block in blocks:
        yield from (block.title, "")
        lines = [block.head, *block.rows] if block.head else list(block.rows)
        widths = (
            [max(len(line[column]) for line in lines) for column in range(len(lines[0]))] if lines else []
        )
        for line in lines:
            yield (
                "  "
                + "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
            )
        for sentence in block.below:
            yield from textwrap.wrap(sentence, WIDTH, initial_indent="  ", subsequent_indent="  ")
        yield ""


def markdown(blocks: Sequence[Block]) -> Iterator[str]:
    """Lines for the README."""
    for block in blocks:
        yield from (f"**{block.title}**", "")
        if block.rows:
            head = block.head or ("",) * len(block.rows[0])
            for line in (head, ("---",) * len(head), *block.rows):
                yield f"| {' | '.join(line)} |"
            yield ""
        for sentence in block.below:
            yield from (sentence, "")


def number(value: float | None, digits: int | None = None) -> str:
    """For people: with thousands apart; without `digits`, as many as it takes to tell small numbers."""
    if value is None:
        return "–"
    if digits is None:
        digits = 0 if value >= 10 or value == int(value) else 1 if value >= 1 else 2
    return f"{value:,.{digits}f}"
