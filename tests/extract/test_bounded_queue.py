"""The queue between the threads that fetch and the one that decodes."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tiktok_hashtags.extract.bounded_queue import BoundedQueue

MANY = 1_000_000


def stands(future: Future[bool]) -> bool:
    """Whether a call waits; one that does not wait would have ended by then."""
    time.sleep(0.05)
    return not future.done()


def test_things_come_in_their_order() -> None:
    queue: BoundedQueue[int] = BoundedQueue(max_count=MANY, max_bytes=MANY)
    for number in range(100):
        queue.put(number, size=1)

    assert [queue.get() for _ in range(100)] == list(range(100))


@pytest.mark.parametrize("limits", [{"max_count": 2, "max_bytes": MANY}, {"max_count": MANY, "max_bytes": 20}])
def test_a_thing_waits_for_room(limits: dict[str, int]) -> None:
    queue: BoundedQueue[str] = BoundedQueue(**limits)
    queue.put("a", size=10)
    queue.put("b", size=10)
    with ThreadPoolExecutor() as pool:
        third = pool.submit(queue.put, "c", size=10)
        assert stands(third)

        assert queue.get() == "a"

        assert third.result(5) is True
    assert [queue.get(), queue.get()] == ["b", "c"]


def test_what_is_larger_than_the_limit_waits_alone() -> None:
    queue: BoundedQueue[str] = BoundedQueue(max_count=MANY, max_bytes=10)

    assert queue.put("large", size=1_000)

    with ThreadPoolExecutor() as pool:
        small = pool.submit(queue.put, "small", size=0)
        assert stands(small)
        assert queue.get() == "large"
        assert small.result(5)


def test_an_abandoned_queue_lets_everybody_go() -> None:
    queue: BoundedQueue[str] = BoundedQueue(max_count=1, max_bytes=MANY)
    queue.put("a", size=1)
    with ThreadPoolExecutor() as pool:
        waiting = [pool.submit(queue.put, "b", size=1) for _ in range(3)]
        assert stands(waiting[0])

        queue.abandon()

        assert [future.result(5) for future in waiting] == [False] * 3
    assert queue.put("c", size=1) is False


def test_many_threads_lose_nothing() -> None:
    queue: BoundedQueue[int] = BoundedQueue(max_count=3, max_bytes=50)

    def put_all(first: int) -> None:
        for number in range(first, first + 500):
            queue.put(number, size=number % 40)

    threads = [threading.Thread(target=put_all, args=(first,)) for first in range(0, 4_000, 500)]
    for thread in threads:
        thread.start()
    found = [queue.get() for _ in range(4_000)]
    for thread in threads:
        thread.join(5)

    assert sorted(found) == list(range(4_000))
