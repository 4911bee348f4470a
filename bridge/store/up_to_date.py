"""Tables that are up to date already: found out without Alembic, which a server then need not load.

Read `migrate.py` for what is done when they are not.
"""

from pathlib import Path

import sqlalchemy as sa

from bridge.store.connect import open_database
from tools.store import StoreUnavailable

VERSIONS = Path(__file__).parent / "migrations" / "versions"
_APPLIED = sa.text("SELECT version_num FROM alembic_version")


async def bring_up_to_date(url: str) -> None:
    """Apply what is missing. Raises DatabaseUrlError, StoreUnavailable."""
    if await is_up_to_date(url):
        return
    # Here: 60 modules for what is needed once after each new version.
    from bridge.store.migrate import migrate

    await migrate(url)


async def is_up_to_date(url: str) -> bool:
    """True when the newest step was applied; false also when nobody can say. Raises DatabaseUrlError."""
    database = open_database(url)
    try:
        return await database.read(lambda connection: connection.execute(_APPLIED).scalar()) == newest()
    except StoreUnavailable:
        return False
    finally:
        await database.close()


def newest() -> str:
    """The revision of the newest step, by its file's name: v0005_callbacks.py is 0005."""
    return max(path.name for path in VERSIONS.glob("v*.py"))[1:5]
