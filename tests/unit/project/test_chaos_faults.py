"""Chaos' hands: what they undo is undone, in whatever state they find it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from tests.chaos.faults import Hands
from tests.chaos.plan import Kind
from tests.chaos.site import SITES
from tests.cluster.wirings import Wired
from tests.lab.errors import CommandFailed

NAME = "xivo-1"


class Node:
    """A node whose Pacemaker, told to stop, does so only when it doesn't hang."""

    def __init__(self) -> None:
        self.running = True
        self.hangs = False
        self.told_to_stop = False

    def freeze(self, *_: str) -> None:
        self.hangs = True

    def thaw(self, *_: str) -> None:
        self.hangs = False

    def stop_service(self, *_: object) -> None:
        self.told_to_stop = True
        if self.hangs:
            raise CommandFailed("not done after 25 s")
        self.end()

    def end(self) -> None:
        self.running = self.running and not self.told_to_stop

    def start_service(self, _: str) -> None:
        self.running, self.told_to_stop = True, False

    def run(self, *_: object, **__: object) -> SimpleNamespace:
        return SimpleNamespace(returncode=0 if self.running else 1)


def test_a_pacemaker_that_hung_when_it_was_to_stop_runs_in_the_end() -> None:
    node = Node()
    wired = SimpleNamespace(lab=SimpleNamespace(node=lambda _: node))
    hands = Hands(cast(Wired, wired), SITES["two-xivo"])
    node.freeze()
    with pytest.raises(CommandFailed):
        hands.do(Kind.PACEMAKER_STOPS, NAME)
    node.thaw()
    hands.undo(Kind.PACEMAKER_STOPS, NAME)
    node.end()
    assert node.running
