"""The devices' password is in /etc/bnfos.conf and on the wire, whatever goes wrong and however much is logged."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cluster.scenario import Scenario
from tests.lab import asterisk
from tests.lab.cluster import Code
from tests.lab.lab import Lab
from tests.lab.layout import DEVICE_PASSWORD
from tests.lab.node import Node
from tests.support.examples import quick_example

# What the attribute of a device in trouble says.
FAULTS = {
    "status 401": ("login refused", {"status": 401}),
    "garbage": ("answer isn't HTTP", {}),
    "status 302": ("HTTP status 302", {"status": 302}),
    "hang": ("unreachable", {}),
    "refuse": ("unreachable", {}),
    "nothing": ("connection lost in the middle of an answer", {}),
}
# Notes the command line and the environment of every process that it sees, once, where logs are searched.
WATCHER = """
import glob, time
seen = set()
with open("/var/log/processes", "wb", 0) as notes:
    while True:
        for file in glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/environ"):
            try:
                text = open(file, "rb").read().replace(b"\\0", b"\\n")
            except OSError:
                continue
            if text not in seen:
                seen.add(text)
                notes.write(text + b"\\n")
        time.sleep(0.01)
"""

PACK = "import bz2, sys; bz2.open(sys.argv[1], 'wt').write(sys.stdin.read())"
REVEALING = (
    "xivo-1: syslog",
    "xivo-1: processes",
    "xivo-1: oops.bz2",
    "xivo-1: cat /run/resource-agents/*",
    "xivo-1: crm_mon -1Arf",
    "xivo-1: cibadmin --query",
)


def log_everything(node: Node) -> None:
    """Restart Pacemaker so that it and the agent log what is for debugging, and watch every process."""
    node.stop_service("pacemaker")
    node.run("PCMK_debug=yes HA_debug=1 setsid --fork pacemakerd </dev/null >/dev/null 2>&1")
    node.write("/root/watcher.py", WATCHER)
    node.run("setsid --fork /usr/bin/python3 /root/watcher.py </dev/null >/dev/null 2>&1")


@pytest.fixture
def watched(new_lab: Callable[..., Lab]) -> Scenario:
    """The example with quick monitors, on nodes that log everything."""
    lab = new_lab(files=asterisk.files())
    for node in lab.nodes.values():
        log_everything(node)
    lab.wait_online()
    scenario = Scenario(lab)
    scenario.load(quick_example())
    return scenario


def test_password_stays_out_of_sight_whatever_goes_wrong(watched: Scenario) -> None:
    lab, node = watched.lab, watched.lab.node("xivo-1")
    for fault, (shown, options) in FAULTS.items():
        for device in ("fos1", "fos2"):
            lab.devices.add_fault(device, fault.partition(" ")[0], **options)
        watched.wait_attribute("xivo-1", "berofos-fos1", shown)
        for device in ("fos1", "fos2"):
            lab.devices.clear_faults(device)
        watched.wait_attribute("xivo-1", "berofos-fos1", "A--B")

    config = node.read("/etc/bnfos.conf")
    node.write("/etc/bnfos.conf", f"{config.rstrip()}\nlogin = {DEVICE_PASSWORD}\n", 0o666)
    watched.wait_attribute("xivo-1", "berofos-fos1", "login demanded, none configured")
    told = "holds passwords and others can write it"
    watched.wait_for(lambda: told in watched.syslog("xivo-1"), "the reason is told")
    node.write("/etc/bnfos.conf", config, 0o600)
    watched.wait_attribute("xivo-1", "berofos-fos1", "A--B")

    lab.node("xivo-2").write("/etc/bnfos.conf", config.replace(DEVICE_PASSWORD, f"{DEVICE_PASSWORD}x"), 0o600)
    node.run("crm resource move xivo xivo-2")
    watched.wait_failure("xivo-2", "start", Code.ERROR, "login refused")

    for name in lab.nodes:
        processes = lab.node(name).read("/var/log/processes")
        assert "/usr/lib/ocf/resource.d/xivo/berofos" in processes
        assert "HA_debug=1" in processes
        assert "OCF_RESKEY_config" in processes or "OCF_RESKEY_devices" in processes
    assert watched.places_with_password() == []


def test_the_search_finds_a_password(watched: Scenario) -> None:
    """Else it would prove nothing."""
    node = watched.lab.node("xivo-1")
    node.run(["logger", DEVICE_PASSWORD])
    node.run(["attrd_updater", "-n", "oops", "-U", DEVICE_PASSWORD])
    node.write("/run/resource-agents/oops", DEVICE_PASSWORD)
    node.run(["python3", "-c", PACK, "/var/lib/pacemaker/pengine/oops.bz2"], text_input=DEVICE_PASSWORD)
    node.run(f"setsid --fork sh -c 'sleep 600; : {DEVICE_PASSWORD}' </dev/null >/dev/null 2>&1")
    watched.wait_for(lambda: all(place in watched.places_with_password() for place in REVEALING), "all is found")
