"""The telephone: Twilio's side of a call, for the server to be called by without Twilio.

Signs as Twilio does for the public address, speaks Media Streams strictly, and plays the
caller's script by what the caller would hear. Whatever the server does wrong stands in the
ledger as a `breach`. Not simulated: `<Record>`, `<Gather>` of the caller. Read next: phone_call.py
for the caller's leg, exchange.py for the others.
"""

import random
from collections.abc import Callable, Mapping, Sequence

from aiohttp import ClientSession, TCPConnector

from bridge.harness.ledger import Ledger
from bridge.harness.telephone.caller import Caller, CallerStep
from bridge.harness.telephone.exchange import Exchange
from bridge.harness.telephone.line_faults import LineFaults
from bridge.harness.telephone.mouthpiece import Mouthpiece
from bridge.harness.telephone.phone_call import STATUS_PATH, VOICE_PATH, Account, PhoneCall
from bridge.harness.telephone.signed import SignedClient
from bridge.harness.telephone.stream_client import CallerEnd
from bridge.harness.telephone.stretches import Stretches
from tools.clock import Clock

MAX_SECONDS = 600.0
LAST_LEG_S = 15.0  # within this of the caller's end, every other leg must be over


class Telephone:
    """Calls one number of one account. What it sent and heard belongs to the latest call."""

    def __init__(
        self,
        server_url: str,
        public_base_url: str,
        account_sid: str,
        auth_token: str,
        number: str,
        ledger: Ledger,
        noise_seed: int = 0,
        *,
        clock: Clock | None = None,
        person_answers: bool = True,
        latest_text: Callable[[], str] = str,
        patience_s: float | None = None,
        other_url: str | None = None,
        asks_after_loss: bool = True,
    ) -> None:
        """`server_url` is http://127.0.0.1:PORT; `person_answers` is how every `<Dial>` turns out;
        `clock` dates the callbacks (None: the real date); `latest_text`: the words of the latest text
        message the caller got, "" for none, for steps that type the code in it; `patience_s`: how long
        the caller listens to hold music, None for as long as it takes; `other_url`: a second server,
        where the public address leads once the first takes no connections; `asks_after_loss`: whether
        a stream that broke is followed by its `action`, or by the end of the call.
        """
        self.sent_audio = bytearray()  # every byte of the caller's, in order, over all streams
        self.heard_audio = bytearray()  # every byte played to the caller, 160 a tick, silence 0xFF
        self.ledger = ledger
        self._server_url = server_url
        self._public_base_url = public_base_url.rstrip("/")
        self._auth_token = auth_token
        self._account = Account(
            account_sid, number, self._public_base_url + VOICE_PATH, self._public_base_url + STATUS_PATH
        )
        self._random = random.Random(noise_seed)
        self._clock = clock
        self._person_answers = person_answers
        self._latest_text = latest_text
        self._patience_s = patience_s
        self._other_url = other_url
        self.faults = LineFaults(asks_after_loss=asks_after_loss)
        self.exchange = Exchange(ledger, self._random, account_sid, self._client)
        self._call: PhoneCall | None = None
        self._clients: list[SignedClient] = []

    @property
    def call_sid(self) -> str | None:
        """Of the latest call; None before the first."""
        return self._call.call_sid if self._call else None

    @property
    def stream_sid(self) -> str | None:
        """Of the latest stream of the latest call; None when there was none."""
        return self._call.stream_sid if self._call else None

    def lose_stream(self) -> None:
        """Break the stream of the call that is going on, as a network does."""
        self.faults.lose_stream()

    def move_on(self) -> None:
        """The public address leads to the other server from now on, as when a platform stops the first."""
        for client in self._clients:
            client.move_on()

    async def call(
        self,
        caller: str | None,
        steps: Sequence[CallerStep],
        clips: Mapping[str, bytes],
        *,
        attestation: str = "",
        max_seconds: float = MAX_SECONDS,
    ) -> None:
        """Run one call to its end. After `max_seconds` the caller gives up, which is a breach.

        `caller` is E.164, None or "" for a withheld number; `clips` are mu-law, 8 kHz, without
        a header; `attestation` is what the network says of the number, "" for nothing. Raises
        KeyError for a step whose clip is missing. Nothing is left running.
        """
        for step in steps:
            if step.clip and step.clip not in clips:
                raise KeyError(step.clip)
        self.sent_audio = bytearray()
        self.heard_audio = bytearray()
        end = CallerEnd(
            script=Caller(steps),
            mouthpiece=Mouthpiece(self._random.getrandbits(32)),
            agent=Stretches(),
            clips=clips,
            sent_audio=self.sent_audio,
            heard_audio=self.heard_audio,
            latest_text=self._latest_text,
        )
        # A fresh connection for each request: nothing stays open between calls.
        async with ClientSession(connector=TCPConnector(force_close=True)) as session:
            self._call = PhoneCall(
                self._account,
                caller or None,
                end,
                self._client(session),
                self.ledger,
                self._random,
                self._clock or Clock(),
                attestation=attestation,
                max_seconds=max_seconds,
                person_answers=self._person_answers,
                exchange=self.exchange,
                faults=self.faults,
                patience_s=self._patience_s,
            )
            try:
                await self._call.run()
            finally:
                await self.exchange.settle(LAST_LEG_S)

    def _client(self, session: ClientSession) -> SignedClient:
        client = SignedClient(
            session, self._server_url, self._public_base_url, self._auth_token, other_url=self._other_url
        )
        self._clients.append(client)
        return client
