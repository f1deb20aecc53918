"""``berofos history``: either node's log tells who had the lines as the devices themselves saw it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from tests.cluster.scenario import Scenario

BOTH = ["fos1", "fos2"]
GROUP = "xivo"


def told(scenario: Scenario, node: str, *arguments: str) -> list[dict[str, Any]]:
    """The story on a node, from its own logs."""
    printed = scenario.lab.node(node).run(["berofos", "history", "--since", "1h", "--json", *arguments]).stdout
    return [json.loads(line) for line in printed.splitlines()]


def moves(story: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """From where the lines went to where."""
    return [(event["from"], event["to"]) for event in story if event["to"] not in (None, event["from"])]


def moved_at(event: dict[str, Any]) -> float:
    """When the lines were there."""
    lost = event["seconds"] if event["kind"] == "node_lost" else 0
    return datetime.fromisoformat(event["at"]).timestamp() + lost


def test_either_nodes_log_tells_the_devices_own_story(running: Scenario) -> None:
    lab = running.lab
    lab.node("xivo-1").run(f"crm_resource --move -r {GROUP} -N xivo-2")
    running.wait_running("xivo-2")
    lab.node("xivo-1").run(f"crm_resource --clear -r {GROUP}")
    lab.devices.set_settings("fos1", {"mode": 1})  # by hand, away from xivo-2
    running.wait_for(lambda: lab.devices.relay("fos1") == "A--D", "xivo-2 has put fos1 right")
    lab.wait_quiet()
    lab.node("xivo-2").kill()
    running.wait_running("xivo-1")
    survivor = told(running, "xivo-1")
    lab.node("xivo-2").start()
    lab.wait_online()
    running.wait_attribute("xivo-2", "berofos-ready", "yes")

    expected = [("xivo-1", "xivo-2"), ("xivo-2", "xivo-1")]
    assert moves(survivor)[-2:] == expected
    assert moves(told(running, "xivo-2"))[-2:] == expected
    switch, death = [event for event in survivor if event["to"] not in (None, event["from"])][-2:]
    assert (switch["kind"], switch["reason"]) == ("switch", f"rule cli-prefer-{GROUP}")
    assert (death["kind"], death["devices"]) == ("node_lost", BOTH)
    clicks = {"switch": "A--D", "node_lost": "A--B"}
    for event in (switch, death):
        (last,) = [one["time"] for one in lab.devices.clicks("fos2") if one["to"] == clicks[event["kind"]]][-1:]
        assert abs(moved_at(event) - last) < 5  # of the same clock: what is between is Pacemaker's, on a busy machine
    page = lab.node("xivo-1").run(["berofos", "history"]).stdout.splitlines()
    assert "xivo-1 took over" in page[-2]
    assert page[-1].startswith("xivo-1 has had the lines for ")
    assert "; the log reaches back to 20" in page[-1]
    hand = [event for event in told(running, "xivo-2") if event["kind"] == "by_hand"][-1]
    assert (hand["devices"], hand["by"]) == (["fos1"], "unknown")


@pytest.mark.soak
def test_ten_minutes_of_moves_and_deaths_are_told_alike_by_both_nodes(running: Scenario) -> None:
    """Each round the lines go from one node to the other, in another way; in the end both stories are one."""
    lab = running.lab
    running.patience = 300
    expected = []
    owner, other = "xivo-1", "xivo-2"
    for number in range(24):
        expected.append((owner, other))
        if number % 3 == 0:
            lab.node(other).run(f"crm_resource --move -r {GROUP} -N {other}")
            running.wait_running(other)
            lab.node(other).run(f"crm_resource --clear -r {GROUP}")
        elif number % 3 == 1:
            lab.node(owner).kill()
            running.wait_running(other, other)
            lab.node(owner).start()
        else:
            lab.node(owner).stop_service("pacemaker")
            running.wait_running(other, other)
            lab.node(owner).start_service("pacemaker")
        lab.wait_online()
        running.wait_attribute(owner, "berofos-ready", "yes")
        lab.wait_quiet()
        owner, other = other, owner
    clicked = [click["time"] for click in lab.devices.clicks("fos2")[-len(expected) :]]
    for node in lab.nodes:
        story = [event for event in told(running, node) if event["to"] not in (None, event["from"])][-len(expected) :]
        assert moves(story) == expected, node
        for event, click in zip(story, clicked, strict=True):
            late = "seen late" in (event["reason"] or "")  # this node was off; else between them is Pacemaker alone
            assert late or abs(moved_at(event) - click) < 5, event
