"""A site for ``berofos``, with Pacemaker's own tools acted: there is no cluster until a test says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from berofos_ra.bnfosconf.reader import read_config
from berofos_ra.errors import ConfigError
from berofos_ra.simulator import Simulator
from tests.cli.vendor_site import BEROFOS, Done, VendorSite, simulated
from tests.support.pacemaker_tools import Tools

HERE = "xivo-1"  # the node that commands run on, once a cluster is acted
CSI = "\x1b["  # what begins every movement and colour of a terminal
# What an acceptance takes seconds for.
_SLOW = (
    *("discovery", "settings", "arm", "interval", "kick-http", "kick-address", "kick-broadcast", "run-out"),
    "power-ports",
)
QUICK_ACCEPTANCE = [word for promise in _SLOW for word in ("--skip", promise)]

_PRIMITIVE = """<primitive id="berofos-relay" class="ocf" provider="xivo" type="berofos">
 <instance_attributes id="a">{pairs}</instance_attributes>
 <operations><op id="m" name="monitor" interval="{interval}"/>
 <op id="s" name="monitor" role="Stopped" interval="30s"/></operations>
</primitive>"""
NO_FENCING = '<crm_config><c id="p"><nvpair id="o" name="stonith-enabled" value="false"/></c></crm_config>'
_CIB = (
    f"<cib><configuration>{NO_FENCING}<nodes/><resources>{_PRIMITIVE}</resources>"
    "<constraints>{constraints}</constraints></configuration></cib>"
)
_STATUS = """<pacemaker-result><summary><cluster_options maintenance-mode="{maintenance}"/></summary>
<nodes><node name="xivo-1" online="true"/><node name="xivo-2" online="true"/></nodes><resources>
<resource id="berofos-relay" resource_agent="ocf:xivo:berofos" role="{role}" managed="{managed}">{node}</resource>
</resources><node_attributes>
<node name="xivo-1"><attribute name="berofos-ready" value="yes"/></node>
<node name="xivo-2"><attribute name="berofos-ready" value="{ready}"/></node>
</node_attributes></pacemaker-result>"""


def digest_of(config: Path) -> str:
    """What a node tells of such a config file; of none when it can't be used."""
    try:
        return read_config(str(config)).digest
    except ConfigError:
        return "none"


class OperatorSite(VendorSite):
    """Devices, their ``bnfos.conf``, and ``berofos`` as a process."""

    def __init__(self, folder: Path, simulator: Simulator) -> None:
        super().__init__(folder, simulator)
        self.tools = Tools(folder / "tools")
        for tool in ("crm_mon", "crm_resource"):
            self.tools.put(tool, "exit 102")
        self.environment["PATH"] = self.tools.path
        self.configure()

    @property
    def command(self) -> tuple[str, ...]:
        """``berofos`` with its config file."""
        return (*BEROFOS, "--config", str(self.config))

    def berofos(self, *arguments: str, text: str = "") -> Done:
        """Run it with this on standard input."""
        return self.run(self.command, *arguments, text=text)

    def acts_cluster(
        self,
        node: str | None = "xivo-1",
        managed: bool = True,
        ready: str = "yes",
        interval: str = "10s",
        maintenance: bool = False,
        constraints: str = "",
        **parameters: str,
    ) -> None:
        """From now on a cluster runs: its relay resource is active on this node, with these parameters."""
        given = {
            "devices": "all",
            "config": str(self.config),
            "port_b_node": "xivo-1",
            **({} if parameters.get("topology") == "xivo-pbx" else {"port_d_node": "xivo-2"}),
            **parameters,
        }
        pairs = "".join(f'<nvpair id="{name}" name="{name}" value="{value}"/>' for name, value in given.items())
        status = _STATUS.format(
            role="Stopped" if node is None else "Started",
            managed=str(managed and not maintenance).lower(),
            maintenance=str(maintenance).lower(),
            node="" if node is None else f'<node name="{node}"/>',
            ready=ready,
        )
        self._answer("cibadmin", _CIB.format(pairs=pairs, interval=interval, constraints=constraints))
        self._answer("crm_mon", status)
        primitive = self.tools.folder / "primitive.xml"
        primitive.write_text(_PRIMITIVE.format(pairs=pairs, interval=interval))
        self.tools.put("crm_resource", f"case $* in *--query-xml*) cat '{primitive}' ;; esac")
        self.tools.put("crm_node", f"echo {HERE}")
        self.tells_config(dict.fromkeys(("xivo-1", "xivo-2"), digest_of(self.config)))

    def tells_config(self, digests: Mapping[str, str]) -> None:
        """From now on the nodes have told these digests of their config files."""
        values = [f'name="berofos-config-berofos-relay" host="{node}" value="{it}"' for node, it in digests.items()]
        self.tools.put("attrd_updater", f"cat <<'END'\n{chr(10).join(values)}\nEND")

    def _answer(self, tool: str, text: str) -> None:
        file = self.tools.folder / f"{tool}.xml"
        file.write_text(text)
        self.tools.put(tool, f"cat '{file}'")


@contextmanager
def operator_site(folder: Path, count: int = 1, **options: object) -> Iterator[OperatorSite]:
    """A site with so many devices, configured."""
    with simulated(count, **options) as simulator:  # type: ignore[arg-type]
        yield OperatorSite(folder, simulator)
