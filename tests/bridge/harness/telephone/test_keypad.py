"""A code is found in a text, and typed key by key."""

import pytest

from bridge.harness.telephone.keypad import TICKS_BETWEEN, Keypad, code_in


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Maple Street Dental: 482913 is your code.", "482913"),
        ("482913", "482913"),
        ("Call +12025550100.", ""),
        ("At 48 Maple Street on 25 November 2026.", ""),
        ("", ""),
    ],
)
def test_a_code_stands_on_its_own(text: str, code: str) -> None:
    """A telephone number, a house number and a date are no codes."""
    assert code_in(text) == code


def test_keys_come_a_quarter_of_a_second_apart() -> None:
    """The first at once, each following one 260 ms later, and then nothing."""
    keypad = Keypad()
    assert (keypad.busy, keypad.tick()) == (False, None)
    keypad.type("482")
    pressed = [(tick, key) for tick in range(100) if (key := keypad.tick())]
    assert pressed == [(0, "4"), (TICKS_BETWEEN, "8"), (2 * TICKS_BETWEEN, "2")]
    assert not keypad.busy


def test_what_was_not_pressed_yet_is_forgotten() -> None:
    """When the stream is over nobody presses anything any more."""
    keypad = Keypad()
    keypad.type("48")
    assert keypad.busy
    keypad.let_go()
    assert (keypad.busy, keypad.tick()) == (False, None)
