"""Making a used lab as good as new, so that several tests can share one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from tests.lab import nodefiles
from tests.lab.errors import LabError

if TYPE_CHECKING:
    from tests.lab.lab import Lab
    from tests.lab.node import Node

_PATIENCE = 5.0  # s; new nodes are up in less
_PACEMAKERS_OWN = "#"  # attributes of these names are its own

# Everything but what Pacemaker itself and the lab have written. stonith-enabled stays: without fencing devices
# Pacemaker stops nothing unless told that there is no fencing, and any change of a cluster option makes its
# controller pause for a second (as does replacing the configuration instead of deleting parts of it).
_CONFIGURED = (
    "//configuration/*[not(self::crm_config or self::nodes)]/*"
    " | //configuration/nodes/node/*"
    " | //crm_config//nvpair[not(contains("
    "'|dc-deadtime|dc-version|cluster-infrastructure|cluster-name|have-watchdog|stonith-enabled|fencing-enabled|',"
    " concat('|', @name, '|')))]"
)


def reset(lab: Lab) -> None:
    """Bring cluster and devices back to their beginning: no resources, no attributes, no cuts, all nodes online.

    Nodes in good order are only emptied, which is quick; after trouble they get new disks and boot again, which loses
    their logs. The one thing that may be left is the option stonith-enabled, if it has been set.

    Raises:
        LabError: the cluster doesn't come up again.
    """
    lab.heal()
    try:
        _empty(lab)
    except LabError:
        lab.link.order("renew", nodes=list(lab.nodes))
        lab.wait_online()
    if lab.devices.names:
        lab.devices.reset()


def _empty(lab: Lab) -> None:
    """Remove everything that tests may have configured.

    Raises:
        LabError: the nodes aren't in a state for this, or don't get there in time.
    """
    for node in lab.nodes.values():
        node.thaw()
    lab.wait_online(timeout=0)
    first = next(iter(lab.nodes.values()))
    first.run(["cibadmin", "--delete-all", "--force", "--xpath", _CONFIGURED])
    lab.wait_quiet(timeout=_PATIENCE)
    status = lab.crm_mon()
    if status.find("resources/*") is not None or status.find("failures/*") is not None:
        raise LabError("resources or failures are left over")
    _forget_attributes(first)
    for node in lab.nodes.values():
        node.write("/etc/bnfos.conf", nodefiles.bnfos_conf(lab.link.spec), 0o600)
        node.run("rm -rf /run/resource-agents/*")


def _forget_attributes(node: Node) -> None:
    """Delete the transient attributes of all nodes, those too that crm_mon doesn't show, such as fail counts."""
    cib = etree.fromstring(node.run(["cibadmin", "--query"]).stdout.encode())
    for state in cib.iterfind("status/node_state"):
        for attribute in state.iterfind("transient_attributes//nvpair"):
            name = attribute.get("name", "")
            if not name.startswith(_PACEMAKERS_OWN):
                node.run(["attrd_updater", "--delete", "--name", name, "--node", state.get("uname", "")])
