"""When what moves away again may be put right: pauses that grow, so that nothing becomes an oscillator. Pure.

Whatever stays broken (a device that forgets what it was told, one that is deaf to writes, spans that stay in alarm)
must not make a relay click again and again. So what was put right, and when, is remembered beside the ownership
record, and outlives a stop: the first time it is put right at once, then 10 s after the last time, then 20 s, 40 s
and so on, up to 10 min. It begins anew once all was right for 10 min, when an operator cleans up, and on another
node.

Each device has such a history, by what it is known by; and the resource as a whole, under `RESOURCE`: a monitor that
fails makes Pacemaker stop and start, which clicks where stop gives the lines away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

RESOURCE = ""  # the history of the resource as a whole
FIRST_PAUSE = 10.0  # seconds
MAX_PAUSE = 600.0
STEADY = 600.0  # seconds of being right after which the history is over


class History(NamedTuple):
    """What became of one device, or of the resource.

    ``failures``: how often it was found moved away, or didn't do as told, since it was last steady. ``tried``: the
    boot clock when it was last put right, or when that was tried. ``away``: it hasn't been put right since.
    ``deaf``: it was told, didn't do as told, and hasn't been right since.
    """

    failures: int = 0
    tried: float = 0.0
    away: bool = False
    deaf: bool = False

    @property
    def due(self) -> float:
        """The boot clock from which on it may be put right."""
        if self.failures <= 1:
            return 0.0
        return self.tried + min(MAX_PAUSE, FIRST_PAUSE * (1 << min(self.failures - 2, 16)))

    def is_due(self, now: float) -> bool:
        """Whether it may be put right now."""
        return now >= self.due


Histories = Mapping[str, History]


def found_away(histories: Histories, key: str, now: float) -> Histories:
    """It isn't as it was left. Counts once, however often it is seen before it is put right."""
    known = histories.get(key, History(tried=now))
    if known.away:
        return histories
    return {**histories, key: known._replace(failures=known.failures + 1, away=True)}


def put_right(histories: Histories, key: str, now: float) -> Histories:
    """It was put right. Without a history there is nothing to remember: nobody has moved it away yet."""
    if key not in histories:
        return histories
    return {**histories, key: histories[key]._replace(tried=now, away=False, deaf=False)}


def tried_in_vain(histories: Histories, key: str, now: float) -> Histories:
    """It didn't do as it was told, so it can't be had until it is right, and isn't told before its pause is over."""
    known = histories.get(key, History())
    return {**histories, key: History(max(known.failures + 1, 2), now, away=True, deaf=True)}


def found_right(histories: Histories, key: str, now: float) -> Histories:
    """It is as it should be. That for `STEADY` seconds, and nothing is held against it any more."""
    known = histories.get(key)
    if known is None:
        return histories
    if known.away:  # by itself, or by a hand
        return {**histories, key: known._replace(tried=now, away=False, deaf=False)}
    if now - known.tried >= STEADY:
        return {other: history for other, history in histories.items() if other != key}
    return histories
