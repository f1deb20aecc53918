"""What ``berofos history`` must have to tell of a step, beside what the devices saw. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from tests.chaos.invariants import Change
from tests.chaos.site import Site

_BESIDE = 60.0  # s between a change and its event; a log's lines may come late on a busy machine


def events(printed: str) -> list[dict[str, Any]]:
    """What ``--json`` printed, oldest first."""
    return [json.loads(line) for line in printed.splitlines()]


def untold(
    stories: Mapping[str, Sequence[Mapping[str, Any]]], moved: Sequence[Change], since: float, active: str, site: Site
) -> Iterator[str]:
    """What is missing in the nodes' stories.

    Args:
        stories: Each node's events.
        moved: The relays' movements of the step.
        since: When the devices' clock began, as time of day.
        active: Who has the lines in the end.
        site: Where.
    """
    for node, story in stories.items():
        last = next((event["to"] for event in reversed(story) if event["to"]), None)
        if last != active:
            yield f"{active} has the lines, but the history on {node} tells of {last}"
    for change in moved:
        if change.by in site.nodes and not any(
            _is_of(event, change.device, since + change.at) for event in stories[change.by]
        ):
            words = f"{change.device} {change.before} -> {change.after}"
            yield f"{change.by} has switched {words}, and its history doesn't tell"


def _is_of(event: Mapping[str, Any], device: str, at: float) -> bool:
    begin = datetime.fromisoformat(event["at"]).timestamp()
    return device in event["devices"] and begin - _BESIDE < at < begin + (event["seconds"] or 0) + _BESIDE
