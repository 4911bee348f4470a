"""What is told of a server at rest."""

from tests.bench.rest import Rest, told


def test_what_is_told() -> None:
    """The middle of the starts and the ends of their range, memory, and milliseconds on a processor."""
    found = Rest(starts=[0.9, 1.3, 0.8], started_mb=99.6, idle=30.0, idle_cpu=0.0214)
    assert told(found) == [
        "From the start of the process to its first call: 0.90 s, median of 3; 0.80 to 1.30 s",
        "Memory before that call: 100 MB",
        "Processor time when nobody calls: 21 ms of 30 s",
    ]


def test_what_is_not_known() -> None:
    """Elsewhere than on Linux nobody says what a process takes."""
    found = Rest(starts=[0.9], started_mb=None, idle=30.0, idle_cpu=None)
    assert told(found)[1:] == [
        "Memory before that call: not known",
        "Processor time when nobody calls: not known",
    ]
