"""Being told to end while something must be cleaned up first, or may be under way.

The handler takes no lock: that of a `threading.Event` may be held by what it interrupts.
"""

from __future__ import annotations

import signal
import time
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LOOK = 0.05  # s


class Interruption:
    """While the block lasts SIGINT, SIGTERM and SIGHUP end nothing by themselves: ``came`` tells of them.

    A lost terminal stays none of its business where SIGHUP is ignored, as by nohup.
    """

    def __init__(self) -> None:
        self.came = False

    def __enter__(self) -> Interruption:
        heard = [
            number for number in _SIGNALS if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN
        ]
        self._before = [(number, signal.signal(number, self._note)) for number in heard]
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before:
            signal.signal(number, handler)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.came = True

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until a signal comes; whether one has come."""
        deadline = time.monotonic() + seconds
        while not self.came and time.monotonic() < deadline:
            time.sleep(max(0.0, min(_LOOK, deadline - time.monotonic())))
        return self.came
