"""Rooms: who waits, when a conference begins, who ends it, and what is told of it."""

from collections.abc import Mapping

from bridge.harness.ledger import Ledger
from bridge.harness.telephone.conferences import ConferenceOrder, Conferences

CALLER = ConferenceOrder(
    room="r", starts=False, ends=True, status_callback="/told", events=frozenset({"join"})
)
PERSON = ConferenceOrder(room="r", starts=True, ends=True)
GUEST = ConferenceOrder(room="r", starts=False, ends=False)


def rooms() -> tuple[Conferences, Ledger, list[tuple[str, str]]]:
    """Conferences, their ledger, and every callback."""
    ledger = Ledger("telephone", lambda: 0.0)
    return Conferences(ledger), ledger, []


def test_it_begins_with_who_may_start_it_and_ends_with_who_may_end_it() -> None:
    """Until then whoever is in waits; afterwards the room is another one."""
    conferences, ledger, _ = rooms()

    def report(url: str, fields: Mapping[str, str]) -> None: ...

    with conferences.entered("CA1", CALLER, report) as first:
        assert not first.began.is_set()
        with conferences.entered("CA2", PERSON, report) as second:
            assert second is first
            assert first.began.is_set()
            assert first.both.is_set()
            assert conferences.people() == ["CA1", "CA2"]
        assert first.ended.is_set()
    events = [(entry.data["event"], entry.data["call_sid"]) for entry in ledger.of("conference")]
    assert events == [
        *(("join", "CA1"), ("join", "CA2"), ("start", "CA2")),
        *(("leave", "CA2"), ("end", "CA2"), ("leave", "CA1")),
    ]
    with conferences.entered("CA3", CALLER, report) as anew:
        assert anew is not first
    assert conferences.people() == []


def test_a_guest_neither_begins_nor_ends_it() -> None:
    """It goes on until the last one leaves."""
    conferences, _, _ = rooms()
    with conferences.entered("CA1", GUEST, lambda url, fields: None) as room:
        with conferences.entered("CA2", GUEST, lambda url, fields: None):
            assert not room.both.is_set()
        assert not room.ended.is_set()
    assert room.ended.is_set()


def test_only_the_events_that_were_asked_for_are_told() -> None:
    """To the address that the document names, with the room and the leg."""
    conferences, _, told = rooms()

    def report(url: str, fields: Mapping[str, str]) -> None:
        told.append((url, fields["StatusCallbackEvent"]))

    with conferences.entered("CA1", CALLER, report):
        pass
    assert told == [("/told", "participant-join")]
