"""Pacemaker's own alerts tell who has the lines: the example in crm-examples, as it stands, with both tools."""

from __future__ import annotations

import pytest

from tests.cluster.scenario import Scenario
from tests.support.examples import EXAMPLES

# In the place of a mail transport agent, which would need more of a host than a test may ask: keeps the mails.
SENDMAIL = '#!/bin/sh\n[ "$*" = -t ] && cat >>/tmp/mails\n'
TELLING = {"crm": "crm configure load update berofos-alert.crm", "pcs": "sh berofos-alert.pcs.sh"}


def subjects(scenario: Scenario) -> list[str]:
    """Of all mails. A resource's come from its node, an attribute's from whichever node writes attributes."""
    mails = [node.run("cat /tmp/mails", check=False).stdout for node in scenario.lab.running_nodes()]
    lines = "".join(mails).splitlines()
    return [line.removeprefix("Subject: ") for line in lines if line.startswith("Subject: ")]


def wait_for_mail(scenario: Scenario, subject: str) -> None:
    scenario.wait_for(lambda: subject in subjects(scenario), f"a mail: {subject}")


@pytest.fixture(params=TELLING)
def alerting(running: Scenario, request: pytest.FixtureRequest) -> Scenario:
    """The running example, with the alert."""
    for node in running.lab.nodes.values():
        for file in EXAMPLES.glob("berofos-alert.*"):
            node.write(f"/root/{file.name}", file.read_text(encoding="utf-8"))
        node.write("/usr/sbin/sendmail", SENDMAIL, 0o755)
        node.run("cd /root && install -m 755 berofos-alert.sh /usr/local/sbin/berofos-alert; rm -f /tmp/mails")
    running.lab.node("xivo-1").run(f"cd /root && {TELLING[request.param]}")
    running.lab.wait_quiet()
    return running


def test_trouble_is_told_of_and_when_a_node_dies_who_has_the_lines(alerting: Scenario) -> None:
    alerting.lab.devices.unplug("fos2")
    wait_for_mail(alerting, "xivo-1: berofos-fos2 is unreachable")
    wait_for_mail(alerting, "berofos-relay: monitor on xivo-1: degraded")
    alerting.lab.devices.plug_in("fos2")
    wait_for_mail(alerting, "xivo-1: berofos-fos2 is A--B")
    assert not any("started" in each for each in subjects(alerting))

    alerting.lab.node("xivo-1").kill()
    wait_for_mail(alerting, "berofos-relay started on xivo-2: the ISDN lines are there now")
    alerting.wait_attribute("xivo-2", "berofos-fos2", "A--D")
    assert not any(" is A--D" in each for each in subjects(alerting)), "one mail a switch"
    assert "To: root@localhost" in alerting.lab.node("xivo-2").run("cat /tmp/mails").stdout
    assert not [each for each in subjects(alerting) if "asterisk" in each or "virtual-ip" in each]
