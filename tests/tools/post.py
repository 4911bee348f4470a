"""A mail server in memory for tests of what is mailed and when; the real one is in `test_mail.py`."""

from datetime import datetime

import msgspec

from tests.tools.scene import Scene, Stumbles
from tools.invitation import calendar_file
from tools.ports import Invite
from tools.store import Lead

OUR_ADDRESS = "hello@maplestreet.example"
DANA = "dana.reed@example.com"


class Letter(msgspec.Struct, frozen=True):
    """What was sent."""

    to: str
    subject: str
    body: str
    invite: str
    message_id: str


class Postbox(Stumbles):
    """A `MailPort` that keeps what was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Letter] = []

    def invitation(self, invite: Invite) -> str:
        return calendar_file(invite, OUR_ADDRESS)

    async def send(
        self, *, to: str, subject: str, body: str, invite: str, message_id: str, now: datetime
    ) -> str:
        await self._begin("send")
        self.sent.append(Letter(to, subject, body, invite, message_id))
        await self._end("send")
        return f"queued as {len(self.sent)}"


def with_mail(scene: Scene, address: str | None = DANA) -> Postbox:
    """From now on the scene's business sends mail, and its caller has told an address."""
    box = Postbox()
    scene.dispatcher.kit = msgspec.structs.replace(scene.dispatcher.kit, mail=box)
    scene.facts.lead = Lead(email=address)
    return box
