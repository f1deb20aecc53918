"""One move of a drill, without a cluster."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from berofos_ra.cli.drill import leg
from berofos_ra.cli.drill.checks import Looked, Wish
from berofos_ra.cli.interruption import Interruption
from berofos_ra.cluster.situation import Situation
from berofos_ra.cluster.tools import ToolFailedError
from berofos_ra.resource.drill_rule import Plan


def no_answer(*_: object) -> None:
    raise ToolFailedError("cibadmin doesn't answer")


def test_cluster_that_dies_before_it_is_asked_to_move_leaves_no_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does something that crm_mon doesn't name, as an instance of a clone, end it."""
    monkeypatch.setattr(leg, "find_operations", no_answer)
    monkeypatch.setattr(leg, "find_rule", no_answer)
    monkeypatch.setattr("time.sleep", lambda _: None)
    plan = Plan("xivo", {}, "xivo-1", "xivo-2")
    situation = Mock(Situation, resources={})
    looked = Looked((), plan, situation, ("clone:0",))
    wish = Wish("/etc/bnfos.conf", 3.0, None, 60, Mock())
    done = leg.run_leg(looked, plan, wish, 60.0, Interruption(), lambda _: None)
    assert (done.left, done.why) == (None, "cibadmin doesn't answer")
