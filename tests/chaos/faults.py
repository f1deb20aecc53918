"""Bringing a plan's faults about on the lab, and undoing them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.plan import Kind
from tests.chaos.site import Site
from tests.cluster.scenario import ASTERISK, RELAY
from tests.cluster.wirings import BYPASS, PACEMAKER, RESOURCES, VIRTUAL_IP, Wired
from tests.lab.errors import CommandFailed, LabError
from tests.lab.lab import Lab
from tests.lab.node import DEVICES, NODES
from tests.lab.nodefiles import bnfos_conf
from tests.support.control_client import ControlError

Impossible = (LabError, ControlError)  # the node is off, say, or its Pacemaker doesn't answer

_PATIENCE = 25.0  # s, for a command of an administrator
_LATE = 2.0  # s, that a slow device's relay takes
_SECOND = "second-relay"
_FILE = "/etc/bnfos.conf"
_UNPLUGGED = "[fos99]\nmac = 00:19:32:00:99:99\nhost = 10.34.1.99\nlogin = admin:\n"  # a box yet to come


@dataclass(frozen=True)
class Doing:
    """How a fault is brought about and undone: both get the hands, the target, and the device for some."""

    do: Callable[[Hands, str, str], object]
    undo: Callable[[Hands, str, str], object] | None = None


class Hands:
    """Somebody who can reach everything: nodes, cables, devices, and the cluster's commands.

    Attributes:
        hung: The nodes that are on and can't be asked at present, because something in them hangs or was stopped.
        stopping: The nodes whose Pacemaker was told to stop; one that hangs does so when it goes on.
    """

    def __init__(self, wired: Wired, site: Site) -> None:
        self.wired = wired
        self.site = site
        self.hung: set[str] = set()
        self.stopping: set[str] = set()
        # What follows asterisk is moved by moving asterisk.
        self.moved = "xivo" if VIRTUAL_IP in RESOURCES[site.example] else ASTERISK

    @property
    def lab(self) -> Lab:
        """The lab."""
        return self.wired.lab

    def do(self, kind: Kind, target: str, device: str = "") -> None:
        """Bring a fault about.

        Raises:
            LabError, ControlError: one of `Impossible`, so nothing, or not all of it, has happened.
        """
        _DOINGS[kind].do(self, target, device)

    def undo(self, kind: Kind, target: str, device: str = "") -> None:
        """Undo it, also if it came about in part or not at all.

        Raises:
            LabError, ControlError: it can't be undone yet.
        """
        undo = _DOINGS[kind].undo
        if undo is not None:
            undo(self, target, device)

    def running(self) -> list[str]:
        """The nodes that can be asked: switched on, and nothing in them hangs."""
        return [node.name for node in self.lab.running_nodes() if node.name not in self.hung]

    def administer(self, command: str) -> None:
        """Run a command on the first node on which it works.

        Raises:
            LabError: there is none.
        """
        complaint: LabError = CommandFailed(f"no node to run {command!r} on")
        for name in self.running():
            try:
                self.lab.node(name).run(command, timeout=_PATIENCE)
                return
            except LabError as error:
                complaint = error
        raise complaint

    def administer_all(self, command: str) -> None:
        """The same once the nodes are one cluster: when they meet, Pacemaker keeps the configuration of one of them.

        Raises:
            LabError: they aren't, or it doesn't work.
        """
        self.lab.wait_online(timeout=1)
        self.administer(command)

    def kill(self, *nodes: str) -> None:
        """Cut their power."""
        for name in nodes:
            self.lab.node(name).kill()
        self.hung -= set(nodes)
        self.stopping -= set(nodes)

    def boot(self, *nodes: str) -> None:
        """Give it back."""
        for name in nodes:
            self.lab.node(name).start()

    def freeze(self, name: str, *daemons: str) -> None:
        """Stop daemons, or everything in a node."""
        self.hung.add(name)
        self.lab.node(name).freeze(*daemons)

    def thaw(self, name: str, *daemons: str) -> None:
        """Undo `freeze`."""
        node = self.lab.node(name)
        if node.running():
            with contextlib.suppress(CommandFailed):  # none of them runs any more
                node.thaw(*daemons)
        self.hung.discard(name)

    def reboot(self, name: str) -> None:
        """In good order as far as that can be had."""
        node = self.lab.node(name)
        with contextlib.suppress(LabError):
            node.stop_service("pacemaker", _PATIENCE)
            node.stop_service("corosync", _PATIENCE)
        self.kill(name)
        self.boot(name)

    def stop_pacemaker(self, name: str) -> None:
        """In good order."""
        self.hung.add(name)
        self.stopping.add(name)
        self.lab.node(name).stop_service("pacemaker", _PATIENCE)

    def start_pacemaker(self, name: str) -> None:
        """Start it where it doesn't run, or is about to end."""
        node = self.lab.node(name)
        if name in self.stopping:
            node.stop_service("pacemaker", _PATIENCE)
            self.stopping.discard(name)
        if node.run("pidof pacemakerd", check=False).returncode != 0:
            node.start_service("pacemaker")
        self.hung.discard(name)

    def switch_by_hand(self, device: str) -> None:
        """Move a relay to the other side."""
        mode = self.lab.devices.state(device)["settings"]["mode"]
        self.lab.devices.set_settings(device, {"mode": not mode})

    def add_second_resource(self) -> None:
        """Load a resource of the agent with the first device of one that there is."""
        parameters = self.lab.node(self.running()[0]).run(
            f"crm configure show {RELAY} | grep -o 'topology=[^ ]*\\|port_[bd]_node=[^ ]*'"
        )
        given = " ".join(parameters.stdout.split())
        device = self.site.devices[-1]
        self.administer(
            f"crm configure primitive {_SECOND} ocf:xivo:berofos params devices={device} {given}"
            " op monitor interval=1s timeout=20s meta failure-timeout=3s"
        )

    def remove_second_resource(self) -> None:
        """In good order: stopped first."""
        self.administer_all(
            f"! crm_resource --resource {_SECOND} --query-xml || crm configure delete --force {_SECOND}"
        )

    def write_file(self, name: str, text: str) -> None:
        """Have a node's bnfos.conf hold this."""
        self.lab.node(name).write(_FILE, text, 0o600)

    def shrink_file(self, name: str, device: str) -> None:
        """Take a device's section out of a node's bnfos.conf."""
        sections = re.split(r"(?=^\[)", bnfos_conf(self.lab.link.spec), flags=re.MULTILINE)
        self.write_file(name, "".join(each for each in sections if not each.startswith(f"[{device}]")))

    def lose_file(self, name: str) -> None:
        """Have a directory where a node's bnfos.conf was: nobody can read that, root neither."""
        self.lab.node(name).run(f"rm -rf {_FILE} && mkdir {_FILE}")

    def mend_file(self, name: str) -> None:
        """Have it as it was."""
        self.lab.node(name).run(f"! test -d {_FILE} || rmdir {_FILE}")
        self.write_file(name, bnfos_conf(self.lab.link.spec))

    def install_again(self, name: str) -> None:
        """Upgrade the package to what it is."""
        package = self.lab.link.spec.package
        if package is None:
            raise LabError("the nodes have what this machine has installed")
        self.lab.node(name).install(Path(package))

    def leave_maintenance(self) -> None:
        """As docs/wirings.md says: of a resource that was degraded Pacemaker doesn't resume every monitor."""
        self.administer_all("crm configure property maintenance-mode=false")
        for name in agents(self.site):
            self.administer(f"crm resource cleanup {name}")

    def forget_target_role(self) -> None:
        """What is left over of stopping or restarting a resource."""
        self.administer_all(f"crm_resource --resource {RELAY} --meta --delete-parameter target-role")


