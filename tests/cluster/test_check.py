"""``check_berofos`` on a real cluster: what Icinga gets to see of it, and as whom it can ask."""

from __future__ import annotations

from tests.cluster.scenario import RELAY, Scenario

PLUGIN = "/usr/lib/nagios/plugins/check_berofos -t 60"  # the machine may be busy


def test_it_tells_health_maintenance_and_a_standby_that_is_gone(running: Scenario) -> None:
    def check(node: str = "xivo-1", before: str = "", after: str = "") -> tuple[int, str]:
        done = running.lab.node(node).run(f"{before} {PLUGIN} {after}", check=False)
        return done.returncode, done.stdout.splitlines()[0]

    for node in running.lab.nodes:
        status, line = check(node)
        assert status == 0, line
        assert line.startswith("BEROFOS OK - lines on xivo-1 | fos1_time=")
        assert line.endswith("devices_ok=2;;;0;2 standby_ready=1;1:;;0;1")

    # As somebody whom neither the config file nor, with one that can be read, Pacemaker answers.
    nobody = "setpriv --reuid=nobody --regid=nogroup --clear-groups"
    status, line = check(before=nobody)
    assert (status, line.partition(": ")[0]) == (3, "BEROFOS UNKNOWN - /etc/bnfos.conf")
    running.lab.node("xivo-1").run("install -m 644 /etc/bnfos.conf /tmp/bnfos.conf")
    status, line = check(before=nobody, after="--config /tmp/bnfos.conf")
    running.lab.node("xivo-1").run("rm /tmp/bnfos.conf")
    assert status == 3
    assert "can't be asked as this user" in line

    running.lab.node("xivo-1").run(f"crm resource unmanage {RELAY}")
    assert check()[0] == 1
    running.lab.node("xivo-1").run(f"crm resource manage {RELAY}")

    running.lab.node("xivo-2").kill()
    running.wait_for(lambda: "xivo-2 is no standby" in check()[1], "the standby is missed")
    assert check()[0] == 1
