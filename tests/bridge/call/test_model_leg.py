"""When a new model leg is opened, and what waits for it."""

import pytest

from bridge.call.model_leg import KEPT_FRAMES, MOST_REOPENINGS, RENEW_AFTER_S, REOPEN_PAUSE_S, ModelLeg


def standing() -> ModelLeg:
    leg = ModelLeg()
    assert not leg.configured(0.0)
    return leg


def test_a_leg_that_breaks_is_replaced_at_once() -> None:
    """The caller is waiting."""
    leg = standing()
    assert leg.lost(10.0)
    assert not leg.is_ready
    assert leg.take_due(10.0)
    assert not leg.take_due(10.0)
    assert leg.deadline() is None
    assert leg.configured(0.0)  # in another one's place
    assert not leg.configured(0.0)  # a change of settings


def test_no_more_than_two_in_a_call() -> None:
    """A third would only keep the caller from the next step."""
    leg = standing()
    for _ in range(MOST_REOPENINGS):
        assert leg.lost(10.0)
        assert leg.take_due(10.0)
        leg.configured(0.0)
    assert not leg.lost(10.0)


@pytest.mark.parametrize("status", [429, 500, 503, None])
def test_a_leg_that_cannot_be_opened_is_tried_once_more(status: int | None) -> None:
    """After a pause: too many, an outage, a connection that fails."""
    leg = ModelLeg()
    assert leg.lost(10.0, status)
    assert leg.is_paused
    assert leg.deadline() == 10.0 + REOPEN_PAUSE_S
    assert not leg.take_due(10.0 + REOPEN_PAUSE_S - 0.1)
    assert leg.take_due(10.0 + REOPEN_PAUSE_S)
    assert not leg.lost(12.0, status)


@pytest.mark.parametrize(("status", "reason"), [(401, ""), (403, ""), (404, ""), (302, "")])
def test_what_no_try_mends_is_final(status: int, reason: str) -> None:
    """No right, no such model."""
    assert not ModelLeg().lost(10.0, status, reason)


def test_a_close_that_names_a_fatal_fault_is_final() -> None:
    """The service puts an error's type and code into the reason."""
    assert not standing().lost(10.0, reason="invalid_request_error.invalid_api_key")
    assert standing().lost(10.0, reason="Your session hit the maximum duration of 60 minutes.")


def test_a_leg_that_stalls_is_replaced_at_once() -> None:
    """The caller has waited long enough by then."""
    leg = standing()
    assert leg.stalled(10.0)
    assert leg.take_due(10.0)
    assert leg.stalled(14.0)
    assert leg.take_due(14.0)
    assert not leg.stalled(18.0)
    assert not leg.take_due(18.0)


def test_what_the_caller_says_meanwhile_is_kept() -> None:
    """The last seconds of it, once there has been a session; before, it could not be heard by anybody."""
    leg = ModelLeg()
    leg.keep_frame("early")
    assert leg.take_frames() == []
    leg.configured(0.0)
    for number in range(KEPT_FRAMES + 1):
        leg.keep_frame(str(number))
    kept = leg.take_frames()
    assert (kept[0], len(kept)) == ("1", KEPT_FRAMES)
    assert leg.take_frames() == []


def test_notes_wait_in_order() -> None:
    """Keys pressed, answers of tools."""
    leg = ModelLeg()
    leg.keep_note("user", "one")
    leg.keep_note("system", "two")
    assert leg.take_notes() == [("user", "one"), ("system", "two")]
    assert leg.take_notes() == []


def test_a_leg_grows_old_and_is_renewed_without_counting() -> None:
    """An hour is the most that the service allows; every new leg has one of its own."""
    leg = standing()
    assert not leg.is_old(RENEW_AFTER_S - 1)
    assert leg.is_old(RENEW_AFTER_S)
    leg.renew(RENEW_AFTER_S)
    assert not leg.is_old(RENEW_AFTER_S)
    assert leg.take_due(RENEW_AFTER_S)
    assert leg.configured(RENEW_AFTER_S)
    assert not leg.is_old(2 * RENEW_AFTER_S - 1)
    assert leg.reopenings == 0
