"""A short run of `make chaos`: a seed that begins with a cut, a death, and a hand at a relay."""

from __future__ import annotations

from itertools import islice

from tests.chaos.plan import steps
from tests.chaos.run import run
from tests.chaos.site import SITES
from tests.lab.lab import Lab
from tests.support.checkout import CHECKOUT

SEED = 30589
STEPS = 3


def test_random_faults_break_nothing(lab: Lab) -> None:
    site = SITES["two-xivo"]
    report = run(lab, site, SEED, islice(steps(SEED, site), STEPS), CHECKOUT / "build" / "chaos" / "test", print)
    assert report.violations == 0, report.summary()
    assert len(report.steps) == STEPS
    assert sum(len(step.relay_changes) for step in report.steps) > 0
