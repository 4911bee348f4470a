"""GSM-7: what is written plainly, what is left as it is, and how many parts it makes."""

import pytest
from gsm0338 import Codec  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from tools.gsm7 import SEPTETS, fits, outside, plain, segments

LETTERS = "".join(SEPTETS)
in_gsm = st.text(st.sampled_from(LETTERS), max_size=400)
anything = st.text(max_size=400)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Tuesday at 2:30 PM", "Tuesday at 2:30 PM"),
        ("O’Brien – “Robin”…", 'O\'Brien - "Robin"...'),
        ("2\u00a0PM\u202fsharp\tnow", "2 PM sharp now"),
        ("zero\u200bwidth\x00", "zerowidth"),
        ("José Müller, Åsa Ñandú, Çelik", "José Müller, Åsa Ñandu, Çelik"),
        ("Jose\u0301", "José"),
        ("Łukasz Dvořák, Nguyễn, ħ", "Lukasz Dvorak, Nguyen, h"),
        ("−5 `quoted´", "-5 'quoted'"),
        ("€20 [net] {each}", "€20 [net] {each}"),
        ("Иван Петров", "Иван Петров"),
        ("田中 – haircut", "田中 – haircut"),
        ("Αλέξης", "Αλέξης"),
        ("see you 🙂", "see you 🙂"),
        ("half past ½", "half past ½"),
    ],
)
def test_what_is_written(text: str, written: str) -> None:
    """Marks and Latin letters are written plainly; with another script in it, everything stays."""
    assert plain(text) == written


@given(in_gsm)
def test_what_fits_stays_as_it_is(text: str) -> None:
    """Nothing is changed that telephones know."""
    assert fits(text)
    assert plain(text) == text


@given(anything)
def test_writing_plainly_twice_is_writing_once(text: str) -> None:
    """The result is final."""
    assert plain(plain(text)) == plain(text)


@given(anything)
def test_the_alphabet_is_the_standards(text: str) -> None:
    """Whatever fits is encoded by the package's codec, in as many septets as are counted here."""
    if fits(text):
        encoded, _ = Codec().encode(text)
        assert len(encoded) == sum(SEPTETS[character] for character in text)
    else:
        assert set(outside(text)) == set(text) - set(SEPTETS)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 152, 3),  # 306 septets, but no pair is cut in half
        ("я" * 70, 1),
        ("я" * 71, 2),
        ("я" * 134, 2),
        ("я" * 135, 3),
        ("🙂" * 35, 1),
        ("🙂" * 36, 2),
        ("🙂" * 67, 3),  # 33 of two units in each part, not 33 and a half
    ],
)
def test_how_many_parts(text: str, parts: int) -> None:
    """160 and 153 septets, 70 and 67 units."""
    assert segments(text) == parts


@given(anything)
def test_parts_hold_the_text(text: str) -> None:
    """Never fewer parts than the text has room in."""
    room = 153 if fits(text) else 67
    utf16 = len(text.encode("utf-16-le", "surrogatepass")) // 2
    units = sum(SEPTETS[character] for character in text) if fits(text) else utf16
    assert segments(text) == 1 or segments(text) * room >= units
