"""The playback ledger: bytes sent, marks returned, and the cut point."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.call.playback import BYTES_PER_MS, ITEMS_KEPT, Cut, Playback

SECOND = 1000 * BYTES_PER_MS


def play(ledger: Playback, item: str, ms: int, now: float) -> str | None:
    """Queue and send `ms` of an item at once; returns the mark that became due."""
    mark = ledger.queue(item, ms * BYTES_PER_MS)
    ledger.sent(item, ms * BYTES_PER_MS, now)
    return mark


def test_nothing_is_heard_before_it_is_sent() -> None:
    """Audio in the outbox counts as queued, not as heard, however long it waits."""
    ledger = Playback()
    ledger.queue("a", SECOND)
    assert ledger.heard_ms("a", 99.0) == 0
    assert ledger.queued_ms("a") == 1000
    assert ledger.is_playing()


def test_heard_follows_the_clock_and_never_passes_what_was_sent() -> None:
    """Between marks the position moves 8 bytes a millisecond, up to the end of what was sent."""
    ledger = Playback()
    play(ledger, "a", 1000, 10.0)
    assert ledger.heard_ms("a", 10.25) == 250
    assert ledger.heard_ms("a", 15.0) == 1000


def test_a_mark_sets_the_position_right() -> None:
    """A returned mark overrules the interpolation: a slow telephone is not ahead of itself."""
    ledger = Playback()
    mark = play(ledger, "a", 360, 0.0)
    play(ledger, "a", 360, 0.0)
    assert mark is not None
    ledger.mark_played(mark, 0.6)  # interpolation says 600 ms; the telephone says 360
    assert ledger.heard_ms("a", 0.6) == 360
    assert ledger.heard_ms("a", 0.7) == 460


def test_the_clock_stands_while_the_telephone_has_nothing_to_play() -> None:
    """A gap between two items is not counted as hearing the second one."""
    ledger = Playback()
    play(ledger, "a", 200, 0.0)
    play(ledger, "b", 400, 5.0)
    assert ledger.heard_ms("b", 5.1) == 100
    assert ledger.heard_ms("a", 5.1) == 200


def test_items_behind_one_another_are_heard_in_order() -> None:
    """The second of two queued items starts to count when the first is over."""
    ledger = Playback()
    play(ledger, "a", 300, 0.0)
    play(ledger, "b", 300, 0.0)
    assert ledger.heard_ms("b", 0.25) == 0
    assert ledger.heard_ms("b", 0.4) == 100


def test_a_mark_is_due_every_250_ms_and_at_the_end_of_an_item() -> None:
    """Small pieces share a mark; the end of an item always has one."""
    ledger = Playback()
    assert [play(ledger, "a", 100, 0.0) for _ in range(6)] == [None, None, "m1", None, None, "m2"]
    assert ledger.finish("a") == "m3"
    assert ledger.finish("a") is None
    assert ledger.finish("never sounded") is None


def test_clear_cuts_the_audible_item_and_the_ones_behind_it() -> None:
    """At a barge-in each item not heard to its end gets a cut; later it counts no further."""
    ledger = Playback()
    play(ledger, "a", 1000, 0.0)
    play(ledger, "b", 1000, 0.0)
    ledger.finish("a")
    cuts = ledger.clear(0.4)
    assert [(cut.item_id, cut.heard_ms, cut.queued_ms, cut.finished) for cut in cuts] == [
        ("a", 400, 1000, True),
        ("b", 0, 1000, False),
    ]
    assert not ledger.is_playing()
    assert ledger.is_dead("a")
    assert ledger.heard_ms("a", 60.0) == 400


def test_marks_echoed_after_clear_prove_nothing() -> None:
    """Twilio returns pending marks at once upon clear; those must not count as played."""
    ledger = Playback()
    mark = play(ledger, "a", 1000, 0.0)
    assert mark is not None
    ledger.clear(0.1)
    play(ledger, "b", 1000, 0.2)
    assert ledger.mark_played(mark, 0.3) is None
    assert ledger.heard_ms("b", 0.3) == 100


def test_audio_sent_while_the_clear_was_under_way_is_ignored() -> None:
    """A piece already on its way into the socket when playback was cleared is not counted."""
    ledger = Playback()
    ledger.queue("a", SECOND)
    ledger.clear(0.0)
    ledger.sent("a", SECOND, 0.0)
    assert ledger.heard_ms("a", 5.0) == 0


def test_the_last_mark_ends_its_item_even_when_earlier_marks_went_missing() -> None:
    """Marks come in order, so a later one implies the ones before it."""
    ledger = Playback()
    play(ledger, "a", 360, 0.0)
    last = ledger.finish("a")
    assert last is not None
    assert ledger.mark_played(last, 0.4) == "a"
    assert not ledger.is_playing()
    assert ledger.heard_share("a", 0.4) == 1.0


def test_the_share_of_an_unfinished_item_is_unknown() -> None:
    """A read-back whose length is not known yet cannot count as heard."""
    ledger = Playback()
    play(ledger, "a", 200, 0.0)
    assert ledger.heard_share("a", 9.0) == 0.0
    ledger.finish("a")
    assert ledger.heard_share("a", 9.0) == 1.0


def test_the_end_of_the_sound_is_known_without_marks() -> None:
    """By the clock, whatever the telephone returns; what waits in the outbox begins no earlier than now."""
    ledger = Playback()
    play(ledger, "a", 1000, 10.0)
    assert ledger.ends_at(10.5) == 11.0
    play(ledger, "a", 500, 10.5)
    assert ledger.ends_at(10.6) == 11.5
    ledger.queue("b", SECOND)
    assert ledger.ends_at(20.0) == 21.0


def test_a_telephone_that_returns_no_marks_ends_its_sound_all_the_same() -> None:
    """What is played after a pause ends later by that pause, though no mark tells of it."""
    ledger = Playback()
    for _ in range(5):
        play(ledger, "a", 300, 10.0)
    play(ledger, "b", 1000, 15.0)
    assert ledger.ends_at(15.5) == 16.0
    ledger.queue("b", SECOND)
    assert ledger.ends_at(15.5) == 17.0


def test_a_mark_that_comes_late_moves_the_end_of_the_sound() -> None:
    """The telephone played more slowly than the clock: what it says counts."""
    ledger = Playback()
    play(ledger, "a", 100, 10.0)
    mark = ledger.finish("a")
    assert mark is not None
    ledger.mark_played(mark, 10.7)
    assert ledger.ends_at(15.0) == 10.7
    ledger.clear(16.0)
    assert ledger.ends_at(20.0) == 16.0


def test_the_open_item_is_the_one_that_more_should_come_of() -> None:
    """Neither a finished one nor one that was cleared."""
    ledger = Playback()
    play(ledger, "a", 400, 0.0)
    assert ledger.open_item() == Cut("a", 400, 400, False)
    ledger.finish("a")
    assert ledger.open_item() is None
    play(ledger, "b", 400, 0.4)
    ledger.clear(0.5)
    assert ledger.open_item() is None
    assert list(ledger.item_ids()) == ["a", "b"]


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(1, 600), st.floats(0, 0.5)), max_size=30
    ),
    st.floats(0, 20),
)
def test_no_order_of_pieces_makes_more_heard_than_sent(
    pieces: list[tuple[str, int, float]], later: float
) -> None:
    """For any sequence of pieces and pauses, heard lies between 0 and sent, and only grows."""
    ledger, now, sent = Playback(), 0.0, {"a": 0, "b": 0, "c": 0}
    heard = dict(sent)
    for item, ms, pause in pieces:
        now += pause
        play(ledger, item, ms, now)
        sent[item] += ms
        for name in sent:
            assert heard[name] <= ledger.heard_ms(name, now) <= sent[name]
            heard[name] = ledger.heard_ms(name, now)
    assert sum(ledger.heard_ms(name, now + later) for name in sent) <= sum(sent.values())


def test_what_was_heard_long_ago_is_forgotten() -> None:
    """A long call has hundreds of items; only the last of those that are over are kept."""
    ledger, now = Playback(), 0.0
    for number in range(300):
        play(ledger, f"i{number}", 360, now)
        mark = ledger.finish(f"i{number}")
        now += 0.4
        assert mark is not None
        if number % 3:
            assert ledger.mark_played(mark, now) == f"i{number}"
    assert len(ledger._items) == ITEMS_KEPT
    assert len(ledger._runs) == ITEMS_KEPT
    assert ledger.heard_ms("i299", now) == 360
    ledger.clear(now)
    assert ledger.is_dead("i299")


def test_nothing_unheard_is_forgotten() -> None:
    """However many items wait to be played, each of them is still to be told of when it is cleared."""
    ledger = Playback()
    for number in range(ITEMS_KEPT + 20):
        play(ledger, f"i{number}", 100, 0.0)
    assert len(ledger.clear(1.0)) == ITEMS_KEPT + 20
    for number in range(3):
        play(ledger, f"j{number}", 100, 2.0)
    assert ledger.heard_ms("j1", 2.15) == 50
