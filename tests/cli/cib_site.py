"""A site whose cluster is a file: Pacemaker's own tools work on it, and a move is done as its scheduler says."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from berofos_ra.simulator import Simulator
from tests.cli.operator_site import HERE, OperatorSite, digest_of
from tests.cli.vendor_site import simulated
from tests.support.processes import PATH

TOOLS = ("cibadmin", "crm_mon", "crm_resource", "crm_simulate", "crm_attribute")
THERE = "xivo-2"
WORKS = shutil.which("crm_simulate", path=PATH) is not None  # the tools are there

_RELAY = """<primitive id="{name}" class="ocf" provider="xivo" type="berofos">
 <instance_attributes id="{name}-a">{parameters}</instance_attributes>
 <operations><op name="monitor" interval="10s" id="{name}-m"/>
  <op name="monitor" interval="30s" role="Stopped" id="{name}-s"/></operations>
 <meta_attributes id="{name}-meta"><nvpair id="{name}-c" name="critical" value="false"/></meta_attributes>
</primitive>"""
_CIB = """<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="6" num_updates="32" admin_epoch="0"
 have-quorum="1" dc-uuid="1"><configuration>
<crm_config><cluster_property_set id="o"><nvpair id="o1" name="stonith-enabled" value="false"/></cluster_property_set>
</crm_config><nodes><node id="1" uname="xivo-1"/><node id="2" uname="xivo-2"/></nodes>
<resources>{relays}
<group id="xivo"><primitive id="asterisk" class="ocf" provider="heartbeat" type="asterisk"/></group>
</resources><constraints>{colocations}</constraints>
<rsc_defaults><meta_attributes id="d"><nvpair id="d1" name="resource-stickiness" value="1000"/></meta_attributes>
</rsc_defaults></configuration><status>{states}</status></cib>"""
_STATE = """<node_state id="{id}" uname="xivo-{id}" in_ccm="true" crmd="online" join="member" expected="member">
<transient_attributes id="{id}"><instance_attributes id="status-{id}">
<nvpair id="status-{id}-r" name="berofos-ready" value="yes"/></instance_attributes></transient_attributes>
<lrm id="{id}"><lrm_resources>{resources}</lrm_resources></lrm></node_state>"""
_HISTORY = """<lrm_resource id="{name}" type="{type}" class="ocf" provider="{provider}">{operations}</lrm_resource>"""
_OPERATION = """<lrm_rsc_op id="{name}_{last}" operation_key="{name}_{task}_{interval}" operation="{task}"
 crm_feature_set="3.16.1" transition-key="{call}:2:{code}:bdb9290e-9462-43a0-af85-95850e5603c0"
 transition-magic="0:{code};{call}:2:{code}:bdb9290e-9462-43a0-af85-95850e5603c0" on_node="xivo-{id}" call-id="{call}"
 rc-code="{code}" op-status="0" interval="{interval}" last-rc-change="1795808722" exec-time="69" queue-time="0"/>"""


class CibSite(OperatorSite):
    """Two nodes; the lines are on xivo-1, where commands run; asterisk there has no call."""

    def __init__(self, folder: Path, simulator: Simulator, relays: dict[str, dict[str, str]]) -> None:
        super().__init__(folder, simulator)
        self.cib = folder / "cib.xml"
        self.cib.write_text(_cib({name: {"config": str(self.config), **given} for name, given in relays.items()}))
        self.environment["CIB_file"] = str(self.cib)
        for tool in TOOLS:
            (self.tools.folder / tool).unlink(missing_ok=True)
        self.tools.put("crm_node", f"echo {HERE}")
        self.tells_config(dict.fromkeys((HERE, THERE), digest_of(self.config)))
        self.has_calls(0)

    def has_calls(self, number: int) -> None:
        """asterisk tells of so many channels; -1: it doesn't tell."""
        self.tools.put("asterisk", f"echo {number} active channels" if number >= 0 else "exit 1")

    def tool(self, *command: str) -> str:
        """What one of Pacemaker's tools prints."""
        environment = {"PATH": PATH, "CIB_file": str(self.cib)}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    @property
    def rules(self) -> int:
        """How many rules of moves there are."""
        return self._constraints.count('<rsc_location id="cli-')

    @property
    def _constraints(self) -> str:
        return self._whole().partition("<constraints")[2].partition("</constraints>")[0]

    def _whole(self) -> str:
        """What the cluster's file holds; a tool that writes it empties it first."""
        text = ""
        while not text.rstrip().endswith("</cib>"):
            text = self.cib.read_text()
        return text

    def settle(self) -> None:
        """Pacemaker does what its scheduler says, and the relays of two-xivo follow."""
        seen, after = self.folder / "seen.xml", self.folder / "after.xml"
        before = ""
        while before != (now := self._whole()):  # a rule that came meanwhile must not get lost
            before = now
            seen.write_text(now)
            self.tool("crm_simulate", "--xml-file", str(seen), "--simulate", "--save-output", str(after))
        after.chmod(0o644)
        after.replace(self.cib)
        there = THERE in self.tool("crm_resource", "--locate", "--resource", "berofos-relay")
        for device in self:
            if not device.settings["scenario"]:
                device.set_settings({"mode": 0 if there else 1, "modedef": 0 if there else 1})

    @contextmanager
    def pacemaker(self) -> Iterator[None]:
        """While the block lasts Pacemaker acts as soon as a rule of a move comes or goes."""
        over = threading.Event()

        def act() -> None:
            known = self._constraints  # and not their number alone: one may go and another come meanwhile
            while not over.wait(0.1):
                if self._constraints != known:
                    known = self._constraints
                    self.settle()

        thread = threading.Thread(target=act)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _cib(relays: dict[str, dict[str, str]]) -> str:
    leaders = dict(zip(relays, ["xivo", *relays], strict=False))  # each follows the one before
    return _CIB.format(
        relays="".join(
            _RELAY.format(
                name=name,
                parameters="".join(
                    f'<nvpair id="{name}-{key}" name="{key}" value="{value}"/>' for key, value in given.items()
                ),
            )
            for name, given in relays.items()
        ),
        colocations="".join(
            f'<rsc_colocation id="{name}-l" score="INFINITY" rsc="{name}" with-rsc="{leader}"/>'
            for name, leader in leaders.items()
        ),
        states="".join(
            _STATE.format(id=node, resources="".join(_history(name, node) for name in ("asterisk", *relays)))
            for node in (1, 2)
        ),
    )


