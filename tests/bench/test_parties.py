"""Who runs on which core, and memory that several processes share is counted once."""

import pytest

from tests.bench.parties import Cores, cores_of, family_mb

ONE = """
55e0-7ffc ---p 00000000 00:00 0    [rollup]
Rss:               61440 kB
Pss:               51200 kB
Pss_Anon:          {anonymous} kB
Anonymous:         40960 kB
"""


@pytest.mark.parametrize(
    ("cores", "workers", "server", "generator"),
    [
        ([0], 1, (), ()),
        ([0, 1], 1, (0,), (1,)),
        ([0, 1], 2, (0, 1), (1,)),
        ([2, 3, 5], 2, (2, 3), (5,)),
        ([0, 1, 2, 3], 1, (0,), (3,)),
    ],
)
def test_the_generator_has_the_last_core(
    cores: list[int], workers: int, server: tuple[int, ...], generator: tuple[int, ...]
) -> None:
    """To itself where there are enough; where not, the workers have all."""
    assert cores_of(cores, workers) == Cores(server, generator)


def test_a_core_that_is_shared_is_told_of() -> None:
    """And only then."""
    assert "leave of it" in cores_of([0, 1], 2).told(2)
    assert cores_of([0, 1], 1).told() == "server on core 0, calls on core 1"


def test_memory_of_one_process_is_what_is_resident() -> None:
    """And of none it is not known."""
    assert family_mb([ONE.format(anonymous=40960)]) == 60
    assert family_mb([]) is None


def test_what_workers_share_is_counted_once() -> None:
    """Written pages by their shares; files as often as one process maps them."""
    assert family_mb([ONE.format(anonymous=20480)] * 3) == 3 * 20 + 20
