"""Carrying out a plan step by step, and looking after each whether all is as it must be."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tests.chaos import invariants, story
from tests.chaos.faults import Hands, Impossible, agents
from tests.chaos.figures import gaps
from tests.chaos.invariants import Change, Injection, Snapshot
from tests.chaos.observer import Watch, asterisk_runs, changes, look
from tests.chaos.plan import ACTIVE, CLUSTER, STANDBY, Fault, Step
from tests.chaos.report import Report, StepReport
from tests.chaos.site import Site
from tests.cluster.wirings import Wired
from tests.lab import asterisk
from tests.lab.errors import LabError, NotYet
from tests.lab.lab import Lab
from tests.support.examples import quick_example

# s; all much longer than it takes, as a busy machine is no defect.
_WATCHDOG_INTERVAL = 15  # more than a takeover takes
_COMES_TO_TERMS = 60.0  # with faults in effect, and monitors in any case
_RECOVERS = 180.0  # once the last one is gone; Pacemaker waits 80 s for the result of a monitor that got lost
_LOOKS = 4  # of the active node's monitor at every device, in a time in which nothing is done

Say = Callable[[str], None]


def new_lab(site: Site) -> Lab:
    """A lab that a site fits in."""
    return Lab(len(site.nodes), len(site.devices), asterisk.files(), quorum_device=site.quorum_device)


def run(lab: Lab, site: Site, seed: int, steps: Iterable[Step], logs: Path, say: Say) -> Report:
    """Carry out these steps; what breaks is reported, and the rest goes on from a new beginning.

    Args:
        lab: As good as new.
        site: What it is to run.
        seed: Of the steps.
        steps: Asked for the next one when the last one is done.
        logs: Directory for the lab's logs: at the end, and after every step that broke something.
        say: Gets lines for people.

    Raises:
        LabError: the lab itself doesn't work.
    """
    report = Report(seed, site.example)
    begun = time.monotonic()
    wired = Wired(lab, site.example)
    text = quick_example(site.example, _WATCHDOG_INTERVAL)
    try:
        wired.bring_up(text)
    except LabError:
        lab.collect_logs(logs / "start")
        raise
    hands = Hands(wired, site)
    with Watch(lab) as watch:
        for step in steps:
            done = _Run(hands, step, watch, say).carry_out()
            report.steps.append(done)
            report.seconds = time.monotonic() - begun
            say(_line(done))
            if done.violations:
                directory = logs / f"step-{step.number}"
                lab.collect_logs(directory)
                for each in done.violations:
                    say(f"  VIOLATION: {each}")
                for each in done.story:
                    say(f"    {each}")
                say(f"  load average: {os.getloadavg()[1]:.0f} with {os.cpu_count()} CPUs")
                say(f"  logs of the lab are in {directory}")
                hands = Hands(wired, site)
                lab.reset()
                wired.bring_up(text)
    lab.collect_logs(logs / "end")
    return report


def _line(done: StepReport) -> str:
    causes = {cause.removeprefix("by "): number for cause, number in done.relay_changes.items()}
    moved = ", ".join(f"{number} by {cause}" for cause, number in causes.items()) or "no relay change"
    recovery = "never well" if done.recovery is None else f"well after {done.recovery:.1f} s"
    way = done.began_on if done.began_on == done.ended_on else f"{done.began_on} -> {done.ended_on}"
    return f"{done.number:4} {way}: {done.what}: {moved}; on nobody {done.gap:.1f} s; {recovery}"


class _Run:
    """One step under way."""

    def __init__(self, hands: Hands, step: Step, watch: Watch, say: Say) -> None:
        self.hands = hands
        self.lab = hands.lab
        self.site = hands.site
        self.step = step
        self.watch = watch
        self.say = say
        self.agents = agents(hands.site)
        self.done: list[Injection] = []
        self.violations: list[str] = []
        self.moments = 0

    def carry_out(self) -> StepReport:
        """From the first fault to the quiet after the last."""
        for node in self.lab.running_nodes():
            node.run(["logger", "-t", "chaos", f"here begins step {self.step.number}: {self.step}"])
        self.hands.wired.begin()
        first_event = len(self.lab.events())
        before = {name: self.lab.devices.relay(name) for name in self.site.devices}
        began_on = self._active()
        begin = time.monotonic()

        for fault in self.step.faults:
            self._bring_about(fault)
        self._hold()
        left = self._undo_all()
        recovery = self._recover(left)
        end = time.monotonic()

        moved = changes(self.lab, first_event)
        logs = self._logs()
        self.violations += invariants.unaccounted(moved, self.done, self.site)
        self.violations += invariants.more_clicks_than_changes(moved, self.done, self.site)
        self.violations += invariants.more_than_once_in_a_cut(moved, self.done, self.site)
        self.violations += invariants.unlogged(moved, self.done, logs, self.site)
        details = {node: self.hands.wired.pacemaker_log(node) for node in self.site.nodes}
        self.violations += invariants.failed_stops(details)
        if recovery is not None:
            self._rest()
            self.violations += self._untold(moved)
        dark = gaps(self.site, before, moved, self.watch.noted, begin, end)
        return StepReport(
            number=self.step.number,
            what=str(self.step),
            kinds=tuple(fault.kind.value for fault in self.step.faults),
            began_on=began_on,
            ended_on=self._active() if recovery is not None else "",
            relay_changes=dict(Counter(change.by for change in moved)),
            gap=round(max((gap.seconds for gap in dark), default=0.0), 1),
            recovery=None if recovery is None else round(recovery, 1),
            moments=self.moments,
            violations=tuple(dict.fromkeys(self.violations)),
            story=tuple(self._story(begin, moved)),
        )

    def _story(self, begin: float, moved: Sequence[Change]) -> Iterator[str]:
        """What was done and how the relays moved, in order."""
        events = [(each.began, f"{each.kind.value} ({each.target})") for each in self.done]
        events += [(each.ended, f"end of: {each.kind.value} ({each.target})") for each in self.done if each.ended]
        events += [(each.at, f"{each.device}: {each.before} -> {each.after}, {each.by}") for each in moved]
        return (f"{at - begin:+6.1f} s  {what}" for at, what in sorted(events))

    def _active(self) -> str:
        """The node that has the lines and asterisk, or else one that has asterisk, or else the first one."""
        holders = self.site.holders({name: self.lab.devices.relay(name) for name in self.site.devices})
        serving = [node for node in self.site.nodes if asterisk_runs(self.lab, node)]
        return next((node for node in serving if node in holders), (serving or self.site.nodes)[0])

    def _target(self, fault: Fault) -> str:
        if fault.target not in (ACTIVE, STANDBY):
            return fault.target
        active = self._active()
        if fault.target == ACTIVE:
            return active
        return next(node for node in self.site.nodes if node != active)

    def _bring_about(self, fault: Fault) -> None:
        time.sleep(fault.pause)  # the plan's own
        target = self._target(fault)
        role = fault.target if fault.target != CLUSTER else CLUSTER
        self.done.append(Injection(fault.kind, target, role, time.monotonic()))
        try:
            self.hands.do(fault.kind, target, fault.device)
        except Impossible as error:
            self.say(f"     not possible now: {fault.kind.value} ({target}): {str(error).splitlines()[0][:150]}")

    def _hold(self) -> None:
        time.sleep(self.step.hold)  # the plan's own
        paths = invariants.must_serve(self.done, self.site)
        if not self.step.awaited or not paths:
            return
        wrong = self._come_to_terms(paths)
        if not wrong and invariants.leaves_a_sound_node(self.done):
            # Whoever would fight over the lines has the time for it, however slow this machine is.
            wrong = self._look_after_the_lines() or self._come_to_terms(paths)
        self.violations += [f"with the faults in effect: {each}" for each in wrong]

    def _come_to_terms(self, paths: Sequence[tuple[str, ...]]) -> list[str]:
        return self._wait_until_quiet(
            lambda seen: invariants.without_lines(seen, self.site, self.agents, paths), _COMES_TO_TERMS, idle=False
        )

    def _look_after_the_lines(self) -> list[str]:
        """Wait for some monitors of the active node, whichever that is by then; what is wrong if they don't come."""
        wired = self.hands.wired
        before = {
            (node, device): wired.looks(node, device) for node in self.site.nodes for device in self.site.devices
        }

        def looked() -> bool:
            active = self._active()
            return all(wired.looks(active, each) >= before[active, each] + _LOOKS for each in self.site.devices)

        try:
            self.lab.wait_for(looked, _COMES_TO_TERMS, "the active node looks at its devices")
        except NotYet:
            return [f"{self._active()} doesn't look at its devices any more"]
        return []

    def _undo_all(self) -> list[int]:
        """Undo the faults in the plan's order; returns those that couldn't be."""
        left = []
        for undoing in self.step.undoings:
            time.sleep(undoing.pause)  # the plan's own
            if not self._undo(undoing.fault):
                left.append(undoing.fault)
        return left

    def _undo(self, index: int) -> bool:
        injection = self.done[index]
        if injection.ended is None:
            self.done[index] = injection = replace(injection, ended=time.monotonic())
        try:
            self.hands.undo(injection.kind, injection.target, self.step.faults[index].device)
        except Impossible:
            return False
        return True

    def _recover(self, left: Sequence[int]) -> float | None:
        """Wait until all is well; returns how long it took, None if it never was."""
        begin = time.monotonic()
        remaining = list(left)

        def all_undone() -> bool:
            remaining[:] = [index for index in remaining if not self._undo(index)]
            return not remaining

        try:
            self.lab.wait_for(all_undone, _RECOVERS, "all faults are undone")
        except NotYet:
            self.violations += [f"can't be undone: {self.step.faults[index]}" for index in remaining]
        wrong = self._wait_until_quiet(
            lambda seen: invariants.not_well(seen, self.site, self.agents), _RECOVERS, idle=True
        )
        self.violations += [f"{_RECOVERS:.0f} s after the last fault: {each}" for each in wrong]
        return None if wrong else time.monotonic() - begin

    def _rest(self) -> None:
        """A time in which nothing is done: nothing may happen."""
        self.hands.wired.begin()
        first_event = len(self.lab.events())
        wrong = self._look_after_the_lines()
        self.violations += [f"while nothing was done: {each}" for each in wrong]
        wrong = invariants.disturbed(changes(self.lab, first_event), self._logs())
        self.violations += [f"while nothing was done: {each}" for each in wrong]
        wrong = invariants.not_well(look(self.hands), self.site, self.agents)
        self.violations += [f"after a time in which nothing was done: {each}" for each in wrong]
        self.moments += 1

    def _untold(self, moved: Sequence[Change]) -> list[str]:
        command = ["berofos", "history", "--since", "24h", "--json"]
        told = {node: story.events(self.lab.node(node).run(command).stdout) for node in self.site.nodes}
        since = time.time() - time.monotonic()
        return list(story.untold(told, moved, since, self._active(), self.site))

    def _wait_until_quiet(self, wrong: Callable[[Snapshot], list[str]], patience: float, *, idle: bool) -> list[str]:
        """Wait for a quiet moment in which nothing is wrong; returns what still was when patience ran out.

        It is quiet when two looks in a row find relays and asterisk in the same places, and with `idle` Pacemaker has
        nothing left to do.
        """
        last: list[str] = []
        before: Snapshot | None = None

        def quiet() -> bool:
            nonlocal before
            try:
                seen = look(self.hands)
                last[:] = wrong(seen)
                if not last and (before is None or (seen.relays, seen.asterisk) != (before.relays, before.asterisk)):
                    last[:] = ["relays or asterisk have just moved"]
                if not last and idle:
                    last[:] = [f"{node} isn't idle" for node in self.hands.running() if not self.lab.is_quiet(node)]
                before = seen
            except LabError as error:
                last[:] = [str(error).splitlines()[0]]
            return not last

        try:
            self.lab.wait_for(quiet, patience, "a quiet moment in which all is right")
        except NotYet:
            return last
        self.moments += 1
        return []

    def _logs(self) -> dict[str, str]:
        return {node: self.hands.wired.syslog(node) for node in self.site.nodes}
