"""What can't be told decides nothing: neither what is done to the lines, nor the exit code for it."""

from __future__ import annotations

import pytest

from tests.agent.site import AGENT, Node, Site

BROKEN = {
    "stderr full": 'exec "$0" "$@" 2>/dev/full',
    "stderr closed": 'exec "$0" "$@" 2>&-',
    "stdout closed": 'exec "$0" "$@" >&-',
    "all closed": 'exec "$0" "$@" <&- >&- 2>&-',
    "stderr's reader gone": """exec 9>&1; { "$0" "$@" 2>&1 >&9; echo $? >"$CODE"; } | :; exit $(cat "$CODE")""",
}


def telling_nobody(node: Node, how: str) -> Node:
    node.command = ("sh", "-c", BROKEN[how], str(AGENT))
    node.environment["CODE"] = str(node.run_directory.parent / "code")
    return node


def code(node: Node, action: str, interval: int | None = None) -> int:
    process = node.begin(action, interval=interval).process
    process.communicate()
    return process.returncode


@pytest.mark.parametrize("how", BROKEN)
def test_the_lines_come_and_go_whoever_listens(how: str, pbx: Site) -> None:
    node = telling_nobody(pbx.node(), how)
    assert code(node, "start") == 0
    assert pbx.fos1.relay == "A--B C--D"
    assert code(node, "monitor", interval=10) == 0
    assert code(node, "stop") == 0
    assert (pbx.fos1.relay, pbx.fos1.settings["wdogstate"]) == ("A--D", 0)
    assert not node.record.exists()


@pytest.mark.parametrize("how", BROKEN)
def test_failure_is_told_by_the_exit_code(how: str, site: Site) -> None:
    site.fos1.add_fault("status", status=401)
    assert code(telling_nobody(site.node(), how), "start") == 1


@pytest.mark.parametrize("how", BROKEN)
def test_nonsense_is_told_by_the_exit_code(how: str, site: Site) -> None:
    assert code(telling_nobody(site.node(topology="star"), how), "start") == 6


def test_syslog_that_is_missing_is_no_failure(site: Site) -> None:
    node = site.node()
    node.command = ("unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /run; exec "$0" "$@"', str(AGENT))
    node.start()
    assert site.fos1.relay == "A--B"
