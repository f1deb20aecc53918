"""The configuration files of the nodes, as text."""

import subprocess
from pathlib import Path

from lxml import etree

from tests.lab.layout import DEVICE_PASSWORD, QNETD_AT, Spec

# How long a node that has booted listens for a coordinator before it calls an election; Pacemaker's default is 20 s.
DC_DEADTIME = "100ms"

# Debian's, without the kernel's log: that one is the host's, and reading it would take it away from there.
RSYSLOG_CONF = """\
module(load="imuxsock")
$FileOwner root
$FileGroup adm
$FileCreateMode 0640
$DirCreateMode 0755
$Umask 0022
$WorkDirectory /var/spool/rsyslog
*.*;auth,authpriv.none\t\t-/var/log/syslog
auth,authpriv.*\t\t\t/var/log/auth.log
"""


# Two seconds, as the token here is quicker than by default too.
_QUORUM_DEVICE = """\
    device {{
        model: net
        votes: 1
        timeout: 2000
        sync_timeout: 4000
        net {{
            host: {host}
            tls: off
            algorithm: ffsplit
        }}
    }}
"""


def corosync_conf(spec: Spec) -> str:
    """corosync.conf for all nodes of a lab: knet, token 1 s, a quorum device or else two_node for two nodes."""
    nodes = "".join(
        f"""\
    node {{
        ring0_addr: {port.address}
        name: {port.name}
        nodeid: {number}
    }}
"""
        for number, port in enumerate(spec.node_ports(), start=1)
    )
    further = "    two_node: 1\n" if spec.nodes == 2 else ""
    if spec.quorum_device:
        further = _QUORUM_DEVICE.format(host=QNETD_AT.address)
    return f"""\
totem {{
    version: 2
    cluster_name: xivo
    transport: knet
    crypto_cipher: none
    crypto_hash: none
    token: 1000
}}
nodelist {{
{nodes}}}
quorum {{
    provider: corosync_votequorum
{further}}}
logging {{
    to_logfile: yes
    logfile: /var/log/corosync/corosync.log
    to_syslog: yes
    timestamp: hires
}}
system {{
    # the host's control groups are none of the lab's business
    move_to_root_cgroup: no
}}
"""


def hosts(spec: Spec) -> str:
    """/etc/hosts with every node and device."""
    lines = [f"{port.address} {port.name}\n" for port in spec.node_ports() + spec.device_ports()]
    return "127.0.0.1 localhost\n" + "".join(lines)


def bnfos_conf(spec: Spec) -> str:
    """/etc/bnfos.conf with every simulated device and its login."""
    return "".join(
        f"[{port.name}]\nmac = {port.mac.upper()}\nhost = {port.address}\nlogin = admin:{DEVICE_PASSWORD}\n\n"
        for port in spec.device_ports()
    )


def fence_agent() -> str:
    """The agent for the lab's power switch."""
    return Path(__file__).with_name("fence_lab.py").read_text(encoding="utf-8")


def first_cib(spec: Spec) -> str:
    """A cluster configuration with nothing in it but a short dc-deadtime, as the installed Pacemaker spells it."""
    empty = subprocess.run(["cibadmin", "--empty"], stdout=subprocess.PIPE, check=True, timeout=120).stdout
    cib = etree.fromstring(empty)
    options = etree.SubElement(_child(cib, "configuration/crm_config"), "cluster_property_set")
    options.set("id", "cib-bootstrap-options")
    etree.SubElement(options, "nvpair", id="lab-dc-deadtime", name="dc-deadtime", value=DC_DEADTIME)
    nodes = _child(cib, "configuration/nodes")
    for number, port in enumerate(spec.node_ports(), start=1):
        etree.SubElement(nodes, "node", id=str(number), uname=port.name)
    return etree.tostring(cib, encoding="unicode") + "\n"


def _child(cib: etree._Element, path: str) -> etree._Element:
    child = cib.find(path)
    if child is None:
        raise RuntimeError(f"cibadmin --empty prints no {path}")
    return child
