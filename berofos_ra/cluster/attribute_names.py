"""The node attributes of this project, by their names. Pure."""

from __future__ import annotations

PREFIX = "berofos-"
READY = "berofos-ready"  # of every node: a `ready_value`
READY_YES = "yes"
_READY_NO = "no: "

SPANS = "berofos-spans"  # on the node that owns the relay: the watched spans' alarms

# Of the node where ``berofos pause`` was called, permanent: a `pause_mark.Pause`.
PAUSED = "berofos-paused"
PAUSE_UNDO = "berofos-pause-undo"

NO_CONFIG = "none"  # the file can't be used there; why, READY says


def ready_value(reason: str | None) -> str:
    """What `READY` is on a node that could hold the relay (None), or couldn't for this reason."""
    return READY_YES if reason is None else _READY_NO + reason


def unready_reason(value: str) -> str | None:
    """The reason in such a value; None when the node could hold the relay."""
    return None if value == READY_YES else value.removeprefix(_READY_NO)


def of_device(name: str) -> str:
    """On the node that owns the relay: the position of a device's relay."""
    return f"berofos-{name}"


def of_config(resource: str) -> str:
    """Of every node, private: which devices the resource's config file lists there.

    A `BnfosConfig.digest`, or `NO_CONFIG`.
    """
    return f"berofos-config-{resource.partition(':')[0]}"
