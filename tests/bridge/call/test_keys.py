"""Keys: one at a time, or collected while a tool waits for them."""

from bridge.call.keys import KEYS_GAP_S, Keypad


def wanting(count: int) -> Keypad:
    keypad = Keypad()
    keypad.want(count)
    return keypad


def pressed(keypad: Keypad, keys: str, at: float = 0.0) -> list[str | None]:
    """What each key completes; one is pressed every second."""
    return [keypad.press(key, at + second) for second, key in enumerate(keys)]


def test_without_a_wish_every_key_stands_alone() -> None:
    """Nothing is kept back and nothing is due."""
    keypad = Keypad()
    assert pressed(keypad, "42#*") == ["4", "2", "#", "*"]
    assert keypad.deadline() is None


def test_as_many_as_are_wanted_come_as_one() -> None:
    """The last digit completes them; afterwards every key stands alone again."""
    keypad = wanting(6)
    assert pressed(keypad, "427193") == [None] * 5 + ["427193"]
    assert keypad.deadline() is None
    assert keypad.press("5", 9.0) == "5"


def test_the_number_sign_ends_them() -> None:
    """Fewer than wanted, and the caller says that it is all."""
    keypad = wanting(6)
    assert pressed(keypad, "427#") == [None, None, None, "427"]
    assert keypad.press("5", 9.0) == "5"


def test_the_number_sign_alone_is_told() -> None:
    """The agent fell silent for it, so the model hears of it; the wish stands."""
    keypad = wanting(3)
    assert keypad.press("#", 0.0) == "#"
    assert pressed(keypad, "123") == [None, None, "123"]


def test_the_star_starts_anew() -> None:
    """What was pressed before it does not count."""
    assert pressed(wanting(3), "42*123") == [None] * 5 + ["123"]


def test_when_no_more_come() -> None:
    """A few seconds after the last key what there is counts, and more may still follow."""
    keypad = wanting(6)
    pressed(keypad, "427", at=10.0)
    assert keypad.deadline() == 12.0 + KEYS_GAP_S
    assert keypad.overdue(12.0 + KEYS_GAP_S - 0.01) is None
    assert keypad.overdue(12.0 + KEYS_GAP_S) == "427"
    assert keypad.deadline() is None
    assert keypad.overdue(100.0) is None
    assert pressed(keypad, "19#", at=30.0) == [None, None, "19"]


def test_a_star_and_nothing_after_it_is_told() -> None:
    """Otherwise nobody would say anything: the agent fell silent at the key."""
    keypad = wanting(6)
    keypad.press("*", 0.0)
    assert keypad.overdue(KEYS_GAP_S) == "*"


def test_a_tool_that_has_no_say_changes_nothing() -> None:
    """Another tool's answer in the middle of a code loses none of it."""
    keypad = wanting(4)
    pressed(keypad, "42")
    keypad.want(None)
    assert pressed(keypad, "71") == [None, "4271"]


def test_a_wish_repeated_keeps_what_was_pressed() -> None:
    """The caller was quicker than the tool's answer."""
    keypad = wanting(4)
    pressed(keypad, "42")
    keypad.want(4)
    assert pressed(keypad, "71") == [None, "4271"]


def test_a_wish_taken_back() -> None:
    """Once the code was said, what was begun on the keypad is forgotten."""
    keypad = wanting(6)
    pressed(keypad, "42")
    keypad.want(0)
    assert keypad.deadline() is None
    assert keypad.press("7", 5.0) == "7"


def test_one_key_after_another_is_counted_in_tries() -> None:
    """Keys in one go are one try, a number in one go is none, and a word begins the count anew."""
    keypad = Keypad()
    assert [keypad.stray_tries(at) for at in (10.0, 10.5, 13.0, 16.0)] == [1, 0, 2, 3]
    keypad.words_came()
    assert keypad.stray_tries(19.0) == 1
    assert [keypad.stray_tries(at) for at in (19.1, 19.2, 19.3)] == [0, 0, 0]
    assert keypad.stray_tries(22.0) == 1


def test_a_key_that_is_waited_for_is_no_try() -> None:
    """It answers, and whatever was tried before is forgotten."""
    keypad = Keypad()
    keypad.stray_tries(10.0)
    keypad.want(6)
    assert keypad.stray_tries(20.0) == 0
    keypad.want(0)
    assert keypad.stray_tries(30.0) == 1
