"""A site for ``berofos``, with Pacemaker's own tools acted: there is no cluster until a test says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from berofos_ra.bnfosconf.reader import read_config
from berofos_ra.errors import ConfigError
from berofos_ra.simulator.running import RunningDevice
from tests.cli.vendor_site import BEROFOS, Done, Running, VendorSite, vendor_site
from tests.support.pacemaker_tools import Tools

HERE = "xivo-1"  # the node that commands run on, once a cluster is acted
CSI = "\x1b["  # what begins every movement and colour of a terminal

_CIB = """<cib><configuration><crm_config/><nodes/><resources>
<primitive id="berofos-relay" class="ocf" provider="xivo" type="berofos">
 <instance_attributes id="a">{pairs}</instance_attributes>
 <operations><op id="m" name="monitor" interval="{interval}"/></operations>
</primitive></resources></configuration></cib>"""
_STATUS = """<pacemaker-result><nodes><node name="xivo-1"/><node name="xivo-2"/></nodes><resources>
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


class OperatorSite:
    """Devices, their ``bnfos.conf``, and ``berofos`` as a process."""

    def __init__(self, vendor: VendorSite) -> None:
        self._vendor = vendor
        self.folder = vendor.folder
        self.config = vendor.config
        self.tools = Tools(vendor.folder / "tools")
        for tool in ("crm_mon", "crm_resource"):
            self.tools.put(tool, "exit 102")
        vendor.environment["PATH"] = self.tools.path
        self.configure()

    @property
    def environment(self) -> dict[str, str]:
        return self._vendor.environment

    def __iter__(self) -> Iterator[RunningDevice]:
        return iter(self._vendor.simulator.devices)

    def device(self, name: str) -> RunningDevice:
        return self._vendor.simulator.device(name)

    @property
    def fos1(self) -> RunningDevice:
        return self.device("fos1")

    @property
    def fos2(self) -> RunningDevice:
        return self.device("fos2")

    def label(self, name: str = "fos1") -> str:
        """The device as messages show it."""
        return f"{name} ({self.device(name).address}:{self.device(name).port})"

    def configure(self, text: str | None = None) -> None:
        """Write the config file: this text, else every device with its login."""
        self._vendor.configure(text)

    def berofos(self, *arguments: str, text: str = "") -> Done:
        """Run it with this on standard input."""
        return self.begin(*arguments).finish(text)

    def begin(self, *arguments: str) -> Running:
        return self._vendor.begin(BEROFOS, "--config", str(self.config), *arguments)

    def run(self, command: Sequence[str], text: str = "") -> Done:
        """Run any other command in this site."""
        return self._vendor.run(command, text=text)

    def on_terminal(self, *arguments: str, answers: Sequence[tuple[str, str]] = ()) -> Done:
        """Run it on a terminal; each answer is typed once its question is seen."""
        return self._vendor.on_terminal([*BEROFOS, "--config", str(self.config)], *arguments, answers=answers)

    def writes(self, name: str = "fos1") -> list[str]:
        """The settings that the device was asked to change, in order, such as ``cmd=4&mode=1``."""
        requests = self.device(name).requests
        return [request.what.partition("?")[2] for request in requests if request.write and request.kind == "http"]

    def kicks(self, name: str = "fos1") -> int:
        return sum(request.what.startswith("kick") for request in self.device(name).requests)

    def acts_cluster(
        self,
        node: str | None = "xivo-1",
        managed: bool = True,
        ready: str = "yes",
        interval: str = "10s",
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
            managed=str(managed).lower(),
            node="" if node is None else f'<node name="{node}"/>',
            ready=ready,
        )
        self._answer("cibadmin", _CIB.format(pairs=pairs, interval=interval))
        self._answer("crm_mon", status)
        self.tools.put("crm_resource")
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
    with vendor_site(folder, count, **options) as vendor:  # type: ignore[arg-type]
        yield OperatorSite(vendor)
