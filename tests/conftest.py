"""Fixtures for tests of every folder: both databases, migrated and empty."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from bridge.store.migrate import migrate
from tests.databases import NoServer, empty, new_postgres_database, postgres_server, run

# Before numpy is imported: its threads would take the cores from the suite's own processes.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# How long an example takes says something of the machine, and nothing of what is tested.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    run(migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a PostgreSQL server without its database: `postgresql://postgres@/{}?host=…`."""
    try:
        with postgres_server() as server:
            yield server
    except NoServer as error:
        pytest.skip(f"no PostgreSQL server could be started: {error}")


@pytest.fixture(scope="session")
def postgres_url(postgres: str) -> str:
    """URL of a migrated database on that server."""
    made: list[str] = []

    async def prepare() -> None:
        made.append(await new_postgres_database(postgres, "store"))

    run(prepare())
    return made[0]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty, migrated database; a test that takes it runs on both kinds."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "store.db")
        return f"sqlite:///{tmp_path}/store.db"
    url: str = request.getfixturevalue("postgres_url")
    run(empty(url))
    return url
