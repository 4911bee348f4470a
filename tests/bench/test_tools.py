"""The tools as they are measured, small: each does what it is measured at. Never how fast."""

from pathlib import Path

from tests.bench import tool_times as names
from tests.bench.neighbours import neighbours
from tests.bench.tools import Plan, hold, tables


async def test_what_each_tool_asks_of_others(tmp_path: Path) -> None:
    """An offer of what was prefetched asks nothing, a cold a single one; reads share connections."""
    plan = Plan(delays=((0, 1, 1),), offers=1, crowd_delay_ms=0, crowds=((2, 1),), threads=())
    async with neighbours(()) as beside:
        found = await hold(plan, tmp_path, beside)
    took = {each.tool: each for crowd in found.delays for each in crowd.took}
    assert took.keys() == set(names.TOOLS)
    assert (took[names.PREFETCHED].calendar, took[names.COLD].calendar) == (0, 1)
    assert {tool for tool, each in took.items() if each.texts} == {names.TEXT}
    assert found.between.read_connections <= 2 < found.between.reads  # the prefetch may ask at the same time
    assert found.after.write_connections == found.after.writes
    assert [len(crowd.took) for crowd in found.crowds] == [2 * (len(names.TOOLS) - 1)]
    assert all(any(line.startswith(tool) for line in tables(plan, found)) for tool in names.TOOLS)
