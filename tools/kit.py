"""What every tool works with. Built by `Dispatcher`."""

import msgspec

from tools.business import Business
from tools.clock import Clock
from tools.facts import CallFacts
from tools.ports import CalendarPort, MailPort, SmsPort
from tools.prefetch import FreeBusy
from tools.store import BookingStore


class Kit(msgspec.Struct, frozen=True, kw_only=True):
    """The business, the time, and the things outside."""

    business: Business
    clock: Clock
    store: BookingStore
    calendar: CalendarPort
    free_busy: FreeBusy  # of the same calendar, prefetched: for offers only
    sms: SmsPort
    mail: MailPort | None = None  # None: no mail is sent
    code_key: bytes  # the server's own, for `codes.py`

    @property
    def person_is_there(self) -> bool:
        """Whether somebody can be fetched to the telephone now."""
        return self.business.person_at(self.clock.now()) is not None

    def person_for(self, facts: CallFacts) -> bool:
        """Whether one may be offered to this caller: not where somebody was rung for them in vain."""
        return self.person_is_there and not facts.nobody_came
