"""Twilio's webhook sender: asks for documents and reports events, with its time-outs and retries.

What goes wrong is a breach, with Twilio's error code: to the caller it is a sentence about an
application error and the end of the call. Read next: twiml_runner.py, which follows the answers.
"""

import asyncio
import random
from collections.abc import Mapping

from aiohttp import ClientConnectorError, ClientError, ClientTimeout, ConnectionTimeoutError

from bridge.harness.ledger import Ledger
from bridge.harness.telephone.overrides import Overrides, parse_overrides
from bridge.harness.telephone.signed import Answer, NotOurs, SignedClient


class Webhooks:
    """Posts on behalf of one call, and writes each attempt into the ledger."""

    def __init__(self, client: SignedClient, ledger: Ledger, rng: random.Random) -> None:
        self._client = client
        self._ledger = ledger
        self._random = rng

    async def document(self, url: str, params: Mapping[str, str]) -> Answer | None:
        """The answer to a request for TwiML; None when the call cannot go on (a breach says why)."""
        answer, code, detail = await self._attempts(url, params)
        if answer is None:
            self._ledger.write("breach", what=code, detail=f"{url}: {detail}; the caller is cut off")
        return answer

    async def callback(self, url: str, params: Mapping[str, str]) -> None:
        """Report an event. The answer matters only in that it must be no error."""
        answer, code, detail = await self._attempts(url, params)
        if answer is None:
            self._ledger.write("breach", what=code, detail=f"callback {url}: {detail}")
        elif answer.body and answer.content_type not in ("text/xml", "application/xml"):
            detail = f"callback {url} answered {answer.content_type}, not 204 or an empty document"
            self._ledger.write("breach", what="15003", detail=detail)

    async def _attempts(self, url: str, params: Mapping[str, str]) -> tuple[Answer | None, str, str]:
        """The first good answer; else None, Twilio's code and what happened last."""
        try:
            overrides = parse_overrides(url)
            path = self._client.local(url).raw_path_qs
        except NotOurs:
            return None, "11210", "not below the public base URL"
        except ValueError as error:
            return None, "11100", str(error)
        # The same token on every attempt tells the server that it is one request.
        headers = {"I-Twilio-Idempotency-Token": f"{self._random.getrandbits(128):032x}"}
        code, detail = "11205", "no time for an attempt"
        try:
            async with asyncio.timeout(overrides.total_ms / 1000):
                for _ in range(1 + overrides.retries):
                    answer, failure, detail = await self._attempt(url, params, headers, overrides)
                    self._ledger.write(
                        "webhook",
                        path=path,
                        status=answer.status if answer else 0,
                        body=answer.body if answer else "",
                    )
                    if failure is None:
                        return answer, "", ""
                    code = "11200" if answer else "11205"
                    if not overrides.retries_after(failure):
                        break
        except TimeoutError:
            self._ledger.write("webhook", path=path, status=0, body="")
            code, detail = "11205", f"no answer within {overrides.total_ms} ms"
        return None, code, detail

    async def _attempt(
        self, url: str, params: Mapping[str, str], headers: Mapping[str, str], overrides: Overrides
    ) -> tuple[Answer | None, str | None, str]:
        """Answer if any, kind of failure (4xx, 5xx, ct, rt) if any, and what happened."""
        timeout = ClientTimeout(
            total=None, sock_connect=overrides.connect_ms / 1000, sock_read=overrides.read_ms / 1000
        )
        try:
            answer = await self._client.post(url, params, headers=headers, timeout=timeout)
        except (ClientConnectorError, ConnectionTimeoutError) as error:
            return None, "ct", f"no connection: {error}"
        except TimeoutError:
            return None, "rt", f"no answer within {overrides.read_ms} ms"
        except ClientError as error:
            return None, "rt", f"the connection broke: {error!r}"
        if answer.status < 300:
            return answer, None, ""
        return answer, "5xx" if answer.status >= 500 else "4xx", f"status {answer.status}"
