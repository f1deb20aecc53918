"""Five nodes of which two are wired, configured as `berofos crm-config` says for this cluster."""

from __future__ import annotations

from tests.cluster.scenario import Scenario, both
from tests.lab import asterisk
from tests.lab.lab import Lab

CONFIG = (
    "berofos crm-config --topology two-xivo --port-b-node xivo-1 --port-d-node xivo-2 --virtual-ip 10.34.1.100/24"
)


def test_asterisk_is_never_where_no_lines_can_be() -> None:
    with Lab(5, 2, asterisk.files()) as lab:
        scenario = Scenario(lab)
        third = lab.node("xivo-3")
        scenario.load(third.run(CONFIG).stdout)

        lab.node("xivo-1").kill()
        scenario.wait_running("xivo-2")
        lab.node("xivo-2").kill()
        scenario.wait_stopped("xivo-3")
        lab.wait_quiet()
        assert scenario.actions("asterisk", "xivo-3", "xivo-4", "xivo-5") == []

        lab.node("xivo-1").start()
        scenario.wait_running("xivo-1")
        lab.node("xivo-2").start()
        lab.wait_online()
        scenario.wait_attribute("xivo-2", "berofos-ready", "yes")
        scenario.wait_running("xivo-1")
        assert scenario.relay_changes() == both("A--B -> A--D by xivo-2", "A--D -> A--B by xivo-1")
        assert not scenario.actions("asterisk", "xivo-3", "xivo-4", "xivo-5")
        assert scenario.relay().failures == ()
