"""The effect of SIGINT and SIGTERM on a run: the first asks it to end; a second, or the end of a grace period, ends it.

A thread receives them through a pipe that the interpreter's own C handler writes to, because a Python handler waits for
the main thread, which may be inside DuckDB, or in a library that replaced the handlers. Leaving at once is always safe:
a run can be killed at any moment, and the next run completes it.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from tiktok_hashtags.errors import StoppedError

logger = logging.getLogger(__name__)
SIGNALS = (signal.SIGINT, signal.SIGTERM)
# Service managers and containers often kill 10 s after SIGTERM.
GRACE_SECONDS = 8.0
_SHOW_CURSOR = b"\x1b[?25h"


class Stopping:
    """Holds the first signal, if one came.

    Attributes:
        event: Set when the first signal came.
        number: The first signal's number; 0 before it came.
    """

    def __init__(self) -> None:
        self.event = threading.Event()
        self.number = 0
        self._was_signalled = self._may_interrupt = False

    @property
    def exit_code(self) -> int:
        """The exit code that a shell shows for a process that the signal ended."""
        return 128 + self.number

    def was_signalled(self) -> bool:
        """Return whether a signal came, even if the watching thread has not read its number from the pipe yet."""
        if self._was_signalled:
            self.event.wait()
        return self.event.is_set()

    def check(self, outlook: str = "the next run completes this one") -> None:
        """Raise an error if a signal came.

        Args:
            outlook: The state of the work, for the message.

        Raises:
            StoppedError: A signal came.
        """
        if self.was_signalled():
            name = signal.Signals(self.number).name
            raise StoppedError(f"stopped by {name}; {outlook}.", exit_code=self.exit_code)

    def interrupt(self, work: Callable[[], None]) -> None:
        """Do work that a signal may end anywhere by a KeyboardInterrupt in the main thread.

        Raises:
            StoppedError: A signal came before the work or in it.
        """
        self._may_interrupt = True
        try:
            if not self._was_signalled:
                work()
        except KeyboardInterrupt:
            logger.debug("interrupted", exc_info=True)
        finally:
            self._may_interrupt = False
        self.check()

    def handle(self, _number: int, _frame: FrameType | None) -> None:
        """Handle a signal in Python; the watching thread does everything but the interruption."""
        is_first, self._was_signalled = not self._was_signalled, True
        if is_first and self._may_interrupt:
            raise KeyboardInterrupt

    def watch(
        self, pipe: int, grace_seconds: float, on_signal: Callable[[], None], leave: Callable[[int], object]
    ) -> None:
        """Read signal numbers from a pipe until it is closed."""
        while select.select([pipe], [], [], grace_seconds if self.number else None)[0]:
            read = os.read(pipe, 1)
            if not read:
                return
            if read[0] not in SIGNALS:
                continue
            if self.number:
                break
            self.number = read[0]
            self.event.set()
            on_signal()
        leave(self.exit_code)


@contextmanager
def stopping(
    *,
    on_signal: Callable[[], None],
    grace_seconds: float = GRACE_SECONDS,
    leave: Callable[[int], object] | None = None,
) -> Iterator[Stopping]:
    """Listen for SIGINT and SIGTERM; outside the main thread, none arrives.

    Args:
        on_signal: Called once, in another thread, when the first signal came.
        grace_seconds: The time from the first signal to the end of the process.
        leave: Ends the process with an exit code.
    """
    state = Stopping()
    if threading.current_thread() is not threading.main_thread():
        yield state
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    watcher = threading.Thread(
        target=state.watch, args=(reading, grace_seconds, on_signal, leave or _leave), name="signals", daemon=True
    )
    watcher.start()
    former = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    handlers = {number: signal.signal(number, state.handle) for number in SIGNALS}
    try:
        yield state
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(former)
        os.close(writing)
        watcher.join()
        os.close(reading)


def _leave(exit_code: int) -> NoReturn:
    """End the process without waiting for any thread."""
    if sys.stderr.isatty():
        os.write(sys.stderr.fileno(), _SHOW_CURSOR)
    os._exit(exit_code)
