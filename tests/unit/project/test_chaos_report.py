"""Chaos' summary, for people and for machines."""

from __future__ import annotations

import json

from tests.chaos.report import Report, StepReport

STEPS = [
    StepReport(
        1, "node dies (the active node)", ("node dies",), "xivo-1", "xivo-2", {"xivo-2": 2}, 3.4, 6.1, 3, (), ()
    ),
    StepReport(
        2,
        "node dies (the standby) + relay is moved by hand (fos1)",
        ("node dies", "relay is moved by hand"),
        "xivo-2",
        "",
        {"by hand": 1},
        12.0,
        None,
        0,
        ("fos1: never put right",),
        ("+0.0 s  node dies (xivo-1)",),
    ),
]


def test_the_figures_of_a_run() -> None:
    report = Report(7, "two-xivo", 120.0, STEPS)
    assert report.violations == 1
    data = json.loads(report.as_json())
    assert data["seed"] == 7
    assert data["violations"] == 1
    assert data["figures"] == {
        "faults": {"node dies": 2, "relay is moved by hand": 1},
        "relay_changes": {"xivo-2": 2, "by hand": 1},
        "hand_overs": 1,
        "quiet_moments": 3,
        "longest_gap": 12.0,
        "longest_gap_of_a_fault_alone": {"node dies": 3.4},
        "longest_recovery": 6.1,
    }
    summary = report.summary()
    assert "seed 7 on two-xivo: 2 steps in 2.0 minutes" in summary
    assert "longest time the lines were on nobody: 12.0 s (step 2: node dies (the standby) + " in summary
    assert "violations: 1\n  step 2 (node dies (the standby) + relay is moved by hand (fos1)): fos1: never" in summary


def test_a_run_without_violations_says_so() -> None:
    report = Report(7, "two-xivo", 60.0, STEPS[:1])
    assert report.summary().endswith("violations: none")
