"""Texts that come in, between Twilio's webhook and `tools/inbound.py`, which decides.

The webhook is answered in time whatever the store does: what a text asks for is then done later,
by the journal, and answered nothing.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import structlog

from bridge.store.calls import CallStore
from bridge.store.journal import Journal
from bridge.twilio.caller_id import phone_number
from tools.inbound import Answer, Incoming, receive, reply
from tools.kit import Kit
from tools.store import StoreError

log = structlog.get_logger(__name__)

ANSWER_S = 5.0  # Twilio waits for fifteen
KNOWN_FOR = timedelta(days=30)  # after a call


class InboundTexts:
    """Answers the texts of one server."""

    def __init__(self, *, kit: Kit, calls: CallStore, journal: Journal) -> None:
        self._kit = kit
        self._calls = calls
        self._journal = journal

    async def answer(self, form: Mapping[str, str]) -> str | None:
        """Do what a text asks for; what to answer, or None for nothing. Never raises."""
        number = phone_number(form.get("From", ""))
        if number is None:  # a short code, or the name of a sender: nobody to answer
            return None
        text = Incoming(
            sid=form["MessageSid"],
            number=number,
            our_number=form.get("To", ""),
            body=form.get("Body", ""),
            opt_out_type=form.get("OptOutType", ""),
        )
        try:
            async with asyncio.timeout(ANSWER_S):
                found = await self._receive(text)
                return None if found is None else await reply(self._kit, text, found)
        except (TimeoutError, StoreError) as error:
            log.warning("text_answered_nothing", error=type(error).__name__)
            self._journal.put(lambda: self._receive(text))
            return None

    async def _receive(self, text: Incoming) -> Answer | None:
        since = self._kit.clock.now() - KNOWN_FOR
        calls = await self._calls.calls_since(caller_number=text.number, since=since)
        return await receive(self._kit, text, has_called=calls > 0)
