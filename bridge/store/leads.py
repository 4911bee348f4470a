"""Leads: what callers told about themselves and their wish, one row per call.

Part of the `BookingStore`, beside `bookings.py`; `report.py` shows them.
"""

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from bridge.store.database import Database
from bridge.store.tables import insert_into, leads
from tools.store import Lead


class Leads:
    """Leads on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save_lead(self, *, call_sid: str, caller_number: str | None, lead: Lead, now: datetime) -> None:
        """See BookingStore. One that comes late changes nothing that was told after it."""
        told = msgspec.structs.asdict(lead) | {"fields": msgspec.json.encode(lead.fields).decode()}
        changes = {**told, "caller_number": caller_number, "changed_at": now}

        def work(connection: sa.Connection) -> None:
            insert = insert_into(connection, leads).values(call_sid=call_sid, created_at=now, **changes)
            connection.execute(
                insert.on_conflict_do_update(
                    index_elements=["call_sid"], set_=changes, where=leads.c.changed_at <= now
                )
            )

        await self._database.write(work)


def as_lead(row: sa.Row[Any]) -> Lead:
    """A row of the table `leads`."""
    told = {name: getattr(row, name) for name in Lead.__struct_fields__}
    return Lead(**told | {"fields": msgspec.json.decode(row.fields, type=dict[str, str])})
