"""What the tests of Twilio's two sides share: an account that does not exist, and its stand-in."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from bridge.harness.ledger import Ledger
from bridge.harness.twilio_rest.standin import TwilioRestStandin

ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "not-a-secret"
API_KEY = ("SK" + "0" * 32, "not-a-secret-either")
OUR_NUMBER = "+12025550100"
CALLER = "+12025550143"
NOW = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)


@contextlib.asynccontextmanager
async def standin() -> AsyncIterator[TwilioRestStandin]:
    """A REST stand-in with one number, pinned to NOW."""
    async with TwilioRestStandin(
        Ledger("twilio_rest", asyncio.get_running_loop().time),
        now=lambda: NOW,
        account_sid=ACCOUNT_SID,
        auth_token=AUTH_TOKEN,
        numbers=[OUR_NUMBER],
        api_keys=dict([API_KEY]),
    ) as twilio:
        yield twilio
