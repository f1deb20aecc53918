"""What the cluster's configuration says of fencing. Pure."""

from __future__ import annotations

from typing import NamedTuple

from berofos_ra.boolean import boolean
from berofos_ra.cluster.view import with_template
from berofos_ra.cluster.xml import parse_xml

_OPTIONS = ("stonith-enabled", "fencing-enabled")  # the second one from Pacemaker 3.0.2 on
_DELAYS = ("pcmk_delay_base", "pcmk_delay_max")


class FencingView(NamedTuple):
    """``enabled``: Pacemaker fences what it doesn't see. ``delayed``: one node has a head start in shooting."""

    enabled: bool
    devices: tuple[str, ...]
    delayed: bool


def parse_fencing(configuration: str) -> FencingView | None:
    """The same from ``cibadmin --query``; None: it isn't XML."""
    cib = parse_xml(configuration)
    if cib is None:
        return None
    options = {pair.get("name"): pair.get("value", "") for pair in cib.iterfind(".//crm_config//nvpair")}
    primitives = [with_template(one, cib) for one in cib.iterfind(".//resources//primitive")]
    devices = [parts for parts in primitives if parts[0].get("class") == "stonith"]
    pairs = [pair for parts in devices for part in parts for pair in part.iter("nvpair")]
    delays = [pair.get("value", "") for pair in pairs if pair.get("name") in _DELAYS]
    delays.append(options.get("priority-fencing-delay", ""))
    return FencingView(
        enabled=not any(boolean(options.get(option)) is False for option in _OPTIONS),
        devices=tuple(parts[-1].get("id", "") for parts in devices),
        delayed=any(delay.strip("0smin ") for delay in delays),
    )
