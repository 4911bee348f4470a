"""Rings a person, and moves or ends a leg, by Twilio; nobody is ever rung twice for one asking.

The only place from which a number is dialled by request, so here stands the list of those that may be.
Conforms to `ports.TelephonePort`. Like `sms.py` it runs Twilio's blocking client in threads, and its
errors carry a code only. Source: Twilio, Call resource; twilio 9.13.
"""

import contextlib
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import requests
from twilio.base.exceptions import (  # type: ignore[import-untyped]
    TwilioRestException,
    TwilioServiceException,
)

from tools.blocking import BlockingPool, Unfinished
from tools.ports import LegAmbiguous, LegError, LegGone, LegRefused
from tools.twilio_rest import TwilioClients, never_connected

T = TypeVar("T")

TIMEOUT_S = 4.0  # per socket operation
DEADLINE_S = 6.0  # per request: a caller is waiting
THREADS = 4
RING_S = 25  # voicemail often takes a call after this
# How long Twilio may listen whether a human answered; by then it says "unknown", who is asked for a key.
DETECTION_S = 5
EVENTS = ["initiated", "answered", "completed"]
OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
# Not found, and "call is not in-progress, cannot redirect".
GONE_CODES = frozenset({"20404", "21220"})


class Legs:
    """The telephone of one account. Build one per process, `close` it at the end."""

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        from_number: str,
        api_url: str,
        may_ring: frozenset[str],
        timeout_s: float = TIMEOUT_S,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        """Opens no socket and starts no thread. `may_ring`: E.164, the only numbers ever dialled."""
        self._from_number = from_number
        self._may_ring = may_ring
        self._deadline_s = deadline_s
        self._pool = BlockingPool("legs", THREADS)
        self._clients = TwilioClients(
            account_sid=account_sid, login=(account_sid, auth_token), api_url=api_url, timeout_s=timeout_s
        )

    async def ring(self, *, to: str, answered_url: str, status_url: str) -> str:
        """See TelephonePort. The leg shows our own number: no other may stand there."""
        if to not in self._may_ring:
            raise LegRefused("not_allowed")
        return await self._run(partial(self._ring, to, answered_url, status_url))

    async def redirect(self, leg_sid: str, url: str) -> None:
        await self._run(lambda: self._clients.mine().calls(leg_sid).update(url=url, method="POST"))

    async def end(self, leg_sid: str) -> None:
        with contextlib.suppress(LegGone):
            await self._run(lambda: self._clients.mine().calls(leg_sid).update(status="completed"))

    async def is_over(self, leg_sid: str) -> bool:
        try:
            return await self._run(lambda: self._clients.mine().calls(leg_sid).fetch().status in OVER)
        except LegGone:
            return True

    async def close(self) -> None:
        """Wait for what is under way, end the threads, close the sockets."""
        await self._pool.close()
        self._clients.close()

    # --- below here: in a thread of the pool ------------------------------------------

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            outcome = await self._pool.run(partial(_outcome, work), deadline_s=self._deadline_s)
        except Unfinished as unfinished:
            raise (LegAmbiguous if unfinished.began else LegRefused)("deadline") from None
        if isinstance(outcome, LegError):
            raise outcome from None
        return outcome

    def _ring(self, to: str, answered_url: str, status_url: str) -> str:
        leg = self._clients.mine().calls.create(
            to=to,
            from_=self._from_number,
            url=answered_url,
            method="POST",
            status_callback=status_url,
            status_callback_method="POST",
            status_callback_event=EVENTS,
            timeout=RING_S,
            machine_detection="Enable",
            machine_detection_timeout=DETECTION_S,
        )
        if not leg.sid:
            raise LegAmbiguous("no_sid")
        return str(leg.sid)


def _outcome(work: Callable[[], T]) -> T | LegError:
    """What `work` returns, or what went wrong. Returned, not raised: a traceback would lead to numbers."""
    try:
        return work()
    except LegError as error:
        return error
    except (TwilioRestException, TwilioServiceException) as error:
        return _refusal(error.status, str(error.code or error.status))
    except requests.exceptions.ConnectionError as error:
        return LegRefused("connect") if never_connected(error) else LegAmbiguous("connection")
    except requests.exceptions.Timeout:
        return LegAmbiguous("timeout")
    except Exception:  # an answer nobody foresaw: it may have been done all the same
        return LegAmbiguous("bad_answer")


def _refusal(status: int, code: str) -> LegError:
    """Twilio answered with an error. Above 499 it may have been done all the same."""
    if status == 404 or code in GONE_CODES:
        return LegGone(code)
    return LegAmbiguous(code) if status >= 500 or status == 408 else LegRefused(code)
