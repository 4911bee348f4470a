"""Sends a text by Twilio, at most once, says what is certain when it fails, and looks it up later.

Twilio has no idempotency key, so nothing is ever sent a second time from here: the outbox
decides, by the kind of error. Twilio's error texts quote numbers, and its asynchronous
client ignores its time-out; hence its blocking client, in threads, and errors of our own
that carry a code only. Conforms to `ports.SmsPort`.
Source: twilio 9.13, Messages resource.
"""

import re
from datetime import datetime, timedelta
from functools import partial

import requests
from twilio.base.exceptions import (  # type: ignore[import-untyped]
    TwilioRestException,
    TwilioServiceException,
)

from tools.blocking import BlockingPool, Unfinished
from tools.ports import SmsAmbiguous, SmsError, SmsRefused, SmsRetry
from tools.twilio_rest import TwilioClients, never_connected

TIMEOUT_S = 5.0  # per socket operation
DEADLINE_S = 8.0  # per text
THREADS = 2
MOST_LISTED = 200  # messages to one number that a look-up reads, newest first
CLOCKS_APART = timedelta(seconds=30)  # Twilio's date of a message against ours, and it has no fractions
LONGEST_BODY = 1600  # characters; Twilio error 21617 above
# Not accepted, but welcome later: too many requests, and the sender's own queue being full.
LATER_CODES = ("20429", "21611")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


class Sms:
    """Texts from one number of ours. Build one per process, `close` it at the end."""

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        from_number: str,
        api_url: str,
        api_key: tuple[str, str] | None = None,
        timeout_s: float = TIMEOUT_S,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        """Opens no socket and starts no thread.

        `from_number` is E.164. `api_key`: (sid, secret), used instead of the auth token.
        """
        self._from_number = from_number
        self._deadline_s = deadline_s
        self._clients = TwilioClients(
            account_sid=account_sid,
            login=api_key or (account_sid, auth_token),
            api_url=api_url,
            timeout_s=timeout_s,
        )
        self._pool = BlockingPool("sms", THREADS)

    async def send(self, *, to: str, body: str, status_callback: str | None = None) -> str:
        """The message's sid (SM…). Raises SmsRefused, SmsRetry, SmsAmbiguous.

        `to` is E.164; `status_callback` an absolute address that Twilio tells of the delivery.
        """
        if not _E164.fullmatch(to):
            raise SmsRefused("not_e164")
        if not 0 < len(body) <= LONGEST_BODY:
            raise SmsRefused("body_length")
        try:
            outcome = await self._pool.run(
                partial(self._send, to, body, status_callback), deadline_s=self._deadline_s
            )
        except Unfinished as unfinished:
            outcome = SmsAmbiguous("deadline") if unfinished.began else SmsRetry("deadline")
        if isinstance(outcome, SmsError):
            raise outcome from None
        return outcome

    async def find(self, *, to: str, body: str, since: datetime) -> str | None:
        """The sid of the latest message to `to` with this body made at or after `since`.

        None: Twilio's list has none. Raises SmsRetry: the list could not be read.
        """
        earliest = since - CLOCKS_APART
        try:
            found = await self._pool.run(partial(self._find, to, body, earliest), deadline_s=self._deadline_s)
        except Unfinished:
            found = SmsRetry("deadline")
        if isinstance(found, SmsError):
            raise found from None
        return found

    async def close(self) -> None:
        """Wait for texts in flight, end the threads, close the sockets."""
        await self._pool.close()
        self._clients.close()

    # --- below here: in a thread of the pool ------------------------------------------

    def _send(self, to: str, body: str, status_callback: str | None) -> str | SmsError:
        """The sid, or what went wrong. Returned, not raised: a traceback would lead to number and body."""
        try:
            message = self._clients.mine().messages.create(
                to=to,
                from_=self._from_number,
                body=body,
                **({"status_callback": status_callback} if status_callback else {}),
            )
        except (TwilioRestException, TwilioServiceException) as error:
            return _refusal(error.status, error.code)
        except requests.exceptions.ConnectionError as error:
            return SmsRetry("connect") if never_connected(error) else SmsAmbiguous("connection")
        except requests.exceptions.Timeout:
            return SmsAmbiguous("timeout")
        except Exception:  # an answer nobody foresaw: the text may have gone out all the same
            return SmsAmbiguous("bad_answer")
        return message.sid or SmsAmbiguous("no_sid")

    def _find(self, to: str, body: str, earliest: datetime) -> str | SmsError | None:
        try:
            # Not by DateSent: a message still in Twilio's queue has none.
            messages = self._clients.mine().messages.list(
                to=to, from_=self._from_number, limit=MOST_LISTED, page_size=MOST_LISTED
            )
            made = [
                each
                for each in messages
                # A trial account's messages have words of Twilio's own in front.
                if each.body.rstrip().endswith(body.rstrip()) and each.date_created >= earliest
            ]
        except Exception:  # refused, no answer, or one that makes no sense: nothing is known
            return SmsRetry("unread")
        return max(made, key=lambda each: each.date_created).sid if made else None


def _refusal(status: int, code: int | None) -> SmsError:
    """Twilio answered with an error. Above 499 the text may have been accepted all the same."""
    name = str(code or status)
    if status >= 500:
        return SmsAmbiguous(name)
    if status == 429 or name in LATER_CODES:
        return SmsRetry(name)
    return SmsAmbiguous(name) if status == 408 else SmsRefused(name)
