"""What the tools' tests share: a real store on SQLite, a pinned clock, the rest in memory."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.harness.virtual_time import VirtualTimeLoop
from bridge.store.migrate import migrate
from bridge.store.store import Store
from tests.tools.scene import PaperCalendar, Pigeons, Scene, StumblingStore
from tools.business import Business
from tools.business_file import load_business
from tools.clock import Clock
from tools.dispatch import Dispatcher
from tools.facts import CallFacts

LoopFactory = Callable[[], asyncio.AbstractEventLoop]
PROMPTS = Path(__file__).parents[2] / "prompts"


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> Mapping[str, LoopFactory]:
    """Tests with a scene run where time jumps, so that a deadline passes at once."""
    if isinstance(item, pytest.Function) and "scene" in item.fixturenames:
        return {"virtual": VirtualTimeLoop}
    return {"ordinary": asyncio.new_event_loop}


@pytest.fixture(scope="session")
def business() -> Business:
    """The sample business, closed at Christmas and New Year."""
    return load_business(PROMPTS / "business.toml")


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("tools") / "template.db"
    with asyncio.Runner() as runner:
        runner.run(migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture
async def scene(business: Business, migrated: Path, tmp_path: Path) -> AsyncIterator[Scene]:
    """A call at the sample business, Monday 23 November 2026, 9:05 in New York."""
    shutil.copy(migrated, tmp_path / "tools.db")
    store = await Store.open(f"sqlite:///{tmp_path}/tools.db")
    clock = Clock(datetime(2026, 11, 23, 14, 5, tzinfo=UTC))
    calendar, sms, stumbling = PaperCalendar(clock.now), Pigeons(), StumblingStore(store.bookings)
    yield Scene(
        facts=CallFacts(call_sid="CA1", caller_number="+12025550143", our_number="+12025550100"),
        dispatcher=Dispatcher(
            business=business,
            store=stumbling,
            calendar=calendar,
            sms=sms,
            clock=clock,
            code_key=b"key of the tests",
        ),
        business=business,
        store=stumbling,
        report=store.report,
        calendar=calendar,
        sms=sms,
        clock=clock,
    )
    await store.close()
