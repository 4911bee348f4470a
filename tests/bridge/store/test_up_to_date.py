"""Tables that are up to date, found out without Alembic."""

from pathlib import Path

from alembic.script import ScriptDirectory

from bridge.store.connect import open_database
from bridge.store.migrate import configuration, migrate
from bridge.store.up_to_date import bring_up_to_date, is_up_to_date, newest


async def test_known_without_asking_alembic(tmp_path: Path) -> None:
    """Nothing there yet, then all of it; and what cannot be reached is not up to date."""
    url = f"sqlite:///{tmp_path}/bridge.db"
    assert not await is_up_to_date(url)
    await migrate(url)
    assert await is_up_to_date(url)
    assert not await is_up_to_date("sqlite:////nowhere/at/all/bridge.db")


async def test_what_is_missing_is_applied(tmp_path: Path) -> None:
    """Once; the second time there is nothing to do."""
    url = f"sqlite:///{tmp_path}/bridge.db"
    await bring_up_to_date(url)
    assert await is_up_to_date(url)
    await bring_up_to_date(url)


async def test_the_newest_step_is_alembics_head(tmp_path: Path) -> None:
    """A step is named by its file as by itself, or no server would ever find itself up to date."""
    database = open_database(f"sqlite:///{tmp_path}/bridge.db")
    config = await database.read(configuration)
    await database.close()
    assert ScriptDirectory.from_config(config).get_heads() == [newest()]