def _crm(command: str) -> Callable[[Hands, str, str], object]:
    """A command of crmsh; {target} is the node, {moved} what is moved."""
    return lambda hands, target, _: hands.administer(f"crm {command.format(target=target, moved=hands.moved)}")


def _crm_again(command: str) -> Callable[[Hands, str, str], object]:
    """One that takes back what such a command did."""
    return lambda hands, target, _: hands.administer_all(f"crm {command.format(target=target, moved=hands.moved)}")


def _on_device(kind: str, **options: object) -> Doing:
    return Doing(
        lambda hands, device, _: hands.lab.devices.add_fault(device, kind, **options),
        lambda hands, device, _: hands.lab.devices.clear_faults(device),
    )


_DOINGS: Mapping[Kind, Doing] = {
    Kind.NODE_DIES: Doing(lambda hands, node, _: hands.kill(node), lambda hands, node, _: hands.boot(node)),
    Kind.ALL_NODES_DIE: Doing(
        lambda hands, *_: hands.kill(*hands.site.nodes), lambda hands, *_: hands.boot(*hands.site.nodes)
    ),
    Kind.NODE_HANGS: Doing(lambda hands, node, _: hands.freeze(node), lambda hands, node, _: hands.thaw(node)),
    Kind.NODE_REBOOTS: Doing(lambda hands, node, _: hands.reboot(node)),
    Kind.COROSYNC_HANGS: Doing(
        lambda hands, node, _: hands.freeze(node, "corosync"), lambda hands, node, _: hands.thaw(node, "corosync")
    ),
    Kind.PACEMAKER_HANGS: Doing(
        lambda hands, node, _: hands.freeze(node, *PACEMAKER), lambda hands, node, _: hands.thaw(node, *PACEMAKER)
    ),
    Kind.PACEMAKER_STOPS: Doing(
        lambda hands, node, _: hands.stop_pacemaker(node), lambda hands, node, _: hands.start_pacemaker(node)
    ),
    Kind.ASTERISK_DIES: Doing(lambda hands, node, _: hands.wired.kill_asterisk(node)),
    Kind.NODES_CUT: Doing(
        lambda hands, node, _: hands.lab.cut(node, NODES), lambda hands, node, _: hands.lab.node(node).heal(NODES)
    ),
    Kind.NODE_ISOLATED: Doing(
        lambda hands, node, _: hands.lab.cut(node), lambda hands, node, _: hands.lab.heal(node)
    ),
    Kind.DEVICES_CUT: Doing(
        lambda hands, node, _: hands.lab.cut(node, DEVICES), lambda hands, node, _: hands.lab.node(node).heal(DEVICES)
    ),
    Kind.DEVICE_CUT: Doing(
        lambda hands, node, device: hands.lab.cut(node, device),
        lambda hands, node, device: hands.lab.node(node).heal(device),
    ),
    Kind.DEVICE_UNPLUGGED: Doing(
        lambda hands, device, _: hands.lab.devices.unplug(device),
        lambda hands, device, _: hands.lab.devices.plug_in(device),
    ),
    Kind.DEVICE_OFF: Doing(
        lambda hands, device, _: hands.lab.devices.power(device, False),
        lambda hands, device, _: hands.lab.devices.power(device, True),
    ),
    Kind.DEVICE_ERRS: _on_device("status", status=500),
    Kind.DEVICE_HANGS: _on_device("hang"),
    # The network is quick, the relay isn't: the lab's monitors come each second.
    Kind.DEVICE_IS_SLOW: _on_device("late_effect", seconds=_LATE, settings=["mode"]),
    Kind.DEVICE_REBOOTS: _on_device("reboot", seconds=_LATE, count=1),
    Kind.RELAY_BY_HAND: Doing(lambda hands, device, _: hands.switch_by_hand(device)),
    Kind.STANDBY: Doing(_crm("node standby {target}"), _crm_again("node online {target}")),
    # As administrators do: the constraint that a move leaves behind is removed later.
    Kind.MOVE: Doing(_crm("resource move {moved} {target}"), _crm_again("resource clear {moved}")),
    Kind.RESTART: Doing(_crm(f"resource restart {RELAY}"), lambda hands, *_: hands.forget_target_role()),
    Kind.STOP: Doing(_crm(f"resource stop {RELAY}"), _crm_again(f"resource start {RELAY}")),
    Kind.REFRESH: Doing(_crm(f"resource refresh {RELAY}")),
    Kind.CLEANUP: Doing(_crm(f"resource cleanup {RELAY}")),
    Kind.MAINTENANCE: Doing(
        _crm("configure property maintenance-mode=true"), lambda hands, *_: hands.leave_maintenance()
    ),
    Kind.UNMANAGE: Doing(_crm(f"resource unmanage {RELAY}"), _crm_again(f"resource manage {RELAY}")),
    Kind.SECOND_RESOURCE: Doing(
        lambda hands, *_: hands.add_second_resource(), lambda hands, *_: hands.remove_second_resource()
    ),
    Kind.FILE_TYPO: Doing(
        lambda hands, node, _: hands.write_file(node, "[fos1\nhots 10.34.1.20\n" + bnfos_conf(hands.lab.link.spec)),
        lambda hands, node, _: hands.mend_file(node),
    ),
    Kind.FILE_GROWS: Doing(
        lambda hands, node, _: hands.write_file(node, bnfos_conf(hands.lab.link.spec) + _UNPLUGGED),
        lambda hands, node, _: hands.mend_file(node),
    ),
    Kind.FILE_SHRINKS: Doing(
        lambda hands, node, device: hands.shrink_file(node, device), lambda hands, node, _: hands.mend_file(node)
    ),
    Kind.FILE_GONE: Doing(lambda hands, node, _: hands.lose_file(node), lambda hands, node, _: hands.mend_file(node)),
    Kind.REINSTALLED: Doing(lambda hands, node, _: hands.install_again(node)),
    Kind.QUORUM_DEVICE_CUT: Doing(
        lambda hands, machine, _: hands.lab.cut(machine), lambda hands, machine, _: hands.lab.heal(machine)
    ),
}


def agents(site: Site) -> tuple[str, ...]:
    """The resources of a site that run the agent."""
    return tuple(name for name in RESOURCES[site.example] if name in (RELAY, BYPASS))
