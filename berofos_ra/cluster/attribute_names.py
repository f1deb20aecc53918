"""The node attributes that the agent sets, by their names. Pure."""

from __future__ import annotations

READY = "berofos-ready"  # of every node: "yes", or why it couldn't hold the relay

SPANS = "berofos-spans"  # on the node that owns the relay: the watched spans' alarms

NO_CONFIG = "none"  # the file can't be used there; why, READY says


def of_device(name: str) -> str:
    """On the node that owns the relay: the position of a device's relay."""
    return f"berofos-{name}"


def of_config(resource: str) -> str:
    """Of every node, private: which devices the resource's config file lists there.

    A `BnfosConfig.digest`, or `NO_CONFIG`.
    """
    return f"berofos-config-{resource.partition(':')[0]}"
