"""What a run has shown: its figures, as text and as JSON. Rendering only."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class StepReport:
    """One step.

    Attributes:
        number: Its number.
        what: What was done, in words.
        kinds: What was done, in kinds.
        began_on: The node that had the lines at the beginning.
        ended_on: The node that had them at the end, or empty.
        relay_changes: How often relays moved, by who moved them.
        gap: The longest time that lines were on nobody, in seconds.
        recovery: Seconds from the end of the last fault until all was well; None: it never was.
        moments: Quiet moments in which it was looked whose the lines are.
        violations: What must never be, one line each.
        story: What was done and how the relays moved, with the seconds since the step's beginning.
    """

    number: int
    what: str
    kinds: tuple[str, ...]
    began_on: str
    ended_on: str
    relay_changes: dict[str, int]
    gap: float
    recovery: float | None
    moments: int
    violations: tuple[str, ...]
    story: tuple[str, ...]


@dataclass
class Report:
    """A whole run."""

    seed: int
    example: str
    seconds: float = 0.0
    steps: list[StepReport] = field(default_factory=list)

    @property
    def violations(self) -> int:
        """How many there were."""
        return sum(len(step.violations) for step in self.steps)

    def as_json(self) -> str:
        """For machines."""
        data: dict[str, Any] = {**asdict(self), "violations": self.violations, "figures": self._figures()}
        return json.dumps(data, indent=2) + "\n"

    def _figures(self) -> dict[str, Any]:
        changes = Counter[str]()
        for step in self.steps:
            changes.update(step.relay_changes)
        alone: dict[str, float] = {}
        for step in self.steps:
            if len(step.kinds) == 1:
                alone[step.kinds[0]] = max(step.gap, alone.get(step.kinds[0], 0.0))
        return {
            "faults": dict(Counter(kind for step in self.steps for kind in step.kinds).most_common()),
            "relay_changes": dict(changes.most_common()),
            "hand_overs": sum(step.ended_on not in (step.began_on, "") for step in self.steps),
            "quiet_moments": sum(step.moments for step in self.steps),
            "longest_gap": max((step.gap for step in self.steps), default=0.0),
            "longest_gap_of_a_fault_alone": alone,
            "longest_recovery": max((step.recovery or 0.0 for step in self.steps), default=0.0),
        }

    def summary(self) -> str:
        """For people."""
        figures = self._figures()
        longest = max(self.steps, key=lambda step: step.gap, default=None)
        slowest = max(self.steps, key=lambda step: step.recovery or 0.0, default=None)
        alone = figures["longest_gap_of_a_fault_alone"]
        lines = [
            f"seed {self.seed} on {self.example}: {len(self.steps)} steps in {self.seconds / 60:.1f} minutes",
            f"faults and commands: {sum(figures['faults'].values())}",
        ]
        for kind, number in figures["faults"].items():
            gap = f"   alone: lines on nobody for at most {alone[kind]:.1f} s" if kind in alone else ""
            lines.append(f"  {number:4} {kind:<42}{gap}".rstrip())
        lines.append(f"relay changes: {sum(figures['relay_changes'].values())}")
        lines += [f"  {number:4} {cause}" for cause, number in figures["relay_changes"].items()]
        lines.append(f"steps that ended on another node than they began on: {figures['hand_overs']}")
        lines.append(f"quiet moments looked at: {figures['quiet_moments']}")
        if longest is not None and slowest is not None:
            where = f"step {longest.number}: {longest.what}"
            lines.append(f"longest time the lines were on nobody: {longest.gap:.1f} s ({where})")
            where = f"step {slowest.number}: {slowest.what}"
            lines.append(f"longest time until all was well again: {slowest.recovery or 0:.1f} s ({where})")
        lines.append(f"violations: {self.violations or 'none'}")
        for step in self.steps:
            lines += [f"  step {step.number} ({step.what}): {each}" for each in step.violations]
        return "\n".join(lines)
