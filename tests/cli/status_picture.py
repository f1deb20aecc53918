"""Makes docs/status.svg: ``berofos status`` as a terminal shows it, from a real run on three simulated devices.

    unshare --net python3 -m tests.cli.status_picture docs/status.svg

In a network namespace of its own, since the devices are to have addresses such as a site would give them.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from berofos_ra.bnfosconf.reader import read_config
from berofos_ra.cli.commands import status_table
from berofos_ra.cli.commands.status_report import make_report
from berofos_ra.simulator import DeviceSpec, Simulator
from tests.cli.operator_site import OperatorSite
from tests.demo.svg import portable

_ADDRESSES = {"fos1": "10.34.1.20", "fos2": "10.34.1.21", "fos3": "10.34.1.22"}
_WIDTH = 100


def main(file: str) -> None:
    """Write the picture to a file."""
    for command in ("ip link set lo up", *(f"ip addr add {address}/32 dev lo" for address in _ADDRESSES.values())):
        subprocess.run(command.split(), check=True)
    specs = [
        DeviceSpec(name, address, f"00:19:32:00:12:{number:02X}", settings={"mode": number < 3, "modedef": 1})
        for number, (name, address) in enumerate(_ADDRESSES.items(), start=1)
    ]
    with tempfile.TemporaryDirectory() as folder, Simulator(specs) as simulator:
        site = OperatorSite(Path(folder), simulator)
        site.acts_cluster(node="xivo-1")
        os.environ["PATH"] = site.tools.path
        config = str(site.config)
        report = make_report(config, read_config(config).devices, 3.0)
    console = Console(
        record=True, file=io.StringIO(), force_terminal=True, color_system="truecolor", width=_WIDTH, highlight=False
    )
    console.print(Text.assemble(("xivo-1# ", "dim"), ("berofos status", "bold")))
    console.print(status_table.rendering(report, console))
    Path(file).write_text(portable(console.export_svg(title="berofos status")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
