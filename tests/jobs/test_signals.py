"""Signals: the first asks, the second and the end of the grace end; nothing else is changed."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from queue import SimpleQueue

import pytest

from tiktok_hashtags.errors import StoppedError
from tiktok_hashtags.jobs.signals import SIGNALS, Stopping, stopping

LONG = 3600.0


def ignore() -> None:
    pass


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_first_signal_stops_the_run_and_calls_back(number: signal.Signals, exit_code: int) -> None:
    told = threading.Event()

    with stopping(on_signal=told.set, grace_seconds=LONG) as state:
        signal.raise_signal(number)
        assert told.wait(60)

    assert state.event.is_set()
    assert state.exit_code == exit_code
    with pytest.raises(StoppedError, match=number.name):
        state.check()


def test_a_second_signal_leaves_at_once() -> None:
    left: SimpleQueue[int] = SimpleQueue()

    with stopping(on_signal=ignore, grace_seconds=LONG, leave=left.put):
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
        exit_code = left.get(timeout=60)

    assert exit_code == 143


def test_the_end_of_the_grace_leaves() -> None:
    left: SimpleQueue[int] = SimpleQueue()

    with stopping(on_signal=ignore, grace_seconds=0.01, leave=left.put):
        signal.raise_signal(signal.SIGINT)
        exit_code = left.get(timeout=60)

    assert exit_code == 130


def test_work_that_may_be_interrupted_ends_where_the_signal_comes() -> None:
    done: list[str] = []

    def work() -> None:
        done.append("begun")
        signal.raise_signal(signal.SIGINT)
        done.append("went on")

    with (
        stopping(on_signal=ignore, grace_seconds=LONG) as state,
        pytest.raises(StoppedError) as raised,
    ):
        state.interrupt(work)

    assert (done, raised.value.exit_code) == (["begun"], 130)


def test_work_is_not_begun_after_a_signal() -> None:
    begun: list[bool] = []

    with stopping(on_signal=ignore, grace_seconds=LONG) as state:
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(StoppedError):
            state.interrupt(lambda: begun.append(True))

    assert begun == []


def test_other_work_is_not_interrupted() -> None:
    with stopping(on_signal=ignore, grace_seconds=LONG) as state:
        signal.raise_signal(signal.SIGINT)
        heard = state.event.wait(60)

    assert heard


def test_a_signal_is_heard_while_a_library_has_the_handlers() -> None:
    lent: list[int] = []

    with stopping(on_signal=ignore, grace_seconds=LONG) as state:
        signal.signal(signal.SIGINT, lambda number, _: lent.append(number))
        signal.raise_signal(signal.SIGINT)
        heard = state.event.wait(60)

    assert (heard, lent) == (True, [signal.SIGINT])


def test_the_handlers_that_were_there_come_back() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]

    with stopping(on_signal=ignore):
        during = [signal.getsignal(number) for number in SIGNALS]

    assert [signal.getsignal(number) for number in SIGNALS] == before
    assert all(each not in during for each in before)
    assert signal.set_wakeup_fd(-1) == -1


def test_outside_of_the_main_thread_the_handlers_are_left_alone() -> None:
    seen: list[tuple[Stopping, Callable[..., object] | int | None]] = []

    def run() -> None:
        with stopping(on_signal=ignore) as state:
            seen.append((state, signal.getsignal(signal.SIGINT)))

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()

    [(state, during)] = seen
    assert during == before
    state.check()
