"""What a transaction is made of when several writes stand together."""

from typing import Any

import sqlalchemy as sa

from bridge.store.database import Entry, Row, RowEntry, joined

NOTHING: Any = None  # a database and a connection that these are not asked for


def test_rows_of_one_function_are_one_statement() -> None:
    """In the place of the last of them, in their order; what is no row keeps its own place."""
    done: list[object] = []

    def a(_: sa.Connection, rows: list[Row]) -> None:
        done.append(("a", [row["n"] for row in rows]))

    def b(_: sa.Connection, rows: list[Row]) -> None:
        done.append(("b", [row["n"] for row in rows]))

    entries = [
        RowEntry(NOTHING, a, {"n": 1}),
        RowEntry(NOTHING, b, {"n": 2}),
        Entry(NOTHING, lambda _: done.append("alone")),
        RowEntry(NOTHING, a, {"n": 3}),
        Entry(NOTHING, lambda _: done.append("alone, too")),
    ]
    for work in joined(entries):
        work(NOTHING)
    assert done == [("b", [2]), "alone", ("a", [1, 3]), "alone, too"]


def test_a_row_alone() -> None:
    """It can be carried out as any other write."""
    done: list[list[Row]] = []
    entry = RowEntry(NOTHING, lambda _, rows: done.append(rows), {"n": 1})
    entry.work(NOTHING)
    assert done == [[{"n": 1}]]