def _history(name: str, node: int) -> str:
    is_relay = name.startswith("berofos")
    task, code = ("start", 0) if node == 1 else ("monitor", 7)
    operations = _OPERATION.format(name=name, last="last_0", task=task, interval=0, call=5, code=code, id=node)
    if is_relay:
        interval = 10000 if node == 1 else 30000
        operations += _OPERATION.format(
            name=name, last=f"monitor_{interval}", task="monitor", interval=interval, call=6, code=code, id=node
        )
    kind, provider = ("berofos", "xivo") if is_relay else ("asterisk", "heartbeat")
    return _HISTORY.format(name=name, type=kind, provider=provider, operations=operations)


RELAY = {"berofos-relay": {"devices": "fos1 fos2", "port_b_node": "xivo-1", "port_d_node": "xivo-2"}}
BYPASS = {"devices": "fos1", "topology": "xivo-pbx", "on_stop": "keep"}
CHAIN = {"berofos-relay": {**RELAY["berofos-relay"], "devices": "fos2"}, "berofos-bypass": BYPASS}
ON_B = {"mode": 1, "modedef": 1}
IN_FRONT = {"scenario": 1, "mode": 1, "modedef": 1, "wdogdef": 1, "wdogitime": 60, "wdog": 1}


@contextmanager
def cib_site(folder: Path, relays: dict[str, dict[str, str]] = RELAY) -> Iterator[CibSite]:
    """Two devices as the relays want them."""
    with simulated(2) as simulator:
        site = CibSite(folder, simulator, relays)
        site.fos1.set_settings(IN_FRONT if "berofos-bypass" in relays else ON_B)
        site.fos2.set_settings(ON_B)
        yield site
