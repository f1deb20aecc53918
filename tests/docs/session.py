"""A reader's session: the steps of a page, done one after the other in a lab."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from tests.docs.pages import Step
from tests.lab.lab import Lab

HOME = "/root/berofos-ra"  # where commands run in a node: a checkout
_PATIENCE = 180.0  # s, for a command to print what the page shows


class Session:
    """Steps done in a lab.

    Args:
        beginnings: By the name of a state: what brings a lab into it, and returns that lab.
    """

    def __init__(self, beginnings: Mapping[str, Callable[[], Lab]]) -> None:
        self._beginnings = beginnings
        self._lab: Lab | None = None
        self._first_event = 0

    def do(self, step: Step) -> None:
        """Do a step.

        Raises:
            AssertionError: there is no session for it.
            LabError: a command failed, or didn't print what the page shows.
        """
        if "session" in step.notes:
            self._lab = self._beginnings[step.notes["session"]]()
            self._first_event = len(self._lab.events())
            return
        assert self._lab is not None, f"{step.where}: no session has begun"
        if "lab" in step.notes:
            self._by_hand(self._lab, *step.notes["lab"].split())
            return
        for name in step.notes.get("on", next(iter(self._lab.nodes))).split():
            node = self._lab.node(name)
            if "file" in step.notes:
                node.write(step.notes["file"], step.text, 0o600)
            elif "output of" in step.notes:
                _wait_for_output(self._lab, name, step)
            else:
                node.run(["bash", "-ec", f"cd {HOME}\n{step.text}"])

    def _by_hand(self, lab: Lab, action: str, name: str) -> None:
        """Name the actions, rather than take any: a page with a slip in it must fail."""
        if action == "kill":
            lab.node(name).kill()
        elif action == "start":
            lab.node(name).start()
            lab.wait_online()
        else:
            assert (action, name) == ("nothing", "moved"), f"no action {action}"
            assert lab.events(since=self._first_event, event="relay") == []


def _wait_for_output(lab: Lab, name: str, step: Step) -> None:
    shown = [_essence(line) for line in step.text.splitlines() if line.strip() not in ("", "...")]
    printed: list[str] = []

    def is_printed() -> bool:
        done = lab.node(name).run(["bash", "-c", f"cd {HOME}\n{step.notes['output of']}"], check=False)
        printed[:] = (done.stdout + done.stderr).splitlines()
        return in_order(shown, [_essence(line) for line in printed])

    try:
        lab.wait_for(is_printed, _PATIENCE, f"{step.where}: what is shown")
    except Exception:
        print(f"{step.where} shows", *shown, "printed was", *printed, sep="\n")
        raise


def in_order(shown: Sequence[str], printed: Sequence[str]) -> bool:
    """Whether each line shown is (part of) one that was printed, one after the other."""
    rest = iter(printed)
    return all(any(line in other for other in rest) for line in shown)


def _essence(line: str) -> str:
    """A line without what is another one every time: width of columns, process IDs, seconds left of a watchdog."""
    return re.sub(r"\[\d+\]|\d+(?=/\d+ s)", "N", " ".join(line.split()))
