"""Sites as `judge` and the figures get them: all is well but for what a test says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from berofos_ra.device.state import DeviceState
from berofos_ra.monitoring.site import DeviceSeen, NodeSeen, ResourceSeen, Site
from berofos_ra.resource.deviations import DesiredState
from berofos_ra.wiring.topology import wiring

NOW = datetime(2026, 11, 27, 14, 2, tzinfo=UTC)
RESOURCE = ResourceSeen("berofos-relay", ("xivo-1",), True, 1, ("xivo-2",))
READY = NodeSeen(usable=True, unready="")
TWO_XIVO = DesiredState(wiring("two-xivo", "xivo-1", "xivo-2"), "xivo-1", True, 60)
XIVO_PBX = DesiredState(wiring("xivo-pbx", "xivo-1", None), "xivo-1", True, 20)


def state(bypass: bool = False, **settings: Any) -> DeviceState:
    """A device on the side of xivo-1, as `two-xivo` wants it, or in bypass, armed, as `xivo-pbx` does."""
    values: dict[str, Any] = {"scenario": bypass, "mode": True, "modedef": True, "wdog": bypass, "wdogdef": bypass}
    values |= {"wdogitime": 20 if bypass else 60, "wdogstate": int(bypass), "wdogrtime": 17 if bypass else 0}
    return DeviceState({**values, **settings})


def device(name: str = "fos1", seen: DeviceState | None = None, **fields: Any) -> DeviceSeen:
    """One that is as it should be."""
    made = DeviceSeen(name, f"{name} (10.34.1.2{int(name[3:]) - 1})", seen or state(), "", 0.004, "1.53")
    return made._replace(**{"resource": RESOURCE.name, "desired": TWO_XIVO, **fields})


def armed(**settings: Any) -> DeviceSeen:
    """One in bypass, with its watchdog armed."""
    return device(seen=state(bypass=True, **settings), desired=XIVO_PBX)


def dead(name: str = "fos1") -> DeviceSeen:
    """One that can't be asked."""
    return device(name)._replace(state=None, error="no answer within 3 s", seconds=None, firmware=None)


def site(*devices: DeviceSeen, **fields: Any) -> Site:
    """A cluster of xivo-1, which has the lines, and xivo-2, which is ready."""
    healthy = {"resources": (RESOURCE,), "nodes": {"xivo-1": READY, "xivo-2": READY}}
    return Site(devices or (device("fos1"), device("fos2")), **{**healthy, **fields})
