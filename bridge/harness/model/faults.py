"""Faults that the model stand-in has been told to play: refusals, silence, failed turns, lost sockets.

Pure but for the sessions it is given. The runner and tests set them; what comes next asks for them
once. Source: failures of the Realtime service seen by others. Used by standin.py and session.py.
"""

from collections import deque
from collections.abc import Sequence
from typing import Protocol

import msgspec

TOLD = "The stand-in was told to fail this turn."
GOING_AWAY = 1001
EXPIRED = "session_expired"
HOUR_IS_OVER = "Your session hit the maximum duration of 60 minutes."


class TurnFault(msgspec.Struct, frozen=True):
    """What is wrong with one turn."""

    code: str = ""  # it fails with this one; else it is written instead of spoken
    message: str = TOLD


class Afflicted(Protocol):
    """An open session, as a fault sees it."""

    def stall(self) -> None:
        """Say nothing any more, and take nothing in."""

    def leave(self, code: int, reason: str) -> None:
        """Close the socket."""

    def vanish(self) -> None:
        """The connection is gone: no close frame, nothing."""

    def complain(self, code: str, message: str) -> None:
        """Send an `error` that answers nothing."""

    def babble(self, messages: Sequence[str | bytes]) -> None:
        """Send these, whatever they are."""


class ModelFaults:
    """What goes wrong next; and what goes wrong now, in every open session."""

    def __init__(self) -> None:
        self.sessions: list[Afflicted] = []
        self._refusals: deque[int] = deque()
        self._turned_away: deque[str] = deque()
        self._mute: int = 0
        self.opens_after_s = 0.0  # every upgrade is answered so late
        self._turns: deque[TurnFault] = deque()

    # --- next -----------------------------------------------------------------------

    def refuse_next(self, status: int, times: int = 1) -> None:
        """Answer the next `times` upgrades with an HTTP status."""
        self._refusals.extend([status] * times)

    def turn_away_next(self, code: str, times: int = 1) -> None:
        """Let the next `times` upgrades through, and answer with an `error` and close 4000."""
        self._turned_away.extend([code] * times)

    def mute_next(self, times: int = 1) -> None:
        """Let the next `times` sessions open and say nothing."""
        self._mute += times

    def fail_next_turn(self, code: str, message: str = TOLD) -> None:
        """Let the next turn, in whatever session, end as failed with this code."""
        self._turns.append(TurnFault(code, message))

    def write_next_turn(self) -> None:
        """Let the next turn be an answer in text only."""
        self._turns.append(TurnFault())

    def take_refusal(self) -> int | None:
        return self._refusals.popleft() if self._refusals else None

    def take_turned_away(self) -> str | None:
        return self._turned_away.popleft() if self._turned_away else None

    def take_mute(self) -> bool:
        if not self._mute:
            return False
        self._mute -= 1
        return True

    def take_turn(self) -> TurnFault | None:
        return self._turns.popleft() if self._turns else None

    # --- now ------------------------------------------------------------------------

    def stall(self) -> None:
        """Every open session stays open and says nothing any more."""
        for session in self.sessions:
            session.stall()

    def close(self, code: int, reason: str = "") -> None:
        for session in self.sessions:
            session.leave(code, reason)

    def vanish(self) -> None:
        """Every connection is simply gone (1006)."""
        for session in self.sessions:
            session.vanish()

    def babble(self, messages: Sequence[str | bytes]) -> None:
        """What no service should send, in every open session."""
        for session in self.sessions:
            session.babble(messages)

    def expire(self, *, told: bool = True) -> None:
        """The hour is over: an error and close 1001, or 1001 alone."""
        for session in self.sessions:
            if told:
                session.complain(EXPIRED, HOUR_IS_OVER)
            session.leave(GOING_AWAY, HOUR_IS_OVER)
