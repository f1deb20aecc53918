"""``berofos password``: a new password for the devices and in the config file, together."""

from __future__ import annotations

import argparse
import contextlib
import time

from berofos_ra.bnfosconf.reader import read_text
from berofos_ra.bnfosconf.writer import repaired, set_value, write_config
from berofos_ra.cli.by_hand import log_by_hand
from berofos_ra.cli.common import add_device_options, chosen_devices, complain, say
from berofos_ra.cli.secrets import read_secret
from berofos_ra.cluster.pacemaker import Pacemaker
from berofos_ra.cluster.view import ClusterSilentError
from berofos_ra.errors import BerofosError, ConfigError, explain

SUMMARY = "set the devices' password, and the config file's login lines with it"
EXAMPLE = """\
  berofos password --device fos1              # asks for the new password twice
  berofos password < /root/new-password       # the first line; for all devices

The device is made to demand the password (apwd and pwd). Only when the new login is proved to work is the config file
written. If anything fails the old password is restored. Copy the file to the other cluster node afterwards.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_device_options(parser)


def run(args: argparse.Namespace) -> int:
    """Change it, one device after the other; 1 when one failed."""
    from berofos_ra.device.device import Device
    from berofos_ra.operations.change_password import MAX_REQUESTS, change_password, check_password

    devices = chosen_devices(args)
    password = read_secret("New password")
    check_password(password)
    failed = False
    for device in devices:
        deadline = time.monotonic() + MAX_REQUESTS * args.timeout
        try:
            with Device(device, args.timeout, deadline) as berofos:
                change_password(berofos, password, lambda name, login: _save(args.config, name, login))
        except BerofosError as error:
            had_one = device.password is not None
            holds = "it has its old password back" if had_one else "whether it demands a password is as before"
            undone = f"{device.label}: {error}; {holds}"
            complain(undone if isinstance(error, ConfigError) else explain(error, device.label, args.config))
            failed = True
        else:
            log_by_hand("password", device.name, ["apwd changed"])
            say(f"{device.label}: password changed, on the device and in {args.config}")
    for node in _other_nodes():
        say(f"copy {args.config} to {node} now: with the old one it can't take over")
    return 1 if failed else 0


def _other_nodes() -> list[str]:
    """The other nodes of the cluster that runs here, if one does."""
    pacemaker = Pacemaker()
    with contextlib.suppress(ClusterSilentError):
        view = pacemaker.view()
        if view is not None and view.relays:
            here = pacemaker.node_name().casefold()
            return [node for node in view.nodes if node.casefold() != here]
    return []


def _save(path: str, name: str, login: str) -> None:
    write_config(path, set_value(repaired(read_text(path)[0]), name, "login", login))
