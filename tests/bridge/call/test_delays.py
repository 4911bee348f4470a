"""Turn delay: every answer counted once, each share by itself."""

from bridge.call.delays import BOUNDS_MS, KEPT, DelayLedger, Share, TurnDelays


def answer(ledger: DelayLedger, item_id: str, stopped: float, model: float, server: float) -> None:
    """A caller who is answered by the model."""
    ledger.caller_began()
    ledger.caller_stopped(stopped)
    ledger.audio_came(item_id, stopped + model)
    ledger.audio_sent(item_id, stopped + model + server)


def test_shares_of_an_answer() -> None:
    """The model's until its first piece, ours until the socket has it, then the way to the ear."""
    ledger = DelayLedger()
    answer(ledger, "a", 10.0, 0.4, 0.002)
    ledger.audio_came("a", 10.5)
    ledger.audio_sent("a", 10.5)
    ledger.mark_played({"a": 200}.__getitem__, 10.652)
    ledger.mark_played({"a": 400}.__getitem__, 12.0)
    assert ledger.summary() == TurnDelays(
        turns=1,
        handed=Share(402.0, 402.0),
        model=Share(400.0, 400.0),
        server=Share(2.0, 2.0),
        playout=Share(50.0, 50.0),
        histogram=(0, 1, 0, 0, 0, 0),
    )


def test_who_is_not_answered_is_not_counted() -> None:
    """The caller spoke on, or the agent spoke without having been asked."""
    ledger = DelayLedger()
    ledger.audio_came("greeting", 1.0)
    ledger.audio_sent("greeting", 1.001)
    ledger.caller_stopped(2.0)
    ledger.caller_began()
    ledger.audio_came("late", 3.0)
    ledger.audio_sent("late", 3.001)
    assert ledger.summary() is None


def test_the_rest_of_an_older_sentence_is_no_answer() -> None:
    """A caller who spoke into the greeting is answered by what comes after it."""
    ledger = DelayLedger()
    ledger.audio_came("greeting", 1.0)
    ledger.audio_sent("greeting", 1.0)
    ledger.caller_stopped(2.0)
    ledger.audio_came("greeting", 2.1)
    ledger.audio_sent("greeting", 2.1)
    ledger.audio_came("answer", 2.5)
    ledger.audio_sent("greeting", 2.51)
    ledger.audio_sent("answer", 2.52)
    found = ledger.summary()
    assert found is not None
    assert (found.turns, found.model, found.server) == (1, Share(500.0, 500.0), Share(20.0, 20.0))
    assert found.playout is None


def test_a_line_of_ours_ends_the_wait() -> None:
    """A filler is an answer to the ear; until then the model was waited for."""
    ledger = DelayLedger()
    ledger.caller_stopped(2.0)
    ledger.audio_sent("clip_1", 4.0)
    ledger.audio_came("answer", 6.0)
    ledger.audio_sent("answer", 6.0)
    found = ledger.summary()
    assert found is not None
    assert (found.turns, found.model, found.server) == (1, Share(2000.0, 2000.0), Share(0.0, 0.0))


def test_every_turn_has_its_place_in_the_histogram() -> None:
    """A bound belongs to the part above it; what is slower than all stands in the last part."""
    ledger = DelayLedger()
    for number, delay in enumerate((0.0, *(bound / 1000 for bound in BOUNDS_MS))):
        answer(ledger, f"a{number}", 0.0, delay, 0.0)
    found = ledger.summary()
    assert found is not None
    assert found.histogram == (1, 1, 1, 1, 1, 1)
    assert found.handed == Share(800.0, 2500.0)


def test_a_long_call_keeps_its_latest_turns() -> None:
    """Memory does not grow with the call."""
    ledger = DelayLedger()
    answer(ledger, "slow", 0.0, 9.0, 0.0)
    for number in range(KEPT):
        answer(ledger, f"a{number}", 20.0 * number, 0.5, 0.0)
    found = ledger.summary()
    assert found is not None
    assert (found.turns, found.handed) == (KEPT, Share(500.0, 500.0))
