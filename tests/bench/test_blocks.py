"""Tables as text and as Markdown, and figures as people write them."""

import pytest

from tests.bench.blocks import Block, markdown, number, plain

TABLE = Block("Calls", ("", "most"), (("ours", "100"), ("bare relay", "90")), ("That is all.",))


def test_columns_stand_below_each_other() -> None:
    """As wide as their widest cell."""
    lines = list(plain([TABLE]))
    assert lines == [
        "Calls",
        "",
        "              most",
        "  ours        100",
        "  bare relay  90",
        "  That is all.",
        "",
    ]


def test_markdown_has_a_table() -> None:
    """With a line below its head; without rows there are only words."""
    assert list(markdown([TABLE]))[2:6] == [
        "|  | most |",
        "| --- | --- |",
        "| ours | 100 |",
        "| bare relay | 90 |",
    ]
    assert list(markdown([Block("Words", below=("Said.",))])) == ["**Words**", "", "Said.", ""]


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (None, None, "–"),
        (1234567.8, None, "1,234,568"),
        (7.0, None, "7"),
        (7.26, None, "7.3"),
        (0.056, None, "0.06"),
        (0.2, 3, "0.200"),
    ],
)
def test_numbers_are_for_people(value: float | None, digits: int | None, text: str) -> None:
    """Small ones keep what tells them apart."""
    assert number(value, digits) == text
