"""The alert agent in crm-examples, as Pacemaker calls it: which events become a mail."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.examples import EXAMPLES


class Alerts:
    """The alert agent with a mail transport agent that only keeps the mails."""

    def __init__(self, folder: Path) -> None:
        self.mails = folder / "mails"
        sendmail = folder / "sendmail"
        sendmail.write_text(f"#!/bin/sh\ncat >>'{self.mails}'\n")
        sendmail.chmod(0o755)
        self._environment = {
            "PATH": f"{folder}:{os.environ['PATH']}",
            "told": str(folder / "told"),
            "CRM_alert_recipient": "root@localhost",
            "CRM_alert_node": "xivo-2",
        }

    def happens(self, **event: str) -> None:
        given = {f"CRM_alert_{name}": value for name, value in event.items()}
        subprocess.run(["sh", EXAMPLES / "berofos-alert.sh"], env={**self._environment, **given}, check=True)

    def attribute(self, name: str, *values: str) -> None:
        for value in values:
            self.happens(kind="attribute", attribute_name=name, attribute_value=value)

    @property
    def subjects(self) -> list[str]:
        lines = self.mails.read_text().splitlines() if self.mails.exists() else []
        return [line.removeprefix("Subject: ") for line in lines if line.startswith("Subject: ")]


@pytest.fixture
def alerts(tmp_path: Path) -> Alerts:
    return Alerts(tmp_path)


def test_a_switch_is_one_mail(alerts: Alerts) -> None:
    alerts.happens(kind="resource", rsc="berofos-relay", task="start", rc="0", status="0", target_rc="0")
    for device in ("berofos-fos1", "berofos-fos2"):
        alerts.attribute(device, "A--D")
    alerts.attribute("berofos-ready", "yes")
    assert alerts.subjects == ["berofos-relay started on xivo-2: the ISDN lines are there now"]


def test_a_device_in_trouble_is_told_once_and_once_more_when_it_is_well(alerts: Alerts) -> None:
    alerts.attribute("berofos-fos1", "A--D", "unreachable", "unreachable", "A--D", "A--D")
    assert alerts.subjects == ["xivo-2: berofos-fos1 is unreachable", "xivo-2: berofos-fos1 is A--D"]


def test_readiness_is_told_only_when_it_changes(alerts: Alerts) -> None:
    alerts.attribute("berofos-ready", "yes", "no: fos1: login refused", "no: fos1: login refused", "yes", "yes")
    assert alerts.subjects == ["xivo-2: berofos-ready is no: fos1: login refused", "xivo-2: berofos-ready is yes"]


def test_a_value_with_a_line_end_makes_no_header(alerts: Alerts) -> None:
    alerts.attribute("berofos-fos1", "odd\nBcc: somebody@example.net")
    header = alerts.mails.read_text().partition("\n\n")[0]
    assert header.splitlines() == [
        "To: root@localhost",
        "Subject: xivo-2: berofos-fos1 is odd Bcc: somebody@example.net",
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_whoever_may_set_an_attribute_or_a_recipient_has_no_say_about_headers(alerts: Alerts, end: str) -> None:
    alerts.happens(
        kind="attribute",
        recipient=f"root@localhost{end}Bcc: everybody@example.org",
        attribute_name="berofos-fos1",
        attribute_value=f"ü{end}Bcc: everybody@example.org{end}{end}Buy now",
    )
    mail = alerts.mails.read_text(encoding="utf-8")
    head = mail.replace("\r", "\n").partition("\n\n")[0].splitlines()
    assert [line.partition(":")[0] for line in head] == ["To", "Subject"]
    assert "berofos-fos1 is ü" in head[1]


def test_where_nothing_can_be_kept_trouble_is_told_all_the_same(alerts: Alerts, tmp_path: Path) -> None:
    (tmp_path / "told").write_text("not a directory")
    alerts.attribute("berofos-fos1", "unreachable")
    assert alerts.subjects == ["xivo-2: berofos-fos1 is unreachable"]
