from __future__ import annotations

import heapq
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiktok_hashtags.errors import ConfigError, LoadError
from tiktok_hashtags.fetch.pace import LONGEST_REQUEST_SECONDS, MAX_PAUSE_SECONDS, WINDOW_SECONDS, Slots

MINUTE = 60.0


@dataclass
class StrictServer:
    """Refuses every request above its limit in the last 60 seconds."""

    limit: int
    accepted: deque[float] = field(default_factory=deque)
    arrivals: list[float] = field(default_factory=list)
    refused: int = 0

    def arrive(self, at: float) -> None:
        while self.accepted and self.accepted[0] <= at - MINUTE:
            self.accepted.popleft()
        self.arrivals.append(at)
        if len(self.accepted) >= self.limit:
            self.refused += 1
        else:
            self.accepted.append(at)


@dataclass(frozen=True)
class Wish:
    """A request that a client wants to make: when, which client, and how long its two ways take."""

    at: float
    client: int = 0
    there: float = 0.0
    back: float = 0.0


def play(clients: Sequence[Slots], server: StrictServer, wishes: Sequence[Wish], *, until: float = 0.0) -> None:
    """Let clients ask, send and be answered in the order of virtual time; before `until`, each answer is a new wish."""
    numbers = iter(range(10**9))
    events = [(wish.at, next(numbers), "ask", wish, 0) for wish in wishes]
    heapq.heapify(events)
    while events:
        now, _, kind, wish, slot = heapq.heappop(events)
        if kind == "ask":
            slot, wait = clients[wish.client].take(now)
            at, then = (now + wish.there, "arrive") if slot else (now + wait, "ask")
            heapq.heappush(events, (at, next(numbers), then, wish, slot))
        elif kind == "arrive":
            server.arrive(now)
            heapq.heappush(events, (now + wish.back, next(numbers), "answer", wish, slot))
        else:
            clients[wish.client].answered(slot, now)
            if now < until:
                heapq.heappush(events, (now, next(numbers), "ask", wish, 0))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.pace.sqlite"


@pytest.fixture
def slots(path: Path) -> Iterator[Slots]:
    with closing(Slots(path, "example", 2)) as slots:
        yield slots


latencies = st.floats(0, 20, allow_nan=False)
wishes = st.builds(
    Wish, at=st.floats(0, 300, allow_nan=False), client=st.integers(0, 1), there=latencies, back=latencies
)


@settings(max_examples=60, deadline=None)
@given(limit=st.integers(1, 12), wishes=st.lists(wishes, min_size=1, max_size=40))
def test_two_folders_together_never_exceed_the_plan_however_late_requests_arrive(
    limit: int, wishes: list[Wish]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pace.sqlite"
        with closing(Slots(path, "example", limit)) as one, closing(Slots(path, "example", limit)) as other:
            server = StrictServer(limit)

            play([one, other], server, wishes)

    assert len(server.arrivals) == len(wishes)
    assert server.refused == 0
    assert max(sum(at <= other < at + MINUTE for other in server.arrivals) for at in server.arrivals) <= limit


@pytest.mark.parametrize("limit", [5, 120, 300])
def test_two_folders_together_use_the_whole_plan(path: Path, limit: int) -> None:
    server = StrictServer(limit)
    walks = [Wish(number * 0.01, number % 2, there=0.02 * (number % 7), back=0.1) for number in range(20)]
    with closing(Slots(path, "example", limit)) as one, closing(Slots(path, "example", limit)) as other:
        play([one, other], server, walks, until=2 * MINUTE)

    first = min(server.arrivals)
    assert server.refused == 0
    assert sum(at < first + 2 * MINUTE for at in server.arrivals) >= 0.95 * 2 * limit


def test_a_slot_is_free_a_minute_after_the_answer_not_after_the_request(slots: Slots) -> None:
    first, _ = slots.take(0.0)
    slots.take(0.0)
    slots.answered(first, 15.0)

    assert slots.take(15.5)[1] == pytest.approx(WINDOW_SECONDS - 0.5)


def test_requests_under_way_keep_their_slots(slots: Slots) -> None:
    slots.take(0.0)
    slots.take(0.0)

    assert slots.take(30.0) == (0, WINDOW_SECONDS)
    assert slots.take(80.0)[1] == pytest.approx(WINDOW_SECONDS)


def test_the_slots_of_a_killed_process_come_back(path: Path, slots: Slots) -> None:
    slots.take(0.0)
    slots.take(0.0)
    slots.close()

    with closing(Slots(path, "example", 2)) as next_run:
        assert next_run.take(100.0)[0] == 0
        assert next_run.take(WINDOW_SECONDS + LONGEST_REQUEST_SECONDS)[0] > 0


def test_a_process_that_looked_at_the_clock_a_moment_earlier_forgets_nothing(path: Path, slots: Slots) -> None:
    slots.take(10.0)
    slots.take(10.0)

    with closing(Slots(path, "example", 2)) as other:
        assert other.take(9.9)[0] == 0


def test_a_count_from_before_a_restart_of_the_system_is_dropped(slots: Slots) -> None:
    for _ in range(2):
        number, _ = slots.take(1_000_000.0)
        slots.answered(number, 1_000_000.0)
    slots.pause(1_000_900.0)

    assert slots.take(20.0)[0] > 0


def test_nobody_gets_a_slot_before_the_end_of_a_pause(path: Path, slots: Slots) -> None:
    with closing(Slots(path, "example", 2)) as other:
        slots.pause(130.0)

        assert slots.take(100.0) == other.take(100.0) == (0, 30.0)
        assert other.take(130.0)[0] > 0


def test_a_shorter_pause_does_not_end_a_longer_one(slots: Slots) -> None:
    slots.pause(100 + MAX_PAUSE_SECONDS)
    slots.pause(110.0)

    assert slots.take(100.0) == (0, MAX_PAUSE_SECONDS)


def test_providers_are_counted_apart(path: Path, slots: Slots) -> None:
    slots.take(0.0)
    slots.take(0.0)
    slots.pause(500.0)

    with closing(Slots(path, "another", 2)) as another:
        assert another.take(0.0)[0] > 0


def test_a_lower_limit_in_another_folder_is_kept_to(path: Path, slots: Slots) -> None:
    for at in (0.0, 10.0):
        number, _ = slots.take(at)
        slots.answered(number, at)

    with closing(Slots(path, "example", 1)) as careful:
        assert careful.take(10.0) == (0, WINDOW_SECONDS)


def test_a_file_that_is_no_count_is_left_as_it_is(path: Path) -> None:
    path.write_bytes(b"this is not a database" * 100)

    with pytest.raises(ConfigError, match=r"journal\.pace\.sqlite: not a usable count of requests .*; delete it"):
        Slots(path, "example", 2)

    assert path.read_bytes() == b"this is not a database" * 100


def test_a_closed_count_raises(slots: Slots) -> None:
    slots.close()

    with pytest.raises(LoadError, match=r"journal\.pace\.sqlite: cannot count requests"):
        slots.take(0.0)
