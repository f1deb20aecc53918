"""The example that mails every switch: whoever may set an attribute has no say about the mail's headers."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.examples import EXAMPLES


def mail_of(folder: Path, **alert: str) -> str:
    """What the example hands to sendmail."""
    sendmail = folder / "sendmail"
    sendmail.write_text('#!/bin/sh\ncat > "$OUT"\n')
    sendmail.chmod(0o755)
    environment = {f"CRM_alert_{name}": value for name, value in alert.items()}
    environment |= {"PATH": f"{folder}:/usr/bin:/bin", "OUT": str(folder / "mail"), "told": str(folder / "told")}
    subprocess.run(["sh", EXAMPLES / "berofos-alert.sh"], env=environment, check=True)
    return (folder / "mail").read_text(encoding="utf-8")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_line_end_in_a_value_makes_no_header(tmp_path: Path, end: str) -> None:
    mail = mail_of(
        tmp_path,
        kind="attribute",
        recipient=f"root@localhost{end}Bcc: everybody@example.org",
        node="xivo-1",
        attribute_name="berofos-fos1",
        attribute_value=f"ü{end}Bcc: everybody@example.org{end}{end}Buy now",
    )
    head = mail.replace("\r", "\n").partition("\n\n")[0].splitlines()
    assert [line.partition(":")[0] for line in head] == ["To", "Subject"]
    assert "berofos-fos1 is ü" in head[1]
