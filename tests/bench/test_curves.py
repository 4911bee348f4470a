"""The picture is well-formed, and its lines go where the numbers are."""

import re
import xml.etree.ElementTree as ET

import pytest

from tests.bench.curves import ceiling, draw
from tests.bench.figures import rows
from tests.bench.test_figures import same, window

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("value", "top"), [(0.9, 1.0), (1.0, 1.0), (1.1, 2.0), (4.0, 5.0), (23.0, 50.0), (0.031, 0.05)]
)
def test_an_axis_ends_at_a_round_number(value: float, top: float) -> None:
    assert ceiling(value) == top


def test_a_line_goes_where_the_numbers_are() -> None:
    """From the left to the right, and up with the delay; one for each party, none of TLS."""
    measured = [window(calls=calls, to_model=same(delay)) for calls, delay in ((50, 0.5), (100, 1.0))]
    measured += [window(calls=100, party="bare", to_model=same(0.5)), window(tls=True, to_model=same(9.0))]
    picture = ET.fromstring(draw(rows(measured), "here & now"))  # noqa: S314 - our own
    drawn = [path.get("d", "") for path in picture.iter(f"{SVG}path") if path.get("fill") == "none"]
    ours = [tuple(map(float, point.split())) for point in re.split("[ML]", drawn[0])[1:]]
    assert len(drawn) == 2
    assert ours == [(196.0, 120.0), (346.0, 34.0)]
    assert [text.text for text in picture.iter(f"{SVG}text")][-1] == "here & now"


def test_numbers_do_not_stand_over_each_other() -> None:
    """Where 1 and 10 calls are next to each other, one of them is told."""
    measured = [window(calls=calls, to_model=same(0.5)) for calls in (1, 10, 200)]
    picture = ET.fromstring(draw(rows(measured), ""))  # noqa: S314 - our own
    told = [text.text for text in picture.iter(f"{SVG}text")]
    assert ("1" in told, "10" in told, "200" in told) == (True, False, True)


def test_nothing_measured_is_an_empty_picture() -> None:
    """And no fault."""
    ET.fromstring(draw([], ""))  # noqa: S314 - our own
